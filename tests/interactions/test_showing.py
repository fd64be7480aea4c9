"""Masked texts as the policy shows them: one function behind page, live part, list, palette and preview."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access import policy
from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.console.conversations import Filter, listing
from apps.console.regions import REGIONS
from apps.console.transcript import transcript
from apps.interactions.models import Conversation, ConversationEvent, Message, Queue, Rating
from apps.interactions.services import open_partitions, record
from tests.console.floors import granted
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, SOURCE, assigned, event, queued, said, started
from tests.interactions.test_disclosures import REASON

pytestmark = pytest.mark.django_db
CARD, PHONE, NAME = "4111 1111 1111 1111", "+44 20 7946 0958", "Greta Lindqvist"
SUBJECT, COMMENT = f"Card {CARD} charged twice", f"Call me at {PHONE}, {NAME}"


@pytest.fixture(autouse=True)
def _still(settings: Any) -> Any:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        yield


@pytest.fixture
def talk(lena: Viewer, quentin: Viewer, asha: Viewer) -> Conversation:
    """A conversation whose subject, message and rating hold values; it is Lena's, Quentin's and Asha's."""
    open_partitions(first=NOON, last=NOON)
    record(
        events=[
            started(0, subject=SUBJECT), queued(1, queue_name="Billing chat"), assigned(2, ASHA),
            said(3, CUSTOMER, f"I am {NAME}, my card is {CARD}"),
            event("rating.received", 4, rating_id="r", score=1, min=1, max=5, comment=COMMENT),
        ],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    for viewer in (lena, quentin):
        granted(viewer, queue=Queue.objects.get())
    Agent.objects.filter(name="Asha Rao").update(user=asha.user)
    return Conversation.objects.get()


def set_to(adam: Viewer, **levels: str) -> None:
    """Let the policy be as in an untouched installation, but for these kinds of team leads."""
    policy.change(by=adam, rules={"lead": {**policy.default()["lead"], **levels}}, at=NOON)


def exits(viewer: Viewer, talk: Conversation, client: Client) -> dict[str, str]:
    """What comes out of every exit there is, for one person. There is no export and no API with texts yet."""
    client.force_login(viewer.user)
    return {
        "page": client.get(reverse("conversation", args=[talk.pk])).content.decode(),
        "list": client.get(reverse("conversations")).content.decode(),
        "search": client.post(reverse("conversations"), {"q": "charged"}).content.decode()
        + client.post(reverse("conversations"), {"q": "my card"}).content.decode(),
        "palette": client.post(reverse("find"), {"q": "charged"}).content.decode(),
        "http": client.get(reverse("region", args=["conversation.transcript"]), {"conversation": str(talk.pk)}).content.decode(),
        "socket": REGIONS["conversation.transcript"].render(viewer, {"conversation": str(talk.pk)}, timezone.now()),
    }  # fmt: skip


def test_partly_shows_the_last_four_at_every_exit_and_nothing_else(
    lena: Viewer, adam: Viewer, talk: Conversation, client: Client
) -> None:
    for place, html in exits(lena, talk, client).items():
        assert "…1111" in html, place
        assert not [value for value in (CARD, "4111", PHONE, NAME) if value in html], place
    set_to(adam, card="masked")
    for place, html in exits(lena, talk, client).items():
        assert "1111" not in html, place
        assert "card 1" in html, place


def test_what_is_shown_without_a_reason_is_shown_where_it_is_counted_and_only_there(
    lena: Viewer, adam: Viewer, talk: Conversation, client: Client
) -> None:
    set_to(adam, name="shown")
    shown = {place for place, html in exits(lena, talk, client).items() if NAME in html}
    assert shown == {"page", "http", "socket", "list", "search"}
    told = list(AuditEntry.objects.filter(verb="value.shown", by=lena.user).values_list("about", flat=True))
    assert told == ["2 values", "1 values in a list", "1 values in a list"]


def test_another_role_is_shown_no_more_than_its_own_column_says(
    lena: Viewer, quentin: Viewer, asha: Viewer, adam: Viewer, talk: Conversation, client: Client
) -> None:
    """Case 35: what a lead is shown stands in nobody else's page, frame or list; an agent has bare marks."""
    set_to(adam, name="shown", card="partly")
    policy.change(by=adam, rules={**policy.current(), "qa": dict.fromkeys(policy.default()["qa"], "hidden")}, at=NOON)  # type: ignore[arg-type]
    for viewer in (quentin, asha):
        for place, html in exits(viewer, talk, client).items():
            assert not [value for value in (NAME, "1111", "0958", "?placeholder=") if value in html], (
                viewer.role,
                place,
            )
    assert NAME in exits(lena, talk, client)["socket"]


def test_hidden_is_never_opened(lena: Viewer, adam: Viewer, talk: Conversation, client: Client) -> None:
    set_to(adam, card="hidden")
    client.force_login(lena.user)
    page = client.get(reverse("conversation", args=[talk.pk])).content.decode()
    assert "?placeholder=card" not in page
    key = ConversationEvent.objects.get(kind="started").pk
    path = reverse("open_values", args=[talk.pk, key])
    assert b"is never opened" in client.get(path, {"placeholder": "card 1"}).content
    answer = client.post(path, {"placeholder": "card 1", "reason": REASON, "only": "1"})
    assert (answer.status_code, CARD in answer.content.decode()) == (400, False)


@pytest.mark.parametrize(("what", "placeholder", "value"), [
    ("subject", "card 1", CARD), ("rating", "phone 1", PHONE), ("rating", "name 1", NAME), ("message", "card 1", CARD),
])  # fmt: skip
def test_a_value_is_opened_where_it_stands(
    what: str, placeholder: str, value: str, lena: Viewer, talk: Conversation, client: Client
) -> None:
    """Subjects and ratings like messages: the mark in the page leads to the form, and the form to the value."""
    client.force_login(lena.user)
    page = client.get(reverse("conversation", args=[talk.pk])).content.decode()
    owner = {
        "subject": ConversationEvent.objects.get(kind="started").pk, "rating": Rating.objects.get().pk,
        "message": Message.objects.get().pk,
    }[what]  # fmt: skip
    marks = re.findall(r'<a class="c-mask" href="([^"]+)"[^>]*data-unmask="([^"]+)"', page)
    wanted = placeholder.replace(" ", "+")
    (path,) = {href for href, _ in marks if f"/masked/{owner}?placeholder={wanted}" in href}
    form = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert value not in form
    assert 'name="only"' in form
    said_no = client.post(path.split("?")[0], {"placeholder": placeholder, "reason": "short", "only": "1"})
    assert (said_no.status_code, value in said_no.content.decode()) == (400, False)
    opened = client.post(
        path.split("?")[0], {"placeholder": placeholder, "reason": REASON, "only": "1"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert value in opened
    assert f'data-opened="{path.split("/")[-1].split("?")[0]} {placeholder}"' in opened
    entry = AuditEntry.objects.get(verb="value.opened")
    assert (entry.about, entry.reason, entry.conversation_id) == (placeholder, REASON, talk.pk)
    assert value in client.get(path).content.decode()
    # The page and its live part are the same for everybody in the role: the opened value is not in them.
    assert value not in client.get(reverse("conversation", args=[talk.pk])).content.decode()


def test_a_value_in_a_hand_off_note_and_in_what_an_ai_agent_marked_up_is_a_mark_that_opens_it(
    lena: Viewer, talk: Conversation, client: Client
) -> None:
    """Bold and lists are drawn around the marks, and a list has its line without stars; an own name is no value."""
    note = {"from_kind": "bot", "trigger": "unknown", "summary": f"Wants {CARD} back"}
    record(
        events=[said(10, BO, f"My name is Bo:\n\n- **{CARD}** is refunded"), assigned(11, ASHA, reason="handoff", handoff=note)],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    bots = Message.objects.get(author_kind="bot")
    handed = next(one for one in ConversationEvent.objects.filter(kind="assigned") if one.data.get("handoff"))
    found = exits(lena, talk, client)
    mark = r'<a class="c-mask" href="(/[^"]+/{}\?placeholder=card\+1)"[^>]*>card 1 <small>…1111</small></a>'
    for place in ("page", "http", "socket"):
        assert re.search(f"<li><strong>{mark.format(bots.pk)}</strong> is refunded</li>", found[place]), place
        assert re.search(
            rf"by the AI agent to Asha Rao\s*<time[^>]*>[^<]*</time>\s*<span>Wants {mark.format(handed.pk)} back",
            found[place],
        )
    assert re.search(r"My name is Bo: <span[^>]*>card 1 <small>…1111</small></span> is refunded", found["list"])
    for owner in (bots.pk, handed.pk):
        path = reverse("open_values", args=[talk.pk, owner])
        assert CARD in client.post(path, {"placeholder": "card 1", "reason": REASON, "only": "1"}).content.decode()
    assert "own 1" not in client.get(reverse("masked_values", args=[talk.pk])).content.decode()
    assert (
        client.post(
            reverse("open_values", args=[talk.pk, bots.pk]), {"placeholder": "own 1", "reason": REASON}
        ).status_code
        == 404
    )


def test_what_an_event_keeps_and_nobody_is_shown_is_not_opened(
    lena: Viewer, talk: Conversation, client: Client
) -> None:
    """A field of the source beside the subject holds a value too; it stands on no page, so it has no way out."""
    changes = [{"field": "subject", "to": f"About {CARD}"}, {"field": "custom", "name": "note", "to": PHONE}]
    record(events=[event("conversation.updated", 9, changes=changes)], source=SOURCE, at=NOON)
    key = ConversationEvent.objects.get(kind="updated").pk
    client.force_login(lena.user)
    path = reverse("open_values", args=[talk.pk, key])
    assert client.get(path, {"placeholder": "card 1"}).status_code == 200
    for data in ({"placeholder": "phone 1"}, {"placeholder": "phone 1", "only": "1"}):
        assert client.post(path, {**data, "reason": REASON}).status_code == 404
    answer = client.post(path, {"reason": REASON, "placeholder": ""})
    assert PHONE not in answer.content.decode()
    assert AuditEntry.objects.get(verb="value.opened").about == "card 1"
    subject = str(transcript(viewer=lena, pk=talk.pk, at=timezone.now()).title)
    assert subject == "About [card 1]"


@pytest.mark.parametrize("name", ["nils", "asha", "olu", "adam"])
def test_nobody_opens_what_the_matrix_refuses_by_the_mark(
    name: str, talk: Conversation, client: Client, request: pytest.FixtureRequest
) -> None:
    viewer: Viewer = request.getfixturevalue(name)
    client.force_login(viewer.user)
    for key in (ConversationEvent.objects.get(kind="started").pk, Rating.objects.get().pk):
        path = reverse("open_values", args=[talk.pk, key])
        wanted = 404 if name == "nils" else 403
        assert client.get(path, {"placeholder": "card 1"}).status_code == wanted
        assert client.post(path, {"placeholder": "card 1", "reason": REASON}).status_code == wanted


def test_another_policy_holds_at_the_next_rendering(lena: Viewer, adam: Viewer, talk: Conversation) -> None:
    region, params = REGIONS["conversation.transcript"], {"conversation": str(talk.pk)}
    assert "…1111" in region.render(lena, params, NOON)
    set_to(adam, card="masked")
    assert "…1111" not in region.render(lena, params, NOON)


def test_a_list_costs_the_same_statements_with_one_masked_subject_and_with_ten(
    lena: Viewer, talk: Conversation, noon: datetime
) -> None:
    lena.granted(Queue), lena.spans(Queue)  # read once a viewer
    wanted = Filter()
    with CaptureQueriesContext(connection) as few:
        listing(viewer=lena, wanted=wanted, at=NOON)
    for n in range(9):
        record(
            events=[started(20 + n, conversation_id=f"m-{n}", subject=SUBJECT), queued(40 + n, conversation_id=f"m-{n}"),
                    said(60 + n, CUSTOMER, f"card {CARD}", conversation_id=f"m-{n}")],
            source=SOURCE, at=NOON,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        found = listing(viewer=lena, wanted=wanted, at=NOON)
    assert len(found.rows) == 10
    assert len(many) == len(few)
