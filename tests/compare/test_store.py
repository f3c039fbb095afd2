"""The store: what a file keeps, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sqlite3
import threading

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    BiliCommonError,
    BudgetSpentError,
    ComparisonRun,
    Cursor,
    Following,
    IncompleteWalkError,
    NotLoggedInError,
    Outcome,
    PrivacyError,
    RequestTimeoutError,
    ResponseError,
    RunStore,
    RunSummary,
    SchemaError,
    ServerError,
    Status,
    StopReason,
    StoreError,
    ThrottledError,
    UsageError,
    WalkReport,
)
from bili_common.testing import FakeBilibili, make_record

from ..checkout import ROOT, program, unmeasured
from .runs import (
    CANARY,
    asked,
    contents,
    is_sound,
    make_client,
    mids_of,
    one_each,
    page_of,
    rows,
    walks,
)


CHILD = "tests.compare.store_child"

REPORT = WalkReport(
    complete=False,
    stop_reason=StopReason.EMPTY_PAGE,
    yielded=2,
    duplicates=1,
    bad_records=0,
    requests=3,
    total_first=9,
    total_last=8,
    cursor=Cursor(vmid=7, pn=2, index=1, seen=2, total=9),
)


def outcome_of(vmid, status=Status.OK, items=(), *, error=None, report=REPORT):
    at = datetime(2026, 5, 4, 3, 2, 1, 987654, UTC)
    return Outcome(vmid, status, tuple(items), report, error, at)


async def stored(path, *outcomes, account="default"):
    """Write *outcomes* as a run would, and return what a store reads."""
    async with RunStore(path) as store:
        async with store.repository(account) as repository:
            for outcome in outcomes:
                await repository.write(outcome)
        return [outcome async for outcome in store.outcomes(account=account)]


@asynccontextmanager
async def held_up(store, repository, *outcomes):
    """Write *outcomes* while the thread of *store* does something else; yield the tasks."""
    is_free = threading.Event()
    other = asyncio.create_task(store._thread.do(lambda _: is_free.wait()))
    await asyncio.sleep(0)
    tasks = [asyncio.create_task(repository.write(outcome)) for outcome in outcomes]
    await asyncio.sleep(0)
    try:
        yield tasks
    finally:
        is_free.set()
        await other


def change(path, statement):
    """Change a store beside the library."""
    file = sqlite3.connect(path)
    with file:
        file.execute(statement)
    file.close()


async def run_into(path, vmids, fetch=one_each, **options):
    async with ComparisonRun(walks(fetch), vmids, store=path, **options) as run:
        return [outcome.vmid async for outcome in run]


async def start_child(fake, path, first, last, **environment):
    return await asyncio.create_subprocess_exec(
        *program(CHILD, fake.base_url, path, first, last),
        cwd=ROOT,
        env={**unmeasured(), **environment},
        stdout=asyncio.subprocess.PIPE,
    )


async def child_says(child):
    """Return what the child says at its end."""
    out, _ = await child.communicate()
    assert child.returncode == 0
    return json.loads(out.splitlines()[-1])


@pytest.fixture
async def fake():
    async with FakeBilibili() as fake:
        yield fake


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.sqlite"


# --- what is kept


async def test_outcome_comes_back_as_it_was(path):
    """Records, report, error and time of an outcome are the same after the store."""
    items = [Following.from_wire(make_record(mid)) for mid in (5, 3, 4)]
    error = IncompleteWalkError("broke off", report=REPORT, cursor=REPORT.cursor)
    outcome = outcome_of(7, Status.INCOMPLETE, items, error=error)

    (read,) = await stored(path, outcome)

    assert mids_of(read) == [5, 3, 4]
    assert items == list(read.items)
    assert outcome.report == read.report
    assert outcome.fetched_at == read.fetched_at
    assert read.error.report == REPORT
    assert REPORT.cursor == read.error.cursor


@pytest.mark.parametrize(
    "error",
    [
        PrivacyError("hidden", code=22115, message="用户已设置隐私", http_status=200),
        ThrottledError("slowly", code=-799, message="-799", retry_after=2.5),
        ResponseError("html", http_status=404, body=b"<html>canary</html>"),
        SchemaError("odd", paths=("$.data.list[3].mid", "$.data.total"), http_status=200),
        ServerError("down", http_status=502),
        RequestTimeoutError("too slow"),
        BudgetSpentError("spent", budget=5),
        BiliCommonError("any"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_error_comes_back_as_its_class(path, error):
    """An error is restored with its class, text and facts, but without the body."""
    error.add_note("a note")
    error.pn = 2

    (read,) = await stored(path, outcome_of(7, Status.FAILED, error=error))

    assert type(error) is type(read.error)
    assert str(error) == str(read.error)
    facts = {**vars(error), "vmid": 7, "cursor": REPORT.cursor}
    facts.pop("__notes__")
    if "body" in facts:
        facts["body"] = b""
    assert facts == vars(read.error)
    assert str(error) == str(pickle.loads(pickle.dumps(read.error)))  # noqa: S301 - our own
    assert b"canary" not in path.read_bytes()


async def test_error_of_a_later_version_is_still_one(path):
    """A class that this version does not know becomes the base class."""

    class LaterError(BiliCommonError):
        """One that a later version knows."""

    await stored(path, outcome_of(7, Status.FAILED, error=LaterError("later")))

    async with RunStore(path) as store:
        (read,) = [outcome async for outcome in store.outcomes()]

    assert type(read.error) is BiliCommonError
    assert str(read.error) == "later"


async def test_outcome_without_a_report_is_kept(path):
    """An outcome of a user who was never walked has no report."""
    error = ServerError("down")

    (read,) = await stored(path, outcome_of(7, Status.FAILED, error=error, report=None))

    assert read.report is None
    assert read.error.cursor is None


wire_objects = st.fixed_dictionaries(
    {"mid": st.integers(1, 2**63 - 1)},
    optional={
        "attribute": st.integers(-(2**70), 2**70),
        "uname": st.text() | st.just("\ud800"),
        "sign": st.text(),
        "tag": st.none() | st.lists(st.integers(), min_size=1, max_size=3),
        "new_key": st.none() | st.booleans() | st.integers() | st.text(),
    },
)


@pytest.mark.slow
@given(objects=st.lists(wire_objects, max_size=5, unique_by=lambda obj: obj["mid"]))
def test_any_record_survives(tmp_path_factory, objects):
    """Whatever the server may send in a record comes back from the file."""
    items = [Following.from_wire(obj) for obj in objects]
    path = tmp_path_factory.mktemp("any") / "run.sqlite"

    (read,) = asyncio.run(stored(path, outcome_of(7, items=items)))

    assert items == list(read.items)


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_outcomes_that_come_together_are_written_together(path, is_cancelled):
    """What waits for the file is written with all others that do, also if nobody waits."""
    old, new = (Following(mid=5, uname=name) for name in ("old", "new"))
    lists = {1: [old, Following(mid=6)], 2: [new], 3: [new, new], 4: []}
    async with RunStore(path) as store, store.repository("default") as repository:
        writes = held_up(store, repository, *(outcome_of(v, items=lists[v]) for v in lists))
        async with writes as tasks:
            if is_cancelled:
                tasks[0].cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        read = [outcome async for outcome in store.outcomes()]

    assert is_cancelled == isinstance(told.pop(0), asyncio.CancelledError)
    assert told == [None] * 3
    assert [mids_of(outcome) for outcome in read] == [[5, 6], [5], [5], []]
    assert {"new"} == {
        item.uname for outcome in read for item in outcome.items if item.mid == 5
    }


async def test_outcomes_that_come_together_are_one_transaction(path):
    """Where one of them cannot be written, none is, and each is told so."""
    await stored(path, outcome_of(1))
    change(
        path,
        "CREATE TRIGGER refuse BEFORE INSERT ON outcomes WHEN NEW.vmid = 3"
        " BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )

    async with RunStore(path) as store, store.repository("default") as repository:
        writes = held_up(store, repository, *map(outcome_of, (2, 3, 4)))
        async with writes as tasks:
            pass
        told = await asyncio.gather(*tasks, return_exceptions=True)
        await repository.write(outcome_of(5))

    assert [StoreError] * 3 == [*map(type, told)]
    assert rows(path, "SELECT vmid FROM outcomes ORDER BY vmid") == [(1,), (5,)]


async def test_newest_record_wins(path):
    """A user's record is the one that was read last, in every list."""
    old, new = (Following(mid=5, uname=name) for name in ("old", "new"))
    other = Following(mid=6)

    read = await stored(path, outcome_of(1, items=[old, other]), outcome_of(2, items=[new]))

    assert [[new, other], [new]] == [list(outcome.items) for outcome in read]


