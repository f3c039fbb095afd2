"""
Draw the built pages, print their sizes, and look for what does not fit a phone.

``python tools/page_pictures.py FOLDER`` after ``nox -s docs``; it needs Chromium.
"""

from __future__ import annotations

import asyncio
import sys

from pathlib import Path


ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.report.devtools import Tab, browser, open_tab  # noqa: E402


BUILT = ROOT / "docs" / "_build" / "html"
NOT_WRITTEN = {"genindex.html", "py-modindex.html", "search.html"}
LOOKS = {
    "light": (1280, "light"),
    "dark": (1280, "dark"),
    "phone": (375, "light"),
    "phone-dark": (375, "dark"),
}
HEIGHT = 900
# The largest page of the reference; the pictures come beside.
MOST_KIB = 200


async def draw(tab: Tab, page: Path, folder: Path) -> list[str]:
    """Draw *page* in all its looks, and return what is wrong with it."""
    name = page.relative_to(BUILT).with_suffix("").as_posix().replace("/", "-")
    faults: list[str] = []
    await tab.show(page.as_uri())
    for look, (width, scheme) in LOOKS.items():
        await tab.resize(width, HEIGHT)
        await tab.scheme(scheme)
        (folder / f"{name}.{look}.png").write_bytes(await tab.screenshot(whole=False))
        if (needed := await tab.run("document.documentElement.scrollWidth")) > width:
            faults.append(f"{name} needs {needed} pixels of {width}")
    if await tab.run(
        "document.querySelectorAll('.highlight pre').length"
        " != document.querySelectorAll('button.copybtn').length"
    ):
        faults.append(f"{name} has a block without a copy button")
    faults += [f"{name}: {complaint}" for complaint in tab.complaints]
    faults += [f"{name} asks for {url}" for url in tab.requests if url.startswith("http")]
    return faults


def find_pages() -> list[Path]:
    """Return the pages, the largest first."""
    pages = [page for page in BUILT.rglob("*.html") if page.name not in NOT_WRITTEN]
    return sorted(pages, key=lambda page: -page.stat().st_size)


async def main(folder: Path) -> None:
    faults: list[str] = []
    with browser() as port:
        for page in find_pages():
            size = page.stat().st_size / 1024
            print(f"{size:6.0f} KiB  {page.relative_to(BUILT)}")
            if size > MOST_KIB:
                faults.append(f"{page.name} is of {size:.0f} KiB")
            async with open_tab(port) as tab:
                faults += await draw(tab, page, folder)
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    pictures = Path(sys.argv[1])
    pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(pictures))
