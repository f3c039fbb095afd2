"""Options: those that several commands share, with their help."""

from __future__ import annotations

import math

from pathlib import Path
from typing import Annotated

import typer


__all__ = [
    "AccountOption",
    "BaseUrlOption",
    "CookieFileOption",
    "DemoOption",
    "PrivateOption",
    "RateOption",
    "StoreArgument",
    "VmidArgument",
]

_SERVER = "Server and pace"


def _check_rate(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise typer.BadParameter(f"{value} is not a number above 0")
    return value


VmidArgument = Annotated[
    str, typer.Argument(metavar="VMID", help="The other user's UID, or a link to their space.")
]
StoreArgument = Annotated[
    Path, typer.Argument(metavar="STORE", help="What `compare --store` wrote.")
]
DemoOption = Annotated[
    bool,
    typer.Option(
        "--demo",
        help="Ask an embedded server of synthetic users: no account, no network.",
        rich_help_panel=_SERVER,
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="Another server: https, or http on loopback. Also BILI_BASE_URL.",
        rich_help_panel=_SERVER,
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate",
        metavar="NUMBER",
        callback=_check_rate,
        help="Requests per second at the most; 1 by default, no limit in the demo.",
        rich_help_panel=_SERVER,
    ),
]
CookieFileOption = Annotated[
    Path | None,
    typer.Option(
        "--cookie-file",
        metavar="FILE",
        help=(
            "Your cookie: a Cookie header line, or a cookies.txt. "
            "Otherwise BILI_SESSDATA or BILI_ACCESS_KEY has it."
        ),
        rich_help_panel=_SERVER,
    ),
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
        help="Whose results, where the store holds several accounts'.",
    ),
]
