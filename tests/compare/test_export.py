"""The exports, read again, hold what went in, and nothing private unless asked."""

from __future__ import annotations

import csv
import errno
import json
import os
import sys

from datetime import datetime
from pathlib import Path

import attrs
import polars as pl
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Comparison, Following, RunStore, Status, StoreError, UsageError
from bili_common.compare._flat import PRIVATE_COLUMNS, PUBLIC_COLUMNS
from bili_common.compare._store.reader import AccountReader
from bili_common.compare._store.schema import open_file
from bili_common.compare.cells import csv_cell
from bili_common.compare.sources import MemorySource
from bili_common.compare.stored import StoredComparison
from bili_common.compare.tables import export
from bili_common.testing import make_record

from .outcomes import make_outcome, outcome_lists, write_store


CANARY = 4_242_424_242
KINDS = ("csv", "jsonl", "parquet")


def _read(path):
    """Return the rows of an export as dicts, a CSV file's as texts."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
    return pl.read_parquet(path).to_dicts()


def _outcome(status=Status.OK, **fields):
    """Return an outcome with one record, which has *fields*."""
    item = Following.from_wire(make_record(7, shape="2025") | fields)
    return attrs.evolve(make_outcome(1, status), items=(item,))


def _expected(comparison, *, include_private, edges):
    rows = []
    for outcome in comparison.outcomes.values():
        head = {"vmid": outcome.vmid, "status": outcome.status.value}
        head["fetched_at"] = outcome.fetched_at
        for item in outcome.items or ([] if edges else [None]):
            wire = comparison.users[item.mid].to_wire() if item else {}
            verify, vip = wire.get("official_verify", {}), wire.get("vip", {})
            row = head | {name: wire.get(name) for name in ("mid", "uname", "face", "sign")}
            row["official_verify_type"] = verify.get("type")
            row["official_verify_desc"] = verify.get("desc")
            row["vip_type"], row["vip_status"] = vip.get("vipType"), vip.get("vipStatus")
            row["vip_due_date"] = vip.get("vipDueDate")
            if include_private:
                row |= {name: wire.get(name) for name in PRIVATE_COLUMNS}
                row["tag"] = (row["tag"] or []) if item else None
            rows.append(row)
    return rows


def _as_kind(rows, kind):
    """Return *rows* as the file of that kind has them."""
    if kind == "parquet":
        return rows
    texts = [row | {"fetched_at": row["fetched_at"].isoformat()} for row in rows]
    if kind == "jsonl":
        return texts
    return [{name: _cell(value) for name, value in row.items()} for row in texts]


def _cell(value):
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, list) else str(csv_cell(value))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@given(
    outcomes=outcome_lists(most=5),
    names=st.lists(st.text(max_size=6), min_size=12),
    options=st.fixed_dictionaries({"include_private": st.booleans(), "edges": st.booleans()}),
)
def test_what_went_in_comes_out(tmp_path_factory, kind, outcomes, names, options):
    """A row for each account and, but for edges, for each user without any, in every format."""
    for place, outcome in enumerate(outcomes):
        items = [
            make_record(item.mid)
            | {"uname": names[number], "tag": [-10, 3] if number % 2 else None}
            for number, item in enumerate(outcome.items)
        ]
        outcomes[place] = attrs.evolve(outcome, items=tuple(map(Following.from_wire, items)))
    path = tmp_path_factory.mktemp("export") / f"out.{kind}"

    comparison = Comparison(outcomes)

    count = export(comparison, path, **options)

    rows = _expected(comparison, **options)
    assert count == len(rows)
    assert _read(path) == _as_kind(rows, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_is_exported_as_memory_is(tmp_path, kind):
    """The rows of a store are those of its outcomes, by vmid and place."""
    outcomes = [
        make_outcome(1, Status.OK, [9, 7, 8]),
        make_outcome(2, Status.PRIVATE),
        make_outcome(3, Status.INCOMPLETE, [7], age=5),
    ]
    stored = StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))
    export(stored, tmp_path / f"stored.{kind}")
    export(Comparison(outcomes), tmp_path / f"plain.{kind}")

    rows = _read(tmp_path / f"stored.{kind}")
    assert rows == _read(tmp_path / f"plain.{kind}")
    assert [str(row["mid"] or "") for row in rows] == ["9", "7", "8", "", "7"]
    # An account is in earlier lists, too, as it was read last.
    assert [row["uname"] for row in rows if str(row["mid"]) == "7"] == ["up 7 at 5"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_edges_are_the_edges_of_the_comparison(tmp_path, kind):
    """With *edges* each row is an account in a list, with the same columns."""
    outcomes = [
        make_outcome(1, Status.OK, [9, 7, 8]),
        make_outcome(2, Status.PRIVATE),
        make_outcome(3, Status.OK),
        make_outcome(4, Status.INCOMPLETE, [7]),
    ]
    comparison = StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))

    assert export(comparison, tmp_path / f"out.{kind}", edges=True) == 4

    rows = _read(tmp_path / f"out.{kind}")
    assert [(int(row["vmid"]), int(row["mid"])) for row in rows] == list(comparison.edges())
    assert tuple(rows[0]) == PUBLIC_COLUMNS


@pytest.mark.parametrize("kind", KINDS)
def test_accounts_that_a_run_adds_meanwhile_are_written_too(tmp_path, kind, monkeypatch):
    """A list that is written while the export is under way comes out with its new accounts."""
    monkeypatch.setattr("bili_common.compare._store.reader._BATCH", 2)
    monkeypatch.setattr("bili_common.compare._frames._BATCH", 1)
    first = [make_outcome(vmid, Status.OK, [7]) for vmid in (1, 2)]
    path = write_store(tmp_path / "run.sqlite", first)
    file = open_file(path, create=False, busy_timeout=5, read_only=True)

    class Growing(AccountReader):
        def dated_lists(self):
            for each in super().dated_lists():
                yield each
                if each[0] == 1:
                    write_store(path, [make_outcome(3, Status.OK, [5, 6])], others=None)

    assert export(Comparison(Growing(file, path, 1, 1)), tmp_path / f"out.{kind}") == 4

    rows = _read(tmp_path / f"out.{kind}")
    assert [str(row["mid"]) for row in rows] == ["7", "7", "5", "6"]
    assert rows[-1]["uname"] == "up 6 at 0"
    file.close()


@pytest.mark.parametrize("kind", KINDS)
def test_private_fields_are_left_out_by_default(tmp_path, kind):
    """Neither the columns nor the values of the caller's own relation are in the file."""
    fields = dict.fromkeys(("attribute", "mtime", "special"), CANARY)
    comparison = Comparison([_outcome(**fields, tag=[CANARY], contract_info={"ts": CANARY})])

    export(comparison, tmp_path / f"public.{kind}")
    export(comparison, tmp_path / f"private.{kind}", include_private=True)

    [public], [private] = (
        _read(tmp_path / f"public.{kind}"),
        _read(tmp_path / f"private.{kind}"),
    )
    assert tuple(public) == PUBLIC_COLUMNS
    assert str(CANARY) not in str(public)
    assert tuple(private) == PUBLIC_COLUMNS + PRIVATE_COLUMNS
    assert str(private).count(str(CANARY)) == 4


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "＝", " ="])
def test_no_cell_is_a_formula(tmp_path, start):
    """A CSV text that a spreadsheet would run gets an apostrophe; numbers stay numbers."""
    text = f"{start}HYPERLINK(1)"
    verify = {"type": -1, "desc": text}
    comparison = Comparison(
        [_outcome(uname=text, sign=text, face=text, official_verify=verify)]
    )

    export(comparison, tmp_path / "out.csv")
    export(comparison, tmp_path / "out.jsonl")

    [row] = _read(tmp_path / "out.csv")
    for name in ("uname", "sign", "face", "official_verify_desc"):
        assert row[name].startswith("'"), name
    assert row["official_verify_type"] == "-1"
    assert _read(tmp_path / "out.jsonl")[0]["uname"] == text


