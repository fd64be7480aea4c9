"""Who gets in touch on a day, when, about what and in which mood. Pure: nothing here depends on how busy the floor is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from apps.demo.customers import Customer, customer
from apps.demo.roster import QUEUE_BY_SLUG, QUEUES, QueuePlan
from apps.demo.shop import (
    DAY_SECONDS,
    HIGHEST_SHARE,
    HOUR,
    LAST_CONTACT,
    OPENS,
    SURGE_FACTOR,
    Shop,
    arrival_share,
    incidents_of,
)  # fmt: skip
from apps.demo.stories import TOPIC_BY_SLUG, topics_of
from apps.demo.stories.model import Topic

MOODS = ("calm", "hurried", "annoyed", "angry", "happy")
MOOD_WEIGHTS = (0.52, 0.14, 0.19, 0.08, 0.07)
# Nobody is angry before the order.
BEFORE_ORDER = frozenset({"fit_advice", "stove_fuel", "product_question"})
LANGUAGES = ("en", "de", "es")
LANGUAGE_WEIGHTS = (0.87, 0.08, 0.05)
# How many conversations carry a card, an account, an address, a number or an e-mail address in their text.
DISCLOSES = 0.14
KNOWN_CUSTOMERS = 7000
# Written contacts that need no quick answer arrive round the clock: the evening's belong to the next day.
SLOW_CHANNELS = ("email", "social")
SLOW_DAY_ENDS = 17.0
PREFIX = {"webchat": "W", "messaging": "M", "email": "E", "voice": "V", "social": "S"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One contact. `seconds` are local seconds of the day; below zero is the evening before."""

    conversation: str
    seconds: float
    queue: QueuePlan
    topic: Topic
    customer: Customer
    # An anonymous visitor of the website has a name in the writer's mind only.
    is_known: bool
    mood: str
    discloses: str
    # Begins with an AI agent; asks it for a person whatever it answers.
    with_bot: bool
    asks_person: bool
    repeats: bool
    # What is left for the next day: "" nothing, "answer" the customer answers a question, "reopen" comes back after
    # the solution, "silent" never answers and the request closes by itself.
    next_day: str


@lru_cache(maxsize=8)
def arrivals(*, shop: Shop, on: date) -> tuple[Arrival, ...]:
    """Return the contacts of a day in the order in which they come."""
    found: list[Arrival] = []
    for queue in QUEUES:
        found += _of_queue(shop=shop, on=on, queue=queue)
    found.sort(key=lambda arrival: (arrival.seconds, arrival.conversation))
    return tuple(_with_repeats(found, Random(f"{shop.seed}:repeats:{on}")))


def _of_queue(*, shop: Shop, on: date, queue: QueuePlan) -> list[Arrival]:
    rng = Random(f"{shop.seed}:arrivals:{on}:{queue.slug}")
    incidents = incidents_of(shop=shop, on=on)
    slow = queue.channel in SLOW_CHANNELS
    now, end = ((SLOW_DAY_ENDS - 24) * HOUR, SLOW_DAY_ENDS * HOUR) if slow else (0.0, DAY_SECONDS)
    # Candidates come at the highest rate possible and are thinned to the rate of their moment.
    ceiling = queue.arrivals_per_hour * HIGHEST_SHARE / HOUR
    found: list[Arrival] = []
    while (now := now + rng.expovariate(ceiling)) < end:
        surge = queue.slug == "billing-chat" and incidents.active("billing_surge", now)
        rate = arrival_share(on=on, seconds=now) * (SURGE_FACTOR if surge else 1)
        if slow:
            rate = max(rate, 0.08)
        if rng.random() * HIGHEST_SHARE >= rate:
            continue
        going_on = {kind for kind in ("wrong_answers", "new_policy") if incidents.active(kind, now)}
        if surge:
            going_on.add("billing_surge")
        arrival = _arrival(shop=shop, on=on, queue=queue, now=now, going_on=going_on, rng=rng, place=len(found))
        if arrival.with_bot or slow or OPENS * HOUR <= now < LAST_CONTACT * HOUR:
            found.append(arrival)
    return found


