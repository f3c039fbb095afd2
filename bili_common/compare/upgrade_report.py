"""The upgrade report: what an upgrade of a store did."""

from __future__ import annotations

import attrs


__all__ = ["UpgradeReport"]


@attrs.frozen
class UpgradeReport:
    """
    What an upgrade of a store did.

    Attributes:
        schema_before: The version of the file's schema before.

        schema_after: The version now; the same if there was nothing to do.

        accounts: How many accounts have results in the store.

        outcomes: How many users have a result, in all accounts.

        rows: How many accounts are in their lists, counted once for each list.

        bytes_before: The size of the file before.

        bytes_after: The size now.
    """

    schema_before: int
    schema_after: int
    accounts: int
    outcomes: int
    rows: int
    bytes_before: int
    bytes_after: int

    @property
    def is_upgraded(self) -> bool:
        """Whether there was anything to do."""
        return self.schema_before != self.schema_after
