"""Tokens and signing secrets are in no log, whatever comes and however much is logged."""

from __future__ import annotations

import base64
import json
import logging
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from apps.access.viewer import Viewer
from apps.connectors import services
from apps.connectors.admission import Admission
from apps.connectors.door import Known
from supervision.runtime.process import free_port
from tests.connectors.processes import start_web
from tests.connectors.test_door import started

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_request_good_bad_or_refused_leaves_a_key_in_a_log(tmp_path: Path) -> None:
    source, token = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    secret = services.rotate_secret(by=None, source=source, at=timezone.now())
    wrong_token, wrong_secret = "ms_nobody-has-this-token", f"whsec_{base64.b64encode(b'w' * 24).decode()}"
    port = free_port()
    path = tmp_path / "web.log"
    answers: list[int] = []
    with path.open("wb") as log:
        web = start_web(port, log=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:

                def post(body: bytes, headers: dict[str, str]) -> None:
                    told = client.post(
                        "/api/v1/events", content=body, headers={"content-type": "application/json", **headers}
                    )
                    answers.append(told.status_code)
                    assert not any(word in told.text for word in (token, secret, wrong_token, wrong_secret))

                def signature(of: str, body: bytes) -> dict[str, str]:
                    now = timezone.now()
                    return {"webhook-id": "id1", "webhook-timestamp": str(int(now.timestamp())),
                            "webhook-signature": Webhook(of).sign("id1", now, body.decode())}  # fmt: skip

                good = json.dumps(started("a")).encode()
                for key in (token, wrong_token):
                    bearer = {"authorization": f"Bearer {key}"}
                    post(good, bearer)
                    post(b"[{}]", bearer)
                    post(b"[1,", bearer)
                    post(b"x" * (1024 * 1024 + 1), bearer)
                    post(good, {**bearer, "content-encoding": "gzip"})
                    post(good, {**bearer, "content-type": "text/plain"})
                for key in (secret, wrong_secret):
                    post(good, signature(key, good))
                with connection.cursor() as cursor:
                    cursor.execute("ALTER TABLE connectors_ledger RENAME TO connectors_ledger_away")
                try:
                    post(json.dumps(started("b")).encode(), {"authorization": f"Bearer {token}"})
                finally:
                    with connection.cursor() as cursor:
                        cursor.execute("ALTER TABLE connectors_ledger_away RENAME TO connectors_ledger")
                client.get("/api/schema/", headers={"authorization": f"Bearer {token}"})
            time.sleep(0.2)
        finally:
            web.kill()
            web.wait()
    assert answers == [202, 202, 400, 413, 400, 415, 401, 401, 401, 401, 401, 415, 202, 401, 503]
    told = path.read_text()
    # The log would have shown it: each request is in it, and the failed commit with its traceback.
    assert told.count("POST /api/v1/events") == len(answers)
    assert "commit failed" in told
    assert "UndefinedTable" in told
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    for word in (token, wrong_token, secret, wrong_secret, secret.removeprefix("whsec_"), raw.hex(), repr(raw)[2:-1]):
        assert word not in told


def test_making_and_changing_keys_on_the_page_leaves_none_in_a_log(
    adam: Viewer, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    caplog.set_level(logging.DEBUG)
    client = Client()
    client.force_login(adam.user)
    source, first = services.create_source(by=adam, slug="shop", name="Shop", kind="api", at=timezone.now())
    second = services.rotate_token(by=adam, source=source, at=timezone.now())
    secret = services.rotate_secret(by=adam, source=source, at=timezone.now())
    pages = [client.post(f"/setup/sources/{source.pk}/{what}").content.decode() for what in ("token", "secret")]
    shown = [
        word
        for page in pages
        for word in page.replace("<", " ").replace(">", " ").split()
        if word[:3] in ("ms_", "whs")
    ]
    assert len({word[:3] for word in shown}) == 2
    told = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for key in (first, second, secret, *shown):
        assert key not in told


def test_what_the_door_holds_in_memory_prints_without_keys_and_bodies() -> None:
    known = Known(1, "shop", frozenset({"digest-of-a-token"}), (b"signing-key",))
    admission = Admission(1, "shop", b"what a customer wrote", timezone.now())
    for word in ("digest-of-a-token", "signing-key", "what a customer wrote"):
        assert word not in f"{known} {admission}"
