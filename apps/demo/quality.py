"""What quality did in the shop: reviews of conversations that were played, drafts that wait, and second looks.

Made through the same verbs as by hand, once there are conversations enough; doing it again changes nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from apps.access.models import User
from apps.access.roles import Role
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.interactions.models import Conversation, Message, Participation
from apps.reviews import services
from apps.reviews.drafts import Entries, Entry
from apps.reviews.models import Mark, Outcome, Pick, Review, Rubric
from apps.reviews.scoring import is_low
from apps.reviews.spec import LineSpec

# Fewer conversations of people than this, and the shop has only just opened.
FEWEST = 60
REVIEWED, DRAFTS, OF_AI = 40, 5, 32
HERS = 14  # of whom has the agent's sign-in
_KEYS = UUID("6f1c8b6e-0d6f-4c5e-9a50-1f1d9d0c7a11")
_NOTES = (
    "Name the day by which it is done, before you close.",
    "The recovery in the middle was strong: you said sorry once and then gave the date.",
    "Read the hand-off first; the order number was in it.",
    "Say what the policy gives, not what it does not.",
)
# The agent whose pages the demo shows.
SHOWN = "asha"
BEST = 4  # of the line that is doubted first
# A review is begun twenty minutes after the end and released an hour after it is finished.
LONG_OVER = timedelta(minutes=100)
_DOUBTS = (
    ("next-step", "I gave the date in my last message, please look again.", Outcome.ACCEPTED, "The date is there. The mark was wrong."),
    ("warm-and-plain", "The customer thanked me twice, I do not think that it was curt.", Outcome.REJECTED,
     "The thanks came after a colleague had taken over."),
    ("right-answer", "That was the article of the day, it was changed an hour later.", None, ""),
    ("shows-heard", "I said it back in my second message.", None, ""),
)  # fmt: skip


def fill(*, at: datetime) -> bool:
    """Have reviews, drafts and second looks; return whether they are there. False: too little was played so far."""
    if Review.objects.exists():
        return True
    talks = _talks(at)
    if len(talks) < FEWEST or not Rubric.objects.exists():
        return False
    chance = random.Random(7)
    quentin, mona = (viewer_for(User.objects.get(username=name)) for name in ("quentin", "mona"))
    # Of people who read their reviews, those first that are over for so long that a review is released by now.
    hers = sorted(
        (one for one in talks if _reads(one[1])),
        key=lambda one: (one[0].last_event_at > at - LONG_OVER, one[1].user is None or one[1].user.username != SHOWN),
    )[:HERS]
    # Not the last hour alone: spread over all that was played.
    talks = talks[:: max(1, len(talks) // (3 * FEWEST))]
    picked = [*hers, *[one for one in talks if one not in hers][: REVIEWED - len(hers)]]
    for n, (talk, agent) in enumerate(picked):
        by = mona if n % 4 == 3 else quentin
        _review(by, talk, agent, chance, at=_after(talk, at - timedelta(hours=2 + 5 * n), at), now=at)
    rest = [one for one in talks if one not in picked]
    for n, (talk, agent) in enumerate(rest[:DRAFTS]):
        _begin(quentin, talk, agent, chance, at=at - timedelta(minutes=30 - n))
    for n, (talk, ai) in enumerate(_ai_talks(at)[:OF_AI]):
        _review(quentin, talk, ai, chance, at=_after(talk, at - timedelta(hours=3 + 7 * n), at), now=at)
    _doubt(mona, at)
    return True


def _after(talk: Conversation, wanted: datetime, at: datetime) -> datetime:
    """A moment at which a conversation was over already, near the one wanted and not to come."""
    return min(max(wanted, talk.last_event_at + timedelta(minutes=20)), at)


def _talks(at: datetime) -> list[tuple[Conversation, Agent]]:
    """Finished conversations that one person answered, newest first, each with that person."""
    held = Participation.objects.filter(
        agent__kind="human", messages__gt=1, conversation__is_open=False, conversation__customer_messages__gt=1,
        conversation__transfers=0, joined_at__gt=at - timedelta(days=8),
    )  # fmt: skip
    rows = held.select_related("conversation", "agent__user").order_by("-joined_at", "pk")[:1500]
    return list({one.conversation_id: (one.conversation, one.agent) for one in rows}.values())


def _reads(agent: Agent) -> bool:
    """Whether the agent has a sign-in with pages of their own; a lead who answers customers has none."""
    return agent.user is not None and agent.user.role == Role.AGENT


def _ai_talks(at: datetime) -> list[tuple[Conversation, Agent]]:
    """Finished conversations of AI agents, newest first; those of the busiest one before the others', so that of one there are
    reviews enough to say what its confidence is worth."""
    held = Participation.objects.filter(
        agent__kind="ai", messages__gt=1, conversation__is_open=False, joined_at__gt=at - timedelta(days=8)
    )
    rows = held.select_related("conversation", "agent__user").order_by("-joined_at", "pk")[:400]
    talks = list({one.conversation_id: (one.conversation, one.agent) for one in rows}.values())
    busy = Counter(agent.pk for _, agent in talks)
    return sorted(talks, key=lambda one: (-busy[one[1].pk], str(one[1].pk)))


def _begin(by: Viewer, talk: Conversation, agent: Agent, chance: random.Random, *, at: datetime) -> Review:
    pick, reason = chance.choices([(Pick.RANDOM, ""), (Pick.RISK, "CSAT 1"), (Pick.RISK, "Alert")], (8, 1, 1))[0]
    return services.begin(by=by, conversation=talk.pk, agent=agent.pk, pick=pick, pick_reason=reason, at=at)


def _review(
    by: Viewer, talk: Conversation, agent: Agent, chance: random.Random, *, at: datetime, now: datetime
) -> None:
    begun = _begin(by, talk, agent, chance, at=at)
    said = list(
        Message.objects.filter(conversation_id=talk.pk, agent_id=agent.pk, is_private=False, removed_at=None)
        .order_by("sent_at", "pk").values_list("pk", flat=True)
    )  # fmt: skip
    if not said:
        services.discard(by=by, pk=begun.pk, at=at)
        return
    entries = _entries(begun.version.spec().lines, said, chance)
    done = services.finish(
        by=by, pk=begun.pk, based_on=begun.revision, key=uuid5(_KEYS, str(begun.pk)), entries=entries,
        note=chance.choice(_NOTES) if chance.random() < 0.7 else "", active_seconds=chance.randint(95, 290), at=at,
    )  # fmt: skip
    read_at = at + timedelta(hours=1.5)
    if agent.user is not None and _reads(agent) and read_at < now and chance.random() < 0.6:
        services.acknowledge(to=viewer_for(agent.user), pk=done.pk, at=read_at)


def _entries(lines: Sequence[LineSpec], said: Sequence[UUID], chance: random.Random) -> Entries:
    """Marks of somebody who is mostly content; what is low has its message and its cause."""
    entries: dict[str, Entry] = {}
    for line in lines:
        on = entries.get(line.shown_if)
        if line.shown_if and (on is None or on.step not in line.shown_at):
            continue
        if line.may_be_na and chance.random() < 0.08:
            entries[line.key] = Entry(is_na=True)
            continue
        steps = range(1, line.scale.steps + 1)
        weights = [1] * (line.scale.steps - 2) + [9, 12] if line.scale.steps > 2 else [1, 24]
        step = chance.choices(steps, weights)[0]
        low = is_low(line.scale, step)
        shown = (chance.choice(said),) if low or chance.random() < 0.5 else ()
        causes = (chance.choice(line.causes),) if low and line.causes else ()
        entries[line.key] = Entry(step=step, evidence=shown, causes=causes)
    return entries


def _doubt(mona: Viewer, at: datetime) -> None:
    """The agent with a sign-in doubts some of what was released, and some of that is decided."""
    hers = list(
        Review.objects.released(at).filter(agent__user__role=Role.AGENT).exclude(reviewer=mona.user).select_related("agent__user")
        .order_by("-releases_at")
    )  # fmt: skip
    # The first doubt is accepted, so there must be something to gain.
    gains = set(Mark.objects.filter(line__key=_DOUBTS[0][0], step__lt=BEST).values_list("review_id", flat=True))
    hers = sorted(
        hers,
        key=lambda one: (one.agent.user is None or one.agent.user.username != SHOWN, one.pk not in gains),
    )[: len(_DOUBTS)]
    for n, (review, (line, text, outcome, answer)) in enumerate(zip(hers, _DOUBTS, strict=False)):
        if review.agent.user is None:
            continue
        asha = viewer_for(review.agent.user)
        asked = max(review.releases_at or at, at - timedelta(hours=20 - 4 * n))
        look = services.ask_second_look(by=asha, review=review.pk, line=line, text=text, at=asked)
        if outcome is None:
            continue
        services.decide_second_look(
            by=mona, pk=look.pk, outcome=outcome, answer=answer, changes={line: BEST} if outcome == Outcome.ACCEPTED else {},
            at=min(at, asked + timedelta(hours=2)),
        )  # fmt: skip
