"""The dictionary: complete, consistent, and unable to mix people with AI agents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.metrics.definitions import DICTIONARY, checked
from apps.metrics.definitions.definition import Basis, Kind, MixedFamilies, Subject, refuse_mixture
from apps.metrics.queries import is_measured

# The terms of the written dictionary, sections 1 to 5, in its order.
TERMS = """
Queue length | Backlog (active) | Unattended | Longest wait | ASA, average speed of answer | FRT (customer clock)
FRT (agent clock) | Response time (next reply) | Average response time | Requester wait | Service level X/Y
Abandonment rate | Short abandon | Missed (agent non-response) | Transfer rate
AHT, average handle time | Active handle time (chat) | Assigned time | ACW | Resolution time | Concurrency | Occupancy
Slot utilisation | Utilisation | Active time | Idle time | Adherence | Conformance | Shrinkage | Volume
Resolution rate | Reopen rate | Repeat contact rate | FCR gross | FCR net | Escalation rate | CSAT | CSAT response rate
Sentiment (running)
Involvement rate | AI resolution, confirmed | AI resolution, assumed | AI resolution rate | Automation rate | Deflection
Containment (strict) | Bot abandon | Fallback rate | Hand-off (escalation) rate | "Agent, please" rate | Confidence
Goal success | Faithfulness | Completeness | Hand-off quality
Category score | Review score | Critical category | Auto-fail | IQS, internal quality score | Weighted section score
Alignment | Agreement | Grader severity | Dispute rate | Overturn rate | Days to resolve | Coverage
"""
# CSAT is one term there with "bot and human apart": here the AI agents' half has a definition of its own.
# Free slots are a formula there (slot utilisation) and a gauge of their own here. What is deducted, who came back after an AI
# agent, and the second part of hand-off quality are words inside other terms there.
MORE = {
    "CSAT of AI agents", "Free slots", "Turned negative", "Analysed coverage", "AI resolution, taken away", "Repeat contact after an AI agent", "First reply after a hand-off",
}  # fmt: skip


def terms() -> list[str]:
    return [term.strip() for line in TERMS.strip().splitlines() for term in line.split("|")]


def spoken(name: str) -> str:
    """The name without its long form: "FRT, first reply time (agent clock)" is the term "FRT (agent clock)"."""
    return name.replace("FRT, first reply time", "FRT").replace("ACW, after-contact work", "ACW")


def test_every_term_of_the_written_dictionary_has_its_definition_in_order() -> None:
    assert [spoken(one.name) for one in DICTIONARY.values() if one.name not in MORE] == terms()
    assert len(DICTIONARY) == 75


# What METRICS.md calls by one term and is two or three numbers.
TOGETHER = {
    "Goal success, faithfulness, completeness": ["Goal success", "Faithfulness", "Completeness"],
    "Dispute rate, overturn rate, days to resolve": ["Dispute rate", "Overturn rate", "Days to resolve"],
    "ASA, average speed of answer": ["ASA, average speed of answer"],
    "AHT, average handle time": ["AHT, average handle time"],
    "IQS, internal quality score": ["IQS, internal quality score"],
}
# Defined, explained to everybody, and no number of the engine: where it is told instead.
TOLD_ELSEWHERE = {
    "category_score": "a review's sheet and the patterns of quality: by line of one form, never over forms",
    "review_score": "each review; its mean over a period is the IQS",
    "section_score": "a review's sheet: sections of one form, which no two forms share",
    "alignment": "calibrations: of one case and its graders",
    "agreement": "calibrations and the standing of automatic scores, with kappa and its interval",
    "grader_severity": "the patterns of quality: of a grader beside peers on the same people",
}


def test_the_terms_are_those_of_the_written_dictionary() -> None:
    written = Path(__file__).resolve().parents[3] / "shared/design/METRICS.md"
    if not written.is_file():
        pytest.skip(f"The written dictionary is not at {written}.")
    found: list[str] = []
    section = ""
    for line in written.read_text(encoding="utf-8").splitlines():
        section = line.removeprefix("## ")[:1] if line.startswith("## ") else section
        cell = line.split("|")[1].strip() if line.startswith("|") and section in "12345" else ""
        if cell and cell != "Term" and not cell.startswith("---"):
            found += TOGETHER.get(cell) or [cell]
    assert found == terms()


def test_every_metric_is_counted_or_told_elsewhere_with_the_place() -> None:
    missing = {key for key in DICTIONARY if not is_measured(key)}
    assert missing == set(TOLD_ELSEWHERE)
    assert all(TOLD_ELSEWHERE.values())


def test_every_guard_is_defined() -> None:
    assert {one.guard for one in DICTIONARY.values()} <= set(DICTIONARY)


def test_a_key_is_defined_once() -> None:
    one = DICTIONARY["csat"]
    with pytest.raises(ValueError, match="defined twice"):
        checked([one, replace(one, name="Another name")])


def test_a_guard_that_is_not_defined_is_refused() -> None:
    with pytest.raises(ValueError, match="not defined"):
        checked([replace(DICTIONARY["csat"], guard="happiness")])


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"meaning": ""}, "says nothing"),
        ({"meaning": "no sentence"}, "not a sentence"),
        ({"key": "CSAT"}, "lower-case"),
        ({"unit": "points"}, "a share"),
        ({"kind": Kind.COUNT}, "a share"),
        ({"unit": "s", "kind": Kind.MEAN}, "0 clocks"),
        ({"kind": Kind.GAUGE, "unit": "points"}, "is a moment"),
        ({"basis": Basis.INSTANT}, "is a moment"),
        ({"guard": "csat"}, "guard itself"),
        ({"minimum_n": 0}, "least value"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(DICTIONARY["csat"], **changes)


def test_people_and_ai_agents_are_never_parts_of_one_number() -> None:
    with pytest.raises(MixedFamilies, match="One number never mixes them"):
        refuse_mixture([DICTIONARY["csat"], DICTIONARY["ai_csat"]])
    refuse_mixture([DICTIONARY["csat"], DICTIONARY["csat_response_rate"]])
    refuse_mixture([DICTIONARY["ai_csat"], DICTIONARY["csat_response_rate"]])


def test_numbers_about_ai_agents_are_no_numbers_about_people() -> None:
    ai = {one.key for one in DICTIONARY.values() if one.subject == Subject.AI}
    assert {"ai_csat", "fallback_rate", "handoff_rate", "deflection", "ai_confidence"} <= ai
    assert not ai & {"csat", "first_reply_time", "volume", "resolution_time", "reopen_rate"}
