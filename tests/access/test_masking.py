"""The mask: what is taken out, what is left, and that it can be composed back exactly."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.access.masking import Known, compose, mask
from apps.access.sealed import CannotOpen, open_value, seal

GRETA = Known(names=("Greta Lindqvist",), emails=("greta@example.test",), phones=("+44 7700 900123",))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my card is 4111 1111 1111 1111 ok", "my card is [card 1] ok"),
        ("4111-1111-1111-1111", "[card 1]"),
        ("two 4111111111111111 and 5500005555555559", "two [card 1] and [card 2]"),
        ("the same 4111111111111111, 4111111111111111", "the same [card 1], [card 1]"),
        ("not a card 4111 1111 1111 1112", "not a card 4111 1111 1111 1112"),
        ("pay to GB82 WEST 1234 5698 7654 32 please", "pay to [iban 1] please"),
        ("DE89370400440532013000", "[iban 1]"),
        ("write to Anna.Berg+shop@mail.example.test!", "write to [email 1]!"),
        ("call +44 7700 900123 now", "call [phone 1] now"),
        ("order NW482133 of 24.11.2026, 3 items", "order NW482133 of 24.11.2026, 3 items"),
        ("ticket 48213399 is open since 2026-11-24", "ticket 48213399 is open since 2026-11-24"),
        ("", ""),
    ],
)
def test_the_mask_takes_out_personal_data_and_leaves_the_rest(text: str, masked: str) -> None:
    assert mask(text=text).text == masked


def test_what_is_known_of_the_customer_is_masked_in_any_case() -> None:
    text = "GRETA here, Greta Lindqvist; greta@example.test or 07700 900123. Gretas tent."
    assert mask(text=text, known=GRETA).text == "[name 1] here, [name 2]; [email 1] or [phone 1]. Gretas tent."


def test_a_part_of_a_name_that_is_a_common_word_is_left_alone() -> None:
    known = Known(names=("Will Young",))
    assert mask(text="will it work? Will Young", known=known).text == "will it work? [name 1]"


def test_the_hint_is_the_last_four_digits_and_nothing_for_a_name() -> None:
    found = mask(text="4111 1111 1111 1111 Greta", known=GRETA).found
    assert [(f.kind, f.hint) for f in found] == [("card", "1111"), ("name", "")]


@given(
    st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from(
                ["4111 1111 1111 1111", "[card 1]", "[email 2]", "[quoted 1]", "a@b.example", "GB82 WEST 1234 5698 7654 32",
                 "+44 7700 900123", "Greta", " ", "[", "]"]
            ),
        ),
        max_size=8,
    )
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_composing_gives_the_text_back_exactly(parts: list[str]) -> None:
    text = "".join(parts).replace("\x00", "").encode("utf-8", "replace").decode()
    masked = mask(text=text, known=GRETA)
    assert compose(masked.text, masked.found) == text


@pytest.mark.parametrize(
    "evil", ["1 " * 32_000, "a@" * 32_000, "[" * 65_000, "(1" * 32_000, "a." * 32_000 + "@", "A1" * 32_000]
)
def test_an_adversarial_text_does_not_stop_the_mask(evil: str) -> None:
    began = time.process_time()
    mask(text=evil[:65_536], known=GRETA)
    assert time.process_time() - began < 5


def test_nul_is_dropped_and_a_lone_surrogate_is_replaced() -> None:
    assert mask(text="a\x00b\ud800c").text == "ab?c"


def test_a_sealed_value_opens_only_for_its_owner_and_unaltered() -> None:
    sealed = seal("4111 1111 1111 1111", context=b"message-1")
    assert open_value(sealed, context=b"message-1") == b"4111 1111 1111 1111"
    assert b"4111" not in sealed
    with pytest.raises(CannotOpen):
        open_value(sealed, context=b"message-2")
    with pytest.raises(CannotOpen):
        open_value(sealed[:-1] + bytes([sealed[-1] ^ 1]), context=b"message-1")


def test_an_old_key_still_opens_and_the_first_one_seals(settings: object) -> None:
    old, new = b"o" * 32, b"n" * 32
    settings.SEAL_KEYS = [old]  # type: ignore[attr-defined]
    sealed = seal("x", context=b"c")
    settings.SEAL_KEYS = [new, old]  # type: ignore[attr-defined]
    assert open_value(sealed, context=b"c") == b"x"
    settings.SEAL_KEYS = [new]  # type: ignore[attr-defined]
    with pytest.raises(CannotOpen, match="Add the old key"):
        open_value(sealed, context=b"c")
