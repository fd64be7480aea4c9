"""Good examples in the shop, some agreed to and some not answered yet, and a reading list for those who are new.

Made through the same verbs as by hand, once there are reviews; doing it again changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.demo.quality import SHOWN
from apps.interactions.models import Conversation, Message
from apps.learning import lists, services
from apps.learning.models import Exemplar
from apps.learning.services import Asked, ExemplarRefused
from apps.reviews.models import Mark, Review

_KEYS = UUID("0d0f5a3e-8a55-4a6e-b0a6-55a5a5f3c7e2")
LIST = "Your first week"
# What makes one, by line of the rubric for people: the topic, and why it is good.
_SHOWS = (
    ("shows-heard", "saying it back", "What the customer told is said back in one line before the answer."),
    ("next-step", "a date", "The day by which it is done stands there before the customer has to ask."),
    ("warm-and-plain", "how it sounds", "Sorry once, then what happens now: no second apology, no form words."),
    ("right-answer", "refunds", "The answer is whole at once: how much, by which way and until when."),
    ("reads-hand-off", "after the AI agent", "It begins where the AI agent stopped, so nobody has to say it twice."),
    ("follows-policy", "exceptions", "The policy is kept and the customer is told what can be done instead."),
)
# Passages: as many messages as show it.
LENGTH = 5
# The last of them waits for whose words it holds.
WAITING = 2


def fill(*, at: datetime) -> bool:
    """Have examples and a list; return whether they are there. False: nothing was reviewed so far."""
    if Exemplar.objects.exists():
        return True
    quentin, lena = (viewer_for(User.objects.get(username=name)) for name in ("quentin", "lena"))
    good = _good(lena)
    if len(good) < len(_SHOWS):
        return False
    made = []
    for n, (review, (line, topic, why)) in enumerate(zip(good, _SHOWS, strict=False)):
        one = _share(quentin if n % 2 else lena, review, line, topic, why, at=at - timedelta(days=2, hours=3 * n))
        if one is None:
            continue
        made.append(one)
        if n < len(_SHOWS) - WAITING:
            _agree(one, at=at - timedelta(days=1, hours=20 - n))
    _list(lena, [one for one in made if one.consents.filter(is_given=None).count() == 0], at=at)
    return True


def _good(lena: Viewer) -> list[Review]:
    """Reviews of people that Lena leads and who can be asked: of the team whose pages the demo shows first, and of different people
    before the same again."""
    led = Agent.objects.visible_to(lena).people().exclude(user=None).filter(user__role="agent")
    readable = Conversation.objects.visible_to(lena)
    low = Mark.objects.filter(step=1).values("review_id")
    found = Review.objects.filter(agent__in=led, conversation__in=readable, submitted_at__isnull=False).exclude(
        pk__in=low
    )
    rows = list(found.select_related("agent__user", "version").order_by("-score", "pk")[:60])
    home = next((one.agent.team_id for one in rows if one.agent.user and one.agent.user.username == SHOWN), None)
    seen: dict[UUID, int] = {}
    ranked: list[tuple[bool, int, Review]] = []
    for one in rows:
        seen[one.agent_id] = seen.get(one.agent_id, 0) + 1
        ranked.append((one.agent.team_id != home, seen[one.agent_id], one))
    return [one for _, _, one in sorted(ranked, key=lambda row: row[:2])]


def _share(by: Viewer, review: Review, line: str, topic: str, why: str, *, at: datetime) -> Exemplar | None:
    said = list(
        Message.objects.filter(conversation_id=review.conversation_id, is_private=False, removed_at=None).exclude(author_kind="system")
        .exclude(text="").order_by("sent_at", "sequence", "id").values_list("pk", "agent_id")
    )  # fmt: skip
    own = [n for n, (_, agent) in enumerate(said) if agent == review.agent_id]
    if not own:
        return None
    first = max(0, own[0] - 1)
    last = min(len(said) - 1, first + LENGTH - 1)
    asked = Asked(
        conversation=review.conversation_id, first=said[first][0], last=said[last][0], why=why, topic=topic,
        rubric=review.version.rubric_id, lines=[line],
    )  # fmt: skip
    try:
        return services.share(by=by, key=uuid5(_KEYS, str(review.pk)), asked=asked, at=at)
    except ExemplarRefused:
        return None  # somebody of another team speaks in it, too


def _agree(one: Exemplar, *, at: datetime) -> None:
    for consent in one.consents.filter(is_given=None).select_related("agent__user"):
        if consent.agent.user is not None:
            services.answer(by=viewer_for(consent.agent.user), pk=one.pk, is_given=True, at=at)


def _list(lena: Viewer, examples: list[Exemplar], *, at: datetime) -> None:
    """A list of the first of them for Lena's team, and somebody who has begun it."""
    team = next((one.team for one in examples if one.team is not None), None)
    if team is None:
        return
    made = lists.make(by=lena, name=LIST, team=team.pk, at=at - timedelta(days=1))
    fitting = [one for one in examples if one.team_id == team.pk]
    for one in fitting:
        lists.add(by=lena, pk=made.pk, exemplar=one.pk, at=at - timedelta(days=1))
    for agent in (
        Agent.objects.people().filter(team=team, user__role="agent").select_related("user").order_by("name")[:4]
    ):
        lists.give(by=lena, pk=made.pk, agent=agent.pk, at=at - timedelta(hours=20))
        if agent.user is not None and fitting and agent.user.username != SHOWN:
            services.mark_read(by=viewer_for(agent.user), pk=fitting[0].pk, at=at - timedelta(hours=5))
    asha = Agent.objects.filter(user__username=SHOWN, team=team).first()
    if asha is not None:
        lists.give(by=lena, pk=made.pk, agent=asha.pk, at=at - timedelta(hours=20))
