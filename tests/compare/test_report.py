"""The report: what the page says, that it can be trusted, and how its file comes about."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import subprocess
import sys
import time

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bili_common import (
    Comparison,
    Following,
    IncompleteWalkError,
    Outcome,
    PrivacyError,
    ServerError,
    Status,
    StoreError,
    UsageError,
)
from bili_common.compare.stored import StoredComparison
from bili_common.report.writer import render_report, write_report

from .outcomes import write_store


MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

HOSTILE = [
    "<script>window.broken = 1</script>",
    "</script><img src=x onerror=broken()>",
    '"><svg onload=broken()>',
    "' onmouseover='broken()",
    "<!--<script>",
    "{{ facts }}{% raw %}",
    "%{customdata} <b>bold</b> <a href='https://outside.invalid/'>x</a> &amp;",
    "]]>&lt;u&gt;",
]


class Page(HTMLParser):
    """What a browser would find in a page, without running any of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.scripts: list[tuple[dict, str]] = []
        self.styles: list[str] = []
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        elif tag == "style":
            self.styles.append("")
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"th", "td"}:
            self.tables[-1][-1].append("")
        if tag in {"script", "style", "th", "td"}:
            self._inside = tag

    def handle_endtag(self, tag):
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            attrs, before = self.scripts[-1]
            self.scripts[-1] = (attrs, before + data)
        elif self._inside == "style":
            self.styles[-1] += data
        else:
            self.words.append(data)
            if self._inside:
                self.tables[-1][-1][-1] += data.strip()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def data(self) -> dict:
        [text] = [text for attrs, text in self.scripts if attrs.get("id") == "data"]
        return json.loads(text)

    @property
    def policy(self) -> dict[str, list[str]]:
        [content] = [
            attrs["content"]
            for tag, attrs in self.tags
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        directives = (part.split() for part in content.split(";"))
        return {name: values for name, *values in directives}

    def rows(self, *, last: str) -> list[list[str]]:
        """Return the rows of the table whose last heading is *last*."""
        [rows] = [rows for head, *rows in self.tables if head[-1] == last]
        return rows


def followings(*mids, **fields):
    return tuple(Following(mid=mid, uname=f"UP{mid}", **fields) for mid in mids)


def outcome(vmid, status=Status.OK, items=(), error=None, fetched_at=MOMENT):
    return Outcome(vmid, status, tuple(items), None, error, fetched_at)


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def mixed():
    """Return a comparison with users of each status."""
    return Comparison(
        [
            outcome(1, items=followings(10, 11, 12)),
            outcome(2, items=followings(10, 11, 13)),
            outcome(3),
            outcome(
                4,
                Status.INCOMPLETE,
                followings(10),
                IncompleteWalkError("the walk stopped at an empty page"),
            ),
            outcome(5, Status.PRIVATE, error=PrivacyError("vmid=5 hides the list")),
            outcome(6, Status.NOT_FOUND, fetched_at=MOMENT + timedelta(hours=2)),
            outcome(7, Status.FAILED, error=ServerError("HTTP 502", http_status=502)),
        ]
    )


def test_headline_figures():
    """The page says how many users there are by status, and what is known only in part."""
    page = Page(render_report(mixed()))
    assert "3 of 7 lists are known completely." in page.text
    assert "relative to the logged-in account" in page.text
    assert "Those known in part count with what was seen." in page.text
    assert "unknown, not empty" in page.text
    assert "3 complete 1 in part 1 private 1 not found 1 failed" in page.text
    assert "Distinct accounts seen 4" in page.text
    assert "of 4 lists known completely or in part" in page.text
    assert "from 2026-03-01 12:30 to 2026-03-01 14:30 UTC" in page.text


def test_most_shared_accounts():
    """The accounts seen in the most lists come first, with their counts."""
    page = Page(render_report(mixed()))
    assert page.rows(last="UID") == [
        ["1", "UP10", "3", "10"],
        ["2", "UP11", "2", "11"],
        ["3", "UP12", "1", "12"],
        ["4", "UP13", "1", "13"],
    ]
    assert page.data["shared"]["mids"] == ["10", "11", "12", "13"]
    assert page.data["shared"]["counts"] == [3, 2, 1, 1]


def test_unknown_lists_are_not_shown_as_empty():
    """A list of which nothing is known has a dash, an empty one a 0, and the error is named."""
    rows = Page(render_report(mixed())).rows(last="What went wrong")
    at, later = "2026-03-01 12:30", "2026-03-01 14:30"
    assert rows == [
        ["1", "complete", "3", "–", at, ""],
        ["2", "complete", "3", "–", at, ""],
        ["4", "in part", "1", "–", at, "the walk stopped at an empty page"],
        ["3", "complete", "0", "–", at, ""],
        ["5", "private", "–", "–", at, ""],
        ["6", "not found", "–", "–", later, ""],
        ["7", "failed", "–", "–", at, "HTTP 502"],
    ]


def test_similarity_has_only_known_lists():
    """The heat map and the pairs hold complete lists that are not empty, and no others."""
    page = Page(render_report(mixed()))
    similar = page.data["similar"]
    assert sorted(similar["vmids"]) == ["1", "2"]
    assert similar["scores"] == [[None, 0.5], [0.5, None]]
    assert page.rows(last="Similarity") == [["1", "2", "0.500"]]


def test_heat_map_is_in_clustered_order():
    """Users of one circle stand side by side, whatever order they came in."""
    circles = {0: followings(*range(10, 20)), 1: followings(*range(30, 40))}
    comparison = Comparison([outcome(v, items=circles[v % 2][v % 3 :]) for v in range(1, 9)])
    similar = Page(render_report(comparison)).data["similar"]
    sides = [int(vmid) % 2 for vmid in similar["vmids"]]
    assert sides in ([0] * 4 + [1] * 4, [1] * 4 + [0] * 4)
    for a, row in zip(similar["vmids"], similar["scores"], strict=True):
        for b, score in zip(similar["vmids"], row, strict=True):
            assert score == (None if a == b else comparison.jaccard(int(a), int(b)))


@pytest.mark.slow
def test_heat_map_holds_the_longest_lists():
    """Of many known lists the sixty longest are mapped, and the page says so."""
    comparison = Comparison(
        [outcome(v, items=followings(*range(1, 2 + v))) for v in range(1, 101)]
    )
    page = Page(render_report(comparison))
    assert sorted(map(int, page.data["similar"]["vmids"])) == list(range(41, 101))
    assert "the 60 longest, 40 more are left out" in page.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "labels", "counts"),
    [
        ([], [], []),
        ([0, 0], ["0"], [2]),
        ([1], ["1"], [1]),
        ([0, 1, 2, 4, 5, 9, 10], ["0", "1", "2–4", "5–9", "10–19"], [1, 1, 2, 2, 1]),
        ([120, 700], ["100–199", "200–499", "500–999"], [1, 0, 1]),
    ],
)
def test_sizes(sizes, labels, counts):
    """Known lists are counted by length, from the shortest to the longest without a gap."""
    comparison = Comparison(
        [
            outcome(1, Status.PRIVATE),
            outcome(2, Status.INCOMPLETE, followings(*range(1, 8))),
            *(outcome(3 + n, items=followings(*range(1, 1 + s))) for n, s in enumerate(sizes)),
        ]
    )
    assert Page(render_report(comparison)).data["sizes"] == {"labels": labels, "counts": counts}


