"""The command for a first event is right in a shell whatever the queue is called."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime

import pytest

from apps.connectors.first_event import command
from apps.interactions.decoding import decode


@pytest.mark.parametrize("queue", ["Billing chat", "Men's & \"kids'\" $HOME `x`", "Auskünfte"])
def test_the_command_sends_a_valid_event_that_names_the_queue(queue: str) -> None:
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    shown = command(address="http://127.0.0.1:8321/api/v1/events", token="ms_x", slug="shop", queue=queue, at=at)
    words = shlex.split(shown.replace("\\\n", " "))
    body = words[words.index("-d") + 1]
    assert json.loads(body)["data"]["queue"] == queue
    event = decode(body.encode())
    assert (event.time, event.data.queue) == (at, queue)
    assert "Authorization: Bearer ms_x" in words
