"""What readings say of one agent's part in a conversation, thing by thing, with the messages that show it. Pure.

An opinion is a share from 0 (everything speaks against it) to 1, or None with the reason why there is nothing to say: no
opinion is not a good one and not a bad one. Whoever uses it says what a share means on their own scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from django.db.models import TextChoices

from apps.analysis import adherence, asks_for_human, loops, repeat, safety, tone
from apps.analysis.adherence import Step
from apps.analysis.standard_steps import CLOSES, CONFIRMS, GREETS, OFFERS_MORE

# Of what is said here; what the readings below it say has versions of its own.
VERSION = 3
MOST_EVIDENCE = 4
# What one mark against a reply leaves, where two leave nothing.
ONCE = 1 / 3
# Nothing speaks for it and nothing against.
USUAL = 2 / 3
FEWEST_ANSWERS = 2


class Topic(TextChoices):
    """What a reading can speak to."""

    TONE = "tone", "tone of replies"
    EMPATHY = "empathy", "answers to somebody upset"
    SAFETY = "safety", "phrases that replies must not hold"
    HANDOFF = "handoff", "listening at a hand-off"
    GREETING = "greeting", "checklist: greets"
    CONFIRMING = "confirming", "checklist: confirms before acting"
    CLOSING = "closing", "checklist: offers more help and closes"
    ASKED = "asked", "requests for a person"
    LOOPS = "loops", "the same answer again"


@dataclass(frozen=True, slots=True)
class Said:
    """One public message of a conversation, masked. `labels` is what was read of it, by the part that read it."""

    key: UUID
    at: datetime
    text: str
    by: UUID | None  # None: the customer
    labels: Mapping[str, str] = field(default_factory=dict)
    # The mood of a customer's message; None where it was not analysed.
    mood: float | None = None
    # By which model and version each of `labels` was read.
    read_by: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One agent's part in a conversation. `handed_over_at`: when it came to them from an AI agent, or left the AI agent itself."""

    agent: UUID
    said: Sequence[Said]
    began_at: datetime
    is_over: bool = True
    handed_over_at: datetime | None = None
    # False where a message of the customer is in a language that no reading knows.
    is_known_language: bool = True
    # The floor's own checklist; None: the steps that every floor knows.
    checklist: Sequence[Step] | None = None
    # What the conversation is about, by which steps apply: its queue, channel, tags and intents.
    about: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # The floor's own lists of phrases that replies must not hold.
    lists: Sequence[safety.PhraseList] = safety.DEFAULTS

    @property
    def replies(self) -> list[Said]:
        """What the agent wrote."""
        return [one for one in self.said if one.by == self.agent]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is to be said of one topic, in a sentence, by which model and version."""

    share: float | None
    why: str
    evidence: tuple[UUID, ...] = ()
    model: str = ""
    version: int = 0


def opinion(topic: Topic, part: Part) -> Opinion:
    """Say what readings say of a topic."""
    if not part.replies:
        return Opinion(None, "There is no reply of theirs to read.")
    if not part.is_known_language:
        return Opinion(None, "It is in a language that is not read.")
    return _BY[topic](part)


def _keys(found: Sequence[Said]) -> tuple[UUID, ...]:
    return tuple(one.key for one in found[:MOST_EVIDENCE])


def _tone(part: Part) -> Opinion:
    read = [one for one in part.replies if tone.PART in one.labels]
    cold = [one for one in read if one.labels[tone.PART] == tone.COLD]
    warm = [one for one in read if one.labels[tone.PART] == tone.WARM]
    told = (tone.MODEL, tone.VERSION)
    if not read:
        return Opinion(None, "No reply was read yet.", (), *told)
    if cold:
        n = len(cold)
        return Opinion(
            ONCE if n == 1 else 0.0, f"{n} repl{'y sounds' if n == 1 else 'ies sound'} cold.", _keys(cold), *told
        )
    if warm:
        return Opinion(1.0, f"{len(warm)} of {len(read)} replies sound warm, none cold.", _keys(warm), *told)
    return Opinion(USUAL, "No reply sounds cold, none especially warm.", (), *told)


def _empathy(part: Part) -> Opinion:
    """Each first reply after a customer's message that was upset: does it react to what they feel?"""
    answers: list[Said] = []
    mood: float | None = None
    for one in part.said:
        if one.by is None:
            mood = one.mood if one.mood is not None else mood
        elif one.by == part.agent:
            if tone.answers_distress(moods_before=[mood]):
                answers.append(one)
            mood = None
    told = (tone.MODEL, tone.VERSION)
    if not answers:
        return Opinion(None, "No reply of theirs answers somebody upset.", (), *told)
    kind = [one for one in answers if tone.marks_in(one.text).is_empathic]
    share = len(kind) / len(answers)
    shown = kind if share == 1 else [one for one in answers if one not in kind]
    return Opinion(
        share, f"{len(kind)} of {len(answers)} answers to somebody upset say something kind.", _keys(shown), *told
    )


