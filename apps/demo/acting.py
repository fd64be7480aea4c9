"""What leads of the shop did lately, so that every face of an action is seen: running, over, taken back, judged, too early."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.coaching import services as coaching
from apps.coaching.services import NoteRefused
from apps.interactions.keys import key
from apps.interactions.models import Conversation, Message
from apps.routing import queries as routes
from apps.routing import services as routing
from apps.routing.services import DiversionRefused
from apps.shared.errors import Refusal
from apps.tuning import services as tuning

MINUTE = timedelta(minutes=1)
SPACE = UUID("6f1d8a52-6f0c-4a57-9d8e-9a5a5b1c7a10")


def act(*, at: datetime, on: str) -> int:
    """Do it all once a day of the shop (`on`); return how much was done. What the floor does not allow just now is left out."""
    lena, nils = (viewer_for(User.objects.get(username=name)) for name in ("lena", "nils"))

    def named(name: str) -> UUID:
        return uuid5(SPACE, f"{on}:{name}")

    def queue(slug: str) -> UUID:
        return key("nordwind", "queue", slug)

    def divert(by: Viewer, name: str, kind: str, slug: str, ago: int, minutes: int, intent: str = "") -> Any:
        return routing.divert(
            by=by, key=named(name), kind=kind, queue=queue(slug), minutes=minutes, intent=intent, at=at - ago * MINUTE
        )

    def mistake() -> None:
        one = divert(lena, "mistake", "to_ai", "sales-chat", 80, 30)
        routing.take_back(by=lena, pk=one.pk, at=at - 80 * MINUTE + timedelta(seconds=6))

    def bring() -> None:
        to, left = queue("billing-chat"), queue("whatsapp")
        plan = routes.plan(viewer=lena, to=to, queue=left, people=None, at=at)
        chosen = [one.person.key for one in plan.people if one.is_chosen] or [one.person.key for one in plan.people[:1]]
        routing.move(
            by=lena, key=named("bring"), queue=left, to_queue=to, people=chosen, minutes=60, at=at - 4 * MINUTE
        )

    def note(slug: str, ago: int, text: str, answer: str = "") -> None:
        agent = Agent.objects.get(pk=key("nordwind", "agent", slug))
        talk = (
            Conversation.objects.filter(participation__agent=agent, customer_messages__gt=0)
            .order_by("-started_at")
            .first()
        )
        said = (
            None
            if talk is None
            else Message.objects.filter(conversation_id=talk.pk, author_kind="customer", is_private=False).first()
        )
        sent = coaching.send(
            by=lena, agent=agent.pk, key=named(f"note {slug}"), text=text, conversation=None if talk is None else talk.pk,
            message=None if said is None else said.pk, at=at - ago * MINUTE,
        )  # fmt: skip
        if answer and agent.user is not None:
            reader = viewer_for(agent.user)
            coaching.answer(to=reader, pk=sent.pk, text=answer, at=at - (ago - 2) * MINUTE)

    def propose() -> None:
        tuning.propose(
            by=lena, key=named("propose"), agent=key("nordwind", "agent", "product-advisor"), kind="article", intent="product_question",
            text="The Aurora 2 has a USB-C port and a battery of its own; the manual of the old lamp says otherwise.",
            queue=queue("tech-chat"), at=at - 70 * MINUTE,
        )  # fmt: skip

    deeds: tuple[Callable[[], object], ...] = (
        lambda: divert(lena, "seniors", "seniors", "billing-chat", 130, 60), mistake,
        lambda: divert(lena, "pause", "pause", "billing-chat", 40, 60, "double_charge"),
        lambda: divert(lena, "to ai", "to_ai", "whatsapp", 95, 30), bring, propose,
        lambda: note("priya-nair", 100, "Lead with what the summary shows, so that nobody has to say it twice.", "Will do, thanks"),
        lambda: note("tomas-reyes", 35, "Say the new return policy in one sentence first, then the link."),
        lambda: routing.call_help(by=nils, key=named("help"), queue=queue("sales-chat"), at=at - 2 * MINUTE),
    )  # fmt: skip
    done = 0
    for deed in deeds:
        try:
            deed()
        except (DiversionRefused, NoteRefused, Refusal):
            continue  # nobody to spare, or nobody who could read it, at this hour
        done += 1
    return done
