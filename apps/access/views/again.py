"""It is still the same person: pages of other apps ask for the password and a code again through this."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.access import credentials, throttle
from apps.access.forms import ConfirmForm
from apps.access.views.account import is_confirmed, user_of
from apps.access.views.sign_in import refused


class Again:
    """The question as a page shows it: `form` and `has_factor` for `access/parts/confirm.html`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.form = ConfirmForm(request.POST if "current_password" in request.POST else None)
        self.has_factor = credentials.has_second_factor(user_of(request))

    def refusal(self, template: str, context: dict[str, Any]) -> HttpResponse | None:
        """The page again with what was wrong (400), or with when it may be tried again (429); None where all was right."""
        form = self.form if self.form.is_bound else ConfirmForm({})
        self.form = form
        try:
            if is_confirmed(self._request, form):
                return None
        except throttle.TriesUsedUp as no:
            return refused(self._request, no, template, context)
        return render(self._request, template, context, status=400)
