"""The exit codes, and what each of them says."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


__all__ = ["EXIT_CODES", "Exit"]


class Exit(IntEnum):
    """The exit codes."""

    OK = 0
    NO = 1
    USAGE = 2
    NOT_LOGGED_IN = 3
    HIDDEN = 4
    THROTTLED = 5
    NETWORK = 6
    INCOMPLETE = 7
    OUTPUT = 8
    INTERRUPTED = 130


EXIT_CODES: Final = {
    Exit.OK: "all went well, or check says YES",
    Exit.NO: "check says NO",
    Exit.USAGE: "wrong usage, or no credential",
    Exit.NOT_LOGGED_IN: "the credential is not logged in",
    Exit.HIDDEN: "the user hides the list, or is gone",
    Exit.THROTTLED: "throttled, or stopped by risk control",
    Exit.NETWORK: "network or server trouble",
    Exit.INCOMPLETE: "incomplete, check says UNKNOWN, or some UIDs failed",
    Exit.OUTPUT: "a store or an output file cannot be used",
    Exit.INTERRUPTED: "Ctrl-C",
}
"""What the help says of each code."""
