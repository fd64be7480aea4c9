"""Who gets what over the socket, for every person of the cast and every live region. A region without a row fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.alerts.facts import AlertsChanged
from apps.interventions.facts import InterventionsChanged
from apps.live import topics
from apps.routing.facts import HelpChanged
from apps.shared.errors import OutOfScope, Refusal
from supervision.regions import REGIONS
from tests.contracts.test_every_url import CAST, MATRIX, ROLES
from tests.contracts.test_every_url import floor as floor  # the same floor as for the addresses

pytestmark = pytest.mark.django_db
PEOPLE = tuple(name for name in CAST if name != "anon")


@dataclass(frozen=True)
class Row:
    """What the cast gets from one region, in the order of PEOPLE: yes, or - for nothing; and the row of the matrix."""

    action: str
    answers: str
    about: str = ""


#                                                                      asha quentin lena nils mona olu adam
TABLE: dict[str, Row] = {
    "floor.verdict":           Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "floor.shiftline":         Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "floor.sources":           Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "floor.waiting":           Row("conversation.list", "-  -   yes yes yes -   -"),
    "floor.figures":           Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "floor.queues":            Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "floor.people":            Row("agent.live_state", "-   -   yes yes -   -   -"),
    "floor.ai":                Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "ai.now":                  Row("ws.queue_board",   "-   -   yes yes yes yes yes", "ai_agent"),
    "floor.alerts":            Row("ws.alerts",        "-   -   yes yes yes yes yes"),
    "alerts.open":             Row("ws.alerts",        "-   -   yes yes yes yes yes"),
    "alerts.past":             Row("ws.alerts",        "-   -   yes yes yes yes yes"),
    "alerts.one":              Row("ws.alerts",        "-   -   yes -   -   yes yes", "alert"),
    "routing.now":             Row("reroute.apply",    "-   -   yes yes -   yes -"),
    "floor.routing":           Row("reroute.apply",    "-   -   yes yes -   yes -"),
    "floor.done":              Row("intervention.view", "-  -   yes yes yes yes -"),
    "interventions.list":      Row("intervention.view", "-  -   yes yes yes yes -"),
    "interventions.one":       Row("intervention.view", "-  -   yes -   yes yes -", "intervention"),
    "handover.bar":            Row("reroute.apply",    "-   -   yes -   -   -   -", "user"),
    "coaching.sent":           Row("coaching.view",    "-   -   yes -   -   -   -", "user"),
    "ops.volume":              Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "ops.risk":                Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "ops.mix":                 Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "ops.ai":                  Row("ws.queue_board",   "-   -   yes yes yes yes yes"),
    "queue.now":               Row("ws.queue_board",   "-   -   yes -   yes yes yes", "queue"),
    "queue.hour":              Row("ws.queue_board",   "-   -   yes -   yes yes yes", "queue"),
    "queue.waiting":           Row("conversation.list", "-  yes yes -   yes -   -", "queue"),
    "conversations.new":       Row("conversation.list", "yes yes yes yes yes -  -"),
    "notices.bar":             Row("notice.view",      "-   -   -   -   yes -   -"),
    "coaching.bar":            Row("ws.coaching",      "yes -   -   -   -   -   -"),
    "reviews.doubts":          Row("qa_review.decide_dispute", "- - - - yes - -"),
    "reviews.head":            Row("qa_review.create", "-   -   yes -   -   -   -", "user"),
    "reviews.desk":            Row("qa_review.create", "-   -   yes -   -   -   -", "user"),
    "reviews.pace":            Row("qa_review.create", "-   -   yes -   -   -   -", "user"),
    "me.news":                 Row("ws.own_scorecard", "yes -   -   -   -   -   -"),
    "me.queues":               Row("ws.queue_board",   "yes -   -   -   -   -   -"),
    "me.held":                 Row("ws.own_scorecard", "yes -   -   -   -   -   -"),
    "feedback.head":           Row("scorecard.compare_named", "- -  yes -   -   -   -", "user"),
    "feedback.team":           Row("scorecard.compare_named", "- -  yes -   -   -   -", "user"),
    "feedback.mine":           Row("ws.coaching",      "yes -   -   -   -   -   -"),
    "reviews.mine":            Row("qa_review.own",    "yes -   -   -   -   -   -"),
    "welcome.steps":           Row("token.manage",     "-   -   -   -   -   -   yes"),
    "sources.health":          Row("token.manage",     "-   -   -   -   -   -   yes"),
    "health.now":              Row("health.detail",    "-   -   -   -   -   -   yes"),
    "conversation.transcript": Row("transcript.view",  "yes yes yes -   yes -   -", "conversation"),
}  # fmt: skip


def params_of(region: str, floor: dict[str, Any]) -> dict[str, str]:
    """What a page passes to the region: the queue or conversation it is about."""
    about = TABLE[region].about
    return {about: str(floor[about][0])} if about else {}


def gets(viewer: Viewer, region: str, params: dict[str, str], noon: Any) -> str:
    """Ask as the socket asks: the permission first, then the content."""
    found = REGIONS[region]
    try:
        if not found.permitted(viewer, params):
            return "-"
        return "yes" if found.render(viewer, params, noon) else "-"
    except (OutOfScope, Refusal):
        return "-"


def viewer_named(name: str, floor: dict[str, Any]) -> Viewer:
    """Load a person of the cast anew, as the socket does at each send."""
    return viewer_for(User.objects.get(pk=floor[f"viewer:{name}"].user.pk))


def test_every_region_has_its_row() -> None:
    assert set(TABLE) == set(REGIONS)


@pytest.mark.parametrize("region", TABLE)
def test_everybody_gets_what_the_table_says(region: str, floor: dict[str, Any], noon: Any) -> None:
    params = params_of(region, floor)
    got = {name: gets(viewer_named(name, floor), region, params, noon) for name in PEOPLE}
    assert got == dict(zip(PEOPLE, TABLE[region].answers.split(), strict=True))


@pytest.mark.parametrize("region", TABLE)
def test_no_region_opens_what_the_matrix_refuses(region: str) -> None:
    row = TABLE[region]
    for name, answer in zip(PEOPLE, row.answers.split(), strict=True):
        assert answer == "-" or MATRIX[row.action][ROLES[name]] != "-", (region, name)


@pytest.mark.parametrize("region", [name for name, row in TABLE.items() if row.about])
def test_what_a_region_is_about_must_be_named(region: str, floor: dict[str, Any]) -> None:
    for params in ({}, {TABLE[region].about: "none"}):
        with pytest.raises(OutOfScope):
            REGIONS[region].topics(viewer_named("lena", floor), params)


@pytest.mark.parametrize(
    "region",
    [
        name
        for name in TABLE
        if not name.startswith(("reviews.", "coaching.", "feedback.", "me.")) and name != "handover.bar"
    ],
)  # no batch does, or the one of an agent's own keys (tests/console/test_own.py)
def test_every_region_hears_of_a_recorded_batch(
    region: str, floor: dict[str, Any], noon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A region that listens to a topic nobody ever names would stay as it was at its first visit."""
    from apps.interactions.facts import ConversationsChanged

    heard: list[str] = []
    monkeypatch.setattr(topics, "hint", lambda *, topics: heard.extend(topics))
    keys = {name: [UUID(str(floor[name][0]))] for name in ("queue", "person", "conversation")}
    topics.conversations_changed(
        ConversationsChanged(
            conversation_ids=keys["conversation"],
            queue_ids=keys["queue"],
            agent_ids=keys["person"],
            since=noon,
            at=noon,
        ),
        noon,
    )
    # What was recorded is looked at by the rules, which say when alerts changed.
    topics.alerts_changed(AlertsChanged(at=noon), noon)
    # What people do is told by facts of its own.
    topics.routing_changed(HelpChanged(call_id=UUID(int=1), queue_ids=[], at=noon), noon)
    topics.interventions_changed(InterventionsChanged(intervention_ids=[], at=noon), noon)
    wanted = REGIONS[region].topics(viewer_named("adam", floor), params_of(region, floor))
    assert set(wanted) & set(heard)


def test_the_guard_can_fail(floor: dict[str, Any], noon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the viewer's guard open, every region that was refused turns: the table does test it."""
    refused = [
        (region, name)
        for region, row in TABLE.items()
        for name, answer in zip(PEOPLE, row.answers.split(), strict=True)
        # What is one person's stays theirs, whatever anybody is allowed.
        if answer == "-" and row.about != "user"
    ]
    monkeypatch.setattr(Viewer, "allows", lambda self, permission: True)
    monkeypatch.setattr(Viewer, "sees_everything", property(lambda self: True))
    assert len(refused) > 20
    still = [(r, n) for r, n in refused if gets(viewer_named(n, floor), r, params_of(r, floor), noon) == "-"]
    assert still == []
