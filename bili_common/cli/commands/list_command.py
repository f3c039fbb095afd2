"""The arguments, options and help of ``list``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import BomOption, ExcelOption, Format, PrivateOption, VmidArgument
from ..input.shared_options import asks
from ..reach.access import Access


__all__ = ["list_command"]


@asks
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
            "-o",
            "--output",
            metavar="FILE",
            help="Write to FILE, which appears as a whole: .json, .jsonl, .csv, or .txt.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on in FILE where an earlier list stopped; begin it if there was none.",
        ),
    ] = False,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="PLACE", help="Go on where an earlier list stopped, as it said."
        ),
    ] = None,
    bom: BomOption = False,
    excel: ExcelOption = False,
    include_private: PrivateOption = False,
    access: Access,
) -> Exit:
    """
    List the accounts that your account and VMID both follow.

    Says at the end how many of which total came, and whether that is complete.

    $ bili-common list 293793435 --demo
    $ bili-common list 293793435 -o shared.csv --resume
    """
    from ..actions.listing import Listing
    from ..data.formats import pick_format
    from ..input.uids import parse_uid
    from ..runner import execute

    listing = Listing(
        vmid=parse_uid(vmid),
        form=pick_format(form, output, excel=excel),
        path=None if str(output) == "-" else output,
        limit=limit,
        start=start,
        resume=resume,
        private=include_private,
        bom=bom,
        excel=excel,
    )
    return execute(partial(listing.run, access), interrupted=listing.interrupted)
