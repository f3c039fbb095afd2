"""The runner of the pages fails where a page is wrong."""

from __future__ import annotations

import pytest

from .pages import Reader, blocks


def _reader(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    return Reader(page, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "```python\n1 / 0\n```\n",
        "```python\nprint(1)\n```\n\n```output\n2\n```\n",
        "```python\nimport asyncio\nawait asyncio.sleep(0)\nraise ValueError\n```\n",
        "```console\n$ echo 1\n2\n```\n",
        "```{code-block} python\n:caption: test_1.py\n\ndef test_1():\n    assert 0\n```\n",
        "```{code-block} python\n:caption: one.py\n\ndef one(:\n```\n",
    ],
    ids=["raises", "prints another", "raises later", "says another", "test fails", "no Python"],
)
def test_wrong_page_fails(text, tmp_path):
    """A block that raises, prints something else or fails its tests fails the page."""
    with pytest.raises(Exception):  # noqa: B017, PT011 - each fails in its own way
        _reader(tmp_path, text).read()


def test_right_page_passes(tmp_path):
    """Blocks share names and loop, and an ellipsis stands for anything."""
    text = (
        "```python\nimport asyncio\nx = await asyncio.sleep(0, 3)\n```\n"
        "```text\nnot run\n```\n"
        "```python\nprint(x, 'and', x)\n```\n```output\n3 ... 3\n```\n"
        "```console\n$ echo one\none\n$ echo two\ntwo\n```\n"
    )
    reader = _reader(tmp_path, text)

    reader.read()

    assert reader.ran == 4


def test_trace_names_the_page(tmp_path):
    """A traceback shows the page and the line on it."""
    reader = _reader(tmp_path, "# Page\n\n```python\nx = 1\n1 / 0\n```\n")

    with pytest.raises(ZeroDivisionError) as caught:
        reader.read()

    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == (str(tmp_path / "page.md"), 5)


def test_caption_is_a_file():
    """A block with a caption is the text after its options."""
    [block] = blocks("```{code-block} python\n:caption: a.py\n:linenos:\n\nx = 1\n```\n")

    assert (block.caption, block.text, block.line) == ("a.py", "x = 1\n", 5)
