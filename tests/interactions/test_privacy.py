"""What customers and courts may ask for: two admins, holds, erasure everywhere, one copy; and what retention lets go."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from apps.access import retention
from apps.access.models import AuditEntry, User
from apps.access.roles import Role
from apps.access.sealed import open_value
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.analysis import services as analysis
from apps.analysis.models import Mood, Reading
from apps.connectors import services as connectors
from apps.connectors import wiping
from apps.connectors.models import Delivery, Wipe
from apps.interactions import customers, erasure, requests, services
from apps.interactions.forgetting import forget
from apps.interactions.models import (
    Conversation,
    ConversationEvent,
    Customer,
    CustomerRequest,
    CustomerValue,
    Hold,
    Message,
    MessageChange,
    Rating,
    SealedValue,
)
from apps.interactions.requests import AskedAlready, Gone, IsHeld
from apps.interactions.rights import RequestKind
from apps.metrics import exporting
from apps.metrics import services as metrics
from apps.metrics.behind import Question
from apps.metrics.models import AgentPoint, Observation, QueuePoint
from apps.metrics.queries import Scope
from apps.shared import outbox
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from tests.conftest import person
from tests.contracts.tables import every_row

pytestmark = pytest.mark.django_db
GRETA = {"kind": "customer", "id": "c-1", "identity": "known", "name": "Greta Lindqvist", "email": "greta@example.test",
         "phone": "+44 20 7946 0958"}  # fmt: skip
OTTO = {"kind": "customer", "id": "c-2", "identity": "known", "name": "Otto Brandvold", "email": "otto@example.test"}
ASHA = {"kind": "agent", "id": "asha", "name": "Asha Rao"}
CARD, OTHER_CARD = "4111 1111 1111 1111", "5500 0000 0000 0004"
# Everything that says who Greta is, and words that only she said.
HERS = ("Greta", "Lindqvist", "greta@example.test", "7946 0958", CARD, "purple kettle")
REASON = "The customer wrote on paper"


@pytest.fixture
def eve(db: None) -> Viewer:
    """The second admin."""
    return person("eve", Role.ADMIN)


@pytest.fixture
def floor(noon: datetime) -> datetime:
    """Greta and Otto each wrote, were answered and rated; Greta said more than once who she is."""
    connectors.create_source(by=None, slug="shop", name="Shop", kind="api", at=noon)
    for n, (who, talk, words) in enumerate(
        ((GRETA, "k-1", "purple kettle"), (GRETA, "k-2", "purple kettle again"), (OTTO, "k-3", "green lamp"))
    ):
        send(talked(who, talk, words, noon - timedelta(minutes=30 - n)), noon)
    while connectors.absorb(at=noon):
        continue
    settle(noon)
    return noon


def event(kind: str, at: datetime, /, **data: Any) -> dict[str, Any]:
    name = f"{kind}:{data.get('conversation_id')}:{data.get('message_id')}:{at.isoformat()}"
    return {"specversion": "1.0", "id": name, "source": "/connections/shop", "type": f"midshift.{kind}.v1",
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": data}  # fmt: skip


def talked(who: dict[str, Any], talk: str, words: str, at: datetime) -> list[dict[str, Any]]:
    name, about = who["name"], {"conversation_id": talk}
    return [
        event("conversation.started", at, **about, channel="webchat", direction="inbound", customer=who, subject=f"{name}: {words}",
              queue="billing", queue_name="Billing", tags=[words]),
        event("message.created", at + timedelta(seconds=5), **about, message_id=f"{talk}-1", author=who, visibility="public",
              text=f"I am {name}, the {words} is broken and terrible. Card {CARD if who is GRETA else OTHER_CARD}", attachments=[{"media_type": "image/png", "name": f"{name}.png"}]),
        event("conversation.assigned", at + timedelta(seconds=10), **about, to=ASHA, reason="handoff",
              handoff={"from_kind": "bot", "trigger": "policy", "summary": f"{name} and the {words}"}),
        event("message.created", at + timedelta(seconds=20), **about, message_id=f"{talk}-2", author=ASHA, visibility="public",
              text=f"Dear {name}, I see the {words}"),
        event("bot.turn", at + timedelta(seconds=6), **about, turn_id=f"{talk}-t", bot={"kind": "bot", "id": "bo", "name": "Bo"},
              intent="complaint", sources=[words], action=f"greet {name}"),
        event("rating.received", at + timedelta(seconds=40), **about, rating_id=f"{talk}-r", score=2, min=1, max=5, comment=f"{name} about {words}"),
        event("analysis.reported", at + timedelta(seconds=41), **about, analysis_id=f"{talk}-a", kind="summary", text=f"{name}: {words}"),
        event("customer.updated", at + timedelta(seconds=42), customer=who, attributes={"note": f"{name} likes the {words}"}),
        event("conversation.status_changed", at + timedelta(seconds=50), **about, to="resolved", by=ASHA, outcome="handled"),
    ]  # fmt: skip


def send(events: Any, at: datetime) -> None:
    from apps.connectors.models import Source

    connectors.admit(source=Source.objects.get(slug="shop"), body=json.dumps(events).encode(), at=at)


def settle(at: datetime) -> None:
    """What workers do until nothing is left to do, in their order; each round tells more than the last one."""
    while (
        connectors.absorb(at=at)
        or outbox.dispatch(at=at)
        or metrics.recount(at=at)
        or metrics.count_hours(at=at, changed_by=at)
        or analysis.read(at=at)
        or connectors.wipe(at=at)
    ):
        continue


def bodies() -> str:
    """Every kept body in the open."""
    rows = Delivery.objects.select_related("source")
    return " ".join(open_value(bytes(one.body), context=one.source.slug.encode()).decode() for one in rows)


def sealed_words() -> str:
    """Everything that lies sealed beside rows, in the open."""
    told = [open_value(bytes(v.sealed), context=v.message_id.bytes).decode() for v in SealedValue.objects.all()]
    told += [open_value(bytes(v.sealed), context=v.customer_id.bytes).decode() for v in CustomerValue.objects.all()]
    told += [open_value(bytes(v.sealed), context=v.message_id.bytes).decode()
             for v in MessageChange.objects.exclude(sealed=None)]  # fmt: skip
    return " ".join(told)


def found_of_hers() -> set[str]:
    """Where something of Greta's is: plain in tables, sealed beside them, or in bodies."""
    plain = every_row()
    places = {name: " ".join(rows) for name, rows in plain.items()} | {"sealed": sealed_words(), "bodies": bodies()}
    return {place for place, text in places.items() if any(word in text for word in HERS)}


