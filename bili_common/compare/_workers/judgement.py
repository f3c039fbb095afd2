"""The judgement: what an error of one user's page means for the whole run."""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Final

import attrs

from ...errors import (
    AccountBlockedError,
    ApiError,
    BiliCommonError,
    BudgetSpentError,
    IncompleteWalkError,
    NotLoggedInError,
    PaceError,
    PrivacyError,
    ResponseError,
    RiskControlError,
    ServerBusyError,
    ServerError,
    StoreError,
    ThrottledError,
    TransportError,
    UsageError,
    UserNotFoundError,
)


__all__ = ["Action", "Decision", "RunHistory"]

# So many throttles in a row, each after a rest, end a run.
_MOST_THROTTLES: Final = 8

# These concern every user, so that asking for the next one makes no sense.
_ENDS_A_RUN: Final = (
    AccountBlockedError,
    BudgetSpentError,
    NotLoggedInError,
    PaceError,
    RiskControlError,
    StoreError,
    UsageError,
)
_OUTAGE: Final = (TransportError, ServerError, ServerBusyError)

# The server is well, and says something of this one user.
_OF_ONE_USER: Final = (PrivacyError, UserNotFoundError, IncompleteWalkError)


class Action(Enum):
    """
    What to do after an error.

    `RECORD`: it is this user's outcome.
    `REST`: wait, and ask for the same page again.
    `PUT_BACK`: the user's turn comes again behind the others.
    `STOP`: it is this user's outcome, and one too many: the run ends.
    `END`: it is nobody's outcome, and the run ends.
    """

    RECORD = "record"
    REST = "rest"
    PUT_BACK = "put back"
    STOP = "stop"
    END = "end"


@attrs.frozen
class Decision:
    """
    What to do, and for a rest how long and why.

    Attributes:
        action: What to do.

        seconds: How long to rest; 0 if another rest began meanwhile.

        why: Why, for people.
    """

    action: Action
    seconds: float = 0.0
    why: str = ""


@attrs.define
class RunHistory:
    """
    What happened in a run so far, as far as it matters for the next error.

    Args:
        give_up_after: How many failures in a row are no longer one user's own.

        outage_waits: Seconds of the first rest of an outage, the second, ...
    """

    give_up_after: int | None
    outage_waits: tuple[float, ...]
    # How many pages came, or users were refused for reasons of their own.
    successes: int = 0
    # How many rests were begun: an answer to an older request begins none.
    rests: int = 0
    # All of these are counted since the last success.
    throttles: int = 0
    outages: int = 0
    failures: int = 0
    alike: int = 0
    _kind: Hashable = None

    @property
    def is_doubtful(self) -> bool:
        """Whether to ask for one page at a time: something failed, nothing came since."""
        return bool(self.throttles or self.outages or self.failures or self.alike)

    def succeeded(self) -> None:
        """Note that the server answered as it should."""
        self.successes += 1
        self.throttles = self.outages = self.failures = self.alike = 0

    def judge(
        self, error: BiliCommonError, *, rests: int, failed_at: int | None, is_last: bool
    ) -> Decision:
        """
        Decide what *error* means, and note that it came.

        Args:
            error: What a page ended with.

            rests: What `rests` was when the page was asked for.

            failed_at: What `successes` was when the user was put back; None for
                one who was not.

            is_last: Whether no other user is left to be asked for.
        """
        if isinstance(error, _ENDS_A_RUN):
            return Decision(Action.END)
        if isinstance(error, ThrottledError):
            return self._throttled(error, is_old=rests < self.rests)
        if isinstance(error, _OUTAGE):
            is_old = rests < self.rests
            return self._failed(error, is_old=is_old, failed_at=failed_at, is_last=is_last)
        if isinstance(error, _OF_ONE_USER):
            self.succeeded()
            return Decision(Action.RECORD)

        return self._refused(error)

    def _throttled(self, error: ThrottledError, *, is_old: bool) -> Decision:
        why = "the server asked to slow down"
        if is_old:
            return Decision(Action.REST, 0.0, why)

        self.throttles += 1
        if self.throttles >= _MOST_THROTTLES:
            return Decision(Action.END)

        self.rests += 1
        return Decision(Action.REST, error.retry_after or 0.0, why)

    def _failed(
        self, error: BiliCommonError, *, is_old: bool, failed_at: int | None, is_last: bool
    ) -> Decision:
        why = f"the server or the network is down ({type(error).__name__})"
        if is_old:
            return Decision(Action.REST, 0.0, why)

        self.failures += 1
        most = self.give_up_after
        if self.outages or (most is not None and self.failures >= most):
            if self.outages >= len(self.outage_waits):
                return Decision(Action.END)

            self.outages, self.rests = self.outages + 1, self.rests + 1
            return Decision(Action.REST, self.outage_waits[self.outages - 1], why)

        # Failing again counts only if others succeeded, or none is left to try.
        if failed_at is not None and (is_last or most is None or self.successes > failed_at):
            return Decision(Action.RECORD)

        return Decision(Action.PUT_BACK)

    def _refused(self, error: BiliCommonError) -> Decision:
        kind = _kind_of(error)
        self.alike = self.alike + 1 if kind == self._kind else 1
        self._kind = kind
        is_enough = self.give_up_after is not None and self.alike >= self.give_up_after
        return Decision(Action.STOP if is_enough else Action.RECORD)


def _kind_of(error: BiliCommonError) -> Hashable:
    """Return what two errors have in common that failed alike."""
    if isinstance(error, ApiError):
        return type(error), error.code
    if isinstance(error, ResponseError):
        return type(error), error.http_status

    return (type(error),)
