"""What customers may ask for, for admins: found, asked with a reason, confirmed by a second admin, erased or copied; and holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.access import retention
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.access.views.again import Again
from apps.interactions import customers, services
from apps.interactions.queries import sources_of_customers
from apps.interactions.requests import Gone, withdraw
from apps.interactions.rights import RequestKind
from apps.shared.errors import NotAllowed, OutOfScope, Refusal

SELECT = {"class": "c-input"}


class SoughtForm(forms.Form):
    """Whom to look for. It comes by POST, so that it stays out of addresses and logs."""

    way = forms.ChoiceField(choices=list(customers.WAYS.items()), widget=forms.Select(attrs=SELECT))
    source = forms.ChoiceField(widget=forms.Select(attrs=SELECT), required=False)
    value = forms.CharField(max_length=320, error_messages={"required": "Say whom to look for."})

    def __init__(self, *args: Any, sources: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(one, one) for one in sources]

    def clean(self) -> dict[str, Any]:
        """An id is an id at a source."""
        found = super().clean() or {}
        if found.get("way") in ("id", "conversation") and not found.get("source"):
            self.add_error("source", "Choose the source that knows this id.")
        return found


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    """Requests, holds and how long data is kept; by POST also whom a search finds."""
    viewer, now = _viewer(request), timezone.now()
    viewer.require(Permission.MANAGE_PRIVACY)
    form = SoughtForm(request.POST if request.method == "POST" else None, sources=sources_of_customers())
    found = None
    if form.is_bound and form.is_valid():
        found = customers.find(viewer=viewer, at=now, **form.cleaned_data)
    kept = [(what, retention.current()[kind]) for kind, what in retention.KINDS.items()] if not form.is_bound else []
    context = {
        "page": "privacy", "form": form, "found": found, "requests": customers.requests(viewer=viewer, at=now),
        "holds": customers.holds(viewer=viewer), "kept": kept,
    }  # fmt: skip
    return render(request, "interactions/privacy.html", context, status=400 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
def customer_data(request: HttpRequest, customer: UUID) -> HttpResponse:
    """What is kept about one customer, as counts; a POST asks for a copy or an erasure, or places or lifts a hold."""
    viewer, now = _viewer(request), timezone.now()
    found = customers.get_customer(viewer=viewer, pk=customer)
    step, reason, refused = request.POST.get("step", ""), request.POST.get("reason", ""), ""
    try:
        if step in RequestKind.values:
            made = services.ask(by=viewer, customer=customer, kind=RequestKind(step), reason=reason, at=now)
            messages.success(request, "Asked. Another admin has to confirm it.")
            return redirect("customer_request", pk=made.pk)
        if step == "hold":
            services.hold(by=viewer, customer=customer, reason=reason, at=now)
            return redirect("customer_data", customer=customer)
        if step == "lift":
            services.lift(by=viewer, customer=customer, at=now)
            return redirect("customer_data", customer=customer)
    except NotAllowed:
        raise
    except Refusal as no:
        refused = str(no)
    context = {
        "page": "privacy", "customer": found, "requests": customers.requests(viewer=viewer, at=now, customer=customer),
        "refused": refused, "refused_at": step if refused else "", "reason": reason if refused else "",
    }  # fmt: skip
    return render(request, "interactions/customer_data.html", context, status=400 if request.method == "POST" else 200)


@sensitive_post_parameters("current_password", "current_code")
@require_http_methods(["GET", "POST"])
def customer_request(request: HttpRequest, pk: int) -> HttpResponse:
    """One request; a POST confirms it with the password again, or withdraws it."""
    viewer, now, again = _viewer(request), timezone.now(), Again(request)
    template = "interactions/customer_request.html"
    context = {"page": "privacy", "asked": customers.get_request(viewer=viewer, pk=pk, at=now), "again": again}
    if request.method == "GET":
        return render(request, template, context)
    if request.POST.get("step") == "withdraw":
        withdraw(by=viewer, pk=pk, at=now)
        return redirect("privacy")
    if request.POST.get("step") != "confirm":
        raise OutOfScope
    if (no := again.refusal(template, context)) is not None:
        return no
    services.confirm(by=viewer, pk=pk, at=now)
    messages.success(request, "Confirmed.")
    return redirect("customer_request", pk=pk)


@require_POST
def customer_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """The copy as a file: once, for whoever asked for it, within the hour. After that it is gone (410)."""
    try:
        copy = services.take_copy(by=_viewer(request), pk=pk, at=timezone.now())
    except Gone as no:
        return render(request, "409.html", {"reason": str(no)}, status=410)
    answer = JsonResponse(copy, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer.headers["Content-Disposition"] = f'attachment; filename="customer-data-{pk}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
