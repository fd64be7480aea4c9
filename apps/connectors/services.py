"""Sources are made and looked after; what they send is taken in, recorded and, past its retention, deleted."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import transaction

from apps.access import audit, retention
from apps.access.roles import Permission
from apps.access.sealed import seal
from apps.access.viewer import Viewer
from apps.connectors import admission as rules
from apps.connectors.absorption import absorb
from apps.connectors.admission import Admission
from apps.connectors.commands import plan_commands, read_back
from apps.connectors.models import Delivery, DeliveryState, Ledger, Source
from apps.connectors.wiping import erase_again, erasures, mark_erased, mark_redacted, wipe
from apps.shared.errors import Refusal

__all__ = [
    "SourceExists", "absorb", "admit", "create_source", "erase_again", "erasures", "mark_erased", "mark_redacted", "plan_commands", "preview", "purge", "read_again", "read_back",
    "rotate_secret", "rotate_token", "send_test_event", "switch", "wipe",
]  # fmt: skip


class SourceExists(Refusal):
    """A source with this name is there already."""


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def create_source(*, by: Viewer | None, slug: str, name: str, kind: str, at: datetime) -> tuple[Source, str]:
    """Make a source and return it with its token, which is shown this once. `by` is None when the installation seeds.

    :raises SourceExists: the name is taken.
    """
    if by is not None:
        by.require(Permission.MANAGE_SOURCES)
    if Source.objects.filter(slug=slug).exists():
        raise SourceExists(f"A source called {slug} exists already. Choose another short name.")
    token = f"ms_{secrets.token_urlsafe(32)}"
    source = Source.objects.create(slug=slug, name=name, kind=kind, token_digests=[_digest(token)], created_at=at)
    audit.record(by=by, verb="source.made", subject=source, about=slug, at=at)
    return source, token


@transaction.atomic
def rotate_token(*, by: Viewer | None, source: Source, at: datetime) -> str:
    """Give a source a new token and return it; the one before stays valid until the next rotation."""
    if by is not None:
        by.require(Permission.MANAGE_SOURCES)
    token = f"ms_{secrets.token_urlsafe(32)}"
    locked = Source.objects.select_for_update().get(pk=source.pk)
    locked.token_digests = [_digest(token), *locked.token_digests[:1]]
    locked.save(update_fields=["token_digests"])
    audit.record(by=by, verb="source.token_rotated", subject=source, about=locked.slug, at=at)
    return token


@transaction.atomic
def rotate_secret(*, by: Viewer | None, source: Source, at: datetime) -> str:
    """Give a source a new Standard Webhooks secret (`whsec_…`) and return it; the one before stays valid until the next."""
    if by is not None:
        by.require(Permission.MANAGE_SOURCES)
    secret = secrets.token_bytes(32)
    locked = Source.objects.select_for_update().get(pk=source.pk)
    locked.webhook_secrets = [seal(secret, context=locked.slug.encode()), *locked.webhook_secrets[:1]]
    locked.save(update_fields=["webhook_secrets"])
    audit.record(by=by, verb="source.secret_rotated", subject=source, about=locked.slug, at=at)
    return f"whsec_{base64.b64encode(secret).decode()}"


@transaction.atomic
def switch(*, by: Viewer, source: Source, on: bool, at: datetime) -> None:
    """Open or close the door for a source. What it sent before stays."""
    by.require(Permission.MANAGE_SOURCES)
    Source.objects.filter(pk=source.pk).update(is_active=on)
    audit.record(by=by, verb=f"source.switched_{'on' if on else 'off'}", subject=source, about=source.slug, at=at)


def send_test_event(*, by: Viewer, source: Source, at: datetime) -> None:
    """Send a real event of a conversation called `test` through the same admission as every other one."""
    by.require(Permission.MANAGE_SOURCES)
    name = f"test-{at:%Y%m%dT%H%M%S%f}"
    event = {
        "specversion": "1.0", "id": name, "source": source.uri, "type": "midshift.conversation.started.v1",
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {"conversation_id": name, "channel": "api", "direction": "inbound", "subject": "Test event",
                 "customer": {"kind": "customer", "id": name, "identity": "anonymous"}},
    }  # fmt: skip
    admit(source=source, body=json.dumps([event]).encode(), at=at)
    absorb(at=at)


def admit(*, source: Source, body: bytes, at: datetime) -> list[dict[str, str]]:
    """Take a body in as the door does, and return one result an event.

    :raises rules.Unreadable: the body as a whole cannot be read.
    """
    admission = Admission(source.pk, source.slug, body, at)
    rules.examine(admission)
    if admission.candidates:
        rules.commit([admission])
        marks: rules.Marks = {}
        rules.note_marks(marks, admission)
        rules.write_marks(marks)
    return admission.results


def preview(*, source: Source, body: bytes, at: datetime, seen: set[bytes]) -> list[dict[str, str]]:
    """Say what `admit` would answer to a body, and write nothing. `seen` is kept from one call to the next.

    :raises rules.Unreadable: the body as a whole cannot be read.
    """
    admission = Admission(source.pk, source.slug, body, at)
    rules.examine(admission)
    rules.look_up(admission, seen=seen)
    return admission.results


def read_again(*, by: Viewer, delivery: Delivery) -> None:
    """Put a delivery of which something could not be recorded back into the line: only what was put aside is read."""
    by.require(Permission.MANAGE_SOURCES)
    if not delivery.accepted:
        raise Refusal("This body could not be read as events. Mend the sender and send it again.")
    Delivery.objects.not_recorded().filter(pk=delivery.pk).update(
        state=DeliveryState.WAITING, attempts=0, taken_at=None, error=""
    )


def purge(*, at: datetime) -> None:
    """Delete bodies and ledger entries past their retention."""
    days = retention.current()
    before = at - timedelta(days=days["deliveries"])
    Delivery.objects.filter(received_at__lt=before).exclude(state=DeliveryState.WAITING).delete()
    Ledger.objects.filter(first_seen_at__lt=at - timedelta(days=days["events"])).delete()