def test_empty_comparison():
    """A comparison of nobody is a page that says so, without a table or a ratio by zero."""
    page = Page(render_report(Comparison([])))
    assert "0 of 0 lists are known completely." in page.text
    assert "No UID was compared." in page.text
    assert page.tables == []


def test_one_user():
    """One user is like nobody; the page says what it would take."""
    page = Page(render_report(Comparison([outcome(1, items=followings(10))])))
    assert "1 of 1 list is known completely." in page.text
    assert "at least two lists" in page.text
    assert "of 1 list known" in page.text


def test_users_who_share_nothing():
    """Known lists without a common account make no heat map of zeros."""
    lists = [outcome(1, items=followings(10)), outcome(2, items=followings(11))]
    page = Page(render_report(Comparison(lists)))
    assert "No two of the known lists share an account." in page.text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name):
    """A name, an error or a title that looks like HTML or a template is shown as it is."""
    items = (Following(mid=10, uname=name),)
    failed = outcome(2, Status.FAILED, error=ServerError(name))
    comparison = Comparison([outcome(1, items=items), failed])
    tame = Comparison(
        [
            outcome(1, items=followings(10)),
            outcome(2, Status.FAILED, error=ServerError("tame")),
        ]
    )
    text = render_report(comparison, title=name)
    page = Page(text)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(render_report(tame)).tags]
    assert page.rows(last="UID")[0][1] == name
    assert page.rows(last="What went wrong")[-1][-1] == name
    assert page.data["shared"]["names"] == [name]
    data = next(part for attrs, part in page.scripts if attrs.get("id") == "data")
    assert "<" not in data


