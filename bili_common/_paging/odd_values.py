"""The odd values of a walk: how many came, and where, told in the log."""

from __future__ import annotations

import logging

from collections.abc import Mapping
from typing import Any

import attrs

from ..models import Page


__all__ = ["OddValues"]

_log = logging.getLogger("bili_common")


@attrs.define
class OddValues:
    """
    What of the pages of one walk was of a wrong type, and cost no record.

    Attributes:
        count: How many values.
    """

    count: int = 0
    _told: set[str] = attrs.field(factory=set[str], init=False)

    def take(self, page: Page[Any], params: Mapping[str, int | str]) -> None:
        """
        Count those of *page*, and log each path that was not logged before.

        Args:
            page: The page.

            params: What was asked for, for the log.
        """
        self.count += page.odd_values
        fields = {f"bili_{name}": value for name, value in params.items()}
        for path in sorted(page.odd_paths - self._told):
            _log.warning(
                "the server sent a value of an unexpected type",
                extra={**fields, "bili_pn": page.pn, "bili_path": path},
            )
        self._told |= page.odd_paths
