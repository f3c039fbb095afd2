"""
A fake Bilibili for tests and demos: synthetic users, scripted faults, no network.

The names are loaded when they are first asked for, so that pytest, which loads
the plugin beside them at every start, does not load a web server with it. Their
types stand in the stub beside this file.
"""

# pyright: reportUnsupportedDunderAll=false
# Users see the stub, which has the names; here __getattr__ has them.

from __future__ import annotations

from importlib import import_module
from typing import Any


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

_HOMES = {
    "BANS": "answers",
    "DEMO_CIRCLES": "users",
    "DEMO_VMIDS": "users",
    "FAULTS": "answers",
    "FakeBilibili": "server",
    "FakeUser": "users",
    "InstantClock": "clock",
    "Seen": "backend",
    "make_record": "records",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
