"""The report in a browser: its views, search, languages, and that it asks for nothing."""

from __future__ import annotations

import json
import os

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bili_common import (
    Comparison,
    Following,
    Outcome,
    PrivacyError,
    Status,
)
from bili_common.compare import StoredComparison
from bili_common.report import write_report
from bili_common.testing import DEMO_CIRCLES

from .demo_days import fetch_two_days
from .devtools import CHROMIUM, browser, open_tab


pytestmark = [
    pytest.mark.slow,
    # One browser serves all of them.
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        CHROMIUM is None, reason="needs Chromium: apt-get install chromium fonts-noto-cjk"
    ),
]

AXE_CORE = Path(os.environ.get("AXE_CORE", "axe.min.js"))
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
HOSTILE = "<img src=x onerror='window.broken=1'>"
NAMES = {10: "星灯电台", 11: HOSTILE, 12: "=1+1", 7_000_003_557_564_476: "山雀手记"}
LISTS = {1: (10, 11, 12), 2: (10, 11, 7_000_003_557_564_476), 3: (10,), 4: ()}

# The texts of a column of the table that stands in an element.
_COLUMN = """
    [...document.querySelectorAll('{} tbody tr')].map(row => row.cells[{}].textContent)
"""
_TYPE = """
    (() => {{
        const box = document.querySelector({});
        box.focus();
        box.value = {};
        box.dispatchEvent(new Event('input'));
    }})()
"""
# What is saved stays where a test can read it.
_KEEP_SAVED = """
    URL.createObjectURL = blob => {
        window.saved = blob.arrayBuffer().then(b => [...new Uint8Array(b)]);
        return '#';
    };
"""


@pytest.fixture(scope="module")
def port():
    """Return where the browser of these tests listens; each test has a tab of its own."""
    with browser() as where:
        yield where


def outcomes():
    known = [
        Outcome(
            vmid,
            Status.OK,
            tuple(Following(mid=mid, uname=NAMES[mid]) for mid in mids),
            None,
            None,
            NOW,
        )
        for vmid, mids in LISTS.items()
    ]
    return [*known, Outcome(5, Status.PRIVATE, (), None, PrivacyError("hidden"), NOW)]


def _write(folder, lists, **options):
    path = folder / "report.html"
    write_report(Comparison(lists), path, **options)
    return path.as_uri()


@pytest.fixture
def axe():
    """Return the script of axe-core."""
    return AXE_CORE.read_text(encoding="utf-8")


def _up(mid):
    return Following(mid=mid, uname=f"UP {mid}")


@pytest.fixture
async def two_days(tmp_path):
    """Return the page of a store of two days, and its changes with the names of accounts."""
    store = tmp_path / "run.sqlite"
    vmids = [vmid for circle in DEMO_CIRCLES.values() for vmid in circle]
    await fetch_two_days(store, vmids)
    with StoredComparison(store) as comparison:
        names = {mid: user.uname for mid, user in comparison.users.items()}
        changes = [(change, names) for change in comparison.changes()]
        write_report(comparison, tmp_path / "report.html")
    return (tmp_path / "report.html").as_uri(), changes


@pytest.fixture
def url(tmp_path):
    return _write(tmp_path, outcomes(), labels={1: HOSTILE, 3: "老粉"})


def _assert_clean(tab, url):
    """Nothing was complained of, nothing ran, and nothing but the file itself was loaded."""
    assert tab.complaints == []
    seen = {each.split("#")[0] for each in tab.requests if not each.startswith("data:")}
    assert seen == {url}


async def _text(tab, selector):
    return await tab.run(f"document.querySelector({json.dumps(selector)}).textContent")


async def _open(tab, hash_):
    await tab.run(f"void (location.hash = {json.dumps(hash_)})")
    await tab.settle()
    await tab.settle()


