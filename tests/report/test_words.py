"""The words of the report: whole in both languages, and none of them unused."""

from __future__ import annotations

import json
import re

from importlib import resources

import pytest

import bili_common.report

from bili_common.report.assets import say


FOLDER = resources.files(bili_common.report) / "page"
WORDS = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
SCRIPT = "".join(
    each.read_text(encoding="utf-8") for each in sorted((FOLDER / "scripts").iterdir(), key=str)
)
TEMPLATE = (FOLDER / "page.html.j2").read_text(encoding="utf-8")

# What a script asks for by a value of its data.
BY_VALUE = {
    *("ok", "incomplete", "private", "not_found", "failed"),
    *("user", "account", "unknown"),
}


def _places(text):
    return set(re.findall(r"\{(\w+)\}", text))


def test_languages_say_the_same():
    """Each text is there in both languages and takes the same arguments, or the count as 1."""
    assert WORDS["en"].keys() == WORDS["zh-Hans"].keys()
    for key, text in WORDS["en"].items():
        assert _places(text) == _places(WORDS["zh-Hans"][key]), key


def test_every_text_is_used_and_none_is_missing():
    """The keys in template and scripts are those of the catalogue."""
    asked = re.findall(r'\bsay\(\s*"(\w+)"', SCRIPT + TEMPLATE)
    asked += re.findall(r'\bt\("(\w+)"', TEMPLATE)
    asked += re.findall(r'data-say(?:-label)?="(\w+)"', TEMPLATE)
    assert set(asked) <= WORDS["en"].keys()
    named = set(re.findall(r'"(\w+)"', SCRIPT + TEMPLATE))
    assert WORDS["en"].keys() - named - BY_VALUE == set()


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("plain", {}, "plain"),
        ("one list|{n} lists", {"n": 1}, "one list"),
        ("one list|{n} lists", {"n": 1200}, "1,200 lists"),
        ("{a} of {n}", {"a": "x", "n": 1}, "x of 1"),
        ("{missing}", {}, "{missing}"),
    ],
)
def test_say(text, arguments, said):
    """A text takes its arguments, and is another one for a count of one."""
    assert say(text, arguments) == said
