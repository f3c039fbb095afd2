"""The report in a browser: it runs clean, sorts, searches, prints, and asks for nothing."""

from __future__ import annotations

import struct

from datetime import UTC, datetime

import pytest

from bili_common import (
    Client,
    Comparison,
    Credential,
    Following,
    Outcome,
    PrivacyError,
    RateLimit,
    Status,
    UserNotFoundError,
)
from bili_common.report.writer import write_report
from bili_common.testing import FakeBilibili
from bili_common.testing.users import DEMO_CIRCLES, DEMO_VMIDS

from .devtools import CHROMIUM, browser, open_tab


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="needs Chromium: apt-get install chromium fonts-noto-cjk"
    ),
]

VMIDS = [
    *(vmid for circle in DEMO_CIRCLES.values() for vmid in circle),
    *(DEMO_VMIDS[name] for name in ("private", "gone", "empty")),
]
CHARTS = ("chart-shared", "chart-similar", "chart-sizes")

# The table of users is the last one; what is not shown is not in it.
_COLUMN = """
    [...[...document.querySelectorAll('table')].at(-1).tBodies[0].rows]
        .map(row => row.cells[{}].textContent)
"""
_HEADERS = "[...[...document.querySelectorAll('table')].at(-1).querySelectorAll('th')]"
_SEARCH = """
    (text => {{
        const box = [...document.querySelectorAll('input')].at(-1);
        box.value = text;
        box.dispatchEvent(new Event('input'));
    }})({!r})
"""


async def _outcome(client, vmid):
    now = datetime.now(UTC)
    walk = aiter(client.iter_same_followings(vmid))
    try:
        items = tuple([following async for following in walk])
    except PrivacyError as error:
        return Outcome(vmid, Status.PRIVATE, (), None, error, now)
    except UserNotFoundError as error:
        return Outcome(vmid, Status.NOT_FOUND, (), None, error, now)
    return Outcome(vmid, Status.OK, items, walk.report, None, now)


@pytest.fixture(scope="module")
def port():
    """Return where the browser of these tests listens; each test has a tab of its own."""
    with browser() as where:
        yield where


@pytest.fixture
async def demo(tmp_path):
    """Return the URL of a report on the synthetic users, whose names are not all harmless."""
    async with (
        FakeBilibili() as fake,
        Client(
            Credential(sessdata="any"),
            base_url=fake.base_url,
            rate_limit=RateLimit(per_second=None),
        ) as client,
    ):
        outcomes = [await _outcome(client, vmid) for vmid in VMIDS]
    return _report(tmp_path, outcomes)


def _report(folder, outcomes, **options):
    path = folder / "report.html"
    write_report(Comparison(outcomes), path, **options)
    return path.as_uri()


def _assert_clean(tab, url):
    """Nothing was complained of, and nothing but the file and its own pictures was loaded."""
    assert tab.complaints == []
    assert url in tab.requests
    assert [each for each in tab.requests if each != url and not each.startswith("data:")] == []


def _size(png):
    assert png.startswith(b"\x89PNG\r\n")
    return struct.unpack(">II", png[16:24])


async def test_page_runs_clean(port, demo):
    """Every chart is drawn, the console stays silent, and no request leaves the page."""
    async with open_tab(port) as tab:
        await tab.show(demo)
        drawn = [
            await tab.run(f"document.querySelectorAll('#chart-{mark}').length")
            for mark in ("shared .point", "sizes .point", "similar .hm image")
        ]
        # Six bins, of which one is empty, from no account to 50-99.
        assert drawn == [20, 7, 1]
        assert await tab.run("document.querySelectorAll('.modebar, .plotly-logo').length") == 0
        _assert_clean(tab, demo)


async def test_policy_holds(port, demo):
    """What tries to load or to run anything from elsewhere is refused by the page's policy."""
    async with open_tab(port) as tab:
        await tab.show(demo)
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
        assert await tab.run("window.broken") is None


async def test_table_sorts(port, demo):
    """A header sorts by click and by keyboard, tells so, and keeps the unknown at the end."""
    async with open_tab(port) as tab:
        await tab.show(demo)
        seen = [text for text in await tab.run(_COLUMN.format(2)) if text != "–"]
        assert seen == sorted(seen, key=int, reverse=True)
        assert len(seen) == len(VMIDS) - 2

        await tab.run(f"{_HEADERS}[2].querySelector('button').click()")
        turned = await tab.run(_COLUMN.format(2))
        assert turned == [*sorted(seen, key=int), "–", "–"]
        assert await tab.run(f"{_HEADERS}[2].ariaSort") == "ascending"

        await tab.run(f"{_HEADERS}[0].querySelector('button').focus()")
        await tab.press("Enter", 13, "\r")
        assert await tab.run(_COLUMN.format(0)) == list(map(str, sorted(VMIDS)))
        await tab.press(" ", 32, " ")
        assert await tab.run(_COLUMN.format(0)) == list(map(str, sorted(VMIDS, reverse=True)))
        assert await tab.run(f"{_HEADERS}.map(each => each.ariaSort)") == [
            "descending",
            *[None] * 5,
        ]
        _assert_clean(tab, demo)


