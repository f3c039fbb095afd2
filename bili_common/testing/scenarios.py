"""Scenarios: what goes wrong at the fake server, when, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Unpack

from ..errors import UsageError
from .answers import BANS, FAULTS, Answer, later, refusal, throttled
from .checks import at_least, check_needs, check_share, one_of
from .rules import Asked, Ban, Make, Rule, ServerClock, When


__all__ = ["Scenarios"]


class Scenarios:
    """
    Every scenario in force, in the order in which they were asked for.

    A ban comes before all else. A request that one scenario answered is not
    counted by those after it, so that a script reads from top to bottom.

    Args:
        clock: Times the bans, and whatever lasts some seconds.
    """

    def __init__(self, *, clock: ServerClock) -> None:
        self._clock = clock
        self._rules: list[Rule] = []
        self._ban: Ban | None = None
        # How many logged-in requests pass before the next one's login dies.
        self._logins_left: int | None = None
        self._dead: set[bytes] = set()

    @property
    def banned_for(self) -> float:
        """The seconds that a ban still lasts, 0.0 outside."""
        return self._ban.left if self._ban else 0.0

    def end_scenarios(self) -> None:
        """Forget every scenario; a login that died is alive again."""
        self._rules.clear()
        self._ban = None
        self._logins_left = None
        self._dead.clear()

    def throttle(
        self,
        times: int | EllipsisType | None = ...,
        *,
        retry_after: float | str | None = None,
        code: int = -799,
        http_status: int = 200,
        **when: Unpack[When],
    ) -> None:
        """
        Answer requests with a plea to slow down.

        Args:
            times: How many requests, or None for all; by default one, or all that
                *seconds* or *share* speak of.

            retry_after: Seconds or a date for the header of that name.

            code: -799 or -509.

            http_status: 200 or 429.

            when: Which requests: see `When`.
        """
        answer = throttled(code, http_status, retry_after)
        self._add_rule(lambda _: answer, times, when)

    def fail(
        self,
        times: int | EllipsisType | None = ...,
        *,
        how: str | int = "500",
        retry_after: float | str | None = None,
        **when: Unpack[When],
    ) -> None:
        """
        Answer requests with a fault.

        Args:
            times: How many requests, or None for all; by default one, or all that
                *seconds* or *share* speak of.

            how: A key of `FAULTS`: "500", "busy", "reset", "timeout" ... A number
                is the code of a refusal: -658.

            retry_after: Seconds or a date for the header of that name.

            when: Which requests: see `When`.
        """
        make = _fault(how)
        if retry_after is not None:
            self._add_rule(lambda whole: later(make(whole), retry_after), times, when)
        else:
            self._add_rule(make, times, when)

    def ban(
        self,
        seconds: float = 60.0,
        *,
        after: int = 0,
        window: float = 60.0,
        extend: bool = True,
        form: str = "json412",
        clock: ServerClock | None = None,
    ) -> None:
        """
        Ban whoever asks too fast; it replaces an earlier ban.

        Args:
            seconds: How long it lasts.

            after: How many requests in a window pass; the next one starts the ban.

            window: The length of the sliding window in seconds.

            extend: Whether each request during the ban starts its time again.

            form: A key of `BANS`: "json412", "html412", "-352" ...

            clock: In place of the server's own.
        """
        one_of("form", form, BANS)
        at_least(0, seconds=seconds, after=after, window=window)
        self._ban = Ban(BANS[form], clock or self._clock, seconds, after, window, extend)

    def log_out(self, *, after: int = 0) -> None:
        """
        End the login of the next request: its cookie or key is dead from then on.

        Whoever comes with another one is logged in.

        Args:
            after: How many logged-in requests pass before.
        """
        at_least(0, after=after)
        self._logins_left = after

    def _add_rule(self, make: Make, times: int | EllipsisType | None, when: When) -> None:
        at_least(0, after=when.get("after"))
        at_least(1, vmid=when.get("vmid"), pn=when.get("pn"), burst=when.get("burst"))
        at_least(0, seconds=when.get("seconds"), every=when.get("every"))
        check_share("share", when.get("share"))
        check_needs(when, every="seconds", burst="share", seed="share")
        if isinstance(times, EllipsisType):
            times = None if {"seconds", "share"} & when.keys() else 1
        at_least(0, times=times)
        self._rules.append(Rule(make, self._clock, times, **when))

    def _intercept(self, asked: Asked, whole: Callable[[], bytes]) -> Answer | None:
        """Return what a ban or a rule answers instead of what was due, or None."""
        if self._ban is not None and self._ban.meets():
            return self._ban.answer
        for rule in self._rules:
            if rule.meets(asked):
                return rule.make(whole)
        return None

    def _is_logged_in(self, login: bytes | None) -> bool:
        """Count a request with a login, and return whether it is alive."""
        if login is None or login in self._dead:
            return False
        if self._logins_left is None:
            return True
        self._logins_left -= 1
        if self._logins_left >= 0:
            return True
        self._logins_left = None
        self._dead.add(login)
        return False


def _fault(how: str | int) -> Make:
    if isinstance(how, int):
        if how == 0:
            raise UsageError("how must be a code other than 0, which is none")
        answer = refusal(str(how), how)
        return lambda _: answer
    one_of("how", how, FAULTS)
    return FAULTS[how]
