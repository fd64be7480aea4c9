"""The frame of a page and the small parts, invented."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.ui.navigation import Key, KeyGroup, NavGroup, Navigation, NavItem, PaletteEntry, PaletteGroup, Person, Scope
from apps.ui.specimens.specimen import Specimen


def navigation() -> Navigation:
    """A whole frame for the gallery."""
    return Navigation(
        groups=(
            NavGroup(
                "",
                (
                    NavItem("floor", "Floor", "#main", "activity", go="f", hint="live queues and people"),
                    NavItem("conversations", "Conversations", "#main", "message-square", go="c"),
                    NavItem("people", "People", "#main", "users", go="p"),
                    NavItem("ai", "AI agents", "#main", "bot", go="a", count=1, count_noun="needs you", is_urgent=True),
                ),
            ),
            NavGroup("Set up", (NavItem("sources", "Sources", "#main", "plug", go="s"),), on_phone=False),
        ),
        scopes=(
            Scope("All teams", "?scope=", is_current=True),
            Scope("Billing", "?scope=billing"),
            Scope("Tech", "?scope=tech"),
        ),
        palette=(PaletteGroup("People", (PaletteEntry("Tomás Reyes", "#people-title", "user", "Billing, in chat"),)),),
        keys=(KeyGroup("Floor", (Key(("W",), "Wallboard"),)),),
        person=Person("Mariam Keita", "Team lead, Billing"),
        search_href="#conversations-title",
    )


def _late(since: datetime, *, is_silent: bool) -> dict[str, object]:
    return {"name": "Phone", "since": since, "is_silent": is_silent, "channels": "Voice", "href": "#main"}


def specimens(*, now: datetime) -> list[Specimen]:
    """Freshness, bars, buttons, fields, empty places, dialogs."""
    nav = navigation()
    early = now - timedelta(minutes=15)
    return [
        Specimen("freshness", "live", {"state": "live", "at": now, "now": now}),
        Specimen("freshness", "late", {"state": "late", "at": now - timedelta(seconds=38), "now": now}),
        Specimen("freshness", "lost", {"state": "lost", "at": early, "now": now}),
        Specimen("stale_bar", "stale", {"at": early}),
        Specimen("source_lag_bar", "behind", {"source": _late(early, is_silent=False)}),
        Specimen("late_sources", "filled", {"late": [_late(early, is_silent=True)]}),
        Specimen("as_of", "stale", {"at": early}),
        Specimen(
            "verdict",
            "filled",
            {
                "title": "One queue and one AI agent need you now",
                "text": "Billing chat misses first reply by 48s. WhatsApp is close.",
                "trail": [{"label": "Floor", "href": "#main"}],
                "actions": [{"label": "Wallboard", "href": "#main", "icon": "monitor-up"}],
            },
        ),
        Specimen(
            "facets",
            "filled",
            {
                "groups": [
                    {
                        "legend": "Channel",
                        "name": "channel",
                        "options": [
                            {"value": "chat", "label": "Chat", "count": 1204, "is_checked": True},
                            {"value": "voice", "label": "Voice", "count": 88, "is_checked": False},
                        ],
                    }
                ]
            },
            wrap="form",
        ),
        Specimen(
            "facts",
            "filled",
            {
                "facts": [
                    {"name": "Customer", "value": "[name 1], since 2022"},
                    {"name": "First reply", "value": "1m 48s", "tone": "crit"},
                    {"name": "CSAT", "value": None},
                ]
            },
        ),
        Specimen(
            "segments",
            "filled",
            {
                "label": "Show",
                "choices": [
                    {"label": "All", "href": "#main", "is_current": True},
                    {"label": "People only", "href": "#main"},
                    {"label": "Events", "href": "#main"},
                ],
            },
        ),
        *(
            Specimen("tag", state or "plain", {"label": state or "plain", "state": state})
            for state in ("", "crit", "warn", "ok", "bot", "note", "accent")
        ),
        Specimen(
            "chip", "filled", {"name": "cause", "value": "a", "label": "Not opened", "is_checked": True}, wrap="form"
        ),
        Specimen("mask", "filled", {"label": "card 1"}),
        Specimen("button", "primary", {"label": "Move 2 people", "kind": "primary", "icon_name": "shuffle"}),
        Specimen("button", "plain", {"label": "Calibrate", "icon_name": "scale"}),
        Specimen("button", "quiet", {"label": "Snooze", "kind": "quiet"}),
        Specimen("button", "icon", {"label": "More actions", "kind": "icon", "icon_name": "ellipsis"}),
        Specimen(
            "button", "disabled", {"label": "Submit", "kind": "primary", "is_disabled": True, "keys": "Ctrl Enter"}
        ),
        Specimen(
            "field",
            "filled",
            {
                "id": "threshold",
                "name": "threshold",
                "label": "For at least",
                "value": "2 min",
                "help": "Would have fired 3 times last week.",
            },
            wrap="form",
        ),
        Specimen(
            "field",
            "error",
            {
                "id": "limit",
                "name": "limit",
                "label": "Alert when first reply p90 is over",
                "value": "5",
                "error": "At 5s this rule would have fired 212 times last week. Use 60s or more.",
            },
            wrap="form",
        ),
        Specimen("search_field", "filled", {"label": "Search conversations", "value": ""}, wrap="form"),
        Specimen("toast", "filled", {"text": "Moved Esi Mensah and Noor Aziz to Billing chat", "has_undo": True}),
        Specimen("skeleton", "waiting", {"label": "queues"}),
        Specimen(
            "empty",
            "good",
            {
                "kind": "good",
                "title": "No open alerts",
                "text": "The last one closed at 13:31.",
                "href": "#main",
                "action": "See the rules",
            },
        ),
        Specimen(
            "empty",
            "filtered",
            {
                "kind": "filtered",
                "title": "No chats match",
                "text": "There are 9 in the last hour.",
                "href": "#main",
                "action": "Widen to 1 hour",
            },
        ),
        Specimen(
            "empty",
            "setup",
            {
                "kind": "setup",
                "title": "No source connected",
                "text": "Connect a chat or voice source and the floor fills in about a minute.",
                "href": "#main",
                "action": "Connect a source",
            },
        ),
        Specimen("part_error", "failed", {"title": "Queues did not load", "href": "#main", "reference": "7f3a-19c2"}),
        Specimen(
            "refused",
            "refused",
            {
                "title": "You can’t open this conversation",
                "text": "It belongs to Sales. Your access covers Billing and Email.",
                "href": "#main",
            },
        ),
        Specimen(
            "panel_head",
            "stale",
            {
                "id": "head-title",
                "title": "Queues",
                "count": 7,
                "note": "sorted by risk",
                "face": "stale",
                "as_of": early,
                "href": "#main",
                "action": "All queues",
            },
        ),
        Specimen(
            "dialog",
            "closed",
            {"id": "gallery-dialog", "title": "A dialog", "body_template": "ui/gallery_dialog.html", "is_narrow": True},
        ),
        Specimen("palette_group", "filled", {"group": nav.palette[0], "id": "gallery-group"}),
        Specimen("new_rows", "filled", {"count": 3, "href": "#main"}),
        Specimen("palette", "closed", {"nav": nav}),
        Specimen("keys", "closed", {"nav": nav}),
    ]
