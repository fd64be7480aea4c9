"""The pages under set-up: rules as sentences, each tried on the past before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import rulebook, rules, services, strips
from apps.alerts.forms import RuleForm
from apps.alerts.models import Rule, RuleVersion
from apps.alerts.thresholds import SEVERITIES, WATCHED, RuleRefused, Watched
from apps.shared.errors import OutOfScope

# A new rule begins with these blanks; the pack's of the same kind.
BLANKS = {
    "gauge": {"limit": "12", "wait": "3 min", "keep": "15 min", "leave": "80"},
    "percentile": {"limit": "90s", "wait": "2 min", "keep": "15 min", "leave": "80", "least_n": "10", "minutes": "30 min"},
    "burn": {"limit": "2.5x", "minutes": "30 min", "least_n": "10", "keep": "0"},
    "share": {"change": "40", "side": "drops", "keep": "15 min", "sensitivity": "usual"},
    "mean": {"change": "15", "wait": "10 min", "keep": "15 min", "least_n": "20", "minutes": "30 min"},
    "surge": {"minutes": "15 min", "keep": "15 min"}, "mood": {"limit": "−0.35", "wait": "5 min", "keep": "15 min", "least_n": "8"},
    "asked": {"limit": "90s"}, "overdue": {"limit": "5x"}, "negative": {"keep": "5 min"},
    "loop": {"least_n": "2"}, "unsure": {"limit": "0.5", "least_n": "3"}, "unsafe": {"keep": "0"},
}  # fmt: skip


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@require_GET
def thresholds(request: HttpRequest) -> HttpResponse:
    """Every rule as a sentence, and how it fared."""
    viewer = _viewer(request)
    found = rulebook.lines(viewer=viewer, at=timezone.now())
    may_make = any(one.may_edit for one in found) or rules.may_edit(viewer, is_quality=True)
    return render(request, "alerts/thresholds.html", {"page": "thresholds", "rules": found, "may_make": may_make})


def threshold(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule: its sentence with blanks, what the past says of it, its versions. A POST saves a new version."""
    viewer = _viewer(request)
    rule = rulebook.get_rule(viewer=viewer, pk=pk)
    told = rulebook.told_of(viewer=viewer, rule=rule)
    if request.method == "POST":
        return _save(request, told.watched, rule)
    initial = {
        **told.blanks, "name": told.version.name, "scope": told.scope, "action": told.version.action, "owner": told.version.owner_id,
        "severity": _severity(told.version),
    }  # fmt: skip
    shown = strips.drawn(rules.tried(by=viewer, version=told.version, at=timezone.now()), told.version)
    return _page(request, told.watched, RuleForm(initial=initial), rule=rule, told=told, tried=shown)


def _severity(version: RuleVersion) -> str:
    return next(name for name, value in SEVERITIES.items() if value == version.severity)


def threshold_new(request: HttpRequest) -> HttpResponse:
    """A new rule: first what it watches, then its sentence. A POST saves it."""
    viewer = _viewer(request)
    groups = rulebook.watchables(viewer=viewer)
    watched = WATCHED.get(request.GET.get("watch", ""))
    if watched is None:
        return render(request, "alerts/threshold_choose.html", {"page": "thresholds", "groups": groups})
    rules.require_edit(viewer, is_quality=watched.is_quality)
    if request.method == "POST":
        return _save(request, watched, None)
    words = watched.words.removeprefix("the ").removeprefix("a ")
    initial = {
        **BLANKS[watched.reader], "name": f"{words[:1].upper()}{words[1:]}",
        "severity": "warning", "action": watched.action, "owner": viewer.user.pk,
    }  # fmt: skip
    return _page(request, watched, RuleForm(initial=initial), rule=None, told=None, tried=None)


def _save(request: HttpRequest, watched: Watched, rule: Rule | None) -> HttpResponse:
    viewer, at = _viewer(request), timezone.now()
    rules.require_edit(viewer, is_quality=watched.is_quality if rule is None else rule.is_quality)
    form = RuleForm(request.POST)
    if form.is_valid():
        try:
            made = services.save_rule(
                by=viewer, rule=rule, watch=watched.key, blanks=form.asked(), general=_general(request), at=at
            )  # fmt: skip
            messages.info(request, f"Saved: {made.name}, version {made.n}")
            return redirect("threshold", pk=made.rule_id)
        except RuleRefused as refused:
            form.refuse(refused)
    told = None if rule is None else rulebook.told_of(viewer=viewer, rule=rule)
    return _page(request, watched, form, rule=rule, told=told, tried=None, status=422)


def _general(request: HttpRequest) -> Rule | None:
    """The rule instead of which a new one is to hold, where the address names one."""
    given = request.GET.get("instead_of", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise OutOfScope
    return rulebook.get_rule(viewer=_viewer(request), pk=int(given))


def _page(
    request: HttpRequest, watched: Watched, form: RuleForm, *, rule: Rule | None, told: rulebook.Told | None, tried: Any,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    viewer = _viewer(request)
    may_edit = rules.may_edit(viewer, is_quality=watched.is_quality if rule is None else rule.is_quality)
    context = {
        "page": "thresholds", "watched": watched, "form": form, "rule": rule, "told": told, "tried": tried, "may_edit": may_edit,
        "general": _general(request), **rulebook.choices(viewer=viewer),
    }  # fmt: skip
    return render(request, "alerts/threshold.html", context, status=status)


@require_POST
def threshold_try(request: HttpRequest) -> HttpResponse:
    """What the past says of the sentence as it is written now; nothing is saved."""
    viewer, at = _viewer(request), timezone.now()
    viewer.require(Permission.VIEW_RULES)
    watched = WATCHED.get(request.GET.get("watch", ""))
    if watched is None:
        raise OutOfScope
    given = request.GET.get("rule", "")
    rule = rulebook.get_rule(viewer=viewer, pk=int(given)) if given.isdigit() and len(given) < 10 else None
    form = RuleForm(request.POST)
    tried, refused = None, ""
    if form.is_valid():
        try:
            version = services.draft_rule(
                rule=rule or Rule(key="", is_quality=watched.is_quality), watched=watched, blanks=form.asked(), before=None,
                by=viewer, at=at,
            )  # fmt: skip
            tried = strips.drawn(rules.tried(by=viewer, version=version, at=at), version)
        except RuleRefused as no:
            refused = str(no)
    else:
        refused = "Fill in the name, how grave it is, what to do and whom to ask."
    return render(request, "alerts/parts/tried.html", {"tried": tried, "refused": refused})


@require_POST
def threshold_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule off, or on again."""
    viewer = _viewer(request)
    rule = rulebook.get_rule(viewer=viewer, pk=pk)
    services.switch_rule(by=viewer, rule=rule, is_on=request.POST.get("on") == "1", at=timezone.now())
    return redirect("threshold", pk=pk)
