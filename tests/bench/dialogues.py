"""Real dialogues through the portal: mapped to canonical events, sent at full speed, counted against their sources.

    python -m supervision.runtime with-servers -- python -m tests.bench.dialogues
    python -m tests.bench.dialogues show http://127.0.0.1:8321 TOKENS.json     the last hours of a floor, as if it were now

The files lie beside the repository and are not part of it (see their LICENCES.md); nothing of them is stored here.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "events"
# One source each: two of them hold the same conversations.
FILES = {
    "abcd": "abcd_dialogstudio.jsonl.gz",
    "abcd-sample": "abcd_sample.jsonl.gz",
    "sgd": "sgd.jsonl.gz",
    "tau": "taubench_half0.jsonl.gz",
    "twcs": "twcs_half0.jsonl.gz",
}
CHANNELS = {"chat": "webchat", "twitter": "social"}
OUTCOMES = {"solved": "handled", "not solved": "failed"}

Event = dict[str, Any]


@dataclass
class Counts:
    """What a source holds, by its own words, and what we have stored of it."""

    conversations: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    handoffs: int = 0

    def row(self) -> tuple[int, int, int, int, int]:
        """Conversations, messages of customers, people and AI agents, hand-offs."""
        said = self.messages
        return (self.conversations, said["customer"], said["agent"], said["bot"], self.handoffs)


def is_here() -> bool:
    """Whether the files lie beside the repository."""
    return all((FOLDER / name).is_file() for name in FILES.values())


def read(source: str) -> Iterator[Event]:
    """The lines of a source's file."""
    with gzip.open(FOLDER / FILES[source], "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def counted(lines: list[Event]) -> Counts:
    """Count a source's own lines, without any of our code."""
    told = Counts(conversations=len({line["conversation_id"] for line in lines}))
    for line in lines:
        if line["type"] in ("message.in", "message.out"):
            told.messages[line["author"]["role"]] += 1
        told.handoffs += line["type"] == "conversation.transferred" and line["from"]["role"] == "bot"
    return told


class Mapping:
    """One source's lines as canonical events."""

    def __init__(self, source: str) -> None:
        self.source = source
        # What was said when the AI agent gave a conversation away; the assignment after it brings it along.
        self.reasons: dict[str, str] = {}

    def events(self, lines: list[Event]) -> Iterator[Event]:
        """Yield the canonical events of the lines, in their order; a customer's record is an event of its own."""
        for line in lines:
            for number, (kind, data) in enumerate(self._read(line)):
                yield {
                    "specversion": "1.0", "id": line["id"] if not number else f"{line['id']}:{number}",
                    "source": f"/connections/{self.source}", "type": f"midshift.{kind}.v1", "time": line["at"],
                    "sequence": str(line["seq"]), "nativetype": line["type"], "data": data,
                }  # fmt: skip

    def _read(self, line: Event) -> Iterator[tuple[str, Event]]:
        talk = {"conversation_id": line["conversation_id"]}
        match line["type"]:
            case "conversation.opened":
                yield from self._opened(line, talk)
            case "message.in" | "message.out":
                data = {"message_id": line["message_id"], "author": party(line["author"]), "visibility": "public"}
                yield "message.created", talk | data | {"text": line["text"]}
            case "conversation.assigned":
                to = party(line["to"])
                reason = self.reasons.pop(line["conversation_id"], None)
                note = {"from_kind": "bot", "trigger": "unknown", "summary": reason}
                more = {"reason": "handoff", "handoff": note} if reason is not None and to["kind"] == "agent" else {}
                yield "conversation.assigned", talk | {"to": to} | more
            case "conversation.transferred":
                self.reasons[line["conversation_id"]] = line["reason"]
                yield "conversation.queued", talk | {"queue": line["to"]["queue"], "reason": "transfer"}
            case "agent.action" if line["author"]["role"] == "bot":
                turn = {"turn_id": line["id"], "bot": party(line["author"]), "action": line["action"], "tool_calls": 1}
                yield "bot.turn", talk | turn
            case "agent.action":
                change = {"field": "custom", "name": line["action"] or "action", "to": line["values"] or line["text"]}
                yield "conversation.updated", talk | {"changes": [change], "by": party(line["author"])}
            case "conversation.closed":
                outcome = OUTCOMES.get(line["outcome"] or "")
                yield "conversation.status_changed", talk | {"to": "closed"} | ({"outcome": outcome} if outcome else {})
            case other:
                raise ValueError(f"Saw a line of the type {other!r}. Expected those of to_events.py.")

    def _opened(self, line: Event, talk: Event) -> Iterator[tuple[str, Event]]:
        customer = party({"role": "customer", **line["customer"]})
        words = [word for value in line["subject"].values() for word in (value if isinstance(value, list) else [value])]
        yield "conversation.started", talk | {
            "channel": CHANNELS[line["channel"]], "direction": "inbound", "customer": customer, "queue": line["queue"],
            "subject": " · ".join(filter(None, words)),
        }  # fmt: skip
        record = {**line["customer"].get("profile", {}), **line["customer"].get("order", {})}
        if record:
            segment = {"segment": record.pop("member_level")} if "member_level" in record else {}
            yield "customer.updated", {"customer": customer, "attributes": record} | segment


def party(who: Event) -> Event:
    """Somebody as the canonical event names them."""
    profile = who.get("profile", {})
    given = {
        "name": who.get("name") or profile.get("customer_name"), "email": profile.get("email"),
        "phone": profile.get("phone"),
    }  # fmt: skip
    known = {"identity": "known"} if who["role"] == "customer" else {}
    return {"kind": who["role"], "id": who["id"], **known, **{k: v for k, v in given.items() if v}}


def canonical(source: str, lines: list[Event]) -> list[Event]:
    """The canonical events of a source's lines."""
    return list(Mapping(source).events(lines))


def as_if_now(events: list[Event], *, now: datetime, hours: float = 3, seed: int = 7) -> list[Event]:
    """Move each conversation into the last hours, the pauses inside it kept. What would lie ahead is not sent yet."""
    dice = random.Random(seed)
    moved, shift = [], dict[str, timedelta]()
    for event in events:
        at = datetime.fromisoformat(event["time"])
        key = event["data"].get("conversation_id") or event["id"].partition(":")[0].rpartition("-")[0]
        if key not in shift:
            shift[key] = now - timedelta(hours=dice.uniform(0, hours)) - at
        if (at := at + shift[key]) <= now:
            moved.append(event | {"time": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "via": "replay"})
    return moved


def stored(source: str) -> Counts:
    """Count what the tables hold of a source."""
    from apps.interactions.models import Conversation, Handoff, Message

    talks = Conversation.objects.filter(source=source)
    told = Counts(talks.count(), handoffs=Handoff.objects.filter(conversation__in=talks).count())
    told.messages.update(
        Message.objects.filter(conversation_id__in=talks.values("pk")).values_list("author_kind", flat=True)
    )
    return told


def bodies(events: list[Event], size: int) -> Iterator[bytes]:
    """Cut events into the bodies of requests."""
    for start in range(0, len(events), size):
        yield json.dumps(events[start : start + size], ensure_ascii=False).encode()


if __name__ == "__main__":
    from tests.bench import dialogues_run

    sys.exit(dialogues_run.show(sys.argv[2:]) if sys.argv[1:2] == ["show"] else dialogues_run.run())
