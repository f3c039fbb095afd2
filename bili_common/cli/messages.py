"""Messages: all that is said beside the data, on standard error."""

from __future__ import annotations

import logging
import sys

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from ..compare.cells import printable
from ..errors import BiliCommonError


__all__ = ["complain", "explain", "log_to_stderr", "messages", "say", "warn"]

# What a walk says in the log at its end is in the verdict.
_IN_THE_VERDICT = "a walk ended without proof"
# The fields of a log record that say something to a user.
_FIELDS = ("vmid", "pn", "code")


def messages() -> Console:
    """Return the console for messages; it follows what stderr is now."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str, *, label: str = "", style: str = "") -> None:
    """Write *text* as one line, whatever a stranger put into it."""
    line = Text()
    if label:
        line.append(f"{label}: ", style=style)
    line.append(printable(text))
    if hasattr(sys.stderr, "rich_proxied_file"):
        # A progress bar is shown: it makes room for what is written here.
        sys.stderr.write(f"{line.plain}\n")
    else:
        messages().print(line)


def warn(text: str) -> None:
    """Write a warning."""
    say(text, label="warning", style="bold yellow")


def complain(text: str) -> None:
    """Write an error."""
    say(text, label="error", style="bold red")


def explain(error: BiliCommonError, *, resume: str | None = None) -> None:
    """
    Write *error* and where it happened.

    Args:
        error: What went wrong.

        resume: The option that goes on at a cursor, if the command has one.
    """
    complain(str(error) or type(error).__name__)
    for note in getattr(error, "__notes__", ()):
        where, start, cursor = note.rpartition("go on with start=")
        if start and resume is None:
            say(where.rstrip("; "), label="note", style="bold")
        elif start:
            say(f"{where}go on with {resume}={cursor}", label="note", style="bold")
        else:
            say(note, label="note", style="bold")


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not text.startswith(_IN_THE_VERDICT):
            warn(text + _details(record))


def _details(record: logging.LogRecord) -> str:
    found = ((name, getattr(record, f"bili_{name}", None)) for name in _FIELDS)
    shown = ", ".join(f"{name}={value}" for name, value in found if value is not None)
    return f" ({shown})" if shown else ""


@contextmanager
def log_to_stderr() -> Generator[None]:
    """Show the library's warnings for a while."""
    logger = logging.getLogger("bili_common")
    handler = _Handler(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
