"""The pace: how fast to ask, when to rest, and where several processes agree on it."""

# The lazy names are defined by `__getattr__`; `__init__.pyi` tells the checkers so.
# pyright: reportUnsupportedDunderAll=false
from __future__ import annotations

from typing import Final

from .._util.lazy import lazy_names
from ._local import LocalPace
from ._protocol import PaceStore
from ._state import PaceState


__all__ = ["FilePace", "LocalPace", "PaceState", "PaceStore", "RedisPace"]

# Loaded when they are asked for: they need a database, or an extra.
_HOMES: Final = {"_file": ("FilePace",), "_redis": ("RedisPace",)}

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
