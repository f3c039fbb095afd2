"""Where the tests stand, and how one of their modules runs as a program of its own."""

from __future__ import annotations

import sys

from pathlib import Path


__all__ = ["ROOT", "program"]

ROOT = Path(__file__).parents[1]


def program(module: str, *arguments: object) -> list[str]:
    """Return the command that runs *module*; it must be started in `ROOT`."""
    return [sys.executable, "-m", module, *map(str, arguments)]
