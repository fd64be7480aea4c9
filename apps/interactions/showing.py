"""Masked texts of conversations as a viewer is shown them, with what the policy shows of their values. Six statements at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from apps.access import policy, showing
from apps.access.masking import PLACEHOLDER
from apps.access.policy import Level
from apps.access.roles import Permission
from apps.access.sealed import open_value
from apps.access.viewer import Viewer
from apps.interactions.models import Conversation, ConversationEvent, SealedValue
from apps.interactions.reading_role import reading
from apps.ui.masked import MaskedText


@dataclass(frozen=True, slots=True)
class Text:
    """A masked text and the row whose values it names; without an owner its placeholders stay bare."""

    text: str
    owner: UUID | None
    conversation: UUID


def value_of(one: SealedValue) -> str:
    """Open one sealed value. Whoever calls has asked the policy, or written the audit."""
    return open_value(bytes(one.sealed), context=one.message_id.bytes).decode("utf-8", "surrogatepass")


def sealed_of(texts: Sequence[Text]) -> list[SealedValue]:
    """The sealed values that texts name, for whoever reads a conversation anyway. Inside of a `reading` of it; one statement at
    most."""
    owners = _owners(texts)
    return list(SealedValue.objects.filter(message_id__in=owners)) if owners else []


def _owners(texts: Sequence[Text]) -> set[UUID]:
    return {one.owner for one in texts if one.owner is not None and PLACEHOLDER.search(one.text)}


def shown(
    *, viewer: Viewer, texts: Sequence[Text], is_counted: bool, is_openable: bool = False, sealed: Sequence[SealedValue] | None = None
) -> list[MaskedText]:  # fmt: skip
    """Return texts as the policy shows them to the viewer's role, in the given order; the caller has scoped them.

    `is_counted` where the caller writes into the audit how many values the policy showed; elsewhere it shows none.
    `is_openable` for a page on which values are opened: each placeholder that may be opened links to where that is done.
    `sealed`: their values where the caller has read them already (`sealed_of`).
    """
    rules = policy.current() if any("[" in one.text for one in texts) else {}
    owners = _owners(texts)
    levels = (Level.SHOWN, Level.PARTLY) if is_counted else (Level.PARTLY,)
    kinds = showing.kinds_at(rules, viewer.role, *levels)
    held: dict[UUID, dict[tuple[str, int], showing.Held]] = {}
    may_open = is_openable and viewer.allows(Permission.OPEN_VALUES)
    if owners and (kinds or may_open):
        if sealed is None:
            values = SealedValue.objects.filter(message_id__in=owners)
            with reading(viewer=viewer, conversations={one.conversation for one in texts if one.owner in owners}):
                sealed = list(values if may_open else values.filter(kind__in=kinds))
        # A value that retention has let go is not offered: its mark stays, and leads nowhere.
        for row in (row for row in sealed if may_open or row.kind in kinds):
            held.setdefault(row.message_id, {})[row.kind, row.number] = showing.Held(row.hint, _opener(row))
    return [
        showing.shown(
            one.text, rules=rules, role=viewer.role, held=held.get(one.owner, {}) if one.owner else {},
            href=_address(one, held.get(one.owner, {})) if may_open and one.owner else None, key=str(one.owner or ""),
        )
        for one in texts
    ]  # fmt: skip


def _opener(row: SealedValue) -> Callable[[], str]:
    return lambda: value_of(row)


def _address(one: Text, held: Mapping[tuple[str, int], showing.Held]) -> Callable[[str, int], str]:
    path = reverse("open_values", args=[one.conversation, one.owner])
    return lambda kind, number: f"{path}?placeholder={kind}+{number}" if (kind, number) in held else ""


def subject_owners(conversations: Iterable[Conversation]) -> dict[UUID, UUID]:
    """The events that gave conversations the subjects they have now, where a subject holds a placeholder. One statement."""
    asked = {c.pk: c for c in conversations if PLACEHOLDER.search(c.subject)}
    if not asked:
        return {}
    since = min(c.started_at for c in asked.values())
    said = ConversationEvent.objects.filter(
        conversation_id__in=asked, kind__in=["started", "updated"], happened_at__gte=since, data__has_key="subject"
    )
    events: dict[UUID, list[ConversationEvent]] = {}
    for event in said.order_by("happened_at", "sequence", "id"):
        events.setdefault(event.conversation_id, []).append(event)
    owners = ((key, subject_owner(c, events.get(key, ()))) for key, c in asked.items())
    return {key: owner for key, owner in owners if owner is not None}


def subject_owner(conversation: Conversation, events: Iterable[ConversationEvent]) -> UUID | None:
    """The last of its events, given in their order, that gave a conversation the subject it has now."""
    said = [e.pk for e in events if e.data.get("subject") == conversation.subject and e.kind in ("started", "updated")]
    return said[-1] if said else None


def subjects(
    *, viewer: Viewer, conversations: Sequence[Conversation], is_counted: bool = False
) -> dict[UUID, MaskedText]:
    """The subjects of conversations as the viewer is shown them. At most three statements."""
    owners = subject_owners(conversations)
    texts = [Text(c.subject, owners.get(c.pk), c.pk) for c in conversations]
    return dict(
        zip([c.pk for c in conversations], shown(viewer=viewer, texts=texts, is_counted=is_counted), strict=True)
    )
