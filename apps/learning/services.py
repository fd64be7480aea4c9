"""Share an example, agree to it, withdraw it; and let it go when its time, its messages or its customer are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.access import audit, retention
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.facts import CustomerErased
from apps.interactions.models import Conversation, CustomerRequest, Hold, Message
from apps.interactions.reading_role import reading
from apps.learning.models import Consent, End, Exemplar, Read
from apps.reviews.models import Line, Rubric
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.facts import Fact

LASTS = timedelta(days=180)
MOST_MESSAGES, MOST_LINES = 200, 3
SHORTEST_WHY, LONGEST_WHY, LONGEST_TOPIC = 15, 200, 40


class ExemplarRefused(Refusal):
    """It cannot be shared so. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be shared. Without `first` and `last`: the whole conversation. `lines` are keys of the rubric's lines."""

    conversation: UUID
    first: UUID | None = None
    last: UUID | None = None
    why: str
    topic: str
    rubric: int | None = None
    lines: Sequence[str] = ()
    is_for_all: bool = False


@transaction.atomic
def share(*, by: Viewer, key: UUID, asked: Asked, at: datetime) -> Exemplar:
    """Share a conversation or a run of its messages for training. The same key again returns what was shared.

    Steps: (1) who may, and which messages; (2) whose words they are: each of them is asked, who shares their own words has agreed;
    (3) in whose library, until when: 180 days, or as long as the messages are kept; (4) row, audit.

    :raises NotAllowed: the role shares none.
    :raises OutOfScope: not the viewer's to read, or whose words they are is nobody they lead.
    :raises ExemplarRefused: the words, the run, or the law.
    """
    by.require(Permission.SHARE_EXEMPLARS)
    if (made := Exemplar.objects.filter(pk=key).first()) is not None:
        if made.by_id != by.user.pk:
            raise OutOfScope
        return made
    talk = Conversation.objects.visible_to(by).filter(pk=asked.conversation).first()
    if talk is None:
        raise OutOfScope
    _check_law(talk)
    why, topic = _told("why", asked.why, SHORTEST_WHY, LONGEST_WHY), _told("topic", asked.topic, 3, LONGEST_TOPIC)
    rubric = _lines(asked)
    said = run_of(by, talk)
    chosen = _between(said, asked)
    speakers = _speakers(by, chosen)
    team = _team(by, chosen, speakers, is_for_all=asked.is_for_all)
    expires = min(at + LASTS, chosen[0].sent_at + retention.kept("messages"))
    if expires <= at:
        raise ExemplarRefused("run", "Its messages are past their retention.")
    one = Exemplar.objects.create(
        id=key, conversation=talk, messages=[m.pk for m in chosen], is_whole=len(chosen) == len(said), said_from=chosen[0].sent_at,
        said_until=chosen[-1].sent_at, team=team, is_for_all=asked.is_for_all, topic=topic.lower(), rubric=rubric,
        lines=list(asked.lines), why=why, by=by.user, shared_at=at, expires_at=expires,
    )  # fmt: skip
    own = [s.user_id == by.user.pk for s in speakers]
    Consent.objects.bulk_create(
        Consent(exemplar=one, agent=speaker, answered_at=at if mine else None, is_given=True if mine else None)
        for speaker, mine in zip(speakers, own, strict=True)
    )
    if all(own):
        one.opened_at = at
        one.save(update_fields=["opened_at"])
    _record(by, "exemplar.shared", one, at, about=one.topic)
    return one


def run_of(by: Viewer, talk: Conversation) -> list[Message]:
    """The messages of a conversation that can be shared, in their order: public words that were not taken back."""
    said = Message.objects.filter(
        conversation_id=talk.pk, sent_at__gte=talk.started_at, is_private=False, removed_at=None
    )
    with reading(viewer=by, conversations=[talk.pk]):
        return list(said.exclude(author_kind="system").exclude(text="").order_by("sent_at", "sequence", "id"))


def _check_law(talk: Conversation) -> None:
    if talk.customer_id is None:
        return
    asked = CustomerRequest.objects.filter(kind="erase", withdrawn_at=None, customer_id=talk.customer_id)
    if not asked.exists() and not Hold.objects.filter(customer_id=talk.customer_id, lifted_at=None).exists():
        return
    raise ExemplarRefused("run", "This customer's data is kept for the law alone now. Choose another conversation.")


