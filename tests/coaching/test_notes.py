"""A note goes one way: sent, delivered, read, acknowledged, answered; private, masked, and each step once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.coaching import queries, regions, services
from apps.coaching.models import Note
from apps.coaching.services import NoteRefused
from apps.interactions.models import Message
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.models import Outbox
from tests.console.floors import granted, holds, on_shift, queue_named

pytestmark = pytest.mark.django_db
TEXT = "Lead with what the summary shows."


@pytest.fixture
def floor(lena: Viewer, asha: Viewer, noon: datetime) -> dict[str, Any]:
    team, queue = Team.objects.create(name="Billing"), queue_named("Billing chat")
    agent = on_shift("Asha Verma", team, noon)
    Agent.objects.filter(pk=agent.pk).update(user=asha.user)
    agent.refresh_from_db()
    talk = holds(agent, queue, noon)
    said = Message.objects.create(
        id=uuid4(), conversation_id=talk.pk, author_kind="customer", text="I said that twice already", sent_at=noon,
        sequence=1, kind="text", recorded_at=noon,
    )  # fmt: skip
    return {"lena": granted(lena, team=team, queue=queue), "asha": asha, "agent": agent, "talk": talk, "said": said}


def send(floor: dict[str, Any], at: datetime, text: str = TEXT, **more: Any) -> Note:
    return services.send(
        by=floor["lena"], agent=floor["agent"].pk, key=more.pop("key", uuid4()), text=text, at=at, **more
    )


def test_a_note_is_on_its_agents_pages_and_goes_forwards_step_by_step(floor: dict[str, Any], noon: datetime) -> None:
    note = send(floor, noon, conversation=floor["talk"].pk, message=floor["said"].pk)
    states = []

    def state() -> str:
        note.refresh_from_db()
        return queries.state_of(note)[0]

    states.append(state())
    html = regions.bar(floor["asha"], {}, noon + timedelta(seconds=1))
    assert TEXT in html and "I said that twice already" in html and "#m1" in html  # noqa: PT018
    states.append(state())
    services.read(to=floor["asha"], at=noon + timedelta(seconds=9))
    states.append(state())
    services.acknowledge(to=floor["asha"], pk=note.pk, at=noon + timedelta(seconds=12))
    states.append(state())
    services.answer(to=floor["asha"], pk=note.pk, text="Will do", at=noon + timedelta(seconds=20))
    states.append(state())
    assert states == ["sent", "delivered", "read", "acknowledged", "answered"]
    assert TEXT not in regions.bar(floor["asha"], {}, noon + timedelta(seconds=30))
    assert (note.delivered_at, note.answered_at) == (noon + timedelta(seconds=1), noon + timedelta(seconds=20))


def test_what_changes_the_agents_pages_is_announced_without_a_word_of_it(floor: dict[str, Any], noon: datetime) -> None:
    note = send(floor, noon)
    services.answer(to=floor["asha"], pk=note.pk, text="Will do", at=noon)
    services.withdraw(by=floor["lena"], pk=send(floor, noon).pk, at=noon)
    told = [row.payload for row in Outbox.objects.filter(fact="NoteChanged")]
    assert len(told) == 5  # sent, acknowledged and answered; sent and withdrawn
    assert {one["user_id"] for one in told} == {floor["asha"].user.pk}
    assert all(TEXT not in str(one) for one in told)


def test_a_private_message_of_the_conversation_is_not_quoted(floor: dict[str, Any], noon: datetime) -> None:
    Message.objects.update(is_private=True)
    with pytest.raises(OutOfScope):
        send(floor, noon, conversation=floor["talk"].pk, message=floor["said"].pk)


def test_reading_notes_costs_the_same_however_many_there_are(floor: dict[str, Any], noon: datetime) -> None:
    for _ in range(5):
        send(floor, noon)
    with CaptureQueriesContext(connection) as seen:
        services.read(to=floor["asha"], at=noon)
    assert len([one for one in seen if "SAVEPOINT" not in one["sql"]]) == 2  # they are read, and it is told once
    assert Note.objects.filter(read_at=noon, delivered_at=noon).count() == 5


def test_the_same_form_sent_twice_is_one_note_and_steps_taken_twice_change_nothing(
    floor: dict[str, Any], noon: datetime
) -> None:
    key = uuid4()
    first, second = (
        send(floor, noon, key=key),
        send(floor, noon + timedelta(minutes=1), "Something else to say", key=key),
    )
    assert first == second and Note.objects.count() == 1  # noqa: PT018
    for minutes in (1, 2):
        services.acknowledge(to=floor["asha"], pk=key, at=noon + timedelta(minutes=minutes))
        services.answer(to=floor["asha"], pk=key, text="Will do", at=noon + timedelta(minutes=minutes))
    note = Note.objects.get()
    assert note.acknowledged_at == note.answered_at == noon + timedelta(minutes=1)
    with pytest.raises(NoteRefused, match="answered already"):
        services.answer(to=floor["asha"], pk=key, text="Another", at=noon)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Well.", "ten characters"), ("x" * 281, "Saw 281 characters"), ("  \n ", "ten characters"),
        ("First this\nthen that\nand a third", "Saw 3 points"),
    ],
)  # fmt: skip
def test_a_note_is_one_point_or_two_and_says_what_to_do(
    floor: dict[str, Any], noon: datetime, text: str, words: str
) -> None:
    with pytest.raises(NoteRefused, match=words):
        send(floor, noon, text)
    assert not Note.objects.exists()


def test_what_is_typed_is_masked_before_it_is_kept(floor: dict[str, Any], noon: datetime) -> None:
    note = send(floor, noon, "Never repeat the card 4111 1111 1111 1111 aloud")
    services.answer(to=floor["asha"], pk=note.pk, text="Right, tom@example.com told me", at=noon)
    note.refresh_from_db()
    assert note.text == "Never repeat the card [card 1] aloud"
    assert note.answer == "Right, [email 1] told me"


def test_a_note_is_taken_back_only_while_it_is_unread(floor: dict[str, Any], noon: datetime) -> None:
    first, second = send(floor, noon), send(floor, noon)
    services.withdraw(by=floor["lena"], pk=first.pk, at=noon)
    services.withdraw(by=floor["lena"], pk=first.pk, at=noon + timedelta(minutes=1))
    assert [one.note.pk for one in queries.mine(viewer=floor["asha"])] == [second.pk]
    with pytest.raises(OutOfScope):
        services.acknowledge(to=floor["asha"], pk=first.pk, at=noon)
    services.read(to=floor["asha"], at=noon)
    with pytest.raises(Refusal, match="read already"):
        services.withdraw(by=floor["lena"], pk=second.pk, at=noon)


def test_only_who_leads_a_person_writes_to_them_and_only_about_what_both_may_read(
    floor: dict[str, Any], nils: Viewer, adam: Viewer, quentin: Viewer, noon: datetime
) -> None:
    elsewhere = granted(nils, team=Team.objects.create(name="Sales"), queue=queue_named("Sales chat"))
    with pytest.raises(OutOfScope):
        services.send(by=elsewhere, agent=floor["agent"].pk, key=uuid4(), text=TEXT, at=noon)
    for other in (adam, quentin, floor["asha"]):
        with pytest.raises(NotAllowed):
            services.send(by=other, agent=floor["agent"].pk, key=uuid4(), text=TEXT, at=noon)
    mine = send(floor, noon)
    with pytest.raises(OutOfScope):
        services.withdraw(by=elsewhere, pk=mine.pk, at=noon)
    with pytest.raises(OutOfScope):
        send(floor, noon, conversation=UUID(int=1))
    stranger = holds(on_shift("Ben", floor["agent"].team, noon), queue_named("Care"), noon)
    granted(floor["lena"], queue=stranger.queue)
    with pytest.raises((OutOfScope, NoteRefused)):
        send(floor, noon, conversation=stranger.pk)
    with pytest.raises(OutOfScope):
        send(floor, noon, conversation=floor["talk"].pk, message=uuid4())


def test_a_note_to_somebody_without_an_account_is_refused_with_the_way_out(
    floor: dict[str, Any], noon: datetime
) -> None:
    Agent.objects.filter(pk=floor["agent"].pk).update(user=None)
    with pytest.raises(NoteRefused, match="An admin links one"):
        send(floor, noon)


def test_nobody_else_reads_or_answers_a_note(floor: dict[str, Any], nils: Viewer, noon: datetime) -> None:
    note = send(floor, noon)
    elsewhere = granted(nils, team=Team.objects.create(name="Sales"))
    assert queries.sent(viewer=elsewhere) == []
    with pytest.raises(OutOfScope):
        queries.sent(viewer=elsewhere, agent=floor["agent"].pk)
    for step in (services.acknowledge, lambda **more: services.answer(text="Fine", **more)):
        with pytest.raises(NotAllowed):
            step(to=floor["lena"], pk=note.pk, at=noon)
    with pytest.raises(NotAllowed):
        queries.mine(viewer=floor["lena"])


def test_the_lead_sees_whether_it_was_read_before_the_next_conversation(floor: dict[str, Any], noon: datetime) -> None:
    before, after, unread = (send(floor, noon + timedelta(seconds=n)) for n in range(3))
    services.acknowledge(to=floor["asha"], pk=before.pk, at=noon + timedelta(minutes=1))
    holds(floor["agent"], floor["talk"].queue, noon + timedelta(minutes=10))  # joined five minutes before
    services.acknowledge(to=floor["asha"], pk=after.pk, at=noon + timedelta(minutes=8))
    told = {one.note.pk: one.is_before_next for one in queries.sent(viewer=floor["lena"])}
    assert told == {before.pk: True, after.pk: False, unread.pk: False}


def test_the_audit_says_that_there_was_a_note_and_not_what_it_said(floor: dict[str, Any], noon: datetime) -> None:
    note = send(floor, noon)
    services.acknowledge(to=floor["asha"], pk=note.pk, at=noon)
    services.answer(to=floor["asha"], pk=note.pk, text="Will do it", at=noon)
    entries = AuditEntry.objects.filter(verb__startswith="coaching.").order_by("pk")
    assert [(one.verb, one.about) for one in entries] == [
        ("coaching.sent", "Asha Verma"), ("coaching.acknowledged", "Lena"), ("coaching.answered", "Lena"),
    ]  # fmt: skip
    assert all(TEXT not in str(vars(one)) and "Will do" not in str(vars(one)) for one in entries)


def test_a_removed_message_is_quoted_no_longer(floor: dict[str, Any], noon: datetime) -> None:
    send(floor, noon, conversation=floor["talk"].pk, message=floor["said"].pk)
    Message.objects.update(removed_at=noon)
    (told,) = queries.mine(viewer=floor["asha"])
    assert told.quote is None


def test_the_words_a_form_was_opened_for_stand_in_it_however_long_ago_they_were(
    floor: dict[str, Any], noon: datetime
) -> None:
    for n in range(queries.QUOTABLE):
        Message.objects.create(
            id=uuid4(), conversation_id=floor["talk"].pk, author_kind="customer", text=f"and then {n}", kind="text",
            sent_at=noon + timedelta(seconds=n + 1), sequence=n + 2, recorded_at=noon,
        )  # fmt: skip
    about = {"viewer": floor["lena"], "agent": floor["agent"], "conversation": floor["talk"].pk}
    assert floor["said"].pk not in [one.key for one in queries.quotable(**about)]
    told = queries.quotable(**about, message=floor["said"].pk)
    assert (told[0].key, len(told)) == (floor["said"].pk, queries.QUOTABLE + 1)


def test_a_list_of_notes_costs_the_same_for_three_and_for_thirty(floor: dict[str, Any], noon: datetime) -> None:
    def cost(read: Any, viewer: Viewer) -> int:
        with CaptureQueriesContext(connection) as seen:
            read(viewer=viewer)
        return len(seen)

    def fill(count: int) -> None:
        for _ in range(count):
            send(floor, noon, conversation=floor["talk"].pk, message=floor["said"].pk)

    fill(3)
    queries.sent(viewer=floor["lena"])
    few = cost(queries.sent, floor["lena"]), cost(queries.mine, floor["asha"])
    fill(27)
    assert (cost(queries.sent, floor["lena"]), cost(queries.mine, floor["asha"])) == few


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def test_a_lead_sends_from_a_conversation_and_the_agent_answers(
    floor: dict[str, Any], client: Client, noon: datetime
) -> None:
    agent, talk, said = floor["agent"], floor["talk"], floor["said"]
    client.force_login(floor["lena"].user)
    assert (
        f"/agents/{agent.pk}/coach?conversation={talk.pk}" in client.get(f"/conversations/{talk.pk}").content.decode()
    )
    form = client.get(f"/agents/{agent.pk}/coach?conversation={talk.pk}").content.decode()
    assert "I said that twice already" in form
    asked = {"key": str(uuid4()), "text": "No", "conversation": str(talk.pk), "message": str(said.pk)}
    refused = client.post(f"/agents/{agent.pk}/coach", asked)
    assert refused.status_code == 422
    assert "ten characters or more" in refused.content.decode()
    assert client.post(f"/agents/{agent.pk}/coach", {**asked, "text": TEXT}).headers["Location"] == "/coaching"
    assert "Take it back" in client.get("/coaching").content.decode()
    client.force_login(floor["asha"].user)
    for page in ("/me", "/conversations", f"/conversations/{talk.pk}"):
        assert TEXT in client.get(page).content.decode()
    note = Note.objects.get()
    assert TEXT in client.get("/me/notes").content.decode()
    empty = client.post(f"/me/notes/{note.pk}/answer", {"answer": ""})
    assert (empty.status_code, "An answer needs a word." in empty.content.decode()) == (422, True)
    client.post(f"/me/notes/{note.pk}/answer", {"answer": "Will do"})
    client.force_login(floor["lena"].user)
    body = client.get("/coaching").content.decode()
    assert "Will do" in body
    assert "Take it back" not in body
