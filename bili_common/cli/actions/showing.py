"""The command ``show``: what a store knows of one user, one account, or a group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from ...compare.comparison import Comparison
from ...errors import UsageError
from ..data.output import Output
from ..data.ranking import write_ranking
from ..data.row_writer import write_rows
from ..exits import Exit
from ..input.groups import parse_group
from ..input.options import Format
from ..language import tr, trn
from ..reach.opening import open_comparison
from ..speech.console import Messages
from ..speech.verdict import counts_of, status_word


__all__ = ["Showing"]

_TOP = 20


@attrs.frozen
class Showing:
    """
    One question to a store.

    Attributes:
        uid: The user whose list is asked for.

        mid: The account of which is asked who shares it.

        group: The accounts of which is asked who follows which.

        assume_followed: Whether the caller follows all of *group*, as the user says.

        form: How to write.

        messages: Where is said what the data does not tell.
    """

    uid: int | None
    mid: int | None
    group: str | None
    assume_followed: bool
    form: Format
    messages: Messages

    def run(self, store: Path, account: str | None) -> Exit:
        """Write the answer."""
        asked = [one for one in (self.uid, self.mid, self.group) if one is not None]
        if len(asked) > 1:
            raise UsageError(tr("take one of --uid, --mid and --against"))

        with open_comparison(store, account) as comparison, Output(None) as output:
            if self.uid is not None:
                self._show_user(comparison, self.uid, output)
            elif self.mid is not None:
                self._show_sharers(comparison, self.mid, output)
            elif self.group is not None:
                self._show_group(comparison, parse_group(self.group), output)
            else:
                self._show_all(comparison, store, output)
        return Exit.OK

    def _show_all(self, comparison: Comparison, store: Path, output: Output) -> None:
        counts = counts_of(comparison.statuses()) or 0
        self.messages.say(tr("{store} holds {counts}", store=store, counts=counts))
        write_ranking(comparison, _TOP, self.form, output, self.messages)

    def _show_user(self, comparison: Comparison, uid: int, output: Output) -> None:
        outcome = comparison.outcomes.get(uid)
        if outcome is None:
            raise UsageError(tr("the store holds no list of {uid}", uid=uid))

        label = comparison.labels.get(uid, "")
        self.messages.say(
            tr(
                "{uid}{label}: {status}, {count} accounts, read at {moment}",
                uid=uid,
                label=f" {label}" if label else "",
                status=status_word(outcome.status),
                count=len(outcome.items),
                moment=outcome.fetched_at.astimezone().strftime("%Y-%m-%d %H:%M"),
            )
        )
        counts = comparison.counts()
        write_rows(
            ("mid", "uname", "lists"),
            [(item.mid, item.uname, counts[item.mid]) for item in outcome.items],
            self.form,
            output,
            headings=("MID", "Name", "Lists"),
            right=("MID", "Lists"),
        )

    def _show_sharers(self, comparison: Comparison, mid: int, output: Output) -> None:
        sharers = sorted(comparison.followers_of(mid))
        user = comparison.users.get(mid)
        named = f"{mid} {user.uname}" if user else str(mid)
        self.messages.say(
            trn(
                "{mid} is in {number} list",
                "{mid} is in {number} lists",
                len(sharers),
                mid=named,
            )
        )
        self._note_incomplete(comparison)
        write_rows(
            ("vmid", "label"),
            [(vmid, comparison.labels.get(vmid, "")) for vmid in sharers],
            self.form,
            output,
            headings=("UID", "Label"),
            right=("UID",),
        )

    def _show_group(
        self, comparison: Comparison, group: dict[int, str], output: Output
    ) -> None:
        answers = comparison.against(
            group, caller_follows=group if self.assume_followed else None
        )
        rows = [
            (
                vmid,
                comparison.labels.get(vmid, ""),
                len(answer.found),
                None if answer.share is None else round(answer.share, 4),
                [self._name(comparison, group, mid) for mid in group if mid in answer.found],
                len(answer.missing),
                len(answer.unknown),
            )
            for vmid, answer in answers.items()
        ]
        rows.sort(key=lambda row: (-row[2], row[0]))
        if self.form is Format.TABLE:
            self._write_group(rows, len(group), output)
        else:
            columns = ("vmid", "label", "found", "share", "names", "missing", "unknown")
            write_rows(columns, rows, self.form, output)
        if any(row[-1] for row in rows):
            self.messages.note(
                tr(
                    "unknown: not seen, and nobody says that your account follows it; "
                    "--assume-followed says that it does"
                )
            )

    def _write_group(self, rows: list[tuple[Any, ...]], size: int, output: Output) -> None:
        """Write the answers for people; who is missing is what is left over."""
        shown = [
            (vmid, label, f"{found}/{size}", unknown or "", names)
            for vmid, label, found, _share, names, _missing, unknown in rows
        ]
        write_rows(
            (),
            shown,
            Format.TABLE,
            output,
            headings=("UID", "Label", "Found", "Unknown", "Names"),
            right=("UID", "Found", "Unknown"),
        )

    def _note_incomplete(self, comparison: Comparison) -> None:
        if unknown := len(comparison.incomplete):
            self.messages.note(
                trn(
                    "of {number} UID the whole list is not known, so counts are lower bounds",
                    "of {number} UIDs the whole list is not known, so counts are lower bounds",
                    unknown,
                )
            )

    @staticmethod
    def _name(comparison: Comparison, group: dict[int, str], mid: int) -> str:
        user = comparison.users.get(mid)
        return group[mid] or (user.uname if user else str(mid))
