"""Forks and second openings: one file, whoever opens and closes it in which order."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from itertools import pairwise

import pytest


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# Begins each program: `count(store)` adds one to what all processes count together.
BEGIN = """if True:
    import asyncio, attrs, json, os, sys, time
    from bili_common.pace import FilePace, PaceState
    from bili_common.pace._settings import PaceSettings
    from bili_common.pace._shared import SharedPace
    from bili_common._util.clock import SystemClock

    def add_one(state, now):
        state = state or PaceState()
        return attrs.evolve(state, tickets=state.tickets + 1), state.tickets + 1

    def count(store):
        return asyncio.run(store.change("a", add_one))

    def elsewhere():
        # In a program of its own, which knows nothing of this one.
        import subprocess
        code = sys.argv[2] + "    print(count(FilePace(sys.argv[1])))"
        words = [sys.executable, "-c", code, *sys.argv[1:]]
        return int(subprocess.run(words, capture_output=True, check=True).stdout)

    seen = []
    store = FilePace(sys.argv[1], busy_timeout=30)
"""


def run(code, path):
    """Return what the program prints, which ends by what it has seen."""
    program = f"{BEGIN}{code}\n    print(json.dumps(seen))"
    words = [sys.executable, "-W", "ignore", "-c", program, str(path), BEGIN]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - the text above
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("own", ["store", "FilePace(sys.argv[1])"])
def test_a_fork_shares_the_file_with_all(tmp_path, own):
    """
    What a forked child counts is seen by all, also after its parent closed the file.

    By the store that it inherited, and by one of its own beside that.
    """
    code = """
    seen.append(count(store))
    (told, tell), (done, end) = os.pipe(), os.pipe()
    if not os.fork():
        own = OWN
        mine = [count(own)]
        os.read(told, 1)
        mine += [count(own), elsewhere()]
        os.write(end, json.dumps(mine).encode())
        os._exit(0)
    asyncio.run(store.aclose())
    os.write(tell, b"x")
    seen += json.loads(os.read(done, 100))
    seen.append(count(store))
"""
    assert run(code.replace("OWN", own), tmp_path / "pace.sqlite") == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_second_opening_leaves_the_first_one_whole(tmp_path):
    """Two stores of one process on one file: another process that comes and goes is seen."""
    code = """
    other = FilePace(sys.argv[1])
    other.check()
    seen += [count(store), count(other)]
    seen += [elsewhere(), count(store), count(other), elsewhere()]
"""
    assert run(code, tmp_path / "pace.sqlite") == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_a_fork_waits_for_the_change_under_way(tmp_path):
    """Forked again and again while a thread changes the state: nothing is lost or stuck."""
    code = """
    import threading

    async def count_many(store, times):
        for _ in range(times):
            await store.change("a", add_one)

    def in_thread():
        asyncio.run(count_many(store, 400))

    thread = threading.Thread(target=in_thread)
    thread.start()
    for _ in range(15):
        if not os.fork():
            asyncio.run(count_many(store, 10))
            os._exit(0)
        time.sleep(0.01)
    thread.join()
    seen += [os.wait()[1] for _ in range(15)]
    seen.append(count(store))
"""
    assert run(code, tmp_path / "pace.sqlite") == [0] * 15 + [400 + 150 + 1]


@pytest.mark.slow
def test_a_pace_goes_on_in_parent_and_child(tmp_path):
    """A pace that was in use before the fork is one pace for both after it."""
    code = """
    settings = PaceSettings(interval=20_000)
    pace = SharedPace(store, settings, SystemClock(), name="main")

    async def take(turns):
        times = []
        for _ in range(turns):
            grant = await pace.acquire()
            times.append(grant.now)
            await pace.settle(grant, None)
        return times

    seen += asyncio.run(take(5))
    done, end = os.pipe()
    if not os.fork():
        os.write(end, json.dumps(asyncio.run(take(20))).encode())
        os._exit(0)
    seen += asyncio.run(take(20))
    os.close(end)
    seen += json.loads(os.fdopen(done).read())
"""
    times = sorted(run(code, tmp_path / "pace.sqlite"))
    assert len(times) == 45
    # The loop's timer may wake one of them 2 ms late, and the next one in time.
    assert min(later - at for at, later in pairwise(times)) >= 18_000


@pytest.mark.slow
@pytest.mark.xdist_group("alone")
def test_twenty_processes_open_a_new_file_at_once(tmp_path):
    """Whoever comes first makes the file; nobody fails, and nobody is lost count of."""
    code = """
    for number in range(3):
        path = f"{sys.argv[1]}-{number}"
        (start, begin), (done, end) = os.pipe(), os.pipe()
        for _ in range(20):
            if not os.fork():
                os.close(begin)
                os.read(start, 1)
                try:
                    told = str(count(FilePace(path)))
                except BaseException as exc:
                    told = repr(exc)
                os.write(end, f"{told}\\n".encode())
                os._exit(0)
        os.close(begin)
        os.close(end)
        seen.append(os.fdopen(done).read().split("\\n"))
        for _ in range(20):
            os.wait()
"""
    for counts in run(code, tmp_path / "pace.sqlite"):
        assert sorted(counts) == sorted(["", *map(str, range(1, 21))])
