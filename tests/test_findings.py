"""Which test holds which of the faults that users met, so that none is dropped unseen."""

from __future__ import annotations

import ast

from pathlib import Path

import pytest


TESTS = Path(__file__).parent

# What was said or lost, and the tests of what is right instead: "file::function".
UNTRUE = {
    "a miss of an account that nobody follows": [
        "compare/test_overlap.py::test_an_account_that_the_caller_may_not_follow_is_unknown",
        "compare/test_agreement.py::test_a_check_with_the_same_knowledge_says_the_same",
        "compare/test_agreement.py::test_they_agree_over_http",
    ],
    "a reply, or a 408, that came on an idle connection": [
        "client/test_client_idle.py::test_what_comes_on_an_idle_connection_is_no_answer",
        "client/test_client_idle.py::test_what_comes_with_an_answer_is_not_the_next",
    ],
    "the closest pairs of the longest lists only": [
        "report/test_report.py::test_closest_pairs_are_those_of_all_lists",
        "report/test_report.py::test_closest_pairs_are_the_highest_scores",
    ],
    "a sample of the lowest ids": [
        "report/test_report.py::test_a_sample_is_drawn_from_all_and_named",
    ],
    "half a list that calls itself complete": [
        "cli/test_cli_list.py::test_resume_makes_the_file_whole",
        "cli/test_cli_list.py::test_error_leaves_the_old_file",
    ],
    "a table of text in a file called .parquet": [
        "cli/test_cli_list.py::test_an_ending_that_names_no_format_is_refused",
    ],
    "YES with the exit code of NO": [
        "cli/test_cli_process.py::test_exit_code_is_the_answer_whatever_the_streams",
        "cli/test_cli_process.py::test_exit_code_of_closed_streams",
    ],
    "a store of no rows, copied without its -wal": [
        # No run that ended leaves one; while one writes, the page on many UIDs warns.
        "compare/test_store.py::test_store_is_one_file_afterwards",
        "compare/test_kill.py::test_killed_run_goes_on",
    ],
    "a stored list of another length than its report": [
        "compare/test_history.py::test_a_flipped_bit_is_told_or_harmless",
        "compare/test_stored.py::test_a_damaged_store_is_a_store_error",
    ],
    "pairs of any number of users, which ended the process": [
        "compare/test_neighbours.py::test_neighbours_are_the_most_alike",
        "compare/test_neighbours.py::test_the_quick_way_is_the_plain_way",
    ],
    "a set that is called a frozenset": [
        "client/test_client_walks.py::test_check_says_yes_and_stops_asking",
    ],
    "a policy that is silently another one": [
        "client/test_client_lists.py::test_a_copy_cannot_change_what_concerns_the_client",
    ],
    "a cursor of another list": [
        "client/test_client_lists.py::test_a_cursor_names_its_list",
    ],
}
LOST = {
    "a page, for a cosmetic field of one record": [
        "wire/test_tolerance.py::test_an_odd_value_costs_itself_alone",
        "wire/test_tolerance.py::test_an_odd_re_version_costs_no_page",
        "client/test_client_walks.py::test_odd_values_are_counted_and_named_once",
        "test_mutations.py::test_20_000_bodies_with_changed_values",
    ],
    "a retry, for a cut that looked like an empty body": [
        "client/test_client_idle.py::test_a_cut_is_a_cut_under_every_encoding",
        "client/test_client_idle.py::test_a_cut_is_retried_though_nothing_came_out",
    ],
    "a membership in the second spelling": [
        "wire/test_tolerance.py::test_the_second_spelling_of_vip",
    ],
    "a report, for a mid of 0": [
        "wire/test_tolerance.py::test_a_wrong_type_is_an_error_with_its_path",
    ],
    "a login, for quotes or for JSON around it": [
        "test_credentials.py::test_what_is_no_login_is_refused_with_the_reason",
        "test_credentials.py::test_from_cookies",
        "cli/test_cli_cookies.py::test_json_of_an_extension",
    ],
    "an error of ours, for a resolver's own": [
        "client/test_client_idle.py::test_a_resolvers_runtime_error_is_an_error_of_ours",
        "client/test_client_plugins.py::test_a_resolvers_exception_is_an_error_of_ours",
    ],
    "the template of the report, in a frozen program": [
        "report/test_report.py::test_missing_file_is_named",
        "docs/test_frozen.py::test_frozen_program_runs",
    ],
}
KEPT = {
    "the table of codes, and `msg`": [
        "wire/test_envelope.py::test_each_code_has_its_class",
        "wire/test_envelope.py::test_minus_401_with_a_captcha_is_risk_control",
        "wire/test_envelope.py::test_a_header_with_a_voucher_is_risk_control",
        "wire/test_envelope.py::test_msg_is_read_where_message_is_missing",
    ],
    "a breaker that grows": [
        "test_ban.py::test_a_ban_longer_than_the_breaker_ends_for_the_patient"
    ],
    "a Retry-After of any class of answer, a day at most": [
        "test_outage.py::test_a_throttle_is_waited_for_as_long_as_it_asks",
        "transport/test_retry.py::test_a_failing_servers_retry_after_is_waited_for",
        "wire/test_envelope.py::test_retry_after_is_seconds_or_a_date",
    ],
    "408 and 425": [
        "client/test_client_idle.py::test_408_and_425_are_retried_on_a_fresh_connection",
    ],
    "JSON with something behind it": [
        "wire/test_envelope.py::test_something_behind_the_object_is_said_to_be_that",
        "wire/test_envelope.py::test_of_two_documents_the_first_counts",
    ],
    "integers of any length": [
        "wire/test_envelope.py::test_an_integer_of_any_length_is_read",
        "wire/test_envelope.py::test_an_integer_that_python_cannot_read_is_named",
        "wire/test_envelope.py::test_a_total_that_no_list_has_is_named",
    ],
    "pages of 100,000 records": [
        "wire/test_tolerance.py::test_a_page_of_far_too_many_is_no_page"
    ],
    "secrets in every spelling": [
        "transport/test_redaction.py::test_a_mixed_spelling_is_struck_out",
        "transport/test_redaction.py::test_what_real_encoders_write_is_struck_out",
        "test_secrets.py::test_what_a_server_echoes_is_struck_out",
    ],
    "a store for its owner only, and for one account": [
        "compare/test_store.py::test_store_is_one_file_afterwards",
        "compare/test_ownership.py::test_another_account_under_the_same_label_is_refused",
    ],
    "a proxy's refusal, by its status": [
        "client/test_client_idle.py::test_a_proxys_refusal_is_said_with_its_status",
    ],
    "exceptions of what users bring along": [
        "client/test_client_plugins.py::test_a_middlewares_exception_is_an_error_of_ours",
        "client/test_client_plugins.py::test_a_hooks_exception_is_an_error_of_ours",
    ],
    "a second event loop": [
        "client/test_client_session.py::test_another_event_loop_is_a_usage_error",
        "client/test_client_plugins.py::test_a_second_event_loop_is_refused_while_the_client_is_busy",
    ],
    "exceptions that nobody retrieved": [
        "client/test_client_plugins.py::test_a_vault_that_fails_is_not_asked_for_ever",
        "test_packaging.py::test_guards_catch_what_a_test_leaves_behind",
    ],
    "10**400 and 1e-320": [
        "client/test_client_arguments.py::test_an_absurd_number_is_a_usage_error",
    ],
    "a dead cookie": [
        "client/test_client_account.py::test_a_dead_cookie_says_what_it_can",
        "client/test_client_account.py::test_a_new_cookie_is_taken_without_a_restart",
        "client/test_client_account.py::test_the_same_dead_cookie_is_no_loop",
        "compare/test_ownership.py::test_a_dead_cookie_ends_before_a_list",
    ],
    "a gate's question": ["client/test_gate.py::test_each_verdict_is_what_can_be_known"],
}
HELD = [
    pytest.param(test, id=f"{fault}: {test.partition('::')[2]}")
    for group in (UNTRUE, LOST, KEPT)
    for fault, tests in group.items()
    for test in tests
]


@pytest.mark.parametrize("test", HELD)
def test_each_fault_has_its_test(test):
    """The test that holds a fault is there, and says what it holds."""
    file, _, name = test.partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    assert len(found) == 1
    assert ast.get_docstring(found[0])
