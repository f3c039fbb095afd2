"""The HTML table: what a notebook shows of a value."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from .cells import printable


__all__ = ["html_table"]

# Rows that are shown; how many there are more is said.
_SHOWN: Final = 20


def html_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return *rows* as a table, of which the first few are shown."""
    parts = ["<table><caption>", _text(title), "</caption>", _row("th", head)]
    parts += [_row("td", row) for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        parts.append(_row("td", [f"and {len(rows) - _SHOWN:,} more", *[""] * (len(head) - 1)]))
    return "".join((*parts, "</table>"))


def _row(tag: str, cells: Sequence[Any]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>"


def _text(value: Any) -> str:
    # Names are strangers' words: nothing of them is markup.
    return escape(printable(str(value)))
