"""Access: who asks which server how fast, as the options say."""

from __future__ import annotations

import os

from pathlib import Path

import attrs

from ..speech.console import Messages


__all__ = ["Access"]


@attrs.frozen
class Access:
    """
    The options that every asking command takes.

    Attributes:
        demo: Whether to ask an embedded server of synthetic users.

        day: The demo's day, None for the first.

        base_url: The server, else ``BILI_BASE_URL``, else Bilibili.

        rate: Requests per second, None for the library's own pace; the demo
            then has no limit.

        cookie_file: Where the credential is, else the environment has it.

        label: The user's own label for the account, else ``BILI_ACCOUNT``.

        proxy: The URL of a proxy, None for none.

        timeout: Seconds for one answer, None for the library's own.

        pace: Where the pace lives, None for the user's file of it.

        messages: How much is said meanwhile.
    """

    demo: bool = False
    day: int | None = None
    base_url: str | None = None
    rate: float | None = None
    cookie_file: Path | None = None
    label: str | None = attrs.field(default=None, alias="account")
    proxy: str | None = None
    timeout: float | None = None
    pace: str | None = None
    messages: Messages = attrs.Factory(Messages)

    @property
    def account(self) -> str:
        """The label of the account that asks."""
        named = self.label or os.environ.get("BILI_ACCOUNT")
        return named or ("demo" if self.demo else "default")
