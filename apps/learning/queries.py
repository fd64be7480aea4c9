"""Examples as their readers are shown them: always masked, whoever reads, and nothing opens from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from apps.access import retention
from apps.access.roles import Permission, Role
from apps.access.showing import shown
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions import showing
from apps.interactions.models import AuthorKind, Conversation, Customer, Message
from apps.learning.models import Consent, Exemplar, ExemplarQuerySet, Read
from apps.learning.services import may_withdraw, run_of
from apps.reviews.models import Line, Rubric
from apps.shared.errors import OutOfScope
from apps.ui.masked import MaskedText

MOST = 100


@dataclass(frozen=True, slots=True)
class LineTag:
    """One line of a rubric that examples show, and how many of the viewer's library do."""

    rubric: int
    key: str
    text: str
    n: int = 0

    @property
    def value(self) -> str:
        """How forms and addresses name it."""
        return f"{self.rubric}/{self.key}"


@dataclass(frozen=True, slots=True)
class Row:
    """One example of a list."""

    one: Exemplar
    why: MaskedText
    topic: MaskedText
    speakers: Sequence[str]
    lines: Sequence[LineTag]
    library: str
    is_read: bool = False
    # Of one that waits: who has not answered.
    waits_for: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """The examples a viewer may read, by what they are filtered; and what waits for an answer."""

    rows: Sequence[Row]
    asked: Sequence[Row]
    waiting: Sequence[Row]
    lines: Sequence[LineTag]
    topics: Sequence[tuple[str, int]]
    line: LineTag | None
    topic: str
    more: int


@dataclass(frozen=True, slots=True)
class Word:
    """One message of an example, as the component of a message draws it."""

    number: int
    who: str
    name: str
    at: datetime
    text: MaskedText
    key: UUID


@dataclass(frozen=True, slots=True)
class Told:
    """One example with its words. `taken_back`: how many of its messages were redacted since."""

    row: Row
    words: Sequence[Word]
    taken_back: int
    may_answer: bool
    is_given: bool | None
    may_withdraw: bool
    may_mark: bool
    # The conversation behind it, only for who may read that anyway.
    href_of: UUID | None


def bare(text: str, role: Role) -> MaskedText:
    """A masked text with its placeholders and nothing behind them: no hint, no value and no way to open one, in any role."""
    return shown(text, rules={}, role=role)


def _readable(viewer: Viewer, at: datetime) -> ExemplarQuerySet:
    viewer.require(Permission.VIEW_EXEMPLARS)
    # Messages go by whole days, before the bell that ends what they were an example of.
    return Exemplar.objects.visible_to(viewer, at).filter(said_from__gte=at - retention.kept("messages"))


def library(*, viewer: Viewer, at: datetime, line: str = "", topic: str = "") -> Library:
    """The library, newest first, of a topic or of a rubric's line ("12/next-step") if asked. Eight statements at most.

    :raises NotAllowed: the role reads none.
    """
    found = list(
        _readable(viewer, at).select_related("by", "team", "rubric").prefetch_related("consents__agent").order_by("-shared_at", "pk")
    )  # fmt: skip
    texts = _texts(found)
    read = set(Read.objects.filter(agent__user=viewer.user).values_list("exemplar_id", flat=True))
    rows = [_row(viewer, one, texts, read) for one in found]
    opened = [row for row in rows if row.one.opened_at is not None]
    counted = Counter(tag.value for row in opened for tag in row.lines)
    tags = {(tag.rubric, tag.key): tag for row in opened for tag in row.lines}
    chosen = _tag(line, tags)
    kept = [
        row for row in opened
        if (not topic or row.one.topic == topic) and (not line or (chosen is not None and chosen in row.lines))
    ]  # fmt: skip
    return Library(
        rows=kept[:MOST], more=max(0, len(kept) - MOST), line=chosen, topic=topic,
        asked=[row for row in rows if _is_asked(row.one, viewer)],
        waiting=[row for row in rows if row.one.opened_at is None and row.one.by_id == viewer.user.pk],
        lines=[
            LineTag(tag.rubric, tag.key, tag.text, counted[tag.value])
            for tag in sorted(tags.values(), key=lambda tag: (tag.text, tag.rubric))
        ],
        topics=sorted(Counter(row.one.topic for row in opened).items()),
    )  # fmt: skip