async def test_record_that_changed_back_is_written(path):
    """A record that another process wrote meanwhile does not stay."""
    old, new = (Following(mid=5, uname=name) for name in ("old", "new"))
    async with RunStore(path) as one, RunStore(path) as two:
        for store, vmid, item in ((one, 1, old), (two, 2, new), (one, 3, old)):
            async with store.repository("default") as repository:
                await repository.write(outcome_of(vmid, items=[item]))
        read = [outcome async for outcome in one.outcomes()]

    assert {"old"} == {outcome.items[0].uname for outcome in read}


@pytest.mark.parametrize(
    ("before", "after", "is_replaced"),
    [
        (Status.OK, Status.FAILED, False),
        (Status.OK, Status.INCOMPLETE, False),
        (Status.OK, Status.PRIVATE, True),
        (Status.OK, Status.OK, True),
        (Status.INCOMPLETE, Status.FAILED, False),
        (Status.INCOMPLETE, Status.INCOMPLETE, True),
        (Status.INCOMPLETE, Status.OK, True),
        (Status.PRIVATE, Status.FAILED, False),
        (Status.PRIVATE, Status.INCOMPLETE, True),
        (Status.NOT_FOUND, Status.FAILED, False),
        (Status.FAILED, Status.FAILED, True),
        (Status.FAILED, Status.INCOMPLETE, True),
    ],
)
async def test_failure_replaces_nothing_known(path, before, after, is_replaced):
    """FAILED replaces only FAILED, and a part of a list never the whole."""
    first = outcome_of(7, before, [Following(mid=1), Following(mid=2)])
    second = outcome_of(7, after, [Following(mid=3)])

    (read,) = await stored(path, first, second)

    assert (second if is_replaced else first) == read


