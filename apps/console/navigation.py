"""The frame of a page: which places the viewer's role has, and which parts of the scope there are to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.access.queries import unseen_notices
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts.queries import open_count
from apps.console.scope import linked, query, teams
from apps.learning.queries import asked_of
from apps.ui.navigation import NavGroup, Navigation, NavItem, Person, Scope

_PLACES = (
    (Permission.VIEW_OWN_SCORECARD, NavItem("my_shift", "My shift", "my_shift", "clock", "y")),
    (Permission.VIEW_OWN_SCORECARD, NavItem("my_scorecard", "My scorecard", "my_scorecard", "gauge", "r")),
    (Permission.BE_COACHED, NavItem("my_notes", "Coaching notes", "my_notes", "graduation-cap", "i")),
    (Permission.BE_COACHED, NavItem("my_feedback", "Feedback", "my_feedback", "message-circle", "f")),
    (Permission.BE_REVIEWED, NavItem("my_reviews", "My reviews", "my_reviews", "clipboard-check", "d")),
    (
        Permission.BE_REVIEWED,
        NavItem("exemplars", "Good examples", "exemplars", "star", "e", count_noun="ask for your answer"),
    ),
    (Permission.VIEW_FLOOR, NavItem("floor", "Floor", "home", "activity", "f")),
    (Permission.VIEW_ALERTS, NavItem("alerts", "Alerts", "alerts", "bell", "l", count_noun="open")),
    (Permission.VIEW_PATTERNS, NavItem("patterns", "Patterns", "patterns", "layers", "x")),
    (Permission.VIEW_FLOOR, NavItem("ops", "Operations", "ops", "chart-line", "o")),
    (Permission.VIEW_CONVERSATIONS, NavItem("conversations", "Conversations", "conversations", "message-square", "c")),
    (Permission.VIEW_PEOPLE, NavItem("people", "People", "people", "users", "p")),
    (Permission.VIEW_SCORECARDS, NavItem("scorecards", "Scorecards", "scorecards", "gauge", "r")),
    (Permission.VIEW_SCORECARDS, NavItem("feedback", "Feedback", "feedback", "message-circle", "k")),
    (Permission.COACH, NavItem("coaching", "Coaching", "coaching", "graduation-cap", "q")),
    (Permission.REROUTE, NavItem("routing", "Routing", "routing", "shuffle", "d")),
    (Permission.VIEW_INTERVENTIONS, NavItem("interventions", "Did it work", "interventions", "scale", "x")),
    (Permission.VIEW_INTERVENTIONS, NavItem("shift_report", "Shift report", "shift_today", "scroll-text", "t")),
    (Permission.REROUTE, NavItem("handover", "Hand over", "handover", "repeat-2", "j")),
    (Permission.VIEW_FLOOR, NavItem("ai", "AI agents", "ai", "bot", "a")),
)
_QUALITY = (
    (Permission.REVIEW, NavItem("reviews", "Review", "reviews", "clipboard-check", "r")),
    (
        Permission.MANAGE_QUALITY,
        NavItem("second_looks", "Second looks", "second_looks", "flag", "x", count_noun="waiting"),
    ),
    (Permission.REVIEW, NavItem("calibration", "Calibration", "calibrations", "users", "b")),
    (Permission.MANAGE_QUALITY, NavItem("automatic", "Automatic scores", "automatic", "bot", "z")),
    (Permission.SHARE_EXEMPLARS, NavItem("exemplars", "Good examples", "exemplars", "star", "e")),
    (Permission.MANAGE_QUALITY, NavItem("rubrics", "Rubrics", "rubrics", "list-checks", "j")),
)
_SETUP = (
    (Permission.MANAGE_QUALITY, NavItem("plans", "Sampling plans", "plans", "list-checks", "d")),
    (Permission.MANAGE_SETUP, NavItem("accounts", "People and access", "accounts", "user-check", "e")),
    (Permission.MANAGE_SOURCES, NavItem("sources", "Sources", "sources", "plug", "s")),
    (Permission.VIEW_HEALTH, NavItem("health", "Health", "health", "gauge", "h")),
    (Permission.VIEW_RULES, NavItem("thresholds", "Thresholds", "thresholds", "gauge", "x")),
    (Permission.MANAGE_SETUP, NavItem("endpoints", "Webhooks", "endpoints", "send", "j")),
    (Permission.MANAGE_SETUP, NavItem("walls", "Wallboards", "walls", "monitor-up", "b")),
    (Permission.MANAGE_SETUP, NavItem("shifts", "Shifts", "shifts", "clock", "f")),
    (Permission.MANAGE_SETUP, NavItem("hours", "Opening hours", "hours", "clock", "t")),
    (Permission.MANAGE_SETUP, NavItem("tiers", "Tiers", "tiers", "list-checks", "r")),
    (Permission.MANAGE_MASKING, NavItem("masking", "Masking", "masking", "shield-check", "k")),
    (Permission.MANAGE_PRIVACY, NavItem("privacy", "Privacy", "privacy", "eye-off", "y")),
    (Permission.MANAGE_SETUP, NavItem("goals", "Goals", "goals", "target", "g")),
    (Permission.MANAGE_SETUP, NavItem("welcome", "First steps", "welcome", "list-checks", "w")),
)
# Everybody may read how numbers are made and who sees what; of what was done, each role its own slice.
_OPEN_BOOKS = (
    (None, NavItem("how_i_am_measured", "How I am measured", "how_i_am_measured", "book-open-text", "m")),
    # Leads read the goals of whom they lead; who sets them finds the page under set-up.
    (Permission.VIEW_PEOPLE, NavItem("goals", "Goals", "goals", "target", "g")),
    (None, NavItem("phrases", "Reply rules", "phrases", "list-checks", "z")),
    (None, NavItem("what_reads_messages", "What reads messages", "what_reads_messages", "eye", "d")),
    (None, NavItem("who_sees_what", "Who sees what", "who_sees_what", "eye", "v")),
    (Permission.VIEW_NOTICES, NavItem("notices", "Notices", "notices", "bell", "n", count_noun="not looked into")),
    (Permission.VIEW_AUDIT, NavItem("audit", "Audit trail", "audit", "scroll-text", "u")),
)
# Another part of the scope may not have the one thing that is looked at: one goes to the list it stands in.
_LIST_OF = {"home": "home", "queue": "home", "people": "people", "person": "people", "ai": "ai", "scorecards": "scorecards",
            "conversations": "conversations", "conversation": "conversations"}  # fmt: skip


def _items(viewer: Viewer, places: tuple[tuple[Permission | None, NavItem], ...]) -> tuple[NavItem, ...]:
    return tuple(
        replace(item, href=linked(viewer, item.href))
        for permission, item in places
        if permission is None or viewer.allows(permission)
    )


def _scopes(request: HttpRequest, viewer: Viewer, scope: str) -> tuple[Scope, ...]:
    """All of the scope and each team of it; nothing to choose where there is one team or none."""
    place = request.resolver_match.url_name if request.resolver_match is not None else ""
    found = teams(viewer)
    if len(found) < 2 or place not in _LIST_OF:
        return ()
    path = reverse(_LIST_OF[place])
    whole = Scope("All teams" if viewer.sees_everything else "All my teams", path, is_current=not scope)
    return (whole, *(Scope(one.name, f"{path}?scope={one.pk}", is_current=str(one.pk) == scope) for one in found))


def lettered(groups: Sequence[NavGroup]) -> tuple[NavGroup, ...]:
    """Give each place a letter of its own: the one it has, where nobody before it has it, else the first free one of its name.

    A place beyond the 26th has none.
    """
    letters: dict[str, str] = {}
    for item in (item for group in groups for item in group.items):
        letters.setdefault(item.go, item.key)
    mine = {key: letter for letter, key in letters.items() if letter}
    free = [one for one in ascii_lowercase if one not in letters]

    def own(item: NavItem) -> NavItem:
        if item.key not in mine:
            letter = next((one for one in (*item.label.lower(), *free) if one in free), "")
            mine[item.key] = letter
            if letter:
                free.remove(letter)
        return replace(item, go=mine[item.key])

    return tuple(replace(group, items=tuple(own(item) for item in group.items)) for group in groups)


def navigation_for(request: HttpRequest) -> Navigation:
    """Build the frame for the person who asks."""
    whole: Viewer = request.viewer  # type: ignore[attr-defined]
    # Pages of other apps are looked at as a whole; their links lead back to the whole as well.
    viewer: Viewer = getattr(request, "looking", whole)
    live, setup = _items(viewer, _PLACES), _items(viewer, _SETUP)
    count, is_urgent = open_count(viewer=viewer)
    if count:
        live = tuple(replace(one, count=count, is_urgent=is_urgent) if one.key == "alerts" else one for one in live)
    # Nobody is kept waiting for an answer that nobody knew was asked.
    if viewer.allows(Permission.BE_REVIEWED) and (asked := asked_of(viewer=whole, at=timezone.now())):
        live = tuple(replace(one, count=asked) if one.key == "exemplars" else one for one in live)
    quality = _items(viewer, _QUALITY)
    groups = (
        [NavGroup("", live)]
        + ([NavGroup("Quality", quality)] if quality else [])
        + ([NavGroup("Set up", setup, on_phone=False)] if setup else [])
    )
    books = _items(viewer, _OPEN_BOOKS)
    if unseen := len(unseen_notices(viewer=whole)):
        books = tuple(replace(one, count=unseen, is_urgent=True) if one.key == "notices" else one for one in books)
    groups.append(NavGroup("Open books", books, on_phone=False))
    return Navigation(
        groups=lettered(groups),
        scopes=_scopes(request, whole, viewer.scope),
        person=Person(str(whole.user), whole.role.label, account_href=linked(viewer, "account")),
        home_href=linked(viewer, "home"),
        search_href=linked(viewer, "conversations") if whole.allows(Permission.VIEW_CONVERSATIONS) else "",
        palette_href=linked(viewer, "find"),
        here_href=reverse("here"),
        scope_query=query(viewer),
    )
