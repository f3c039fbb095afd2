"""What a gate bot asks of 60 users about 3 UPs, of which the account follows 2."""

from __future__ import annotations

import pytest

from . import gate_table
from .gate_table import ROWS, UPS, USERS, expected, nothing


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
async def test_each_verdict_is_what_can_be_known(row):
    """YES, NO and UNKNOWN are exactly as the truth allows, however the follows are had."""
    known, strangers = ROWS[row]
    verdicts, _ = await gate_table.measure(known, strangers)
    assert verdicts == {
        (vmid, up): expected(vmid, up, known=known is not nothing)
        for vmid in USERS
        for up in UPS
    }


@pytest.mark.slow
async def test_the_page_shows_what_was_counted():
    """The table in the docs is that of the very questions."""
    page = gate_table.PAGE.read_text(encoding="utf-8")
    assert await gate_table.replace(page) == page, "run `python -m tests.client.gate_table`"
