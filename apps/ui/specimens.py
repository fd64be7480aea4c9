"""What the gallery shows: every component with every face it has. Invented, so that no database is needed.

A component without a specimen fails a test, so this list is also the list of what exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.ui.drawing import Episode, Lane, Mark, ShiftLine, Span, TimeLine
from apps.ui.navigation import Key, KeyGroup, NavGroup, Navigation, NavItem, PaletteEntry, PaletteGroup, Person, Scope

FACES = ("filled", "empty", "waiting", "stale", "refused")


@dataclass(frozen=True)
class Specimen:
    """One component in one face: the arguments it is included with."""

    component: str  # file name under templates/components, without .html
    face: str
    arguments: Mapping[str, Any]
    wrap: str = ""  # "list" puts it in a <ul>, "rows" in a table, "form" in a form

    @property
    def template(self) -> str:
        """The template's path."""
        return f"components/{self.component}.html"


def _figures() -> list[dict[str, Any]]:
    trend = [42, 44, 41, 48, 52, 50, 58, 63, 71, 80, 92, 108]
    return [
        {"key": "first-reply", "label": "First reply p90, Billing", "value": "1m 48s", "target": "target 60s", "change": "+36s", "change_note": "in 30 min", "state": "crit", "trend": trend, "trend_target": 60, "href": "#queues-title"},
        {"key": "waiting", "label": "Waiting now", "value": "23", "target": "oldest 4m 10s", "change": "+9", "change_note": "in 30 min", "state": "warn", "trend": [9, 8, 10, 12, 11, 13, 14, 14, 16, 18, 21, 23], "trend_target": 15, "href": "#queues-title"},
        {"key": "open", "label": "Open conversations", "value": "146", "target": "of 172 slots", "change": "85%", "change_note": "in use", "trend": [120, 118, 124, 129, 131, 128, 135, 137, 140, 139, 144, 146], "trend_target": 172, "href": "#people-title"},
        {"key": "mood", "label": "Mood", "face": "empty"},
        {"key": "transfers", "label": "Transfer rate", "value": "11.2%", "face": "stale", "trend": [9, 9.4, 9.1, 9.8, 10.1, 11.2]},
        {"key": "confidence", "label": "AI confidence", "face": "refused"},
    ]


def _queues(now: datetime) -> list[dict[str, Any]]:
    def queue(key: str, channel: str, waiting: int, oldest: int | None, reply: float, target: float, within: float, goal: float, active: int, capacity: int, ai: float | None, mood: float | None, trend: list[float], state: str = "", why: str = "") -> dict[str, Any]:
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
            "capacity": capacity,
            "ai_share": ai,
            "mood": mood,
            "trend": trend,
            "state": state,
            "why": why,
        }

    return [
        queue("Billing chat", "chat", 14, 250, 108, 60, 0.71, 0.9, 38, 36, 0.41, -0.42, [2, 3, 3, 4, 4, 6, 7, 9, 10, 12, 13, 14], "crit", "2 people short"),
        queue("WhatsApp", "messaging", 4, 131, 74, 90, 0.86, 0.9, 22, 24, 0.58, -0.08, [1, 2, 2, 1, 2, 3, 3, 3, 4, 3, 4, 4], "warn", "SLA slipping"),
        queue("Voice priority", "voice", 1, 9, 12, 20, 0.97, 0.95, 9, 12, 0, 0.11, [0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1]),
        queue("Social", "social", 0, None, 310, 900, 0.99, 0.95, 6, 12, None, None, []),
        queue("Email general", "email", 41, 10260, 7380, 14400, 0.92, 0.9, 21, 24, 0.18, 0.04, [52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41]),
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
        {"key": name.lower().replace(" ", "-"), "name": name, "href": "#people-title", "state_icon": icon, "state_label": state, "since": now - timedelta(seconds=seconds), "used": used, "capacity": capacity, "mood": mood, "flag": flag, "tone": tone}
        for name, icon, state, seconds, used, capacity, mood, flag, tone in rows
    ]


