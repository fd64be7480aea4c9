"""The pages on which admins carry out what customers ask for: found by POST, asked, confirmed again with the password."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access import factors, retention
from apps.access.models import AuditEntry, User
from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.interactions.models import CustomerRequest, Hold
from tests.access.test_sign_in import PASSWORD, enrolled
from tests.conftest import person
from tests.interactions.test_privacy import HERS, REASON, found_of_hers, greta, settle
from tests.interactions.test_privacy import floor as floor  # Greta and Otto, who wrote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


@pytest.fixture(autouse=True)
def clock(noon: datetime) -> Any:
    with time_machine.travel(noon, tick=False) as travelling:
        yield travelling


def browser(viewer: Viewer) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    client.force_login(User.objects.get(pk=viewer.user.pk))
    return client


@pytest.fixture
def first(adam: Viewer, floor: datetime) -> Client:
    return browser(adam)


@pytest.fixture
def second(floor: datetime) -> Client:
    return browser(person("eve", Role.ADMIN))


def asked(client: Client, step: str, reason: str = REASON) -> Any:
    return client.post(reverse("customer_data", args=[greta()]), {"step": step, "reason": reason})


def test_a_customer_is_found_and_nothing_of_them_is_shown(first: Client) -> None:
    page = first.post(reverse("privacy"), {"way": "email", "value": "greta@example.test"})
    text = html.unescape(page.content.decode())
    assert reverse("customer_data", args=[greta()]) in text
    assert not any(word in text for word in HERS)
    nobody = first.post(reverse("privacy"), {"way": "email", "value": "<b>x</b>"}).content.decode()
    assert "Nobody is known by that" in nobody
    assert "<b>x" not in nobody
    assert AuditEntry.objects.filter(verb="customer.sought").count() == 2


@pytest.mark.parametrize("given", [{"way": "email"}, {"way": "shoe", "value": "x"}, {"way": "id", "value": "c-1"}, {}])
def test_a_search_that_cannot_be_made_is_400(first: Client, given: dict[str, str]) -> None:
    assert first.post(reverse("privacy"), given).status_code == 400
    assert not AuditEntry.objects.filter(verb="customer.sought").exists()


def test_two_admins_erase_a_customer(first: Client, second: Client, floor: datetime) -> None:
    answer = asked(first, "erase")
    assert answer.status_code == 302
    path = answer.url
    mine, other = (html.unescape(one.get(path).content.decode()) for one in (first, second))
    assert "Erase it" not in mine
    assert "Another admin" in mine or "another admin" in mine
    assert "Erase it" in other
    assert not any(word in mine + other for word in HERS)
    assert first.post(path, {"step": "confirm", "current_password": PASSWORD}).status_code == 403
    assert second.post(path, {"step": "confirm", "current_password": "wrong"}).status_code == 400
    assert second.post(path, {"step": "confirm"}).status_code == 400
    assert CustomerRequest.objects.get().confirmed_at is None
    assert second.post(path, {"step": "confirm", "current_password": PASSWORD}).status_code == 302
    settle(floor)
    assert found_of_hers() == set()
    assert "erased everywhere" in second.get(path).content.decode()
    assert second.get(reverse("customer_data", args=[CustomerRequest.objects.get().customer_id])).status_code == 404


def test_nothing_is_confirmed_without_a_code_where_there_is_a_second_factor(first: Client, second: Client) -> None:
    secret, _ = enrolled(User.objects.get(username="eve"))
    path = asked(first, "erase").url
    form = {"step": "confirm", "current_password": PASSWORD}
    assert second.post(path, form).status_code in (302, 400)
    eve = browser(Viewer(User.objects.get(username="eve"), Role.ADMIN))
    assert eve.post(path, {**form, "current_code": "000000"}).status_code == 400
    assert CustomerRequest.objects.get().confirmed_at is None
    code = factors.code_at(secret, timezone.now())
    assert eve.post(path, {**form, "current_code": code}).status_code == 302
    assert CustomerRequest.objects.get().confirmed_at is not None


def test_guesses_at_the_password_are_counted_here_too(first: Client, second: Client) -> None:
    path = asked(first, "erase").url
    answers = [second.post(path, {"step": "confirm", "current_password": f"wrong {n}"}).status_code for n in range(11)]
    assert answers == [400] * 10 + [429]
    assert second.post(path, {"step": "confirm", "current_password": PASSWORD}).status_code == 429
    assert CustomerRequest.objects.get().confirmed_at is None


def test_the_copy_is_a_file_once(first: Client, second: Client, clock: Any) -> None:
    """Case 24: the second time, for another, and after an hour."""
    path = asked(first, "copy").url
    pk = CustomerRequest.objects.get().pk
    copy = reverse("customer_copy", args=[pk])
    assert first.post(copy).status_code == 409
    second.post(path, {"step": "confirm", "current_password": PASSWORD})
    assert "Take the file" in first.get(path).content.decode()
    assert "Take the file" not in second.get(path).content.decode()
    assert second.post(copy).status_code == 404
    assert first.get(copy).status_code == 405
    file = first.post(copy)
    assert file.status_code == 200
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "no-store"
    assert all(word in file.content.decode() for word in HERS)
    assert json.loads(file.content)["source"] == "shop"
    assert first.post(copy).status_code == 410
    assert "Take the file" not in first.get(path).content.decode()


def test_a_copy_that_nobody_takes_is_gone_after_an_hour(first: Client, second: Client, clock: Any) -> None:
    path = asked(first, "copy").url
    second.post(path, {"step": "confirm", "current_password": PASSWORD})
    clock.shift(timedelta(minutes=29))  # twice: a session lasts half an hour without somebody
    first.get(path)
    clock.shift(timedelta(minutes=29))
    first.get(path)
    clock.shift(timedelta(minutes=3))
    assert first.post(reverse("customer_copy", args=[CustomerRequest.objects.get().pk])).status_code == 410
    assert CustomerRequest.objects.get().done_at is None


@pytest.mark.parametrize(("step", "reason", "said"), [
    ("erase", "because", "10 characters"), ("copy", "", "10 characters"), ("hold", "x", "10 characters"),
])  # fmt: skip
def test_a_refusal_stands_on_the_page(first: Client, step: str, reason: str, said: str) -> None:
    page = asked(first, step, reason)
    assert page.status_code == 400
    assert said in page.content.decode()
    assert not CustomerRequest.objects.exists()
    assert not Hold.objects.exists()


def test_a_hold_is_placed_lifted_and_stands_on_the_page(first: Client) -> None:
    asked(first, "hold", "A court asks for it")
    assert "A court asks for it" in first.get(reverse("privacy")).content.decode()
    assert "legal hold" in asked(first, "erase").content.decode().casefold()
    asked(first, "lift")
    assert not Hold.objects.filter(lifted_at=None).exists()
    assert asked(first, "erase").status_code == 302


def test_a_request_is_turned_down(first: Client, second: Client) -> None:
    path = asked(first, "erase").url
    assert second.post(path, {"step": "withdraw"}).status_code == 302
    assert "withdrawn" in first.get(path).content.decode()
    assert second.post(path, {"step": "confirm", "current_password": PASSWORD}).status_code == 409


# How long data is kept


def looked_at(client: Client, **other: int) -> tuple[Any, str]:
    days = {**retention.current(), **other}
    page = client.post(reverse("retention"), {"base": retention.version(), **days})
    found = re.search(r'name="looked_at" value="([^"]+)"', page.content.decode())
    return page, html.unescape(found[1]) if found else ""


def test_days_are_looked_at_confirmed_and_then_hold(first: Client) -> None:
    page, said = looked_at(first, messages=200)
    assert "<b>200 days</b>" in page.content.decode()
    assert retention.current()["messages"] == 400
    form = {"looked_at": said}
    assert first.post(reverse("retention"), {**form, "current_password": "wrong"}).status_code == 400
    assert first.post(reverse("retention"), form).status_code == 400
    assert retention.current()["messages"] == 400
    assert first.post(reverse("retention"), {**form, "current_password": PASSWORD}).status_code == 302
    assert retention.current()["messages"] == 200
    assert "messages: 400 → 200 days" in first.get(reverse("retention")).content.decode()


def test_what_would_go_is_counted_before(first: Client, clock: Any, noon: datetime) -> None:
    """Twenty days later a table of ten days lets a day of messages go, and the values in it."""
    clock.move_to(noon + timedelta(days=20))
    client = browser(Viewer(User.objects.get(username="adam"), Role.ADMIN))
    page, _ = looked_at(client, messages=10, originals=10, deliveries=7)
    text = page.content.decode()
    goes = re.search(r"lets go (\d+) days of messages, (\d+) days of events and (\d+) values", text)
    assert goes is not None
    assert int(goes[1]) >= 1
    assert int(goes[3]) > 10


@pytest.mark.parametrize(
    "bad", [{"originals": 500}, {"messages": 0}, {"events": "many"}, {"samples": ""}, {"base": "x"}]
)
def test_a_table_that_cannot_hold_is_not_even_looked_at(first: Client, bad: dict[str, Any]) -> None:
    page = first.post(reverse("retention"), {"base": 0, **retention.current(), **bad})
    assert page.status_code == 400
    assert 'name="looked_at"' not in page.content.decode()


def test_only_what_was_looked_at_is_saved(first: Client) -> None:
    for forged in ("", "x", "{}"):
        assert first.post(reverse("retention"), {"looked_at": forged, "current_password": PASSWORD}).status_code == 400
    assert retention.version() == 0
