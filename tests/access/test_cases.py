"""Which test proves which case of the specification's list of abuse (1 to 64 and 78 to 83); and the cases of no other home.

Every named test must be there. What is not proved says why, and says it here, where whoever builds it finds it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.access.models import AuditEntry, User
from apps.access.viewer import Viewer, viewer_for
from apps.alerts.facts import AlertsChanged
from apps.coaching.models import Note
from apps.interactions.models import Conversation, Queue, QueueUserObjectPermission
from apps.shared.models import Outbox
from apps.shared.outbox import announce
from tests.alerts.conftest import fired, says
from tests.console.floors import conversation, granted, on_shift, queue_named
from tests.contracts.layers import ROOT
from tests.contracts.test_every_url import TABLE
from tests.contracts.test_every_url import floor as floor  # one of everything that an address names

pytestmark = pytest.mark.django_db

_URLS, _TOPICS = "contracts/test_every_url.py", "contracts/test_every_topic.py"
_MATRIX = f"{_URLS}::test_everybody_gets_what_the_table_says"
_NOT_YET = "not built yet: disputes of reviews have no address; the matrix refuses one without a row"
_NOTES = "coaching/test_notes.py"
_EDITS = "access/test_cases.py::test_a_lead_changes_nothing_that_is_set_up"
_VERBS = "access/test_cases.py::test_no_address_takes_another_verb"

CASES: dict[int, tuple[str, ...]] = {
    1: (f"{_URLS}::test_what_is_out_of_scope_answers_like_what_does_not_exist", _MATRIX),
    2: ("access/test_tenures.py::test_list_search_page_and_live_part_agree", "metrics/test_rows.py::test_rows_of_conversations_one_may_not_read_are_only_counted"),
    3: (_MATRIX,),
    4: ("metrics/test_queries.py::test_numbers_of_a_person_are_their_leads_and_their_own",),
    5: ("metrics/test_small_groups.py::test_a_team_of_four_is_too_small_for_operations",),
    6: (_VERBS, "access/test_cases.py::test_fields_that_nobody_asked_for_move_nothing"),
    7: (_VERBS, _MATRIX, "console/test_accounts.py::test_nobody_changes_their_own_access"),
    8: (_MATRIX, f"{_NOTES}::test_only_who_leads_a_person_writes_to_them_and_only_about_what_both_may_read"),
    9: ("access/test_cases.py::test_fields_that_nobody_asked_for_move_nothing",),
    10: ("access/test_cases.py::test_a_parameter_that_nobody_reads_is_refused",),
    11: ("access/test_cases.py::test_a_parameter_that_nobody_reads_is_refused",),
    12: ("console/test_accounts.py::test_only_admins_let_people_in",),
    13: (_VERBS, "access/test_cases.py::test_another_verb_is_refused"),
    14: ("access/test_cases.py::test_a_grant_dies_with_its_queue",),
    15: ("access/test_cases.py::test_a_global_grant_opens_nothing",),
    16: ("access/test_cases.py::test_no_transcript_is_in_the_back_office", _MATRIX),
    17: ("access/test_tenures.py::test_a_team_changes_its_lead_at_noon", "live/test_consumers.py::test_after_a_right_ended_no_content_arrives_even_on_an_idle_page"),
    18: (_EDITS, _VERBS), 19: (_NOT_YET,),
    20: ("access/test_audit.py::test_a_role_is_changed_by_another_admin_only",),
    21: ("access/test_cases.py::test_the_description_of_the_api_names_nobody",),
    22: (f"{_NOTES}::test_nobody_else_reads_or_answers_a_note", _MATRIX),
    23: ("connectors/test_pages.py::test_a_recording_s_address_runs_out_and_cannot_be_forged", "connectors/test_pages.py::test_who_may_not_hear_gets_nothing_even_with_a_lead_s_address"),
    24: ("interactions/test_privacy_pages.py::test_the_copy_is_a_file_once", "metrics/test_rows.py::test_the_eleventh_file_of_a_day_is_refused"),
    25: ("contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed",),
    26: ("access/test_masking.py::test_the_mask_takes_out_personal_data_and_leaves_the_rest",),
    27: ("access/test_masking.py::test_every_kind_of_value_is_found_and_what_only_looks_like_one_stays",),
    28: ("interactions/test_disclosures.py::test_nothing_is_opened_without_a_reason",),
    29: ("interactions/test_disclosures.py::test_a_value_masks_itself_after_a_quarter_of_an_hour", "journeys/test_sealed_in_the_browser.py::test_a_mark_is_opened_by_keyboard_in_its_own_place_and_masks_itself"),
    30: ("interactions/test_disclosures.py::test_the_21st_within_an_hour_is_refused_and_the_qa_manager_is_told", "interactions/test_notices.py::test_the_21st_opening_is_told_to_the_qa_manager_on_every_page"),
    31: ("interactions/test_disclosures.py::test_what_cannot_be_recorded_is_not_shown", "live/test_transcript_audit.py::test_what_cannot_be_written_down_is_not_shown"),
    32: ("access/test_audit.py::test_a_row_of_the_audit_is_neither_changed_nor_deleted",),
    33: ("contracts/test_canaries.py::test_the_canaries_are_found_nowhere_but_sealed",),
    34: ("access/test_cases.py::test_an_alert_is_called_by_its_rule_and_its_queue",),
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
    45: ("journeys/test_hostile_texts.py::test_hostile_texts_stay_in_their_place",),
    46: ("journeys/test_only_text.py::test_every_page_shows_attacks_as_text",),
    47: ("connectors/test_pages.py::test_a_recording_that_lies_elsewhere_is_never_fetched",),
    48: ("metrics/test_rows.py::test_no_cell_is_taken_for_a_formula",),
    49: ("access/test_cases.py::test_a_parameter_that_nobody_reads_is_refused", "contracts/test_code_rules.py::test_our_code_keeps_the_rule"),
    50: ("access/test_cases.py::test_a_pattern_is_sought_as_the_words_it_is",),
    51: ("journeys/test_only_text.py::test_every_attack_is_read_as_it_was_written",),
    52: ("access/test_sign_in.py::test_nobody_is_sent_to_another_place_after_signing_in",),
    53: ("access/test_cases.py::test_a_form_from_elsewhere_is_refused",),
    54: ("access/test_cases.py::test_every_page_carries_its_headers",),
    55: ("access/test_cases.py::test_every_page_carries_its_headers",),
    56: ("live/test_consumers.py::test_a_page_of_another_origin_is_not_let_in",),
    57: (f"{_TOPICS}::test_everybody_gets_what_the_table_says", "live/test_consumers.py::test_who_may_not_see_a_region_is_refused_in_a_sentence_and_nothing_is_rendered"),
    58: ("live/test_consumers.py::test_too_many_watches_and_params_that_are_too_long_are_answered_with_a_sentence", "live/test_views.py::test_unknown_and_out_of_scope_cannot_be_told_apart"),
    59: ("access/test_audit.py::test_another_role_ends_every_session", "access/test_sessions.py::test_another_password_ends_the_other_sessions", "live/test_consumers.py::test_a_session_that_is_ended_closes_the_socket"),
    60: ("live/test_consumers.py::test_of_200_busy_pages_none_shows_content_five_seconds_after_its_right_ended",),
    61: ("live/test_consumers.py::test_a_message_over_64_kib_closes_the_socket", "live/test_consumers.py::test_more_than_a_hundred_messages_a_minute_close_the_socket"),
    62: ("live/test_consumers.py::test_an_account_has_ten_open_pages_and_an_eleventh_is_refused",),
    63: ("live/test_hub.py::test_a_slow_socket_holds_up_nobody_and_then_gets_the_newest_only", "live/test_page.py::test_a_gap_in_the_numbers_leads_to_one_refetch"),
    64: ("live/test_page.py::test_without_a_server_the_page_says_so_keeps_its_figures_and_comes_back",),
    78: ("access/test_sign_in.py::test_after_ten_wrong_passwords_an_account_is_not_checked_for_a_quarter_of_an_hour", "access/test_sign_in.py::test_a_password_tried_at_a_hundred_accounts_is_throttled_by_address", "access/test_sign_in.py::test_an_unknown_account_is_answered_like_a_wrong_password"),
    79: ("access/test_sign_in.py::test_a_code_lets_in_once", "access/test_sign_in.py::test_a_password_that_the_operator_sets_anew_does_not_skip_the_second_factor"),
    80: ("access/test_sign_in.py::test_a_session_that_was_there_before_gets_a_new_key",),
    81: ("access/test_sessions.py::test_half_an_hour_in_which_nobody_does_anything_ends_a_session", "access/test_sessions.py::test_twelve_hours_end_a_session_whatever_somebody_does", "live/test_consumers.py::test_a_session_whose_time_is_over_closes_the_socket"),
    82: ("access/test_sign_in.py::test_a_forged_forwarded_address_is_no_way_round", "access/test_sign_in.py::test_a_named_proxy_is_believed_as_far_as_it_wrote_itself"),
    83: ("metrics/test_rows.py::test_a_question_that_cannot_be_asked_is_answered_in_words", "access/test_cases.py::test_a_question_without_bounds_is_refused", "access/test_cases.py::test_a_question_that_takes_too_long_is_stopped"),
}  # fmt: skip


def named_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_case_has_its_line() -> None:
    assert set(CASES) == {*range(1, 65), *range(78, 84)}
    assert all(CASES.values())


def test_every_named_test_is_there() -> None:
    named = {one for tests in CASES.values() for one in tests if "::" in one}
    assert {one for one in named if one.split("::")[1] not in named_in(one.split("::")[0])} == set()


def test_what_is_not_proved_is_few() -> None:
    """A case that loses its test is seen here."""
    unproved = {number for number, tests in CASES.items() if not any("::" in one for one in tests)}
    assert unproved == {19}


@pytest.mark.parametrize("name", [
    "customer__email__startswith", "_connector", "__class__", "pk__in[]", "expand", "fields", "ordering", "page_size",
])  # fmt: skip
def test_a_parameter_that_nobody_reads_is_refused(name: str, mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    for place in ("metric", "metric_rows"):
        path = reverse(place, args=["first_reply_time"])
        assert client.get(path, {"window": "60min"}).status_code == 200
        assert client.get(path, {"window": "60min", name: "a"}).status_code == 400


@pytest.mark.parametrize("asked", [
    {"window": "5years"}, {"by": "everything"}, {"page": "100000"}, {"window": "28d", "page": "99999999999999999999"},
])  # fmt: skip
def test_a_question_without_bounds_is_refused(asked: dict[str, str], mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    assert client.get(reverse("metric_rows", args=["first_reply_time"]), asked).status_code == 400


@pytest.mark.parametrize("place", TABLE)
def test_no_address_takes_another_verb(place: str, floor: dict[str, Any], client: Client) -> None:
    """Whoever asks, and whether or not a view would have read the body."""
    path = "/api/v1/nothing" if place == "api/<path:rest>" else reverse(place, args=floor.get(place, []))
    for name in ("asha", "lena", "adam", "anon"):
        client.logout()
        if name != "anon":
            client.force_login(User.objects.get(username=name))
        for verb in ("PUT", "PATCH", "DELETE", "TRACE"):
            assert client.generic(verb, path, '{"score": 100}', content_type="application/json").status_code == 405


# What is set up for everybody; the matrix allows a lead none of it.
SET_UP = {"alert_rule.edit", "goal.edit", "masking_rule.edit", "retention.edit", "user_role.edit", "token.manage", "qa_form.edit",
          "wall.manage"}  # fmt: skip


def test_a_lead_changes_nothing_that_is_set_up(floor: dict[str, Any], client: Client) -> None:
    """By a form sent by hand, also where the page hides it or shows only what there is."""
    client.force_login(floor["viewer:lena"].user)
    hers = AuditEntry.objects.filter(by=floor["viewer:lena"].user).exclude(verb="session.opened")
    before = hers.count()
    places = [place for place, row in TABLE.items() if row.action in SET_UP and ":" not in place]
    assert len(places) > 15
    for place in [*places, "goals"]:
        asked = {
            "metric": "csat",
            "scope": "role:agent",
            "target": "1",
            "period": "day",
            "step": "role",
            "role": "admin",
        }
        assert client.post(reverse(place, args=floor.get(place, [])), asked).status_code in (403, 405), place
    assert hers.count() == before


def test_fields_that_nobody_asked_for_move_nothing(floor: dict[str, Any], client: Client) -> None:
    """A form reads the fields it has. What is nested, or names another's row, moves no row to anybody."""
    note = Note.objects.get(pk=floor["note_answer"][0])
    before = (note.agent_id, note.by_id, note.conversation_id, note.text)
    client.force_login(floor["viewer:asha"].user)
    extra = {"agent": str(uuid4()), "agent.user": "1", "by": floor["viewer:adam"].user.pk, "conversation": '{"agent": 7}',
             "conversation[agent]": "7", "text": "I am the best", "status": "published", "score": "100"}  # fmt: skip
    assert client.post(reverse("note_answer", args=[note.pk]), {"answer": "Will do", **extra}).status_code == 302
    note.refresh_from_db()
    assert (note.agent_id, note.by_id, note.conversation_id, note.text) == before
    client.force_login(floor["viewer:adam"].user)
    user = floor["viewer:lena"].user
    more = {"step": "role", "role": "qa", "is_staff": "on", "is_superuser": "on", "username": "root", "password": "x"}
    assert client.post(reverse("account_of", args=[user.pk]), more).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.username, user.is_staff, user.is_superuser) == ("qa", "lena", False, False)


