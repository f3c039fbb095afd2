"""Runs in shards: a cluster on loopback, workers that die, accounts that are not mixed."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import sys

from collections import Counter
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from bili_common import RiskControlError, RunStore, Status, UsageError
from bili_common.dask import merge_shards, run_shards
from bili_common.testing import FakeBilibili

from ..docs.pages import blocks
from ..faults.figures import show
from .clusters import make_client


distributed = pytest.importorskip("distributed")
dask_dataframe = pytest.importorskip("dask.dataframe")

# The scheduler and its workers log, and keep threads of their own.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("dask"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

CANARY = "canary-0123456789abcdef"


@asynccontextmanager
async def _cluster(fake, *, account="main", workers=2, threads=1):
    """Open a cluster of processes whose environment holds a credential, and a client of it."""
    environment = {
        "BILI_SESSDATA": CANARY,
        "BILI_ACCOUNT": account,
        "BILI_BASE_URL": fake.base_url,
    }
    async with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            host="127.0.0.1",
            # Without one it would take the usual port, which is somebody else's.
            dashboard_address="127.0.0.1:0",
            asynchronous=True,
            silence_logs=50,
            resources={f"account-{account}": threads},
            env=environment,
        ) as cluster,
        distributed.Client(cluster, asynchronous=True) as client,
    ):
        yield client


async def _drain(shards):
    return [shard async for shard in shards]


def _fill(fake, vmids):
    for vmid in vmids:
        fake.add_user(vmid, followings=vmid % 40)


@pytest.fixture(autouse=True)
def asyncio_errors():
    """Let the cluster's own tasks be: the rule of this project holds for its own."""


async def test_shards_make_one_whole(tmp_path):
    """Each user is fetched once, by two workers; the parts and the merged store hold all."""
    vmids = list(range(1000, 1130))
    async with FakeBilibili() as fake:
        _fill(fake, vmids)
        run = partial(
            run_shards,
            directory=tmp_path,
            account="main",
            make_client=make_client,
            shard_size=20,
        )
        async with _cluster(fake) as client:
            shards = await _drain(run(client, vmids))
            again = await _drain(run(client, iter(vmids)))

        assert sorted(vmid for shard in shards for vmid in shard.vmids) == vmids
        assert [shard.error for shard in shards + again] == [None] * 14
        assert sum(shard.summary.ok for shard in shards) == len(vmids)
        assert sum(shard.summary.skipped for shard in again) == len(vmids)
        asked = Counter(seen.vmid for seen in fake.log if seen.vmid)
        assert asked == dict.fromkeys(vmids, 1)

        frame = pl.read_parquet(tmp_path / "parquet", hive_partitioning=True)
        assert set(frame["vmid"]) == set(vmids)
        assert set(frame["account"]) == {"main"}

        summary = await merge_shards(tmp_path, tmp_path / "all.sqlite")
        assert (summary.done, summary.ok) == (len(vmids), len(vmids))
        async with RunStore(tmp_path / "all.sqlite") as store:
            async for outcome in store.outcomes(account="main"):
                held = [item.mid for item in outcome.items]
                assert held == fake.user(outcome.vmid).mids

    _assert_no_secret(tmp_path)


async def test_a_killed_worker_costs_the_users_under_way(tmp_path):
    """
    2,000 users, and two of three workers are killed: nothing is lost, and next to nothing is
    asked twice. Polars and Dask open what was written as it is.
    """
    vmids = list(range(2000, 4000))
    async with FakeBilibili() as fake:
        for vmid in vmids:
            fake.add_user(vmid, followings=vmid % 4)
        async with _cluster(fake, workers=3) as client:
            pids = list((await client.run(os.getpid)).values())
            shards = []
            async for shard in run_shards(
                client, vmids, directory=tmp_path, account="main", make_client=make_client
            ):
                shards.append(shard)
                if len(shards) in (4, 10):
                    os.kill(pids.pop(), signal.SIGKILL)

        asked = Counter(seen.vmid for seen in fake.log if seen.vmid)
    beyond = asked.total() - len(vmids)
    show(f"| 2,000 UIDs in shards, two of three workers killed: beyond 2,000 | {beyond} |")
    assert sorted(vmid for shard in shards for vmid in shard.vmids) == vmids
    assert sum(shard.summary.done for shard in shards) == len(vmids)
    assert asked.keys() == set(vmids)
    # Four users are under way in each of the two workers.
    assert beyond <= 8
    _assert_rows(tmp_path / "parquet", {vmid: vmid % 4 for vmid in vmids})


def _assert_rows(folder, followings):
    """The folder is one table, in Polars and in Dask: so many rows of each user."""
    names = ["account", "vmid", "mid"]
    rows = pl.scan_parquet(folder, hive_partitioning=True).select(names).collect()
    counts = rows.group_by("vmid").agg(pl.col("mid").count())
    assert dict(counts.iter_rows()) == followings
    assert set(rows["account"]) == {"main"}

    frame = dask_dataframe.read_parquet(folder)[names].compute()
    assert frame.groupby("vmid")["mid"].count().to_dict() == followings
    assert set(frame["account"]) == {"main"}


