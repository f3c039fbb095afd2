"""What is told from what was written before, against comparing the whole."""

from __future__ import annotations

import sqlite3
import sys

from collections import Counter
from pathlib import Path

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    SAME_FOLLOWINGS,
    Cursor,
    Following,
    StopReason,
    Vip,
    VipLabel,
    WalkReport,
)
from bili_common.compare._store.packed_ids import IdCounter, joined_ids, pack_ids, unpack_ids
from bili_common.compare._store.rows import is_plain, plain_report
from bili_common.compare._store.schema import create_tables
from bili_common.compare._store.stored_users import RecordWriter, StoredUsers
from bili_common.testing import make_record


NUMBERS = st.integers(1, 4)


@given(NUMBERS, NUMBERS, st.data())
def test_a_report_is_plain_if_its_numbers_make_it_again(vmid, size, data):
    """A report is left out of the store exactly when `plain_report` makes an equal one."""
    plain = plain_report(vmid, size, data.draw(NUMBERS), data.draw(NUMBERS))
    own = data.draw(NUMBERS)
    cursor = (
        attrs.evolve(
            plain.cursor,
            vmid=own,
            params={"vmid": own} | data.draw(st.sampled_from([{}, {"order": "desc"}])),
            **data.draw(
                st.fixed_dictionaries({}, optional=dict.fromkeys(("pn", "seen"), NUMBERS))
            ),
            **data.draw(st.sampled_from([{}, {"index": 1}, {"gap": True}, {"total": None}])),
            endpoint=data.draw(st.sampled_from([SAME_FOLLOWINGS.path] * 3 + ["/x/other"])),
        )
        if own != vmid or data.draw(st.booleans())
        else plain.cursor
    )
    reasons = st.sampled_from([StopReason.END, StopReason.LIMIT, None])
    changed = data.draw(
        st.fixed_dictionaries(
            {},
            optional={"stop_reason": reasons}
            | dict.fromkeys(("yielded", "duplicates", "odd_values"), NUMBERS),
        )
    )
    report: WalkReport = attrs.evolve(plain, cursor=cursor, **changed)

    again = plain_report(vmid, size, report.requests, report.cursor.page_size)
    assert is_plain(report, vmid, size) == (report == again)


@given(st.lists(st.lists(st.integers(0, 70_000), max_size=5), max_size=6))
def test_packed_lists_come_back_alone_and_end_to_end(lists):
    """Of 16 or of 32 bits, each list comes back as it was, and all of them joined."""
    packed = [(len(ids), pack_ids(ids)) for ids in lists]

    assert [list(unpack_ids(*each)) for each in packed] == lists
    joined = Counter(number for ids in joined_ids(packed) for number in ids)
    assert joined == Counter(number for ids in lists for number in ids)
    with pytest.raises(ValueError, match="not the length"):
        list(joined_ids([(2, b"123")]))


@pytest.mark.parametrize("is_there", [True, False], ids=["NumPy", "no NumPy"])
@given(st.lists(st.lists(st.integers(0, 70_000), max_size=5)), st.integers(1, 9))
def test_ids_are_counted_alike_with_numpy_and_without(is_there, lists, at_once):
    """However many ids are counted together, each is in as many lists as it is in."""
    counter = IdCounter(at_once)
    with pytest.MonkeyPatch.context() as patch:
        if not is_there:
            patch.setitem(sys.modules, "numpy", None)
            patch.delitem(sys.modules, "bili_common.compare._flat_lists", raising=False)
        for first in range(0, len(lists), 3):
            counter.add([(len(ids), pack_ids(ids)) for ids in lists[first : first + 3]])

        found = counter.counts()

    assert found == Counter(number for ids in lists for number in ids)
    assert {*map(type, found.values())} <= {int}


def test_a_report_of_a_walk_is_plain():
    """The usual report of one page takes no text."""
    cursor = Cursor(vmid=7, pn=2, seen=3, total=3)
    report = WalkReport(
        complete=True,
        stop_reason=StopReason.END,
        yielded=3,
        duplicates=0,
        bad_records=0,
        requests=1,
        total_first=3,
        total_last=3,
        cursor=cursor,
    )

    assert is_plain(report, 7, 3)
    assert not is_plain(report, 8, 3)


@given(
    st.dictionaries(
        st.sampled_from(["uname", "sign", "mtime", "new_key", "vip"]), st.integers(0, 2)
    )
)
def test_a_record_is_written_again_exactly_when_it_is_another(changed):
    """One that says the same is known; one that differs in anything is not, and is kept."""
    wire = make_record(7, shape="2025")
    made = {
        "vip": lambda value: {**wire["vip"], "vipDueDate": value},
        "mtime": int,
        "new_key": int,
    }
    other = wire | {
        name: made.get(name, "text {}".format)(value) for name, value in changed.items()
    }
    before, after = Following.from_wire(wire), Following.from_wire(other)
    with sqlite3.connect(":memory:", isolation_level=None) as file:
        create_tables(file)
        writer = RecordWriter(file, 1)
        assert writer.known_ids([before]) is None
        assert writer.ids([before]) == writer.known_ids([Following.from_wire(wire)]) == [0]

        assert (writer.known_ids([after]) == [0]) == (before == after)

        assert writer.ids([after]) == [0]
        assert StoredUsers(file, Path("here"), 1).records([0]) == (after,)
        writer.forget()
        assert writer.known_ids([after]) is None
    file.close()


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        *((Following, field.name) for field in attrs.fields(Following) if field.name != "mid"),
        *((Vip, field.name) for field in attrs.fields(Vip)),
    ],
)
def test_a_record_that_differs_in_one_field_is_written_again(cls, name):
    """Whatever a record says beside its mid, the store has the record that says it last."""
    before = Following.from_wire(make_record(7, shape="2025"))
    other = {"tag": (9,), "extra": {"new": 1}, "vip": Vip(vip_type=9)}.get(name, "9")
    part = {name: VipLabel("9") if name == "label" else other}
    after = attrs.evolve(
        before, **(part if cls is Following else {"vip": attrs.evolve(before.vip, **part)})
    )
    with sqlite3.connect(":memory:", isolation_level=None) as file:
        create_tables(file)
        writer = RecordWriter(file, 1)
        writer.ids([before])

        assert writer.known_ids([before]) == [0]
        assert writer.known_ids([after]) is None
    file.close()
