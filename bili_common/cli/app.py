"""The commands: their names, arguments and help; what they do stands elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, cast

import typer

from .._version import __version__
from ..compare.membership import Require
from .access import Access
from .checking import check
from .exits import EXIT_CODES, Exit
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
from .output import stdout
from .runner import Group, execute
from .serving import serve
from .uids import parse_uid


__all__ = ["app", "run"]

_CODES = "; ".join(f"{code.value} {text}" for code, text in EXIT_CODES.items())

app = typer.Typer(
    name="bili-common",
    cls=Group,
    help=(
        "Same followings (共同关注) of Bilibili: the accounts that your account and another "
        "user both follow."
    ),
    epilog=f"Exit codes: {_CODES}.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> None:
    """Run the command line."""
    app(prog_name="bili-common")


def _show_version(wanted: bool) -> None:
    if wanted:
        stdout().write(f"bili-common {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Take what stands before the command's name."""


@app.command("list")
def _list(
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


@app.command("check")
def _check(
    vmid: VmidArgument,
    mids: Annotated[
        list[str], typer.Argument(metavar="MID...", help="The accounts to look for.")
    ],
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


@app.command("serve")
def _serve(
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="0 for any free port."),
    ] = 0,
) -> Exit:
    """Run a fake Bilibili of synthetic users until Ctrl-C, to try programs on."""
    return execute(partial(serve, host, port), interrupted=lambda: "the server is stopped")