def greta() -> UUID:
    return Conversation.objects.get(external_id="k-1").customer_id or UUID(int=0)


# What was read of a person's words is theirs: counted again, it is no longer in these.
READ = ("sentiment", "turned_negative_rate", "analysed_coverage")


def numbers(but: tuple[str, ...] = ()) -> list[Any]:
    """Everything that is counted."""
    told: list[Any] = []
    for model in (QueuePoint, AgentPoint, Observation):
        left_out = {"counted_at"}
        names = [f.attname for f in model._meta.concrete_fields if f.attname not in left_out]
        told += sorted(map(str, model._default_manager.exclude(measure__in=but).values_list(*names)))
    return told


def erased(adam: Viewer, eve: Viewer, at: datetime) -> CustomerRequest:
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.ERASE, reason=REASON, at=at)
    return services.confirm(by=eve, pk=asked.pk, at=at)


def test_one_customer_is_erased_everywhere_and_numbers_stay(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    """P29. Names, known values, sealed values, readings, words in every table, and raw deliveries; Otto's stay."""
    assert {"sealed", "bodies", "interactions_message", "interactions_conversation"} <= found_of_hers()
    talks = list(Conversation.objects.filter(customer_id=greta()).values_list("pk", flat=True))
    before, who = numbers(), greta()
    assert Reading.objects.filter(conversation_id__in=talks).exists()
    request = erased(adam, eve, floor)
    settle(floor)
    assert found_of_hers() == set()
    assert not Customer.objects.filter(pk=who).exists()
    assert not CustomerValue.objects.filter(customer_id=who).exists()
    assert not Reading.objects.filter(conversation_id__in=talks).exists()
    assert not Mood.objects.filter(conversation_id__in=talks).exists()
    assert str(who) not in " ".join(
        " ".join(rows)
        for name, rows in every_row().items()
        if name not in {"access_auditentry", "interactions_customerrequest", "shared_outbox"}
    )
    assert numbers() == before
    request.refresh_from_db()
    assert request.done_at is not None
    assert Message.objects.filter(conversation_id__in=talks).count() == 4
    assert "Otto" in sealed_words()
    assert "green lamp" in bodies()
    assert Message.objects.filter(text__contains="green lamp").count() == 2


def test_counting_everything_again_after_an_erasure_gives_the_same_numbers(
    adam: Viewer, eve: Viewer, floor: datetime
) -> None:
    """Two conversations of one person keep being two of one person: repeat contacts are counted from that."""
    before = numbers(but=READ)
    hers = Conversation.objects.filter(customer_id=greta()).values_list("pk", flat=True)
    assert Observation.objects.filter(conversation_id__in=list(hers), measure="analysed_coverage", value=1).exists()
    erased(adam, eve, floor)
    settle(floor)
    metrics.mark_everything(at=floor)
    settle(floor)
    assert numbers(but=READ) == before
    read = Observation.objects.filter(measure__in=READ, conversation_id__in=list(hers))
    assert {(one.measure, one.value) for one in read} == {("analysed_coverage", 0)}


def test_without_the_erasure_of_one_table_the_test_finds_it(
    adam: Viewer, eve: Viewer, floor: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check can fail: each statement that is left out leaves something behind."""
    whole = erasure._STATEMENTS
    for left_out in whole:
        with transaction.atomic():
            monkeypatch.setattr(erasure, "_STATEMENTS", tuple(one for one in whole if one != left_out))
            who = greta()
            erasure.erase(customer=who, source="shop", at=floor)
            left = found_of_hers() - {"bodies"}
            is_left = (
                bool(left)
                or Customer.objects.filter(pk=who).exists()
                or Conversation.objects.filter(customer_id=who).exists()
            )
            # A row of a table in which nothing of hers stood, or that another statement covers, leaves nothing.
            assert (
                is_left
                or "sealedvalue" in left_out
                or "actionresult" in left_out
                or "messagechange" in left_out
                or "handoff SET" in left_out
                or "message_id = %" in left_out
            ), left_out
            transaction.set_rollback(True)


def test_raw_deliveries_keep_what_is_hers_without_the_wipe(
    adam: Viewer, eve: Viewer, floor: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wipe is what reaches bodies: without it they stay, and so does the request."""
    monkeypatch.setattr(wiping.Going, "event", lambda self, event: event)
    erased(adam, eve, floor)
    settle(floor)
    assert found_of_hers() == {"bodies"}


def test_what_waits_to_be_recorded_is_erased_too(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    """A delivery that came before the erasure and is recorded after it brings nothing back."""
    late = [event("message.created", floor - timedelta(minutes=5), conversation_id="k-1", message_id="k-1-9", author=GRETA,
                  visibility="public", text=f"I am Greta and the purple kettle. {CARD}")]  # fmt: skip
    send(late, floor)
    erased(adam, eve, floor)
    outbox.dispatch(at=floor)
    connectors.absorb(at=floor)
    settle(floor)
    assert found_of_hers() == set()
    assert not Delivery.objects.filter(state="waiting").exists()


def test_an_unreadable_body_of_that_source_is_emptied(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    from apps.connectors.models import Source

    admission = connectors.Admission(Source.objects.get().pk, "shop", b"{Greta Lindqvist", floor)
    connectors.rules.keep_unreadable(admission, why="not JSON")
    erased(adam, eve, floor)
    settle(floor)
    assert found_of_hers() == set()
    assert Delivery.objects.get(accepted=[], state="failed").error == wiping.EMPTIED


def test_a_kept_body_can_be_read_again_after_an_erasure(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    erased(adam, eve, floor)
    settle(floor)
    before = Conversation.objects.count()
    Delivery.objects.filter(state="absorbed").exclude(accepted=[]).update(state="waiting", taken_at=None)
    settle(floor)
    assert not Delivery.objects.filter(state="failed").exists()
    assert Conversation.objects.count() == before
    assert found_of_hers() == set()


def test_erasing_again_changes_nothing(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    """After a backup was restored, erasures are carried out again."""
    request = erased(adam, eve, floor)
    settle(floor)
    rows = every_row()
    erasure.erase(customer=request.customer_id, source="shop", at=floor)
    assert every_row() == rows


def test_a_restored_backup_is_erased_again(floor: datetime, tmp_path: Path) -> None:
    """Case 41. The list that was printed before names keys, and reaches what the backup brought back."""
    listed = tmp_path / "erased"
    listed.write_text(f"shop {greta()}\n")
    call_command("erase_again", str(listed))
    assert found_of_hers() == set()
    assert "green lamp" in bodies()
    call_command("erase_again", str(listed))
    listed.write_text("shop Greta\n")
    with pytest.raises(CommandError, match="not a source and a key"):
        call_command("erase_again", str(listed))


def test_every_erasure_is_on_the_list(
    adam: Viewer, eve: Viewer, floor: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    who = greta()
    erased(adam, eve, floor)
    settle(floor)
    call_command("erase_again")
    assert capsys.readouterr().out == f"shop {who}\n"


def test_nobody_confirms_their_own_request(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    """The row retention.erase: a second admin confirms. The database says so too."""
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.ERASE, reason=REASON, at=floor)
    with pytest.raises(NotAllowed, match="Another admin"):
        services.confirm(by=adam, pk=asked.pk, at=floor)
    with pytest.raises(IntegrityError, match="request_needs_two_admins"), transaction.atomic():
        CustomerRequest.objects.filter(pk=asked.pk).update(confirmed_by=adam.user, confirmed_at=floor)
    settle(floor)
    assert "bodies" in found_of_hers()
    services.confirm(by=eve, pk=asked.pk, at=floor)
    with pytest.raises(Refusal, match="decided already"):
        services.confirm(by=eve, pk=asked.pk, at=floor)


@pytest.mark.parametrize("name", ["lena", "mona", "olu", "quentin", "asha"])
def test_nobody_but_an_admin_asks_confirms_holds_or_looks(
    name: str, adam: Viewer, floor: datetime, request: pytest.FixtureRequest
) -> None:
    who: Viewer = request.getfixturevalue(name)
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.COPY, reason=REASON, at=floor)
    tries: list[Callable[[], object]] = [
        lambda: services.ask(by=who, customer=greta(), kind=RequestKind.ERASE, reason=REASON, at=floor),
        lambda: services.confirm(by=who, pk=asked.pk, at=floor),
        lambda: services.withdraw(by=who, pk=asked.pk, at=floor),
        lambda: services.hold(by=who, customer=greta(), reason=REASON, at=floor),
        lambda: services.lift(by=who, customer=greta(), at=floor),
        lambda: services.take_copy(by=who, pk=asked.pk, at=floor),
        lambda: customers.find(viewer=who, way="email", value="greta@example.test", source="", at=floor),
        lambda: retention.change(by=who, days=retention.current(), based_on=0, at=floor),
    ]
    for attempt in tries:
        with pytest.raises(NotAllowed):
            attempt()


def test_a_hold_stops_an_erasure_also_one_that_was_asked_before(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.ERASE, reason=REASON, at=floor)
    services.hold(by=eve, customer=greta(), reason="A court asks for it", at=floor)
    with pytest.raises(IsHeld):
        services.confirm(by=eve, pk=asked.pk, at=floor)
    settle(floor)
    assert "interactions_message" in found_of_hers()
    services.lift(by=adam, customer=greta(), at=floor)
    services.confirm(by=eve, pk=asked.pk, at=floor)
    settle(floor)
    assert found_of_hers() == set()


def test_the_same_is_asked_once_and_may_be_withdrawn(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.ERASE, reason=REASON, at=floor)
    with pytest.raises(AskedAlready):
        services.ask(by=eve, customer=greta(), kind=RequestKind.ERASE, reason=REASON, at=floor)
    services.withdraw(by=eve, pk=asked.pk, at=floor)
    with pytest.raises(Refusal, match="decided"):
        services.confirm(by=eve, pk=asked.pk, at=floor)
    with pytest.raises(Refusal, match="10 characters"):
        services.ask(by=adam, customer=greta(), kind=RequestKind.ERASE, reason="because", at=floor)
    with pytest.raises(OutOfScope):
        services.ask(by=adam, customer=UUID(int=1), kind=RequestKind.ERASE, reason=REASON, at=floor)


def test_everything_is_in_the_audit_and_nothing_of_the_customer_is(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    customers.find(viewer=adam, way="email", value="greta@example.test", source="", at=floor)
    asked = services.ask(
        by=adam, customer=greta(), kind=RequestKind.COPY, reason="greta@example.test wants a copy", at=floor
    )
    services.confirm(by=eve, pk=asked.pk, at=floor)
    services.take_copy(by=adam, pk=asked.pk, at=floor)
    services.hold(by=adam, customer=greta(), reason="A court asks for it", at=floor)
    services.lift(by=adam, customer=greta(), at=floor)
    erased(adam, eve, floor)
    settle(floor)
    verbs = list(AuditEntry.objects.exclude(verb="source.made").order_by("pk").values_list("verb", "by__username"))
    assert verbs == [
        ("customer.sought", "adam"), ("copy.asked", "adam"), ("request.confirmed", "eve"), ("customer.copied", "adam"),
        ("hold.placed", "adam"), ("hold.lifted", "adam"), ("erasure.asked", "adam"), ("request.confirmed", "eve"),
        ("customer.erased", "eve"),
    ]  # fmt: skip
    kept = " ".join(str(value) for row in AuditEntry.objects.values() for value in row.values())
    assert "[email 1] wants a copy" in kept
    assert not any(word in kept for word in HERS)


def test_a_copy_holds_the_customers_own_words_once_for_whoever_asked(
    adam: Viewer, eve: Viewer, asha: Viewer, floor: datetime
) -> None:
    """Case 24: twice, by another, or after the hour there is nothing."""
    Agent.objects.filter(name="Asha Rao").update(user=User.objects.get(pk=asha.user.pk))
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.COPY, reason=REASON, at=floor)
    with pytest.raises(Refusal, match="confirm"):
        services.take_copy(by=adam, pk=asked.pk, at=floor)
    services.confirm(by=eve, pk=asked.pk, at=floor)
    with pytest.raises(OutOfScope):
        services.take_copy(by=eve, pk=asked.pk, at=floor)
    with pytest.raises(Gone):
        services.take_copy(by=adam, pk=asked.pk, at=floor + requests.COPY_LASTS + timedelta(seconds=1))
    copy = services.take_copy(by=adam, pk=asked.pk, at=floor)
    text = json.dumps(copy, ensure_ascii=False)
    assert all(word in text for word in HERS)
    assert "Otto" not in text
    assert len(copy["conversations"]) == 2
    assert {one["kind"] for one in copy["known_by"]} == {"name", "email", "phone"}
    with pytest.raises(Gone):
        services.take_copy(by=adam, pk=asked.pk, at=floor)
    assert AuditEntry.objects.get(verb="customer.copied").concerns == [asha.user.pk]


def test_a_copy_costs_the_same_statements_however_much_there_is(
    adam: Viewer, floor: datetime, django_assert_num_queries: Any
) -> None:
    from apps.interactions.copies import copy_of

    with django_assert_num_queries(8):
        copy_of(customer=greta(), at=floor)
    with django_assert_num_queries(8):
        copy_of(customer=Conversation.objects.get(external_id="k-3").customer_id, at=floor)


def test_passwords_stay_masked_in_a_copy(adam: Viewer, eve: Viewer, floor: datetime) -> None:
    send([event("message.created", floor, conversation_id="k-1", message_id="k-1-7", author=GRETA, visibility="public",
                text="my password is hunter2x, and a note"),
          event("message.created", floor, conversation_id="k-1", message_id="k-1-8", author=ASHA, visibility="private",
                text="she is difficult")], floor)  # fmt: skip
    settle(floor)
    asked = services.ask(by=adam, customer=greta(), kind=RequestKind.COPY, reason=REASON, at=floor)
    services.confirm(by=eve, pk=asked.pk, at=floor)
    text = json.dumps(services.take_copy(by=adam, pk=asked.pk, at=floor))
    assert "[password 1]" in text
    assert "hunter2x" not in text
    assert "difficult" not in text


@pytest.mark.parametrize(("way", "value"), [
    ("email", "greta@example.test"), ("email", " Greta@Example.test "), ("name", "Greta Lindqvist"), ("phone", "+44 20 7946 0958"),
    ("id", "c-1"), ("conversation", "k-2"),
])  # fmt: skip
def test_a_customer_is_found_by_what_they_say_of_themselves(
    way: str, value: str, adam: Viewer, floor: datetime
) -> None:
    (found,) = customers.find(viewer=adam, way=way, value=value, source="shop", at=floor)
    assert (found.key, found.conversations, found.values) == (greta(), 2, 3)
    assert not any(word in repr(found) for word in HERS)


def test_nobody_is_found_by_a_part_of_a_value(adam: Viewer, floor: datetime) -> None:
    for way, value in (("email", "greta"), ("name", "Greta"), ("id", "c-9"), ("else", "c-1")):
        assert customers.find(viewer=adam, way=way, value=value, source="shop", at=floor) == []


# Redactions


def test_what_a_source_takes_back_leaves_raw_deliveries_too(floor: datetime) -> None:
    """A redaction reaches the kept body, and nothing else in it."""
    assert "the purple kettle is broken" in bodies()
    send([event("message.updated", floor, conversation_id="k-1", message_id="k-1-1", change="redacted")], floor)
    settle(floor)
    text = bodies()
    assert "the purple kettle is broken" not in text
    assert "the purple kettle again is broken" in text
    assert "Dear Greta Lindqvist, I see the purple kettle" in text
    assert not Wipe.objects.exists()
    before = every_row(
        but=frozenset({"connectors_delivery", "shared_outbox", "shared_handled", "metrics_mark", "alerts_due"})
    )
    Delivery.objects.update(state="waiting", taken_at=None)
    settle(floor)
    assert not Delivery.objects.filter(state="failed").exists()
    after = every_row(
        but=frozenset({"connectors_delivery", "shared_outbox", "shared_handled", "metrics_mark", "alerts_due"})
    )
    assert {name for name in before if before[name] != after[name]} <= {
        "shared_pulse",
        "metrics_queuepoint",
        "metrics_agentpoint",
        "analysis_reading",
    }


def test_a_message_that_comes_after_its_redaction_leaves_no_words_in_its_body(floor: datetime) -> None:
    send([event("message.updated", floor, conversation_id="k-1", message_id="late", change="redacted")], floor)
    settle(floor)
    send(
        [
            event(
                "message.created",
                floor,
                conversation_id="k-1",
                message_id="late",
                author=GRETA,
                visibility="public",
                text="orange boots",
            )
        ],
        floor,
    )
    settle(floor)
    assert "orange boots" not in bodies()
    assert Message.objects.filter(text__contains="orange").count() == 0


def test_a_body_is_not_taken_apart_where_it_does_not_speak_of_the_conversation(
    floor: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redaction is frequent, so a body is opened for it and read only where its conversation is named."""
    read: list[object] = []
    split = wiping.split
    monkeypatch.setattr(wiping, "split", lambda body: (read.append(body), split(body))[1])
    send([event("message.updated", floor, conversation_id="k-1", message_id="k-1-1", change="redacted")], floor)
    settle(floor)
    assert len(read) == 2


@pytest.mark.parametrize("written", ["\\u006b-1", "k\\u002d1"])
def test_a_name_that_is_written_as_an_escape_is_found_all_the_same(written: str, floor: datetime) -> None:
    created = event(
        "message.created",
        floor,
        conversation_id="k-1",
        message_id="esc",
        author=GRETA,
        visibility="public",
        text="orange boots",
    )
    from apps.connectors.models import Source

    body = json.dumps(created).replace('"conversation_id": "k-1"', f'"conversation_id": "{written}"').encode()
    connectors.admit(source=Source.objects.get(), body=body, at=floor)
    settle(floor)
    send([event("message.updated", floor, conversation_id="k-1", message_id="esc", change="deleted")], floor)
    settle(floor)
    assert "orange boots" not in bodies()


# Retention


def days(**other: int) -> dict[str, int]:
    return {**retention.current(), **other}


def test_sealed_originals_go_before_masked_text(adam: Viewer, floor: datetime) -> None:
    """The masks stay, and what is learnt of the customer later is still taken out of the words between them."""
    text = Message.objects.get(text__contains="purple kettle is").text
    assert "[card 1]" in text
    retention.change(by=adam, days=days(originals=10, deliveries=7), based_on=0, at=floor)
    forget(at=floor + timedelta(days=9))
    assert SealedValue.objects.exists()
    forget(at=floor + timedelta(days=11))
    assert not SealedValue.objects.filter(message_id__in=Message.objects.values("pk")).exists()
    assert Message.objects.get(text__contains="purple kettle is").text == text


def test_a_text_whose_originals_are_gone_is_still_masked_again(floor: datetime, adam: Viewer) -> None:
    nobody = {"kind": "customer", "id": "c-7", "identity": "known"}
    send([event("conversation.started", floor, conversation_id="k-7", channel="webchat", direction="inbound", customer=nobody),
          event("message.created", floor, conversation_id="k-7", message_id="m", author=nobody, visibility="public",
                text=f"Card {CARD} of Tshepo, and [card 9] she wrote")], floor)  # fmt: skip
    settle(floor)
    SealedValue.objects.all().delete()
    assert Message.objects.get(text__contains="Tshepo").text == "Card [card 1] of Tshepo, and [quoted 1] she wrote"
    send([event("message.created", floor, conversation_id="k-7", message_id="n", author={**nobody, "name": "Tshepo"}, visibility="public",
                text="It is me")], floor)  # fmt: skip
    settle(floor)
    message = Message.objects.get(text__startswith="Card")
    assert message.text == "Card [card 1] of [name 1], and [quoted 1] she wrote"
    assert [(v.kind, v.number) for v in SealedValue.objects.filter(message_id=message.pk)] == [("name", 1)]


def test_a_mark_whose_value_is_gone_leads_nowhere(floor: datetime, mona: Viewer) -> None:
    from apps.interactions import showing

    message = Message.objects.get(text__contains="purple kettle is")
    asked = [showing.Text(message.text, message.pk, message.conversation_id)]

    def links() -> list[str]:
        (text,) = showing.shown(viewer=mona, texts=asked, is_counted=False, is_openable=True)
        return [chip.href for chip in text.pieces if not isinstance(chip, str) and chip.href]

    assert links()
    SealedValue.objects.all().delete()
    assert links() == []


def test_partitions_past_their_days_go_and_what_is_held_stays(adam: Viewer, floor: datetime) -> None:
    services.hold(by=adam, customer=greta(), reason="A court asks for it", at=floor)
    otto = Conversation.objects.get(external_id="k-3")
    at = floor + timedelta(days=401)
    forget(at=at)
    forget(at=at)
    assert Message.objects.filter(conversation_id=otto.pk).count() == 0
    assert ConversationEvent.objects.filter(conversation_id=otto.pk).count() == 0
    assert Message.objects.count() == 4
    assert "Greta" in sealed_words()
    assert "Otto" not in sealed_words()
    assert Rating.objects.exclude(comment="").count() == 2
    assert list(Customer.objects.values_list("pk", flat=True)) == [greta()]
    Hold.objects.update(lifted_at=at, lifted_by=adam.user)
    forget(at=at)
    assert Message.objects.count() == 0
    assert ConversationEvent.objects.count() == 0
    assert not Rating.objects.exclude(comment="").exists()
    assert not Customer.objects.exists()
    assert sealed_words() == ""
    assert Observation.objects.exists()


def test_without_the_hold_everything_goes(floor: datetime) -> None:
    """The hold is what keeps it: the test above can fail."""
    forget(at=floor + timedelta(days=401))
    assert Message.objects.count() == 0
    assert sealed_words() == ""


def test_raw_deliveries_go_with_their_days(adam: Viewer, floor: datetime) -> None:
    retention.change(by=adam, days=days(deliveries=2), based_on=0, at=floor)
    connectors.purge(at=floor + timedelta(days=1))
    assert Delivery.objects.count() == 3
    connectors.purge(at=floor + timedelta(days=3))
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(("other", "said"), [
    ({"originals": 500}, "outlive"), ({"deliveries": 91}, "outlive"), ({"messages": 0}, "number of days"),
    ({"events": 3651}, "number of days"), ({"samples": -1}, "number of days"),
])  # fmt: skip
def test_what_holds_more_of_a_customer_does_not_outlive_what_holds_less(
    other: dict[str, int], said: str, adam: Viewer, noon: datetime
) -> None:
    with pytest.raises(retention.RetentionRefused, match=said):
        retention.change(by=adam, days=days(**other), based_on=0, at=noon)


def test_two_admins_do_not_write_over_each_other(adam: Viewer, eve: Viewer, noon: datetime) -> None:
    retention.change(by=adam, days=days(samples=30), based_on=0, at=noon)
    with pytest.raises(retention.RetentionChanged):
        retention.change(by=eve, days=days(samples=90), based_on=0, at=noon)
    assert retention.current()["samples"] == 30
    assert AuditEntry.objects.get(verb="retention.changed").about == "samples 60 to 30 days"


def test_settings_that_contradict_each_other_keep_the_shorter_time(settings: Any, db: None) -> None:
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "messages": 30}
    assert (retention.current()["originals"], retention.current()["messages"]) == (30, 30)


def test_a_file_that_is_being_read_lacks_who_is_erased_meanwhile(
    adam: Viewer, eve: Viewer, mona: Viewer, floor: datetime
) -> None:
    """Case 40: rows are named as they are read, so what was settled before an erasure holds nobody's name after it."""
    asked = Question(key="first_reply_time", scope=Scope(), window="today")
    before = exporting.export(by=mona, question=asked, at=floor)
    assert sum("purple kettle" in "".join(exporting.cells(row)) for row in before) == 2
    rows = exporting.export(by=mona, question=asked, at=floor)
    erased(adam, eve, floor)
    settle(floor)
    told = ["".join(exporting.cells(row)) for row in rows]
    assert len(told) == 3
    assert not [text for text in told if any(word in text for word in HERS)]
    assert sum("green lamp" in text for text in told) == 1
