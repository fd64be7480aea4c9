"""Values with how sure they are: a dot and the band in which it likely lies, held against a line. SVG from ready values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.ui.drawing import NOTHING

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BASE = 640, 190, 84, 12, 12, 160


@dataclass(frozen=True, slots=True)
class Point:
    """One value at a place from 0 (left) to 1. Without bounds only the dot is drawn; `mark` is "ok", "warn" or nothing."""

    x: float
    value: float
    low: float | None
    high: float | None
    tick: str
    says: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Values on one axis from `bottom` to `top`, whose ends are written as `ends`; `line` is the height at the left and at the right."""

    points: Sequence[Point]
    bottom: float
    top: float
    ends: tuple[str, str]
    label: str
    line: tuple[float, float] | None = None
    line_says: str = ""


def intervals(plot: Plot) -> SafeString:
    """Draw a plot; nothing without a value."""
    if not plot.points:
        return NOTHING
    reach = (plot.top - plot.bottom) or 1.0

    def y(value: float) -> float:
        return round(BASE - (min(max(value, plot.bottom), plot.top) - plot.bottom) / reach * (BASE - TOP), 1)

    def x(place: float) -> float:
        return round(LEFT + place * (WIDTH - LEFT - RIGHT), 1)

    bands = format_html_join(
        "", '<rect class="c-intervals__band{}" x="{}" y="{}" width="14" height="{}" rx="3"><title>{}</title></rect>',
        (
            (f" is-{one.mark}" if one.mark else "", round(x(one.x) - 7, 1), y(one.high), round(max(y(one.low) - y(one.high), 2), 1), one.says)
            for one in plot.points
            if one.low is not None and one.high is not None
        ),
    )  # fmt: skip
    dots = format_html_join(
        "", '<circle class="c-intervals__dot{}" cx="{}" cy="{}" r="4"><title>{}</title></circle><text class="c-intervals__tick" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (f" is-{one.mark}" if one.mark else "", x(one.x), y(one.value), one.says, x(one.x), HEIGHT - 8, one.tick)
            for one in plot.points
        ),
    )  # fmt: skip
    line = NOTHING
    if plot.line is not None:
        line = format_html(
            '<line class="c-intervals__line" x1="{}" x2="{}" y1="{}" y2="{}"><title>{}</title></line>',
            x(0), x(1), y(plot.line[0]), y(plot.line[1]), plot.line_says,
        )  # fmt: skip
    return format_html(
        '<svg class="c-intervals" viewBox="0 0 {} {}" role="img" aria-label="{}"><line class="c-intervals__base" x1="{}" x2="{}" y1="{}" y2="{}"></line>'
        '<text class="c-intervals__tick" x="{}" y="{}" text-anchor="end">{}</text><text class="c-intervals__tick" x="{}" y="{}" text-anchor="end">{}</text>'
        "{}{}{}</svg>",
        WIDTH, HEIGHT, plot.label, LEFT, WIDTH - RIGHT, BASE, BASE, LEFT - 6, BASE, plot.ends[0], LEFT - 6, TOP + 8, plot.ends[1],
        line, bands, dots,
    )  # fmt: skip