async def test_outcome_is_written_whole_or_not_at_all(path):
    """What cannot be written entirely leaves everything as it was, also in memory."""
    before = outcome_of(7, items=[Following(mid=1, uname="before")])
    after = outcome_of(7, items=[Following(mid=1, uname="after"), Following(mid=2)])
    async with RunStore(path) as store:
        async with store.repository("default") as repository:
            await repository.write(before)
            change(
                path,
                "CREATE TRIGGER no BEFORE INSERT ON outcomes BEGIN SELECT RAISE(FAIL, ''); END",
            )
            with pytest.raises(StoreError):
                await repository.write(after)
            assert [before] == [outcome async for outcome in store.outcomes()]
            change(path, "DROP TRIGGER no")
            await repository.write(after)
        assert [after] == [outcome async for outcome in store.outcomes()]


async def test_long_lists_are_kept(path):
    """Lists with more records than are remembered come back whole, in their order."""
    items = [Following(mid=mid) for mid in range(1, 3001)]
    outcomes = [outcome_of(1, items=items), outcome_of(2, items=items[::-1])]

    assert outcomes == await stored(path, *outcomes)


async def test_outcomes_are_read_in_order_and_batches(path):
    """Many outcomes come in the order of their vmids, each once."""
    vmids = [(k * 7919) % 1009 + 1 for k in range(500)]

    read = await stored(path, *(outcome_of(vmid) for vmid in vmids))

    assert sorted(vmids) == [outcome.vmid for outcome in read]


