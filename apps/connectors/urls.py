from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from apps.connectors import api, views

urlpatterns = [
    path("setup/sources", views.sources, name="sources"),
    path("setup/sources/<int:pk>/test", views.test, name="source_test"),
    path("setup/sources/<int:pk>/token", views.token, name="source_token"),
    path("setup/sources/<int:pk>/secret", views.secret, name="source_secret"),
    path("setup/sources/<int:pk>/switch", views.switch, name="source_switch"),
    path("setup/deliveries/<int:pk>/again", views.again, name="delivery_again"),
    path("setup/health", views.health, name="health"),
    path("setup/facts/<int:pk>/again", views.fact_again, name="fact_again"),
    path("recordings/of/<uuid:conversation>/<uuid:message>/<int:n>", views.recording_address, name="recording_address"),
    path("recordings/<str:token>", views.recording, name="recording"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/v1/routing/decision", login_not_required(api.DecisionView.as_view()), name="routing_decision"),
    path("api/v1/commands", login_not_required(api.CommandsView.as_view()), name="commands"),
    # A machine that has the address wrong gets an answer and not a sign-in page.
    path("api/<path:rest>", login_not_required(views.nothing_here)),
]
