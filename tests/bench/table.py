"""The table: rows of what was measured, what it was compared with, and the budget."""

from __future__ import annotations

from typing import Any

import attrs

from .measure import Spread


@attrs.frozen
class Row:
    """
    One line of the table.

    Attributes:
        what: What was measured.

        ours: Our figure, with its unit.

        other: The other's, with its name.

        value: What the budget is about, mostly ours / other.

        budget: The bound, None where the row only informs.

        floor: The lower bound, where there is one.

        group: Which part of the table it belongs to.
    """

    what: str
    ours: str
    other: str
    value: Spread | None
    budget: float | None = None
    floor: float | None = None
    group: str = ""

    @property
    def verdict(self) -> str:
        """Whether the budget holds, or by how much it is missed."""
        if self.value is None or self.budget is None:
            return "-"
        low = -float("inf") if self.floor is None else self.floor
        if low <= self.value.median <= self.budget:
            return "holds"
        bound = low if self.value.median < low else self.budget
        if bound:
            return f"missed by {abs(self.value.median / bound - 1):.1%}"
        return f"missed by {self.value.median - bound:.3g}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The line's texts."""
        bound = "-"
        if self.budget is not None:
            bound = f"<= {self.budget:g}"
            bound = bound if self.floor is None else f"{self.floor:g} to {self.budget:g}"
        value = "-"
        if self.value is not None:
            value = f"{self.value.median:.3g}"
            if self.value.low != self.value.high:
                value += f" ({self.value.low:.3g} to {self.value.high:.3g})"
        return self.what, self.ours, self.other, value, bound, self.verdict


HEAD = ("what", "ours", "the other", "ratio (min to max)", "budget", "verdict")


def missing(what: str, package: str) -> Row:
    """Return the line of a comparison whose other side is not installed."""
    return Row(what, "-", f"{package} is not installed", None)


def render(title: str, head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """Return *lines* as a table, which is Markdown too."""
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    rule = tuple("-" * width for width in widths)
    rows = (
        "| " + " | ".join(map(str.ljust, cells, widths)) + " |"
        for cells in (head, rule, *lines)
    )
    return "\n".join([title, "", *rows, ""])


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Return *rows* for a JSON file."""
    return [attrs.asdict(row) | {"verdict": row.verdict} for row in rows]


def plain(value: float) -> Spread:
    """Return the spread of a figure that was measured once."""
    return Spread(value, value, value)
