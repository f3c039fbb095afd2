"""Bring the Chinese catalogue up to date with the command: `python tools/catalogue.py`."""

from __future__ import annotations

import io
import sys

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po


ROOT = Path(__file__).resolve().parent.parent
CLI = ROOT / "bili_common" / "cli"
PO = CLI / "locale" / "zh" / "LC_MESSAGES" / "bili_common.po"
KEYWORDS = {"tr": None, "trn": (1, 2)}


def extract() -> dict[str, tuple[str, ...] | str]:
    """Return the texts that stand in calls of `tr` and `trn`, each under its English."""
    found = extract_from_dir(CLI, [("**.py", "python")], keywords=KEYWORDS)
    texts = (text for _file, _line, text, _comments, _context in found)
    return {text if isinstance(text, str) else text[0]: text for text in texts if text}


def update(catalogue: Catalog) -> list[str]:
    """Add new texts to *catalogue*; return those that nobody translated."""
    for text in extract().values():
        if catalogue.get(text if isinstance(text, str) else text[0]) is None:
            catalogue.add(text)
    return [str(one.id) for one in catalogue if one.id and not _is_done(one.string)]


def _is_done(text: object) -> bool:
    return all(text) if isinstance(text, tuple) else bool(text)


def main() -> int:
    """Write the texts and the compiled catalogue; name what wants a translation."""
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="zh", domain="bili_common")
    missing = update(catalogue)
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalogue, width=95, sort_output=True, no_location=True)
    write_mo(compiled, catalogue)
    PO.write_bytes(text.getvalue())
    PO.with_suffix(".mo").write_bytes(compiled.getvalue())
    for one in missing:
        print(f"to be translated: {one}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
