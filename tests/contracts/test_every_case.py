"""Every case of the specification's list of abuse and faults, and the tests that try it. A case without a test fails."""

from __future__ import annotations

import ast
from functools import cache

from tests.contracts.layers import ROOT

_URLS, _TOPICS, _CASES, _REVIEWS = (
    "contracts/test_every_url.py", "contracts/test_every_topic.py", "access/test_cases.py", "reviews/test_pages.py",
)  # fmt: skip
_RACES, _ROWS, _OUT, _RULES, _ABUSE = (
    "alerts/test_races.py", "alerts/test_evaluating.py", "alerts/test_delivering.py", "alerts/test_rules.py", "alerts/test_abuse.py",
)  # fmt: skip
_DOOR, _AWAY, _NOTES = "connectors/test_door.py", "connectors/test_away.py", "coaching/test_notes.py"
_MATRIX = f"{_URLS}::test_everybody_gets_what_the_table_says"
_EDITS = f"{_CASES}::test_a_lead_changes_nothing_that_is_set_up"
_VERBS = f"{_CASES}::test_no_address_takes_another_verb"

CASES: dict[int, tuple[str, ...]] = {
    1: (f"{_URLS}::test_what_is_out_of_scope_answers_like_what_does_not_exist", _MATRIX),
    2: ("access/test_tenures.py::test_list_search_page_and_live_part_agree", "metrics/test_rows.py::test_rows_of_conversations_one_may_not_read_are_only_counted"),
    3: (_MATRIX,),
    4: ("metrics/test_queries.py::test_numbers_of_a_person_are_their_leads_and_their_own",),
    5: ("metrics/test_small_groups.py::test_a_team_of_four_is_too_small_for_operations", "metrics/test_small_groups.py::test_what_is_shown_cannot_be_subtracted_to_a_team_of_four", "shared/test_suppression.py::test_of_random_floors_nothing_small_can_be_worked_out"),
    6: (f"{_REVIEWS}::test_a_form_with_a_field_of_its_own_making_saves_nothing", _VERBS, f"{_CASES}::test_fields_that_nobody_asked_for_move_nothing"),
    7: (_VERBS, _MATRIX, "console/test_accounts.py::test_nobody_changes_their_own_access"),
    8: (_MATRIX, f"{_NOTES}::test_only_who_leads_a_person_writes_to_them_and_only_about_what_both_may_read"),
    9: (f"{_CASES}::test_fields_that_nobody_asked_for_move_nothing",),
    10: (f"{_CASES}::test_a_parameter_that_nobody_reads_is_refused",),
    11: (f"{_CASES}::test_a_parameter_that_nobody_reads_is_refused",),
    12: ("console/test_accounts.py::test_only_admins_let_people_in",),
    13: (_VERBS, f"{_CASES}::test_another_verb_is_refused"),
    14: (f"{_CASES}::test_a_grant_dies_with_its_queue",),
    15: (f"{_CASES}::test_a_global_grant_opens_nothing",),
    16: (f"{_CASES}::test_no_transcript_is_in_the_back_office", _MATRIX),
    17: ("access/test_tenures.py::test_a_team_changes_its_lead_at_noon", "metrics/test_reach.py::test_who_takes_a_team_over_reads_its_numbers_from_then_on", "live/test_consumers.py::test_after_a_right_ended_no_content_arrives_even_on_an_idle_page"),
    18: (_EDITS, _VERBS), 19: (f"{_REVIEWS}::test_nobody_decides_about_their_own_review_on_any_page", "reviews/test_second_looks.py::test_nobody_decides_about_their_own_review"),
    20: ("access/test_audit.py::test_a_role_is_changed_by_another_admin_only",),
    21: (f"{_CASES}::test_the_description_of_the_api_names_nobody",),
    22: (f"{_NOTES}::test_nobody_else_reads_or_answers_a_note", _MATRIX),
    23: ("connectors/test_pages.py::test_a_recording_s_address_runs_out_and_cannot_be_forged", "connectors/test_pages.py::test_who_may_not_hear_gets_nothing_even_with_a_lead_s_address"),
    24: ("interactions/test_privacy_pages.py::test_the_copy_is_a_file_once", "metrics/test_rows.py::test_the_eleventh_file_of_a_day_is_refused"),
    25: ("contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed",),
    26: (
        "access/test_masking.py::test_the_mask_takes_out_personal_data_and_leaves_the_rest",
        "interactions/test_questions.py::test_a_card_in_two_or_three_messages_is_masked_in_each_however_they_come",
    ),
    27: ("access/test_masking.py::test_every_kind_of_value_is_found_and_what_only_looks_like_one_stays",),
    28: ("interactions/test_disclosures.py::test_nothing_is_opened_without_a_reason",),
    29: ("interactions/test_disclosures.py::test_a_value_masks_itself_after_a_quarter_of_an_hour", "journeys/test_sealed_in_the_browser.py::test_a_mark_is_opened_by_keyboard_in_its_own_place_and_masks_itself"),
    30: ("interactions/test_disclosures.py::test_the_21st_within_an_hour_is_refused_and_the_qa_manager_is_told", "interactions/test_notices.py::test_the_21st_opening_is_told_to_the_qa_manager_on_every_page"),
    31: ("interactions/test_disclosures.py::test_what_cannot_be_recorded_is_not_shown", "live/test_transcript_audit.py::test_what_cannot_be_written_down_is_not_shown"),
    32: ("access/test_audit.py::test_a_row_of_the_audit_is_neither_changed_nor_deleted",),
    33: ("contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed",),
    34: (f"{_CASES}::test_an_alert_is_called_by_its_rule_and_its_queue",),
    35: ("interactions/test_showing.py::test_another_role_is_shown_no_more_than_its_own_column_says", "contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed"),
    36: ("console/test_conversations.py::test_search_words_survive_paging_and_never_stand_in_an_address", "ui/test_in_the_browser.py::test_what_is_searched_for_is_posted_and_stands_in_no_address"),
    37: ("contracts/test_nothing_unsealed.py::test_planted_values_appear_nowhere",),
    38: ("contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed",),
    39: ("contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed",),
    40: ("interactions/test_privacy.py::test_a_file_that_is_being_read_lacks_who_is_erased_meanwhile",),
    41: ("interactions/test_privacy.py::test_a_restored_backup_is_erased_again",),
    42: ("console/test_palette.py::test_names_of_queues_and_people_and_subjects_are_found_in_scope_only", "access/test_pages.py::test_a_filter_narrows_and_never_widens"),
    43: ("journeys/test_only_text.py::test_every_page_shows_attacks_as_text",),
    44: ("journeys/test_only_text.py::test_every_page_shows_attacks_as_text",),
    45: (f"{_CASES}::test_a_word_of_a_megabyte_is_refused_and_the_longest_is_drawn_in_no_time", "journeys/test_hostile_texts.py::test_hostile_texts_stay_in_their_place",),
    46: ("journeys/test_only_text.py::test_every_page_shows_attacks_as_text",),
    47: ("connectors/test_pages.py::test_a_recording_that_lies_elsewhere_is_never_fetched",),
    48: ("metrics/test_rows.py::test_no_cell_is_taken_for_a_formula",),
    49: (f"{_CASES}::test_a_parameter_that_nobody_reads_is_refused", "contracts/test_code_rules.py::test_our_code_keeps_the_rule"),
    50: (f"{_CASES}::test_a_pattern_is_sought_as_the_words_it_is",),
    51: ("journeys/test_only_text.py::test_every_attack_is_read_as_it_was_written",),
    52: ("access/test_sign_in.py::test_nobody_is_sent_to_another_place_after_signing_in",),
    53: (f"{_CASES}::test_a_form_from_elsewhere_is_refused",),
    54: (f"{_CASES}::test_every_page_carries_its_headers",),
    55: (f"{_CASES}::test_every_page_carries_its_headers",),
    56: ("live/test_consumers.py::test_a_page_of_another_origin_is_not_let_in",),
    57: (f"{_TOPICS}::test_everybody_gets_what_the_table_says", "live/test_consumers.py::test_who_may_not_see_a_region_is_refused_in_a_sentence_and_nothing_is_rendered"),
    58: ("live/test_consumers.py::test_too_many_watches_and_params_that_are_too_long_are_answered_with_a_sentence", "live/test_views.py::test_unknown_and_out_of_scope_cannot_be_told_apart"),
    59: ("access/test_audit.py::test_another_role_ends_every_session", "access/test_sessions.py::test_another_password_ends_the_other_sessions", "live/test_consumers.py::test_a_session_that_is_ended_closes_the_socket"),
    60: ("live/test_consumers.py::test_of_200_busy_pages_none_shows_content_five_seconds_after_its_right_ended",),
    61: ("live/test_consumers.py::test_a_message_over_64_kib_closes_the_socket", "live/test_consumers.py::test_more_than_a_hundred_messages_a_minute_close_the_socket"),
    62: ("live/test_consumers.py::test_an_account_has_ten_open_pages_and_an_eleventh_is_refused",),
    63: ("live/test_hub.py::test_a_slow_socket_holds_up_nobody_and_then_gets_the_newest_only", "live/test_page.py::test_a_gap_in_the_numbers_leads_to_one_refetch"),
    64: ("live/test_page.py::test_without_a_server_the_page_says_so_keeps_its_figures_and_comes_back",),
    65: (f"{_DOOR}::test_the_published_signature_vectors_are_judged_alike", f"{_DOOR}::test_the_door_judges_the_published_signature_vectors_alike"),
    66: (f"{_DOOR}::test_the_same_event_in_1000_requests_at_once_at_two_doors_is_one_event",),
    67: (f"{_DOOR}::test_an_event_that_came_before_is_a_duplicate_and_a_changed_one_counts_as_conflict",),
    68: ("interactions/test_any_order.py::test_20_000_events_late_repeated_shuffled_and_in_any_batches_leave_the_rows_of_the_quiet_run",),
    69: (f"{_DOOR}::test_a_request_that_cannot_be_taken_is_told_why", f"{_DOOR}::test_each_invalid_example_is_refused_with_a_pointer"),
    70: ("connectors/test_health.py::test_a_clock_that_runs_ahead_is_told_from_the_last_minutes",),
    71: (f"{_DOOR}::test_an_event_that_names_another_source_is_refused",),
    72: (f"{_DOOR}::test_a_request_that_cannot_be_taken_is_told_why", f"{_DOOR}::test_a_body_that_cannot_be_read_is_kept_with_its_reason"),
    73: (f"{_DOOR}::test_each_invalid_example_is_refused_with_a_pointer",),
    74: (f"{_DOOR}::test_too_many_waiting_deliveries_ask_the_sender_to_come_back", f"{_DOOR}::test_a_source_with_a_rate_is_asked_to_wait_and_others_are_not"),
    75: ("alerts/test_outgoing.py::test_an_address_that_may_not_be_asked_is_refused_as_it_is_typed", "alerts/test_outgoing.py::test_the_connection_goes_to_the_address_that_was_looked_at_and_the_name_is_looked_up_once"),
    76: (f"{_OUT}::test_anything_but_a_yes_is_tried_again", f"{_OUT}::test_an_endpoint_that_is_gone_is_switched_off", "alerts/test_outgoing.py::test_a_receiver_that_sends_a_byte_now_and_then_is_cut", "alerts/test_outgoing.py::test_the_status_is_what_counts_and_no_redirect_is_followed"),
    77: (f"{_DOOR}::test_a_standard_webhooks_signature_opens_the_door_also_with_the_rotated_secret",),
    78: ("access/test_sign_in.py::test_after_ten_wrong_passwords_an_account_is_not_checked_for_a_quarter_of_an_hour", "access/test_sign_in.py::test_a_password_tried_at_a_hundred_accounts_is_throttled_by_address", "access/test_sign_in.py::test_an_unknown_account_is_answered_like_a_wrong_password"),
    79: ("access/test_sign_in.py::test_a_code_lets_in_once", "access/test_sign_in.py::test_a_password_that_the_operator_sets_anew_does_not_skip_the_second_factor"),
    80: ("access/test_sign_in.py::test_a_session_that_was_there_before_gets_a_new_key",),
    81: ("access/test_sessions.py::test_half_an_hour_in_which_nobody_does_anything_ends_a_session", "access/test_sessions.py::test_twelve_hours_end_a_session_whatever_somebody_does", "live/test_consumers.py::test_a_session_whose_time_is_over_closes_the_socket"),
    82: ("access/test_sign_in.py::test_a_forged_forwarded_address_is_no_way_round", "access/test_sign_in.py::test_a_named_proxy_is_believed_as_far_as_it_wrote_itself"),
    83: ("metrics/test_rows.py::test_a_question_that_cannot_be_asked_is_answered_in_words", f"{_CASES}::test_a_question_without_bounds_is_refused", f"{_CASES}::test_a_question_that_takes_too_long_is_stopped"),
    84: ("connectors/test_killed.py::test_kill_9_of_the_web_process_loses_no_acknowledged_event_and_takes_none_twice",),
    85: (f"{_RACES}::test_a_worker_that_is_killed_changes_no_time", f"{_RACES}::test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls"),
    86: (f"{_ROWS}::test_a_rule_of_the_grid_is_evaluated_once_a_time_and_missed_times_are_caught_up", f"{_RACES}::test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls"),
    87: (f"{_RACES}::test_a_flushed_bus_loses_nothing", "live/test_consumers.py::test_a_subscription_that_is_killed_comes_back_and_what_was_missed_is_shown"),
    88: (f"{_AWAY}::test_a_database_that_goes_away_is_told_of_in_words_and_found_again", "connectors/test_absorption.py::test_a_lost_connection_is_no_try_even_when_the_database_stays_away_for_a_while"),
    89: (f"{_ROWS}::test_dead_watching_raises_an_alert_of_its_own",),
    90: (f"{_AWAY}::test_while_the_disk_is_full_people_read_and_senders_are_asked_to_come_back",),
    91: (f"{_RACES}::test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls", f"{_RACES}::test_eight_workers_send_a_thousand_notices_and_none_twice"),
    92: (f"{_ROWS}::test_a_rule_that_raises_hurts_nobody_and_says_so", f"{_ROWS}::test_a_failing_statement_leaves_the_other_rules_and_the_marks_whole", "connectors/test_absorption.py::test_a_delivery_that_kills_its_worker_is_found_and_put_aside"),
    93: ("alerts/test_series.py::test_a_time_that_was_evaluated_or_lies_before_changes_nothing",),
    94: (f"{_ABUSE}::test_an_hour_that_there_is_twice_is_evaluated_as_two", f"{_ABUSE}::test_a_leap_of_the_clock_fires_nothing"),
    95: ("contracts/test_migrations.py::test_a_step_that_gets_no_lock_is_given_up_soon_and_leaves_nothing_and_works_later", "contracts/test_migrations.py::test_no_later_migration_keeps_a_large_table_locked", "contracts/test_migrations.py::test_every_step_can_be_taken_back"),
    96: (f"{_AWAY}::test_a_slow_way_that_loses_connections_makes_it_slower_and_nothing_wrong", "live/test_services.py::test_a_bus_that_is_down_costs_little_and_raises_nothing"),
    97: ("alerts/test_backtest.py::test_a_past_of_many_events_takes_little_memory",),
    98: ("shared/test_outbox.py::test_a_fact_of_another_release_waits_and_holds_up_none", "shared/test_outbox.py::test_every_task_takes_what_another_release_tells_it_more"),
    99: (f"{_ABUSE}::test_a_value_about_its_limit_for_four_hours_is_one_alert",),
    100: (f"{_ABUSE}::test_one_conversation_at_night_is_no_alert",),
    101: (f"{_ROWS}::test_a_silent_source_stands_for_the_alerts_that_hang_on_it_and_they_are_told_when_it_is_back", f"{_ROWS}::test_while_a_source_is_silent_nothing_it_feeds_is_over"),
    102: (f"{_OUT}::test_fifty_queues_break_at_once_and_one_mail_holds_all_of_them",),
    103: (f"{_RACES}::test_two_who_act_in_the_same_second_leave_one_owner",),
    104: ("alerts/test_people.py::test_over_wins_over_a_snooze_and_is_closed_unjudged_after_an_hour",),
    105: (f"{_RULES}::test_another_condition_ends_the_open_alert_as_updated_and_the_new_version_opens_its_own",),
    106: (f"{_OUT}::test_who_lost_the_queue_between_fire_and_send_gets_nothing",),
    107: (f"{_OUT}::test_a_mail_server_that_is_down_for_an_hour_is_given_one_mail_after",),
    108: (f"{_ABUSE}::test_two_thousand_series_are_twenty_alerts_and_a_count_of_the_others",),
    109: (f"{_ROWS}::test_a_closed_queue_is_not_judged", f"{_ABUSE}::test_the_first_minute_of_a_shift_waits_like_any_other"),
    110: ("alerts/test_backtest.py::test_a_back_test_is_what_the_live_rule_did",),
    111: ("alerts/test_silences.py::test_nobody_silences_everything_for_ever_or_more_than_they_look_after", "alerts/test_silences.py::test_the_database_refuses_a_silence_without_an_end_of_a_day_or_of_everything"),
    112: (f"{_ABUSE}::test_a_rule_is_about_people_or_about_ai_agents", "metrics/test_conflicts.py::test_pairs_are_measured_of_whom_they_are_about_and_never_mix_families"),
    113: ("metrics/test_conflicts.py::test_a_person_s_conflict_is_the_first_reason_to_talk",),
    114: ("alerts/test_quality.py::test_five_not_needed_in_a_row_are_advised_about_and_nothing_changes",),
}  # fmt: skip


@cache
def named_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def missing(cases: dict[int, tuple[str, ...]]) -> set[int]:
    """Cases that nothing tries, or whose test is not there."""
    return {
        number
        for number in range(1, 115)
        if not cases.get(number) or any(one.split("::")[1] not in named_in(one.split("::")[0]) for one in cases[number])
    }


def test_every_case_is_tried() -> None:
    assert set(CASES) == set(range(1, 115))
    assert missing(CASES) == set()


def test_the_list_can_fail() -> None:
    """A case that is not there, one without a test, and one whose test was taken away."""
    broken = {**CASES, 2: (), 3: (f"{_CASES}::test_that_nobody_wrote",)}
    del broken[1]
    assert missing(broken) == {1, 2, 3}
