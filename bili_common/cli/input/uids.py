"""UIDs: read from arguments and files, each wrong one named by its line."""

from __future__ import annotations

import re
import sys

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..._util.arguments import MAX_ID
from ...errors import UsageError
from ..language import tr


__all__ = ["is_uid", "parse_uid", "read_labelled", "read_uids"]

_LINK: Final = re.compile(
    r"(?:https?://)?(?:space\.bilibili\.com|m\.bilibili\.com/space)/([0-9]+)(?:[/?#].*)?",
    re.IGNORECASE,
)
# As the app of the phone copies it.
_COPIED: Final = re.compile(r"UID\s*[:：]\s*([0-9]+)", re.IGNORECASE)
# So many wrong lines are named; the rest are counted.
_NAMED: Final = 5
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
# What stands before a label, which an app or a person wrote behind the UID.
_MARKS: Final = ",，#"


def parse_uid(text: str) -> int:
    """
    Return the UID that *text* is, or that the link to a space names.

    Raises:
        UsageError: It is neither.
    """
    found = _LINK.fullmatch(text) or _COPIED.fullmatch(text)
    digits = found[1] if found else text
    # Only ASCII: int() would also take other scripts' digits and underscores.
    # No valid one has more than 19 digits, and thousands of them take long.
    if re.fullmatch("[0-9]{1,30}", digits) and 1 <= int(digits) <= MAX_ID:
        return int(digits)

    raise UsageError(
        tr("{text!r:.60} is no UID (a whole number from 1 or a space link)", text=text)
    )


def is_uid(text: str) -> bool:
    """Tell whether *text* is a UID or a link to a space."""
    try:
        return parse_uid(text) > 0
    except UsageError:
        return False


def read_uids(
    arguments: Iterable[str], source: str | None
) -> tuple[list[int], dict[int, str], int]:
    """
    Return all UIDs in their order, each once, their labels, and how many came again.

    Args:
        arguments: The UIDs on the command line.

        source: A file with one UID or link on each line, ``-`` for standard
            input, or None.

    Raises:
        UsageError: There is none, the file cannot be read, or a line is wrong.
    """
    found = [(parse_uid(text), "") for text in arguments]
    if source is not None:
        found += read_labelled(source)
    if not found:
        raise UsageError(tr("no UIDs: name some, or give --uids FILE"))

    unique = list(dict.fromkeys(uid for uid, _ in found))
    # The last label that was written down counts.
    labels = {uid: label for uid, label in found if label}
    return unique, labels, len(found) - len(unique)


def read_labelled(source: str) -> list[tuple[int, str]]:
    """
    Return the UIDs and labels in a file.

    On each line stands a UID or a link, then maybe ``,`` or ``#`` and a label.
    A line that begins with ``#`` is a comment.

    Args:
        source: The file, ``-`` for standard input.

    Raises:
        UsageError: It cannot be read, or a line is wrong.
    """
    name = tr("standard input") if source == "-" else source
    found: list[tuple[int, str]] = []
    wrong: list[str] = []
    # Not splitlines(), which also breaks lines where no editor does.
    for number, line in enumerate(_LINE_END.split(_read(source)), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        try:
            found.append(_parse_line(content))
        except UsageError:
            wrong.append(tr("line {number}: {content!r:.60}", number=number, content=content))
    if wrong:
        raise UsageError(
            tr(
                "{name} holds what is no UID: {lines}; nothing was started",
                name=name,
                lines=_some(wrong),
            )
        )

    return found


def _read(source: str) -> str:
    try:
        data = _standard_input() if source == "-" else Path(source).read_bytes()
    except OSError as exc:
        name = tr("standard input") if source == "-" else source
        raise UsageError(
            tr("cannot read {name}: {reason}", name=name, reason=exc.strerror)
        ) from None

    # Notepad calls this Unicode. UTF-8 is the rule, with its own mark or not.
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(tr("{name} is not a text in UTF-8", name=source)) from None


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError(tr("standard input is closed"))

    return sys.stdin.buffer.read()


def _parse_line(content: str) -> tuple[int, str]:
    """Return the UID and the label of one line."""
    copied = _COPIED.match(content)
    word = copied[0] if copied else re.split(rf"[\s{_MARKS[:2]}]", content, maxsplit=1)[0]
    # Of a link the sign is a part; behind a number it begins a label.
    if word[0].isdigit():
        word = word.partition("#")[0]
    rest = content[len(word) :].strip()
    label = rest[1:].strip()
    # Another number is no label, but a list on one line.
    if rest and (rest[0] not in _MARKS or re.fullmatch(r"[0-9,，\s]+", label)):
        raise UsageError(content)

    return parse_uid(word), label


def _some(wrong: list[str]) -> str:
    more = len(wrong) - _NAMED
    shown = ", ".join(wrong[:_NAMED])
    return shown + (tr(" and {count} more", count=more) if more > 0 else "")
