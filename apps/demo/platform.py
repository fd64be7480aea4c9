"""The shop's chat platform: fetches what it is to change through the public API and reports what came of it, like any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx

# An order is accepted when it is fetched, and in effect this much later.
TAKES = timedelta(seconds=4)
EVERY_SECONDS = 3.0


class Platform:
    """Follows the commands of every source. It changes no conversation of the play: the day is told beforehand."""

    def __init__(self, *, address: str, tokens: Callable[[], Mapping[str, str]], client: httpx.Client) -> None:
        self._address = address.rstrip("/")
        self._tokens = tokens
        self._client = client
        self._accepted: dict[str, datetime] = {}

    def follow(self, *, at: datetime) -> int:
        """Fetch the open commands of each source and report on them; return how many reports were sent.

        A portal that is away is asked again next time.
        """
        sent = 0
        for source, token in self._tokens().items():
            headers = {"Authorization": f"Bearer {token}"}
            try:
                answer = self._client.get(f"{self._address}/api/v1/commands", headers=headers)
                if answer.status_code != HTTPStatus.OK:
                    continue
                reports = [self._report(source, one["action_id"], at) for one in answer.json()["commands"]]
                events = [one for one in reports if one is not None]
                if events:
                    kind = {"Content-Type": "application/cloudevents-batch+json"}
                    self._client.post(
                        f"{self._address}/api/v1/events", content=json.dumps(events), headers={**headers, **kind}
                    )
                    sent += len(events)
            except httpx.TransportError:
                continue
        return sent

    def _report(self, source: str, action: str, at: datetime) -> dict[str, object] | None:
        since = self._accepted.setdefault(action, at)
        if at == since:
            state = "accepted"
        elif at - since >= TAKES:
            state = "done"
        else:
            return None
        return {
            "specversion": "1.0", "id": f"{action}-{state}", "source": f"/connections/{source}", "type": "midshift.action.result.v1",
            "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "data": {"action_id": action, "kind": "reassign", "state": state},
        }  # fmt: skip
