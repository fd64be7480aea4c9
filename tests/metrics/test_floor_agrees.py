"""The floor's numbers of the last hour are those of the metrics that they open: on 200 random histories."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import TestCase

from apps.access.viewer import Viewer
from apps.console import figures, floor
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.models import Queue
from apps.metrics import queries
from apps.metrics.queries import Scope
from apps.metrics.reading import Number
from tests.interactions.events import SOURCE
from tests.metrics.histories import history
from tests.metrics.test_oracle import HISTORIES, everywhere, take_in

FIGURES = {"transfer": "transfer_rate", "abandon": "abandonment_rate", "confidence": "ai_confidence"}


class TestFloor(TestCase):
    """Random moments of random histories, as somebody sees them who has every queue."""

    events: list[CanonicalEvent]
    viewer: Viewer

    @classmethod
    def setUpTestData(cls) -> None:
        cls.events = [one for seed in range(HISTORIES) for one in history(seed)]
        take_in(cls.events, dice=Random(1), parts=2)
        cls.viewer = everywhere()
        Queue.objects.filter(pk__in=[key(SOURCE, "queue", name) for name in ("billing", "sales")]).update(
            reply_target_seconds=45
        )

    def moments(self) -> list[datetime]:
        dice = Random(7)
        return [dice.choice(self.events).time + timedelta(seconds=dice.uniform(0, 900)) for _ in range(40)]

    def number(self, metric: str, at: datetime, scope: Scope) -> Number:
        groups = queries.measure(viewer=self.viewer, key=metric, scope=scope, window="60min", at=at).groups
        return groups[0].number

    def opened(self, metric: str, href: str, at: datetime) -> Number:
        """The number of the page that a link leads to."""
        address = urlsplit(href)
        asked = parse_qs(address.query)
        assert address.path == f"/metrics/{metric}"
        assert asked["window"] == ["60min"]
        queue = asked.get("scope", [":"])[0].partition(":")[2]
        return self.number(
            metric, at, Scope(queue_id=key(SOURCE, "queue", Queue.objects.get(pk=queue).name) if queue else None)
        )

    def test_the_queue_table_says_what_the_metrics_say(self) -> None:
        compared = 0
        for at in self.moments():
            for line in floor.queues(viewer=self.viewer, at=at):
                replies = self.opened("first_reply_time", line.replies_href, at)
                assert (line.replies, line.first_reply_seconds) == (replies.n, pytest.approx(replies.p90, abs=1e-3))
                within = self.opened("service_level", line.within_href, at)
                assert line.within_target == (None if within.value is None else pytest.approx(within.value))
                compared += replies.n > 0
        assert compared > 20

    def test_the_figures_say_what_the_metrics_say(self) -> None:
        compared = 0
        for at in self.moments():
            for figure in figures.figures(viewer=self.viewer, at=at):
                if figure.key in FIGURES:
                    told = self.number(FIGURES[figure.key], at, Scope())
                    compared += told.n > 0
                    if not told.n:
                        assert figure.face == "empty"
                    elif figure.key == "confidence":
                        assert (figure.value, figure.target) == (f"{told.value:.2f}", f"no goal, n {told.n}")
                    else:
                        hits, cases = map(int, re.findall(r"(\d+) of (\d+)", figure.target)[0])
                        assert (hits, cases) == (told.hits, told.n)
                        assert self.opened(FIGURES[figure.key], figure.href, at) == told
        assert compared > 50
