"""`manage.py replay FILE`: send a JSONL file of CloudEvents to a running portal through its public API."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from getpass import getpass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

LONGEST_WAIT_SECONDS = 60.0
TRIES = 30
TOKEN = "MIDSHIFT_REPLAY_TOKEN"  # noqa: S105  # the name of a setting


class Command(BaseCommand):
    help = "Replay events through the public API, at the pace at which they happened or faster."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--speed", type=float, default=1.0, help="60 plays an hour in a minute; 0 is full speed")
        parser.add_argument("--url", default=settings.PUBLIC_URL)
        parser.add_argument(
            "--now",
            choices=("first", "last"),
            help="move all times so that the first or last event happens now; ids stay",
        )
        parser.add_argument(
            "--token-file", type=Path, help=f"file with the source's token; else {TOKEN} is read, or it is asked for"
        )
        parser.add_argument(
            "--token", default="", help="the source's token; everybody on this machine can see a command line"
        )
        parser.add_argument("--batch", type=int, default=100, help="most events in one request, 1 to 500")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] < 0 or not 1 <= options["batch"] <= 500:
            raise CommandError("The speed is 0 or more and a batch has 1 to 500 events.")
        if options["now"] == "first" and options["speed"] == 0:
            raise CommandError(
                "At full speed the events cannot begin now: most would lie in the future. Use --now last."
            )
        token = _token(options["token"], options["token_file"])
        events = _read(options["file"])
        if options["now"] and events:
            events = _moved(events, now=timezone.now(), to=options["now"], speed=options["speed"])
        counts: Counter[str] = Counter()
        first_refusal = ""
        with (
            httpx.Client(base_url=options["url"], headers={"Authorization": f"Bearer {token}"}, timeout=30)
            as client,
            tqdm(total=len(events), unit="event", disable=options["quiet"]) as bar,
        ):  # fmt: skip
            for batch in _paced(events, speed=options["speed"], size=options["batch"]):
                for result in _send(client, batch):
                    counts[result["status"]] += 1
                    if result["status"] == "refused" and not first_refusal:
                        first_refusal = f"{result['id']} at {result['pointer']}: {result['message']}"
                bar.update(len(batch))
        self.stdout.write(", ".join(f"{counts[word]} {word}" for word in ("accepted", "duplicate", "refused")))
        if first_refusal:
            raise CommandError(f"Some events were refused, first {first_refusal}")


def _read(path: Path) -> list[tuple[datetime, dict[str, Any]]]:
    """Read the events in the order of their times. :raises CommandError: with the line that cannot be read."""
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    found: list[tuple[datetime, dict[str, Any]]] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                event = msgspec.json.decode(line, type=dict[str, Any])
                when = datetime.fromisoformat(event["time"])
                if when.tzinfo is None:
                    raise ValueError("the time has no zone")
            except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as raised:
                raise CommandError(f"Line {number} is not a CloudEvent with a time: {raised}.") from raised
            found.append((when, {**event, "via": "replay"}))
    found.sort(key=lambda one: one[0])
    return found


def _token(given: str, path: Path | None) -> str:
    """The token from where it is not seen by others: a file, the environment, or a question without echo."""
    if path is not None:
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        given = path.read_text(encoding="utf-8")
    token = (given or os.environ.get("MIDSHIFT_REPLAY_TOKEN", "")).strip()
    if not token and sys.stdin.isatty():
        token = getpass("Token of the source: ").strip()
    if not token:
        raise CommandError(f"Saw no token. Put it into {TOKEN}, or into a file and name that with --token-file.")
    return token


def _moved(
    events: list[tuple[datetime, dict[str, Any]]], *, now: datetime, to: str, speed: float
) -> list[tuple[datetime, dict[str, Any]]]:
    """Move the events so that the last one happened now, or so that each happens when it is sent, the first one now."""
    first, last = events[0][0], events[-1][0]
    found = []
    for when, event in events:
        by = now - last if to == "last" else now + (when - first) / speed - when
        moved = {**event, "time": _written(when + by)}
        data = event.get("data")
        if isinstance(data, dict) and isinstance(data.get("until"), str):
            moved["data"] = {**data, "until": _later(data["until"], by)}
        found.append((when, moved))
    return found


def _later(text: str, by: timedelta) -> str:
    try:
        return _written(datetime.fromisoformat(text) + by)
    except ValueError:  # the portal says what is wrong with it
        return text


def _written(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _paced(events: list[tuple[datetime, dict[str, Any]]], *, speed: float, size: int) -> Iterator[list[dict[str, Any]]]:
    """Hand out what is due, at most `size` at once, and sleep until the next is."""
    began = time.monotonic()
    place = 0
    while place < len(events):
        end = min(place + size, len(events))
        if speed > 0:
            due = [(when - events[0][0]).total_seconds() / speed for when, _ in events[place:end]]
            passed = time.monotonic() - began
            if due[0] > passed:
                time.sleep(due[0] - passed)
                passed = due[0]
            end = place + max(1, sum(1 for moment in due if moment <= passed))
        yield [event for _, event in events[place:end]]
        place = end


def _send(client: httpx.Client, batch: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Send one batch; wait and send again when the portal is busy or away: repeats are harmless."""
    body = msgspec.json.encode(batch)
    why = ""
    for _ in range(TRIES):
        wait = 1.0
        try:
            answer = client.post(
                "/api/v1/events", content=body, headers={"Content-Type": "application/cloudevents-batch+json"}
            )
        except httpx.TransportError as raised:
            why = f"{type(raised).__name__}: {raised}"
        else:
            if answer.status_code == 202:
                results: list[dict[str, str]] = answer.json()["results"]
                return results
            why = f"{answer.status_code} {answer.text[:300]}"
            if answer.status_code not in (429, 502, 503, 504):
                break
            asked = answer.headers.get("retry-after", "1")
            wait = min(LONGEST_WAIT_SECONDS, float(asked) if asked.isdigit() else 1.0)
        time.sleep(wait)
    raise CommandError(f"The portal did not take the events: {why}")
