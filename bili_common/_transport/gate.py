"""The gate: who may ask after the server said that it was too much."""

from __future__ import annotations

import math

import attrs

from ..errors import RiskControlError, ThrottledError
from .policy import RetryPolicy


__all__ = ["TICK", "Gate"]


# Seconds that count as none. Sums of floats miss their mark by less, and no
# wait is so short.
TICK = 1e-6

# A throttle is raised to its caller from this many in a row on.
_STRIKES = 3


@attrs.frozen
class _Refusal:
    """Why calls are refused rather than made to wait."""

    kind: type[ThrottledError | RiskControlError]
    code: int
    message: str

    def error(self, left: float) -> ThrottledError | RiskControlError:
        reason = "risk control" if self.kind is RiskControlError else "a throttle"
        return self.kind(
            f"nothing is sent for {left:.1f} s more, after {reason} (code {self.code})",
            code=self.code,
            message=self.message,
            retry_after=left,
        )


class Gate:
    """
    A circuit breaker: open, closed until a moment, then half open for a probe.

    It keeps no clock and never waits: the caller brings *now*, in monotonic
    seconds. Tickets are numbered, so that answers to requests which were under
    way when the gate closed are told from answers to later ones.
    """

    __slots__ = (
        "_blocks",
        "_blocks_from",
        "_policy",
        "_probe",
        "_refusal",
        "_strikes",
        "_throttles_from",
        "_tickets",
        "_until",
    )

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        # When the next request may go out, None while the gate is open.
        self._until: float | None = None
        # What calls are told meanwhile, None if they are to wait.
        self._refusal: _Refusal | None = None
        # The ticket whose answer opens the gate, None while none is out.
        self._probe: int | None = None
        # How many tickets were handed out.
        self._tickets = 0
        # Throttles and risk controls since the last time the gate opened.
        self._strikes = 0
        self._blocks = 0
        # The first ticket whose throttle, or risk control, is news.
        self._throttles_from = 0
        self._blocks_from = 0

    def is_news(self, ticket: int) -> bool:
        """Tell whether *ticket* was handed out after the gate last closed."""
        return ticket >= self._throttles_from

    def left(self, now: float) -> float:
        """Return the seconds until a request may go out, 0.0 if one may now."""
        # Rounded, or the sum of floats may tell more seconds than were asked for.
        return 0.0 if self._until is None else round(max(self._until - now, 0.0), 9)

    def due(self, now: float) -> float | None:
        """
        Return the moment from which the next request may go out.

        Returns:
            None if nobody knows: a probe is out, and its answer decides.

        Raises:
            ThrottledError: The server wants a longer wait than the user.

            RiskControlError: The server wants the client to stop.
        """
        if self._until is None:
            return -math.inf

        left = self.left(now)
        if left <= TICK:
            return self._until if self._probe is None else None

        if self._refusal is not None:
            raise self._refusal.error(left)

        return self._until

    def admit(self) -> int:
        """Hand out a ticket; it is the probe if the gate is not open."""
        ticket = self._tickets
        self._tickets += 1
        if self._until is not None:
            self._probe = ticket

        return ticket

    def succeeded(self, ticket: int) -> None:
        """Open the gate if *ticket* was the probe."""
        if ticket != self._probe:
            return

        self._probe = self._until = self._refusal = None
        self._strikes = self._blocks = 0

    def released(self, ticket: int) -> None:
        """Let the next one be the probe if *ticket* was it."""
        if ticket == self._probe:
            self._probe = None

    def throttled(
        self, ticket: int, retry_after: float | None, now: float, *, code: int, message: str
    ) -> None:
        """Close the gate for *retry_after* seconds, or for the cool-down."""
        self.released(ticket)
        if self.is_news(ticket):
            self._strikes += 1
            self._throttles_from = self._tickets
            self._refusal = None
        elif self._until is None and retry_after is None:
            # A probe was answered since: what this one met is over.
            return

        doublings = min(max(self._strikes, 1), _STRIKES) - 1
        wait = self._policy.cool_down * 2**doublings if retry_after is None else retry_after
        if retry_after is not None and self._is_too_long(retry_after):
            self._refusal = _Refusal(ThrottledError, code, message)

        self._close(now + wait)

    def blocked(
        self, ticket: int, retry_after: float | None, now: float, *, code: int, message: str
    ) -> None:
        """Close the gate for the next of the waits, or for the breaker's time."""
        self.released(ticket)
        if ticket >= self._blocks_from:
            self._blocks += 1
            self._throttles_from = self._blocks_from = self._tickets
            self._refusal = None
        elif self._until is None and retry_after is None:
            return

        waits = self._policy.risk_control_waits
        nth = max(self._blocks, 1)
        wait = waits[nth - 1] if nth <= len(waits) else self._policy.breaker
        longer = max(wait, retry_after or 0.0)
        if nth > len(waits) or (longer > wait and self._is_too_long(longer)):
            self._refusal = _Refusal(RiskControlError, code, message)

        self._close(now + longer)

    def may_retry_throttle(self) -> bool:
        """Tell whether a throttled call is to wait and go on."""
        return self._refusal is None and self._strikes < _STRIKES

    def may_retry_block(self) -> bool:
        """Tell whether a call that met risk control is to wait and go on."""
        return self._refusal is None and bool(self._policy.risk_control_waits)

    def _is_too_long(self, retry_after: float) -> bool:
        return self._policy.max_wait is not None and retry_after > self._policy.max_wait

    def _close(self, until: float) -> None:
        # Answers of requests that were under way never shorten a wait.
        self._until = until if self._until is None else max(self._until, until)
