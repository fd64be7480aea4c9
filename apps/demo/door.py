"""The public API as the shop's systems see it. Knows nothing of Midshift but its address, its tokens and its answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

import httpx

from apps.demo.ledger import Sent

# Events in one body, and bodies under way at once.
BATCH = 500
CONNECTIONS = 3
MEDIA_TYPE = "application/cloudevents-batch+json"
LONGEST_PAUSE_SECONDS = 15.0


class DoorRefused(Exception):
    """The door does not take the demo's events at all; trying again would not help."""


class Door:
    """Delivers batches, and stays at it: waits where the door asks for it and while the server is away.

    The ids of events never change, so a batch that is sent again after a lost answer does no harm.
    """

    def __init__(
        self, *, address: str, tokens: Callable[[], dict[str, str]], say: Callable[[str], None],
        transport: httpx.BaseTransport | None = None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.address = f"{address.rstrip('/')}/api/v1/events"
        self._read_tokens = tokens
        self._tokens = tokens()
        self._say = say
        self._sleep = sleep
        self._lock = threading.Lock()
        self._is_away = False
        self.refused = 0
        self.client = httpx.Client(
            timeout=60, limits=httpx.Limits(max_connections=CONNECTIONS + 2), transport=transport
        )

    def send(self, source: str, events: Sequence[Sent]) -> None:
        """Deliver one batch of one source.

        :raises DoorRefused: the token or the body is not accepted.
        """
        body = json.dumps([one.event for one in events], ensure_ascii=False).encode()
        pause, had_new_token = 0.5, False
        while True:
            headers = {"Authorization": f"Bearer {self._tokens[source]}", "Content-Type": MEDIA_TYPE}
            try:
                answer = self.client.post(self.address, content=body, headers=headers)
            except httpx.TransportError as error:
                self._away(type(error).__name__)
                self._sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            if answer.status_code == HTTPStatus.ACCEPTED:
                self._back()
                self._count(answer)
                return
            if (
                answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
                or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
            ):
                self._sleep(float(answer.headers.get("Retry-After", pause)))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            elif answer.status_code == HTTPStatus.UNAUTHORIZED and not had_new_token:
                # The floor was seeded again meanwhile.
                self._tokens, had_new_token = self._read_tokens(), True
            else:
                raise DoorRefused(f"The door refused the demo's events: {answer.status_code} {answer.text[:300]}")

    def _count(self, answer: httpx.Response) -> None:
        bad = [result for result in answer.json().get("results", []) if result.get("status") == "refused"]
        if bad:
            with self._lock:
                self.refused += len(bad)
            self._say(f"{len(bad)} events were refused, the first: {json.dumps(bad[0])[:300]}")

    def _away(self, why: str) -> None:
        with self._lock:
            if not self._is_away:
                self._is_away = True
                self._say(f"The server does not answer ({why}); trying again until it does.")

    def _back(self) -> None:
        with self._lock:
            if self._is_away:
                self._is_away = False
                self._say("The server answers again.")
