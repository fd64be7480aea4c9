from __future__ import annotations

from django.urls import path

from apps.interactions.views import allow_list, masked, privacy, retention

urlpatterns = [
    path("conversations/<uuid:conversation>/masked", masked.masked_values, name="masked_values"),
    path("conversations/<uuid:conversation>/masked/<uuid:message>", masked.open_values, name="open_values"),
    path("masking/allow-list", allow_list.allow_list, name="allow_list"),
    path("setup/retention", retention.retention, name="retention"),
    path("setup/privacy", privacy.privacy, name="privacy"),
    path("setup/privacy/customers/<uuid:customer>", privacy.customer_data, name="customer_data"),
    path("setup/privacy/requests/<int:pk>", privacy.customer_request, name="customer_request"),
    path("setup/privacy/requests/<int:pk>/copy", privacy.customer_copy, name="customer_copy"),
]
