"""For a program with the command in it: the verbs, which it loads by name, and its messages."""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files, collect_submodules


__all__ = ["datas", "hiddenimports"]

hiddenimports: list[str] = collect_submodules("bili_common.cli")
datas: list[tuple[str, str]] = collect_data_files("bili_common.cli")
