"""What an error means for a run, decided without a loop."""

from __future__ import annotations

import pytest

from bili_common import (
    ApiError,
    NotLoggedInError,
    PrivacyError,
    ServerError,
    ThrottledError,
    TransportError,
)
from bili_common.compare._workers.judgement import Action, RunHistory


def history(give_up_after=5, waits=(5.0, 10.0)):
    return RunHistory(give_up_after, waits)


def judge(history, error, *, rests=None, failed_at=None, is_last=False):
    began = history.rests if rests is None else rests
    return history.judge(error, rests=began, failed_at=failed_at, is_last=is_last)


def test_eight_throttles_in_a_row_end_a_run():
    """A throttle is rested for; the eighth without a success between ends the run."""
    run = history()
    found = [judge(run, ThrottledError(retry_after=7.0)) for _ in range(8)]
    assert [decision.action for decision in found] == [Action.REST] * 7 + [Action.END]
    assert {decision.seconds for decision in found[:7]} == {7.0}


def test_a_success_between_begins_the_count_anew():
    """Throttles with successes between never end a run."""
    run = history()
    for _ in range(100):
        assert judge(run, ThrottledError()).action is Action.REST
        run.succeeded()


def test_throttles_of_requests_under_way_together_count_as_one():
    """Answers to requests that were sent before a rest begin no other one."""
    run = history()
    found = [judge(run, ThrottledError(retry_after=7.0), rests=0) for _ in range(20)]
    assert [decision.seconds for decision in found] == [7.0] + [0.0] * 19
    assert run.throttles == 1


def test_an_outage_is_rested_for_and_ends_a_run_after_the_last_wait():
    """Five failures in a row are an outage; each probe that fails begins the next rest."""
    run = history()
    found = [judge(run, TransportError("down")) for _ in range(7)]
    assert [decision.action for decision in found] == [
        *([Action.PUT_BACK] * 4),
        *([Action.REST] * 2),
        Action.END,
    ]
    assert [decision.seconds for decision in found[4:6]] == [5.0, 10.0]


@pytest.mark.parametrize(("others", "action"), [(1, Action.RECORD), (0, Action.PUT_BACK)])
def test_failing_again_while_others_succeed_is_the_users_own(others, action):
    """A second failure is an outcome only if others succeeded since the first."""
    run = history()
    judge(run, ServerError("down"))
    for _ in range(others):
        run.succeeded()
    assert judge(run, ServerError("down"), failed_at=0).action is action


def test_failing_alike_stops_a_run():
    """Five in a row with one class and code stop a run; another code or a success does not."""
    run = history()
    codes = [-403] * 4 + [-1] * 4
    assert {judge(run, ApiError(code=code)).action for code in codes} == {Action.RECORD}
    run.succeeded()
    found = [judge(run, ApiError(code=-1)).action for _ in range(5)]
    assert found == [Action.RECORD] * 4 + [Action.STOP]


def test_none_never_gives_up():
    """With None no number of failures stops a run."""
    run = history(None)
    assert {judge(run, ApiError(code=-1)).action for _ in range(99)} == {Action.RECORD}


def test_what_concerns_every_user_ends_a_run_and_a_hidden_list_does_not():
    """A dead login ends a run; a hidden list is a result, and a success."""
    run = history()
    assert judge(run, NotLoggedInError()).action is Action.END
    assert judge(run, PrivacyError()).action is Action.RECORD
    assert run.successes == 1
