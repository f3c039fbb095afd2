"""Pages in Chinese say what those in English do: the same headings, code, tables and links."""

from __future__ import annotations

import ast
import difflib
import re

from pathlib import Path

import pytest

from .pages import FENCE, blocks


DOCS = Path(__file__).parents[2] / "docs"
TRANSLATED = sorted(DOCS.rglob("*.zh.md"))


def _english(page):
    return page.with_name(page.name.replace(".zh.md", ".md"))


class _Wordless(ast.NodeTransformer):
    """Take what people read out of code; comments are not in it anyway."""

    def visit_Constant(self, node):
        return ast.Constant("") if isinstance(node.value, str) else node


def _code(block):
    """Return what must be the same of a block in both languages."""
    if block.kind == "python" or (block.caption or "").endswith(".py"):
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
        tree = compile(block.text, block.caption or "page", "exec", flags=flags)
        return ast.unparse(_Wordless().visit(tree)).splitlines()
    if block.kind in {"output", "text"}:
        # Words may be others, but not names and figures.
        return [
            " ".join(re.findall(r"\w*Error|\d[\w.]*", ln)) for ln in block.text.splitlines()
        ]
    return block.text.splitlines()


def _links(prose, page):
    """Return where the links of a page go, whatever the language of the other end."""
    found = re.findall(r"\]\(([^)\s]*)\)", prose)
    neutral = [re.sub(r"(\.zh)?\.md(#.*)?$", ".md", target) for target in found]
    # Each page points at its twin.
    return [target for target in neutral if target != _english(page).name]


def _contents(page):
    """Return the pages in the contents of a landing page, in order."""
    return [
        line
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.kind == "{toctree}"
        for line in block.text.splitlines()
        if line and not line.startswith(":")
    ]


def _parts(page):
    """Return the parts of a page that its translation shares, each as a list of lines."""
    text = page.read_text(encoding="utf-8")
    prose = FENCE.sub("", text)
    rows = [line for line in prose.splitlines() if line.startswith("|")]
    names = re.findall(r"(?<!`)`([^`]+)`(?!`)", prose)
    parts = {
        "headings": re.findall(r"^#+(?= )", prose, re.MULTILINE),
        "columns of table rows": [str(len(re.findall(r"(?<!\\)\|", row))) for row in rows],
        "names in backticks": sorted(set(names)),
        "links": sorted(set(_links(prose, page))),
    }
    # Contents have a test of their own: not every page is there in both languages.
    shown = [block for block in blocks(text) if block.kind != "{toctree}"]
    for number, block in enumerate(shown, 1):
        parts[f"block {number}"] = [block.kind, str(block.caption), *_code(block)]
    return parts


def _differences(page):
    """Return what a page and its translation do not share, in words for whoever mends it."""
    ours, theirs = _parts(_english(page)), _parts(page)
    found = []
    for part in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(part, []), theirs.get(part, [])
        changed = [line for line in difflib.ndiff(one, other) if line.startswith(("- ", "+ "))]
        if changed:
            found.append(f"{part} (- {_english(page).name}, + {page.name}): {changed}")
    return found


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_translation_is_equal(page):
    """A page in Chinese has the headings, tables, links, names and code of the English one."""
    differences = _differences(page)

    assert not differences, "\n".join(differences)


def test_guide_is_translated():
    """The guide is there in Chinese, and so are the pages to look things up in."""
    guide = {"tutorial", "pagination", "many-uids", "many-machines", "errors", "pace"}
    wanted = {"index", *guide, "together", "testing", "other-lists", "crawlers"}

    assert wanted | {"command-line", "faq", "glossary"} <= {
        page.name.removesuffix(".zh.md") for page in TRANSLATED
    }


def test_contents_are_equal():
    """The Chinese contents hold each page that is translated, in the English order."""
    english = [name for name in _contents(DOCS / "index.md") if ".zh" not in name]
    translated = [f"{name}.zh" for name in english if (DOCS / f"{name}.zh.md").exists()]

    assert _contents(DOCS / "index.zh.md") == translated


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_reader_stays_in_chinese(page):
    """A page in Chinese leads to others in Chinese where there are any, and to its twin."""
    targets = re.findall(r"\]\(([\w/.-]+)\.md(?:#[\w-]+)?\)", page.read_text(encoding="utf-8"))
    english = [target for target in targets if (page.parent / f"{target}.zh.md").exists()]

    assert english == [_english(page).stem]
    assert f"]({page.name})" in _english(page).read_text(encoding="utf-8")


def test_difference_is_told(tmp_path):
    """A block, a name or a row that one page lacks is named, with the page that has it."""
    english = "# One\n\n`--new`\n\n| a | b |\n\n```python\nprint('x', 1)\n```\n"
    chinese = "# 一\n\n| 甲 |\n\n```python\nprint('甲', 2)  # 乙\n```\n"
    (tmp_path / "one.md").write_text(english, encoding="utf-8")
    page = tmp_path / "one.zh.md"
    page.write_text(chinese, encoding="utf-8")

    told = " ".join(_differences(page))

    assert "- --new" in told
    assert "print('', 1)" in told
    assert "columns" in told
    page.write_text(english.replace("'x'", "'甲'"), encoding="utf-8")
    assert _differences(page) == []


def test_jobs_are_translated():
    """Each page that does one job is there in Chinese, and the two point at each other."""
    for page in (DOCS / "jobs").glob("*.md"):
        if page.name.endswith(".zh.md"):
            continue
        twin = page.with_name(page.name.replace(".md", ".zh.md"))
        assert f"[中文]({twin.name})" in page.read_text(encoding="utf-8")
        assert f"[English]({page.name})" in twin.read_text(encoding="utf-8")
