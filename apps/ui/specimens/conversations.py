"""The parts of a conversation and of lists of them, invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from apps.ui.lines import Lane, Mark, Span, TimeLine
from apps.ui.specimens.specimen import FACES, Specimen, in_every_face


def _transcript(now: datetime) -> list[dict[str, Any]]:
    start = now - timedelta(minutes=11)

    def at(seconds: int) -> datetime:
        return start + timedelta(seconds=seconds)

    return [
        {"is_day": True, "text": "Tuesday 24 November"},
        {
            "number": 1,
            "who": "customer",
            "name": "Customer ••4821",
            "at": at(0),
            "text": "Hello, I was promised a refund for order [order 1] two weeks ago.\nMy card ends in [card 1].",
            "mood": -0.18,
        },
        {
            "number": 2,
            "who": "ai",
            "name": "Refunds assistant",
            "at": at(14),
            "text": "Your refund is on its way. It can take 5 to 10 business days.",
            "intent": "refund_status",
            "confidence": 0.41,
        },
        {
            "is_event": True,
            "icon": "repeat-2",
            "text": "Same answer twice",
            "detail": "Loop check, Refunds assistant",
            "tone": "warn",
            "at": at(20),
        },
        {
            "number": 3,
            "who": "customer",
            "name": "Customer ••4821",
            "at": at(49),
            "text": "agent please",
            "mood": -0.62,
            "is_trigger": True,
        },
        {
            "is_event": True,
            "icon": "clock",
            "text": "Waited 1m 48s for a person. Target 60s",
            "tone": "crit",
            "at": at(157),
        },
        {
            "number": 4,
            "who": "agent",
            "name": "Tomás Reyes",
            "at": at(160),
            "text": "I’m sorry you had to say it all again. I will write to [email 1] today.",
            "mood": None,
        },
        {
            "number": 5,
            "who": "note",
            "name": "Tomás Reyes",
            "at": at(190),
            "text": "Card was replaced on the 9th, the bank turned the refund down.",
        },
        {
            "is_event": True,
            "icon": "graduation-cap",
            "text": "Coaching note from M. Keita, seen at once",
            "detail": "“Lead with what the summary shows.”",
            "tone": "note",
        },
        {
            "number": 6,
            "who": "customer",
            "name": "Customer ••4821",
            "at": at(240),
            "text": "Thank you, that is clear now. <b>Not markup</b>",
            "mood": 0.35,
        },
        {"is_event": True, "icon": "circle-check", "text": "Solved", "tone": "ok", "at": at(300)},
    ]


def _day(now: datetime) -> dict[str, Any]:
    return {
        "since": now - timedelta(hours=8),
        "until": now,
        "signed_in_seconds": 25200,
        "offline_seconds": 3600,
        "portions": [
            {"kind": "on_contact", "label": "On contact", "seconds": 16200, "share": 0.643, "x": 0.0, "width": 64.3},
            {"kind": "wrap_up", "label": "Wrap-up", "seconds": 1500, "share": 0.06, "x": 64.3, "width": 6.0},
            {"kind": "ringing", "label": "Ringing", "seconds": 300, "share": 0.012, "x": 70.3, "width": 1.2},
            {"kind": "break", "label": "Break and other", "seconds": 3600, "share": 0.143, "x": 71.5, "width": 14.3},
            {
                "kind": "idle",
                "label": "Ready, nothing in hand",
                "seconds": 3600,
                "share": 0.142,
                "x": 85.8,
                "width": 14.2,
            },
        ],
        "facts": [
            {"name": "At a time", "value": "1.6, at most 3"},
            {"name": "Occupancy", "value": "82%"},
            {"name": "Slots taken", "value": "41%"},
            {"name": "Adherence", "value": None},
            {"name": "Conformance", "value": None},
        ],
    }


def _line(now: datetime) -> TimeLine:
    start = now - timedelta(minutes=11)

    def at(seconds: int) -> datetime:
        return start + timedelta(seconds=seconds)

    return TimeLine(
        starts_at=start,
        ends_at=now,
        lanes=[
            Lane("Refunds assistant", [Span(at(0), at(52), "bot", "Refunds assistant, 52s", "#m2")]),
            Lane("Waiting in Billing chat", [Span(at(52), at(157), "late", "Waited 1m 45s, target 60s", "#m3")]),
            Lane("Tomás Reyes", [Span(at(157), None, "person", "Tomás Reyes, so far 8m 23s", "#m4")]),
        ],
        marks=[Mark(at(52), "Handed to people", "#m3"), Mark(at(157), "Taken by Tomás Reyes", "#m4")],
    )


def _conversations(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "key": "48213",
            "title": "Refund promised twice",
            "href": "#conversations-title",
            "channel": "chat",
            "state": "crit",
            "reference": "#48213",
            "customer": "Customer ••4821",
            "holder": "Tomás Reyes",
            "queue": "Billing chat",
            "since": now - timedelta(minutes=11),
            "since_word": "open",
            "mood": -0.81,
            "line": "I already gave all of this to the bot. Order [order 1]. Where is my refund?",
            "tags": [{"label": "asked for a person", "state": "warn"}],
            "why": [
                {"name": "speaks for negative", "words": "“terrible”, “still waiting”", "is_against": False},
                {"name": "asks for a person", "words": "“talk to a person”", "is_against": False},
            ],
        },
        {
            "key": "48190",
            "title": "Invoice address change",
            "href": "#conversations-title",
            "channel": "email",
            "reference": "#48190",
            "customer": "Customer ••1180",
            "holder": "Esi Mensah",
            "queue": "Email general",
            "since": now - timedelta(hours=2, minutes=51),
            "since_word": "waiting",
            "mood": 0.04,
            "line": "Please use [email 1] for the next one.",
            "tags": [],
        },
        {
            "key": "48002",
            "title": "Call about a late parcel",
            "href": "#conversations-title",
            "channel": "voice",
            "customer": "Customer ••7731",
            "holder": "Sam Whitlock",
            "queue": "Voice priority",
            "at": now - timedelta(days=1),
            "mood": None,
            "line": "",
            "tags": [{"label": "solved", "state": "ok"}],
        },
    ]


def _handoffs() -> dict[str, dict[str, Any]]:
    return {
        "filled": {"title": "Hand-off", "score": 45, "tone": "crit", "reasons": [("gave again: order", "warn"), ("no context was passed", "warn")]},
        "good": {"title": "Hand-off 1", "score": 100, "tone": "ok", "reasons": []},
        "waiting": {"title": "Hand-off 2", "score": None, "tone": "", "reasons": []},
    }  # fmt: skip


def _steps() -> list[dict[str, Any]]:
    return [
        {"title": "Greets", "state": "done", "tone": "ok", "icon": "circle-check", "message": 2},
        {"title": "Offers more help", "state": "not found", "tone": "warn", "icon": "triangle-alert"},
        {"title": "Closes politely", "state": "not assessed", "tone": "", "icon": "circle-dashed", "why": "It is in a language that is not read."},
    ]  # fmt: skip


def specimens(*, now: datetime) -> list[Specimen]:
    """List, transcript, time line, player."""
    transcript = _transcript(now)
    return [
        *in_every_face(
            "conversation_list",
            {
                "conversations": _conversations(now),
                "query": "refund",
                "count": 3,
                "empty_text": "Billing, negative, last 15 minutes. There are 9 in the last hour.",
                "empty_href": "#main",
                "empty_action": "Widen to 1 hour",
            },
            emptied=("conversations", "count"),
            now=now,
        ),
        Specimen("conversation_row", "filled", {"conversation": _conversations(now)[0], "now": now}, wrap="list"),
        *in_every_face(
            "transcript",
            {"items": transcript, "refused_text": "It belongs to Sales. Your access covers Billing and Email."},
            emptied=("items",),
            now=now,
        ),
        *(
            Specimen(
                "message", who, {"message": next(item for item in transcript if item.get("who") == who)}, wrap="list"
            )
            for who in ("customer", "ai", "agent", "note")
        ),
        Specimen("event", "filled", {"event": transcript[3]}, wrap="list"),
        *(Specimen("handoff", face, {"card": card}) for face, card in _handoffs().items()),
        Specimen("checklist", "filled", {"title": "How it was answered", "steps": _steps()}),
        *in_every_face("time_bar", {"day": _day(now), "method_href": "#time-bar-title"}, emptied=("day",), now=now),
        *in_every_face("time_line", {"line": _line(now)}, emptied=("line",), now=now),
        *(
            Specimen("player", face, {"face": face, "source_href": "#recording", "length_seconds": 388})
            for face in FACES
        ),
    ]
