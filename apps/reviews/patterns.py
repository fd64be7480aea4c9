"""What keeps failing, and whether it gets better: lines by weeks, causes, topics and channels, people apart from AI agents.

Only reviews that chance picked are counted, so that a share is one of all conversations and not of the suspicious ones.
Under twenty marks a share would be an illusion: counts are shown instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.reviews.few_people import FEWEST_PEOPLE, withheld
from apps.reviews.means import Mean, internal_quality_score
from apps.reviews.models import Line, Mark, Review, RubricVersion
from apps.reviews.periods import period_from, period_of
from apps.reviews.shares import FEWEST, Missed, Since, compare
from apps.reviews.spec import Family, Scale
from apps.shared.errors import OutOfScope

WEEKS = 8
MOST_CAUSES, MOST_PLACES, MOST_BEHIND = 8, 8, 50

# A mark as a part of 1, from the number of steps of its scale.
SHARE = "(m.step - 1)::float / CASE l.scale WHEN 'pass_fail' THEN 1 WHEN 'three' THEN 2 WHEN 'four' THEN 3 ELSE 4 END"
_COUNTED = """
    reviews_review r JOIN reviews_rubricversion v ON v.id = r.version_id JOIN reviews_rubric f ON f.id = v.rubric_id
    WHERE r.pick = 'random' AND r.score IS NOT NULL AND r.submitted_at >= %(from)s AND r.submitted_at < %(until)s
"""
_MARKS = f"""
WITH counted AS MATERIALIZED (SELECT r.id, r.submitted_at, r.agent_id, f.family FROM {_COUNTED})
SELECT c.family, l.key, date_trunc('week', c.submitted_at AT TIME ZONE %(zone)s)::date, count(*), count(*) FILTER (WHERE {SHARE} < 0.5),
       count(*) FILTER (WHERE c.submitted_at >= %(change)s), count(*) FILTER (WHERE c.submitted_at >= %(change)s AND {SHARE} < 0.5),
       array_agg(DISTINCT c.agent_id), array_agg(DISTINCT c.agent_id) FILTER (WHERE c.submitted_at < %(change)s),
       array_agg(DISTINCT c.agent_id) FILTER (WHERE c.submitted_at >= %(change)s)
FROM counted c JOIN reviews_mark m ON m.review_id = c.id JOIN reviews_line l ON l.id = m.line_id
WHERE m.step IS NOT NULL GROUP BY 1, 2, 3
"""  # noqa: S608  # our own words only
_CAUSES = f"""
SELECT f.family, l.key, cause, count(*) FROM (SELECT r.id, f.family FROM {_COUNTED}) f
JOIN reviews_mark m ON m.review_id = f.id JOIN reviews_line l ON l.id = m.line_id, unnest(m.causes) cause
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3
"""  # noqa: S608  # the same
_PLACES = f"""
SELECT r.family, 'channel', o.channel, array_agg(r.score::float), array_agg(DISTINCT r.agent_id) FROM (SELECT r.*, f.family FROM {_COUNTED}) r
JOIN interactions_conversation o ON o.id = r.conversation_id GROUP BY 1, 3
UNION ALL
SELECT r.family, 'topic', coalesce((
    SELECT a.label FROM interactions_reportedanalysis a WHERE a.conversation_id = o.id AND a.kind IN ('category', 'issue') AND a.label <> ''
    ORDER BY a.kind, a.happened_at DESC LIMIT 1), o.tags->>0, ''), array_agg(r.score::float), array_agg(DISTINCT r.agent_id)