async def test_risk_control_stops_one_account_alone(tmp_path):
    """-352 ends the account that met it, and no row of one account is another's."""
    vmids = list(range(3000, 3060))
    async with FakeBilibili() as good, FakeBilibili() as bad:
        _fill(good, vmids)
        _fill(bad, vmids)
        bad.fail(None, how=-352, vmid=3005)
        found = {}
        for account, fake in (("good", good), ("bad", bad)):
            async with _cluster(fake, account=account, workers=1) as client:
                found[account] = await _drain(
                    run_shards(
                        client,
                        vmids,
                        directory=tmp_path,
                        account=account,
                        make_client=make_client,
                        shard_size=10,
                    )
                )

        assert [type(shard.error) for shard in found["bad"]] == [RiskControlError]
        assert sum(shard.summary.ok for shard in found["good"]) == len(vmids)
        await merge_shards(tmp_path, tmp_path / "all.sqlite")
        async with RunStore(tmp_path / "all.sqlite") as store:
            assert set(await store.accounts()) == {"good", "bad"}
            good_ones = [o async for o in store.outcomes(account="good")]
            bad_ones = [o async for o in store.outcomes(account="bad")]
        assert [o.vmid for o in good_ones] == vmids
        assert {o.status for o in bad_ones} <= {Status.OK}
        assert len(bad_ones) < 10


async def test_a_cluster_without_the_account_is_told(tmp_path):
    """A run does not wait for ever for a worker that nobody started."""
    async with FakeBilibili() as fake, _cluster(fake, account="other", workers=1) as client:
        shards = run_shards(
            client, [1], directory=tmp_path, account="main", make_client=make_client
        )
        with pytest.raises(UsageError, match="account-main"):
            await anext(shards)


async def test_other_users_in_the_same_directory_are_refused(tmp_path):
    """A directory is that of one list of users; another list is told, not mixed in."""
    async with FakeBilibili() as fake:
        _fill(fake, range(1, 9))
        async with _cluster(fake, workers=1) as client:
            run = partial(
                run_shards, directory=tmp_path, account="main", make_client=make_client
            )
            await _drain(run(client, [1, 2, 3]))
            [shard] = await _drain(run(client, [4, 5, 6]))
    assert isinstance(shard.error, UsageError)
    assert "shard 0" in str(shard.error)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"shard_size": 0}, "shard_size must be"),
        ({"retries": -1}, "retries must be"),
        ({"account": ""}, "account must be"),
        ({"make_client": None}, "make_client must be"),
    ],
)
async def test_a_wrong_argument_is_named(tmp_path, options, text):
    """A UsageError names the argument, before the cluster is asked."""
    usual = {"directory": tmp_path, "account": "main", "make_client": make_client}
    with pytest.raises(UsageError, match=text):
        await anext(run_shards(None, [1], **usual | options))


PAGE = Path(__file__).parents[2] / "docs" / "many-machines.md"


async def test_the_page_runs(tmp_path):
    """The commands and the programs of the page run as they stand, but for the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    page = PAGE.read_text(encoding="utf-8").replace("8786", port)
    for block in blocks(page):
        if block.caption:
            (tmp_path / block.caption).write_text(block.text, encoding="utf-8")
    (tmp_path / "uids.txt").write_text("100\n101\n102\n")
    [scheduler, worker] = [
        ["-m", *shlex.split(line)] for line in page.splitlines() if line.startswith("dask ")
    ]
    async with FakeBilibili() as fake:
        _fill(fake, range(100, 103))
        login = {"BILI_SESSDATA": CANARY, "BILI_ACCOUNT": "main"}
        async with (
            _running(tmp_path, *scheduler, "--dashboard-address", "127.0.0.1:0"),
            _running(tmp_path, *worker, BILI_BASE_URL=fake.base_url, **login),
            _running(tmp_path, "shards.py") as program,
        ):
            assert await asyncio.wait_for(program.wait(), 60) == 0
    async with _running(tmp_path, "look.py") as program:
        assert await asyncio.wait_for(program.wait(), 60) == 0

    assert (tmp_path / "look.py.txt").read_text().splitlines() == [
        "3 users by Polars",
        "3 users by Dask",
    ]
    assert (tmp_path / "shards.py.txt").read_text().startswith("0 3 \nRunSummary(done=3, ")
    _assert_no_secret(tmp_path)


@asynccontextmanager
async def _running(folder, *words, **environment):
    """Run Python for a while in *folder*, and keep what it says beside it."""
    name = words[0] if words[0] != "-m" else words[2]
    with (folder / f"{name}.txt").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *words),
            cwd=folder,
            env=os.environ | environment,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            # A worker has children of its own.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _assert_no_secret(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
