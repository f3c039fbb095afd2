"""The arguments, options and help of ``report``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import AccountOption, PrivateOption, SinceOption, StoreArgument
from ..input.shared_options import talks
from ..speech.console import Messages


__all__ = ["report_command"]


@talks
def report_command(
    store: StoreArgument,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The HTML page to write; report.html by default.",
            show_default=False,
        ),
    ] = Path("report.html"),
    since: SinceOption = None,
    account: AccountOption = None,
    include_private: PrivateOption = False,
    messages: Messages,
) -> Exit:
    """
    Write what a store holds as one HTML page that stands on its own.

    $ bili-common report run.sqlite -o report.html
    """
    from ..actions.whole_stores import report_store
    from ..language import tr
    from ..runner import attempt

    work = partial(
        report_store,
        store,
        output,
        since=since,
        account=account,
        private=include_private,
        messages=messages,
    )
    return attempt(work, interrupted=lambda: tr("{path} was not written", path=output))
