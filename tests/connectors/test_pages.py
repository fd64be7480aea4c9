"""The sources page, the described API and recordings: who may, and what a stranger is told."""

from __future__ import annotations

import io
import json
import wave
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.access.viewer import Viewer
from apps.connectors import recordings, services
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.interactions.models import Conversation, Message, Queue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def browser(viewer: Viewer) -> Client:
    client = Client()
    client.force_login(viewer.user)
    return client


def test_an_admin_makes_a_source_and_sees_its_token_once(adam: Viewer) -> None:
    client = browser(adam)
    made = client.post("/setup/sources", {"name": "Shop chat", "slug": "shop-chat"})
    assert made.status_code == 201
    assert b"ms_" in made.content
    again = client.get("/setup/sources")
    assert b"Shop chat" in again.content
    assert b"ms_" not in again.content


def test_a_taken_short_name_is_told_beside_its_field(adam: Viewer) -> None:
    services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    answer = browser(adam).post("/setup/sources", {"name": "Again", "slug": "shop"})
    assert answer.status_code == 422
    assert b"exists already" in answer.content


@pytest.mark.parametrize("action", ["test", "token", "secret", "switch"])
def test_only_who_manages_sources_may_act_on_them(lena: Viewer, action: str) -> None:
    source, _ = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    client = browser(lena)
    assert client.get("/setup/sources").status_code == 403
    assert client.post(f"/setup/sources/{source.pk}/{action}").status_code == 403
    fresh = Source.objects.get()
    assert (fresh.token_digests, fresh.webhook_secrets, fresh.is_active) == (source.token_digests, [], True)


def test_a_new_secret_is_shown_once_and_kept_sealed(adam: Viewer) -> None:
    source, _ = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    answer = browser(adam).post(f"/setup/sources/{source.pk}/secret")
    assert b"whsec_" in answer.content
    assert len(Source.objects.get().webhook_secrets) == 1


def test_a_failed_delivery_is_read_again_and_one_without_events_is_not(adam: Viewer) -> None:
    source, _ = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    rows = [
        Delivery.objects.create(
            source=source,
            received_at=timezone.now(),
            body=b"",
            accepted=accepted,
            state=DeliveryState.FAILED,
            attempts=3,
        )
        for accepted in ([0], [])
    ]
    client = browser(adam)
    assert client.post(f"/setup/deliveries/{rows[0].pk}/again").status_code == 302
    assert client.post(f"/setup/deliveries/{rows[1].pk}/again").status_code == 409
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting", "failed"}


def test_the_schema_describes_the_door_and_strangers_do_not_read_it(adam: Viewer) -> None:
    document = browser(adam).get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    operation = document["paths"]["/api/v1/events"]["post"]
    assert set(operation["responses"]) == {"202", "400", "401", "413", "415", "429", "503"}
    assert Client().get("/api/schema/").status_code in (302, 401, 403)


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_api_path_that_does_not_exist_is_told_so_as_json(method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)("/api/v2/anything")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.fixture
def call(lena: Viewer) -> tuple[Conversation, Message]:
    """A call of two turns with a recording, in a queue of Lena's."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    source, _ = services.create_source(by=None, slug="phone", name="Phone", kind="api", at=at)

    def event(what: str, **data: Any) -> dict[str, Any]:
        name = f"{what}-{data.get('message_id', '')}"
        return {"specversion": "1.0", "id": name, "source": "/connections/phone", "type": f"midshift.{what}.v1",
                "time": "2026-11-24T12:00:00Z", "data": {"conversation_id": "c", **data}}  # fmt: skip

    turn = {"visibility": "public", "kind": "voice_turn", "duration_ms": 2000}
    services.admit(
        source=source, at=at,
        body=json.dumps([
            event("conversation.started", channel="voice", direction="inbound", queue="q"),
            event("conversation.queued", queue="q"),
            event("message.created", message_id="1", author={"kind": "customer", "id": "x"}, text="Hello", offset_ms=0,
                  attachments=[{"media_type": "audio/wav", "url": "midshift-demo:1"},
                               {"media_type": "audio/wav", "url": "https://elsewhere.example/1.wav"}], **turn),
            event("message.created", message_id="2", author={"kind": "agent", "id": "y"}, text="Hi", offset_ms=3000, **turn),
        ]).encode(),
    )  # fmt: skip
    while services.absorb(at=at):
        continue
    conversation = Conversation.objects.get()
    assign_perm("interactions.work_queue", lena.user, Queue.objects.get(pk=conversation.queue_id))
    return conversation, Message.objects.get(offset_ms=0)


def test_a_lead_hears_a_call_of_the_own_queue(lena: Viewer, call: tuple[Conversation, Message]) -> None:
    conversation, message = call
    client = browser(lena)
    path = client.get(f"/recordings/of/{conversation.pk}/{message.pk}/0").json()["url"]
    whole = client.get(path)
    with wave.open(io.BytesIO(whole.content)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(5.0, abs=0.01)
        frames = file.readframes(file.getnframes())
    assert set(frames[2 * 8000 + 10 : 3 * 8000 - 10]) == {128}
    assert len(set(frames[:8000])) > 10
    part = client.get(path, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert client.get(path, headers={"range": f"bytes={10**9}-"}).status_code == 416


def test_who_may_not_hear_gets_nothing_even_with_a_lead_s_address(
    lena: Viewer, nils: Viewer, quentin: Viewer, call: tuple[Conversation, Message]
) -> None:
    conversation, message = call
    path = recordings.signed_recording_path(message.pk, conversation.pk, 0)
    assert browser(lena).get(path).status_code == 200
    assert browser(nils).get(path).status_code == 404
    assign_perm("interactions.work_queue", quentin.user, Queue.objects.get(pk=conversation.queue_id))
    assert browser(quentin).get(path).status_code == 403
    assert Client().get(path).status_code == 302


def test_a_recording_s_address_runs_out_and_cannot_be_forged(
    lena: Viewer, call: tuple[Conversation, Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, message = call
    client = browser(lena)
    path = recordings.signed_recording_path(message.pk, conversation.pk, 0)
    forged = path.replace(str(message.pk), str(UUID(int=1)))
    assert client.get(forged).status_code == 404
    monkeypatch.setattr(recordings, "LIVES_FOR", timedelta(seconds=-1))
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("n", [1, 2])
def test_a_recording_that_lies_elsewhere_is_never_fetched(
    lena: Viewer, call: tuple[Conversation, Message], n: int
) -> None:
    conversation, message = call
    assert browser(lena).get(recordings.signed_recording_path(message.pk, conversation.pk, n)).status_code == 404
