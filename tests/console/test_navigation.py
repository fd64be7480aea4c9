"""The rail leads only to places that open, for every role."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

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
