"""The bookmark: where a list stopped, beside its file or as an option to copy."""

from __future__ import annotations

import json
import re

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import attrs

from ..._paging.cursor import Cursor
from ...errors import UsageError
from ..language import tr


__all__ = ["Bookmark", "bookmark_of", "parse_start", "start_option"]

_LONGEST = 1 << 16
# Figures and points alone: every shell takes them as they are.
_START: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})(?:\.([0-9]{1,18}))?")


def bookmark_of(path: Path) -> Path:
    """Return where the bookmark of the file at *path* stands."""
    return path.with_name(f"{path.name}.cursor")


@attrs.frozen
class Bookmark:
    """
    Where a list stopped.

    Attributes:
        data: The name of the file that holds what came.

        size: How many bytes it had then.

        form: How it is written.

        private: Whether the caller's own fields are in it.

        cursor: Where to go on.
    """

    data: str
    size: int
    form: str
    private: bool
    cursor: Cursor

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """
        Return the bookmark of the file at *path*, None if there is none.

        Raises:
            UsageError: It is none of ours, or what it is about is not there as it was.
        """
        place = bookmark_of(path)
        try:
            with place.open("rb") as file:
                found = json.loads(file.read(_LONGEST))
            fields: dict[str, Any] = {**found, "cursor": Cursor.loads(found["cursor"])}
            mark = cls(**fields)
        except FileNotFoundError:
            return None
        except (AttributeError, KeyError, OSError, TypeError, ValueError):
            raise UsageError(
                tr("{place} cannot be read: remove it to begin anew", place=place)
            ) from None

        data = path.with_name(Path(mark.data).name)
        if not data.is_file() or data.stat().st_size != mark.size:
            raise UsageError(
                tr(
                    "{data} was changed since: remove {place} to begin anew",
                    data=data,
                    place=place,
                )
            )
        return mark

    def save(self, path: Path) -> None:
        """Write it beside the file at *path*."""
        fields: Mapping[str, Any] = {
            **attrs.asdict(self, recurse=False),
            "cursor": self.cursor.dumps(),
        }
        bookmark_of(path).write_text(json.dumps(fields) + "\n", encoding="utf-8")

    def check(self, *, vmid: int, form: str, private: bool) -> None:
        """
        See to it that what comes fits what is there.

        Raises:
            UsageError: The file holds another list, or is written in another way.
        """
        wrong = None
        if self.cursor.vmid != vmid:
            wrong = tr("it holds the list of {vmid}", vmid=self.cursor.vmid)
        elif self.form != form:
            wrong = tr("it is written as {form}", form=self.form)
        elif self.private != private:
            wrong = tr("--include-private was another then")
        if wrong is not None:
            raise UsageError(tr("--resume cannot go on in that file: {reason}", reason=wrong))


def start_option(cursor: Cursor) -> str:
    """Return the option that goes on at *cursor*, as any shell takes it."""
    total = "" if cursor.total is None else f".{cursor.total}"
    return f"--start {cursor.pn}.{cursor.index}.{cursor.seen}{total}"


def parse_start(text: str, vmid: int) -> Cursor:
    """
    Return the cursor that `start_option` wrote for *vmid*, or that the library dumped.

    Raises:
        UsageError: It is neither.
    """
    found = _START.fullmatch(text)
    if found is None:
        return _dumped(text)

    pn, index, seen, total = (None if part is None else int(part) for part in found.groups())
    return Cursor(vmid=vmid, pn=pn or 0, index=index or 0, seen=seen or 0, total=total)


def _dumped(text: str) -> Cursor:
    try:
        return Cursor.loads(text)
    except UsageError:
        raise UsageError(
            tr("--start takes the place that a list named, not {text!r:.40}", text=text)
        ) from None
