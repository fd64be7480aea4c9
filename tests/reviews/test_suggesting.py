"""What a machine suggests: after one's own mark, in no calibration, with its messages, and never a mark."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.analysis import queries as analysis
from apps.analysis import safety, sentiment, tone
from apps.analysis.models import Reading
from apps.analysis.reading import NOT_ANALYSED, Read
from apps.interactions.models import Conversation, Message
from apps.reviews import queries, services, suggesting
from apps.reviews.drafts import Entry
from apps.reviews.models import Mark, Pick, Review, Rubric
from apps.reviews.spec import Scale
from tests.reviews.conftest import GOOD, Floor, draft, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_static")]
NONE: dict[str, Entry] = {}


def read_again(floor: Floor, text: str, at: datetime) -> None:
    """Let the last reply be this one, and all replies be read as the worker reads them."""
    Message.objects.filter(pk=floor.said[-1]).update(text=text)
    Conversation.objects.filter(pk=floor.talk.pk).update(last_event_at=over_at(floor))
    for m in Message.objects.filter(conversation_id=floor.talk.pk).exclude(author_kind="customer"):
        for one in (tone.read(m.text), safety.read(m.text)):
            _kept(one, m, at)


def over_at(floor: Floor) -> datetime:
    """When the last of its messages was sent."""
    return Message.objects.filter(conversation_id=floor.talk.pk).latest("sent_at").sent_at


def _kept(one: Read, m: Message, at: datetime) -> None:
    Reading.objects.create(
        message_id=m.pk, part=one.part, conversation_id=m.conversation_id, sent_at=m.sent_at, label=one.label, score=one.score,
        confidence=one.confidence, model=one.model, version=one.version, text_checksum=0, read_at=at,
    )  # fmt: skip


def posted(client: Client, review: Review, based_on: int, **marks: str) -> dict[str, str]:
    data = {"based_on": str(based_on), "key": str(uuid4()), **{f"mark-{k.replace('_', '-')}": v for k, v in marks.items()}}  # fmt: skip
    answer = client.post(f"/reviews/{review.pk}/draft", data, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.content
    found: dict[str, str] = answer.json()["suggestions"]
    return found


def test_what_is_suggested_comes_after_ones_own_mark_and_not_before(
    client: Client, floor: Floor, noon: datetime
) -> None:
    read_again(floor, "As I already told you, I guarantee it.", noon)
    one = draft(floor, timezone.now(), NONE)
    client.force_login(floor.quentin.user)
    page = client.get(f"/reviews/{one.pk}")
    html = page.content.decode()
    assert html.count("Mark the line first.") == 4
    assert "sounds cold" not in html.split("s-review__form")[1]
    found = posted(client, one, 1, warm_and_plain="4")
    assert set(found) == {"warm-and-plain"}
    assert "Machine: Partly" in found["warm-and-plain"]
    assert 'href="#m4"' in found["warm-and-plain"]
    assert "marks of tone, version 2" in found["warm-and-plain"]
    again = client.get(f"/reviews/{one.pk}").content.decode()
    assert (again.count("Machine: Partly"), again.count("Mark the line first.")) == (1, 3)


def test_a_suggestion_is_no_mark(floor: Floor, noon: datetime) -> None:
    read_again(floor, "As I already told you, I guarantee it.", noon)
    one = draft(floor, noon, {"warm-and-plain": Entry(step=4)})
    suggesting.drawn(review=one, marked={"right-answer", "warm-and-plain"}, messages=floor.said)
    assert list(Mark.objects.filter(review=one).values_list("line__key", "step")) == [("warm-and-plain", 4)]
    assert Review.objects.get(pk=one.pk).score is None


def test_nothing_to_suggest_says_why(floor: Floor, noon: datetime) -> None:
    read_again(floor, "Let me look.", noon)
    one = draft(floor, noon)
    found = suggesting.suggestions_for(
        review=one, spec=one.version.spec(), marked=set(GOOD), messages=queries.messages_of(review=one)
    )
    assert set(found) == {"reads-hand-off", "shows-heard", "follows-policy", "warm-and-plain"}
    assert (found["reads-hand-off"].face, found["reads-hand-off"].why) == ("empty", "Nobody handed over to them.")
    assert (found["follows-policy"].face, found["follows-policy"].word) == ("filled", "Pass")


def test_in_a_calibration_nothing_is_suggested(client: Client, floor: Floor, noon: datetime) -> None:
    read_again(floor, "As I already told you, I guarantee it.", noon)
    one = draft(floor, timezone.now(), pick=Pick.CALIBRATION)
    client.force_login(floor.quentin.user)
    assert posted(client, one, 1, warm_and_plain="4") == {}
    html = client.get(f"/reviews/{one.pk}").content.decode()
    assert "c-suggestion" not in html


def test_what_was_marked_first_stays_whatever_is_marked_after(floor: Floor, noon: datetime) -> None:
    one = draft(
        floor,
        noon,
        {"warm-and-plain": Entry(step=4), "next-step": Entry(is_na=True), "shows-heard": Entry(comment="?")},
    )
    changed = {
        "warm-and-plain": Entry(step=2, evidence=(floor.said[3],)),
        "next-step": Entry(step=3),
        "shows-heard": Entry(step=1),
    }
    services.save(by=floor.quentin, pk=one.pk, based_on=one.revision, key=uuid4(), entries=changed, at=noon)
    found = {m.line.key: (m.step, m.first_step) for m in Mark.objects.filter(review=one).select_related("line")}
    assert found == {"warm-and-plain": (2, 4), "next-step": (3, 0), "shows-heard": (1, 1)}


def test_private_and_removed_messages_are_not_read(floor: Floor, noon: datetime) -> None:
    read_again(floor, "Let me look.", noon)
    hidden = words(floor.talk, floor.talk.started_at, by=floor.agent, text="I guarantee it.")
    Message.objects.filter(pk=hidden).update(is_private=True)
    unit = (floor.talk.pk, floor.agent.pk)
    part = analysis.parts_of(parts=[unit])[unit]
    assert [one.key for one in part.replies] == [floor.said[3]]


def test_of_another_language_nothing_is_suggested(floor: Floor, noon: datetime) -> None:
    read_again(floor, "As I already told you, I guarantee it.", noon)
    unit = (floor.talk.pk, floor.agent.pk)
    first = Message.objects.get(pk=floor.said[0])
    _kept(Read(sentiment.PART, NOT_ANALYSED, None, None, "no words", 1), first, noon)
    assert analysis.parts_of(parts=[unit])[unit].is_known_language
    Reading.objects.filter(message_id=first.pk).update(model="de")
    assert not analysis.parts_of(parts=[unit])[unit].is_known_language


@pytest.mark.parametrize(
    ("scale", "share", "step"),
    [(Scale.PASS_FAIL, 0.49, 1), (Scale.PASS_FAIL, 0.5, 2), (Scale.FOUR, 1 / 3, 2), (Scale.FOUR, 2 / 3, 3), (Scale.THREE, 1 / 3, 2),
     (Scale.FIVE, 1.0, 5), (Scale.FOUR, 0.0, 1)],
)  # fmt: skip
def test_a_share_is_the_nearest_step(scale: Scale, share: float, step: int) -> None:
    assert suggesting.step_of(scale, share) == step


def test_the_builder_chooses_which_reading_speaks_to_a_line(client: Client, floor: Floor, mona: Viewer) -> None:
    client.force_login(mona.user)
    rubric = Rubric.objects.get(family="people")
    page = client.get(f"/setup/rubrics/{rubric.pk}").content.decode()
    assert 'name="reading-1-1"' in page
    assert '<option value="handoff" selected>' in page
