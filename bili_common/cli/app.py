"""The app: all commands under one name."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from .._version import __version__
from .exits import EXIT_CODES, Exit
from .many_users import compare_command, export_command, report_command
from .one_user import check_command, list_command
from .output import stdout
from .runner import Group, execute
from .serving import serve


__all__ = ["app", "run", "serve_command"]

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


def serve_command(
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


app.command("list")(list_command)
app.command("check")(check_command)
app.command("compare")(compare_command)
app.command("export")(export_command)
app.command("report")(report_command)
app.command("serve")(serve_command)
