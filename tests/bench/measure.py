"""Measures: process CPU time in interleaved rounds, resident memory, and the machine."""

from __future__ import annotations

import asyncio
import compileall
import gc
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import time

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs


MIB = 2**20


@attrs.frozen
class Spread:
    """The median of some rounds, with the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return the spread of *values*."""
        return cls(statistics.median(values), min(values), max(values))


def cpu(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of this process, user and system, that *work* takes."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def cpu_of_loop(walk: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    """Return the CPU seconds of *walk*, without those of making the event loop."""

    async def timed() -> float:
        gc.collect()
        began = time.process_time()
        await walk()
        return time.process_time() - began

    return asyncio.run(timed())


def interleave(works: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """
    Return for each of *works* what it measured in each round.

    All take turns in every round, so that a change of the machine's mood meets all of them.
    """
    for work in works.values():
        work()
    # What was imported so far is no garbage: it is not to be looked through in each round.
    gc.collect()
    gc.freeze()
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            measured[name].append(work())
    gc.unfreeze()
    return measured


def ratios(ours: list[float], others: list[float]) -> Spread:
    """Return the spread of the ratios, round by round."""
    return Spread.of([mine / other for mine, other in zip(ours, others, strict=True)])


def resident() -> int:
    """Return the bytes of memory that this process has now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


PACKAGES = (
    *("bili-common", "aiohttp", "orjson", "cattrs", "attrs", "tenacity"),
    *("bilibili-api-python", "msgspec", "pydantic", "cozepy", "openai"),
)


def machine(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Return what the figures depend on: the date, the CPU, the versions of *packages*."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpu": f"{_cpu_name()}, {os.cpu_count()} cores",
        # Above the number of cores, wall-clock rows say more of the load than of the code.
        "load": f"{os.getloadavg()[0]:.1f} before the run",
        "system": f"{platform.system()} {platform.machine()}",
        "byte code": _byte_code(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: _version(name) for name in packages},
    }


def _byte_code() -> str:
    """
    Compile the package, so that imports find files of this very source.

    A checkout whose files are old compiles at each import, where an installed package
    does not.
    """
    spec = importlib.util.find_spec("bili_common")
    assert spec is not None
    assert spec.origin is not None
    done = compileall.compile_dir(Path(spec.origin).parent, quiet=1)
    return "present" if done else "absent"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
