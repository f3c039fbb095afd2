"""Mutated bodies: a documented error, or a page whose every value has the type it declares."""

from __future__ import annotations

import copy
import functools
import json
import random
import re
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
from bili_common._records.fields import record_fields
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
STRUCTURE = re.compile(r"\$\.(code|data(\.total|\.list(\[[0-9]+\](\.mid)?)?)?)")
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
RECORD = TREES[0]["data"]["list"][0]
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


def _is_typed(item: Following) -> bool:
    # What a repr shows was looked at once: most records of a body are as in all others.
    text = repr(item)
    if text not in TYPED and _is_of(item, Following):
        TYPED.add(text)
    return text in TYPED


TYPED: set[str] = set()


@functools.cache
def _hints(cls: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(cls)
    return tuple((field.name, hints[field.name]) for field in attrs.fields(cls))


UNTOUCHED = {
    json.dumps(record, sort_keys=True) for tree in TREES for record in tree["data"]["list"]
}
NESTED = {"vip", "label", "official_verify", "contract_info"}


def _goes_back(back: Any, sent: Any) -> bool:
    """Return whether all that was *sent* in an object is in *back*, as it was sent."""
    for key, value in sent.items():
        if key not in back:
            is_same = False
        elif key == "mid":
            # Also sent as a text of digits.
            is_same = str(back[key]) == str(value)
        elif key in NESTED and type(value) is dict:
            is_same = _goes_back(back[key], value)
        else:
            is_same = _as_text(back[key]) == _as_text(
                None if key == "tag" and value == [] else value
            )
        if not is_same:
            return False
    return True


def _as_text(value: Any) -> str:
    # To Python, True is 1 and 1.0.
    return json.dumps(value, sort_keys=True)


def _is_untouched(back: Any, sent: Any) -> bool:
    return (text := _as_text(sent)) in UNTOUCHED and _as_text(back) == text


def _odd_in(value: Any, declared: Any) -> int:
    """Count the values in *value* that are of another type than is *declared*."""
    kinds = set(typing.get_args(declared)) or {declared}
    if value is None:
        return 0
    if attrs.has(cls := next(iter(kinds - {type(None)}))):
        if type(value) is not dict:
            return 1
        kinds_of = _kinds(cls)
        return sum(_odd_in(value[key], kinds_of[key]) for key in value.keys() & kinds_of.keys())
    if typing.get_origin(declared) is tuple:
        return int(type(value) is not list or any(type(item) is not int for item in value))
    return int(type(value) not in kinds)


@functools.cache
def _kinds(cls: type) -> dict[str, Any]:
    return {field.key: field.type for field in record_fields(cls)}


def _odd_on(data: Any) -> int:
    # A mid is no odd value: it is one, or the record is none.
    changed = (it for it in data["list"] or () if _as_text(it) not in UNTOUCHED)
    records = [{**record, "mid": 1} for record in changed]
    version = _odd_in(data.get("re_version"), int | str | None)
    return version + sum(_odd_in(record, Following) for record in records)


def _is_right(page: Page[Following]) -> bool:
    pairs = [
        (item.to_wire(), sent)
        for item, sent in zip(page.items, page.raw["list"] or (), strict=True)
    ]
    return (
        all(_is_untouched(*pair) or _goes_back(*pair) for pair in pairs)
        and type(page.total) is int
        and page.total >= 0
        and (page.re_version is None or type(page.re_version) in {int, str})
        and page.bad_records == 0
        and page.odd_values == _odd_on(page.raw)
        and all(map(_is_typed, page.items))
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
        # Only identity and structure.
        assert all(map(STRUCTURE.fullmatch, error.paths)), error.paths
        assert all(path in str(error) for path in error.paths[:3])
        assert error.body == body[:2048]
    return type(error).__name__


@pytest.mark.parametrize(
    "count", [400, pytest.param(IN_VALUES, marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_20_000_bodies_with_changed_values(count):
    """A fault of structure is a SchemaError; all else is typed, counted, and goes back."""
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
    assert page.odd_values == 0
    assert _odd_on({"list": [RECORD | {"special": True, "vip": 5, "tag": [1, "2"]}]}) == 3
    assert not _goes_back(RECORD, RECORD | {"special": False})
    assert not _goes_back(RECORD, RECORD | {"vip": RECORD["vip"] | {"more": 1}})
