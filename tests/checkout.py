"""Where the tests stand, and how one of their modules runs as a program of its own."""

from __future__ import annotations

import os
import sys

from pathlib import Path


__all__ = ["ROOT", "program", "unmeasured"]

ROOT = Path(__file__).parents[1]


def program(module: str, *arguments: object) -> list[str]:
    """Return the command that runs *module*; it must be started in `ROOT`."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def unmeasured() -> dict[str, str]:
    """
    Return an environment in which coverage.py does not measure.

    For a process that looks at what is loaded, of which coverage.py loads more, or that may
    write no file of the size of coverage.py's.
    """
    return {name: text for name, text in os.environ.items() if "COVERAGE_PROCESS" not in name}
