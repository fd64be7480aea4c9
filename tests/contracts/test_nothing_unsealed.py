"""What a customer would not want read appears nowhere unsealed: planted values are sent through the door in every free text
of every type of event, and then looked for in every table, page, region, hint, task and log line.

Not planted in: names that a source gives to its own things (conversations, queues, agents, intents' vocabulary), which are
kept as given and are no place for personal data.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery.app.task import Task
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from apps.access.masking import Masked
from apps.access.models import User
from apps.access.services import make_wall_link
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.connectors import services as connectors
from apps.connectors.door import Door
from apps.connectors.models import Delivery, Source
from apps.console.regions import REGIONS
from apps.interactions.canonical import TYPES
from apps.interactions.models import Conversation, Customer, CustomerRequest, Message, Queue
from apps.interventions import services as interventions
from apps.interventions.models import Intervention
from apps.learning.models import Item, ReadingList
from apps.metrics import exporting
from apps.metrics import services as metrics
from apps.metrics.behind import Question
from apps.metrics.drilldown import every_row as every_row_behind
from apps.metrics.models import Goal
from apps.metrics.queries import Scope
from apps.reviews.models import Calibration, Draw, Grader, SamplingPlan
from apps.routing import services as routing
from apps.routing.facts import DiversionChanged
from apps.shared import outbox
from tests.alerts.conftest import fired
from tests.coaching.rows import sheet_of
from tests.connectors.test_door import door as door  # the real one, in front of nothing
from tests.connectors.test_door import post
from tests.console.floors import granted
from tests.contracts.tables import every_row
from tests.contracts.test_every_url import CAST, TABLE
from tests.learning.rows import exemplar_of
from tests.reviews.rows import doubted, judged

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]

PLANTED = {
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "email": "wilhelmina.brandvold@example.test",
    "phone": "+44 20 7946 0958",
}
NAME = "Wilhelmina Brandvold"
# As they would be found if they were kept: as sent, without gaps, and the parts of the name.
NEEDLES = [*PLANTED.values(), *(value.replace(" ", "") for value in PLANTED.values()), "Wilhelmina", "Brandvold"]
TEXT = " / ".join([*PLANTED.values(), f"I am {NAME}"])
# Where no customer is known, what can be recognised by itself must be taken out all the same.
ANYBODY = " / ".join(PLANTED.values())
CUSTOMER = {
    "kind": "customer", "id": "c-1", "identity": "known", "name": NAME, "email": PLANTED["email"],
    "phone": PLANTED["phone"],
}  # fmt: skip
ASHA = {"kind": "agent", "id": "asha", "name": "Asha Verma"}
BO = {"kind": "bot", "id": "bo", "name": "Bo"}
# A number whose rows are looked at: the conversation in which everything is planted.
BEHIND = Question("ai_involvement_rate", Scope(), "28d")


def events() -> list[dict[str, Any]]:
    """One of each type, with the values in every free text that it has."""
    attachment = {"media_type": "image/png", "name": f"{ANYBODY}.png", "url": f"https://files.test/{NAME}"}
    said: list[tuple[str, dict[str, Any]]] = [
        ("conversation.started", {"conversation_id": "k", "channel": "webchat", "direction": "inbound", "subject": TEXT,
                                  "customer": CUSTOMER, "queue": "q", "queue_name": "Billing", "tags": [TEXT, NAME]}),
        ("conversation.updated", {"conversation_id": "k", "by": ASHA, "changes": [
            {"field": "custom", "name": "note", "to": {"deep": [TEXT], NAME: 1}}, {"field": "team", "to": TEXT},
        ]}),
        ("conversation.queued", {"conversation_id": "k", "queue": "q", "reason": "new"}),
        ("conversation.offered", {"conversation_id": "k", "agent": ASHA, "outcome": "accepted"}),
        ("conversation.assigned", {"conversation_id": "k", "to": ASHA, "queue": "q", "reason": "handoff", "handoff": {
            "from_kind": "bot", "trigger": "policy", "summary": TEXT,
        }}),
        ("message.created", {"conversation_id": "k", "message_id": "m1", "author": CUSTOMER, "visibility": "public",
                             "text": TEXT, "attachments": [attachment]}),
        ("message.created", {"conversation_id": "k", "message_id": "m2", "author": ASHA, "visibility": "private",
                             "text": TEXT}),
        ("message.updated", {"conversation_id": "k", "message_id": "m2", "change": "edited", "text": f"Edited {TEXT}"}),
        ("bot.turn", {"conversation_id": "k", "turn_id": "t", "bot": BO, "intent": TEXT[:150], "action": TEXT,
                      "sources": [TEXT], "alternatives": [{"intent": TEXT, "confidence": 0.2}],
                      "score": {"name": "s", "label": TEXT}}),
        ("rating.received", {"conversation_id": "k", "rating_id": "r", "score": 1, "min": 1, "max": 5, "comment": TEXT}),
        ("analysis.reported", {"conversation_id": "k", "analysis_id": "a", "kind": "summary", "text": TEXT,
                               "label": NAME, "about": CUSTOMER}),
        ("agent.status_changed", {"agent": ASHA, "to": "available", "reason": ANYBODY, "native": PLANTED["email"]}),
        ("queue.snapshot", {"queue": "q", "waiting": 1, "conversations": ["k"]}),
        ("customer.updated", {"customer": CUSTOMER, "segment": NAME, "attributes": {"note": TEXT, "mail": PLANTED["email"]}}),
        ("action.result", {"action_id": "x", "kind": "reassign", "state": "refused", "conversation_id": "k",
                           "message": TEXT, "code": "no"}),
        ("conversation.status_changed", {"conversation_id": "k", "to": "pending", "native": TEXT, "by": ASHA}),
    ]  # fmt: skip
    at = timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {"specversion": "1.0", "id": f"e{n}", "source": "/connections/shop", "type": f"midshift.{kind}.v1", "time": at,
         "sequence": str(n), "data": data}
        for n, (kind, data) in enumerate(said)
    ]  # fmt: skip


class Ear(logging.Handler):
    """Keeps every line of the log as it is written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.getLogger().handlers[0].formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Heard:
    """What left the process on its way: log lines, hints, tasks and answers of the door."""

    def __init__(self) -> None:
        self.log, self.hints, self.tasks, self.answers = Ear(), list[Any](), list[Any](), list[str]()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    found = Heard()
    monkeypatch.setattr("apps.live.bus.publish", lambda topics, version: found.hints.append((topics, version)))
    monkeypatch.setattr(
        Task, "apply_async", lambda task, *given, **named: found.tasks.append((task.name, given, named))
    )
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(found.log)
    root.setLevel(logging.DEBUG)
    yield found
    root.setLevel(level)
    root.removeHandler(found.log)


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> dict[str, Viewer]:
    return {name: request.getfixturevalue(name) for name in CAST if name != "anon"}