FROM (SELECT r.*, f.family FROM {_COUNTED}) r JOIN interactions_conversation o ON o.id = r.conversation_id GROUP BY 1, 3
UNION ALL
-- A section of the form in each review, by the weights of its marked lines; whether it failed is left out of such a report.
SELECT family, 'section', name, array_agg(score), array_agg(DISTINCT agent_id) FROM (
    SELECT r.family, s.name, r.agent_id, 100 * sum({SHARE} * w.weight) / sum(w.weight) AS score
    FROM (SELECT r.id, r.agent_id, v.weighing, f.family FROM {_COUNTED}) r
    JOIN reviews_mark m ON m.review_id = r.id JOIN reviews_line l ON l.id = m.line_id JOIN reviews_section s ON s.id = l.section_id,
    LATERAL (SELECT CASE r.weighing WHEN 'sections' THEN 1 ELSE l.weight END AS weight) w
    WHERE m.step IS NOT NULL AND w.weight > 0 GROUP BY r.id, r.family, r.agent_id, s.id, s.name
) y GROUP BY 1, 3
"""  # noqa: S608  # the same
_SCORES = f"""
SELECT f.family, array_agg(r.score::float), count(*) FILTER (WHERE r.is_failed), count(DISTINCT r.agent_id) FROM {_COUNTED} GROUP BY 1
"""  # noqa: S608  # the same
_LINES = """
SELECT DISTINCT ON (f.family, l.key) f.family, l.key, l.text, l.place FROM reviews_line l
JOIN reviews_rubricversion v ON v.id = l.version_id JOIN reviews_rubric f ON f.id = v.rubric_id
WHERE EXISTS (SELECT FROM reviews_mark m WHERE m.line_id = l.id) ORDER BY f.family, l.key, v.n DESC
"""
_PROMPTS = """
SELECT prompt_version, min(happened_at) FROM interactions_botturn
WHERE happened_at >= %(from)s AND happened_at < %(until)s AND prompt_version <> '' GROUP BY 1 ORDER BY 2 DESC LIMIT 12
"""


@dataclass(frozen=True, slots=True)
class Week:
    """One column."""

    first_on: date
    # Something changed in it: what, in words.
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One line of a rubric over the weeks. None where a number is withheld: it would be of too few people."""

    key: str
    text: str
    cells: list[tuple[date, Missed | None]]
    whole: Missed | None
    since: Since | None


@dataclass(frozen=True, slots=True)
class Place:
    """The scores of one section of the form, topic or channel."""

    name: str
    score: Mean

    @property
    def label(self) -> str:
        """Its name as a person reads it; empty: none was told."""
        return self.name.replace("_", " ")

    @property
    def is_shown(self) -> bool:
        """There are enough reviews for a mean."""
        return self.score.n >= FEWEST


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything about people, or about AI agents. `is_withheld`: of so few people that a number would say something of one;
    `left_out`: so are some of its parts."""

    family: Family
    score: Mean
    failed: int
    rows: list[HeatRow]
    causes: list[tuple[str, str, int]]
    sections: list[Place]
    topics: list[Place]
    channels: list[Place]
    is_withheld: bool = False
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something that may have changed how people or AI agents work: a version of a rubric or of a prompt."""

    key: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Patterns:
    """The page. `panels` are people first, then AI agents; never in one table."""

    panels: list[Panel]
    weeks: list[Week]
    changes: list[Change]
    since: Change | None
    may_drill: bool


