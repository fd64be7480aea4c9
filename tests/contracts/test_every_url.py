"""Who gets what from every address, for every person of the cast. An address without a row fails.

The statuses are held against `access_matrix.yaml`, which says for each object and action which role may have what: no
address may open what a cell of the matrix refuses. An address may be stricter than the matrix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
import time_machine
import yaml
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.access.models import Notice, User, WallLink
from apps.access.roles import Role
from apps.access.services import make_wall_link
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.alerts.models import Endpoint, Silence
from apps.coaching.models import Note
from apps.connectors import services as connectors
from apps.connectors.models import Delivery
from apps.interactions.models import Customer, CustomerRequest
from apps.interventions import handover
from apps.interventions import services as interventions
from apps.interventions.models import Intervention
from apps.learning.models import ReadingList
from apps.metrics.models import Calendar, Goal
from apps.reviews import services as reviews
from apps.reviews.models import Assignment, Calibration, Draw, Grader, RubricVersion, SamplingPlan
from apps.routing import services as routing
from apps.routing.facts import DiversionChanged
from apps.shared.models import Outbox
from apps.tuning import services as tuning
from tests.alerts.conftest import fired
from tests.coaching.rows import sheet_of
from tests.conftest import person
from tests.console.floors import conversation, granted, holds, on_shift, queue_named
from tests.learning.rows import exemplar_of
from tests.reviews.rows import doubted, judged

pytestmark = pytest.mark.django_db

MATRIX = yaml.safe_load((Path(__file__).parent / "access_matrix.yaml").read_text())["matrix"]
CAST = ("asha", "quentin", "lena", "nils", "mona", "olu", "adam", "anon")
ROLES = {
    "asha": "agent", "quentin": "qa", "lena": "lead", "nils": "lead", "mona": "qa_manager", "olu": "ops",
    "adam": "admin", "anon": "anon",
}  # fmt: skip
OPENED = {200, 201, 302}


@dataclass(frozen=True)
class Row:
    """What the cast gets from one address: a status each, in the order of CAST.

    Asha holds a conversation of the billing queue, which is Quentin's and Lena's too; Nils leads elsewhere.
    """

    action: str  # the matrix's "object.action"; empty when anybody may have it
    statuses: str
    method: str = "get"
    # Where a 302 sends people who may not see the address itself.
    sends_to: str = "/signin"


#                                               asha quentin lena nils mona olu adam anon
TABLE: dict[str, Row] = {
    "healthz":           Row("health.live",            "200 200 200 200 200 200 200 200"),
    "signin":            Row("",                       "302 302 302 302 302 302 302 200"),
    "signin_code":       Row("",                       "302 302 302 302 302 302 302 302"),
    "signin_second_factor": Row("",                    "302 302 302 302 302 302 302 302"),
    "account":           Row("",                       "200 200 200 200 200 200 200 302"),
    "account_password":  Row("",                       "200 200 200 200 200 200 200 302"),
    "account_second_factor": Row("",                   "200 200 200 200 200 200 200 302"),
    "account_recovery_codes": Row("",                  "400 400 400 400 400 400 400 302", "post"),
    "here":              Row("",                       "204 204 204 204 204 204 204 302", "post"),
    "signout":           Row("",                       "302 302 302 302 302 302 302 302", "post"),
    "home":              Row("queue.live_metrics",     "302 302 200 200 200 200 200 302"),
    "queue":             Row("queue.live_metrics",     "403 403 200 404 200 200 200 302"),
    "people":            Row("agent.live_state",       "403 403 200 200 403 403 403 302"),
    "person":            Row("agent.live_state",       "403 403 200 404 403 403 403 302"),
    "scorecards":        Row("scorecard.compare_named", "403 403 200 200 200 403 403 302"),
    "scorecard":         Row("scorecard.view",         "403 403 200 404 200 403 403 302"),
    "my_shift":          Row("scorecard.view",         "200 403 403 403 403 403 403 302"),
    "my_scorecard":      Row("scorecard.view",         "200 403 403 403 403 403 403 302"),
    "goals_seen":        Row("shift.own",              "302 403 403 403 403 403 403 302", "post"),
    "shift_close":       Row("shift.own",              "422 403 403 403 403 403 403 302", "post"),
    "coach":             Row("coaching.send",          "403 403 200 404 403 403 403 302"),
    "coaching":          Row("coaching.view",          "403 403 200 200 403 403 403 302"),
    "note_withdraw":     Row("coaching.send",          "403 403 302 404 403 403 403 302", "post"),
    "my_notes":          Row("coaching.view",          "200 403 403 403 403 403 403 302"),
    "note_acknowledge":  Row("coaching.acknowledge",   "302 403 403 403 403 403 403 302", "post"),
    "note_answer":       Row("coaching.acknowledge",   "422 403 403 403 403 403 403 302", "post"),
    "reviews":           Row("qa_review.create",       "403 200 200 200 200 403 403 302"),
    "review_begin":      Row("qa_review.create",       "403 404 404 404 404 403 403 302", "post"),
    "review":            Row("qa_review.edit",         "404 200 404 404 404 403 403 302"),
    "review_save":       Row("qa_review.edit",         "404 302 404 404 404 403 403 302", "post"),
    "review_submit":     Row("qa_review.edit",         "404 302 404 404 404 403 403 302", "post"),
    "review_discard":    Row("qa_review.edit",         "403 302 404 404 404 403 403 302", "post"),
    "review_take_back":  Row("qa_review.edit",         "403 409 404 404 404 403 403 302", "post"),
    "review_export":     Row("export.create",          "403 200 200 200 200 403 403 302", "post"),
    "api_reviews":       Row("qa_review.view",         "200 200 200 200 200 403 403 403"),
    "api_review":        Row("qa_review.view",         "200 200 200 404 200 403 403 403"),
    "review_spreadsheet": Row("export.create",         "403 200 200 200 200 403 403 302", "post"),
    "api_drafts":        Row("qa_review.create",       "403 400 400 400 400 403 403 403", "post"),
    "api_draft":         Row("qa_review.edit",         "403 400 404 404 404 403 403 403", "post"),
    "api_draft_submit":  Row("qa_review.edit",         "403 400 404 404 404 403 403 403", "post"),
    "api_second_look_ask": Row("qa_review.dispute",    "400 403 403 403 403 403 403 403", "post"),
    "api_second_look_decide": Row("qa_review.decide_dispute", "403 403 403 403 400 403 403 403", "post"),
    "api_rubric_import": Row("qa_form.edit",           "403 403 403 403 400 403 403 403", "post"),
    "api_rubrics":       Row("qa_form.view",           "200 200 200 200 200 200 200 403"),
    "api_rubric":        Row("qa_form.view",           "200 200 200 200 200 200 200 403"),
    "review_result":     Row("qa_review.view",         "302 200 200 404 200 403 403 302"),
    "my_reviews":        Row("qa_review.own",          "200 403 403 403 403 403 403 302"),
    "my_review":         Row("qa_review.own",          "200 403 403 403 403 403 403 302"),
    "review_acknowledge": Row("qa_review.own",         "302 403 403 403 403 403 403 302", "post"),
    "second_look_ask":   Row("qa_review.dispute",      "422 403 403 403 403 403 403 302", "post"),
    "rubrics":           Row("qa_form.view",           "200 200 200 200 200 200 200 302"),
    "rubric":            Row("qa_form.view",           "200 200 200 200 200 200 200 302"),
    "rubric_version":    Row("qa_form.view",           "200 200 200 200 200 200 200 302"),
    "rubric_document":   Row("qa_form.view",           "200 200 200 200 200 200 200 302"),
    "rubric_new":        Row("qa_form.edit",           "403 403 403 403 200 403 403 302"),
    "rubric_import":     Row("qa_form.edit",           "403 403 403 403 422 403 403 302", "post"),
    "rubric_use":        Row("qa_form.edit",           "403 403 403 403 302 403 403 302", "post"),
    "second_looks":      Row("qa_review.decide_dispute", "403 403 403 403 200 403 403 302"),
    "second_look":       Row("qa_review.decide_dispute", "403 403 403 403 200 403 403 302"),
    "ai":                Row("queue.live_metrics",     "403 403 200 200 200 200 200 302"),
    "ai_agent":          Row("queue.live_metrics",     "403 403 200 200 200 200 200 302"),
    "shift_today":       Row("intervention.view",      "403 403 302 302 302 302 403 302"),
    "shift_report":      Row("intervention.view",      "403 403 200 200 200 200 403 302"),
    "shift_report_wish": Row("intervention.view",      "403 403 302 302 302 302 403 302", "post"),
    "ai_scorecard":      Row("queue.live_metrics",     "403 403 301 301 301 301 301 302"),
    "ai_behind":         Row("queue.live_metrics",     "403 403 200 200 200 200 200 302"),
    "conversations":     Row("conversation.list",      "200 200 200 200 200 403 403 302"),
    "conversation":      Row("transcript.view",        "200 200 200 404 200 403 403 302"),
    "find":              Row("",                       "200 200 200 200 200 200 200 302", "post"),
    "masked_values":     Row("transcript.reveal_value", "403 200 200 404 200 403 403 302"),
    "open_values":       Row("transcript.reveal_value", "403 404 404 404 404 403 403 302", "post"),
    "audit":             Row("audit.view",             "200 200 200 200 200 403 200 302"),
    "what_reads_messages": Row("scorecard.method",     "200 200 200 200 200 200 200 302"),
    "phrases":           Row("reply_rule.view",        "200 200 200 200 200 200 200 302"),
    "checklist":         Row("reply_rule.view",        "200 200 200 200 200 200 200 302"),
    "who_sees_what":     Row("scorecard.method",       "200 200 200 200 200 200 200 302"),
    "masking":           Row("masking_rule.edit",      "403 403 403 403 403 403 200 302"),
    "allow_list":        Row("masking_rule.edit",      "403 403 403 403 403 403 200 302"),
    "retention":         Row("retention.edit",         "403 403 403 403 403 403 200 302"),
    "privacy":           Row("customer.find",          "403 403 403 403 403 403 200 302"),
    "customer_data":     Row("customer.find",          "403 403 403 403 403 403 200 302"),
    "customer_request":  Row("retention.erase",        "403 403 403 403 403 403 200 302"),
    "customer_copy":     Row("customer.copy",          "403 403 403 403 403 403 409 302", "post"),
    "notices":           Row("notice.view",            "403 403 403 403 200 403 403 302"),
    "notice_seen":       Row("notice.view",            "403 403 403 403 302 403 403 302", "post"),
    "welcome":           Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "accounts":          Row("user_role.edit",         "403 403 403 403 403 403 200 302"),
    "account_of":        Row("user_role.edit",         "403 403 403 403 403 403 200 302"),
    "agents_placed":     Row("user_role.edit",         "403 403 403 403 403 403 302 302", "post"),
    "walls":             Row("wall.manage",            "403 403 403 403 403 403 200 302"),
    "wall_revoke":       Row("wall.manage",            "403 403 403 403 403 403 302 302", "post"),
    "wall":              Row("wall.view",              "200 200 200 200 200 200 200 200"),
    "health":            Row("health.detail",          "403 403 403 403 403 403 200 302"),
    "fact_again":        Row("health.detail",          "403 403 403 403 403 403 302 302", "post"),
    "sources":           Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "source_test":       Row("token.manage",           "403 403 403 403 403 403 302 302", "post"),
    "source_token":      Row("token.manage",           "403 403 403 403 403 403 200 302", "post"),
    "source_secret":     Row("token.manage",           "403 403 403 403 403 403 200 302", "post"),
    "source_switch":     Row("token.manage",           "403 403 403 403 403 403 302 302", "post"),
    "shifts":            Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "shifts_of":         Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "hours":             Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "hours_of":          Row("token.manage",           "403 403 403 403 403 403 422 302", "post"),
    "tiers":             Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "goals":             Row("goal.view",              "403 403 200 200 403 403 200 302"),
    "goal":              Row("goal.view",              "403 403 200 404 403 403 200 302"),
    "goal_end":          Row("goal.edit",              "403 403 403 403 403 403 302 302", "post"),
    "delivery_again":    Row("source.dead_letters",    "403 403 403 403 403 403 302 302", "post"),
    "recording_address": Row("transcript.attachment",  "403 403 404 404 404 404 404 302"),
    "recording":         Row("transcript.attachment",  "404 404 404 404 404 404 404 302"),
    "how_i_am_measured": Row("scorecard.method",       "200 200 200 200 200 200 200 302"),
    "metric":            Row("queue.live_metrics",     "403 403 200 200 200 200 200 403"),
    "metric_rows":       Row("queue.live_metrics",     "403 403 200 200 200 200 200 403"),
    "metric_page":       Row("queue.live_metrics",     "403 403 200 200 200 200 200 302"),
    "ops":               Row("queue.live_metrics",     "403 403 200 200 200 200 200 302"),
    "metric_export":     Row("export.create",          "403 403 200 200 200 403 403 302", "post"),
    "alerts":            Row("alert.view",             "403 403 200 200 200 200 200 302"),
    "alert":             Row("alert.view",             "403 403 200 404 404 200 200 302"),
    "alert_take":        Row("alert.ack_snooze_resolve", "403 403 302 404 404 302 403 302", "post"),
    "alert_snooze":      Row("alert.ack_snooze_resolve", "403 403 302 404 404 302 403 302", "post"),
    "alert_resolve":     Row("alert.ack_snooze_resolve", "403 403 302 404 404 302 403 302", "post"),
    "alert_undo":        Row("alert.ack_snooze_resolve", "403 403 302 404 404 302 403 302", "post"),
    "alert_outcome":     Row("alert.outcome",          "403 403 302 404 404 302 403 302", "post"),
    "alert_act":         Row("alert.ack_snooze_resolve", "403 403 302 404 404 302 403 302", "post"),
    "silences":          Row("silence.create",         "403 403 200 200 200 200 200 302"),
    "silence_try":       Row("silence.create",         "403 403 200 200 200 200 200 302", "post"),
    "silence_lift":      Row("silence.create",         "403 403 302 404 404 404 404 302", "post"),
    "how_i_am_told":     Row("alert.view",             "403 403 200 200 200 200 200 302"),
    "endpoints":         Row("token.manage",           "403 403 403 403 403 403 200 302"),
    "endpoint_switch":   Row("token.manage",           "403 403 403 403 403 403 302 302", "post"),
    "sendings_again":    Row("token.manage",           "403 403 403 403 403 403 302 302", "post"),
    "alert_quality":     Row("alert.view",             "403 403 200 200 200 200 200 302"),
    "thresholds":        Row("alert_rule.view",        "403 403 200 200 200 200 200 302"),
    "threshold":         Row("alert_rule.view",        "403 403 200 200 200 200 200 302"),
    "threshold_new":     Row("alert_rule.edit",        "403 403 403 403 200 403 200 302"),
    "threshold_try":     Row("alert_rule.backtest",    "403 403 404 404 404 404 404 302", "post"),
    "threshold_switch":  Row("alert_rule.edit",        "403 403 403 403 403 403 302 302", "post"),
    "assignment_replace": Row("qa_review.create",      "403 302 404 404 302 403 403 302", "post"),
    "calibrations":      Row("qa_calibration.view",    "403 200 200 200 200 403 403 302"),
    "calibration":       Row("qa_calibration.view",    "403 200 404 404 200 403 403 302"),
    "calibration_begin": Row("qa_calibration.view",    "403 302 404 404 302 403 403 302", "post"),
    "calibration_note":  Row("qa_calibration.view",    "403 404 404 404 404 403 403 302", "post"),
    "calibration_close": Row("qa_calibration.close",   "403 403 403 403 302 403 403 302", "post"),
    "automatic":         Row("qa_automatic.view",       "403 403 403 403 200 403 403 302"),
    "patterns":          Row("qa_pattern.view",        "403 403 403 403 200 200 403 302"),
    "pattern_behind":    Row("qa_review.view",         "403 403 403 403 200 403 403 302"),
    "plans":             Row("sampling_plan.edit",     "403 403 403 403 200 403 403 302"),
    "plan":              Row("sampling_plan.edit",     "403 403 403 403 200 403 403 302"),
    "plan_draw":         Row("sampling_plan.edit",     "403 403 403 403 302 403 403 302", "post"),
    "draw":              Row("sampling_plan.edit",     "403 403 403 403 200 403 403 302"),
    "feedback":          Row("feedback.due",           "403 403 200 200 200 403 403 302"),
    "feedback_new":      Row("feedback.hold",          "403 403 200 404 403 403 403 302"),
    "feedback_sheet":    Row("feedback.view",          "200 403 200 404 403 403 403 302"),
    "feedback_hold":     Row("feedback.hold",          "403 403 302 404 403 403 403 302", "post"),
    "feedback_discard":  Row("feedback.hold",          "403 403 409 404 403 403 403 302", "post"),
    "my_feedback":       Row("feedback.view",          "200 403 403 403 403 403 403 302"),
    "feedback_acknowledge": Row("feedback.acknowledge", "302 403 403 403 403 403 403 302", "post"),
    "exemplars":         Row("exemplar.view",          "200 200 200 200 200 403 403 302"),
    "exemplar":          Row("exemplar.view",          "200 200 200 404 200 403 403 302"),
    "exemplar_share":    Row("exemplar.share",         "403 200 200 404 200 403 403 302"),
    "exemplar_answer":   Row("exemplar.answer",        "409 409 409 404 409 403 403 302", "post"),
    "exemplar_withdraw": Row("exemplar.share",         "403 302 404 404 404 403 403 302", "post"),
    "exemplar_read":     Row("exemplar.read",          "302 403 403 403 403 403 403 302", "post"),
    "reading_lists":     Row("reading_list.keep",      "403 403 200 200 200 403 403 302"),
    "reading_list":      Row("reading_list.keep",      "403 403 200 404 200 403 403 302"),
    "alert_worst":       Row("alert.view",             "403 403 200 404 404 200 200 302"),
    "routing":           Row("reroute.apply",          "403 403 200 200 403 200 403 302"),
    # Nils may send his people: help is called for the queue.
    "move":              Row("reroute.apply",          "403 403 200 200 403 403 403 302"),
    "divert":            Row("reroute.apply",          "403 403 200 404 403 200 403 302"),
    "diversion_back":    Row("reroute.undo",           "403 403 302 404 403 302 403 302", "post"),
    "help_call":         Row("reroute.apply",          "403 403 200 404 403 200 403 302"),
    "help_end":          Row("reroute.apply",          "403 403 302 404 403 302 403 302", "post"),
    "routing_decision":  Row("routing.decision",       "400 400 400 400 400 400 400 401"),
    "commands":          Row("routing.commands",       "403 403 403 403 403 403 403 401"),
    "tune":              Row("bot_knowledge.edit",     "403 403 200 200 200 200 403 302"),
    "tune_queue":        Row("bot_knowledge.edit",     "403 403 302 404 302 302 403 302"),
    "proposal_withdraw": Row("bot_knowledge.edit",     "403 403 302 404 404 404 403 302", "post"),
    "interventions":     Row("intervention.view",      "403 403 200 200 200 200 403 302"),
    "handover":          Row("reroute.apply",          "403 403 200 200 403 200 403 302"),
    "handover_seen":     Row("reroute.apply",          "403 403 404 302 403 404 403 302", "post"),
    "intervention":      Row("intervention.view",      "403 403 200 404 200 200 403 302"),
    "agent_states":      Row("agent.live_state",       "403 403 200 200 403 403 403 403"),
    "api_schema":        Row("",                       "200 200 200 200 200 200 200 403"),
    "region":            Row("ws.queue_board",         "403 403 200 200 200 200 200 401"),
    "api/<path:rest>":   Row("",                       "404 404 404 404 404 404 404 404"),
    "admin:index":       Row("user_role.edit",         "302 302 302 302 302 302 200 302", sends_to="/admin/login/"),
}  # fmt: skip


def addresses(patterns: list[Any], prefix: str = "", namespace: str = "") -> Iterator[str]:
    """Yield every address: its name, or its pattern where it has none."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern), inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}" if pattern.name else prefix + str(pattern.pattern)


