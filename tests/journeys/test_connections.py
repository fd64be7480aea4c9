"""Requests share the database connections of their web process."""

from __future__ import annotations

import httpx
from django.db import connection

from tests.journeys.conftest import Portal

_NEW = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'midshift' AND pid <> pg_backend_pid() AND backend_start > %s
"""


def test_a_request_does_not_open_a_database_connection_of_its_own(portal: Portal) -> None:
    with httpx.Client(base_url=portal.address) as client, connection.cursor() as cursor:
        for _ in range(5):
            assert client.get("/healthz").status_code == 200
        cursor.execute("SELECT clock_timestamp()")
        (warm,) = cursor.fetchone()
        for _ in range(20):
            assert client.get("/healthz").status_code == 200
        cursor.execute(_NEW, [warm])
        (opened,) = cursor.fetchone()
    # The pool may grow by one while the portal still wakes up; a connection for each request would be twenty.
    assert opened <= 2
