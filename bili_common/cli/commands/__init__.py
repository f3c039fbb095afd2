"""
The commands: their arguments, options and help, one module for each verb.

What they do is in `actions`, which is loaded when a command runs: a page of help is
to come at once, and needs no HTTP, no database and no tables.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final


__all__ = ["VERBS", "load"]

VERBS: Final = {
    "list": "The accounts that your account and one user both follow.",
    "check": "Does a user follow some accounts? YES, NO or UNKNOWN.",
    "whoami": "Which account the credential is of: a test before a long run.",
    "relations": "Does your own account follow some accounts, and since when?",
    "compare": "Read the lists of many users into a store, and compare them.",
    "show": "Ask a store: about one user, one account, or a group of accounts.",
    "diff": "What changed in the lists that were fetched again.",
    "report": "A store as one HTML page that stands on its own.",
    "export": "A store as a table: CSV, JSON Lines or Parquet.",
    "upgrade": "A store of an older version, brought up to date.",
    "serve": "A fake Bilibili of synthetic users, to try programs on.",
}
"""What each verb is for, without loading it."""


def load(verb: str) -> Callable[..., Any]:
    """Return the function of the command *verb*."""
    module = import_module(f".{verb}_command", __name__)
    command: Callable[..., Any] = getattr(module, f"{verb}_command")
    return command
