"""Many UIDs: runs that can be interrupted, what they store, and what it means."""

# The names are defined by `__getattr__`; `__init__.pyi` tells the checkers so.
# pyright: reportUnsupportedDunderAll=false
from __future__ import annotations

from importlib import import_module
from typing import Any, Final


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
    "Verdict",
    "export",
    "similarity",
    "to_polars",
]

# Where each name is defined, as in the package above: loaded when it is asked for.
# `__init__.pyi` tells type checkers the same.
_HOMES: Final = {
    "against": ("Against",),
    "analysis": ("similarity", "to_polars"),
    "change": ("Change",),
    "comparison": ("Comparison",),
    "membership": ("Membership", "Verdict"),
    "outcome": ("Outcome", "RunSummary", "Status"),
    "run": ("ComparisonRun",),
    "store": ("RunStore",),
    "stored": ("StoredComparison",),
    "tables": ("export",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f".{home}", __name__), name)
            return value

    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