@pytest.fixture(scope="module")
def laid(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """The floor of all addresses, laid once: what each test does to it is taken back by its own savepoint."""
    with django_db_blocker.unblock(), mock.patch("apps.shared.outbox.ring"), transaction.atomic():
        yield laid_out({name: person(name, role) for name, role in ROLES.items() if name != "anon"})
        transaction.set_rollback(True)


@pytest.fixture
def same_floor(laid: dict[str, Any], db: None) -> dict[str, Any]:
    """The floor as it was laid, for tests of this module."""
    return laid


@pytest.fixture
def floor(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A floor of its own for each test, with the cast that the test asks for."""
    return laid_out({name: request.getfixturevalue(name) for name in CAST if name != "anon"})


def laid_out(people: dict[str, Viewer]) -> dict[str, Any]:
    """A floor with one of everything that an address names, and the cast on it."""
    now, billing, sales = timezone.now(), queue_named("Billing chat"), queue_named("Sales chat")
    hers, his = Team.objects.create(name="Billing"), Team.objects.create(name="Sales")
    asha = on_shift("Asha Verma", hers, now)
    Agent.objects.filter(pk=asha.pk).update(user=people["asha"].user)
    held = holds(asha, billing, now)
    conversation(sales, now)
    granted(people["quentin"], queue=billing)
    granted(people["lena"], queue=billing, team=hers)
    granted(people["nils"], queue=sales, team=his)
    User.objects.filter(pk=people["adam"].user.pk).update(is_staff=True, is_superuser=True)
    source, _ = connectors.create_source(by=None, slug="shop", name="Shop", kind="api", at=now)
    notice = Notice.objects.create(about=people["lena"].user, happened_at=now)
    failed = Delivery.objects.create(source=source, received_at=now, state="failed", accepted=[0], body=b"")
    token = make_wall_link(by=people["adam"], name="Room 2", at=now)
    aimed = Goal.objects.create(
        metric="csat", scope_kind="queue", scope_key=str(billing.pk), period="day", target=0.8, from_on=now.date(), zone="UTC",
        made_by=people["adam"].user, made_at=now,
    )  # fmt: skip
    customer = Customer.objects.create(id=uuid4(), source="shop", label="Customer ••0001")
    asked = CustomerRequest.objects.create(
        kind="copy", customer_id=customer.pk, source="shop", reason="The customer wrote to us", asked_by=people["adam"].user, asked_at=now,
    )  # fmt: skip
    note = Note.objects.create(agent=asha, by=people["lena"].user, text="Lead with the summary", sent_at=now)
    rung = fired(billing, now, talk=held)
    reviews.seed(at=now)
    plan = SamplingPlan.objects.create(name="Weekly", zone="UTC", made_at=now)
    made = Draw.objects.create(
        plan=plan, first_on=now.date(), from_at=now - timedelta(days=7), until_at=now, seed="a", error="Nobody reviews."
    )
    given = Assignment.objects.create(
        draw=made, conversation=holds(asha, billing, now), agent=asha, part="random", reviewer=people["quentin"].user, given_at=now,
        due_at=now,
    )  # fmt: skip
    session = Calibration.objects.create(
        conversation=holds(asha, billing, now), agent=asha, version=RubricVersion.objects.get(rubric__family="people"), called_at=now,
        due_at=now, called_by=people["mona"].user, expert=people["mona"].user,
    )  # fmt: skip
    Grader.objects.bulk_create(Grader(calibration=session, user=people[name].user) for name in ("mona", "quentin"))
    released = judged(asha, held, people["quentin"].user, now - timedelta(hours=1))
    begun = judged(asha, holds(asha, billing, now), people["quentin"].user, now, is_draft=True)
    doubt = doubted(released, people["asha"].user, now)
    lena = viewer_for(people["lena"].user)
    diverted = routing.divert(by=lena, key=uuid4(), kind="seniors", queue=billing.pk, minutes=30, at=now)
    interventions.diversion_changed(DiversionChanged(diversion_id=diverted.pk, queue_ids=[billing.pk], at=now), now)
    called = routing.call_help(by=lena, key=uuid4(), queue=billing.pk, at=now)
    bo = Agent.objects.create(kind="ai", name="Bo")
    proposed = tuning.propose(
        by=lena,
        key=uuid4(),
        agent=bo.pk,
        kind="article",
        text="Say that refunds take five days",
        queue=billing.pk,
        at=now,
    )
    example = exemplar_of(held, asha, people["quentin"].user, now)
    talked = sheet_of(asha, people["lena"].user, now, released)
    listed = ReadingList.objects.create(name="First week", team=hers, made_by=people["lena"].user, made_at=now)
    passed = handover.hand_over(by=lena, to=people["nils"].user.pk, key=uuid4(), text="Billing is short", at=now)
    return {
        **{place: [example.pk] for place in ("exemplar", "exemplar_answer", "exemplar_withdraw", "exemplar_read")},
        "feedback_new": [asha.pk],
        **{place: [talked.pk] for place in ("feedback_sheet", "feedback_hold", "feedback_discard", "feedback_acknowledge")},
        "exemplar_share": [held.pk], "reading_list": [listed.pk],
        "handover_seen": [passed.pk], "user": [people["lena"].user.pk],
        **{place: [billing.pk] for place in ("move", "divert", "help_call", "tune_queue")}, "diversion_back": [diverted.pk],
        "help_end": [called.pk], **{place: [bo.pk] for place in ("tune", "ai_agent", "ai_scorecard", "ai_behind")}, "shift_report": [str(now.date() - timedelta(days=1))], "proposal_withdraw": [proposed.pk], "alert_worst": [rung.pk],
        "intervention": [Intervention.objects.get().pk],
        **{place: [begun.pk] for place in ("review", "review_save", "review_submit", "review_discard", "api_draft", "api_draft_submit")},
        **{place: [released.pk] for place in ("review_take_back", "review_result", "api_review", "my_review", "review_acknowledge", "second_look_ask", "api_second_look_ask")},
        "second_look": [doubt.pk], "api_second_look_decide": [doubt.pk],
        **{place: [released.version.rubric_id] for place in ("rubric", "rubric_document", "rubric_use", "api_rubric")},
        "rubric_version": [released.version.rubric_id, 1],
        "note_withdraw": [note.pk], "note_acknowledge": [note.pk], "note_answer": [note.pk],
        "customer_data": [customer.pk], "customer_request": [asked.pk], "customer_copy": [asked.pk],
        **{place: [rung.pk] for place in ("alert", "alert_take", "alert_snooze", "alert_resolve", "alert_outcome", "alert_act", "alert_undo")},
        "fact_again": [Outbox.objects.create(fact="OpeningsRefused", payload={"user_id": people["lena"].user.pk, "at": now.isoformat()},
                                             announced_at=now, dispatched_at=now, error="x").pk],
        "account_of": [people["lena"].user.pk], "wall": [token], "wall_revoke": [WallLink.objects.get().pk],
        "queue": [billing.pk], "person": [asha.pk], "scorecard": [asha.pk], "shifts_of": [asha.pk], "coach": [asha.pk], "conversation": [held.pk],
        "masked_values": [held.pk], "open_values": [held.pk, uuid4()], "region": ["floor.queues"],
        "recording_address": [held.pk, uuid4(), 0], "recording": ["forged"], "delivery_again": [failed.pk],
        "source_test": [source.pk], "source_token": [source.pk], "source_secret": [source.pk],
        "source_switch": [source.pk], "notice_seen": [notice.pk], "metric": ["first_reply_time"],
        "metric_rows": ["first_reply_time"], "metric_page": ["first_reply_time"], "metric_export": ["first_reply_time"],
        "silence_lift": [Silence.objects.create(queue=billing, reason="a drill", by=people["lena"].user, since=now, until=now + timedelta(hours=1)).pk],
        "endpoint_switch": [Endpoint.objects.create(name="Pager", url="https://example.org/", least_severity=3, made_by=people["adam"].user, made_at=now).pk],
        "threshold": [rung.rule_id], "threshold_switch": [rung.rule_id],
        "goal": [aimed.pk], "goal_end": [aimed.pk],
        "assignment_replace": [given.pk],
        **{place: [session.pk] for place in ("calibration", "calibration_begin", "calibration_note", "calibration_close")},
        "pattern_behind": ["people", "right-answer", str(now.date())],
        "plan": [plan.pk], "plan_draw": [plan.pk], "draw": [made.pk],
        "hours_of": [Calendar.objects.create(name="Office", zone="UTC").pk],
        **{f"viewer:{name}": viewer for name, viewer in people.items()},
    }  # fmt: skip


def ask(client: Client, floor: dict[str, Any], place: str, name: str) -> Any:
    """Ask for an address as one of the cast."""
    if name != "anon":
        client.force_login(User.objects.get(pk=floor[f"viewer:{name}"].user.pk))
    path = "/api/v1/nothing" if place == "api/<path:rest>" else reverse(place, args=floor.get(place, []))
    # Doors for programs read JSON alone.
    body = (
        {"data": {}, "content_type": "application/json"}
        if place.startswith("api_") and TABLE[place].method == "post"
        else {}
    )
    return getattr(client, TABLE[place].method)(path, **body)


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def test_every_address_has_its_row() -> None:
    found = set(addresses(get_resolver().url_patterns))
    # Django's admin is one door with one guard; its row stands for all of it.
    ours = {place for place in found if not place.startswith(("admin:", "admin/"))} | {"admin:index"}
    assert ours == set(TABLE)


@pytest.mark.parametrize("place", TABLE)
def test_everybody_gets_what_the_table_says(place: str, same_floor: dict[str, Any], client: Client) -> None:
    got = {}
    for name in CAST:
        client.logout()
        answer = ask(client, same_floor, place, name)
        got[name] = answer.status_code
        if name == "anon" and answer.status_code == 302 and place != "signout":
            assert answer.url.startswith(TABLE[place].sends_to)
    assert got == dict(zip(CAST, map(int, TABLE[place].statuses.split()), strict=True))


@pytest.mark.parametrize("place", [place for place, row in TABLE.items() if row.action])
def test_no_address_opens_what_the_matrix_refuses(place: str) -> None:
    row = TABLE[place]
    for name, status in zip(CAST, row.statuses.split(), strict=True):
        if MATRIX[row.action][ROLES[name]] == "-" and int(status) in OPENED:
            # Sent somewhere else: to the sign-in, or from the floor to one's own conversations.
            assert int(status) == 302
            assert name == "anon" or place in {"home", "admin:index"}


def test_the_matrix_has_a_cell_for_every_role() -> None:
    for action, cells in MATRIX.items():
        assert set(cells) == {*Role.values, "bot", "anon"}, action


def test_the_guard_can_fail(same_floor: dict[str, Any], client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the viewer's guard open, every cell that was refused turns: the table does test it."""
    refused = [
        (place, name)
        for place, row in TABLE.items()
        for name, status in zip(CAST, row.statuses.split(), strict=True)
        # The commands are a platform's, whatever a person's role allows.
        if name != "anon" and status == "403" and place != "commands"
    ]
    monkeypatch.setattr(Viewer, "allows", lambda self, permission: True)
    monkeypatch.setattr(Viewer, "sees_everything", property(lambda self: True))
    assert len(refused) > 40
    assert [(p, n) for p, n in refused if ask(client, same_floor, p, n).status_code == 403] == []


def test_what_is_out_of_scope_answers_like_what_does_not_exist(same_floor: dict[str, Any], client: Client) -> None:
    client.force_login(same_floor["viewer:nils"].user)
    for place in ("queue", "person", "conversation", "alert"):
        with time_machine.travel(timezone.now(), tick=False):  # a page says when it was made
            there, nowhere = (client.get(reverse(place, args=[key])) for key in (same_floor[place][0], UUID(int=0)))
        assert (there.status_code, nowhere.status_code) == (404, 404)
        # All but the form token, which is another one in each answer.
        one, other = (
            re.sub(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": ?)"[^"]*"', b"", a.content) for a in (there, nowhere)
        )
        assert one == other
