"""What anybody outside or inside types is only ever text: fifteen attacks in every field, every page as every role, in a browser.

The customer's name is an attack too, and the policy shows names to those who may be shown them, so that what stands behind a
mark is tried as well as what stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access import policy
from apps.access.models import Notice, User
from apps.access.services import make_wall_link
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.coaching import services as coaching
from apps.connectors import services as connectors
from apps.connectors.models import Delivery
from apps.interactions import services as interactions
from apps.interactions.models import Conversation, Customer, Message, Queue
from apps.interactions.rights import RequestKind
from apps.interventions import services as interventions
from apps.interventions.models import Intervention
from apps.learning.models import Exemplar, Given, Item, ReadingList
from apps.metrics import services as metrics
from apps.metrics.models import Calendar, Goal, Holiday, Workday
from apps.reviews.models import Calibration, Draw, Grader, Line, Mark, SamplingPlan
from apps.routing import services as routing
from apps.routing.facts import DiversionChanged
from apps.shared import outbox
from apps.shared.models import Outbox
from tests.alerts.conftest import fired
from tests.coaching.rows import sheet_of
from tests.console.floors import granted
from tests.contracts.payloads import XSS
from tests.contracts.test_every_url import CAST, TABLE
from tests.journeys.test_sealed_in_the_browser import address as address  # the portal in this process
from tests.journeys.test_sealed_in_the_browser import visit as visit  # opens a page as somebody
from tests.learning.rows import exemplar_of
from tests.reviews.rows import doubted, judged

pytestmark = [pytest.mark.django_db(transaction=True)]
# No page of the portal's own: Django's pages have tests of their own, and an answer to a script is no page.
NO_PAGES = {"region", "metric", "metric_rows", "agent_states", "api_schema", "recording", "recording_address", "healthz", "signin",
            "signin_code", "signin_second_factor", "rubric_document", "api_reviews", "api_review", "api_rubrics", "api_rubric", "api/<path:rest>"}  # fmt: skip


def said(attack: str, n: int, at: datetime) -> list[dict[str, Any]]:
    """One conversation in which every field that takes words holds the attack."""
    who = {"kind": "customer", "id": f"c-{n}", "identity": "known", "name": attack}
    bo, agent = {"kind": "bot", "id": "bo", "name": XSS[1]}, {"kind": "agent", "id": "asha", "name": XSS[0]}
    told = [
        ("conversation.started", {"channel": "webchat", "direction": "inbound", "customer": who, "subject": f"About {attack}",
                                  "queue": "billing", "queue_name": XSS[3], "tags": [attack]}),
        ("message.created", {"message_id": f"a{n}", "author": who, "visibility": "public", "text": f"It says {attack} here",
                             "attachments": [{"media_type": "image/svg+xml", "name": attack, "url": "https://files.test/x.svg"}]}),
        ("message.created", {"message_id": f"n{n}", "author": agent, "visibility": "private", "text": f"Note {attack}"}),
        ("bot.turn", {"turn_id": f"t{n}", "bot": bo, "message_id": f"a{n}", "intent": attack, "action": attack, "sources": [attack]}),
        ("conversation.assigned", {"to": agent, "queue": "billing", "reason": "handoff", "handoff": {
            "from_kind": "bot", "trigger": "policy", "summary": f"Customer wrote {attack}"}}),
        ("rating.received", {"rating_id": f"r{n}", "score": 1, "min": 1, "max": 5, "comment": f"Bad {attack}"}),
    ]  # fmt: skip
    return [
        {"specversion": "1.0", "id": f"e{n}.{m}", "source": "/connections/shop", "type": f"midshift.{kind}.v1",
         "time": (at + timedelta(seconds=m)).strftime("%Y-%m-%dT%H:%M:%SZ"), "data": {"conversation_id": f"k{n}", **data}}
        for m, (kind, data) in enumerate(told)
    ]  # fmt: skip


@pytest.fixture
def floor(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A floor on which whoever could type something typed an attack: customers, sources, agents, leads and admins."""
    people: dict[str, Viewer] = {name: request.getfixturevalue(name) for name in CAST if name != "anon"}
    now = timezone.now()
    source, _ = connectors.create_source(by=None, slug="shop", name=XSS[2], kind="api", at=now)
    for n, attack in enumerate(XSS):
        body = json.dumps(said(attack, n, now - timedelta(minutes=20 - n))).encode()
        assert {one["status"] for one in connectors.admit(source=source, body=body, at=now)} == {"accepted"}
    while connectors.absorb(at=now) or outbox.dispatch(at=now):
        continue
    metrics.recount_all(at=now)
    queue, team = Queue.objects.get(), Team.objects.create(name=XSS[7])
    Agent.objects.filter(kind="human").update(user=people["asha"].user, team=team)
    queue.teams.add(team)
    for name in ("quentin", "lena"):
        granted(people[name], queue=queue, team=team)
    for n, name in enumerate(people):
        User.objects.filter(username=name).update(display_name=XSS[n])
    adam = people["adam"]
    policy.change(by=adam, rules={"lead": {**policy.default()["lead"], "name": "shown", "quoted": "shown"}}, at=now)
    customer = Customer.objects.earliest("pk")
    asked = interactions.ask(
        by=adam, customer=customer.pk, kind=RequestKind.COPY, reason=f"They wrote {XSS[0]}", at=now
    )
    interactions.hold(by=adam, customer=customer.pk, reason=f"A court wrote {XSS[1]}", at=now)
    opened = Message.objects.filter(text__contains="[").earliest("sent_at")
    interactions.open_sealed(by=people["lena"], message=opened, reason=f"Because {XSS[12]}", at=now)
    Notice.objects.create(about=people["lena"].user, happened_at=now)
    Delivery.objects.create(source=source, received_at=now, state="failed", accepted=[0], body=b"", error=XSS[0],
                            aside=[{"place": 0, "id": XSS[1], "why": XSS[3]}])  # fmt: skip
    Outbox.objects.create(fact="X", payload={}, announced_at=now, dispatched_at=now, error=XSS[3])
    office = Calendar.objects.create(name=XSS[4], zone="UTC")
    Holiday.objects.create(calendar=office, day=now.date(), name=XSS[0])
    goal = Goal.objects.create(metric="csat", scope_kind="queue", scope_key=str(queue.pk), period="day", target=0.8, from_on=now.date(),
                               zone="UTC", made_by=adam.user, made_at=now)  # fmt: skip
    talk = Conversation.objects.get(external_id="k0")
    rung = fired(
        queue,
        now,
        talk=talk,
        message=Message.objects.filter(conversation_id=talk.pk, author_kind="customer").earliest("sent_at").pk,
    )
    person = Agent.objects.get(kind="human")
    Workday.objects.create(agent=person, day=now.date(), went_well=XSS[0], one_point=XSS[1], closed_at=now)
    note = coaching.send(by=people["lena"], agent=person.pk, key=uuid4(), text=f"Never write {XSS[0]}", at=now)
    coaching.answer(to=people["asha"], pk=note.pk, text=f"Nor {XSS[1]}", at=now)
    coaching.send(by=people["lena"], agent=person.pk, key=uuid4(), text=f"Nor even {XSS[2]}", at=now)
    ai = Agent.objects.exclude(kind="human")[0]
    released = judged(person, talk, people["quentin"].user, now - timedelta(hours=1), note=f"Never {XSS[0]}")
    begun = judged(ai, talk, people["quentin"].user, now, is_draft=True, note=XSS[3])
    Mark.objects.update(comment=XSS[1])
    Line.objects.update(text=XSS[2], guidance=XSS[0], good_example=XSS[3], causes=[XSS[4][:60]])
    doubt = doubted(released, people["asha"].user, now, text=XSS[12])
    plan = SamplingPlan.objects.create(name=XSS[0], zone="UTC", made_at=now)
    drawn = Draw.objects.create(
        plan=plan, first_on=now.date(), from_at=now - timedelta(days=7), until_at=now, seed="a", error=XSS[1]
    )
    session = Calibration.objects.create(
        conversation=talk, agent=person, version=released.version, called_at=now, due_at=now, called_by=people["mona"].user,
        expert=people["mona"].user,
    )  # fmt: skip
    Grader.objects.bulk_create(Grader(calibration=session, user=people[name].user) for name in ("mona", "quentin"))
    diverted = routing.divert(
        by=viewer_for(people["lena"].user), key=uuid4(), kind="seniors", queue=queue.pk, minutes=30, at=now
    )
    interventions.diversion_changed(DiversionChanged(diversion_id=diverted.pk, queue_ids=[queue.pk], at=now), now)
    example = exemplar_of(talk, person, people["quentin"].user, now, topic=XSS[0][:40])
    Exemplar.objects.update(why=XSS[1], team=team, rubric=released.version.rubric, lines=["right-answer"])
    listed = ReadingList.objects.create(name=XSS[2][:80], team=team, made_by=people["lena"].user, made_at=now)
    Item.objects.create(list=listed, exemplar=example, place=1)
    Given.objects.create(list=listed, agent=person, by=people["lena"].user, at=now)
    talked = sheet_of(person, people["lena"].user, now, released, text=XSS[4])
    return {
        "feedback_new": [person.pk], "feedback_sheet": [talked.pk],
        "exemplar": [example.pk], "exemplar_share": [talk.pk], "reading_list": [listed.pk],
        "alert": [rung.pk], "threshold": [rung.rule_id], "alert_worst": [rung.pk], "plan": [plan.pk], "draw": [drawn.pk],
        **{place: [queue.pk] for place in ("move", "divert", "help_call", "tune_queue")},
        **{place: [Agent.objects.filter(kind="ai").earliest("pk").pk] for place in ("tune", "ai_agent", "ai_behind")},
        "shift_report": [str(timezone.now().date() - timedelta(days=1))],
        "intervention": [Intervention.objects.latest("pk").pk],
        "calibration": [session.pk], "pattern_behind": ["people", "right-answer", str(now.date())],
        "review": [begun.pk], "rubric": [released.version.rubric_id], "api_rubric": [released.version.rubric_id], "api_review": [released.pk], "rubric_document": [released.version.rubric_id],
        "rubric_version": [released.version.rubric_id, 1], "review_result": [released.pk], "my_review": [released.pk], "second_look": [doubt.pk],
        "cast": people, "queue": [queue.pk], "person": [Agent.objects.get(kind="human").pk],
        **{place: [Agent.objects.get(kind="human").pk] for place in ("scorecard", "shifts_of")}, "coach": [Agent.objects.get(kind="human").pk], "conversation": [talk.pk],
        "masked_values": [talk.pk], "wall": [make_wall_link(by=adam, name=XSS[0], at=now)], "account_of": [people["lena"].user.pk],
        "goal": [goal.pk], "customer_data": [customer.pk], "customer_request": [asked.pk],
        "metric_page": ["ai_involvement_rate"],
    }  # fmt: skip


