"""Opening masked values: who may, for how long, how often, and what is left behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access import audit, policy
from apps.access.models import AuditEntry, Disclosure
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.interactions import reading_role
from apps.interactions.disclosures import (
    LASTS,
    MOST_AN_HOUR,
    NeverOpened,
    ReasonTooShort,
    masked_messages,
    open_sealed,
)
from apps.interactions.models import Conversation, ConversationQuerySet, Message, Queue
from apps.interactions.services import open_partitions, record
from apps.shared.errors import NotAllowed, OutOfScope, Refusal, TooOften
from apps.shared.models import Outbox
from tests.console.floors import granted
from tests.interactions.events import ASHA, CUSTOMER, NOON, SOURCE, assigned, queued, said, started

pytestmark = pytest.mark.django_db
CARD, REASON = "4111 1111 1111 1111", "the bank asks which card"
TEXT = f"my card is {CARD}, password: hunter2x, write to anna.berg@example.test"


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def told(**people: Viewer) -> Message:
    """A conversation of the billing queue with one message that holds three values; Asha holds it."""
    open_partitions(first=NOON, last=NOON)
    record(
        events=[started(0), queued(1, queue_name="Billing chat"), assigned(2, ASHA), said(3, CUSTOMER, TEXT)],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    for viewer in people.values():
        granted(viewer, queue=Queue.objects.get())
    return Message.objects.get()


@pytest.fixture
def message(lena: Viewer, quentin: Viewer, asha: Viewer) -> Message:
    found = told(lena=lena, quentin=quentin)
    Agent.objects.filter(name="Asha Rao").update(user=asha.user)
    return found


def test_one_value_is_opened_with_a_reason_and_leaves_its_trace(lena: Viewer, asha: Viewer, message: Message) -> None:
    """P18. The agent whose conversation it was finds who and why."""
    (opened,) = open_sealed(by=lena, message=message, placeholder=("card", 1), reason=REASON, at=NOON)
    assert (opened.value, opened.until) == (CARD, NOON + LASTS)
    entry, disclosure = AuditEntry.objects.get(), Disclosure.objects.get()
    assert (entry.verb, entry.by, entry.about, entry.reason) == ("value.opened", lena.user, "card 1", REASON)
    assert (entry.conversation_id, entry.concerns) == (message.conversation_id, [asha.user.pk])
    assert (disclosure.kind, disclosure.number, disclosure.ends_at) == ("card", 1, NOON + timedelta(minutes=15))
    kept = repr(list(AuditEntry.objects.values())) + repr(list(Disclosure.objects.values()))
    assert CARD not in kept


def test_a_whole_message_opens_all_but_what_is_never_opened(lena: Viewer, message: Message) -> None:
    opened = open_sealed(by=lena, message=message, reason=REASON, at=NOON)
    assert {one.kind for one in opened} == {"card", "email"}
    with pytest.raises(NeverOpened):
        open_sealed(by=lena, message=message, placeholder=("password", 1), reason=REASON, at=NOON)
    assert AuditEntry.objects.get().about == "card 1, email 1"


@pytest.mark.parametrize("reason", ["", "short", "  spaces \n   ", "123456789"])
def test_nothing_is_opened_without_a_reason(lena: Viewer, message: Message, reason: str) -> None:
    """Case 28."""
    with pytest.raises(ReasonTooShort, match="10 characters"):
        open_sealed(by=lena, message=message, placeholder=("card", 1), reason=reason, at=NOON)
    assert not Disclosure.objects.exists()
    assert not AuditEntry.objects.exists()


def test_only_whom_the_matrix_gives_it_may_open_a_value(
    message: Message, asha: Viewer, olu: Viewer, adam: Viewer, mona: Viewer, quentin: Viewer, nils: Viewer
) -> None:
    """The row transcript.reveal_value: QA, lead and QA manager in their scope; the rest is refused."""
    for viewer in (asha, olu, adam):
        with pytest.raises(NotAllowed):
            open_sealed(by=viewer, message=message, reason=REASON, at=NOON)
    with pytest.raises(OutOfScope):
        open_sealed(by=nils, message=message, reason=REASON, at=NOON)
    assert not Disclosure.objects.exists()
    for viewer in (mona, quentin):
        assert open_sealed(by=viewer, message=message, reason=REASON, at=NOON)


def test_the_scope_guard_can_fail(message: Message, nils: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the queryset's guard and the database's open, somebody from elsewhere gets the value: they are what refuses."""
    monkeypatch.setattr(ConversationQuerySet, "visible_to", lambda self, viewer: self)
    with pytest.raises(OutOfScope):
        open_sealed(by=nils, message=message, reason=REASON, at=NOON)
    monkeypatch.setattr(reading_role, "is_there", lambda: False)
    assert open_sealed(by=nils, message=message, reason=REASON, at=NOON)


