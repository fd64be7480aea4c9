"""Programs write through the verbs of the pages: the same rules, the same refusals, each with a word for programs."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.agents.models import Agent
from apps.reviews import exchange, rubrics
from apps.reviews.models import Mark, Review, Rubric, RubricVersion
from apps.reviews.pack import PACK
from tests.reviews.conftest import GOOD, Floor, submitted

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, body: Any, status: int) -> Any:
    answer = client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def entries(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Good marks of every line, but for those named."""
    found = {key: {"line": key, "step": one.step, "is_na": one.is_na} for key, one in GOOD.items()}
    return [{**one, **changed.get(key.replace("-", "_"), {})} for key, one in found.items()]


@pytest.fixture
def reviewer(client: Client, floor: Floor) -> Client:
    client.force_login(floor.quentin.user)
    return client


def begun(client: Client, floor: Floor) -> Any:
    return post(client, "drafts", {"conversation": str(floor.talk.pk), "agent": str(floor.agent.pk)}, 201)


def test_a_review_is_begun_kept_and_submitted(reviewer: Client, floor: Floor) -> None:
    draft = begun(reviewer, floor)
    assert (draft["submitted_at"], draft["pick"], draft["marks"]) == (None, "chosen", [])
    assert begun(reviewer, floor)["id"] == draft["id"]
    body = {"based_on": 0, "key": str(uuid4()), "entries": entries(), "note": "Name the day."}
    kept = post(reviewer, f"drafts/{draft['id']}", body, 200)
    assert (kept["revision"], kept["left"], kept["score"]) == (1, 0, "88")
    assert post(reviewer, f"drafts/{draft['id']}", body, 200)["revision"] == 1  # the same save again
    done = post(reviewer, f"drafts/{draft['id']}/submit", {"based_on": 1}, 200)
    assert done["submitted_at"] is not None
    assert Mark.objects.filter(review=draft["id"]).count() == len(GOOD)


def test_a_refusal_says_its_kind_and_every_mistake(reviewer: Client, floor: Floor) -> None:
    draft = begun(reviewer, floor)
    low = entries(right_answer={"step": 1}, shows_heard={"step": None})
    post(reviewer, f"drafts/{draft['id']}", {"based_on": 0, "key": str(uuid4()), "entries": low}, 200)
    told = post(reviewer, f"drafts/{draft['id']}/submit", {"based_on": 1}, 409)
    assert (told["code"], len(told["mistakes"])) == ("review_refused", 3)
    told = post(reviewer, f"drafts/{draft['id']}", {"based_on": 0, "key": str(uuid4()), "entries": []}, 409)
    assert told["code"] == "draft_changed"
    told = post(
        reviewer,
        f"drafts/{draft['id']}",
        {"based_on": 1, "key": str(uuid4()), "entries": [{"line": "none", "step": 1}]},
        409,
    )
    assert told["mistakes"] == ["This form has no line “none”."]
    assert "entries" in post(reviewer, f"drafts/{draft['id']}", {"based_on": 1, "key": str(uuid4())}, 400)
    assert "surprise" in post(reviewer, f"drafts/{draft['id']}/submit", {"based_on": 1, "surprise": 1}, 400)


def test_what_another_scores_is_taken_and_ones_own_work_is_refused(client: Client, floor: Floor) -> None:
    client.force_login(floor.mona.user)
    begun(client, floor)
    client.force_login(floor.quentin.user)
    body = {"conversation": str(floor.talk.pk), "agent": str(floor.agent.pk)}
    assert post(client, "drafts", body, 409)["code"] == "review_taken"
    Agent.objects.filter(pk=floor.agent.pk).update(user=floor.quentin.user)
    assert post(client, "drafts", body, 403)["detail"].startswith("Nobody scores their own work")


def test_a_second_look_is_asked_for_and_decided(client: Client, floor: Floor) -> None:
    review = submitted(floor, timezone.now() - timedelta(hours=3))
    client.force_login(floor.asha.user)
    body = {"line": "shows-heard", "text": "I said it back in my second message."}
    look = post(client, f"reviews/{review.pk}/second-looks", body, 201)
    assert (look["line"], look["outcome"]) == ("shows-heard", "")
    assert post(client, f"reviews/{review.pk}/second-looks", body, 409)["code"] == "second_look_refused"
    client.force_login(floor.mona.user)
    done = {"outcome": "accepted", "answer": "It stands in the second message.", "changes": {"shows-heard": 4}}
    assert (
        post(client, f"second-looks/{look['id']}/decision", {**done, "changes": {}}, 409)["code"]
        == "second_look_refused"
    )
    told = post(client, f"second-looks/{look['id']}/decision", done, 200)
    assert (told["outcome"], told["score_before"] < told["score_after"]) == ("accepted", True)


def test_a_rubric_is_imported_as_yaml_and_its_next_form_as_json(client: Client, floor: Floor) -> None:
    client.force_login(floor.mona.user)
    text = exchange.written(name="Chat, short", family="people", spec=PACK[0].spec)
    made = post(client, "rubrics/import", {"document": text}, 201)
    assert (made["name"], made["form"]) == ("Chat, short", 1)
    assert rubrics.current(Rubric.objects.get(pk=made["id"])).spec() == PACK[0].spec
    whole = {"format": exchange.FORMAT, "name": "Chat, short", "family": "people",
             "sections": [{"name": "All", "lines": [{"text": "Gives the right answer", "weight": 100}]}]}  # fmt: skip
    body = {"document": json.dumps(whole), "rubric": made["id"], "based_on": 1, "says": "One line."}
    assert post(client, "rubrics/import", body, 201)["form"] == 2
    assert post(client, "rubrics/import", body, 409)["code"] == "rubric_changed"
    assert RubricVersion.objects.filter(rubric=made["id"]).count() == 2


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("- no\n- rubric", "rubric_unreadable"),
        ("[" * 5000, "rubric_unreadable"),
        ('format: midshift-rubric/1\nname: "a\\0b"\nfamily: people\nsections: []', "rubric_unreadable"),
        (json.dumps({"format": exchange.FORMAT, "name": "x", "family": "people", "sections": [
            {"name": "n" * 81, "lines": [{"text": "t" * 161, "weight": 100, "causes": ["c" * 61]}]}]}), "rubric_refused"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_used_is_refused_and_not_crashed_on(
    client: Client, floor: Floor, document: str, code: str
) -> None:
    client.force_login(floor.mona.user)
    told = post(client, "rubrics/import", {"document": document}, 409)
    assert told["code"] == code
    if code == "rubric_refused":
        assert len(told["mistakes"]) == 3


def test_a_document_of_the_other_family_is_no_next_form(client: Client, floor: Floor) -> None:
    client.force_login(floor.mona.user)
    people = Rubric.objects.get(family="people")
    text = exchange.written(name="AI", family="ai", spec=PACK[1].spec)
    assert (
        post(client, "rubrics/import", {"document": text, "rubric": people.pk, "based_on": 1}, 409)["code"]
        == "rubric_refused"
    )


def test_a_workbook_holds_the_same_rows_and_no_formula(reviewer: Client, floor: Floor, noon: datetime) -> None:
    Agent.objects.filter(pk=floor.agent.pk).update(name='=HYPERLINK("http://x")')
    submitted(floor, timezone.now() - timedelta(hours=3))
    answer = reviewer.post("/reviews/export/spreadsheet")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    sheet, words = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings"))
    assert "<f>" not in sheet
    assert "=HYPERLINK(&quot;http" in words or '=HYPERLINK("http' in words
    assert sheet.count("<row ") == 2
    assert str(UUID(str(Review.objects.get().pk))) in words
