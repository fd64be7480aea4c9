"""What a customer's last words say of an AI agent's answer."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.metrics.thanks import AFFIRMS, DOUBTS, THANKS, in_sql

SOLVED = [
    "That worked!", "it works now", "Perfect, thank you", "This helped a lot", "Great, problem solved", "All sorted, cheers",
    "That's exactly what I needed", "Yes, thanks, my issue is fixed",
]  # fmt: skip
THANKED = ["Thanks", "ok thank you so much", "Cheers, bye"]
ASKS = [
    "Thanks, but it still fails", "That worked? I see nothing", "It has not worked", "It didn't help", "Thank you, how long will it take",
    "I want my money back", "this is not what I needed", "ok", "",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "affirms", "thanks"),
    [
        *((one, True, None) for one in SOLVED),
        *((one, False, True) for one in THANKED),
        *((one, False, False) for one in ASKS),
    ],
)
def test_last_words_affirm_or_thank_or_ask_for_more(text: str, affirms: bool, thanks: bool | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %(t)s ~* %(a)s AND %(t)s !~* %(d)s, %(t)s ~* %(k)s AND %(t)s !~* %(d)s",
            {"t": text, "a": in_sql(AFFIRMS), "k": in_sql(THANKS), "d": in_sql(DOUBTS)},
        )
        found = cursor.fetchone()
    assert found[0] is affirms
    assert thanks is None or found[1] is thanks
