"""The table of factors: what raises the score, and that a floor may edit it."""

from __future__ import annotations

from apps.analysis import complexity

SHORT = ["where is my order"]


def test_each_factor_raises_the_score() -> None:
    plain = complexity.score(SHORT, with_words=False)
    for about in (
        complexity.About(fallbacks=2),
        complexity.About(slope=-0.4),
        complexity.About(asked_for_person=True),
        complexity.About(is_repeat_contact=True),
    ):
        assert complexity.score(SHORT, about, with_words=False) > plain
    assert complexity.score(["where is my order again, and also the other one of $20?"], with_words=False) > plain


def test_a_mood_that_rises_counts_nothing() -> None:
    assert complexity.score(SHORT, complexity.About(slope=0.9)) == complexity.score(SHORT)


def test_an_edited_table_is_what_counts() -> None:
    table = {**complexity.TABLE, "start": 9.0}
    assert complexity.read(SHORT, table=table).label == complexity.COMPLEX


def test_nothing_said_is_not_analysed() -> None:
    assert complexity.read(["", " "]).score is None
