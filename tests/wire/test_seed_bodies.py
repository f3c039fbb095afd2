"""The two real bodies that the endpoint's description holds."""

from __future__ import annotations

import orjson
import pytest

from .bodies import FIRST, SECOND, read


@pytest.mark.parametrize(("body", "count", "total"), [(FIRST, 13, 13), (SECOND, 2, 38)])
def test_a_real_body_decodes_and_comes_back_key_for_key(body, count, total):
    """Each record's to_wire() equals what the server sent, key for key, in its order too."""
    page = read(body)
    data = orjson.loads(body)["data"]
    assert (len(page.items), page.total) == (count, total)
    assert page.re_version == data["re_version"]
    assert page.raw == data
    for item, sent in zip(page.items, data["list"], strict=True):
        assert item.to_wire() == sent
        assert list(item.to_wire()) == list(sent)
        assert item.extra == {}


def test_the_first_body_holds_what_it_shows():
    """Values of the first body, read by the names of this library."""
    items = read(FIRST).items
    assert [item.mid for item in items[:3]] == [301164820, 24047117, 9617619]
    first, second, third, *_, last = items
    assert first.uname == "TerKong"
    assert first.is_mutual
    assert not second.is_mutual
    assert first.contract_info.is_contractor is False
    assert first.contract_info.is_contract is None
    assert not first.official_verify.is_verified
    assert second.official_verify.is_verified
    assert third.official_verify.type == 1
    assert third.tag == (82801,)
    assert first.tag == ()
    assert last.tag == (15021, -10)
    assert last.is_special
    assert second.vip.is_active
    assert not first.vip.is_active
    assert second.sign == "    "
    assert items[11].sign == "群号 565520155\n随缘直播"


def test_the_second_body_is_of_before_2021():
    """Its 2 of 38 records have no contract_info, and get none on the way back."""
    page = read(SECOND)
    assert [item.contract_info for item in page.items] == [None, None]
    assert all("contract_info" not in item.to_wire() for item in page.items)
    assert page.items[0].uname == "=咬人猫="
