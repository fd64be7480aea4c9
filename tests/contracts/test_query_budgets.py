"""What a page asks of the database: the same number of statements for 3 rows and for 30, and no more than its budget."""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm
from pytest_django import DjangoDbBlocker

from apps.access import sessions
from apps.access.models import Notice, User
from apps.access.services import make_wall_link
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Shift, Team, WeekShift
from apps.alerts.models import Happening
from apps.coaching.facts import FeedbackChanged
from apps.coaching.models import Note
from apps.connectors import services as connectors
from apps.connectors.models import Delivery
from apps.console import conversations
from apps.interactions.models import (
    Conversation,
    ConversationEvent,
    Customer,
    CustomerRequest,
    Hold,
    Message,
    Participation,
    Queue,
)
from apps.interventions import services as interventions
from apps.interventions.models import Intervention
from apps.learning.models import Given, Item, Read, ReadingList
from apps.metrics.models import Calendar, Goal, OpeningHours, QueueCalendar
from apps.reviews import frames
from apps.reviews import services as reviews
from apps.reviews.models import Assignment, Calibration, Draw, Grader, Line, Mark, Review, RubricVersion, SamplingPlan
from apps.reviews.sampling import Candidate
from apps.routing.facts import DiversionChanged
from apps.routing.models import Diversion, HelpCall
from apps.shared.models import Outbox
from apps.tuning.models import Proposal
from tests.alerts.conftest import fired, says
from tests.coaching.rows import sheet_of
from tests.conftest import person, plain_storages
from tests.console.floors import conversation, granted, holds, on_shift, queue_named, replied, turn, waiting
from tests.contracts.test_every_url import TABLE
from tests.learning.rows import exemplar_of
from tests.reviews.rows import doubted, judged

