"""UIDs: read from arguments and files, each wrong one named by its line."""

from __future__ import annotations

import re
import sys

from collections.abc import Iterable
from pathlib import Path

from .._util.arguments import MAX_ID
from ..errors import UsageError


__all__ = ["parse_uid", "read_uids"]

_LINK = re.compile(
    r"(?:https?://)?(?:space\.bilibili\.com|m\.bilibili\.com/space)/([0-9]+)(?:[/?#].*)?",
    re.IGNORECASE,
)
# So many wrong lines are named; the rest are counted.
_NAMED = 5


def parse_uid(text: str) -> int:
    """
    Return the UID that *text* is, or that the link to a space names.

    Raises:
        UsageError: It is neither.
    """
    link = _LINK.fullmatch(text)
    digits = link[1] if link else text
    # Only ASCII: int() would also take other scripts' digits and underscores.
    # No valid one has more than 19 digits, and thousands of them take long.
    if re.fullmatch("[0-9]{1,30}", digits) and 1 <= int(digits) <= MAX_ID:
        return int(digits)

    raise UsageError(f"{text!r:.60} is no UID (a whole number from 1 or a space link)")


def read_uids(arguments: Iterable[str], source: str | None) -> tuple[list[int], int]:
    """
    Return all UIDs in their order, each once, and how many came again.

    Args:
        arguments: The UIDs on the command line.

        source: A file with one UID or link on each line, ``-`` for standard
            input, or None. ``#`` begins a comment.

    Raises:
        UsageError: There is none, the file cannot be read, or a line is wrong.
    """
    found = [parse_uid(text) for text in arguments]
    if source is not None:
        found += _parse_lines(_read(source), "standard input" if source == "-" else source)
    if not found:
        raise UsageError("no UIDs: name some, or give --uids FILE")

    unique = list(dict.fromkeys(found))
    return unique, len(found) - len(unique)


def _read(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as exc:
        raise UsageError(f"cannot read {source}: {exc.strerror}") from None

    # Notepad calls this Unicode. UTF-8 is the rule, with its own mark or not.
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not a text in UTF-8") from None


def _parse_lines(text: str, name: str) -> list[int]:
    found: list[int] = []
    wrong: list[str] = []
    # Not splitlines(), which also breaks lines where no editor does.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        # Of a link only what an app adds can stand behind the sign.
        content = line.partition("#")[0].strip()
        if not content:
            continue
        try:
            found.append(parse_uid(content))
        except UsageError:
            wrong.append(f"line {number}: {content!r:.60}")
    if wrong:
        raise UsageError(f"{name} holds what is no UID: {_some(wrong)}; nothing was started")

    return found


def _some(wrong: list[str]) -> str:
    more = len(wrong) - _NAMED
    return ", ".join(wrong[:_NAMED]) + (f" and {more} more" if more > 0 else "")
