"""What sentences mean, heard beside words: what customers say again after a hand-off, and a second opinion on intents."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.analysis import handoff, intent, lessons, meanings, minilm, queries, repeat, second_tier, services
from apps.analysis.models import Lesson, Reading, TierTold
from apps.analysis.opinions import Topic, opinion
from apps.analysis.second_tier import SecondTier
from apps.analysis.training import evaluation, talks
from apps.interactions.models import Conversation, Message, Queue
from tests.analysis.test_intent import EXAMPLES
from tests.analysis.test_lessons import taught, turned
from tests.analysis.test_services import take_in
from tests.console.floors import granted, queue_named
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, assigned, at, event, queued, said, started

# The same wish in other words: no word of three letters is in both.
FIRST, AGAIN, OTHER = "I want a refund for the chair", "please give my money back today", "what are your opening hours"
GERMAN = "Ich möchte mein Geld für den kaputten Stuhl zurück haben, und zwar sofort"
DATA = Path(__file__).parents[3] / "shared" / "data"
installed = pytest.mark.skipif(bool(minilm.why_not()), reason=f"the extra nlp is not there: {minilm.why_not()}")


def direction(topic: str) -> Any:
    """A vector of length one that is alike to none of another topic."""
    chance = Random(topic)
    return np.array([chance.choice((-1, 1)) for _ in range(384)]) / np.sqrt(384)


def by_topic(texts: Sequence[str]) -> Any:
    """A reader to whom all texts about money mean the same, and each other text something of its own."""
    return np.stack([direction("money" if {"money", "refund"} & set(one.split()) else one) for one in texts])


def broken(texts: Sequence[str]) -> Any:
    """A reader that fails as a library does."""
    raise RuntimeError("no memory for a tensor")


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[Any], SecondTier]:
    """Put a made reader in the place of MiniLM, whether that is installed or not; moods are read by a reader that is glad."""
    settings.SECOND_TIER = True
    monkeypatch.setattr(minilm, "why_not", lambda: "")
    glad = SecondTier(read=lambda texts: np.tile([0.0, 0.0, 1.0], (len(texts), 1)))
    monkeypatch.setattr(second_tier, "HERE", glad)

    def place(read: Any) -> SecondTier:
        made = SecondTier(read=read, name=meanings.NAME)
        monkeypatch.setattr(meanings, "HERE", made)
        return made

    return place


def handed_over(*after: str, before: str = FIRST) -> None:
    """A customer tells an AI agent something, is handed over, and goes on."""
    take_in(
        started(0), queued(0), assigned(1, BO), said(2, CUSTOMER, before, message_id="before"), assigned(5, ASHA), said(6, ASHA, "Hello, Asha here."),
        *(said(10 + n, CUSTOMER, text, message_id=f"after {n}") for n, text in enumerate(after)),
    )  # fmt: skip


def repeats() -> list[tuple[str, str, int]]:
    """Label, model and version of every stored repeat, by time."""
    return list(Reading.objects.filter(part="repeat").order_by("sent_at").values_list("label", "model", "version"))


WORDS, MEANT = ("rare words in common", 1), ("likeness of meaning (MiniLM)", 2)


def test_what_is_said_again_in_other_words_is_found_by_its_meaning_and_not_by_words() -> None:
    (alone,) = repeat.read_many([(AGAIN, [OTHER, FIRST])])
    (one,) = repeat.read_many([(AGAIN, [OTHER, FIRST])], by_topic)
    assert alone == repeat.read(AGAIN, [OTHER, FIRST])
    assert (alone.label, alone.model, alone.version) == (repeat.NEW, *WORDS)
    assert (one.label, one.model, one.version) == (repeat.REPEATED, *MEANT)
    assert one.score == one.confidence
    (new,) = repeat.read_many([(OTHER, [FIRST])], by_topic)
    assert (new.label, new.model, new.version) == (repeat.NEW, *MEANT)
    assert new.score is not None
    assert new.clues == ()
    assert new.confidence == pytest.approx(1 - new.score, abs=1e-4)


def test_the_words_that_decided_a_likeness_are_those_without_which_it_is_less() -> None:
    (one,) = repeat.read_many([(AGAIN, [FIRST])], by_topic)
    assert [AGAIN[c.start : c.end] for c in one.clues] == ["money"]
    assert one.clues[0].weight > 0.5


def test_where_the_words_cannot_be_weighed_those_that_both_share_are_shown() -> None:
    heard: list[int] = []

    def once(texts: Sequence[str]) -> Any:
        heard.append(len(texts))
        return by_topic(texts) if len(heard) == 1 else None

    text = "a refund for my chair please"
    (one,) = repeat.read_many([(text, [FIRST])], once)
    assert (one.label, len(heard)) == (repeat.REPEATED, 2)
    assert [text[c.start : c.end] for c in one.clues] == ["refund", "chair"]


def test_what_has_no_meaning_to_compare_is_left_to_words_and_costs_nothing() -> None:
    heard: list[str] = []

    def second(texts: Sequence[str]) -> Any:
        heard.extend(texts)
        return by_topic(texts)

    asked = [("refund please", [FIRST]), (FIRST, []), (FIRST, ["  "]), (GERMAN, [GERMAN])]
    found = repeat.read_many(asked, second)
    assert heard == []
    assert [(one.label, one.model, one.version) for one in found] == [
        (repeat.NEW, WORDS[0], 2), (repeat.NEW, WORDS[0], 2), (repeat.NEW, WORDS[0], 2), (repeat.REPEATED, WORDS[0], 2),
    ]  # fmt: skip


def test_no_more_is_heard_than_the_messages_around_a_hand_off_each_once() -> None:
    heard: list[list[str]] = []

    def second(texts: Sequence[str]) -> Any:
        heard.append(list(texts))
        return by_topic(texts)

    before = [f"the parcel number {n} is late" for n in range(30)]
    repeat.read_many([(OTHER, before), ("where is my parcel now", before)], second)
    assert heard == [[OTHER, *before[-repeat.LAST_BEFORE :], "where is my parcel now"]]


def test_a_hand_off_is_scored_by_what_was_read_and_by_words_where_nothing_was() -> None:
    about = handoff.About([FIRST], [AGAIN, OTHER], [], has_context=True, reply_seconds=30.0)
    assert handoff.quality_of(about).score == 1.0
    read = handoff.quality_of(replace(about, repeats=[True]))
    assert [part.why for part in read.parts if part.value == 0.0] == [f"said again: “{AGAIN}”"]
    same = replace(about, said_after=[FIRST])
    assert [handoff.quality_of(replace(same, repeats=known)).score == 1.0 for known in ([], [None], [False])] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_first_three_messages_after_a_hand_off_are_read_and_kept_with_their_words(
    reader: Callable[[Any], SecondTier],
) -> None:
    reader(by_topic)
    handed_over(OTHER, AGAIN, OTHER, AGAIN)
    services.read_a_tick(at=NOON)
    assert repeats() == [("new", *MEANT), ("repeated", *MEANT), ("new", *MEANT)]
    one = Reading.objects.get(part="repeat", label="repeated")
    assert [AGAIN[start:end] for start, end, _ in one.clues] == ["money"]
    assert TierTold.objects.get(tier="meanings").why == ""


@pytest.mark.django_db
def test_the_score_the_transcript_and_an_opinion_follow_what_was_read(
    reader: Callable[[Any], SecondTier], lena: Viewer
) -> None:
    reader(by_topic)
    handed_over(AGAIN)
    services.read_a_tick(at=NOON)
    talk, messages = Conversation.objects.get(), list(Message.objects.order_by("sent_at"))
    lead = granted(lena, queue=Queue.objects.get())
    read = queries.readings_of(viewer=lead, conversation=talk.pk)
    (one,) = queries.handoffs_of(viewer=lead, conversation=talk.pk, messages=messages, read=read)
    assert f"said again: “{AGAIN}”" in [part.why for part in one.quality.parts if part.value == 0.0]
    again = read[messages[-1].pk]
    assert [(AGAIN[mark.start : mark.end], mark.name) for mark in again.marks if "again" in mark.name] == [
        ("money", "says again what was said before the hand-off")
    ]
    unit = (talk.pk, Agent.objects.get(name="Asha Rao").pk)
    told = opinion(Topic.HANDOFF, queries.parts_of(parts=[unit])[unit])
    assert (told.why, told.model, told.version) == ("The customer says again what they had said.", *MEANT)
    Reading.objects.filter(part="repeat").delete()
    told = opinion(Topic.HANDOFF, queries.parts_of(parts=[unit])[unit])
    assert (told.share, told.model, told.version) == (1.0, *WORDS)


@pytest.mark.django_db
def test_what_the_second_read_is_not_read_again_by_words_and_the_other_way_round_it_is(
    reader: Callable[[Any], SecondTier],
) -> None:
    reader(broken)
    handed_over(AGAIN)
    services.read_a_tick(at=NOON)
    assert repeats() == [("new", *WORDS)]
    assert TierTold.objects.get(tier="meanings").why == "it failed; the worker's log says how"
    reader(by_topic)
    take_in(said(11, CUSTOMER, OTHER, message_id="later"))
    services.read_a_tick(at=NOON)
    assert repeats() == [("repeated", *MEANT), ("new", *MEANT)]
    reader(broken)
    take_in(said(12, CUSTOMER, "and is it open on sundays", message_id="last"))
    services.read_a_tick(at=NOON)
    assert repeats() == [("repeated", *MEANT), ("new", *MEANT), ("new", *WORDS)]


@pytest.mark.django_db
def test_reread_reads_by_who_is_there(reader: Callable[[Any], SecondTier], settings: Any) -> None:
    reader(by_topic)
    settings.SECOND_TIER = False
    handed_over(AGAIN)
    services.read_a_tick(at=NOON)
    assert repeats() == [("new", *WORDS)]
    settings.SECOND_TIER = True
    call_command("reread", since="2000-01-01", stdout=io.StringIO())
    assert repeats() == [("repeated", *MEANT)]
    settings.SECOND_TIER = False
    call_command("reread", since="2000-01-01", stdout=io.StringIO())
    assert repeats() == [("new", *WORDS)]


@pytest.mark.django_db
def test_what_arrives_late_leaves_what_reading_in_order_leaves(reader: Callable[[Any], SecondTier]) -> None:
    reader(by_topic)
    handed_over(OTHER, OTHER, AGAIN)
    services.read_a_tick(at=NOON)
    assert [label for label, *_ in repeats()] == ["new", "new", "repeated"]
    # An earlier one comes after all: the last one is no longer among the first three.
    take_in(said(9, CUSTOMER, "where is the shop", message_id="late"))
    services.read_a_tick(at=NOON)
    assert [label for label, *_ in repeats()] == ["new", "new", "new"]
    assert Reading.objects.filter(part="repeat").latest("sent_at").sent_at == at(11)


@pytest.mark.django_db
def test_an_edited_text_before_the_hand_off_is_another_reading(reader: Callable[[Any], SecondTier]) -> None:
    reader(by_topic)
    handed_over(AGAIN)
    services.read_a_tick(at=NOON)
    take_in(event("message.updated", 20, message_id="before", change="edited", text="do you sell tents"))
    services.read_a_tick(at=NOON)
    assert repeats() == [("new", *MEANT)]


@pytest.mark.django_db
def test_where_more_waits_than_it_can_hear_in_time_words_are_read_alone(
    reader: Callable[[Any], SecondTier], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(by_topic)
    monkeypatch.setattr(second_tier, "MOST_A_TICK", 3)
    handed_over(AGAIN, OTHER)
    services.read_a_tick(at=NOON)
    assert [one[1:] for one in repeats()] == [WORDS, WORDS]
    assert TierTold.objects.get(tier="meanings").why == "4 messages waited at once"
    services.mark_since(since=NOON - timedelta(days=1), at=NOON)
    services.read_all(at=NOON)
    assert [one[1:] for one in repeats()] == [MEANT, MEANT]


def by_thing(texts: Sequence[str]) -> Any:
    """A reader that knows what is about money from what is about a parcel, in words that no example has."""
    money = {"money", "refund", "reimburse"}
    return np.stack([direction("money" if money & set(one.split()) else "parcel") for one in texts])


def test_both_opinions_are_heard_and_one_alone_where_the_other_is_silent() -> None:
    learnt = intent.learn(EXAMPLES, by_thing)
    assert learnt.meanings is not None
    text = "reimburse me now"
    alone, both = learnt.read_many([text])[0], learnt.read_many([text], by_thing)[0]
    assert (alone.model, alone.version) == ("the agent’s own examples", 2)
    assert (both.model, both.version) == ("the agent’s own examples + MiniLM", 3)
    assert alone == learnt.read(text) == learnt.read_many([text], lambda texts: None)[0]
    assert both.confidence is not None
    assert alone.confidence is not None
    assert both.confidence > alone.confidence
    shares = (learnt.shares(text) + learnt.meanings.shares(by_thing([text])[0])) / 2
    assert learnt.labels[int(shares.argmax())] == learnt.of(text, by_thing([text])[0])[0] == "refund"


@pytest.mark.parametrize("silent", [None, lambda texts: None])
def test_what_is_learnt_without_meanings_never_asks_for_them(silent: Any) -> None:
    learnt = intent.learn(EXAMPLES, silent)
    assert (learnt.meanings, learnt.version) == (None, 2)
    assert learnt.read_many(["where is my parcel"], broken) == [learnt.read("where is my parcel")]


def test_examples_in_another_language_are_learnt_by_words_alone() -> None:
    german = [
        *((f"Wo ist meine {x} Lieferung denn nur geblieben, ich warte schon", "suchen") for x in "abcdefghijkl"),
        *((f"Ich möchte mein Geld für die {x} Bestellung zurück bekommen", "zahlen") for x in "abcdefghijkl"),
    ]
    assert intent.learn(german, broken).meanings is None


def test_a_lesson_keeps_both_and_no_vector_of_an_example() -> None:
    learnt = intent.learn(EXAMPLES, by_thing)
    kept = lessons.unpacked(lessons.packed(learnt))
    assert kept.meanings is not None
    assert kept.meanings.table.shape == (384, 2)
    (one,), (again,) = kept.read_many(["reimburse me"], by_thing), learnt.read_many(["reimburse me"], by_thing)
    assert (one.label, one.version) == (again.label, 3)
    assert one.confidence == pytest.approx(again.confidence, abs=0.01)
    arrays = np.load(io.BytesIO(lessons.packed(learnt)))
    assert not [name for name in arrays.files if arrays[name].ndim == 2 and len(arrays[name]) == len(EXAMPLES)]
    assert lessons.packed(learnt) == lessons.packed(intent.learn(EXAMPLES, by_thing))


@pytest.fixture
def bo() -> Agent:
    return Agent.objects.create(kind="ai", name="Bo")


@pytest.mark.django_db
def test_a_lesson_of_words_alone_is_learnt_anew_once_meanings_can_be_heard_and_kept_when_they_cannot(
    reader: Callable[[Any], SecondTier], bo: Agent, noon: Any, settings: Any
) -> None:
    settings.SECOND_TIER = False
    reader(by_thing)
    taught(bo, queue_named("Billing"), noon)
    assert (Lesson.objects.get().version, lessons.learn_due(at=noon)) == (2, 0)
    settings.SECOND_TIER = True
    assert lessons.learn_due(at=noon) == 1
    assert (Lesson.objects.get().version, lessons.learn_due(at=noon)) == (3, 0)
    settings.SECOND_TIER = False
    assert lessons.learn_due(at=noon) == 0


@pytest.mark.django_db
def test_an_agent_with_too_few_turns_is_not_asked_again_because_meanings_are_there(
    reader: Callable[[Any], SecondTier], bo: Agent, noon: Any
) -> None:
    reader(by_thing)
    turned(bo, queue_named("Billing"), noon - timedelta(hours=2), "where is it", "track")
    assert [lessons.learn_due(at=noon), lessons.learn_due(at=noon)] == [1, 0]


@pytest.mark.django_db
def test_a_failure_while_learning_leaves_a_lesson_of_words_that_is_due_after_a_rest(
    reader: Callable[[Any], SecondTier], bo: Agent, noon: Any
) -> None:
    reader(broken)
    taught(bo, queue_named("Billing"), noon)
    assert Lesson.objects.get().version == 2
    reader(by_thing)
    assert lessons.learn_due(at=noon) == 1
    assert Lesson.objects.get().version == 3


@pytest.mark.django_db
def test_intents_are_read_by_both_and_by_words_where_the_second_fails(
    reader: Callable[[Any], SecondTier], bo: Agent, noon: Any
) -> None:
    queue = queue_named("Billing")
    reader(by_thing)
    taught(bo, queue, noon)
    turned(bo, queue, noon, "refund my chair please", "refund")
    services.mark_since(since=noon - timedelta(days=1), at=noon)
    services.read_all(at=noon)
    stored = Reading.objects.filter(part="intent").order_by("sent_at").values_list("intent", "version")
    assert list(stored) == [("refund", 3)]
    reader(broken)
    turned(bo, queue, noon + timedelta(minutes=1), "where is my parcel", "track")
    services.mark_since(since=noon - timedelta(days=1), at=noon)
    services.read_all(at=noon + timedelta(minutes=1))
    assert list(stored.all()) == [("refund", 3), ("track", 2)]


@pytest.mark.django_db
def test_the_page_says_who_reads_repeats_and_intents(
    reader: Callable[[Any], SecondTier], lena: Viewer, client: Client
) -> None:
    client.force_login(lena.user)

    def panel(name: str) -> str:
        shown = client.get(reverse("what_reads_messages")).content.decode()
        return shown[shown.index(f">{name}</h2>") :].split("</section>")[0]

    assert "No worker has read a message yet." in panel("Hand-off")
    reader(by_topic)
    handed_over(AGAIN)
    services.read_a_tick(at=NOON)
    assert "The second reader, by meaning." in panel("Hand-off")
    assert "Both readers." in panel("Intent, second opinion")
    assert "version 3" in panel("Intent, second opinion")
    reader(broken)
    take_in(said(11, CUSTOMER, AGAIN, message_id="later"))
    services.read_a_tick(at=NOON)
    for name in ("Hand-off", "Intent, second opinion"):
        assert "The first reader alone: it failed" in panel(name)
        assert "first reader alone</span>" in panel(name)
    assert "Both readers." in panel("Mood")


def test_the_second_tier_of_repeats_is_learnt_only_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(data: Path, *, tell: Any) -> bytes:
        raise minilm.NotThere("onnxruntime is not installed")

    monkeypatch.setattr("apps.analysis.training.repeat.learn_meanings", missing)
    (tmp_path / "multidogo").mkdir()
    with pytest.raises(CommandError, match="cannot be learnt: onnxruntime is not installed"):
        call_command("train_repeat", tmp_path, second=True, to=tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


# From here on with the real model.

PARCEL, LATE = "where is my package, it should have been here on monday", "The parcel has still not arrived"


def answered(part: str, line: dict[str, Any], monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, Any]:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(line)))
    out = io.StringIO()
    call_command("read_text", part, stdout=out, **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@installed
@pytest.mark.parametrize(
    ("text", "before", "label"),
    [
        (
            "I'd like to get my money back for the broken lamp",
            "the lamp arrived in pieces, please refund me",
            "repeated",
        ),
        ("please call off my hotel booking", "I need to cancel the hotel reservation", "repeated"),
        (LATE, PARCEL, "repeated"),
        ("what time do you open on sundays", "the lamp arrived in pieces, please refund me", "new"),
        ("perfect, thank you for your quick help", "I need to cancel the hotel reservation", "new"),
    ],
)
def test_it_knows_what_is_said_again_as_a_person_would(text: str, before: str, label: str) -> None:
    (one,) = repeat.read_many([(text, [before])], meanings.vectors)
    assert (one.label, one.model, one.version) == (label, *MEANT)
    assert bool(one.clues) == (label == "repeated")


@installed
def test_vectors_are_of_length_one() -> None:
    assert np.linalg.norm(meanings.vectors(["where is my parcel", "", "ok"]), axis=1) == pytest.approx(1, abs=1e-4)


@installed
def test_the_command_reads_repeats_and_intents_by_both_tiers(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.SECOND_TIER = True
    told = answered("repeat", {"text": LATE, "before": [PARCEL]}, monkeypatch)
    assert (told["label"], told["model"], told["version"]) == ("repeated", *MEANT)
    assert "arrived" in [hit["word"] for hit in told["hits"]]
    examples = tmp_path / "taught.jsonl"
    examples.write_text("\n".join(json.dumps({"text": text, "intent": label}) for text, label in EXAMPLES))
    told = answered("intent", {"text": "can you reimburse me"}, monkeypatch, examples=examples)
    assert (told["intent"], told["version"]) == ("refund", 3)
    settings.SECOND_TIER = False
    told = answered("intent", {"text": "can you refund me"}, monkeypatch, examples=examples)
    assert (told["intent"], told["version"]) == ("refund", 2)


@installed
@pytest.mark.skipif(not (DATA / "multidogo").is_dir(), reason="the labelled texts do not lie beside the checkout")
def test_restatements_are_told_from_other_matters_as_well_as_the_card_says() -> None:
    pairs = talks.restatements(DATA, "dev")[::6]
    read = repeat.read_many([(one.second, (one.first,)) for one in pairs], meanings.vectors)
    scores = [
        [one.score or 0.0 for one, pair in zip(read, pairs, strict=True) if pair.is_same is same]
        for same in (True, False)
    ]
    assert evaluation.auc(*scores) >= 0.88
    false = [one.label == repeat.REPEATED for one, pair in zip(read, pairs, strict=True) if not pair.is_same]
    assert sum(false) / len(false) < 0.08


@installed
@pytest.mark.skipif(not (DATA / "intent").is_dir(), reason="the labelled texts do not lie beside the checkout")
def test_intents_of_a_real_bot_are_named_as_well_as_the_card_says() -> None:
    shop = next(one for one in talks.shops(DATA) if one.name == "sofmattress")
    learnt = intent.learn(shop.taught, meanings.vectors)
    told = [(text, label) for text, label in shop.asked if label]
    vectors = meanings.vectors([text for text, _ in told])
    right = [learnt.of(text, vector)[0] == label for (text, label), vector in zip(told, vectors, strict=True)]
    assert sum(right) / len(right) >= 0.78