def send(door: Door, heard: Heard) -> None:
    """Send everything through the door, as a batch and again with an event that is refused, and have it all worked off."""
    _, token = connectors.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    sent = events()
    # Not `door` with its bell patched away: the bell is one of the things that are listened to.
    for body in (sent, [{**sent[0], "id": "bad", "data": {"conversation_id": TEXT}}], TEXT.encode()):
        answer = post(door, body, token)
        heard.answers.append(answer.text)
    assert Delivery.objects.filter(state="waiting").count() == 1
    while connectors.absorb(at=timezone.now()):
        continue
    while outbox.dispatch(at=timezone.now()):
        continue
    assert not Delivery.objects.filter(state="waiting").exists()
    metrics.recount_all(at=timezone.now())


def seen_by(people: dict[str, Viewer], client: Client) -> dict[str, str]:
    """Every page and every region, as every person of the cast sees it."""
    queue, talk, asha = Queue.objects.get(), Conversation.objects.get(), Agent.objects.get(kind="human")
    Agent.objects.filter(pk=asha.pk).update(user=people["asha"].user)
    for name in ("quentin", "lena"):
        granted(people[name], queue=queue)
    User.objects.filter(pk=people["adam"].user.pk).update(is_staff=True, is_superuser=True)
    aimed = Goal.objects.create(
        metric="csat", scope_kind="queue", scope_key=str(queue.pk), period="day", target=0.8, zone="UTC",
        from_on=timezone.now().date(), made_by=people["adam"].user, made_at=timezone.now(),
    )  # fmt: skip
    customer = Customer.objects.earliest("pk")
    asked = CustomerRequest.objects.create(
        kind="copy", customer_id=customer.pk, source="shop", reason="They wrote to us", asked_by=people["mona"].user,
        asked_at=timezone.now(),
    )  # fmt: skip
    said = max(Message.objects.filter(author_kind="customer", is_private=False), key=lambda one: len(one.text))
    rung = fired(queue, timezone.now(), talk=talk, message=said.pk)
    reviewer = people["quentin"].user
    released = judged(asha, talk, reviewer, timezone.now())
    now = timezone.now()
    plan = SamplingPlan.objects.create(name="Weekly", zone="UTC", made_at=now)
    drawn = Draw.objects.create(
        plan=plan, first_on=now.date(), from_at=now - timedelta(days=7), until_at=now, seed="a", error="Nobody reviews."
    )
    session = Calibration.objects.create(
        conversation=talk, agent=asha, version=released.version, called_at=now, due_at=now, called_by=people["mona"].user,
        expert=people["mona"].user,
    )  # fmt: skip
    Grader.objects.bulk_create(Grader(calibration=session, user=people[name].user) for name in ("mona", "quentin"))
    of: dict[str, list[Any]] = {
        "pattern_behind": ["people", "right-answer", str(now.date())], "plan": [plan.pk], "draw": [drawn.pk],
        "calibration": [session.pk],
        "review": [judged(Agent.objects.exclude(pk=asha.pk)[0], talk, reviewer, timezone.now(), is_draft=True).pk],
        "rubric": [released.version.rubric_id], "api_rubric": [released.version.rubric_id], "api_review": [released.pk], "rubric_document": [released.version.rubric_id],
        "rubric_version": [released.version.rubric_id, 1], "review_result": [released.pk], "my_review": [released.pk],
        "second_look": [doubted(released, people["asha"].user, timezone.now()).pk],
        "customer_data": [customer.pk], "customer_request": [asked.pk],
        "alert": [rung.pk], "threshold": [rung.rule_id],
        "alert_worst": [rung.pk],
        **{place: [queue.pk] for place in ("move", "divert", "help_call", "tune_queue")},
        **{place: [Agent.objects.filter(kind="ai").earliest("pk").pk] for place in ("tune", "ai_agent", "ai_scorecard", "ai_behind")},
        "shift_report": [str(timezone.now().date() - timedelta(days=1))],
        "intervention": [acted_on(queue, people["lena"])],
        "goal": [aimed.pk],
        "queue": [queue.pk], "person": [asha.pk], "scorecard": [asha.pk], "shifts_of": [asha.pk], "coach": [asha.pk], "conversation": [talk.pk], "region": ["floor.queues"], "metric": ["first_reply_time"],
        "account_of": [people["asha"].user.pk],
        "masked_values": [talk.pk], "wall": [make_wall_link(by=people["adam"], name="Room 2", at=timezone.now())],
        "metric_rows": [BEHIND.key], "metric_page": [BEHIND.key],
        "recording_address": [talk.pk, Message.objects.earliest("sent_at").pk, 0], "recording": ["x"],
        "delivery_again": [Delivery.objects.earliest("pk").pk],
        **{f"source_{what}": [Source.objects.get().pk] for what in ("test", "token", "secret", "switch")},
    }  # fmt: skip
    example = exemplar_of(talk, asha, reviewer, now)
    listed = ReadingList.objects.create(
        name="First week", team=asha.team or Team.objects.create(name="Billing"), made_by=reviewer, made_at=now
    )
    Item.objects.create(list=listed, exemplar=example, place=1)
    talked = sheet_of(asha, people["lena"].user, now, released, said=said.pk)
    of |= {
        "feedback_new": [asha.pk],
        "feedback_sheet": [talked.pk],
        "exemplar": [example.pk],
        "exemplar_share": [talk.pk],
        "reading_list": [listed.pk],
    }
    pages: dict[str, str] = {}
    params = {
        "queue": str(queue.pk),
        "conversation": str(talk.pk),
        "alert": str(rung.pk),
        "intervention": str(of["intervention"][0]),
        "ai_agent": str(of["ai_agent"][0]),
    }
    for name, viewer in people.items():
        fresh = viewer_for(User.objects.get(pk=viewer.user.pk))
        client.force_login(fresh.user)
        for place, row in TABLE.items():
            if row.method == "get" and not place.startswith("api/"):
                pages[f"{name} {place}"] = client.get(reverse(place, args=of.get(place, []))).content.decode(
                    errors="replace"
                )
        for region in REGIONS.values():
            own = {**params, "user": str(fresh.user.pk)}
            if region.permitted(fresh, own):
                pages[f"{name} {region.name}"] = region.render(fresh, own, timezone.now())
    rows = every_row_behind(viewer=people["mona"], question=BEHIND, at=timezone.now(), most=10)
    pages["mona file"] = exporting.head() + exporting.chunk(rows)
    client.force_login(User.objects.get(pk=people["adam"].user.pk))
    for model in admin.site._registry:
        for action, args in (("changelist", []), *(("change", [row.pk]) for row in model._default_manager.all()[:2])):
            try:
                path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)
            except NoReverseMatch:
                continue
            pages[f"admin {model.__name__} {action}"] = client.get(path).content.decode(errors="replace")
    return pages


