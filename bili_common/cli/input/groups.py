"""The groups: accounts that are asked for together, from a file or a list with commas."""

from __future__ import annotations

from pathlib import Path

from ...errors import UsageError
from ..language import tr
from .uids import parse_uid, read_labelled


__all__ = ["parse_group"]


def parse_group(text: str) -> dict[int, str]:
    """
    Return the mids of a group, each with its label or ``""``.

    Args:
        text: A file as `read_labelled` reads it, mids with commas between them, or
            the name of a group of the demo.

    Raises:
        UsageError: It is none of these.
    """
    if text == "-" or Path(text).is_file():
        group = dict(read_labelled(text))
    elif any(char.isdigit() for char in text) and "." not in text.replace("bilibili.com", ""):
        group = {parse_uid(part.strip()): "" for part in text.split(",") if part.strip()}
    else:
        group = _of_the_demo(text)
    if not group:
        raise UsageError(tr("{text!r:.60} names no account", text=text))

    return group


def _of_the_demo(text: str) -> dict[int, str]:
    # The fake users are loaded only for those who name them.
    from ...testing import DEMO_GROUPS  # noqa: PLC0415 - see above

    if text not in DEMO_GROUPS:
        known = ", ".join(DEMO_GROUPS)
        raise UsageError(
            tr(
                "{text!r:.60} is no file, no list of MIDs, and no group of the demo ({known})",
                text=text,
                known=known,
            )
        )
    return dict(DEMO_GROUPS[text])
