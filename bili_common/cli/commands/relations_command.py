"""The arguments, options and help of ``relations``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import Format
from ..input.shared_options import asks
from ..reach.access import Access


__all__ = ["relations_command"]


@asks
def relations_command(
    mids: Annotated[
        list[str], typer.Argument(metavar="MID", help="The accounts to ask about.")
    ],
    *,
    form: Annotated[
        Format, typer.Option("--format", help="How to write it.", show_default=False)
    ] = Format.TABLE,
    access: Access,
) -> Exit:
    """
    Tell whether your own account follows some accounts, and since when.

    $ bili-common relations 3000000000 3024169094 --demo
    """
    from ..actions.asking import tell_relations
    from ..input.uids import parse_uid
    from ..language import tr
    from ..runner import execute

    return execute(
        partial(tell_relations, access, [parse_uid(mid) for mid in mids], form),
        interrupted=lambda: tr("no answer; the same command begins again"),
    )
