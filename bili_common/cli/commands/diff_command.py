"""The arguments, options and help of ``diff``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import AccountOption, Format, SinceOption, StoreArgument
from ..input.shared_options import talks
from ..speech.console import Messages


__all__ = ["diff_command"]


@talks
def diff_command(
    store: StoreArgument,
    *,
    since: SinceOption = None,
    form: Annotated[
        Format, typer.Option("--format", help="How to write it.", show_default=False)
    ] = Format.TABLE,
    account: AccountOption = None,
    messages: Messages,
) -> Exit:
    """
    Tell what changed in the lists that were fetched again.

    A row for each account that came (+) or went (-). Both the user and your own
    account can be the cause: "by" says which, as far as it can be known.

    $ bili-common compare --uids uids.txt --store run.sqlite --refresh-after 7d
    $ bili-common diff run.sqlite --since last
    """
    from ..actions.diffing import show_changes
    from ..language import tr
    from ..runner import attempt

    work = partial(
        show_changes,
        store,
        account=account,
        since=since,
        form=form,
        messages=messages,
    )
    return attempt(work, interrupted=lambda: tr("nothing was read"))
