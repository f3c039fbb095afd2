"""The report: a comparison as one HTML page that stands on its own."""

from __future__ import annotations

from .writer import render_report, write_report


__all__ = ["render_report", "write_report"]
