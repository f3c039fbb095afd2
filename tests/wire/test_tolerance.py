"""Only identity and structure cost a record; every other odd value costs itself alone."""

from __future__ import annotations

import json

import orjson
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    SAME_FOLLOWINGS,
    ContractInfo,
    OfficialVerify,
    SchemaError,
    Vip,
    VipLabel,
)
from bili_common._wire.page import PageReader
from bili_common._wire.response import RawResponse

from .bodies import FIRST, envelope, read, read_one


RECORD = orjson.loads(FIRST)["data"]["list"][0]


def _without(*keys):
    return {key: value for key, value in RECORD.items() if key not in keys}


@pytest.mark.parametrize(("sent", "kept"), [(None, ()), ([], ()), ([1, -10], (1, -10))])
def test_tag_is_null_or_a_list(sent, kept):
    """A null tag becomes (), a list a tuple; an empty one goes back as null."""
    item = read_one(RECORD, tag=sent)
    assert item.tag == kept
    assert item.to_wire()["tag"] == (sent or None)


def test_contract_info_is_absent_empty_or_full():
    """Absent is None, {} an object without values, and each goes back as it came."""
    assert read_one(_without("contract_info")).contract_info is None
    assert read_one(RECORD, contract_info=None).contract_info is None
    empty = read_one(RECORD, contract_info={})
    assert empty.contract_info == ContractInfo()
    assert empty.to_wire()["contract_info"] == {}
    full = {"is_contract": True, "is_contractor": False, "ts": 5, "user_attr": 1}
    item = read_one(RECORD, contract_info=full)
    assert item.contract_info == ContractInfo(
        is_contract=True, is_contractor=False, ts=5, user_attr=1
    )
    assert item.to_wire()["contract_info"] == full


def test_the_label_has_a_path_or_colours_too():
    """`vip.label` of 2020 has a path only, later ones colours and a text."""
    label = {
        "path": "",
        "text": "年度大会员",
        "label_theme": "annual_vip",
        "text_color": "#FFFFFF",
        "bg_style": 1,
        "bg_color": "#FB7299",
        "border_color": "",
    }
    item = read_one(RECORD, vip={**RECORD["vip"], "label": label})
    assert item.vip.label.text == "年度大会员"
    assert item.to_wire()["vip"]["label"] == label
    bare = read_one(RECORD, vip={**RECORD["vip"], "label": {"path": "x"}})
    assert bare.vip.label == VipLabel(path="x")


@pytest.mark.parametrize("key", ["official_verify", "vip"])
def test_nested_records_may_be_null_or_absent(key):
    """official_verify and vip, null or absent, become default objects."""
    default = {"official_verify": OfficialVerify(), "vip": Vip()}[key]
    assert getattr(read_one(RECORD, **{key: None}), key) == default
    assert getattr(read_one(_without(key)), key) == default
    assert not read_one(RECORD, official_verify=None, vip=None).official_verify.is_verified


def test_a_null_label_is_a_default_one():
    """`vip.label` null or absent becomes a default object."""
    assert read_one(RECORD, vip={"label": None}).vip == read_one(RECORD, vip={}).vip == Vip()


def test_the_list_may_be_null():
    """`list` null is an empty page."""
    page = read(envelope(list=None, total=0))
    assert page.items == ()
    assert page.raw["list"] is None


@pytest.mark.parametrize("version", [0, 4018393655, 2**63, 2**70, "", "x", None])
def test_re_version_is_a_number_of_any_size_or_a_text(version):
    """re_version is an int, a big int, "" or null, and never a float."""
    text = b"null" if version is None else str(version).encode()
    if isinstance(version, str):
        text = b'"' + text + b'"'
    body = envelope(RECORD).replace(b'"re_version":1', b'"re_version":' + text)
    page = read(body)
    assert page.re_version == version
    assert type(page.re_version) is type(version)
    assert page.items == read(envelope(RECORD)).items


@pytest.mark.parametrize(
    ("sent", "kept"), [(True, 1), (2.0, 2), (1.5, None), ([], None), ({"a": 1}, None)]
)
def test_an_odd_re_version_costs_no_page(sent, kept):
    """As in a record: converted where nothing is lost, else None, counted, and left in raw."""
    page = read(envelope(RECORD | {"special": False}, re_version=sent))
    assert (page.re_version, type(page.re_version)) == (kept, type(kept))
    assert page.raw["re_version"] == sent
    assert (page.odd_values, len(page.items)) == (2, 1)
    assert page.odd_paths == {"$.data.re_version", "$.data.list[*].special"}


def test_re_version_may_be_absent():
    """Absent, it is None."""
    body = envelope(RECORD).replace(b'"re_version":1,', b"")
    assert read(body).re_version is None


