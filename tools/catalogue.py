"""Bring the Chinese catalogue up to date with the command: `python tools/catalogue.py`."""

from __future__ import annotations

import ast
import io
import sys

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import bili_common.cli

from bili_common.cli.app import app
from bili_common.cli.commands import VERBS
from bili_common.cli.exits import EXIT_CODES
from bili_common.cli.speech.help_page import paragraphs


# Where the package is: in the checkout, or installed beside the tests of an sdist.
CLI = Path(bili_common.cli.__file__).parent
PO = CLI / "locale" / "zh" / "LC_MESSAGES" / "bili_common.po"
KEYWORDS = {"tr": None, "trn": (1, 2)}
# Texts that `tr` gets through a variable, by the constant that they stand in.
TABLES = (
    "_ADVICE",
    "_HEADLINES",
    "_KINDS",
    "_NO_CREDENTIAL",
    "_REASONS",
    "_RESTS",
    "_STATUSES",
    "_WARNINGS",
)
# The same in every language.
NAMES = {"", "Ctrl-C", "MID", "UID", "VIP"}


def extract() -> dict[str, tuple[str, ...] | str]:
    """Return all texts that the command shows in the reader's language, by their English."""
    found = extract_from_dir(CLI, [("**.py", "python")], keywords=KEYWORDS)
    texts: dict[str, tuple[str, ...] | str] = {
        text if isinstance(text, str) else text[0]: text
        for _file, _line, text, _comments, _context in found
        if text
    }
    more = (*_tables(), *_headings(), *_help(), *VERBS.values(), *EXIT_CODES.values())
    return texts | {text: text for text in more if text not in NAMES}


def _nodes() -> Iterator[ast.AST]:
    for path in sorted(CLI.rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _strings(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _tables() -> Iterator[str]:
    for node in _nodes():
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in TABLES:
            yield from (text for text in _strings(node.value or node) if " " in text)


def _headings() -> Iterator[str]:
    """Yield the headings of tables."""
    for node in _nodes():
        if _is_headings(node):
            yield from _strings(node.value)


def _is_headings(node: Any) -> bool:
    if isinstance(node, ast.Assign):
        return getattr(node.targets[0], "id", "").endswith("headings")
    return isinstance(node, ast.keyword) and node.arg == "headings"


def _help() -> Iterator[str]:
    """Yield what the help says of each command and option, and over which of them."""
    group: Any = typer.main.get_command(app)
    yield from ("Arguments", "Commands", "Exit codes", "Show this message and exit.")
    for command in (group, *(group.get_command(None, verb) for verb in VERBS)):
        yield from (part for part in paragraphs(command.help) if not part.startswith("$ "))
        for param in command.params:
            yield getattr(param, "help", None) or ""
            yield getattr(param, "rich_help_panel", None) or "Options"


def update(catalogue: Catalog) -> list[str]:
    """Add new texts to *catalogue*, drop old ones; return those that nobody translated."""
    texts = extract()
    for text in texts.values():
        if catalogue.get(text if isinstance(text, str) else text[0]) is None:
            catalogue.add(text)
    for one in list(catalogue):
        known = one.id if isinstance(one.id, str) else one.id[0]
        if known and known not in texts:
            catalogue.delete(known)
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
