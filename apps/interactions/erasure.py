"""One customer is erased: what is theirs goes, and what is counted stays, under a key that leads to nobody.

The course of their conversations stays (who held it, when it was answered, how it was rated), because numbers of people's
work are counted from it; it names a stand-in, a customer with a random key. Two conversations of one person keep being
two of one person, and no key of the source leads to either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q

from apps.interactions import parties
from apps.interactions.models import Conversation, Customer
from apps.interactions.rows import OUR_WORDS

# Fields of an event's data that stay: words of the canonical event, and what is counted from it.
STAYING = sorted({name for name in OUR_WORDS if "." not in name} | {"position"})
# What stands for words that are gone where it is counted that there were some.
LEFT_OUT = "…"
_TABLES_OF_VALUES = ("interactions_sealedvalue", "interactions_messagechange", "interactions_reportedanalysis")
_STATEMENTS = (
    *(f"DELETE FROM {table} WHERE conversation_id = ANY(%(talks)s)" for table in _TABLES_OF_VALUES),
    "DELETE FROM interactions_sealedvalue WHERE message_id = %(customer)s OR conversation_id = %(customer)s",
    "DELETE FROM interactions_customervalue WHERE customer_id = %(customer)s",
    "DELETE FROM interactions_customer WHERE id = %(customer)s",
    # From here on the rows stay, without their words.
    "UPDATE interactions_message SET text = '', attachments = '[]', language = '', removed_at = coalesce(removed_at, %(at)s) "
    "WHERE conversation_id = ANY(%(talks)s)",
    # Whether a hand-off came with a note is counted, so one that did keeps saying so.
    """UPDATE interactions_conversationevent SET data = coalesce((
           SELECT jsonb_object_agg(key, CASE WHEN key = 'customer' AND value = to_jsonb(%(customer)s::text)
                                             THEN to_jsonb(%(stand_in)s::text) ELSE value END)
           FROM jsonb_each(data) WHERE key = ANY(%(staying)s)
       ), '{}') || CASE WHEN coalesce(jsonb_typeof(data->'handoff'), '') <> 'object' THEN '{}'
                        WHEN coalesce(data->'handoff'->>'summary', '') = '' THEN jsonb_build_object('handoff', data->'handoff')
                        ELSE jsonb_build_object('handoff', data->'handoff' || jsonb_build_object('summary', %(left_out)s::text))
                   END
       WHERE conversation_id = ANY(%(talks)s)""",
    "UPDATE interactions_rating SET comment = '' WHERE conversation_id = ANY(%(talks)s)",
    "UPDATE interactions_botturn SET knowledge = '[]', details = '{}', "
    "intent = CASE WHEN intent LIKE '%%[%%' THEN '' ELSE intent END WHERE conversation_id = ANY(%(talks)s)",
    "UPDATE interactions_actionresult SET message = '' WHERE conversation_id = ANY(%(talks)s)",
    "UPDATE interactions_handoff SET summary = %(left_out)s WHERE summary <> '' AND conversation_id = ANY(%(talks)s)",
    "UPDATE interactions_conversation SET subject = '', tags = '[]', external_id = '', language = '', "
    "customer_id = CASE WHEN customer_id = %(customer)s THEN %(stand_in)s::uuid ELSE customer_id END "
    "WHERE id = ANY(%(talks)s)",
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What one erasure reached."""

    conversations: Sequence[UUID]


def erase(*, customer: UUID, source: str, at: datetime, also: Sequence[UUID] = ()) -> Erased:
    """Erase a customer in the caller's transaction: names, known values, sealed values, and every word of theirs or to them.

    `also` are conversations that were the customer's before an earlier erasure. Erasing again finds nothing and changes
    nothing. Locks are taken in the order in which a batch takes them: customer, then
    conversations by key.
    """
    list(Customer.objects.select_for_update().filter(pk=customer))
    theirs = Q(customer_id=customer) | Q(pk__in=also)
    owners = dict(
        Conversation.objects.select_for_update().filter(theirs).order_by("pk").values_list("pk", "customer_id")
    )
    talks = list(owners)
    stand_in = _stand_in(source, at) if customer in owners.values() else None
    values: dict[str, Any] = {
        "customer": customer, "talks": talks, "at": at, "staying": STAYING, "left_out": LEFT_OUT,
        "stand_in": None if stand_in is None else str(stand_in),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
    return Erased(conversations=talks)


def _stand_in(source: str, at: datetime) -> UUID:
    key = uuid4()
    Customer.objects.create(id=key, source=source, label=parties.label(key), updated_at=at)
    return key
