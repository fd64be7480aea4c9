"""The picture of an effect: a metric about a moment, where it was acted and elsewhere; and an effect with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.ui.drawing import NOTHING
from apps.ui.lines import Scale, clock_text

Points = Sequence[tuple[datetime, float, int]]
WIDTH, HEIGHT, TOP, BASE = 640, 180, 16, 156


def comparison(own: Points, others: Points, at: datetime, since: datetime, until: datetime, label: str) -> SafeString:
    """Two lines about the moment of acting; steps without cases are gaps in neither, and fewer than two points draw no line."""
    values = [value for _, value, _ in (*own, *others)]
    if len(own) < 2:
        return NOTHING
    low, high = min(values), max(values)
    reach = (high - low) or 1.0
    scale = Scale(since, until, 0, WIDTH)

    def y(value: float) -> float:
        return round(TOP + (high - value) / reach * (BASE - TOP), 1)

    def line(points: Points, look: str) -> SafeString:
        if len(points) < 2:
            return NOTHING
        places = " ".join(f"{scale.x(moment)},{y(value)}" for moment, value, _ in points)
        return format_html('<polyline class="c-comparison__{}" points="{}"></polyline>', look, places)

    dots = format_html_join(
        "",
        '<circle class="c-comparison__dot" cx="{}" cy="{}" r="2.5"></circle>',
        ((scale.x(m), y(v)) for m, v, _ in own),
    )
    acted = scale.x(at)
    ticks = format_html_join(
        "",
        '<text class="c-comparison__tick" x="{}" y="{}" text-anchor="{}">{}</text>',
        (
            (scale.x(m), HEIGHT - 4, anchor, clock_text(m))
            for m, anchor in ((since, "start"), (at, "middle"), (until, "end"))
        ),
    )
    return format_html(
        '<svg class="c-comparison" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="c-comparison__base" x1="0" x2="{}" y1="{}" y2="{}"></line>{}{}{}'
        '<line class="c-comparison__acted" x1="{}" x2="{}" y1="{}" y2="{}"></line>{}</svg>',
        WIDTH, HEIGHT, label, WIDTH, BASE, BASE, line(others, "others"), line(own, "own"), dots, acted, acted, TOP - 8, BASE, ticks,
    )  # fmt: skip


def effect(low: float, middle: float, high: float, mark: str, label: str) -> SafeString:
    """An effect with its interval against none; the line in the middle is no effect."""
    reach = max(abs(low), abs(high)) * 1.1 or 1.0
    width, height = 260, 20

    def x(value: float) -> float:
        return round(width / 2 + value / reach * (width / 2 - 6), 1)

    return format_html(
        '<svg class="c-effect{}" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="c-effect__none" x1="{}" x2="{}" y1="0" y2="{}"></line>'
        '<line class="c-effect__reach" x1="{}" x2="{}" y1="10" y2="10"></line><circle class="c-effect__dot" cx="{}" cy="10" r="4"></circle></svg>',
        f" is-{mark}" if mark else "", width, height, width, height, label, width / 2, width / 2, height, x(low), x(high), x(middle),
    )  # fmt: skip
