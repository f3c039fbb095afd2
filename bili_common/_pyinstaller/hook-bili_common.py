"""For every frozen program: the modules that the lazy tables name, which no import shows."""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_submodules


__all__ = ["hiddenimports"]

# These come with their own dependencies, so only where the program imports them.
_APART = ("_pyinstaller", "cli", "dask", "report", "testing")


def _is_core(name: str) -> bool:
    return not name.startswith(tuple(f"bili_common.{noun}" for noun in _APART))


hiddenimports: list[str] = collect_submodules("bili_common", filter=_is_core)