async def test_page_runs_clean(port, url):
    """All tables and pictures are there, the console stays silent, no request leaves."""
    async with open_tab(port) as tab:
        await tab.show(url)
        assert await tab.run(_COLUMN.format("#shared-table", 1)) == ["3", "2", "1", "1"]
        assert await tab.run(_COLUMN.format("#pairs-table", 2)) == ["2", "1", "1"]
        assert len(await tab.run(_COLUMN.format("#uids-table", 0))) == 5
        assert await tab.run("document.querySelectorAll('.columns rect').length") == 3
        assert await tab.run("window.broken ?? null") is None
        _assert_clean(tab, url)


async def test_policy_holds(port, url):
    """What tries to load or to run anything from elsewhere is refused by the page's policy."""
    async with open_tab(port) as tab:
        await tab.show(url)
        refused = await tab.run("""
            new Promise(done => {
                const found = [];
                document.addEventListener('securitypolicyviolation', event => {
                    found.push(event.effectiveDirective);
                    if (found.length === 4) done(found.sort());
                });
                new Image().src = 'http://127.0.0.1:9/x.png';
                fetch('http://127.0.0.1:9/').catch(() => {});
                const script = document.createElement('script');
                script.textContent = 'window.broken = 1';
                document.body.append(script);
                const frame = document.createElement('iframe');
                frame.src = 'http://127.0.0.1:9/';
                document.body.append(frame);
            })
        """)
        assert refused == ["connect-src", "frame-src", "img-src", "script-src-elem"]
        assert await tab.run("window.broken ?? null") is None


async def test_a_user_has_a_view(port, url):
    """A UID opens its whole list and who is like it; a name that looks like HTML is text."""
    async with open_tab(port) as tab:
        await tab.show(f"{url}#uid=1")
        assert await _text(tab, "#view h1") == HOSTILE
        assert await tab.run(_COLUMN.format("#view section:nth-of-type(1)", 0)) == [
            "星灯电台",
            HOSTILE,
            "=1+1",
        ]
        assert await tab.run(_COLUMN.format("#view section:nth-of-type(2)", 1)) == ["2", "1"]
        assert await tab.run("document.getElementById('overview').hidden") is True
        await _open(tab, "uid=5")
        assert "does not make it empty" in await _text(tab, "#view")
        await _open(tab, "uid=4")
        assert "it is empty" in await _text(tab, "#view")
        await _open(tab, "uid=99")
        assert "no such UID" in await _text(tab, "#view")
        assert await tab.run("window.broken ?? null") is None
        _assert_clean(tab, url)


async def test_an_account_has_a_view(port, url):
    """An UP opens who has it, and says how many lists are not known; long ids stay whole."""
    async with open_tab(port) as tab:
        await tab.show(f"{url}#mid=7000003557564476")
        assert await _text(tab, "#view h1") == "山雀手记"
        assert await tab.run(_COLUMN.format("#view section", 0)) == ["2", "星灯电台", HOSTILE]
        assert "1 list is not known completely" in await _text(tab, "#view")
        href = await tab.run("document.querySelector('#view .outside').href")
        assert href == "https://space.bilibili.com/7000003557564476"
        _assert_clean(tab, url)


async def test_a_pair_has_a_view(port, url):
    """Two users open what they share and what one has alone; the link stands in the tables."""
    async with open_tab(port) as tab:
        await tab.show(url)
        href = await tab.run("document.querySelector('#pairs-table td:nth-child(3) a').hash")
        await tab.run("document.querySelector('#pairs-table td:nth-child(3) a').click()")
        await tab.settle()
        assert href == "#pair=1,2"
        assert await tab.run(_COLUMN.format("#view > div > section", 0)) == [
            "星灯电台",
            HOSTILE,
        ]
        assert await tab.run(_COLUMN.format("#view .halves", 0)) == ["=1+1", "山雀手记"]
        assert "50.0%" in await _text(tab, "#view .facts")
        _assert_clean(tab, url)


async def test_search_finds_all_of_many(port, tmp_path):
    """Of hundreds of users and accounts the search finds each, not only those on show."""
    many = [
        Outcome(vmid, Status.OK, (_up(vmid), _up(1)), None, None, NOW)
        for vmid in range(1001, 1401)
    ]
    url = _write(tmp_path, many, labels={1399: "最后一位"})
    first = "document.querySelector('#found [role=option]')?.dataset.hash"
    async with open_tab(port) as tab:
        await tab.show(url)
        for text, hash_ in (
            ("最后一位", "uid=1399"),
            ("1398", "uid=1398"),
            ("UP 1397", "mid=1397"),
        ):
            await tab.run(_TYPE.format("'#search'", json.dumps(text)))
            assert await tab.run(first) == hash_
        _assert_clean(tab, url)


