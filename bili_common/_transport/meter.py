"""The meter: how many requests were sent, and whether one more may be."""

from __future__ import annotations

import attrs

from .._util.text import counted
from ..errors import BudgetSpentError


__all__ = ["MeterClosedError", "RequestMeter"]


class MeterClosedError(Exception):
    """Nothing more is to be sent: the one who holds the meter has ended."""


@attrs.define(eq=False)
class RequestMeter:
    """
    Counts the requests of a walk, or those of all walks of a run.

    Args:
        budget: How many may be sent at the most; None for any number.

        total: The meter of the run that this walk belongs to. It counts the same
            requests, and its budget holds too.
    """

    _budget: int | None = attrs.field(default=None, alias="budget")
    _total: RequestMeter | None = attrs.field(default=None, alias="total", kw_only=True)
    _is_closed: bool = attrs.field(default=False, init=False)
    # Whether a request that failed may be sent again at once; None for as the
    # total says. The owner of a run says no while the server may be down.
    repeats: bool | None = attrs.field(default=None, init=False)
    # Requests sent so far, with those that were repeated.
    requests: int = attrs.field(default=0, init=False)

    @property
    def may_repeat(self) -> bool:
        """Whether a request that failed may be sent again, by this meter or its total."""
        if self.repeats is not None:
            return self.repeats

        return self._total is None or self._total.may_repeat

    def close(self) -> None:
        """Let no further request pass, here and in the walks that belong to this meter."""
        self._is_closed = True

    def spend(self) -> None:
        """
        Count a request that is about to be sent.

        Raises:
            BudgetSpentError: It would be one too many.

            MeterClosedError: The meter is closed.
        """
        if self._is_closed:
            raise MeterClosedError
        if self._budget is not None and self.requests >= self._budget:
            budget = counted(self._budget, "request")
            raise BudgetSpentError(f"the budget of {budget} is spent", budget=self._budget)

        if self._total is not None:
            self._total.spend()
        self.requests += 1
