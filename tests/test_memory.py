"""However much a server sends, a client holds little of it."""

from __future__ import annotations

import asyncio

import pytest

from bili_common._transport.body import MAX_BODY

from .checkout import ROOT, program
from .faults.catalogue import bomb, brotli_bomb, gzip_bomb
from .faults.figures import show
from .faults.servers import Stage, hangs, http, repeats, says


pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("alone")]


LIMIT = MAX_BODY + 16 * 2**20
LARGE = 300 * 2**20

SPACES = b" " * 2**16
LARGE_ANSWERS = {
    "a gzip bomb of 300 MiB": bomb(lambda: gzip_bomb(LARGE), "gzip"),
    "a brotli bomb of 300 MiB": bomb(lambda: brotli_bomb(LARGE), "br"),
    "a body without end": repeats(http(length=None), SPACES),
    "a chunked body without end": repeats(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n%s\r\n" % SPACES
    ),
    "a length of 300 MiB": hangs(lambda _: http(b"{" + b" " * (16 * 2**20), length=LARGE)),
    "a body right below the limit": says(lambda raw: http(raw.ljust(MAX_BODY))),
}


async def _growth(answer) -> tuple[int, str]:
    """Return by how many bytes *answer* raised a client's peak, and what its error said."""
    async with Stage(answer) as stage:
        child = await asyncio.create_subprocess_exec(
            *program("tests.faults.hungry", f"http://127.0.0.1:{stage.port}"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, _ = await child.communicate()
        assert child.returncode == 0
        assert stage.asked == {1: 1, 2: 1}
    grown, _, words = out.decode().strip().partition(" ")
    return int(grown), words


@pytest.mark.parametrize("answer", LARGE_ANSWERS)
async def test_peak_memory_stays_low(answer):
    """A large answer costs less than its limit of 8 MiB and 16 MiB more."""
    grown, words = await _growth(LARGE_ANSWERS[answer])
    show(f"peak memory, {answer}: +{grown / 2**20:.1f} MiB")
    if "right below" in answer:
        assert words == "no error"
    else:
        assert f"more than {MAX_BODY} bytes" in words
    assert grown < LIMIT


async def test_peak_memory_of_the_worst_that_is_parsed():
    """What is below the limit is parsed: 8 MB of zeros become a list, and no more than that."""
    body = b'{"code":0,"data":[' + b"0," * 4_000_000 + b"0]}"
    grown, words = await _growth(says(http(body)))
    show(f"peak memory, a list of 4 million zeros: +{grown / 2**20:.1f} MiB")
    assert "$.data" in words
    assert grown < 160 * 2**20
