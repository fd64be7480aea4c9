"""What shows itself by its surroundings only, the question before it, values over two messages, and what happens on an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.access import asking, masking, tagger
from apps.access.masking import compose, mask, words_of_name


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("thanks Wilhelmina, that helped", "thanks [name 1], that helped"),
        (
            "i spoke to priya yesterday and she promised a refund",
            "i spoke to [name 1] yesterday and she promised a refund",
        ),
        ("the ticket is booked for Ruhide Aydin", "the ticket is booked for [name 1]"),
        ("velma hintz, 14 garden lane springfield", "[name 1], [address 1]"),
        ("policy id is pny579654128 and name is tom hardy", "policy id is [account 1] and name is [name 1]"),
        ("call +44 7700 900123 / 24 please", "call [phone 1] / 24 please"),
        ("43168", "[account 1]"),
    ],
)
def test_personal_data_is_found_by_its_surroundings(text: str, masked: str) -> None:
    found = mask(text=text)
    assert found.text == masked
    assert compose(found.text, found.found) == text


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your help", "where is my order", "I was charged $49.99 twice", "Have a great day!", "Is there anything else?",
        "The blue one came instead of the green one", "size 42 in blue", "no that's all", "Black Friday and Cyber Monday",
        "About more 12", "1500", "15092018", "12.05.2024", "12-05-2024", "2.50", "1,299.00", "€ 15000", "m5", "my account m5 is broken", "Shorter", "Bigger.",
    ],
)  # fmt: skip
def test_what_is_nobodys_data_stays(text: str) -> None:
    assert mask(text=text).text == text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is your account number?", "77 1923"),
        ("May I have your full name please?", "hope rivers"),
        ("Could you tell me the last four of your social security number?", "4821"),
        ("Please type your password", "moonraker"),
    ],
)
def test_a_bare_answer_is_known_by_its_question(question: str, answer: str) -> None:
    assert answer not in mask(text=answer, before=question).text


@pytest.mark.parametrize("answer", ["yes", "no", "ok one moment", "I don't know", "why do you need that?", "thank you"])
def test_an_answer_that_gives_nothing_stays(answer: str) -> None:
    assert mask(text=answer, before="What is your account number?").text == answer


def test_a_question_asks_for_one_kind_and_a_statement_for_none() -> None:
    assert asking.asked_in("Could I have the number on your card, please?") == "CARD"
    assert asking.asked_in("What's your name?") == "NAME"
    assert asking.asked_in("Your order left on Monday.") == ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("SSN", "SSN, social security, national insurance"),
        ("CARD", "card, card number, credit card, creditcard, debitcard, bankcard, visa, MasterCard"),
        ("PASSWORD", "password, pass word, passcode, pass code, passphrase, pin, OTP, security code, cvv, cvc, verification code, one-time, one time"),
        ("EMAIL", "email, E-Mail"),
        ("PHONE", "phone, phone number, mobile, cell, telephone, contact, WhatsApp, number can I call, number could we reach"),
        ("ADDRESS", "address, shipping address, where do you live, postcode, zip"),
        ("ID", "account number, policy no, claim id, order code, policy id, policyid, claimid, PNR, membership number"),
        ("NAME", "name, names, who am I speaking, username"),
    ],
)  # fmt: skip
def test_each_way_to_name_a_value_is_heard(kind: str, words: str) -> None:
    assert {word: asking.asked_in(f"Please: {word}?") for word in words.split(", ")} == dict.fromkeys(
        words.split(", "), kind
    )


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my card is 4111 1111 1111 1111, is there anything else?", "my card is [card 1], is there anything else?"),
        (
            "my card is 4111 1111 1111 1111, booked for Ruhide Aydin",
            "my card is [card 1], booked for [name 1]",
        ),
        (
            "the card is 4111 1111 1111 1111, i spoke to priya yesterday",
            "the card is [card 1], i spoke to [name 1] yesterday",
        ),
    ],
)
def test_what_the_detectors_leave_of_a_text_is_read_unless_it_is_plain(
    monkeypatch: pytest.MonkeyPatch, text: str, masked: str
) -> None:
    read: list[str] = []
    found_in = tagger.found_in
    monkeypatch.setattr(tagger, "found_in", lambda view, *rest: read.append(view) or found_in(view, *rest))
    assert mask(text=text).text == masked
    assert bool(read) == ("name" in masked)


def test_a_card_that_goes_on_in_the_next_message_is_masked_there() -> None:
    assert mask(text="1111 1111 thanks", before="my card is 4111 1111").text == "[card 1] thanks"
    assert mask(text="call me at 5 thanks", before="my card is 4111 1111").text == "call me at 5 thanks"


def test_the_own_name_of_who_speaks_for_us_stays_wherever_it_stands() -> None:
    assert mask(text="Thank you for waiting. Asha", own=words_of_name("Asha Rao")).text == "Thank you for waiting. Asha"


def test_a_text_that_cannot_be_searched_is_taken_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[masking.Claim]:
        raise RuntimeError("the tagger is broken")

    monkeypatch.setattr(tagger, "found_in", broken)
    found = mask(text="priya has 4111 1111 1111 1111")
    assert found.text == "[secret 1]"
    assert compose(found.text, found.found) == "priya has 4111 1111 1111 1111"
    assert mask(text="").text == ""


def test_without_what_was_learnt_the_detectors_still_mask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tagger, "ARTEFACT", tmp_path / "none.crf")
    tagger.tagger.cache_clear()
    try:
        assert mask(text="priya has 4111 1111 1111 1111").text == "priya has [card 1]"
    finally:
        tagger.tagger.cache_clear()


def test_a_file_that_is_not_the_released_one_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "pii.crf"
    copy.write_bytes(tagger.ARTEFACT.read_bytes() + b"x")
    copy.with_suffix(".sha256").write_text(tagger.ARTEFACT.with_suffix(".sha256").read_text())
    monkeypatch.setattr(tagger, "ARTEFACT", copy)
    tagger.tagger.cache_clear()
    try:
        with pytest.raises(tagger.Damaged, match="not the file that was released"):
            tagger.tagger()
        assert mask(text="4111 1111 1111 1111 of Priya").text == "[secret 1]"
    finally:
        tagger.tagger.cache_clear()


def test_a_long_document_is_searched_to_its_end_by_the_detectors() -> None:
    assert mask(text="word " * 2 * tagger.MOST_WORDS + "4111 1111 1111 1111").text.endswith("[card 1]")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Hi Joanna, thanks for waiting", "Hi [name 1], thanks for waiting"),
        ("Good news. Dear Joanna!", "Good news. Dear [name 1]!"),
        ("Hello Joanna\nI looked into it", "Hello [name 1]\nI looked into it"),
    ],
)
def test_a_greeting_names_a_stranger(text: str, masked: str) -> None:
    assert mask(text=text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "Hello there, how are you?",
        "Hi Team,",
        "Dear Customer,",
        "Hi Everyone,",
        "HELLO THERE!",
        "Hello Monday!",
        "Hi Support, it broke",
    ],
)
def test_a_greeting_of_nobody_stays(text: str) -> None:
    assert mask(text=text).text == text


def test_who_greets_with_the_own_name_keeps_it() -> None:
    assert mask(text="Hi Joanna, here I am.", own=words_of_name("Joanna Reed")).text == "Hi Joanna, here I am."
