"""The report: what the page says, that it can be trusted, and how its file comes about."""

from __future__ import annotations

import base64
import hashlib
import re
import stat
import subprocess
import sys

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hypothesis import given

from bili_common import (
    Client,
    Comparison,
    Credential,
    Following,
    IncompleteWalkError,
    Outcome,
    PrivacyError,
    RateLimit,
    RunStore,
    ServerError,
    Status,
    StoreError,
    UsageError,
)
from bili_common.report import render_report, write_report
from bili_common.testing import DEMO_CIRCLES, DEMO_VMIDS, FakeBilibili
from bili_common.testing.users import make_user

from ..checkout import unmeasured
from ..compare.outcomes import outcome_lists
from .page import Page


MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MADE_AT = re.compile(r'(?<=at</span> )<time datetime="[^"]*">[^<]*</time>')

HOSTILE = [
    "<script>window.broken = 1</script>",
    "</script><img src=x onerror=broken()>",
    '"><svg onload=broken()>',
    "' onmouseover='broken()",
    "<!--<script>",
    "{{ view }}{% raw %}",
    "$& $1 {n} {name}|{n}",
    "&amp;&lt;u&gt;]]>",
]


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
    assert "Different UPs seen 4" in page.text
    assert "Median length of a list 3" in page.text
    assert "of 4 lists known completely or in part" in page.text
    assert "2026-03-01T12:30:00Z to 2026-03-01T14:30:00Z" in page.text


def test_all_users_and_lists_are_in_the_page():
    """Each user is there with status, time and whole list, each account with its name."""
    page = Page(render_report(mixed()))
    assert page.statuses == {
        1: "ok",
        2: "ok",
        3: "ok",
        4: "incomplete",
        5: "private",
        6: "not_found",
        7: "failed",
    }
    empty = set()
    lists = {1: {10, 11, 12}, 2: {10, 11, 13}, 3: empty, 4: {10}, 5: empty, 6: empty, 7: empty}
    assert page.lists == lists
    assert page.names == {10: "UP10", 11: "UP11", 12: "UP12", 13: "UP13"}
    assert page.fetched[1] == int(MOMENT.timestamp())
    assert page.fetched[6] == int(MOMENT.timestamp()) + 7200
    assert page.notes == {4: "the walk stopped at an empty page", 7: "HTTP 502"}


@given(outcome_lists())
def test_lists_survive_the_packing(outcomes):
    """Whatever the lists are, a reader of the page gets each of them back."""
    page = Page(render_report(Comparison(outcomes)))
    assert page.lists == {o.vmid: {item.mid for item in o.items} for o in outcomes}
    assert page.statuses == {o.vmid: o.status.value for o in outcomes}
    assert page.fetched == {o.vmid: int(o.fetched_at.timestamp()) for o in outcomes}


def test_ids_keep_their_digits():
    """An id of 19 digits, which no JavaScript number holds, is in the page as it is."""
    big = 2**63 - 1
    text = render_report(Comparison([outcome(big, items=followings(big - 1))]))
    assert Page(text).lists == {big: {big - 1}}
    assert Page(text).data["users"]["ids"] == str(big)


def test_most_shared_come_first():
    """The accounts are in the order of how many lists hold them."""
    assert Page(render_report(mixed())).mids == [10, 11, 12, 13]


def test_closest_pairs_are_those_of_all_lists():
    """Two identical lists among seventy are the closest pair, however short they are."""
    lists = {v: followings(*range(100 * v, 100 * v + 20)) for v in range(1, 71)}
    lists[35] = lists[60] = followings(*range(9000, 9010))
    comparison = Comparison([outcome(v, items=items) for v, items in lists.items()])
    page = Page(render_report(comparison))
    assert page.data["pairs"] == [["35", "60", 1.0]]
    assert "Of all 70 lists that are known" in page.text


@given(outcome_lists(most=12))
def test_closest_pairs_are_the_highest_scores(outcomes):
    """The pairs are the first of all that share something, with the scores of jaccard."""
    comparison = Comparison(outcomes)
    pairs = [(int(a), int(b), s) for a, b, s in Page(render_report(comparison)).data["pairs"]]
    assert pairs == [pair for pair in comparison.similarity() if pair[2] > 0][:20]


def test_pairs_and_map_have_only_known_lists():
    """The heat map and the pairs hold complete lists that are not empty, and no others."""
    page = Page(render_report(mixed()))
    assert sorted(page.data["mapped"]) == ["1", "2"]
    assert page.data["pairs"] == [["1", "2", 0.5]]


