"""Small graphics drawn on the server: SVG text from ready values. No script, no style attribute, in the first paint.

Every picture has a name for those who do not see it. A value nobody measured is drawn as nothing, never as zero.
"""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

NOTHING = mark_safe("")
# A live page is drawn twice a second and most of it as before: what was drawn lately is kept.
KEPT = 4096


@lru_cache(maxsize=KEPT, typed=True)
def spark(
    values: tuple[float, ...], *, target: float | None, width: int, height: int, state: str, label: str, area: bool
) -> SafeString:
    """A line of the last values, with the target as a dashed line. Fewer than two values draw nothing."""
    if len(values) < 2:
        return NOTHING
    bounds = [*values, *([target] if target is not None else [])]
    low, high = min(bounds), max(bounds)
    # A line without a change lies at the bottom.
    high = high if high > low else low + 1.0
    reach = high - low
    pad = 3

    def y(value: float) -> float:
        return round(pad + (high - value) / reach * (height - 2 * pad), 1)

    places = [
        (round(pad + index * (width - 2 * pad) / (len(values) - 1), 1), y(value)) for index, value in enumerate(values)
    ]
    points = " ".join(f"{x},{down}" for x, down in places)
    target_line = NOTHING
    if target is not None:
        target_line = format_html(
            '<line class="c-spark__target" x1="0" x2="{}" y1="{}" y2="{}"></line>', width, y(target), y(target)
        )
    filled = NOTHING
    if area:
        filled = format_html(
            '<polygon class="c-spark__area" points="{},{} {} {},{}"></polygon>',
            places[0][0],
            height,
            points,
            places[-1][0],
            height,
        )
    return format_html(
        '<svg class="c-spark{}" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}'
        '<polyline class="c-spark__line" points="{}"></polyline>'
        '<circle class="c-spark__dot" cx="{}" cy="{}" r="2.2"></circle></svg>',
        f" is-{state}" if state else "",
        width,
        height,
        width,
        height,
        label,
        filled,
        target_line,
        points,
        places[-1][0],
        places[-1][1],
    )


@lru_cache(maxsize=KEPT, typed=True)
def bar(
    value: float, *, maximum: float, target: float | None, width: int, height: int, state: str, label: str
) -> SafeString:
    """A value against its whole, with a tick at the target."""
    per_unit = width / maximum
    filled = round(min(max(value, 0.0), maximum) * per_unit, 1)
    tick = NOTHING
    if target is not None:
        tick = format_html(
            '<rect class="c-bar__target" x="{}" y="0" width="1.5" height="{}"></rect>',
            round(min(max(target, 0.0), maximum) * per_unit - 0.75, 1),
            height + 4,
        )
    return format_html(
        '<svg class="c-bar{}" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<rect class="c-bar__track" x="0" y="2" width="{}" height="{}" rx="2"></rect>'
        '<rect class="c-bar__value" x="0" y="2" width="{}" height="{}" rx="2"></rect>{}</svg>',
        f" is-{state}" if state else "",
        width,
        height + 4,
        width,
        height + 4,
        label,
        width,
        height,
        filled,
        height,
        tick,
    )


@lru_cache(maxsize=KEPT, typed=True)
def pips(*, used: int, total: int, label: str) -> SafeString:
    """One mark per slot: used, free, and, to the right of the limit, over."""
    count = max(used, total)
    if count == 0:
        return NOTHING
    kinds = ["over" if index >= total else "used" if index < used else "free" for index in range(count)]
    cells = format_html_join(
        "",
        '<rect class="c-pips__{}" x="{}" y="0" width="7" height="12" rx="1.5"></rect>',
        ((kind, index * 9) for index, kind in enumerate(kinds)),
    )
    return format_html(
        '<svg class="c-pips" width="{}" height="12" role="img" aria-label="{}">{}</svg>', count * 9 - 2, label, cells
    )


def band(
    *, value: float, low: float, high: float, minimum: float, maximum: float, width: int, state: str, label: str
) -> SafeString:
    """A dot against the middle half of others."""
    reach = (maximum - minimum) or 1.0

    def x(number: float) -> float:
        return round(5 + (min(max(number, minimum), maximum) - minimum) / reach * (width - 10), 1)

    return format_html(
        '<svg class="c-range" width="{}" height="16" viewBox="0 0 {} 16" role="img" aria-label="{}">'
        '<line class="c-range__track" x1="5" x2="{}" y1="8" y2="8"></line>'
        '<rect class="c-range__band" x="{}" y="4" width="{}" height="8" rx="4"></rect>'
        '<circle class="c-range__dot{}" cx="{}" cy="8" r="5"></circle></svg>',
        width,
        width,
        label,
        width - 5,
        x(low),
        round(x(high) - x(low), 1),
        f" is-{state}" if state else "",
        x(value),
    )