def _ai_agents() -> list[dict[str, Any]]:
    return [
        {"key": "refunds", "name": "Refunds assistant", "href": "#ai-title", "state": "crit", "why": "looping in 6 chats", "open": 31, "intent_match": 0.74, "confidence": 0.58, "confidence_floor": 0.65, "handed_over": 0.34, "handed_over_limit": 0.2, "asked_for_person": 0.19, "loops": 6, "holds": 0, "trend": [0.79, 0.78, 0.78, 0.76, 0.77, 0.75, 0.72, 0.7, 0.66, 0.63, 0.6, 0.58]},
        {"key": "orders", "name": "Order tracker", "href": "#ai-title", "open": 44, "intent_match": 0.93, "confidence": 0.88, "confidence_floor": 0.65, "handed_over": 0.08, "handed_over_limit": 0.2, "asked_for_person": 0.03, "loops": 0, "holds": 0, "trend": [0.86, 0.87, 0.88, 0.87, 0.88, 0.89]},
        {"key": "sign-in", "name": "Sign-in helper", "href": "#ai-title", "open": 0, "intent_match": None, "confidence": None, "confidence_floor": 0.65, "handed_over": None, "handed_over_limit": 0.2, "asked_for_person": None, "loops": None, "holds": None, "trend": []},
    ]


def _alert(now: datetime) -> dict[str, Any]:
    return {
        "key": "1", "severity": "crit", "title": "First reply is over 90s", "href": "#alerts-title", "where": "Billing chat", "now_text": "1m 48s", "rule": "over 90s for 2 min", "since": now - timedelta(minutes=8),
        "trend": [52, 50, 58, 63, 71, 80, 92, 96, 101, 104, 106, 108], "trend_target": 90,
        "why": "Arrivals are up 40% since 13:50 while two people have been in wrap-up for more than 5 minutes.",
        "quote": "agent please, my card is [card 1]", "quote_who": "Customer ••4821, then 1m 48s", "evidence_href": "#m2",
        "action": "Move 2 people from Email", "action_href": "#alerts-title", "action_icon": "shuffle", "action_hint": "Esi Mensah and Noor Aziz. Email stays at 92% of SLA.",
    }  # fmt: skip


def _shift(now: datetime) -> ShiftLine:
    starts_at = now - timedelta(hours=5, minutes=17)
    volume = [18, 22, 27, 33, 41, 46, 48, 45, 43, 47, 52, 55, 51, 44, 40, 42, 49, 56, 61, 66, 74, 82]
    usual = [17, 21, 27, 34, 40, 44, 46, 46, 44, 46, 50, 52, 50, 45, 42, 43, 47, 52, 54, 55, 56, 57, 56, 54, 52, 50, 47, 44, 40, 36, 32, 28, 24, 20]

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
        actions=[Mark(minutes(65), "Coaching note to Priya Nair", "#alerts-title"), Mark(minutes(262), "6 chats moved", "#alerts-title")],
    )  # fmt: skip


