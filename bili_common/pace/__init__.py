"""The pace: how fast to ask, when to rest, and where several processes agree on it."""

# What needs a database is loaded when it is asked for, by `__getattr__`.
# pyright: reportUnsupportedDunderAll=false
from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from ._local import LocalPace
from ._protocol import PaceStore
from ._state import PaceState


__all__ = ["FilePace", "LocalPace", "PaceState", "PaceStore", "RedisPace"]

# Loaded when they are asked for: they need a database, or an extra.
_LATER: Final = {"FilePace": "_file", "RedisPace": "_redis"}


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    return getattr(import_module(f".{module}", __name__), name)
