"""Many UIDs: runs that can be interrupted, what they store, and what it means."""

# The names are defined by `__getattr__`; `__init__.pyi` tells the checkers so.
# pyright: reportUnsupportedDunderAll=false
from __future__ import annotations

from typing import Final

from .._util.lazy import lazy_names


__all__ = [
    "Against",
    "Change",
    "Comparison",
    "ComparisonRun",
    "Membership",
    "Outcome",
    "RunStore",
    "RunSummary",
    "Status",
    "StoredComparison",
    "StoredRun",
    "UpgradeReport",
    "Verdict",
    "export",
]

# Where each name is defined, as in the package above: loaded when it is asked for.
# `__init__.pyi` tells type checkers the same.
_HOMES: Final = {
    "against": ("Against",),
    "change": ("Change",),
    "comparison": ("Comparison",),
    "membership": ("Membership", "Verdict"),
    "outcome": ("Outcome", "RunSummary", "Status"),
    "run": ("ComparisonRun",),
    "store": ("RunStore",),
    "stored": ("StoredComparison",),
    "stored_run": ("StoredRun",),
    "tables": ("export",),
    "upgrade_report": ("UpgradeReport",),
}

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
