"""The parts every screen is made of."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Owns tags, components and the gallery; knows no support vocabulary and no screen."""

    name = "apps.ui"
    label = "ui"
