"""How rough a reply reads: a guess that sorts, that says which words it was, and that is no alarm of any kind."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from apps.alerts.models import Episode
from apps.analysis import artefact, queries, roughness, safety, services
from apps.analysis.models import Reading
from apps.analysis.reading import NOT_ANALYSED
from apps.analysis.training import evaluation, talks
from apps.analysis.training import roughness as training
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.services import record
from apps.reviews.models import Flag
from apps.shared.models import Outbox
from apps.shared.outbox import dispatch
from tests.interactions.events import ASHA, BO, CUSTOMER, NOON, SOURCE, at, event, said, started

DATA = Path(__file__).parents[3] / "shared" / "data"
KIND = "Thank you for waiting, the refund has left our bank this morning."
ROUGH = "You people are pathetic and stupid."


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where the learnt file is looked for instead; nothing is there."""
    path = tmp_path / "roughness.npz"
    monkeypatch.setattr(roughness, "ARTEFACT", path)
    roughness.weights.cache_clear()
    yield path
    roughness.weights.cache_clear()


# Pure ------------------------------------------------------------------------------------------------------------------


def test_what_people_would_call_rude_scores_above_what_they_would_not() -> None:
    rough = [
        roughness.read(text).score or 0 for text in (ROUGH, "Shut up, you are an idiot.", "What a pathetic excuse.")
    ]
    plain = [
        roughness.read(text).score or 0
        for text in (
            KIND, "Could you send me the number of your order, please?", "Unfortunately the black jacket is out of stock.",
            "Please hold the power button for ten seconds, then try again.", "I am sorry, that was our mistake.",
        )
    ]  # fmt: skip
    assert min(rough) >= roughness.FLOOR > max(plain)


def test_a_reading_names_its_model_its_version_and_the_words_that_decided_it() -> None:
    text = f"{KIND} {ROUGH}"
    found = roughness.read(text)
    assert (found.model, found.version) == (roughness.MODEL, roughness.VERSION)
    words = [text[clue.start : clue.end] for clue in found.clues]
    assert {"pathetic", "stupid"} <= set(words) <= {"You", "people", "are", "pathetic", "and", "stupid"}
    assert len(words) <= roughness.MOST_CLUES
    assert [clue.start for clue in found.clues] == sorted(clue.start for clue in found.clues)


def test_the_roughest_sentence_decides_however_much_is_kind_around_it() -> None:
    alone = roughness.read(ROUGH).score
    assert roughness.read(f"{KIND} {ROUGH}\n{KIND}").score == alone


def test_no_label_of_it_could_raise_an_alarm() -> None:
    labels = {
        roughness.read(text).label
        for text in (KIND, ROUGH, "fuck off", "", "Wie kann ich Ihnen weiterhelfen, Herr Müller?")
    }
    assert labels == {roughness.READ, NOT_ANALYSED}
    assert safety.FLAGGED not in labels


@pytest.mark.parametrize(
    "text",
    [
        "Ihr Paket ist leider noch nicht angekommen, das tut mir sehr leid.",
        "これはひどいサービスです",
        "[card 1]",
        "12345",
        "",
    ],
)
def test_another_language_or_no_words_is_not_analysed_and_not_low(text: str) -> None:
    found = roughness.read(text)
    assert (found.label, found.score, found.clues) == (NOT_ANALYSED, None, ())
    assert found.version == roughness.VERSION


def test_a_short_reply_is_in_the_language_of_the_replies_before() -> None:
    before = ("Ihr Paket ist leider noch nicht angekommen, das tut mir sehr leid.",)
    assert roughness.read("ja, dumm", before).label == NOT_ANALYSED
    assert roughness.read("ja, dumm").label == roughness.READ


def test_what_the_mask_took_out_and_odd_letters_do_no_harm() -> None:
    assert (
        roughness.read("Hello [name 1], your order [order 1] left us.").score
        == roughness.read("Hello , your order  left us.").score
    )
    assert roughness.read("\x00 \ud800 fine thanks, all is well now").score is not None


