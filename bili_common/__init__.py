"""
Same followings (共同关注) of Bilibili, by asyncio: walked completely, or said why not.

    async with Client(Credential(sessdata="...")) as client:
        async for following in client.iter_same_followings(293793435):
            print(following.mid, following.uname)
"""

# The names are defined by `__getattr__`; `__init__.pyi` tells the checkers so.
# pyright: reportUnsupportedDunderAll=false
from __future__ import annotations

from typing import Final

from ._util.lazy import lazy_names
from ._version import __version__


__all__ = [
    "SAME_FOLLOWINGS",
    "Account",
    "AccountBlockedError",
    "Against",
    "ApiError",
    "BadRequestError",
    "BiliCommonError",
    "BudgetSpentError",
    "Change",
    "Client",
    "ClientClosedError",
    "Comparison",
    "ComparisonRun",
    "ContractInfo",
    "Credential",
    "Cursor",
    "FilePace",
    "Following",
    "IncompleteWalkError",
    "ListEndpoint",
    "LocalPace",
    "Membership",
    "NotLoggedInError",
    "OfficialVerify",
    "Outcome",
    "PaceError",
    "PaceStore",
    "Page",
    "Pager",
    "PrivacyError",
    "RateLimit",
    "RedisPace",
    "Relation",
    "RequestTimeoutError",
    "ResponseError",
    "RetryPolicy",
    "RiskControlError",
    "RunStoppedError",
    "RunStore",
    "RunSummary",
    "SchemaError",
    "ServerBusyError",
    "ServerError",
    "Stats",
    "Status",
    "StopReason",
    "StoreError",
    "ThrottledError",
    "TransportError",
    "UsageError",
    "UserNotFoundError",
    "Verdict",
    "Vip",
    "VipLabel",
    "Walk",
    "WalkReport",
    "__version__",
]

# Where each name is defined. A name is loaded when it is first asked for, so that a
# program pays for what it uses. `__init__.pyi` tells type checkers the same.
_HOMES: Final = {
    "_paging.cursor": ("Cursor",),
    "_paging.pager": ("Pager",),
    "_paging.walk": ("Walk",),
    "_paging.walk_report": ("StopReason", "WalkReport"),
    "_transport.policy": ("RateLimit", "RetryPolicy"),
    "_transport.stats": ("Stats",),
    "client": ("Client",),
    "compare.against": ("Against",),
    "compare.change": ("Change",),
    "compare.comparison": ("Comparison",),
    "compare.membership": ("Membership", "Verdict"),
    "compare.outcome": ("Outcome", "RunSummary", "Status"),
    "compare.run": ("ComparisonRun",),
    "compare.store": ("RunStore",),
    "credentials": ("Credential",),
    "endpoints": ("ListEndpoint", "SAME_FOLLOWINGS"),
    "errors": (
        "AccountBlockedError",
        "ApiError",
        "BadRequestError",
        "BiliCommonError",
        "BudgetSpentError",
        "ClientClosedError",
        "IncompleteWalkError",
        "NotLoggedInError",
        "PaceError",
        "PrivacyError",
        "RequestTimeoutError",
        "ResponseError",
        "RiskControlError",
        "RunStoppedError",
        "SchemaError",
        "ServerBusyError",
        "ServerError",
        "StoreError",
        "ThrottledError",
        "TransportError",
        "UsageError",
        "UserNotFoundError",
    ),
    "models": (
        "ContractInfo",
        "Following",
        "OfficialVerify",
        "Page",
        "Vip",
        "VipLabel",
        "Account",
        "Relation",
    ),
    "pace": ("FilePace", "LocalPace", "PaceStore", "RedisPace"),
}

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
