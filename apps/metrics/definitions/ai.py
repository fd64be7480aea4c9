"""AI agents: what they took on, what they ended, and what they passed on."""

from __future__ import annotations

from apps.metrics.definitions.definition import SECONDS, SHARE, Basis, Clock, Definition, Direction, Kind, Subject

DOWN, UP, NEUTRAL = Direction.DOWN, Direction.UP, Direction.NEUTRAL
AI = Subject.AI
ELAPSED = (Clock.ELAPSED,)
EVALUATED = (
    "As the source sends it with a turn: who evaluated, and how, is known there.",
    "Small letters, spaces, signs and what stands before the last dot or slash do not matter in its name.",
    "Without a value, or outside 0 to 1: left out.",
)

# fmt: off
AI_AGENTS = (
    Definition(
        key="ai_involvement_rate", name="Involvement rate", unit=SHARE, kind=Kind.RATIO, basis=Basis.START,
        meaning="Which share of conversations an AI agent answered in.",
        formula="Conversations that customers began, with an answer of an AI agent, divided by all that customers began.",
        subject=AI, direction=NEUTRAL, guard="ai_resolution_rate", minimum_n=20, settles_after_hours=24,
        edge_cases=("A greeting before the customer has spoken is no answer.",), source="Intercom",
    ),
    Definition(
        key="ai_resolutions_confirmed", name="AI resolution, confirmed", unit="conversations", kind=Kind.COUNT,
        meaning="How many customers said that an AI agent's answer solved it.",
        formula="Conversations in which the customer's last words, after an answer of an AI agent, say that it was solved.",
        subject=AI, direction=UP, guard="repeat_contact_rate", settles_after_hours=24,
        edge_cases=(
            "Passed on to a person: not counted.", "Thanks alone confirm nothing.", "Counted at the first answer.",
            "Words are read in English.",
        ), source="Intercom",
    ),
    Definition(
        key="ai_resolutions_assumed", name="AI resolution, assumed", unit="conversations", kind=Kind.COUNT,
        meaning="How many customers asked nothing more after an AI agent's last answer.",
        formula="Conversations without a further request in the 24 hours after the last answer of an AI agent.",
        subject=AI, direction=UP, guard="repeat_contact_rate", settles_after_hours=24,
        edge_cases=(
            "Taken away again when the customer returns: later in the same conversation, or within 7 days in a new one.",
            "Shown apart from confirmed ones.", "Passed on or given up: not counted.", "Thanks ask for nothing more.",
            "Counted at the first answer.",
        ), source="Intercom",
    ),
    Definition(
        key="ai_resolutions_returned", name="AI resolution, taken away", unit="conversations", kind=Kind.COUNT,
        meaning="How many resolutions of an AI agent were assumed until the customer returned.",
        formula="Conversations that an AI agent ended and whose customer returned: later in the same conversation, or within 7 "
        "days in a new one.",
        subject=AI, direction=DOWN, guard="ai_resolutions_assumed", settles_after_hours=168,
        edge_cases=(
            "What the customer confirmed stays resolved.", "Passed on or given up: never assumed, so not taken away.",
            "Counted at the first answer, as what it is taken away from.",
        ), source="Intercom",
    ),
    Definition(
        key="ai_resolution_rate", name="AI resolution rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the conversations it answered in an AI agent resolved.",
        formula="Confirmed plus assumed minus returned, divided by conversations with an answer of an AI agent.",
        subject=AI, direction=UP, guard="repeat_contact_rate", minimum_n=20, settles_after_hours=168,
        edge_cases=("Resolved without a person is not the same.", "Counted at the first answer."), source="Intercom; Chatwoot as the trap",
    ),
    Definition(
        key="automation_rate", name="Automation rate", unit=SHARE, kind=Kind.RATIO, basis=Basis.START,
        meaning="Which share of all conversations AI agents resolved.",
        formula="Conversations an AI agent resolved divided by all that customers began: involvement times AI resolution rate.",
        subject=AI, direction=UP, guard="repeat_contact_rate", minimum_n=20, settles_after_hours=168, source="Intercom",
    ),
    Definition(
        key="deflection", name="Deflection", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the conversations an AI agent answered in never reached a person.",
        formula="Conversations never handed to a person divided by conversations with an answer of an AI agent.",
        subject=AI, direction=NEUTRAL, guard="repeat_contact_rate", minimum_n=20, settles_after_hours=24,
        edge_cases=("Holds people who gave up: not the same as solved.", "Counted at the first answer."),
        source="ultimate.ai",
    ),
    Definition(
        key="containment", name="Containment (strict)", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share an AI agent ended well on its own.",
        formula="Not handed off, not abandoned and no repeat contact within 7 days, divided by conversations with an answer "
        "of an AI agent.",
        subject=AI, direction=UP, guard="repeat_contact_rate", minimum_n=20, settles_after_hours=168,
        edge_cases=(
            "Vendors use the word for deflection: this definition is always shown.",
            "Counted at the first answer; a repeat contact is a new conversation of the same customer within 7 days after it.",
            "Of customers who are not known nobody can say whether they came back: left out.",
        ),
        source="chatbotscape, owlish",
    ),
    Definition(
        key="ai_repeat_contact_rate", name="Repeat contact after an AI agent", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of customers came back after an AI agent alone had answered them.",
        formula="Conversations that were never handed to a person and were followed by a new one of the same customer within 7 "
        "days, divided by conversations with an answer of an AI agent that were never handed to a person.",
        subject=AI, direction=DOWN, guard="deflection", minimum_n=20, settles_after_hours=168,
        edge_cases=(
            "Counted at the first answer; back in the same conversation is no new one.",
            "Of customers who are not known nobody can say whether they came back: left out.",
        ), source="callcentrehelper: repeat contact; chatbotscape",
    ),
    Definition(
        key="bot_abandon_rate", name="Bot abandon", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of customers fell silent on an AI agent's question.",
        formula="Conversations that ended as abandoned after a question of an AI agent, divided by conversations with an "
        "answer of an AI agent.",
        subject=AI, direction=DOWN, guard="deflection", minimum_n=20, settles_after_hours=24,
        edge_cases=("Passed on to a person: not counted.", "Counted at the first answer."), source="AWS Lex: dropped",
    ),
    Definition(
        key="fallback_rate", name="Fallback rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of its turns an AI agent did not understand.",
        formula="Turns that ended in a fallback divided by turns.",
        subject=AI, direction=DOWN, is_leading=True, guard="ai_confidence", minimum_n=20, source="Lex, Rasa",
    ),
    Definition(
        key="handoff_rate", name="Hand-off (escalation) rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the conversations an AI agent answered in went on to a person.",
        formula="Conversations handed to a person divided by conversations with an answer of an AI agent.",
        subject=AI, direction=NEUTRAL, is_leading=True, guard="ai_csat", minimum_n=20, settles_after_hours=24,
        edge_cases=("Each conversation once, counted at the first answer.",), source="Amazon Connect; Chatwoot",
    ),
    Definition(
        key="asked_for_person_rate", name="\"Agent, please\" rate", unit=SHARE, kind=Kind.RATIO,
        meaning="In which share of its conversations an AI agent was asked for a person.",
        formula="Conversations in which the customer asked for a person, divided by conversations with an answer of an AI "
        "agent.",
        subject=AI, direction=DOWN, is_leading=True, guard="handoff_rate", minimum_n=20, settles_after_hours=24,
        edge_cases=("To ask is not to be granted: what stayed unmet is shown by the hand-off rate.",),
        source="ours; Chatwoot reason customer_request",
    ),
    Definition(
        key="ai_confidence", name="Confidence", unit="score", kind=Kind.MEAN,
        meaning="How sure an AI agent was of the intent it chose, from 0 to 1.",
        formula="Mean of the model's own score of the best real intent, over turns that have one.",
        subject=AI, direction=UP, is_leading=True, guard="fallback_rate", minimum_n=20,
        edge_cases=("Never compared between versions of a model.", "A fallback's threshold is no confidence: its best real intent counts, or none."),
        version=2,
        source="Rasa, Lex",
    ),
    Definition(
        key="ai_goal_success", name="Goal success", unit="score", kind=Kind.MEAN,
        meaning="How far an AI agent reached what the customer came for, as an evaluator judged it, from 0 to 1.",
        formula="Sum of an evaluator's scores named goal success, divided by these scores.",
        subject=AI, direction=UP, guard="ai_csat", minimum_n=20, edge_cases=EVALUATED, source="Amazon Connect; OpenTelemetry",
    ),
    Definition(
        key="ai_faithfulness", name="Faithfulness", unit="score", kind=Kind.MEAN,
        meaning="How far what an AI agent said stands in what it was given, as an evaluator judged it, from 0 to 1.",
        formula="Sum of an evaluator's scores named faithfulness, divided by these scores.",
        subject=AI, direction=UP, guard="ai_goal_success", minimum_n=20, edge_cases=EVALUATED, source="Amazon Connect; OpenTelemetry",
    ),
    Definition(
        key="ai_completeness", name="Completeness", unit="score", kind=Kind.MEAN,
        meaning="How far an AI agent answered all that was asked, as an evaluator judged it, from 0 to 1.",
        formula="Sum of an evaluator's scores named completeness, divided by these scores.",
        subject=AI, direction=UP, guard="ai_faithfulness", minimum_n=20, edge_cases=EVALUATED, source="Amazon Connect; OpenTelemetry",
    ),
    Definition(
        key="handoff_quality", name="Hand-off quality", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of hand-offs told the person what had happened.",
        formula="Hand-offs with a summary divided by hand-offs.",
        subject=AI, direction=UP, is_leading=True, guard="first_reply_time", minimum_n=20,
        edge_cases=("How long the customer then waited is the time to the first reply after a hand-off.",),
        source="ours",
    ),
    Definition(
        key="handoff_reply_time", name="First reply after a hand-off", unit=SECONDS, kind=Kind.PERCENTILE, clocks=ELAPSED,
        meaning="How long customers waited for a person's words after an AI agent had handed them over.",
        formula="First public message of a person after the hand-off minus the hand-off.",
        subject=AI, direction=DOWN, is_leading=True, guard="handoff_quality", minimum_n=20,
        edge_cases=(
            "A second hand-off before any reply: the first one has none.", "Never answered: in no mean, listed as left out.",
        ), source="ours",
    ),
    Definition(
        key="ai_csat", name="CSAT of AI agents", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of customers who rated an AI agent was content.",
        formula="As CSAT, for ratings credited to an AI agent.",
        subject=AI, direction=UP, guard="csat_response_rate", minimum_n=30, source="Chatwoot, Intercom",
    ),
)
