"""The palette finds what its reader may open, and nothing else; what is typed stands in no address."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.console.palette import MOST_QUEUES_AT_FIRST, find
from apps.console.scope import looking
from apps.interactions.models import Conversation, Customer, Queue, QueueIdentity
from apps.interactions.services import record
from tests.console.floors import conversation, granted, holds, on_shift, queue_named
from tests.interactions.events import CUSTOMER, SOURCE, said, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(noon: datetime) -> dict[str, Queue]:
    """Two teams with a queue, a person and a conversation each."""
    found = {}
    for name, person in (("Billing", "Asha Rao"), ("Tech", "Tomás Reyes")):
        team, queue = Team.objects.create(name=name), queue_named(f"{name} chat")
        queue.teams.add(team)
        one = holds(on_shift(person, team, noon), queue, noon)
        Conversation.objects.filter(pk=one.pk).update(subject=f"{name} trouble with [card 1]")
        found[name] = queue
    return found


def texts(viewer: Viewer, words: str, at: datetime) -> dict[str, list[str]]:
    return {group.title: [one.label for one in group.entries] for group in find(viewer=viewer, words=words, at=at)}


def test_names_of_queues_and_people_and_subjects_are_found_in_scope_only(
    lena: Viewer, mona: Viewer, shop: dict[str, Queue], noon: datetime
) -> None:
    viewer = granted(lena, queue=shop["Billing"], team=Team.objects.get(name="Billing"))
    assert texts(viewer, "", noon) == {"Queues": ["Billing chat"]}
    assert texts(viewer, "CHAT bill", noon) == {"Queues": ["Billing chat"]}
    assert texts(viewer, "rao", noon) == {"People": ["Asha Rao"]}
    assert texts(viewer, "trouble", noon) == {"Conversations": ["Billing trouble with [card 1]"]}
    assert texts(viewer, "tech", noon) == texts(viewer, "Tomás", noon) == {}
    # No names for who sees numbers only.
    assert texts(mona, "rao", noon) == {}
    assert texts(mona, "tech", noon) == {"Queues": ["Tech chat"], "Conversations": ["Tech trouble with [card 1]"]}


def test_who_has_no_floor_finds_own_conversations_only(
    asha: Viewer, olu: Viewer, shop: dict[str, Queue], noon: datetime
) -> None:
    Agent.objects.filter(name="Asha Rao").update(user=asha.user)
    assert texts(asha, "", noon) == {}
    assert texts(asha, "trouble", noon) == {"Conversations": ["Billing trouble with [card 1]"]}
    assert texts(olu, "trouble", noon) == {}
    assert texts(olu, "chat", noon) == {"Queues": ["Billing chat", "Tech chat"]}


def test_a_conversation_is_found_by_its_id_here_and_at_its_source_of_any_age(
    mona: Viewer, quentin: Viewer, noon: datetime
) -> None:
    record(events=[started(), said(1, CUSTOMER, "Hello")], source=SOURCE, at=noon)
    one, label = Conversation.objects.get(), Customer.objects.get().label
    QueueIdentity.objects.create(source=SOURCE, external_id="q", queue=queue_named("Billing chat"))
    later = noon + timedelta(days=30)
    for words in (str(one.pk), one.external_id, f"#{one.external_id}", f" {one.external_id} "):
        assert texts(mona, words, later) == {"Conversations": [f"Chat with {label}"]}, words
    assert texts(mona, one.external_id[:-1], later) == {}
    assert texts(quentin, str(one.pk), later) == {}


def test_a_customer_is_found_by_the_four_characters_of_the_label(
    mona: Viewer, shop: dict[str, Queue], noon: datetime
) -> None:
    one = conversation(shop["Tech"], noon)
    Customer.objects.create(id=one.pk, source="shop", label="Customer ••4821")
    Conversation.objects.filter(pk=one.pk).update(customer_id=one.pk)
    (group,) = find(viewer=mona, words="4821", at=noon)
    assert [(entry.label, entry.hint) for entry in group.entries] == [("Chat with Customer ••4821", "Tech chat")]
    assert texts(mona, "482", noon) == {}


def test_at_first_it_offers_the_queues_and_no_more_than_fit(mona: Viewer, noon: datetime) -> None:
    for n in range(MOST_QUEUES_AT_FIRST + 3):
        queue_named(f"Queue {n:02}")
    assert len(texts(mona, "", noon)["Queues"]) == MOST_QUEUES_AT_FIRST


def test_the_answer_is_masked_keeps_the_scope_and_comes_by_post_only(
    mona: Viewer, shop: dict[str, Queue], client: Client, noon: datetime
) -> None:
    Conversation.objects.update(last_event_at=datetime.now(tz=noon.tzinfo))
    client.force_login(mona.user)
    team = Team.objects.get(name="Tech")
    path = f"{reverse('find')}?scope={team.pk}"
    answer = client.post(path, {"q": "trouble"}).content.decode()
    assert answer.count('role="option"') == 1
    assert '<span class="c-mask" title="Personal data, masked">card 1</span>' in answer
    assert f'data-palette-href="{reverse("conversation", args=[looked(mona, team)])}?scope={team.pk}"' in answer
    assert client.get(path, {"q": "trouble"}).status_code == 405
    assert client.post(f"{reverse('find')}?scope=0", {"q": "trouble"}).status_code == 404


def looked(viewer: Viewer, team: Team) -> object:
    return Conversation.objects.visible_to(looking(viewer, str(team.pk))).get().pk
