"""The hooks that tell PyInstaller what a frozen program needs."""

from __future__ import annotations

from pathlib import Path


__all__ = ["get_hook_dirs"]


def get_hook_dirs() -> list[str]:
    """Return the folder of the hooks, as the entry point group *pyinstaller40* asks."""
    return [str(Path(__file__).parent)]
