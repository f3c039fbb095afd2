"""Words: a number and its noun, as messages for people say them."""

from __future__ import annotations


__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """Return *number* and *noun*, which takes an ``s`` beside any number but 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
