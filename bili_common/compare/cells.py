"""Cells: the words of strangers, made harmless where they are shown."""

from __future__ import annotations

import re

from typing import Final, TypeVar


__all__ = ["csv_cell", "excel_cell", "json_text", "printable"]

T = TypeVar("T")

# Blanks that would break a line.
_BREAKS = r"\t-\r\x85\u2028\u2029"
# What moves the cursor, colours, or turns the direction of writing. The joiner
# of emoji (U+200D) is not among it.
_CONTROLS = (
    r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff"
)
_BREAK = re.compile(f"[{_BREAKS}]+")
_CONTROL = re.compile(f"[{_CONTROLS}]")
_ESCAPED = re.compile(f"[{_BREAKS}{_CONTROLS}]")

# A spreadsheet takes a cell that begins so for a formula; the wide forms too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
# A spreadsheet keeps fifteen digits of a number.
_KEPT: Final = 10**15


def printable(text: str) -> str:
    """
    Return *text* as one line that a terminal shows and does not obey.

    Line breaks and tabs become a blank, other control characters and those that
    turn the direction of writing become U+FFFD.
    """
    return _CONTROL.sub("\ufffd", _BREAK.sub(" ", text))


def csv_cell(value: T) -> T | str:
    """
    Return *value* as it may stand in a CSV file that a spreadsheet opens.

    A text is made `printable`, and one that begins with ``=``, ``+``, ``-`` or
    ``@`` gets an apostrophe before it. Anything but a text stays as it is.
    """
    if not isinstance(value, str):
        return value

    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) else text


def excel_cell(value: T) -> T | str:
    """
    Return *value* as `csv_cell` does, and a number of over 15 digits as a text.

    A tab before it makes it one: else Excel rounds it. All other numbers stay
    numbers, which sort and compare as such.
    """
    if isinstance(value, int) and abs(value) >= _KEPT:
        return f"\t{value}"

    return csv_cell(value)


def json_text(document: str) -> str:
    """Return a JSON *document* with the same meaning, whose controls are escaped."""
    # Outside of texts JSON that has no line breaks holds none of these.
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", document)
