"""One batch of canonical events of one source on its way into the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Q

from apps.access.masking import NOBODY, Known
from apps.interactions import canonical as c
from apps.interactions import masked_again, owners, parties, rows, transcript
from apps.interactions.keys import conversation_key, key
from apps.interactions.models import Conversation, Customer
from apps.interactions.seals import Seals
from apps.shared import bulk

COURSE = (c.ConversationStarted, c.ConversationUpdated, c.StatusChanged, c.Queued, c.Assigned, c.MessageCreated)
CONVERSATION_SKELETON = {
    "id": "uuid", "source": "text", "external_id": "text", "channel": "text", "direction": "text", "subject": "text",
    "language": "text", "priority": "text", "tags": "jsonb", "status": "text", "outcome": "text",
    "started_at": "timestamptz", "last_event_at": "timestamptz", "is_open": "bool", "customer_messages": "int",
    "human_messages": "int", "ai_messages": "int", "cycles": "int", "transfers": "int", "handoffs": "int",
}  # fmt: skip
CUSTOMER_SKELETON = {
    "id": "uuid", "source": "text", "label": "text", "is_anonymous": "bool", "segment": "text", "attributes": "jsonb",
}  # fmt: skip


def _parties(data: Any) -> Iterator[c.Party]:
    for name in ("customer", "initiator", "author", "to", "from_", "by", "agent", "bot", "about", "owner"):
        value = getattr(data, name, None)
        if isinstance(value, c.Party):
            yield value


class Batch:
    """The events of one call of `record`, with everything they refer to resolved in a few statements.

    Its steps are called in the order in which they stand here.
    """

    def __init__(self, *, events: Sequence[c.CanonicalEvent], source: str, at: datetime) -> None:
        self.source = source
        self.at = at
        # The first of several with one id stays, as in the ledger at the door.
        self.events = list({event.id: event for event in reversed(events)}.values())[::-1]
        self.since = min(event.time for event in self.events)
        self.seals = Seals()
        self.agents: dict[str, UUID] = {}
        self.queues: dict[str, UUID] = {}
        self.customer_of: dict[UUID, UUID] = {}
        self._known: dict[UUID, Known] = {}
        self._claims = owners.Claims()
        # Customers who are called by a name, address or number that was not known of them before.
        self._learnt: set[UUID] = set()
        self._stored_customer_of: dict[UUID, UUID | None] = {}
        self._new: set[UUID] = set()
        # Messages of the batch whose words their source took back, now or before, with their conversations.
        self.redacted: dict[UUID, UUID] = {}
        self._span = (self.since, max(event.time for event in self.events))
        self._key_of: dict[str, UUID] = {}
        # Every conversation that is spoken about is locked: what is told of it is masked with what is known of its customer.
        self.conversations = {self.conversation(e.data) for e in self.events if self._speaks_of_one(e.data)}
        self.told = {self.conversation(e.data) for e in self.events if isinstance(e.data, COURSE)}

    @staticmethod
    def _speaks_of_one(data: Any) -> bool:
        return getattr(data, "conversation_id", None) is not None

    # The source's names as our keys

    def key(self, kind: str, external_id: str) -> UUID:
        """The key of something of this source."""
        return key(self.source, kind, external_id)

    def conversation(self, data: Any) -> UUID:
        """The key of the conversation an event speaks about."""
        name = data.conversation_id
        if name not in self._key_of:
            self._key_of[name] = conversation_key(self.source, name)
        return self._key_of[name]

    def message(self, conversation: str, external_id: str) -> UUID:
        """The key of a message: some sources number their messages inside a conversation."""
        return self.key("message", f"{conversation}\x1f{external_id}")

    def customer(self, party: c.Party, conversation: str | None) -> UUID:
        """The key of a customer. An anonymous one is nobody but their conversation: two of them are never one person."""
        if party.identity == "anonymous" and conversation is not None:
            return self.key("anonymous", conversation)
        return self.key("customer", party.id)

    def agent(self, party: c.Party | None) -> UUID | None:
        """The agent a party is; None for a customer or a system."""
        return None if party is None else self.agents.get(party.id) if party.kind in parties.STAFF else None

    def queue(self, external_id: str | None) -> UUID | None:
        """The queue of a name."""
        return None if external_id is None else self.queues[external_id]

    def scope_of(self, event: c.CanonicalEvent, owner: UUID) -> UUID:
        """The conversation to which the values in an event belong; without one they belong to the row itself."""
        return self.conversation(event.data) if self._speaks_of_one(event.data) else owner

    def known_in(self, event: c.CanonicalEvent, owner: UUID) -> Known:
        """What is known of the customer an event is about."""
        return self._known_of(self.scope_of(event, owner))

    def _known_of(self, conversation: UUID) -> Known:
        return self._known.get(self.customer_of.get(conversation, conversation), NOBODY)

    # The steps

    def resolve_parties(self) -> None:
        """Find or make the agents and queues that the batch names."""
        people: list[c.Party] = []
        queues: list[parties.NamedQueue] = []
        for event in self.events:
            data = event.data
            people.extend(_parties(data))
            if isinstance(data, c.AgentStatusChanged):
                continue
            channel = data.channel if isinstance(data, c.ConversationStarted) else ""
            if queue := getattr(data, "queue", None):
                queues.append(parties.NamedQueue(queue, getattr(data, "queue_name", None) or "", channel))
            if before := getattr(data, "previous_queue", None):
                queues.append(parties.NamedQueue(before))
        self.agents = parties.agents(source=self.source, parties=people)
        self.queues = parties.queues(source=self.source, named=queues)

    def remember_customers(self) -> None:
        """Keep who the customers are and by which values each is known, sealed.

        Before any conversation is locked, so that nobody who holds one waits for a value that another call writes.
        """
        seen: dict[UUID, bool] = {}
        values: dict[UUID, set[tuple[str, str]]] = {}
        for event in self.events:
            name = getattr(event.data, "conversation_id", None)
            for party in _parties(event.data):
                if party.kind != "customer":
                    continue
                customer = self.customer(party, name)
                seen[customer] = party.identity == "anonymous"
                if isinstance(event.data, c.ConversationStarted):
                    order = (event.time, event.sequence, self.key("event", event.id))
                    if party is event.data.customer:
                        self._claims.began(self.conversation(event.data), order, customer)
                elif isinstance(event.data, COURSE):
                    self._claims.spoke(self.conversation(event.data), customer)
                for kind in ("name", "email", "phone"):
                    if value := getattr(party, kind):
                        values.setdefault(customer, set()).add((kind, value.replace("\x00", "")))
        bulk.write(
            table="interactions_customer",
            columns=CUSTOMER_SKELETON,
            rows=[(k, self.source, parties.label(k), anonymous, "", "{}") for k, anonymous in sorted(seen.items())],
            conflict="id",
        )
        self._learnt = parties.remember(known=values)
        written = {self.customer(e.data.customer, None) for e in self.events if isinstance(e.data, c.CustomerUpdated)}
        self._customers = set(seen)
        if written | self._learnt:
            # Their records are masked with what is known of them, so one call at a time.
            list(Customer.objects.select_for_update(no_key=True).filter(pk__in=written | self._learnt).order_by("pk"))

    def lock_conversations(self) -> None:
        """Make the rows of new conversations; lock them, and those of customers of whom something was learnt, in order."""
        first: dict[UUID, tuple[str, datetime]] = {}
        for event in self.events:
            if self._speaks_of_one(event.data):
                data: Any = event.data
                key = self.conversation(data)
                if key not in first or event.time < first[key][1]:
                    first[key] = (data.conversation_id, event.time)
        made = bulk.write(
            table="interactions_conversation",
            columns=CONVERSATION_SKELETON,
            rows=[
                (key, self.source, name, "", "", "", "", "", "[]", "", "", time, time, True, 0, 0, 0, 1, 0, 0)
                for key, (name, time) in sorted(first.items())
            ],
            conflict="id",
            returning="id",
        )
        self._new = {row[0] for row in made}
        wanted = Q(pk__in=self.conversations)
        if self._learnt:
            wanted |= Q(customer_id__in=self._learnt)
        locked = list(
            Conversation.objects.select_for_update(no_key=True)
            .filter(wanted)
            .order_by("pk")
            .values_list("pk", "customer_id", "started_at", "last_event_at")
        )
        self._stored_customer_of = {key: customer for key, customer, *_ in locked}
        self._span = (
            min([self._span[0], *(row[2] for row in locked)]),
            max([self._span[1], *(row[3] for row in locked)]),
        )

    def learn_customers(self) -> None:
        """Settle whose each conversation is, and open by which values the customers are known."""
        self.customer_of = self._claims.settle(stored=self._stored_customer_of, since=self._span[0])
        self._known = parties.known_values(customers=set(self.customer_of.values()) | self._customers)

    def append(self) -> int:
        """Append what the batch says to the tables and return the number of new messages."""
        messages: list[transcript.Said] = []
        changes: list[transcript.Changed] = []
        others: list[c.CanonicalEvent] = []
        for event in self.events:
            d = event.data
            if isinstance(d, c.MessageCreated):
                messages.append(self._said(event, d))
            elif isinstance(d, c.MessageUpdated):
                changes.append(
                    transcript.Changed(
                        id=self.key("event", event.id), message_id=self.message(d.conversation_id, d.message_id),
                        change=d.change, text=d.text, conversation_id=self.conversation(d), delivery=d.delivery or "",
                        at=event.time, sequence=event.sequence,
                    )
                )  # fmt: skip
            elif not isinstance(d, c.AgentStatusChanged):
                others.append(event)
        rows.write(self, others)
        appended = transcript.append(
            messages=messages, changes=changes, known=self._known_of, seals=self.seals, span=self._span, fresh=self._new
        )
        self.redacted = appended.wiped
        taken_over = {key for key, who in self.customer_of.items() if who != self._stored_customer_of.get(key)}
        learnt = {key for key, who in self.customer_of.items() if who in self._learnt}
        self.told |= masked_again.mask_again(
            conversations=taken_over | learnt, new=self._new, customers=self._learnt, known=self._known_of,
            seals=self.seals, span=self._span, answers=appended.answers,
        )  # fmt: skip
        self.seals.write()
        return appended.messages

    def _said(self, event: c.CanonicalEvent, d: c.MessageCreated) -> transcript.Said:
        return transcript.Said(
            id=self.message(d.conversation_id, d.message_id), conversation_id=self.conversation(d),
            author_kind=d.author.kind, agent_id=self.agent(d.author),
            own_name=(d.author.name or "") if d.author.kind in parties.STAFF else "", is_private=d.visibility == "private",
            kind=d.kind or "text", text=d.text or "", sent_at=event.time, sequence=event.sequence,
            language=d.language or "", offset_ms=d.offset_ms, duration_ms=d.duration_ms,
            attachments=[msgspec.to_builtins(a) for a in d.attachments or []], via=event.via, recorded_at=self.at,
        )  # fmt: skip

    def forget_untold(self) -> None:
        """Delete the rows of conversations of which nothing is known yet but a word about a message or the like."""
        if untold := self._new - self.told:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM interactions_conversation WHERE id = ANY(%s)", [sorted(untold)])
