"""
A fake Bilibili for tests and demos: synthetic users, scripted faults, no network.

With pytest it comes as the fixtures ``fake_bilibili`` and ``instant_clock``.
"""

from __future__ import annotations

from .._util.clock import Clock
from .account import FakeAccount
from .answers import BANS, FAULTS
from .backend import Seen
from .demo import DEMO_CIRCLES, DEMO_GROUPS, DEMO_LABELS, DEMO_VMIDS, demo_users
from .fake_list import FakeList
from .instant_clock import InstantClock
from .pace_conformance import check_pace_store
from .records import make_record
from .rules import When
from .server import FakeBilibili
from .users import FakeUser


__all__ = [
    "BANS",
    "DEMO_CIRCLES",
    "DEMO_GROUPS",
    "DEMO_LABELS",
    "DEMO_VMIDS",
    "FAULTS",
    "Clock",
    "FakeAccount",
    "FakeBilibili",
    "FakeList",
    "FakeUser",
    "InstantClock",
    "Seen",
    "When",
    "check_pace_store",
    "demo_users",
    "make_record",
]
