"""Rubrics: the list, one with its builder, its versions and what they differ in, and rubrics as documents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.analysis.opinions import Topic
from apps.reviews import exchange, rubrics, services
from apps.reviews.builder import fields_of, posted_spec
from apps.reviews.differences import differences
from apps.reviews.exchange import RubricUnreadable
from apps.reviews.models import Rubric, RubricVersion
from apps.reviews.rubrics import RubricChanged, RubricRefused
from apps.reviews.spec import Fails, Family, RubricSpec, Scale, Weighing
from apps.reviews.views.scoring import viewer_of
from apps.shared.errors import Refusal

TRAIL = "Rubrics"


def _trail() -> list[dict[str, str]]:
    return [{"label": TRAIL, "href": reverse("rubrics")}]


@require_safe
def rubric_list(request: HttpRequest) -> HttpResponse:
    """Every rubric. Everybody may read by what conversations are judged."""
    viewer = viewer_of(request)
    context = {
        "page": "rubrics", "rubrics": rubrics.listed(viewer=viewer), "may_change": viewer.allows(Permission.MANAGE_QUALITY),
        "families": Family.choices, "error": "",
    }  # fmt: skip
    return render(request, "reviews/rubrics.html", context)


def _builder(
    request: HttpRequest, viewer: Viewer, rubric: Rubric | None, spec: RubricSpec, *, mistakes: tuple[str, ...] = (), status: int = 200,
    version: RubricVersion | None = None, **given: Any,
) -> HttpResponse:  # fmt: skip
    context = {
        "page": "rubrics", "rubric": rubric, "version": version, "sections": fields_of(spec), "spec": spec, "mistakes": mistakes,
        "scales": Scale.choices, "fails": Fails.choices, "readings": Topic.choices, "weighings": Weighing.choices, "families": Family.choices, "trail": _trail(),
        "may_change": viewer.allows(Permission.MANAGE_QUALITY), "versions": [] if rubric is None else rubrics.history(rubric),
        "based_on": 0 if version is None else version.n, "name": "" if rubric is None else rubric.name,
        "release_minutes": 60 if rubric is None else rubric.release_minutes, "family": Family.PEOPLE if rubric is None else rubric.family,
        **given,
    }  # fmt: skip
    return render(request, "reviews/rubric.html", context, status=status)


def _save(request: HttpRequest, viewer: Viewer, rubric: Rubric | None) -> HttpResponse:
    spec, post = posted_spec(request.POST), request.POST
    family = post.get("family", "") if rubric is None else rubric.family
    minutes = post.get("release_minutes", "")
    try:
        made = services.save_rubric(
            by=viewer, rubric=rubric, name=post.get("name", ""), family=Family(family) if family in Family.values else Family.PEOPLE,
            spec=spec, says=post.get("says", ""), release_minutes=int(minutes) if minutes.isascii() and minutes.isdigit() else -1,
            based_on=int(post.get("based_on") or 0) if post.get("based_on", "0").isdigit() else 0, at=timezone.now(),
        )  # fmt: skip
    except (RubricRefused, RubricChanged) as refused:
        version = None if rubric is None else rubrics.current(rubric)
        return _builder(
            request, viewer, rubric, spec, mistakes=tuple(getattr(refused, "mistakes", [str(refused)])), status=422, version=version,
            name=post.get("name", ""), says=post.get("says", ""), release_minutes=minutes, family=family, based_on=post.get("based_on", 0),
        )  # fmt: skip
    messages.info(request, f"{made} holds. Reviews that were begun keep theirs.")
    return redirect("rubric", pk=made.rubric_id)


@require_http_methods(["GET", "HEAD", "POST"])
def rubric_new(request: HttpRequest) -> HttpResponse:
    """The builder of a new rubric."""
    viewer = viewer_of(request)
    viewer.require(Permission.MANAGE_QUALITY)
    return (
        _save(request, viewer, None)
        if request.method == "POST"
        else _builder(request, viewer, None, RubricSpec(sections=()))
    )


@require_http_methods(["GET", "HEAD", "POST"])
def rubric(request: HttpRequest, pk: int) -> HttpResponse:
    """One rubric as it holds; a POST lets a new version hold."""
    viewer = viewer_of(request)
    found = rubrics.get_rubric(viewer=viewer, pk=pk)
    if request.method == "POST":
        viewer.require(Permission.MANAGE_QUALITY)
        return _save(request, viewer, found)
    version = rubrics.current(found)
    return _builder(request, viewer, found, version.spec(), version=version)


@require_safe
def rubric_version(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """One version: what it asked, and what it changed against the one before."""
    viewer = viewer_of(request)
    found = rubrics.get_rubric(viewer=viewer, pk=pk)
    version, before = rubrics.get_version(found, n)
    context = {
        "page": "rubrics", "rubric": found, "version": version, "spec": version.spec(), "before": before,
        "differences": [] if before is None else differences(before.spec(), version.spec()),
        "trail": [*_trail(), {"label": found.name, "href": reverse("rubric", args=[found.pk])}],
    }  # fmt: skip
    return render(request, "reviews/rubric_version.html", context)


@require_safe
def rubric_document(request: HttpRequest, pk: int) -> HttpResponse:
    """A rubric as a document that another portal reads."""
    found = rubrics.get_rubric(viewer=viewer_of(request), pk=pk)
    text = exchange.written(name=found.name, family=found.family, spec=rubrics.current(found).spec())
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.key}.yaml"'
    return answer


@require_POST
def rubric_import(request: HttpRequest) -> HttpResponse:
    """Lay a document out in the builder; what is saved is what somebody has looked at."""
    viewer = viewer_of(request)
    viewer.require(Permission.MANAGE_QUALITY)
    try:
        name, family, spec = exchange.read(request.POST.get("document", ""))
    except RubricUnreadable as refused:
        context = {
            "page": "rubrics", "rubrics": rubrics.listed(viewer=viewer), "may_change": True, "families": Family.choices,
            "error": str(refused), "document": request.POST.get("document", "")[: exchange.LARGEST],
        }  # fmt: skip
        return render(request, "reviews/rubrics.html", context, status=422)
    return _builder(request, viewer, None, spec, name=name, family=family)


@require_POST
def rubric_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Let reviews begin with it, or begin with it no more."""
    viewer = viewer_of(request)
    viewer.require(Permission.MANAGE_QUALITY)
    found, now = rubrics.get_rubric(viewer=viewer, pk=pk), timezone.now()
    try:
        if request.POST.get("use") == "retire":
            services.retire_rubric(by=viewer, rubric=found, at=now)
        else:
            services.make_default(by=viewer, rubric=found, at=now)
    except Refusal as refused:
        messages.info(request, str(refused))
    return redirect("rubrics")
