from django.apps import AppConfig


class InterventionsConfig(AppConfig):
    name = "apps.interventions"
    label = "interventions"
