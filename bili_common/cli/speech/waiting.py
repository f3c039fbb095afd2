"""Waiting: what takes long: an answer, by the library's own log, or work of this program."""

from __future__ import annotations

import logging
import threading
import time

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from ... import errors
from ..language import tr
from .console import Messages
from .explanation import headline


__all__ = ["WaitLog", "follow", "show_work"]

# Seconds after which a wait is told.
_LONG: Final = 2.0

_ANSWER: Final = "an answer came"
_RETRY: Final = "retrying a request"
_REQUESTS_TO_SLOW: Final = {"the server asked to slow down", "the server asked to stop"}
# What else the library warns of, so that the catalogue has it.
_WARNINGS: Final = (
    "the server asked to wait for more than a day: a day is what counts",
    "the server sent a value of an unexpected type",
    "the store does not know whose results these are",
)
# What a walk says at its end is in the verdict.
_IN_THE_VERDICT: Final = "a walk ended without proof"
# These ended without an answer, which is else what settles a request.
_UNANSWERED: Final = {"RequestTimeoutError", "TransportError"}
# The fields of a log record that say something to a user.
_FIELDS: Final = ("vmid", "pn", "code", "path")
# Told once for each path: in a run it may be in every list.
_ODD_VALUE: Final = "the server sent a value of an unexpected type"


class WaitLog(logging.Handler):
    """
    Takes in what the library logs, and knows from it what is waited for.

    Args:
        messages: Where warnings go.

        clock: Seconds that never go back.
    """

    def __init__(
        self, messages: Messages, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(logging.DEBUG)
        self._messages = messages
        self._clock = clock
        self._last = clock()
        self._sent = 0
        self._settled = 0
        self._until = 0.0
        self._why = ""
        self._odd_paths: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take in one record."""
        text = record.getMessage()
        if text == _ANSWER:
            self._settle()
            self._until = 0.0
        elif text == _RETRY:
            self._rest(record)
        elif text in _REQUESTS_TO_SLOW:
            if self._messages.live or self._messages.verbose:
                self._messages.warn(tr(text) + _details(record))
        elif text == _ODD_VALUE:
            self._tell_odd(record)
        elif record.levelno >= logging.WARNING and not text.startswith(_IN_THE_VERDICT):
            self._messages.warn(tr(text) + _details(record))

    def sent(self, requests: int) -> None:
        """Take in how many requests were sent so far."""
        if requests != self._sent:
            self._last = self._clock()
        self._sent = requests

    def text(self) -> str:
        """Return what has been waited for, ``""`` if for no more than a moment."""
        now = self._clock()
        if self._until > now:
            return tr(
                "{why}, {seconds} s left", why=self._why, seconds=round(self._until - now)
            )

        seconds = now - self._last
        if seconds < _LONG:
            return ""
        if self._sent > self._settled:
            return tr("no answer for {seconds} s", seconds=int(seconds))
        return tr("waiting for a turn for {seconds} s", seconds=int(seconds))

    def _settle(self) -> None:
        self._last = self._clock()
        self._settled += 1

    def _tell_odd(self, record: logging.LogRecord) -> None:
        path = str(getattr(record, "bili_path", ""))
        if path not in self._odd_paths:
            self._odd_paths.add(path)
            self._messages.warn(tr(record.getMessage()) + _details(record))

    def _rest(self, record: logging.LogRecord) -> None:
        name = str(getattr(record, "bili_error", ""))
        wait = float(getattr(record, "bili_wait", 0.0))
        if name in _UNANSWERED:
            self._settle()
        if wait >= _LONG:
            self._until = self._clock() + wait
            self._why = self._reason(name)
        if self._messages.verbose:
            self._messages.say(
                tr(
                    "trying again in {seconds:.1f} s: {why}",
                    seconds=wait,
                    why=self._reason(name),
                )
                + _details(record)
            )

    @staticmethod
    def _reason(name: str) -> str:
        if name == "ThrottledError":
            return tr("resting, as the server asked")

        kind = getattr(errors, name, errors.BiliCommonError)
        return tr("{what}, trying again", what=headline(kind))


def _details(record: logging.LogRecord) -> str:
    found = ((name, getattr(record, f"bili_{name}", None)) for name in _FIELDS)
    shown = ", ".join(f"{name}={value}" for name, value in found if value is not None)
    return f" ({shown})" if shown else ""


@contextmanager
def follow(messages: Messages) -> Generator[WaitLog]:
    """Follow the library's log for a while."""
    logger = logging.getLogger("bili_common")
    handler = WaitLog(messages)
    before = logger.level
    logger.addHandler(handler)
    # Every answer is told there, at a level that nobody else is to hear.
    logger.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@contextmanager
def show_work(messages: Messages, what: str, *, after: float = _LONG) -> Generator[None]:
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
