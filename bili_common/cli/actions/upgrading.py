"""The command ``upgrade``: a store of an older version, brought up to date."""

from __future__ import annotations

from pathlib import Path

from ...compare.store import RunStore
from ..console import Messages
from ..exits import Exit
from ..language import tr, trn
from ..working import show_work


__all__ = ["upgrade_store"]

_KIB = 1024


async def upgrade_store(path: Path, messages: Messages) -> Exit:
    """Upgrade the store at *path*, and say what was done."""
    async with RunStore(path, create=False) as store:
        with show_work(messages, tr("upgrading {store}", store=path)):
            report = await store.upgrade()
    if not report.is_upgraded:
        messages.say(
            tr("{store} is up to date: schema {after}", store=path, after=report.schema_after)
        )
        return Exit.OK

    messages.say(
        tr(
            "{store} went from schema {before} to {after}: {users}, "
            "{larger} KiB became {smaller}",
            store=path,
            before=report.schema_before,
            after=report.schema_after,
            users=trn("{number} UID", "{number} UIDs", report.outcomes),
            smaller=report.bytes_after // _KIB,
            larger=report.bytes_before // _KIB,
        )
    )
    return Exit.OK
