"""A source that is late marks its own queues and nothing else; others stay as they are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.connectors.lateness import late_sources
from apps.connectors.models import Delivery, Source
from apps.console import floor, regions
from apps.console.lateness import late
from apps.interactions.models import Queue, QueueIdentity
from tests.console.floors import granted, queue_named, waiting

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def source(
    slug: str, at: datetime, *, pause: int = 10, n: int = 25, silent: int = 0, lag_ms: int | None = 80
) -> Source:
    """A source whose deliveries came every so many seconds until it fell silent."""
    made = Source.objects.create(slug=slug, name=slug.title(), created_at=at - timedelta(days=1))
    Delivery.objects.bulk_create(
        Delivery(source=made, received_at=at - (silent + k * pause) * SECOND, body=b"", usual_lag_ms=lag_ms)
        for k in range(n)
    )
    return made


def fed(name: str, *slugs: str, channel: str) -> Queue:
    """A queue that these sources name."""
    queue = queue_named(name)
    queue.channel = channel
    queue.save()
    for slug in slugs:
        QueueIdentity.objects.create(source=slug, external_id=name, queue=queue)
    return queue


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"silent": 119}, []),
        ({"silent": 121}, [("phone", True)]),
        # Ten times a pause of 30 seconds: five minutes.
        ({"pause": 30, "silent": 299}, []),
        ({"pause": 30, "silent": 301}, [("phone", True)]),
        # Too few deliveries to know what is usual.
        ({"n": 19, "silent": 3600}, []),
        ({"n": 0}, []),
        ({"lag_ms": 120_000}, []),
        ({"lag_ms": 121_000}, [("phone", False)]),
        ({"lag_ms": None}, []),
    ],
)
def test_a_source_is_late_by_its_own_measure(
    given: dict[str, int], expected: list[tuple[str, bool]], noon: datetime
) -> None:
    source("phone", noon, **given)  # type: ignore[arg-type]
    source("chat", noon)
    assert [(one.slug, one.is_silent) for one in late_sources(at=noon)] == expected


def test_a_source_that_seldom_sends_is_measured_by_its_own_pauses_and_not_by_its_history(noon: datetime) -> None:
    # Three weeks of history in half an hour, then a call every ten minutes.
    phone = source("phone", noon, pause=600, n=20, silent=3000)
    Delivery.objects.bulk_create(
        Delivery(source=phone, received_at=noon - timedelta(hours=5) - k * SECOND, body=b"", usual_lag_ms=None)
        for k in range(150)
    )
    assert late_sources(at=noon) == []
    assert [one.slug for one in late_sources(at=noon + timedelta(minutes=51))] == ["phone"]


def test_a_source_of_which_history_alone_has_come_is_not_late(noon: datetime) -> None:
    source("phone", noon, pause=1, n=150, silent=3600, lag_ms=None)
    assert late_sources(at=noon) == []


def test_a_source_that_was_switched_off_is_not_late(noon: datetime) -> None:
    source("phone", noon, silent=3600)
    Source.objects.update(is_active=False)
    assert late_sources(at=noon) == []


def test_only_the_channel_of_the_late_source_is_marked(olu: Viewer, adam: Viewer, noon: datetime) -> None:
    voice, chat = fed("Voice priority", "phone", channel="voice"), fed("Billing chat", "chat", channel="webchat")
    source("phone", noon, silent=300)
    source("chat", noon)
    (line,) = late(viewer=olu, at=noon)
    assert (line.name, line.channels, line.since, line.href) == ("Phone", "Voice", noon - 300 * SECOND, "")
    assert late(viewer=adam, at=noon)[0].href == "/setup/sources"
    rows = {one.name: one.late_since for one in regions.queues(olu, {}, noon)["queues"]}
    assert rows == {voice.name: noon - 300 * SECOND, chat.name: None}
    bars = regions.render("floor.sources", olu, {}, noon)
    assert "Phone has sent nothing since" in bars
    assert "Figures of Voice are from then" in bars


def test_a_source_that_feeds_no_queue_in_scope_is_not_this_persons_business(lena: Viewer, noon: datetime) -> None:
    fed("Voice priority", "phone", channel="voice")
    source("phone", noon, silent=300)
    viewer = granted(lena, queue=fed("Billing chat", "chat", channel="webchat"))
    assert late(viewer=viewer, at=noon) == []


def test_who_waits_longest_is_measured_by_the_queues_promise(lena: Viewer, noon: datetime) -> None:
    quick, slow, none = queue_named("Chat", target=60), queue_named("Letters", target=14_400), queue_named("Open")
    Queue.objects.filter(pk=none.pk).update(reply_target_seconds=None)
    found = [waiting(slow, noon, 7200), waiting(quick, noon, 90), waiting(quick, noon, 20), waiting(none, noon, 3600)]
    waiting(queue_named("Foreign"), noon, 9000)
    for queue in (quick, slow, none):
        viewer = granted(lena, queue=queue)
    keys = floor.longest_waiting(viewer=viewer, at=noon)
    assert keys == [found[1].pk, found[0].pk, found[2].pk, found[3].pk]
    assert (
        floor.longest_waiting(viewer=granted(viewer, team=Team.objects.create(name="A")), at=noon, most=1) == keys[:1]
    )


def test_the_place_of_alerts_does_not_look_finished_while_nothing_watches(olu: Viewer, noon: datetime) -> None:
    html = regions.render("floor.alerts", olu, {}, noon)
    assert "No alert rules yet" in html
    assert "circle-check" not in html
    assert "c-count" not in html
