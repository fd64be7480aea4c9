"""Passwords that are long and yet the first to be tried."""

from __future__ import annotations

import re

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# Signs that stand for letters.
_MEANT = str.maketrans("01345789@$!|", "oieastbgasil")
_OWN_WORDS = frozenset({"midshift", "supervision", "supervisor", "support", "teamlead"})
_FEWEST_SIGNS = 5
# With fewer it is a number: a date, a telephone, a row of keys.
_FEWEST_LETTERS = 3


class WornPasswordValidator(CommonPasswordValidator):
    """Refuse a common word dressed up: with digits or signs round it, with signs for letters, or said several times."""

    def validate(self, password: str, user: object = None) -> None:
        """Pass or raise.

        :raises ValidationError: with the sentence that says what to do instead.
        """
        low = password.casefold().strip()
        is_number = sum(sign.isalpha() for sign in low) < _FEWEST_LETTERS
        if is_number or len(set(low)) < _FEWEST_SIGNS or _repeated(low) != low or self._is_worn(low):
            raise ValidationError(
                "This password is one of the first that are tried: a common word with something round it, a number, or the same "
                "signs again and again. Put four or five unrelated words one after the other.",
                code="password_worn",
            )

    def _is_worn(self, low: str) -> bool:
        words = {re.sub(r"^[^a-z]+|[^a-z]+$", "", one) for one in (low, low.translate(_MEANT))}
        words |= {re.sub(r"[^a-z]+", "", one) for one in (low, low.translate(_MEANT))}
        # A common one that holds digits itself, with a year or signs behind it.
        words |= {re.sub(r"((19|20)\d\d)?[\W_]*$", "", low)}
        # Its end may be a year that looks like letters: "welcome2026" is "welcome" and "zobb".
        words |= {re.sub(r"[^a-z]+$", "", low).translate(_MEANT)}
        words |= {_repeated(word) for word in words}
        return not (words - {""}).isdisjoint(self.passwords | _OWN_WORDS)

    def get_help_text(self) -> str:
        """What a person is told beside the field."""
        return "A common word with digits or signs round it is refused."


def _repeated(word: str) -> str:
    """The part of which a word is made by saying it several times; the word itself when it is not."""
    found = (word + word).find(word, 1)
    return word[:found] if 0 < found < len(word) else word