def test_a_byte_order_mark_is_there_if_asked(tmp_path):
    """Plain UTF-8 by default, with the mark that Excel wants on demand."""
    comparison = Comparison([_outcome(uname="共同关注")])

    export(comparison, tmp_path / "plain.csv")
    export(comparison, tmp_path / "excel.csv", bom=True)

    plain = (tmp_path / "plain.csv").read_bytes()
    assert plain.startswith(b"vmid,status,")
    assert "共同关注".encode() in plain
    assert (tmp_path / "excel.csv").read_bytes() == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_export_leaves_what_was_there(tmp_path, kind):
    """A store that breaks in the middle leaves the old file whole and no part of a new one."""
    outcomes = [make_outcome(vmid, Status.OK, [7]) for vmid in range(1, 4)]

    class Breaking(MemorySource):
        def dated_lists(self):
            yield from super().dated_lists()
            raise StoreError("the disk broke")

    target = tmp_path / f"out.{kind}"
    target.write_bytes(b"old")

    with pytest.raises(StoreError, match="the disk broke"):
        export(Comparison(Breaking(outcomes)), target)

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unwritable_path_is_a_store_error(tmp_path, kind):
    """The error names the path: a folder that is not there, or a folder in its place."""
    taken = tmp_path / f"folder.{kind}"
    taken.mkdir()
    for path in (tmp_path / "nowhere" / f"out.{kind}", taken):
        with pytest.raises(StoreError) as caught:
            export(Comparison([_outcome()]), path)
        assert str(path) in str(caught.value)

    assert list(tmp_path.iterdir()) == [taken]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_full_disk_is_a_store_error(tmp_path, kind):
    """No space left is said as such, and a device is never replaced."""
    link = tmp_path / f"out.{kind}"
    link.symlink_to("/dev/full")

    with pytest.raises(StoreError, match=os.strerror(errno.ENOSPC)):
        export(Comparison([_outcome()]), link)

    assert link.is_symlink()


