"""The rules by which a result or an error becomes an exit code."""

from __future__ import annotations

from typing import Final

from .._paging.walk_report import StopReason, WalkReport
from ..compare.membership import Verdict
from ..compare.outcome import RunSummary
from ..errors import (
    AccountBlockedError,
    BiliCommonError,
    BudgetSpentError,
    IncompleteWalkError,
    NotLoggedInError,
    PaceError,
    PrivacyError,
    RiskControlError,
    RunStoppedError,
    StoreError,
    ThrottledError,
    UsageError,
    UserNotFoundError,
)
from .exits import Exit


__all__ = ["exit_for", "exit_for_run", "exit_for_verdict", "exit_for_walk"]

# The first class that fits decides. What is not named is the server's fault.
_ERRORS: Final[tuple[tuple[type[BiliCommonError], Exit], ...]] = (
    (UsageError, Exit.USAGE),
    (NotLoggedInError, Exit.NOT_LOGGED_IN),
    (AccountBlockedError, Exit.NOT_LOGGED_IN),
    (PrivacyError, Exit.HIDDEN),
    (UserNotFoundError, Exit.HIDDEN),
    (ThrottledError, Exit.THROTTLED),
    (RiskControlError, Exit.THROTTLED),
    (IncompleteWalkError, Exit.INCOMPLETE),
    (BudgetSpentError, Exit.INCOMPLETE),
    (RunStoppedError, Exit.INCOMPLETE),
    (PaceError, Exit.OUTPUT),
    (StoreError, Exit.OUTPUT),
)

_VERDICTS: Final = {
    Verdict.YES: Exit.OK,
    Verdict.NO: Exit.NO,
    Verdict.UNKNOWN: Exit.INCOMPLETE,
}


def exit_for(error: BiliCommonError) -> Exit:
    """Return the exit code for *error*."""
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), Exit.NETWORK)


def exit_for_verdict(verdict: Verdict) -> Exit:
    """Return the exit code of a membership question."""
    return _VERDICTS[verdict]


def exit_for_walk(report: WalkReport) -> Exit:
    """Return the exit code of one walk: a limit that was asked for is no lack."""
    if report.complete or report.stop_reason is StopReason.LIMIT:
        return Exit.OK

    return Exit.INCOMPLETE


def exit_for_run(summary: RunSummary) -> Exit:
    """Return the exit code of a run: hidden and gone users are results."""
    return Exit.INCOMPLETE if summary.failed or summary.incomplete else Exit.OK
