"""Who came back: a later conversation of a customer changes what is observed of the earlier ones."""

from __future__ import annotations

from typing import Any

import pytest

from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.services import record
from apps.metrics import services
from apps.metrics.models import Observation
from apps.shared.outbox import dispatch
from tests.interactions.events import ASHA, BO, CUSTOMER, SOURCE, assigned, said, started, status

pytestmark = pytest.mark.django_db
DAY = 86_400


def talk(name: str, seconds: float, by: dict[str, Any] = ASHA, **more: Any) -> list[CanonicalEvent]:
    """One conversation that is answered and resolved within a minute."""
    named = {"conversation_id": name}
    author = more.get("customer", CUSTOMER)
    return [
        started(seconds, **named, **more), said(seconds + 1, author, **named), assigned(seconds + 2, by, **named),
        said(seconds + 10, by, **named, message_id="r"), status(seconds + 60, "resolved", outcome="handled", **named),
    ]  # fmt: skip


def take_in(events: list[CanonicalEvent]) -> None:
    now = max(event.time for event in events)
    record(events=events, source=SOURCE, at=now)
    dispatch(at=now)
    services.recount_all(at=now)


def observed(name: str, measure: str) -> int | None:
    found = Observation.objects.filter(conversation_id=key(SOURCE, "conversation", name), measure=measure)
    return found.values_list("value", flat=True).first()


@pytest.mark.parametrize(("later", "value"), [(6 * DAY, 1), (8 * DAY, 0)])
def test_a_new_conversation_within_seven_days_is_a_repeat_contact_of_the_one_before(later: float, value: int) -> None:
    take_in(talk("first", 0))
    assert observed("first", "repeat_contact_rate") == 0
    take_in(talk("second", later))
    assert observed("first", "repeat_contact_rate") == value
    assert observed("second", "repeat_contact_rate") == 0


def test_what_an_ai_agent_contained_is_contained_no_more_when_the_customer_comes_back() -> None:
    take_in(talk("first", 0, BO))
    assert observed("first", "containment") == 1
    take_in(talk("second", DAY))
    assert observed("first", "containment") == 0


def test_a_conversation_that_we_began_is_no_contact_of_the_customer() -> None:
    take_in(talk("first", 0))
    take_in(talk("ours", DAY, direction="outbound"))
    assert observed("first", "repeat_contact_rate") == 0


def test_of_a_customer_who_is_not_known_nothing_is_said() -> None:
    take_in(talk("first", 0, BO, customer={"kind": "customer", "id": "v-1", "identity": "anonymous"}))
    assert observed("first", "repeat_contact_rate") is None
    assert observed("first", "containment") is None
