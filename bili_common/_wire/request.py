"""The request: what is asked, without who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    def fields(self) -> dict[str, Any]:
        """What a log record says of this request."""
        named = {f"bili_{name}": value for name, value in self.params.items()}
        return {"bili_endpoint": self.path, **named}
