"""Propose a change, and take the proposal back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.outbox import announce
from apps.tuning.facts import ProposalChanged
from apps.tuning.models import MOST_CHARACTERS, Kind, Proposal
from apps.tuning.queries import get_ai

FEWEST_CHARACTERS = 10


class ProposalRefused(Refusal):
    """There can be no such proposal."""


@transaction.atomic
def propose(
    *, by: Viewer, key: UUID, agent: UUID, kind: str, text: str, intent: str = "", queue: UUID | None = None,
    alert: UUID | None = None, at: datetime,
) -> Proposal:  # fmt: skip
    """Write down what an AI agent should know or be told. The same key again returns what was proposed.

    :raises NotAllowed: the role proposes nothing.
    :raises OutOfScope: no such AI agent or queue, or the key is another's.
    :raises ProposalRefused: no such kind, or the text is too short or too long.
    """
    by.require(Permission.PROPOSE_TUNING)
    who = get_ai(viewer=by, pk=agent)
    if queue is not None and not Queue.objects.visible_to(by).filter(pk=queue).exists():
        raise OutOfScope
    if kind not in Kind.values:
        raise ProposalRefused("Say whether it is about an article or about the prompt.")
    told = text.strip()
    if not FEWEST_CHARACTERS <= len(told) <= MOST_CHARACTERS:
        raise ProposalRefused(f"Saw {len(told)} characters. Say it in {FEWEST_CHARACTERS} to {MOST_CHARACTERS}.")
    one, is_new = Proposal.objects.get_or_create(
        id=key,
        defaults={
            "agent": who, "queue_id": queue, "kind": kind, "intent": intent[:200], "text": mask(text=told).text, "alert_id": alert,
            "by": by.user, "made_at": at,
        },
    )  # fmt: skip
    if one.by_id != by.user.pk:
        raise OutOfScope
    if is_new:
        audit.record(by=by, verb="tuning.proposed", subject=one, about=f"{Kind(kind).label} of {who.name}", at=at)
        announce(ProposalChanged(proposal_id=one.pk, at=at), at=at)
    return one


@transaction.atomic
def withdraw(*, by: Viewer, pk: UUID, at: datetime) -> Proposal:
    """Take one's own proposal back. A second time changes nothing.

    :raises OutOfScope: none of theirs.
    """
    by.require(Permission.PROPOSE_TUNING)
    one = Proposal.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=pk, by=by.user).first()
    if one is None:
        raise OutOfScope
    if one.withdrawn_at is None:
        one.withdrawn_at = at
        one.save(update_fields=["withdrawn_at"])
        audit.record(by=by, verb="tuning.withdrawn", subject=one, about=one.agent.name, at=at)
        announce(ProposalChanged(proposal_id=one.pk, at=at), at=at)
    return one
