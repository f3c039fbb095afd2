"""The pacing: where the pace lives, as ``--pace`` says."""

from __future__ import annotations

from typing import Final

from ..errors import PaceError, UsageError
from ..pace import LocalPace, PaceStore
from .console import Messages
from .language import tr


__all__ = ["open_pace"]

_SCHEMES: Final = ("redis://", "rediss://", "unix://")


def open_pace(place: str | None, messages: Messages) -> PaceStore:
    """
    Return the store of the pace.

    Args:
        place: ``local``, ``file``, or the URL of a Redis server. None is ``file``
            where that can be used, else ``local``.

        messages: Where it is said that the file cannot be used.

    Raises:
        UsageError: *place* is none of these, or an extra is missing.

        PaceError: The file was asked for and cannot be used.
    """
    if place == "local":
        return LocalPace()
    if place is None:
        return _file_or_local(messages)
    if place == "file":
        return _file()
    if place.startswith(_SCHEMES):
        return _redis(place)

    # What was typed is not shown: a URL may hold a password.
    raise UsageError(tr("--pace takes local, file, or a URL such as redis://localhost:6379/0"))


def _file_or_local(messages: Messages) -> PaceStore:
    try:
        return _file()
    except PaceError as exc:
        messages.warn(tr("{reason}; this command keeps a pace of its own", reason=exc))
        return LocalPace()


def _file() -> PaceStore:
    # A database is loaded only where one is used.
    from ..pace import FilePace  # noqa: PLC0415 - see above

    pace = FilePace()
    pace.check()
    return pace


def _redis(url: str) -> PaceStore:
    try:
        from ..pace import RedisPace  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:
        raise UsageError(
            tr('--pace needs the extra redis: pip install "bili-common[redis]"')
        ) from None

    try:
        return RedisPace(url)
    except UsageError as exc:
        raise UsageError(f"--pace: {exc}") from None