def _safety(part: Part) -> Opinion:
    read = [one for one in part.replies if safety.PART in one.labels]
    held = [one for one in read if one.labels[safety.PART] == safety.FLAGGED]
    told = (safety.MODEL, safety.VERSION)
    if not read:
        return Opinion(None, "No reply was read yet.", (), *told)
    if held:
        names = sorted({hit.found_in for one in held for hit in safety.hits_in(one.text, part.lists)})
        return Opinion(0.0, f"Held: {', '.join(names) or 'a phrase of the lists'}.", _keys(held), *told)
    return Opinion(1.0, "No phrase of the lists was found, which is no proof.", (), *told)


def _handoff(part: Part) -> Opinion:
    told = max((one.read_by[repeat.PART] for one in part.said if repeat.PART in one.read_by), key=itemgetter(1),
               default=(repeat.MODEL, repeat.VERSION))  # fmt: skip
    at = part.handed_over_at
    if at is None:
        return Opinion(None, "Nobody handed over to them.", (), *told)
    before = [one.text for one in part.said if one.by is None and one.at <= at]
    after = [one for one in part.said if one.by is None and one.at > at][: repeat.FIRST_AFTER]
    if not after or not before:
        return Opinion(None, "The customer wrote on one side of the hand-off only.", (), *told)
    again = [one for one in after if _is_again(one, before)]
    cross = [one for one in after if repeat.complaint_in(one.text) is not None]
    if not again and not cross:
        return Opinion(1.0, "The customer said nothing again after the hand-off.", (), *told)
    found = [one for one in after if one in again or one in cross]
    why = "The customer complains of repeating." if cross else "The customer says again what they had said."
    return Opinion(0.0 if cross else ONCE, why, _keys(found), *told)


def _is_again(one: Said, before: Sequence[str]) -> bool:
    """As it was read when it came; of what came before such readings were kept, by its words."""
    return (one.labels.get(repeat.PART) or repeat.read(one.text, before).label) == repeat.REPEATED


def _checklist(*ours: Step) -> Callable[[Part], Opinion]:
    def of(part: Part) -> Opinion:
        told = (adherence.MODEL, adherence.VERSION)
        names = {step.name for step in ours}
        # What an event shows is not looked for in replies.
        steps = ours if part.checklist is None else tuple(s for s in part.checklist if s.name in names and not s.events)
        if not steps:
            return Opinion(None, "The floor’s checklist has no such step.", (), *told)
        lines = [adherence.Line(str(one.key), one.text, one.at) for one in part.replies]
        read = adherence.follow(steps, lines, about=part.about, began_at=part.began_at, is_over=part.is_over)
        share = adherence.score_of(read)
        if share is None:
            meant = [one for one in read if one.state != adherence.NOT_MEANT]
            return Opinion(
                None, "It is not over yet." if meant else "The step is not meant for this conversation.", (), *told
            )
        evidence = dict.fromkeys(UUID(one.evidence.key) for one in read if one.evidence is not None)
        words = "; ".join(f"{one.step.title}: {one.state}" for one in read)
        return Opinion(share, f"{words}.", tuple(evidence)[:MOST_EVIDENCE], *told)

    return of


def _asked(part: Part) -> Opinion:
    until = part.handed_over_at
    told = ("phrases", asks_for_human.VERSION)
    before = [one for one in part.said if one.by is None and (until is None or one.at <= until)]
    asked = [one for one in before if one.labels.get(asks_for_human.PART) == asks_for_human.ASKED]
    if not asked and until is None:
        return Opinion(None, "Nobody asked for a person, and it handed nothing over.", (), *told)
    if not asked:
        return Opinion(1.0, "It handed over before anybody had to ask.", (), *told)
    n = len(asked)
    return Opinion(
        ONCE if n == 1 and until is not None else 0.0,
        f"The customer asked for a person {'once' if n == 1 else f'{n} times'}.",
        _keys(asked), *told,
    )  # fmt: skip


def _loops(part: Part) -> Opinion:
    replies = part.replies
    told = (loops.MODEL, loops.VERSION)
    if len(replies) < FEWEST_ANSWERS:
        return Opinion(None, "One answer cannot be the same again.", (), *told)
    found = loops.loops_in([one.text for one in replies])
    if not found:
        return Opinion(1.0, "No answer was given twice.", (), *told)
    places = [replies[place] for one in found for place in one.places[1:]]
    n = len(places)
    return Opinion(
        ONCE if n == 1 else 0.0, f"{n} answer{'' if n == 1 else 's'} had been given before.", _keys(places), *told
    )


_BY: dict[Topic, Callable[[Part], Opinion]] = {
    Topic.TONE: _tone, Topic.EMPATHY: _empathy, Topic.SAFETY: _safety, Topic.HANDOFF: _handoff,
    Topic.GREETING: _checklist(GREETS), Topic.CONFIRMING: _checklist(CONFIRMS), Topic.CLOSING: _checklist(OFFERS_MORE, CLOSES),
    Topic.ASKED: _asked, Topic.LOOPS: _loops,
}  # fmt: skip
# All versions that a stored opinion depends on.
SIGNATURE = f"o{VERSION} t{tone.VERSION} s{safety.VERSION} r{repeat.VERSION_OF_SECOND} c{adherence.VERSION} a{asks_for_human.VERSION}"
