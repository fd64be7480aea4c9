"""The way in: password, second factor, throttles; what each step gives away and what it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.access import credentials, factors, throttle
from apps.access.models import AuditEntry, RecoveryCode, SecondFactor, SignInTry, User
from apps.access.roles import Role
from apps.access.viewer import Viewer
from tests.conftest import person

pytestmark = pytest.mark.django_db
PASSWORD, START = "a-long-password", datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as travelling:
        yield travelling


def give(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    """Give name and password."""
    return client.post(reverse("signin"), {"username": name, "password": password}, **more)


def enrolled(user: User, at: datetime = START - timedelta(days=1)) -> tuple[bytes, list[str]]:
    """Set up a second factor and return its secret and its recovery codes."""
    secret = credentials.begin_second_factor(user=user, at=at)
    return secret, credentials.confirm_second_factor(user=user, code=factors.code_at(secret, at), at=at)


def is_in(client: Client) -> bool:
    """Whether a page of the portal is answered."""
    return client.get(reverse("who_sees_what")).status_code == 200


# The second factor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_from_team_lead_upwards_nobody_gets_in_with_a_password_alone(role: Role, client: Client) -> None:
    """P26. Agents and QA analysts may have a second factor; the others must."""
    person("pat", role)
    answer = give(client, "pat")
    if role in (Role.AGENT, Role.QA):
        assert answer.url == "/"
        assert is_in(client)
    else:
        assert answer.url == reverse("signin_second_factor")
        assert not is_in(client)


def test_a_lead_sets_the_second_factor_up_at_the_first_sign_in_and_is_in(lena: Viewer, client: Client) -> None:
    give(client, "lena")
    page = client.get(reverse("signin_second_factor"))
    secret = credentials.begin_second_factor(user=lena.user, at=START)
    assert 'role="img"' in page.content.decode()
    assert factors.spelled(secret)[:4] in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert client.post(reverse("signin_second_factor"), {"code": "000000"}).status_code == 400
    assert not is_in(client)
    done = client.post(reverse("signin_second_factor"), {"code": factors.code_at(secret, START)})
    assert done.content.decode().count("<li><code>") == 10
    assert is_in(client)
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == [
        "second_factor.set",
        "session.opened",
    ]
    assert bytes(SecondFactor.objects.get().sealed).find(secret) == -1


def test_a_code_lets_in_once(lena: Viewer, client: Client, clock: Any) -> None:
    """Case 79: used twice, it is refused; the next one is right again."""
    secret, _ = enrolled(lena.user)
    code = factors.code_at(secret, START)
    assert give(client, "lena").url == reverse("signin_code")
    assert not is_in(client)
    assert client.post(reverse("signin_code"), {"code": code}).status_code == 302
    assert is_in(client)
    other = Client()
    give(other, "lena")
    assert other.post(reverse("signin_code"), {"code": code}).status_code == 400
    assert not is_in(other)
    clock.shift(timedelta(seconds=30))
    other.post(reverse("signin_code"), {"code": factors.code_at(secret, START + timedelta(seconds=30))})
    assert is_in(other)


def test_a_recovery_code_lets_in_once(lena: Viewer, client: Client) -> None:
    _, codes = enrolled(lena.user)
    give(client, "lena")
    client.post(reverse("signin_code"), {"code": codes[3].upper()})
    assert is_in(client)
    assert credentials.recovery_codes_left(lena.user) == 9
    assert AuditEntry.objects.filter(verb="recovery_code.used").count() == 1
    other = Client()
    give(other, "lena")
    assert other.post(reverse("signin_code"), {"code": codes[3]}).status_code == 400
    assert not is_in(other)
    assert not RecoveryCode.objects.filter(digest__in=codes).exists()


@pytest.mark.parametrize("page", ["signin_code", "signin_second_factor"])
def test_the_second_step_is_nothing_without_the_first(page: str, lena: Viewer, client: Client) -> None:
    enrolled(lena.user)
    assert client.get(reverse(page)).url == reverse("signin")  # type: ignore[attr-defined]
    assert client.post(reverse(page), {"code": "000000"}).url == reverse("signin")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "change", [{"password": "another"}, {"role": "ops"}, {"is_active": False}, {"factor_version": 9}]
)
def test_the_first_step_is_done_again_when_the_account_changed_meanwhile(
    change: dict[str, Any], lena: Viewer, client: Client
) -> None:
    secret, _ = enrolled(lena.user)
    give(client, "lena")
    User.objects.filter(pk=lena.user.pk).update(**change)
    answer: Any = client.post(reverse("signin_code"), {"code": factors.code_at(secret, START)})
    assert answer.url == reverse("signin")


def test_the_first_step_is_forgotten_after_ten_minutes(lena: Viewer, client: Client, clock: Any) -> None:
    secret, _ = enrolled(lena.user)
    give(client, "lena")
    clock.shift(timedelta(minutes=10, seconds=1))
    answer: Any = client.post(reverse("signin_code"), {"code": factors.code_at(secret, START + timedelta(minutes=10))})
    assert answer.url == reverse("signin")


def test_a_password_that_the_operator_sets_anew_does_not_skip_the_second_factor(lena: Viewer, client: Client) -> None:
    """Case 79. There is no link that sets a password; the operator's command is the only way besides one's own page."""
    enrolled(lena.user)
    lena.user.set_password("kettle orbit lantern")
    lena.user.save()
    assert give(client, "lena", "kettle orbit lantern").url == reverse("signin_code")


def test_an_enrolled_person_cannot_be_enrolled_again_by_whoever_has_the_password(lena: Viewer, client: Client) -> None:
    enrolled(lena.user)
    give(client, "lena")
    assert client.get(reverse("signin_second_factor")).url == reverse("signin")  # type: ignore[attr-defined]


def test_the_operator_takes_a_lost_second_factor_away(lena: Viewer, client: Client) -> None:
    enrolled(lena.user)
    with pytest.raises(CommandError, match="no account 'lina'"):
        call_command("reset_second_factor", "lina", stdout=StringIO())
    call_command("reset_second_factor", "lena", stdout=StringIO())
    assert give(client, "lena").url == reverse("signin_second_factor")
    entry = AuditEntry.objects.get(verb="second_factor.reset")
    assert (entry.by, entry.concerns) == (None, [lena.user.pk])


def test_where_second_factors_are_off_the_page_says_so_loudly_and_nobody_is_forced(
    lena: Viewer, client: Client, settings: Any
) -> None:
    assert b"switched off here" not in client.get(reverse("signin")).content
    settings.SECOND_FACTOR = False
    assert b"switched off here" in client.get(reverse("signin")).content
    assert give(client, "lena").url == "/"
    assert is_in(client)
    enrolled(lena.user)  # who has one is asked for it all the same
    assert give(Client(), "lena").url == reverse("signin_code")


def test_the_admin_site_has_no_way_in_of_its_own(adam: Viewer, lena: Viewer, client: Client) -> None:
    """It would ask for a password alone, and know no throttle."""
    User.objects.filter(pk=adam.user.pk).update(is_staff=True, is_superuser=True)
    door: Any = client.post("/admin/login/?next=/admin/", {"username": "adam", "password": PASSWORD})
    assert door.url == "/signin?next=/admin/"
    assert client.get("/admin/").url.startswith("/admin/login/")  # type: ignore[attr-defined]
    client.force_login(lena.user)
    assert client.get("/admin/login/").status_code == 403
    client.force_login(User.objects.get(pk=adam.user.pk))
    assert client.get("/admin/password_change/").url == reverse("account_password")  # type: ignore[attr-defined]


# Keys and addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["quentin", "lena"])
def test_a_session_that_was_there_before_gets_a_new_key(
    name: str, quentin: Viewer, lena: Viewer, client: Client
) -> None:
    """Case 80: a key that somebody else planted is worth nothing after signing in, nor between the two steps."""
    secret, _ = enrolled(lena.user)
    session = client.session
    session["planted"] = True
    session.save()
    keys = [session.session_key]
    client.cookies["sessionid"] = keys[0]
    give(client, name)
    keys.append(client.session.session_key)
    if name == "lena":
        client.post(reverse("signin_code"), {"code": factors.code_at(secret, START)})
        keys.append(client.session.session_key)
    assert is_in(client)
    assert len(set(keys)) == len(keys)
    thief = Client()
    for key in keys[:-1]:
        thief.cookies["sessionid"] = key
        assert not is_in(thief)


@pytest.mark.parametrize(
    "onward", ["//evil.test", "/\\evil.test", "https://evil.test/", "javascript:alert(1)", "\\\\evil"]
)
@pytest.mark.parametrize("name", ["quentin", "lena"])
def test_nobody_is_sent_to_another_place_after_signing_in(
    onward: str, name: str, quentin: Viewer, lena: Viewer, client: Client
) -> None:
    """Case 52, through both steps."""
    secret, _ = enrolled(lena.user)
    answer: Any = client.post(reverse("signin"), {"username": name, "password": PASSWORD, "next": onward})
    if name == "lena":
        answer = client.post(reverse("signin_code"), {"code": factors.code_at(secret, START)})
    assert answer.url == "/"


# Throttles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["quentin", "lena", "nobody-of-this-name", "nu\x00l"])
def test_after_ten_wrong_passwords_an_account_is_not_checked_for_a_quarter_of_an_hour(
    name: str, quentin: Viewer, lena: Viewer, client: Client, clock: Any
) -> None:
    """Case 78, and P26. An account that does not exist answers alike, also when the right password comes."""
    answers = [give(client, name, f"wrong {n}") for n in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    over = give(client, name)
    assert (over.status_code, over["Retry-After"]) == (429, "900")
    assert b"another 15 min" in over.content
    told = AuditEntry.objects.filter(verb="session.refused").count()
    assert give(client, name).status_code == 429
    assert (told, AuditEntry.objects.filter(verb="session.refused").count()) == (int(name in ("quentin", "lena")),) * 2
    clock.shift(timedelta(minutes=15))
    assert give(client, name).status_code == (302 if name in ("quentin", "lena") else 200)
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in SignInTry.objects.values_list("key", flat=True))


def test_a_right_password_before_that_forgets_the_wrong_ones(quentin: Viewer, client: Client) -> None:
    for _ in range(3):
        for n in range(9):
            give(client, "quentin", f"wrong {n}")
        assert give(client, "quentin").status_code == 302
        client.logout()


def test_ten_wrong_codes_are_as_bad_as_ten_wrong_passwords(lena: Viewer, client: Client) -> None:
    secret, _ = enrolled(lena.user)
    give(client, "lena")
    answers = [client.post(reverse("signin_code"), {"code": f"{n:06d}"}).status_code for n in range(11)]
    assert answers == [400] * 10 + [429]
    # Neither the right code nor the right password is looked at now.
    assert client.post(reverse("signin_code"), {"code": factors.code_at(secret, START)}).status_code == 429
    assert give(Client(), "lena").status_code == 429


def spray(address: str, accounts: int, **headers: str) -> list[int]:
    """One wrong password for each of many accounts from one address."""
    client = Client(REMOTE_ADDR=address)
    return [give(client, f"p{n}-{address}", "wrong", **headers).status_code for n in range(accounts)]


def test_a_password_tried_at_a_hundred_accounts_is_throttled_by_address(quentin: Viewer) -> None:
    """Case 78: no account has more than one wrong try, and yet the spray ends; others are not held up."""
    answers = spray("203.0.113.7", 100)
    assert answers == [200] * throttle.MOST_BY_ADDRESS + [429] * (100 - throttle.MOST_BY_ADDRESS)
    assert give(Client(REMOTE_ADDR="203.0.113.7"), "quentin").status_code == 429
    assert give(Client(REMOTE_ADDR="203.0.113.8"), "quentin").status_code == 302


def test_a_forged_forwarded_address_is_no_way_round(quentin: Viewer) -> None:
    """Case 82: nobody is believed who is no named proxy."""
    client = Client(REMOTE_ADDR="203.0.113.7")
    for n in range(throttle.MOST_BY_ADDRESS):
        give(client, f"p{n}", "wrong", headers={"X-Forwarded-For": f"198.51.100.{n}"})
    assert give(client, "quentin", headers={"X-Forwarded-For": "198.51.100.99"}).status_code == 429


def test_a_named_proxy_is_believed_as_far_as_it_wrote_itself(quentin: Viewer, settings: Any) -> None:
    """Case 82: what the client sent stands left of what our proxies added, and does not count."""
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    client = Client(REMOTE_ADDR="10.0.0.1")
    for n in range(throttle.MOST_BY_ADDRESS):
        give(client, f"p{n}", "wrong", headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7, 10.0.0.2"})
    same = {"X-Forwarded-For": "203.0.113.7, 10.0.0.2"}
    assert give(client, "quentin", headers=same).status_code == 429
    other = {"X-Forwarded-For": "203.0.113.7, 203.0.113.9"}
    assert give(client, "quentin", headers=other).status_code == 302


def test_behind_a_proxy_that_nobody_named_an_address_locks_nobody_out(quentin: Viewer, settings: Any) -> None:
    """All would seem to come from the proxy: they are counted by account alone."""
    settings.SERVED_OVER_TLS = True
    assert set(spray("10.0.0.1", 100, secure=True)) == {200}  # type: ignore[arg-type]
    assert give(Client(REMOTE_ADDR="10.0.0.1"), "quentin", secure=True).status_code == 302


def test_all_of_an_ipv6_network_is_one_client(quentin: Viewer) -> None:
    for n in range(throttle.MOST_BY_ADDRESS):
        give(Client(REMOTE_ADDR=f"2001:db8:1:2::{n:x}"), f"p{n}", "wrong")
    assert give(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), "quentin").status_code == 429
    assert give(Client(REMOTE_ADDR="2001:db8:1:3::1"), "quentin").status_code == 302


def test_an_unknown_account_is_answered_like_a_wrong_password(quentin: Viewer, client: Client) -> None:
    """Case 78: the text does not tell who is there; the time does not either, because a hash is made all the same."""
    texts = []
    for name in ("quentin", "nobody", "quentin-off"):
        if name == "quentin-off":
            User.objects.create_user(name, password=PASSWORD, is_active=False)
        page = give(client, name, PASSWORD if name == "quentin-off" else "wrong").content.decode()
        texts.append(page.replace(name, "NAME").split("<main")[1].split("csrfmiddlewaretoken")[0])
    assert len(set(texts)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_no_way_round(quentin: Viewer) -> None:
    """A guess is counted before it is judged, so forty at the same moment are not forty guesses."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def guess(n: int) -> bool:
        try:
            throttle.begin(account="quentin", address=f"198.51.100.{n}", at=START)
        except throttle.TriesUsedUp:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(40))) <= throttle.MOST_BY_ACCOUNT
