"""Conversations as lists: masked text only, within the viewer's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery

from apps.access.roles import Permission, Role
from apps.access.showing import values_in
from apps.access.viewer import Viewer
from apps.analysis import queries as analysis
from apps.console.floor import rows
from apps.console.namesakes import source_of, told_apart
from apps.console.scope import linked
from apps.interactions import showing
from apps.interactions.models import Conversation, ConversationQuerySet, Customer, Message
from apps.interactions.reading_role import reading
from apps.ui.templatetags.ui import CHANNELS
from apps.ui.writing import unmarked

PAGE = 30
# So much of the last message stands in a list.
LINE = 240
STATES = {"waiting": "Waiting", "open": "Open", "closed": "Closed", "ai": "With an AI agent"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to. Search words stay out of addresses and logs: they come by POST."""

    channel: str = ""
    queue: str = ""
    agent: str = ""  # who holds it
    state: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in a list."""

    key: str
    title: str
    href: str
    channel: str
    state: str
    reference: str
    customer: str
    holder: str
    queue: str
    since: datetime | None
    since_word: str
    at: datetime | None
    mood: float | None
    line: str
    tags: Sequence[dict[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, with how many there are in all (None where more than a thousand match).

    Whoever shows it writes into the audit how many values the policy shows in it.
    """

    rows: Sequence[Row]
    count: int | None
    has_next: bool
    facets: Sequence[dict[str, Any]] = ()

    @property
    def values_shown(self) -> int:
        """How many values the policy shows in it."""
        return values_in(*(text for row in self.rows for text in (row.title, row.line)))


def listing(*, viewer: Viewer, wanted: Filter, at: datetime) -> Listing:
    """One page, newest first, with counts for narrowing it. A bounded number of statements."""
    viewer.require(Permission.VIEW_CONVERSATIONS)
    scope = Conversation.objects.visible_to(viewer)
    found = _narrowed(scope, wanted, at)
    start = (wanted.page - 1) * PAGE
    keys = list(found.order_by("-last_event_at", "pk").values_list("pk", flat=True)[start : start + PAGE + 1])
    count = found.values("pk")[:1001].count()
    return Listing(
        rows=rows_of(viewer=viewer, keys=keys[:PAGE], is_counted=True), count=count if count <= 1000 else None, has_next=len(keys) > PAGE,
        facets=_facets(scope, wanted, at),
    )  # fmt: skip


def whose(viewer: Viewer) -> str:
    """Which conversations a list shows its reader, in words."""
    if viewer.role is Role.AGENT:
        return "The ones you took part in"
    return "Of the whole organisation" if viewer.sees_everything else "Of the queues in your scope"


def begun_since(*, viewer: Viewer, wanted: Filter, since: datetime, at: datetime) -> int:
    """How many conversations of a list began after it was shown, up to 99. One statement."""
    viewer.require(Permission.VIEW_CONVERSATIONS)
    if since.tzinfo is None:
        return 0
    found = _narrowed(Conversation.objects.visible_to(viewer), wanted, at).filter(started_at__gt=since)
    return found.values("pk")[:99].count()


def _narrowed(scope: ConversationQuerySet, wanted: Filter, at: datetime) -> ConversationQuerySet:
    if wanted.channel:
        scope = scope.filter(channel=wanted.channel)
    if wanted.queue:
        scope = scope.filter(queue_id=UUID(wanted.queue))
    if wanted.agent:
        scope = scope.filter(holder_id=UUID(wanted.agent))
    if wanted.state == "waiting":
        scope = scope.filter(is_open=True, waiting_since__isnull=False)
    elif wanted.state == "open":
        scope = scope.filter(is_open=True)
    elif wanted.state == "closed":
        scope = scope.filter(is_open=False)
    elif wanted.state == "ai":
        scope = scope.filter(is_open=True, holder__kind="ai")
    if wanted.words:
        # Masked text of the last week: what is behind a placeholder cannot be searched for.
        said = Message.objects.filter(text__icontains=wanted.words, sent_at__gte=at - timedelta(days=7))
        scope = scope.filter(pk__in=said.values("conversation_id"))
    return scope


def _facets(scope: ConversationQuerySet, wanted: Filter, at: datetime) -> list[dict[str, Any]]:
    recent = scope.filter(last_event_at__gte=at - timedelta(days=1))
    channels = recent.values_list("channel").annotate(n=Count("pk")).order_by("channel")
    queues = (
        recent.exclude(queue=None).values_list("queue", "queue__name").annotate(n=Count("pk")).order_by("queue__name")
    )
    # People and AI agents are never on one list.
    holders = scope.filter(is_open=True).exclude(holder=None).annotate(known_by=source_of("holder"))
    held = list(
        holders.values_list("holder", "holder__name", "known_by", "holder__kind")
        .annotate(n=Count("pk"))
        .order_by("holder__name", "holder")
    )
    names = told_apart((key, name, source) for key, name, source, _, _ in held)
    ai: list[tuple[str, str, int | None]] = [(str(a), names[a], n) for a, _, _, of, n in held if of == "ai"]
    return [
        _group("Where it stands", "state", wanted.state, [(key, word, None) for key, word in STATES.items()]),
        _group("Channel", "channel", wanted.channel, [(c, CHANNELS.get(c, ("", c))[1], n) for c, n in channels if c]),
        _group("Queue", "queue", wanted.queue, [(str(q), name, n) for q, name, n in queues]),
        _group(
            "Held by a person", "agent", wanted.agent, [(str(a), names[a], n) for a, _, _, of, n in held if of != "ai"]
        ),
        *([_group("Held by an AI agent", "agent", wanted.agent, ai, has_all=False)] if ai else []),
    ]


