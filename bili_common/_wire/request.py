"""The request: what is asked, without who asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import attrs

from ..errors import ApiError


__all__ = ["Request"]


@attrs.frozen
class Request:
    """
    One GET request.

    Attributes:
        path: The path below the base URL.

        params: The query's names and values, in their order. No credential.

        codes: What codes mean at this path, beside the common table.
    """

    path: str
    params: Mapping[str, int | str]
    codes: Mapping[int, type[ApiError]] = attrs.field(factory=dict[int, type[ApiError]])

    @property
    def query(self) -> str:
        """The query string, without any credential."""
        return "&".join(
            [
                f"{_quoted(name)}={quote(value, safe=',') if isinstance(value, str) else value}"
                for name, value in self.params.items()
            ]
        )

    @property
    def fields(self) -> dict[str, Any]:
        """What a log record says of this request."""
        named = {f"bili_{name}": value for name, value in self.params.items()}
        return {"bili_endpoint": self.path, **named}


@lru_cache(maxsize=64)
def _quoted(name: str) -> str:
    return quote(name, safe="")
