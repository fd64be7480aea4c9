"""Scores by hand: what Zendesk QA and Amazon Connect publish, and the edges where forms go wrong."""

from __future__ import annotations

from fractions import Fraction

import pytest

from apps.reviews.scoring import Answers, is_low, line_score, score, stored
from apps.reviews.spec import Fails, LineSpec, RubricSpec, Scale, SectionSpec, Weighing


def form(*lines: LineSpec, weighing: Weighing = Weighing.LINES) -> RubricSpec:
    """All lines under one heading."""
    return RubricSpec(sections=(SectionSpec(name="All", lines=lines, weight=100),), weighing=weighing)


def line(key: str, weight: int, scale: Scale = Scale.PASS_FAIL, **more: object) -> LineSpec:
    return LineSpec(key=key, text=key.capitalize(), weight=weight, scale=scale, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("scale", "parts"), [
    (Scale.PASS_FAIL, [0, 100]),
    (Scale.THREE, [0, 50, 100]),
    (Scale.FOUR, [0, Fraction(100, 3), Fraction(200, 3), 100]),
    (Scale.FIVE, [0, 25, 50, 75, 100]),
])  # fmt: skip
def test_a_mark_is_its_part_of_the_scale(scale: Scale, parts: list[Fraction]) -> None:
    assert [line_score(scale, step) for step in range(1, scale.steps + 1)] == parts


@pytest.mark.parametrize("step", [0, 3, -1])
def test_a_scale_has_no_other_steps(step: int) -> None:
    with pytest.raises(ValueError, match="Expected 1 to 2"):
        line_score(Scale.PASS_FAIL, step)


# About the Zendesk QA Reviews dashboard calculations: five categories, the first of them critical.
ZENDESK = form(
    line("request", 1, fails=Fails.REVIEW), line("clarification", 3), line("explanation", 3), line("writing", 2), line("internal", 1),
)  # fmt: skip


@pytest.mark.parametrize(("marks", "told"), [
    ((100, 100, 100, 100, 100), 100), ((100, 0, 0, 100, 0), 30), ((100, 0, 100, 100, 100), 70), ((100, 100, 100, 0, 100), 80),
    ((0, 100, 100, 100, 100), 0),
])  # fmt: skip
def test_zendesks_five_reviews_have_the_scores_it_publishes(marks: tuple[int, ...], told: int) -> None:
    answers = {one.key: 2 if mark else 1 for one, mark in zip(ZENDESK.lines, marks, strict=True)}
    assert score(ZENDESK, answers).score == told


def test_zendesks_failed_review_keeps_its_raw_score_beside() -> None:
    found = score(ZENDESK, {"request": 1, "clarification": 2, "explanation": 2, "writing": 2, "internal": 2})
    assert (found.score, found.raw, found.failed) == (0, 90, ("request",))


def test_zendesks_review_with_one_category_that_does_not_apply() -> None:
    # It publishes normalized scores of 0.75, 0.5 and 1, which are the marks 4, 3 and 5 of five.
    spec = form(*(line(key, weight, Scale.FIVE) for key, weight in
                  [("clarity", 30), ("tone", 30), ("accuracy", 30), ("structure", 10)]))  # fmt: skip
    found = score(spec, {"clarity": 4, "tone": None, "accuracy": 3, "structure": 5})
    assert found.score == Fraction(4750, 70)
    assert str(stored(found.score)) == "67.86"
    assert found.is_complete


# Amazon Connect, weights of optional questions: answers worth 10, 5 and 0 points.
CONNECT = form(line("q1", 40, Scale.THREE), *(line(key, 20, Scale.THREE) for key in ("q2", "q3", "q4")))


@pytest.mark.parametrize(("q4", "told"), [(1, 60), (None, 75)])
def test_connects_form_scores_as_it_publishes(q4: int | None, told: int) -> None:
    assert score(CONNECT, {"q1": 3, "q2": 2, "q3": 2, "q4": q4}).score == told


def test_sections_weigh_and_their_lines_count_alike() -> None:
    spec = RubricSpec(weighing=Weighing.SECTIONS, sections=(
        SectionSpec(name="Opening", weight=20, lines=(line("hello", 0), line("name", 0))),
        SectionSpec(name="Answer", weight=80, lines=(line("right", 0, Scale.FIVE), line("whole", 0), line("kind", 0))),
    ))  # fmt: skip
    found = score(spec, {"hello": 2, "name": 1, "right": 4, "whole": 2, "kind": 1})
    assert [one.score for one in found.sections] == [50, Fraction(175, 3)]
    assert found.score == Fraction(20 * 50 + 80 * Fraction(175, 3), 100)
    # One line less: its section is the mean of the others, at the section's whole weight.
    assert score(spec, {"hello": 2, "name": None, "right": 4, "whole": 2, "kind": 1}).sections[0].score == 100
    # A whole section less: the others carry all.
    assert score(spec, {"hello": None, "name": None, "right": 4, "whole": 2, "kind": 1}).score == Fraction(175, 3)