def test_heat_map_is_in_clustered_order():
    """Users of one circle stand side by side, whatever order they came in."""
    circles = {0: followings(*range(10, 20)), 1: followings(*range(30, 40))}
    comparison = Comparison([outcome(v, items=circles[v % 2][v % 3 :]) for v in range(1, 9)])
    sides = [int(vmid) % 2 for vmid in Page(render_report(comparison)).data["mapped"]]
    assert sides in ([0] * 4 + [1] * 4, [1] * 4 + [0] * 4)


def test_heat_map_paints_the_scores():
    """A square is the darker the higher its score, from nothing in common to the highest."""
    lists = {1: (1, 2, 3, 4), 2: (1, 2, 3, 4), 3: (3, 4, 5, 6), 4: (7,)}
    comparison = Comparison([outcome(v, items=followings(*m)) for v, m in lists.items()])
    page = Page(render_report(comparison))
    shades = {}
    for tag, attrs in page.tags:
        if tag == "path" and (level := re.fullmatch(r"shade-(\d)", attrs.get("class", ""))):
            for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", attrs["d"]):
                shades[int(x), int(y)] = int(level[1])
    order = list(map(int, page.data["mapped"]))
    # 1 is the highest score, 2 of 6 UPs are a third of it: shade 3 of 8.
    expected = {(1, 2): 8, (1, 3): 3, (2, 3): 3, (1, 4): 0, (2, 4): 0, (3, 4): 0}
    assert shades == {
        (order.index(a), order.index(b)): level
        for one, other in expected
        for a, b in ((one, other), (other, one))
        for level in [expected[one, other]]
    }


def test_a_sample_is_drawn_from_all_and_named():
    """Of more users than the map has room for a sample is drawn, over all, always the same."""
    old = [outcome(v, items=followings(1, 2, 3)) for v in range(1, 501)]
    new = [outcome(v, items=followings(*range(1, 31))) for v in range(501, 1501)]
    page = Page(render_report(Comparison(old + new)))
    mapped = list(map(int, page.data["mapped"]))
    assert len(set(mapped)) == 60
    assert 10 < sum(vmid <= 500 for vmid in mapped) < 30
    assert "A random sample of 60 of the 1,500 users" in page.text
    assert Page(render_report(Comparison(old + new))).data["mapped"] == page.data["mapped"]
    # What is said of all is of all.
    assert "Median length of a list 30" in page.text
    assert "All 1,500 lists known completely" in page.text
    assert "Columns: lists by their number of UPs. 2–4: 500; " in str(page.tags)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([0, 0], "0: 2"),
        ([1], "1: 1"),
        ([0, 1, 2, 4, 5, 9, 10], "0: 1; 1: 1; 2–4: 2; 5–9: 2; 10–19: 1"),
        ([120, 700], "100–199: 1; 200–499: 0; 500–999: 1"),
    ],
)
def test_sizes(sizes, told):
    """Known lists are counted by length, from the shortest to the longest without a gap."""
    comparison = Comparison(
        [
            outcome(1, Status.PRIVATE),
            outcome(2, Status.INCOMPLETE, followings(*range(1, 8))),
            *(outcome(3 + n, items=followings(*range(1, 1 + s))) for n, s in enumerate(sizes)),
        ]
    )
    page = Page(render_report(comparison))
    [label] = [a["aria-label"] for _, a in page.tags if a.get("class") == "columns"]
    assert label == f"Columns: lists by their number of UPs. {told}"


@pytest.mark.parametrize(("sizes", "median"), [([3], "3"), ([1, 2], "1.5"), ([9, 1, 4], "4")])
def test_median(sizes, median):
    """The median is that of all known lists, between two lengths the half."""
    lists = [outcome(n, items=followings(*range(1, 1 + s))) for n, s in enumerate(sizes, 1)]
    assert f"Median length of a list {median} " in Page(render_report(Comparison(lists))).text


def test_empty_comparison():
    """A comparison of nobody is a page that says so, without a ratio by zero."""
    page = Page(render_report(Comparison([])))
    assert "0 of 0 lists are known completely." in page.text
    assert "No UID was compared." in page.text
    assert page.vmids == page.mids == []


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
    assert "No two of the known lists share an UP." in page.text


