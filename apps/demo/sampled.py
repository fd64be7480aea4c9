"""What quality plans in the shop: sampling plans, what they drew, and sessions in which people score alike or not.

Made once the day before was played, through the same verbs as by hand; doing it again changes nothing. Last of all: what is given
to somebody here is begun by nobody else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.interactions.models import Conversation, Message
from apps.reviews import calibrating, comparing, planning, services
from apps.reviews.drafts import Entries, Entry
from apps.reviews.models import Assignment, Calibration, Review, SamplingPlan
from apps.reviews.scoring import is_low
from apps.reviews.spec import LineSpec

_KEYS = UUID("6f1c8b6e-0d6f-4c5e-9a50-1f1d9d0c7a13")
# Fewer closed conversations than this on the day before, and there is nothing to draw from.
FEWEST = 20
ZONE = "Europe/Berlin"
# Of what was drawn, the part that was reviewed by now.
DONE = 0.6
SESSIONS = 5
_PLANS = (
    planning.Asked(
        name="Two of everybody a day", family="people", cadence="day", zone=ZONE, draws_at_hour=6, chance_n=1, risk_n=1,
        strata=("channel", "length"), risks=("csat", "mood", "reopened"), fewest_messages=2, due_days=5, is_on=True,
    ),
    planning.Asked(
        name="Six of each AI agent a day", family="ai", cadence="day", zone=ZONE, draws_at_hour=6, chance_n=6, risk_n=2,
        strata=("topic",), risks=("asked", "csat"), fewest_messages=2, due_days=2, is_on=True,
    ),
)  # fmt: skip
_AGREED = (
    "A date without a weekday is a date: Met, not Partly.",
    "Sorry in the first message counts, also when the customer was calm.",
)


def fill(*, at: datetime) -> bool:
    """Have plans, draws and sessions; return whether they are there. False: too little was played so far."""
    if SamplingPlan.objects.exists():
        return True
    today = at.astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    over = Conversation.objects.filter(
        is_open=False, last_event_at__gte=today - timedelta(days=1), last_event_at__lt=today
    )
    if over.count() < FEWEST or not Review.objects.exists():
        return False
    chance = random.Random(11)
    quentin, mona = (viewer_for(User.objects.get(username=name)) for name in ("quentin", "mona"))
    _calibrate(quentin, mona, chance, at)
    for asked in _PLANS:
        people = [quentin.user.pk, mona.user.pk]
        plan = planning.save(by=mona, pk=None, asked=replace(asked, reviewers=people), at=at - timedelta(minutes=5))
        services.draw_now(by=mona, pk=plan.pk, at=at - timedelta(minutes=4))
    for one in Assignment.objects.filter(reviewer__in=[quentin.user.pk, mona.user.pk]).order_by("given_at", "pk"):
        if chance.random() < DONE:
            by = quentin if one.reviewer_id == quentin.user.pk else mona
            _score(by, one.conversation_id, one.agent, chance, at=at - timedelta(minutes=3))
    return True


def _score(by: Viewer, talk: UUID, agent: Agent, chance: random.Random, *, at: datetime) -> None:
    begun = services.begin(by=by, conversation=talk, agent=agent.pk, at=at)
    _finish(by, begun, marks(begun.version.spec().lines, _said(talk, agent), chance), chance, at)


def _finish(by: Viewer, begun: Review, entries: Entries, chance: random.Random, at: datetime) -> None:
    services.finish(
        by=by, pk=begun.pk, based_on=begun.revision, key=uuid5(_KEYS, str(begun.pk)), entries=entries, note="",
        active_seconds=chance.randint(95, 290), at=at,
    )  # fmt: skip


def _said(talk: UUID, agent: Agent) -> list[UUID]:
    found = Message.objects.filter(conversation_id=talk, is_private=False, removed_at=None).order_by("sent_at", "pk")
    return list(found.filter(agent_id=agent.pk).values_list("pk", flat=True)) or list(
        found.values_list("pk", flat=True)
    )


def marks(lines: Sequence[LineSpec], said: Sequence[UUID], chance: random.Random, *, off: float = 0.0) -> Entries:
    """Marks of somebody who is mostly content; what is low has its message and its cause. `off`: how often a mark is one off."""
    entries: dict[str, Entry] = {}
    for line in lines:
        on = entries.get(line.shown_if)
        if line.shown_if and (on is None or on.step not in line.shown_at):
            continue
        most = line.scale.steps
        step = chance.choices(range(1, most + 1), [1] * (most - 2) + [9, 12] if most > 2 else [1, 24])[0]
        if chance.random() < off:
            step = step - 1 if step == most else step + 1
        low = is_low(line.scale, step)
        entries[line.key] = Entry(
            step=step, evidence=(chance.choice(said),) if low else (), causes=(chance.choice(line.causes),) if low and line.causes else ()
        )  # fmt: skip
    return entries


def _calibrate(quentin: Viewer, mona: Viewer, chance: random.Random, at: datetime) -> None:
    """Sessions over conversations that nobody scored: all but the last are closed, the last waits for one of its graders."""
    parts = comparing.to_call(viewer=mona)
    people = {one.pk: one for one in Agent.objects.filter(pk__in={one.agent for one in parts}, kind="human")}
    chosen = [one for one in parts if one.agent in people][:SESSIONS]
    both = [quentin.user.pk, mona.user.pk]
    for n, part in enumerate(chosen):
        called = at - timedelta(days=len(chosen) - n - 1, minutes=50)
        made = calibrating.call(
            by=mona, conversation=part.conversation, agent=part.agent, graders=both, expert=mona.user.pk, at=called
        )
        is_last = n == len(chosen) - 1
        _grade(mona, made, n, 0.0, chance, called)
        if not is_last:
            _grade(quentin, made, n, 0.25, chance, called)
            told = called + timedelta(minutes=40)
            calibrating.note(by=mona, pk=made.pk, line=None, text=_AGREED[n % len(_AGREED)], at=told)
            calibrating.close(by=mona, pk=made.pk, at=told)


def _grade(by: Viewer, session: Calibration, n: int, off: float, chance: random.Random, called: datetime) -> None:
    begun = calibrating.begin(by=by, pk=session.pk, at=called + timedelta(minutes=5))
    lines, said = begun.version.spec().lines, _said(session.conversation_id, session.agent)
    # Both see the same conversation: the same marks, and one of them is off now and then.
    _finish(by, begun, marks(lines, said, random.Random(100 + n), off=off), chance, called + timedelta(minutes=20))
