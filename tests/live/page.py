"""A page with one live region for the browser tests; what the region shows is in the test's hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils import timezone

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.shared.regions import Region

REGION = """<section id="test-list"{% region_attributes "test.list" params %}>
<h2 id="title">{{ state.title }}</h2>
<p id="said">{{ state.said }}</p>
<details id="more"><summary>More</summary><p>Much more</p></details>
<input id="note" name="note" aria-label="Note"><textarea id="long" aria-label="Long note"></textarea>
<p>Waiting {% elapsed state.since now %}</p>
<div id="box" class="c-scroll" tabindex="0">{% for n in state.lines %}<p>line {{ n }}</p>{% endfor %}</div>
<table><tbody>{% for name in state.rows %}<tr id="row-{{ name }}" data-row><td><a href="#{{ name }}">{{ name }}</a></td></tr>{% endfor %}</tbody></table>
</section>"""
PAGE = (
    '{% extends "layouts/portal.html" %}{% block title %}Test{% endblock %}{% block main %}' + REGION + "{% endblock %}"
)


@dataclass
class State:
    title: str = "first"
    said: str = "This sentence can be selected."
    rows: list[str] = field(default_factory=lambda: ["ada", "bo", "cleo"])
    lines: list[int] = field(default_factory=lambda: list(range(40)))
    since: datetime = field(default_factory=timezone.now)
    renders: int = 0
    # A right that ends while the session goes on, as a grant does.
    is_granted: bool = True


state = State()


def reset() -> State:
    """Start from the first content."""
    state.__init__()  # type: ignore[misc]
    return state


def draw(viewer: Viewer, params: Mapping[str, str], at: datetime) -> str:
    state.renders += 1
    return str(engines["django"].from_string(REGION).render({"state": state, "params": dict(params), "now": at}))


REGIONS = {
    "test.list": Region(
        "test.list",
        lambda viewer, params: ["floor"],
        lambda viewer, params: state.is_granted and viewer.allows(Permission.VIEW_FLOOR),
        draw,
    )
}


def show(request: HttpRequest) -> HttpResponse:
    """The whole page, the region included as on any first visit."""
    now = timezone.now()
    values = {"state": state, "params": {}, "now": now, "rendered_at": now, "is_live": True, "page": "test"}
    return HttpResponse(engines["django"].from_string(PAGE).render(values, request))


urlpatterns = [path("test", show), path("live/", include("apps.live.urls")), path("", include("supervision.urls"))]
