"""What readings say of one part: each topic with its messages, or why there is nothing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from apps.analysis import asks_for_human, safety, tone
from apps.analysis.adherence import Step
from apps.analysis.opinions import Part, Said, Topic, opinion

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPACE = UUID("6f1c8b6e-0d6f-4c5e-9a50-1f1d9d0c7a12")
ASHA, BO = uuid5(SPACE, "asha"), uuid5(SPACE, "bo")


def key(n: int) -> UUID:
    return uuid5(SPACE, str(n))


def said(*lines: tuple[UUID | None, str], upset: tuple[int, ...] = ()) -> list[Said]:
    """Messages a minute apart, read as the portal reads them; `upset` are the places of angry ones, from 1."""
    out = []
    for n, (by, text) in enumerate(lines, 1):
        if by is None:
            labels = {asks_for_human.PART: asks_for_human.read(text).label}
        else:
            labels = {tone.PART: tone.read(text).label, safety.PART: safety.read(text).label}
        mood = None if by is not None else -0.8 if n in upset else 0.1
        out.append(Said(key(n), NOON + timedelta(minutes=n), text, by, labels, mood))
    return out


def part(messages: list[Said], agent: UUID = ASHA, *, handed: int = 0, is_over: bool = True) -> Part:
    return Part(agent, messages, NOON, is_over, NOON + timedelta(minutes=handed, seconds=30) if handed else None)


COLD = "As I already told you, that is not our problem."
WARM = "I am so sorry to hear that, let me look at once."


@pytest.mark.parametrize(
    ("topic", "told", "share", "shown"),
    [
        (Topic.TONE, part(said((None, "Hi"), (ASHA, "Your parcel left on Monday."))), 2 / 3, []),
        (Topic.TONE, part(said((None, "Hi"), (ASHA, WARM))), 1.0, [2]),
        (Topic.TONE, part(said((None, "Hi"), (ASHA, COLD), (ASHA, WARM))), 1 / 3, [2]),
        (Topic.TONE, part(said((None, "Hi"), (ASHA, COLD), (ASHA, COLD))), 0.0, [2, 3]),
        (Topic.EMPATHY, part(said((None, "Terrible"), (ASHA, WARM), upset=(1,))), 1.0, [2]),
        (Topic.EMPATHY, part(said((None, "Bad"), (ASHA, WARM), (None, "Bad"), (ASHA, "It left on Monday."), upset=(1, 3))), 0.5, [4]),
        (Topic.SAFETY, part(said((None, "Hi"), (ASHA, "I guarantee it comes tomorrow."))), 0.0, [2]),
        (Topic.SAFETY, part(said((None, "Hi"), (ASHA, "It comes tomorrow."))), 1.0, []),
        (Topic.HANDOFF, part(said((None, "My parcel is lost"), (None, "I already told the bot my order number"), (ASHA, "Hi")), handed=1), 0.0, [2]),
        (Topic.HANDOFF, part(said((None, "My parcel is lost"), (ASHA, "I see."), (None, "Thanks")), handed=1), 1.0, []),
        (Topic.CLOSING, part(said((None, "Hi"), (ASHA, "Anything else I can help with?"), (ASHA, "Have a nice day!"))), 1.0, [2, 3]),
        (Topic.CLOSING, part(said((None, "Hi"), (ASHA, "It left."))), 0.0, []),
        (Topic.ASKED, part(said((None, "Can I talk to a human?"), (BO, "Sure."), (None, "ok")), BO, handed=2), 1 / 3, [1]),
        (Topic.ASKED, part(said((None, "Can I talk to a human?"), (BO, "No.")), BO), 0.0, [1]),
        (Topic.ASKED, part(said((None, "Lost"), (BO, "I hand you over.")), BO, handed=2), 1.0, []),
        (Topic.LOOPS, part(said((BO, "Please tell me your number."), (None, "why"), (BO, "Please tell me your number.")), BO), 1 / 3, [3]),
    ],
)  # fmt: skip
def test_a_topic_has_its_share_and_the_messages_that_show_it(
    topic: Topic, told: Part, share: float, shown: list[int]
) -> None:
    found = opinion(topic, told)
    assert (found.share, list(found.evidence)) == (pytest.approx(share), [key(n) for n in shown])
    assert found.model
    assert found.version
    assert found.why.endswith(".")


@pytest.mark.parametrize(
    ("topic", "told", "why"),
    [
        (Topic.TONE, part(said((None, "Hi"))), "There is no reply of theirs to read."),
        (Topic.EMPATHY, part(said((None, "Hi"), (ASHA, "Hello there."))), "No reply of theirs answers somebody upset."),
        (Topic.HANDOFF, part(said((None, "Hi"), (ASHA, "Hello."))), "Nobody handed over to them."),
        (Topic.CLOSING, part(said((None, "Hi"), (ASHA, "It left.")), is_over=False), "It is not over yet."),
        (Topic.ASKED, part(said((None, "Hi"), (BO, "Hello.")), BO), "Nobody asked for a person, and it handed nothing over."),
        (Topic.LOOPS, part(said((None, "Hi"), (BO, "Hello.")), BO), "One answer cannot be the same again."),
    ],
)  # fmt: skip
def test_where_there_is_nothing_to_say_it_says_why(topic: Topic, told: Part, why: str) -> None:
    found = opinion(topic, told)
    assert (found.share, found.evidence, found.why) == (None, (), why)


def test_a_reply_that_was_not_read_yet_is_no_clean_one() -> None:
    unread = part([Said(key(1), NOON, "I guarantee it.", ASHA)])
    assert opinion(Topic.SAFETY, unread).share is None
    assert opinion(Topic.TONE, unread).share is None


def test_of_another_language_nothing_is_said_whatever_the_topic() -> None:
    told = replace(part(said((None, "Hallo"), (ASHA, WARM)), handed=1), is_known_language=False)
    assert {(opinion(topic, told).share, opinion(topic, told).why) for topic in Topic} == {
        (None, "It is in a language that is not read.")
    }


def test_every_topic_is_known() -> None:
    told = part(said((None, "Hi"), (ASHA, "Hello.")))
    assert all(opinion(topic, told).why for topic in Topic)


def test_a_floors_own_steps_and_lists_take_the_place_of_the_standard_ones() -> None:
    told = part(said((None, "Hi"), (ASHA, "Ahoy!"), (ASHA, "We always win, Acme does not.")))
    assert opinion(Topic.GREETING, told).share == 0.0
    ahoy = Step("GREET", "Says ahoy", phrases=("ahoy",), within_messages=1)
    own = replace(told, checklist=(ahoy,), lists=(safety.PhraseList("Rivals", 2, ("acme",)),))
    assert opinion(Topic.GREETING, own).share == 1.0
    assert opinion(Topic.CLOSING, own) == replace(
        opinion(Topic.CLOSING, own), share=None, why="The floor’s checklist has no such step."
    )
    labelled = [replace(one, labels={safety.PART: safety.FLAGGED}) if one.by else one for one in own.said]
    assert "Rivals" in opinion(Topic.SAFETY, replace(own, said=labelled)).why


def test_a_step_that_is_not_meant_for_the_conversation_says_so() -> None:
    told = part(said((None, "Hi"), (ASHA, "It left.")))
    step = Step("GREET", "Greets", phrases=("hello",), applies_when={"queue": ("Sales",)})
    of = replace(told, checklist=(step,), about={"queue": ["Billing"]})
    assert opinion(Topic.GREETING, of).why == "The step is not meant for this conversation."
    assert opinion(Topic.GREETING, replace(of, about={"queue": ["Sales"]})).share == 0.0