def test_a_device_is_written_to_and_stays():
    """What is no regular file is written to as it is, such as a pipe to another program."""
    assert export(Comparison([_outcome()]), os.devnull, kind="csv") == 1
    assert not Path(os.devnull).is_file()


def test_a_link_stays_and_its_mode_too(tmp_path):
    """The file that a link leads to is replaced, with the permissions that it had."""
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.touch(mode=0o640)
    link.symlink_to(real)

    export(Comparison([_outcome()]), link)

    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(_read(real)) == 1


def test_the_kind_goes_by_the_ending_or_is_named(tmp_path):
    """An ending that says nothing needs *kind*; a wrong one is a UsageError."""
    export(Comparison([]), tmp_path / "OUT.CSV")
    export(Comparison([]), tmp_path / "out", kind="jsonl")
    assert (tmp_path / "out").read_bytes() == b""
    with pytest.raises(UsageError, match="path must end in one of csv, jsonl, parquet"):
        export(Comparison([]), tmp_path / "out.xlsx")
    with pytest.raises(UsageError, match="kind must be one of csv, jsonl, parquet, not 'xlsx'"):
        export(Comparison([]), tmp_path / "out.csv", kind="xlsx")


def test_without_polars_parquet_names_the_extra(tmp_path, monkeypatch):
    """The error says what to install, and the other formats do not need it."""
    monkeypatch.setitem(sys.modules, "polars", None)
    monkeypatch.delitem(sys.modules, "bili_common.compare._frames", raising=False)

    with pytest.raises(UsageError, match=r'pip install "bili-common\[analysis\]"'):
        export(Comparison([]), tmp_path / "out.parquet")

    assert export(Comparison([_outcome()]), tmp_path / "out.csv") == 1
    assert not (tmp_path / "out.parquet").exists()


def test_a_number_beyond_64_bits_is_no_parquet(tmp_path):
    """JSON Lines keep every number; Parquet says that it cannot, and leaves no file."""
    comparison = Comparison([_outcome(attribute=2**70)])

    with pytest.raises(StoreError):
        export(comparison, tmp_path / "out.parquet", include_private=True)
    export(comparison, tmp_path / "out.jsonl", include_private=True)

    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert _read(tmp_path / "out.jsonl")[0]["attribute"] == 2**70


@pytest.mark.parametrize("include_private", [False, True])
@pytest.mark.parametrize("kind", KINDS)
async def test_labels_are_the_last_column(tmp_path, kind, include_private):
    """Whoever has a name has it in the last column; all before it is as it was."""
    outcomes = [
        make_outcome(1, Status.OK, [9, 7]),
        make_outcome(2, Status.PRIVATE),
        make_outcome(3, Status.OK, [7]),
    ]
    path = write_store(tmp_path / "run.sqlite", outcomes, others=None)
    plain, named = tmp_path / f"plain.{kind}", tmp_path / f"named.{kind}"
    export(StoredComparison(path), plain, include_private=include_private)
    texts = {1: '=one,\n"1"\u202e', 2: "二", 8: "nobody here"}
    async with RunStore(path, create=False) as store:
        await store.set_labels(texts)
    count = export(StoredComparison(path), named, include_private=include_private)

    rows = _read(named)
    assert count == len(rows) == 4
    assert list(rows[0])[-1] == "label"
    labels = [row.pop("label") for row in rows]
    assert rows == _read(plain)
    first = csv_cell(texts[1]) if kind == "csv" else texts[1]
    assert labels == [first, first, "二", "" if kind == "csv" else None]