def _arrival(
    *, shop: Shop, on: date, queue: QueuePlan, now: float, going_on: set[str], rng: Random, place: int
) -> Arrival:
    language = rng.choices(LANGUAGES, LANGUAGE_WEIGHTS)[0]
    topic = _topic(shop, on, queue, language, going_on, rng)
    mood = rng.choices(MOODS, MOOD_WEIGHTS)[0]
    if "billing_surge" in going_on and topic.slug == "double-charge":
        mood = rng.choices(("annoyed", "angry", "hurried", "calm"), (0.4, 0.25, 0.2, 0.15))[0]
    elif mood in {"annoyed", "angry"} and topic.intent in BEFORE_ORDER:
        mood = "calm"
    discloses = rng.choice(topic.discloses) if rng.random() < DISCLOSES else ""
    next_day = ""
    if queue.channel == "email" and now < 15 * HOUR:
        next_day = rng.choices(("", "answer", "reopen", "silent"), (0.72, 0.14, 0.04, 0.10))[0]
    return Arrival(
        conversation=f"{PREFIX[queue.channel]}{on:%y%m%d}{shop.tag}{'' if queue.channel != 'webchat' else queue.slug[0]}-{place:04d}",
        seconds=now,
        queue=queue,
        topic=topic,
        customer=customer(seed=shop.seed, number=rng.randrange(KNOWN_CUSTOMERS), language=topic.language),
        is_known=queue.channel != "webchat" or rng.random() < 0.82,
        mood=mood,
        discloses=discloses,
        with_bot=rng.random() < queue.ai_share,
        asks_person=rng.random() < (0.14 if mood in {"annoyed", "angry"} else 0.06),
        repeats=False,
        next_day=next_day,
    )


def _topic(shop: Shop, on: date, queue: QueuePlan, language: str, going_on: set[str], rng: Random) -> Topic:
    """Pick a matter; what goes wrong at the time brings its own."""
    if "billing_surge" in going_on and rng.random() < 0.55:
        return TOPIC_BY_SLUG["double-charge"]
    if "new_policy" in going_on and queue.slug == "billing-chat" and rng.random() < 0.65:
        return TOPIC_BY_SLUG["return-policy"]
    if "wrong_answers" in going_on and queue.slug == "tech-chat" and rng.random() < 0.35:
        return TOPIC_BY_SLUG["aurora-2"]
    topics, weights = topics_of(queue=queue.slug, language=language)
    topic = rng.choices(topics, weights)[0]
    if topic.slug == "aurora-2" and on < shop.released_on:
        return TOPIC_BY_SLUG["warranty" if queue.slug == "tech-chat" else "in-stock"]
    if topic.slug == "aurora-2" and "wrong_answers" not in going_on:
        return TOPIC_BY_SLUG["aurora-2-guide"]
    return topic


def _with_repeats(found: list[Arrival], rng: Random) -> list[Arrival]:
    """Let some contacts be second ones of a customer who was in touch an hour or more ago about the same matter."""
    earlier: dict[str, list[Arrival]] = {}
    out: list[Arrival] = []
    for arrival in found:
        pool = [e for e in earlier.get(arrival.topic.slug, ())[-40:] if arrival.seconds - e.seconds > HOUR]
        chance = 0.22 if arrival.topic.slug in {"aurora-2", "return-policy"} else 0.08
        if pool and rng.random() < chance:
            first = pool.pop(rng.randrange(len(pool)))
            earlier[arrival.topic.slug].remove(first)
            mood = "annoyed" if first.mood in {"calm", "happy", "hurried"} else "angry"
            arrival = _replaced(arrival, customer=first.customer, mood=mood)
        elif arrival.is_known:
            earlier.setdefault(arrival.topic.slug, []).append(arrival)
        out.append(arrival)
    return out


def _replaced(arrival: Arrival, *, customer: Customer, mood: str) -> Arrival:
    values = {name: getattr(arrival, name) for name in Arrival.__slots__}
    return Arrival(**{**values, "customer": customer, "mood": mood, "is_known": True, "repeats": True})


def returning(*, shop: Shop, on: date) -> tuple[Arrival, ...]:
    """Return the conversations of the day before that go on during this day."""
    before = arrivals(shop=shop, on=on - timedelta(days=1))
    return tuple(arrival for arrival in before if arrival.next_day)


def slow_arrivals_of_evening(*, shop: Shop, on: date, queue: str, until: float) -> int:
    """Count the next day's early contacts of a queue that are there already in this day's evening."""
    if QUEUE_BY_SLUG[queue].channel not in SLOW_CHANNELS or until <= SLOW_DAY_ENDS * HOUR:
        return 0
    after = arrivals(shop=shop, on=on + timedelta(days=1))
    return sum(a.queue.slug == queue and a.seconds + DAY_SECONDS <= until for a in after)
