"""When the shop is what: its clock, its busy hours, who is off, and what goes wrong at which time of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from apps.demo.roster import LOGINS, PEOPLE, SHIFTS, Person

HOUR = 3600.0
DAY_SECONDS = 24 * HOUR
# Contacts are taken by people between these local hours; at night only the AI agents answer.
OPENS, LAST_CONTACT, CLOSES = 7.0, 20.5, 21.0

# Arrivals per hour of the day as a share of a queue's usual busy hour: a hump before noon, a higher one after it.
PROFILE = (
    0.03, 0.02, 0.02, 0.02, 0.02, 0.04, 0.10, 0.28, 0.50, 0.72, 0.88, 0.90,
    0.84, 1.00, 1.12, 1.14, 1.10, 1.00, 0.88, 0.72, 0.46, 0.18, 0.10, 0.05,
)  # fmt: skip
WEEKEND_SHARE = 0.85

# Local hours. On a played day something is always under way between nine and half past seven in the evening, because
# the demo may be started again at any time; the first start falls between 13:30 and 14:30 (see `anchored`).
PLAYED_INCIDENTS: dict[str, tuple[tuple[float, float], ...]] = {
    "billing_surge": ((9.9, 10.8), (13.3, 14.8), (16.5, 17.6)),
    "wrong_answers": ((8.8, 9.95), (10.75, 12.4), (13.4, 15.6), (18.0, 19.6)),
    "new_policy": ((12.3, 13.35), (14.0, 16.6), (17.5, 18.1)),
    "silent_phone": ((11.6, 11.8), (13.95, 14.15), (14.75, 14.95), (16.6, 16.8)),
}
# In the history each of them is the exception: one day in so many, and on which one.
HISTORY_INCIDENTS: dict[str, tuple[int, int, tuple[float, float]]] = {
    "billing_surge": (6, 1, (13.4, 14.4)),
    "new_policy": (5, 2, (14.0, 16.5)),
    "silent_phone": (9, 3, (14.0, 14.2)),
}
SURGE_FACTOR = 2.4
# No moment is busier than this share of a usual busy hour.
HIGHEST_SHARE = 1.2 * SURGE_FACTOR


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop that is played: everything that happens follows from these values and the day."""

    seed: int
    # What the shop's clock is ahead of UTC.
    offset_hours: int
    # The local day of the first start. From here on days are rich in incidents; the days before it are history.
    opened_on: date

    @property
    def released_on(self) -> date:
        """From this local day on the Aurora 2 is sold."""
        return self.opened_on - timedelta(days=2)

    def starts_at(self, on: date) -> datetime:
        """The moment at which a local day begins."""
        return datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(hours=self.offset_hours)

    def day_of(self, at: datetime) -> date:
        """The local day of a moment."""
        return (at.astimezone(UTC) + timedelta(hours=self.offset_hours)).date()

    def hour_of(self, at: datetime) -> float:
        """The local hour of a moment, with its fraction."""
        return (at - self.starts_at(self.day_of(at))).total_seconds() / HOUR

    @property
    def zone(self) -> str:
        """The time zone in which the shop's clock is right (in this family of names the sign is the other way round)."""
        return "UTC" if self.offset_hours == 0 else f"Etc/GMT{-self.offset_hours:+d}"

    @property
    def tag(self) -> str:
        """Told apart in ids from the same day under another clock."""
        return f"{self.seed % 36:x}{self.offset_hours + 12:02d}"


def anchored(*, at: datetime, seed: int) -> Shop:
    """Return a shop whose clock shows 13:30 to 14:29 now.

    A day of the shop is an ordinary one of 24 hours; only its time zone is chosen, in whole hours, so that whoever
    starts the demo first meets the afternoon hump with an incident under way.
    """
    now = at.astimezone(UTC)
    offset = (13 if now.minute >= 30 else 14) - now.hour
    # Time zones run from -12 to +14.
    offset = offset - 24 if offset > 12 else offset + 24 if offset < -12 else offset
    return Shop(seed=seed, offset_hours=offset, opened_on=(now + timedelta(hours=offset)).date())


def is_staffed(shop: Shop, at: datetime) -> bool:
    """Whether somebody who starts the demo now would meet a busy floor."""
    return 8.8 <= shop.hour_of(at) <= 19.0


@dataclass(frozen=True, slots=True)
class Incidents:
    """What goes wrong on one day: kind to local spans in seconds."""

    spans: tuple[tuple[str, float, float], ...]

    def active(self, kind: str, seconds: float) -> bool:
        return any(name == kind and start <= seconds < end for name, start, end in self.spans)

    def has(self, kind: str) -> bool:
        return any(name == kind for name, _, _ in self.spans)

    def silent_until(self, seconds: float) -> tuple[float, float] | None:
        """The span in which the phone source sends nothing, if there is one now."""
        for name, start, end in self.spans:
            if name == "silent_phone" and start <= seconds < end:
                return start, end
        return None


@cache
def incidents_of(*, shop: Shop, on: date) -> Incidents:
    """Return the incidents of a day; a played day is rich in them, a day of history seldom has one."""
    spans: list[tuple[str, float, float]] = []
    if on >= shop.opened_on:
        spans = [(kind, start * HOUR, end * HOUR) for kind, times in PLAYED_INCIDENTS.items() for start, end in times]
    else:
        for kind, (every, which, (start, end)) in HISTORY_INCIDENTS.items():
            if on.toordinal() % every == which:
                spans.append((kind, start * HOUR, end * HOUR))
        if on >= shop.released_on:
            spans.append(("wrong_answers", 10 * HOUR, 16 * HOUR))
    return Incidents(tuple(spans))


def arrival_share(*, on: date, seconds: float) -> float:
    """Return the share of the busiest hour's arrivals at a local time, between the hours' values in a straight line."""
    at = (seconds / HOUR - 0.5) % 24
    hour = int(at)
    here, there = PROFILE[hour], PROFILE[(hour + 1) % 24]
    return (here + (there - here) * (at - hour)) * (WEEKEND_SHARE if on.weekday() >= 5 else 1.0)


def is_working(*, person: Person, on: date, struggles: bool) -> bool:
    """Whether somebody has a shift on this day: five days in seven, and never off on the day they struggle.

    Who can sign in is there whenever the demo is looked at.
    """
    if any(login.agent == person.slug for login in LOGINS):
        return True
    place = PEOPLE.index(person)
    first_off = (place * 3) % 7
    return on.weekday() not in {first_off, (first_off + 1) % 7} or (person.can_be_struggling and struggles)


def shift_of(person: Person) -> tuple[float, float]:
    """Return start and end of a person's shift in local seconds."""
    start, end = SHIFTS[person.shift]
    return start * HOUR, end * HOUR
