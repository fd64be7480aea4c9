"""Each kind of guard, taken away: the table of addresses turns. A guard that nothing here misses is a guard that nothing tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.access.viewer import Viewer, viewer_for
from tests.contracts.layers import ROOT
from tests.contracts.test_every_url import CAST, TABLE, ask
from tests.contracts.test_every_url import _plain_static as _plain_static
from tests.contracts.test_every_url import floor as floor  # one of everything that an address names

pytestmark = pytest.mark.django_db

# Which refused cell turns when a queryset shows everything to everybody.
SCOPES: dict[str, tuple[str, str]] = {
    "interactions.Queue": ("queue", "nils"),
    "interactions.Conversation": ("conversation", "nils"),
    "agents.Agent": ("person", "nils"),
    "alerts.Episode": ("alert", "nils"),
    "reviews.Review": ("review_result", "nils"),
    "reviews.Assignment": ("assignment_replace", "lena"),
    "reviews.Calibration": ("calibration", "lena"),
    "routing.Diversion": ("diversion_back", "nils"),
    "interventions.Intervention": ("intervention", "nils"),
}
# What no status tells: whose rows they are told apart by, on pages that are theirs too.
ROWS = {"agents.Team": "nils", "routing.HelpCall": "adam", "tuning.Proposal": "nils", "interventions.Handover": "olu"}
# Whose rows the floor of addresses has none of: the tests of their own app tell who sees them and who does not.
OF_THEIR_APP = {
    "learning.Exemplar": "learning/test_exemplars.py::test_nobody_but_who_shared_it_and_who_is_asked_sees_it_before_the_answer",
    "learning.ReadingList": "learning/test_lists.py::test_nobody_of_another_team_is_given_it",
    "coaching.Sheet": "coaching/test_feedback.py::test_an_agent_reads_it_once_it_was_held_and_nobody_else_does",
}
# Guards that no address shows by its status: where each was seen red without it.
ELSEWHERE = {
    "the permission of a live part": "contracts/test_every_topic.py::test_the_guard_can_fail",
    "asking again at each live send": "live/test_consumers.py::test_without_asking_again_the_content_would_be_sent",
    "the database's row policy": "interactions/test_reading_role.py::test_the_page_of_a_stranger_is_empty_with_the_other_nets_open",
    "the time a grant was held": "access/test_tenures.py::test_without_the_bounds_the_test_finds_it",
    "the time a person was led": "metrics/test_reach.py::test_without_the_bounds_every_reader_is_found",
    "the scope of an opened value": "interactions/test_disclosures.py::test_the_scope_guard_can_fail",
    "the least size of a group": "metrics/test_small_groups.py::test_without_the_guard_the_small_group_is_shown",
    "what would tell it by subtraction": "metrics/test_small_groups.py::test_without_complementary_suppression_the_four_are_a_difference",
    "the mask": "contracts/test_nothing_unsealed.py::test_the_contract_can_fail",
    "the audit that stays": "access/test_audit.py::test_the_guard_of_the_audit_can_fail",
    "text that stays text": "contracts/test_code_rules.py::test_an_unescaped_template_is_seen_red",
}


def scoped() -> dict[str, type]:
    """Every queryset that knows what a viewer may see, by its model."""
    return {
        model._meta.label: type(model._default_manager.all())
        for model in apps.get_models()
        if hasattr(model._default_manager.all(), "visible_to")
    }


def test_every_scope_has_its_cell() -> None:
    assert set(scoped()) == {*SCOPES, *ROWS, *OF_THEIR_APP}


def test_every_other_guard_was_seen_red() -> None:
    for place in (*ELSEWHERE.values(), *OF_THEIR_APP.values()):
        file, name = place.split("::")
        assert f"def {name}(" in Path(ROOT / "tests" / file).read_text(encoding="utf-8")


def status(client: Client, floor: dict[str, Any], place: str, name: str) -> int:
    client.logout()
    return int(ask(client, floor, place, name).status_code)


def said(place: str, name: str) -> int:
    return int(TABLE[place].statuses.split()[CAST.index(name)])


def test_a_queryset_that_shows_everything_turns_its_cell(
    floor: dict[str, Any], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = {}
    for label, found in scoped().items():
        if label not in SCOPES:
            continue
        place, name = SCOPES[label]
        with monkeypatch.context() as patch:
            patch.setattr(found, "visible_to", lambda self, *_, **__: self)
            if (got := status(client, floor, place, name)) == said(place, name):
                still[label] = got
    assert still == {}


@pytest.mark.parametrize("label", ROWS)
def test_rows_of_others_are_there_for_nobody_else(label: str, floor: dict[str, Any]) -> None:
    """And for those whose they are: an empty answer to everybody would be no guard."""
    model = apps.get_model(label)
    them, lena = (viewer_for(floor[f"viewer:{name}"].user) for name in (ROWS[label], "lena"))
    hers = set(model._default_manager.all().visible_to(lena))
    assert hers - set(model._default_manager.all().visible_to(them))


def without(middleware: str) -> Callable[[pytest.MonkeyPatch], None]:
    def take(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(settings, "MIDDLEWARE", [one for one in settings.MIDDLEWARE if not one.endswith(middleware)])

    return take


def every_permission(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Viewer, "allows", lambda self, permission: True)


def every_scope(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Viewer, "sees_everything", property(lambda self: True))


@pytest.mark.parametrize(("take", "place", "name"), [
    (every_permission, "people", "olu"), (every_permission, "masking", "lena"), (every_scope, "queue", "nils"),
    (every_scope, "person", "nils"), (without("LoginRequiredMiddleware"), "how_i_am_measured", "anon"),
])  # fmt: skip
def test_a_guard_of_all_addresses_turns_its_cell(
    take: Callable[[pytest.MonkeyPatch], None], place: str, name: str, floor: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    assert status(Client(), floor, place, name) == said(place, name)
    take(monkeypatch)
    client = Client(raise_request_exception=False)  # a page for nobody may well break
    assert status(client, floor, place, name) != said(place, name)


def test_a_form_from_elsewhere_passes_without_its_guard(floor: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def sent() -> int:
        client = Client(enforce_csrf_checks=True)
        client.force_login(floor["viewer:lena"].user)
        return int(client.post(reverse("alert_take", args=floor["alert_take"])).status_code)

    assert sent() == 403
    without("CsrfViewMiddleware")(monkeypatch)
    assert sent() == 302
