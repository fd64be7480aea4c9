"""The one web entry point: the ingest door, the live socket, and Django for everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
# Under ASGI each request has a thread of its own, and a connection that belongs to a thread would be made for every one.
os.environ.setdefault("MIDSHIFT_DB_POOL", "16")
os.environ.setdefault("MIDSHIFT_STATEMENT_SECONDS", "5")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

# Django must be set up before anything that touches a model is imported.
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from apps.connectors.door import Door
from apps.live.routes import websocket_urlpatterns
from supervision import memory

application = ProtocolTypeRouter(
    {
        # The door answers its one path itself, because Django's request handling costs as much as the ingest.
        "http": Door(django_application),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
memory.settle()