@pytest.mark.parametrize("placeholder", [("card", 2), ("iban", 1)])
def test_a_value_that_is_not_there_is_out_of_scope(
    lena: Viewer, message: Message, placeholder: tuple[str, int]
) -> None:
    with pytest.raises(OutOfScope):
        open_sealed(by=lena, message=message, placeholder=placeholder, reason=REASON, at=NOON)


def values_at(viewer: Viewer, message: Message, at: datetime) -> list[str]:
    (found,) = masked_messages(viewer=viewer, conversation_id=message.conversation_id, at=at)
    return [one.value for one in found.placeholders if one.value]


def test_a_value_masks_itself_after_a_quarter_of_an_hour(lena: Viewer, quentin: Viewer, message: Message) -> None:
    """Case 29. And nobody else sees what one person has opened."""
    assert values_at(lena, message, NOON) == []
    open_sealed(by=lena, message=message, placeholder=("card", 1), reason=REASON, at=NOON)
    assert values_at(lena, message, NOON + LASTS - timedelta(seconds=1)) == [CARD]
    assert values_at(quentin, message, NOON) == []
    assert values_at(lena, message, NOON + LASTS) == []


def used_up(viewer: Viewer, message: Message, times: int) -> None:
    for n in range(times):
        open_sealed(by=viewer, message=message, placeholder=("card", 1), reason=REASON, at=NOON + timedelta(minutes=n))


def test_the_21st_within_an_hour_is_refused_and_the_qa_manager_is_told(
    lena: Viewer, mona: Viewer, message: Message
) -> None:
    """Case 30."""
    used_up(lena, message, MOST_AN_HOUR)
    for _ in range(2):
        with pytest.raises(TooOften, match="40 min"):
            open_sealed(by=lena, message=message, reason=REASON, at=NOON + timedelta(minutes=20))
    assert Disclosure.objects.count() == MOST_AN_HOUR
    assert AuditEntry.objects.filter(verb="value.refused", by=lena.user).count() == 1
    assert [row.payload["user_id"] for row in Outbox.objects.filter(fact="OpeningsRefused")] == [lena.user.pk]
    # Another person has an hour of their own, and an hour later the first one is free again.
    assert open_sealed(by=mona, message=message, reason=REASON, at=NOON + timedelta(minutes=20))
    assert open_sealed(by=lena, message=message, reason=REASON, at=NOON + timedelta(minutes=60))


