"""What a message asks for: the next one is likely to be it, and a bare answer is known by its question."""

from __future__ import annotations

import re

from apps.access.cues import words_of

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
# What the message before asks for. The first that is found counts: "the number on your card" asks for a card.
_ASKS = re.compile(
    r"\?|\b(?:may|can|could|please|provide|give|share|tell|confirm|verify|enter|need|what|type|send|know)\b", re.I
)
_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for kind, words in (
        ("SSN", r"ssn|social security|national insurance"),
        ("CARD", r"(?:credit|debit|bank)?\s?card(?: number)?|visa|mastercard"),
        ("PASSWORD", r"pass ?(?:word|code|phrase)|pin|otp|security code|cvv|cvc|verification code|one[- ]time"),
        ("EMAIL", r"e-?mail"),
        ("PHONE", r"(?:phone|mobile|cell|telephone|contact|whatsapp)(?: number)?|number (?:can|could|should) (?:i|we) (?:call|reach)"),
        ("ADDRESS", r"(?:(?:shipping|billing|delivery|mailing|home|postal|street) )?address|where do you live|postcode|zip"),
        ("ID", (r"(?:account|policy|claim|order|booking|confirmation|reference|ticket|customer|member(?:ship)?|tracking|reservation)"
               r"(?: (?:number|no|id|code))|policy ?id|claim ?id|pnr")),
        ("NAME", r"names?|who am i (?:speaking|chatting|talking)|username"),
    )
)  # fmt: skip
# No message asks for any of these that holds none of these words, and most hold none.
_CALLED_FOR = frozenset(
    str.split(
        "ssn security insurance card creditcard debitcard bankcard visa mastercard password passcode passphrase pass pin otp code "
        "cvv cvc time email mail phone mobile cell telephone contact whatsapp number address live postcode zip no id policyid "
        "claimid pnr name names who username"
    )
)


def asked_in(question: str) -> str:
    """Return what kind of value a message asks for, as the tagger calls it; nothing where it asks for none.

    The last sentence that asks for one says it: "The order number is on the invoice. What is your e-mail?"
    """
    if _CALLED_FOR.isdisjoint(words_of(question, question.lower())) or _ASKS.search(question) is None:
        return ""
    for sentence in reversed(_SENTENCE.findall(question)):
        if _ASKS.search(sentence) is not None:
            for kind, words in _ASKED:
                if words.search(sentence):
                    return kind
    return ""
