"""
Same followings (共同关注) of Bilibili, by asyncio: walked completely, or said why not.

    async with Client(Credential(sessdata="...")) as client:
        async for following in client.iter_same_followings(293793435):
            print(following.mid, following.uname)
"""

from __future__ import annotations

from ._paging.cursor import Cursor
from ._paging.pager import Pager
from ._paging.walk import Walk
from ._paging.walk_report import StopReason, WalkReport
from ._transport.policy import RateLimit, RetryPolicy
from ._version import __version__
from .client import Client
from .compare.against import Against
from .compare.change import Change
from .compare.comparison import Comparison
from .compare.membership import Membership, Verdict
from .compare.outcome import Outcome, RunSummary, Status
from .compare.run import ComparisonRun
from .compare.store import RunStore
from .credentials import Credential
from .errors import (
    AccountBlockedError,
    ApiError,
    BadRequestError,
    BiliCommonError,
    BudgetSpentError,
    ClientClosedError,
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
from .models import ContractInfo, Following, OfficialVerify, Page, Vip, VipLabel


__all__ = [
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
    "Following",
    "IncompleteWalkError",
    "Membership",
    "NotLoggedInError",
    "OfficialVerify",
    "Outcome",
    "PaceError",
    "Page",
    "Pager",
    "PrivacyError",
    "RateLimit",
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
