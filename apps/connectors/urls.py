from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from apps.connectors import views

urlpatterns = [
    path("setup/sources", views.sources, name="sources"),
    path("setup/sources/<int:pk>/test", views.test, name="source_test"),
    path("setup/sources/<int:pk>/token", views.token, name="source_token"),
    path("setup/sources/<int:pk>/switch", views.switch, name="source_switch"),
    path("setup/deliveries/<int:pk>/again", views.again, name="delivery_again"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
]