# Statements a page may cost. A page without a row fails.
BUDGETS: dict[str, int] = {
    "home": 60,  # what is diverted, what was done and whether it worked, and a shift handed over stand there too
    "queue": 33,  # eight take and give back the role in which last lines and the values in them are read
    "people": 20,
    "person": 33,  # the same
    "scorecard": 33,  # three numbers week by week, six for what stands in pairs alone, lines, shifts for the pace, what was agreed
    "scorecards": 20,
    "my_shift": 50,  # what is new and how full the queues are stand there too
    "my_scorecard": 32,  # the same
    "coach": 15,
    "coaching": 20,
    "my_notes": 20,
    "reviews": 20,
    "review": 45,
    "review_result": 30,
    "my_reviews": 20,
    "my_review": 30,
    "second_looks": 20,
    "rubrics": 15,
    "api_reviews": 15,
    "api_review": 15,
    "api_rubrics": 10,
    "api_rubric": 15,
    "rubric": 20,
    "rubric_version": 20,
    "second_look": 30,
    "ai": 33,  # a week's contradictions of AI agents, asked once in five minutes
    "ai_behind": 30,
    "shift_report": 40,
    "conversations": 20,
    "conversation": 39,  # two of them tell how hand-offs went; four take and give back the role in which PostgreSQL shows one transcript
    "welcome": 20,
    "sources": 20,
    "walls": 10,
    "accounts": 15,
    "account_of": 20,
    "health": 15,
    "wall": 25,
    "shifts": 15,
    "shifts_of": 15,
    "hours": 20,
    "tiers": 10,
    "goals": 20,
    "goal": 30,
    "region": 25,
    "find": 15,
    "metric": 15,
    "ops": 40,
    "alerts": 30,
    "alert": 33,
    "thresholds": 20,
    "silences": 20,
    "alert_quality": 20,
    "how_i_am_told": 15,
    "endpoints": 15,
    "threshold": 35,
    "threshold_new": 15,
    "alert_worst": 35,
    "routing": 25,
    "move": 25,
    "divert": 15,
    "help_call": 12,
    "tune": 20,
    "ai_agent": 60,  # two statements for each of its eighteen numbers; its last hour stands there too
    "interventions": 20,
    "handover": 20,
    "intervention": 20,
    "metric_rows": 30,
    "metric_page": 35,
    "agent_states": 15,
    "feedback": 28,
    "feedback_new": 15,
    "feedback_sheet": 35,
    "my_feedback": 15,
    "exemplars": 20,
    "exemplar": 25,
    "exemplar_share": 25,
    "reading_lists": 20,
    "reading_list": 25,
    "calibrations": 25,
    "calibration": 25,
    "automatic": 25,
    "patterns": 20,
    "pattern_behind": 15,
    "plans": 20,
    "plan": 25,
    "draw": 25,
    "masked_values": 24,
    "audit": 20,
    "notices": 15,
    "masking": 15,
    "allow_list": 12,
    "phrases": 12,
    "checklist": 12,
    "retention": 15,
    "privacy": 20,
    "customer_data": 20,
    "customer_request": 15,
    "account": 15,
    "account_password": 15,
    "what_reads_messages": 12,
    "who_sees_what": 15,
    "how_i_am_measured": 15,
}
# Addresses that show no list of anything.
NO_PAGE: dict[str, str] = {
    "healthz": "one statement by design",
    "signin": "a form",
    "signout": "no page",
    "signin_code": "a form", "signin_second_factor": "a form", "account_second_factor": "a form",
    "account_recovery_codes": "an action", "here": "no page",
    "source_test": "an action", "source_token": "an action", "source_secret": "an action", "source_switch": "an action",
    "delivery_again": "an action", "wall_revoke": "an action", "fact_again": "an action", "notice_seen": "an action",
    "goals_seen": "an action", "shift_close": "an action",
    "note_withdraw": "an action", "note_acknowledge": "an action", "note_answer": "an action",
    "alert_take": "an action", "alert_snooze": "an action", "alert_resolve": "an action", "alert_undo": "an action", "alert_outcome": "an action",
    "threshold_try": "a part of another page", "threshold_switch": "an action",
    "plan_draw": "an action", "assignment_replace": "an action",
    "feedback_hold": "an action", "feedback_discard": "an action", "feedback_acknowledge": "an action",
    "exemplar_answer": "an action", "exemplar_withdraw": "an action", "exemplar_read": "an action",
    "calibration_begin": "an action", "calibration_note": "an action", "calibration_close": "an action",
    "silence_try": "a part of another page", "silence_lift": "an action", "endpoint_switch": "an action", "sendings_again": "an action",
    "diversion_back": "an action", "handover_seen": "an action", "help_end": "an action", "proposal_withdraw": "an action", "tune_queue": "a redirect", "ai_scorecard": "a redirect", "shift_today": "a redirect", "shift_report_wish": "an action",
    "routing_decision": "two statements, see tests/routing", "commands": "six statements, see tests/connectors",
    "alert_act": "an action",
    "rubric_new": "a form", "rubric_import": "an action", "rubric_use": "an action", "rubric_document": "a file", "review_export": "a file", "review_spreadsheet": "a file",
    "api_drafts": "an action", "api_draft": "an action", "api_draft_submit": "an action", "api_second_look_ask": "an action",
    "api_second_look_decide": "an action", "api_rubric_import": "an action",
    "review_begin": "an action", "review_save": "an action", "review_submit": "an action", "review_discard": "an action",
    "review_take_back": "an action", "review_acknowledge": "an action", "second_look_ask": "an action",
    "hours_of": "an action", "agents_placed": "an action", "goal_end": "an action",
    "open_values": "an action", "customer_copy": "a file",
    "metric_export": "a file, written a thousand rows at a time",
    "recording": "a sound",
    "recording_address": "a word",
    "api_schema": "made from code",
    "api/<path:rest>": "a refusal",
    "admin:index": "Django's own",
}  # fmt: skip


