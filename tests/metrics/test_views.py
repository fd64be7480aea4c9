"""The API: one number with everything that says how far to trust it, and every "no" in JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from apps.access.viewer import Viewer
from apps.interactions.keys import key
from apps.interactions.models import CareCycle, Queue
from apps.metrics import queries, services
from apps.metrics.definitions import DICTIONARY
from tests.console.floors import conversation, granted, queue_named
from tests.interactions.events import SOURCE

pytestmark = pytest.mark.django_db


def get(client: Client, metric: str = "ai_involvement_rate", **asked: str) -> tuple[int, dict[str, Any]]:
    answer = client.get(f"/api/v1/metrics/{metric}", asked)
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


@pytest.fixture
def lead(client: Client, lena: Viewer) -> Queue:
    """Lena, signed in, with a queue of three conversations; another queue has one."""
    now = timezone.now()
    mine, other = queue_named("Billing"), queue_named("Sales")
    granted(lena, queue=mine)
    for queue in (mine, mine, mine, other):
        one = conversation(queue, now)
        CareCycle.objects.create(conversation=one, n=1, started_at=now, started_by="created", queue=queue)
    services.mark_everything(at=now)
    services.recount_all(at=now)
    client.force_login(lena.user)
    return mine


def test_a_number_comes_with_its_definition_window_n_interval_and_as_of(client: Client, lead: Queue) -> None:
    code, told = get(client)
    assert code == 200
    assert told["metric"]["name"] == "Involvement rate"
    assert told["metric"]["guard"] == "ai_resolution_rate"
    assert (told["window"]["name"], told["window"]["is_exact"]) == ("60min", True)
    assert (told["is_complete"], told["is_provisional"], told["error"]) == (True, True, 0.0)
    (group,) = told["groups"]
    assert {name: group["number"][name] for name in ("value", "n", "hits", "is_enough", "revision")} == {
        "value": 0.0, "n": 3, "hits": 0, "is_enough": False, "revision": 0,
    }  # fmt: skip
    assert group["number"]["low"] == 0.0 < group["number"]["high"]
    assert (group["number"]["p90"], group["number"]["business"]) == (None, None)


def test_a_number_by_queue_holds_the_queues_in_scope(client: Client, lead: Queue) -> None:
    code, told = get(client, by="queue", window="28d")
    assert (code, [(one["key"], one["label"], one["number"]["n"]) for one in told["groups"]]) == (
        200, [(str(lead.pk), "Billing", 3)],
    )  # fmt: skip


def test_every_no_is_json_with_a_sentence(client: Client, lead: Queue) -> None:
    other = Queue.objects.get(name="Sales")
    for code, metric, asked in (
        (404, "happiness", {}),
        (404, "csat", {"scope": f"queue:{other.pk}"}),
        (404, "csat", {"scope": f"agent:{key(SOURCE, 'agent', 'nobody')}"}),
        (409, "alignment", {}),
        (409, "abandonment_rate", {"by": "agent"}),
        (400, "csat", {"scope": "queue:billing"}),
        (400, "csat", {"scope": "everything"}),
        (400, "csat", {"window": "1y"}),
        (400, "csat", {"by": "mood"}),
    ):
        found, told = get(client, metric, **asked)
        assert found == code, (metric, asked, told)
        assert told


def test_a_role_without_the_permission_is_told_what_is_missing(client: Client, quentin: Viewer) -> None:
    client.force_login(quentin.user)
    code, told = get(client)
    assert code == 403
    assert "See how the queues are doing" in told["detail"]


def test_a_stranger_is_refused(client: Client) -> None:
    assert get(client)[0] == 403


def test_how_i_am_measured_explains_every_number_to_everybody(client: Client, asha: Viewer) -> None:
    client.force_login(asha.user)
    page = client.get("/how-i-am-measured").content.decode()
    for one in DICTIONARY.values():
        assert f'id="{one.key}"' in page
        assert f'href="#{one.guard}"' in page
        for words in (one.meaning, one.formula, *one.edge_cases, one.source):
            assert escape(words) in page
    assert page.count("not measured yet") == sum(not queries.is_measured(key) for key in DICTIONARY) > 0
