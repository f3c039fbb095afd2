"""The comparison: set algebra over outcomes."""

from __future__ import annotations


__all__ = ["Against", "Comparison"]


class Against:
    """Being written."""


class Comparison:
    """Being written."""
