"""What every screen does: who asks and what they look at, its live parts rendered for the first visit, and the page around them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.coaching import regions as coaching
from apps.console import regions
from apps.console.scope import looking
from apps.interventions import regions as interventions
from apps.shared.reading import one_reading


def viewer_of(request: HttpRequest) -> Viewer:
    """The person who asks, looking at the part of the scope that the address names."""
    found = looking(request.viewer, request.GET.get("scope", ""))  # type: ignore[attr-defined]
    request.looking = found  # type: ignore[attr-defined]
    return found


def parts_of(
    viewer: Viewer, names: tuple[str, ...], at: datetime | None = None, /, **params: str
) -> dict[str, SafeString]:
    """Render the regions of a page that the viewer may see, by their name without dots; as they are now, or at a moment."""
    now = at or timezone.now()
    if viewer.scope:
        params["scope"] = viewer.scope
    with one_reading():
        return {
            name.replace(".", "_"): mark_safe(regions.render(name, viewer, params, now))  # noqa: S308  # rendered templates
            for name in names
            if regions.REGIONS[name].permitted(viewer, params)
        }


def show(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Render a screen; on an agent's live page with the bar of their notes. `status` is the answer's, 200 without."""
    context = {"is_live": True, **context}
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if context["is_live"] and viewer.allows(Permission.BE_COACHED):
        # A note reaches its agent on whatever page they are.
        context["coaching_bar"] = mark_safe(coaching.bar(viewer, {}, timezone.now()))  # noqa: S308  # a rendered template
    return render(request, f"console/{template}", context, status=context.pop("status", 200))


def handed_over(viewer: Viewer) -> dict[str, SafeString]:
    """A shift that was handed to the viewer and that they have not read."""
    if not viewer.allows(Permission.REROUTE):
        return {}
    params = {"user": str(viewer.user.pk), **({"scope": viewer.scope} if viewer.scope else {})}
    bar = interventions.render("handover.bar", viewer, params, timezone.now())
    return {"handover_bar": mark_safe(bar)}  # noqa: S308  # a rendered template
