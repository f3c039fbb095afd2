"""What an error means for a run, decided without a loop."""

from __future__ import annotations

import errno

import pytest

from bili_common import (
    ApiError,
    NotLoggedInError,
    PrivacyError,
    ServerBusyError,
    ServerError,
    ThrottledError,
    TransportError,
)
from bili_common.compare._workers.attempt import Attempt
from bili_common.compare._workers.judgement import Action, RunHistory


def history(give_up_after=5, waits=(5.0, 10.0)):
    return RunHistory(give_up_after, waits)


def judge(history, error, *, rests=None, **options):
    began = history.rests if rests is None else rests
    return history.judge(error, Attempt(7, began, **options))


def test_eight_rests_in_a_row_are_enough():
    """A throttle is rested for; the next one after eight rests in a row ends the run."""
    run = history()
    found = [judge(run, ThrottledError(retry_after=7.0)) for _ in range(9)]
    assert [decision.action for decision in found] == [Action.REST] * 8 + [Action.END]
    assert {decision.seconds for decision in found[:8]} == {7.0}


def test_a_success_between_begins_the_count_anew():
    """Throttles with successes between never end a run."""
    run = history()
    for _ in range(100):
        assert judge(run, ThrottledError()).action is Action.REST
        run.succeeded(8)


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
        run.succeeded(8)
    assert judge(run, ServerError("down"), failed_at=0).action is action


def test_failing_alike_stops_a_run():
    """Five in a row with one class and code stop a run; another code or a success does not."""
    run = history()
    codes = [-403] * 4 + [-1] * 4
    assert {judge(run, ApiError(code=code)).action for code in codes} == {Action.RECORD}
    run.succeeded(8)
    found = [judge(run, ApiError(code=-1)).action for _ in range(5)]
    assert found == [Action.RECORD] * 4 + [Action.STOP]


def test_refusals_of_many_kinds_stop_a_run_later():
    """Refusals of more than one kind stop a run after four times as many in a row."""
    run = history()
    found = [judge(run, ApiError(code=-1 - at % 2)) for at in range(20)]
    assert [decision.action for decision in found] == [*[Action.RECORD] * 19, Action.STOP]
    assert run.last_refused == 20


def test_none_never_gives_up():
    """With None no number of failures stops a run."""
    run = history(None)
    assert {judge(run, ApiError(code=-1)).action for _ in range(99)} == {Action.RECORD}
    assert run.last_refused == 0


def test_what_concerns_every_user_ends_a_run_and_a_hidden_list_does_not():
    """A dead login ends a run; a hidden list is a result, and a success."""
    run = history()
    assert judge(run, NotLoggedInError()).action is Action.END
    assert judge(run, PrivacyError()).action is Action.RECORD
    assert run.successes == 1


def test_a_probe_that_fails_condemns_nobody():
    """While in doubt a user is asked for once only: that is not enough to be FAILED."""
    run = history()
    run.succeeded(8)
    found = judge(run, ServerError("down"), failed_at=0, is_probe=True)
    assert found.action is Action.PUT_BACK
    assert judge(run, ServerError("down"), failed_at=0).action is Action.RECORD


@pytest.mark.parametrize(("well", "action"), [(8, Action.ASK_ANOTHER), (None, Action.RECORD)])
def test_the_last_users_are_judged_by_one_whose_list_came(well, action):
    """Where too few users are left for an outage, one that came before is asked for."""
    run = history()
    run.well = well
    assert judge(run, ServerError("down"), is_few=True, is_over=True).action is Action.PUT_BACK
    again = judge(
        run, ServerError("down"), failed_at=0, is_probe=True, is_few=True, is_over=True
    )
    assert again.action is action


def test_a_list_that_came_before_and_fails_now_is_an_outage():
    """If the one that came before fails too, the run rests at once."""
    run = history()
    judge(run, ServerError("down"))
    found = judge(run, ServerError("down"), is_check=True)
    assert (found.action, found.seconds) == (Action.REST, 5.0)


def test_a_server_in_trouble_that_names_a_time_is_left_alone_for_that_time():
    """A Retry-After of an outage is rested for, also where it is longer than the wait."""
    run, error = history(), ServerBusyError(code=-503)
    error.retry_after = 600.0
    found = judge(run, error)
    assert (found.action, found.seconds) == (Action.REST, 600.0)
    assert judge(run, error, rests=0).seconds == 0.0


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_no_file_descriptors_are_an_outage_of_ones_own(number):
    """The process or its machine has no descriptors left: rest, and fewer at once."""
    error = TransportError("too many open files")
    error.errno = number
    run = history()
    found = judge(run, error)
    assert (found.action, found.seconds, found.is_fewer) == (Action.REST, 5.0, True)
    assert "file descriptors" in found.why
    assert found.code == "no_descriptors"
    assert not judge(run, error, rests=0).is_fewer
