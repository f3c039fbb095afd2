"""The commands ``whoami``, ``relations`` and ``check``: questions with one short answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

import attrs
import orjson

from ...client import Client
from ...compare.cells import json_text, printable
from ...compare.membership import Membership, Require, Verdict
from ...errors import UsageError
from ...models import Relation
from ..data.output import Output
from ..data.record_view import wire_object
from ..data.row_writer import write_rows
from ..exit_rules import exit_for_verdict
from ..exits import Exit
from ..input.options import Format
from ..language import tr, trn
from ..reach.access import Access
from ..reach.connection import open_client
from ..speech.progress import Standing, show_progress
from ..speech.verdict import verdict
from ..speech.waiting import follow


__all__ = ["Checking", "tell_account", "tell_relations"]


async def tell_account(access: Access, form: Format) -> Exit:
    """Write who is logged in."""
    async with _asking(access) as client:
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
    async with _asking(access) as client:
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


@attrs.frozen
class Checking:
    """
    One run of ``check``.

    Attributes:
        vmid: The user.

        mids: The accounts to look for.

        require: How many of them it takes.

        assume_followed: Whether the account follows all of them, as the user says.

        ask_followed: Whether the account is asked which of them it follows.

        json: Whether the answer is written as JSON.
    """

    vmid: int
    mids: Sequence[int]
    require: str
    assume_followed: bool
    ask_followed: bool
    json: bool

    async def run(self, access: Access) -> Exit:
        """Write the answer, with what was found and what was not."""
        if self.assume_followed and self.ask_followed:
            raise UsageError(tr("take one of --assume-followed and --ask-followed"))

        answer = await self._ask(access, _require(self.require))
        code = exit_for_verdict(answer.verdict)
        try:
            with Output(None) as output:
                output.write(self._object(answer) if self.json else self._lines(answer))
        except BrokenPipeError:
            # Nobody reads it; the exit code is the answer all the same.
            return code
        access.messages.say(_read_of(answer))
        is_open = answer.verdict is Verdict.UNKNOWN and answer.report.complete
        if is_open:
            access.messages.note(self._remedy())
        return code

    async def _ask(self, access: Access, require: Require) -> Membership:
        async with _asking(access) as client:
            return await client.check_same_followings(
                self.vmid,
                self.mids,
                require=require,
                caller_follows=self._caller_follows(),
            )

    def _caller_follows(self) -> Collection[int] | Literal["ask"] | None:
        if self.ask_followed:
            return "ask"
        return self.mids if self.assume_followed else None

    def _remedy(self) -> str:
        if self.ask_followed:
            return tr(
                "your account does not follow the missing MID itself, so that nobody can know"
            )
        return tr(
            "a miss says nothing unless your account follows the MID itself; "
            "--ask-followed asks, --assume-followed says that it does"
        )

    def _lines(self, answer: Membership) -> str:
        lines = [answer.verdict.name]
        for mid in dict.fromkeys(self.mids):
            if mid in answer.found:
                lines.append(f"found    {mid}  {printable(answer.found[mid].uname)}")
            else:
                lines.append(f"missing  {mid}")
        return "".join(f"{line}\n" for line in lines)

    def _object(self, answer: Membership) -> str:
        """Return the answer as one JSON object."""
        report = answer.report
        told: dict[str, Any] = {
            "vmid": self.vmid,
            "verdict": answer.verdict.name,
            "require": self.require,
            "found": [
                wire_object(answer.found[mid], private=False)
                for mid in dict.fromkeys(self.mids)
                if mid in answer.found
            ],
            "missing": sorted(answer.missing),
            "complete": report.complete,
            "requests": report.requests,
        }
        return json_text(orjson.dumps(told).decode()) + "\n"


def _read_of(answer: Membership) -> str:
    report = answer.report
    if report.complete or report.stop_reason is not None:
        return verdict(report)

    # What was found is the answer, whatever comes behind it.
    return tr(
        "clear after {seen} of {total} same followings with {vmid} ({requests})",
        seen=report.cursor.seen,
        total=report.total_last,
        vmid=report.cursor.vmid,
        requests=trn("{number} request", "{number} requests", report.requests),
    )


def _require(word: str) -> Require:
    for known in get_args(Require):
        if word == known:
            return cast(Require, known)

    raise UsageError(tr("--require takes any or all, not {word!r:.40}", word=word))


@asynccontextmanager
async def _asking(access: Access) -> AsyncGenerator[Client]:
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
