"""What is past its retention goes: partitions dropped by the day, sealed originals before masked words, customers at last.

Nothing of a customer under a legal hold goes. Numbers stay: they are counted from observations, which name nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.access import retention
from apps.interactions import partitions
from apps.interactions.rights import HELD_CONVERSATIONS, HELD_CUSTOMERS

# Rows that one statement deletes, so that none holds its locks for long.
STEP = 10_000

# The values behind masks, by the last event of their conversation; those of customers' records and of presence have none.
_ORIGINALS = (
    "SELECT s.id FROM interactions_sealedvalue s JOIN interactions_conversation t ON t.id = s.conversation_id "
    f"WHERE t.last_event_at < %(before)s AND t.id NOT IN {HELD_CONVERSATIONS}",
    "SELECT s.id FROM interactions_sealedvalue s JOIN interactions_customer u ON u.id = s.message_id "
    f"WHERE coalesce(u.updated_at, '-infinity') < %(before)s AND u.id NOT IN {HELD_CUSTOMERS}",
    "SELECT s.id FROM interactions_sealedvalue s JOIN agents_presence p ON p.id = s.message_id "
    "WHERE p.started_at < %(before)s",
)
# An edit is sealed as a whole, so it is an original too.
_EDITS = (
    "UPDATE interactions_messagechange SET sealed = NULL WHERE happened_at < %(before)s AND sealed IS NOT NULL "
    f"AND conversation_id NOT IN {HELD_CONVERSATIONS}"
)
# Words that lie beside the messages. The rows stay where numbers are counted from them.
_WORDS = (
    f"DELETE FROM interactions_messagechange WHERE happened_at < %(before)s AND conversation_id NOT IN {HELD_CONVERSATIONS}",
    "DELETE FROM interactions_reportedanalysis WHERE happened_at < %(before)s "
    f"AND conversation_id NOT IN {HELD_CONVERSATIONS}",
    "UPDATE interactions_rating SET comment = '' WHERE happened_at < %(before)s AND comment <> '' "
    f"AND conversation_id NOT IN {HELD_CONVERSATIONS}",
    "UPDATE interactions_botturn SET knowledge = '[]', details = '{}' WHERE happened_at < %(before)s "
    f"AND (knowledge <> '[]' OR details <> '{{}}') AND conversation_id NOT IN {HELD_CONVERSATIONS}",
    "UPDATE interactions_actionresult SET message = '' WHERE happened_at < %(before)s AND message <> '' "
    f"AND (conversation_id IS NULL OR conversation_id NOT IN {HELD_CONVERSATIONS})",
    "UPDATE interactions_handoff SET summary = '…' WHERE happened_at < %(before)s AND summary NOT IN ('', '…') "
    f"AND conversation_id NOT IN {HELD_CONVERSATIONS}",
    "UPDATE interactions_conversation SET subject = '', tags = '[]' WHERE last_event_at < %(before)s "
    f"AND (subject <> '' OR tags <> '[]') AND id NOT IN {HELD_CONVERSATIONS}",
)
# Customers of whom nothing happened for as long as events are kept.
_CUSTOMERS = (
    "SELECT u.id FROM interactions_customer u WHERE coalesce(u.updated_at, '-infinity') < %(before)s "
    f"AND u.id NOT IN {HELD_CUSTOMERS} AND NOT EXISTS (SELECT 1 FROM interactions_conversation t "
    "WHERE t.customer_id = u.id AND t.last_event_at >= %(before)s)"
)


def forget(*, at: datetime) -> None:
    """Drop, delete and empty what is past its retention now. Running it again changes nothing.

    Steps: (1) originals; (2) partitions of messages and events; (3) words beside messages; (4) customers.
    """
    days = retention.current()
    before = {kind: at - timedelta(days=number) for kind, number in days.items()}
    for chosen in _ORIGINALS:
        _delete("interactions_sealedvalue", chosen, before["originals"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_EDITS, {"before": before["originals"]})
    for table, kind in (("interactions_message", "messages"), ("interactions_conversationevent", "events")):
        partitions.drop_before(day=before[kind].date(), table=table)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _WORDS:
            cursor.execute(statement, {"before": before["messages"]})
    _forget_customers(before["events"])


def _delete(table: str, chosen: str, before: datetime) -> None:
    gone = STEP
    with connection.cursor() as cursor:
        while gone == STEP:
            # The names are constants of this module.
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN ({chosen} LIMIT {STEP})",
                {"before": before},
            )
            gone = cursor.rowcount


def _forget_customers(before: datetime) -> None:
    gone = STEP
    while gone == STEP:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM interactions_customer WHERE id IN ({_CUSTOMERS} LIMIT {STEP}) RETURNING id",
                {"before": before},
            )
            keys = [row[0] for row in cursor.fetchall()]
            gone = len(keys)
            cursor.execute("DELETE FROM interactions_customervalue WHERE customer_id = ANY(%s)", [keys])
            cursor.execute("DELETE FROM interactions_sealedvalue WHERE message_id = ANY(%s)", [keys])


def would_go(*, days: dict[str, int], at: datetime) -> dict[str, int]:
    """How many rows of each kind of this app another table of days would let go now, beyond what is gone. Estimates for
    partitions, from the database's own counts; exact for originals. Three statements."""
    with connection.cursor() as cursor:
        found = {}
        cursor.execute(f"SELECT count(*) FROM ({_ORIGINALS[0]}) x", {"before": at - timedelta(days=days["originals"])})
        found["originals"] = int(cursor.fetchone()[0])
    for table, kind in (("interactions_message", "messages"), ("interactions_conversationevent", "events")):
        found[kind] = partitions.days_before(day=(at - timedelta(days=days[kind])).date(), table=table)
    return found
