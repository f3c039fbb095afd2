"""The pace: how fast to ask, when to rest, and where several processes agree on it."""

from __future__ import annotations

from ._local import LocalPace
from ._protocol import PaceStore
from ._state import PaceState


__all__ = ["LocalPace", "PaceState", "PaceStore"]
