"""A field among many values, asked about with one parameter."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agents.models import Agent, Team

pytestmark = pytest.mark.django_db


def test_any_of_some_keys_finds_their_rows_and_binds_one_array() -> None:
    ours, theirs = (Team.objects.create(name=name) for name in ("Ours", "Theirs"))
    made = [Agent.objects.create(name=name, kind="human", team=team) for name, team in (("A", ours), ("B", theirs))]
    with CaptureQueriesContext(connection) as seen:
        assert list(Agent.objects.filter(team__any=frozenset([ours.pk]))) == made[:1]
    assert f"= ANY('{{{ours.pk}}}')" in seen[0]["sql"]
    keys = [one.pk for one in made]
    assert list(Agent.objects.filter(pk__any=keys).order_by("name")) == made


def test_any_of_no_keys_finds_no_rows() -> None:
    Team.objects.create(name="Ours")
    assert list(Team.objects.filter(pk__any=frozenset())) == []
    assert Team.objects.exclude(pk__any=[]).count() == 1
