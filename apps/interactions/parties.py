"""Who a source means: agents, queues and customers found or made by the source's own names, a batch at a time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from apps.access.masking import Known
from apps.access.sealed import open_value, seal
from apps.agents.models import Agent, AgentIdentity, AgentKind
from apps.interactions.canonical import Party
from apps.interactions.keys import key
from apps.interactions.models import CustomerValue, Queue, QueueIdentity
from apps.shared import bulk

STAFF = frozenset({"agent", "supervisor", "bot"})


@dataclass(frozen=True, slots=True)
class NamedQueue:
    """A queue as one event names it."""

    id: str
    name: str = ""
    channel: str = ""


def agents(*, source: str, parties: Iterable[Party]) -> dict[str, UUID]:
    """Map the external ids of people and AI agents to our agents; somebody new is added as "not in the directory".

    What an admin has listed is left as it is. Of everybody else the fullest name that was ever said is kept, so that it
    does not matter which event came first.
    """
    kinds: dict[str, str] = {}
    names: dict[str, str] = {}
    for party in parties:
        if party.kind in STAFF:
            kinds.setdefault(party.id, AgentKind.AI if party.kind == "bot" else AgentKind.HUMAN)
            names[party.id] = fullest(names.get(party.id, ""), party.name or "", shadow=party.id)
    if not kinds:
        return {}
    identities = AgentIdentity.objects.filter(source=source, external_id__in=kinds)
    columns = ("external_id", "agent_id", "agent__name", "agent__is_listed")
    found = list(identities.values_list(*columns))
    missing = sorted(set(kinds) - {row[0] for row in found})
    if missing:
        Agent.objects.bulk_create(
            [Agent(id=key(source, "agent", one), kind=kinds[one], name=(names[one] or one)[:200]) for one in missing],
            ignore_conflicts=True,
        )
        AgentIdentity.objects.bulk_create(
            [AgentIdentity(source=source, external_id=one, agent_id=key(source, "agent", one)) for one in missing],
            ignore_conflicts=True,
        )
        # Read again: another call may have made them at the same moment, by another name.
        found = list(identities.values_list(*columns))
    fuller = {
        agent: (name, names[name])
        for name, agent, stored, listed in found
        if not listed and fullest(stored, names[name], shadow=name) != stored
    }
    if fuller:
        rows = list(Agent.objects.select_for_update(no_key=True).filter(pk__in=fuller, is_listed=False).order_by("pk"))
        for row in rows:
            external, name = fuller[row.pk]
            row.name = fullest(row.name, name, shadow=external)
        Agent.objects.bulk_update(rows, ["name"])
    return {row[0]: row[1] for row in found}


def fullest(one: str, other: str, *, shadow: str) -> str:
    """Choose the longer of two names, the later in the alphabet where they are equally long.

    `shadow` is the id that stands in for a name nobody has said: any name is fuller than it.
    """
    return max(one, other, key=lambda name: (name not in ("", shadow[:200], shadow[:120]), len(name), name))


def queues(*, source: str, named: Iterable[NamedQueue]) -> dict[str, UUID]:
    """Map the external ids of queues to ours; a queue that no admin set up yet is added as "not set up".

    An id that is the name of a queue an admin did set up means that queue.
    Like an agent, an unlisted queue keeps the fullest name; of several channels the first in the alphabet.
    """
    wanted: dict[str, NamedQueue] = {}
    for one in named:
        wanted[one.id] = _joined(wanted.get(one.id, one), one)
    if not wanted:
        return {}
    identities = QueueIdentity.objects.filter(source=source, external_id__in=wanted)
    columns = ("external_id", "queue_id", "queue__name", "queue__channel", "queue__is_listed")
    found = list(identities.values_list(*columns))
    missing = [wanted[name] for name in sorted(set(wanted) - {row[0] for row in found})]
    if missing:
        ours = _set_up_as({one.id for one in missing})
        Queue.objects.bulk_create(
            [
                Queue(id=key(source, "queue", one.id), name=(one.name or one.id)[:120], channel=one.channel)
                for one in missing
                if one.id not in ours
            ],
            ignore_conflicts=True,
        )
        QueueIdentity.objects.bulk_create(
            [
                QueueIdentity(
                    source=source, external_id=one.id, queue_id=ours.get(one.id) or key(source, "queue", one.id)
                )
                for one in missing
            ],
            ignore_conflicts=True,
        )
        found = list(identities.values_list(*columns))
    better = {
        queue: wanted[name]
        for name, queue, stored, channel, listed in found
        if not listed and _joined(NamedQueue(name, stored, channel), wanted[name]) != NamedQueue(name, stored, channel)
    }
    if better:
        rows = list(Queue.objects.select_for_update(no_key=True).filter(pk__in=better, is_listed=False).order_by("pk"))
        for row in rows:
            joined = _joined(NamedQueue(better[row.pk].id, row.name, row.channel), better[row.pk])
            row.name, row.channel = joined.name, joined.channel
        Queue.objects.bulk_update(rows, ["name", "channel"])
    return {row[0]: row[1] for row in found}


def _set_up_as(names: set[str]) -> dict[str, UUID]:
    """The queues that an admin set up under one of these names; a name that two queues have is nobody's."""
    found: dict[str, list[UUID]] = {}
    for name, queue in Queue.objects.filter(is_listed=True, name__in=names).values_list("name", "pk"):
        found.setdefault(name, []).append(queue)
    return {name: queues[0] for name, queues in found.items() if len(queues) == 1}


def _joined(one: NamedQueue, other: NamedQueue) -> NamedQueue:
    channels = sorted({one.channel, other.channel} - {""})
    name = fullest(one.name, other.name[:120], shadow=one.id)
    return NamedQueue(one.id, name, channels[0] if channels else "")


def label(customer_id: UUID) -> str:
    """What screens call a customer: derived from the key alone."""
    return f"Customer ••{customer_id.int % 10_000:04d}"


def digest_of(customer_id: UUID, kind: str, value: str) -> bytes:
    """A keyed digest of one value of one customer: nobody can guess the value from it, nor see that two customers share it."""
    word = f"{customer_id}|{kind}|{value}".encode("utf-8", "surrogatepass")
    return hmac.new(settings.SEAL_KEYS[-1], word, hashlib.sha256).digest()[:16]


def remember(*, known: dict[UUID, set[tuple[str, str]]]) -> set[UUID]:
    """Keep the names, addresses and numbers by which customers were called; return the customers with a new one."""
    rows = sorted(
        (customer, kind, digest_of(customer, kind, value), value)
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
        values.setdefault(customer, {}).setdefault(kind, set()).add(opened.decode("utf-8", "surrogatepass"))
    return {
        customer: Known(
            names=tuple(sorted(kinds.get("name", ()))),
            emails=tuple(sorted(kinds.get("email", ()))),
            phones=tuple(sorted(kinds.get("phone", ()))),
        )
        for customer, kinds in values.items()
    }
