"""The language of the command: which it is, and that the catalogue is complete."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import re
import string

from pathlib import Path

import pytest

import bili_common.cli

from bili_common.cli.commands import VERBS
from bili_common.cli.exits import EXIT_CODES
from bili_common.cli.language import DOMAIN, LOCALE, language
from bili_common.cli.speech.help_page import columns_of_text
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


@pytest.fixture(scope="module")
def catalogue():
    """Return the tool that collects all texts, and the catalogue that translators read."""
    pofile = pytest.importorskip("babel.messages.pofile")
    place = Path(__file__).parents[2] / "tools" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("catalogue", place)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    with tool.PO.open("rb") as file:
        return tool, pofile.read_po(file)


def test_catalogue_is_complete(catalogue):
    """Each message, heading and line of help has a translation, and no text is left over."""
    tool, written = catalogue
    before = {one.id for one in written}

    assert tool.update(written) == []
    assert {one.id for one in written} == before
    assert len(before) > 250


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_help_is_chinese(cli, verb):
    """Of the help nothing stays English but the examples and what is typed."""
    shown = cli(*filter(None, [verb, "--help"]), asking=False, env={"LC_ALL": "zh_CN.UTF-8"})

    text = shown.stdout.partition("示例：")[0]
    assert re.findall(r"[a-z]+(?: [a-z]+){2,}", text) == []
    assert "选项：" in text


@pytest.mark.parametrize("locale", ["C.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_is_broken_where_one_may(cli, columns, locale):
    """No line of help is too long, begins with a mark that closes or ends with an open one."""
    for verb in VERBS:
        env = {"LC_ALL": locale, "COLUMNS": str(columns)}
        text = cli(verb, "--help", env=env, asking=False).stdout
        lines = [line for line in text.splitlines() if not line.startswith("  $ ")]
        assert max(map(columns_of_text, lines)) <= columns
        assert [line for line in lines if re.search(r"^\s*[，。、；：？！）]|（$", line)] == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["lst"], "错误：没有 'lst' 这个命令；是不是 list？\n"),
        (["list"], "错误：缺少 VMID\n"),
        (["list", "5", "--limit", "x"], "错误：--limit 应为 整数，而不是 'x'\n"),
        (["list", "word"], "错误：'word' 不是 UID"),
    ],
)
def test_wrong_usage_is_told_in_chinese(cli, args, told):
    """What Typer finds wrong is told in the reader's language too."""
    done = cli(*args, asking=False, env={"LC_ALL": "zh_CN.UTF-8"})

    assert done.exit_code == 2
    assert done.stderr.startswith(told)


ERRORS = [
    ("list", {"how": -101}, "账号未登录：代码 -101“账号未登录”"),
    ("list", {"how": -102}, "账号被封禁：代码 -102"),
    ("list", {"how": 22115}, "该用户隐藏了列表：代码 22115"),
    ("list", {"how": -404}, "没有这个用户：代码 -404"),
    ("list", {"how": -799, "retry_after": 400}, "服务器要求放慢：代码 -799“"),
    ("list", {"how": -412}, "服务器要求停止：代码 -412"),
    ("list", {"how": "500"}, "服务器故障：HTTP 500"),
    ("compare", {"how": -999}, "连续失败的用户太多：5 位，最后一位：服务器拒绝：代码 -999"),
]


@pytest.mark.parametrize(("verb", "fault", "told"), ERRORS)
def test_common_errors_are_told_in_chinese(cli, fake, verb, fault, told):
    """What an error knows is told from its attributes, so that no English is left in it."""
    args = ("list", 7) if verb == "list" else ("compare", *range(7, 20), "--store", "a.sqlite")
    fake.fail(None, path="/x/relation/same/followings", **fault)
    done = cli(*args, "--pace", "local", env={"LC_ALL": "zh_CN.UTF-8"})

    assert done.stderr.startswith(f"错误：{told}")
    assert (
        re.findall(r"[a-z]+(?: [a-z]+)+", done.stderr.replace("bili-common whoami", "")) == []
    )


def test_a_rest_that_was_named_is_told_in_chinese(cli, fake):
    """How long the server wants rest is said too."""
    fake.ban(600)
    done = cli("list", 7, "--pace", "local", env={"LC_ALL": "zh_CN.UTF-8"})

    assert done.stderr.startswith(
        "错误：服务器要求停止：代码 -412“请求被拦截”，HTTP 412；请等 90 秒\n"
    )


def test_what_fails_without_a_request_is_told_in_chinese(cli, fake):
    """While the account rests, another command says so, without an HTTP status."""
    fake.ban(600)
    chinese = {"LC_ALL": "zh_CN.UTF-8"}
    first, second = (cli("list", 7, "--pace", "file", env=chinese).stderr for _ in range(2))

    assert fake.requests == 1
    assert "HTTP 412；请等 90 秒\n" in first
    assert re.match("错误：服务器要求停止：代码 -412“请求被拦截”；请等 (8\\d|90) 秒\n", second)


def test_a_store_that_is_missing_is_told_in_chinese(cli):
    """Each verb that reads a store says so before it opens one."""
    for verb in ("show", "diff", "report", "upgrade"):
        done = cli(verb, "none.sqlite", asking=False, env={"LC_ALL": "zh_CN.UTF-8"})
        assert done.exit_code == 8
        assert done.stderr == "错误：存档 none.sqlite 不存在\n"


def test_catalogue_is_compiled_as_it_is_written(catalogue):
    """What translators read and what the command reads are the same texts."""
    _, written = catalogue
    for one in written:
        if isinstance(one.id, tuple):
            assert CHINESE.ngettext(*one.id, 2) == one.string[0]
        elif one.id:
            assert CHINESE.gettext(one.id) == one.string
