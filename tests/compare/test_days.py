"""The tables of bad days: what the page says is what was measured, and still is."""

from __future__ import annotations

import pytest

from .days import DAYS, FIGURES, FOR_EVER, LOOPS, PAGE, load, measure, replace


# A run that meets what never passes ends after so many requests in vain at the most:
# three strikes and eight rests, and what waited for its turn meanwhile; the retries of
# four users and six rests; as many users as make `give_up_after`; else those on their way.
MOST_IN_VAIN = {
    "throttles": 3 + 8 + 4,
    "refuses connections": 4 * 4 + 1 + 6,
    "says HTTP 502": 4 * 4 + 1 + 6,
    "refuses with -403": 5,
    "refuses with HTML, HTTP 403": 5,
    "refuses with -401": 5,
}
# So many requests are in vain while a window of 200 s lasts.
A_WINDOW = 9
ENDINGS = {
    "throttles": "ThrottledError",
    "refuses connections": "TransportError",
    "says HTTP 502": "ServerError",
    **dict.fromkeys([day for day in FOR_EVER if "refuses with" in day], "RunStoppedError"),
    **dict.fromkeys([day for day in FOR_EVER if "captcha" in day], "RiskControlError"),
}


def test_the_page_says_what_was_measured():
    """Both tables of the page are made of the figures that are written down."""
    page = PAGE.read_text(encoding="utf-8")
    assert replace(page, load()) == page


@pytest.mark.parametrize("day", DAYS)
def test_no_bad_day_loses_a_user(day):
    """In the figures no user is lost and no run ends early, where the other loops lose some."""
    ours, *others = load()[day].values()
    assert (ours.lost, ours.ending) == (0, "")
    assert day == "is well" or ours.vain > 0
    assert others
    assert [bill for bill in others if bill.lost] or "is well" in day or "1 %" in day


@pytest.mark.parametrize("day", FOR_EVER)
def test_what_never_passes_ends_the_run_in_time(day):
    """In the figures the run ends with the class, in few requests, and goes on to 500 OK."""
    ours = load()[day]["bili_common"]
    most = MOST_IN_VAIN.get(day, 4)
    assert (ours.ending, ours.later) == (ENDINGS[day], 500)
    assert ours.vain <= most
    assert ours.lost == (5 if "refuses with" in day else 0)


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_a_bad_day_costs_what_was_written_down(day):
    """500 users over HTTP by a virtual clock cost what the page says, once more."""
    bill = measure(day, "bili_common")
    print(f"\n{day}: {bill}")  # noqa: T201 - the figures are asked for
    told = load()[day]["bili_common"]
    assert (bill.lost, bill.ending) == (0, "")
    # Which of four tasks asks first, and so rests first, changes with any of the parts.
    # So, and by the order of asyncio from Python 3.12 on, a window of throttles may be missed.
    least = told.vain - (A_WINDOW if " of each " in day else 0)
    assert bill.vain <= max(1.1 * told.vain, told.vain + 5), f"see {FIGURES.name}"
    assert bill.vain >= min(0.9 * least, least - 5), f"see {FIGURES.name}"
    assert bill.minutes == pytest.approx(told.minutes, rel=0.25, abs=3)


@pytest.mark.slow
@pytest.mark.parametrize("day", FOR_EVER)
def test_what_never_passes_costs_what_was_written_down(day):
    """The run ends as the page says, and the same command goes on later to 500 OK."""
    bill = measure(day, "bili_common")
    print(f"\n{day}: {bill}")  # noqa: T201 - the figures are asked for
    told = load()[day]["bili_common"]
    assert (bill.ending, bill.lost, bill.later) == (told.ending, told.lost, told.later)
    # The store's thread has a say in who asks first.
    assert bill.vain <= MOST_IN_VAIN.get(day, 4)


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["gather", "bilibili_api"])
@pytest.mark.parametrize(
    "day",
    ["throttles 30 % of the requests", "throttles 10 %, 10 in a row", "is down for 120 s"],
)
def test_the_others_lose_what_was_written_down(day, loop):
    """The loops beside it lose as many users as the page says, or a few more or less."""
    if loop not in LOOPS:
        pytest.skip("bilibili-api-python is not installed (the group `bench` brings it)")

    bill, told = measure(day, loop), load()[day][loop]
    print(f"\n{day}, {loop}: {bill}")  # noqa: T201 - the figures are asked for
    # Which of four tasks asks first is the sockets' to say.
    assert abs(bill.lost - told.lost) <= 5
    assert abs(bill.vain - told.vain) <= 10
