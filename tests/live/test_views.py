"""A region by HTTP: the same region, the same permission."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.access.viewer import Viewer
from tests.live import regions


@pytest.fixture(autouse=True)
def _regions(settings: Any) -> None:
    settings.LIVE_REGIONS = "tests.live.regions.REGIONS"
    settings.ALLOWED_HOSTS = ["testserver"]
    regions.renders.clear()


def as_person(viewer: Viewer) -> Client:
    client = Client()
    client.force_login(viewer.user)
    return client


def test_a_region_is_one_fragment_that_no_cache_keeps(lena: Viewer) -> None:
    answer = as_person(lena).get("/live/regions/floor.names")
    assert answer.status_code == 200
    assert answer.content.decode() == '<section id="floor-names"><p>Lena</p></section>'
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Rendered-At"].isdigit()


def test_a_region_that_is_not_allowed_says_so_in_plain_text(asha: Viewer) -> None:
    answer = as_person(asha).get("/live/regions/floor.names")
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/plain")
    assert regions.renders == []


def test_unknown_and_out_of_scope_cannot_be_told_apart(lena: Viewer) -> None:
    client = as_person(lena)
    unknown, foreign = client.get("/live/regions/nothing"), client.get("/live/regions/one.thing?key=theirs")
    assert (unknown.status_code, unknown.content) == (foreign.status_code, foreign.content)
    assert unknown.status_code == 404
    assert client.get("/live/regions/one.thing?key=mine").status_code == 200


def test_parameters_have_limits(lena: Viewer) -> None:
    client = as_person(lena)
    assert client.get("/live/regions/floor.names?a=" + "x" * 201).status_code == 400
    assert client.get("/live/regions/floor.names?" + "&".join(f"p{n}=1" for n in range(9))).status_code == 400


def test_a_stranger_is_told_to_sign_in_without_a_page() -> None:
    answer = Client().get("/live/regions/floor.names")
    assert answer.status_code == 401
    assert answer["Content-Type"].startswith("text/plain")


def test_only_reading_is_possible(lena: Viewer) -> None:
    assert as_person(lena).post("/live/regions/floor.names").status_code == 405
