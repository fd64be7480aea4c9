"""Tags and filters of the screens: icons, small graphics, durations, numbers, masked text.

A value nobody measured is shown as an em dash, never as zero. Nothing here reads the clock: `now` is handed in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from apps.ui import comparison, drawing, lines, rows, writing
from apps.ui import intervals as bands
from apps.ui.masked import Chip, MaskedText
from apps.ui.specimens import Specimen
from apps.ui.units import MINUS, Number, duration_text

register = template.Library()

MISSING = "—"

CHANNELS = {
    "webchat": ("message-circle", "Chat"),
    "messaging": ("smartphone", "Messaging"),
    "email": ("mail", "Email"),
    "voice": ("phone", "Voice"),
    "social": ("megaphone", "Social"),
    "sms": ("smartphone", "SMS"),
    "video": ("monitor-up", "Video"),
    "form": ("globe", "Web form"),
    "api": ("plug", "API"),
}
STATE_ICONS = {
    "crit": ("octagon-alert", "Critical"),
    "warn": ("triangle-alert", "Warning"),
    "info": ("info", "For information"),
    "ok": ("circle-check", "Good"),
}
PLACEHOLDER = re.compile(r"\[([a-z][a-z_ -]{0,30} \d{1,4})\]")


def _given(value: object) -> bool:
    """False for what nobody measured: None, and the empty string of a missing template variable."""
    return value is not None and value != ""


def mood_word(mood: Number) -> str:
    """The words of a mood between −1 and 1."""
    if mood <= -0.6:
        return "very negative"
    if mood <= -0.2:
        return "negative"
    return "positive" if mood >= 0.2 else "neutral"


@register.filter
def duration(seconds: Number | None) -> str:
    """Seconds as people say them; nothing measured is a dash."""
    return duration_text(seconds) if seconds is not None and _given(seconds) else MISSING


@register.filter
def number(value: Number | None, places: int = 0) -> str:
    """1,234 or −0.42: thousands apart, a real minus sign, a dash for nothing."""
    if value is None or not _given(value):
        return MISSING
    text = f"{value:,.{int(places)}f}"
    if text.strip("-0.,") == "":
        text = text.lstrip("-")
    return text.replace("-", MINUS)


@register.filter
def signed(value: Number | None, places: int = 2) -> str:
    """+0.35, −0.62, 0.00: for moods and changes, where the sign is the message."""
    text = number(value, places)
    is_positive = value is not None and _given(value) and value > 0 and text.strip("0.,") != ""
    return f"+{text}" if is_positive else text


@register.filter
def percent(share: Number | None, places: int = 0) -> str:
    """A share between 0 and 1 as a percentage."""
    if share is None or not _given(share):
        return MISSING
    return f"{number(share * 100, places)}%"


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and last word."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def masked_text(text: str) -> SafeString:
    """Stored masked text as HTML, as `masked` without a query."""
    return masked(text)


@register.filter
def written(text: str) -> SafeString:
    """Masked text of an AI agent as HTML: what it marked as bold or as a list is shown so, all else as `masked` does."""
    # The marks of writing are read before values stand in their places: a value is never read as one.
    return writing.written(
        str(text), (lambda piece: masked(text.part(piece))) if isinstance(text, MaskedText) else masked
    )


@register.simple_tag
def masked(text: str, query: str = "") -> SafeString:
    """Stored masked text as HTML: placeholders such as `[card 1]` become chips, hits of `query` are marked.

    A text that knows what its viewer is shown (`ui.masked`) has hints and values in their places, and links that open them.
    Everything else is escaped, also when it was declared safe elsewhere: message text is never markup.
    """
    # A capturing group makes split hand back the placeholders' names at the odd places.
    found: Sequence[str | Chip] = (
        text.pieces
        if isinstance(text, MaskedText)
        else [Chip(piece) if place % 2 else piece for place, piece in enumerate(PLACEHOLDER.split(str(text)))]
    )
    pieces = [_chip(one) if isinstance(one, Chip) else _marked(one, query) for one in found]
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above


def _chip(one: Chip) -> SafeString:
    if one.value:
        return format_html(
            '<span class="c-mask is-shown" title="{}, shown to your role">{}</span>', one.label, one.value
        )
    hint = format_html(" <small>…{}</small>", one.hint) if one.hint else ""
    if one.href:
        return format_html(
            '<a class="c-mask" href="{0}" hx-get="{0}" hx-target="#unmask-one" hx-swap="outerHTML" data-open="unmask" '
            'data-unmask="{1}" title="Open this value">{2}{3}</a>',
            one.href, one.key, one.label, hint,
        )  # fmt: skip
    return format_html('<span class="c-mask" title="Personal data, masked">{}{}</span>', one.label, hint)


def _marked(text: str, query: str) -> SafeString:
    if not query.strip():
        return format_html("{}", text)
    pieces = [
        format_html("<mark>{}</mark>" if place % 2 else "{}", piece)
        for place, piece in enumerate(re.split(f"({re.escape(query.strip())})", text, flags=re.IGNORECASE))
    ]
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """One symbol of the sprite. With a label it is read out, without it is decoration."""
    return _icon(name, css, label)


@lru_cache(maxsize=drawing.KEPT, typed=True)
def _icon(name: str, css: str, label: str) -> SafeString:
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" width="16" height="16" {}><use href="#i-{}"></use></svg>',
        f" {css}" if css else "",
        spoken,
        name,
    )


@register.simple_tag
def channel_icon(channel: str, css: str = "") -> SafeString:
    """The icon of a channel with its name read out; of a channel that no source told, a plain one."""
    name, label = CHANNELS.get(
        channel, ("message-square", str(channel).replace("_", " ").capitalize() or "Channel not told")
    )
    return icon(name, css, label)


@register.simple_tag
def state_icon(state: str, label: str = "") -> SafeString:
    """Octagon, triangle, the letter i or tick; normal has no mark."""
    if state not in STATE_ICONS:
        return drawing.NOTHING
    name, word = STATE_ICONS[state]
    return icon(name, f"mark-{state}", label or word)


@register.simple_tag
def spark(
    values: Sequence[Number] | None,
    target: Number | None = None,
    width: int = 88,
    height: int = 22,
    state: str = "",
    label: str = "",
    area: bool = False,  # noqa: FBT001, FBT002 - template tags are called by position or name
) -> SafeString:
    """A sparkline of the values; unmeasured ones are left out."""
    known = tuple(float(value) for value in values or [] if value is not None)
    spoken = label or (f"Trend, last {number(known[-1], 2)}" if known else "")
    goal = float(target) if target is not None and _given(target) else None
    return drawing.spark(known, target=goal, width=width, height=height, state=state, label=spoken, area=area)


@register.simple_tag
def bar(
    value: Number | None,
    maximum: Number = 100,
    target: Number | None = None,
    state: str = "",
    width: int = 64,
    height: int = 6,
    label: str = "",
) -> SafeString:
    """A bullet bar. Nothing measured, or nothing to measure against, draws nothing."""
    if value is None or not _given(value) or not _given(maximum) or maximum <= 0:
        return drawing.NOTHING
    goal = float(target) if target is not None and _given(target) else None
    spoken = label or f"{number(value)} of {number(maximum)}"
    return drawing.bar(
        float(value), maximum=float(maximum), target=goal, width=width, height=height, state=state, label=spoken
    )


@register.simple_tag
def pips(used: int | None, total: int | None, noun: str = "slots") -> SafeString:
    """Slots in use, free and over the limit."""
    if used is None or total is None:
        return drawing.NOTHING
    return drawing.pips(used=int(used), total=int(total), label=f"{used} of {total} {noun} in use")


@register.simple_tag
def sentdot(mood: Number | None) -> SafeString:
    """The mood (−1 to 1) as a block above or below a line; the word is read out. Unread is a dash."""
    if mood is None or not _given(mood):
        return format_html('<span class="text-3" title="not read yet">{}</span>', MISSING)
    word = mood_word(mood)
    return format_html(
        '<span class="c-mood c-mood--{}" title="{} ({})"><span class="sr-only">{}</span></span>',
        word.replace(" ", "-"),
        word,
        signed(mood),
        word,
    )


@register.simple_tag
def band(
    value: Number | None,
    low: Number,
    high: Number,
    minimum: Number = 0,
    maximum: Number = 100,
    width: int = 260,
    state: str = "",
    label: str = "",
) -> SafeString:
    """A value against the middle half of the team."""
    if value is None or not _given(value):
        return drawing.NOTHING
    spoken = label or f"{number(value)}; the middle half is {number(low)} to {number(high)}"
    return drawing.band(
        value=float(value),
        low=float(low),
        high=float(high),
        minimum=float(minimum),
        maximum=float(maximum),
        width=width,
        state=state,
        label=spoken,
    )


@register.simple_tag
def shiftline(shift: lines.ShiftLine) -> SafeString:
    """The SVG of a shift."""
    return lines.shift_line(shift)


@register.simple_tag
def intervals(plot: bands.Plot) -> SafeString:
    """The SVG of values with the bands in which they likely lie."""
    return bands.intervals(plot)


@register.simple_tag
def strip(one: lines.Strip) -> SafeString:
    """The SVG of some weeks in one line."""
    return lines.strip(one)


@register.simple_tag
def timeline(line: lines.TimeLine) -> SafeString:
    """The SVG of one conversation."""
    return lines.time_line(line)


@register.simple_tag
def compared(course: Any) -> SafeString:
    """The SVG of a metric about a moment: where it was acted and elsewhere."""
    label = f"{course.metric}, from {lines.clock_text(course.since)}; the action at {lines.clock_text(course.at)}"
    return comparison.comparison(course.own, course.others, course.at, course.since, course.until, label)


@register.simple_tag
def effect(
    low: Number | None, middle: Number | None, high: Number | None, mark: str = "", label: str = ""
) -> SafeString:
    """The SVG of an effect with its interval; nothing where there is none."""
    if low is None or middle is None or high is None:
        return drawing.NOTHING
    return comparison.effect(float(low), float(middle), float(high), mark, label)


@register.simple_tag
def moodline(points: Sequence[lines.MoodPoint]) -> SafeString:
    """The SVG of how a customer felt from message to message."""
    return lines.mood_line(points)


@register.simple_tag
def row(template: str, one: Any, now: datetime, **more: Any) -> SafeString:
    """A row of a long table, drawn again only when what it shows has changed."""
    return rows.row(template, one, now, **more)


@register.simple_tag
def elapsed(since: datetime | None, now: datetime | None, css: str = "") -> SafeString:
    """Time since a moment. The browser ticks it on from data-since; the server never sends one more second.

    Without a now the text is left open, for `row` to write.
    """
    if since is None or not _given(since):
        return format_html('<span class="text-3">{}</span>', MISSING)
    return format_html(
        '<time class="c-elapsed{}" datetime="{}" data-since="{}">{}</time>',
        f" {css}" if css else "",
        since.isoformat(timespec="seconds"),
        int(since.timestamp() * 1000),
        "" if now is None else duration_text(max((now - since).total_seconds(), 0)),
    )


@register.simple_tag
def clock(at: datetime | None, style: str = "minute") -> SafeString:
    """A moment: `minute` 14:09, `second` 14:09:16, `day` 24 Nov 14:09."""
    if at is None or not _given(at):
        return format_html('<span class="text-3">{}</span>', MISSING)
    local = timezone.localtime(at)
    text = {
        "minute": local.strftime("%H:%M"),
        "second": local.strftime("%H:%M:%S"),
        "day": f"{local.day} {local.strftime('%b %H:%M')}",
    }[style]
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), text)


@register.simple_tag
def mood(value: Number | None) -> SafeString:
    """The mood mark with its signed number."""
    if value is None or not _given(value):
        return sentdot(None)
    return format_html('<span class="c-mood-value">{}{}</span>', sentdot(value), conditional_escape(signed(value)))


@register.simple_tag
def region_attributes(name: str = "", params: Mapping[str, str] | None = None) -> SafeString:
    """What makes an element a live region: its id (dots become dashes), its name, its parameters. No name, no attributes."""
    if not name:
        return drawing.NOTHING
    return format_html(
        ' id="{}" data-region="{}" data-params="{}"',
        name.replace(".", "-"),
        name,
        json.dumps(dict(params or {}), sort_keys=True),
    )


@register.simple_tag
def specimen(one: Specimen) -> SafeString:
    """A component of the gallery, rendered with its arguments only, as `include … only` would."""
    return mark_safe(get_template(one.template).render(dict(one.arguments)))  # noqa: S308 - a rendered template
