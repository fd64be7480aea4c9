"""How long a session lasts, what ends it, and what a change of one's own sign-in does to the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from apps.access import credentials, factors
from apps.access.models import AuditEntry, SecondFactor, User
from apps.access.viewer import Viewer
from tests.access.test_sign_in import PASSWORD, START, enrolled, give, is_in

pytestmark = pytest.mark.django_db
NEW = "kettle orbit lantern moss"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as travelling:
        yield travelling


def ends_at() -> datetime:
    return Session.objects.get().expire_date


def test_half_an_hour_in_which_nobody_does_anything_ends_a_session(quentin: Viewer, client: Client, clock: Any) -> None:
    """Case 81. The end lies in the session itself, which the socket asks every two seconds."""
    give(client, "quentin")
    assert ends_at() == START + timedelta(minutes=30)
    clock.shift(timedelta(minutes=29))
    assert is_in(client)
    clock.shift(timedelta(minutes=29))
    assert is_in(client)
    assert ends_at() == START + timedelta(minutes=88)
    clock.shift(timedelta(minutes=30))
    assert not is_in(client)


def test_twelve_hours_end_a_session_whatever_somebody_does(quentin: Viewer, client: Client, clock: Any) -> None:
    """Case 81."""
    give(client, "quentin")
    for _ in range(35):
        clock.shift(timedelta(minutes=20))
        assert is_in(client)
    assert ends_at() == START + timedelta(hours=12)
    clock.shift(timedelta(minutes=20))
    assert not is_in(client)


def test_a_page_that_renews_itself_is_nobody_being_there(lena: Viewer, client: Client, clock: Any) -> None:
    """The floor asks for its parts for hours on a screen that nobody looks at."""
    client.force_login(lena.user)
    assert is_in(client)
    for _ in range(3):
        clock.shift(timedelta(minutes=9))
        assert client.get(reverse("region", args=["floor.figures"])).status_code == 200
    assert ends_at() == START + timedelta(minutes=30)
    assert client.post(reverse("here")).status_code == 204
    assert ends_at() == START + timedelta(minutes=57)


def test_the_end_is_written_once_a_minute_at_most(lena: Viewer, client: Client, clock: Any) -> None:
    client.force_login(lena.user)
    is_in(client)
    clock.shift(timedelta(seconds=59))
    is_in(client)
    assert ends_at() == START + timedelta(minutes=30)
    clock.shift(timedelta(seconds=1))
    is_in(client)
    assert ends_at() == START + timedelta(minutes=31)


def test_a_session_that_nobody_uses_after_the_sign_in_ends_too(quentin: Viewer, client: Client) -> None:
    give(client, "quentin")
    assert client.cookies["sessionid"]["max-age"] == 1800


# What ends the others -------------------------------------------------------------------------------------------------


@pytest.fixture
def two(quentin: Viewer) -> tuple[Client, Client]:
    """One person in two browsers."""
    here, there = Client(), Client()
    for browser in (here, there):
        give(browser, "quentin")
        assert is_in(browser)
    return here, there


def test_another_password_ends_the_other_sessions(two: tuple[Client, Client], quentin: Viewer) -> None:
    """Case 59, and P25: the browser in which it was changed goes on, under a new key."""
    here, there = two
    key = here.session.session_key
    form = {"new_password": NEW, "again": NEW, "current_password": PASSWORD}
    assert here.post(reverse("account_password"), form).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert here.session.session_key != key
    assert User.objects.get(pk=quentin.user.pk).check_password(NEW)
    assert AuditEntry.objects.filter(verb="password.changed", by=quentin.user).count() == 1


def test_a_second_factor_ends_the_other_sessions(two: tuple[Client, Client], quentin: Viewer) -> None:
    """Case 59, and P25: setting it up, replacing it, and new recovery codes."""
    here, there = two
    here.get(reverse("account_second_factor"))
    secret = credentials.begin_second_factor(user=quentin.user, at=START)
    form = {"code": factors.code_at(secret, START), "current_password": PASSWORD}
    assert b"Keep these recovery codes" in here.post(reverse("account_second_factor"), form).content
    assert (is_in(here), is_in(there)) == (True, False)


def test_recovery_codes_made_anew_end_the_other_sessions_and_the_old_codes(quentin: Viewer, clock: Any) -> None:
    secret, old = enrolled(quentin.user)
    here, there = Client(), Client()
    for browser, code in ((here, factors.code_at(secret, START)), (there, old[0])):
        give(browser, "quentin")
        browser.post(reverse("signin_code"), {"code": code})
        assert is_in(browser)
    form = {"current_password": PASSWORD, "current_code": old[1]}
    page = here.post(reverse("account_recovery_codes"), form)
    assert b"Keep these recovery codes" in page.content
    assert (is_in(here), is_in(there)) == (True, False)
    give(there, "quentin")
    assert there.post(reverse("signin_code"), {"code": old[2]}).status_code == 400


def test_asking_for_second_factors_ends_sessions_that_had_none(lena: Viewer, client: Client, settings: Any) -> None:
    settings.SECOND_FACTOR = False
    give(client, "lena")
    assert is_in(client)
    settings.SECOND_FACTOR = True
    assert not is_in(client)


# One's own page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "field"),
    [({"current_password": "wrong"}, "This is not your password"), ({"new_password": "short"}, "too short"),
     ({"new_password": "Password2026!"}, "first that are tried"), ({"again": "other words entirely"}, "The two differ"),
     ({"new_password": PASSWORD, "again": PASSWORD}, "present password"), ({"new_password": ""}, "Type a new password")],
)  # fmt: skip
def test_a_password_is_changed_with_the_old_one_to_a_good_one(
    said: dict[str, str], field: str, quentin: Viewer, client: Client
) -> None:
    client.force_login(quentin.user)
    form = {"new_password": NEW, "again": NEW, "current_password": PASSWORD, **said}
    answer = client.post(reverse("account_password"), form)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert User.objects.get(pk=quentin.user.pk).check_password(PASSWORD)


def test_with_a_second_factor_a_code_is_needed_too(quentin: Viewer, client: Client) -> None:
    secret, _ = enrolled(quentin.user)
    client.force_login(quentin.user)
    form = {"new_password": NEW, "again": NEW, "current_password": PASSWORD}
    assert client.post(reverse("account_password"), form).status_code == 400
    form["current_code"] = factors.code_at(secret, START)
    assert client.post(reverse("account_password"), form).status_code == 302


def test_a_stolen_session_cannot_take_another_telephone(quentin: Viewer, client: Client, clock: Any) -> None:
    """Without the password and a code of the old app the second factor stays, and the guesses are counted."""
    enrolled(quentin.user)
    client.force_login(quentin.user)
    client.get(reverse("account_second_factor"))
    begun = credentials.begin_second_factor(user=quentin.user, at=START)
    code = factors.code_at(begun, START)
    for form in ({"code": code}, {"code": code, "current_password": PASSWORD},
                 {"code": code, "current_password": PASSWORD, "current_code": code}):  # fmt: skip
        assert client.post(reverse("account_second_factor"), form).status_code == 400
    before = SecondFactor.objects.exclude(confirmed_at=None).get()
    answers = [
        client.post(reverse("account_second_factor"), {"code": code, "current_password": f"wrong {n}"}).status_code
        for n in range(9)
    ]
    assert answers[-1] == 429
    assert SecondFactor.objects.exclude(confirmed_at=None).get() == before


def test_the_page_says_how_one_signs_in(quentin: Viewer, lena: Viewer, client: Client) -> None:
    client.force_login(quentin.user)
    assert b"your password alone lets you in" in client.get(reverse("account")).content
    enrolled(quentin.user)
    client.force_login(User.objects.get(pk=quentin.user.pk))
    assert b"10 of 10 are left" in client.get(reverse("account")).content
    client.force_login(lena.user)
    assert b"Your role needs one" in client.get(reverse("account")).content


def test_a_secret_that_was_shown_and_not_confirmed_is_replaced(quentin: Viewer, clock: Any) -> None:
    first = credentials.begin_second_factor(user=quentin.user, at=START)
    assert credentials.begin_second_factor(user=quentin.user, at=START + timedelta(minutes=14)) == first
    assert credentials.begin_second_factor(user=quentin.user, at=datetime(2026, 11, 24, 12, 16, tzinfo=UTC)) != first
