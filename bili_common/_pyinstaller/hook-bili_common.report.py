"""For a program that writes reports: the parts of the page."""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files


__all__ = ["datas"]

datas: list[tuple[str, str]] = collect_data_files("bili_common.report")
