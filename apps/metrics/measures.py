"""Which measures are observed, and how each metric of the dictionary is read from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Clock, Definition, Kind, Subject, refuse_mixture

MILLION = 1_000_000
SHORT_ABANDON_SECONDS = 10
REOPEN_WITHIN_HOURS = 72
REPEAT_WITHIN_DAYS = 7
# Without a further word of the customer for so long, an AI agent's answer is assumed to have solved it (Intercom).
ASSUMED_AFTER_HOURS = 24
# Longer gaps between words are no work on the conversation (Live Helper Chat).
LONGEST_AGENT_TURN_MINUTES = 10
LONGEST_CUSTOMER_TURN_MINUTES = 4


class Form(StrEnum):
    """What an observation's value is."""

    COUNT = "count"  # null: the case itself counts
    SHARE = "share"  # 1 or 0
    DURATION = "duration"  # microseconds, with a histogram
    SCORE = "score"  # millionths


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of observation, and in which buckets it is kept."""

    name: str
    subject: Subject
    form: Form
    by_queue: bool = True
    by_agent: bool = False


HUMAN, AI, QUEUE = Subject.HUMAN, Subject.AI, Subject.QUEUE
MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        Measure("first_reply_time", HUMAN, Form.DURATION, by_agent=True),
        Measure("agent_first_reply_time", HUMAN, Form.DURATION, by_agent=True),
        Measure("response_time", HUMAN, Form.DURATION, by_agent=True),
        Measure("speed_of_answer", HUMAN, Form.DURATION),
        Measure("abandonment_rate", QUEUE, Form.SHARE),
        Measure("short_abandons", QUEUE, Form.COUNT),
        Measure("missed", HUMAN, Form.COUNT, by_agent=True),
        Measure("transfer_rate", HUMAN, Form.SHARE),
        Measure("escalation_rate", HUMAN, Form.SHARE),
        Measure("assigned_time", HUMAN, Form.DURATION, by_agent=True),
        Measure("active_handle_time", HUMAN, Form.DURATION, by_agent=True),
        Measure("handle_time", HUMAN, Form.DURATION),
        Measure("handling", HUMAN, Form.DURATION, by_queue=False, by_agent=True),
        Measure("resolution_time", HUMAN, Form.DURATION),
        Measure("requester_wait", QUEUE, Form.DURATION),
        Measure("volume", HUMAN, Form.COUNT),
        Measure("participation", HUMAN, Form.COUNT, by_queue=False, by_agent=True),
        Measure("reopen_rate", HUMAN, Form.SHARE, by_agent=True),
        Measure("fcr_gross", HUMAN, Form.SHARE),
        Measure("fcr_net", HUMAN, Form.SHARE),
        Measure("resolution_rate", QUEUE, Form.SHARE),
        Measure("csat", HUMAN, Form.SHARE, by_agent=True),
        Measure("csat_response_rate", QUEUE, Form.SHARE),
        Measure("sentiment", QUEUE, Form.SCORE),
        Measure("turned_negative_rate", QUEUE, Form.SHARE),
        Measure("analysed_coverage", QUEUE, Form.SHARE),
        Measure("ai_involvement_rate", AI, Form.SHARE),
        Measure("handoff_rate", AI, Form.SHARE, by_agent=True),
        Measure("asked_for_person_rate", AI, Form.SHARE, by_agent=True),
        Measure("containment", AI, Form.SHARE, by_agent=True),
        Measure("ai_resolutions_confirmed", AI, Form.COUNT, by_agent=True),
        Measure("ai_resolutions_assumed", AI, Form.COUNT, by_agent=True),
        Measure("ai_resolutions_returned", AI, Form.COUNT, by_agent=True),
        Measure("ai_resolution_rate", AI, Form.SHARE, by_agent=True),
        Measure("automation_rate", AI, Form.SHARE),
        Measure("ai_repeat_contact_rate", AI, Form.SHARE, by_agent=True),
        Measure("bot_abandon_rate", AI, Form.SHARE, by_agent=True),
        Measure("repeat_contact_rate", QUEUE, Form.SHARE),
        Measure("fallback_rate", AI, Form.SHARE, by_agent=True),
        Measure("ai_confidence", AI, Form.SCORE, by_agent=True),
        Measure("ai_goal_success", AI, Form.SCORE, by_agent=True),
        Measure("ai_faithfulness", AI, Form.SCORE, by_agent=True),
        Measure("ai_completeness", AI, Form.SCORE, by_agent=True),
        Measure("handoff_quality", AI, Form.SHARE, by_agent=True),
        Measure("handoff_reply_time", AI, Form.DURATION, by_agent=True),
        Measure("ai_csat", AI, Form.SHARE, by_agent=True),
    )
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a metric is read: from one measure, which for an agent may be another one.

    `is_complement`: the share of the cases without. `misses` names the measure whose hits join the cases as misses; such a
    metric is judged by the queue's promise.

    :raises MixedFamilies: what is read is of people and of AI agents.
    """

    metric: Definition
    measure: Measure
    of_agent: Measure | None = None
    is_complement: bool = False
    misses: Measure | None = None

    def __post_init__(self) -> None:
        parts = [one for one in (self.measure, self.of_agent, self.misses) if one is not None]
        for part in parts:
            told = DICTIONARY.get(part.name)
            if told is not None:
                refuse_mixture([self.metric, told])
        if (self.metric.kind == Kind.RATIO) != (self.measure.form == Form.SHARE or self.misses is not None):
            raise ValueError(f"{self.metric.key} is a {self.metric.kind} and cannot be read from {self.measure.name}.")


def _readings() -> dict[str, Reading]:
    found = {
        key: Reading(DICTIONARY[key], one, of_agent=one if one.by_agent else None)
        for key, one in MEASURES.items()
        if key in DICTIONARY
    }
    found["volume"] = Reading(DICTIONARY["volume"], MEASURES["volume"], of_agent=MEASURES["participation"])
    found["handle_time"] = Reading(DICTIONARY["handle_time"], MEASURES["handle_time"], of_agent=MEASURES["handling"])
    responses = MEASURES["response_time"]
    found["average_response_time"] = Reading(DICTIONARY["average_response_time"], responses, of_agent=responses)
    handoffs = MEASURES["handoff_rate"]
    found["deflection"] = Reading(DICTIONARY["deflection"], handoffs, of_agent=handoffs, is_complement=True)
    found["service_level"] = Reading(
        DICTIONARY["service_level"], MEASURES["first_reply_time"], misses=MEASURES["abandonment_rate"]
    )
    return found


READINGS = _readings()
# Measures of which the clock of business hours is kept too: those of a metric that names it.
ON_BUSINESS = sorted(
    {one.measure.name for one in READINGS.values() if Clock.BUSINESS in one.metric.clocks and one.misses is None}
)
