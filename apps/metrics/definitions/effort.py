"""Effort, time and presence: what the work takes. Shown to understand a shift, never to rank people."""

from __future__ import annotations

from apps.metrics.definitions.definition import SECONDS, SHARE, Clock, Definition, Direction, Kind, Subject

DOWN, UP, NEUTRAL = Direction.DOWN, Direction.UP, Direction.NEUTRAL
ELAPSED = (Clock.ELAPSED,)
BOTH = (Clock.ELAPSED, Clock.BUSINESS)
HUMAN = Subject.HUMAN

# fmt: off
EFFORT = (
    Definition(
        key="handle_time", name="AHT, average handle time", unit=SECONDS, kind=Kind.MEAN, clocks=ELAPSED,
        meaning="How much work of people one handled conversation takes.",
        formula="Talk and hold on the telephone, active handle time in writing, divided by the conversations people resolved.",
        subject=HUMAN, direction=NEUTRAL, guard="reopen_rate", minimum_n=20,
        edge_cases=(
            "Summed over participants and cycles, counted at the last resolution; for a person, their own part, when they left.",
            "Time of AI agents: left out.", "After-contact work: not in it, sources tell it of a person only.",
        ),
        source="Amazon Connect, Talkdesk",
    ),
    Definition(
        key="active_handle_time", name="Active handle time (chat)", unit=SECONDS, kind=Kind.MEAN, clocks=ELAPSED,
        meaning="How long a person was really busy with a conversation.",
        formula="Gaps between the words of a person and the customer while the person held the conversation, shorter than 10 "
        "min before the person's words and 4 min before the customer's, divided by these stretches.",
        subject=HUMAN, direction=NEUTRAL, guard="reopen_rate", minimum_n=20,
        edge_cases=(
            "By gaps, because no source tells where an agent looks.", "Taking it counts as the first word.",
            "Never more than the assigned time.", "By telephone: the handle time has it.",
        ),
        source="Expedia, Live Helper Chat, Intercom",
    ),
    Definition(
        key="assigned_time", name="Assigned time", unit=SECONDS, kind=Kind.PERCENTILE, clocks=ELAPSED,
        meaning="How long a person held a conversation.",
        formula="Left minus joined, for each stretch of holding that has ended.",
        subject=HUMAN, direction=NEUTRAL, guard="reopen_rate", minimum_n=20,
        edge_cases=("Stretches overlap: their sum is not hours worked.", "Wrote without holding it: no stretch."),
        source="Expedia",
    ),
    Definition(
        key="after_contact_work", name="ACW, after-contact work", unit=SECONDS, kind=Kind.MEAN, clocks=ELAPSED,
        meaning="How long a person works on a conversation after it has ended.",
        formula="Conversation end to the person being ready, divided by the conversations that wrap-up followed.",
        subject=HUMAN, direction=DOWN, guard="internal_quality_score", minimum_n=20,
        edge_cases=(
            "Several conversations at once: counted for each.", "Wrap-up follows within 10 s of the end, or was on already.",
            "Of who is never told to wrap up nobody knows what they did: left out, not 0.", "Counted when it ended.",
        ), source="Amazon Connect",
    ),
    Definition(
        key="resolution_time", name="Resolution time", unit=SECONDS, kind=Kind.PERCENTILE, clocks=BOTH,
        meaning="How long it takes to resolve what a customer came with.",
        formula="Resolved minus cycle start, for cycles in which a person answered.",
        subject=HUMAN, direction=DOWN, guard="reopen_rate", minimum_n=20,
        edge_cases=(
            "Inside its own cycle: a reopening does not stretch the first one.", "Resolved without a person: apart.",
            "Merged, spam, abandoned and failed: left out.",
        ),
        source="Zendesk first and full resolution; Intercom first and last close",
    ),
    Definition(
        key="concurrency", name="Concurrency", unit="conversations", kind=Kind.MEAN,
        meaning="How many conversations a person holds at a time while holding any.",
        formula="Sum of handling intervals divided by their union.",
        subject=HUMAN, direction=NEUTRAL, guard="csat", edge_cases=("The peak is reported too.",),
        source="Amazon Connect slots; our formula",
    ),
    Definition(
        key="occupancy", name="Occupancy", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of available time a person was on contact.",
        formula="On-contact time divided by on-contact plus available idle time.",
        subject=HUMAN, direction=NEUTRAL, is_leading=True, guard="slot_utilisation",
        edge_cases=(
            "One conversation counts like three.", "Break, training, meeting: left out.", "Wrap-up and ringing: in neither side.",
        ), source="Amazon Connect",
    ),
    Definition(
        key="slot_utilisation", name="Slot utilisation", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the conversations a person could hold was held.",
        formula="Busy slots over time divided by all slots over available time.",
        subject=HUMAN, direction=NEUTRAL, is_leading=True, guard="csat",
        edge_cases=("Signed in and not on a break.", "May be more than 1 where more is held than slots are there."),
        source="Amazon Connect slots; our formula",
    ),
    Definition(
        key="utilisation", name="Utilisation", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of paid time was handling or being ready for it.",
        formula="Handled plus available time, divided by handled plus available plus other paid time.",
        subject=HUMAN, direction=UP, guard="csat", edge_cases=(
            "Paid is what one is signed in for: a break, a training or a meeting while signed in is other paid time.",
            "Handled: on contact and in wrap-up. Available: ready and ringing.", "Signed out: in neither side.",
        ), source="wfmclubs",
    ),
    Definition(
        key="active_time", name="Active time", unit=SECONDS, kind=Kind.MEAN, clocks=ELAPSED,
        meaning="How long a person handled conversations in a shift.",
        formula="Union of the handling intervals in the shift.",
        subject=HUMAN, direction=NEUTRAL, guard="idle_time", edge_cases=(
            "Overlaps count once; idle time does not count.",
            "A letter is in hand only while the person is ready or busy: not over a break, and not over the night.",
            "Of several people: the mean over those who were signed in or planned.",
        ),
        source="Live Helper Chat: hours in chats",
    ),
    Definition(
        key="idle_time", name="Idle time", unit=SECONDS, kind=Kind.MEAN, clocks=ELAPSED,
        meaning="How long a person was available with nothing to handle.",
        formula="Time available with no conversation held.",
        subject=HUMAN, direction=NEUTRAL, guard="adherence", edge_cases=("Ringing: left out.",), source="Amazon Connect",
    ),
    Definition(
        key="adherence", name="Adherence", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the planned time was spent as planned.",
        formula="Minutes in which the state matches the schedule divided by scheduled minutes.",
        subject=HUMAN, direction=UP, guard="idle_time",
        edge_cases=(
            "A shift that names breaks or meetings is kept to the minute: open, break and meeting each match their own states.",
            "A shift that names none: signed in matches.", "No shift in the window: null.",
            "A changed schedule is counted again.",
        ),
        source="Amazon Connect, Genesys",
    ),
    Definition(
        key="conformance", name="Conformance", unit=SHARE, kind=Kind.RATIO,
        meaning="How much of the planned service time was worked, whenever it was.",
        formula="Time in service divided by scheduled service time.",
        subject=HUMAN, direction=NEUTRAL, guard="adherence", edge_cases=(
            "May be more than 1: never clipped.", "Planned breaks and meetings are no service time.", "No shift in the window: null.",
        ),
        source="Cisco WFM",
    ),
    Definition(
        key="shrinkage", name="Shrinkage", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of scheduled time people are not there to answer.",
        formula="Scheduled time not available divided by scheduled time.",
        subject=HUMAN, direction=DOWN, guard="adherence", edge_cases=(
            "In the office (a break, a meeting) and out of it (signed out) are told apart in the rows behind it.",
            "A planned break is scheduled time too: it is in it.", "No shift in the window: null.",
        ),
        source="wfmclubs",
    ),
    Definition(
        key="volume", name="Volume", unit="conversations", kind=Kind.COUNT,
        meaning="How many conversations people handled.",
        formula="Conversations with a public message of a person, at the first one; for a person, at their own first one.",
        subject=HUMAN, direction=NEUTRAL, guard="csat",
        edge_cases=(
            "Each participant counts one, so people do not add up to the queue.", "A reopened conversation is the same one.",
            "A private note or whisper handles nothing.",
        ),
        source="Chatwoot issue 14871",
    ),
)
