"""Contrast of every token pair that carries text or a mark, in light and in dark (WCAG 2.2 AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", Path(settings.BASE_DIR, "static/css/tokens.css").read_text()
    )
}
STATES = ("crit", "warn", "ok", "bot", "accent", "note")
PAIRS = [
    *(
        (text, ground, 4.5)
        for text in ("text", "text-2", "text-3")
        for ground in ("surface", "bg", "sunken", "hover", "raised", "highlight")
    ),
    *((state, ground, 4.5) for state in STATES for ground in ("surface", "bg", "sunken", "hover", f"{state}-bg")),
    *((text, f"{state}-bg", 4.5) for text in ("text", "text-2") for state in STATES),
    *(("text-3", f"{state}-bg", 4.5) for state in ("bot", "note", "accent")),
    ("on-inverse", "inverse", 4.5),
    # The second button of the admin and a pressed primary button.
    ("on-inverse", "text-2", 4.5),
    *(
        (f"{state}-mark", ground, 3.0)
        for state in ("crit", "warn", "ok", "bot")
        for ground in ("surface", "sunken", f"{state}-bg")
    ),
    *(("focus", ground, 3.0) for ground in ("surface", "bg", "sunken")),
    *(("line-strong", ground, 3.0) for ground in ("surface", "bg", "sunken")),
]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "needed"), PAIRS)
def test_every_pair_is_readable(ink: str, ground: str, needed: float, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= needed
