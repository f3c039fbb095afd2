"""The executor: attempts at a request, paced, retried and counted."""

from __future__ import annotations

import logging

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import attrs

from .._util.clock import Clock
from .._wire.request import Request
from .._wire.response import RawResponse
from ..errors import (
    ApiError,
    BiliCommonError,
    ClientClosedError,
    NotLoggedInError,
    RiskControlError,
    ThrottledError,
)
from ..pace._turns import Pace
from .meter import RequestMeter
from .policy import RetryPolicy
from .retry import call
from .session import Session
from .stats import Stats


__all__ = ["RequestExecutor"]

_log = logging.getLogger("bili_common")

R = TypeVar("R")


@attrs.define
class _Counts:
    retries: int = 0
    throttled: int = 0
    slept: float = 0.0


@attrs.define
class RequestExecutor:
    """
    Sends requests, each attempt paced, each failure that may pass repeated.

    Copies made by `attrs.evolve` share the session, the pace and the counts,
    and differ in *policy* and *timeout*. Each is closed by itself; a
    closed session closes them all.

    Args:
        session: Sends one request.

        pace: Gives each attempt its turn.

        policy: How often to repeat.

        timeout: Seconds for one attempt, None for any time.

        clock: What time it is, and how to wait.
    """

    session: Session
    pace: Pace
    policy: RetryPolicy
    timeout: float | None
    clock: Clock
    counts: _Counts = attrs.field(factory=_Counts)
    is_closed: bool = attrs.field(default=False, init=False)

    def check_open(self) -> None:
        """Raise ClientClosedError if the client, or this copy of it, was closed."""
        if self.is_closed or self.session.is_closed:
            raise ClientClosedError("the client is closed")

    @property
    def stats(self) -> Stats:
        """The counts so far."""
        return Stats(
            requests=self.session.requests,
            retries=self.counts.retries,
            throttled=self.counts.throttled,
            bytes=self.session.bytes,
            waited=self.pace.waited + self.counts.slept,
        )

    async def send(
        self, request: Request, decode: Callable[[RawResponse], R], meter: RequestMeter
    ) -> R:
        """
        Return what *decode* makes of the answer to *request*.

        Args:
            request: What to ask.

            decode: Reads the answer, or raises what is wrong with it.

            meter: Counts each attempt, and may forbid it.

        Raises:
            BiliCommonError: The last attempt's error, with ``vmid`` and ``pn``; of a
                login that is refused, with what the credential says of itself.
        """
        self.check_open()
        # Before the turn: a call of another loop would wait for one that never comes.
        self.session.bind()
        login = self.session.login
        send = partial(
            call,
            partial(self._attempt, request, decode, meter),
            policy=self.policy,
            clock=self.clock,
            pace=self.pace,
            meter=meter,
            on_retry=partial(self._note_retry, request),
        )
        try:
            credential = login.known or await login.credential()
            try:
                return await send()
            except NotLoggedInError:
                if not await login.renew(credential):
                    raise
            # Outside of the handler, or the next error would carry this one.
            return await send()
        except BiliCommonError as exc:
            exc.vmid, exc.pn = _int(request, "vmid"), _int(request, "pn")
            if isinstance(exc, NotLoggedInError):
                for hint in login.hints():
                    exc.add_note(hint)
            raise

    async def _attempt(
        self, request: Request, decode: Callable[[RawResponse], R], meter: RequestMeter
    ) -> R:
        async with self.pace.turn():
            meter.spend()
            try:
                # Not by a name: a traceback that shows locals would show the echo.
                return self._read(
                    await self.session.exchange(request, timeout=self.timeout), request, decode
                )
            except (ThrottledError, RiskControlError) as exc:
                self._note_throttle(request, exc)
                raise

    def _read(
        self, answer: RawResponse, request: Request, decode: Callable[[RawResponse], R]
    ) -> R:
        if _log.isEnabledFor(logging.DEBUG):
            _log_answer(request, answer)
        try:
            return decode(answer)
        except BiliCommonError:
            redacted = self.session.redact(answer)
            if redacted is answer:
                raise
            answer = redacted

        # The server echoed the credential. Read what is left once more, so that
        # neither the error nor a frame of its traceback holds it.
        return decode(answer)

    def _note_throttle(self, request: Request, exc: ApiError) -> None:
        self.counts.throttled += 1
        fields = {**request.fields, "bili_code": exc.code}
        if isinstance(exc, RiskControlError):
            _log.warning("the server asked to stop", extra=fields)
        else:
            _log.warning("the server asked to slow down", extra=fields)

    def _note_retry(
        self, request: Request, exc: BiliCommonError, attempt: int, wait: float
    ) -> None:
        self.counts.retries += 1
        # A throttled call waits for its turn, and the pace counts that itself.
        if not isinstance(exc, (ThrottledError, RiskControlError)):
            self.counts.slept += wait
        error = type(exc).__name__
        more = {"bili_error": error, "bili_attempt": attempt, "bili_wait": wait}
        _log.info("retrying a request", extra={**request.fields, **more})


def _log_answer(request: Request, answer: RawResponse) -> None:
    more = {"bili_status": answer.status, "bili_bytes": len(answer.body)}
    _log.debug("an answer came", extra={**request.fields, **more})


def _int(request: Request, name: str) -> int | None:
    value = request.params.get(name)
    return value if isinstance(value, int) else None
