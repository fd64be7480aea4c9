from importlib import import_module

from django.apps import AppConfig


class SharedConfig(AppConfig):
    name = "apps.shared"
    label = "shared"

    def ready(self) -> None:
        """Make the lookups known."""
        import_module("apps.shared.lookups")
