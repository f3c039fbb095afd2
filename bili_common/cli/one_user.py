"""The commands about one user: their arguments and help."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, cast

import typer

from ..compare.membership import Require
from .access import Access
from .checking import check
from .exits import Exit
from .formats import Format, pick_format
from .listing import Listing
from .options import (
    BaseUrlOption,
    CookieFileOption,
    DemoOption,
    PrivateOption,
    RateOption,
    VmidArgument,
)
from .runner import execute
from .uids import parse_uid


__all__ = ["check_command", "list_command"]


def list_command(
    vmid: VmidArgument,
    *,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help=(
                "By default what the name of FILE says, else a table. In CSV, control "
                "characters are replaced, and a cell that begins with = + - @ gets a ' "
                "before it; JSON is exact."
            ),
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=0, help="Stop after N accounts."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write to FILE, which appears as a whole."
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="CURSOR", help="Go on where an earlier list stopped, as it said."
        ),
    ] = None,
    include_private: PrivateOption = False,
    demo: DemoOption = False,
    base_url: BaseUrlOption = None,
    rate: RateOption = None,
    cookie_file: CookieFileOption = None,
) -> Exit:
    """
    List the accounts that your account and VMID both follow.

    Says at the end how many of which total came, and whether that is complete.
    """
    listing = Listing(
        vmid=parse_uid(vmid),
        form=pick_format(form, output),
        path=output,
        limit=limit,
        start=start,
        private=include_private,
    )
    access = Access(demo=demo, base_url=base_url, rate=rate, cookie_file=cookie_file)
    return execute(partial(listing.run, access), interrupted=listing.interrupted)


def check_command(
    vmid: VmidArgument,
    mids: Annotated[list[str], typer.Argument(metavar="MID", help="The accounts to look for.")],
    *,
    require: Annotated[
        str, typer.Option("--require", metavar="any|all", help="How many of them it takes.")
    ] = "any",
    assume_followed: Annotated[
        bool,
        typer.Option(
            "--assume-followed",
            help="Your account follows every MID; else a miss is UNKNOWN, not NO.",
        ),
    ] = False,
    demo: DemoOption = False,
    base_url: BaseUrlOption = None,
    rate: RateOption = None,
    cookie_file: CookieFileOption = None,
) -> Exit:
    """
    Tell whether VMID follows any, or all, of some accounts.

    Writes YES (exit code 0), NO (1) or UNKNOWN (7), and what was found.
    """
    work = partial(
        check,
        Access(demo=demo, base_url=base_url, rate=rate, cookie_file=cookie_file),
        parse_uid(vmid),
        [parse_uid(mid) for mid in mids],
        # The client refuses any other word.
        require=cast(Require, require),
        assume_followed=assume_followed,
    )
    return execute(work, interrupted=lambda: "no answer; the same command begins again")