def pages(floor: dict[str, Any], name: str) -> list[str]:
    """The addresses that somebody may open."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    found = []
    for place, row in TABLE.items():
        if row.method == "get" and place not in NO_PAGES and row.statuses.split()[CAST.index(name)] == "200":
            path = reverse(place, args=floor.get(place, []))
            if client.get(path).status_code == 200:
                found.append(path)
    return found


def harmless(page: Page, where: str) -> None:
    """Nothing ran, nothing was reported (the fixture looks after that), and nothing of an attack became an element."""
    assert page.evaluate("window.__x") is None, where
    assert (
        page.evaluate(
            'document.querySelectorAll(\'[onerror],[onload],iframe,math,a[href^="javascript:" i],a[href^="data:" i]\').length'
        )
        == 0
    ), where
    assert (
        page.evaluate("[...document.querySelectorAll('img')].filter(i => i.getAttribute('src') === 'x').length") == 0
    ), where
    assert "49" not in page.title()


@pytest.mark.parametrize("name", [name for name in CAST if name != "anon"])
def test_every_page_shows_attacks_as_text(
    name: str, clean: Page, visit: Callable[[Viewer, str], None], floor: dict[str, Any]
) -> None:
    """Cases 43, 44, 46 and 51, as this role."""
    found = pages(floor, name)
    assert len(found) > 5
    for path in found:
        visit(floor["cast"][name], path)
        expect(clean.locator("h1").first).to_be_visible()
        harmless(clean, path)


def test_every_attack_is_read_as_it_was_written(
    clean: Page, visit: Callable[[Viewer, str], None], floor: dict[str, Any]
) -> None:
    """Each of the fifteen conversations, on the screen and as it would be printed."""
    for n, attack in enumerate(XSS):
        talk = Conversation.objects.get(external_id=f"k{n}")
        visit(floor["cast"]["lena"], reverse("conversation", args=[talk.pk]))
        harmless(clean, attack)
        assert attack in clean.locator(".c-message__text").first.inner_text(), attack
        clean.emulate_media(media="print")
        harmless(clean, attack)
        clean.emulate_media(media="screen")


def test_the_net_catches_what_is_not_text(
    clean: Page, visit: Callable[[Viewer, str], None], floor: dict[str, Any]
) -> None:
    """The checks can fail: markup that is put into a page is found, whether or not the policy lets it run."""
    visit(floor["cast"]["lena"], reverse("conversations"))
    clean.evaluate("document.querySelector('h1').insertAdjacentHTML('beforeend', '<a href=\"javascript:1\">x</a>')")
    with pytest.raises(AssertionError):
        harmless(clean, "")
    clean.evaluate("window.__x = 1")
    with pytest.raises(AssertionError):
        harmless(clean, "")