def test_what_cannot_be_recorded_is_not_shown(lena: Viewer, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 31: the audit's insert fails, so the opening fails, and no disclosure stays."""

    def broken(**_: Any) -> None:
        raise DatabaseError("locked")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(DatabaseError):
        open_sealed(by=lena, message=message, placeholder=("card", 1), reason=REASON, at=NOON)
    assert not Disclosure.objects.exists()


def test_a_locked_audit_refuses_the_opening(lena: Viewer, message: Message) -> None:
    """Case 31, by PostgreSQL: the table takes no row, so there is neither a value nor a disclosure."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE access_auditentry ADD CONSTRAINT locked CHECK (false) NOT VALID")
    with pytest.raises(DatabaseError), transaction.atomic():
        open_sealed(by=lena, message=message, placeholder=("card", 1), reason=REASON, at=NOON)
    assert not Disclosure.objects.exists()
    assert values_at(lena, message, NOON) == []


@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once_open_no_more_than_one(lena: Viewer) -> None:
    """Four threads with two openings left: two get through, two are refused."""
    message = told(lena=lena)
    used_up(lena, message, MOST_AN_HOUR - 2)

    def click(_: int) -> bool:
        try:
            open_sealed(by=viewer_for(lena.user), message=message, reason=REASON, at=NOON + timedelta(minutes=30))
        except TooOften:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [False, False, True, True]
    assert Disclosure.objects.count() == MOST_AN_HOUR


# The policy -----------------------------------------------------------------------------------------------------------


def test_the_policy_is_versioned_and_says_who_changed_what(adam: Viewer, lena: Viewer, message: Message) -> None:
    rules = {"lead": {**policy.default()["lead"], "email": "hidden", "card": "masked"}}
    with pytest.raises(NotAllowed):
        policy.change(by=lena, rules=rules, at=NOON)
    policy.change(by=adam, rules=rules, at=NOON)
    assert AuditEntry.objects.get().about == "lead card, lead email"
    with pytest.raises(NeverOpened):
        open_sealed(by=lena, message=message, placeholder=("email", 1), reason=REASON, at=NOON)
    (found,) = masked_messages(viewer=lena, conversation_id=message.conversation_id, at=NOON)
    assert {p.kind: p.hint for p in found.placeholders} == {"card": "", "email": "", "password": ""}
    policy.change(by=adam, rules=policy.default(), at=NOON)
    (found,) = masked_messages(viewer=lena, conversation_id=message.conversation_id, at=NOON)
    assert {p.kind: p.hint for p in found.placeholders} == {"card": "1111", "email": "", "password": ""}


@pytest.mark.parametrize(
    ("role", "kind", "level"),
    [("lead", "card", "shown"), ("ops", "name", "masked"), ("admin", "card", "partly"), ("lead", "shoe", "masked"),
     ("lead", "card", "everything"), ("nobody", "card", "masked")],
)  # fmt: skip
def test_the_policy_never_shows_more_than_may_be_shown(adam: Viewer, role: str, kind: str, level: str) -> None:
    with pytest.raises(Refusal):
        policy.change(by=adam, rules={role: {kind: level}}, at=NOON)


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ask(client: Client, message: Message) -> Callable[..., Any]:
    def asked(viewer: Viewer, **data: str) -> Any:
        client.force_login(viewer.user)
        key = message.conversation_id
        if not data:
            return client.get(reverse("masked_values", args=[key]))
        return client.post(reverse("open_values", args=[key, message.pk]), data)

    return asked


def test_the_part_opens_a_value_and_masks_it_again(ask: Callable[..., Any], lena: Viewer) -> None:
    """Cases 28, 29 and 30 as a browser meets them."""
    with time_machine.travel(datetime(2026, 11, 24, 12, 0, tzinfo=UTC), tick=False) as clock:
        assert CARD not in ask(lena).content.decode()
        short = ask(lena, placeholder="card 1", reason="short")
        assert (short.status_code, CARD in short.content.decode()) == (400, False)
        opened = ask(lena, placeholder="card 1", reason=REASON)
        assert opened.status_code == 200
        assert CARD in opened.content.decode()
        assert "load delay:901s" in opened.content.decode()
        assert "no-store" in opened["Cache-Control"]
        clock.shift(timedelta(minutes=14))
        assert CARD in ask(lena).content.decode()
        clock.shift(timedelta(minutes=1))
        assert CARD not in ask(lena).content.decode()
        for _ in range(MOST_AN_HOUR - 1):
            assert ask(lena, placeholder="card 1", reason=REASON).status_code == 200
        assert ask(lena, placeholder="email 1", reason=REASON).status_code == 429
        assert ask(lena, placeholder="password 1", reason=REASON).status_code == 400


@pytest.mark.parametrize("placeholder", ["card 2", "card", "x" * 200, "card 99999", "card 1; drop"])
def test_a_placeholder_that_is_not_there_is_404(ask: Callable[..., Any], lena: Viewer, placeholder: str) -> None:
    assert ask(lena, placeholder=placeholder, reason=REASON).status_code == 404


def test_a_message_of_another_conversation_is_404(client: Client, lena: Viewer, mona: Viewer, message: Message) -> None:
    """Case 1: the key of the message and of the conversation must belong together."""
    record(
        events=[started(5, conversation_id="k-2"), said(6, CUSTOMER, TEXT, conversation_id="k-2")],
        source=SOURCE,
        at=NOON,
    )
    other = Conversation.objects.exclude(pk=message.conversation_id).get()
    client.force_login(mona.user)
    path = reverse("open_values", args=[other.pk, message.pk])
    assert client.post(path, {"placeholder": "card 1", "reason": REASON}).status_code == 404


def test_a_message_with_markup_in_it_is_text(client: Client, lena: Viewer) -> None:
    """Case 43: an opened value is escaped like everything a customer wrote."""
    told(lena=lena)
    record(
        events=[said(9, CUSTOMER, "password is fine, mail <b>x</b>@example.test; [card 1]<script>")],
        source=SOURCE,
        at=NOON,
    )
    message = Message.objects.get(text__contains="[quoted 1]")
    client.force_login(lena.user)
    page = client.post(reverse("open_values", args=[message.conversation_id, message.pk]), {"reason": REASON})
    assert b"<script>" not in page.content


def test_the_part_costs_the_same_statements_for_one_message_and_for_ten(lena: Viewer, message: Message) -> None:
    lena.granted(Queue), lena.spans(Queue)  # read once a viewer
    reading_role.is_there()
    with CaptureQueriesContext(connection) as few:
        masked_messages(viewer=lena, conversation_id=message.conversation_id, at=NOON)
    record(events=[said(20 + n, CUSTOMER, TEXT) for n in range(9)], source=SOURCE, at=NOON)
    with CaptureQueriesContext(connection) as many:
        found = masked_messages(viewer=lena, conversation_id=message.conversation_id, at=NOON)
    assert (len(found), len(many)) == (10, len(few))
