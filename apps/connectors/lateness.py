"""Which sources are late: silent for much longer than they usually are, or sending events that happened long before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

LATE_SECONDS = 120
# How many times its usual pause a source may be silent before that is said, and from how many deliveries "usual" is known.
PAUSES = 10
KNOWN_FROM = 20
# So far back live deliveries are looked for.
LOOKED_AT = 200

_SOURCES = """
SELECT s.slug, s.name, d.latest, d.earliest, d.n, l.usual_lag_ms
FROM connectors_source s
JOIN LATERAL (
    -- Deliveries of the past come one upon the other: of the pauses between them nothing is known.
    SELECT max(received_at) AS latest, min(received_at) AS earliest, count(*) AS n FROM (
        SELECT received_at FROM (
            SELECT received_at, usual_lag_ms FROM connectors_delivery
            WHERE source_id = s.id AND received_at <= %(at)s ORDER BY received_at DESC LIMIT %(looked)s
        ) l WHERE usual_lag_ms IS NOT NULL ORDER BY received_at DESC LIMIT %(known)s
    ) x
) d ON true
LEFT JOIN LATERAL (
    SELECT usual_lag_ms FROM connectors_delivery
    WHERE source_id = s.id AND received_at <= %(at)s ORDER BY received_at DESC LIMIT 1
) l ON true
WHERE s.is_active ORDER BY s.name
"""


@dataclass(frozen=True, slots=True)
class LateSource:
    """A source whose figures are old, and from when they are."""

    slug: str
    name: str
    since: datetime
    is_silent: bool


def late_sources(*, at: datetime) -> list[LateSource]:
    """Return the sources that are late at a moment, one statement whatever the number of sources.

    Silent means: nothing for two minutes and for ten times the pause that lay between its last twenty live deliveries; one
    that delivered less often has no usual pause and is not judged. Behind means: the middle event of its last delivery
    had happened more than two minutes before.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, {"at": at, "known": KNOWN_FROM, "looked": LOOKED_AT})
        for slug, name, latest, earliest, n, lag in cursor.fetchall():
            if n == 0:
                continue
            silence, behind = at - latest, timedelta(milliseconds=lag or 0)
            pause = (latest - earliest) / (n - 1) if n == KNOWN_FROM else None
            if pause is not None and silence > max(PAUSES * pause, timedelta(seconds=LATE_SECONDS)):
                found.append(LateSource(slug, name, latest, is_silent=True))
            elif behind > timedelta(seconds=LATE_SECONDS):
                found.append(LateSource(slug, name, latest - behind, is_silent=False))
    return found
