"""Tables: for people, with the width of Chinese right."""

from __future__ import annotations

import io
import sys

from collections.abc import Collection

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...compare.cells import printable
from ...models import Following
from ..language import tr
from .output import Output, stdout
from .record_view import badge, relation


__all__ = ["FollowingTable", "add_row", "make_table", "show_table"]


# The columns that give way where the terminal is narrow, and how far: names are
# folded, so that they stay whole, and the rest is cut.
_LEAST = {"Groups": 4, "Name": 12, "Names": 14, "Relation": 7, "Verified": 5}
_FOLDED = {"Groups", "Label", "Name", "Names", "Relation", "User"}
# A narrower terminal breaks the lines itself, which loses nothing.
_NARROWEST = 60
_NARROWEST_WIDE = 80
_FEW = 5


def make_table(*names: str, right: Collection[str] = ()) -> Table:
    """
    Return a table without rows.

    Args:
        names: Of the columns, in English; the reader's language is shown.

        right: The columns whose figures stand to the right.
    """
    table = Table(
        box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name in names:
        table.add_column(
            tr(name),
            justify="right" if name in right else "left",
            no_wrap=name not in _FOLDED,
            overflow="ellipsis" if name == "Verified" else "fold",
            min_width=_LEAST.get(name),
        )
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of texts, which are neither markup nor control sequences."""
    table.add_row(*(Text(printable(cell)) for cell in cells))


def show_table(table: Table, output: Output) -> None:
    """Write *table*: as wide as the terminal, or as it needs to be elsewhere."""
    text = io.StringIO()
    terminal = not output.is_file and stdout().isatty()
    screen = Console(file=stdout()) if terminal else None
    narrowest = _NARROWEST if len(table.columns) <= _FEW else _NARROWEST_WIDE
    console = Console(
        file=text,
        force_terminal=terminal,
        color_system=screen.color_system if screen else None,  # type: ignore[arg-type]  # its own name of one
        width=max(screen.width, narrowest) if screen else None,
        no_color=screen.no_color if screen else True,
        legacy_windows=False,
    )
    if screen is None:
        wide = console.options.update(width=100_000, max_width=100_000)
        console.width = max(1, console.measure(table, options=wide).maximum)
    console.print(table)
    # Blanks at the ends of lines help nobody.
    output.write("".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines()))


def _width(output: Output) -> int:
    """Return how many columns there are: any number where it is no terminal."""
    is_terminal = not output.is_file and stdout().isatty()
    return Console(file=stdout()).width if is_terminal else sys.maxsize


class FollowingTable:
    """A list as a table, which is written when all of it is there."""

    def __init__(self, output: Output, *, private: bool) -> None:
        self._output = output
        self._private = private
        self._rows = 0
        private_headings = ("Relation", "Since", "Groups") if private else ()
        # Where there is no room for all, what was asked for goes first.
        has_room = not private or _width(output) >= _NARROWEST_WIDE
        public_headings = ("VIP", "Verified") if has_room else ()
        headings = ("MID", "Name", *private_headings, *public_headings)
        self._is_public_shown = has_room
        self._table = make_table(*headings, right=("MID",))

    def begin(self) -> None:
        """Write nothing yet: the widths follow from all rows."""

    def add(self, following: Following) -> None:
        """Take in one account."""
        verify = following.official_verify
        verified = (verify.desc or tr("yes")) if verify.is_verified else ""
        self._rows += 1
        add_row(
            self._table,
            str(following.mid),
            following.uname,
            *(relation(following) if self._private else ()),
            *((badge(following), verified) if self._is_public_shown else ()),
        )

    def end(self) -> None:
        """Write the table, if it has a row."""
        if self._rows:
            show_table(self._table, self._output)
