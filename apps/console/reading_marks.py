"""What was read of a conversation, as its page shows it: marks on messages with their words, steps, and hand-offs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from apps.analysis import adherence, checklists, complexity, loops
from apps.analysis.adherence import StepRead
from apps.analysis.queries import HandoffRead, MessageRead
from apps.interactions.models import BotTurn, Conversation, ConversationEvent, Message
from apps.ui.lines import clock_text

MOST_WORDS = 4
STATES = {
    adherence.DONE: ("ok", "circle-check", "done"),
    adherence.MISSING: ("warn", "triangle-alert", "not found"),
    adherence.LATE: ("warn", "triangle-alert", "not where it belongs"),
    adherence.OUT_OF_ORDER: ("warn", "triangle-alert", "out of order"),
    adherence.OPEN: ("", "clock", "still open"),
    adherence.NOT_ASSESSED: ("", "circle-dashed", "not assessed"),
    adherence.NOT_MEANT: ("", "circle-dashed", "does not apply"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """One thing that was read of a message, and the words that say so: masked text, empty where it is all of it."""

    name: str
    words: str
    is_against: bool = False


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a checklist: its state in words, and the message that shows it."""

    title: str
    state: str
    tone: str
    icon: str
    message: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class HandoffCard:
    """How one hand-off went: its score from 0 to 100, None while nothing can be said, and the reasons."""

    title: str
    score: int | None
    tone: str
    reasons: Sequence[tuple[str, str]]
    # What it was like before: of no part in the score, and no matter of whoever took over.
    before: Sequence[str] = ()


def tags(reading: MessageRead, *, asks: bool) -> list[dict[str, str]]:
    """The tags of a message: what somebody who skims must not miss."""
    found = [{"label": "asks for a person", "state": "warn", "icon": ""}] if asks else []
    if reading.is_other_language:
        found.append({"label": "not analysed: another language", "state": "", "icon": ""})
    found += [{"label": f"holds {name}", "state": "crit", "icon": ""} for name in reading.held]
    if reading.circle:
        label = "the same answer again" if reading.circle == loops.LOOP else "contradicts an earlier answer"
        found.append({"label": label, "state": "warn", "icon": ""})
    if reading.is_cold:
        found.append({"label": "sounds cold", "state": "warn", "icon": ""})
    return found


def why(text: str, reading: MessageRead) -> tuple[Why, ...]:
    """What was read of a masked text, each thing once with the words that decided it."""
    out = []
    for name, group in groupby(sorted(reading.marks, key=lambda one: one.name), key=lambda one: one.name):
        marks = list(group)
        words = dict.fromkeys(
            text[one.start : one.end] for one in marks if one.end - one.start < len(text) or len(text) < 40
        )
        out.append(
            Why(name, ", ".join(f"“{word}”" for word in list(words)[:MOST_WORDS]), any(one.is_against for one in marks))
        )
    return tuple(out)


def complexity_fact(read: Iterable[MessageRead]) -> list[dict[str, str | None]]:
    """How likely the opening made it that this becomes a long conversation; nothing while that was not read."""
    found = next((one.complexity for one in read if one.complexity is not None), None)
    if found is None:
        return []
    word = "likely a long one" if found >= complexity.BORDER else "likely a short one"
    return [{"name": "From its opening", "value": f"{word}, {found:.0%}"}]


def steps_of(
    conversation: Conversation, messages: Sequence[Message], events: Sequence[ConversationEvent], turns: Iterable[BotTurn],
    read: Sequence[MessageRead],
) -> list[StepLine]:  # fmt: skip
    """Hold a conversation against the floor's checklist; nothing where nobody of ours has written. One statement."""
    lines = [
        adherence.Line(str(number), m.text, m.sent_at) for number, m in enumerate(messages, start=1)
        if m.author_kind in ("agent", "bot") and not m.is_private and m.removed_at is None and m.text
    ]  # fmt: skip
    named = ((e, checklists.event_named(e.kind, e.data)) for e in events)
    lines += [adherence.Line("", name, e.happened_at, is_event=True) for e, name in named if name]
    about = {
        "queue": [conversation.queue.name] if conversation.queue else [], "channel": [conversation.channel],
        "tag": [str(tag) for tag in conversation.tags], "intent": sorted({turn.intent for turn in turns if turn.intent}),
    }  # fmt: skip
    found = checklists.follow(
        checklists.current().steps, lines, about=about, began_at=conversation.started_at, is_over=not conversation.is_open,
        is_known_language=not any(one.is_other_language for one in read),
    )  # fmt: skip
    return [_line(one) for one in found if one.state != adherence.NOT_MEANT]


def _line(one: StepRead) -> StepLine:
    colour, icon, words = STATES[one.state]
    shown = one.evidence
    # An event has no number among the messages: its time says which one it is.
    message = int(shown.key) if shown is not None and shown.key else None
    why = one.why or ("" if shown is None or shown.key else f"At {clock_text(shown.at)}.")
    return StepLine(one.step.title, words, colour, icon, message, why)


def handoff_cards(found: Sequence[HandoffRead], read: Iterable[MessageRead] = ()) -> list[HandoffCard]:
    """Say of each hand-off how it went, and what the AI agent left behind; what went well is not told one by one."""
    cards = []
    opened = next((one.complexity for one in read if one.complexity is not None), None)
    for number, one in enumerate(found, start=1):
        score = None if one.quality.score is None else round(100 * one.quality.score)
        reasons = [(part.why, "warn") for part in one.quality.parts if part.value is not None and part.value < 0.5]
        colour = "" if score is None else "ok" if score >= 80 else "warn" if score >= 50 else "crit"
        title = "Hand-off" if len(found) == 1 else f"Hand-off {number}"
        before = [
            text.format(n=n, s="" if n == 1 else "s")
            for n, text in ((one.loops, "The AI agent gave {n} answer{s} again."), (one.contradictions, "It contradicted itself {n} time{s}."))
            if n
        ]  # fmt: skip
        if number == 1 and opened is not None and opened >= complexity.BORDER:
            before.append(f"From its opening likely a long one, {opened:.0%}.")
        cards.append(HandoffCard(title, score, colour, reasons, before))
    return cards
