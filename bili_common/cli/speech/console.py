"""The console: all that is said beside the data, on standard error."""

from __future__ import annotations

import io
import re
import sys

from typing import Final, cast

import attrs

from ...compare.cells import printable
from ..language import tr
from .help_page import wrap


__all__ = ["Messages", "complain", "is_terminal", "write_line"]

_OPTION: Final = re.compile(r"--[a-z-]+ [^\s,;]+")
# Stands for a blank that may not end a line.
_JOINT: Final = "\0"


@attrs.frozen
class Messages:
    """
    What a command says while it works.

    Attributes:
        quiet: Whether to say errors alone.

        verbose: Whether to say also what happens in between, and where nobody
            watches.
    """

    quiet: bool = False
    verbose: bool = False

    @property
    def live(self) -> bool:
        """Whether standard error is a terminal, and progress was not switched off."""
        return is_terminal() and not self.quiet

    def say(self, text: str) -> None:
        """Write a line."""
        if not self.quiet:
            write_line(text)

    def note(self, text: str) -> None:
        """Write what a result does not tell by itself."""
        if not self.quiet:
            write_line(text, label=tr("note"), style="bold")

    def warn(self, text: str) -> None:
        """Write a warning."""
        if not self.quiet:
            write_line(text, label=tr("warning"), style="bold yellow")

    def suggest(self, *commands: tuple[str, str]) -> None:
        """
        Write what can be asked next, where somebody watches.

        Args:
            commands: Each command, which stands on a line of its own so that it
                can be copied, and what it is for.
        """
        if not self.live:
            return

        write_line(tr("next:"))
        for command, purpose in commands:
            write_line(f"  {command}", whole=True)
            write_line(f"      {purpose}", style="dim", whole=True)


def is_terminal() -> bool:
    """Tell whether standard error is a terminal that can do more than print lines."""
    # Rich is loaded by those who say something, not by every --help.
    from rich.console import Console  # noqa: PLC0415 - see above

    console = Console(stderr=True)
    return console.is_terminal and not console.is_dumb_terminal


def complain(text: str) -> None:
    """Write an error."""
    write_line(text, label=tr("error"), style="bold red")


def _broken(text: str, width: int) -> str:
    """Return *text* in lines; an option stays beside its value, to be copied with it."""
    joined = _OPTION.sub(lambda found: found[0].replace(" ", _JOINT), text)
    return "\n".join(wrap(joined, width)).replace(_JOINT, " ")


def write_line(text: str, *, label: str = "", style: str = "", whole: bool = False) -> None:
    """
    Write *text* as one line, whatever a stranger put into it.

    Args:
        text: The text.

        label: What stands before it, with a colon.

        style: Of the label, or of the text where there is none.

        whole: Whether the line is to be copied, so that no terminal may break it.
    """
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    screen = Console(stderr=True)
    head = label + tr(": ") if label else ""
    shown = head + printable(text)
    if screen.is_terminal and not whole:
        shown = _broken(shown, screen.width)
    line = Text(shown)
    line.stylize(style, 0, len(head) or None)
    # Into a text first: Rich leaves the program where nobody reads standard error.
    console = Console(
        file=io.StringIO(),
        force_terminal=screen.is_terminal,
        color_system=screen.color_system,  # type: ignore[arg-type]  # its own name of one
        no_color=screen.no_color,
        highlight=False,
        soft_wrap=True,
        legacy_windows=False,
    )
    console.print(line)
    said = cast(io.StringIO, console.file).getvalue()
    try:
        # While a bar is shown, this is Rich's own stream, which makes room for it.
        is_proxy = hasattr(sys.stderr, "rich_proxied_file")
        sys.stderr.write(f"{line.plain}\n" if is_proxy else said)
        sys.stderr.flush()
    except (OSError, ValueError):
        # Nobody can be told; what the command found out is in its exit code.
        return
