"""The live regions of reviews: a reviewer's list, an agent's reviews, and the second looks that wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import queries, work
from apps.reviews.plans import Unfit
from apps.shared.asking import account_of
from apps.shared.regions import Params, Region

WAITING, HEAD, DESK, PACE, MINE = "reviews.doubts", "reviews.head", "reviews.desk", "reviews.pace", "reviews.mine"
# A reviewer's own parts, which name whose they are.
OF_ONE = (HEAD, DESK, PACE)
Reader = Callable[[Viewer, datetime], dict[str, Any]]


def _waiting(viewer: Viewer, at: datetime) -> dict[str, Any]:
    found, _ = queries.second_looks(viewer=viewer)
    return {"waiting": found, "overdue": sum(one.due_at <= at for one in found)}


def _head(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {"head": work.head(viewer=viewer, at=at)}


def _desk(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {
        "desk": queries.desk(viewer=viewer, at=at),
        "tasks": work.not_begun(viewer=viewer, at=at),
        "unfit": Unfit.choices,
    }


def _pace(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {"goal": work.goal(viewer=viewer, at=at), "pace": queries.pace(viewer=viewer)}


def _mine(viewer: Viewer, at: datetime) -> dict[str, Any]:
    return {"reviews": queries.my_reviews(viewer=viewer, at=at)}


PARTS: dict[str, tuple[str, Reader]] = {
    WAITING: ("reviews/parts/waiting.html", _waiting),
    HEAD: ("reviews/parts/head.html", _head),
    DESK: ("reviews/parts/desk.html", _desk),
    PACE: ("reviews/parts/pace.html", _pace),
    MINE: ("reviews/parts/mine.html", _mine),
}


def render(name: str, viewer: Viewer, params: Params, at: datetime, *, token: str = "") -> str:
    """The HTML of a region, the same for a first visit, a push and a poll.

    Only a first visit has a token for its forms, so that they post without scripts; later ones take the page's (`shell.js`).
    """
    template, read = PARTS[name]
    context = {**read(viewer, at), "region": name, "params": dict(params), "now": at, "token": token}
    return render_to_string(template, context)


def own(viewer: Viewer) -> dict[str, str]:
    """What names a reviewer's own parts."""
    return {"user": str(viewer.user.pk)}


def _is_own(viewer: Viewer, params: Params) -> bool:
    """A reviewer's list is theirs: the region names them, because who has the same scope is otherwise sent the same HTML.

    :raises OutOfScope: it names nobody.
    """
    return account_of(params) == viewer.user.pk and viewer.allows(Permission.REVIEW)


def _own_topics(viewer: Viewer, params: Params) -> list[str]:
    """What is drawn for them and what becomes of theirs; and everybody's, for what others score and have scored stands there too."""
    _is_own(viewer, params)
    return ["reviews", f"reviews:{viewer.user.pk}"]


def _region(
    name: str, topics: Callable[[Viewer, Params], list[str]], permitted: Callable[[Viewer, Params], bool]
) -> Region:
    return Region(
        name=name,
        topics=topics,
        permitted=permitted,
        render=lambda viewer, params, at: render(name, viewer, params, at),
    )


REGIONS: dict[str, Region] = {
    WAITING: _region(
        WAITING, lambda viewer, params: ["secondlooks"], lambda viewer, params: viewer.allows(Permission.MANAGE_QUALITY)
    ),
    **{name: _region(name, _own_topics, _is_own) for name in OF_ONE},
    # An agent is a class of their own: nobody else is sent this. A release comes by the clock, and is seen when the idle part is
    # drawn again (live/README.md).
    MINE: _region(
        MINE,
        lambda viewer, params: [f"reviews:{viewer.user.pk}"],
        lambda viewer, params: viewer.allows(Permission.BE_REVIEWED),
    ),
}
