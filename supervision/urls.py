"""Every door into the portal by HTTP. The ingest door (POST /api/v1/events) and the socket stand in `asgi.py`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from apps.shared.health import healthz

handler500 = "apps.shared.health.went_wrong"
urlpatterns = [
    path("healthz", login_not_required(healthz), name="healthz"),
    path("signout", LogoutView.as_view(), name="signout"),
    path("admin/", admin.site.urls),
    path("live/", include("apps.live.urls")),
    path("", include("apps.agents.urls")),
    path("", include("apps.metrics.urls")),
    path("", include("apps.reviews.urls")),
    path("", include("apps.alerts.urls")),
    path("", include("apps.analysis.urls")),
    path("", include("apps.access.urls")),
    path("", include("apps.reviews.urls")),
    path("", include("apps.connectors.urls")),
    path("", include("apps.interactions.urls")),
    path("", include("apps.coaching.urls")),
    path("", include("apps.learning.urls")),
    path("", include("apps.routing.urls")),
    path("", include("apps.tuning.urls")),
    path("", include("apps.interventions.urls")),
    path("", include("apps.console.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("dev/", include("apps.ui.urls")))
