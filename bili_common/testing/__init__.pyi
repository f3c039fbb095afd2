from .answers import BANS as BANS
from .answers import FAULTS as FAULTS
from .backend import Seen as Seen
from .clock import InstantClock as InstantClock
from .records import make_record as make_record
from .server import FakeBilibili as FakeBilibili
from .users import DEMO_CIRCLES as DEMO_CIRCLES
from .users import DEMO_VMIDS as DEMO_VMIDS
from .users import FakeUser as FakeUser

__all__ = [
    "BANS",
    "DEMO_CIRCLES",
    "DEMO_VMIDS",
    "FAULTS",
    "FakeBilibili",
    "FakeUser",
    "InstantClock",
    "Seen",
    "make_record",
]