def _transcript(now: datetime) -> list[dict[str, Any]]:
    start = now - timedelta(minutes=11)

    def at(seconds: int) -> datetime:
        return start + timedelta(seconds=seconds)

    return [
        {"is_day": True, "text": "Tuesday 24 November"},
        {"number": 1, "who": "customer", "name": "Customer ••4821", "at": at(0), "text": "Hello, I was promised a refund for order [order 1] two weeks ago.\nMy card ends in [card 1].", "mood": -0.18},
        {"number": 2, "who": "ai", "name": "Refunds assistant", "at": at(14), "text": "Your refund is on its way. It can take 5 to 10 business days.", "intent": "refund_status", "confidence": 0.41},
        {"is_event": True, "icon": "repeat-2", "text": "Same answer twice", "detail": "Loop check, Refunds assistant", "tone": "warn", "at": at(20)},
        {"number": 3, "who": "customer", "name": "Customer ••4821", "at": at(49), "text": "agent please", "mood": -0.62, "is_trigger": True},
        {"is_event": True, "icon": "clock", "text": "Waited 1m 48s for a person. Target 60s", "tone": "crit", "at": at(157)},
        {"number": 4, "who": "agent", "name": "Tomás Reyes", "at": at(160), "text": "I’m sorry you had to say it all again. I will write to [email 1] today.", "mood": None},
        {"number": 5, "who": "note", "name": "Tomás Reyes", "at": at(190), "text": "Card was replaced on the 9th, the bank turned the refund down."},
        {"is_event": True, "icon": "graduation-cap", "text": "Coaching note from M. Keita, seen at once", "detail": "“Lead with what the summary shows.”", "tone": "note"},
        {"number": 6, "who": "customer", "name": "Customer ••4821", "at": at(240), "text": "Thank you, that is clear now. <b>Not markup</b>", "mood": 0.35},
        {"is_event": True, "icon": "circle-check", "text": "Solved", "tone": "ok", "at": at(300)},
    ]  # fmt: skip


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
        {"key": "48213", "title": "Refund promised twice", "href": "#conversations-title", "channel": "chat", "state": "crit", "reference": "#48213", "customer": "Customer ••4821", "holder": "Tomás Reyes", "queue": "Billing chat", "since": now - timedelta(minutes=11), "since_word": "open", "mood": -0.81, "line": "I already gave all of this to the bot. Order [order 1]. Where is my refund?", "tags": [{"label": "asked for a person", "state": "warn"}]},
        {"key": "48190", "title": "Invoice address change", "href": "#conversations-title", "channel": "email", "reference": "#48190", "customer": "Customer ••1180", "holder": "Esi Mensah", "queue": "Email general", "since": now - timedelta(hours=2, minutes=51), "since_word": "waiting", "mood": 0.04, "line": "Please use [email 1] for the next one.", "tags": []},
        {"key": "48002", "title": "Call about a late parcel", "href": "#conversations-title", "channel": "voice", "customer": "Customer ••7731", "holder": "Sam Whitlock", "queue": "Voice priority", "at": now - timedelta(days=1), "mood": None, "line": "", "tags": [{"label": "solved", "state": "ok"}]},
    ]  # fmt: skip


def navigation() -> Navigation:
    """A whole frame for the gallery."""
    return Navigation(
        groups=(
            NavGroup("", (NavItem("floor", "Floor", "#main", "activity", go="f", hint="live queues and people"), NavItem("conversations", "Conversations", "#main", "message-square", go="c"), NavItem("people", "People", "#main", "users", go="p"), NavItem("ai", "AI agents", "#main", "bot", go="a", count=1, count_noun="needs you", is_urgent=True))),
            NavGroup("Set up", (NavItem("sources", "Sources", "#main", "plug", go="s"),), on_phone=False),
        ),
        scopes=(Scope("All teams", "?scope=", is_current=True), Scope("Billing", "?scope=billing"), Scope("Tech", "?scope=tech")),
        palette=(PaletteGroup("People", (PaletteEntry("Tomás Reyes", "#people-title", "user", "Billing, in chat"),)),),
        keys=(KeyGroup("Floor", (Key(("W",), "Wallboard"),)),),
        person=Person("Mariam Keita", "Team lead, Billing"),
        search_href="#conversations-title",
    )  # fmt: skip


def _in_every_face(component: str, arguments: Mapping[str, Any], *, emptied: tuple[str, ...], now: datetime) -> list[Specimen]:
    """A region in its five faces; `emptied` are the arguments an empty region does not have."""
    specimens = []
    for face in FACES:
        kept = {name: value for name, value in arguments.items() if face in ("filled", "stale") or name not in emptied}
        specimens.append(Specimen(component, face, {**kept, "face": face, "now": now, "as_of": now - timedelta(minutes=15)}))
    return specimens


