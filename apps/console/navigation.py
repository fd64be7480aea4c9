"""The frame of a page: which places the viewer's role has."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.ui.navigation import NavGroup, Navigation, NavItem, Person

_PLACES = (
    (Permission.VIEW_FLOOR, NavItem("floor", "Floor", "home", "activity", "f")),
    (Permission.VIEW_CONVERSATIONS, NavItem("conversations", "Conversations", "conversations", "message-square", "c")),
    (Permission.VIEW_PEOPLE, NavItem("people", "People", "people", "users", "p")),
    (Permission.VIEW_FLOOR, NavItem("ai", "AI agents", "ai", "bot", "a")),
)
_SETUP = (
    (Permission.MANAGE_SOURCES, NavItem("sources", "Sources", "sources", "plug", "s")),
    (Permission.MANAGE_SETUP, NavItem("welcome", "First steps", "welcome", "list-checks", "w")),
)


def _items(viewer: Viewer, places: tuple[tuple[Permission, NavItem], ...]) -> tuple[NavItem, ...]:
    return tuple(
        NavItem(item.key, item.label, reverse(item.href), item.icon, item.go)
        for permission, item in places
        if viewer.allows(permission)
    )


def navigation_for(request: HttpRequest) -> Navigation:
    """Build the frame for the person who asks."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    live, setup = _items(viewer, _PLACES), _items(viewer, _SETUP)
    groups = [NavGroup("", live)] + ([NavGroup("Set up", setup, on_phone=False)] if setup else [])
    return Navigation(
        groups=tuple(groups),
        person=Person(str(viewer.user), viewer.role.label),
        home_href=reverse("home"),
        search_href=reverse("conversations") if viewer.allows(Permission.VIEW_CONVERSATIONS) else "",
    )
