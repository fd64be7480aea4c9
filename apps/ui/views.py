"""The component gallery, in development only."""

from __future__ import annotations

from itertools import groupby

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.ui.specimens import navigation, specimens


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component with every face it has; the data are invented. `?only=<component>` shows one."""
    now = timezone.now()
    only = request.GET.get("only", "")
    shown = [specimen for specimen in specimens(now=now) if only in ("", specimen.component)]
    if not shown:
        raise Http404("There is no such component.")
    groups = [
        (component, list(specimens_of_one))
        for component, specimens_of_one in groupby(shown, key=lambda specimen: specimen.component)
        # The frame already has these on every page.
        if component not in ("palette", "palette_group", "keys")
    ]
    return render(request, "ui/gallery.html", {"groups": groups, "nav": navigation(), "page": "gallery", "now": now})