def _tag(asked: str, tags: dict[tuple[int, str], LineTag]) -> LineTag | None:
    rubric, _, key = asked.partition("/")
    return tags.get((int(rubric), key)) if rubric.isdecimal() else None


def _is_asked(one: Exemplar, viewer: Viewer) -> bool:
    return any(c.is_given is None and c.agent.user_id == viewer.user.pk for c in one.consents.all())


def _texts(found: Sequence[Exemplar]) -> dict[tuple[int, str], str]:
    """What the tagged lines ask, in the latest version that has them. One statement; none without lines."""
    rubrics = {one.rubric_id for one in found if one.rubric_id is not None}
    keys = {key for one in found for key in one.lines}
    if not keys:
        return {}
    rows = Line.objects.filter(version__rubric__in=rubrics, key__in=keys).order_by("version__n")
    return {(rubric, key): text for rubric, key, text in rows.values_list("version__rubric_id", "key", "text")}


def _row(viewer: Viewer, one: Exemplar, texts: dict[tuple[int, str], str], read: set[UUID]) -> Row:
    consents = sorted(one.consents.all(), key=lambda c: c.agent.name)
    rubric = one.rubric_id or 0
    return Row(
        one=one, why=bare(one.why, viewer.role), topic=bare(one.topic, viewer.role), speakers=[c.agent.name for c in consents],
        lines=[LineTag(rubric, key, texts.get((rubric, key), key)) for key in one.lines], is_read=one.pk in read,
        library="Every team" if one.is_for_all else one.team.name if one.team is not None else "",
        waits_for=[c.agent.name for c in consents if c.is_given is None],
    )  # fmt: skip


def get_told(*, viewer: Viewer, pk: UUID, at: datetime) -> Told:
    """One example with its words. Nine statements at most.

    The words are read by what was shared and agreed to, not by who may read the conversation: see decision 0031.

    :raises NotAllowed: the role reads none.
    :raises OutOfScope: none of this key that the viewer may read, or nothing is left of its words.
    """
    one = (
        _readable(viewer, at).filter(pk=pk).select_related("by", "team", "rubric", "conversation")
        .prefetch_related("consents__agent").first()
    )  # fmt: skip
    said = [] if one is None else _said(one)
    if one is None or not said:
        raise OutOfScope
    read = set(Read.objects.filter(agent__user=viewer.user, exemplar=one).values_list("exemplar_id", flat=True))
    mine = next((c for c in one.consents.all() if c.agent.user_id == viewer.user.pk), None)
    can_read_all = Conversation.objects.visible_to(viewer).filter(pk=one.conversation_id).exists()
    return Told(
        row=_row(viewer, one, _texts([one]), read), words=_words(viewer, one, said), taken_back=len(one.messages) - len(said),
        may_answer=mine is not None, is_given=None if mine is None else mine.is_given,
        may_withdraw=viewer.allows(Permission.SHARE_EXEMPLARS) and may_withdraw(viewer, one),
        may_mark=viewer.allows(Permission.BE_COACHED) and one.opened_at is not None and one.pk not in read,
        href_of=one.conversation_id if can_read_all else None,
    )  # fmt: skip


def _said(one: Exemplar) -> list[Message]:
    found = Message.objects.filter(
        pk__in=one.messages, conversation_id=one.conversation_id, sent_at__gte=one.said_from, sent_at__lte=one.said_until,
        is_private=False, removed_at=None,
    )  # fmt: skip
    return list(found.exclude(text="").order_by("sent_at", "sequence", "id"))


