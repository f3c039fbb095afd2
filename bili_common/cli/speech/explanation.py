"""The explanation: an error in the reader's words, and what can be done about it."""

from __future__ import annotations

import math
import re

from typing import Final

from ...errors import (
    AccountBlockedError,
    ApiError,
    BiliCommonError,
    BudgetSpentError,
    IncompleteWalkError,
    NotLoggedInError,
    PaceError,
    PrivacyError,
    RequestTimeoutError,
    ResponseError,
    RiskControlError,
    RunStoppedError,
    SchemaError,
    ServerBusyError,
    ServerError,
    StoreError,
    ThrottledError,
    TransportError,
    UsageError,
    UserNotFoundError,
)
from ..exit_rules import exit_for
from ..exits import Exit
from ..language import language, tr, trn
from .console import complain, write_line
from .verdict import verdict


__all__ = ["advice_for", "explain", "headline", "reworded"]

# The first class that fits decides: what happened, for readers to whom the library's
# own words are a foreign language.
_HEADLINES: Final[tuple[tuple[type[BiliCommonError], str], ...]] = (
    (UsageError, "this cannot be done so"),
    (RequestTimeoutError, "the server did not answer in time"),
    (TransportError, "the connection failed"),
    (ServerError, "the server has a fault"),
    (SchemaError, "the answer is not built as expected"),
    (ResponseError, "what came is no answer of this service"),
    (NotLoggedInError, "the account is not logged in"),
    (AccountBlockedError, "the account is blocked"),
    (PrivacyError, "the user hides the list"),
    (UserNotFoundError, "there is no such user"),
    (ServerBusyError, "the server is busy"),
    (ThrottledError, "the server asked to slow down"),
    (RiskControlError, "the server asked to stop"),
    (ApiError, "the server refused"),
    (IncompleteWalkError, "the list did not come completely"),
    (BudgetSpentError, "the budget is spent"),
    (PaceError, "the shared pace cannot be asked"),
    (RunStoppedError, "too many users failed in a row"),
    (StoreError, "the store or the file cannot be used"),
)

_ADVICE: Final[tuple[tuple[type[BiliCommonError], str], ...]] = (
    (
        NotLoggedInError,
        (
            "the cookie is dead or wrong: log in with your browser and copy SESSDATA again; "
            "`bili-common whoami` tests it"
        ),
    ),
    (AccountBlockedError, "look at the account in the app: only there it can be unblocked"),
    (
        RiskControlError,
        (
            "do not ask again before that time is over, and then more slowly (--rate); "
            "what came is kept"
        ),
    ),
    (ThrottledError, "wait a while, then ask more slowly (--rate)"),
    (PrivacyError, "that is an answer: whom this user follows cannot be known"),
    (
        PaceError,
        "`--pace local` asks without the pace that is shared with other programs",
    ),
    (TransportError, "look at the network, the proxy (--proxy) and the address (--base-url)"),
)

# The library names its own arguments; people typed options.
_ARGUMENTS: Final = {
    "access_key": "BILI_ACCESS_KEY",
    "account": "--account",
    "base_url": "--base-url",
    "budget": "--budget",
    "caller_follows": "--assume-followed",
    "limit": "--limit",
    "max_concurrency": "--max-concurrency",
    "mids": "MID",
    "path": "-o",
    "proxy": "--proxy",
    "refresh_after": "--refresh-after",
    "require": "--require",
    "sessdata": "BILI_SESSDATA",
    "since": "--since",
    "start": "--start",
    "store": "--store",
    "timeout": "--timeout",
    "vmid": "VMID",
}
_ARGUMENT: Final = re.compile(rf"^({'|'.join(_ARGUMENTS)})(?= must| is|:|\[)")

_CHINESE: Final = re.compile("[\u4e00-\u9fff]")


def explain(error: BiliCommonError, *, notes: bool = True) -> Exit:
    """
    Write *error*, where it happened and what helps, and return its exit code.

    Args:
        error: What went wrong.

        notes: Whether the library's own notes are shown; a command that says
            more by itself leaves them out.
    """
    complain(_told(error))
    if notes:
        for text in getattr(error, "__notes__", ()):
            # How a program goes on is no help to a person.
            if "go on with start=" not in text:
                write_line(text, label=tr("note"), style="bold")
    if advice := advice_for(error):
        write_line(advice, label=tr("note"), style="bold")
    return exit_for(error)


def advice_for(error: BiliCommonError) -> str:
    """Return what helps against *error*, ``""`` if nothing does in general."""
    return next((tr(text) for kind, text in _ADVICE if isinstance(error, kind)), "")


def headline(kind: type[BiliCommonError]) -> str:
    """Return what errors of *kind* say happened, in the reader's language."""
    return next(
        (tr(text) for known, text in _HEADLINES if issubclass(kind, known)), kind.__name__
    )


def reworded(text: str) -> str:
    """Return a message of the library with the option that was typed, not its argument."""
    option = _ARGUMENT.match(text)
    return text if option is None else _ARGUMENTS[option[1]] + text[option.end() :]


def _told(error: BiliCommonError) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, UsageError):
        text = reworded(text)
    # The command's own messages are translated already, the library's are not.
    is_ours = isinstance(error, UsageError) and _CHINESE.search(text)
    if language() == "en" or is_ours:
        return text

    return headline(type(error)) + tr(": ") + (_facts(error) or text)


def _facts(error: BiliCommonError) -> str:
    """Return what *error* knows in its attributes, ``""`` if it has only its words."""
    if isinstance(error, ApiError):
        return _answer(error)
    if isinstance(error, ServerError):
        return f"HTTP {error.http_status}"
    if isinstance(error, BudgetSpentError) and error.budget is not None:
        return trn("{number} request", "{number} requests", error.budget)
    if isinstance(error, IncompleteWalkError) and error.report is not None:
        return verdict(error.report)
    if isinstance(error, RunStoppedError) and error.outcomes:
        last: BiliCommonError = error.outcomes[-1].error
        what = headline(type(last)) + tr(": ") + (_facts(last) or str(last))
        return tr("{count}, the last one: {what}", count=len(error.outcomes), what=what)
    return ""


def _answer(error: ApiError) -> str:
    """Return the code, the server's own words, and how long to wait."""
    told = tr("code {code}", code=error.code)
    # Where the server has no words, it repeats its code.
    if error.message not in ("", str(error.code)):
        told += tr(" '{message:.80}'", message=error.message)
    # While the client rests, it fails without asking.
    if error.http_status is not None:
        told += tr(", HTTP {status}", status=error.http_status)
    if error.retry_after is None:
        return told
    return told + tr("; wait {seconds} s", seconds=math.ceil(error.retry_after))
