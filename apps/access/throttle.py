"""How often somebody may be wrong: by account and by address, counted in the database.

A try is written down before it is judged and taken back when it was right, so that many at once are no way round.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils.crypto import salted_hmac

from apps.access.models import SignInTry
from apps.shared.errors import TooOften

WINDOW = timedelta(minutes=15)
KEPT = timedelta(hours=1)
MOST_BY_ACCOUNT = 10
# Many people may stand behind one address: enough for a whole floor with typing slips, too few for a spray.
MOST_BY_ADDRESS = 50


class TriesUsedUp(TooOften):
    """Too many wrong tries for this account or from this address; `seconds` until the next one is judged."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = max(1, -(-seconds // 60))
        super().__init__(
            f"There were too many wrong tries. Nothing is checked for another {minutes} min; then try again, or ask an admin "
            "for help."
        )


def _key(kind: str, name: str) -> str:
    return salted_hmac(f"apps.access.throttle.{kind}", name, algorithm="sha256").hexdigest()[:32]


def _account(name: str) -> str:
    # A name that nobody has counts like any other, so that being throttled tells nothing.
    return _key("account", unicodedata.normalize("NFKC", name).casefold()[:150])


def begin(*, account: str, address: str | None, at: datetime) -> list[int]:
    """Count a try before it is judged and return what `take_back` takes when it was right.

    :raises TriesUsedUp: it is not judged, and not counted either, so that the wait has an end.
    """
    most = {_account(account): MOST_BY_ACCOUNT}
    if address is not None:
        most[_key("address", address)] = MOST_BY_ADDRESS
    SignInTry.objects.filter(at__lt=at - KEPT).delete()
    made = SignInTry.objects.bulk_create(SignInTry(key=key, at=at) for key in most)
    counted = SignInTry.objects.filter(key__in=most, at__gt=at - WINDOW).values("key").annotate(
        n=Count("pk"), first=Min("at")
    )  # fmt: skip
    over = [row["first"] for row in counted if row["n"] > most[row["key"]]]
    if over:
        take_back([one.pk for one in made])
        raise TriesUsedUp(max(1, round((max(over) + WINDOW - at).total_seconds())))
    return [one.pk for one in made]


def take_back(tries: Sequence[int]) -> None:
    """A try was right, or was not judged: it counts no longer."""
    SignInTry.objects.filter(pk__in=tries).delete()


def forgive(*, account: str) -> None:
    """Somebody is in: the account's wrong tries before that are forgotten; those of the address are not."""
    SignInTry.objects.filter(key=_account(account)).delete()
