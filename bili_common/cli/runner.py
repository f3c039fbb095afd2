"""The runner: work to its end, to Ctrl-C, or to a reader who has had enough."""

from __future__ import annotations

import asyncio
import sys

from collections.abc import Callable, Coroutine
from typing import Any

from .exits import Exit
from .language import tr
from .speech.console import write_line
from .streams import drop


__all__ = ["attempt", "execute"]


def execute(
    work: Callable[[], Coroutine[Any, Any, Exit]], *, interrupted: Callable[[], str]
) -> Exit:
    """
    Run *work* in an event loop to its end, or to Ctrl-C.

    Args:
        work: Makes the coroutine.

        interrupted: Says, after Ctrl-C, how far it got and how to go on.
    """
    return attempt(lambda: asyncio.run(work()), interrupted=interrupted)


def attempt(work: Callable[[], Exit], *, interrupted: Callable[[], str]) -> Exit:
    """Run *work*, which needs no event loop, as `execute` does."""
    try:
        return work()
    except BrokenPipeError:
        # Whoever read has had enough, as `head` does: that is no failure.
        # Typer would call it one.
        drop(sys.stdout)
        return Exit.OK
    except KeyboardInterrupt:
        write_line(interrupted(), label=tr("interrupted"), style="bold yellow")
        return Exit.INTERRUPTED
