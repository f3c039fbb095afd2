"""The store: outcomes in a file."""

from __future__ import annotations


__all__ = ["RunStore"]


class RunStore:
    """Being written."""