def test_control_and_bidi_characters_are_neutralised():
    """What turns the direction of writing or breaks a line arrives nowhere in the page."""
    name = "a\x00b\x1b[31mc\u202egnp.exe\u2066d\u2028e\ud800f"
    items = (Following(mid=10, uname=name),)
    failed = outcome(2, Status.FAILED, error=ServerError(name))
    text = render_report(Comparison([outcome(1, items=items), failed]), title=name)
    text.encode()
    page = Page(text)
    shown = "a\ufffdb\ufffd[31mc\ufffdgnp.exe\ufffdd e\ufffdf"
    assert page.rows(last="UID")[0][1] == shown
    assert page.data["shared"]["names"] == [shown]
    assert page.rows(last="What went wrong")[-1][-1] == shown
    assert re.findall("[\x00\x1b\u202e\u2066\u2028\ud800]", "".join(page.words)) == []


def test_account_without_a_name():
    """An account whose name is empty is shown by its number on the chart."""
    page = Page(render_report(Comparison([outcome(1, items=(Following(mid=10),))])))
    assert page.data["shared"]["names"] == ["10"]


def test_page_loads_nothing():
    """No element names anything outside; links alone do, and they tell nobody of the page."""
    page = Page(render_report(mixed()))
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
            if name in attrs and tag != "a":
                assert attrs[name] == "data:,", (tag, attrs)
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        if tag == "a":
            assert re.fullmatch(r"https://space\.bilibili\.com/\d+", attrs["href"])
            assert attrs["rel"] == "noreferrer noopener"
    assert not re.search(r"url\(|@import|@font-face", "".join(page.styles))
    assert ("html", {"lang": "en"}) in page.tags


def test_policy_lets_nothing_in_but_the_own_scripts():
    """The policy forbids all that it does not name, and names each script by its hash."""
    page = Page(render_report(mixed()))
    policy = page.policy
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["img-src"] == ["data:"]
    scripts = [text for attrs, text in page.scripts if "type" not in attrs]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in scripts]
    assert policy["script-src"] == [f"'sha256-{digest.decode()}'" for digest in digests]
    assert set(policy) == {
        *("default-src", "script-src", "style-src", "img-src", "base-uri", "form-action")
    }


def test_plotly_is_there_once():
    """The plotting library is in the page, one copy of it."""
    page = Page(render_report(mixed()))
    scripts = [text for _, text in page.scripts]
    assert [len(text) > 1_000_000 for text in scripts] == [False, True, False]
    assert scripts[1].count("* plotly.js v") == 1


PRIVATE = {"tag": (-10, 777123), "special": 1, "mtime": 1_500_000_000, "attribute": 6}


def test_private_fields_stay_out():
    """tag, special, mtime and attribute leave no trace unless they are asked for."""
    plain = Comparison([outcome(1, items=followings(10, 11))])
    private = Comparison([outcome(1, items=followings(10, 11, **PRIVATE))])
    made_at = re.compile(r" on \d{4}-\d\d-\d\d \d\d:\d\d UTC")
    pages = [made_at.sub("", render_report(each)) for each in (plain, private)]
    assert pages[0] == pages[1]


def test_private_fields_on_demand():
    """With include_private they are in the table, and the page says not to share it."""
    private = Comparison([outcome(1, items=followings(10, **PRIVATE))])
    page = Page(render_report(private, include_private=True))
    assert page.rows(last="Groups") == [
        ["1", "UP10", "1", "10", "mutual", "special", "2017-07-14 02:40", "-10, 777123"]
    ]
    assert "Not for sharing." in page.text


