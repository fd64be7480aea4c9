"""The leads of the shop act once a day, and its chat platform follows through the public API alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.agents.models import Agent
from apps.coaching.models import Note
from apps.demo.acting import act
from apps.demo.platform import TAKES, Platform
from apps.demo.seed import seed
from apps.interventions.models import Intervention
from apps.routing.models import Diversion, HelpCall
from apps.shared import outbox
from apps.tuning.models import Proposal

AT = datetime(2026, 11, 25, 13, 17, tzinfo=UTC)


@pytest.fixture
def shop(settings: Any, tmp_path: Path, db: None) -> None:
    settings.DATA_DIR = tmp_path
    seed(at=AT)


def test_every_face_of_an_action_is_there_and_a_second_start_adds_nothing(shop: None) -> None:
    done = act(at=AT, on="2026-11-25")
    while outbox.dispatch(at=AT):
        continue
    found = Intervention.objects.count(), Diversion.objects.count(), Note.objects.count()
    assert act(at=AT + timedelta(minutes=1), on="2026-11-25") == done
    assert (Intervention.objects.count(), Diversion.objects.count(), Note.objects.count()) == found
    assert Diversion.objects.filter(is_undone=True).count() == 1
    assert Diversion.objects.running(AT).exists()
    assert HelpCall.objects.standing(AT).count() == Proposal.objects.count() == 1
    assert Note.objects.exclude(answer="").count() == 1
    # What was taken back before anybody heard of it never was.
    assert not Intervention.objects.filter(
        subject_id__in=Diversion.objects.filter(is_undone=True).values("pk")
    ).exists()


def test_everybody_at_work_can_be_coached(shop: None) -> None:
    seed(at=AT)  # a second start changes nothing
    people = Agent.objects.people().filter(is_listed=True)
    assert people.filter(user=None).count() == 0
    assert people.filter(user__role="agent").count() == people.count() - 1  # Lena leads


def test_the_platform_accepts_what_it_fetches_and_reports_it_done_once_it_is() -> None:
    sent: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.extend(json.loads(request.content))
            return httpx.Response(202, json={"results": []})
        own = [{"action_id": "a1"}] if request.headers["Authorization"] == "Bearer t1" else []
        return httpx.Response(200, json={"commands": own})

    platform = Platform(
        address="http://here",
        tokens=lambda: {"chat": "t1", "phone": "t2"},
        client=httpx.Client(transport=httpx.MockTransport(answer)),
    )
    told = [platform.follow(at=AT + seconds) for seconds in (timedelta(0), timedelta(seconds=1), TAKES)]
    assert told == [1, 0, 1]
    assert [(one["data"]["state"], one["source"]) for one in sent] == [
        ("accepted", "/connections/chat"),
        ("done", "/connections/chat"),
    ]


def test_a_portal_that_is_away_is_asked_again_next_time() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    client = httpx.Client(transport=httpx.MockTransport(away))
    assert Platform(address="http://here", tokens=lambda: {"chat": "t"}, client=client).follow(at=AT) == 0
