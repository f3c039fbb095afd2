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
async def test_the_pages_show_what_was_counted():
    """The table in the docs, in either language, is that of the very questions."""
    rows = await gate_table.count_rows()
    for path, words in gate_table.PAGES.items():
        page = path.read_text(encoding="utf-8")
        found = gate_table.replace(page, rows, words)
        assert found == page, "run `python -m tests.client.gate_table`"
