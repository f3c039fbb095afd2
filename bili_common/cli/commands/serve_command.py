"""The options and help of ``serve``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..exits import Exit
from ..input.shared_options import talks
from ..speech.console import Messages


__all__ = ["serve_command"]


@talks
def serve_command(
    *,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Where to listen; this machine alone by default.",
            show_default=False,
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            help="Any free port by default.",
            show_default=False,
        ),
    ] = 0,
    messages: Messages,
) -> Exit:
    """
    Run a fake Bilibili of synthetic users until Ctrl-C, to try programs on.

    $ bili-common serve --port 8765
    """
    from ..actions.serving import serve
    from ..language import tr
    from ..runner import execute

    return execute(
        partial(serve, host, port, messages=messages),
        interrupted=lambda: tr("the server is stopped"),
    )