@pytest.mark.parametrize(
    ("sent", "mid"),
    [
        ("116683", 116683),
        (2**32 + 1, 2**32 + 1),
        (3546559824267498, 3546559824267498),
        ("3546559824267498", 3546559824267498),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_a_mid_is_a_big_number_or_a_text_of_one(sent, mid):
    """A mid above 32 bits, or as a text: an int, exactly, on the way back too."""
    item = read_one(RECORD, mid=sent)
    assert (item.mid, type(item.mid)) == (mid, int)
    assert item.to_wire()["mid"] == mid


@pytest.mark.parametrize("mid", [b"9223372036854775808", b"1180591620717411303424"])
def test_a_mid_above_63_bits_is_an_error_and_no_float(mid):
    """A number that no account can have is named, not rounded."""
    body = envelope(RECORD).replace(b"301164820", mid)
    with pytest.raises(SchemaError) as caught:
        read(body)
    assert caught.value.paths == ("$.data.list[0].mid",)


def test_a_big_number_elsewhere_is_exact_too():
    """An integer above 64 bits in a known field stays what it was, skipping or not."""
    body = envelope(RECORD).replace(b"1611901353", b"1" + b"0" * 24)
    for skip_bad in (False, True):
        page = read(body, skip_bad=skip_bad)
        assert page.items[0].mtime == 10**24
        assert page.bad_records == 0


def test_mtime_may_be_absent():
    """Without mtime followed_at is None, and the record goes back without it."""
    item = read_one(_without("mtime"))
    assert item.mtime is None
    assert item.followed_at is None
    assert "mtime" not in item.to_wire()


def test_unknown_keys_are_kept():
    """Keys that nobody knows are in `extra`, at every level, and go back."""
    sent = {
        **RECORD,
        "name_render": {"colors": [1, {"a": None}]},
        "vip": {**RECORD["vip"], "role": 3, "label": {"path": "", "img": ["x"]}},
        "official_verify": {"type": 0, "desc": "", "more": {}},
        "contract_info": {"ts": 0, "odd": 1.5},
    }
    item = read_one(sent)
    assert item.extra == {"name_render": {"colors": [1, {"a": None}]}}
    assert item.vip.extra == {"role": 3}
    assert item.vip.label.extra == {"img": ["x"]}
    assert item.official_verify.extra == {"more": {}}
    assert item.contract_info.extra == {"odd": 1.5}
    assert item.to_wire() == sent
    assert orjson.loads(orjson.dumps(item.extra)) == item.extra
    assert type(item.extra) is dict


def test_unknown_values_are_kept():
    """Values of attribute, type and vipType that nobody knows are kept as they are."""
    item = read_one(
        RECORD,
        attribute=128,
        official_verify={"type": 9, "desc": ""},
        vip={**RECORD["vip"], "vipType": 7},
    )
    assert (item.attribute, item.official_verify.type, item.vip.vip_type) == (128, 9, 7)
    assert item.official_verify.is_verified


def test_the_later_keys_are_fields():
    """face_nft, nft_icon, rec_reason, track_id and follow_time of 2025 are known."""
    later = {
        "face_nft": 1,
        "nft_icon": "i",
        "rec_reason": "r",
        "track_id": "t",
        "follow_time": "f",
    }
    item = read_one(RECORD, **later)
    assert {key: getattr(item, key) for key in later} == later
    assert item.extra == {}
    assert item.to_wire() == RECORD | later


SCALARS = [
    ("attribute", 0),
    ("special", 0),
    ("uname", ""),
    ("face", ""),
    ("sign", ""),
    ("mtime", None),
    ("face_nft", None),
    ("track_id", None),
]


@pytest.mark.parametrize(("key", "default"), SCALARS)
def test_a_null_takes_the_fields_default(key, default):
    """A null is the field's default, and no text "None"."""
    assert getattr(read_one(RECORD, **{key: None}), key) == default


@pytest.mark.parametrize("key", ["vipType", "vipDueDate", "dueRemark", "label"])
def test_a_null_in_a_nested_record_takes_the_fields_default(key):
    """The same inside `vip`."""
    assert read_one(RECORD, vip={key: None}).vip == Vip()


BAD = [
    ("mid", None),
    ("mid", ...),
    ("mid", "abc"),
    ("mid", ""),
    ("mid", "-5"),
    ("mid", "0"),
    ("mid", 0),
    ("mid", -5),
    ("mid", "１２"),
    ("mid", True),
    ("mid", 1.5),
    ("mid", 1.0),
]

# The path, what comes, and what the attribute is then.
ODD = [
    ("attribute", "2", 2),
    ("attribute", "abc", 0),
    ("attribute", 1.5, 0),
    ("attribute", 2.0, 2),
    ("attribute", True, 1),
    ("mtime", "1", 1),
    ("mtime", [], None),
    ("special", False, 0),
    ("uname", ["a"], ""),
    ("uname", 5, "5"),
    ("uname", True, ""),
    ("sign", {}, ""),
    ("tag", "12", ()),
    ("tag", ["1", -10], (1, -10)),
    ("tag", [1.0], (1,)),
    ("tag", [True], (1,)),
    ("tag", [None], ()),
    ("tag", [1, "x"], ()),
    ("tag", {}, ()),
    ("official_verify", "x", OfficialVerify()),
    ("official_verify", [], OfficialVerify()),
    ("official_verify.type", "1", 1),
    ("official_verify.type", True, 1),
    ("official_verify.desc", 0, "0"),
    ("vip", 5, Vip()),
    ("vip", [], Vip()),
    ("vip.label", "x", VipLabel()),
    ("vip.label.path", 1, "1"),
    ("vip.label.bg_style", "1", 1),
    ("contract_info", 5, None),
    ("contract_info", [], None),
    ("contract_info.is_contractor", "false", None),
    ("contract_info.is_contractor", 0, False),
    ("contract_info.ts", False, 0),
    ("face_nft", "0", 0),
    ("face_nft", True, 1),
    ("follow_time", 1700000000, "1700000000"),
]


def _broken(path, value):
    record = orjson.loads(orjson.dumps(RECORD))
    *parents, key = path.split(".")
    target = record
    for parent in parents:
        target = target[parent]
    if value is ...:
        del target[key]
    else:
        target[key] = value
    return record


@pytest.mark.parametrize(("path", "value"), BAD)
def test_a_wrong_type_is_an_error_with_its_path(path, value):
    """A wrong type where it would hide a fault: SchemaError names the server's own path."""
    records = [RECORD, RECORD, RECORD, _broken(path, value)]
    with pytest.raises(SchemaError) as caught:
        read(envelope(*records))

    wanted = f"$.data.list[3].{path}"
    assert caught.value.paths == (wanted,)
    assert wanted in str(caught.value)
    assert RECORD["uname"] not in str(caught.value)
    assert caught.value.http_status == 200
    assert 0 < len(caught.value.body) <= 2048


@pytest.mark.parametrize(("path", "value", "kept"), ODD)
def test_an_odd_value_costs_itself_alone(path, value, kept):
    """Converted where nothing is lost, else the default; counted, and given back as it came."""
    sent = _broken(path, value)
    page = read(envelope(RECORD, sent, RECORD))
    found = page.items[1]
    for name in path.split("."):
        found = getattr(found, name)
    assert (found, type(found)) == (kept, type(kept))
    assert (page.odd_values, page.bad_records, len(page.items)) == (1, 0, 3)
    assert page.items[1].to_wire() == sent
    assert page.items[0].to_wire() == page.items[2].to_wire() == RECORD


def test_odd_values_are_counted_wherever_they_stand():
    """Each value that is of a wrong type counts once, also where it comes in every record."""
    label = {"path": 1, "text": 2}
    records = [_broken("vip.label", label) | {"face_nft": True} for _ in range(4)]
    for _ in range(2):
        page = read(envelope(*records))
        assert page.odd_values == 12
        assert [item.to_wire() for item in page.items] == records


def test_equal_is_not_the_same_type():
    """What was once right is odd in another type: True is not 1, 0 is not false."""
    read(envelope(RECORD | {"official_verify": {"type": 1, "desc": ""}}))
    for value in (True, 1.0):
        page = read(envelope(RECORD | {"official_verify": {"type": value, "desc": ""}}))
        assert page.odd_values == 1
        assert page.items[0].official_verify.type == 1
        assert type(page.items[0].official_verify.type) is int


def test_the_second_spelling_of_vip():
    """`vip` as {type, status, due_date, ...}: the same attributes, given back as sent."""
    sent = {"type": 2, "status": 1, "due_date": 5, "theme_type": 3, "vip_pay_type": 1}
    item = read_one(RECORD, vip=sent)
    assert (item.vip.vip_type, item.vip.vip_due_date, item.vip.theme_type) == (2, 5, 3)
    assert item.vip.is_active
    assert item.to_wire()["vip"] == sent | {"label": {"path": ""}}


@pytest.mark.parametrize("more", [{"type": 9}, {"type": 9, "status": 9}])
def test_vip_in_both_spellings(more):
    """Where both come, the first counts, and all goes back as it came."""
    sent = RECORD["vip"] | more
    item = read_one(RECORD, vip=sent)
    assert item.vip.vip_type == RECORD["vip"]["vipType"]
    assert item.to_wire()["vip"] == sent


def test_an_odd_value_in_the_second_spelling():
    """It is named and kept by the key that was sent."""
    sent = {"type": "2", "status": True, "label": {"path": ""}}
    page = read(envelope(RECORD | {"vip": sent}))
    assert page.odd_values == 2
    assert (page.items[0].vip.vip_type, page.items[0].vip.vip_status) == (2, 1)
    assert page.items[0].to_wire()["vip"] == sent


@pytest.mark.parametrize("key", ["uname", "vip", "official_verify", "mtime", "contract_info"])
def test_a_null_goes_back_as_null(key):
    """A null is not odd, equals an absent key, and is given back."""
    page = read(envelope(RECORD | {key: None}))
    assert page.odd_values == 0
    assert page.items[0] == read_one(_without(key))
    assert page.items[0].to_wire()[key] is None


@pytest.mark.parametrize(
    ("ps", "count", "is_taken"),
    [(50, 500, True), (50, 501, False), (1, 500, True), (50, 10**5, False)],
)
def test_a_page_of_far_too_many_is_no_page(ps, count, is_taken):
    """More than ten times `ps`, and more than 500: a SchemaError before any record is made."""
    body = envelope(*({"mid": mid} for mid in range(1, count + 1)))
    reader = PageReader(SAME_FOLLOWINGS, pn=1, ps=ps)
    if is_taken:
        assert len(reader.read(RawResponse(200, body)).items) == count
        return
    with pytest.raises(SchemaError) as caught:
        reader.read(RawResponse(200, body))
    assert caught.value.paths == ("$.data.list",)


def test_all_paths_of_a_page_are_named():
    """Several faults: all are on `paths`, three of them in the message."""
    records = [_broken("mid", "x") for _ in range(5)]
    with pytest.raises(SchemaError, match="and 2 more") as caught:
        read(envelope(*records))
    assert caught.value.paths == tuple(f"$.data.list[{n}].mid" for n in range(5))


@pytest.mark.parametrize("record", [None, 5, "x", [], True])
def test_a_record_that_is_no_object_is_an_error(record):
    """A record must be an object."""
    with pytest.raises(SchemaError) as caught:
        read(envelope(RECORD, record))
    assert caught.value.paths == ("$.data.list[1]",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("list", {}),
        ("list", "x"),
        ("list", 0),
        ("total", None),
        ("total", "13"),
        ("total", 1.0),
        ("total", True),
        ("total", -1),
    ],
)
def test_a_wrong_page_is_an_error_with_its_path(key, value):
    """The page's own values are strict too."""
    with pytest.raises(SchemaError) as caught:
        read(envelope(RECORD, **{key: value}))
    assert caught.value.paths == (f"$.data.{key}",)


@pytest.mark.parametrize("key", ["list", "total"])
def test_a_page_without_list_or_total_is_an_error(key):
    """Absent is not empty."""
    data = {"list": [], "total": 0, "re_version": 0}
    del data[key]
    with pytest.raises(SchemaError) as caught:
        read(orjson.dumps({"code": 0, "data": data}))
    assert caught.value.paths == (f"$.data.{key}",)


def test_bad_records_can_be_skipped_and_are_counted():
    """`on_bad_record="skip"` drops that record alone and counts it."""
    page = read(envelope(RECORD, _broken("mid", None), 5, RECORD), skip_bad=True)
    assert [item.mid for item in page.items] == [RECORD["mid"]] * 2
    assert page.bad_records == 2
    assert len(page.raw["list"]) == 4


def test_deep_nesting_beside_a_fault_is_that_fault():
    """A wrong value beside something nested deeply is a SchemaError, not a RecursionError."""
    deep = b"[" * 1000 + b"]" * 1000
    body = b'{"code":0,"data":{"list":"x","total":1,"deep":' + deep + b"}}"
    with pytest.raises(SchemaError) as caught:
        read(body)
    assert caught.value.paths == ("$.data.list",)
    body = envelope(RECORD | {"uname": 1}).replace(
        b'"uname":1', b'"uname":1,"x":1.5,"y":' + deep
    )
    assert read(body).odd_values == 1


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_paths = st.sampled_from(
    ["mid", "tag", "uname", "mtime", "vip", "vip.vipType", "vip.label", "contract_info", "new"]
)


@given(path=_paths, value=_json)
def test_any_value_anywhere_is_taken_or_named(path, value):
    """Whatever stands in a field, the answer is a record or a SchemaError at that path."""
    whole = {"list": [_broken(path, value)], "total": 1}
    body = json.dumps({"code": 0, "data": whole}).encode()
    paths, item = (), None
    try:
        (item,) = read(body).items
    except SchemaError as exc:
        paths = exc.paths
    assert all(one.startswith(f"$.data.list[0].{path}") for one in paths)
    assert paths or item.from_wire(item.to_wire()) == item
