"""The judgement: what an error of one user's page means for the whole run."""

from __future__ import annotations

import errno

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
from ..outcome import RestCode
from .attempt import Attempt


__all__ = ["GO_ON", "RECORD", "Action", "Decision", "RunHistory"]

# So many rests in a row for throttles, without a page between, are enough.
_MOST_RESTS: Final = 8

# Refusals of many kinds are a sign later than refusals of one: so many times as many.
_MANY_KINDS: Final = 4

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

# An outage of this process, or of its machine, and not of the server.
_NO_DESCRIPTORS: Final = (errno.EMFILE, errno.ENFILE)

# The server is well, and says something of this one user.
_OF_ONE_USER: Final = (PrivacyError, UserNotFoundError, IncompleteWalkError)


class Action(Enum):
    """
    What to do after a page, or after its error.

    `GO_ON`: nothing; the page came, or is to be asked for once more.
    `RECORD`: it is this user's outcome.
    `REST`: wait, and ask for the same page again.
    `PUT_BACK`: the user's turn comes again behind the others.
    `ASK_ANOTHER`: ask for a user whose list came, to learn whose failure it is.
    `STOP`: it is this user's outcome, and one too many: the run ends.
    `END`: it is nobody's outcome, and the run ends.
    """

    GO_ON = "go on"
    RECORD = "record"
    REST = "rest"
    PUT_BACK = "put back"
    ASK_ANOTHER = "ask another"
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

        code: Why, for programs; None where there is no rest.

        is_fewer: Whether to ask for fewer users at once from now on.
    """

    action: Action
    seconds: float = 0.0
    why: str = ""
    code: RestCode | None = None
    is_fewer: bool = False


# What most pages end with.
GO_ON: Final = Decision(Action.GO_ON)
RECORD: Final = Decision(Action.RECORD)


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
    # A user whose list came, in this run or before it.
    well: int | None = None
    # How many pages came, or users were refused for reasons of their own.
    successes: int = 0
    # How many rests were begun: an answer to an older request begins none.
    rests: int = 0
    # All of these are counted since the last success.
    throttles: int = 0
    outages: int = 0
    failures: int = 0
    refusals: int = 0
    alike: int = 0
    _kind: Hashable = None

    @property
    def is_doubtful(self) -> bool:
        """Whether to ask for one page at a time: something failed, nothing came since."""
        return bool(self.throttles or self.outages or self.failures or self.refusals)

    def succeeded(self, vmid: int) -> None:
        """Note that the server answered as it should, when it was asked for *vmid*."""
        self.well = vmid
        self.successes += 1
        self.throttles = self.outages = self.failures = self.refusals = self.alike = 0

    @property
    def last_refused(self) -> int:
        """How many of the last users' outcomes tell why a run stops: as many as it takes."""
        if self.give_up_after is None:
            return 0
        return self.alike if self._is_enough(self.alike) else self.refusals

    def judge(self, error: BiliCommonError, attempt: Attempt) -> Decision:
        """Decide what *error* means, which *attempt* ended with, and note that it came."""
        if isinstance(error, _ENDS_A_RUN):
            return Decision(Action.END)
        # Another request's answer began a rest meanwhile: this one says nothing new.
        is_old = attempt.rests < self.rests
        if isinstance(error, ThrottledError):
            return Decision(Action.REST) if is_old else self._throttled(error)
        if isinstance(error, _OUTAGE):
            return Decision(Action.REST) if is_old else self._failed(error, attempt)
        if isinstance(error, _OF_ONE_USER):
            self.succeeded(attempt.vmid)
            return RECORD

        return self._refused(error)

    def _throttled(self, error: ThrottledError) -> Decision:
        self.throttles += 1
        if self.throttles > _MOST_RESTS:
            return Decision(Action.END)

        self.rests += 1
        seconds = error.retry_after or 0.0
        return Decision(Action.REST, seconds, "the server asked to slow down", "throttled")

    def _failed(self, error: BiliCommonError, attempt: Attempt) -> Decision:
        if isinstance(error, TransportError) and error.errno in _NO_DESCRIPTORS:
            why = "this process has no file descriptors left"
            found = self._outage(error, why, "no_descriptors")
            return attrs.evolve(found, is_fewer=True)

        why = f"the server or the network is down ({type(error).__name__})"
        if attempt.is_check or error.retry_after:
            return self._outage(error, why)

        self.failures += 1
        # Few users are too few to tell an outage by their number: another one is asked.
        can_ask = attempt.is_few and self.well is not None
        is_outage = self.outages or (self._is_enough(self.failures) and not attempt.is_tail)
        if is_outage and not can_ask:
            return self._outage(error, why)
        if attempt.failed_at is None and not self.outages:
            return Decision(Action.PUT_BACK)

        return self._failed_again(attempt, can_ask=can_ask)

    def _failed_again(self, attempt: Attempt, *, can_ask: bool) -> Decision:
        others_came = self.successes > (attempt.failed_at or 0)
        if self.give_up_after is None or (others_came and not attempt.is_probe):
            return RECORD
        if can_ask:
            return Decision(Action.ASK_ANOTHER)

        # Where nobody's list ever came, nothing tells whose failure it is.
        return Decision(Action.RECORD if attempt.is_tail else Action.PUT_BACK)

    def _outage(self, error: BiliCommonError, why: str, code: RestCode = "outage") -> Decision:
        if self.outages >= len(self.outage_waits):
            return Decision(Action.END)

        seconds = max(self.outage_waits[self.outages], error.retry_after or 0.0)
        self.outages, self.rests = self.outages + 1, self.rests + 1
        return Decision(Action.REST, seconds, why, code)

    def _refused(self, error: BiliCommonError) -> Decision:
        kind = _kind_of(error)
        self.alike = self.alike + 1 if kind == self._kind else 1
        self._kind = kind
        self.refusals += 1
        is_over = self._is_enough(self.alike) or self._is_enough(self.refusals, _MANY_KINDS)
        return Decision(Action.STOP if is_over else Action.RECORD)

    def _is_enough(self, count: int, times: int = 1) -> bool:
        return self.give_up_after is not None and count >= times * self.give_up_after


def _kind_of(error: BiliCommonError) -> Hashable:
    """Return what two errors have in common that failed alike."""
    if isinstance(error, ApiError):
        return type(error), error.code
    if isinstance(error, ResponseError):
        return type(error), error.http_status

    return (type(error),)
