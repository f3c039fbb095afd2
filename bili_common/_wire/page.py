"""The page: an envelope's data becomes a page of records."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final, cast

import attrs

from .._records.by_function import Reading, unexpected
from .._records.fields import EXTRA
from .._records.structurer import record_reader
from .._records.values import REFUSED, to_int
from .._util.arguments import MAX_ID
from ..endpoints import ListEndpoint
from ..errors import SchemaError
from ..models import Page
from .envelope import read_data
from .json_body import parse_exactly
from .response import RawResponse


__all__ = ["PageReader"]

# Where more than ten times as many came as were asked for, and more than these, the
# answer is no page of this list.
_MOST_RECORDS: Final = 500
_EXTRA_OF: Final = attrgetter(EXTRA)


@attrs.frozen
class PageReader:
    """
    Reads pages of one list.

    Attributes:
        endpoint: The list.

        pn: The page that was asked for, counted from 1.

        ps: How many records were asked for.

        skip_bad: Whether to drop records that cannot be read, and to count them.
    """

    endpoint: ListEndpoint[Any]
    pn: int
    ps: int
    skip_bad: bool = False

    def read(self, answer: RawResponse) -> Page[Any]:
        """
        Return the page that *answer* holds.

        Raises:
            BiliCommonError: As `read_data`; also a SchemaError that names the path
                of each value that is not as it should be.
        """
        data = read_data(answer, codes=self.endpoint.codes)
        outcome = self._attempt(data)
        # The fast parser turns integers above 64 bits into floats. Where one was in
        # the way, or was kept as it came, the exact one reads the page again.
        if _hold_float(_suspects(outcome, data)):
            outcome = self._attempt(_exact_data(answer, data))
        if isinstance(outcome, SchemaError):
            raise _with_answer(outcome, answer)

        return outcome

    def _attempt(self, data: dict[str, Any]) -> Page[Any] | SchemaError:
        place = f"$.data.{self.endpoint.items}"
        # Returned, since a second failure would carry the first as its context.
        try:
            reading = self._read_items(data, place)
            at, more_at = self.endpoint.total, self.endpoint.has_more
            total = None if at is None else _read_total(data, at)
            has_more = None if more_at is None else _read_has_more(data, more_at)
        except SchemaError as exc:
            return exc

        # A number in 2020, also seen as "".
        version = data.get("re_version")
        odd_paths = [f"{place}[*]{path}" for _, path in reading.odd]
        if version is not None and type(version) not in (int, str):
            number = to_int(version)
            version = None if number is REFUSED else number
            odd_paths.append("$.data.re_version")
        return Page(
            items=reading.records,
            pn=self.pn,
            ps=self.ps,
            total=total,
            has_more=has_more,
            re_version=version,
            raw=data,
            bad_records=len({row for row, _ in reading.bad}),
            odd_values=len(odd_paths),
            odd_paths=frozenset(odd_paths),
        )

    def _read_items(self, data: dict[str, Any], place: str) -> Reading:
        found = _find(data, self.endpoint.items)
        if found is None:
            return Reading(())
        objects = cast("list[Any]", found)
        if type(found) is not list or len(objects) > max(10 * self.ps, _MOST_RECORDS):
            raise unexpected(place)

        reading = record_reader(self.endpoint.record).read(objects)
        if reading.bad and not self.skip_bad:
            raise unexpected(*(f"{place}[{row}]{path}" for row, path in reading.bad))

        return reading


def _read_total(data: dict[str, Any], place: str) -> int:
    total = _find(data, place)
    if type(total) is not int or not 0 <= total <= MAX_ID:
        raise unexpected(f"$.data.{place}")

    return total


def _read_has_more(data: dict[str, Any], place: str) -> bool:
    has_more = _find(data, place)
    # Lists of the server's say it by true and false or by 1 and 0.
    if has_more not in (True, False):
        raise unexpected(f"$.data.{place}")

    return bool(has_more)


def _find(data: dict[str, Any], place: str) -> Any:
    """Return what stands at *place*, a key or several with dots between; else ``...``."""
    value: Any = data
    for key in place.split("."):
        # A dict of JSON has texts for keys.
        value = cast("dict[str, Any]", value).get(key, ...) if type(value) is dict else ...
    return value


def _suspects(outcome: Page[Any] | SchemaError, data: dict[str, Any]) -> list[Any]:
    """Return where a float would show that the page is to be read exactly."""
    if isinstance(outcome, SchemaError) or outcome.bad_records or outcome.odd_values:
        return [data]

    # A function's records may be of any kind, but one class has it or has it not.
    items = outcome.items
    if len({*map(type, items)}) != 1 or not hasattr(items[0], EXTRA):
        return []

    return [*filter(None, map(_EXTRA_OF, items))]


def _exact_data(answer: RawResponse, data: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(parse_exactly(answer)["data"])
    except RecursionError:
        # The exact parser gives up at depths that the fast one reaches.
        return data


def _hold_float(values: list[Any]) -> bool:
    """Tell whether a float stands in *values*, which are used up."""
    # No recursion: the fast parser nests deeper than calls can.
    while values:
        value = values.pop()
        if type(value) is float:
            return True
        if type(value) is dict:
            values += value.values()
        elif type(value) is list:
            values += value

    return False


def _with_answer(error: SchemaError, answer: RawResponse) -> SchemaError:
    error.http_status, error.body = answer.status, answer.body[:2048]
    return error