def _told(about: str, text: str, least: int, most: int) -> str:
    told = " ".join(text.split())
    if not least <= len(told) <= most:
        raise ExemplarRefused(about, f"Saw {len(told)} characters. Expected {least} to {most}.")
    return mask(text=told).text[: 2 * most if about == "why" else most]


def _lines(asked: Asked) -> Rubric | None:
    if not asked.lines:
        return None
    if len(asked.lines) > MOST_LINES:
        raise ExemplarRefused(
            "lines", f"Saw {len(asked.lines)} lines. Expected at most {MOST_LINES}: the ones it shows best."
        )
    rubric = None if asked.rubric is None else Rubric.objects.filter(pk=asked.rubric).first()
    known = set(Line.objects.filter(version__rubric=rubric, key__in=asked.lines).values_list("key", flat=True))
    if rubric is None or known != set(asked.lines):
        raise ExemplarRefused("lines", "Choose lines of one rubric.")
    return rubric


def _between(said: Sequence[Message], asked: Asked) -> Sequence[Message]:
    places = {m.pk: place for place, m in enumerate(said)}
    first = places.get(asked.first) if asked.first else 0
    last = places.get(asked.last) if asked.last else len(said) - 1
    if first is None or last is None or last < first or not said:
        raise ExemplarRefused("run", "Choose the first and the last message, in this order.")
    chosen = said[first : last + 1]
    if len(chosen) > MOST_MESSAGES:
        raise ExemplarRefused(
            "run", f"Saw {len(chosen)} messages. Expected at most {MOST_MESSAGES}: choose the part that shows it."
        )
    if not any(m.agent_id for m in chosen):
        raise ExemplarRefused("run", "Nobody of ours says anything in it. Choose a run with the answer.")
    return chosen


def _speakers(by: Viewer, chosen: Sequence[Message]) -> list[Agent]:
    """The people whose words a run holds. AI agents are not asked."""
    found = list(
        Agent.objects.people().filter(pk__in={m.agent_id for m in chosen if m.agent_id}).order_by("name", "pk")
    )
    led = by.granted(Team)
    if by.allows(Permission.COACH) and any(one.team_id not in led and one.user_id != by.user.pk for one in found):
        # A lead asks the people they lead; to be asked by another lead would be hard to refuse to nobody.
        raise ExemplarRefused(
            "run", "Some of these words are of people you do not lead. Ask who leads them to share it."
        )
    if missing := [one.name for one in found if one.user_id is None]:
        raise ExemplarRefused("run", f"{missing[0]} has no account and cannot be asked. Leave their words out.")
    return found


def _team(by: Viewer, chosen: Sequence[Message], speakers: Sequence[Agent], *, is_for_all: bool) -> Team | None:
    """The library it goes to: the team whose people say most in it."""
    if is_for_all:
        by.require(Permission.MANAGE_QUALITY)
    teams = {one.pk: one.team for one in speakers if one.team is not None}
    said = Counter(teams[m.agent_id] for m in chosen if m.agent_id in teams)
    if not said and not is_for_all:
        raise ExemplarRefused(
            "run", "No team's people speak in it, so it is in no team's library. A QA manager can share it with all."
        )
    return max(said, key=lambda team: (said[team], team.name)) if said else None


def get_answerable(viewer: Viewer, pk: UUID, at: datetime) -> Exemplar:
    """Lock an example that the viewer may see.

    :raises OutOfScope: there is none.
    """
    viewer.require(Permission.VIEW_EXEMPLARS)
    if not Exemplar.objects.visible_to(viewer, at).filter(pk=pk).exists():
        raise OutOfScope
    return Exemplar.objects.select_for_update().get(pk=pk)


@transaction.atomic
def answer(*, by: Viewer, pk: UUID, is_given: bool, at: datetime) -> Exemplar:
    """One whose words an example holds agrees, or does not. It opens when the last of them agreed; one "no" ends it for good.

    :raises OutOfScope: there is none, or it holds none of their words.
    """
    one = get_answerable(by, pk, at)
    mine = one.consents.filter(agent__user=by.user).first()
    if mine is None:
        raise OutOfScope
    if mine.is_given == is_given:
        return one
    mine.is_given, mine.answered_at = is_given, at
    mine.save(update_fields=["is_given", "answered_at"])
    if not is_given:
        _end(one, End.WITHDRAWN if one.opened_at else End.DECLINED, at)
    elif not one.consents.filter(Q(is_given=None) | Q(is_given=False)).exists():
        one.opened_at = at
        one.save(update_fields=["opened_at"])
    _record(by, "exemplar.agreed" if is_given else "exemplar.declined", one, at, about=one.topic)
    return one


