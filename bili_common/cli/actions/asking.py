"""The commands ``whoami`` and ``relations``: what the account is asked about itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ...client import Client
from ...models import Relation
from ..access import Access
from ..connection import open_client
from ..exits import Exit
from ..language import tr
from ..options import Format
from ..output import Output
from ..progress import Standing, show_progress
from ..row_writer import write_rows
from ..waiting import follow


__all__ = ["asking", "tell_account", "tell_relations"]


async def tell_account(access: Access, form: Format) -> Exit:
    """Write who is logged in."""
    async with asking(access) as client:
        account = await client.whoami()
    with Output(None) as output:
        write_rows(
            ("mid", "uname"),
            [(account.mid, account.uname)],
            form,
            output,
            headings=("MID", "Name"),
            right=("MID",),
        )
    return Exit.OK


async def tell_relations(access: Access, mids: Sequence[int], form: Format) -> Exit:
    """Write whether the account follows each of *mids*, in their order."""
    async with asking(access) as client:
        relations = await client.get_relations(mids)
    # One that the server left out is not known.
    found = [relations.get(mid, Relation(mid=mid)) for mid in dict.fromkeys(mids)]
    with Output(None) as output:
        write_rows(
            ("mid", "follows", "since", "special", "tag"),
            [_row(relation, is_table=form is Format.TABLE) for relation in found],
            form,
            output,
            headings=("MID", "Follows", "Since", "Special", "Groups"),
            right=("MID",),
        )
    return Exit.OK


def _row(relation: Relation, *, is_table: bool) -> tuple[object, ...]:
    # Bilibili says 0 where there is no moment.
    since = datetime.fromtimestamp(relation.mtime, UTC) if relation.mtime else None
    shown = None if since is None else since.isoformat().replace("+00:00", "Z")
    if not is_table:
        special = bool(relation.special)
        return (relation.mid, relation.follows, shown, special, list(relation.tag))

    words = {True: tr("yes"), False: tr("no"), None: tr("unknown")}
    day = "" if since is None else since.astimezone().strftime("%Y-%m-%d")
    special_word = tr("yes") if relation.special else ""
    return (relation.mid, words[relation.follows], day, special_word, list(relation.tag))


@asynccontextmanager
async def asking(access: Access) -> AsyncGenerator[Client]:
    """Open a client whose requests are counted on the terminal, and whose waits are told."""
    async with open_client(access) as client:
        with (
            follow(access.messages) as waits,
            show_progress(
                access.messages,
                waits,
                lambda: Standing(client.stats.requests, None),
                requests=lambda: client.stats.requests,
            ),
        ):
            yield client
