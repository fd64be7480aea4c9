"""Reads of accounts and of the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from apps.access.audit import VERBS
from apps.access.models import AuditEntry, Notice, User
from apps.access.roles import GRANTED, SENTENCES, Permission, Role
from apps.access.viewer import Viewer, viewer_for
from apps.access.walls import wall_links

__all__ = ["AuditPage", "Entry", "Right", "Sought", "audit_page", "rights", "viewers", "wall_links"]

PAGE = 50


def viewers(*, user_ids: list[int]) -> dict[int, Viewer]:
    """Load the viewers of several accounts in one query; accounts that are gone are left out."""
    return {user.pk: viewer_for(user) for user in User.objects.filter(pk__in=user_ids)}


@dataclass(frozen=True, slots=True)
class Sought:
    """What the audit is narrowed to. Free words come by POST, so that they stay out of addresses and logs."""

    verb: str = ""
    person: int | None = None
    conversation: UUID | None = None
    since: date | None = None
    until: date | None = None
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit page."""

    row: AuditEntry
    who: str
    role: str
    said: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page, newest first, with what can be chosen to narrow it."""

    entries: Sequence[Entry]
    has_next: bool
    verbs: Sequence[tuple[str, str]] = ()
    people: Sequence[tuple[int, str]] = field(default_factory=tuple)


def _scope(viewer: Viewer) -> QuerySet[AuditEntry]:
    """What one may look up: admins everything; a QA manager every opening; everybody what they did or what concerns them."""
    if viewer.role == Role.ADMIN:
        return AuditEntry.objects.all()
    mine = Q(by=viewer.user)
    if viewer.role == Role.QA_MANAGER:
        mine |= Q(verb__startswith="value.")
    if viewer.role == Role.AGENT:
        # An agent's own actions are no part of the matrix's cell: who opened values of one's conversations is.
        mine = Q(verb__startswith="value.", concerns__contains=[viewer.user.pk])
    return AuditEntry.objects.filter(mine)


def audit_page(*, viewer: Viewer, sought: Sought) -> AuditPage:
    """One page of the audit within the viewer's own slice of it. A fixed number of statements.

    :raises NotAllowed: the role has no part of the audit.
    """
    viewer.require(Permission.VIEW_AUDIT)
    scope = _scope(viewer)
    found = scope
    if sought.verb:
        found = found.filter(verb=sought.verb)
    if sought.person is not None:
        found = found.filter(by_id=sought.person)
    if sought.conversation is not None:
        found = found.filter(conversation_id=sought.conversation)
    if sought.since is not None:
        found = found.filter(at__date__gte=sought.since)
    if sought.until is not None:
        found = found.filter(at__date__lte=sought.until)
    if sought.words:
        found = found.filter(Q(about__icontains=sought.words) | Q(reason__icontains=sought.words))
    start = (sought.page - 1) * PAGE
    rows = list(found.select_related("by").order_by("-at", "-id")[start : start + PAGE + 1])
    people = [] if viewer.role == Role.AGENT else list(
        User.objects.filter(pk__in=scope.values("by")).order_by("display_name", "username")[:500]
    )  # fmt: skip
    return AuditPage(
        entries=[
            Entry(
                row=row, who="The installation" if row.by is None else str(row.by),
                role=Role(row.role).label if row.role in Role.values else "", said=VERBS.get(row.verb, row.verb),
            )
            for row in rows[:PAGE]
        ],
        has_next=len(rows) > PAGE,
        verbs=sorted(VERBS.items(), key=lambda item: item[1]),
        people=[(user.pk, str(user)) for user in people],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Right:
    """One permission, and which roles have it, in the order of `Role`."""

    sentence: str
    held: Sequence[bool]


def rights() -> list[Right]:
    """The page of roles and permissions, as the code has it."""
    return [Right(SENTENCES[one], [one in GRANTED[role] for role in Role]) for one in Permission]


# So long one entry stands for the reading of a page that renews itself.
READING = timedelta(minutes=15)


def read_lately(*, by: Viewer, conversation_id: UUID, at: datetime) -> bool:
    """Whether the audit says that somebody read a conversation within the last quarter of an hour. One statement."""
    return AuditEntry.objects.filter(
        by=by.user, verb="transcript.viewed", conversation_id=conversation_id, at__gt=at - READING
    ).exists()  # fmt: skip


NOTICES = 100


def unseen_notices(*, viewer: Viewer) -> list[Notice]:
    """Notices that nobody has looked into, newest first; none for whoever is not told."""
    if not viewer.allows(Permission.VIEW_NOTICES):
        return []
    return list(Notice.objects.filter(seen_at=None).select_related("about").order_by("-happened_at")[:NOTICES])


def notices(*, viewer: Viewer) -> list[Notice]:
    """The latest notices, those that nobody has looked into first. One statement.

    :raises NotAllowed: not a QA manager.
    """
    viewer.require(Permission.VIEW_NOTICES)
    found = Notice.objects.select_related("about", "seen_by").order_by(
        F("seen_at").desc(nulls_first=True), "-happened_at"
    )
    return list(found[:NOTICES])
