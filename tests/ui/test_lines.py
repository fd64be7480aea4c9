"""The pictures of time: right places, nothing outside, every shape with a name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from django.template.loader import get_template
from hypothesis import given
from hypothesis import strategies as st

from apps.ui.lines import Episode, Lane, Mark, Scale, ShiftLine, Span, TimeLine, shift_line, time_line

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return NINE + timedelta(minutes=count)


def shift(**changes: object) -> ShiftLine:
    values: dict[str, object] = {"starts_at": NINE, "ends_at": minutes(480), "now_at": minutes(240), "arrivals": ()}
    return ShiftLine(**{**values, **changes})  # type: ignore[arg-type]


def test_an_empty_shift_is_drawn_without_a_volume() -> None:
    drawn = shift_line(shift())
    assert "c-shift-line__volume" not in drawn
    assert "c-shift-line__area" not in drawn
    assert 'class="c-shift-line__now" x1="576.0"' in drawn


def test_open_episodes_reach_to_now_and_overlapping_ones_take_other_lanes() -> None:
    drawn = shift_line(
        shift(
            episodes=[
                Episode(minutes(60), minutes(120), "warn", "first", "#1"),
                Episode(minutes(90), None, "crit", "second", "#2"),
            ]
        )
    )
    places = re.findall(r'<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="6"', drawn)
    assert places == [("144.0", "72", "144.0"), ("216.0", "80", "360.0")]
    assert drawn.count("is-open") == 1


def test_names_in_the_pictures_are_escaped() -> None:
    drawn = shift_line(shift(actions=[Mark(minutes(5), '<b>"x"', "#a")]))
    assert "<b>" not in drawn
    line = TimeLine(
        NINE, minutes(10), [Lane("<i>", [Span(NINE, None, "person", "<u>", "")])], [Mark(minutes(5), "<s>")]
    )
    assert not re.search(r"<[ius]>", time_line(line))


def test_a_conversation_of_no_length_is_still_a_picture() -> None:
    drawn = time_line(TimeLine(NINE, NINE, [Lane("Asha", [Span(NINE, None, "person", "Asha", "#m1")])]))
    assert 'width="0.6%"' in drawn
    assert "is-open" in drawn


def test_every_shape_of_a_conversation_has_a_name() -> None:
    drawn = time_line(
        TimeLine(
            NINE,
            minutes(10),
            [Lane("Bo", [Span(NINE, minutes(4), "bot", "Bo, 4m", "#m2")])],
            [Mark(minutes(4), "Handed over")],
        )
    )
    tree = ElementTree.fromstring(f"<div>{drawn}</div>")
    shapes = [element for element in tree.iter() if "aria-label" in element.attrib]
    assert [shape.attrib["aria-label"] for shape in shapes[1:]] == ["Bo, 4m", "Handed over"]


@given(st.integers(min_value=-100_000, max_value=100_000), st.integers(min_value=0, max_value=100_000))
def test_no_moment_falls_off_the_picture(offset: int, length: int) -> None:
    scale = Scale(NINE, NINE + timedelta(seconds=length), 10, 90)
    assert 10 <= scale.x(NINE + timedelta(seconds=offset)) <= 100


def test_a_short_line_tells_its_times_to_the_second_and_a_long_one_to_the_minute() -> None:
    short = time_line(TimeLine(NINE, NINE + timedelta(seconds=40), [Lane("Bo", [Span(NINE, None, "bot", "Bo")])]))
    assert re.findall(r">(\d\d:\d\d[:\d]*)</text>", short) == [
        "09:00:00", "09:00:10", "09:00:20", "09:00:30", "09:00:40",
    ]  # fmt: skip
    long = time_line(TimeLine(NINE, minutes(40), [Lane("Bo", [Span(NINE, None, "bot", "Bo")])]))
    assert re.findall(r">(\d\d:\d\d[:\d]*)</text>", long) == ["09:00", "09:10", "09:20", "09:30", "09:40"]


def test_the_legend_explains_the_kinds_that_are_there_and_no_others() -> None:
    lanes = [Lane("Ready", [Span(NINE, minutes(5), "ready", "Ready")]), Lane("Lunch", [Span(NINE, None, "other", "")])]
    html = get_template("components/time_line.html").render(
        {"face": "filled", "line": TimeLine(NINE, minutes(9), lanes)}
    )
    legend = html[html.index('<p class="c-legend"') :]
    assert re.findall(r"</i>([^<]+)<", legend) == ["ready", "busy", "away"]