class Floor:
    """A floor that grows, with one of everything that a page is about."""

    def __init__(self, lena: Viewer, adam: Viewer) -> None:
        self.adam = adam
        self.wall = make_wall_link(by=adam, name="Room", at=timezone.now())
        self.lena, self.now = lena, timezone.now()
        # It is afternoon where she is, whenever the tests run: a shift has begun and not ended.
        self.zone = ZoneInfo(f"Etc/GMT{self.now.hour - 14:+d}" if self.now.hour != 14 else "UTC")
        User.objects.filter(pk=lena.user.pk).update(time_zone=self.zone.key)
        self.queue, self.team = queue_named("Billing chat"), Team.objects.create(name="Billing")
        granted(lena, queue=self.queue, team=self.team)
        self.person = on_shift("Asha Verma", self.team, self.now)
        self.talk = conversation(self.queue, self.now - timedelta(hours=1), holder=self.person)
        for _ in range(6):  # enough for a verdict on the queue, whose worst case has a figure of its own
            replied(self.queue, self.now - timedelta(minutes=1), 30.0)
        self.rung = fired(
            self.queue, self.now, talk=self.talk, message=says(self.talk, self.now - timedelta(minutes=50))
        )
        self.bot = Agent.objects.create(kind="ai", name="Bo")
        self.done = self._acted(self.queue, 0)
        self.begun = judged(self.person, self.talk, lena.user, self.now, is_draft=True)
        self.released = judged(self.person, holds(self.person, self.queue, self.now), lena.user, self.now)
        self.doubt = doubted(self.released, adam.user, self.now)
        self.goal = self._aim("queue", self.queue.pk, days=60)
        self.customer, self.request = self._customer_asks(lena)
        reviews.seed(at=self.now - timedelta(days=60))
        self.plan = SamplingPlan.objects.create(
            name="Weekly", zone="UTC", made_at=self.now, strata=["queue", "channel"]
        )
        self.plan.reviewers.add(lena.user)
        self.draw = self._drawn(0)
        self.session = self._called(holds(self.person, self.queue, self.now), lena.user)
        self.example = exemplar_of(self.talk, self.person, lena.user, self.now)
        self.list = ReadingList.objects.create(name="First week", team=self.team, made_by=lena.user, made_at=self.now)
        self._reads(0)
        self.sheet = sheet_of(
            self.person, lena.user, self.now, self.released, said=says(self.talk, self.now - timedelta(minutes=49))
        )
        self.size = 0

    def _drawn(self, back: int) -> Draw:
        last = self.now - timedelta(weeks=back)
        return Draw.objects.create(
            plan=self.plan, first_on=last.date(), from_at=last - timedelta(days=7), until_at=last, seed="a", drawn_at=last,
            criteria={"family": "people", "chance_n": 2, "risk_n": 0, "strata": ["queue", "channel"]}, frame=frames.pack([]),
        )  # fmt: skip

    def _called(self, talk: Conversation, expert: User) -> Calibration:
        version = RubricVersion.objects.get(rubric__family="people")
        made = Calibration.objects.create(
            conversation=talk, agent=self.person, version=version, expert=expert, called_by=expert, called_at=self.now, due_at=self.now,
            closed_at=self.now,
        )  # fmt: skip
        self._scores(made, expert)
        return made

    def _scores(self, session: Calibration, user: User) -> None:
        review = Review.objects.create(
            conversation_id=session.conversation_id, agent=self.person, version=session.version, reviewer=user, pick="calibration",
            begun_at=self.now, saved_at=self.now, submitted_at=self.now, score=50,
        )  # fmt: skip
        Mark.objects.bulk_create(Mark(review=review, line=line, step=2) for line in session.version.lines.all())
        Grader.objects.create(calibration=session, user=user, review=review)

    def _given(self, at: datetime, talk: Conversation, n: int) -> None:
        reviewer = User.objects.create_user(username=f"reviewer{n}", role="qa")
        self.plan.reviewers.add(reviewer)
        Assignment.objects.create(
            draw=self.draw,
            conversation=talk,
            agent=self.person,
            part="random",
            given_at=at,
            due_at=at,
            reviewer=reviewer,
        )
        frame = [
            *frames.unpack(bytes(self.draw.frame)),
            Candidate(talk.pk, self.person.pk, at, (str(talk.queue_id), "webchat")),
        ]
        self.draw.frame, self.draw.short = frames.pack(frame), {**self.draw.short, str(self.person.pk): 1}
        self.draw.save()
        self._drawn(n + 1)
        self._scores(self.session, reviewer)
        self._scores(self._called(holds(self.person, self.queue, at), self.lena.user), reviewer)
        SamplingPlan.objects.create(name=f"Plan {n}", zone="UTC", made_at=at)

    def _acted(self, queue: Queue, n: int) -> Intervention:
        at, by = self.now - timedelta(minutes=n), self.lena.user
        diverted = Diversion.objects.create(
            kind="pause", intent=f"matter {n}", queue=queue, by=by, keeper=by, made_at=at, starts_at=at, state_at=at,
            ends_at=self.now + timedelta(hours=1),
        )  # fmt: skip
        interventions.diversion_changed(DiversionChanged(diversion_id=diverted.pk, queue_ids=[queue.pk], at=at), at)
        if n:
            HelpCall.objects.create(queue=queue, by=by, made_at=at, ends_at=self.now + timedelta(hours=1))
            Proposal.objects.create(
                agent=self.bot, queue=queue, kind="article", text="It takes five days", by=by, made_at=at
            )
            turn(queue, self.bot, self.now - timedelta(minutes=1), 0.4, intent=f"matter {n}", is_fallback=True)
        return Intervention.objects.get(subject_id=diverted.pk)

    def _customer_asks(self, by: Viewer, customer: Customer | None = None) -> tuple[Customer, CustomerRequest]:
        if customer is None:
            customer = Customer.objects.create(id=uuid4(), source="shop", label="Customer")
            Hold.objects.create(customer_id=customer.pk, reason="a court", placed_by=by.user, placed_at=self.now)
        made = CustomerRequest.objects.create(
            kind="copy", customer_id=customer.pk, source="shop", reason="they ask", asked_by=by.user, asked_at=self.now,
            withdrawn_at=self.now,
        )  # fmt: skip
        return customer, made

    def _aim(self, kind: str, key: UUID | int, *, days: int) -> Goal:
        return Goal.objects.create(
            metric="csat", scope_kind=kind, scope_key=str(key), period="day", target=0.8, zone="UTC", made_at=self.now,
            from_on=self.now.date() - timedelta(days=days), made_by=self.lena.user,
        )  # fmt: skip

    def grow(self, to: int) -> None:
        """Have so many of each kind of row."""
        for n in range(self.size, to):
            self._one_more(n, self.now)
        self.size = to

    def _one_more(self, n: int, at: datetime) -> None:
        team, queue = Team.objects.create(name=f"Team {n}"), queue_named(f"Queue {n}")
        granted(self.lena, queue=queue, team=team)
        for one in (queue, self.queue):
            waiting(one, at, 30 + n)
            replied(one, at - timedelta(minutes=1), 30.0)
            turn(one, Agent.objects.create(kind="ai", name=f"AI {one.pk}{n}"), at - timedelta(minutes=1), 0.8)
        holds(on_shift(f"Person {n}", team, at), queue, at)
        queue.teams.add(team)
        self._acted(queue, n + 1)
        holds(self.person, self.queue, at)
        planned = Agent.objects.create(kind="human", name=f"Planned {n}", team=team)
        Shift.objects.create(agent=planned, starts_at=at, ends_at=at + timedelta(hours=8))
        WeekShift.objects.create(agent=planned, weekday=1, starts_minute=540, ends_minute=1020, zone="UTC")
        office = Calendar.objects.create(name=f"Office {n}", zone="UTC")
        OpeningHours.objects.create(calendar=office, weekday=1, opens_minute=540, closes_minute=1020)
        QueueCalendar.objects.create(calendar=office, queue=queue)
        for kind, key in (("queue", queue.pk), ("team", team.pk), ("person", self.person.pk)):
            self._aim(kind, key, days=20 + n)
        talk = holds(self.person, self.queue, at)
        self._given(at, talk, n)
        fired(queue, at, talk=talk, message=says(talk, at - timedelta(minutes=4)))
        fired(queue, at, key="first-reply", is_over=True)
        Happening.objects.create(episode=self.rung, at=at, what="snoozed", by=self.lena.user)
        self._said(at - timedelta(minutes=30 - n / 10), n)
        said = Message.objects.filter(conversation_id=self.talk.pk).latest("sent_at")
        Note.objects.create(agent=self.person, by=self.lena.user, text="Lead with the summary", sent_at=at,
                            conversation_id=self.talk.pk, message_id=said.pk)  # fmt: skip
        self._judged(at, n)
        self._reads(n + 1)
        self._talked(n)
        someone = User.objects.create_user(username=f"user{n}", role="lead", display_name=f"User {n}")
        assign_perm("agents.lead_team", someone, team)
        assign_perm("interactions.work_queue", someone, queue)
        Agent.objects.create(kind="human", name=f"Unplaced {n}")
        Outbox.objects.create(fact="X", payload={}, announced_at=at, dispatched_at=at, error="x")
        make_wall_link(by=self.adam, name=f"Room {n}", at=at)
        Notice.objects.create(about=self.lena.user, happened_at=at - timedelta(minutes=n))
        self._customer_asks(self.lena)
        self._customer_asks(self.lena, self.customer)
        source, _ = connectors.create_source(by=None, slug=f"s{n}", name=f"Source {n}", kind="api", at=at)
        Delivery.objects.create(source=source, received_at=at, state="failed", accepted=[0], body=b"")

    def _talked(self, n: int) -> None:
        """One more conversation with the person, measured, and one more with somebody else who has an account."""
        by, at = self.lena.user, self.now - timedelta(days=1)
        made = sheet_of(self.person, by, at, self.released)
        interventions.feedback_changed(FeedbackChanged(sheet_id=made.pk, user_id=by.pk, at=at), at)
        other = on_shift(f"Talker {n}", self.team, self.now)
        other.user = User.objects.create_user(username=f"talker{n}", role="agent")
        other.save()
        sheet_of(other, by, at, is_held=False)

    def _reads(self, n: int) -> None:
        """One more example of the library, in the list and free; one that waits; one more who reads; one more list."""
        by, at = self.lena.user, self.now
        one = exemplar_of(holds(self.person, self.queue, at), self.person, by, at, topic=f"topic {n}")
        one.rubric, one.lines = self.released.version.rubric, ["next-step"]
        one.save()
        exemplar_of(holds(self.person, self.queue, at), self.person, by, at)
        exemplar_of(holds(self.person, self.queue, at), self.person, by, at, is_open=False)
        reader = on_shift(f"Reader {n}", self.team, at)
        another = ReadingList.objects.create(name=f"List {n}", team=self.team, made_by=by, made_at=at)
        for held in (self.list, another):
            Item.objects.create(list=held, exemplar=one, place=n + 1)
            Given.objects.create(list=held, agent=reader, by=by, at=at)
        Read.objects.create(exemplar=one, agent=reader, at=at)

    def _judged(self, at: datetime, n: int) -> None:
        other = User.objects.create_user(username=f"judge{n}", role="qa", display_name=f"Reviewer {n}")
        for reviewer in (self.lena.user, other):
            judged(self.person, holds(self.person, self.queue, at), reviewer, at, is_draft=True)
            done = judged(self.person, holds(self.person, self.queue, at), reviewer, at - timedelta(hours=1))
            doubted(done, self.lena.user, at, line="next-step")
        line = self.released.version.lines.all()[n % 6]
        if not self.released.second_looks.filter(line=line).exists():
            doubted(self.released, self.lena.user, at, line=line.key)

    def _said(self, at: datetime, n: int) -> None:
        writer = on_shift(f"Writer {n}", self.team, self.now)
        Message.objects.create(id=uuid4(), conversation_id=self.talk.pk, author_kind="agent", agent_id=writer.pk, text="Hi",
                               kind="text", sent_at=at, via="push", recorded_at=at)  # fmt: skip
        ConversationEvent.objects.create(id=uuid4(), conversation_id=self.talk.pk, kind="assigned", happened_at=at,
                                         agent_id=writer.pk, via="push", recorded_at=at, data={"to_kind": "agent"})  # fmt: skip
        Participation.objects.create(conversation=self.talk, n=n + 1, agent=writer, joined_at=at)


