"""The name: whose pace it is, where the user gave none."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit


__all__ = ["usual_name"]

_USUAL_HOST: Final = "api.bilibili.com"


def usual_name(account: str, base_url: str) -> str:
    """
    Return the name of *account*'s pace at the server of *base_url*.

    Two servers know nothing of each other's requests, so neither do their paces.
    """
    host = urlsplit(base_url).netloc
    return account if host == _USUAL_HOST else f"{account}@{host}"
