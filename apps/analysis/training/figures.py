"""The figures of all readings on public labelled texts: what is measured, what must be reached, and what one would take instead."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.access.masking import mask
from apps.analysis import (
    adherence,
    asks_for_human,
    complexity,
    intent,
    meanings,
    repeat,
    roughness,
    safety,
    second_tier,
    sentiment,
    standard_steps,
    tone,
)
from apps.analysis.training import data, evaluation, personal_data, talks
from apps.analysis.training import roughness as learning
from apps.analysis.training.complexity import openings
from apps.analysis.training.evaluation import auc
from apps.analysis.training.row import Row

# So many does somebody look at who sorts by roughness.
SHOWN = 20
HEAD = f"{'part':16} {'figure':58} {'measured':>9} {'target':>9} {'':7} {'n':>7}  baseline"


def rows(folder: Path, only: Sequence[str] | None = None) -> Iterator[Row | str]:
    """Measure part after part, or `only` some; a part whose texts are not there says so in a line of words."""
    for name, part in PARTS.items():
        if only and name not in only:
            continue
        try:
            yield from part(folder)
        except FileNotFoundError as raised:
            yield f"{name:16} skipped: {Path(raised.filename or '').name} is not in the folder"


def _f1(said: Sequence[bool], true: Sequence[bool]) -> tuple[float, float, float]:
    hits = sum(a and b for a, b in zip(said, true, strict=True))
    precision, recall = hits / max(1, sum(said)), hits / max(1, sum(true))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _sentiment(folder: Path) -> Iterator[Row | str]:
    yield from _moods(folder, "", None, {"tweeteval val": 0.63, "airline": 0.69}, {})
    second = second_tier.patient(at=timezone.now())
    if second is None:
        yield f"sentiment        second tier skipped: {second_tier.HERE.why}"
        return
    yield from _moods(
        folder, "both tiers, ", second, {"tweeteval val": 0.69, "airline": 0.74}, {"airline": (0.75, 0.90)}
    )


def _moods(
    folder: Path, who: str, second: Any, bars: dict[str, float], negative: dict[str, tuple[float, float]]
) -> Iterator[Row | str]:
    told, found = data.Labelled([], []), []
    for name, told in (("tweeteval val", data.tweeteval(folder)), ("airline", data.airline(folder))):
        found = sentiment.read_many([(text, ()) for text in told.texts], second)
        said = [evaluation.number_of(one) for one in found]
        plain = [evaluation.by_lexicon(text) for text in told.texts]
        each, base = evaluation.recalls(told.labels, said), evaluation.recalls(told.labels, plain)
        hits = sum(a == b == 0 for a, b in zip(told.labels, said, strict=True))
        recall_bar, precision_bar = negative.get(name, (None, None))
        n = len(said)
        yield Row("sentiment", f"{who}macro recall, {name}", sum(each) / 3, bars[name], n, f"VADER {sum(base) / 3:.3f}")
        yield Row("sentiment", f"{who}negative recall, {name}", each[0], recall_bar, n, f"VADER {base[0]:.3f}")
        yield Row("sentiment", f"{who}negative precision, {name}", hits / max(1, said.count(0)), precision_bar, n)
        if second is not None and any(one.version != sentiment.VERSION_OF_BOTH for one in found):
            yield f"sentiment        the second tier left {name} to the first: {second_tier.HERE.why}"
    caught, soon, border = evaluation.turns(told, found)
    yield Row(
        "sentiment", f"{who}turns found at 5 % false alarms (border {border:.2f})", caught, None, evaluation.SEQUENCES, "VADER 0.28"
    )  # fmt: skip
    yield Row("sentiment", f"{who}the same, within two messages", soon, None, evaluation.SEQUENCES, "VADER 0.17")


def _asks(folder: Path) -> Iterator[Row]:
    told = list(data.requests(folder))
    true = [one.label == 1 for one in told]
    said = [asks_for_human.read(one.text).label == asks_for_human.ASKED for one in told]
    naive = [evaluation.NAIVE.search(one.text) is not None for one in told]
    precision, recall, _ = _f1(said, true)
    easy = [s for s, one in zip(said, told, strict=True) if one.kind.startswith("easy")]
    base = _f1(naive, true)
    yield Row("asks for person", "recall", recall, 0.8, sum(true), f"key words {base[1]:.3f}")
    yield Row("asks for person", "precision", precision, 0.75, sum(said), f"key words {base[0]:.3f}")
    yield Row(
        "asks for person",
        "alarms on 1,000 easy messages",
        1000 * sum(easy) / max(1, len(easy)),
        2,
        len(easy),
        is_most=True,
    )


def _safety(folder: Path) -> Iterator[Row | str]:
    listed = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, safety.WORDS.read_text().split(chr(10))[:-1]))})(?!\w)")
    told = talks.rude(folder)
    true = [label for _, label in told]
    precision, recall, _ = _f1([safety.read(text).label == safety.FLAGGED for text, _ in told], true)
    base = _f1([listed.search(text.lower()) is not None for text, _ in told], true)
    yield Row("safety", "recall, Davidson", recall, 0.9, len(told), f"plain list {base[1]:.3f}")
    yield Row("safety", "precision, Davidson", precision, 0.98, len(told), f"plain list {base[0]:.3f}")
    for name, texts in (
        ("replies of companies", talks.replies(folder)),
        ("turns of SGD's system", [t for t, _ in talks.system_turns(folder)]),
    ):
        alarms = sum(safety.read(text).label == safety.FLAGGED for text in texts)
        yield Row("safety", f"false alarms on 1,000 {name}", 1000 * alarms / len(texts), 1, len(texts), is_most=True)
    if roughness.weights() is None:
        yield "safety           roughness skipped: what was learnt is missing"
        return
    yield from _roughness(folder)


def _roughness(folder: Path) -> Iterator[Row]:
    """The score that only sorts, on texts that were not learnt. What is not analysed sorts last. Beside it: the lists alone."""
    rude, clean = [], []
    for name, marked, bar in (
        ("Davidson, held out", learning.tweets(folder, held_out=True), 0.95),
        ("TweetEval offensive val", talks.offensive(folder), None),
    ):
        one, other = ([text for text, is_rude in marked if is_rude == want] for want in (True, False))
        lists = auc(*([float(safety.read(text).label == safety.FLAGGED) for text in some] for some in (one, other)))
        found = auc(_rough(one), _rough(other))
        yield Row("safety", f"roughness, AUC, {name}", found, bar, len(marked), f"lists {lists:.3f}")
        rude += one
    ours = [text for text, is_system in talks.turns_of(folder, learning.HELD_OUT_FILES) if is_system]
    for name, texts, most in (
        ("replies of companies", talks.replies(folder), 20), ("SGD's turns, held out", ours, 20),
        ("turns of tau-bench", talks.assistant_turns(folder), 20),
    ):  # fmt: skip
        above = sum(score >= roughness.FLOOR for score in _rough(texts))
        yield Row(
            "safety",
            f"roughness, above the floor of 1,000 {name}",
            1000 * above / len(texts),
            most,
            len(texts),
            is_most=True,
        )
        clean += texts
    yield from _sorted(rude, clean)


def _sorted(rude: Sequence[str], clean: Sequence[str]) -> Iterator[Row]:
    """One rude text among a hundred replies, as a floor may have it at its worst: how many of the first twenty are rude."""
    few = [text for text in rude if safety.read(text).label != safety.FLAGGED]
    scores = sorted([(score, False) for score in _rough(clean)], reverse=True)
    for name, texts in (("", rude), (" unlisted", few)):
        chosen = texts[:: max(1, len(texts) * 100 // len(clean))]
        first = sorted([*scores, *((score, True) for score in _rough(chosen))], reverse=True)[:SHOWN]
        yield Row(
            "safety", f"roughness, rude of the first {SHOWN}, {len(chosen)}{name} among clean", sum(is_rude for _, is_rude in first) / SHOWN,
            None, len(clean) + len(chosen), f"by chance {len(chosen) / (len(clean) + len(chosen)):.3f}",
        )  # fmt: skip


def _rough(texts: Sequence[str]) -> list[float]:
    return [roughness.read(text).score or 0.0 for text in texts]


def _tone(folder: Path) -> Iterator[Row]:
    told = talks.empathy(folder)
    precision, _, f1 = _f1([tone.marks_in(text).is_empathic for text, _ in told], [label for _, label in told])
    yield Row("tone", "F1, a reaction to feelings, EPITOME", f1, 0.6, len(told), "phrase rules 0.545")
    yield Row("tone", "precision, the same", precision, 0.7, len(told), "phrase rules 0.68")


# Of two figures of one part.
Bars = tuple[float | None, float | None]


def _repeat(folder: Path) -> Iterator[Row | str]:
    sets = (("MultiDoGO dev", talks.restatements(folder, "dev")), ("banking77", talks.bank_restatements(folder)))
    for name, pairs in sets:
        scores = [repeat.likeness(one.first, one.second) for one in pairs]
        words = [_common(one.first, one.second) for one in pairs]
        bars: Bars = (0.82, None) if name == "MultiDoGO dev" else (None, None)
        yield from _likeness(name, pairs, scores, bars, f"common words {auc(*_split(words, pairs)):.3f}")
    second, learnt = meanings.HERE.patient(at=timezone.now()), repeat.meant()
    if second is None or learnt is None:
        yield f"repeat           second tier skipped: {meanings.HERE.why or 'what was learnt of meanings is missing'}"
        return
    for name, pairs in sets:
        read = repeat.read_many([(one.second, (one.first,)) for one in pairs], second)
        left = sum(one.model != repeat.MODEL_OF_SECOND for one in read)
        bars = (0.88, 0.6) if name == "MultiDoGO dev" else (None, None)
        yield from _likeness(
            f"second tier, {name}", pairs, [one.score or 0.0 for one in read], bars, f"{left} read by words"
        )
        wrong = [one.label == repeat.REPEATED for one, pair in zip(read, pairs, strict=True) if not pair.is_same]
        yield Row("repeat", f"second tier, false at its border, {name}", sum(wrong) / len(wrong), None, len(wrong))


def _likeness(name: str, pairs: Sequence[talks.Pair], scores: Sequence[float], bars: Bars, base: str) -> Iterator[Row]:
    same, other = _split(scores, pairs)
    border = sorted(other)[int(0.95 * len(other))]
    yield Row("repeat", f"AUC, {name}", auc(same, other), bars[0], len(pairs), base)
    yield Row("repeat", f"recall at 5 % false, {name}", sum(s > border for s in same) / len(same), bars[1], len(same))


def _split(scores: Sequence[float], pairs: Sequence[talks.Pair]) -> tuple[list[float], list[float]]:
    both = [*zip(scores, pairs, strict=True)]
    return [s for s, one in both if one.is_same], [s for s, one in both if not one.is_same]


def _common(a: str, b: str) -> float:
    one, two = set(a.split()), set(b.split())
    return len(one & two) / max(1, len(one | two))


def _intent(folder: Path) -> Iterator[Row | str]:
    second = meanings.HERE.patient(at=timezone.now())
    # The bars are the part's: of who reads it here. Words alone reach them nowhere (0.73), and are shown beside both.
    yield from _opinions(folder, "", None, (0.78, 0.8) if second is None else (None, None))
    if second is None:
        yield f"intent           second tier skipped: {meanings.HERE.why}"
        return
    yield from _opinions(folder, "both tiers, ", second, (0.78, 0.8))


def _opinions(folder: Path, who: str, second: intent.Hear | None, bars: Bars) -> Iterator[Row]:
    right, known, seconds = [], [], []
    count = 0
    for shop in talks.shops(folder):
        began = time.process_time()
        opinion = intent.learn(shop.taught, second)
        seconds.append(time.process_time() - began)
        heard = second([text for text, _ in shop.asked]) if second is not None else None
        vectors = [None] * len(shop.asked) if heard is None else [*heard]
        told = [(*opinion.of(text, vector), label) for (text, label), vector in zip(shop.asked, vectors, strict=True)]
        inside = [(said, label) for said, _, label in told if label]
        right.append(sum(said == label for said, label in inside) / max(1, len(inside)))
        known.append(auc([sure for _, sure, label in told if label], [sure for _, sure, label in told if not label]))
        count += len(told)
        yield Row("intent", f"{who}accuracy in scope, {shop.name}", right[-1], None, len(inside))
        yield Row("intent", f"{who}AUROC in against out of scope, {shop.name}", known[-1], None, len(told))
    yield Row("intent", f"{who}accuracy, mean of HINT3", sum(right) / 3, bars[0], count, "Dialogflow 0.693")
    yield Row("intent", f"{who}AUROC, mean of HINT3", sum(known) / 3, bars[1], count, "Dialogflow 0.818")
    yield Row("intent", f"{who}core-seconds to learn, the longest", max(seconds), None, 3)


def _complexity(folder: Path) -> Iterator[Row]:
    told = openings(folder, "dev", 3)
    for name, with_words in (("table of factors alone", False), ("with words", True)):
        scores = [complexity.score(texts, with_words=with_words) for texts, _ in told]
        found = auc(
            [s for s, (_, is_long) in zip(scores, told, strict=True) if is_long],
            [s for s, (_, is_long) in zip(scores, told, strict=True) if not is_long],
        )
        yield Row(
            "complexity",
            f"AUC after 3 messages, {name}",
            found,
            0.78 if with_words else None,
            len(told),
            "length so far 0.70",
        )


def _adherence(folder: Path) -> Iterator[Row]:
    told = talks.system_turns(folder)
    bars = {"REQ_MORE": 0.92, "GOODBYE": 0.88, "CONFIRM": 0.87, "NOTIFY_FAILURE": None}
    for step in standard_steps.STANDARD:
        if step.name in bars:
            true = [step.name in acts for _, acts in told]
            said = [adherence.shown(step, text) is not None for text, _ in told]
            precision, recall, f1 = _f1(said, true)
            yield Row(
                "adherence", f"F1 {step.name} (P {precision:.3f}, R {recall:.3f})", f1, bars[step.name], sum(true)
            )


def _speed(folder: Path) -> Iterator[Row | str]:
    texts = [turn.text for talk in talks.talks(folder, "dev")[:400] for turn in talk.turns] + talks.replies(folder)[
        :400
    ]
    opinion = intent.learn(next(talks.shops(folder)).taught)

    def all_nine() -> None:
        before = ""
        for text in texts:
            masked = mask(text=text, before=before).text
            sentiment.read(masked)
            asks_for_human.read(masked)
            safety.read(masked)
            roughness.read(masked)
            tone.read(masked)
            repeat.read(masked, (before,))
            opinion.of(masked)
            complexity.read((before, masked))
            for step in standard_steps.STANDARD:
                adherence.shown(step, masked)
            before = masked

    all_nine()
    began = time.process_time()
    all_nine()
    yield Row(
        "speed",
        "all nine, ms a message on one core",
        1000 * (time.process_time() - began) / len(texts),
        1,
        len(texts),
        is_most=True,
    )
    yield from _second_speed(folder)


def _second_speed(folder: Path) -> Iterator[Row | str]:
    """Both tiers as the worker runs them, some hundred messages at once."""
    second = second_tier.patient(at=timezone.now())
    if second is None:
        yield f"speed            second tier skipped: {second_tier.HERE.why}"
        return
    chat = [turn.text for talk in talks.talks(folder, "dev")[:400] for turn in talk.turns][:1500]
    for name, texts in (("messages of chats", chat), ("tweets", data.airline(folder).texts[:1500])):
        sentiment.read_many([(text, ()) for text in texts[:100]], second)
        began = time.process_time()
        for place in range(0, len(texts), second_tier.MOST_A_TICK):
            sentiment.read_many([(text, ()) for text in texts[place : place + second_tier.MOST_A_TICK]], second)
        rate = len(texts) / (time.process_time() - began)
        yield Row("speed", f"both tiers of moods, {name} a core-second", rate, 250, len(texts))
    yield from _repeat_speed(folder)


def _repeat_speed(folder: Path) -> Iterator[Row]:
    """Hand-offs in the middle of conversations, as the worker reads them: up to three messages against up to eight."""
    second = meanings.HERE.patient(at=timezone.now())
    said = [[turn.text for turn in talk.turns] for talk in talks.talks(folder, "dev") if len(talk.turns) > 1][:300]
    asked = []
    for texts in said:
        half = (len(texts) + 1) // 2
        asked.append([(text, texts[:half]) for text in texts[half:][: repeat.FIRST_AFTER]])
    repeat.read_many(asked[0], second)
    began = time.process_time()
    for place in range(0, len(asked), 25):
        repeat.read_many([one for some in asked[place : place + 25] for one in some], second)
    spent = 1000 * (time.process_time() - began) / len(asked)
    yield Row("speed", "repeats by meaning, ms a hand-off on one core", spent, None, len(asked))


PARTS: dict[str, Callable[[Path], Iterator[Row | str]]] = {
    "sentiment": _sentiment, "personal data": personal_data.rows, "asks for person": _asks, "safety": _safety, "tone": _tone, "repeat": _repeat,
    "intent": _intent, "complexity": _complexity, "adherence": _adherence, "speed": _speed,
}  # fmt: skip
