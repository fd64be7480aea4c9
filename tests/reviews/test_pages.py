"""The pages: what is posted is kept, what others marked is on none of them, a file has no formula, a builder comes back as it was."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from apps.access.models import AuditEntry, User
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.reviews import queries, rubrics
from apps.reviews.builder import fields_of, posted_spec
from apps.reviews.drafts import Entry
from apps.reviews.exchange import written
from apps.reviews.exporting import MOST_A_DAY, export
from apps.reviews.marks import entries_of
from apps.reviews.models import Assignment, Pick, Review, Rubric
from apps.reviews.pack import PACK
from apps.reviews.plans import Draw, SamplingPlan
from apps.reviews.spec import RubricSpec, Scale
from apps.shared.errors import TooOften
from tests.reviews.conftest import GOOD, Floor, another_talk, draft, submitted
from tests.reviews.rows import doubted, judged

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def as_(client: Client, viewer: Viewer) -> Client:
    client.force_login(User.objects.get(pk=viewer.user.pk))
    return client


def test_scores_of_people_and_of_ai_agents_are_never_on_one_list(floor: Floor, client: Client) -> None:
    now = timezone.now()
    for agent in (floor.agent, floor.ai):
        for reviewer in (floor.quentin, floor.mona):
            judged(agent, another_talk(floor, now), reviewer.user, now)
    html = as_(client, floor.mona).get(reverse("reviews")).content.decode()
    panels = {
        re.sub(r"<[^>]+>", " ", part.split("</header>")[0]).split("</h2>")[0]: part
        for part in html.split('<section class="c-panel"')
        if 'id="review-' in part
    }
    heads = sorted(" ".join(head.split('">', 1)[-1].split()) for head in panels)
    assert heads == [
        "By others 1 AI agents",
        "By others 1 People",
        "Submitted by me 1 AI agents",
        "Submitted by me 1 People",
    ]
    for part in panels.values():
        assert (floor.agent.name in part) != (floor.ai.name in part)


def test_a_form_without_scripts_keeps_marks_causes_and_the_numbers_of_messages(floor: Floor, client: Client) -> None:
    one = draft(floor, timezone.now(), {})
    as_(client, floor.quentin).post(reverse("review_save", args=[one.pk]), {
        "based_on": one.revision, "mark-right-answer": "2", "cause-right-answer": ["Guessed", "Did not know"], "evidence-right-answer": "4, 1",
        "comment-right-answer": "See there", "mark-next-step": "na", "note": "One.\nTwo.",
    })  # fmt: skip
    one.refresh_from_db()
    found = entries_of(one)
    assert found["next-step"].is_na
    assert (found["right-answer"].causes, found["right-answer"].evidence) == (
        ("Guessed", "Did not know"),
        (floor.said[3], floor.said[0]),
    )
    assert one.note == "One.\nTwo."


@pytest.mark.parametrize(
    "extra",
    [{"score": "100"}, {"status": "published"}, {"reviewer": "1"}, {"submitted_at": "2026-01-01"}, {"agent.user": "7"}],
)
@pytest.mark.parametrize("place", ["review_save", "review_submit"])
def test_a_form_with_a_field_of_its_own_making_saves_nothing(
    place: str, extra: dict[str, str], floor: Floor, client: Client
) -> None:
    """Case 6, against one's own review: its score is worked out, and nobody sets it or publishes past the form."""
    one = draft(floor, timezone.now(), {})
    before = Review.objects.filter(pk=one.pk).values().get()
    told = {"based_on": one.revision, "mark-right-answer": "4", "note": "x", **extra}
    answer = as_(client, floor.quentin).post(reverse(place, args=[one.pk]), told)
    assert answer.status_code == 400
    assert Review.objects.filter(pk=one.pk).values().get() == before
    assert entries_of(one) == {}


def test_nobody_decides_about_their_own_review_on_any_page(floor: Floor, client: Client) -> None:
    """Case 19: the page offers no decision, and a form sent by hand is refused; another's is decided with its own fields alone."""
    now = timezone.now()
    own = doubted(judged(floor.agent, floor.talk, floor.mona.user, now - timedelta(hours=1)), floor.asha.user, now)
    told = {"outcome": "rejected", "answer": "The mark stands as it is."}
    page = as_(client, floor.mona)
    path = reverse("second_look", args=[own.pk])
    assert 'name="outcome"' not in page.get(path).content.decode()
    assert page.post(path, told).status_code == 403
    own.refresh_from_db()
    assert (own.decided_at, own.outcome) == (None, "")
    theirs = judged(floor.agent, another_talk(floor, now), floor.quentin.user, now - timedelta(hours=1))
    other = doubted(theirs, floor.asha.user, now)
    path = reverse("second_look", args=[other.pk])
    for extra in ({"decided_by": "1"}, {"score_after": "100"}, {"review.reviewer": "1"}):
        assert page.post(path, {**told, **extra}).status_code == 400
    for who in (floor.quentin, floor.lena, floor.asha):
        assert as_(client, who).post(path, told).status_code == 403
    assert as_(client, floor.mona).post(path, told).status_code == 302


