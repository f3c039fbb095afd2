"""Imports: what `import bili_common` costs beside `import aiohttp`."""

from __future__ import annotations

import subprocess
import sys

from collections.abc import Iterator

from .measure import Spread, interleave, ratios
from .table import Row


def rows(rounds: int) -> Iterator[Row]:
    """Yield the row of the import."""
    names = ("bili_common", "aiohttp")
    measured = interleave(
        {name: lambda name=name: _import(name) for name in names}, max(rounds, 7)
    )
    ours, theirs = measured["bili_common"], measured["aiohttp"]
    figures = [f"{Spread.of(values).median * 1e3:.0f} ms" for values in (ours, theirs)]
    yield Row("import bili_common / import aiohttp", *figures, ratios(ours, theirs), 1.3)


def _import(name: str) -> float:
    """Return the CPU seconds of an import in a fresh interpreter."""
    code = f"""if True:
        import time
        began = time.process_time()
        import {name}
        print(time.process_time() - began)
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)
