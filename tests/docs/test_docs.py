"""What the pages promise: their code runs, prints what they show, and all are listed."""

from __future__ import annotations

import ast
import importlib
import re

from pathlib import Path

import pytest

import bili_common

from bili_common import errors

from .pages import FENCE, Reader, blocks


ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for folder in (".", "api", "decisions", "jobs")
    for path in (DOCS / folder).glob("*.md")
)


def _name(page):
    """Return a page's name as the contents have it."""
    return page.relative_to(DOCS if DOCS in page.parents else ROOT).with_suffix("").as_posix()


PROSE = {
    *("changelog", "crawlers", "crawlers.zh", "faq", "faq.zh", "glossary", "glossary.zh"),
    *("how-it-is-built", "performance", "reliability"),
}
# What a page shows beside the library, without which it cannot run.
GUESTS = {"jobs/frames": ("duckdb", "matplotlib", "pandas", "pyarrow")}
READMES = sorted(ROOT.glob("README*.md"))

# To be imported from, beside `bili_common` itself. `cli` is the command, and no library.
PUBLIC_PACKAGES = sorted(
    f"bili_common.{path.parent.name}"
    for path in Path(bili_common.__file__).parent.glob("[!_]*/__init__.py")
    if path.parent.name != "cli"
)

# A sentence's end, then another sentence on the same line. Lists of "e.g." kind are not used.
SECOND_SENTENCE = re.compile(r"[.?!][)*_`]* +[A-Z][a-z]|[。？！][^」）*_`\s|]")


def _run_blocks(page):
    """Return what runs on a page and what it prints, comments apart."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
    return [
        ast.dump(compile(block.text, page.name, "exec", flags=flags))
        if block.kind == "python" or (block.caption or "").endswith(".py")
        else block.text
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.kind in {"python", "output", "console"} or block.caption
    ]


def _repeats(page):
    """Return whether a translation runs what its original runs, to the letter."""
    original = page.with_name(page.name.replace(".zh.md", ".md"))
    return original != page and _run_blocks(page) == _run_blocks(original)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES + READMES if not _repeats(page)], ids=_name
)
def test_page_runs(page, account, tmp_path):
    """Every Python block of a page runs as it stands, and prints what the page says."""
    for package in GUESTS.get(_name(page), ()):
        pytest.importorskip(package)
    reader = Reader(page, tmp_path)

    reader.read()

    wanted = [
        block
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.kind == "python" or block.caption
    ]
    assert reader.ran >= len(wanted)


def test_pages_have_code():
    """Every page but those of prose shows code, so that the test above has something to run."""
    without = {
        _name(page)
        for page in PAGES
        if page.parent.name not in {"api", "decisions"}
        and not any(
            block.kind in {"python", "console"} or block.caption
            for block in blocks(page.read_text(encoding="utf-8"))
        )
    }

    assert without <= PROSE


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_one_sentence_per_line(page):
    """Each line of prose holds one sentence at most, so that changes read well."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    lines = [
        re.sub(r"^\d+\. ", "", line)
        for line in prose.splitlines()
        if not line.startswith(("|", "#", "    "))
    ]

    assert [line for line in lines if SECOND_SENTENCE.search(line)] == []


def test_all_pages_are_listed():
    """Each page stands in the contents of the first one, in its language."""
    listed = {
        _name(index.parent / f"{line.strip()}.md")
        for index in PAGES
        if index.stem in {"index", "index.zh"}
        for block in blocks(index.read_text(encoding="utf-8"))
        if block.kind == "{toctree}"
        for line in block.text.splitlines()
        if line and not line.startswith(":")
    }

    assert {_name(page) for page in PAGES} - {"index"} <= listed


def _reference():
    """Return the name in each directive of the reference's pages."""
    text = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "api").glob("*.md"))
    return re.findall(
        r"^\.\. auto(?:class|exception|function|data):: ([\w.]+)$", text, re.MULTILINE
    )


def test_reference_names_everything():
    """Each public name has a directive on a page of docs/api: add it there, below its like."""
    homes = map(importlib.import_module, ("bili_common", *PUBLIC_PACKAGES))
    top = set(bili_common.__all__)
    public = {
        f"{home.__name__}.{name}"
        for home in homes
        for name in home.__all__
        if home is bili_common or name not in top
    }

    assert public - {"bili_common.__version__"} - set(_reference()) == set()


