"""The run: many users, a few at a time."""

from __future__ import annotations

from typing import Any


__all__ = ["ComparisonRun"]


class ComparisonRun:
    """Being written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError
