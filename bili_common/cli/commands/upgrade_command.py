"""The arguments, options and help of ``upgrade``."""

from __future__ import annotations

from functools import partial

from ..exits import Exit
from ..input.options import StoreArgument
from ..input.shared_options import talks
from ..speech.console import Messages


__all__ = ["upgrade_command"]


@talks
def upgrade_command(store: StoreArgument, *, messages: Messages) -> Exit:
    """
    Bring a store of an older version up to date.

    The next compare would do the same. Whatever ends it, the file is as it was
    before, or upgraded as a whole.

    $ bili-common upgrade run.sqlite
    """
    from ..actions.whole_stores import upgrade_store
    from ..language import tr
    from ..runner import execute

    return execute(
        partial(upgrade_store, store, messages),
        interrupted=lambda: tr("the store is as it was"),
    )
