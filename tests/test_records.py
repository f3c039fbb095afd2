"""Reading by columns: each record is what it would be alone, whatever stands beside it."""

from __future__ import annotations

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Following, SchemaError, UsageError, Vip
from bili_common._records.structurer import record_reader
from bili_common.testing.records import make_record, mid_of


reader = record_reader(Following)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.integers(0, 9), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@st.composite
def objects(draw):
    """Return a record of any year with keys left out, replaced, added and shuffled."""
    obj = make_record(mid_of(draw(st.integers(0, 500))))
    for key in draw(st.lists(st.sampled_from(sorted(obj)), max_size=3)):
        obj.pop(key, None)
    for key in draw(st.lists(st.sampled_from(["mid", "sign", "tag", "vip", "face_nft"]))):
        obj[key] = draw(values)
    for key in draw(st.lists(st.sampled_from(["", "extra", "新", "a b", "class"]))):
        obj[key] = draw(values)
    return dict(draw(st.permutations(list(obj.items()))))


@given(st.lists(st.one_of(objects(), values), max_size=6))
def test_records_read_together_are_what_they_are_alone(page):
    """A page is its records one by one: the same records, faults and odd values."""
    together = reader.read(page)
    alone = [reader.read([obj]) for obj in page]
    assert list(together.records) == [record for one in alone for record in one.records]
    assert repr(list(together.records)) == repr([it for one in alone for it in one.records])
    assert list(together.bad) == [
        (n, path) for n, one in enumerate(alone) for _, path in one.bad
    ]
    assert sorted(together.odd) == sorted(
        (n, path) for n, one in enumerate(alone) for _, path in one.odd
    )


@given(objects())
def test_what_was_read_goes_back_and_comes_again(obj):
    """`to_wire` holds each key that was sent, as it was sent, and reads as the same record."""
    try:
        record = Following.from_wire(obj)
    except SchemaError:
        assert [path for _, path in reader.read([obj]).bad] == [".mid"]
        return
    back = record.to_wire()
    for key, value in obj.items():
        if key == "mid":
            assert str(back[key]) == str(value)
        elif key == "tag":
            assert back[key] == (value or None if isinstance(value, list | None) else value)
        elif isinstance(value, dict) and key in {"vip", "contract_info", "official_verify"}:
            assert back[key].items() >= value.items()
        else:
            assert back[key] == value
            assert type(back[key]) is type(value)
    assert Following.from_wire(back) == record


def test_hundreds_of_shapes_still_convert():
    """A server whose objects all have other keys is served as well."""
    page = [{"mid": 1, f"key{number}": number} for number in range(300)]
    assert [record.extra for record in reader.read(page).records] == [
        {f"key{number}": number} for number in range(300)
    ]


def test_a_record_is_frozen_and_of_its_own_class():
    """What was made as a draft is no less a record than what a constructor made."""
    record = Following.from_wire(make_record(mid_of(1), shape="2025"))
    assert (type(record), type(record.vip)) == (Following, Vip)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.mid = 2
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.vip.vip_type = 2


def _verified(desc):
    return Following.from_wire(
        {"mid": 1, "official_verify": {"type": 0, "desc": desc}}
    ).official_verify


def test_equal_small_records_are_one_and_large_ones_are_not_kept():
    """What repeats on every page is made once, unless it is so long that keeping it costs."""
    assert _verified("知名UP主") is _verified("知名UP主")
    assert _verified("长" * 2_000) == _verified("长" * 2_000)
    assert _verified("长" * 2_000) is not _verified("长" * 2_000)


def test_more_small_records_than_are_kept_still_convert():
    """A crawl that meets thousands of different ones gets each of them right."""
    first = _verified("0")
    for number in range(5_000):
        assert _verified(f"{number}").desc == f"{number}"
    assert _verified("0") == first
    assert _verified("0") is not first


@attrs.frozen
class Owner:
    mid: int
    name: str = ""


@attrs.frozen
class Medal:
    id: int
    name: str
    owner: Owner
    level: int = attrs.field(default=0)
    is_on: bool = False
    note: str | None = None
    tags: tuple[int, ...] = ()
    more: dict[str, int] = attrs.field(factory=dict)
    parts: list[Owner] = attrs.field(factory=list)
    fans: int = attrs.field(default=0, alias="fansCount")
    extra: dict = attrs.field(factory=dict)

    @level.validator
    def _check(self, _attribute, value):
        if value > 99:
            raise ValueError("too high")


GOOD = {"id": 1, "name": "a", "owner": {"mid": 2, "name": "b"}}


def test_any_attrs_class_is_read_by_its_annotations():
    """Nested classes, lists, optional fields, aliases and `extra`: as they are declared."""
    sent = GOOD | {
        "level": "7",
        "is_on": 1,
        "note": None,
        "tags": [1, True],
        "more": [],
        "parts": [{"mid": "3"}],
        "fansCount": 5,
        "x": None,
    }
    [record] = record_reader(Medal).read([sent]).records
    assert record == Medal(
        id=1,
        name="a",
        owner=Owner(2, "b"),
        level=7,
        is_on=True,
        tags=(1, 1),
        parts=[Owner(3)],
        fansCount=5,
        extra=record.extra,
    )
    assert record.extra == {
        "x": None,
        "note": None,
        **{key: sent[key] for key in ("level", "is_on", "tags", "more")},
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": "x"}, ".id"),
        ({"name": None}, ".name"),
        ({"owner": {"mid": 0}}, ".owner.mid"),
        ({"owner": {}}, ".owner.mid"),
        ({"owner": []}, ".owner"),
        ({"level": 100}, ""),
    ],
)
def test_what_has_no_default_costs_the_record(change, path):
    """A field without a default can stand for nothing; a constructor that refuses is heard."""
    reading = record_reader(Medal).read([GOOD, GOOD | change, GOOD])
    assert list(reading.bad) == [(1, path)]
    assert len(reading.records) == 2


def test_a_function_makes_the_record():
    """What it raises costs that record alone; what it names is named."""

    def make(obj):
        return Following.from_wire(obj["user"])

    page = [{"user": {"mid": 1}}, {}, {"user": {"mid": 0}}, 5]
    reading = record_reader(make).read(page)
    assert [record.mid for record in reading.records] == [1]
    assert list(reading.bad) == [(1, ""), (2, ".mid"), (3, "")]


@attrs.frozen
class Complex:
    mid: int
    value: complex


def test_a_type_that_json_has_not_is_refused():
    """A class whose field no reader can fill is a UsageError that names the type."""
    with pytest.raises(UsageError, match="complex"):
        record_reader(Complex)
