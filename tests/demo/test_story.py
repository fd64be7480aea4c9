"""What is said: varied, sometimes personal, sometimes angry; and what goes wrong shows in the numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest
from stdnum import iban as iban_check
from stdnum import luhn

from apps.access.masking import mask
from apps.demo.customers import GIVEN, card_number, customer, iban
from apps.demo.grammar import BadPattern, expand
from apps.demo.ledger import Sent
from apps.demo.shop import HOUR, PLAYED_INCIDENTS, Shop, anchored, incidents_of
from apps.demo.stories import TOPICS
from apps.demo.writer import Writer
from tests.demo.conftest import ON, STARTED
from tests.demo.test_day import told

SLOT_OR_BRACKET = re.compile(r"<[a-z_]+>|[()\[\]|]")


def customers_words(sent: tuple[Sent, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for kind, data, _ in told(sent):
        if kind == "message.created" and data["author"]["kind"] == "customer":
            found[data["conversation_id"]].append(data["text"])
    return found


def test_no_two_conversations_of_a_day_read_the_same(sent: tuple[Sent, ...]) -> None:
    words = {c: tuple(said) for c, said in customers_words(sent).items() if len(said) > 2}
    assert len(set(words.values())) == len(words)


def test_openings_of_a_day_are_distinct_even_without_their_numbers(sent: tuple[Sent, ...]) -> None:
    first = [re.sub(r"\d", "0", said[0]).lower() for said in customers_words(sent).values()]
    assert len(first) > 2000
    assert len(set(first)) / len(first) > 0.9


def test_people_have_a_voice_of_their_own(sent: tuple[Sent, ...]) -> None:
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, data, _ in told(sent):
        if kind == "message.created" and data["author"]["kind"] == "agent" and data["visibility"] == "public":
            said[data["author"]["id"]][data["text"]] += 1
    brisk, warm = set(said["tomas-reyes"]), set(said["esi-mensah"])
    assert len(brisk & warm) / min(len(brisk), len(warm)) < 0.25


def test_no_slot_and_no_bracket_of_the_grammar_is_left_in_a_text(sent: tuple[Sent, ...]) -> None:
    texts = [data["text"] for kind, data, _ in told(sent) if kind == "message.created"]
    assert not [text for text in texts if SLOT_OR_BRACKET.search(text.replace(":)", ""))]
    assert all(text.strip() for text in texts)


def test_there_are_many_matters_and_three_languages() -> None:
    assert len([topic for topic in TOPICS if topic.language == "en"]) >= 14
    assert {topic.language for topic in TOPICS} == {"en", "de", "es"}


def test_a_first_question_gets_the_answer_that_belongs_to_it_whatever_the_day() -> None:
    for topic, n in product(TOPICS, range(6)):
        who = customer(seed=7, number=n, language=topic.language)
        today, next_day = (
            Writer(rng=Random(r), topic=topic, customer=who, mood="calm", channel="email", on=ON) for r in (1, 2)
        )
        # A letter's answer is written by another writer the next day.
        assert (today.asked, today.answer) in today.thread.ask
        assert (today.asked, today.slots["order"]) == (next_day.asked, next_day.slots["order"])


def test_hardly_a_person_says_the_same_twice_in_a_conversation(sent: tuple[Sent, ...]) -> None:
    said: dict[str, list[str]] = defaultdict(list)
    for kind, data, _ in told(sent):
        if kind == "message.created" and data["author"]["kind"] == "agent" and data["visibility"] == "public":
            said[data["conversation_id"]].append(data["text"])
    twice = [texts for texts in said.values() if len(set(texts)) < len(texts)]
    assert len(said) > 1000
    assert len(twice) < 0.01 * len(said)


def test_a_tenth_or_so_of_the_conversations_carries_personal_data_that_the_mask_finds(sent: tuple[Sent, ...]) -> None:
    words = customers_words(sent)
    # Beside the numbers of orders, which nearly everybody names.
    told_of = {"card", "iban", "email", "phone"}
    typed = [c for c, said in words.items() if any(told_of & {f.kind for f in mask(text=t).found} for t in said)]
    assert 0.09 <= len(typed) / len(words) <= 0.17


def test_some_customers_ask_the_ai_agent_for_a_person(sent: tuple[Sent, ...]) -> None:
    with_bot = {data["conversation_id"] for kind, data, _ in told(sent) if kind == "bot.turn"}
    asked = {data["conversation_id"] for kind, data, _ in told(sent) if kind == "bot.turn" and data["asked_for_human"]}
    assert 0.12 <= len(asked) / len(with_bot) <= 0.40


def test_invented_cards_and_accounts_have_right_check_digits() -> None:
    rng = Random(3)
    for _ in range(200):
        assert luhn.is_valid(re.sub(r"\D", "", card_number(rng)))
        assert all(iban_check.is_valid(iban(rng, language)) for language in GIVEN)


def test_a_customer_is_the_same_for_ever() -> None:
    assert customer(seed=7, number=12) == customer.__wrapped__(seed=7, number=12)


@pytest.mark.parametrize("pattern", ["(a|b", "a)", "[a", "a|b"])
def test_a_pattern_with_a_lost_bracket_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        expand(pattern, Random(1), {})


def test_a_pattern_takes_choices_options_and_slots() -> None:
    written = {expand("(hi|hello) <name>[ dear]!", Random(n), {"name": "Jo"}) for n in range(40)}
    assert written == {"Hi Jo!", "Hello Jo!", "Hi Jo dear!", "Hello Jo dear!"}


# What goes wrong.


def arrivals(sent: tuple[Sent, ...], shop: Shop, on: date, queue: str, hours: tuple[float, float]) -> int:
    low, high = (shop.starts_at(on).timestamp() + hour * HOUR for hour in hours)
    return sum(
        kind == "conversation.started" and data["queue"] == queue
        and low <= datetime.fromisoformat(event["time"]).timestamp() < high
        for kind, data, event in told(sent)
    )  # fmt: skip


def test_billing_arrivals_are_up_by_forty_percent_and_more_in_the_surge(
    shop: Shop, sent: tuple[Sent, ...], ordinary: tuple[Sent, ...]
) -> None:
    surge = PLAYED_INCIDENTS["billing_surge"][1]
    usual = arrivals(ordinary, shop, date(2026, 11, 18), "billing-chat", surge)
    assert arrivals(sent, shop, ON, "billing-chat", surge) > 1.4 * usual


def test_the_product_advisor_is_sure_wrong_and_left_by_its_customers(sent: tuple[Sent, ...]) -> None:
    misled = {
        data["conversation_id"] for kind, data, _ in told(sent)
        if kind == "bot.turn" and "kb:aurora-1-manual" in data.get("sources", ())
    }  # fmt: skip
    turns = [
        d for kind, d, _ in told(sent) if kind == "bot.turn" and d["conversation_id"] in misled and d.get("sources")
    ]
    passed_on = {
        d["conversation_id"] for kind, d, _ in told(sent) if kind == "bot.turn" and d.get("action") == "handoff"
    }
    with_bot = {d["conversation_id"] for kind, d, _ in told(sent) if kind == "bot.turn"}
    assert len(misled) > 15
    assert sum(turn["confidence"] for turn in turns) / len(turns) > 0.88
    assert len(misled & passed_on) / len(misled) > 1.5 * len((with_bot - misled) & passed_on) / len(with_bot - misled)


def test_one_person_struggles_with_the_new_policy(sent: tuple[Sent, ...]) -> None:
    ratings: dict[bool, list[float]] = {True: [], False: []}
    longest: dict[bool, list[int]] = {True: [], False: []}
    for kind, data, _ in told(sent):
        if kind == "rating.received" and data["scale"] == "csat":
            ratings[data["agent"]["id"] == "tomas-reyes"].append(data["score"])
        if kind == "message.created" and data["author"]["kind"] == "agent" and data["visibility"] == "public":
            longest[data["author"]["id"] == "tomas-reyes"].append(len(data["text"]))
    assert sum(n > 350 for n in longest[True]) > 10
    assert sum(n > 350 for n in longest[True]) / len(longest[True]) > 3 * sum(n > 350 for n in longest[False]) / len(
        longest[False]
    )


def test_the_telephone_is_silent_and_catches_up_late(shop: Shop, sent: tuple[Sent, ...]) -> None:
    begin = shop.starts_at(ON).timestamp()
    for start, end in PLAYED_INCIDENTS["silent_phone"]:
        low, high = begin + start * HOUR, begin + end * HOUR
        phone = [one for one in sent if one.source == "phone"]
        assert not [one for one in phone if low <= one.due < high]
        late = [one for one in phone if low <= datetime.fromisoformat(one.event["time"]).timestamp() < high - 1]
        assert late
        assert all(high <= one.due < high + 30 for one in late)


def test_something_is_under_way_within_minutes_whenever_the_demo_starts() -> None:
    for minutes in range(0, 24 * 60, 7):
        at = datetime(2026, 11, 25, tzinfo=UTC) + timedelta(minutes=minutes)
        shop = anchored(at=at, seed=7)
        assert 13.5 <= shop.hour_of(at) < 14.5
        assert -12 <= shop.offset_hours <= 14
        incidents = incidents_of(shop=shop, on=shop.day_of(at))
        assert any(incidents.active(kind, shop.hour_of(at) * HOUR) for kind in PLAYED_INCIDENTS)


def test_while_the_shop_is_staffed_something_is_under_way_or_about_to_be() -> None:
    shop = anchored(at=STARTED, seed=7)
    incidents = incidents_of(shop=shop, on=ON)
    for minute in range(int(8.8 * 60), 19 * 60):
        assert any(incidents.active(kind, (minute + ahead) * 60) for kind in PLAYED_INCIDENTS for ahead in range(5))


def test_most_days_of_the_history_are_ordinary(shop: Shop) -> None:
    days = [ON - timedelta(days=n) for n in range(3, 24)]
    quiet = [on for on in days if not incidents_of(shop=shop, on=on).spans]
    assert len(quiet) > 8
    assert all(not incidents_of(shop=shop, on=on).has("wrong_answers") for on in days)


def test_a_day_of_the_history_has_as_many_contacts_as_a_day_that_is_played(
    sent: tuple[Sent, ...], ordinary: tuple[Sent, ...]
) -> None:
    """The floor draws them beside each other. Only the billing surges make the played day a little fuller."""

    def a_quarter_hour(one: tuple[Sent, ...]) -> float:
        calm = [d for kind, d, _ in told(one) if kind == "conversation.started" and d["queue"] != "billing-chat"]
        return len(calm) / 96

    assert a_quarter_hour(ordinary) == pytest.approx(a_quarter_hour(sent), rel=0.08)
