"""The records: their properties, and the way to the server's object and back."""

from __future__ import annotations

import pickle

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    ContractInfo,
    Following,
    OfficialVerify,
    Page,
    SchemaError,
    Vip,
    VipLabel,
)
from bili_common.testing import make_record


@pytest.mark.parametrize(
    ("attribute", "mutual"),
    [(0, False), (2, False), (6, True), (128, False)],
)
def test_is_mutual_is_six(attribute, mutual):
    """is_mutual is attribute 6, and nothing else."""
    assert Following(mid=1, attribute=attribute).is_mutual is mutual


@pytest.mark.parametrize(("special", "is_special"), [(0, False), (1, True), (2, False)])
def test_is_special_is_one(special, is_special):
    """is_special is special 1."""
    assert Following(mid=1, special=special).is_special is is_special


@pytest.mark.parametrize(("kind", "verified"), [(-1, False), (0, True), (1, True), (9, True)])
def test_is_verified_is_any_type_but_minus_one(kind, verified):
    """is_verified is a type other than -1: the bodies use 0 and 1."""
    assert OfficialVerify(type=kind).is_verified is verified


@pytest.mark.parametrize(("status", "active"), [(0, False), (1, True), (2, False)])
def test_is_active_is_status_one(status, active):
    """is_active is vip_status 1."""
    assert Vip(vip_status=status).is_active is active


def test_times_are_aware():
    """followed_at is from seconds and due_at from milliseconds, both aware, in UTC."""
    item = Following(mid=1, mtime=1611901353, vip=Vip(vip_due_date=1665936000500))
    assert item.followed_at == datetime(2021, 1, 29, 6, 22, 33, tzinfo=UTC)
    assert item.vip.due_at == datetime(2022, 10, 16, 16, 0, 0, 500_000, tzinfo=UTC)
    assert item.followed_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("value", [0, -1, 10**18, -(10**18)])
def test_times_that_are_none(value):
    """0, absent or out of range: None, and no error."""
    assert Following(mid=1, mtime=value).followed_at is None
    assert Vip(vip_due_date=value).due_at is None
    assert Following(mid=1).followed_at is None


@pytest.mark.parametrize("record", [Following(mid=1), Vip(), VipLabel(), ContractInfo()])
def test_records_are_frozen_and_slotted(record):
    """A record cannot be changed, nor given new attributes."""
    name = attrs.fields(type(record))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(record, name, 5)
    with pytest.raises((AttributeError, attrs.exceptions.FrozenInstanceError)):
        record.more = 1
    assert not hasattr(record, "__dict__")


def test_records_are_values():
    """Equal records are equal, hash alike, and survive pickle and evolve."""
    one, two = Following.from_wire({"mid": 1, "x": 1}), Following.from_wire({"mid": 1, "x": 1})
    assert one == two
    assert hash(one) == hash(two)
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own
    assert type(one) is Following
    assert attrs.evolve(one, mid=2).mid == 2
    assert attrs.asdict(one)["mid"] == 1


def test_one_record_by_itself():
    """from_wire takes the server's object, defaults what is absent, and to_wire goes back."""
    item = Following.from_wire({"mid": "116683"})
    assert item == Following(mid=116683)
    assert item.to_wire()["mid"] == 116683
    assert item.to_wire()["tag"] is None
    assert Following.from_wire(item.to_wire()) == item


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        ({}, "$.mid"),
        ({"mid": 0}, "$.mid"),
        ({"mid": -5}, "$.mid"),
        ({"mid": 1.0}, "$.mid"),
        ([], "$"),
        (None, "$"),
        ("x", "$"),
    ],
)
def test_one_broken_record_by_itself(obj, path):
    """from_wire raises SchemaError with paths from the record on."""
    with pytest.raises(SchemaError) as caught:
        Following.from_wire(obj)
    assert caught.value.paths == (path,)


def test_from_wire_leaves_its_argument_alone():
    """The object is not changed, and another kind of mapping will do."""
    from types import MappingProxyType  # noqa: PLC0415 - for this alone

    obj = {"mid": 1, "new": [1], "vip": {"vipType": 1}}
    before = repr(obj)
    item = Following.from_wire(MappingProxyType(obj))
    assert repr(obj) == before
    assert item.extra == {"new": [1]}


@pytest.mark.parametrize("shape", ["2020", "2021", "2025"])
@given(mid=st.integers(1, 2**53))
def test_every_year_comes_back_key_for_key(shape, mid):
    """Records of each year's shape: to_wire() is what came, and from_wire undoes to_wire."""
    sent = make_record(mid, shape=shape)
    item = Following.from_wire(sent)
    assert item.to_wire() == sent
    assert Following.from_wire(item.to_wire()) == item


def test_a_page_is_a_value():
    """A Page compares by what it says, not by its raw object, and does not print it."""
    page = Page(items=(), pn=1, ps=50, total=0, raw={"a": 1})
    assert page == Page(items=(), pn=1, ps=50, total=0)
    assert "raw" not in repr(page)
