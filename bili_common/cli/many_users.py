"""The commands about many users: their arguments and help."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from .._util.text import counted
from ..errors import UsageError
from .access import Access
from .comparing import Comparing, demo_vmids
from .exits import Exit
from .messages import say
from .options import (
    AccountOption,
    BaseUrlOption,
    CookieFileOption,
    DemoOption,
    PrivateOption,
    RateOption,
    StoreArgument,
)
from .runner import attempt, execute
from .storing import export_store, report_store
from .uids import read_uids


__all__ = ["compare_command", "export_command", "report_command"]


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
            help="One UID or link on each line, # begins a comment; - is standard input.",
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
            "-o",
            "--report",
            metavar="FILE",
            help="Write a report at the end; the demo always does, to report.html.",
        ),
    ] = None,
    max_concurrency: Annotated[
        int,
        typer.Option("--max-concurrency", metavar="N", min=1, help="Users at the same time."),
    ] = 4,
    include_private: PrivateOption = False,
    demo: DemoOption = False,
    base_url: BaseUrlOption = None,
    rate: RateOption = None,
    cookie_file: CookieFileOption = None,
) -> Exit:
    """
    Read the same followings of many users into a store, and compare them.

    Whatever ends it, Ctrl-C too, the same command goes on with the same store.
    Lists that failed or are incomplete are fetched again then.
    """
    if store is None and not demo:
        raise UsageError("--store FILE is missing: it keeps what comes")

    named = bool(uids) or source is not None
    vmids, repeats = read_uids(uids or (), source) if named or not demo else (demo_vmids(), 0)
    if repeats:
        say(f"left out, as they were named before: {counted(repeats, 'UID')}")
    comparing = Comparing(
        vmids=vmids,
        store=store,
        report=report or (Path("report.html") if demo else None),
        max_concurrency=max_concurrency,
        private=include_private,
    )
    access = Access(demo=demo, base_url=base_url, rate=rate, cookie_file=cookie_file)
    return execute(partial(comparing.run, access), interrupted=comparing.interrupted)


def export_command(
    store: StoreArgument,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=(
                "Its name ends in .csv, .jsonl or .parquet. In CSV, control characters are "
                "replaced, and a cell that begins with = + - @ gets a ' before it."
            ),
        ),
    ],
    account: AccountOption = None,
    include_private: PrivateOption = False,
) -> Exit:
    """Write what a store holds as a table: a row for each account in each list."""
    work = partial(export_store, store, output, account=account, private=include_private)
    return attempt(work, interrupted=lambda: f"{output} was not written")


def report_command(
    store: StoreArgument,
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The HTML page to write.")
    ] = Path("report.html"),
    account: AccountOption = None,
    include_private: PrivateOption = False,
) -> Exit:
    """Write what a store holds as one HTML page that stands on its own."""
    work = partial(report_store, store, output, account=account, private=include_private)
    return attempt(work, interrupted=lambda: f"{output} was not written")
