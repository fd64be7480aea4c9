"""Mark what may have changed, and count it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from apps.access.models import User
from apps.access.roles import GRANTED, Permission, Role
from apps.analysis.facts import MessagesRead
from apps.interactions.facts import ConversationsChanged
from apps.metrics import bell, counting, volume
from apps.metrics.measures import REPEAT_WITHIN_DAYS
from apps.metrics.models import Baseline, Mark
from apps.shared.facts import Fact

# How many marks one transaction takes, and how many hours. Joins of what was observed have no index: with 2000 conversations they
# took four fifths of the time.
MOST_MARKS, MOST_HOURS = 500, 24
# So long after their first change hours are counted again: half of the work of a recount, and read of hours that are over.
HOURS_LATER = timedelta(seconds=2)
# Compiling a statement that takes some milliseconds takes longer than to run it.
_ONE_HAND = "SELECT pg_try_advisory_xact_lock(hashtext('midshift.metrics.recount')), set_config('jit', 'off', true)"
# What is longer is observed apart.
SHORT_DAYS = 7
_TAKE = """
DELETE FROM metrics_mark WHERE id IN (SELECT id FROM metrics_mark ORDER BY id LIMIT %s)
RETURNING conversation_id, marked_at, is_late
"""
_TAKE_HOURS = """
DELETE FROM metrics_hourdue WHERE starts_at IN (
    SELECT starts_at FROM metrics_hourdue WHERE since <= %s ORDER BY starts_at LIMIT %s)
RETURNING starts_at, since
"""


def mark_dirty(fact: Fact, at: datetime) -> None:
    """Mark the conversations that a recorded batch changed. One insert, whatever the number of conversations.

    The rows before the change need not be known: the recount compares a conversation's observations with the stored ones,
    and counts the buckets of both.
    """
    changed = cast(ConversationsChanged, fact)
    _mark(changed.conversation_ids, at=changed.at, is_late=changed.at - changed.since > counting.LIVE)
    transaction.on_commit(bell.ring, robust=True)


def mark_read(fact: Fact, at: datetime) -> None:
    """Mark the conversations in whose messages something was read. One insert; what is read later corrects nothing."""
    told = cast(MessagesRead, fact)
    _mark(told.conversation_ids, at=told.at, is_late=False)


def _mark(conversations: list[UUID], *, at: datetime, is_late: bool) -> None:
    if not conversations:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) SELECT id, %s, %s FROM unnest(%s::uuid[]) AS t(id)",
            [at, is_late, conversations],
        )


def mark_everything(*, at: datetime) -> None:
    """Mark every conversation, oldest first and those that were open for weeks last. For numbers that are to be counted afresh, such
    as after an update.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) SELECT id, %s, false FROM interactions_conversation "
            "ORDER BY last_event_at - started_at > make_interval(days => %s), started_at",
            [at, SHORT_DAYS],
        )


@transaction.atomic
def recount(*, at: datetime, most_marks: int = MOST_MARKS) -> int:
    """Take the oldest marks, observe their conversations again and recount the buckets that this touches.

    Return how many marks were taken; 0 also when another worker is counting. Everything happens in one transaction: who is
    killed leaves the marks where they were, and counting twice gives the same buckets.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONE_HAND)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE, [most_marks])
        taken = cursor.fetchall()
    if not taken:
        return 0
    late: dict[UUID, datetime] = {}
    for conversation, marked_at, is_late in taken:
        if is_late:
            late[conversation] = max(marked_at, late.get(conversation, marked_at))
    conversations = sorted({row[0] for row in taken} | _earlier(sorted({row[0] for row in taken})))
    found = [counting.replace_observations(conversations=some, late=late) for some in _by_span(conversations)]
    counting.recount(cells=counting.together(found), at=at)
    return len(taken)


def _by_span(conversations: list[UUID]) -> list[list[UUID]]:
    """The conversations whose events lie within a week, and the others, as far as there are any.

    A statement reads the partitions of all the time that its conversations span. One that nobody closed for months would have it
    plan and read hundreds of them for all the rest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM interactions_conversation WHERE id = ANY(%s) AND last_event_at - started_at > make_interval(days => %s)",
            [conversations, SHORT_DAYS],
        )
        long = {row[0] for row in cursor.fetchall()}
    both = [key for key in conversations if key not in long], sorted(long)
    return [some for some in both if some]


_EARLIER = """
SELECT DISTINCT p.id FROM interactions_conversation c
JOIN interactions_conversation p ON p.customer_id = c.customer_id AND p.id <> c.id AND p.started_at <= c.started_at
  AND p.last_event_at >= c.started_at - make_interval(days => %s)
WHERE c.id = ANY(%s)
"""


def _earlier(conversations: list[UUID]) -> set[UUID]:
    """Earlier conversations of the same customers, as late as to be judged by whether the customer came back with these."""
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [REPEAT_WITHIN_DAYS, conversations])
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def count_hours(*, at: datetime, changed_by: datetime) -> int:
    """Count again the hours of which something changed by a moment; return how many, a day of them at most.

    Nought also when another worker is counting. Who is killed leaves the hours due.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONE_HAND)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE_HOURS, [changed_by, MOST_HOURS])
        taken = dict(cursor.fetchall())
    if taken:
        counting.count_hours(hours=taken, at=at)
    return len(taken)


def recount_all(*, at: datetime, tell: Callable[[int], None] = lambda waiting: None) -> None:
    """Recount until nothing is marked and no hour is due, telling how many marks wait after each step."""
    while recount(at=at):
        tell(Mark.objects.count())
    while count_hours(at=at, changed_by=datetime.max.replace(tzinfo=UTC)):
        continue


def recount_waiting(*, at: datetime) -> None:
    """Recount what is marked by now, and the hours that are due. What is marked meanwhile is left to the next tick, so that a
    trickle holds no worker.
    """
    while recount(at=at) >= MOST_MARKS:
        continue
    while count_hours(at=at, changed_by=at - HOURS_LATER) >= MOST_HOURS:
        continue


@transaction.atomic
def learn_baselines(*, at: datetime) -> int:
    """Learn anew what is usual, in the zone of everybody who watches a floor; return how many baselines there are."""
    watching = [role for role in Role if Permission.VIEW_FLOOR in GRANTED[role]]
    zones = set(User.objects.filter(is_active=True, role__in=watching).values_list("time_zone", flat=True))
    rows = [row for zone in sorted(zones) for row in volume.learn_all(zone=ZoneInfo(zone), at=at)]
    # Written over and not added to: a queue that is gone, or a zone nobody looks from, has no baseline.
    Baseline.objects.all().delete()
    Baseline.objects.bulk_create(rows)
    return len(rows)
