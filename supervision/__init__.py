"""How the parts are joined."""

from supervision.celery import app as celery_app

__all__ = ["celery_app"]
