"""A reading: what came of a list of objects, and how a user's function makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ..errors import SchemaError
from .values import REFUSED


__all__ = ["FunctionReader", "Reading", "unexpected"]


@attrs.frozen
class Reading:
    """
    What came of a list of objects.

    Attributes:
        records: The records, without those that cannot be read.

        bad: Where those are: each its index, and the path below it.

        odd: The values of wrong types that cost no record, in the same way.
    """

    records: tuple[Any, ...]
    bad: Sequence[tuple[int, str]] = ()
    odd: Sequence[tuple[int, str]] = ()


class FunctionReader:
    """
    Reads objects as records that a function of the user's own makes.

    Args:
        make: Returns a record for one of the server's objects, or raises.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def read(self, objects: Sequence[Any]) -> Reading:
        """Return what comes of *objects*, which are any JSON."""
        records: list[Any] = []
        bad: list[tuple[int, str]] = []
        for row, obj in enumerate(objects):
            try:
                records.append(self._make(obj) if type(obj) is dict else REFUSED)
            except SchemaError as exc:
                records.append(REFUSED)
                bad += [(row, path.removeprefix("$")) for path in exc.paths or ("$",)]
            except Exception:  # noqa: BLE001 - whatever it was, the record cannot be read
                records.append(REFUSED)
        lost = [row for row, record in enumerate(records) if record is REFUSED]
        bad += [(row, "") for row in lost if row not in dict(bad)]
        return Reading(tuple(it for it in records if it is not REFUSED), sorted(bad))


def unexpected(*paths: str) -> SchemaError:
    """Return the error that names *paths*, three of them in its message."""
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")  # noqa: PLR2004 - enough for a line
    return SchemaError(f"the server sent an unexpected value at {shown}", paths=paths)
