"""The two real bodies, and answers made from parts."""

from __future__ import annotations

from pathlib import Path

import orjson

from bili_common import SAME_FOLLOWINGS
from bili_common._wire.page import PageReader
from bili_common._wire.response import RawResponse


DATA = Path(__file__).parent.parent / "data"
FIRST = (DATA / "body_13_of_13.json").read_bytes()
SECOND = (DATA / "body_2_of_38.json").read_bytes()


def envelope(*records, **data) -> bytes:
    """Return a body with *records*; *data* replaces keys of its data object."""
    whole = {"list": list(records), "re_version": 1, "total": len(records)} | data
    return orjson.dumps({"code": 0, "message": "0", "ttl": 1, "data": whole})


def read(body: bytes, *, status=200, skip_bad=False, **answer):
    """Return the page in *body*."""
    reader = PageReader(SAME_FOLLOWINGS, pn=1, ps=50, skip_bad=skip_bad)
    return reader.read(RawResponse(status, body, **answer))


def read_one(record, **more):
    """Return the record that the server's object *record* becomes on a page."""
    (item,) = read(envelope(record | more)).items
    return item
