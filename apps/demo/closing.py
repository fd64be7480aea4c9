"""Ends a floor that will not be played on: what is open is told to its end or closed, and everybody goes home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from apps.demo.case import SYSTEM
from apps.demo.ledger import HOUSE_SOURCE, Sent


def closing(told: Iterable[Sent], *, since: float, until: float, end: float) -> list[Sent]:
    """Return what is left to send of a floor that stopped at `until` and has time until `end`.

    Conversations that had begun go on as they would have; nobody new comes. What is open after that is resolved by the
    system, and whoever is still there signs off.
    """
    begun: dict[str, Sent] = {}
    last: dict[str, str] = {}
    there: dict[str, dict[str, Any]] = {}
    rest: list[Sent] = []
    for one in told:
        data, kind = one.event["data"], one.event["type"].split(".", 1)[1].removesuffix(".v1")
        conversation = data.get("conversation_id")
        if kind == "conversation.started" and one.due <= until:
            begun[conversation] = one
        if kind == "agent.status_changed":
            there[data["agent"]["id"]] = data
        if conversation is not None and conversation not in begun:
            continue
        if conversation is not None:
            last[conversation] = data["to"] if kind == "conversation.status_changed" else last.get(conversation, "open")
        if one.due > since and kind != "queue.snapshot":
            rest.append(one)
    moment = datetime.fromtimestamp(end, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    for conversation, status in last.items():
        if status not in {"resolved", "closed"}:
            first = begun[conversation]
            data = {"conversation_id": conversation, "to": "resolved", "native": "closed at the end of the shift",
                    "outcome": "handled", "by": SYSTEM}  # fmt: skip
            rest.append(_event(first.source, end, moment, f"{conversation}:end", "conversation.status_changed", data))
    for agent, data in there.items():
        if data["to"] != "offline":
            gone = {
                "agent": data["agent"],
                "to": "offline",
                "native": "offline",
                "capacity": data["capacity"],
                "load": 0,
            }
            rest.append(_event(HOUSE_SOURCE, end, moment, f"{agent}:end:{int(end)}", "agent.status_changed", gone))
    return rest


def _event(source: str, due: float, moment: str, name: str, kind: str, data: dict[str, Any]) -> Sent:
    event = {
        "specversion": "1.0", "id": name, "source": f"/connections/{source}", "type": f"midshift.{kind}.v1",
        "time": moment, "timeprecision": "ms", "datacontenttype": "application/json", "data": data,
    }  # fmt: skip
    return Sent(due, source, event)
