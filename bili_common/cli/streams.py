"""The standard streams: what happens where one is closed, full, or read by nobody."""

from __future__ import annotations

import os
import sys

from contextlib import suppress
from typing import IO, Final, cast


__all__ = ["drop", "fill_gaps", "flush_all"]

_MODES: Final = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)


def fill_gaps() -> None:
    """
    Open the null device for each standard stream that was closed before the start.

    Else the next file that is opened, a store maybe, gets its number, and what
    a library writes to standard error goes into it. Standard output is not to be
    written to then; what is said goes nowhere.
    """
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is the one that is missing.
            os.open(os.devnull, mode)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for good


def drop(stream: IO[str]) -> None:
    """Lead what is still to be written to nowhere: nobody can read it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        # What is no file has no reader to lose.
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def flush_all() -> OSError | None:
    """
    Write what waits in the buffers of both outputs.

    At its end Python tries the same, and would make a failure its exit code.

    Returns:
        Why standard output does not take it, None if it does. A reader that has
        had enough is no reason.
    """
    reason = None
    streams: tuple[IO[str] | None, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError) as exc:
            drop(cast("IO[str]", stream))
            gone = isinstance(exc, BrokenPipeError) or stream is sys.stderr
            reason = reason if gone or not isinstance(exc, OSError) else exc
    return reason
