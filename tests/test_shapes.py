"""Shapes: the fast way makes what the general way makes, for any keys in any order."""

from __future__ import annotations

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Following, Vip
from bili_common._records.fast_path import make_hook
from bili_common.testing.records import make_record, mid_of


fast = make_hook(Following, attrs.NOTHING, detailed=False)
general = make_hook(Following, attrs.NOTHING, detailed=True)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.integers(0, 9), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def _outcome(hook, obj):
    try:
        return hook(obj, Following)
    except Exception:  # noqa: BLE001 - which one is not of interest here
        return "refused"


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


@pytest.mark.slow
@given(objects())
def test_the_fast_way_agrees_with_the_general_way(obj):
    """Both make equal records with the same types, or both refuse."""
    ours, oracle = _outcome(fast, obj), _outcome(general, obj)
    assert ours == oracle
    assert repr(ours) == repr(oracle)


def test_more_shapes_than_are_kept_still_convert():
    """A server with hundreds of shapes is served as well, and each keeps its unknown key."""
    hook = make_hook(Following, attrs.NOTHING, detailed=False)
    for number in range(300):
        record = hook({"mid": 1, f"key{number}": number}, Following)
        assert record == Following(mid=1, extra={f"key{number}": number})


def test_a_shape_with_huge_keys_is_not_kept():
    """Keys of any length convert, and none is remembered beyond the record."""
    key = "k" * 10_000
    assert fast({"mid": 1, key: 2}, Following).extra == {key: 2}


def test_a_record_is_frozen_and_of_its_own_class():
    """What was made by a mould is no less a record than what a constructor made."""
    record = fast(make_record(mid_of(1), shape="2025"), Following)
    assert (type(record), type(record.vip)) == (Following, Vip)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.mid = 2
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.vip.vip_type = 2


def _verified(desc):
    return fast(
        {"mid": 1, "official_verify": {"type": 0, "desc": desc}}, Following
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