def test_submitting_leads_to_the_next_draft_and_then_to_the_list(floor: Floor, client: Client) -> None:
    now = timezone.now()
    first = draft(floor, now)
    second = draft(floor, now + timedelta(seconds=1), talk=another_talk(floor, now))
    marks = {f"mark-{key}": "na" if one.is_na else str(one.step) for key, one in GOOD.items()}
    as_(client, floor.quentin)
    hrefs = [
        client.post(
            reverse("review_submit", args=[one.pk]),
            {"based_on": one.revision, **marks},
            headers={"Accept": "application/json"},
        ).json()["href"]
        for one in (first, second)
    ]
    assert hrefs == [reverse("review", args=[second.pk]), reverse("reviews")]


def test_what_was_drawn_comes_after_the_last_draft(floor: Floor, client: Client) -> None:
    now = timezone.now()
    plan = SamplingPlan.objects.create(name="Weekly", zone="UTC", made_at=now)
    made = Draw.objects.create(plan=plan, first_on=now.date(), from_at=now - timedelta(days=7), until_at=now, seed="a")
    talk = another_talk(floor, now)
    Assignment.objects.create(
        draw=made, conversation=talk, agent=floor.agent, part="random", given_at=now, due_at=now + timedelta(days=2), reviewer=floor.quentin.user
    )  # fmt: skip
    one = draft(floor, now)
    page = as_(client, floor.quentin).get(reverse("reviews")).content.decode()
    assert ("Drawn for me" in page, "By chance" in page) == (True, True)
    marks = {f"mark-{key}": "na" if x.is_na else str(x.step) for key, x in GOOD.items()}
    answer = client.post(reverse("review_submit", args=[one.pk]), {"based_on": one.revision, **marks})
    begun = Review.objects.get(submitted_at=None)
    assert (answer.url, begun.conversation_id, begun.pick) == (reverse("review", args=[begun.pk]), talk.pk, Pick.RANDOM)
    assert "Drawn for me" not in client.get(reverse("reviews")).content.decode()


def test_a_script_is_told_what_is_missing_and_which_revision_holds(floor: Floor, client: Client) -> None:
    one = draft(floor, timezone.now(), {})
    address, asks = reverse("review_submit", args=[one.pk]), {"Accept": "application/json"}
    answer = as_(client, floor.quentin).post(address, {"based_on": one.revision}, headers=asks)
    assert (answer.status_code, answer.json()["revision"], len(answer.json()["mistakes"])) == (422, 2, 6)
    answer = client.post(address, {"based_on": 0}, headers=asks)
    assert (answer.status_code, answer.json()["mistakes"]) == (
        409,
        ["This draft was saved in another window meanwhile."],
    )


def test_another_reviewers_marks_are_on_no_page_before_ones_own(floor: Floor, client: Client) -> None:
    """Two graders of one conversation: the marks of the one who submitted are nowhere before the other has."""
    now = timezone.now()
    secret = "Only Mona knows"
    submitted(
        floor,
        now,
        {**GOOD, "shows-heard": Entry(step=3, comment=secret)},
        by=floor.mona,
        pick=Pick.CALIBRATION,
        note=secret,
    )
    mine = draft(floor, now, {}, pick=Pick.CALIBRATION)
    as_(client, floor.quentin)
    for place, args in (("review", [mine.pk]), ("reviews", []), ("api_reviews", []), ("api_review", [mine.pk])):
        answer = client.get(reverse(place, args=args))
        assert answer.status_code == 200
        assert secret not in answer.content.decode()
        assert "Mona" not in answer.content.decode()


def test_a_file_holds_what_one_may_read_and_no_formula(floor: Floor) -> None:
    now = timezone.now()
    Agent.objects.filter(pk=floor.agent.pk).update(name="=HYPERLINK(1)")
    submitted(floor, now)
    rows = list(csv.DictReader(io.StringIO(export(by=floor.quentin, at=now).removeprefix("\ufeff"))))
    assert [(row["agent"], row["score"], row["failed"]) for row in rows] == [("'=HYPERLINK(1)", "88.24", "no")]
    assert export(by=floor.lena, at=now).count("\n") == 1  # not released yet: the head alone
    for _ in range(MOST_A_DAY - 1):
        export(by=floor.quentin, at=now)
    with pytest.raises(TooOften):
        export(by=floor.quentin, at=now)
    assert AuditEntry.objects.filter(by=floor.quentin.user, verb="reviews.exported").count() == MOST_A_DAY