def test_reference_names_once_what_can_be_imported():
    """No page of docs/api names a thing twice, a private path, or what is not there."""
    named = _reference()
    assert sorted(named) == sorted(set(named))
    assert [name for name in named if "._" in name] == []
    for name in named:
        home, _, last = name.rpartition(".")
        assert last in importlib.import_module(home).__all__, name


def _tree(text: str) -> list[tuple[int, str]]:
    """Return each error of a drawn tree with its depth."""
    found = re.findall(r"^([ │├└─]*)(\w+Error)\b", text, re.MULTILINE)
    return [(len(branches) // 3, name) for branches, name in found]


def _descend(kind: type, depth: int = 0) -> list[tuple[int, str]]:
    below = [
        pair
        for child in kind.__subclasses__()
        if child.__module__ == errors.__name__
        for pair in _descend(child, depth + 1)
    ]
    return [(depth, kind.__name__), *below]


def test_error_tree_is_the_codes():
    """The tree on the errors page is the tree of the code, class for class."""
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    [drawn] = [block.text for block in blocks(page) if "├─" in block.text]

    assert sorted(_descend(errors.BiliCommonError)) == sorted(_tree(drawn))


def test_every_error_has_advice():
    """The errors page says what to do for each class, in a row of its table."""
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(\w+Error)` \|", page, re.MULTILINE))

    assert set(errors.__all__) - {"BiliCommonError"} == rows


def test_codes_are_the_docs():
    """Each code that a docstring of an error names stands in its row of the errors page."""
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+Error)` \|(.*)$", page, re.MULTILINE))
    for name in errors.__all__:
        first = (getattr(errors, name).__doc__ or "").split(".")[0]
        for code in re.findall(r"-?\d{3,5}", first if "ode" in first else ""):
            assert code in rows[name], (name, code)


def test_exit_codes_are_the_commands():
    """The command line's page has each exit code of the command, and no other."""
    pytest.importorskip("typer", reason="the extra `cli` is not installed")
    from bili_common.cli.exits import Exit  # noqa: PLC0415 - needs the extra

    page = (DOCS / "command-line.md").read_text(encoding="utf-8")

    assert {str(int(code)) for code in Exit} == set(
        re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    )


def test_commands_are_listed():
    """The command line's page names each command in a heading."""
    pytest.importorskip("typer", reason="the extra `cli` is not installed")
    from bili_common.cli.commands import VERBS  # noqa: PLC0415 - as above

    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    headings = " ".join(re.findall(r"^## .*$", page, re.MULTILINE))

    assert set(VERBS) <= set(re.findall(r"`(\w+)`", headings))


def _shape(readme):
    """Return what two READMEs in two languages must share: code, pictures, links, tables."""
    text = readme.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!README)([^)]+)\)", text)
    headings = re.findall(r"^#+(?= )", text, re.MULTILINE)
    rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    return [block.text for block in blocks(text)], targets, headings, rows


def test_readmes_are_equal():
    """Both READMEs hold the same code, pictures, links, headings and rows, in one order."""
    first, second = READMES

    assert _shape(first) == _shape(second)


def _log_messages():
    """Return each message that the package's logger may write, with its level."""
    calls = re.compile(r'_log\.(debug|info|warning|error|exception)\(\s*"([^"]+)"')
    return {
        (level.upper(), message)
        for path in Path(bili_common.__file__).parent.rglob("*.py")
        for level, message in calls.findall(path.read_text(encoding="utf-8"))
    }


def test_log_messages_are_listed():
    """The page on logging names each message that the library writes, and no other."""
    page = (DOCS / "jobs" / "logging.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z]+)` \| `([^`]+)` \|", page, re.MULTILINE)

    assert set(rows) == _log_messages()
    assert len(rows) >= 7


@pytest.mark.parametrize("page", sorted((DOCS / "jobs").glob("*.md")), ids=_name)
def test_job_says_what_to_replace(page):
    """A page for a job begins with what the reader replaces by something of their own."""
    paragraphs = page.read_text(encoding="utf-8").split("\n\n")[1:]
    first = next(text for text in paragraphs if not re.fullmatch(r"\[.*\]\(.*\)", text))

    assert first.startswith("请换成你自己的：" if ".zh" in page.name else "Replace ")
