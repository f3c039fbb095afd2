"""Start-up: what imports cost beside aiohttp's, and the command beside an empty program."""

from __future__ import annotations

import resource
import subprocess
import sys

from collections.abc import Iterator

from .measure import Spread, interleave, ratios
from .table import Row


IMPORTS = {
    "import bili_common": 0.1,
    "from bili_common import Client": 1.2,
}
# tenacity loads tornado wherever it is installed, which the extra for Dask does.
ALONE = "from bili_common import Client, no tornado"
COMMANDS = {"--help": 9.5, "--version": None}


def rows(rounds: int) -> Iterator[Row]:
    """Yield a row for each import and each command."""
    statements = [*IMPORTS, "import aiohttp"]
    works = {it: lambda it=it: _import(it) for it in statements}
    works[ALONE] = lambda: _import("from bili_common import Client", "tornado")
    took = interleave(works, max(rounds, 7))
    for statement, budget in {**IMPORTS, ALONE: 1.2}.items():
        yield _row(took, statement, "import aiohttp", budget)

    programs = {
        **{f"bili-common {it}": ["-m", "bili_common", it] for it in COMMANDS},
        "python -c pass": ["-c", "pass"],
    }
    took = interleave({name: lambda it=it: _run(it) for name, it in programs.items()}, rounds)
    for option, budget in COMMANDS.items():
        yield _row(took, f"bili-common {option}", "python -c pass", budget)


def _row(took: dict[str, list[float]], ours: str, other: str, budget: float | None) -> Row:
    figures = [f"{Spread.of(took[it]).median * 1e3:.1f} ms" for it in (ours, other)]
    ratio = ratios(took[ours], took[other])
    return Row(f"{ours} / {other}", *figures, ratio, budget, group="start")


def _import(statement: str, *missing: str) -> float:
    """Return the CPU seconds of an import where the packages *missing* are not installed."""
    code = f"""if True:
        import sys, time
        sys.modules.update(dict.fromkeys({missing!r}))
        began = time.process_time()
        {statement}
        print(time.process_time() - began)
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


def _run(arguments: list[str]) -> float:
    """Return the CPU seconds of a whole process, from its start to its end."""
    before = _of_children()
    subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL
    )
    return _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