def patterns(*, viewer: Viewer, at: datetime, since: str = "") -> Patterns:
    """Return what was missed in the last eight weeks of the viewer's zone. Seven statements.

    :raises NotAllowed: the role sees no patterns.
    :raises OutOfScope: `since` names no change of these weeks.
    """
    viewer.require(Permission.VIEW_PATTERNS)
    weeks = _weeks(viewer.zone, at)
    window = {"from": weeks[-1][1], "until": at, "zone": viewer.user.time_zone}
    changes = _changes(window)
    chosen = next((one for one in changes if one.key == since), None)
    if since and chosen is None:
        raise OutOfScope
    marks = _all(_MARKS, {**window, "change": at if chosen is None else chosen.at})
    lines, causes, places = _all(_LINES, {}), _all(_CAUSES, window), _all(_PLACES, window)
    scores = {family: (told, failed, people) for family, told, failed, people in _all(_SCORES, window)}
    panels = []
    for family in Family:
        told, failed, people = scores.get(family, ([], 0, 0))
        is_guarded = viewer.role == Role.OPS and family == Family.PEOPLE
        if is_guarded and 0 < people < FEWEST_PEOPLE:
            panels.append(Panel(family, internal_quality_score([]), 0, [], [], [], [], [], is_withheld=True))
            continue
        text = {key: said for of, key, said, _ in sorted(lines, key=lambda one: one[3]) if of == family}
        rows = _rows(family, text, weeks, marks, is_split=chosen is not None, is_guarded=is_guarded)
        sections, fewer_sections = _places(places, family, "section", is_guarded=is_guarded)
        topics, fewer_topics = _places(places, family, "topic", is_guarded=is_guarded)
        channels, fewer_channels = _places(places, family, "channel", is_guarded=is_guarded)
        is_row_short = any(one.whole is None or None in dict(one.cells).values() for one in rows)
        panels.append(
            Panel(
                family, internal_quality_score(told), failed, rows,
                [(text.get(key, key), cause, n) for of, key, cause, n in causes if of == family][:MOST_CAUSES],
                sections, topics, channels, left_out=fewer_sections or fewer_topics or fewer_channels or is_row_short,
            )
        )  # fmt: skip
    columns = [
        Week(first, tuple(c.name for c in changes if from_at <= c.at < until_at)) for first, from_at, until_at in weeks
    ]
    return Patterns(panels, columns, changes, chosen, may_drill=viewer.allows(Permission.MANAGE_QUALITY))


def _places(
    places: Sequence[tuple[Any, ...]], family: Family, kind: str, *, is_guarded: bool
) -> tuple[list[Place], bool]:
    """The sections, topics or channels with most reviews, and whether some are withheld."""
    mine = {name: (told, frozenset(people)) for of, what, name, told, people in places if (of, what) == (family, kind)}
    hidden = withheld({name: people for name, (_, people) in mine.items()}) if is_guarded else frozenset()
    found = [Place(name, internal_quality_score(told)) for name, (told, _) in mine.items() if name not in hidden]
    return sorted(found, key=lambda one: (-one.score.n, one.name))[:MOST_PLACES], bool(hidden)


def _weeks(zone: ZoneInfo, at: datetime) -> list[tuple[date, datetime, datetime]]:
    """Newest first: a table that is wider than its screen begins with what is going on now."""
    running = period_of(cadence="week", zone=zone, at=at).first_on
    found = [period_from(cadence="week", first_on=running - timedelta(weeks=back), zone=zone) for back in range(WEEKS)]
    return [(one.first_on, one.from_at, one.until_at) for one in found]


class Told(NamedTuple):
    """The marks of one line in one week, and whose they are: in all of it, before a change, and after it."""

    week: date
    n: int
    low: int
    n_after: int
    low_after: int
    people: Sequence[UUID]
    before: Sequence[UUID] | None
    after: Sequence[UUID] | None


def _rows(
    family: Family, text: Mapping[str, str], weeks: Sequence[tuple[date, datetime, datetime]], marks: Sequence[Any], *,
    is_split: bool, is_guarded: bool,
) -> list[HeatRow]:  # fmt: skip
    by: dict[str, list[Told]] = defaultdict(list)
    for of, key, *rest in marks:
        if of == family:
            by[key].append(Told(*rest))
    rows = [_row(key, said, by[key], weeks, is_split=is_split) for key, said in text.items() if key in by]
    return [_guarded(row, by[row.key]) for row in rows] if is_guarded else rows