@pytest.mark.slow
def test_many_users(tmp_path):
    """Of 12,000 users 10,000 are listed and the page says so; it takes seconds at the most."""
    pool = followings(*range(1, 400))
    lists = (pool[v % 350 : v % 350 + 20] for v in range(1, 12_001))
    comparison = Comparison([outcome(v, items=each) for v, each in enumerate(lists, 1)])
    began = time.monotonic()
    write_report(comparison, tmp_path / "r.html")
    assert time.monotonic() - began < 20
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 12_000_000
    page = Page(text)
    assert len(page.rows(last="What went wrong")) == 10_000
    assert "10,000 of 12,000 UIDs are listed." in page.text
    assert "12,000 of 12,000 lists are known completely." in page.text


def test_report_of_a_store(tmp_path):
    """A stored comparison makes the same page as the one in memory."""
    at = MOMENT
    outcomes = [
        outcome(1, items=followings(10, 11, 12), fetched_at=at),
        outcome(2, items=followings(10, 11), fetched_at=at),
        outcome(3, Status.PRIVATE, fetched_at=at),
    ]
    path = tmp_path / "run.sqlite"
    write_store(path, outcomes)
    made_at = re.compile(r" on \d{4}-\d\d-\d\d \d\d:\d\d UTC")
    with StoredComparison(path) as stored:
        pages = [render_report(each) for each in (stored, Comparison(outcomes))]
    assert made_at.sub("", pages[0]) == made_at.sub("", pages[1])


def test_file_appears_as_a_whole(tmp_path):
    """A report that fails leaves the file that was there, and no other."""
    path = tmp_path / "r.html"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(UsageError, match="comparison must be a Comparison, not list"):
        write_report([], path)
    assert path.read_text(encoding="utf-8") == "before"
    assert _names(tmp_path) == ["r.html"]


def test_file_is_replaced(tmp_path):
    """An older report gives way, and keeps its mode; a link goes on pointing to it."""
    path, link = tmp_path / "r.html", tmp_path / "link.html"
    path.write_text("before", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    write_report(mixed(), link)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert _names(tmp_path) == ["link.html", "r.html"]


@pytest.mark.parametrize("where", ["missing/r.html", "file/r.html", "folder", "/dev/full"])
def test_unwritable_path_is_named(tmp_path, where):
    """A path that cannot be written is a StoreError that names it; nothing is left behind."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / where
    with pytest.raises(StoreError, match="cannot write ") as caught:
        write_report(mixed(), path)
    assert str(path) in str(caught.value)
    assert _names(tmp_path) == ["file", "folder"]


def test_device_is_written_to():
    """What is no file, such as a device, is written to and stays what it is."""
    write_report(mixed(), "/dev/null")
    assert Path("/dev/null").is_char_device()


@pytest.mark.slow
def test_full_disk_keeps_the_old_report(tmp_path):
    """A disk that fills up halfway is a StoreError; the old file stays, no part of the new."""
    path = tmp_path / "r.html"
    path.write_text("before", encoding="utf-8")
    code = """if True:
        import resource, signal, sys
        from bili_common import Comparison, StoreError
        from bili_common.report.writer import write_report
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        try:
            write_report(Comparison([]), sys.argv[1])
        except StoreError as error:
            print(error)
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert path.read_text(encoding="utf-8") == "before"
    assert _names(tmp_path) == ["r.html"]


@pytest.mark.parametrize("name", ["jinja2", "plotly"])
def test_missing_library_names_the_extra(name, tmp_path, monkeypatch):
    """Without Jinja2 or Plotly the error says what to install, before anything is written."""
    for module in [each for each in sys.modules if each.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [_Missing(name), *sys.meta_path])
    with pytest.raises(UsageError, match=r'pip install "bili-common\[cli\]"') as caught:
        write_report(mixed(), tmp_path / "r.html")
    assert name in str(caught.value)
    assert _names(tmp_path) == []


class _Missing:
    """An import system without one library."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name, *_where):
        if name.split(".")[0] == self._name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.slow
def test_import_is_light():
    """The report's module loads neither Jinja2 nor Plotly until a page is made."""
    code = (
        "import sys, bili_common.report.writer; print({'jinja2', 'plotly'} & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
