"""The language of the command: which it is, and that the catalogue is complete."""

from __future__ import annotations

import ast
import gettext
import string

from pathlib import Path

import pytest

import bili_common.cli

from bili_common.cli.commands import VERBS
from bili_common.cli.exits import EXIT_CODES
from bili_common.cli.language import DOMAIN, LOCALE, language
from bili_common.testing import DEMO_VMIDS


SOURCES = sorted(Path(bili_common.cli.__file__).parent.rglob("*.py"))
CHINESE = gettext.translation(DOMAIN, LOCALE, languages=["zh"])


def _calls(name):
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                texts = [getattr(arg, "value", None) for arg in node.args]
                yield [text for text in texts if isinstance(text, str)]


SINGLE = sorted({texts[0] for texts in _calls("tr") if texts})
PLURAL = sorted({tuple(texts[:2]) for texts in _calls("trn")})


def _fields(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("text", [*SINGLE, *VERBS.values(), *EXIT_CODES.values()])
def test_every_message_is_translated(text):
    """The catalogue has each message, with the same braces."""
    shown = CHINESE.gettext(text)

    assert shown != text or text == "Ctrl-C"
    assert _fields(shown) == _fields(text)


@pytest.mark.parametrize("pair", PLURAL)
def test_every_plural_is_translated(pair):
    """The catalogue has each message about a number, for one and for many."""
    for number in (1, 2):
        shown = CHINESE.ngettext(*pair, number)
        assert shown not in pair
        assert _fields(shown) == _fields(pair[1])


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "C", "LANGUAGE": "zh"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_language_is_the_locales(monkeypatch, environment, wanted):
    """LC_ALL goes before LANG, LANGUAGE before both, and the C locale is English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert language() == wanted


def test_messages_are_chinese_and_data_is_not(cli):
    """Only what people read changes with the locale."""
    vmid = DEMO_VMIDS["demo"]
    args = ("list", vmid, "--demo", "--limit", 2, "--format", "jsonl")
    english = cli(*args, env={"LC_ALL": "C.UTF-8"})
    chinese = cli(*args, env={"LC_ALL": "zh_CN.UTF-8"})

    assert chinese.stdout == english.stdout
    assert "与 293793435 的共同关注 2/73：到 --limit 为止（1 次请求）" in chinese.stderr


# Texts that `tr` gets through a variable, by the table that they stand in.
TABLES = ("_HEADLINES", "_ADVICE", "_REASONS", "_STATUSES", "_NO_CREDENTIAL")


def _tables():
    for source in SOURCES:
        for node in ast.parse(source.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AnnAssign) and node.target.id in TABLES:
                texts = [
                    one.value
                    for one in ast.walk(node.value)
                    if isinstance(one, ast.Constant) and " " in str(one.value)
                ]
                yield node.target.id, texts


def test_texts_in_tables_are_translated():
    """What is reached through a variable is in the catalogue too."""
    found = dict(_tables())

    assert set(found) == set(TABLES)
    for texts in found.values():
        assert texts
        for text in texts:
            assert CHINESE.gettext(text) != text
            assert _fields(CHINESE.gettext(text)) == _fields(text)


def test_catalogue_is_compiled_as_it_is_written():
    """What translators read and what the command reads are the same texts."""
    read_po = pytest.importorskip("babel.messages.pofile").read_po
    path = LOCALE / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as file:
        written = read_po(file)

    for one in written:
        if isinstance(one.id, tuple):
            assert CHINESE.ngettext(*one.id, 2) == one.string[0]
        elif one.id:
            assert CHINESE.gettext(one.id) == one.string