def _words(viewer: Viewer, one: Exemplar, said: Sequence[Message]) -> list[Word]:
    agents = dict(Agent.objects.filter(pk__in={m.agent_id for m in said if m.agent_id}).values_list("pk", "name"))
    label = (
        Customer.objects.filter(pk=one.conversation.customer_id or one.pk).values_list("label", flat=True).first()
        or "Customer"
    )
    return [
        Word(
            number=n, who={AuthorKind.CUSTOMER: "customer", AuthorKind.BOT: "ai"}.get(AuthorKind(m.author_kind), "agent"),
            name=label if m.author_kind == AuthorKind.CUSTOMER else agents.get(m.agent_id or m.pk, m.get_author_kind_display()),
            at=m.sent_at, text=bare(m.text, viewer.role), key=m.pk,
        )
        for n, m in enumerate(said, start=1)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shareable:
    """A conversation about to be shared: its words with their numbers, and what an example can be tagged with."""

    conversation: Conversation
    words: Sequence[Word]
    rubrics: Sequence[tuple[Rubric, Sequence[LineTag]]]
    topics: Sequence[str]
    may_share_with_all: bool


def shareable(*, viewer: Viewer, conversation: UUID, at: datetime) -> Shareable:
    """What the form of sharing shows. Fourteen statements at most.

    :raises NotAllowed: the role shares none.
    :raises OutOfScope: not the viewer's to read.
    """
    viewer.require(Permission.SHARE_EXEMPLARS)
    talk = Conversation.objects.visible_to(viewer).filter(pk=conversation).first()
    if talk is None:
        raise OutOfScope
    said = run_of(viewer, talk)
    agents = dict(Agent.objects.filter(pk__in={m.agent_id for m in said if m.agent_id}).values_list("pk", "name"))
    texts = showing.shown(
        viewer=viewer, is_counted=False, texts=[showing.Text(m.text, None, m.conversation_id) for m in said]
    )
    words = [
        Word(n, m.author_kind, agents.get(m.agent_id or m.pk, m.get_author_kind_display()), m.sent_at, text, m.pk)
        for n, (m, text) in enumerate(zip(said, texts, strict=True), start=1)
    ]
    topics = _readable(viewer, at).exclude(opened_at=None).values_list("topic", flat=True).annotate(n=Count("pk"))
    return Shareable(
        talk, words, _rubrics(), sorted(set(topics.order_by("topic").values_list("topic", flat=True))),
        viewer.allows(Permission.MANAGE_QUALITY),
    )  # fmt: skip


def _rubrics() -> list[tuple[Rubric, list[LineTag]]]:
    """The rubrics in use with the lines of their latest versions. Two statements."""
    rubrics = list(Rubric.objects.filter(retired_at=None).order_by("-is_default", "-family", "name"))
    latest: dict[int, dict[int, list[LineTag]]] = {}
    rows = Line.objects.filter(version__rubric__in=rubrics).order_by("version__n", "place")
    for rubric, n, key, text in rows.values_list("version__rubric_id", "version__n", "key", "text"):
        latest.setdefault(rubric, {}).setdefault(n, []).append(LineTag(rubric, key, text))
    return [(one, latest[one.pk][max(latest[one.pk])]) for one in rubrics if one.pk in latest]


def examples_of(*, viewer: Viewer, rubric: int, at: datetime) -> dict[str, int]:
    """How many examples of the viewer's library show each line of a rubric. Two statements at most; none for other roles."""
    if not viewer.allows(Permission.VIEW_EXEMPLARS):
        return {}
    found = _readable(viewer, at).filter(rubric=rubric, opened_at__isnull=False).values_list("lines", flat=True)
    return dict(Counter(key for keys in found for key in keys))


def asked_of(*, viewer: Viewer, at: datetime) -> int:
    """How many examples wait for the viewer's own answer. One statement; none for a role that is not asked."""
    if not viewer.allows(Permission.VIEW_EXEMPLARS):
        return 0
    waits = Exemplar.objects.lawful().filter(opened_at=None, ended_at=None, expires_at__gt=at)
    return Consent.objects.filter(agent__user=viewer.user, is_given=None, exemplar__in=waits).count()
