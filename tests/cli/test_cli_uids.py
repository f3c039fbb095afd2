"""UID files and UIDs."""

from __future__ import annotations

import io

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common.cli.input.uids import parse_uid, read_uids
from bili_common.errors import UsageError


@pytest.mark.parametrize(
    "text",
    [
        "123",
        "https://space.bilibili.com/123",
        "http://space.bilibili.com/123/",
        "https://space.bilibili.com/123/dynamic?spm_id_from=333.1007",
        "https://space.bilibili.com/123?from=search#x",
        "space.bilibili.com/123",
        "HTTPS://Space.Bilibili.com/123",
        "https://m.bilibili.com/space/123",
    ],
)
def test_uid_or_link(text):
    """A UID is a number, or stands in a link to a space."""
    assert parse_uid(text) == 123


@pytest.mark.parametrize(
    "text",
    [
        "word",
        "-5",
        "0",
        "1.5",
        "1e3",
        "1_000",
        "１２３",
        "٣",
        "+5",
        "123x",
        "0x10",
        "9223372036854775808",
        "https://space.bilibili.com/",
        "https://example.org/123",
        "https://space.bilibili.com.evil.org/1",
        "https://space.bilibili.com/12a",
        "",
        "1 2",
        "9" * 5000,
    ],
)
def test_no_uid(text):
    """Anything else is refused, shown, and never cut to what fits."""
    with pytest.raises(UsageError, match="is no UID"):
        parse_uid(text)


@given(st.integers(1, 2**63 - 1))
def test_every_uid_is_taken(vmid):
    """Every id that an account can have is taken as it is."""
    assert parse_uid(str(vmid)) == vmid


def test_file(tmp_path):
    """Comments, labels, blank lines, repeats, links, a byte order mark and CRLF are taken."""
    path = tmp_path / "uids.txt"
    path.write_bytes(
        "\ufeff# friends\r\n3\r\n\r\n  5  # a label\r\n3\r\n"
        "https://space.bilibili.com/7#/video\n\t9\n".encode()
    )

    assert read_uids(["5", "1"], str(path)) == ([5, 1, 3, 7, 9], {5: "a label"}, 2)


def test_file_in_utf_16(tmp_path):
    """What Notepad calls Unicode is taken too."""
    path = tmp_path / "uids.txt"
    path.write_text("3\n5\n", encoding="utf-16")

    assert read_uids([], str(path)) == ([3, 5], {}, 0)


def test_wrong_lines_are_named(tmp_path):
    """Each wrong line is named by its number, and many of them not all."""
    path = tmp_path / "uids.txt"
    path.write_text("1\nword\n-5\n# c\n3 4\n" + "x\n" * 9)

    with pytest.raises(UsageError) as caught:
        read_uids([], str(path))
    text = str(caught.value)
    assert "line 2: 'word', line 3: '-5', line 5: '3 4'" in text
    assert "and 7 more" in text
    assert "nothing was started" in text


@pytest.mark.parametrize("content", [b"", b"# only\n\n", b"\xef\xbb\xbf"])
def test_no_uids_at_all(tmp_path, content):
    """A file without a UID is an error, not an empty run."""
    path = tmp_path / "uids.txt"
    path.write_bytes(content)

    with pytest.raises(UsageError, match="no UIDs"):
        read_uids([], str(path))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"1\n\x80\x81\n"])
def test_no_text(tmp_path, content):
    """A file that is no text is told as such."""
    path = tmp_path / "uids.txt"
    path.write_bytes(content)

    with pytest.raises(UsageError, match="not a text in UTF-8"):
        read_uids([], str(path))


def test_missing_file():
    """A file that is not there is named."""
    with pytest.raises(UsageError, match=r"cannot read nowhere\.txt: No such file"):
        read_uids([], "nowhere.txt")


def test_standard_input(monkeypatch):
    """- reads standard input."""
    stream = io.TextIOWrapper(io.BytesIO(b"3\n5\n"))
    monkeypatch.setattr("sys.stdin", stream)

    assert read_uids([], "-") == ([3, 5], {}, 0)