async def test_store_holds_no_secret(fake, path):
    """The credential is in none of the store's files, whatever happened."""
    fake.add_user(2, private=True)
    fake.fail(None, vmid=3, how="html")
    async with (
        make_client(fake) as client,
        client.compare_same_followings(range(1, 10), store=path) as run,
    ):
        assert len([outcome async for outcome in run]) == 9
        # The log that is written ahead holds what the file does not have yet.
        files = list(path.parent.iterdir())
        assert len(files) > 2
        for file in files:
            assert CANARY.encode() not in file.read_bytes()
            assert b"SESSDATA" not in file.read_bytes()
    assert CANARY.encode() not in path.read_bytes()


async def test_store_is_one_file_afterwards(path):
    """Nothing but the store and its empty lock stays, and only their owner reads them."""
    await run_into(path, [1, 2])

    lock = path.with_name("run.sqlite-lock")
    assert {path, lock} == set(path.parent.iterdir())
    assert lock.stat().st_size == 0
    assert {file.stat().st_mode & 0o777 for file in (path, lock)} == {0o600}


async def test_writes_are_not_made_by_the_loop(path):
    """The file is used by one thread, which is not the loop's, and ends with the store."""
    before = set(threading.enumerate())
    async with RunStore(path) as store:
        async with store.repository("default") as repository:
            await repository.write(outcome_of(1))
        (own,) = set(threading.enumerate()) - before
        assert "bili_common-store" in own.name
    own.join(timeout=5)
    assert not own.is_alive()


# --- accounts, summary, comparison


async def test_only_account_need_not_be_named(path):
    """Without a name the only account is meant; with several a name is needed."""
    await stored(path, outcome_of(1), account="one")
    async with RunStore(path) as store:
        assert [outcome.vmid async for outcome in store.outcomes()] == [1]

    await stored(path, outcome_of(2), outcome_of(3), account="two")
    async with RunStore(path) as store:
        for ask in (store.summary, store.comparison):
            with pytest.raises(UsageError, match="'one', 'two'"):
                await ask()
        with pytest.raises(UsageError, match="'one', 'two'"):
            await anext(store.outcomes())
        assert (await store.summary(account="two")).done == 2
        assert [outcome.vmid async for outcome in store.outcomes(account="one")] == [1]


async def test_other_account_is_a_store_error(path):
    """Asking for an account that is not there names those that are."""
    await stored(path, outcome_of(1), account="one")
    async with RunStore(path) as store:
        with pytest.raises(StoreError, match="'one', not 'two'"):
            await store.summary(account="two")


async def test_new_store_is_empty(path):
    """A store that nobody wrote to has nothing, for whatever account."""
    async with RunStore(path) as store:
        assert await store.accounts() == []
        assert RunSummary() == await store.summary()
        assert [outcome async for outcome in store.outcomes(account="any")] == []


async def test_summary_counts_by_status(path):
    """The summary of a store counts its users by status."""
    statuses = [Status.OK, Status.OK, Status.PRIVATE, Status.FAILED]
    await stored(path, *(outcome_of(k, status) for k, status in enumerate(statuses, 1)))

    async with RunStore(path) as store:
        summary = await store.summary()

    assert RunSummary(done=4, ok=2, private=1, failed=1) == summary


async def test_comparison_reads_the_store(path):
    """A store's comparison is of all its users."""
    await stored(
        path,
        outcome_of(1, items=[Following(mid=5), Following(mid=6)]),
        outcome_of(2, items=[Following(mid=6)]),
    )

    async with RunStore(path) as store:
        comparison = await store.comparison()

    assert comparison.most_shared(1) == [(6, 2)]
    comparison.close()


# --- files that are no store


def _text(path):
    path.write_text("uid\n" * 1000)


def _short_text(path):
    path.write_text("x")


def _foreign(path):
    change(path, "CREATE TABLE cookies (value TEXT)")


def _marked(pragma):
    def make(path):
        asyncio.run(stored(path, outcome_of(1)))
        change(path, pragma)

    return make


