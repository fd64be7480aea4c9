"""The automatic quality score (AQS): suggestions over all eligible conversations, and whether they agree with people.

It is kept apart from the internal quality score: no review, no score of a person and no other number reads what stands here.
A line is used only where it agrees with people beyond chance (decision 0034); everything else is "not to be used yet".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.analysis import queries as analysis
from apps.analysis.opinions import SIGNATURE
from apps.reviews import agreement, rubrics
from apps.reviews.agreement import FEWEST_UNITS, Agreement
from apps.reviews.automatic import AutoScore
from apps.reviews.models import RubricVersion
from apps.reviews.spec import WHOLE, Family, LineSpec
from apps.reviews.suggesting import suggested

# How far back conversations are read, and marks of people compared.
WEEKS, COMPARED_WEEKS = 8, 26
# A conversation is read once it has been over for so long: readings of its last words follow within seconds.
SETTLED = timedelta(minutes=10)
# What a plan draws from unless it says otherwise: conversations with so many messages of the agent's own.
FEWEST_MESSAGES = 2
BATCH, MOST_BATCHES = 200, 20
MOST_FORGOTTEN = 10_000
# The lower end of the interval of kappa from which a line may be used.
BOUND = 0.6

_ONE_HAND = "SELECT pg_try_advisory_xact_lock(hashtext('midshift.reviews.auto'))"
_DUE = """
WITH over_by AS MATERIALIZED (
    SELECT id, last_event_at FROM interactions_conversation WHERE last_event_at >= %(from)s AND last_event_at < %(until)s AND NOT is_open
), parts AS (
    SELECT p.conversation_id, p.agent_id, sum(p.messages) AS messages FROM interactions_participation p
    JOIN over_by o ON o.id = p.conversation_id GROUP BY 1, 2
)
SELECT o.id, p.agent_id, ag.kind, o.last_event_at
FROM over_by o JOIN parts p ON p.conversation_id = o.id JOIN agents_agent ag ON ag.id = p.agent_id
LEFT JOIN reviews_autoscore a ON a.conversation_id = o.id AND a.agent_id = p.agent_id
WHERE p.messages >= %(fewest)s AND ag.kind = ANY(%(kinds)s)
  AND (a.id IS NULL OR a.over_at <> o.last_event_at OR a.read_by <> %(read_by)s
       OR a.version_id <> CASE ag.kind WHEN 'ai' THEN %(ai)s ELSE %(people)s END)
ORDER BY o.last_event_at DESC, o.id, p.agent_id LIMIT %(most)s
"""
_FAMILIES = {"human": Family.PEOPLE, "ai": Family.AI}
# What people marked first and what was suggested for the same line of the same part, on the same scale.
_BOTH = """
SELECT f.family, l.key, m.first_step, (a.marks ->> l.key)::int
FROM reviews_review r JOIN reviews_mark m ON m.review_id = r.id JOIN reviews_line l ON l.id = m.line_id
JOIN reviews_rubricversion v ON v.id = r.version_id JOIN reviews_rubric f ON f.id = v.rubric_id
JOIN reviews_autoscore a ON a.conversation_id = r.conversation_id AND a.agent_id = r.agent_id
JOIN reviews_line s ON s.version_id = a.version_id AND s.key = l.key AND s.scale = l.scale
WHERE r.submitted_at >= %(from)s AND r.submitted_at <= %(until)s AND r.pick <> 'calibration' AND m.first_step IS NOT NULL
  AND m.first_step > 0 AND a.marks ? l.key
"""
_TREND = """
SELECT date_trunc('week', a.over_at AT TIME ZONE %(zone)s)::date, one.key, one.step::int, count(*)
FROM reviews_autoscore a, jsonb_each_text(a.marks) one(key, step)
WHERE a.version_id = %(version)s AND a.over_at >= %(from)s AND a.over_at < %(until)s AND one.key = ANY(%(keys)s) GROUP BY 1, 2, 3
"""
_READ = "SELECT version_id, count(*), count(*) FILTER (WHERE marks <> '{}'::jsonb) FROM reviews_autoscore WHERE over_at >= %(from)s GROUP BY 1"


def score_due(*, at: datetime) -> int:
    """Read what is eligible and was not read as it is now; return how many parts were. Bounded; a second time changes nothing."""
    done = 0
    for _ in range(MOST_BATCHES):
        taken = _score_batch(at=at)
        done += taken
        if taken < BATCH:
            break
    return done


@transaction.atomic
def _score_batch(*, at: datetime) -> int:
    """One transaction: who is killed leaves no half of it. Ten statements and what one conversation's reading costs."""
    versions = {family: rubrics.default_version(family) for family in Family}
    specs = {family: one.spec() for family, one in versions.items() if one is not None}
    with connection.cursor() as cursor:
        cursor.execute(_ONE_HAND)
        if not cursor.fetchone()[0]:
            return 0
        # Another checklist or list of the floor is another reading.
        read_by = f"{SIGNATURE} {analysis.rules_in_force()}"
        ids = {family: 0 if one is None else one.pk for family, one in versions.items()}
        values: dict[str, Any] = {
            "from": at - timedelta(weeks=WEEKS), "until": at - SETTLED, "fewest": FEWEST_MESSAGES, "read_by": read_by, "most": BATCH,
            "ai": ids[Family.AI], "people": ids[Family.PEOPLE], "kinds": [kind for kind, family in _FAMILIES.items() if family in specs],
        }  # fmt: skip
        cursor.execute(_DUE, values)
        due: list[tuple[UUID, UUID, str, datetime]] = cursor.fetchall()
    parts = analysis.parts_of(parts=[(conversation, agent) for conversation, agent, _, _ in due])
    rows = []
    for conversation, agent, kind, over_at in due:
        family = _FAMILIES[kind]
        said = suggested(specs[family].lines, parts[conversation, agent])
        marks = {key: step for key, (step, _) in said.items() if step is not None}
        rows.append(
            AutoScore(
                conversation_id=conversation, agent_id=agent, version_id=ids[family], over_at=over_at, marks=marks, read_by=read_by, made_at=at
            )
        )  # fmt: skip
    AutoScore.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["conversation_id", "agent"],
        update_fields=["version", "over_at", "marks", "read_by", "made_at"],
    )  # fmt: skip
    return len(due)


