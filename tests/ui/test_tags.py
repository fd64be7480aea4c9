"""The exact output of tags and filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe

from apps.ui.templatetags import ui

NOW = datetime(2026, 11, 24, 14, 17, tzinfo=UTC)


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (48.9, "48s"),
        (60, "1m 00s"),
        (250, "4m 10s"),
        (3599, "59m 59s"),
        (10260, "2h 51m"),
        (172800, "2d 0h"),
        (-36, "−36s"),
        (-0.4, "0s"),
        (None, "—"),
        ("", "—"),
    ],
)
def test_a_duration_reads_as_people_say_it_and_a_missing_one_is_a_dash(seconds: float | None, text: str) -> None:
    assert ui.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(1234, 0, "1,234"), (0, 0, "0"), (-0.42, 2, "−0.42"), (-0.001, 2, "0.00"), (None, 0, "—"), ("", 2, "—")],
)
def test_a_number_has_a_real_minus_and_a_missing_one_is_never_zero(value: float | None, places: int, text: str) -> None:
    assert ui.number(value, places) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.354, "+0.35"), (-0.62, "−0.62"), (0, "0.00"), (0.001, "0.00"), (None, "—")]
)
def test_a_mood_always_shows_its_sign_but_nought_has_none(value: float | None, text: str) -> None:
    assert ui.signed(value) == text


def test_a_share_is_shown_as_a_percentage_and_nothing_measured_as_a_dash() -> None:
    assert [ui.percent(0.714), ui.percent(0), ui.percent(0.112, 1), ui.percent(None)] == ["71%", "0%", "11.2%", "—"]


def test_initials_are_of_the_first_and_last_word() -> None:
    assert [ui.initials(name) for name in ("Tomás Reyes", "Asha", "Mei Lin van Dam", "")] == ["TR", "A", "MD", "?"]


def test_placeholders_become_chips_and_everything_else_is_escaped() -> None:
    text = "My card [card 1] <script>alert(1)</script> & [e-mail 12] [not one] [Card 1]"
    assert ui.masked_text(text) == (
        'My card <span class="c-mask" title="Personal data, masked">card 1</span> '
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; "
        '<span class="c-mask" title="Personal data, masked">e-mail 12</span> [not one] [Card 1]'
    )


def test_text_that_claims_to_be_safe_is_escaped_all_the_same() -> None:
    assert ui.masked_text(mark_safe("<b>x</b>")) == "&lt;b&gt;x&lt;/b&gt;"


def test_hits_of_a_query_are_marked_whatever_their_case_and_never_become_markup() -> None:
    assert ui.masked("Refund & refund <i>", "refund") == "<mark>Refund</mark> &amp; <mark>refund</mark> &lt;i&gt;"
    assert ui.masked("a<b", "<") == "a<mark>&lt;</mark>b"
    assert ui.masked("a.b", "(") == "a.b"


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert (
        ui.icon("bell")
        == '<svg class="icon" width="16" height="16" aria-hidden="true"><use href="#i-bell"></use></svg>'
    )
    assert ui.icon("bell", "mark-crit", "Alert") == (
        '<svg class="icon mark-crit" width="16" height="16" role="img" aria-label="Alert"><use href="#i-bell"></use></svg>'
    )


def test_an_unknown_channel_still_has_a_name() -> None:
    assert 'aria-label="Carrier pigeon"' in ui.channel_icon("carrier_pigeon")
    assert 'aria-label="Voice"' in ui.channel_icon("voice")


def test_a_normal_state_has_no_mark() -> None:
    assert ui.state_icon("") == ""
    assert ui.state_icon("ok") != ""
    assert 'aria-label="over the limit"' in ui.state_icon("crit", "over the limit")


@pytest.mark.parametrize(
    ("mood", "kind"),
    [
        (-0.6, "very-negative"),
        (-0.59, "negative"),
        (-0.2, "negative"),
        (-0.19, "neutral"),
        (0.19, "neutral"),
        (0.2, "positive"),
    ],
)
def test_the_mood_mark_says_its_word(mood: float, kind: str) -> None:
    drawn = ui.sentdot(mood)
    assert f"c-mood--{kind}" in drawn
    assert f'<span class="sr-only">{kind.replace("-", " ")}</span>' in drawn


def test_an_unread_mood_is_a_dash() -> None:
    assert "—" in ui.sentdot(None)
    assert "c-mood" not in ui.sentdot(None)


def test_a_sparkline_needs_two_values_and_leaves_out_what_was_not_measured() -> None:
    assert ui.spark([]) == ui.spark(None) == ui.spark([3]) == ui.spark([3, None]) == ""
    assert ui.spark([1, None, 3], None, 88, 22) == (
        '<svg class="c-spark" width="88" height="22" viewBox="0 0 88 22" role="img" aria-label="Trend, last 3.00">'
        '<polyline class="c-spark__line" points="3.0,19.0 85.0,3.0"></polyline>'
        '<circle class="c-spark__dot" cx="85.0" cy="3.0" r="2.2"></circle></svg>'
    )


def test_a_flat_sparkline_with_a_target_is_drawn() -> None:
    assert "c-spark__target" in ui.spark([5, 5, 5], 5, area=True)


def test_a_bar_stays_inside_its_track_and_draws_nothing_without_a_value() -> None:
    assert ui.bar(None) == ui.bar("") == ui.bar(3, 0) == ""
    drawn = ui.bar(250, 100, 90, "crit", 50, 6)
    assert 'class="c-bar__value" x="0" y="2" width="50.0"' in drawn
    assert 'class="c-bar is-crit"' in drawn
    assert 'class="c-bar__target" x="44.2"' in drawn


def test_slots_over_the_limit_stand_to_the_right_of_it() -> None:
    drawn = ui.pips(5, 4, "conversations")
    assert drawn.count("c-pips__used") == 4
    assert drawn.index("c-pips__over") > drawn.rindex("c-pips__used")
    assert 'aria-label="5 of 4 conversations in use"' in drawn
    assert ui.pips(None, 4) == ui.pips(0, 0) == ""


def test_a_range_is_drawn_inside_its_bounds() -> None:
    drawn = ui.band(120, 60, 80, 0, 100, 260, "low")
    assert 'class="c-range__dot is-low" cx="255.0"' in drawn
    assert ui.band(None, 1, 2) == ""


def test_a_clock_that_ticks_carries_its_start_in_milliseconds() -> None:
    since = NOW - timedelta(seconds=250)
    assert render("{% elapsed since now %}", since=since, now=NOW) == (
        f'<time class="c-elapsed" datetime="2026-11-24T14:12:50+00:00" data-since="{int(since.timestamp() * 1000)}">4m 10s</time>'
    )
    assert "—" in render("{% elapsed since now %}", since=None, now=NOW)
    assert ">0s<" in render("{% elapsed since now %}", since=NOW + timedelta(seconds=9), now=NOW)


def test_a_moment_is_told_to_the_minute_the_second_or_the_day() -> None:
    assert render('{% clock at %} {% clock at "second" %} {% clock at "day" %}', at=NOW) == (
        '<time datetime="2026-11-24T14:17:00+00:00">14:17</time> '
        '<time datetime="2026-11-24T14:17:00+00:00">14:17:00</time> '
        '<time datetime="2026-11-24T14:17:00+00:00">24 Nov 14:17</time>'
    )


def test_a_region_is_named_and_its_parameters_are_safe_in_an_attribute() -> None:
    assert ui.region_attributes("floor.queues", {"queue": 'a"b'}) == (
        ' id="floor-queues" data-region="floor.queues" data-params="{&quot;queue&quot;: &quot;a\\&quot;b&quot;}"'
    )
    assert ui.region_attributes("") == ""


def test_a_sparkline_without_a_change_lies_at_the_bottom() -> None:
    assert 'points="3.0,19.0 44.0,19.0 85.0,19.0"' in ui.spark([0, 0, 0])
