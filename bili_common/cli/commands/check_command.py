"""The arguments, options and help of ``check``."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import RequireOption, VmidArgument
from ..input.shared_options import asks
from ..reach.access import Access


__all__ = ["AnswerFormat", "check_command"]


class AnswerFormat(str, Enum):  # noqa: UP042 - Typer reads the values of a str
    """A way to write an answer."""

    TEXT = "text"
    JSON = "json"


@asks
def check_command(
    vmid: VmidArgument,
    mids: Annotated[list[str], typer.Argument(metavar="MID", help="The accounts to look for.")],
    *,
    require: RequireOption = "any",
    assume_followed: Annotated[
        bool,
        typer.Option(
            "--assume-followed",
            help="Your account follows every MID; else a miss is UNKNOWN, not NO.",
        ),
    ] = False,
    ask_followed: Annotated[
        bool,
        typer.Option(
            "--ask-followed",
            help="Ask, by one more request, which missing MIDs your account follows.",
        ),
    ] = False,
    form: Annotated[
        AnswerFormat, typer.Option("--format", help="text by default.", show_default=False)
    ] = AnswerFormat.TEXT,
    access: Access,
) -> Exit:
    """
    Tell whether VMID follows any, or all, of some accounts.

    Writes YES (exit code 0), NO (1) or UNKNOWN (7), and what was found.

    $ bili-common check 293793435 3024169094 --demo
    """
    from ..actions.asking import Checking
    from ..input.uids import parse_uid
    from ..language import tr
    from ..runner import execute

    checking = Checking(
        vmid=parse_uid(vmid),
        mids=[parse_uid(mid) for mid in mids],
        require=require,
        assume_followed=assume_followed,
        ask_followed=ask_followed,
        json=form is AnswerFormat.JSON,
    )
    return execute(
        partial(checking.run, access),
        interrupted=lambda: tr("no answer; the same command begins again"),
    )