def _group(
    legend: str, name: str, chosen: str, options: list[tuple[str, str, int | None]], *, has_all: bool = True
) -> dict[str, Any]:
    everything = [{"value": "", "label": "All", "count": None, "is_checked": not chosen}] if has_all else []
    return {
        "legend": legend, "name": name, "type": "radio",
        "options": [*everything, *({"value": v, "label": w, "count": n, "is_checked": v == chosen} for v, w, n in options)],
    }  # fmt: skip


_LAST = """
SELECT DISTINCT ON (conversation_id) conversation_id, id, text FROM interactions_message
WHERE conversation_id = ANY(%(ids)s) AND sent_at >= %(since)s AND NOT is_private AND kind <> 'survey_prompt'
ORDER BY conversation_id, sent_at DESC, sequence DESC, id DESC
"""


def rows_of(*, viewer: Viewer, keys: Sequence[UUID], is_counted: bool = False) -> list[Row]:
    """List rows of conversations the caller has already scoped, in the given order. At most fifteen statements.

    `is_counted` as in `showing.shown`.
    """
    # Conversations and customers have no key between them that the database would know (decision 0003).
    label = Customer.objects.filter(pk=OuterRef("customer_id")).values("label")
    held = Conversation.objects.filter(pk__in=keys).select_related("queue", "holder").annotate(label=Subquery(label))
    found = {c.pk: c for c in held}
    labels = {c.customer_id: getattr(c, "label", None) or "" for c in held if c.customer_id}
    since = min((c.started_at for c in found.values()), default=None)
    last: list[tuple[Any, ...]] = []
    if since is not None:
        with reading(viewer=viewer, conversations=keys):
            last = rows(_LAST, {"ids": list(keys), "since": since})
    # Marks of writing go first: what a value holds is never read as such.
    said = [showing.Text(unmarked(text)[:LINE], owner, talk) for talk, owner, text in last]
    lines = showing.shown(viewer=viewer, is_counted=is_counted, texts=said)
    line_of = {talk: line for (talk, *_), line in zip(last, lines, strict=True)}
    subjects = showing.subjects(viewer=viewer, conversations=list(found.values()), is_counted=is_counted)
    moods = analysis.moods_of(viewer=viewer, conversations=keys)
    return [_row(viewer, found[k], labels, subjects[k], line_of.get(k, ""), moods.get(k)) for k in keys if k in found]


def channel_of(c: Conversation) -> str:
    """The channel; where no start was told, its queue's."""
    return c.channel or ("" if c.queue is None else c.queue.channel)


def title_of(c: Conversation, customer: str, *, subject: str) -> str:
    """What a conversation is called: its subject as the viewer is shown it, its first tag, else its channel and whom it is with."""
    if subject:
        return subject
    if c.tags:
        return str(c.tags[0]).replace("_", " ").capitalize()
    kind = CHANNELS[channel_of(c)][1] if channel_of(c) in CHANNELS else "Conversation"
    return f"{kind} with {customer}" if customer else f"{kind} from {c.source}"


def _row(
    viewer: Viewer, c: Conversation, labels: dict[UUID, str], subject: str, line: str, mood: float | None
) -> Row:  # fmt: skip
    tags: list[dict[str, str]] = []
    if c.transfers:
        tags.append({"label": "transferred", "state": "", "icon": ""})
    if c.handoffs:
        tags.append({"label": "from AI", "state": "bot", "icon": ""})
    if c.cycles > 1:
        tags.append({"label": f"reopened {c.cycles - 1}×", "state": "warn", "icon": ""})
    if c.outcome == "abandoned":
        tags.append({"label": "abandoned", "state": "crit", "icon": ""})
    since, word = (
        (c.waiting_since, "waiting") if c.waiting_since else (c.started_at, "open") if c.is_open else (None, "")
    )
    customer = labels.get(c.customer_id, "") if c.customer_id else ""
    title = title_of(c, customer, subject=subject)
    return Row(
        key=str(c.pk), title=title,
        href=linked(viewer, "conversation", c.pk), channel=channel_of(c), state="", reference="",
        customer="" if customer and customer in title else customer, holder="" if c.holder is None else c.holder.name,
        queue="" if c.queue is None else c.queue.name, since=since, since_word=word, at=c.last_event_at, mood=mood,
        line=line, tags=tags,
    )  # fmt: skip
