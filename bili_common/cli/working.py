"""Working: what takes long without asking anybody, told on a terminal."""

from __future__ import annotations

import threading
import time

from collections.abc import Callable, Generator
from contextlib import contextmanager

from .console import Messages
from .language import tr
from .waiting import LONG


__all__ = ["show_work"]


@contextmanager
def show_work(messages: Messages, what: str, *, after: float = LONG) -> Generator[None]:
    """
    Show *what* is done, on a terminal, while the body takes longer than a moment.

    Args:
        messages: How much is to be said.

        what: What is done, as "writing shared.csv".

        after: Seconds until it is shown.
    """
    if not messages.live:
        yield
        return

    # Rich is loaded by those who show something.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.live import Live  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    begun = time.monotonic()

    def line() -> Text:
        """Return what is done and for how long."""
        seconds = int(time.monotonic() - begun)
        told = tr("{what}, {seconds} s so far", what=what, seconds=seconds)
        return Text(told, no_wrap=True, overflow="ellipsis")

    live = Live(
        console=Console(stderr=True),
        get_renderable=line,
        transient=True,
        redirect_stdout=False,
        refresh_per_second=2,
    )
    try:
        with _later(after, live.start):
            yield
    finally:
        live.stop()


@contextmanager
def _later(seconds: float, begin: Callable[[], None]) -> Generator[None]:
    """Begin something if the body takes longer than that; it has begun or never will then."""
    if seconds <= 0:
        begin()
        yield
        return

    timer = threading.Timer(seconds, begin)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        # It may be beginning at this moment.
        timer.join()
