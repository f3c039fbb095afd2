"""The arguments, options and help of ``export``."""

from __future__ import annotations

from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import AccountOption, BomOption, ExcelOption, PrivateOption, StoreArgument
from ..input.shared_options import talks
from ..speech.console import Messages


__all__ = ["TableFormat", "export_command"]


class TableFormat(str, Enum):  # noqa: UP042 - Typer reads the values of a str
    """A way to write a table."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@talks
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
                "Its name ends in .csv, .jsonl or .parquet; - is standard output, and needs "
                "--format. In CSV, control characters are replaced, and a cell that begins "
                "with = + - @ gets a ' before it."
            ),
        ),
    ],
    form: Annotated[
        TableFormat | None,
        typer.Option(
            "--format", help="By default what the name of FILE says.", show_default=False
        ),
    ] = None,
    edges: Annotated[
        bool,
        typer.Option(
            "--edges", help="Leave out users of whom no account is known: each row is a pair."
        ),
    ] = False,
    bom: BomOption = False,
    excel: ExcelOption = False,
    account: AccountOption = None,
    include_private: PrivateOption = False,
    messages: Messages,
) -> Exit:
    """
    Write what a store holds as a table: a row for each account in each list.

    $ bili-common export run.sqlite -o shared.csv --excel
    $ bili-common export run.sqlite -o - --format jsonl --edges
    """
    from ..actions.whole_stores import export_store
    from ..language import tr
    from ..runner import attempt

    work = partial(
        export_store,
        store,
        output,
        form=None if form is None else form.value,
        edges=edges,
        bom=bom,
        excel=excel,
        account=account,
        private=include_private,
        messages=messages,
    )
    return attempt(work, interrupted=lambda: tr("{path} was not written", path=output))