def forget(*, at: datetime) -> None:
    """Delete what is older than anything that is compared, a bounded number at a time."""
    old = AutoScore.objects.filter(over_at__lt=at - timedelta(weeks=COMPARED_WEEKS))
    AutoScore.objects.filter(pk__in=old.values("pk")[:MOST_FORGOTTEN]).delete()


@dataclass(frozen=True, slots=True)
class LineTrust:
    """How far a machine and people agree on one line: equal marks, and kappa with its interval over `kappa.n` marks."""

    line: LineSpec
    percent: Agreement
    kappa: Agreement

    @property
    def is_used(self) -> bool:
        """It agrees with people beyond chance, surely enough to be shown as a trend (decision 0034)."""
        return self.kappa.n >= FEWEST_UNITS and self.kappa.low is not None and self.kappa.low >= BOUND

    @property
    def why_not(self) -> str:
        """Why it is not to be used yet; nothing where it is."""
        if self.is_used:
            return ""
        if self.kappa.n < FEWEST_UNITS:
            return f"{self.kappa.n} of {FEWEST_UNITS} marks to compare"
        if self.kappa.value is None:
            return "all marks are the same, so agreement says nothing"
        return "agrees too little"


@dataclass(frozen=True, slots=True)
class AutoWeek:
    """One week of a trend: the mean of what lines in use were suggested, of 100, over `n` suggestions."""

    first_on: date
    mean: float
    n: int


@dataclass(frozen=True, slots=True)
class AutoPanel:
    """People, or AI agents. `read` parts of conversations were read, for `spoken` of them there was something to suggest."""

    family: Family
    form: str
    read: int
    spoken: int
    lines: Sequence[LineTrust]
    weeks: Sequence[AutoWeek]

    @property
    def used(self) -> list[LineTrust]:
        """The lines that may be used."""
        return [one for one in self.lines if one.is_used]


def panels(*, viewer: Viewer, at: datetime) -> list[AutoPanel]:
    """Return how far suggestions agree with people, and the trend of the lines that do; people and AI agents apart.

    :raises NotAllowed: the role does not look after quality.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    since = at - timedelta(weeks=WEEKS)
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"from": since})
        counts = {version: (read, spoken) for version, read, spoken in cursor.fetchall()}
        cursor.execute(_BOTH, {"from": at - timedelta(weeks=COMPARED_WEEKS), "until": at})
        both: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for family, key, person, machine in cursor.fetchall():
            both[family, key].append((person, machine))
    found = []
    for family in Family:
        version = rubrics.default_version(family)
        if version is None:
            continue
        lines = [_trust(line, both[family, line.key]) for line in version.spec().lines if line.reading is not None]
        read, spoken = counts.get(version.pk, (0, 0))
        found.append(AutoPanel(family, str(version), read, spoken, lines, _trend(viewer, version, lines, since, at)))
    return found


def _trust(line: LineSpec, pairs: Sequence[tuple[int, int]]) -> LineTrust:
    if not pairs:
        return LineTrust(line, Agreement(None, 0), Agreement(None, 0))
    table = np.array(pairs, dtype=float)
    return LineTrust(
        line, agreement.percent(table), agreement.kappa(table, weights="linear" if line.scale.steps > 2 else "none")
    )


def _trend(
    viewer: Viewer, version: RubricVersion, lines: Sequence[LineTrust], since: datetime, at: datetime
) -> list[AutoWeek]:
    used = {one.line.key: one.line for one in lines if one.is_used}
    if not used:
        return []
    values: dict[str, Any] = {
        "zone": viewer.user.time_zone,
        "version": version.pk,
        "from": since,
        "until": at,
        "keys": list(used),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TREND, values)
        rows: list[tuple[date, str, int, int]] = cursor.fetchall()
    weeks: Mapping[date, list[tuple[float, float, int]]] = defaultdict(list)
    for week, key, step, n in rows:
        line = used[key]
        weeks[week].append((WHOLE * (step - 1) / (line.scale.steps - 1), line.weight * n, n))
    return [
        AutoWeek(week, sum(v * w for v, w, _ in told) / whole, sum(n for _, _, n in told))
        for week, told in sorted(weeks.items(), reverse=True)
        if (whole := sum(w for _, w, _ in told))
    ]