def _damaged(path):
    asyncio.run(stored(path, *(outcome_of(k) for k in range(1, 400))))
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xff" * 3996
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_text, "no store: not an SQLite file"),
        (_short_text, "no store: not an SQLite file"),
        (_foreign, "another program"),
        (_marked("PRAGMA application_id = 5"), "another program"),
        (_marked("PRAGMA user_version = 3"), "schema 3, .* reads schema 2"),
        (_damaged, "damaged"),
        (Path.mkdir, "is a directory"),
    ],
    ids=["text", "short text", "foreign", "application", "version", "damaged", "directory"],
)
def test_what_is_no_store_is_left_alone(path, make, words):
    """A file that is no store of this version is a StoreError, and is not changed."""
    make(path)
    before = None if path.is_dir() else path.read_bytes()

    with pytest.raises(StoreError, match=words) as caught:
        asyncio.run(run_into(path, [1]))

    assert str(path) in str(caught.value)
    assert before == (None if path.is_dir() else path.read_bytes())


async def test_missing_folder_is_told(tmp_path):
    """A store in a folder that is not there is a StoreError that says so."""
    with pytest.raises(StoreError, match="folder does not exist"):
        await run_into(tmp_path / "no" / "run.sqlite", [1])


async def test_store_that_must_exist(path):
    """A store that is only to be read is not made."""
    with pytest.raises(StoreError, match="does not exist"):
        async with RunStore(path, create=False):
            pass
    assert not path.exists()


async def test_empty_file_becomes_a_store(path):
    """An empty file, such as mktemp makes, is nobody's, and is taken."""
    path.touch()

    await run_into(path, [1])

    assert rows(path, "SELECT vmid FROM outcomes") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outcomes SET status = 'maybe'",
        "UPDATE outcomes SET report = 'x'",
        "UPDATE outcomes SET report = '{}'",
        "UPDATE users SET record = '{}'",
        "DROP TABLE users",
    ],
)
async def test_strange_content_is_a_store_error(path, statement):
    """Content that this library never wrote is a StoreError, not a guess."""
    await stored(path, outcome_of(1, items=[Following(mid=1)]))
    change(path, statement)

    async with RunStore(path) as store:
        with pytest.raises(StoreError):
            await anext(store.outcomes())


async def test_impossible_name_is_told(tmp_path):
    """A name that the file system refuses is a StoreError with its reason."""
    with pytest.raises(StoreError, match="cannot be opened"):
        await run_into(tmp_path / ("x" * 300), [1])


@pytest.mark.parametrize("in_the_way", [Path.mkdir, _text], ids=["directory", "text"])
async def test_lock_that_cannot_be_taken_is_told(path, in_the_way):
    """Something in the place of the lock is a StoreError that names it."""
    in_the_way(path.with_name("run.sqlite-lock"))

    with pytest.raises(StoreError, match=r"run\.sqlite-lock"):
        await run_into(path, [1])


@pytest.mark.parametrize(
    "arguments", [{"path": 5}, {"path": ""}, {"path": b"run.sqlite"}, {"path": "run\0sqlite"}]
)
def test_wrong_path_is_told(arguments):
    """A path that names no file is a UsageError."""
    with pytest.raises(UsageError, match="store"):
        RunStore(**arguments)


@pytest.mark.parametrize("seconds", [-1, True, "5", float("inf"), None])
def test_wrong_busy_timeout_is_told(path, seconds):
    """A time that no lock can be waited for is a UsageError."""
    with pytest.raises(UsageError, match="busy_timeout"):
        RunStore(path, busy_timeout=seconds)


async def test_store_shows_its_path(path):
    """A store's repr is its file and whether it is open."""
    store = RunStore(path)
    assert path == store.path
    assert repr(store) == f"<RunStore {str(path)!r} closed>"
    async with store:
        assert repr(store) == f"<RunStore {str(path)!r} open>"


