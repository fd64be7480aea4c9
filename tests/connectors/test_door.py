"""The door: who may pass, what becomes of each event, and that nothing accepted is lost."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hmac
import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from apps.access.sealed import open_value, seal
from apps.connectors import services
from apps.connectors.door import Door
from apps.connectors.models import Delivery, DeliveryState, Ledger, Source
from apps.connectors.signatures import signed
from apps.interactions.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = Path(__file__).parents[3] / "shared" / "design" / "events"


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def source() -> tuple[Source, str]:
    return services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr("apps.connectors.door._ring", lambda: None)
    made = Door(nowhere)
    yield made
    made._writer.submit(lambda: connection.close()).result()


def post(door: Door, body: Any, token: str = "", **headers: str) -> httpx.Response:
    return many(door, [(body, {"authorization": f"Bearer {token}"} if token else {}, headers)])[0]


def many(door: Door, requests: list[tuple[Any, dict[str, str], dict[str, str]]]) -> list[httpx.Response]:
    async def go() -> list[httpx.Response]:
        transport = httpx.ASGITransport(door)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await asyncio.gather(
                *(
                    client.post(
                        "/api/v1/events",
                        content=body if isinstance(body, bytes) else json.dumps(body).encode(),
                        headers={"content-type": "application/json", **who, **more},
                    )
                    for body, who, more in requests
                )
            )

    return asyncio.run(go())


def started(name: str, **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": name, "source": "/connections/shop", "type": "midshift.conversation.started.v1",
        "time": "2026-11-24T12:00:00.000Z",
        "data": {"conversation_id": name, "channel": "webchat", "direction": "inbound"}, **more,
    }  # fmt: skip


def said(name: str, text: str) -> dict[str, Any]:
    return started(
        f"m-{name}", type="midshift.message.created.v1",
        data={"conversation_id": name, "message_id": "1", "author": {"kind": "customer", "id": "c"},
              "visibility": "public", "text": text},
    )  # fmt: skip


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 202, answer.text
    return [one["status"] for one in answer.json()["results"]]


def test_other_paths_go_to_the_application_behind(door: Door) -> None:
    async def go() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://d") as client:  # type: ignore[arg-type]
            return (await client.get("/elsewhere")).status_code

    assert asyncio.run(go()) == 299


def test_a_partly_bad_batch_is_not_refused_whole(door: Door, source: tuple[Source, str]) -> None:
    bad = started("b")
    del bad["data"]["channel"]
    answer = post(door, [started("a"), bad, started("a"), {"id": "x"}], source[1])
    assert statuses(answer) == ["accepted", "refused", "duplicate", "refused"]
    refused = answer.json()["results"][1]
    assert (refused["id"], refused["pointer"]) == ("b", "/data/channel")
    assert "channel" in refused["message"]


def test_an_event_that_came_before_is_a_duplicate_and_a_changed_one_counts_as_conflict(
    door: Door, source: tuple[Source, str]
) -> None:
    assert statuses(post(door, started("a"), source[1])) == ["accepted"]
    assert statuses(post(door, started("a"), source[1])) == ["duplicate"]
    assert statuses(post(door, started("a", time="2026-11-24T12:00:09Z"), source[1])) == ["duplicate"]
    assert Source.objects.get().conflicts == 1


def test_an_event_that_names_another_source_is_refused(door: Door, source: tuple[Source, str]) -> None:
    answer = post(door, started("a", source="/connections/other"), source[1])
    assert answer.json()["results"][0]["pointer"] == "/source"


def test_the_body_is_kept_sealed_and_absorbing_it_twice_changes_nothing(door: Door, source: tuple[Source, str]) -> None:
    post(door, [started("a"), said("a", "my card is 4111 1111 1111 1111")], source[1])
    kept = Delivery.objects.get()
    assert b"4111" not in bytes(kept.body)
    assert b"4111" in open_value(bytes(kept.body), context=b"shop")
    for _ in range(2):
        while services.absorb(at=timezone.now()):
            continue
        Delivery.objects.update(state=DeliveryState.WAITING)
    assert Message.objects.get().text == "my card is [card 1]"
    assert Conversation.objects.get().customer_messages == 1


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"authorization": "Bearer wrong"}, b"{}", 401),
        ({}, b"{}", 401),
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "application/json"}, b"not json", 400),
        ({"content-type": "application/json"}, b"[1,", 400),
        ({"content-type": "application/json"}, b'{"id": ', 400),
        ({"content-type": "application/json"}, b'{"id": "a"} x', 400),
        ({"content-type": "application/json"}, b"", 400),
        ({"content-type": "application/json"}, b"x" * (1024 * 1024 + 1), 413),
        ({"content-type": "application/json", "content-encoding": "gzip"}, b"no gzip", 400),
        ({"content-type": "application/json", "content-encoding": "gzip"}, gzip.compress(b" " * 3_000_000), 413),
    ],
)
def test_a_request_that_cannot_be_taken_is_told_why(
    door: Door, source: tuple[Source, str], headers: dict[str, str], body: bytes, status: int
) -> None:
    known = {"authorization": f"Bearer {source[1]}"} if "content-type" in headers else {}
    answer = many(door, [(body, known, headers)])[0]
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert len(problem["detail"]) > 20


def test_a_body_that_cannot_be_read_is_kept_with_its_reason(door: Door, source: tuple[Source, str]) -> None:
    post(door, b"[1,", source[1])
    kept = Delivery.objects.get()
    assert kept.state == DeliveryState.FAILED
    assert "not valid JSON" in kept.error
    assert open_value(bytes(kept.body), context=b"shop") == b"[1,"


def test_more_than_500_events_are_refused(door: Door, source: tuple[Source, str]) -> None:
    assert post(door, [started(str(n)) for n in range(501)], source[1]).status_code == 413
    assert len(statuses(post(door, [started(str(n)) for n in range(500)], source[1]))) == 500


def test_a_gzipped_batch_is_taken(door: Door, source: tuple[Source, str]) -> None:
    body = gzip.compress(json.dumps([started("a")]).encode())
    assert statuses(post(door, body, source[1], **{"content-encoding": "gzip"})) == ["accepted"]


def test_a_switched_off_source_is_refused(door: Door, source: tuple[Source, str]) -> None:
    Source.objects.update(is_active=False)
    assert post(door, started("a"), source[1]).status_code == 401


def test_too_many_waiting_deliveries_ask_the_sender_to_come_back(
    door: Door, source: tuple[Source, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.connectors.door.MOST_WAITING", 0)
    post(door, started("a"), source[1])
    door._backlog_at = 0
    answer = post(door, started("b"), source[1])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


def test_the_same_event_in_1000_requests_at_once_at_two_doors_is_one_event(
    door: Door, source: tuple[Source, str]
) -> None:
    other = Door(nowhere)  # as another web process has it
    body = json.dumps(started("a")).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {source[1]}"}

    async def go() -> list[httpx.Response]:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://a") as one,  # type: ignore[arg-type]
            httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url="http://b") as two,  # type: ignore[arg-type]
        ):
            return await asyncio.gather(
                *(
                    client.post("/api/v1/events", content=body, headers=headers)
                    for _ in range(500)
                    for client in (one, two)
                )
            )

    try:
        told = [statuses(answer) for answer in asyncio.run(go())]
    finally:
        other._writer.submit(lambda: connection.close()).result()
    assert (told.count(["accepted"]), told.count(["duplicate"])) == (1, 999)
    assert Ledger.objects.count() == 1
    assert Delivery.objects.count() == 1
    while services.absorb(at=timezone.now()):
        continue
    assert Conversation.objects.count() == 1


def sign(secret: bytes, body: bytes, *, age: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) - age)
    value = base64.b64encode(hmac.new(secret, f"id1.{stamp}.".encode() + body, sha256).digest()).decode()
    return {"webhook-id": "id1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{value}"}


def test_a_standard_webhooks_signature_opens_the_door_also_with_the_rotated_secret(
    door: Door, source: tuple[Source, str]
) -> None:
    old, new = b"o" * 24, b"n" * 24
    Source.objects.update(webhook_secrets=[seal(new, context=b"shop"), seal(old, context=b"shop")])
    for number, secret in enumerate((old, new)):
        body = json.dumps(started(str(number))).encode()
        assert statuses(many(door, [(body, {}, sign(secret, body))])[0]) == ["accepted"]
    body = json.dumps(started("z")).encode()
    for bad in (
        sign(b"x" * 24, body),
        sign(new, body, age=400),
        sign(new, body + b" "),
        {**sign(new, body), "webhook-id": "id2"},
    ):
        assert many(door, [(body, {}, bad)])[0].status_code == 401


def vectors() -> list[dict[str, Any]]:
    path = EXAMPLES.parents[1] / "cases" / "webhook-vectors.json"
    if not path.is_file():
        pytest.skip("the shared signature vectors are not here")
    found: list[dict[str, Any]] = json.loads(path.read_text())["vectors"]
    return found


def secrets_of(vector: dict[str, Any]) -> list[bytes]:
    told = vector["secret"] if isinstance(vector["secret"], list) else [vector["secret"]]
    return [base64.b64decode(one.removeprefix("whsec_")) for one in told]


def test_the_published_signature_vectors_are_judged_alike() -> None:
    judged = {
        v["name"]: any(signed(s, v["headers"], v["body"].encode(), now=v["now"]) for s in secrets_of(v))
        for v in vectors()
    }
    assert judged == {v["name"]: v["accept"] for v in vectors()}
    assert len(judged) == 22
    assert sum(judged.values()) == 7


def test_the_door_judges_the_published_signature_vectors_alike(
    door: Door, source: tuple[Source, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = {}
    for vector in vectors():
        monkeypatch.setattr(time, "time", lambda now=vector["now"]: now)
        Source.objects.update(webhook_secrets=[seal(secret, context=b"shop") for secret in secrets_of(vector)])
        door._sources_at = float("-inf")
        request = (vector["body"].encode(), {}, vector["headers"])
        statuses = {answer.status_code for answer in (many(door, [request])[0], many(door, [request])[0])}
        # The same id a second time is answered like the first one.
        judged[vector["name"]] = {frozenset({202}): True, frozenset({401}): False}[frozenset(statuses)]
    assert judged == {v["name"]: v["accept"] for v in vectors()}


@pytest.mark.parametrize(
    ("secret", "name", "stamp", "value"),
    [
        (b"", "id", "1000", None),
        (b"k", "a.1000", "1000", None),
        (b"k", "id", "9" * 5000, None),
        (b"k", "id", "\u0661\u0660\u0660\u0660", None),
        (b"k", "id", "1000", "v1,\xe9\xe9\xe9\xe9"),
    ],
)
def test_a_signature_of_nobody_or_over_doubtful_words_is_no_signature(
    secret: bytes, name: str, stamp: str, value: str | None
) -> None:
    fitting = base64.b64encode(hmac.new(secret, f"{name}.{stamp}.{{}}".encode(), sha256).digest()).decode()
    headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": value or f"v1,{fitting}"}
    assert signed(secret, headers, b"{}", now=1000) is False
    good = base64.b64encode(hmac.new(b"k", b"id.1000.{}", sha256).digest()).decode()
    headers = {"webhook-id": "id", "webhook-timestamp": "1000", "webhook-signature": f"v1,\xe9 v1,{good}"}
    assert signed(b"k", headers, b"{}", now=1000) is True


@pytest.mark.parametrize("name", ["confidence-above-1", "missing-message-id", "nanoseconds", "negative-wait", "numeric-id",
                                  "time-without-zone", "unknown-field", "unknown-type"])  # fmt: skip
def test_each_invalid_example_is_refused_with_a_pointer(door: Door, source: tuple[Source, str], name: str) -> None:
    path = EXAMPLES / "invalid" / f"{name}.json"
    if not path.is_file():
        pytest.skip("the shared examples are not here")
    event = json.loads(path.read_text())
    event = event.get("event", event)
    answer = post(door, event, source[1])
    result = answer.json()["results"][0]
    assert result["status"] == "refused"
    assert result["pointer"].startswith("/")
    assert result["pointer"] != "/source"


def test_every_valid_example_is_a_canonical_event() -> None:
    from apps.interactions.canonical import TYPES
    from apps.interactions.decoding import decode

    paths = sorted((EXAMPLES / "events").glob("*.json"))
    if not paths:
        pytest.skip("the shared examples are not here")
    seen = {decode(path.read_bytes()).type for path in paths}
    assert seen == set(TYPES)


def test_a_source_with_a_rate_is_asked_to_wait_and_others_are_not(door: Door, source: tuple[Source, str]) -> None:
    Source.objects.update(most_events_per_second=2)
    other = services.create_source(by=None, slug="other", name="Other", kind="api", at=timezone.now())[1]
    assert set(statuses(post(door, [started(str(n)) for n in range(30)], source[1]))) == {"accepted"}
    answer = post(door, started("late"), source[1])
    assert answer.status_code == 429
    # 30 events taken of a burst of 10: 20 owed at 2 a second.
    assert 9 <= int(answer.headers["retry-after"]) <= 11
    assert statuses(post(door, started("x", source="/connections/other"), other)) == ["accepted"]


def test_the_same_id_with_other_content_in_one_batch_counts_as_conflict(door: Door, source: tuple[Source, str]) -> None:
    batch = [started("a"), started("a"), started("a", time="2026-11-24T12:00:09Z")]
    assert statuses(post(door, batch, source[1])) == ["accepted", "duplicate", "duplicate"]
    assert Source.objects.get().conflicts == 1


def test_a_secret_made_for_a_source_signs_as_the_public_package_does(door: Door, source: tuple[Source, str]) -> None:
    from standardwebhooks import Webhook

    first = services.rotate_secret(by=None, source=source[0], at=timezone.now())
    second = services.rotate_secret(by=None, source=source[0], at=timezone.now())
    third = services.rotate_secret(by=None, source=source[0], at=timezone.now())
    codes = []
    for number, secret in enumerate((first, second, third)):
        text = json.dumps(started(f"s{number}"))
        now = timezone.now()
        headers = {"webhook-id": "id1", "webhook-timestamp": str(int(now.timestamp())),
                   "webhook-signature": Webhook(secret).sign("id1", now, text)}  # fmt: skip
        codes.append(many(door, [(text.encode(), {}, headers)])[0].status_code)
    assert codes == [401, 202, 202]


def test_many_small_deliveries_are_absorbed_by_few_calls(door: Door, source: tuple[Source, str]) -> None:
    many(door, [(started(str(n)), {"authorization": f"Bearer {source[1]}"}, {}) for n in range(120)])
    services.absorb(at=timezone.now())  # may only have made the day's partition
    while Delivery.objects.filter(state=DeliveryState.WAITING).exists():
        assert services.absorb(at=timezone.now(), most_events=50) <= 50
    assert Conversation.objects.count() == 120
