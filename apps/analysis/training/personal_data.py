"""The figures of the mask on public marked texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from apps.access import language, persons, tagger
from apps.access.masking import searched, spans_of
from apps.access.training import labelled, measuring
from apps.analysis.training.row import Row

# As an agent asks for each kind of value.
QUESTIONS = {
    "NAME": "May I have your full name, please?", "ADDRESS": "What is your address?", "EMAIL": "Could you share your e-mail?",
    "PHONE": "What is your phone number?", "CARD": "What is the number on your card?", "ID": "What is your account number?",
    "SSN": "Please confirm the last four of your social security number.", "PASSWORD": "Please type your password.",
}  # fmt: skip


def _names_by_both(
    sets: Sequence[tuple[str, list[labelled.Marked], float]], clean: Sequence[str]
) -> Iterator[Row | str]:
    """The same with the second reader of names, and what it costs a text."""
    also = persons.HERE
    if why := also.why_not():
        yield f"personal data    second reader of names skipped: {why}"
        return
    searched("it turned out that Yefremova had signed", persons=also.found_in)
    for (name, marked, _), bar in zip(sets, (0.85, 0.93), strict=True):
        began = time.process_time()
        found = measuring.measure(marked, lambda text: searched(text, persons=also.found_in))
        rate = len(marked) / (time.process_time() - began)
        what = f"both readers, F2 (P {found.precision:.3f}, R {found.recall:.3f}), {name}"
        yield Row("personal data", what, found.f2, bar, found.there.total())
        yield Row("personal data", f"both readers, texts a core-second, {name}", rate, None, len(marked))
    struck = sum(len(spans_of(text, persons=also.found_in)) for text in clean)
    what = "both readers, false spans on 1,000 clean texts"
    yield Row("personal data", what, 1000 * struck / len(clean), 15, len(clean), is_most=True)


def rows(folder: Path) -> Iterator[Row | str]:
    sets = (
        ("presidio-research", labelled.presidio(folder, labelled.MADE[0]), 0.77),
        ("MultiDoGO dev", [*labelled.multidogo(folder, "dev")], 0.93),
    )
    presidio = _presidio()
    # Loading what was learnt is no text's time.
    searched("warm up, Ada Lovelace 12")
    language.language_of("warm up, as long as nobody is waiting")
    for name, marked, bar in sets:
        began = time.process_time()
        found = measuring.measure(marked, searched)
        rate = len(marked) / (time.process_time() - began)
        base = (
            "Presidio is not installed"
            if presidio is None
            else f"Presidio F2 {measuring.measure(marked[:800], presidio).f2:.3f}"
        )
        yield Row(
            "personal data",
            f"F2 (P {found.precision:.3f}, R {found.recall:.3f}), {name}",
            found.f2,
            bar,
            found.there.total(),
            base,
        )
        if name.startswith("presidio"):
            yield Row("personal data", "cards, SSNs, e-mails, IBANs, phones left", found.leaked(*measuring.MUST_GO), 0,
                      sum(found.there[k] for k in measuring.MUST_GO), is_most=True)  # fmt: skip
        yield Row("personal data", f"texts a core-second, {name}", rate, 2000, len(marked))
    clean = labelled.clean_unseen(folder)
    struck = sum(len(spans_of(text)) for text in clean)
    yield Row(
        "personal data", "false spans on 1,000 clean texts", 1000 * struck / len(clean), 15, len(clean), is_most=True
    )
    yield from _names_by_both(sets, clean)
    yield from _answers(sets[1][1], clean)


def _answers(turns: Sequence[labelled.Marked], clean: Sequence[str]) -> Iterator[Row]:
    """What the question before a message adds. MultiDoGO has no agents' side: each value is asked for as an agent would."""
    asked = {one.text: QUESTIONS.get(one.spans[0][2], "") if one.spans else "" for one in turns}
    bare = [one for one in turns if len(one.spans) == 1 and one.spans[0][:2] == (0, len(one.text))]
    for name, marked in (("MultiDoGO dev", turns), ("its bare answers", bare)):
        plain = measuring.measure(marked, searched)
        found = measuring.measure(marked, lambda text: searched(text, before=asked[text]))
        yield Row(
            "personal data",
            f"recall after its question (P {found.precision:.3f}), {name}",
            found.recall,
            None,
            found.there.total(),
            f"without the question {plain.recall:.3f} (P {plain.precision:.3f})",
        )
    both = [(one, searched(one.text), searched(one.text, before=asked[one.text])) for one in turns if one.spans]
    without, known = (
        sum(_is_named(span, said) for one, *ways in both for span in one.spans for said in [ways[n]]) for n in (0, 1)
    )
    n = sum(len(one.spans) for one, *_ in both)
    yield Row(
        "personal data", "the same, called what it is", known / n, None, n, f"without the question {without / n:.3f}"
    )
    kinds = [*QUESTIONS.values()]
    struck = sum(len(spans_of(text, before=kinds[n % len(kinds)])) for n, text in enumerate(clean))
    yield Row(
        "personal data",
        "false spans on 1,000 clean texts, each after a question",
        1000 * struck / len(clean),
        15,
        len(clean),
        is_most=True,
    )


def _is_named(span: tuple[int, int, str], said: Sequence[tuple[int, int, str]]) -> bool:
    kind = tagger.KIND_OF.get(span[2], span[2].lower())
    alike = {kind, *{"account": ("order",), "password": ("code",)}.get(kind, ())}
    return any(start < span[1] and span[0] < end and name in alike for start, end, name in said)


def _presidio() -> Callable[[str], list[tuple[int, int, str]]] | None:
    try:
        from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found]
    except ImportError:
        return None
    engine: Any = AnalyzerEngine()
    return lambda text: [
        (one.start, one.end, one.entity_type) for one in engine.analyze(text, "en", score_threshold=0.35)
    ]
