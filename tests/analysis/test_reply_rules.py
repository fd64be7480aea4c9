"""What replies are held against: the owner's phrases and the floor's checklist, changed as versions and tried before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.analysis import adherence, checklists, phrases, services
from apps.analysis.checklists import ChecklistRefused
from apps.analysis.editions import EditionChanged
from apps.analysis.models import PhraseBook, Reading
from apps.analysis.phrases import ListsRefused
from apps.analysis.safety import DEFAULTS, PhraseList
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.models import Conversation
from apps.interactions.services import record
from apps.shared.errors import NotAllowed
from apps.shared.outbox import dispatch
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, SOURCE, assigned, event, said, started, status

pytestmark = pytest.mark.django_db
RIVALS = PhraseList("competitors", 1, ("Northgale", "://rival.example*"))


def take_in(*events: CanonicalEvent) -> None:
    record(events=list(events), source=SOURCE, at=NOON)
    dispatch(at=NOON)
    while services.read(at=NOON):
        continue


def test_a_form_is_read_line_by_line_and_empty_lists_are_left_out() -> None:
    post = {
        "name-1": " competitors ",
        "severity-1": "1",
        "phrases-1": "Northgale\r\n\r\n ://rival.example* \nNorthgale",
        "name-2": "",
        "severity-2": "2",
    }
    assert phrases.posted(post) == (RIVALS,)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (PhraseList("", 1, ("Northgale",)), "needs a name"),
        (PhraseList("x", 0, ("Northgale",)), "severity from 1 to 3"),
        (PhraseList("x", 1, ("it", "***")), "“it” would be found everywhere"),
        (PhraseList("x", 1, ("a*b*c*d*",)), "more than 3 stars"),
        (PhraseList("x", 1, ("a" * 121,)), "more than 120"),
        (PhraseList("x", 1, tuple(f"phrase {n}" for n in range(401))), "401 phrases"),
        (PhraseList("rude words", 1, ("Northgale",)), "name of another list"),
    ],
)
def test_lists_that_cannot_be_used_say_why(adam: Viewer, wrong: PhraseList, says: str) -> None:
    with pytest.raises(ListsRefused, match=says):
        phrases.save(by=adam, lists=[wrong], says="", based_on=0, at=NOON)
    assert not PhraseBook.objects.exists()


def test_the_lists_hold_for_the_next_reply_and_leave_a_trace(adam: Viewer) -> None:
    take_in(started(0), said(1, ASHA, message_id="1", text="Better than Northgale."))
    assert Reading.objects.get(part="safety").label == "clean"
    assert phrases.save(by=adam, lists=[RIVALS], says="Whom we compete with", based_on=0, at=NOON) == 1
    take_in(said(2, BO, message_id="2", text="Look at https://rival.example/a, I promise you."))
    found = Reading.objects.filter(part="safety").order_by("sent_at")
    # The first reply was read again with its conversation: the lists are another version.
    assert [(one.label, one.score, one.clues, one.version) for one in found] == [
        ("flagged", 0.3333, [[12, 21, 1.0, "competitors"]], 1001), ("flagged", 0.3333, [[13, 32, 1.0, "competitors"]], 1001),
    ]  # fmt: skip
    trace = AuditEntry.objects.get(verb="phrases.changed")
    assert (trace.by, trace.about) == (adam.user, "version 1")


def test_a_version_that_was_overtaken_is_refused_and_the_same_content_makes_none(adam: Viewer, mona: Viewer) -> None:
    phrases.save(by=adam, lists=[RIVALS], says="", based_on=0, at=NOON)
    with pytest.raises(EditionChanged, match="Version 1 was saved meanwhile"):
        phrases.save(by=mona, lists=DEFAULTS, says="", based_on=0, at=NOON)
    assert phrases.save(by=mona, lists=[RIVALS], says="", based_on=1, at=NOON) == 1


@pytest.mark.parametrize("who", ["asha", "quentin", "lena", "olu"])
def test_only_who_may_change_reply_rules_saves_or_tries(who: str, request: pytest.FixtureRequest) -> None:
    viewer: Viewer = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        phrases.save(by=viewer, lists=[RIVALS], says="", based_on=0, at=NOON)
    with pytest.raises(NotAllowed):
        phrases.try_on_replies(viewer=viewer, lists=[RIVALS], at=NOON)
    with pytest.raises(NotAllowed):
        checklists.save(by=viewer, text=checklists.BEGINNING, says="", based_on=0, at=NOON)
    with pytest.raises(NotAllowed):
        checklists.try_on_talks(viewer=viewer, steps=(), at=NOON)


def test_trying_counts_masked_replies_and_quotes_only_to_who_may_read_them(adam: Viewer, mona: Viewer) -> None:
    take_in(
        started(0), said(1, ASHA, message_id="1", text="I promise you, write to jo@example.org or Northgale."),
        said(2, ASHA, message_id="2", text="NORTHGALE again"), said(3, CUSTOMER, message_id="3", text="Northgale is cheaper"),
    )  # fmt: skip
    later = NOON + timedelta(minutes=5)
    tried = phrases.try_on_replies(viewer=adam, lists=[RIVALS, DEFAULTS[0]], at=later)
    assert (tried.replies, tried.struck) == (2, 2)
    assert [(one.name, one.replies, one.before, one.words) for one in tried.hits] == [
        ("competitors", 2, 0, (("northgale", 2),)), ("promises", 1, 1, (("i promise you", 1),)),
    ]  # fmt: skip
    assert tried.quotes == ()
    quoted = phrases.try_on_replies(viewer=mona, lists=[RIVALS], at=later).quotes
    assert [str(one.text) for one in quoted] == ["NORTHGALE again", "I promise you, write to [email 1] or Northgale."]


def test_the_page_tries_and_saves(adam: Viewer, client: Client, plain_static: None) -> None:
    take_in(started(0), said(1, ASHA, message_id="1", text="Better than Northgale."))
    client.force_login(adam.user)
    form = {"name-1": "competitors", "severity-1": "1", "phrases-1": "Northgale", "based_on": "0"}
    shown = client.post(reverse("phrases"), {**form, "step": "try"})
    assert "1 of the latest 1 replies" in " ".join(shown.content.decode().split())
    assert not PhraseBook.objects.exists()
    assert client.post(reverse("phrases"), {**form, "phrases-1": "it", "step": "save"}).status_code == 422
    assert client.post(reverse("phrases"), {**form, "step": "save"}).status_code == 302
    assert PhraseBook.objects.get().content == [{"name": "competitors", "severity": 1, "phrases": ["Northgale"]}]


# The checklist ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- use: HELLO", "no step of ours"),
        ("- use: GREET\n  phrases: [hi]", "takes no “phrases”"),
        ("- {name: a, patterns: ['(a+)+b']}", "repeats a group"),
        ("- {name: a, patterns: ['.*x.*y']}", "more than one repeat"),
        ("- {name: a, patterns: ['x{1,900}']}", "more than 80"),
        ("- {name: a, patterns: ['(']}", "cannot be read"),
        ("- {name: a, events: [vanished]}", "waits for “vanished”"),
        ("- {name: a}", "says nothing by which it is known"),
        ("a: &x [1]\nb: *x", "Anchors"),
        ("- [", "no YAML. Line"),
        ("steps", "Expected a list of steps"),
        ("x" * 40_001, "Expected at most 40000"),
    ],
)
def test_a_checklist_that_cannot_be_used_says_where(text: str, says: str) -> None:
    with pytest.raises(ChecklistRefused, match=says):
        checklists.read(text)


def test_a_step_of_ours_is_used_by_its_name_with_an_order_and_a_window_of_ones_own() -> None:
    greet, close = checklists.read("- use: GREET\n- use: GOODBYE\n  after: [GREET]\n  within_messages: -1\n")
    assert (greet, close.after, close.within_messages) == (checklists.STANDARD["GREET"], ("GREET",), -1)
    assert close.patterns == checklists.STANDARD["GOODBYE"].patterns


def test_steps_are_tried_on_what_is_over_with_events_and_order(mona: Viewer) -> None:
    steps = checklists.read(
        "- {name: verify, phrases: [date of birth]}\n- {name: refund, phrases: [working days], after: [verify]}\n"
        "- {name: closed, events: [resolved]}\n- {name: alike, examples: [a, b, c]}\n"
        "- {name: calls, phrases: [hello], applies_when: {channel: [voice]}}\n"
    )
    take_in(
        started(0), assigned(1, ASHA), said(2, ASHA, message_id="1", text="Money takes five working days."),
        said(3, ASHA, message_id="2", text="What is your date of birth?"), status(5, "resolved"),
        started(0, conversation_id="open"), said(1, ASHA, message_id="o", text="date of birth?", conversation_id="open"),
    )  # fmt: skip
    of, tried = checklists.try_on_talks(viewer=mona, steps=steps, at=NOON + timedelta(hours=1))
    assert of == Conversation.objects.filter(is_open=False).count() == 1
    assert [(one.step.name, one.done, one.not_found, one.not_assessed, one.not_meant) for one in tried] == [
        ("verify", 1, 0, 0, 0), ("refund", 0, 1, 0, 0), ("closed", 1, 0, 0, 0), ("alike", 0, 0, 1, 0), ("calls", 0, 0, 0, 1),
    ]  # fmt: skip


def test_the_checklist_of_the_floor_stands_beside_its_transcripts(
    adam: Viewer, mona: Viewer, client: Client, plain_static: None
) -> None:
    take_in(started(0), assigned(1, ASHA), said(2, ASHA, message_id="1", text="What is your date of birth?"))
    client.force_login(adam.user)
    text = "- {name: verify, title: Verifies who it is, phrases: [date of birth]}\n- {name: alike, title: Sounds like us, examples: [a, b, c]}"
    assert client.post(reverse("checklist"), {"text": text, "based_on": "0", "step": "try"}).status_code == 200
    assert client.post(reverse("checklist"), {"text": "- [", "based_on": "0", "step": "save"}).status_code == 422
    assert client.post(reverse("checklist"), {"text": text, "based_on": "0", "step": "save"}).status_code == 302
    client.force_login(mona.user)
    page = client.get(reverse("conversation", args=[Conversation.objects.get().pk])).content.decode()
    assert 'Verifies who it is: <a href="#m1">done, message 1</a>' in page
    assert "Sounds like us: not assessed" in page
    assert "failed" not in page.split("checklist-title")[1]


def test_a_transcript_marks_an_answer_given_again_and_what_its_opening_promised(
    mona: Viewer, client: Client, plain_static: None
) -> None:
    same = "Please tell me the number of your order."
    take_in(started(0), said(1, CUSTOMER, message_id="1", text="Where is my parcel?"), *(said(n, BO, message_id=str(n), text=same) for n in (2, 4)),
            event("bot.turn", 5, turn_id="t", bot=BO, message_id="1", reply_message_id="2", intent="x", confidence=0.85, fallback=True))  # fmt: skip
    client.force_login(mona.user)
    page = client.get(reverse("conversation", args=[Conversation.objects.get().pk])).content.decode()
    assert page.count("the same answer again") == 1
    assert "From its opening" in page
    # The threshold that a fallback prints is no confidence.
    assert "0.85" not in page


def test_an_event_shows_a_step_by_its_time(noon: datetime) -> None:
    step = checklists.read("- {name: passed on, events: [handoff]}")
    lines = [
        adherence.Line("1", "Hello", noon),
        adherence.Line("", "handoff", noon + timedelta(seconds=9), is_event=True),
    ]
    (read,) = checklists.follow(step, lines, about={}, began_at=noon, is_over=True, is_known_language=True)
    assert read.state == adherence.DONE
    assert read.evidence is not None
    assert read.evidence.at == noon + timedelta(seconds=9)
    assert checklists.follow(step, lines[1:], about={}, began_at=noon, is_over=True, is_known_language=True) == []