def may_withdraw(viewer: Viewer, one: Exemplar) -> bool:
    """Say whether the viewer may take an example back: who shared it, who leads its team, who looks after quality. Those whose words
    it holds take their "yes" back instead. One statement at most."""
    leads = viewer.allows(Permission.COACH) and one.team_id in viewer.granted(Team)
    return one.by_id == viewer.user.pk or leads or viewer.allows(Permission.MANAGE_QUALITY)


@transaction.atomic
def withdraw(*, by: Viewer, pk: UUID, at: datetime) -> Exemplar:
    """Take an example back, from everybody and from every list. It does not come again.

    :raises NotAllowed: the role shares none.
    :raises OutOfScope: there is none that the viewer may take back.
    """
    by.require(Permission.SHARE_EXEMPLARS)
    one = get_answerable(by, pk, at)
    if not may_withdraw(by, one):
        raise OutOfScope
    _end(one, End.WITHDRAWN, at)
    _record(by, "exemplar.withdrawn", one, at, about=one.topic)
    return one


@transaction.atomic
def mark_read(*, by: Viewer, pk: UUID, at: datetime) -> None:
    """An agent says that they read an example. A second time changes nothing.

    :raises NotAllowed: only agents are given something to read.
    :raises OutOfScope: it is not theirs to read.
    """
    by.require(Permission.BE_COACHED)
    one, agent = get_answerable(by, pk, at), Agent.objects.filter(user=by.user).first()
    if agent is None or one.opened_at is None:
        raise OutOfScope
    _, is_new = Read.objects.get_or_create(exemplar=one, agent=agent, defaults={"at": at})
    if is_new:
        _record(by, "exemplar.read", one, at, about=one.topic)


def note_viewed(*, viewer: Viewer, one: Exemplar, at: datetime) -> None:
    """Write into the audit that somebody read an example; those whose words it holds find it in theirs."""
    _record(viewer, "exemplar.viewed", one, at, about=one.topic)


def _record(by: Viewer | None, verb: str, one: Exemplar, at: datetime, *, about: str) -> None:
    concerned = one.consents.exclude(agent__user=None).values_list("agent__user", flat=True)
    audit.record(
        by=by, verb=verb, subject=one, about=about, conversation_id=one.conversation_id, concerns=concerned, at=at
    )


def _end(one: Exemplar, why: End, at: datetime) -> None:
    one.ended, one.ended_at = why, at
    # What somebody wrote about a customer who is gone goes with them.
    if why in (End.ERASED, End.GONE):
        one.why, one.topic, one.messages = "", "", []
    one.save(update_fields=["ended", "ended_at", "why", "topic", "messages"])


def keep(*, at: datetime) -> int:
    """End what is over: expired, or with messages past their retention. Return how many ended; again ends none."""
    before = at - retention.kept("messages")
    found = Exemplar.objects.filter(ended_at=None).filter(Q(expires_at__lte=at) | Q(said_from__lt=before))
    return _ended(found.values_list("pk", flat=True), at, before)


def _ended(keys: Iterable[UUID], at: datetime, before: datetime) -> int:
    n = 0
    for key in keys:
        with transaction.atomic():
            one = Exemplar.objects.select_for_update().filter(pk=key, ended_at=None).first()
            if one is not None:
                _end(one, End.GONE if one.said_from < before else End.EXPIRED, at)
                _record(None, "exemplar.ended", one, at, about=End(one.ended).label)
                n += 1
    return n


def forget_customer(fact: Fact, at: datetime) -> None:
    """The step after an erasure: examples from the customer's conversations end, and what was written about them goes."""
    found = Exemplar.objects.filter(conversation__in=cast(CustomerErased, fact).conversation_ids)
    for one in found.exclude(ended=End.ERASED).select_for_update():
        _end(one, End.ERASED, at)
        _record(None, "exemplar.ended", one, at, about=End.ERASED.label)
