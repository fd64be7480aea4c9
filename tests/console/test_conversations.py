"""The list of conversations: narrowed by facets in the address, searched by words that stay out of it."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentIdentity, Presence, Team
from apps.console.conversations import PAGE, Filter, listing
from apps.console.people import ai_agents
from apps.console.regions import REGIONS
from apps.console.transcript import Said, transcript
from apps.interactions.models import Conversation, Customer
from apps.interactions.services import record
from tests.console.floors import conversation, granted, holds, on_shift, queue_named, waiting
from tests.interactions.events import ASHA, BO, CUSTOMER, SOURCE, assigned, event, said, started

pytestmark = pytest.mark.django_db


def test_facets_narrow_the_list_and_count_what_they_would_show(mona: Viewer, noon: datetime) -> None:
    team, billing, tech = Team.objects.create(name="Billing"), queue_named("Billing chat"), queue_named("Tech chat")
    asha = on_shift("Asha Rao", team, noon)
    held, late = holds(asha, billing, noon), waiting(tech, noon, 90)
    closed = conversation(tech, noon, is_open=False)

    def found(**wanted: str) -> set[str]:
        return {row.key for row in listing(viewer=mona, wanted=Filter(**wanted), at=noon).rows}  # type: ignore[arg-type]

    assert found() == {str(held.pk), str(late.pk), str(closed.pk)}
    assert found(agent=str(asha.pk)) == {str(held.pk)}
    assert found(queue=str(tech.pk)) == {str(late.pk), str(closed.pk)}
    assert found(state="waiting") == {str(late.pk)}
    assert found(state="closed") == {str(closed.pk)}
    assert found(channel="voice") == set()
    facets = {group["name"]: group["options"] for group in listing(viewer=mona, wanted=Filter(), at=noon).facets}
    assert [(one["label"], one["count"]) for one in facets["channel"]] == [("All", None), ("Chat", 3)]
    assert [(one["label"], one["count"]) for one in facets["agent"]] == [("All", None), ("Asha Rao", 1)]


def test_search_words_survive_paging_and_never_stand_in_an_address(mona: Viewer, client: Client) -> None:
    billing, now = queue_named("Billing chat"), timezone.now()
    for _ in range(PAGE + 1):
        conversation(billing, now)
    client.force_login(mona.user)
    answer = client.post(reverse("conversations"), {"q": "zebra stripes"}).content.decode()
    assert 'name="q" value="zebra stripes"' in answer
    assert "zebra" not in "".join(part for part in answer.split('"') if part.startswith(("?", "/")))
    assert 'name="page" value="2"' in client.get(reverse("conversations")).content.decode()
    second = client.post(reverse("conversations"), {"q": "", "page": "2"}).content.decode()
    assert second.count('class="c-conversation"') == 1


def test_a_transcript_is_masked_numbered_and_highlightable(mona: Viewer, noon: datetime, client: Client) -> None:
    record(
        events=[started(), said(1, CUSTOMER, "Greta, card 4111 1111 1111 1111"), said(2, ASHA, "Thank you")],
        source=SOURCE, at=noon,
    )  # fmt: skip
    client.force_login(mona.user)
    (row,) = listing(viewer=mona, wanted=Filter(), at=noon).rows
    answer = client.get(row.href).content.decode()
    assert 'id="m1"' in answer
    assert 'id="m2"' in answer
    assert re.search(
        r'<a class="c-mask" href="[^"]+\?placeholder=card\+1"[^>]*>card 1 <small>…1111</small></a>', answer
    )
    assert "4111" not in answer
    assert "Greta" not in answer


def test_new_conversations_are_told_of_and_not_pushed_under_the_pointer(
    mona: Viewer, noon: datetime, client: Client
) -> None:
    billing, tech = queue_named("Billing chat"), queue_named("Tech chat")
    client.force_login(mona.user)
    page = client.get(reverse("conversations"), {"queue": str(billing.pk)})
    (params,) = re.findall(r'data-region="conversations.new" data-params="([^"]*)"', page.content.decode())
    given = json.loads(html.unescape(params))
    assert given.keys() == {"since", "queue"}
    later = timezone.now()
    conversation(tech, later)
    assert REGIONS["conversations.new"].render(mona, given, later).count("<a") == 0
    conversation(billing, later)
    told = REGIONS["conversations.new"].render(mona, given, later)
    assert "1 new, show it" in told
    assert f'href="/conversations?queue={billing.pk}"' in told


@pytest.mark.parametrize("given", [{"since": "x"}, {"queue": "x"}, {"agent": "1"}])
def test_a_telling_of_new_rows_about_nothing_is_not_found(given: dict[str, str], mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    assert client.get("/live/regions/conversations.new", given).status_code == 404


def test_words_are_not_in_the_parameters_of_a_live_part(mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    assert "data-region" not in client.post(reverse("conversations"), {"q": "zebra"}).content.decode()


def test_what_no_start_was_told_of_is_called_by_its_queues_channel_and_its_customer(
    mona: Viewer, noon: datetime, client: Client
) -> None:
    record(events=[said(1, CUSTOMER)], source=SOURCE, at=noon)
    label = Customer.objects.get().label
    (row,) = listing(viewer=mona, wanted=Filter(), at=noon).rows
    assert (row.title, row.channel, row.customer) == (f"Conversation with {label}", "", "")
    Conversation.objects.update(queue=queue_named("Billing"))
    (row,) = listing(viewer=mona, wanted=Filter(), at=noon).rows
    assert (row.title, row.channel) == (f"Chat with {label}", "webchat")
    client.force_login(mona.user)
    assert (
        f'aria-label="Chat"><use href="#i-message-circle"></use></svg> Chat with {label}</h1>'
        in client.get(row.href).content.decode()
    )
    Conversation.objects.update(queue=None, customer_id=None)
    (row,) = listing(viewer=mona, wanted=Filter(), at=noon).rows
    assert row.title == "Conversation from shop-chat"


@pytest.mark.parametrize(
    ("trigger", "shown"),
    [
        ("unknown", "Handed over by the AI agent to Asha Rao 12:00"),
        ("customer_request", "Handed over by the AI agent to Asha Rao: the customer asked for a person 12:00"),
    ],
)
def test_a_cause_of_a_hand_off_that_nobody_knows_is_left_out(
    trigger: str, shown: str, mona: Viewer, noon: datetime, client: Client
) -> None:
    handed = assigned(3, ASHA, reason="handoff", handoff={"from_kind": "bot", "trigger": trigger})
    record(events=[started(), assigned(1, BO), said(2, CUSTOMER), handed], source=SOURCE, at=noon)
    client.force_login(mona.user)
    (row,) = listing(viewer=mona, wanted=Filter(), at=noon).rows
    assert shown in " ".join(re.sub("<[^>]*>", "", client.get(row.href).content.decode()).split())


def test_two_ai_agents_of_one_name_are_told_apart_by_their_source(mona: Viewer, noon: datetime) -> None:
    queue = queue_named("Billing")
    for source in ("shop-chat", "help-desk"):
        bot = Agent.objects.create(kind="ai", name="bot")
        AgentIdentity.objects.create(source=source, external_id="bot", agent=bot)
        holds(bot, queue, noon)
    holds(Agent.objects.create(kind="ai", name="Ada"), queue, noon)
    names = ["Ada", "bot (help-desk)", "bot (shop-chat)"]
    assert sorted(one.name for one in ai_agents(viewer=mona, at=noon)) == names
    asha = on_shift("Asha Rao", Team.objects.create(name="Billing"), noon)
    holds(asha, queue, noon)
    facets = {group["legend"]: group["options"] for group in listing(viewer=mona, wanted=Filter(), at=noon).facets}
    assert [one["label"] for one in facets["Held by a person"]] == ["All", "Asha Rao"]
    assert sorted(one["label"] for one in facets["Held by an AI agent"]) == names
    assert {one["count"] for one in facets["Held by an AI agent"]} == {1}


def test_a_list_shows_what_was_last_said_and_not_the_survey_after_it(mona: Viewer, noon: datetime) -> None:
    survey = said(3, BO, "How was it? 1 is bad.", kind="survey_prompt")
    record(
        events=[started(), said(1, CUSTOMER, "It broke"), said(2, ASHA, "A new one is coming"), survey],
        source=SOURCE,
        at=noon,
    )
    (row,) = listing(viewer=mona, wanted=Filter(), at=noon).rows
    assert row.line == "A new one is coming"


def test_a_recording_is_as_long_as_its_last_turn_whatever_was_noted_after_the_call(
    mona: Viewer, noon: datetime
) -> None:
    call = said(
        1,
        ASHA,
        "Hello",
        offset_ms=60_000,
        duration_ms=4_500,
        attachments=[{"media_type": "audio/wav", "url": "https://x.example/1"}],
    )
    note = said(70, {"kind": "system", "id": "pbx"}, "Call ended", visibility="private")
    record(events=[started(channel="voice"), call, note], source=SOURCE, at=noon)
    told = transcript(viewer=mona, pk=Conversation.objects.get().pk, at=noon)
    assert told.recording is not None
    assert told.recording[1] == 64.5


def test_an_intent_is_shown_as_words(mona: Viewer, noon: datetime) -> None:
    turn = event("bot.turn", 2, turn_id="t", bot=BO, message_id="m1", intent="refund_status", confidence=0.9)
    record(events=[started(), said(1, CUSTOMER, message_id="m1"), turn], source=SOURCE, at=noon)
    told = transcript(viewer=mona, pk=Conversation.objects.get().pk, at=noon)
    assert [one.intent for one in told.items if isinstance(one, Said)] == ["refund status"]


def test_a_person_who_is_off_shift_is_said_to_be_so(lena: Viewer, noon: datetime, client: Client) -> None:
    team = Team.objects.create(name="Billing")
    asha = on_shift("Asha Rao", team, noon - timedelta(days=2))
    Presence.objects.update(ended_at=noon - timedelta(days=1, hours=3))
    client.force_login(granted(lena, team=team).user)
    page = client.get(reverse("person", args=[asha.pk])).content.decode()
    assert "Off shift" in page
    assert "Last on shift on 23 Nov until" in page
    assert "Nobody has held it yet" not in page