def test_an_alert_is_called_by_its_rule_and_its_queue(lena: Viewer, client: Client) -> None:
    """No word of the conversation stands in its title, its address, its list's name or the hint about it."""
    now, queue = timezone.now(), queue_named("Billing chat")
    talk = conversation(queue, now - timedelta(minutes=5), subject="Greta Lindqvist is furious")
    one = fired(queue, now, talk=talk, message=says(talk, now, "I am Greta Lindqvist and furious"))
    announce(AlertsChanged(at=now), at=now)
    client.force_login(granted(lena, queue=queue).user)
    path = reverse("alert", args=[one.pk])
    page = client.get(path).content.decode()
    assert "furious" in page  # the evidence, to who may read it
    named = re.findall(r"<title>.*?</title>|<h[12][^>]*>.*?</h[12]>", page, re.DOTALL)
    hints = [str(row.payload) for row in Outbox.objects.all()]
    assert any("The queue is long" in one_ for one_ in named)
    assert not [text for text in (*named, path, *hints) if "Greta" in text or "furious" in text]


@pytest.mark.django_db(transaction=True)
def test_a_question_that_takes_too_long_is_stopped(
    lena: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the database, after the time that a web process allows; page and API say so in words."""

    def sleeps(**_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    client.force_login(lena.user)
    monkeypatch.setattr("apps.metrics.queries.measure", sleeps)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '200ms'")
        try:
            answers = [client.get(reverse(place, args=["first_reply_time"])) for place in ("metric", "metric_page")]
        finally:
            cursor.execute("SET statement_timeout = 0")
    for answer in answers:
        assert (answer.status_code, "longer than the portal lets" in answer.content.decode()) == (503, True)


def test_a_web_process_has_a_limit_and_a_worker_has_none() -> None:
    """What stands in the settings of each, asked of a process of its own."""
    told = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'].get('options', 'none'))"
    for first, said in (("import supervision.asgi", "-c statement_timeout=5s"), ("import supervision.celery", "none")):
        done = subprocess.run(
            [sys.executable, "-c", f"{first}; {told}"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip().splitlines()[-1] == said


def test_another_verb_is_refused(adam: Viewer, mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    for verb in ("put", "patch", "delete"):
        assert getattr(client, verb)(reverse("metric", args=["first_reply_time"])).status_code == 405
    talk = conversation(queue_named("Billing"), timezone.now())
    assert client.post(reverse("masked_values", args=[talk.pk]), {"_method": "DELETE"}).status_code == 405
    client.force_login(adam.user)
    for place, row in TABLE.items():
        if row.method == "post" and not re.search(r"<|:", place) and place in {"here", "find"}:
            assert client.put(reverse(place)).status_code == 405


def test_a_grant_dies_with_its_queue(lena: Viewer) -> None:
    queue = queue_named("Billing")
    granted(lena, queue=queue)
    key = queue.pk
    queue.delete()
    assert not QueueUserObjectPermission.objects.exists()
    again = Queue.objects.create(id=key, name="Another")
    conversation(again, timezone.now())
    assert not Conversation.objects.visible_to(viewer_for(lena.user)).exists()


def test_a_global_grant_opens_nothing(lena: Viewer, client: Client) -> None:
    """Neither on an account nor on a group; nor does being a superuser."""
    queue = queue_named("Billing")
    talk = conversation(queue, timezone.now())
    permission = Permission.objects.get(codename="work_queue", content_type=ContentType.objects.get_for_model(Queue))
    group = Group.objects.create(name="all")
    group.permissions.add(permission)
    user = User.objects.get(pk=lena.user.pk)
    user.groups.add(group)
    user.user_permissions.add(permission)
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 404
    assign_perm("interactions.work_queue", user, queue)
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 200


def test_no_transcript_is_in_the_back_office() -> None:
    from django.contrib import admin

    registered = {model.__name__ for model in admin.site._registry}
    assert registered & {"Message", "Conversation", "ConversationEvent", "SealedValue", "Customer", "CustomerValue", "Rating",
                         "Delivery", "AuditEntry", "Disclosure"} == set()  # fmt: skip


def test_the_description_of_the_api_names_nobody(asha: Viewer, client: Client) -> None:
    from apps.agents.models import Team

    on_shift("Wilhelmina Brandvold", Team.objects.create(name="Secret team"), timezone.now())
    queue_named("Secret queue")
    client.force_login(asha.user)
    text = client.get(reverse("api_schema")).content.decode()
    told = client.options(reverse("metric", args=["first_reply_time"])).content.decode()
    assert not [word for word in ("Wilhelmina", "Secret") if word in text + told]


def test_a_pattern_is_sought_as_the_words_it_is(mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    conversation(queue_named("Billing"), timezone.now())
    for words in ("(a+)+$", "%", "_", "\\", "a" * 100):
        assert client.post(reverse("conversations"), {"q": words}).status_code == 200


def test_a_form_from_elsewhere_is_refused(lena: Viewer, adam: Viewer) -> None:
    """Without the token, from another site, and as JSON that claims to be plain text."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(adam.user)
    for place in ("retention", "privacy", "masking", "accounts", "find", "here", "signout"):
        assert client.post(reverse(place), {"x": "y"}).status_code == 403, place
        assert client.post(reverse(place), '{"x": "y"}', content_type="text/plain").status_code == 403, place
        foreign = client.post(reverse(place), {"x": "y"}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403, place


def test_every_page_carries_its_headers(adam: Viewer, mona: Viewer, client: Client) -> None:
    for viewer, places in (
        (adam, ("home", "retention", "privacy", "masking", "accounts", "audit")),
        (mona, ("home", "conversations", "notices")),
    ):
        client.force_login(viewer.user)
        for place in places:
            answer = client.get(reverse(place), follow=True)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert "no-store" in answer.headers["Cache-Control"]
