"""Progress: how far a run is, a bar on a terminal and some lines elsewhere."""

from __future__ import annotations

import time

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ..compare.outcome import RunSummary
from .messages import say


__all__ = ["Display", "show_progress", "statuses"]

# Seconds between two lines where there is no terminal.
_PAUSE: Final = 5.0
_STATUSES: Final = ("ok", "incomplete", "private", "not_found", "failed")


class Display(Protocol):
    """Shows how far a run is."""

    def update(self, summary: RunSummary) -> None:
        """Show *summary*."""


def statuses(summary: RunSummary) -> str:
    """Return the counts by status, without those that are 0."""
    counts = {name.replace("_", " "): getattr(summary, name) for name in _STATUSES}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none yet"


@contextmanager
def show_progress(total: int) -> Generator[Display]:
    """Show the progress of a run over *total* users, on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(total)
        return

    progress = Progress(
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TextColumn("{task.fields[statuses]}", markup=False),
        console=console,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=total, pace="", statuses="")
        yield _Bar(progress, task, total)


class _Bar:
    """A bar that is gone at the end."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        self._progress = progress
        self._task = task
        self._total = total

    def update(self, summary: RunSummary) -> None:
        self._progress.update(
            self._task,
            completed=summary.done,
            pace=_pace(summary, self._total),
            statuses=statuses(summary),
        )


class _Lines:
    """A line now and then, for logs."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._next = time.monotonic() + _PAUSE

    def update(self, summary: RunSummary) -> None:
        now = time.monotonic()
        if now < self._next:
            return

        self._next = now + _PAUSE
        pace = _pace(summary, self._total)
        say(f"{summary.done} of {self._total} UIDs: {statuses(summary)}; {pace}")


def _pace(summary: RunSummary, total: int) -> str:
    """Return how fast it goes, and how long it still takes at this pace."""
    fetched = summary.done - summary.skipped
    if not fetched or not summary.elapsed:
        return ""

    rate = fetched / summary.elapsed
    left = timedelta(seconds=round((total - summary.done) / rate))
    return f"{rate:.1f}/s, {left} left"
