"""Rules that people change: who may, what a sentence says, what becomes of the alerts that are open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.alerts import rulebook, scoping, services, thresholds
from apps.alerts.models import Episode, Rule, RuleVersion
from apps.alerts.pack import PACK
from apps.alerts.setup import BLANKS
from apps.alerts.thresholds import WATCHED, RuleRefused
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed, OutOfScope
from tests.alerts.conftest import rule
from tests.console.floors import waiting

pytestmark = pytest.mark.django_db


def blanks(by: Viewer, **values: Any) -> dict[str, Any]:
    """A sentence about a queue length, as its form sends it."""
    return {
        "name": "The queue is long", "scope_kind": "", "scope_key": "", "limit": "2", "change": "", "side": "", "sensitivity": "",
        "wait": "", "keep": "0", "leave": "100", "least_n": "", "minutes": "", "severity": "warning", "action": "open_queue",
        "owner": by.user.pk, **values,
    }  # fmt: skip


def saved(
    by: Viewer, at: datetime, *, of: Rule | None = None, watch: str = "queue_length", **values: Any
) -> RuleVersion:
    return services.save_rule(by=by, rule=of, watch=watch, blanks=blanks(by, **values), at=at)


def test_every_rule_of_the_pack_is_a_sentence_that_reads_back_as_it_was(noon: datetime) -> None:
    services.seed(at=noon)
    for version in RuleVersion.objects.all():
        watched, told = thresholds.watched_of(version), thresholds.blanks_of(version)
        everything = {**blanks_empty(), **told}
        assert thresholds.read_params(watched, everything) == version.params, version.name
        assert thresholds.read_seconds("wait", told["wait"]) == version.wait_seconds
        assert thresholds.sentence(version, "any queue").startswith("Alert when ")
    assert Rule.objects.count() == len(PACK)


def blanks_empty() -> dict[str, str]:
    return dict.fromkeys(("limit", "change", "side", "sensitivity", "wait", "keep", "leave", "least_n", "minutes"), "")


@pytest.mark.parametrize(
    ("watch", "values", "expected"),
    [
        ("queue_length", {"limit": "12", "wait": "3 min", "leave": "80"}, "the queue length of any queue is over 12 for 3 min"),
        ("longest_wait", {"limit": "3x", "leave": "80"}, "the longest wait of any queue is over 3 times what the queue promises"),
        ("first_reply_time_p90", {"limit": "90s", "wait": "2 min", "least_n": "10", "minutes": "30 min"},
         "first reply p90 of any queue is over 90s for 2 min, over 30 min, at least 10 replies"),
        ("containment", {"change": "40", "side": "drops", "sensitivity": "usual"},
         "AI containment of any queue drops by 40 % against its usual share"),
        ("asked", {"limit": "90s"}, "a customer of any queue asked for a person and nobody came within 90s"),
        ("promise", {"limit": "2.5x", "minutes": "30 min", "least_n": "10"},
         ("the promise of first replies in any queue is missed 2.5 times as often as its goal allows, over 30 min and the last 5 min, "
          "at least 10 customers")),
        ("loop", {"least_n": "2"}, "an AI agent says the same again 2 times in a conversation of any queue"),
        ("unsure", {"limit": "0.4", "least_n": "3"}, "an AI agent is under 0.40 sure 3 times in a row in a conversation of any queue"),
        ("unsafe", {}, "a reply in any queue holds words or phrases that replies must not hold"),
    ],
)  # fmt: skip
def test_a_rule_says_what_was_written(
    watch: str, values: dict[str, str], expected: str, adam: Viewer, noon: datetime
) -> None:
    made = saved(adam, noon, watch=watch, action=WATCHED[watch].action, **values)
    assert thresholds.sentence(made, scoping.scope_names([made])[made.pk]) == f"Alert when {expected}"


@pytest.mark.parametrize(
    ("watch", "values", "about"),
    [
        ("queue_length", {"limit": "many"}, "limit"), ("queue_length", {"limit": "0"}, "limit"),
        ("queue_length", {"limit": "-3"}, "limit"), ("queue_length", {"limit": "1e999"}, "limit"),
        ("longest_wait", {"limit": "12 apples"}, "limit"), ("longest_wait", {"limit": "0x"}, "limit"),
        ("queue_length", {"wait": "5 days"}, "wait"), ("queue_length", {"leave": "0"}, "leave"),
        ("queue_length", {"owner": None}, "owner"), ("queue_length", {"owner": 999_999}, "owner"),
        ("queue_length", {"action": ""}, "action"), ("queue_length", {"scope_kind": "queue", "scope_key": "x"}, "scope"),
        ("queue_length", {"scope_kind": "team", "scope_key": "77"}, "scope"), ("queue_length", {"scope_kind": "x"}, "scope"),
        ("first_reply_time_p90", {"limit": "90s", "least_n": "0", "minutes": "30 min"}, "least_n"),
        ("first_reply_time_p90", {"limit": "90s", "least_n": "10", "minutes": "1 min"}, "minutes"),
        ("containment", {"change": "0", "side": "drops", "sensitivity": "usual"}, "change"),
        ("containment", {"change": "95", "side": "drops", "sensitivity": "usual"}, "change"),
        ("mood", {"limit": "0.5", "least_n": "8"}, "limit"), ("overdue", {"limit": "90s"}, "limit"),
        ("promise", {"limit": "90s", "minutes": "30 min", "least_n": "10"}, "limit"),
        ("promise", {"limit": "2x", "minutes": "45 min", "least_n": "10"}, "minutes"),
        ("unsure", {"limit": "1.5", "least_n": "3"}, "limit"), ("loop", {"least_n": "0"}, "least_n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_its_blank(
    watch: str, values: dict[str, Any], about: str, adam: Viewer, noon: datetime
) -> None:
    with pytest.raises(RuleRefused) as refused:
        saved(adam, noon, watch=watch, **values)
    assert refused.value.about == about
    assert not Rule.objects.exists()


def test_admins_change_every_rule_and_quality_its_own(
    billing: Queue, noon: datetime, adam: Viewer, mona: Viewer, lena: Viewer, olu: Viewer, asha: Viewer
) -> None:
    floor, quality = rule("queue-length"), rule("containment", is_quality=True, reader="share", params={
        "measure": "containment", "shift": -0.4, "unit": "share"})  # fmt: skip
    drops = {"watch": "containment", "change": "30", "side": "drops", "sensitivity": "usual", "action": "open_worst"}
    for viewer in (lena, olu, asha):
        for one in (floor, quality):
            with pytest.raises(NotAllowed):
                saved(viewer, noon, of=one)
            with pytest.raises(NotAllowed):
                services.switch_rule(by=viewer, rule=one, is_on=False, at=noon)
    with pytest.raises(NotAllowed, match="about quality"):
        saved(mona, noon, of=floor)
    assert saved(mona, noon, of=quality, **drops).n == 2
    assert saved(adam, noon, of=quality, **{**drops, "change": "35"}).n == 3
    assert RuleVersion.objects.filter(rule=floor).count() == 1
    with pytest.raises(OutOfScope):  # there is one rule about silent sources
        saved(adam, noon, watch="source")


def test_a_version_is_never_changed_and_saving_the_same_adds_none(noon: datetime, adam: Viewer) -> None:
    first = saved(adam, noon)
    assert saved(adam, noon, of=first.rule) == first
    second = saved(adam, noon, of=first.rule, limit="3")
    assert (first.rule_id, second.n) == (second.rule_id, 2)
    assert RuleVersion.objects.get(pk=first.pk).params["enter"] == 2.0
    assert [one.verb for one in AuditEntry.objects.order_by("pk")] == ["rule.saved", "rule.saved"]


def test_a_release_leaves_a_rule_that_a_person_changed(noon: datetime, adam: Viewer) -> None:
    services.seed(at=noon)
    length = Rule.objects.get(key="queue-length")
    saved(adam, noon, of=length, limit="99")
    assert services.seed(at=noon + timedelta(days=1)) == 0
    assert length.versions.order_by("-n")[0].params["enter"] == 99.0


def long_queue(billing: Queue, noon: datetime, by: Viewer, n: int = 3, **values: Any) -> tuple[Rule, Episode]:
    made = saved(by, noon, **values)
    for one in range(n):
        waiting(billing, noon, 60 + one)
    services.watch(at=noon)
    return made.rule, Episode.objects.get()


def test_another_condition_ends_the_open_alert_as_updated_and_the_new_version_opens_its_own(
    billing: Queue, noon: datetime, adam: Viewer
) -> None:
    made, before = long_queue(billing, noon, adam, n=4)
    saved(adam, noon + timedelta(seconds=1), of=made, limit="3")
    before.refresh_from_db()
    assert (before.stage, before.reason, before.version.n) == ("resolved", "updated", 1)
    services.watch(at=noon + timedelta(seconds=2))
    # Within half an hour it is the same story: the card goes on under the new version.
    again = Episode.objects.get()
    assert (again.stage, again.version.n, again.times) == ("open", 2, 2)


def test_a_longer_wait_sends_what_has_not_waited_so_long_back(billing: Queue, noon: datetime, adam: Viewer) -> None:
    made, _ = long_queue(billing, noon, adam)
    saved(adam, noon + timedelta(seconds=10), of=made, wait="5 min")
    one = Episode.objects.get()
    assert (one.stage, one.reason) == ("resolved", "updated")
    for seconds in range(20, 300, 20):
        services.watch(at=noon + timedelta(seconds=seconds))
        assert Episode.objects.get().stage == "resolved"
    services.watch(at=noon + timedelta(minutes=5))
    assert Episode.objects.get().stage == "open"


def test_another_name_or_owner_leaves_the_alert_open(billing: Queue, noon: datetime, adam: Viewer, olu: Viewer) -> None:
    made, _ = long_queue(billing, noon, adam)
    saved(adam, noon + timedelta(seconds=1), of=made, name="Too long", owner=olu.user.pk)
    services.watch(at=noon + timedelta(seconds=2))
    assert Episode.objects.get().stage == "open"


def test_switched_off_its_alerts_are_over_at_once_and_nothing_new_begins(
    billing: Queue, noon: datetime, adam: Viewer
) -> None:
    made, _ = long_queue(billing, noon, adam)
    services.switch_rule(by=adam, rule=made, is_on=False, at=noon + timedelta(seconds=1))
    one = Episode.objects.get()
    assert (one.stage, one.reason) == ("resolved", "paused")
    services.watch(at=noon + timedelta(seconds=10))
    assert Episode.objects.get().stage == "resolved"
    services.switch_rule(by=adam, rule=made, is_on=True, at=noon + timedelta(minutes=40))
    services.watch(at=noon + timedelta(minutes=40, seconds=10))
    services.watch(at=noon + timedelta(minutes=41, seconds=10))
    assert Episode.objects.filter(stage="open").count() == 1


def test_limits_of_its_own_need_a_place(billing: Queue, noon: datetime, adam: Viewer) -> None:
    general = rule()
    with pytest.raises(RuleRefused, match="Say where"):
        services.save_rule(by=adam, rule=None, watch="queue_length", blanks=blanks(adam), general=general, at=noon)
    made = services.save_rule(
        by=adam, rule=None, watch="queue_length", general=general, at=noon,
        blanks=blanks(adam, scope_kind="queue", scope_key=str(billing.pk), limit="20"),
    )  # fmt: skip
    assert made.rule.instead_of == general


def test_the_list_says_how_each_rule_fared(
    billing: Queue, noon: datetime, adam: Viewer, lena: Viewer, asha: Viewer
) -> None:
    made, _ = long_queue(billing, noon, adam)
    share = rule("share", reader="share", params={"measure": "containment", "shift": -0.4, "unit": "share"})
    told = {one.rule.pk: one for one in rulebook.lines(viewer=lena, at=noon + timedelta(minutes=1))}
    assert (told[made.pk].fired, told[made.pk].last_at, told[made.pk].may_edit) == (1, noon, False)
    assert (told[share.pk].fired, told[share.pk].is_learning) == (0, True)
    with pytest.raises(NotAllowed):
        rulebook.lines(viewer=asha, at=noon)


# ---- pages


@pytest.fixture
def page(client: Client, plain_static: None) -> Client:
    return client


def test_an_admin_changes_a_sentence_and_reads_what_the_past_says(
    page: Client, billing: Queue, noon: datetime, adam: Viewer
) -> None:
    made = saved(adam, noon).rule
    page.force_login(adam.user)
    shown = page.get(reverse("threshold", args=[made.pk])).content.decode()
    assert "Nothing is stored yet" in shown
    sent = {name: value for name, value in blanks(adam).items() if not name.startswith("scope_")} | {
        "scope": f"queue:{billing.pk}",
        "limit": "7",
    }
    assert page.post(reverse("threshold", args=[made.pk]), sent).status_code == 302
    newest = made.versions.order_by("-n")[0]
    assert (newest.n, newest.params["enter"], newest.scope_key) == (2, 7.0, str(billing.pk))
    refused = page.post(reverse("threshold", args=[made.pk]), {**sent, "limit": "<script>"})
    assert refused.status_code == 422
    assert "&lt;script&gt;" in refused.content.decode()


def test_every_kind_of_rule_has_a_form_with_every_blank_that_it_begins_with(page: Client, adam: Viewer) -> None:
    page.force_login(adam.user)
    for key in set(WATCHED) - thresholds.ONLY_ONCE:
        html = page.get(reverse("threshold_new"), {"watch": key}).content.decode()
        assert [name for name in BLANKS[WATCHED[key].reader] if f'name="{name}"' not in html] == [], key
    html = page.get(reverse("threshold_new"), {"watch": "loop"}).content.decode()
    assert 'value="An AI agent that turns in circles"' in html


def test_a_sentence_is_tried_as_it_is_written_and_nothing_is_saved(
    page: Client, billing: Queue, noon: datetime, adam: Viewer
) -> None:
    page.force_login(adam.user)
    sent = {name: value for name, value in blanks(adam).items() if not name.startswith("scope_")}
    asked = f"{reverse('threshold_try')}?watch=queue_length"
    assert "Nothing is stored yet" in page.post(asked, sent).content.decode()
    assert "Expected a number" in page.post(asked, {**sent, "limit": "x"}).content.decode()
    assert page.post(f"{reverse('threshold_try')}?watch=nothing", sent).status_code == 404
    assert not Rule.objects.exists()


def test_a_lead_reads_a_rule_and_cannot_save_it(
    page: Client, billing: Queue, noon: datetime, adam: Viewer, lena: Viewer
) -> None:
    made = saved(adam, noon).rule
    page.force_login(lena.user)
    assert "Save as version" not in page.get(reverse("threshold", args=[made.pk])).content.decode()
    sent = {name: value for name, value in blanks(adam).items() if not name.startswith("scope_")}
    assert page.post(reverse("threshold", args=[made.pk]), sent).status_code == 403
    assert made.versions.count() == 1