def test_the_learnt_file_is_small_and_its_own_floor_is_covered_by_the_index() -> None:
    assert roughness.ARTEFACT.stat().st_size <= 500_000
    (index,) = [one for one in Reading._meta.indexes if one.name == "reading_rough"]
    assert index.condition is not None
    ((name, least),) = index.condition.children
    assert name == "roughness__gte"
    assert least <= roughness.FLOOR == queries.ROUGH


# Without what was learnt -----------------------------------------------------------------------------------------------


def test_without_the_learnt_file_nothing_is_analysed_and_the_lists_go_on(elsewhere: Path) -> None:
    found = roughness.read(ROUGH)
    assert (found.label, found.score, found.version) == (NOT_ANALYSED, None, roughness.NOTHING_LEARNT)
    assert safety.read("what a load of bullshit").label == safety.FLAGGED


def test_a_file_that_is_not_the_released_one_is_refused_and_the_log_says_so(elsewhere: Path) -> None:
    released = artefact.FOLDER / "roughness.npz"
    elsewhere.write_bytes(released.read_bytes() + b"x")
    elsewhere.with_suffix(".sha256").write_text(released.with_suffix(".sha256").read_text())
    with capture_logs() as logged:
        found = [roughness.read(ROUGH) for _ in range(2)]
    assert [(one.label, one.score) for one in found] == [(NOT_ANALYSED, None)] * 2
    (line,) = logged
    assert (line["log_level"], "not the file that was released" in line["why"]) == ("error", True)


# As readings -----------------------------------------------------------------------------------------------------------


def take_in(*events: CanonicalEvent) -> None:
    record(events=list(events), source=SOURCE, at=NOON)
    dispatch(at=NOON)


def read() -> None:
    while services.read(at=NOON):
        continue


def kept() -> list[tuple[float | None, int | None]]:
    return list(Reading.objects.filter(part="safety").order_by("sent_at").values_list("roughness", "roughness_version"))


@pytest.mark.django_db
def test_each_reply_of_a_person_or_an_ai_agent_keeps_it_beside_the_lists_and_no_customers_message_does() -> None:
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ROUGH), said(2, ASHA, message_id="2", text=KIND),
            said(3, BO, message_id="3", text=ROUGH), said(4, ASHA, message_id="4", text="Das ist leider noch nicht bei uns angekommen."),
            said(5, ASHA, message_id="5", text="ja, dumm"))  # fmt: skip
    read()
    expected = [roughness.read(text).score for text in (KIND, ROUGH)]
    # The last one is in the language of what the same person wrote before it.
    assert kept() == [(score, roughness.VERSION) for score in (*expected, None, None)]
    assert not Reading.objects.exclude(part="safety").filter(roughness_version__isnull=False).exists()


@pytest.mark.django_db
def test_a_rough_reply_that_no_list_holds_stays_clean_and_nothing_is_announced_of_it() -> None:
    def announced(name: str, text: str) -> list[str]:
        before = set(Outbox.objects.values_list("pk", flat=True))
        take_in(started(0, conversation_id=name), said(1, ASHA, message_id=name, text=text, conversation_id=name))
        read()
        return sorted(Outbox.objects.exclude(pk__in=before).values_list("fact", flat=True))

    assert announced("kind", KIND) == announced("rough", ROUGH) != []
    assert set(Reading.objects.filter(part="safety").values_list("label", "score")) == {(safety.CLEAN, 0.0)}
    assert Reading.objects.filter(roughness__gte=roughness.FLOOR, clues=[]).count() == 1
    assert not Flag.objects.exists()
    assert not Episode.objects.exists()


@pytest.mark.django_db
def test_it_is_read_once_again_when_the_text_changes_and_again_for_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    real = roughness.read
    monkeypatch.setattr(roughness, "read", lambda text, before=(): (asked.append(text), real(text, before))[1])
    take_in(started(0), said(1, ASHA, message_id="1", text=KIND))
    read()
    once = kept()
    services.mark_since(since=at(-1), at=NOON)
    read()
    assert (asked, kept()) == ([KIND], once)
    take_in(event("message.updated", 5, message_id="1", change="edited", text=ROUGH))
    read()
    assert asked == [KIND, ROUGH]
    Reading.objects.update(roughness_version=None)  # as rows are from before there was such a reading
    services.mark_since(since=at(-1), at=NOON)
    read()
    assert asked == [KIND, ROUGH, ROUGH]
    assert kept() == [(real(ROUGH).score, roughness.VERSION)]


