"""The arguments, options and help of ``show``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import AccountOption, Format, StoreArgument
from ..input.shared_options import talks
from ..speech.console import Messages


__all__ = ["show_command"]


@talks
def show_command(
    store: StoreArgument,
    *,
    uid: Annotated[
        str | None, typer.Option("--uid", metavar="UID", help="The list of this user.")
    ] = None,
    mid: Annotated[
        str | None,
        typer.Option("--mid", metavar="MID", help="Who has this account in the list."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="GROUP",
            help="Who follows which of these: a file of MIDs with labels, or MIDs with commas.",
        ),
    ] = None,
    assume_followed: Annotated[
        bool,
        typer.Option(
            "--assume-followed",
            help="Take it that your account follows all of GROUP: then a miss is a miss.",
        ),
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="How to write it.", show_default=False)
    ] = Format.TABLE,
    account: AccountOption = None,
    messages: Messages,
) -> Exit:
    """
    Ask a store, without asking the server.

    Without --uid, --mid or --against it says what the store holds.

    $ bili-common show run.sqlite --mid 3000000000
    $ bili-common show run.sqlite --against vtb.txt
    """
    from ..actions.showing import Showing
    from ..input.uids import parse_uid
    from ..language import tr
    from ..runner import attempt

    showing = Showing(
        uid=None if uid is None else parse_uid(uid),
        mid=None if mid is None else parse_uid(mid),
        group=group,
        assume_followed=assume_followed,
        form=form,
        messages=messages,
    )
    work = partial(showing.run, store, account)
    return attempt(work, interrupted=lambda: tr("nothing was read"))
