"""Who a source means: agents, queues and customers found or made by the source's own names, a batch at a time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from apps.access.masking import Known
from apps.access.sealed import open_value, seal
from apps.agents.models import Agent, AgentIdentity, AgentKind
from apps.interactions.canonical import Party, key
from apps.interactions.models import CustomerValue, Queue, QueueIdentity
from apps.shared import bulk

STAFF = frozenset({"agent", "supervisor", "bot"})


def agents(*, source: str, parties: Iterable[Party]) -> dict[str, UUID]:
    """Map the external ids of people and AI agents to our agents; somebody new is added as "not in the directory"."""
    wanted: dict[str, Party] = {}
    for party in parties:
        if party.kind in STAFF:
            known = wanted.get(party.id)
            if known is None or (known.name is None and party.name is not None):
                wanted[party.id] = party
    if not wanted:
        return {}
    found = dict(
        AgentIdentity.objects.filter(source=source, external_id__in=wanted).values_list("external_id", "agent_id")
    )
    missing = [wanted[name] for name in sorted(wanted) if name not in found]
    if missing:
        Agent.objects.bulk_create(
            [
                Agent(
                    id=key(source, "agent", party.id),
                    kind=AgentKind.AI if party.kind == "bot" else AgentKind.HUMAN,
                    name=party.name or party.id,
                )
                for party in missing
            ],
            ignore_conflicts=True,
        )
        AgentIdentity.objects.bulk_create(
            [
                AgentIdentity(source=source, external_id=party.id, agent_id=key(source, "agent", party.id))
                for party in missing
            ],
            ignore_conflicts=True,
        )
        found.update({party.id: key(source, "agent", party.id) for party in missing})
    return found


def queues(*, source: str, named: dict[str, str | None], channel_of: dict[str, str]) -> dict[str, UUID]:
    """Map the external ids of queues to ours; a queue that no admin set up yet is added as "not set up"."""
    if not named:
        return {}
    found = dict(
        QueueIdentity.objects.filter(source=source, external_id__in=named).values_list("external_id", "queue_id")
    )
    missing = sorted(name for name in named if name not in found)
    if missing:
        Queue.objects.bulk_create(
            [
                Queue(id=key(source, "queue", name), name=(named[name] or name)[:120], channel=channel_of.get(name, ""))
                for name in missing
            ],
            ignore_conflicts=True,
        )
        QueueIdentity.objects.bulk_create(
            [QueueIdentity(source=source, external_id=name, queue_id=key(source, "queue", name)) for name in missing],
            ignore_conflicts=True,
        )
        found.update({name: key(source, "queue", name) for name in missing})
    return found


def label(customer_id: UUID) -> str:
    """What screens call a customer: derived from the key alone."""
    return f"Customer ••{customer_id.int % 10_000:04d}"


def _digest(customer_id: UUID, kind: str, value: str) -> bytes:
    word = f"{customer_id}|{kind}|{value}".encode("utf-8", "surrogatepass")
    return hmac.new(settings.SEAL_KEYS[-1], word, hashlib.sha256).digest()[:16]


def remember(*, known: dict[UUID, set[tuple[str, str]]]) -> set[UUID]:
    """Keep the names, addresses and numbers by which customers were called; return the customers with a new one."""
    rows = sorted(
        (customer, kind, _digest(customer, kind, value), value)
        for customer, values in known.items()
        for kind, value in values
    )
    if not rows:
        return set()
    # What is known already need not be sealed again: most messages name the same customer.
    have = {
        (customer, kind, bytes(digest))
        for customer, kind, digest in CustomerValue.objects.filter(customer_id__in=list(known)).values_list(
            "customer_id", "kind", "digest"
        )
    }
    new = [row for row in rows if row[:3] not in have]
    written = bulk.write(
        table="interactions_customervalue",
        columns={"customer_id": "uuid", "kind": "text", "digest": "bytea", "sealed": "bytea"},
        rows=[(c, kind, digest, seal(value, context=c.bytes)) for c, kind, digest, value in new],
        conflict='"customer_id", "kind", "digest"',
        returning='"customer_id"',
    )
    return {row[0] for row in written}


def known_values(*, customers: Iterable[UUID]) -> dict[UUID, Known]:
    """Open the values customers are known by, in one query, for masking on the way in."""
    values: dict[UUID, dict[str, set[str]]] = {}
    rows = CustomerValue.objects.filter(customer_id__in=list(customers)).values_list("customer_id", "kind", "sealed")
    for customer, kind, sealed in rows:
        opened = open_value(bytes(sealed), context=customer.bytes)
        values.setdefault(customer, {}).setdefault(kind, set()).add(opened.decode())
    return {
        customer: Known(
            names=tuple(sorted(kinds.get("name", ()))),
            emails=tuple(sorted(kinds.get("email", ()))),
            phones=tuple(sorted(kinds.get("phone", ()))),
        )
        for customer, kinds in values.items()
    }
