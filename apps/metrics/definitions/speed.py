"""Speed and queue: how long customers wait, and for what."""

from __future__ import annotations

from apps.metrics.definitions.definition import SECONDS, SHARE, Basis, Clock, Definition, Direction, Kind, Subject

DOWN, UP = Direction.DOWN, Direction.UP
BOTH = (Clock.ELAPSED, Clock.BUSINESS)
ELAPSED = (Clock.ELAPSED,)
FEWEST = 20

# A dictionary is read line by line.
# fmt: off
SPEED = (
    Definition(
        key="queue_length", name="Queue length", unit="conversations", kind=Kind.GAUGE, basis=Basis.INSTANT,
        meaning="How many conversations wait for somebody to serve them.",
        formula="Conversations in a queue that nobody has taken, plus those assigned to a person who has not answered yet.",
        subject=Subject.QUEUE, direction=DOWN, is_leading=True, guard="abandonment_rate",
        edge_cases=("With an AI agent or snoozed: counted apart.", "In a form or menu before the queue: not counted."),
        source="Zendesk: incoming and assigned",
    ),
    Definition(
        key="backlog", name="Backlog (active)", unit="conversations", kind=Kind.GAUGE, basis=Basis.INSTANT,
        meaning="How many conversations are open, by how old they are.",
        formula="Conversations open at the moment, in bands of age.",
        subject=Subject.QUEUE, direction=DOWN, is_leading=True, guard="reopen_rate",
        edge_cases=(
            "With an AI agent, pending and snoozed: not in it.", "The age is that of the care cycle: a reopening starts anew.",
        ),
        source="Chatwoot, Zendesk statuses",
    ),
    Definition(
        key="unattended", name="Unattended", unit="conversations", kind=Kind.GAUGE, basis=Basis.INSTANT,
        meaning="How many open conversations no person has answered in this cycle.",
        formula="Open conversations without a public message of a person since the cycle began.",
        subject=Subject.QUEUE, direction=DOWN, is_leading=True, guard="reopen_rate",
        edge_cases=(
            "Somebody answered means anybody, not the person who holds it now.",
            "With an AI agent, pending and snoozed: not in it.",
        ),
        source="Chatwoot",
    ),
    Definition(
        key="longest_wait", name="Longest wait", unit=SECONDS, kind=Kind.GAUGE, basis=Basis.INSTANT, clocks=BOTH,
        meaning="How long the customer at the head of the queue has waited.",
        formula="The moment minus the earliest queue entry among those who wait.",
        subject=Subject.QUEUE, direction=DOWN, is_leading=True, guard="abandonment_rate",
        edge_cases=("Nobody waits: null.", "The entry time stays through a second entry into the same queue."),
        source="Amazon Connect: oldest contact",
    ),
    Definition(
        key="free_slots", name="Free slots", unit="slots", kind=Kind.GAUGE, basis=Basis.INSTANT,
        meaning="How many more conversations the people present could take.",
        formula="Slots of the people present in the teams that answer the queue, less what each of them holds.",
        subject=Subject.QUEUE, direction=Direction.NEUTRAL, is_leading=True, guard="occupancy",
        edge_cases=(
            "On a call: no free slot.", "On a break or signed out: no slots.", "No team answers the queue: null.",
            "A team's slots serve all its queues: of several queues each person counts once.",
        ),
        source="Amazon Connect: available slots",
    ),
    Definition(
        key="speed_of_answer", name="ASA, average speed of answer", unit=SECONDS, kind=Kind.MEAN, clocks=BOTH,
        meaning="How long answered customers stood in the queue before a person took them.",
        formula="Sum of (a person takes it minus queue entry) over waits that a person ended, divided by those waits.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="abandonment_rate", minimum_n=FEWEST,
        edge_cases=("Abandoned and moved waits: left out.", "Time with an AI agent or in a menu: not in the wait."),
        source="Amazon Connect: average queue answer time",
    ),
    Definition(
        key="first_reply_time", name="FRT, first reply time (customer clock)", unit=SECONDS, kind=Kind.PERCENTILE,
        clocks=(*BOTH, Clock.CUSTOMER),
        meaning="How long a customer waits for the first public words of a person.",
        formula="First public message of a person in the cycle minus the cycle's start: creation, hand-off or reopening.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="internal_quality_score", minimum_n=FEWEST,
        edge_cases=(
            "Started by us: null.", "An automatic reply, a survey, a private note or an AI agent's answer is no reply.",
            "Never answered: in no mean, counted as unattended.",
            "After an AI agent the clock starts at the hand-off; after a reopening at the customer's message.",
        ),
        source="Zendesk first reply; Chatwoot hand-off and reopening",
    ),
    Definition(
        key="agent_first_reply_time", name="FRT, first reply time (agent clock)", unit=SECONDS, kind=Kind.PERCENTILE,
        clocks=BOTH,
        meaning="How long a person takes from getting a conversation to the first public words in it.",
        formula="The person's first public message minus the assignment it follows, for each stretch of holding.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="internal_quality_score", minimum_n=FEWEST,
        edge_cases=("Held and left without a word: no time.", "Wrote without holding it: no time."),
        source="Amazon Connect: after obtaining; Live Helper Chat: accept rule",
    ),
    Definition(
        key="response_time", name="Response time (next reply)", unit=SECONDS, kind=Kind.PERCENTILE, clocks=BOTH,
        meaning="How long a customer waits each time for a person's next words.",
        formula="A person's public message minus the first customer message of the run it answers.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="internal_quality_score", minimum_n=FEWEST,
        edge_cases=(
            "One value a run, from its first message and not its last.",
            "An AI agent's answer and a resolution end a run; an automatic reply does not.",
        ),
        source="Zendesk Chat; Chatwoot waiting_since",
    ),
    Definition(
        key="average_response_time", name="Average response time", unit=SECONDS, kind=Kind.MEAN, clocks=BOTH,
        meaning="The mean wait for a person's next words.",
        formula="Sum of response times divided by the number of responses.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="internal_quality_score", minimum_n=FEWEST,
        edge_cases=("Weighted by response: never a mean of each conversation's mean.",), source="Amazon Connect",
    ),
    Definition(
        key="requester_wait", name="Requester wait", unit=SECONDS, kind=Kind.MEAN, clocks=ELAPSED,
        meaning="How long a customer waited on us in all.",
        formula="Resolved minus cycle start less the time in pending or snoozed, divided by the cycles that were resolved.",
        subject=Subject.QUEUE, direction=DOWN, guard="reopen_rate", minimum_n=FEWEST,
        edge_cases=(
            "Pending and snoozed, when we wait for the customer: until the next status or the customer’s next words.",
            "Resolved by an AI agent: in it too, the customer waited alike.", "Merged, spam, abandoned and failed: left out.",
        ), source="Zendesk",
    ),
    Definition(
        key="service_level", name="Service level X/Y", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of those who asked for a person had words from one in the promised time.",
        formula="First replies within the queue's promise of Y seconds, divided by first replies plus abandoned waits that "
        "were not short.",
        subject=Subject.HUMAN, direction=UP, is_leading=True, guard="internal_quality_score", minimum_n=FEWEST,
        edge_cases=(
            "Variant: answered within Y of answered and abandoned, by the moment of the reply or the abandon.",
            "Short abandons are in neither side.",
            "Judged by the promise that the queue has now.", "A queue without a promise: null.",
            "Out of hours: included, on the elapsed clock.",
        ),
        source="Talkdesk, Amazon Connect",
    ),
    Definition(
        key="abandonment_rate", name="Abandonment rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of those who queued left before a person took them.",
        formula="Abandoned waits divided by waits that ended, both without short abandons.",
        subject=Subject.QUEUE, direction=DOWN, is_leading=True, guard="speed_of_answer", minimum_n=FEWEST,
        edge_cases=(
            "A move to another queue ends no wait.", "Taken by an AI agent: no person was reached, not counted here.",
            "Leaving an AI agent is a bot abandon, apart.", "Time-out, key, withdrawal: ended, not abandoned.",
        ),
        source="Amazon Connect, Talkdesk, Live Helper Chat",
    ),
    Definition(
        key="short_abandons", name="Short abandon", unit="waits", kind=Kind.COUNT,
        meaning="How many customers left so soon that nobody could have answered.",
        formula="Waits that the customer left in less than 10 seconds.",
        subject=Subject.QUEUE, direction=Direction.NEUTRAL, guard="abandonment_rate",
        edge_cases=("Shown beside the abandonment rate, in neither of its sides.",), source="Talkdesk",
    ),
    Definition(
        key="missed", name="Missed (agent non-response)", unit="offers", kind=Kind.COUNT,
        meaning="How often a conversation was offered to a person who did not take it.",
        formula="Offers that ended as missed.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="speed_of_answer",
        edge_cases=("One conversation may be missed several times.",), source="Amazon Connect",
    ),
    Definition(
        key="transfer_rate", name="Transfer rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of what people handled was passed on by a person.",
        formula="Care cycles that a person answered and that ended resolved, with at least one transfer, divided by all such "
        "cycles.",
        subject=Subject.HUMAN, direction=DOWN, is_leading=True, guard="reopen_rate", minimum_n=FEWEST,
        edge_cases=("From an AI agent to a person is a hand-off, no transfer.",),
        source="Amazon Connect: transfers in and out",
    ),
)
