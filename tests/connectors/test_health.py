"""How the sources are doing: lag, clock, events, what was put aside; and the page that says so."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.connectors import queries, services
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.connectors.queries import SourceHealth
from supervision.regions import REGIONS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def source_of(slug: str, at: datetime, *, ago: float = 4) -> Source:
    made = services.create_source(by=None, slug=slug, name=slug.title(), kind="api", at=at)[0]
    made.last_received_at = made.last_event_at = at - timedelta(seconds=ago)
    made.save()
    return made


def deliver(source: Source, at: datetime, *, minutes: float = 1, events: int = 1, **more: Any) -> Delivery:
    return Delivery.objects.create(
        source=source, received_at=at - timedelta(minutes=minutes), body=b"", accepted=list(range(events)),
        **{"state": DeliveryState.ABSORBED, **more},
    )  # fmt: skip


def health(viewer: Viewer, at: datetime) -> dict[str, SourceHealth]:
    return {one.slug: one for one in queries.sources_health(viewer=viewer, at=at)}


def test_the_usual_lag_is_the_middle_of_the_last_hour_and_imports_do_not_count(adam: Viewer, noon: datetime) -> None:
    source = source_of("shop", noon)
    for lag in (1_000, 2_000, 90_000):
        deliver(source, noon, usual_lag_ms=lag, least_lag_ms=lag)
    deliver(source, noon, minutes=61, usual_lag_ms=900_000, least_lag_ms=900_000)
    deliver(source, noon, usual_lag_ms=None)
    found = health(adam, noon)["shop"]
    assert (found.usual_lag_seconds, found.clock_ahead_seconds) == (2.0, 0.0)
    source_of("other", noon)
    found = health(adam, noon)["other"]
    assert (found.usual_lag_seconds, found.clock_ahead_seconds) == (None, None)


@pytest.mark.parametrize(("least", "minutes", "ahead"), [(-40_000, 1, 40.0), (-1_900, 1, 0.0), (-40_000, 11, None)])
def test_a_clock_that_runs_ahead_is_told_from_the_last_minutes(
    adam: Viewer, noon: datetime, least: int, minutes: float, ahead: float | None
) -> None:
    deliver(source_of("shop", noon), noon, minutes=minutes, least_lag_ms=least, usual_lag_ms=0)
    assert health(adam, noon)["shop"].clock_ahead_seconds == ahead


def test_the_lag_of_a_source_whose_clock_runs_ahead_is_told_by_our_clock(adam: Viewer, noon: datetime) -> None:
    deliver(source_of("shop", noon), noon, minutes=30, usual_lag_ms=-38_000, least_lag_ms=-40_000)
    assert health(adam, noon)["shop"].usual_lag_seconds == pytest.approx(2.0)


def test_events_are_counted_and_not_requests(adam: Viewer, noon: datetime) -> None:
    source = source_of("shop", noon)
    deliver(source, noon, events=100)
    deliver(source, noon, events=20, state=DeliveryState.WAITING)
    deliver(source, noon, minutes=61, events=500)
    deliver(source, noon, minutes=3_000, events=7, state=DeliveryState.WAITING)
    deliver(source, noon, events=9, aside=[{"place": 3, "id": "a", "why": "x"}, {"place": 4, "id": "b", "why": "x"}])
    deliver(source, noon, minutes=900, events=5, state=DeliveryState.FAILED, error="killed")
    deliver(source, noon, events=0, state=DeliveryState.FAILED, error="not JSON")
    found = health(adam, noon)["shop"]
    assert (found.events_last_hour, found.waiting, found.put_aside, found.unreadable) == (129, 27, 7, 1)
    assert found.waiting_since == noon - timedelta(minutes=3_000)


def test_each_state_has_its_word(adam: Viewer, noon: datetime) -> None:
    source_of("live", noon)
    source_of("quiet", noon, ago=130)
    Source.objects.filter(pk=source_of("off", noon).pk).update(is_active=False)
    Source.objects.filter(pk=source_of("new", noon).pk).update(last_received_at=None)
    deliver(source_of("behind", noon), noon, usual_lag_ms=490_000, least_lag_ms=480_000)
    for n in range(20):
        deliver(
            source_of("silent", noon) if not n else Source.objects.get(slug="silent"),
            noon,
            minutes=30 + n / 60,
            usual_lag_ms=0,
        )
    assert {slug: one.state for slug, one in health(adam, noon).items()} == {
        name: name for name in ("live", "quiet", "off", "new", "behind", "silent")
    }


def test_the_title_says_what_is_wrong_and_else_that_nothing_is(adam: Viewer, noon: datetime) -> None:
    assert queries.health_verdict([])[0] == "Connect your first source"
    source = source_of("shop", noon)
    deliver(source, noon, events=1_200)
    title, text = queries.health_verdict(list(health(adam, noon).values()))
    assert (title, text) == ("All that was sent is recorded", "1,200 events in the last hour, no source is late.")
    deliver(source, noon, aside=[{"place": 0, "id": "a", "why": "x"}], least_lag_ms=-40_000, usual_lag_ms=0)
    title, _ = queries.health_verdict(list(health(adam, noon).values()))
    assert title == "1 event could not be recorded; the clock of Shop runs ahead"


def test_thirty_sources_cost_as_many_statements_as_three(adam: Viewer, noon: datetime) -> None:
    counts = []
    for size in (3, 30):
        for n in range(size):
            deliver(source_of(f"s{size}-{n}", noon), noon)
        with CaptureQueriesContext(connection) as seen:
            queries.sources_health(viewer=adam, at=noon)
        counts.append(len(seen))
    assert counts == [3, 3]


def test_the_page_shows_each_figure_and_the_reasons_with_a_way_to_read_again(adam: Viewer, noon: datetime) -> None:
    source = source_of("shop", noon)
    row = deliver(
        source, noon, events=9,
        aside=[{"place": n, "id": f"event-{n}", "why": "DataError in interactions/batch.py line 7."} for n in range(5)],
    )  # fmt: skip
    client = Client()
    client.force_login(adam.user)
    page = client.get("/setup/sources").content.decode()
    assert "5 events could not be recorded" in page
    for words in ("5 of 9 events", "DataError in interactions/batch.py line 7.", "5 × event-0, event-1, event-2 …"):
        assert words in page
    assert f"/setup/deliveries/{row.pk}/again" in page
    assert 'data-region="sources.health"' in page


def test_the_live_part_shows_lag_and_clock(adam: Viewer, noon: datetime) -> None:
    deliver(source_of("shop", noon), noon, usual_lag_ms=-38_000, least_lag_ms=-40_000)
    part = REGIONS["sources.health"].render(adam, {}, noon)
    assert "runs 40s ahead" in part
    assert "csrf" not in part


def test_whoever_may_not_manage_sources_gets_no_figure(lena: Viewer) -> None:
    region = REGIONS["sources.health"]
    assert not region.permitted(lena, {})
    client = Client()
    client.force_login(lena.user)
    assert client.get("/live/regions/sources.health").status_code == 403


@pytest.mark.parametrize(("hours", "lag"), [(5, 5 * 3_600_000), (7, None), (24 * 20, None)])
def test_what_a_source_sends_of_its_history_tells_nothing_of_the_way_here(
    hours: int, lag: int | None, noon: datetime
) -> None:
    source = source_of("shop", noon)
    event = {
        "specversion": "1.0", "id": "e", "source": source.uri, "type": "midshift.conversation.started.v1",
        "time": (noon - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {"conversation_id": "c", "channel": "webchat", "direction": "inbound"},
    }  # fmt: skip
    services.admit(source=source, body=json.dumps([event]).encode(), at=noon)
    assert Delivery.objects.get().usual_lag_ms == lag