def test_nothing_that_applies_is_no_score_and_not_nought() -> None:
    found = score(CONNECT, dict.fromkeys(("q1", "q2", "q3", "q4")))
    assert (found.score, found.raw, found.left, stored(found.score)) == (None, None, 0, None)


def test_nothing_marked_yet_is_no_score() -> None:
    found = score(CONNECT, {})
    assert (found.score, found.left, found.is_complete) == (None, 4, False)


def test_the_score_so_far_is_of_what_is_marked() -> None:
    assert score(CONNECT, {"q1": 3}).score == 100
    assert score(CONNECT, {"q1": 3, "q4": 1}).score == Fraction(4000, 60)


@pytest.mark.parametrize(("scale", "step", "fails"), [
    (Scale.PASS_FAIL, 1, True), (Scale.THREE, 1, True), (Scale.THREE, 2, False), (Scale.FOUR, 2, True), (Scale.FOUR, 3, False),
    (Scale.FIVE, 2, True), (Scale.FIVE, 3, False),
])  # fmt: skip
def test_a_must_pass_line_fails_under_the_middle_and_not_at_it(scale: Scale, step: int, fails: bool) -> None:
    spec = form(line("must", 50, scale, fails=Fails.REVIEW), line("other", 50))
    found = score(spec, {"must": step, "other": 2})
    assert (found.score == 0, found.is_failed, is_low(scale, step)) == (fails, fails, fails)


def test_a_must_pass_line_that_does_not_apply_fails_nothing() -> None:
    spec = form(line("must", 50, fails=Fails.REVIEW), line("other", 50))
    assert score(spec, {"must": None, "other": 2}).score == 100


def test_a_failed_line_takes_down_its_section_alone_and_flags_the_review() -> None:
    spec = RubricSpec(sections=(
        SectionSpec(name="Policy", lines=(line("must", 10, fails=Fails.SECTION), line("rest", 30))),
        SectionSpec(name="Tone", lines=(line("warm", 60),)),
    ))  # fmt: skip
    found = score(spec, {"must": 1, "rest": 2, "warm": 2})
    assert (found.score, found.raw, found.is_failed) == (60, 90, True)
    assert [(one.score, one.raw, one.is_failed) for one in found.sections] == [(0, 75, True), (100, 100, False)]


def test_a_must_pass_line_without_a_weight_fails_all_the_same() -> None:
    spec = form(line("must", 0, fails=Fails.REVIEW), line("other", 100))
    found = score(spec, {"must": 1, "other": 2})
    assert (found.score, found.raw) == (0, 100)


CONDITIONAL = form(
    line("asked", 40), line("let-go", 40, shown_if="asked", shown_at=(2,)),
    line("thanked", 20, shown_if="let-go", shown_at=(1, 2), fails=Fails.REVIEW),
)  # fmt: skip


@pytest.mark.parametrize(("answers", "asked", "told", "left"), [
    ({}, ("asked",), None, 1),
    ({"asked": 1}, ("asked",), 0, 0),
    ({"asked": 2}, ("asked", "let-go"), 100, 1),
    ({"asked": 2, "let-go": 1}, ("asked", "let-go", "thanked"), 50, 1),
    ({"asked": 2, "let-go": 1, "thanked": 1}, ("asked", "let-go", "thanked"), 0, 0),
    # What was marked before its condition went is kept and not counted, and neither is what depends on it.
    ({"asked": 1, "let-go": 2, "thanked": 1}, ("asked",), 0, 0),
    ({"asked": None, "let-go": 2, "thanked": 1}, ("asked",), None, 0),
])  # fmt: skip
def test_a_line_is_asked_when_its_condition_holds(
    answers: Answers, asked: tuple[str, ...], told: int | None, left: int
) -> None:
    found = score(CONDITIONAL, answers)
    assert (found.asked, found.score, found.left) == (asked, told, left)


@pytest.mark.parametrize(("value", "kept"), [
    (Fraction(200, 3), "66.67"), (Fraction(100, 3), "33.33"), (Fraction(1, 200), "0.01"), (Fraction(99995, 1000), "100.00"), (Fraction(0), "0.00"),
])  # fmt: skip
def test_a_row_keeps_two_decimals_halves_up(value: Fraction, kept: str) -> None:
    assert str(stored(value)) == kept