@pytest.mark.parametrize("kind", KINDS)
def test_without_labels_of_its_users_an_export_stays_as_it_is(tmp_path, kind):
    """Names of others, empty ones, none, and edges leave each byte of the file the same."""
    outcomes = [make_outcome(1, Status.OK, [9, 7])]
    named = Comparison(outcomes, labels={1: "one"})
    export(Comparison(outcomes), tmp_path / f"plain.{kind}")
    plain = (tmp_path / f"plain.{kind}").read_bytes()
    for options in (
        {"comparison": Comparison(outcomes, labels={2: "two"})},
        {"comparison": Comparison(outcomes, labels={1: ""})},
        {"comparison": named, "labels": {}},
        {"comparison": named, "edges": True},
        {"comparison": named, "edges": True, "labels": {1: "one"}},
    ):
        export(options.pop("comparison"), tmp_path / f"out.{kind}", **options)
        assert (tmp_path / f"out.{kind}").read_bytes() == plain


def test_labels_that_are_given_go_before_those_that_are_there(tmp_path):
    """*labels* names the users in place of the comparison; what is no label is told."""
    comparison = Comparison([_outcome()], labels={1: "one"})
    export(comparison, tmp_path / "out.csv", labels={1: "uno"})

    assert [row["label"] for row in _read(tmp_path / "out.csv")] == ["uno"]
    for wrong in ({"1": "one"}, {1: 1}, {0: "zero"}, ["one"]):
        with pytest.raises(UsageError, match="labels must "):
            export(comparison, tmp_path / "wrong.csv", labels=wrong)
    assert not (tmp_path / "wrong.csv").exists()


@pytest.mark.parametrize("include_private", [False, True])
def test_excel_keeps_each_digit(tmp_path, include_private):
    """Only a number of over 15 digits becomes a text, behind a tab; all texts are quoted."""
    short, long = 10**15 - 1, 10**15
    items = [Following.from_wire(make_record(mid) | {"uname": "=1"}) for mid in (short, long)]
    outcome = attrs.evolve(make_outcome(long + 1, Status.OK), items=tuple(items))
    comparison = Comparison([outcome], labels={long + 1: "+1"})
    for name, options in (("plain", {}), ("excel", {"excel": True})):
        path = tmp_path / f"{name}.csv"
        export(comparison, path, include_private=include_private, **options)

    data = (tmp_path / "excel.csv").read_bytes()
    assert data.startswith(b'\xef\xbb\xbf"vmid","status",')
    with (tmp_path / "excel.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["mid"] for row in rows] == [str(short), f"\t{long}"]
    stripped = [{name: cell.lstrip("\t") for name, cell in row.items()} for row in rows]
    assert stripped == _read(tmp_path / "plain.csv")
    lines = data.decode("utf-8-sig").splitlines()[1:]
    assert [line.startswith(f'"\t{long + 1}","ok",') for line in lines] == [True, True]
    assert f',{short},"\'=1",' in lines[0]
    assert lines[1].endswith(',"\'+1"')


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_excel_reads_csv_alone(tmp_path, kind):
    """Another kind cannot be made for Excel, and leaves no file."""
    with pytest.raises(UsageError, match=f"excel must go with kind csv, not {kind}"):
        export(Comparison([_outcome()]), tmp_path / f"out.{kind}", excel=True)
    assert list(tmp_path.iterdir()) == []


def test_moments_are_in_utc(tmp_path):
    """`fetched_at` is ISO 8601 with its offset."""
    outcome = _outcome()
    export(Comparison([outcome]), tmp_path / "out.jsonl")

    text = _read(tmp_path / "out.jsonl")[0]["fetched_at"]

    assert datetime.fromisoformat(text) == outcome.fetched_at
    assert text.endswith("+00:00")