def test_a_review_that_failed_says_so_to_programs_with_its_raw_score(floor: Floor, client: Client) -> None:
    fail = Entry(step=1, causes=("Promised too much",), evidence=(floor.said[3],))
    one = submitted(floor, timezone.now(), {**GOOD, "follows-policy": fail})
    told = as_(client, floor.quentin).get(reverse("api_review", args=[one.pk])).json()
    assert (told["score"], told["raw_score"], told["is_failed"], told["form"]) == ("0.00", "70.59", True, 1)
    assert [(m["line"], m["step"], m["is_na"]) for m in told["marks"]][-1] == ("next-step", None, True)


def posted(spec: RubricSpec) -> dict[str, Any]:
    """A rubric as its builder posts it."""
    data: dict[str, Any] = {"weighing": spec.weighing.value}
    for section in fields_of(spec):
        data |= {f"name-{section.place}": section.name, f"section-weight-{section.place}": str(section.weight)}
        for field in section.lines:
            x, at = field.line, field.place
            data |= {
                f"key-{at}": x.key, f"text-{at}": x.text, f"weight-{at}": str(x.weight), f"scale-{at}": x.scale.value, f"fails-{at}": x.fails.value,
                f"shown-if-{at}": x.shown_if, f"shown-at-{at}": field.shown_at, f"causes-{at}": field.causes, f"guidance-{at}": x.guidance,
                f"good-example-{at}": x.good_example, f"reading-{at}": x.reading or "", **({f"may-be-na-{at}": "on"} if x.may_be_na else {}),
            }  # fmt: skip
    return data


@pytest.mark.parametrize("preset", PACK, ids=lambda preset: preset.key)
def test_a_rubric_comes_back_from_its_builder_as_it_was(preset: Any) -> None:
    assert posted_spec(MultiValueDict({key: [value] for key, value in posted(preset.spec).items()})) == preset.spec


def test_a_builder_saves_a_new_form_and_says_every_mistake(floor: Floor, client: Client) -> None:
    rubric = Rubric.objects.get(key="people")
    address, form = (
        reverse("rubric", args=[rubric.pk]),
        {**posted(PACK[0].spec), "name": "Ours", "release_minutes": "30", "based_on": "1"},
    )
    as_(client, floor.mona)
    answer = client.post(address, {**form, "weight-2-1": "20"})
    assert answer.status_code == 422
    assert "The weights of the lines add up to 95. Expected 100. Give 5 more." in answer.content.decode()
    assert rubrics.current(rubric).n == 1
    answer = client.post(address, {**form, "text-1-3": "Says hello", "scale-1-3": "three", "weight-1-3": "0"})
    assert answer.status_code == 302
    held = rubrics.current(rubric)
    assert (held.n, held.spec().lines[2].key, held.spec().lines[2].scale) == (2, "says-hello", Scale.THREE)
    told = client.get(reverse("rubric_version", args=[rubric.pk, 2])).content.decode()
    assert "Says hello" in told


def test_a_document_is_looked_at_before_it_is_saved(floor: Floor, client: Client) -> None:
    text = written(name="Imported", family="ai", spec=PACK[1].spec)
    before = Rubric.objects.count()
    answer = as_(client, floor.mona).post(reverse("rubric_import"), {"document": text})
    assert (answer.status_code, Rubric.objects.count()) == (200, before)
    assert "Sounds like us" in answer.content.decode()
    assert client.get(reverse("rubric_document", args=[Rubric.objects.get(key="ai").pk])).content.decode() == written(
        name="Conversation with an AI agent", family="ai", spec=PACK[1].spec
    )


def test_how_often_second_looks_were_right_is_told_by_line_and_by_reviewer(floor: Floor) -> None:
    now = timezone.now()
    one = judged(floor.agent, floor.talk, floor.quentin.user, now)
    for line, outcome in (("next-step", "accepted"), ("shows-heard", "rejected"), ("", "")):
        look = doubted(one, floor.asha.user, now, line=line)
        if outcome:
            look.outcome, look.decided_by, look.decided_at = outcome, floor.mona.user, now
            look.save()
    lines, reviewers = queries.overturned(viewer=floor.mona)
    assert {(o.name, o.asked, o.decided, o.rate) for o in lines} == {
        ("Agrees a next step with a date", 1, 1, 1.0), ("Shows the customer they were heard", 1, 1, 0.0), ("The whole review", 1, 0, None),
    }  # fmt: skip
    assert [(o.asked, o.decided, o.changed, o.rate) for o in reviewers] == [(3, 2, 1, 0.5)]