async def test_closed_store_says_how_it_is_used(path):
    """A store is used inside its `async with`, once at a time."""
    store = RunStore(path)
    with pytest.raises(UsageError, match="async with"):
        await store.accounts()
    async with store:
        with pytest.raises(UsageError, match="open already"):
            await store.__aenter__()
    with pytest.raises(UsageError, match="async with"):
        await store.summary()
    async with store:
        assert await store.accounts() == []
    await store.__aexit__(None, None, None)


# --- locked, read-only, full


async def test_locked_store_is_told(path):
    """A lock that another program keeps beyond the timeout ends the run; nothing is lost."""
    await run_into(path, [1, 2])
    other = sqlite3.connect(path, isolation_level=None)

    async def fetch(vmid, pn):
        if vmid == 5 and not other.in_transaction:
            other.execute("BEGIN IMMEDIATE")
        return page_of(vmid)

    told = []

    async def iterate(run):
        async for outcome in run:
            told.append(outcome.vmid)  # noqa: PERF401 - those before the error count

    store = RunStore(path, busy_timeout=0.05)
    run = ComparisonRun(walks(fetch), range(1, 9), store=store, max_concurrency=1)
    async with run:
        with pytest.raises(StoreError, match="locked by another program") as caught:
            await iterate(run)
    assert "after 4 users (2 from the store)" in caught.value.__notes__[-1]
    other.execute("ROLLBACK")
    other.close()

    assert told == [3, 4]
    assert rows(path, "SELECT vmid FROM outcomes ORDER BY vmid") == [(1,), (2,), (3,), (4,)]
    assert is_sound(path)
    assert sorted(await run_into(path, range(1, 9))) == [5, 6, 7, 8]


async def test_short_lock_is_waited_for(path):
    """A lock that is let go in time is no error."""
    await run_into(path, [1])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    running = asyncio.create_task(run_into(path, [1, 2]))
    asyncio.get_running_loop().call_later(0.1, other.execute, "ROLLBACK")

    assert await running == [2]
    other.close()


async def test_locked_store_at_the_start_is_told(path):
    """A store that is locked from the beginning is told before anything is fetched."""
    await run_into(path, [1])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = []

    async def fetch(vmid, pn):
        begun.append(vmid)
        return page_of(vmid)

    with pytest.raises(StoreError, match="locked"):
        await run_into(RunStore(path, busy_timeout=0.05), [1, 2], fetch)
    other.close()

    assert begun == []


@pytest.mark.slow
async def test_read_only_store_is_told_and_read(fake, path):
    """A run into a read-only store is refused before it asks; the store is untouched."""
    await run_into(path, [1, 2])
    before = path.read_bytes()
    path.chmod(0o444)
    # Root may write everywhere, so that the child becomes somebody else.
    uid = {"CHILD_UID": "65534"} if os.geteuid() == 0 else {}
    # Beside other workers the folder of a test lies one deeper.
    for folder in (path.parent, *path.parent.parents[:3]):
        folder.chmod(0o755)

    said = await child_says(await start_child(fake, path, 1, 5, **uid))

    assert said["error"][0] == "StoreError"
    assert "is read-only" in said["error"][1]
    assert said["told"] == []
    assert fake.requests == 0
    assert before == path.read_bytes()
    assert is_sound(path)


@pytest.mark.slow
async def test_disk_that_is_full_from_the_start_is_told(fake, path):
    """A store that cannot even be made is told before anything is sent; later it can."""
    said = await child_says(await start_child(fake, path, 1, 5, CHILD_FILE_SIZE="9000"))

    assert said["error"][0] == "StoreError"
    assert fake.requests == 0
    assert (await child_says(await start_child(fake, path, 1, 5)))["summary"] == 4


