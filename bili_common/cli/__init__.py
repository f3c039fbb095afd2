"""The command line."""

from __future__ import annotations

from .app import run


__all__ = ["run"]
