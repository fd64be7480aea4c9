"""Reviews as rows, for floors of other tests: what the verbs would leave, without walking through them."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.access.models import User
from apps.agents.models import Agent
from apps.interactions.models import Conversation, Message
from apps.reviews import rubrics, services
from apps.reviews.models import Mark, Pick, Review, SecondLook


def judged(
    agent: Agent, talk: Conversation, reviewer: User, at: datetime, *, is_draft: bool = False, step: int = 2, note: str = "Name a date."
) -> Review:  # fmt: skip
    """A review of an agent, released at the moment unless it is a draft; every line marked alike, each shown by the first message."""
    services.seed(at=at)
    version = rubrics.default_version(services.family_of(agent))
    assert version is not None
    done = (
        {} if is_draft else {"submitted_at": at - timedelta(hours=1), "releases_at": at, "score": 60, "raw_score": 60}
    )
    made = Review.objects.create(
        conversation=talk, agent=agent, version=version, reviewer=reviewer, pick=Pick.RANDOM, note=note, begun_at=at, saved_at=at, **done
    )  # fmt: skip
    said = list(Message.objects.filter(conversation_id=talk.pk).order_by("sent_at").values_list("pk", flat=True)[:1])
    Mark.objects.bulk_create(
        Mark(review=made, line=line, step=step, evidence=said, causes=line.causes[:1]) for line in version.lines.all()
    )
    return made


def doubted(
    review: Review, by: User, at: datetime, *, line: str = "", text: str = "It stands in message 2."
) -> SecondLook:
    """A second look at a review, or at one line of it, that waits."""
    return SecondLook.objects.create(
        review=review, line=review.version.lines.filter(key=line).first(), asked_by=by, text=text, asked_at=at,
        due_at=at + timedelta(days=7), score_before=review.score,
    )  # fmt: skip