@pytest.mark.slow
async def test_full_disk_loses_nothing(fake, path):
    """A disk that fills up ends the run; what was told of is there, and it goes on."""
    child = await start_child(fake, path, 1001, 1401, CHILD_FILE_SIZE=str(2_500_000))
    said = await child_says(child)

    assert said["error"][0] == "StoreError"
    assert "disk" in said["error"][1]
    kept = [vmid for (vmid,) in rows(path, "SELECT vmid FROM outcomes ORDER BY vmid")]
    assert 10 < len(kept) < 400
    assert set(said["told"]) <= set(kept)
    assert is_sound(path)

    fake.reset()
    again = await child_says(await start_child(fake, path, 1001, 1401))

    assert sorted(again["told"]) == sorted(set(range(1001, 1401)) - set(kept))
    assert again["summary"] == 400
    assert not asked(fake).keys() & set(kept)


# --- two at once


async def test_second_run_is_refused(path):
    """A second run into the same store is a StoreError at once, whoever starts it."""
    async with ComparisonRun(walks(one_each), range(1, 9), store=path) as run:
        await anext(run)
        with pytest.raises(StoreError, match="in use by another run"):
            await run_into(path, [20])
        assert len([outcome async for outcome in run]) == 7

    assert await run_into(path, [20]) == [20]


async def test_second_run_on_an_open_store_is_refused(path):
    """The same holds for two runs that share one open store."""
    async with RunStore(path) as store:
        async with ComparisonRun(walks(one_each), range(1, 9), store=store) as run:
            with pytest.raises(StoreError, match="in use by another run"):
                await run_into(store, [20])
            assert len([outcome async for outcome in run]) == 8
        assert await run_into(store, [20]) == [20]


@pytest.mark.slow
async def test_two_processes_lose_and_repeat_nothing(fake, path):
    """Of two processes one runs, the other is told; together nothing is asked twice."""
    fake.latency = 0.5
    first = await start_child(fake, path, 1001, 1201)
    assert (await first.stdout.readline()).startswith(b"told")
    second = await child_says(await start_child(fake, path, 1001, 1201))
    fake.latency = 0.0
    said = await child_says(first)

    assert second["error"][0] == "StoreError"
    assert "in use by another run" in second["error"][1]
    assert second["told"] == []
    assert said["summary"] == 200
    walks_begun = [seen.vmid for seen in fake.log if seen.pn == 1]
    assert sorted(walks_begun) == list(range(1001, 1201))
    assert is_sound(path)

    after = await child_says(await start_child(fake, path, 1001, 1211))
    assert sorted(after["told"]) == list(range(1201, 1211))


async def test_store_is_read_while_a_run_writes(path):
    """Others read a store that a run writes to."""
    async with ComparisonRun(walks(one_each), range(1, 9), store=path) as run:
        await anext(run)
        async with RunStore(path) as reader:
            assert [outcome async for outcome in reader.outcomes()]
            assert (await reader.summary()).ok >= 1


# --- cancellation


@pytest.mark.parametrize("harm", [os.unlink, partial(os.truncate, length=0)])
async def test_store_that_is_lost_during_a_run_is_told_at_the_next_write(path, harm):
    """A store that was removed, or cut to no bytes, takes no outcome as if it kept it."""
    async with RunStore(path) as store, store.repository("default") as repository:
        await repository.write(outcome_of(1))
        harm(path)

        with pytest.raises(StoreError, match=r"was (removed or replaced|emptied) during"):
            await repository.write(outcome_of(2))


async def test_cancelled_opening_leaves_nothing(path):
    """Whoever gives up opening a store leaves neither thread nor connection."""
    opening = asyncio.create_task(RunStore(path).__aenter__())
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening

    await run_into(path, [1])
    assert is_sound(path)


async def test_run_that_cannot_start_closes_its_store(path):
    """A run that fails at the start lets go of the file."""
    path.write_text("no store at all, but a text")
    store = RunStore(path)
    with pytest.raises(StoreError):
        await run_into(store, [1])

    assert not store.is_open


async def test_error_that_ends_a_run_is_in_no_row(path):
    """What concerns the account is recorded for no user."""

    async def fetch(vmid, pn):
        raise NotLoggedInError("expired", code=-101)

    with pytest.raises(NotLoggedInError):
        await run_into(path, [1, 2, 3], fetch)

    assert contents(path) == ([("default",)], [], [], [])
