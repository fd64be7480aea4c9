"""How the second tier of moods is taught: what from, in which order, how wrong an answer is, and that the taught model is MiniLM."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from importlib.util import find_spec
from itertools import chain
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from apps.analysis import artefact, minilm, second_tier
from apps.analysis.training import meant_moods, talks, taught_minilm
from apps.analysis.training.meant_moods import THANK, WISH, Lesson
from tests.analysis.float_minilm import pooled

TEXTS = ["Where is my parcel?", "This is the third time I have to write. I am really angry.", "ok"]
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not there: it is in no lock file")
installed = pytest.mark.skipif(bool(minilm.why_not()), reason=f"the extra nlp is not there: {minilm.why_not()}")


def packed(path: Path, text: str) -> None:
    """Write a file of a made collection."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def table(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    """Rows as a file with a head."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """A folder of made texts in the shapes of the public ones: two negative tweets, three neutral, five positive."""
    tweets = ["so bad number one", "so bad number two", "plain one", "plain two", "plain three"]
    tweets += [f"glad {word}" for word in ("one", "two", "three", "four", "five")]
    kinds = ["negative"] * 2 + ["neutral"] * 3 + ["positive"] * 5
    lines = [f"{n}\t{kind}\t{text}" for n, (kind, text) in enumerate(zip(kinds, tweets, strict=True))]
    packed(tmp_path / "sentiment/semeval/twitter-2013train-A.txt.gz", "\n".join(lines) + "\n")
    packed(tmp_path / "sentiment/tweeteval/val_text.txt.gz", "another text\n")
    packed(tmp_path / "sentiment/tweeteval/val_labels.txt.gz", "1\n")
    packed(
        tmp_path / "intent/banking77/train.csv.gz",
        table([{"text": text, "category": "card"} for text in ("is my card there", "is my card there")]),
    )
    packed(
        tmp_path / "intent/clinc150/data_full.train_val.json.gz",
        json.dumps({"train": [["what is my balance", "balance"], ["thanks a lot", "thank_you"]]}),
    )
    packed(tmp_path / "intent/bitext/train.csv.gz", table([{"utterance": "cancel order 7", "intent": "cancel_order"}]))
    said = [("i want a seat", "getseatinfo"), ("thank you so much", "thankyou"), ("seat please", "getseatinfo")]
    for domain in talks.DOMAINS:
        rows = [
            {"conversationId": "c", "turnNumber": str(n), "utterance": text, "intent": intent}
            for n, (text, intent) in enumerate(said)
        ]
        packed(tmp_path / "multidogo/turn_level" / domain / "train.tsv.gz", table(rows, "\t"))
    return tmp_path


def test_as_many_tweets_of_each_label_are_learnt_from_and_wishes_and_thanks(collections: Path) -> None:
    heard: list[str] = []

    def cut(texts: Any) -> list[list[int]]:
        heard.extend(texts)
        return [[n] for n in range(len(texts))]

    held = meant_moods.lessons(collections, cut)
    kinds = [one.kind for one in held]
    assert [kinds.count(kind) for kind in (0, 1, 2, WISH, THANK)] == [4, 4, 4, 4, 2]
    by = [[text for text, one in zip(heard, kinds, strict=True) if one == kind] for kind in range(5)]
    assert sorted(by[0]) == ["so bad number one"] * 2 + ["so bad number two"] * 2
    assert set(by[1]) == {"plain one", "plain two", "plain three"}
    assert len(set(by[2])) == 4
    bare = [{text.removeprefix("@user ") for text in some} for some in by]
    assert bare[WISH] == {"is my card there", "what is my balance", "i want a seat", "cancel order 7"}
    assert bare[THANK] == {"thanks a lot", "thank you so much"}
    assert held == meant_moods.lessons(collections, cut)


def test_numbers_of_signs_are_read_as_the_signs() -> None:
    assert meant_moods.unescaped("it\\u2019s fun \\ud83d\\ude00\\u002c ok") == "it’s fun 😀, ok"
    assert meant_moods.unescaped("C:\\users \\ud83d") == "C:\\users "


def test_every_lesson_comes_once_beside_some_of_its_length_in_the_same_order_every_time() -> None:
    held = [Lesson([n] * (1 + n % 7), n % 3) for n in range(500)]
    cut = list(meant_moods.batches(held))
    assert cut == list(meant_moods.batches(held))
    assert sorted(one.pieces[0] for one in chain(*cut)) == list(range(500))
    assert max(map(len, cut)) == 48
    assert all(len({len(one.pieces) for one in some}) <= 2 for some in cut)


def test_every_kind_is_told_to_be_something_and_a_wish_is_never_positive() -> None:
    assert [sum(shares) for shares in meant_moods.TARGETS] == pytest.approx([1] * 5)
    assert [int(np.argmax(shares)) for shares in meant_moods.TARGETS] == [0, 1, 2, 1, 2]
    assert meant_moods.TARGETS[WISH][2] == 0
    assert len(meant_moods.COUNTS) == len(meant_moods.TARGETS)


def test_the_rate_rises_over_a_tenth_and_falls_to_nothing() -> None:
    told = [meant_moods.rate(step, 100) for step in range(100)]
    assert told[:10] == pytest.approx([8e-5 * n for n in range(1, 11)])
    assert told[10] == pytest.approx(8e-4)
    assert told[55] == pytest.approx(4e-4)
    assert told[10:] == sorted(told[10:], reverse=True)
    assert told[-1] < 1e-6


def test_the_released_delta_has_the_layout_that_is_taught() -> None:
    with np.load(second_tier.DELTA) as kept:
        shapes = {name: (kept[name].shape, kept[name].dtype.name) for name in kept.files}
    expected: dict[str, tuple[tuple[int, ...], str]] = {"head.w": ((3, 384), "float16"), "head.b": ((3,), "float16")}
    for name in taught_minilm.TAUGHT:
        within = 1536 if name.endswith("output.dense") and "attention" not in name else 384
        out = 1536 if name.endswith("intermediate.dense") else 384
        expected |= {f"{name}.A": ((16, within), "float16"), f"{name}.B": ((out, 16), "float16")}
    assert shapes == expected
    assert second_tier.DELTA.stat().st_size < 1_300_000


def test_without_torch_it_is_told_what_is_missing_and_how_to_get_it(
    collections: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(CommandError, match=r"Saw no torch .*Expected torch 2.*pip install torch"):
        call_command("train_sentiment", collections, second=True, to=collections / "out.npz")
    assert not (collections / "out.npz").exists()


def test_a_folder_without_the_wishes_is_refused(tmp_path: Path) -> None:
    for name in ("semeval", "tweeteval"):
        (tmp_path / "sentiment" / name).mkdir(parents=True)
    with pytest.raises(CommandError, match="Saw no folder intent/banking77 in"):
        call_command("train_sentiment", tmp_path, second=True)


# From here on with torch, where it is there.


@needs_torch
def test_an_answer_is_wrong_by_what_its_kind_is_told_to_be_and_by_how_much_that_counts() -> None:
    torch = taught_minilm.torch_here()
    shares = torch.tensor([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]])

    def wrong(kinds: list[int]) -> float:
        return float(meant_moods.loss(torch, shares[: len(kinds)].log(), kinds))

    bad, wish = -0.966 * log(0.2) - 0.017 * (log(0.3) + log(0.5)), -0.2 * log(0.2) - 0.8 * log(0.3)
    assert wrong([0]) == pytest.approx(bad)
    assert wrong([WISH]) == pytest.approx(wish)
    assert wrong([0, WISH]) == pytest.approx((bad + 0.5 * wish) / 1.5)


@needs_torch
def test_texts_are_filled_up_and_what_stands_there_is_known() -> None:
    ids, mask = taught_minilm.together(taught_minilm.torch_here(), [[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


@needs_torch
@installed
def test_before_it_learns_the_model_is_minilm_and_a_text_does_not_depend_on_others() -> None:
    from safetensors.numpy import load_file

    torch = taught_minilm.torch_here()
    model = taught_minilm.fresh(torch, seed=0)
    pieces = [one.ids for one in taught_minilm.cutter(44).encode_batch(TEXTS)]
    weights = load_file(minilm.checked("model.safetensors"))
    with torch.no_grad():
        told = model.pooled(*taught_minilm.together(torch, pieces)).numpy()
    for one, ids in zip(told, pieces, strict=True):
        assert one == pytest.approx(pooled(weights, ids), abs=1e-4)


@needs_torch
@installed
def test_the_released_delta_says_in_torch_what_the_graph_of_whole_numbers_says() -> None:
    torch = taught_minilm.torch_here()
    learnt = artefact.loaded(second_tier.DELTA)
    assert learnt is not None
    model = taught_minilm.fresh(torch, seed=0)
    for name, one in model.learnt.items():
        one.data = torch.from_numpy(learnt[name].copy())
    pieces = [one.ids for one in taught_minilm.cutter(44).encode_batch(TEXTS)]
    with torch.no_grad():
        told = model.logits(*taught_minilm.together(torch, pieces)).softmax(1).numpy()
    assert told == pytest.approx(second_tier.shares(TEXTS), abs=0.1)


@needs_torch
@installed
def test_what_is_taught_is_learnt_the_same_twice_and_packed_as_released() -> None:
    torch = taught_minilm.torch_here()
    pieces = [one.ids for one in taught_minilm.cutter(44).encode_batch(TEXTS)]
    batch = [Lesson(one, label) for one, label in zip(pieces, (WISH, 0, 1), strict=True)]

    def once() -> tuple[list[str], dict[str, Any]]:
        said: list[str] = []
        torch.manual_seed(0)
        model = taught_minilm.fresh(torch, seed=0)
        learnt = meant_moods.taught(torch, model, [batch] * 3, said.append)
        return said, taught_minilm.kept(learnt)

    (said, first), (_, second) = once(), once()
    assert said[0].startswith("batch 1 of 3, loss ")
    assert artefact.packed(**first) == artefact.packed(**second)
    with np.load(second_tier.DELTA) as kept:
        assert {name: one.shape for name, one in first.items()} == {name: kept[name].shape for name in kept.files}
    assert all(np.abs(first[f"{name}.B"]).max() > 0 for name in taught_minilm.TAUGHT)
