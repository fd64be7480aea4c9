"""How often chance alone accuses somebody, and how surely a real difference is found: the product's own judgement, simulated.

Nobody's rows are made: ratings and reply times are drawn, summed up as buckets do, and judged by `standing_of` and
`conflicts.find`. Equal people are exactly at their goal, which is the hardest place to be judged at.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from math import ceil, exp, log
from statistics import NormalDist

from apps.metrics import comparing, conflicts, histograms
from apps.metrics.aims import Standing, standing_of
from apps.metrics.conflicts import PAIRS, Estimate, Level
from apps.metrics.definitions import DICTIONARY
from apps.metrics.measures import MILLION
from apps.metrics.models import Goal
from apps.metrics.reading import Number
from apps.shared.intervals import wilson
from tests.bench.figures import Figure

SEED = 20261129
PEOPLE, WEEKS, RUNS = 200, 8, 2000
TARGET, WORSE = 0.85, 0.65
RATINGS, REPLIES = 45, 300  # a week and person
MEDIAN, SIGMA = 60.0, 0.9


def rated(chance: random.Random, share: float, usual: int) -> Number:
    """A week of ratings of somebody whose customers are content at a share."""
    n = max(1, round(chance.gauss(usual, usual**0.5)))
    hits = sum(chance.random() < share for _ in range(n))
    low, high = wilson(hits, n)
    return Number(hits / n, n, n >= DICTIONARY["csat"].minimum_n, hits=hits, low=low, high=high)


def replied(chance: random.Random, median: float, usual: int) -> Number:
    """A week of reply times around a median, as a bucket's histogram keeps them."""
    n = max(1, round(chance.gauss(usual, usual**0.5)))
    drawn = (median * exp(chance.gauss(0, SIGMA)) * MILLION for _ in range(n))
    bars = sorted(Counter(ceil(log(one) / log(histograms.GAMMA)) for one in drawn).items())
    around, half = histograms.median_interval(bars), histograms.percentile(bars, 0.5)
    assert around is not None and half is not None  # noqa: PT018  # there are cases
    middle = half / MILLION
    return Number(
        middle, n, n >= DICTIONARY["response_time"].minimum_n, p50=middle, p50_low=around[0] / MILLION, p50_high=around[1] / MILLION
    )  # fmt: skip


def _is_missed(number: Number, metric: str, target: float) -> bool:
    return standing_of(Goal(metric=metric, period="week", target=target), number) is Standing.MISSED


def _falsely(chance: random.Random) -> list[Figure]:
    shares = [[rated(chance, TARGET, RATINGS) for _ in range(WEEKS)] for _ in range(PEOPLE)]
    times = [[replied(chance, MEDIAN, REPLIES) for _ in range(WEEKS)] for _ in range(PEOPLE)]
    told = []
    for name, metric, target, weeks in (
        ("csat", "csat", TARGET, shares),
        ("reply time", "response_time", MEDIAN, times),
    ):
        flags = [[_is_missed(one, metric, target) for one in person] for person in weeks]
        bare = [
            (one.value or 0) < target if metric == "csat" else (one.value or 0) > target
            for person in weeks
            for one in person
        ]
        told.append(
            Figure(
                name=f"equal people told they are outside the goal, {name}", unit="of judgements",
                value=sum(map(sum, flags)) / (PEOPLE * WEEKS), target=0.025, n=PEOPLE * WEEKS,
                limit_name="without an interval", limit=sum(bare) / len(bare),
                detail={"people ever in 8 weeks": sum(map(any, flags)) / PEOPLE},
            )
        )  # fmt: skip
    return told


def _truly(chance: random.Random) -> Figure:
    weeks = [[_is_missed(rated(chance, WORSE, RATINGS), "csat", TARGET) for _ in range(4)] for _ in range(PEOPLE)]
    return Figure(
        name="somebody 20 points worse is told within 4 weeks", unit="of people", is_rate=True, target=0.8, n=PEOPLE,
        value=sum(map(any, weeks)) / PEOPLE, limit_name="in the first week", limit=sum(one[0] for one in weeks) / PEOPLE,
    )  # fmt: skip


def _at(number: Number, confidence: float) -> Number:
    """The same share with the interval of another level."""
    assert number.hits is not None  # a share
    low, high = wilson(number.hits, number.n, confidence=confidence)
    return replace(number, low=low, high=high)


def _sides(
    chance: random.Random, replies: int, ratings: int, *, faster: float, worse: float, confidence: float = 0.95
) -> bool:
    def drawn(median: float, share: float) -> dict[str, Estimate | None]:
        told = {"response_time": replied(chance, median, replies), "agent_first_reply_time": replied(chance, median, replies // 3),
                "csat": _at(rated(chance, share, ratings), confidence)}  # fmt: skip
        n = max(1, round(chance.gauss(replies / 3, (replies / 3) ** 0.5)))
        told["volume"] = Number(float(n), n, is_enough=True)
        return {key: comparing.estimate(key, one) for key, one in told.items()}

    return bool(conflicts.find(PAIRS[Level.PERSON], drawn(MEDIAN, 0.88), drawn(MEDIAN * faster, 0.88 - worse)))


def _most_told(n: int, before: float = 0.88, now: float = 0.68) -> float:
    """How often the difference of two such shares lies beyond its own 95 % interval, by their true spread: no test tells more."""
    spread = ((before * (1 - before) + now * (1 - now)) / n) ** 0.5
    return NormalDist().cdf((before - now) / spread - NormalDist().inv_cdf(0.975))


def _conflicts(chance: random.Random) -> list[Figure]:
    stable = sum(_sides(chance, REPLIES, 100, faster=1, worse=0) for _ in range(RUNS)) / RUNS
    planted = sum(_sides(chance, REPLIES, 100, faster=0.7, worse=0.2) for _ in range(RUNS)) / RUNS
    fewer = sum(_sides(chance, REPLIES, 60, faster=0.7, worse=0.2) for _ in range(RUNS)) / RUNS
    # Replies that really got faster, and customers as content as before: every flag is false, whatever the driver's test says.
    faster = [
        sum(_sides(chance, REPLIES, 60, faster=0.7, worse=0, confidence=level) for _ in range(RUNS)) / RUNS
        for level in (0.95, 0.9)
    ]
    sooner = sum(_sides(chance, REPLIES, 60, faster=0.7, worse=0.2, confidence=0.9) for _ in range(RUNS)) / RUNS
    return [
        Figure(
            name="conflicts seen where nothing changed", unit="of subjects", value=stable, target=0.02, n=RUNS,
            limit_name="share of numbers that chance moves", limit=0.05,
        ),
        Figure(
            name="planted conflicts found (30 % faster, 20 points less content)", unit="of subjects", is_rate=True,
            value=planted, target=0.8, n=RUNS, limit_name="100 ratings and 300 replies a week; certainty", limit=1.0,
            detail={"with 60 ratings": fewer, "the most that 60 can tell at 95 %": _most_told(60), "with 60 at 90 %": sooner},
        ),
        Figure(
            name="conflicts seen where replies got faster and nothing else", unit="of subjects", value=faster[0], target=0.03, n=RUNS,
            limit_name="the same at 90 %", limit=faster[1],
        ),
    ]  # fmt: skip


def run(seconds: float | None) -> list[Figure]:
    """Simulate with a fixed seed; the length is fixed too, so `seconds` changes nothing."""
    chance = random.Random(SEED)  # a simulation
    return [*_falsely(chance), _truly(chance), *_conflicts(chance)]