def acted_on(queue: Queue, by: Viewer) -> Any:
    """The key of something that was done there."""
    made = routing.divert(
        by=viewer_for(by.user), key=uuid4(), kind="seniors", queue=queue.pk, minutes=30, at=timezone.now()
    )
    interventions.diversion_changed(
        DiversionChanged(diversion_id=made.pk, queue_ids=[queue.pk], at=timezone.now()), timezone.now()
    )
    return Intervention.objects.get(subject_id=made.pk).pk


def leaks(told: dict[str, Any]) -> set[str]:
    """Places in which a planted value stands, plainly or as hexadecimal digits of its bytes."""
    words = [needle.casefold() for needle in NEEDLES] + [needle.encode().hex() for needle in NEEDLES]
    return {place for place, text in told.items() if any(word in str(text).casefold() for word in words)}


def test_every_type_of_event_is_planted() -> None:
    assert {event["type"] for event in events()} == set(TYPES)


def test_planted_values_appear_nowhere(door: Door, heard: Heard, cast: dict[str, Viewer], client: Client) -> None:
    send(door, heard)
    assert [json.loads(answer)["results"][0]["status"] for answer in heard.answers[:2]] == ["accepted", "refused"]
    tables = every_row()
    assert len(tables["interactions_sealedvalue"]) > 40
    assert leaks(tables) == set()
    pages = seen_by(cast, client)
    assert 'class="c-mask"' in pages["lena conversation"]
    assert 'class="c-mask"' in pages["lena alerts"]
    assert len(pages) > 80
    assert leaks(pages) == set()
    assert heard.hints
    assert (
        leaks({"log": heard.log.lines, "hints": heard.hints, "tasks": heard.tasks, "answers": heard.answers}) == set()
    )


def test_the_contract_can_fail(
    door: Door, heard: Heard, cast: dict[str, Viewer], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the mask the values stand in every table with a text of a customer, and on the pages that show one."""
    monkeypatch.setattr("apps.interactions.seals.mask", lambda text, known, among, **_: Masked(text, among))
    monkeypatch.setattr("supervision.log_format.mask", lambda text: Masked(text, ()))
    send(door, heard)
    logging.getLogger("apps").info("what a careless line would say: %s", TEXT)
    assert leaks(every_row()) == {
        f"interactions_{name}"
        for name in ("actionresult", "botturn", "conversation", "conversationevent", "customer", "handoff", "message",
                     "rating", "reportedanalysis")
    } | {"agents_presence"}  # fmt: skip
    assert {
        "lena conversation",
        "mona conversation.transcript",
        "asha conversations",
        "lena alerts",
        "mona metric_page",
        "mona exemplar",
        "asha feedback_sheet",
        "mona exemplar_share",
        "mona file",
    } <= leaks(seen_by(cast, client))
    assert leaks({"log": heard.log.lines}) == {"log"}
