"""Photograph _static/report.png, the report of the demo world: `python docs/report.py`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile

from pathlib import Path

from bili_common import Client, Credential, RunStore
from bili_common.testing import (
    DEMO_CIRCLES,
    DEMO_LABELS,
    DEMO_VMIDS,
    FakeBilibili,
    InstantClock,
)


PICTURE = Path(__file__).parent / "_static" / "report.png"
VMIDS = [vmid for circle in DEMO_CIRCLES.values() for vmid in circle]
VMIDS += [DEMO_VMIDS[name] for name in ("demo", "private", "gone")]
# It needs fonts for Chinese too.
CHROMIUM = ("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")


async def fetch(path: Path) -> None:
    """Fetch all lists into a store, and name the users."""
    clock = InstantClock(epoch=1_700_000_000)
    async with (
        FakeBilibili(clock=clock) as fake,
        Client(Credential(sessdata="any"), base_url=fake.base_url, clock=clock) as client,
    ):
        await client.compare_same_followings(VMIDS, store=path).collect()
    async with RunStore(path) as store:
        await store.set_labels(DEMO_LABELS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        store, page = Path(folder, "run.sqlite"), Path(folder, "report.html")
        asyncio.run(fetch(store))
        command = [sys.executable, "-m", "bili_common", "report", store, "-o", page]
        subprocess.run([*map(str, command)], check=True)  # noqa: S603 - our own command
        size = ("--window-size=1280,1900", f"--screenshot={PICTURE}")
        subprocess.run([*CHROMIUM, *size, page.as_uri()], check=True)  # noqa: S603 - as above
