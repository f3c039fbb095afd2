"""A store of the demo world's two days, for tests and pictures of the report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bili_common import Client, Credential, RateLimit
from bili_common.testing import FakeBilibili


__all__ = ["fetch_two_days"]


async def fetch_two_days(store: Path, vmids: Iterable[int]) -> None:
    """Fetch the lists of *vmids* into *store* on both days, so that it knows of changes."""
    users = tuple(vmids)
    for day in (1, 2):
        async with (
            FakeBilibili(day=day) as fake,
            Client(
                Credential(sessdata="any"),
                base_url=fake.base_url,
                rate_limit=RateLimit(per_second=None),
            ) as client,
        ):
            run = client.compare_same_followings(
                users, store=store, refresh_after=0, max_concurrency=16
            )
            await run.collect()