async def test_what_changed_between_two_days(port, two_days):
    """Each change has a row with its user, its accounts and its cause; its user's view too."""
    url, changes = two_days
    rows = "[...document.querySelectorAll('#changes-table tbody tr')].map(row => row.innerText)"
    async with open_tab(port) as tab:
        await tab.show(url)
        count = await _text(tab, "#changes-table output")
        await tab.run("document.querySelector('#changes-table .more').click()")
        shown = await tab.run(rows)
        assert count == f"{len(changes)} rows"
        assert len(shown) == len(changes) > 10
        told = {"user": "the user", "account": "the logged-in account", "unknown": "not known"}
        for change, names in changes:
            [row] = [row for row in shown if f"{change.vmid}" in row and told[change.by] in row]
            assert all(f"+ {names[mid]}" in row for mid in change.added)
            assert all(f"− {names[mid]}" in row for mid in change.removed)
        own = [change for change, _ in changes if change.vmid == changes[0][0].vmid]
        await _open(tab, f"uid={own[0].vmid}")
        assert len(await tab.run(_COLUMN.format("#view section:nth-of-type(1)", 1))) == len(own)
        _assert_clean(tab, url)


async def test_changes_are_saved_in_columns(port, two_days):
    """In a file what came and what went stand apart."""
    url, changes = two_days
    async with open_tab(port) as tab:
        await tab.show(url)
        await tab.run(_KEEP_SAVED)
        await tab.run("document.querySelectorAll('#changes-table .buttons button')[1].click()")
        lines = bytes(await tab.run("saved")).decode("utf-8-sig").splitlines()
        assert lines[0] == "Found,UID,Added,Removed,By whom"
        assert len(lines) == 1 + len(changes)


@pytest.mark.parametrize("works", [True, False])
async def test_copy_takes_what_is_shown(port, url, works):
    """Copy puts the rows on the clipboard, also where a browser gives a file none."""
    async with open_tab(port) as tab:
        await tab.show(url)
        await tab.run(f"""
            navigator.clipboard.writeText = async text => {{
                if (!{json.dumps(works)}) throw new Error('refused');
                window.copied = text;
            }};
            document.addEventListener('copy', () => {{
                window.copied = document.activeElement.value;
            }});
        """)
        # A browser copies only from the window that has the focus, and after a click.
        await tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        click = "document.querySelector('#shared-table .buttons button').click()"
        await tab.call("Runtime.evaluate", expression=click, userGesture=True)
        await tab.settle()
        copied = await tab.run("window.copied")
        assert [line.split("\t") for line in copied.split("\n")] == [
            ["UP", "Lists", "UID"],
            ["星灯电台", "3", "10"],
            [HOSTILE, "2", "11"],
            ["'=1+1", "1", "12"],
            ["山雀手记", "1", "7000003557564476"],
        ]
        assert "copied" in (await _text(tab, "#shared-table output")).lower()
        _assert_clean(tab, url)


async def test_search_finds_everyone(port, url):
    """The search finds a UID by number, label or copied text and an UP by name; Enter opens."""
    found = "[...document.querySelectorAll('#found [role=option]')].map(e => e.dataset.hash)"
    async with open_tab(port) as tab:
        await tab.show(url)
        for text, hashes in (
            ("老粉", ["uid=3"]),
            ("UID:5", ["uid=5"]),
            ("https://space.bilibili.com/5", ["uid=5"]),
            ("山雀", ["mid=7000003557564476"]),
            ("nobody", []),
        ):
            await tab.run(_TYPE.format("'#search'", json.dumps(text)))
            assert (await tab.run(found))[:1] == hashes, text
        await tab.run(_TYPE.format("'#search'", json.dumps("星灯")))
        await tab.press("Enter", 13, "\r")
        assert await tab.run("location.hash") == "#mid=10"
        assert await tab.run("document.activeElement.textContent") == "星灯电台"
        _assert_clean(tab, url)


