"""Which passwords are taken."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

from apps.access.models import User

REFUSED = [
    "short-words", "password1234", "Password2026!", "P@ssw0rd!!!!", "welcome12345", "Welcome2026!", "qwertyqwerty",
    "midshift2026", "!!Midshift!!", "supervisor99", "aaaaaaaaaaaa", "abcabcabcabc", "123456789012", "iloveyou!2026",
    "letmeinletmein", "l3tm31n-2026", "...sunshine...", "qwertyuiop12", "lena-fischer", "LenaFischer1",
]  # fmt: skip
TAKEN = [
    "kettle orbit lantern moss", "tK9#fLw2-qRz", "vier-Pferde-im-Regen", "correct horse battery staple", "x" * 3 + "Ünï codé pässwörd",
    "a password of mine that is simply long", "k" + "9v-Tq2mZ" * 8,
]  # fmt: skip


@pytest.fixture
def lena() -> User:
    return User(username="lena", display_name="Lena Fischer", first_name="Lena", last_name="Fischer")


@pytest.mark.parametrize("password", REFUSED)
def test_a_password_that_is_tried_first_is_refused(password: str, lena: User) -> None:
    """P26: twelve signs at least, and none of those that come first in every list."""
    with pytest.raises(ValidationError):
        validate_password(password, lena)


@pytest.mark.parametrize("password", TAKEN)
def test_a_long_one_of_unrelated_words_is_taken(password: str, lena: User) -> None:
    validate_password(password, lena)


def test_every_common_password_is_refused_also_when_it_is_made_long_enough() -> None:
    """The list has twenty thousand; each with the year behind it, as people do it."""
    common = sorted(CommonPasswordValidator().passwords)
    assert len(common) > 15_000
    taken = []
    for word in common[::40]:
        long = word if len(word) > 11 else f"{word}2026!!!!!!"[: max(12, len(word) + 5)]
        try:
            validate_password(long)
        except ValidationError:
            continue
        taken.append(long)
    assert taken == []