async def test_search_filters(port, demo):
    """The search box leaves the rows that hold its words, and says how many of how many."""
    async with open_tab(port) as tab:
        await tab.show(demo)
        said = "[...document.querySelectorAll('output')].at(-1).value"
        assert await tab.run(said) == f"{len(VMIDS)} UIDs"
        await tab.run(_SEARCH.format("PRIVATE"))
        assert await tab.run(_COLUMN.format(0)) == [str(DEMO_VMIDS["private"])]
        assert await tab.run(said) == f"1 of {len(VMIDS)} UIDs"
        await tab.run(_SEARCH.format("no such row"))
        assert await tab.run(_COLUMN.format(0)) == []
        await tab.run(_SEARCH.format(""))
        assert len(await tab.run(_COLUMN.format(0))) == len(VMIDS)
        _assert_clean(tab, demo)


async def test_colours_follow_the_system(port, demo):
    """Light and dark are both drawn, charts too, and text keeps its contrast in both."""
    colours = """
        ["color", "backgroundColor"].map(name => getComputedStyle(document.body)[name]
            .match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0))
    """
    bar = "document.querySelector('#chart-shared .point path').style.fill"
    async with open_tab(port) as tab:
        await tab.show(demo)
        seen = {}
        for scheme in ("light", "dark"):
            await tab.scheme(scheme)
            ink, ground = await tab.run(colours)
            darker, lighter = (ink, ground) if scheme == "light" else (ground, ink)
            assert darker < 100
            assert lighter > 650
            # A screenshot resizes the window, which would draw the charts anew.
            colour = await tab.run(bar)
            png = await tab.screenshot()
            width, height = _size(png)
            assert width == 1280
            assert height > 2000
            seen[scheme] = (colour, png)
        assert seen["light"][0] != seen["dark"][0]
        assert seen["light"][1] != seen["dark"][1]
        _assert_clean(tab, demo)


async def test_page_fits_the_window(port, demo):
    """No width makes the page scroll sideways; the charts follow the window."""
    async with open_tab(port) as tab:
        await tab.show(demo, width=1000)
        for width in (400, 768, 1920):
            await tab.resize(width, 900)
            await tab.settle()
            await tab.settle()
            assert await tab.run("document.documentElement.scrollWidth") == width
            for chart in CHARTS:
                inner = f"document.querySelector('#{chart} .main-svg').clientWidth"
                outer = f"document.getElementById('{chart}').clientWidth"
                assert await tab.run(inner) == await tab.run(outer) > 0, chart
        _assert_clean(tab, demo)


async def test_page_prints(port, demo):
    """A dark page is printed light, and is dark again afterwards."""
    async with open_tab(port) as tab:
        await tab.show(demo)
        await tab.scheme("dark")
        bar = "document.querySelector('#chart-shared .point path').style.fill"
        before = await tab.run(bar)
        await tab.run(f"""
            window.printed = [];
            addEventListener('beforeprint', () => printed.push({bar}));
        """)
        assert (await tab.pdf()).startswith(b"%PDF-")
        [printed] = await tab.run("printed")
        assert printed != before
        assert await tab.run(bar) == before
        _assert_clean(tab, demo)


async def test_names_stay_text_on_the_chart(port, tmp_path):
    """A name that looks like HTML or a template is drawn letter by letter, on hover too."""
    name = "<b>%{x}</b>&amp;"
    hostile = "<script>window.broken = 1</script>"
    items = (Following(mid=1, uname=name), Following(mid=2, uname=hostile))
    outcome = Outcome(7, Status.OK, items, None, None, datetime.now(UTC))
    url = _report(tmp_path, [outcome], title=hostile)
    async with open_tab(port) as tab:
        await tab.show(url)
        labels = await tab.run("""
            [...document.querySelectorAll('#chart-shared .ytick text')].map(e => e.textContent)
        """)
        assert labels == [name, f"{hostile[:17]}…"]
        await tab.run("Plotly.Fx.hover('chart-shared', [{curveNumber: 0, pointNumber: 0}])")
        hover = await tab.run("document.querySelector('#chart-shared .hovertext').textContent")
        assert hover == f"{name}seen in 1 list"
        assert await tab.run("document.querySelectorAll('#chart-shared a').length") == 0
        assert await tab.run("[document.title, window.broken ?? null]") == [hostile, None]
        _assert_clean(tab, url)


@pytest.mark.parametrize("count", [0, 1])
async def test_small_comparisons_run_clean(port, tmp_path, count):
    """Nobody, or one user with an empty list, is a page without an error too."""
    lists = [Outcome(7, Status.OK, (), None, None, datetime.now(UTC))][:count]
    url = _report(tmp_path, lists)
    async with open_tab(port) as tab:
        await tab.show(url)
        assert await tab.run("document.querySelector('h1').textContent") == "Same followings"
        _assert_clean(tab, url)


async def test_ten_thousand_users_stay_usable(port, tmp_path):
    """Of 10,000 rows 100 are shown at first; sorting and searching take under a second."""
    pool = [Following(mid=mid, uname=f"UP{mid}") for mid in range(1, 201)]
    now = datetime.now(UTC)
    outcomes = [
        Outcome(v, Status.OK, tuple(pool[: v % 200]), None, None, now) for v in range(1, 10_001)
    ]
    url = _report(tmp_path, outcomes)
    async with open_tab(port) as tab:
        await tab.show(url)
        assert len(await tab.run(_COLUMN.format(0))) == 100
        await tab.run("document.querySelector('.more').click()")
        assert len(await tab.run(_COLUMN.format(0))) == 600
        took = await tab.run(f"""
            (() => {{
                const began = performance.now();
                {_HEADERS}[0].querySelector('button').click();
                {_SEARCH.format("9999")};
                return performance.now() - began;
            }})()
        """)
        assert took < 1000
        assert await tab.run(_COLUMN.format(0)) == ["9999"]
        _assert_clean(tab, url)
