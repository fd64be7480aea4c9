"""Outcome: did it help. Lagging numbers that confirm, or contradict, what the leading ones promised."""

from __future__ import annotations

from apps.metrics.definitions.definition import SHARE, Basis, Definition, Direction, Kind, Subject

DOWN, UP = Direction.DOWN, Direction.UP
HUMAN, QUEUE = Subject.HUMAN, Subject.QUEUE

# fmt: off
OUTCOME = (
    Definition(
        key="resolution_rate", name="Resolution rate", unit=SHARE, kind=Kind.RATIO, basis=Basis.START,
        meaning="Which share of the conversations that ended was resolved.",
        formula="Distinct conversations resolved divided by distinct conversations resolved, closed or abandoned.",
        subject=QUEUE, direction=UP, guard="reopen_rate", minimum_n=20,
        edge_cases=(
            "Events, conversations and customers are three numbers: 100 resolutions are not 100 customers.",
            "Each conversation once, whoever resolved it.", "Merged and spam: left out.",
        ),
        source="Chatwoot issue 14871",
    ),
    Definition(
        key="reopen_rate", name="Reopen rate", unit=SHARE, kind=Kind.RATIO, basis=Basis.RESOLUTION,
        meaning="Which share of what people resolved the customer had to open again.",
        formula="Conversations first resolved in the window and reopened by the customer within 72 hours, divided by "
        "conversations first resolved in the window.",
        subject=HUMAN, direction=DOWN, guard="resolution_time", minimum_n=20, settles_after_hours=72,
        edge_cases=(
            "Each conversation once, at its first resolution.", "Of a person: who held it when it was resolved.",
            "Thanks that opened nothing: not a reopening.",
            "Opened again by us: not a reopening.", "Never clipped.", "Resolved without a person: apart.",
        ),
        source="Intercom count_reopens; Amazon Connect cases reopened",
    ),
    Definition(
        key="repeat_contact_rate", name="Repeat contact rate", unit=SHARE, kind=Kind.RATIO, basis=Basis.RESOLUTION,
        meaning="Which share of customers whose conversation was resolved came back with a new one.",
        formula="Resolved conversations followed within 7 days by a new one of the same customer, divided by resolved ones.",
        subject=QUEUE, direction=DOWN, guard="resolution_rate", minimum_n=20, settles_after_hours=168,
        edge_cases=(
            "Over all channels; counted at the first resolution, by a person or an AI agent.",
            "Whatever it is about: topics are not compared yet.",
            "Of customers who are not known nobody can say whether they came back: left out.",
            "What we began is no contact of the customer.",
        ),
        source="callcentrehelper: 7 days",
    ),
    Definition(
        key="fcr_gross", name="FCR gross", unit=SHARE, kind=Kind.RATIO, basis=Basis.RESOLUTION,
        meaning="Which share of what people resolved took one person and one cycle.",
        formula="Conversations resolved in their only cycle with one participating person, divided by conversations first "
        "resolved in the window.",
        subject=HUMAN, direction=UP, guard="repeat_contact_rate", minimum_n=20, settles_after_hours=72,
        edge_cases=("Resolved without a person: apart.", "A reopening, whenever it comes, takes the case out again."),
        source="Intercom: closed on first contact",
    ),
    Definition(
        key="fcr_net", name="FCR net", unit=SHARE, kind=Kind.RATIO, basis=Basis.RESOLUTION,
        meaning="Which share was resolved at first contact and did not come back.",
        formula="FCR gross without conversations that have a repeat contact within 7 days.",
        subject=HUMAN, direction=UP, guard="repeat_contact_rate", minimum_n=20, settles_after_hours=168,
        edge_cases=(
            "Provisional until 7 days have passed.",
            "Of customers who are not known nobody can say whether they came back: left out.",
        ), source="callcentrehelper; Freshservice",
    ),
    Definition(
        key="escalation_rate", name="Escalation rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of handled conversations went to a higher tier or a supervisor.",
        formula="Handled conversations moved to a higher tier or a supervisor divided by handled ones.",
        subject=HUMAN, direction=Direction.NEUTRAL, guard="transfer_rate", minimum_n=20,
        edge_cases=(
            "A transfer inside a tier, or to a lower one, is no escalation.",
            "A hand-off from an AI agent to a person is none.",
            "Supervisors are counted where their queue has a higher tier.",
            "Without a queue of a higher tier: no number.",
        ), source="ours, from Amazon Connect transfers",
    ),
    Definition(
        key="csat", name="CSAT", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of customers who rated a person was content.",
        formula="Positive ratings divided by ratings. Positive: 4 or 5 of 5, thumb up, the top quarter of any scale.",
        subject=HUMAN, direction=UP, guard="csat_response_rate", minimum_n=30,
        edge_cases=(
            "The last rating of a cycle counts.", "Credited to the person who was rated, or held it when it was given.",
            "Being unassigned later takes nothing away.", "About an AI agent: apart.", "Rated nobody: left out.",
        ),
        source="Chatwoot, Intercom",
    ),
    Definition(
        key="csat_response_rate", name="CSAT response rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the customers who were asked for a rating gave one.",
        formula="Care cycles with a survey and a rating after it, divided by care cycles with a survey.",
        subject=QUEUE, direction=UP, guard="csat", minimum_n=30,
        edge_cases=("Counted when the survey was sent.", "Always shown beside CSAT."), source="Chatwoot",
    ),
    Definition(
        key="sentiment", name="Sentiment (running)", unit="score", kind=Kind.MEAN,
        meaning="How customers felt at their last words, from -1 to 1.",
        formula="Sum of the running moods at the customer's last message that could be read, divided by these conversations.",
        subject=QUEUE, direction=UP, is_leading=True, guard="csat", minimum_n=20,
        edge_cases=(
            "Each message counts for half of what is felt then: seven eighths are the last three.",
            "Fewer than two messages that could be read: left out.",
            "While a conversation goes on it counts at the last message so far; once it has ended, how it ended.",
            "The model's name and version are kept with each reading; a message that is read again is counted again.",
        ),
        source="Amazon Connect sentiment: at the end",
    ),
    Definition(
        key="turned_negative_rate", name="Turned negative", unit=SHARE, kind=Kind.RATIO,
        meaning="In which share of conversations the customer's mood turned negative.",
        formula="Conversations whose running mood fell below the border of negative, divided by conversations with a mood.",
        subject=QUEUE, direction=DOWN, is_leading=True, guard="csat", minimum_n=20,
        edge_cases=(
            "It stays so called, whatever came of it.", "Fewer than two messages that could be read: left out.",
            "Counted at the customer's last message that could be read.",
        ),
        source="ours, from Amazon Connect sentiment",
    ),
)