def _row(
    key: str, said: str, told: Sequence[Told], weeks: Sequence[tuple[date, datetime, datetime]], *, is_split: bool
) -> HeatRow:
    """One line: its weeks, all of them together, and before a change against after it."""
    cells = {one.week: Missed(one.low, one.n) for one in told}
    whole = Missed(sum(one.low for one in told), sum(one.n for one in told))
    after = Missed(sum(one.low_after for one in told), sum(one.n_after for one in told))
    split = compare(Missed(whole.low - after.low, whole.n - after.n), after) if is_split else None
    return HeatRow(key, said, [(first, cells.get(first, Missed())) for first, _, _ in weeks], whole, split)


def _guarded(row: HeatRow, told: Sequence[Told]) -> HeatRow:
    """A line without what would say something of fewer than five people."""
    # Newest first: of two weeks of as many people the older one is given up.
    place = {week: n for n, (week, _) in enumerate(row.cells)}
    hidden = withheld({place[one.week]: frozenset(one.people) for one in told})
    # A side on which nobody was reviewed says nothing of anybody.
    sides = [
        frozenset(key for some in side for key in some or ())
        for side in zip(*((one.before, one.after) for one in told), strict=True)
    ]
    is_few = len(frozenset(key for one in told for key in one.people)) < FEWEST_PEOPLE
    return replace(
        row, cells=[(week, None if n in hidden else cell) for n, (week, cell) in enumerate(row.cells)], whole=None if is_few else row.whole,
        since=None if withheld({n: who for n, who in enumerate(sides) if who}) else row.since,
    )  # fmt: skip


def _changes(window: Mapping[str, Any]) -> list[Change]:
    # Before a rubric's first version there was nothing that it could have changed.
    versions = RubricVersion.objects.filter(
        n__gt=1, made_at__gte=window["from"], made_at__lt=window["until"]
    ).select_related("rubric")
    found = [Change(f"form-{one.pk}", str(one), one.made_at) for one in versions]
    found += [Change(f"prompt-{name}", f"Prompt {name}", at) for name, at in _all(_PROMPTS, window)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _all(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Behind:
    """One low mark behind a cell, with where to look."""

    review: UUID
    conversation: UUID
    agent_name: str
    reviewer_name: str
    submitted_at: datetime
    words: str
    causes: tuple[str, ...]
    comment: str


# Steps under the middle of each scale.
_LOW = Q(line__scale__in=[Scale.PASS_FAIL, Scale.THREE], step=1) | Q(
    line__scale__in=[Scale.FOUR, Scale.FIVE], step__lte=2
)


def behind(*, viewer: Viewer, family: str, line: str, week: date, at: datetime) -> tuple[str, list[Behind]]:
    """Return the words of a line and the reviews that marked it low in a week of the viewer's zone, newest first. Three statements.

    :raises NotAllowed: the role sees numbers alone.
    :raises OutOfScope: no rubric of the family has such a line.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    words = (
        Line.objects.filter(version__rubric__family=family, key=line)
        .order_by("-version__n")
        .values_list("text", flat=True)
        .first()
    )
    if words is None:
        raise OutOfScope
    span = period_of(
        cadence="week", zone=viewer.zone, at=period_from(cadence="day", first_on=week, zone=viewer.zone).from_at
    )
    counted = (
        Review.objects.visible_to(viewer, at)
        .counted()
        .filter(version__rubric__family=family, submitted_at__gte=span.from_at, submitted_at__lt=span.until_at)
    )
    # Asked for apart: as one condition, a planner that knows nothing of the tables yet reads the marks once for each review.
    keys = list(counted.values_list("pk", flat=True))
    found = Mark.objects.filter(_LOW, line__key=line, review__any=keys).select_related(
        "line", "review__agent", "review__reviewer"
    )
    rows = [
        Behind(
            one.review_id, one.review.conversation_id, one.review.agent.name, str(one.review.reviewer), one.review.submitted_at or at,
            Scale(one.line.scale).words[(one.step or 1) - 1], tuple(one.causes), one.comment,
        )
        for one in found.order_by("-review__submitted_at")[:MOST_BEHIND]
    ]  # fmt: skip
    return words, rows
