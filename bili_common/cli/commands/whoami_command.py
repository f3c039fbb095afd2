"""The options and help of ``whoami``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..exits import Exit
from ..input.options import Format
from ..input.shared_options import asks
from ..reach.access import Access


__all__ = ["whoami_command"]


@asks
def whoami_command(
    *,
    form: Annotated[
        Format, typer.Option("--format", help="How to write it.", show_default=False)
    ] = Format.TABLE,
    access: Access,
) -> Exit:
    """
    Tell which account the credential is of: a test before a long run.

    A dead cookie is exit code 3.

    $ bili-common whoami
    """
    from ..actions.asking import tell_account
    from ..language import tr
    from ..runner import execute

    return execute(
        partial(tell_account, access, form),
        interrupted=lambda: tr("no answer; the same command begins again"),
    )
