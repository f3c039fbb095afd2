"""Scenarios: what goes wrong at the fake server, when, and for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from .answers import BANS, FAULTS, Answer, throttled
from .checks import at_least, check_items, one_of
from .rules import Ban, Lie, Monotonic, Rule, Shift
from .users import Item


__all__ = ["Scenarios"]


class Scenarios:
    """
    Every scenario in force, in the order in which they were asked for.

    A ban comes before all else. A request that one scenario answered is not
    counted by those after it, so that a script reads from top to bottom.

    Args:
        clock: Times the bans.
    """

    def __init__(self, *, clock: Monotonic) -> None:
        self._clock = clock
        self._rules: list[Rule] = []
        self._ban: Ban | None = None
        self._shifts: dict[int, list[Shift]] = {}
        self._lies: dict[int, Lie] = {}
        self._honest = Lie()

    @property
    def banned_for(self) -> float:
        """The seconds that a ban still lasts, 0.0 outside."""
        return self._ban.left if self._ban else 0.0

    def end_scenarios(self) -> None:
        """Forget every scenario; what a shift has changed stays changed."""
        self._rules.clear()
        self._ban = None
        self._shifts.clear()
        self._lies.clear()

    def throttle(
        self,
        times: int | None = 1,
        *,
        after: int = 0,
        retry_after: float | str | None = None,
        code: int = -799,
        http_status: int = 200,
        vmid: int | None = None,
        pn: int | None = None,
    ) -> None:
        """
        Answer requests with a plea to slow down.

        Args:
            times: How many requests, or None for all.

            after: How many matching requests pass before.

            retry_after: Seconds or a date for the header of that name.

            code: -799 or -509.

            http_status: 200 or 429.

            vmid: Only requests for this user.

            pn: Only requests for this page.
        """
        answer = throttled(code, http_status, retry_after)
        self._add_rule(lambda _: answer, times=times, after=after, vmid=vmid, pn=pn)

    def fail(
        self,
        times: int | None = 1,
        *,
        how: str = "500",
        after: int = 0,
        vmid: int | None = None,
        pn: int | None = None,
    ) -> None:
        """
        Answer requests with a fault.

        Args:
            times: How many requests, or None for all.

            how: A key of `FAULTS`: "500", "busy", "reset", "timeout" ...

            after: How many matching requests pass before.

            vmid: Only requests for this user.

            pn: Only requests for this page.
        """
        one_of("how", how, FAULTS)
        self._add_rule(FAULTS[how], times=times, after=after, vmid=vmid, pn=pn)

    def ban(
        self,
        seconds: float = 60.0,
        *,
        after: int = 0,
        window: float = 60.0,
        extend: bool = True,
        form: str = "json412",
        clock: Monotonic | None = None,
    ) -> None:
        """
        Ban whoever asks too fast; it replaces an earlier ban.

        Args:
            seconds: How long it lasts.

            after: How many requests in a window pass; the next one starts the ban.

            window: The length of the sliding window in seconds.

            extend: Whether each request during the ban starts its time again.

            form: A key of `BANS`: "json412", "html412", "-352" or "voucher".

            clock: In place of the server's own.
        """
        one_of("form", form, BANS)
        at_least(0, seconds=seconds, after=after, window=window)
        self._ban = Ban(BANS[form], clock or self._clock, seconds, after, window, extend)

    def shift(
        self,
        vmid: int,
        *,
        before_request: int | None = None,
        pn: int | None = None,
        insert: int | Sequence[Item] = (),
        remove: int | Collection[int] = (),
        at: int = 0,
    ) -> None:
        """
        Change a list while it is being read, once.

        Args:
            vmid: Whose list.

            before_request: Before the so-manyth request that reaches this list
                from now on, counted from 1.

            pn: Before the next request for this page. Without either: before the
                next request.

            insert: Records to put in, or how many new ones.

            remove: Mids to take out, or how many from *at* on.

            at: Where, counted from 0; the head by default.
        """
        at_least(1, vmid=vmid, before_request=before_request, pn=pn)
        at_least(0, at=at)
        if isinstance(insert, int):
            at_least(0, insert=insert)
        else:
            check_items("insert", insert)
        if isinstance(remove, int):
            at_least(0, remove=remove)
        shift = Shift(insert, remove, at, before_request, pn)
        self._shifts.setdefault(vmid, []).append(shift)

    def lie(
        self,
        vmid: int,
        *,
        total: int | None = None,
        clamp: int | None = None,
        ignore_pn: bool = False,
        filter: Callable[[int], bool] | None = None,  # noqa: A002 - says it best
        empty_pages: Collection[int] | Mapping[int, int] = (),
        null_list: bool = False,
    ) -> None:
        """
        Answer for *vmid* with pages that are not true; replaces an earlier lie.

        Args:
            vmid: Whose list.

            total: Said instead of the true number.

            clamp: No page holds more, whatever ``ps`` says.

            ignore_pn: Every page is page 1.

            filter: Only mids for which it is true are sent; the pages come out
                short, and the total still counts all.

            empty_pages: Pages that come out empty, for ever, or as many times as
                a mapping says.

            null_list: ``list`` is null where it would be empty.
        """
        at_least(1, vmid=vmid, clamp=clamp)
        # Below zero is for ever: the count goes down and never meets zero.
        times: dict[int, int] = dict.fromkeys(empty_pages, -1)
        if isinstance(empty_pages, Mapping):
            # pyright forgets the value type where it joins the two kinds.
            times.update(empty_pages)  # pyright: ignore[reportUnknownArgumentType]
        self._lies[vmid] = Lie(total, clamp, ignore_pn, filter, Counter(times), null_list)

    def _add_rule(
        self,
        make: Callable[[Callable[[], bytes]], Answer],
        *,
        times: int | None,
        after: int,
        vmid: int | None,
        pn: int | None,
    ) -> None:
        at_least(0, times=times, after=after)
        at_least(1, vmid=vmid, pn=pn)
        self._rules.append(Rule(make, times, after, vmid, pn))

    def _intercept(
        self, vmid: int | None, pn: int | None, whole: Callable[[], bytes]
    ) -> Answer | None:
        """Return what a ban or a rule answers instead of the list, or None."""
        if self._ban is not None and self._ban.meets():
            return self._ban.answer
        for rule in self._rules:
            if rule.meets(vmid, pn):
                return rule.make(whole)
        return None

    def _due_shifts(self, vmid: int, pn: int) -> list[Shift]:
        """Return, and forget, the shifts of a list that come before this request."""
        waiting = self._shifts.get(vmid)
        if not waiting:
            return []
        due = [shift for shift in waiting if shift.is_due(pn)]
        self._shifts[vmid] = [shift for shift in waiting if shift not in due]
        return due

    def _lie_about(self, vmid: int) -> Lie:
        return self._lies.get(vmid, self._honest)
