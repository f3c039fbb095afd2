"""The catalogue as a table for the docs: `python -m tests.faults.table` rewrites it."""

from __future__ import annotations

import re

from collections.abc import Iterator
from pathlib import Path

from .catalogue import FAULTS, TAKEN, Fault


__all__ = ["PAGE", "render", "replace"]

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

_BEGIN = "<!-- faults: begin -->"
_END = "<!-- faults: end -->"
_BLOCK = re.compile(f"{_BEGIN}.*{_END}", re.DOTALL)
_HEAD = (
    "| What comes | What is raised | Asked again | The error says |\n| --- | --- | --- | --- |"
)


def _row(fault: Fault) -> str:
    again = "yes" if fault.again else "no"
    said = f"… {fault.says} …".replace("…  …", "…")
    return f"| {fault.comes} | `{fault.error.__name__}` | {again} | {said} |"


def _sections() -> Iterator[str]:
    for group in dict.fromkeys(fault.group for fault in FAULTS):
        rows = [_row(fault) for fault in FAULTS if fault.group == group]
        yield "\n".join([f"### {group}", "", _HEAD, *rows])


def render() -> str:
    """Return the block of the page, with its marks."""
    taken = "\n".join(["### Taken as it is", "", *(f"- {comes}" for comes in TAKEN)])
    return "\n\n".join([_BEGIN, f"{len(FAULTS)} faults.", *_sections(), taken, _END])


def replace(page: str) -> str:
    """Return the text of a page with its block as it should be."""
    text, count = _BLOCK.subn(lambda _: render(), page)
    assert count == 1, f"the page has {count} blocks between {_BEGIN} and {_END}"
    return text


if __name__ == "__main__":
    PAGE.write_text(replace(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
