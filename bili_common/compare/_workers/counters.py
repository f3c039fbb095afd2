"""The counters: what a run has counted so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import attrs

from ..._transport.meter import RequestMeter
from ..._util.clock import Clock
from ..._util.text import counted
from ..outcome import RestCode, RunSummary, Status


__all__ = ["RunCounters", "explain", "summarize"]


@attrs.define
class RunCounters:
    """
    Counts outcomes, requests and seconds.

    Args:
        clock: Tells the seconds.

        meter: Counts the requests.
    """

    clock: Clock
    meter: RequestMeter
    skipped: int = 0
    _statuses: Counter[Status] = attrs.field(factory=Counter[Status])
    # In monotonic seconds; None before the beginning and before the end.
    _began: float | None = None
    _ended: float | None = None
    _resting_until: datetime | None = None
    _resting_why: str | None = None
    _resting_code: RestCode | None = None

    @property
    def summary(self) -> RunSummary:
        """The counts so far, as a value that does not change."""
        summary = summarize(self._statuses)
        return attrs.evolve(
            summary,
            skipped=self.skipped,
            requests=self.meter.requests,
            elapsed=self._elapsed(),
            resting_until=self._resting_until,
            resting_why=self._resting_why,
            resting_code=self._resting_code,
        )

    def begin(self) -> None:
        """Begin to count the seconds of the run."""
        self._began = self.clock.monotonic()

    def end(self) -> None:
        """Note that the run is over: its seconds are counted up to now."""
        self._ended = self.clock.monotonic()

    def rest(self, until: datetime, why: str, code: RestCode | None) -> None:
        """Note that the run rests *until* then, why, and what programs call it."""
        self._resting_until, self._resting_why, self._resting_code = until, why, code

    def end_rest(self) -> None:
        """Note that the run goes on."""
        self._resting_until = self._resting_why = self._resting_code = None

    def add(self, status: Status) -> None:
        """Count a user who was fetched."""
        self._statuses[status] += 1

    def skip(self, status: Status) -> None:
        """Count a user whose outcome was known before."""
        self._statuses[status] += 1
        self.skipped += 1

    def _elapsed(self) -> float:
        if self._began is None:
            return 0.0

        ended = self.clock.monotonic() if self._ended is None else self._ended
        return ended - self._began


def summarize(statuses: Mapping[Status, int]) -> RunSummary:
    """Return a summary of so many users of each status."""
    counts = {status: statuses.get(status, 0) for status in Status}
    return RunSummary(
        done=sum(counts.values()),
        ok=counts[Status.OK],
        incomplete=counts[Status.INCOMPLETE],
        private=counts[Status.PRIVATE],
        not_found=counts[Status.NOT_FOUND],
        failed=counts[Status.FAILED],
    )


def explain(exc: Exception, summary: RunSummary, advice: str) -> None:
    """Write on *exc*, once, how far the run got and how to go on."""
    note = (
        f"the run ended after {counted(summary.done, 'user')} ({summary.skipped} from the "
        f"store) and {counted(summary.requests, 'request')}; {advice}"
    )
    if note not in getattr(exc, "__notes__", ()):
        exc.add_note(note)
