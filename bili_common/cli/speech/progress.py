"""Progress: how far a command is and what it waits for, on one line of the terminal."""

from __future__ import annotations

import asyncio
import time

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, Protocol, Self

import attrs

from rich.console import Console
from rich.live import Live
from rich.text import Text

from .console import Messages
from .help_page import columns_of_text
from .waiting import WaitLog


__all__ = ["Standing", "progress_line", "show_progress"]

_TICK: Final = 0.25
# Seconds between two lines where there is no terminal.
_PAUSE: Final = 5.0
_BAR: Final = 20
_SEPARATOR: Final = " · "


@attrs.frozen
class Standing:
    """
    How far it is.

    Attributes:
        done: How many are done.

        total: Of how many, None where nobody knows yet.

        parts: What else there is to say, the most important first.

        rest: Why and how long all of it rests, ``""`` while it does not.
    """

    done: int
    total: int | None
    parts: tuple[str, ...] = ()
    rest: str = ""


def progress_line(standing: Standing, wait: str, width: int) -> str:
    """Return one line of at most *width* columns; what does not fit is left out whole."""
    total = "?" if standing.total is None else standing.total
    head = f"{standing.done}/{total}"
    line = head
    # While everything rests, nothing else is waited for.
    wait = standing.rest or wait
    for part in filter(None, (wait, *standing.parts)):
        longer = f"{line}{_SEPARATOR}{part}"
        # What is waited for matters most: it is rather cut than left out.
        if columns_of_text(longer) <= width or part is wait:
            line = longer
    bar = _bar(standing)
    return f"{bar} {line}" if bar and columns_of_text(line) + _BAR < width else line


def _bar(standing: Standing) -> str:
    if not standing.total:
        return ""

    full = min(_BAR, _BAR * standing.done // standing.total)
    return "━" * full + "─" * (_BAR - full)


@contextmanager
def show_progress(
    messages: Messages,
    waits: WaitLog,
    standing: Callable[[], Standing],
    *,
    requests: Callable[[], int],
    data_on_screen: bool = False,
) -> Generator[None]:
    """
    Show how far it is while the body runs, inside of an event loop.

    Args:
        messages: How much is to be said.

        waits: Knows what is waited for.

        standing: Says how far it is.

        requests: Says how many requests were sent.

        data_on_screen: Whether data comes line by line on the same terminal:
            then only long waits are told, each once.
    """
    if messages.live and not data_on_screen:
        display: _Display = _Line(standing)
    elif messages.live or messages.verbose:
        display = _Lines(messages, None if data_on_screen else standing)
    else:
        yield
        return

    with display, _Ticker(display, waits, requests):
        yield


class _Display(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(self, *_exc_info: object) -> None: ...

    def update(self, wait: str) -> None: ...


class _Line:
    """One line, which is drawn again and again and is gone at the end."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        console = Console(stderr=True)
        self._standing = standing
        self._width = console.width - 1
        # Data may be on standard output, which Rich is to leave alone.
        self._live = Live(
            console=console, transient=True, auto_refresh=False, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._live.__exit__(None, None, None)

    def update(self, wait: str) -> None:
        line = progress_line(self._standing(), wait, self._width)
        self._live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)


class _Lines:
    """A line for each long wait, and now and then one that says how far it is."""

    def __init__(self, messages: Messages, standing: Callable[[], Standing] | None) -> None:
        self._messages = messages
        self._standing = standing
        self._next = time.monotonic() + _PAUSE
        self._waits = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        """Nothing is to be taken off the screen."""

    def update(self, wait: str) -> None:
        if self._standing is not None:
            wait = self._standing().rest or wait
        if wait and not self._waits:
            self._messages.say(wait)
        self._waits = bool(wait)
        now = time.monotonic()
        if self._standing is not None and now >= self._next:
            self._next = now + _PAUSE
            self._messages.say(progress_line(self._standing(), "", 10_000))


class _Ticker:
    """Updates a display by the loop's own timer, so that nothing else needs to."""

    def __init__(self, display: _Display, waits: WaitLog, requests: Callable[[], int]) -> None:
        self._display = display
        self._waits = waits
        self._requests = requests
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._tick()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        self._waits.sent(self._requests())
        self._display.update(self._waits.text())
        self._timer = self._loop.call_later(_TICK, self._tick)
