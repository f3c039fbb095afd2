"""Options: those that a few commands share, with their help."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


__all__ = [
    "AccountOption",
    "BomOption",
    "ExcelOption",
    "Format",
    "PrivateOption",
    "RequireOption",
    "SinceOption",
    "StoreArgument",
    "VmidArgument",
]


class Format(str, Enum):  # noqa: UP042 - Typer reads the values of a str
    """A way to write a list."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


VmidArgument = Annotated[
    str, typer.Argument(metavar="VMID", help="The other user's UID, or a link to their space.")
]
StoreArgument = Annotated[
    Path, typer.Argument(metavar="STORE", help="What `compare --store` wrote.")
]
PrivateOption = Annotated[
    bool,
    typer.Option(
        "--include-private",
        help=(
            "Show your own relation to each account too: "
            "attribute (mutual), mtime, tag, special."
        ),
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="NAME",
        help="Whose results: needed where the store has those of several accounts.",
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help=(
            "Only changes that were seen since: 2026-11-20, 7d for a week ago, or last "
            "for what the last run found."
        ),
    ),
]
BomOption = Annotated[
    bool,
    typer.Option("--bom", help="Begin CSV with a mark that lets Excel show Chinese."),
]
ExcelOption = Annotated[
    bool,
    typer.Option(
        "--excel",
        help="CSV for Excel: as --bom, and a tab before long MIDs, which it would round.",
    ),
]
RequireOption = Annotated[
    str, typer.Option("--require", metavar="any|all", help="How many of them it takes.")
]