def specimens(*, now: datetime) -> list[Specimen]:
    """Everything there is to show at a moment."""
    nav = navigation()
    early = now - timedelta(minutes=15)
    alert, transcript, figures = _alert(now), _transcript(now), _figures()
    shown = [
        Specimen("freshness", "live", {"state": "live", "at": now}),
        Specimen("freshness", "late", {"state": "late", "at": now - timedelta(seconds=38)}),
        Specimen("freshness", "lost", {"state": "lost", "at": early}),
        Specimen("stale_bar", "stale", {"at": early}),
        Specimen("source_lag_bar", "late", {"name": "Voice", "lag_seconds": 252, "href": "#main"}),
        Specimen("as_of", "stale", {"at": early}),
        Specimen("verdict", "filled", {"title": "One queue and one AI agent need you now", "text": "Billing chat misses first reply by 48s. WhatsApp is close.", "trail": [{"label": "Floor", "href": "#main"}], "actions": [{"label": "Wallboard", "href": "#main", "icon": "monitor-up"}]}),
        *_in_every_face("shift_line", {"shift": _shift(now), "label": "Day shift", "note": "5h 17m in"}, emptied=("shift",), now=now),
        Specimen("figures", "filled", {"figures": figures}),
        Specimen("figures", "empty", {"figures": []}),
        Specimen("figures", "waiting", {"figures": [{**figure, "key": f"w-{figure['key']}", "face": "waiting"} for figure in figures[:3]]}),
        Specimen("figures", "refused", {"face": "refused"}),
        *(Specimen("figure", face, {"figure": {**figures[0], "key": f"one-{face}", "face": face, "as_of": early, "value": "" if face == "empty" else figures[0]["value"]}}) for face in FACES),
        *_in_every_face("queue_table", {"queues": _queues(now), "setup_href": "#main", "refused_text": "They belong to Sales. Your access covers Billing and Email."}, emptied=("queues",), now=now),
        Specimen("queue_row", "filled", {"queue": _queues(now)[0], "now": now}, wrap="rows"),
        *_in_every_face("people", {"people": _people(now), "note": "4 in contact, 1 ready, 1 on break", "empty_text": "The next shift starts at 06:00."}, emptied=("people",), now=now),
        Specimen("person", "filled", {"person": _people(now)[0], "now": now}, wrap="list"),
        *_in_every_face("ai_table", {"agents": _ai_agents(), "setup_href": "#main"}, emptied=("agents",), now=now),
        Specimen("ai_row", "filled", {"agent": _ai_agents()[0]}, wrap="rows"),
        *_in_every_face("alerts", {"alerts": [alert, {**alert, "key": "2", "severity": "warn", "title": "Three chats turned negative", "where": "Tomás Reyes", "now_text": "−0.63", "quote": "", "action": ""}], "empty_text": "The last one closed at 13:31. Twelve rules are watching seven queues."}, emptied=("alerts",), now=now),
        Specimen("alert", "filled", {"alert": alert, "now": now}, wrap="list"),
        *_in_every_face("conversation_list", {"conversations": _conversations(now), "query": "refund", "count": 3, "empty_text": "Billing, negative, last 15 minutes. There are 9 in the last hour.", "empty_href": "#main", "empty_action": "Widen to 1 hour"}, emptied=("conversations", "count"), now=now),
        Specimen("conversation_row", "filled", {"conversation": _conversations(now)[0], "now": now}, wrap="list"),
        *_in_every_face("transcript", {"items": transcript, "refused_text": "It belongs to Sales. Your access covers Billing and Email."}, emptied=("items",), now=now),
        *(Specimen("message", who, {"message": next(item for item in transcript if item.get("who") == who)}, wrap="list") for who in ("customer", "ai", "agent", "note")),
        Specimen("event", "filled", {"event": transcript[3]}, wrap="list"),
        *_in_every_face("time_line", {"line": _line(now)}, emptied=("line",), now=now),
        *(Specimen("player", face, {"face": face, "source_href": "#recording", "length_seconds": 388}) for face in FACES),
        Specimen("facets", "filled", {"groups": [{"legend": "Channel", "name": "channel", "options": [{"value": "chat", "label": "Chat", "count": 1204, "is_checked": True}, {"value": "voice", "label": "Voice", "count": 88, "is_checked": False}]}]}, wrap="form"),
        Specimen("facts", "filled", {"facts": [{"name": "Customer", "value": "[name 1], since 2022"}, {"name": "First reply", "value": "1m 48s", "tone": "crit"}, {"name": "CSAT", "value": None}]}),
        Specimen("segments", "filled", {"label": "Show", "choices": [{"label": "All", "href": "#main", "is_current": True}, {"label": "People only", "href": "#main"}, {"label": "Events", "href": "#main"}]}),
        *(Specimen("tag", state or "plain", {"label": state or "plain", "state": state}) for state in ("", "crit", "warn", "ok", "bot", "note", "accent")),
        Specimen("chip", "filled", {"name": "cause", "value": "a", "label": "Not opened", "is_checked": True}, wrap="form"),
        Specimen("mask", "filled", {"label": "card 1"}),
        Specimen("button", "primary", {"label": "Move 2 people", "kind": "primary", "icon_name": "shuffle"}),
        Specimen("button", "plain", {"label": "Calibrate", "icon_name": "scale"}),
        Specimen("button", "quiet", {"label": "Snooze", "kind": "quiet"}),
        Specimen("button", "icon", {"label": "More actions", "kind": "icon", "icon_name": "ellipsis"}),
        Specimen("button", "disabled", {"label": "Submit", "kind": "primary", "is_disabled": True, "keys": "Ctrl Enter"}),
        Specimen("field", "filled", {"id": "threshold", "name": "threshold", "label": "For at least", "value": "2 min", "help": "Would have fired 3 times last week."}, wrap="form"),
        Specimen("field", "error", {"id": "limit", "name": "limit", "label": "Alert when first reply p90 is over", "value": "5", "error": "At 5s this rule would have fired 212 times last week. Use 60s or more."}, wrap="form"),
        Specimen("search_field", "filled", {"label": "Search conversations", "value": ""}, wrap="form"),
        Specimen("toast", "filled", {"text": "Moved Esi Mensah and Noor Aziz to Billing chat", "has_undo": True}),
        Specimen("skeleton", "waiting", {"label": "queues"}),
        Specimen("empty", "good", {"kind": "good", "title": "No open alerts", "text": "The last one closed at 13:31.", "href": "#main", "action": "See the rules"}),
        Specimen("empty", "filtered", {"kind": "filtered", "title": "No chats match", "text": "There are 9 in the last hour.", "href": "#main", "action": "Widen to 1 hour"}),
        Specimen("empty", "setup", {"kind": "setup", "title": "No source connected", "text": "Connect a chat or voice source and the floor fills in about a minute.", "href": "#main", "action": "Connect a source"}),
        Specimen("part_error", "failed", {"title": "Queues did not load", "href": "#main", "reference": "7f3a-19c2"}),
        Specimen("refused", "refused", {"title": "You can’t open this conversation", "text": "It belongs to Sales. Your access covers Billing and Email.", "href": "#main"}),
        Specimen("panel_head", "stale", {"id": "head-title", "title": "Queues", "count": 7, "note": "sorted by risk", "face": "stale", "as_of": early, "href": "#main", "action": "All queues"}),
        Specimen("dialog", "closed", {"id": "gallery-dialog", "title": "A dialog", "body_template": "ui/gallery_dialog.html", "is_narrow": True}),
        Specimen("palette", "closed", {"nav": nav}),
        Specimen("keys", "closed", {"nav": nav}),
    ]  # fmt: skip
    return shown
