"""One conversation that Asha answered and Quentin shares a part of; Lena leads Asha, Nils leads elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.models import Conversation, Customer, Message
from apps.learning import services
from apps.learning.models import Exemplar
from apps.learning.services import Asked
from tests.conftest import person
from tests.console.floors import granted, on_shift
from tests.reviews.conftest import Floor, words
from tests.reviews.conftest import floor as floor

WHY = "She says sorry once and names the day."


@dataclass
class Shop:
    """The floor of reviews, a colleague, and somebody of another team."""

    floor: Floor
    customer: Customer
    ben: Viewer
    colleague: Agent
    zoe: Viewer
    nils: Viewer


def asked(floor: Floor, **changes: Any) -> Asked:
    """A whole conversation with its reasons."""
    values: dict[str, Any] = {"conversation": floor.talk.pk, "why": WHY, "topic": "Late parcels"}
    return Asked(**{**values, **changes})


def shared(shop: Shop, at: datetime, *, by: Viewer | None = None, is_open: bool = True, **changes: Any) -> Exemplar:
    """An example to which everybody agreed, unless it is to wait."""
    made = services.share(by=by or shop.floor.quentin, key=uuid4(), asked=asked(shop.floor, **changes), at=at)
    return services.answer(by=shop.floor.asha, pk=made.pk, is_given=True, at=at) if is_open else made


@pytest.fixture
def shop(floor: Floor, nils: Viewer, noon: datetime) -> Shop:
    customer = Customer.objects.create(id=uuid4(), source="shop", label="Customer ••0001")
    Conversation.objects.filter(pk=floor.talk.pk).update(customer_id=customer.pk)
    Message.objects.filter(pk=floor.said[0]).update(text="My card is [card 1]")
    ben, zoe = person("ben", "agent"), person("zoe", "agent")
    colleague, elsewhere = (
        on_shift("Ben Cole", floor.team, noon),
        on_shift("Zoe Young", Team.objects.create(name="Sales"), noon),
    )
    for agent, viewer in ((colleague, ben), (elsewhere, zoe)):
        agent.user = viewer.user
        agent.save()
    return Shop(floor, customer, ben, colleague, zoe, granted(nils, team=elsewhere.team))


def said_by(shop: Shop, agent: Agent, at: datetime) -> UUID:
    """One more message in the conversation."""
    return words(shop.floor.talk, at + timedelta(minutes=1), by=agent, text="And I send it today.")
