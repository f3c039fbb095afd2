"""
The pytest plugin: the fixtures ``fake_bilibili`` and ``instant_clock``.

It is loaded at every start of pytest, so it loads next to nothing itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from .. import testing
from .clock import InstantClock


__all__ = ["fake_bilibili", "instant_clock"]


@pytest.fixture
def instant_clock() -> InstantClock:
    """Return a clock of its own for each test, whose sleeps take no time."""
    return InstantClock()


async def _run() -> AsyncIterator[testing.FakeBilibili]:
    """Run a fake server on loopback for one test."""
    async with testing.FakeBilibili() as fake:
        yield fake


def _explain() -> None:  # pragma: no cover - tested in a process of its own
    """Say what the fixture cannot do without."""
    pytest.fail("the fixture fake_bilibili needs pytest-asyncio: pip install pytest-asyncio")


fake_bilibili: Any
try:
    import pytest_asyncio
except ModuleNotFoundError:  # pragma: no cover - as above
    fake_bilibili = pytest.fixture(name="fake_bilibili")(_explain)
else:
    # Its own decorator makes the fixture work in strict and in auto mode.
    fake_bilibili = pytest_asyncio.fixture(name="fake_bilibili")(_run)
