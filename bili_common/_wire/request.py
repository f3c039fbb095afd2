"""The endpoint as data: where it is, what it takes and within which bounds."""

from __future__ import annotations

from typing import Final

import attrs


__all__ = ["MAX_PAGE_SIZE", "SAME_FOLLOWINGS", "Endpoint", "Request"]

# The endpoint's description gives 50 as the default, and programs that use it
# find larger pages cut to 50.
MAX_PAGE_SIZE: Final = 50


@attrs.frozen
class Endpoint:
    """
    One GET endpoint that lists records of one user.

    Attributes:
        path: The path below the base URL.

        noun: What it lists, for messages.
    """

    path: str
    noun: str


@attrs.frozen
class Request:
    """
    One page of one user's list, asked for.

    Attributes:
        endpoint: Where to ask.

        vmid: The other user's id.

        pn: The page, counted from 1.

        ps: Records per page, 1 to 50.
    """

    endpoint: Endpoint
    vmid: int
    pn: int
    ps: int

    @property
    def query(self) -> str:
        """The query string, without any credential."""
        return f"vmid={self.vmid}&ps={self.ps}&pn={self.pn}"


SAME_FOLLOWINGS: Final = Endpoint(path="/x/relation/same/followings", noun="same followings")