@pytest.mark.django_db
def test_what_was_read_while_nothing_was_learnt_is_read_once_there_is(elsewhere: Path) -> None:
    take_in(started(0), said(1, ASHA, message_id="1", text=ROUGH))
    read()
    assert kept() == [(None, roughness.NOTHING_LEARNT)]
    for suffix in (".npz", ".sha256"):
        elsewhere.with_suffix(suffix).write_bytes((artefact.FOLDER / f"roughness{suffix}").read_bytes())
    roughness.weights.cache_clear()
    artefact.loaded.cache_clear()
    services.mark_since(since=at(-1), at=NOON)
    read()
    ((score, version),) = kept()
    assert (score is not None, version) == (True, roughness.VERSION)


@pytest.mark.django_db
def test_reread_makes_it_again() -> None:
    take_in(started(0), said(1, ASHA, message_id="1", text=ROUGH))
    read()
    once = kept()
    Reading.objects.update(roughness=0.001)
    call_command("reread", since="2000-01-01", stdout=io.StringIO())
    assert kept() == once


@pytest.mark.django_db
def test_reading_replies_costs_the_same_statements_for_three_conversations_and_thirty() -> None:
    def cost(count: int, prefix: str) -> int:
        for n in range(count):
            name = {"conversation_id": f"{prefix}{n}"}
            take_in(started(0, **name), said(1, ASHA, message_id=f"{prefix}{n}", text=ROUGH, **name))
        with CaptureQueriesContext(connection) as seen:
            services.read(at=NOON)
        return len(seen)

    assert cost(3, "a") == cost(30, "b")


# Commands --------------------------------------------------------------------------------------------------------------


def test_texts_of_ones_own_are_given_their_roughness_beside_what_the_lists_say(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({"id": 1, "text": ROUGH}), json.dumps({"id": 2, "text": "12345"})]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    out = io.StringIO()
    call_command("read_text", "safety", stdout=out)
    rough, nothing = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (rough["label"], rough["flagged"], rough["score"], rough["hits"]) == ("clean", False, 0.0, [])
    assert rough["roughness"] >= roughness.FLOOR
    assert (rough["roughness_model"], rough["roughness_version"]) == (roughness.MODEL, roughness.VERSION)
    assert "pathetic" in {one["word"] for one in rough["roughness_words"]}
    assert (nothing["roughness"], nothing["roughness_words"]) == (None, [])


def test_a_folder_without_the_texts_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Saw no folder toxicity/davidson"):
        call_command("train_safety", tmp_path, to=tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


LABELLED = pytest.mark.skipif(
    not (DATA / "toxicity").is_dir(), reason="the labelled texts do not lie beside the checkout"
)


@LABELLED
def test_what_is_measured_was_not_learnt() -> None:
    learnt = {text for text, _ in training.learnt_from(DATA)}
    left_out = training.tweets(DATA, held_out=True)
    assert len(left_out) > 2000
    assert learnt.isdisjoint(text for text, _ in left_out)
    dialogues = {text for text, _ in talks.turns_of(DATA, training.HELD_OUT_FILES) if len(text) > 80}
    assert learnt.isdisjoint(dialogues)


@LABELLED
def test_labelled_tweets_and_replies_are_sorted_as_well_as_the_card_says() -> None:
    marked = training.tweets(DATA, held_out=True)[:1500]
    scores = [roughness.read(text).score or 0.0 for text, _ in marked]
    rude, other = (
        [score for score, (_, is_rude) in zip(scores, marked, strict=True) if is_rude == want] for want in (True, False)
    )
    assert evaluation.auc(rude, other) >= 0.95
    replies = [roughness.read(text).score or 0.0 for text in talks.replies(DATA)]
    assert sum(score >= roughness.FLOOR for score in replies) / len(replies) <= 0.02
