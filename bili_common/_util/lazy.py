"""The loader: names of a package that are imported when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


__all__ = ["lazy_names"]


def lazy_names(
    package: dict[str, Any], homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    Return the ``__getattr__`` and the ``__dir__`` of a package (PEP 562).

    Args:
        package: The package's ``globals()``, where a loaded name is kept.

        homes: Which module of the package defines which names.
    """
    name_of: str = package["__name__"]
    home_of = {name: home for home, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {name_of!r} has no attribute {name!r}")

        value = getattr(import_module(f".{home_of[name]}", name_of), name)
        package[name] = value
        return value

    def names() -> list[str]:
        return sorted({*package, *package["__all__"]})

    return load, names
