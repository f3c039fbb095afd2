"""
Draw reports of 8, 28, 300 and 5,000 users, and print how large they are.

``python tools/report_pictures.py FOLDER`` needs Chromium. The 28 users are the demo's, on
its two days; the documentation's picture of them is drawn anew.
"""

from __future__ import annotations

import asyncio
import sys

from datetime import UTC, datetime
from pathlib import Path


ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bili_common import Comparison, Following, Outcome, RunStore, Status  # noqa: E402
from bili_common.cli.actions.comparing import demo_users  # noqa: E402
from bili_common.report import write_report  # noqa: E402
from bili_common.testing import make_record  # noqa: E402
from bili_common.testing.users import make_user  # noqa: E402
from tests.report.demo_days import fetch_two_days  # noqa: E402
from tests.report.devtools import Tab, browser, open_tab  # noqa: E402


MOMENT = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
# Width, colours, language.
LOOKS = {
    "light": (1280, "light", "en"),
    "dark": (1280, "dark", "en"),
    "chinese": (1280, "light", "zh-Hans"),
    "phone": (375, "light", "zh-Hans"),
}
HEIGHT = 900
DOCS = ROOT / "docs" / "_static" / "report.png"
DOCS_SIZE = (1280, 1900)


def many(users: int) -> Comparison:
    """Return the lists of many users who were never asked for."""
    records: dict[int, Following] = {}
    outcomes: list[Outcome] = []
    for vmid in range(10_000_000, 10_000_000 + users):
        mids = make_user(vmid).mids
        for mid in mids:
            records.setdefault(mid, Following.from_wire(make_record(mid)))
        items = tuple(records[mid] for mid in mids)
        outcomes.append(Outcome(vmid, Status.OK, items, None, None, MOMENT))
    return Comparison(outcomes)


async def reports(folder: Path) -> list[Path]:
    """Write the reports and return their places."""
    vmids, labels = demo_users()
    crowd = list(range(3_900_020_000, 3_900_020_276))
    sizes = {8: vmids[:8], 28: vmids, 300: [*vmids[:24], *crowd]}
    places: list[Path] = []
    for size, users in sizes.items():
        store = folder / f"{size}.sqlite"
        store.unlink(missing_ok=True)
        await fetch_two_days(store, users)
        async with RunStore(store) as opened:
            named = {vmid: labels[vmid] for vmid in users if vmid in labels}
            await opened.set_labels(named, account="default")
            with await opened.comparison() as comparison:
                write_report(comparison, folder / f"{size}.html")
        places.append(folder / f"{size}.html")
    write_report(many(5000), folder / "5000.html")
    return [*places, folder / "5000.html"]


async def draw(tab: Tab, page: Path, folder: Path) -> None:
    """Draw *page* in all its looks, and as it is printed."""
    await tab.show(page.as_uri())
    for name, (width, scheme, language) in LOOKS.items():
        await tab.resize(width, HEIGHT)
        await tab.scheme(scheme)
        await tab.run(f"document.querySelector('[data-language=\"{language}\"]').click()")
        await tab.settle()
        picture = folder / f"{page.stem}.{name}.png"
        picture.write_bytes(await tab.screenshot())
    (folder / f"{page.stem}.pdf").write_bytes(await tab.pdf())


async def draw_for_docs(tab: Tab, page: Path) -> None:
    """Draw the head of *page* for the documentation."""
    await tab.show(page.as_uri())
    await tab.resize(*DOCS_SIZE)
    await tab.scheme("light")
    DOCS.write_bytes(await tab.screenshot(whole=False))


async def main(folder: Path) -> None:
    """Write and draw all."""
    pages = await reports(folder)
    for page in pages:
        print(f"{page.name}: {page.stat().st_size / 2**20:.3f} MiB")
    with browser() as port:
        for page in pages:
            async with open_tab(port, patience=300) as tab:
                await draw(tab, page, folder)
        async with open_tab(port) as tab:
            await draw_for_docs(tab, folder / "28.html")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
