"""The rail leads only to places that open, for every role."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.console.navigation import lettered
from apps.ui.navigation import NavGroup, NavItem

pytestmark = pytest.mark.django_db
RAIL = re.compile(r'<nav class="l-rail.*?</nav>', re.DOTALL)


@pytest.mark.parametrize("name", ["asha", "quentin", "lena", "mona", "olu", "adam"])
def test_every_place_in_the_rail_opens(
    name: str, client: Client, request: pytest.FixtureRequest, settings: Any
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    client.force_login(request.getfixturevalue(name).user)
    page = client.get("/conversations" if name in ("asha", "quentin") else "/", follow=True).content.decode()
    rail = RAIL.search(page)
    assert rail is not None
    places = re.findall(r'<a href="([^"]+)"', rail[0])
    assert {"/how-i-am-measured", "/who-sees-what"} <= set(places)
    assert ("/audit" in places) == (name != "olu")
    assert {place: client.get(place, follow=True).status_code for place in places} == dict.fromkeys(places, 200)


@pytest.mark.parametrize("name", ["asha", "quentin", "lena", "mona", "olu", "adam"])
@pytest.mark.usefixtures("plain_static")
def test_no_two_places_of_a_rail_have_one_letter(name: str, client: Client, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(name).user)
    page = client.get("/how-i-am-measured").content.decode()
    letters = re.findall(r'data-go="([a-z])"', page)
    assert len(letters) == len(set(letters)) == min(26, page.count('data-palette-href="/'))


def test_a_place_keeps_its_letter_and_who_comes_later_takes_one_of_its_name() -> None:
    one, other, third = (
        NavItem(name.lower(), name, "/", "eye", go) for name, go in (("Alerts", "a"), ("Audit", "a"), ("Uu", "u"))
    )
    (group,) = lettered([NavGroup("", (one, other, third))])
    assert [item.go for item in group.items] == ["a", "d", "u"]
