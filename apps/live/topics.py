"""Which fact makes which topics stale. A topic is a word, or a word and the key of what it is about."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from apps.analysis.facts import MessagesRead
from apps.coaching.facts import FeedbackChanged, NoteChanged
from apps.interactions.facts import ConversationsChanged, CustomerErased
from apps.interventions.facts import HandoverChanged
from apps.live.services import hint
from apps.reviews.facts import DrawMade, ReviewChanged, SecondLookChanged
from apps.shared.facts import Fact

FLOOR = "floor"
CONVERSATIONS = "conversations"
PEOPLE = "people"
AI = "ai"
SOURCES = "sources"
ALERTS = "alerts"
NOTICES = "notices"
SECOND_LOOKS = "secondlooks"
REVIEWS = "reviews"
ROUTING = "routing"
COACHING = "coaching"
FEEDBACK = "feedback"
INTERVENTIONS = "interventions"


def conversations_changed(fact: Fact, at: datetime) -> None:
    """A batch was recorded: the floor, the lists, and each queue, person and conversation it touched."""
    changed = cast(ConversationsChanged, fact)
    hint(
        topics=[
            FLOOR,
            CONVERSATIONS,
            PEOPLE,
            AI,
            SOURCES,
            *(f"queue:{key}" for key in changed.queue_ids),
            *(f"person:{key}" for key in changed.agent_ids),
            *(f"conversation:{key}" for key in changed.conversation_ids),
        ]
    )


def notices_changed(fact: Fact, at: datetime) -> None:
    """Somebody is to be told something: the notices on open pages."""
    hint(topics=[NOTICES])


def note_changed(fact: Fact, at: datetime) -> None:
    """A note was sent or carried on: the pages of its agent, and of who leads them."""
    hint(topics=[f"notes:{cast(NoteChanged, fact).user_id}", COACHING])


def notes_seen(fact: Fact, at: datetime) -> None:
    """Notes reached their agent: the pages of who leads them."""
    hint(topics=[COACHING])


def feedback_changed(fact: Fact, at: datetime) -> None:
    """A feedback conversation was held or acknowledged: the list of its agent, and those of who leads them."""
    hint(topics=[FEEDBACK, f"feedback:{cast(FeedbackChanged, fact).user_id}"])


def alerts_changed(fact: Fact, at: datetime) -> None:
    """Alerts opened, moved on or are over."""
    hint(topics=[ALERTS])


def review_changed(fact: Fact, at: datetime) -> None:
    """A review was begun or carried on: the list of whom it is about, and every reviewer's, for what somebody took is nobody else's."""
    changed = cast(ReviewChanged, fact)
    concerned = {changed.reviewer_id, changed.agent_user_id}
    hint(topics=[REVIEWS, *(f"reviews:{key}" for key in concerned if key is not None)])


def second_look_changed(fact: Fact, at: datetime) -> None:
    """A second look was asked for or decided: the list of them, and the same two lists."""
    changed = cast(SecondLookChanged, fact)
    concerned = {changed.reviewer_id, changed.agent_user_id}
    hint(topics=[SECOND_LOOKS, *(f"reviews:{key}" for key in concerned if key is not None)])


def draw_made(fact: Fact, at: datetime) -> None:
    """Conversations were drawn: the lists of those who are to review them."""
    hint(topics=[f"reviews:{key}" for key in cast(DrawMade, fact).reviewer_ids])


def routing_changed(fact: Fact, at: datetime) -> None:
    """Something is routed otherwise, or as usual again, or help was called: the panel, and the floor whose slots it moves."""
    hint(topics=[ROUTING, FLOOR])


def interventions_changed(fact: Fact, at: datetime) -> None:
    """Something was done, taken back or judged: its pages, and the line of the shift."""
    hint(topics=[INTERVENTIONS, FLOOR])


def handover_changed(fact: Fact, at: datetime) -> None:
    """A shift was handed over or read: the pages of who takes it, and the panels that name who has what."""
    hint(topics=[f"handover:{cast(HandoverChanged, fact).user_id}", ALERTS, ROUTING])


def messages_read(fact: Fact, at: datetime) -> None:
    """Messages were read: the moods on the floor and among people, and what stands beside the messages."""
    changed = cast(MessagesRead, fact)
    hint(topics=[FLOOR, PEOPLE, *(f"conversation:{key}" for key in changed.conversation_ids)])


def customer_erased(fact: Fact, at: datetime) -> None:
    """A customer was erased: open pages of their conversations, and every list, lose the words."""
    erased = cast(CustomerErased, fact)
    hint(topics=[FLOOR, CONVERSATIONS, *(f"conversation:{key}" for key in erased.conversation_ids)])
