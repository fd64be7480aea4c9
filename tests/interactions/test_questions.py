"""A bare answer is masked by the question before it, whichever of the two is recorded first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.masking import figures_in
from apps.access.parts import as_part, is_card, told_apart
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.models import Message, SealedValue
from apps.interactions.questions import Line, standing
from apps.interactions.services import record
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, SOURCE, at, event, said
from tests.interactions.projections import differences, dump, empty

QUESTION = "Could you tell me your order number, please?"


def lines(*told: tuple[str, str], cut: int = 0) -> dict[int, str]:
    """Which question stands at each message, by its place; messages are given as author and what they ask for.

    With a `cut` those before it are told first, as if they had been stored."""
    made = [Line(UUID(int=n), at(n), "", who, asks) for n, (who, asks) in enumerate(told)]
    found = standing(made[: cut or None][::-1])
    if cut:
        last = [replace(one, answers=found[one.id]) for one in made[:cut] if one.id in found][-1:]
        found |= standing(made[cut:][::-1], last[0] if last else None)
    return {key.int: kind for key, kind in found.items()}


TOLD = (
    (("customer", ""), ("bot", "ID"), ("customer", ""), ("customer", ""), ("bot", ""), ("customer", "")),
    (("agent", "ID"), ("agent", ""), ("customer", "")),
    (("agent", "ID"), ("agent", "EMAIL"), ("customer", "")),
    (("system", "PHONE"), ("customer", "")),
    (("agent", "ID"), ("system", ""), ("agent", ""), ("customer", ""), ("system", ""), ("customer", "")),
)


def test_a_question_stands_until_our_side_speaks_again() -> None:
    assert lines(*TOLD[0]) == {0: "", 1: "ID", 2: "ID", 3: "ID", 4: "", 5: ""}


def test_messages_of_ours_in_a_row_are_one_turn_in_which_the_last_question_counts() -> None:
    assert lines(*TOLD[1])[2] == "ID"
    assert lines(*TOLD[2])[2] == "EMAIL"


def test_a_system_asks_like_anybody_and_otherwise_says_nothing() -> None:
    assert lines(*TOLD[3])[1] == "PHONE"
    assert lines(*TOLD[4]) == {0: "ID", 2: "ID", 3: "ID", 5: "ID"}


@pytest.mark.parametrize("told", TOLD)
def test_going_on_from_any_message_gives_what_all_of_them_give(told: tuple[tuple[str, str], ...]) -> None:
    assert all(lines(*told, cut=n) == lines(*told) for n in range(1, len(told)))


def stored(seconds: float) -> str:
    return Message.objects.get(sent_at=at(seconds)).text


@pytest.mark.django_db
@pytest.mark.parametrize("author", [BO, ASHA])
def test_an_answer_is_masked_again_when_its_question_comes_later(author: dict[str, str]) -> None:
    record(events=[said(9, CUSTOMER, "731")], source=SOURCE, at=NOON)
    assert stored(9) == "731"
    record(events=[said(4, author, QUESTION)], source=SOURCE, at=NOON)
    assert stored(9) == "[account 1]"
    assert SealedValue.objects.get().kind == "account"


@pytest.mark.django_db
def test_an_answer_that_comes_with_or_after_its_question_is_never_stored_in_the_open() -> None:
    record(events=[said(4, BO, QUESTION), said(9, CUSTOMER, "4481923")], source=SOURCE, at=NOON)
    record(events=[said(12, BO, "And your full name?")], source=SOURCE, at=NOON)
    with CaptureQueriesContext(connection) as seen:
        record(events=[said(20, CUSTOMER, "hope rivers")], source=SOURCE, at=NOON)
    assert (stored(9), stored(20)) == ("[account 1]", "[name 1]")
    assert not any("hope rivers" in query["sql"] for query in seen)


@pytest.mark.django_db
def test_what_was_said_between_is_no_answer_any_more_and_a_note_between_changes_nothing() -> None:
    record(events=[said(4, BO, QUESTION), said(5, CUSTOMER, "ok"), said(9, CUSTOMER, "731")], source=SOURCE, at=NOON)
    record(events=[said(6, ASHA, "ask for the year", visibility="private")], source=SOURCE, at=NOON)
    assert stored(9) == "[account 1]"
    record(events=[said(7, BO, "How many did you order?")], source=SOURCE, at=NOON)
    assert stored(9) == "731"


@pytest.mark.django_db
def test_a_question_that_is_taken_back_still_masks_its_answer() -> None:
    record(events=[said(4, BO, QUESTION), said(9, CUSTOMER, "4481923")], source=SOURCE, at=NOON)
    record(
        events=[event("message.updated", 30, message_id="m4", change="deleted"), said(40, CUSTOMER, "hello?")],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    assert (stored(4), stored(9)) == ("", "[account 1]")


# Two questions, an answer in two messages that is edited, a question that is taken back, a note, and a feed that tells again.
TALK = [
    said(2, BO, "What is your customer number?"),
    said(3, CUSTOMER, "7310"),
    said(5, ASHA, "look it up", visibility="private"),
    said(6, CUSTOMER, "sorry, 7311"),
    event("message.updated", 8, message_id="m6", change="edited", text="7312"),
    said(9, ASHA, "And your name?"),
    said(11, CUSTOMER, "hope rivers"),
]


@pytest.mark.django_db
def test_every_order_of_a_talk_leaves_the_same_rows() -> None:
    def told(events: Sequence[CanonicalEvent]) -> dict[str, list[tuple[str, ...]]]:
        empty()
        for one in events:
            record(events=[one], source=SOURCE, at=NOON)
        return dump()

    expected = told(TALK)
    assert [m.text for m in Message.objects.filter(author_kind="customer").order_by("sent_at")] == [
        "[account 1]", "[account 1]", "[name 1]",
    ]  # fmt: skip
    for order in itertools.islice(itertools.permutations(TALK), 0, None, 421):
        assert differences(expected, told(order)) == {}


@pytest.mark.django_db
def test_late_questions_cost_the_same_statements_in_3_conversations_and_in_30() -> None:
    counts = []
    for name, count in (("warm", 1), ("a", 3), ("b", 30)):
        talks = [f"{name}{n}" for n in range(count)]
        record(events=[said(9, CUSTOMER, "731", conversation_id=talk) for talk in talks], source=SOURCE, at=NOON)
        with CaptureQueriesContext(connection) as seen:
            record(events=[said(4, BO, QUESTION, conversation_id=talk) for talk in talks], source=SOURCE, at=NOON)
        counts.append(len(seen))
    assert counts[1] == counts[2]
    assert not Message.objects.filter(author_kind="customer").exclude(text="[account 1]").exists()


# --- one number in several messages ------------------------------------------------------------------------------------

CARD = "4111111111111111"
# Each alone is a number like any other, and stays.
HEAD, REST = "here: 5500 0055", "5555 5559 exp 12/27"
SPLITS = (("my card is 4111 1111", "1111 1111"), ("4111", "1111-1111-1111"), ("4111 11", "11 1111 1", "111 thanks"))


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


@pytest.mark.parametrize("texts", SPLITS)
def test_figures_of_messages_tell_whether_they_are_one_card(texts: tuple[str, ...]) -> None:
    assert "".join(map(digits, texts)) == CARD
    assert is_card([figures_in(text) for text in texts])
    assert not is_card([figures_in(text) for text in (*texts[:-1], texts[-1].replace("1", "2"))])


def test_of_every_split_of_every_card_the_sum_is_the_one_of_the_whole() -> None:
    for card in (CARD, "5500005555555559", "378282246310005", "6011000990139424", "4222222222222"):
        for cut in range(3, len(card) - 2):
            assert is_card([figures_in(card[:cut]), figures_in(card[cut:])]), (card, cut)
            wrong = f"{card[:cut]}{(int(card[cut]) + 1) % 10}{card[cut + 1 :]}"
            assert not is_card([figures_in(wrong[:cut]), figures_in(wrong[cut:])]), (wrong, cut)


def test_no_figure_can_be_told_from_what_is_kept_of_them() -> None:
    assert figures_in("my card is 4111 1111") == ">885"
    assert figures_in("4111 1111") == figures_in("4111-1111.") == "=885"
    assert figures_in("731 or 732") == "<340>352"
    assert [figures_in(text) for text in ("hello", "12", "it is a 4111x", "1" * 17)] == ["", "", "", ""]


@pytest.mark.parametrize("kind", ["", "ID", "PASSWORD", "ADDRESS"])
def test_what_a_part_answers_is_told_apart_again_and_fits_its_column(kind: str) -> None:
    assert told_apart(as_part(kind)) == (kind, True)
    assert told_apart(kind) == (kind, False)
    assert len(as_part(kind)) <= (Message._meta.get_field("answers").max_length or 0)


@pytest.mark.django_db
@pytest.mark.parametrize("texts", SPLITS)
def test_a_card_in_two_or_three_messages_is_masked_in_each_however_they_come(texts: tuple[str, ...]) -> None:
    told = [said(n, CUSTOMER, text, message_id=f"m{n}") for n, text in enumerate(texts)]
    expected = None
    for order in itertools.permutations(told):
        for one_by_one in (True, False):
            empty()
            for some in [[one] for one in order] if one_by_one else [list(order)]:
                record(events=some, source=SOURCE, at=NOON)
            assert digits("".join(m.text.replace("[card 1]", "") for m in Message.objects.all())) == ""
            expected = expected or dump()
            assert differences(expected, dump()) == {}


@pytest.mark.django_db
def test_a_word_of_ours_in_between_makes_them_two_numbers_and_a_note_does_not() -> None:
    record(events=[said(1, CUSTOMER, HEAD), said(9, CUSTOMER, REST)], source=SOURCE, at=NOON)
    assert (stored(1), stored(9)) == ("here: [card 1]", "[card 1] exp 12/27")
    record(events=[said(4, ASHA, "wait", visibility="private")], source=SOURCE, at=NOON)
    assert (stored(1), stored(9)) == ("here: [card 1]", "[card 1] exp 12/27")
    record(events=[said(5, ASHA, "And how many boxes?")], source=SOURCE, at=NOON)
    assert (stored(1), stored(9)) == (HEAD, REST)


@pytest.mark.django_db
def test_a_question_stands_beside_the_parts_of_a_number() -> None:
    record(
        events=[said(1, BO, QUESTION), said(2, CUSTOMER, "my card is 4111 1111"), said(3, CUSTOMER, "1111 1111"), said(4, CUSTOMER, "731")],
        source=SOURCE, at=NOON,
    )  # fmt: skip
    assert [stored(n) for n in (2, 3, 4)] == ["my card is [card 1]", "[card 1]", "[account 1]"]
    record(events=[said(6, CUSTOMER, "7312")], source=SOURCE, at=NOON)
    assert stored(6) == "[account 1]"


# A card in three messages with others before and after, a question, a word of ours, and a feed that tells again.
PARTS = [
    said(1, CUSTOMER, "it is 2024 99"), said(2, CUSTOMER, "4111"), said(3, CUSTOMER, "1111 1111"), said(4, CUSTOMER, "1111"),
    said(5, CUSTOMER, HEAD), said(6, ASHA, "Wait."), said(7, CUSTOMER, REST),
]  # fmt: skip


@pytest.mark.django_db
def test_every_order_of_numbers_in_parts_leaves_the_same_rows() -> None:
    def told(events: Sequence[CanonicalEvent]) -> dict[str, list[tuple[str, ...]]]:
        empty()
        for one in events:
            record(events=[one], source=SOURCE, at=NOON)
        return dump()

    expected = told(PARTS)
    assert [stored(n) for n in (2, 3, 4, 5, 7)] == ["[card 1]"] * 3 + [HEAD, REST]
    for order in itertools.islice(itertools.permutations(PARTS), 0, None, 211):
        assert differences(expected, told(order)) == {}
