"""The two pictures of time: a shift, and one conversation. Values in, SVG out, as in `drawing`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.ui.drawing import NOTHING


@dataclass(frozen=True)
class Episode:
    """A stretch of the shift during which something was wrong. `ends_at` None: it still is."""

    starts_at: datetime
    ends_at: datetime | None
    severity: str  # "crit" or "warn"
    label: str
    href: str


@dataclass(frozen=True)
class Mark:
    """One moment on a line: an action taken, a hand-off, a message that counts."""

    at: datetime
    label: str
    href: str = ""


@dataclass(frozen=True)
class ShiftLine:
    """Arrivals over a shift, with what went wrong and what was done about it."""

    starts_at: datetime
    ends_at: datetime
    now_at: datetime
    arrivals: Sequence[tuple[datetime, float]]
    forecast: Sequence[tuple[datetime, float]] = ()
    episodes: Sequence[Episode] = ()
    actions: Sequence[Mark] = ()
    unit: str = "conversations arriving each quarter hour"


@dataclass(frozen=True)
class Strip:
    """Weeks in one line: values at even steps, the limit they are held against, and stretches marked in shares of the whole."""

    values: Sequence[float | None]
    marks: Sequence[tuple[float, float]]
    limit: float | None
    label: str
    days: int = 28


@dataclass(frozen=True)
class Span:
    """Who held it, or who waited. `ends_at` None: still so. `kind`: person, bot, wait, late or other."""

    starts_at: datetime
    ends_at: datetime | None
    kind: str
    label: str
    href: str = ""


@dataclass(frozen=True)
class Lane:
    """One row of a time line: a customer waiting, an AI agent, a person."""

    label: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class TimeLine:
    """One conversation from its first to its last moment, a lane per holder."""

    starts_at: datetime
    ends_at: datetime
    lanes: Sequence[Lane]
    marks: Sequence[Mark] = field(default_factory=tuple)
    # What the picture is of, read out.
    name: str = "Who held the conversation"

    @property
    def kinds(self) -> set[str]:
        """The kinds of spans there are: the legend explains these and no others."""
        return {span.kind for lane in self.lanes for span in lane.spans}


@dataclass(frozen=True)
class Scale:
    """Maps moments to horizontal places."""

    starts_at: datetime
    ends_at: datetime
    left: float
    width: float

    def x(self, at: datetime) -> float:
        """Place of a moment; moments outside are put on the edge."""
        whole = max((self.ends_at - self.starts_at).total_seconds(), 1.0)
        share = (at - self.starts_at).total_seconds() / whole
        return round(self.left + min(max(share, 0.0), 1.0) * self.width, 1)


def clock_text(at: datetime) -> str:
    """Hours and minutes where the portal is read."""
    return timezone.localtime(at).strftime("%H:%M")


def _hours(starts_at: datetime, ends_at: datetime) -> list[datetime]:
    first = timezone.localtime(starts_at).replace(minute=0, second=0, microsecond=0)
    if first < starts_at:
        first += timedelta(hours=1)
    hours = []
    while first <= ends_at:
        hours.append(first)
        first += timedelta(hours=1)
    return hours


def strip(one: Strip) -> SafeString:
    """Weeks in one line: a tick at each day, the values, the limit dashed, and what is marked as bars over the whole height."""
    width, height, pad = 672, 44, 3
    known = [value for value in one.values if value is not None]
    bounds = [*known, *([one.limit] if one.limit is not None and known else []), *([0.0] if known else [])]
    low, high = min(bounds, default=0.0), max(bounds, default=1.0)
    reach = (high - low) or 1.0

    def y(value: float) -> float:
        return round(pad + (high - value) / reach * (height - 2 * pad), 1)

    parts = [
        format_html(
            '<line class="c-strip__day" x1="{0}" x2="{0}" y1="0" y2="{1}"></line>',
            round(width * n / one.days, 1),
            height,
        )
        for n in range(1, one.days)
    ]
    parts += [
        format_html(
            '<rect class="c-strip__mark" x="{}" y="0" width="{}" height="{}"></rect>',
            round(begins * width, 1), round(max((ends - begins) * width, 2.0), 1), height,
        )
        for begins, ends in one.marks
    ]  # fmt: skip
    if known and one.limit is not None:
        parts.append(
            format_html('<line class="c-strip__limit" x1="0" x2="{0}" y1="{1}" y2="{1}"></line>', width, y(one.limit))
        )
    run: list[str] = []
    for n, value in enumerate([*one.values, None]):
        if value is not None:
            run.append(f"{round((n + 0.5) * width / len(one.values), 1)},{y(value)}")
        elif run:
            parts.append(format_html('<polyline class="c-strip__line" points="{}"></polyline>', " ".join(run)))
            run = []
    return format_html(
        '<svg class="c-strip" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        width, height, one.label, format_html_join("", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def shift_line(shift: ShiftLine) -> SafeString:
    """The shift as one picture: volume, forecast, episodes under it in lanes, actions as diamonds, now as a rule."""
    width, height, top, base = 1152, 96, 26, 66
    scale = Scale(shift.starts_at, shift.ends_at, 0, width)
    most = max([value for _, value in (*shift.arrivals, *shift.forecast)], default=0) or 1

    def y(value: float) -> float:
        return round(base - value / (most * 1.06) * (base - top - 2), 1)

    def line(values: Sequence[tuple[datetime, float]]) -> str:
        return " ".join(f"{scale.x(at)},{y(value)}" for at, value in values)

    now = scale.x(shift.now_at)
    parts = [
        format_html(
            '<rect class="c-shift-line__ahead" x="{}" y="{}" width="{}" height="{}"></rect>',
            now,
            top,
            round(width - now, 1),
            height - top,
        )
    ]
    hours = _hours(shift.starts_at, shift.ends_at)
    for hour in hours[:: max(1, -(-len(hours) // 14))]:
        x = scale.x(hour)
        parts.append(
            format_html(
                '<line class="c-shift-line__grid" x1="{}" x2="{}" y1="16" y2="{}"></line>'
                '<text class="c-shift-line__hour" x="{}" y="11"{}>{}</text>',
                x,
                x,
                base,
                x if x < width - 30 else x - 4,
                NOTHING if x < width - 30 else mark_safe(' text-anchor="end"'),
                clock_text(hour),
            )
        )
    if len(shift.arrivals) > 1:
        first, last = scale.x(shift.arrivals[0][0]), scale.x(shift.arrivals[-1][0])
        parts.append(
            format_html(
                '<polygon class="c-shift-line__area" points="{},{} {} {},{}"></polygon>',
                first,
                base,
                line(shift.arrivals),
                last,
                base,
            )
        )
    if len(shift.forecast) > 1:
        parts.append(
            format_html('<polyline class="c-shift-line__forecast" points="{}"></polyline>', line(shift.forecast))
        )
    if len(shift.arrivals) > 1:
        parts.append(
            format_html('<polyline class="c-shift-line__volume" points="{}"></polyline>', line(shift.arrivals))
        )
    parts.append(
        format_html('<line class="c-shift-line__base" x1="0" x2="{}" y1="{}" y2="{}"></line>', width, base, base)
    )
    parts.extend(_episodes(shift, scale))
    for action in shift.actions:
        x = scale.x(action.at)
        parts.append(
            format_html(
                '<a class="c-shift-line__action" href="{}" aria-label="{}"><title>{}</title>'
                '<path d="M{} {}l5 6-5 6-5-6z"></path></a>',
                action.href,
                action.label,
                action.label,
                x,
                base - 6,
            )
        )
    parts.append(
        format_html('<line class="c-shift-line__now" x1="{}" x2="{}" y1="16" y2="{}"></line>', now, now, height)
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" height="{}" role="group" aria-label="{}">{}</svg>',
        width,
        height,
        width,
        height,
        f"{shift.unit.capitalize()}, {clock_text(shift.starts_at)} to {clock_text(shift.ends_at)}",
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _episodes(shift: ShiftLine, scale: Scale) -> list[SafeString]:
    """Each in the first lane that is free; three lanes, the rest share the last."""
    free_from = [shift.starts_at] * 3
    drawn = []
    for episode in sorted(shift.episodes, key=lambda one: one.starts_at):
        ends_at = episode.ends_at or shift.now_at
        lane = next((index for index, free in enumerate(free_from) if free <= episode.starts_at), len(free_from) - 1)
        free_from[lane] = ends_at
        left = scale.x(episode.starts_at)
        width = max(round(scale.x(ends_at) - left, 1), 5)
        drawn.append(
            format_html(
                '<a class="c-shift-line__episode is-{}{}" href="{}" aria-label="{}"><title>{}</title>'
                '<rect x="{}" y="{}" width="{}" height="6" rx="2"></rect></a>',
                episode.severity,
                " is-open" if episode.ends_at is None else "",
                episode.href,
                episode.label,
                episode.label,
                left,
                72 + 8 * lane,
                width,
            )
        )
    return drawn


def _percent(line: TimeLine, at: datetime) -> str:
    """Horizontal place in per cent: the picture stretches with its column while its text keeps its size."""
    return f"{Scale(line.starts_at, line.ends_at, 0, 100).x(at)}%"


def time_line(line: TimeLine) -> SafeString:
    """Who held the conversation and who waited, a lane each, hand-offs as diamonds on top; the lanes' names are beside it."""
    lane_height, top = 20, 24
    height = top + lane_height * len(line.lanes) + 2
    parts = []
    # Five times on a short line would all be the same minute.
    is_short = line.ends_at - line.starts_at < timedelta(minutes=5)
    for step in range(5):
        at = line.starts_at + (line.ends_at - line.starts_at) * step / 4
        x = _percent(line, at)
        parts.append(
            format_html(
                '<line class="c-timeline__tick-line" x1="{}" x2="{}" y1="{}" y2="{}"></line>'
                '<text class="c-timeline__tick{}" x="{}" y="10" text-anchor="{}">{}</text>',
                x,
                x,
                top - 6,
                height,
                # Times with seconds are wide: on a narrow screen the odd ones give way.
                " is-odd" if is_short and step % 2 else "",
                x,
                "start" if step == 0 else "end" if step == 4 else "middle",
                timezone.localtime(at).strftime("%H:%M:%S") if is_short else clock_text(at),
            )
        )
    for index, lane in enumerate(line.lanes):
        y = top + index * lane_height
        parts.append(
            format_html('<line class="c-timeline__rule" x1="0" x2="100%" y1="{}" y2="{}"></line>', y + 8, y + 8)
        )
        parts.extend(_span(line, span, y + 4) for span in lane.spans)
    for mark in line.marks:
        # A path cannot stand at a percentage; a nested picture can.
        shape = format_html(
            '<title>{}</title><svg x="{}" y="{}" overflow="visible"><path class="c-timeline__mark" d="M0 -6l5 6-5 6-5-6z">'
            "</path></svg>",
            mark.label,
            _percent(line, mark.at),
            top - 4,
        )
        parts.append(_named(shape, label=mark.label, href=mark.href, look="c-timeline__change"))
    names = format_html_join("", '<li title="{}">{}</li>', ((lane.label, lane.label) for lane in line.lanes))
    return format_html(
        '<ul class="c-timeline__lanes">{}</ul><svg width="100%" height="{}" role="group" aria-label="{}">{}</svg>',
        names,
        height,
        f"{line.name}, {clock_text(line.starts_at)} to {clock_text(line.ends_at)}",
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _span(line: TimeLine, span: Span, y: float) -> SafeString:
    scale = Scale(line.starts_at, line.ends_at, 0, 100)
    x = scale.x(span.starts_at)
    drawn = format_html(
        '<title>{}</title><rect x="{}%" y="{}" width="{}%" height="8" rx="2"></rect>',
        span.label,
        x,
        y,
        max(round(scale.x(span.ends_at or line.ends_at) - x, 1), 0.6),
    )
    look = f"c-timeline__span is-{span.kind}{'' if span.ends_at else ' is-open'}"
    return _named(drawn, label=span.label, href=span.href, look=look)


def _named(shape: SafeString, *, label: str, href: str, look: str) -> SafeString:
    """A shape with a name: a link where it leads somewhere, else a picture."""
    if href:
        return format_html('<a class="{}" href="{}" aria-label="{}">{}</a>', look, href, label, shape)
    return format_html('<g class="{}" role="img" aria-label="{}">{}</g>', look, label, shape)


# The picture of moods: units of its own box, which the style stretches to the width there is.
_MOOD_WIDTH, _MOOD_HEIGHT, _MOOD_EDGE = 720, 56, 6


@dataclass(frozen=True)
class MoodPoint:
    """How the customer felt in one message, from −1 to 1; `number` is the message's place in the transcript."""

    number: int
    mood: float


def mood_line(points: Sequence[MoodPoint]) -> SafeString:
    """Draw moods from message to message; each point leads to its message. Nothing for fewer than two."""
    if len(points) < 2:
        return NOTHING
    inside = _MOOD_HEIGHT - 2 * _MOOD_EDGE
    step = (_MOOD_WIDTH - 2 * _MOOD_EDGE) / (len(points) - 1)
    placed = [
        (p, _MOOD_EDGE + at * step, _MOOD_EDGE + (1 - max(-1.0, min(1.0, p.mood))) / 2 * inside) for at, p in enumerate(points)
    ]  # fmt: skip
    dots = format_html_join(
        "",
        '<a href="#m{}" aria-label="Message {}, mood {}"><circle class="is-{}" cx="{}" cy="{}" r="4"/></a>',
        (
            (p.number, p.number, f"{p.mood:+.2f}".replace("-", "−"), _feeling(p.mood), f"{x:.1f}", f"{y:.1f}")
            for p, x, y in placed
        ),
    )
    worst = min(points, key=lambda p: p.mood)
    return format_html(
        '<svg class="c-mood-line" viewBox="0 0 {} {}" role="group" aria-label="Mood of the customer by message: starts at {}, '
        'lowest {} at message {}, ends at {}"><line x1="0" x2="{}" y1="{}" y2="{}"/><polyline points="{}"/>{}</svg>',
        _MOOD_WIDTH, _MOOD_HEIGHT, f"{points[0].mood:+.2f}", f"{worst.mood:+.2f}", worst.number, f"{points[-1].mood:+.2f}",
        _MOOD_WIDTH, _MOOD_HEIGHT / 2, _MOOD_HEIGHT / 2, " ".join(f"{x:.1f},{y:.1f}" for _, x, y in placed), dots,
    )  # fmt: skip


def _feeling(mood: float) -> str:
    return "crit" if mood <= -0.6 else "warn" if mood <= -0.2 else "ok" if mood >= 0.2 else "even"
