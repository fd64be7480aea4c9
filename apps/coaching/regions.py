"""The agent's bar of notes, live on every page of theirs; and what a lead sent, with how far each note is."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.coaching import queries, services
from apps.shared.asking import account_of
from apps.shared.regions import Params, Region

BAR, SENT = "coaching.bar", "coaching.sent"


def bar(viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of the bar. Drawing it is the delivery."""
    notes = queries.waiting(viewer=viewer)
    if any(one.note.delivered_at is None for one in notes):
        services.deliver(to=viewer, at=at)
    return render_to_string(
        "coaching/parts/bar.html", {"notes": notes, "region": BAR, "params": dict(params), "now": at}
    )


def sent(viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of what a lead sent and of what their people were sent, with how far each note is."""
    notes = queries.sent(viewer=viewer)
    context = {"notes": notes, "me": viewer.user, "face": "filled", "region": SENT, "params": dict(params), "now": at}
    return render_to_string("coaching/parts/sent.html", context)


def _is_theirs(viewer: Viewer, params: Params) -> bool:
    """A lead's own notes stand there: the region names them, because who has the same scope is otherwise sent the same HTML.

    :raises OutOfScope: it names nobody.
    """
    return account_of(params) == viewer.user.pk and viewer.allows(Permission.COACH)


def _topics(viewer: Viewer, params: Params) -> list[str]:
    _is_theirs(viewer, params)
    return ["coaching"]


REGIONS: dict[str, Region] = {
    BAR: Region(
        name=BAR,
        topics=lambda viewer, params: [f"notes:{viewer.user.pk}"],
        permitted=lambda viewer, params: viewer.allows(Permission.BE_COACHED),
        render=bar,
    ),
    SENT: Region(name=SENT, topics=_topics, permitted=_is_theirs, render=sent),
}