async def test_tables_sort_and_filter(port, url):
    """A heading sorts by click and by keyboard, tells so, and keeps the unknown at the end."""
    async with open_tab(port) as tab:
        await tab.show(url)
        head = "[...document.querySelectorAll('#uids-table th')]"
        assert await tab.run(_COLUMN.format("#uids-table", 2)) == ["3", "3", "1", "0", "–"]
        await tab.run(f"{head}[2].querySelector('button').focus()")
        await tab.press("Enter", 13, "\r")
        assert await tab.run(_COLUMN.format("#uids-table", 2)) == ["0", "1", "3", "3", "–"]
        assert await tab.run(f"{head}.map(each => each.ariaSort)") == [
            None,
            None,
            "ascending",
            None,
        ]
        _assert_clean(tab, url)


async def test_languages(port, url):
    """The page speaks English and Chinese, in views too, and says so to a screen reader."""
    async with open_tab(port) as tab:
        await tab.show(f"{url}#uid=5")
        for name, told in (("zh-Hans", "这不等于它是空的"), ("en", "does not make it empty")):
            await tab.run(f"document.querySelector('[data-language=\"{name}\"]').click()")
            assert told in await _text(tab, "#view")
            assert await tab.run("document.documentElement.lang") == name
        _assert_clean(tab, url)


async def test_csv_is_harmless_in_a_spreadsheet(port, url):
    """Saved rows have no formula, whole long ids, and the mark that keeps Chinese readable."""
    async with open_tab(port) as tab:
        await tab.show(url)
        await tab.run(_KEEP_SAVED)
        await tab.run("document.querySelectorAll('#shared-table .buttons button')[1].click()")
        text = bytes(await tab.run("saved")).decode()
        assert text.splitlines() == [
            "\ufeffUP,Lists,UID",
            "星灯电台,3,10",
            f"{HOSTILE},2,11",
            "'=1+1,1,12",
            '山雀手记,1,"\t7000003557564476"',
        ]


async def test_page_fits_the_window(port, url):
    """No width makes the page scroll sideways, in no view."""
    async with open_tab(port) as tab:
        await tab.show(url, width=1000)
        for width in (375, 768, 1920):
            await tab.resize(width, 900)
            for hash_ in ("", "uid=1", "mid=10", "pair=1,2"):
                await _open(tab, hash_)
                assert await tab.run("document.documentElement.scrollWidth") == width
        _assert_clean(tab, url)


async def test_colours_follow_the_system(port, url):
    """Light and dark are both drawn, and what is printed is light."""
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    async with open_tab(port) as tab:
        await tab.show(url)
        await tab.scheme("dark")
        assert max(await tab.run(ground)) < 60
        assert (await tab.pdf()).startswith(b"%PDF-")
        await tab.scheme("light")
        assert min(await tab.run(ground)) > 220
        _assert_clean(tab, url)


@pytest.mark.parametrize("count", [0, 1])
async def test_small_comparisons_run_clean(port, tmp_path, count):
    """Nobody, or one user with an empty list, is a page without an error too."""
    url = _write(tmp_path, [Outcome(7, Status.OK, (), None, None, NOW)][:count])
    async with open_tab(port) as tab:
        await tab.show(url)
        assert await _text(tab, "h1") == "Same followings"
        _assert_clean(tab, url)


@pytest.mark.skipif(
    not AXE_CORE.is_file(),
    reason="needs axe-core: nox -s accessibility",
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["", "uid=1", "mid=10", "pair=1,2", "uid=99"])
async def test_accessibility(port, url, axe, view, scheme):
    """axe-core has nothing to say against any view, in light and in dark."""
    async with open_tab(port) as tab:
        await tab.show(f"{url}#{view}")
        await tab.scheme(scheme)
        await tab.run(f"{axe};0")
        found = await tab.run("axe.run().then(told => told.violations.map(each => each.id))")
        assert found == []