ARGUMENTS: dict[str, Callable[[Floor], list[UUID | str]]] = {
    "queue": lambda floor: [floor.queue.pk],
    "person": lambda floor: [floor.person.pk],
    "scorecard": lambda floor: [floor.person.pk],
    "shift_report": lambda floor: [str(floor.now.astimezone(floor.zone).date())],
    "shifts_of": lambda floor: [floor.person.pk],
    "coach": lambda floor: [floor.person.pk],
    "conversation": lambda floor: [floor.talk.pk],
    "masked_values": lambda floor: [floor.talk.pk],
    "region": lambda floor: ["floor.queues"],
    "alert": lambda floor: [floor.rung.pk],
    "threshold": lambda floor: [floor.rung.rule_id],
    "alert_worst": lambda floor: [floor.rung.pk],
    "move": lambda floor: [floor.queue.pk],
    "divert": lambda floor: [floor.queue.pk],
    "help_call": lambda floor: [floor.queue.pk],
    **{place: lambda floor: [floor.bot.pk] for place in ("tune", "ai_agent", "ai_behind")},
    "intervention": lambda floor: [floor.done.pk],
    "review": lambda floor: [floor.begun.pk],
    "review_result": lambda floor: [floor.released.pk],
    "my_review": lambda floor: [floor.released.pk],
    "second_look": lambda floor: [floor.doubt.pk],
    "api_rubric": lambda floor: [floor.released.version.rubric_id],
    "api_review": lambda floor: [floor.released.pk],
    "rubric": lambda floor: [floor.released.version.rubric_id],
    "rubric_version": lambda floor: [floor.released.version.rubric_id, 1],
    "metric": lambda _: ["first_reply_time"],
    "wall": lambda floor: [floor.wall],
    "metric_rows": lambda _: ["first_reply_time"],
    "metric_page": lambda _: ["first_reply_time"],
    "account_of": lambda floor: [floor.lena.user.pk],
    "goal": lambda floor: [floor.goal.pk],
    "customer_data": lambda floor: [floor.customer.pk],
    "customer_request": lambda floor: [floor.request.pk],
    "pattern_behind": lambda floor: [
        "people",
        Line.objects.filter(version__rubric__family="people").earliest("place").key,
        str(floor.now.date()),
    ],
    "calibration": lambda floor: [floor.session.pk],
    "feedback_new": lambda floor: [floor.person.pk],
    "feedback_sheet": lambda floor: [floor.sheet.pk],
    "exemplar": lambda floor: [floor.example.pk],
    "exemplar_share": lambda floor: [floor.talk.pk],
    "reading_list": lambda floor: [floor.list.pk],
    "plan": lambda floor: [floor.plan.pk],
    "draw": lambda floor: [floor.draw.pk],
}
MANAGERS = {
    "calibrations",
    "calibration",
    "automatic",
    "patterns",
    "pattern_behind",
    "notices",
    "plans",
    "plan",
    "draw",
    "second_looks",
    "second_look",
}
AGENTS = {"my_shift", "my_scorecard", "my_feedback", "my_notes", "my_reviews", "my_review"}
POSTED = {"find": {"q": "queue"}}
ADMINS = {
    "endpoints",
    "threshold_new",
    "welcome",
    "sources",
    "walls",
    "shifts",
    "shifts_of",
    "health",
    "hours",
    "tiers",
    "masking",
    "allow_list",
    "accounts",
    "account_of",
    "retention",
    "privacy",
    "customer_data",
    "customer_request",
}


