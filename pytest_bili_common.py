"""
The pytest plugin of bili_common: the fixtures ``fake_bilibili`` and ``instant_clock``.

It stands beside the package, not in it: pytest loads it at every start, also for
projects that only happen to have bili_common installed, and the package brings an
HTTP client with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest


__all__ = ["fake_bilibili", "instant_clock"]


@pytest.fixture
def instant_clock() -> Any:
    """Return an `InstantClock` of its own for each test: its sleeps take no time."""
    from bili_common.testing import InstantClock  # noqa: PLC0415 - see above

    return InstantClock()


async def _run(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """
    Run a `FakeBilibili` on loopback for one test.

    Its time is that of `instant_clock`, if the test or another fixture asks for one.
    """
    from bili_common.testing import FakeBilibili  # noqa: PLC0415 - see above

    is_instant = "instant_clock" in request.fixturenames
    clock = request.getfixturevalue("instant_clock") if is_instant else None
    async with FakeBilibili(clock=clock) as fake:
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
