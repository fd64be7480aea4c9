"""What the customer thinks of it in the end: the survey, the rating, and what it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.demo.case import SYSTEM, Case
from apps.demo.engine import Process
from apps.demo.ledger import Event

if TYPE_CHECKING:
    from apps.demo.floor import Floor

SURVEYS = 0.8
ANSWERS_RATING = 0.30
# What AI agents reach with customers in no particular mood.
BOT_SATISFACTION = 0.78
RECORD_CHANGES = 0.03


def judges(case: Case, *, floor: Floor) -> Process:
    """Ask for a rating after a resolution, and perhaps get one; now and then the customer's record is updated.

    People are rated with one to five stars, AI agents with a thumb. A rating comes before any reopening, so there is at
    most one in a care cycle. Who said thanks is content, and who left cross is not. Chance is drawn alike whether or not the conversation is told.
    """
    rng, a, desk = floor.rng, case.arrival, case.last_desk
    chance = rng.random() < satisfaction(case)
    pleased = chance if case.left_pleased is None else case.left_pleased
    yield rng.uniform(5, 30)
    if case.channel in {"webchat", "messaging"} and rng.random() < SURVEYS:
        case.say(SYSTEM, case.words(lambda w: w.survey()), kind="survey_prompt")
    rates, delay = rng.random() < ANSWERS_RATING, rng.uniform(20, 420)
    stars = rng.choices((4, 5), (0.4, 0.6))[0] if pleased else rng.choices((1, 2, 3), (0.4, 0.35, 0.25))[0]
    orders, newsletter, changes = rng.randint(1, 40), rng.random() < 0.5, rng.random() < RECORD_CHANGES
    if rates and case.channel != "social":
        yield delay
        score: Event = {"score": stars, "min": 1, "max": 5, "scale": "csat"}
        if desk is None:
            score = {"score": int(pleased), "min": 0, "max": 1, "scale": "thumb"}
        case.tell(
            "rating.received", rating_id=f"{a.conversation}.r{int(floor.engine.now)}", **score,
            comment=case.words(lambda w: w.comment(pleased=pleased)) or None, agent=case.bot if desk is None else desk.party,
        )  # fmt: skip
    if changes and a.is_known and case.writer is not None:
        floor.ledger.customer(
            channel=a.queue.channel, number=a.customer.external_id,
            data={"customer": case.customer, "segment": a.customer.segment,
                  "attributes": {"orders": orders, "newsletter": newsletter}},
        )  # fmt: skip


def satisfaction(case: Case) -> float:
    """The chance that this customer is content: who answered, the mood at the start, the wait, and what went wrong."""
    base = case.last_desk.person.satisfaction if case.last_desk is not None else BOT_SATISFACTION
    base -= {"angry": 0.25, "annoyed": 0.10}.get(case.arrival.mood, 0.0)
    base -= 0.22 if case.longest_wait > 3 * case.queue.first_reply_seconds else 0.0
    base -= 0.45 if case.struggles else 0.0
    return base - (0.35 if case.was_misled else 0.0)
