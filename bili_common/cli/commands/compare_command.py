"""The arguments, options and help of ``compare``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import Format, PrivateOption
from ..input.shared_options import asks
from ..reach.access import Access


__all__ = ["compare_command"]


@asks
def compare_command(
    uids: Annotated[
        list[str] | None,
        typer.Argument(metavar="UID", help="The users, as UIDs or links to their spaces."),
    ] = None,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--uids",
            metavar="FILE",
            help="One UID or link on each line, then maybe a comma and a label; "
            "# begins a comment, - is standard input.",
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            metavar="STORE",
            help="Keep what comes in this SQLite file, and go on where it stopped. "
            "Only the demo does without.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "-o", "--report", metavar="FILE", help="Write a report, an HTML page, at the end."
        ),
    ] = None,
    max_concurrency: Annotated[
        int,
        typer.Option(
            "--max-concurrency",
            metavar="N",
            min=1,
            help="Users at the same time; 4 by default. The pace holds for all together.",
        ),
    ] = 4,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget", metavar="N", min=0, help="Stop after N requests; go on another day."
        ),
    ] = None,
    refresh_after: Annotated[
        str | None,
        typer.Option(
            "--refresh-after",
            metavar="AGE",
            help="Fetch again what is older: 12h, 7d, 0 for all. Otherwise never.",
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Read page 1 of each list again at its end: a change meanwhile is noticed.",
        ),
    ] = False,
    ask_followed: Annotated[
        str | None,
        typer.Option(
            "--ask-followed",
            metavar="GROUP",
            help="Ask too which of these your account follows: a file of MIDs, or MIDs with "
            "commas. `show --against` then knows what is missing.",
        ),
    ] = None,
    top: Annotated[
        int,
        typer.Option("--top", metavar="N", min=0, help="Name N accounts; 10 by default."),
    ] = 10,
    form: Annotated[
        Format, typer.Option("--format", help="How to write them.", show_default=False)
    ] = Format.TABLE,
    include_private: PrivateOption = False,
    access: Access,
) -> Exit:
    """
    Read the same followings of many users into a store, and compare them.

    Writes who is in the most lists. Whatever ends it, Ctrl-C too, the same command
    goes on with the same store. Lists that failed or are incomplete are fetched
    again then.

    $ bili-common compare --demo
    $ bili-common compare --uids uids.txt --store run.sqlite
    $ bili-common compare --uids uids.txt --store run.sqlite --refresh-after 7d
    """
    from ...errors import UsageError
    from ..actions.comparing import Comparing, demo_users
    from ..data.output import check_suffix
    from ..input.groups import parse_group
    from ..input.moments import parse_age
    from ..input.uids import read_uids
    from ..language import tr, trn
    from ..runner import execute

    if not (uids or source or access.demo):
        raise UsageError(tr("no UIDs: name some, or give --uids FILE; --demo has its own"))
    if store is None and not access.demo:
        raise UsageError(tr("--store FILE is missing: it keeps what comes"))

    check_suffix(report, ".html", ".htm")
    named = bool(uids) or source is not None or not access.demo
    vmids, labels, repeats = read_uids(uids or (), source) if named else (*demo_users(), 0)
    if repeats:
        access.messages.say(
            trn(
                "left out, as it was named before: {number} UID",
                "left out, as they were named before: {number} UIDs",
                repeats,
            )
        )
    comparing = Comparing(
        vmids=vmids,
        labels=labels,
        store=store,
        report=report,
        max_concurrency=max_concurrency,
        budget=budget,
        refresh_after=None if refresh_after is None else parse_age(refresh_after),
        verify=verify,
        ask_followed=parse_group(ask_followed) if ask_followed else (),
        top=top,
        form=form,
        private=include_private,
    )
    return execute(partial(comparing.run, access), interrupted=comparing.interrupted)
