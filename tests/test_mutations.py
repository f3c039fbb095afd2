"""Mutated bodies: a documented error, or a page whose every value has the type it declares."""

from __future__ import annotations

import copy
import functools
import json
import random
import types
import typing

from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest

from bili_common import (
    SAME_FOLLOWINGS,
    ApiError,
    Following,
    Page,
    ResponseError,
    SchemaError,
    TransportError,
)
from bili_common._wire.page import PageReader
from bili_common._wire.response import RawResponse

from .faults.figures import show


DATA = Path(__file__).parent / "data"
BODIES = [(DATA / name).read_bytes() for name in ("body_13_of_13.json", "body_2_of_38.json")]
READER = PageReader(SAME_FOLLOWINGS, pn=1, ps=50)
IN_VALUES, IN_BYTES = 20_000, 5_000

ODD = [
    *(None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**30),
    *(0.0, 1.0, 1.9, -0.5, "", "0", "1", "-1", "1.5", "abc", "116683", "true", "null"),
    *("\x00", "\ud83d\ude00", "<script>", "9" * 30, [], [None], [1], ["1"], [[]], [{}]),
    *({}, {"": None}, {"mid": 1}, {"a": {}}),
]
NOISE = [b"{", b"}", b"[", b"]", b'"', b",", b"\\", b"-", b"e9"]


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of each value in a tree."""
    if isinstance(value, dict):
        children: Any = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        return [path]
    return [path, *(place for key, child in children for place in _places(child, (*path, key)))]


TREES = [orjson.loads(body) for body in BODIES]
PLACES = [_places(tree)[1:] for tree in TREES]


def _mutate(tree: Any, place: tuple[str | int, ...], chance: random.Random) -> None:
    """Change one value of *tree*: another one, none, a second one, or under another key."""
    parent = tree
    for key in place[:-1]:
        parent = parent[key]
    key = place[-1]
    match chance.randrange(8):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent.insert(chance.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
        case 2 if isinstance(parent, dict):
            parent[chance.choice(["", "mid", "x" * 99, "__class__", str(key).upper()])] = (
                parent.pop(key)
            )
        case 3:
            parent[key] = [parent[key]]
        case 4:
            parent[key] = {"value": parent[key]}
        case _:
            parent[key] = copy.deepcopy(chance.choice(ODD))


def _in_values(seed: int) -> tuple[bytes, bool]:
    """Return a body with one to three changed values, and whether only its data changed."""
    chance = random.Random(seed)
    nth = chance.randrange(len(TREES))
    tree = orjson.loads(BODIES[nth])
    only_data = True
    for _ in range(chance.choice([1, 1, 2, 3])):
        place = chance.choice(PLACES[nth])
        try:
            _mutate(tree, place, chance)
        except (KeyError, IndexError, TypeError, AttributeError):
            # An earlier change took that place away.
            continue
        only_data &= len(place) > 1
    # The library's own parser cannot write integers above 64 bits.
    return json.dumps(tree).encode(), only_data


def _in_bytes(seed: int) -> bytes:
    """Return a body with some bytes changed, cut out, doubled or put in."""
    chance = random.Random(seed)
    body = bytearray(chance.choice(BODIES))
    for _ in range(chance.randint(1, 4)):
        if not body:
            break
        at = chance.randrange(len(body))
        match chance.randrange(5):
            case 0:
                body[at] ^= 1 << chance.randrange(8)
            case 1:
                del body[at : at + chance.randint(1, 40)]
            case 2:
                body[at:at] = body[at : at + chance.randint(1, 40)]
            case 3:
                body[at:at] = chance.choice(NOISE)
            case 4:
                del body[max(at, 1) :]
    return bytes(body)


def _is_of(value: Any, declared: Any) -> bool:
    """Return whether *value*, and all in it, has exactly the type that is *declared*."""
    origin = typing.get_origin(declared)
    if declared is Any:
        return True
    if origin in {typing.Union, types.UnionType}:
        return any(_is_of(value, one) for one in typing.get_args(declared))
    if origin is tuple:
        item, _ = typing.get_args(declared)
        return type(value) is tuple and all(_is_of(one, item) for one in value)
    if origin is not None:
        return isinstance(value, origin)
    if type(value) is not declared:
        return False
    return not attrs.has(declared) or _is_well_typed(value)


def _is_well_typed(record: Any) -> bool:
    return all(_is_of(getattr(record, name), hint) for name, hint in _hints(type(record)))


@functools.cache
def _hints(cls: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(cls)
    return tuple((field.name, hints[field.name]) for field in attrs.fields(cls))


NESTED = {"vip", "label", "official_verify", "contract_info"}


def _goes_back(back: Any, sent: Any) -> bool:
    """Return whether all that was *sent* in an object is in *back*, as it was sent."""
    for key, value in sent.items():
        if key == "mid":
            # Also sent as a text of digits.
            is_same = str(back[key]) == str(value)
        elif (
            key in {"vip", "label", "official_verify", "contract_info"} and type(value) is dict
        ):
            is_same = _goes_back(back[key], value)
        else:
            is_same = back[key] == (None if key == "tag" and value == [] else value)
        if not is_same:
            return False
    return True


def _is_right(page: Page[Following]) -> bool:
    sent = page.raw["list"] or ()
    return (
        all(map(_goes_back, (item.to_wire() for item in page.items), sent))
        and type(page.total) is int
        and page.total >= 0
        and (page.re_version is None or type(page.re_version) in {int, str})
        and page.bad_records == 0
        and all(_is_of(item, Following) for item in page.items)
    )


def _outcome(body: bytes, allowed: tuple[type[Exception], ...]) -> str:
    try:
        page = READER.read(RawResponse(200, body))
    except SchemaError as exc:
        error: Exception = exc
    except allowed as exc:
        error = exc
    else:
        assert _is_right(page), body
        return "a page of the right types"
    assert error.__context__ is None
    if isinstance(error, SchemaError):
        assert error.paths
        assert all(path.startswith("$.") for path in error.paths)
        assert all(path in str(error) for path in error.paths[:3])
        assert error.body == body[:2048]
    return type(error).__name__


@pytest.mark.parametrize(
    "count", [400, pytest.param(IN_VALUES, marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_20_000_bodies_with_changed_values(count):
    """Changed data gives a SchemaError with a path, or right types that go back as sent."""
    outcomes: Counter[str] = Counter()
    for seed in range(count):
        body, only_data = _in_values(seed)
        # A voucher never comes up by chance, so data alone gives no ApiError.
        allowed = () if only_data else (ApiError, ResponseError)
        outcomes[_outcome(body, allowed)] += 1
    show(f"{count:,} bodies with changed values: {dict(outcomes)}")
    assert outcomes["SchemaError"] > count / 50
    assert outcomes["a page of the right types"] > count / 10


@pytest.mark.slow
def test_5_000_bodies_with_changed_bytes():
    """Only documented errors or right types, whatever happens to the bytes."""
    outcomes = Counter(
        _outcome(_in_bytes(seed), (ApiError, ResponseError, TransportError))
        for seed in range(IN_BYTES)
    )
    show(f"{IN_BYTES:,} bodies with changed bytes: {dict(outcomes)}")
    assert {"SchemaError", "ResponseError", "TransportError"} <= outcomes.keys()


@pytest.mark.parametrize("body", BODIES, ids=["13-of-13", "2-of-38"])
def test_the_bodies_as_they_are(body):
    """Unchanged, both give a page; the check of types is one that can fail."""
    page = READER.read(RawResponse(200, body))
    assert _is_right(page)
    wrong = attrs.evolve(page.items[0], uname=7)
    assert not _is_well_typed(wrong)
    assert not _is_well_typed(attrs.evolve(page.items[0], tag=(True,)))