def cost(client: Client, path: str, posted: dict[str, str] | None = None) -> list[str]:
    """The statements of a page, after a first visit that fills what is remembered between requests."""

    def visit() -> int:
        return (client.get(path) if posted is None else client.post(path, posted)).status_code

    assert visit() == 200
    with CaptureQueriesContext(connection) as seen:
        assert visit() == 200
    return [query["sql"] for query in seen]


def shape(sql: str) -> str:
    """A statement without its values, cut short: to say which one was asked more often."""
    if "SAVEPOINT" in sql:
        return sql.split('"')[0]
    return " ".join(
        re.sub(r"'[^']*'(::\w+)?|\b\d+\b|(\?, )+", "?", re.sub(r"IN \([^)]*\)|ANY\([^)]*\)", "", sql)).split()
    )[:300]


def test_every_page_has_its_budget() -> None:
    assert set(BUDGETS) | set(NO_PAGE) == set(TABLE)
    assert not set(BUDGETS) & set(NO_PAGE)


@dataclass(frozen=True)
class Cost:
    """The statements of a page at 3 rows and at 30, or what went wrong there."""

    few: list[str]
    many: list[str]
    trouble: str = ""


class Visits:
    """Who visits what: a page's statements are counted in a savepoint, so that no page finds what another one wrote."""

    def __init__(self) -> None:
        adam, mona, asha, lena = (
            person(name, role)
            for name, role in (("adam", "admin"), ("mona", "qa_manager"), ("asha", "agent"), ("lena", "lead"))
        )
        self.floor = Floor(lena, adam)
        Agent.objects.filter(pk=self.floor.person.pk).update(user=asha.user)
        self.clients = {who.user.pk: Client() for who in (adam, mona, asha, lena)}
        for key, client in self.clients.items():
            client.force_login(User.objects.get(pk=key))
        self.who = {
            place: (
                adam if place in ADMINS else mona if place in MANAGERS else asha if place in AGENTS else lena
            ).user.pk
            for place in BUDGETS
        }

    def of(self, places: list[str], rows: int) -> dict[str, list[str] | str]:
        """The statements of each page with so many rows; a sentence where a page does not answer."""
        self.floor.grow(rows)
        cache.clear()
        return {place: self._one(place) for place in places}

    def _one(self, place: str) -> list[str] | str:
        path = reverse(place, args=ARGUMENTS.get(place, lambda _: [])(self.floor))
        try:
            with transaction.atomic():
                try:
                    return cost(self.clients[self.who[place]], path, POSTED.get(place))
                finally:
                    transaction.set_rollback(True)
        except Exception:  # noqa: BLE001 - whatever it is, it is the trouble of this one page
            return traceback.format_exc()