def test_labels():
    """The caller's names for users are those of the comparison, or those that are given."""
    lists = [outcome(1, items=followings(10)), outcome(2)]
    comparison = Comparison(lists, labels={1: "old fan", 99: "not here"})
    assert Page(render_report(comparison)).labels == {1: "old fan"}
    given_here = render_report(comparison, labels={2: "a\u202eb"})
    assert Page(given_here).labels == {2: "a\ufffdb"}


def test_title():
    """A title is the caller's; without one the page has its own, in each language."""
    assert "Who <b>" in Page(render_report(mixed(), title="Who <b>")).text
    words = Page(render_report(mixed())).json("words")
    assert [words[each]["title"] for each in ("en", "zh-Hans")] == [
        "Same followings",
        "共同关注",
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name):
    """A name, an error, a label or a title that looks like HTML or a template stays text."""
    items = (Following(mid=10, uname=name),)
    failed = outcome(2, Status.FAILED, error=ServerError(name))
    comparison = Comparison([outcome(1, items=items), failed], labels={1: name})
    tame = Comparison(
        [
            outcome(1, items=followings(10)),
            outcome(2, Status.FAILED, error=ServerError("tame")),
        ]
    )
    page = Page(render_report(comparison, title=name))
    tags = [tag for tag, _ in Page(render_report(tame, title="tame")).tags]
    assert [tag for tag, _ in page.tags] == tags
    assert page.names == {10: name}
    assert page.notes == {2: name}
    assert page.labels == {1: name}
    data = next(part for attrs, part in page.scripts if attrs.get("id") == "data")
    assert not set("<>&") & set(data)


def test_control_and_bidi_characters_are_neutralised():
    """What turns the direction of writing or breaks a line arrives nowhere in the page."""
    name = "a\x00b\x1b[31mc\u202egnp.exe\u2066d\u2028e\ud800f"
    items = (Following(mid=10, uname=name),)
    failed = outcome(2, Status.FAILED, error=ServerError(name))
    comparison = Comparison([outcome(1, items=items), failed], labels={1: name})
    text = render_report(comparison, title=name)
    text.encode()
    page = Page(text)
    shown = "a\ufffdb\ufffd[31mc\ufffdgnp.exe\ufffdd e\ufffdf"
    assert page.names == {10: shown}
    assert page.labels == {1: shown}
    assert page.notes == {2: shown}
    assert re.findall("[\x00\x1b\u202e\u2066\u2028\ud800]", text) == []


def test_page_loads_nothing():
    """No element names anything outside; links stay in the page until its script adds some."""
    page = Page(render_report(mixed()))
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
            if name in attrs and tag != "a":
                assert attrs[name] == "data:,", (tag, attrs)
        assert not any(name.startswith("on") or name == "style" for name in attrs), (tag, attrs)
        if tag == "a":
            assert attrs["href"].startswith("#")
    assert not re.search(r"url\(|@import|@font-face", "".join(page.styles))
    code = "".join(text for attrs, text in page.scripts if attrs.get("type") == "module")
    assert re.findall(r"https?:[^`\"']*", code) == [
        "http://www.w3.org/2000/svg",
        "https://space.bilibili.com/${id}",
    ]


def test_policy_lets_nothing_in_but_the_own_script_and_style():
    """The policy forbids all that it does not name, and names script and style by hash."""
    page = Page(render_report(mixed()))
    policy = page.policy
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["img-src"] == ["data:"]
    scripts = [text for attrs, text in page.scripts if attrs.get("type") == "module"]
    for kind, texts in (("script-src", scripts), ("style-src", page.styles)):
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in texts]
        assert policy[kind] == [f"'sha256-{digest.decode()}'" for digest in digests]
        assert len(texts) == 1
    assert set(policy) == {
        *("default-src", "script-src", "style-src", "img-src", "base-uri", "form-action")
    }


PRIVATE = {"tag": (-10, 777123), "special": 1, "mtime": 1_500_000_000, "attribute": 6}


def test_private_fields_stay_out():
    """tag, special, mtime and attribute leave no trace unless they are asked for."""
    plain = Comparison([outcome(1, items=followings(10, 11))])
    private = Comparison([outcome(1, items=followings(10, 11, **PRIVATE))])
    pages = [MADE_AT.sub("", render_report(each)) for each in (plain, private)]
    assert pages[0] == pages[1]


def test_private_fields_on_demand():
    """With include_private they are in the page, and it says not to share it."""
    private = Comparison([outcome(1, items=followings(10, **PRIVATE))])
    page = Page(render_report(private, include_private=True))
    assert page.data["accounts"]["private"] == [[6, 1, 1_500_000_000, [-10, 777123]]]
    assert "Not for sharing." in page.text


