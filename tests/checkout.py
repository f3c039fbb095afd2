"""Where the tests stand, and how one of their modules runs as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from pathlib import Path


__all__ = ["ROOT", "isolated", "program", "unmeasured"]

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


def isolated(code: str) -> str:
    """
    Return what *code* prints in a fresh interpreter, which loads what *code* does alone.

    Neither the checkout, nor the user's site, nor coverage.py decides what is loaded.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text of a test
        [sys.executable, "-I", "-c", code],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
