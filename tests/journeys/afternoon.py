"""Nordwind Shop at one fixed moment of one fixed day, recorded as a worker would: every screen has something to show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from apps.access.models import User
from apps.alerts import services as alerts
from apps.analysis import services as analysis
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.demo.floor import day
from apps.demo.ledger import Sent
from apps.demo.roster import QUEUES
from apps.demo.seed import seed
from apps.demo.shop import HOUR, arrival_share
from apps.interactions.decoding import decode
from apps.interactions.keys import key
from apps.interactions.models import Conversation
from apps.interactions.services import keep_partitions, record
from apps.metrics import services as metrics
from apps.metrics.models import Baseline
from apps.shared.models import Pulse
from supervision.celery import SCHEDULE

# A Wednesday, 14:17 on the shop's clock: Billing chat is in its surge.
AT = datetime(2026, 11, 25, 13, 17, tzinfo=UTC)
ON = date(2026, 11, 25)
BATCH = 1000


def _delivered(sent: Sequence[Sent]) -> None:
    """Leave the traces of the last hour's deliveries that the sources page counts: one a source for every ten events."""
    for source in Source.objects.all():
        due = [one.due for one in sent if one.source == source.slug and one.due > AT.timestamp() - HOUR]
        moments = [datetime.fromtimestamp(one, UTC) for one in due]
        Delivery.objects.bulk_create(
            Delivery(
                source=source,
                received_at=at,
                absorbed_at=at,
                state=DeliveryState.ABSORBED,
                body=b"",
                accepted=list(range(10)),
                usual_lag_ms=90,
            )
            for at in sorted(moments)[::-10]
        )
        source.last_received_at = source.last_event_at = max(moments)
        source.save()


def _counted() -> None:
    """Have the day's numbers counted, and what is usual known: the shop's own plan."""
    metrics.mark_everything(at=AT)
    metrics.recount_all(at=AT)
    week = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]
    shares = [arrival_share(on=on, seconds=(hour + 0.5) * HOUR) for on in week for hour in range(24)]
    plans = {key("nordwind", "queue", plan.slug): plan.arrivals_per_hour for plan in QUEUES}
    for zone in set(User.objects.values_list("time_zone", flat=True)):
        for queue, rate in {**plans, None: sum(plans.values())}.items():
            Baseline.objects.create(
                queue_id=queue, zone=zone, expected=[share * rate for share in shares], dispersion=1.1, level_spread=0.04,
                days=28, learnt_at=AT,
            )  # fmt: skip


def play() -> None:
    """Set the shop up and record its day up to the moment; of the two weeks before there are arrivals only.

    The first call works it out, which takes as long as some dozen tests. Later ones put the same rows back, in the place of whatever
    is in the tables.
    """
    if _KEPT:
        _put_back()
        return
    _work_it_out()
    if _may_put_back():
        _keep()


# The rows of each table after the first afternoon of this process.
_KEPT: dict[str, bytes] = {}


def _may_put_back() -> bool:
    """Say whether rows may be written without their triggers, as only the owner of a server may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return [name for (name,) in cursor.fetchall()]


def _keep() -> None:
    with connection.cursor() as cursor:
        for name in _tables():
            with cursor.cursor.copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as out:
                _KEPT[name] = b"".join(bytes(block) for block in out)


def _put_back() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_tables())} CASCADE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name, rows in _KEPT.items():
            with cursor.cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as into:
                into.write(rows)
    ContentType.objects.clear_cache()


def _work_it_out() -> None:
    shop = seed(at=AT).shop
    sent = [one for one in day(shop=shop, on=ON) if one.due <= AT.timestamp()]
    for start in range(0, len(sent), BATCH):
        by_source: dict[str, list[bytes]] = {}
        for one in sent[start : start + BATCH]:
            by_source.setdefault(one.source, []).append(json.dumps(one.event).encode())
        for source, bodies in by_source.items():
            record(events=[decode(body) for body in bodies], source=source, at=AT)
    _delivered(sent)
    analysis.mark_since(since=AT - timedelta(hours=3), at=AT)
    analysis.read_all(at=AT)
    _counted()
    alerts.seed(at=AT - timedelta(hours=1))
    for minutes in range(10, -1, -1):
        alerts.evaluate(at=AT - timedelta(minutes=minutes))
    alerts.watch(at=AT)
    keep_partitions(at=AT)
    Pulse.objects.bulk_create(
        Pulse(task=entry["task"], worker="celery@floor", done_at=AT - timedelta(seconds=2))
        for entry in SCHEDULE.values()
    )
    before = [shop.starts_at(ON - timedelta(days=n)) for n in range(1, 9)]
    Conversation.objects.bulk_create(
        Conversation(
            id=uuid4(), source="shop-chat", external_id=f"past-{starts:%d}-{plan.slug}-{quarter}-{n}", channel=plan.channel,
            queue_id=key("nordwind", "queue", plan.slug), started_at=starts + timedelta(seconds=(quarter + 0.5) * 900),
            last_event_at=starts + timedelta(seconds=(quarter + 1) * 900), is_open=False,
        )
        for starts in before
        for plan in QUEUES
        for quarter in range(96)
        for n in range(round(plan.arrivals_per_hour / 4 * arrival_share(on=ON, seconds=(quarter + 0.5) * HOUR / 4)))
    )  # fmt: skip
