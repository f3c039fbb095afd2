"""Conversion and size: one record from a dict, and the bytes that it keeps."""

from __future__ import annotations

import importlib.util
import tracemalloc

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Any, get_args, get_origin

import attrs
import orjson

from bili_common import Following
from bili_common._records.structurer import record_reader
from bili_common.testing.records import make_record, mid_of

from . import byhand
from .measure import Spread, cpu, interleave, ratios
from .table import Row, plain


SHAPES = ("2020", "2021", "2025", "mixed")
COUNT = 5000
READER = record_reader(Following)


def bodies(shape: str) -> list[bytes]:
    """Return the lists of pages of 50 different records."""
    records = [make_record(mid_of(index), shape=shape) for index in range(COUNT)]
    return [orjson.dumps(records[start : start + 50]) for start in range(0, COUNT, 50)]


def rows(rounds: int) -> Iterator[Row]:
    """Yield a row per shape, and those of the sizes."""
    for shape in SHAPES:
        pages = [orjson.loads(body) for body in bodies(shape)]

        def ours(pages: list[Any] = pages) -> None:
            for page in pages:
                READER.read(page)

        def hand(pages: list[Any] = pages) -> None:
            for page in pages:
                tuple([byhand.build(obj) for obj in page])

        works = {
            "ours": lambda work=ours: cpu(work) / COUNT,
            "hand": lambda work=hand: cpu(work) / COUNT,
        }
        measured = interleave(works, rounds)
        yield Row(
            f"structuring one record, shape {shape} / constructing it by hand",
            f"{Spread.of(measured['ours']).median * 1e6:.2f} us",
            f"{Spread.of(measured['hand']).median * 1e6:.2f} us",
            ratios(measured["ours"], measured["hand"]),
            0.6,
            group="CPU",
        )
    yield from _sizes()


def _sizes() -> Iterator[Row]:
    ours = _size(lambda page: READER.read(page).records)
    dicts = _size(list)
    what = "bytes per record kept, shape 2021 / "
    yield Row(f"{what}its dict", f"{ours:.0f} B", f"{dicts:.0f} B", plain(ours / dicts))
    if importlib.util.find_spec("pydantic"):
        model = _model(Following)
        pydantic = _size(lambda page: [model.model_validate(obj) for obj in page])
        yield Row(
            f"{what}a pydantic model",
            f"{ours:.0f} B",
            f"{pydantic:.0f} B",
            plain(ours / pydantic),
        )


def _size(convert: Callable[[list[Any]], Any]) -> float:
    pages = bodies("2021")
    # What is made once for all records is not theirs.
    convert(orjson.loads(pages[0]))
    tracemalloc.start()
    kept = [convert(orjson.loads(page)) for page in pages]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / sum(map(len, kept))


def _model(cls: type[Any]) -> type[Any]:
    """Return a pydantic model with the fields of *cls*."""
    import pydantic  # noqa: PLC0415 - the group bench may be missing

    attrs.resolve_types(cls)
    fields: dict[str, Any] = {}
    for field in attrs.fields(cls):
        key = next(
            (value for name, value in field.metadata.items() if name.endswith("name")), None
        )
        kind = _kind(field.type)
        # A null list stands for an empty one.
        kind = kind | None if get_origin(kind) is tuple else kind
        if isinstance(field.default, attrs.Factory):
            default = pydantic.Field(default_factory=field.default.factory, alias=key)
        else:
            default = pydantic.Field(
                default=... if field.default is attrs.NOTHING else field.default, alias=key
            )
        fields[field.name] = (kind, default)
    return pydantic.create_model(cls.__name__, **fields)


def _kind(kind: Any) -> Any:
    if attrs.has(kind):
        return _model(kind)
    if isinstance(kind, UnionType):
        first, second = map(_kind, get_args(kind))
        return first | second
    return kind
