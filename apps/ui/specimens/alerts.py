"""Alerts, invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from apps.ui.specimens.specimen import Specimen, in_every_face


def _alert(now: datetime) -> dict[str, Any]:
    return {
        "key": "6f1c2a3e-0000-4000-8000-000000000001",
        "severity": "crit",
        "title": "First reply is over 90s",
        "href": "#alerts-title",
        "where": "Billing chat",
        "now_text": "1m 48s",
        "rule": "over 90s for 2 min",
        "since": now - timedelta(minutes=8),
        "trend": [52, 50, 58, 63, 71, 80, 92, 96, 101, 104, 106, 108],
        "trend_target": 90,
        "why": "Arrivals are up 40% since 13:50 while two people have been in wrap-up for more than 5 minutes.",
        "quote": "agent please, my card is [card 1]",
        "quote_who": "Customer ••4821, then 1m 48s",
        "evidence_href": "#m2",
        "action": "Move 2 people from Email",
        "action_href": "#alerts-title",
        "action_icon": "shuffle",
        "action_hint": "Esi Mensah and Noor Aziz. Email stays at 92% of SLA.",
        "may_care": True,
        **dict.fromkeys(("act_href", "take_href", "snooze_href", "resolve_href"), "#alerts-title"),
    }


def specimens(*, now: datetime) -> list[Specimen]:
    """The list of alerts with every face it has, and one alert."""
    alert = _alert(now)
    return [
        *in_every_face(
            "alerts",
            {
                "has_rules": True,
                "count": 5,
                "all_href": "#alerts-title",
                "minutes": (15, 30, 60, 120),
                "failing": ["More customers ask for a person"],
                "alerts": [
                    alert,
                    {
                        **alert,
                        "key": "6f1c2a3e-0000-4000-8000-000000000002",
                        "severity": "warn",
                        "title": "Three chats turned negative",
                        "where": "Tomás Reyes",
                        "now_text": "−0.63",
                        "quote": "",
                        "action": "",
                    },
                    {
                        **alert,
                        "key": "6f1c2a3e-0000-4000-8000-000000000003",
                        "severity": "warn",
                        "title": "The queue is long",
                        "quote": "",
                        "is_taken": True,
                        "stage_note": "Lena Fischer has it",
                        "explained_by": "First reply is over 90s",
                    },
                    {
                        **alert,
                        "key": "6f1c2a3e-0000-4000-8000-000000000004",
                        "title": "A reply is overdue",
                        "why": "",
                        "is_put_aside": True,
                        "stage_note": "Put aside by Lena Fischer",
                        "snoozed_until": now + timedelta(minutes=22),
                    },
                ],
                "empty_text": "The last one closed at 13:31. Twelve rules are watching seven queues.",
            },
            emptied=("alerts",),
            now=now,
        ),
        Specimen("alerts", "unset", {"face": "filled", "alerts": [], "has_rules": False, "now": now}),
        Specimen("alert", "filled", {"alert": alert, "now": now, "minutes": (15, 30, 60, 120)}, wrap="list"),
    ]