@pytest.fixture(scope="module")
def costs(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Cost]:
    """What each page that is asked for costs. Both floors are filled once for all pages: they take longer than the visits."""
    places = [
        item.callspec.params["place"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module and hasattr(item, "callspec")
    ]
    with (
        django_db_blocker.unblock(),
        mock.patch("apps.shared.outbox.ring"),
        mock.patch.object(sessions, "STEP", timedelta(days=1)),
        override_settings(STORAGES=plain_storages()),
        transaction.atomic(),
    ):
        visits = Visits()
        few, many = visits.of(places, 3), visits.of(places, 30)
        transaction.set_rollback(True)
    return {place: told(few[place], many[place]) for place in places}


def told(few: list[str] | str, many: list[str] | str) -> Cost:
    """Both counts of a page, or its trouble."""
    if isinstance(few, str) or isinstance(many, str):
        return Cost([], [], few if isinstance(few, str) else str(many))
    return Cost(few, many)


@pytest.mark.django_db  # says that a database is needed, also where this is the only test that is chosen
@pytest.mark.parametrize("place", BUDGETS)
def test_a_page_costs_the_same_at_3_rows_and_at_30(place: str, costs: dict[str, Cost]) -> None:
    cost = costs[place]
    assert cost.trouble == ""
    assert Counter(map(shape, cost.many)) - Counter(map(shape, cost.few)) == {}
    assert len(cost.many) == len(cost.few)
    assert len(cost.many) <= BUDGETS[place]


@pytest.mark.django_db
@pytest.mark.usefixtures("plain_static")
def test_the_contract_can_fail(lena: Viewer, adam: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks once more for each row is found out."""
    floor = Floor(lena, adam)
    client.force_login(lena.user)
    rows_of = conversations.rows_of

    def asks_for_each(*, keys: Any, **more: Any) -> Any:
        for key in keys:
            Queue.objects.filter(conversations=key).first()
        return rows_of(keys=keys, **more)

    monkeypatch.setattr(conversations, "rows_of", asks_for_each)
    path = reverse("queue", args=[floor.queue.pk])
    floor.grow(3)
    few = len(cost(client, path))
    floor.grow(6)
    assert len(cost(client, path)) > few
