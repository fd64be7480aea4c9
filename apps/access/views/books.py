"""The open books: the audit trail, and the page that says who sees what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.access import policy, queries
from apps.access.forms import SoughtForm
from apps.access.masking import KINDS
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def audit_trail(request: HttpRequest) -> HttpResponse:
    """What was done, newest first: everything for admins, one's own slice for others. Words are sought by POST."""
    form = SoughtForm({**request.GET.dict(), **request.POST.dict()})
    sought = form.sought()
    found = queries.audit_page(viewer=_viewer(request), sought=sought)
    context = {"page": "audit", "found": found, "form": form, "sought": sought,
               "may_read": _viewer(request).allows(Permission.VIEW_CONVERSATIONS)}  # fmt: skip
    return render(request, "access/audit.html", context, status=200 if form.is_valid() else 400)


@require_GET
def who_sees_what(request: HttpRequest) -> HttpResponse:
    """The roles, what each may do and what each is shown of masked values: the same page for everybody."""
    rules = policy.current()
    kinds = [(kind, [policy.level_of(rules, role, kind).label for role in Role]) for kind in KINDS if kind != "quoted"]
    context = {"page": "who_sees_what", "roles": list(Role), "rights": queries.rights(), "kinds": kinds}
    return render(request, "access/who_sees_what.html", context)
