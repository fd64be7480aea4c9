"""Django's admin, kept for raw configuration rows only."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class MidshiftAdminConfig(AdminConfig):
    default_site = "supervision.admin.RawRowsSite"
