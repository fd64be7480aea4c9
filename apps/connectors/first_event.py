"""The command with which somebody sends a first event of a new source."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime


def command(*, address: str, token: str, slug: str, queue: str, at: datetime) -> str:
    """Return a curl command for a shell: a conversation that begins at the moment in a queue of this name."""
    event = {
        "specversion": "1.0", "id": "first", "source": f"/connections/{slug}",
        "type": "midshift.conversation.started.v1", "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {"conversation_id": "first", "channel": "webchat", "direction": "inbound", "queue": queue},
    }  # fmt: skip
    return " \\\n  ".join(
        (
            f"curl -X POST {shlex.quote(address)}",
            f'-H "Authorization: Bearer {token}" -H "Content-Type: application/cloudevents+json"',
            f"-d {shlex.quote(json.dumps(event, ensure_ascii=False))}",
        )
    )