@pytest.mark.parametrize(("users", "mebibytes"), [(8, 0.25), (300, 0.8)])
def test_size(users, mebibytes):
    """A report of 8 users has at most a quarter of a mebibyte, one of 300 at most 0.8."""
    assert len(render_report(_made_up(users)).encode()) <= mebibytes * 2**20


@pytest.mark.slow
def test_size_of_a_large_report(tmp_path):
    """One of 5,000 users with 36 of 2,000 accounts each, all of it in there, has at most 3."""
    accounts = [
        Following(mid=3_546_000_000_000_000 + n, uname=f"某位UP主{n}") for n in range(2000)
    ]
    outcomes = [
        outcome(
            10_000_000 + v,
            items=[accounts[(v * v + 17 * n * (v + n)) % 2000] for n in range(36)],
        )
        for v in range(5000)
    ]
    write_report(Comparison(outcomes), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert len(text.encode()) <= 3 * 2**20
    assert Page(text).lists == {o.vmid: {item.mid for item in o.items} for o in outcomes}


def _made_up(users):
    lists = (make_user(100_000 + v).mids for v in range(users))
    return Comparison([outcome(v, items=followings(*mids)) for v, mids in enumerate(lists, 1)])


async def test_report_of_a_store(tmp_path):
    """A stored comparison makes the same page as the one in memory."""
    vmids = [*DEMO_CIRCLES["音乐"], DEMO_VMIDS["private"], DEMO_VMIDS["gone"]]
    path = tmp_path / "run.sqlite"
    pages = []
    async with (
        FakeBilibili() as fake,
        Client(
            Credential(sessdata="any"),
            base_url=fake.base_url,
            rate_limit=RateLimit(per_second=None),
        ) as client,
        RunStore(path) as store,
    ):
        async with client.compare_same_followings(vmids, store=store) as run:
            outcomes = [outcome async for outcome in run]
        with await store.comparison() as stored:
            pages.append(render_report(stored))
    pages.append(render_report(Comparison(sorted(outcomes, key=lambda o: o.vmid))))
    assert len(Page(pages[0]).vmids) == 6
    assert MADE_AT.sub("", pages[0]) == MADE_AT.sub("", pages[1])


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


def test_full_disk_keeps_the_old_report(tmp_path):
    """A disk that fills up halfway is a StoreError; the old file stays, no part of the new."""
    path = tmp_path / "r.html"
    path.write_text("before", encoding="utf-8")
    code = """if True:
        import resource, signal, sys
        from bili_common import Comparison, StoreError
        from bili_common.report import write_report
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            write_report(Comparison([]), sys.argv[1])
        except StoreError as error:
            print(error)
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code, path],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert path.read_text(encoding="utf-8") == "before"
    assert _names(tmp_path) == ["r.html"]


def test_missing_library_names_the_extra(tmp_path, monkeypatch):
    """Without Jinja2 the error says what to install, before anything is written."""
    for module in [each for each in sys.modules if each.split(".")[0] == "jinja2"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [_Missing("jinja2"), *sys.meta_path])
    with pytest.raises(UsageError, match=r'pip install "bili-common\[cli\]"') as caught:
        write_report(mixed(), tmp_path / "r.html")
    assert "jinja2" in str(caught.value)
    assert _names(tmp_path) == []


class _Missing:
    """An import system without one library."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name, *_where):
        if name.split(".")[0] == self._name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_missing_file_is_named(tmp_path):
    """Packed without its template, the error names the file and does not blame Jinja2."""
    code = """if True:
        import shutil, sys
        from pathlib import Path
        import bili_common
        shutil.copytree(Path(bili_common.__file__).parent, sys.argv[1] + "/bili_common")
        shutil.rmtree(sys.argv[1] + "/bili_common/report/page")
        for name in [name for name in sys.modules if name.startswith("bili_common")]:
            del sys.modules[name]
        sys.path.insert(0, sys.argv[1])
        from bili_common import Comparison, UsageError
        from bili_common.report import render_report
        try:
            render_report(Comparison([]))
        except UsageError as error:
            print(error)
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert "bili_common/report/page/" in done.stdout
    assert "--collect-data bili_common" in done.stdout
    assert "jinja2" not in done.stdout.lower()


def test_import_is_light():
    """The report's package does not load Jinja2 until a page is made."""
    code = "import sys, bili_common.report; print({'jinja2'} & set(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
