"""What the tests of the pages share: an account in the environment, and a server behind it."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from bili_common.testing import FakeBilibili


@pytest.fixture
def loopback():
    """Run a fake server in a thread, for programs that bring their own loop or process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    fake = FakeBilibili()
    try:
        asyncio.run_coroutine_threadsafe(fake.start(), loop).result(10)
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def account(loopback, monkeypatch, tmp_path):
    """Set the environment of a logged-in user whose Bilibili is the fake one."""
    monkeypatch.setenv("BILI_SESSDATA", "synthetic")
    monkeypatch.setenv("BILI_BASE_URL", loopback.base_url)
    for name in ("BILI_ACCESS_KEY", "BILI_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    # A page may set the logger up as a program does.
    logger = logging.getLogger("bili_common")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "level", logger.level)
    return loopback
