"""Feedback conversations in the shop: two held and answered, one held just now, one prepared; with everybody else one is due.

Made through the same verbs as by hand, once there are reviews; doing it again changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.coaching import evidence, sheets
from apps.coaching.models import Sheet
from apps.coaching.sheets import Said
from apps.demo.quality import SHOWN

_KEYS = UUID("3b0a0f7e-6a5e-4d0c-9a44-8d6e0a1d2c11")
_NEXT = (
    "Before you close, write the day by which it is done, in a line of its own.",
    "Say back in one line what the customer told you, then answer.",
)
_STEPS = "Five conversations a day with the date before the close; we read three of them together."
_OWN = "I see it in the two conversations. When the queue is long I leave the date out; I will write it first."
# What each is to make better; the last stays prepared.
_METRICS = ("agent_first_reply_time", "csat", "", "")
# So long ago they were held. Not longer: what they are about was released an hour after it was reviewed.
_HELD = (timedelta(minutes=25), timedelta(minutes=15), timedelta(minutes=5))


def fill(*, at: datetime) -> bool:
    """Have conversations; return whether they are there. False: nothing was reviewed so far that shows something."""
    if Sheet.objects.exists():
        return True
    lena = viewer_for(User.objects.get(username="lena"))
    people = (
        Agent.objects.visible_to(lena).people().exclude(user=None).filter(user__role="agent").select_related("user")
    )
    ranked = sorted(people, key=lambda one: (one.user is None or one.user.username != SHOWN, one.name))
    found = 0
    for agent in ranked:
        ago = _HELD[found] if found < len(_HELD) else timedelta(minutes=1)
        if _prepared(lena, agent, found, at=at - ago - timedelta(minutes=5), held_at=at - ago):
            found += 1
        if found == len(_METRICS):
            break
    return found > 0


def _prepared(lena: Viewer, agent: Agent, n: int, *, at: datetime, held_at: datetime) -> bool:
    shown = evidence.candidates(viewer=lena, agent=agent.pk, at=at)
    if not shown:
        return False
    sheet = sheets.prepare(
        by=lena, agent=agent.pk, key=uuid5(_KEYS, str(agent.pk)), metric=_METRICS[n] or shown[0].metric, at=at,
        points=[Said(one.key, text) for one, text in zip(shown, _NEXT, strict=False)],
    )  # fmt: skip
    if n >= len(_HELD):
        return True
    until = (held_at + timedelta(days=14)).date()
    sheets.hold(by=lena, pk=sheet.pk, steps=_STEPS, steps_by=until, at=held_at)
    if n < 2 and agent.user is not None:
        sheets.acknowledge(by=viewer_for(agent.user), pk=sheet.pk, own_words=_OWN, at=held_at + timedelta(minutes=10))
    return True
