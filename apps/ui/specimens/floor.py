"""The parts of the floor, invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from apps.ui.lines import Episode, Mark, ShiftLine
from apps.ui.specimens.specimen import FACES, Specimen, in_every_face


def _figures() -> list[dict[str, Any]]:
    trend = [42, 44, 41, 48, 52, 50, 58, 63, 71, 80, 92, 108]
    return [
        {
            "key": "first-reply",
            "label": "First reply p90, Billing",
            "value": "1m 48s",
            "target": "target 60s",
            "change": "+36s",
            "change_note": "in 30 min",
            "state": "crit",
            "trend": trend,
            "trend_target": 60,
            "href": "#queues-title",
        },
        {
            "key": "waiting",
            "label": "Waiting now",
            "value": "23",
            "target": "oldest 4m 10s",
            "change": "+9",
            "change_note": "in 30 min",
            "state": "warn",
            "trend": [9, 8, 10, 12, 11, 13, 14, 14, 16, 18, 21, 23],
            "trend_target": 15,
            "href": "#queues-title",
        },
        {
            "key": "open",
            "label": "Open conversations",
            "value": "146",
            "target": "26/172 slots free",
            "change": "+7",
            "change_note": "in 30 min",
            "trend": [120, 118, 124, 129, 131, 128, 135, 137, 140, 139, 144, 146],
            "trend_target": 172,
            "href": "#people-title",
        },
        {"key": "mood", "label": "Mood", "face": "empty"},
        {
            "key": "transfers",
            "label": "Transfer rate",
            "value": "11.2%",
            "face": "stale",
            "trend": [9, 9.4, 9.1, 9.8, 10.1, 11.2],
        },
        {"key": "confidence", "label": "AI confidence", "face": "refused"},
    ]


def _queues(now: datetime) -> list[dict[str, Any]]:
    def queue(
        key: str,
        channel: str,
        waiting: int,
        oldest: int | None,
        reply: float,
        target: float,
        within: float,
        goal: float,
        active: int,
        slots: int,
        ai: float | None,
        mood: float | None,
        trend: list[float],
        state: str = "",
        why: str = "",
    ) -> dict[str, Any]:
        return {
            "key": key.lower().replace(" ", "-"),
            "name": key,
            "href": "#queues-title",
            "channel": channel,
            "waiting": waiting,
            "oldest_since": now - timedelta(seconds=oldest) if oldest is not None else None,
            "first_reply_seconds": reply,
            "first_reply_target_seconds": target,
            "within_target": within,
            "within_target_goal": goal,
            "active": active,
            "slots": slots,
            "free": max(slots - active, 0),
            "ai_share": ai,
            "mood": mood,
            "trend": trend,
            "state": state,
            "why": why,
        }

    return [
        queue(
            "Billing chat",
            "chat",
            14,
            250,
            108,
            60,
            0.71,
            0.9,
            38,
            36,
            0.41,
            -0.42,
            [2, 3, 3, 4, 4, 6, 7, 9, 10, 12, 13, 14],
            "crit",
            "2 people short",
        ),
        queue(
            "WhatsApp",
            "messaging",
            4,
            131,
            74,
            90,
            0.86,
            0.9,
            22,
            24,
            0.58,
            -0.08,
            [1, 2, 2, 1, 2, 3, 3, 3, 4, 3, 4, 4],
            "warn",
            "SLA slipping",
        ),
        queue(
            "Voice priority", "voice", 1, 9, 12, 20, 0.97, 0.95, 9, 12, 0, 0.11, [0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1]
        ),
        queue("Social", "social", 0, None, 310, 900, 0.99, 0.95, 6, 12, None, None, []),
        queue(
            "Email general",
            "email",
            41,
            10260,
            7380,
            14400,
            0.92,
            0.9,
            21,
            24,
            0.18,
            0.04,
            [52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41],
        ),
    ]


def _people(now: datetime) -> list[dict[str, Any]]:
    rows: list[tuple[str, str, str, int, int, int, float | None, str, str]] = [
        ("Tomás Reyes", "message-circle", "In chat", 1240, 5, 4, -0.63, "3 chats turned negative", "crit"),
        ("Priya Nair", "hourglass", "Wrap-up", 412, 2, 4, -0.22, "Wrap-up over 5 min", "warn"),
        ("Chloé Martin", "message-circle", "In chat", 2210, 4, 4, 0.12, "", ""),
        ("Ines Rocha", "circle-check", "Ready", 95, 1, 4, 0.31, "", ""),
        ("Dmitri Volkov", "coffee", "Break", 540, 0, 4, None, "", "off"),
        ("Esi Mensah", "mail", "Email", 4120, 2, 6, 0.06, "Can move to chat", "ok"),
    ]
    return [
        {
            "key": name.lower().replace(" ", "-"),
            "name": name,
            "href": "#people-title",
            "state_icon": icon,
            "state_label": state,
            "since": now - timedelta(seconds=seconds),
            "used": used,
            "capacity": capacity,
            "mood": mood,
            "flag": flag,
            "tone": tone,
        }
        for name, icon, state, seconds, used, capacity, mood, flag, tone in rows
    ]


def _ai_agents() -> list[dict[str, Any]]:
    return [
        {
            "key": "refunds",
            "name": "Refunds assistant",
            "href": "#ai-title",
            "state": "crit",
            "why": "looping in 6 chats",
            "open": 31,
            "intent_match": 0.74,
            "confidence": 0.58,
            "confidence_floor": 0.65,
            "confidence_state": "crit",
            "handed_over": 0.34,
            "asked_for_person": 0.19,
            "loops": 6,
            "holds": 0,
            "trend": [0.79, 0.78, 0.78, 0.76, 0.77, 0.75, 0.72, 0.7, 0.66, 0.63, 0.6, 0.58],
        },
        {
            "key": "orders",
            "name": "Order tracker",
            "href": "#ai-title",
            "open": 44,
            "intent_match": 0.93,
            "confidence": 0.88,
            "confidence_floor": 0.65,
            "handed_over": 0.08,
            "asked_for_person": 0.03,
            "loops": 0,
            "holds": 0,
            "trend": [0.86, 0.87, 0.88, 0.87, 0.88, 0.89],
        },
        {
            "key": "sign-in",
            "name": "Sign-in helper",
            "href": "#ai-title",
            "open": 0,
            "intent_match": None,
            "confidence": None,
            "confidence_floor": 0.65,
            "handed_over": None,
            "asked_for_person": None,
            "loops": None,
            "holds": None,
            "trend": [],
        },
    ]


def _hour(now: datetime) -> list[dict[str, Any]]:
    told: list[tuple[int, int, float | None]] = [(2, 3, 41.0), (0, 0, None), (5, 4, 108.0)]
    step = timedelta(minutes=5)
    return [
        {
            "starts_at": now - (len(told) - n) * step,
            "ends_at": now - (len(told) - n - 1) * step,
            "waiting": waiting,
            "replies": replies,
            "first_reply_seconds": seconds,
        }
        for n, (waiting, replies, seconds) in enumerate(told)
    ]


def _shift(now: datetime) -> ShiftLine:
    starts_at = now - timedelta(hours=5, minutes=17)
    volume = [18, 22, 27, 33, 41, 46, 48, 45, 43, 47, 52, 55, 51, 44, 40, 42, 49, 56, 61, 66, 74, 82]
    usual = [
        17,
        21,
        27,
        34,
        40,
        44,
        46,
        46,
        44,
        46,
        50,
        52,
        50,
        45,
        42,
        43,
        47,
        52,
        54,
        55,
        56,
        57,
        56,
        54,
        52,
        50,
        47,
        44,
        40,
        36,
        32,
        28,
        24,
        20,
    ]

    def minutes(count: float) -> datetime:
        return starts_at + timedelta(minutes=count)

    return ShiftLine(
        starts_at=starts_at,
        ends_at=minutes(510),
        now_at=now,
        arrivals=[(minutes(15 * index + 2), value) for index, value in enumerate(volume)],
        forecast=[(minutes(15 * index + 2), value) for index, value in enumerate(usual)],
        episodes=[
            Episode(minutes(45), minutes(64), "warn", "Sign-in helper fallback, 19 minutes", "#alerts-title"),
            Episode(minutes(250), minutes(271), "crit", "Tech chat first reply, 21 minutes", "#alerts-title"),
            Episode(minutes(298), None, "crit", "Refunds assistant hand-offs, open", "#alerts-title"),
            Episode(minutes(309), None, "crit", "Billing chat first reply, open", "#alerts-title"),
        ],
        actions=[
            Mark(minutes(65), "Coaching note to Priya Nair", "#alerts-title"),
            Mark(minutes(262), "6 chats moved", "#alerts-title"),
        ],
    )


def specimens(*, now: datetime) -> list[Specimen]:
    """Shift line, figures, queues, people, AI agents."""
    early = now - timedelta(minutes=15)
    figures = _figures()
    return [
        *in_every_face(
            "shift_line", {"shift": _shift(now), "label": "Day shift", "note": "5h 17m in"}, emptied=("shift",), now=now
        ),
        Specimen("figures", "filled", {"figures": figures}),
        Specimen("figures", "empty", {"figures": []}),
        Specimen(
            "figures",
            "waiting",
            {"figures": [{**figure, "key": f"w-{figure['key']}", "face": "waiting"} for figure in figures[:3]]},
        ),
        Specimen("figures", "refused", {"face": "refused"}),
        *(
            Specimen(
                "figure",
                face,
                {
                    "figure": {
                        **figures[0],
                        "key": f"one-{face}",
                        "face": face,
                        "as_of": early,
                        "value": "" if face == "empty" else figures[0]["value"],
                    }
                },
                wrap="narrow",
            )
            for face in FACES
        ),
        *in_every_face(
            "queue_table",
            {
                "queues": _queues(now),
                "has_mood": True,
                "setup_href": "#main",
                "refused_text": "They belong to Sales. Your access covers Billing and Email.",
            },
            emptied=("queues",),
            now=now,
        ),
        Specimen("queue_row", "filled", {"row": _queues(now)[0], "has_mood": True, "now": now}, wrap="rows"),
        *in_every_face(
            "people",
            {
                "people": _people(now),
                "has_mood": True,
                "note": "4 in contact, 1 ready, 1 on break",
                "empty_text": "The next shift starts at 06:00.",
            },
            emptied=("people",),
            now=now,
        ),
        Specimen("person", "filled", {"row": _people(now)[0], "now": now}, wrap="list"),
        *in_every_face(
            "ai_table",
            {"agents": _ai_agents(), "has_checks": True, "has_holds": True, "setup_href": "#main"},
            emptied=("agents",),
            now=now,
        ),
        Specimen("ai_row", "filled", {"agent": _ai_agents()[0], "has_checks": True, "has_holds": True}, wrap="rows"),
        *in_every_face(
            "trend_table",
            {"steps": _hour(now), "target_seconds": 60, "refused_text": "It belongs to Sales."},
            emptied=("steps",),
            now=now,
        ),
        Specimen("trend", "filled", {"title": "Waiting and first reply", "source": "gallery-trend", "table": ""}),
    ]
