from ._paging.cursor import Cursor as Cursor
from ._paging.pager import Pager as Pager
from ._paging.walk import Walk as Walk
from ._paging.walk_report import StopReason as StopReason
from ._paging.walk_report import WalkReport as WalkReport
from ._transport.policy import RateLimit as RateLimit
from ._transport.policy import RetryPolicy as RetryPolicy
from ._transport.stats import Stats as Stats
from ._version import __version__ as __version__
from .client import Client as Client
from .compare.against import Against as Against
from .compare.change import Change as Change
from .compare.comparison import Comparison as Comparison
from .compare.membership import Membership as Membership
from .compare.membership import Verdict as Verdict
from .compare.outcome import Outcome as Outcome
from .compare.outcome import RunSummary as RunSummary
from .compare.outcome import Status as Status
from .compare.run import ComparisonRun as ComparisonRun
from .compare.store import RunStore as RunStore
from .credentials import Credential as Credential
from .endpoints import SAME_FOLLOWINGS as SAME_FOLLOWINGS
from .endpoints import ListEndpoint as ListEndpoint
from .errors import AccountBlockedError as AccountBlockedError
from .errors import ApiError as ApiError
from .errors import BadRequestError as BadRequestError
from .errors import BiliCommonError as BiliCommonError
from .errors import BudgetSpentError as BudgetSpentError
from .errors import ClientClosedError as ClientClosedError
from .errors import IncompleteWalkError as IncompleteWalkError
from .errors import NotLoggedInError as NotLoggedInError
from .errors import PaceError as PaceError
from .errors import PrivacyError as PrivacyError
from .errors import RequestTimeoutError as RequestTimeoutError
from .errors import ResponseError as ResponseError
from .errors import RiskControlError as RiskControlError
from .errors import RunStoppedError as RunStoppedError
from .errors import SchemaError as SchemaError
from .errors import ServerBusyError as ServerBusyError
from .errors import ServerError as ServerError
from .errors import StoreError as StoreError
from .errors import ThrottledError as ThrottledError
from .errors import TransportError as TransportError
from .errors import UsageError as UsageError
from .errors import UserNotFoundError as UserNotFoundError
from .models import Account as Account
from .models import ContractInfo as ContractInfo
from .models import Following as Following
from .models import OfficialVerify as OfficialVerify
from .models import Page as Page
from .models import Relation as Relation
from .models import Vip as Vip
from .models import VipLabel as VipLabel
from .pace import FilePace as FilePace
from .pace import LocalPace as LocalPace
from .pace import PaceStore as PaceStore
from .pace import RedisPace as RedisPace

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
