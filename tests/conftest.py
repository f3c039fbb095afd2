"""
What every test is held to, and the settings that they share.

An async test fails when it leaves a task pending, a session or connector open, or an exception
that nobody retrieved. pytest's own `filterwarnings = error` sees none of the tasks.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import logging
import os

from collections import defaultdict
from unittest.mock import Mock

import aiohttp
import aioresponses.core
import pytest
import pytest_asyncio

from hypothesis import settings

from .few import spread


settings.register_profile("ci", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("dev", deadline=None)
# The quick round looks for what any few examples show.
settings.register_profile("quick", deadline=None, max_examples=12)
settings.load_profile("ci" if "CI" in os.environ else "dev")


def _mend_aioresponses() -> None:
    """Give the responses that aioresponses makes up the argument that aiohttp 3.14 added."""
    parameter = inspect.signature(aiohttp.ClientResponse).parameters.get("stream_writer")
    known = "stream_writer" in inspect.getsource(aioresponses.core)
    if parameter is None or parameter.default is not parameter.empty or known:
        return

    class Response(aiohttp.ClientResponse):
        __init__ = functools.partialmethod(
            aiohttp.ClientResponse.__init__, stream_writer=Mock(output_size=0)
        )

    aioresponses.core.ClientResponse = Response


_mend_aioresponses()


class _Records(logging.Handler):
    """Keeps what the `asyncio` logger says at ERROR, which is where lost exceptions end."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--few", action="store_true", help="of each table of cases take a few")


def pytest_configure(config: pytest.Config) -> None:
    is_quick = config.getoption("markexpr") == "not slow"
    profile = os.environ.get("HYPOTHESIS_PROFILE", "quick" if is_quick else "")
    if profile:
        settings.load_profile(profile)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("few"):
        return

    tables = defaultdict(list)
    for item in items:
        tables[item.nodeid.partition("[")[0]].append(item)
    few = {item for table in tables.values() for item in spread(table)}
    config.hook.pytest_deselected(items=[item for item in items if item not in few])
    items[:] = [item for item in items if item in few]


def pytest_collection_finish() -> None:
    _collect()


def _collect() -> None:
    gc.collect()
    # What is left lives on. Looked at each time, it would make a collection after each async
    # test take some fifty milliseconds instead of one.
    gc.freeze()


@pytest.fixture(autouse=True)
def asyncio_errors(request):
    """
    Fail on ERROR records of the `asyncio` logger.

    A test that provokes one on purpose asks for this fixture, looks at the list and clears it.
    """
    handler = _Records()
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    is_async = pytest_asyncio.is_async_test(request.node)
    try:
        if is_async:
            request.getfixturevalue("_no_task_left")
        yield handler.records
        if is_async:
            # Lost tasks, sessions and connectors speak up only when they are collected.
            _collect()
    finally:
        logger.removeHandler(handler)
    assert not handler.records, _as_text(handler.records)


def _as_text(records: list[logging.LogRecord]) -> str:
    return "\n".join(logging.Formatter().format(record) for record in records)


@pytest.fixture
async def _no_task_left():
    """Fail on tasks that outlive an async test and all its other fixtures."""
    yield
    # A closed transport needs a few turns of the loop to end its tasks.
    for _ in range(3):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks left pending: {sorted(map(repr, left))}"
