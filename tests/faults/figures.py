"""Figures: what tests measure, shown by `pytest -s`; the docs quote them with their date."""

from __future__ import annotations


__all__ = ["show"]


def show(*lines: object) -> None:
    """Print *lines*, on lines of their own."""
    print("", *lines, sep="\n")  # noqa: T201 - printing is what it is for
