"""The oracle: every measure worked out slowly, in plain Python, from raw canonical events and the written dictionary.

It shares nothing with the engine but the form of an event. It walks through one conversation after the other in the order of
(time, sequence), keeps notes on paper, and reads the measures off the notes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.interactions import canonical as c

PEOPLE = {"agent", "supervisor"}
ENDED = {"resolved", "closed"}
GOOD_ENDS = {None, "handled", "unknown"}
# Of these the dictionary says that the clock of business hours is kept too.
ON_BUSINESS = {"first_reply_time", "agent_first_reply_time", "response_time", "speed_of_answer", "resolution_time"}
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def as_told(text: str) -> tuple[bool, bool]:
    """Whether words of the histories affirm that it is solved, and whether they thank and ask for nothing more."""
    return text == "That worked, cheers", text in ("That worked, cheers", "Thanks a lot")


@dataclass(frozen=True)
class Hours:
    """When somebody is there: weekday (1 = Monday) to stretches of local minutes, which may run past midnight."""

    zone: str
    week: Mapping[int, list[tuple[int, int]]]
    holidays: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Look at the clock on the wall: does a stretch of today or of yesterday hold now?"""
        wall = at.astimezone(ZoneInfo(self.zone))
        minute = wall.hour * 60 + wall.minute
        for day, now in ((wall.date(), minute), (wall.date() - timedelta(days=1), minute + 1440)):
            if day not in self.holidays and any(a <= now < b for a, b in self.week.get(day.isoweekday(), [])):
                return True
        return False

    def within(self, since: datetime, until: datetime) -> timedelta:
        """Walk from one moment to the other, minute by minute, and add up those in which it is open."""
        found, now = timedelta(0), since
        while now < until:
            following = min(now.replace(second=0, microsecond=0) + MINUTE, until)
            if self.is_open(now):
                found += following - now
            now = following
        return found


@dataclass(frozen=True, order=True)
class Case:
    """One case of one measure. Seconds for a time, 1 or 0 for a share, the score for a score, None for a count."""

    measure: str
    at: datetime
    queue: str | None
    channel: str
    agent: str | None
    value: float | None
    business: float | None = None


@dataclass
class Cycle:
    start: datetime
    by: str
    queue: str | None
    clock: datetime | None
    end: datetime | None = None
    outcome: str | None = None


@dataclass
class Hold:
    agent: str
    is_ai: bool
    start: datetime
    end: datetime | None = None


@dataclass
class Word:
    at: datetime
    who: str  # customer, human, ai
    agent: str | None
    cycle: int
    # The cycle had been resolved and was not open again.
    is_after: bool
    text: str = ""


@dataclass
class Passed:
    at: datetime
    ai: str | None
    trigger: str
    summary: str
    is_taken: bool


@dataclass
class Notes:
    """What one conversation looks like on paper."""

    cycles: list[Cycle] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    waits: list[tuple[str, datetime, datetime, str, Hold | None]] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    transfers: list[datetime] = field(default_factory=list)
    # Of the same moves: when, from which queue, to which.
    moves: list[tuple[datetime, str | None, str | None]] = field(default_factory=list)
    # When we wait for the customer: from and until; until is None while it lasts.
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    writers: set[str] = field(default_factory=set)
    channel: str = ""
    direction: str = ""
    start: datetime | None = None


class Walk:
    """One walk through the events that make the course of a conversation."""

    def __init__(self, course: list[c.CanonicalEvent]) -> None:
        self.notes = Notes(start=course[0].time)
        begun = next((e.data for e in course if isinstance(e.data, c.ConversationStarted)), None)
        outbound = begun is not None and begun.direction == "outbound"
        self.queue: str | None = None
        self.holder: Hold | None = None
        self.waiting: tuple[str, datetime] | None = None
        self.after_close: datetime | None = None
        first = course[0].time
        self.notes.cycles.append(Cycle(first, "outbound" if outbound else "created", None, None if outbound else first))
        for event in course:
            self.step(event.time, event.data)

    @property
    def cycle(self) -> Cycle:
        return self.notes.cycles[-1]

    def answered(self) -> bool:
        n = len(self.notes.cycles) - 1
        return any(w.who == "human" and w.cycle == n and not w.is_after for w in self.notes.words)

    def step(self, t: datetime, d: Any) -> None:
        if isinstance(d, c.ConversationStarted):
            self.notes.channel = self.notes.channel or d.channel
            self.notes.direction = self.notes.direction or d.direction
            if d.queue and self.queue is None:
                self.stand(d.queue)
        elif isinstance(d, c.Queued):
            self.queued(t, d.queue)
        elif isinstance(d, c.Assigned):
            self.assigned(t, d)
        elif isinstance(d, c.StatusChanged):
            self.status(t, d)
        elif isinstance(d, c.MessageCreated):
            self.message(t, d)

    def stand(self, queue: str) -> None:
        self.queue = queue
        if self.cycle.queue is None or not self.answered():
            self.cycle.queue = queue

    def reopen(self, t: datetime) -> None:
        if self.cycle.end is None:
            return
        start = self.after_close or t
        self.notes.cycles.append(Cycle(start, "reopened", self.queue, start))
        n = len(self.notes.cycles) - 1
        for word in self.notes.words:
            if word.at >= start:
                word.cycle, word.is_after = n, False
        self.after_close = None

    def drop(self, t: datetime) -> None:
        if self.holder is not None:
            self.holder.end = t
            self.holder = None

    def stop_waiting(self, t: datetime, how: str, by: Hold | None = None) -> None:
        if self.waiting is not None:
            self.notes.waits.append((*self.waiting, t, how, by))
            self.waiting = None

    def pass_on(self, t: datetime, ai: str | None, note: c.HandoffNote | None, is_taken: bool) -> None:
        last = self.notes.passed[-1] if self.notes.passed else None
        trigger, summary = (note.trigger, note.summary or "") if note else ("unknown", "")
        if last is not None and not last.is_taken and is_taken:
            last.is_taken = True
            last.trigger = trigger if last.trigger == "unknown" else last.trigger
            last.summary = last.summary or summary
            return
        self.notes.passed.append(Passed(t, ai, trigger, summary, is_taken))
        if not self.answered() and self.cycle.clock is not None:
            self.cycle.clock = t

    def queued(self, t: datetime, queue: str) -> None:
        self.reopen(t)
        if self.waiting is not None and self.waiting[0] == queue:
            return
        self.stop_waiting(t, "moved")
        if self.holder is not None:
            if self.holder.is_ai:
                self.pass_on(t, self.holder.agent, None, False)
            else:
                self.notes.transfers.append(t)
                self.notes.moves.append((t, self.queue, queue))
            self.drop(t)
        self.stand(queue)
        self.waiting = (queue, t)

    def assigned(self, t: datetime, d: c.Assigned) -> None:
        if d.to is None:
            self.drop(t)
            return
        self.reopen(t)
        before = self.holder
        if before is not None and before.agent == d.to.id:
            return
        came_from = self.queue
        if d.queue:
            self.stand(d.queue)
        now = Hold(d.to.id, d.to.kind == "bot", t)
        if not now.is_ai:
            if d.handoff is not None and d.handoff.from_kind == "bot":
                ai = next((h.agent for h in reversed(self.notes.holds) if h.is_ai), None)
                self.pass_on(t, ai, d.handoff, True)
            elif before is not None and before.is_ai:
                self.pass_on(t, before.agent, None, True)
            elif before is not None:
                self.notes.transfers.append(t)
                self.notes.moves.append((t, came_from, self.queue))
        self.stop_waiting(t, "answered", now)
        self.drop(t)
        self.holder = now
        self.notes.holds.append(now)

    def go_on(self, t: datetime) -> None:
        if self.notes.pauses and self.notes.pauses[-1][1] is None:
            self.notes.pauses[-1] = (self.notes.pauses[-1][0], t)

    def status(self, t: datetime, d: c.StatusChanged) -> None:
        self.go_on(t)
        if d.to in ("pending", "snoozed"):
            self.notes.pauses.append((t, None))
        if d.to not in ENDED:
            self.reopen(t)
            return
        self.stop_waiting(t, d.outcome or d.to)
        self.drop(t)
        if self.cycle.end is None:
            self.cycle.end = t
            self.after_close = None
        self.cycle.outcome = d.outcome or self.cycle.outcome

    def message(self, t: datetime, d: c.MessageCreated) -> None:
        if d.visibility == "private" or d.author.kind == "system":
            return
        closed = self.cycle.end is not None
        if d.author.kind == "customer":
            if closed:
                self.after_close = self.after_close or t
        elif d.author.kind in PEOPLE:
            self.notes.writers.add(d.author.id)
        if d.kind in ("survey_prompt", "closing"):
            return
        who = {"customer": "customer", "bot": "ai"}.get(d.author.kind, "human")
        if who == "customer":
            self.go_on(t)
        agent = None if who == "customer" else d.author.id
        self.notes.words.append(Word(t, who, agent, len(self.notes.cycles) - 1, closed, d.text or ""))


Reads = Callable[[str], tuple[bool, bool]]
# How a customer's message sounds, by conversation and message; None where it could not be read. Readings are facts to the oracle.
Feels = Callable[[str, str], float | None]
NEGATIVE = -0.54
# How the sources of the histories call what evaluators judge.
JUDGED = {"goal_success": "ai_goal_success", "Faithfulness": "ai_faithfulness", "eval/completeness": "ai_completeness"}


def nobody_read(talk: str, message: str) -> float | None:
    """No message was read."""
    return None


def cases(
    events: Iterable[c.CanonicalEvent], hours: Mapping[str, Hours] | None = None, reads: Reads = as_told,
    feels: Feels = nobody_read, tiers: Mapping[str, int] | None = None,
) -> list[Case]:  # fmt: skip
    """Work out every case of every measure from the raw events, in whatever order they are given; hours and tiers are by queue."""
    by_talk: dict[str, dict[str, c.CanonicalEvent]] = defaultdict(dict)
    for event in events:
        name = getattr(event.data, "conversation_id", None)
        if name is not None:
            by_talk[name].setdefault(event.id, event)
    found: list[Case] = []
    walked: list[tuple[Notes, str | None]] = []
    for told in by_talk.values():
        ordered = sorted(told.values(), key=lambda e: (e.time, e.sequence))
        kinds = (
            c.ConversationStarted, c.ConversationUpdated, c.Queued, c.Assigned, c.StatusChanged, c.MessageCreated,
        )  # fmt: skip
        course = [e for e in ordered if isinstance(e.data, kinds)]
        if course:
            notes = Walk(course).notes
            found += read(notes, ordered, hours or {}, feels, tiers or {})
            walked.append((notes, customer_of(ordered)))
    return [*found, *came_back(walked, reads)]


def customer_of(events: list[c.CanonicalEvent]) -> str | None:
    """Whose conversation it is: the one it began with, else the first who wrote; nobody when that is not known."""
    begun = [e.data.customer for e in events if isinstance(e.data, c.ConversationStarted) and e.data.customer]
    wrote = [e.data.author for e in events if isinstance(e.data, c.MessageCreated) and e.data.author.kind == "customer"]
    party = next(iter([*begun, *wrote]), None)
    return None if party is None or party.identity == "anonymous" else party.id


def came_back(walked: list[tuple[Notes, str | None]], reads: Reads) -> Iterator[Case]:
    """Whether known customers began another conversation within seven days: after a resolution, after an AI agent's answer."""
    begun: dict[str, list[Notes]] = defaultdict(list)
    for notes, customer in walked:
        if customer is not None and notes.direction != "outbound":
            begun[customer].append(notes)

    def again(notes: Notes, customer: str, since: datetime) -> bool:
        others = [o.start for o in begun[customer] if o is not notes and o.start is not None]
        return any(since < start <= since + timedelta(days=7) for start in others)

    for notes, customer in walked:
        yield from by_ai(notes, reads, lambda since, n=notes, c=customer: c is not None and again(n, c, since))  # type: ignore[misc]
        if customer is None:
            continue
        first = first_solved(notes)
        if first is not None and people_of(notes):
            n, cycle = first
            assert cycle.end is not None
            once = n == 0 and len(notes.cycles) == 1 and len(people_of(notes)) == 1
            value = once and not again(notes, customer, cycle.end)
            yield Case("fcr_net", cycle.end, cycle.queue, notes.channel, None, float(value))
        ended = next((y for y in notes.cycles if y.end is not None and y.outcome in GOOD_ENDS), None)
        if ended is not None and ended.end is not None:
            value = again(notes, customer, ended.end)
            yield Case("repeat_contact_rate", ended.end, ended.queue, notes.channel, None, float(value))
        spoke = next((w.at for w in notes.words if w.who == "customer"), None)
        answer = next((w for w in notes.words if w.who == "ai" and spoke is not None and w.at >= spoke), None)
        if answer is not None:
            gave_up = any(y.outcome == "abandoned" for y in notes.cycles)
            value = not notes.passed and not gave_up and not again(notes, customer, answer.at)
            queue = notes.cycles[answer.cycle].queue
            yield Case("containment", answer.at, queue, notes.channel, answer.agent, float(value))
            if not notes.passed:
                back = again(notes, customer, answer.at)
                yield Case("ai_repeat_contact_rate", answer.at, queue, notes.channel, answer.agent, float(back))


def people_of(notes: Notes) -> set[str]:
    """People who held it or wrote in it."""
    return notes.writers | {h.agent for h in notes.holds if not h.is_ai}


def first_solved(notes: Notes) -> tuple[int, Cycle] | None:
    """The first cycle that a person resolved."""
    for n, cycle in enumerate(notes.cycles):
        replied = any(w.who == "human" and w.cycle == n and not w.is_after for w in notes.words)
        if cycle.end is not None and cycle.outcome in GOOD_ENDS and replied:
            return n, cycle
    return None


def by_ai(notes: Notes, reads: Reads, again: Callable[[datetime], bool]) -> Iterator[Case]:
    """What AI agents solved, as the customer's last words tell it."""
    spoke = next((w.at for w in notes.words if w.who == "customer"), None)
    answers = [w for w in notes.words if w.who == "ai" and spoke is not None and w.at >= spoke]
    is_solved = False
    if answers:
        first = answers[0]
        talk = [w for w in notes.words if w.at >= first.at]
        part: list[Word] = []
        for word, following in zip(talk, [*talk[1:], None], strict=True):
            part.append(word)
            silent = following is not None and following.who == "customer" and following.at - word.at > DAY
            if word.who == "ai" and silent:
                break
        came_again = len(part) < len(talk)
        last = next((w for w in reversed(part) if w.who == "customer"), None)
        ours = next(w for w in reversed(part) if w.who != "customer")
        passed = bool(notes.passed) or any(w.who == "human" for w in talk)
        gave_up = any(y.outcome == "abandoned" for y in notes.cycles)
        affirmed, thanks = reads(last.text) if last is not None else (False, False)
        asks = last is not None and last.at > ours.at and not thanks
        assumed = not (affirmed or gave_up or asks or came_again or again(first.at))
        is_solved = not passed and (affirmed or assumed)
        queue = notes.cycles[first.cycle].queue

        def case(measure: str, value: float | None) -> Case:
            return Case(measure, first.at, queue, notes.channel, first.agent, value)

        if affirmed and not passed:
            yield case("ai_resolutions_confirmed", None)
        elif is_solved:
            yield case("ai_resolutions_assumed", None)
        elif not (passed or gave_up or asks):
            yield case("ai_resolutions_returned", None)
        yield case("ai_resolution_rate", float(is_solved))
        question = "?" in ours.text and (last is None or ours.at > last.at)
        yield case("bot_abandon_rate", float(gave_up and question and not passed))
    if notes.direction != "outbound":
        assert notes.start is not None
        yield Case("automation_rate", notes.start, notes.cycles[0].queue, notes.channel, None, float(is_solved))


def handling(notes: Notes) -> Iterator[tuple[Hold, timedelta, bool]]:
    """Each ended stretch of a person with the gaps that are short enough to be work, and whether they wrote in it."""
    for hold in notes.holds:
        if hold.is_ai or hold.end is None or hold.end == hold.start:
            continue
        before, spent, wrote = hold.start, timedelta(0), False
        for word in notes.words:
            mine = word.who == "human" and word.agent == hold.agent
            if hold.start <= word.at <= hold.end and (mine or word.who == "customer"):
                gap, before, wrote = word.at - before, word.at, wrote or mine
                spent += gap if gap < (10 if mine else 4) * MINUTE else timedelta(0)
        yield hold, spent, wrote


def paused(notes: Notes, cycle: Cycle) -> timedelta:
    """How long in a resolved cycle we waited for the customer."""
    assert cycle.end is not None
    spans = ((max(since, cycle.start), min(until or cycle.end, cycle.end)) for since, until in notes.pauses)
    return sum((end - begin for begin, end in spans if begin < end), timedelta(0))


def read(
    notes: Notes, events: list[c.CanonicalEvent], hours: Mapping[str, Hours], feels: Feels, tiers: Mapping[str, int]
) -> Iterator[Case]:
    """Read the measures off the notes of one conversation."""

    def case(measure: str, at: datetime, queue: str | None, agent: str | None, value: Any = None) -> Case:
        business = None
        if isinstance(value, timedelta):
            if measure in ON_BUSINESS and queue in hours:
                business = hours[queue].within(at - value, at).total_seconds()
            value = value.total_seconds()
        return Case(measure, at, queue, notes.channel, agent, None if value is None else float(value), business)

    def cycle_at(t: datetime) -> int:
        return max((n for n, cycle in enumerate(notes.cycles) if cycle.start <= t), default=0)

    def queue_at(t: datetime) -> str | None:
        return notes.cycles[cycle_at(t)].queue

    human = [w for w in notes.words if w.who == "human"]
    replies = {n: next((w for w in human if w.cycle == n and not w.is_after), None) for n in range(len(notes.cycles))}

    # Speed.
    for n, cycle in enumerate(notes.cycles):
        reply = replies[n]
        if reply is not None and cycle.clock is not None:
            yield case("first_reply_time", reply.at, cycle.queue, reply.agent, reply.at - cycle.clock)
    for hold in notes.holds:
        if hold.is_ai or hold.end == hold.start:
            continue
        mine = [
            w.at for w in human if w.agent == hold.agent and hold.start <= w.at and (not hold.end or w.at <= hold.end)
        ]
        if mine:
            yield case("agent_first_reply_time", mine[0], queue_at(hold.start), hold.agent, mine[0] - hold.start)
        if hold.end is not None:
            yield case("assigned_time", hold.end, queue_at(hold.start), hold.agent, hold.end - hold.start)
    worked: dict[str, timedelta] = {}
    left: dict[str, Hold] = {}
    for hold, gaps, wrote in handling(notes):
        assert hold.end is not None
        if notes.channel != "voice" and wrote:
            yield case("active_handle_time", hold.end, queue_at(hold.start), hold.agent, gaps)
        if notes.channel == "voice" or wrote:
            spent = hold.end - hold.start if notes.channel == "voice" else gaps
            worked[hold.agent] = worked.get(hold.agent, timedelta(0)) + spent
            left[hold.agent] = hold
    for agent, hold in left.items():
        assert hold.end is not None
        yield case("handling", hold.end, queue_at(hold.start), agent, worked[agent])
    run: dict[tuple[int, bool], datetime] = {}
    for word in notes.words:
        place = (word.cycle, word.is_after)
        if word.who == "customer":
            run.setdefault(place, word.at)
        else:
            since = run.pop(place, None)
            if since is not None and word.who == "human":
                yield case("response_time", word.at, notes.cycles[word.cycle].queue, word.agent, word.at - since)
    for queue, entered, ended, how, by in notes.waits:
        waited = ended - entered
        if how == "moved" or (by is not None and by.is_ai):
            continue
        if by is not None:
            yield case("speed_of_answer", ended, queue, by.agent, waited)
        if how == "abandoned" and waited < timedelta(seconds=10):
            yield case("short_abandons", ended, queue, None)
        else:
            yield case("abandonment_rate", ended, queue, None, how == "abandoned")
    for event in events:
        if isinstance(event.data, c.Offered) and event.data.outcome == "missed":
            yield case("missed", event.time, event.data.queue or queue_at(event.time), event.data.agent.id)

    # Volume, resolution and what became of it.
    if human:
        yield case("volume", human[0].at, notes.cycles[human[0].cycle].queue, None)
    for agent in {w.agent for w in human}:
        first = next(w for w in human if w.agent == agent)
        yield case("participation", first.at, notes.cycles[first.cycle].queue, agent)
    solved = [
        y for n, y in enumerate(notes.cycles) if y.end is not None and y.outcome in GOOD_ENDS and replies[n] is not None
    ]
    if solved and worked:
        last_end = solved[-1].end
        assert last_end is not None
        yield case("handle_time", last_end, solved[-1].queue, None, sum(worked.values(), timedelta(0)))
    ends = [y.outcome for y in notes.cycles if y.end is not None and y.outcome not in ("merged", "spam")]
    if ends:
        assert notes.start is not None
        good = any(outcome in GOOD_ENDS for outcome in ends)
        yield case("resolution_rate", notes.start, notes.cycles[0].queue, None, good)
    for cycle in notes.cycles:
        if cycle.end is not None and cycle.outcome in GOOD_ENDS:
            yield case("requester_wait", cycle.end, cycle.queue, None, cycle.end - cycle.start - paused(notes, cycle))
    is_first = True
    for n, cycle in enumerate(notes.cycles):
        if cycle.end is None or cycle.outcome not in GOOD_ENDS or replies[n] is None:
            continue
        moved = any(cycle.start <= t <= cycle.end for t in notes.transfers)
        yield case("transfer_rate", cycle.end, cycle.queue, None, moved)
        if tiers:  # a list of tiers is set up
            up = [t for t, of, to in notes.moves if tiers.get(to or "", 1) > tiers.get(of or "", 1)]
            yield case("escalation_rate", cycle.end, cycle.queue, None, any(cycle.start <= t <= cycle.end for t in up))
        yield case("resolution_time", cycle.end, cycle.queue, None, cycle.end - cycle.start)
        if is_first:
            is_first = False
            following = notes.cycles[n + 1] if n + 1 < len(notes.cycles) else None
            by_customer = following is not None and any(
                w.who == "customer" and w.at == following.start for w in notes.words
            )
            soon = following is not None and following.start - cycle.end <= timedelta(hours=72)
            # Whose resolution it was: the last person to hold it by then; where nobody ever held it, to write in it.
            holds = [h.agent for h in notes.holds if not h.is_ai and h.start <= cycle.end and h.end != h.start]
            spoke = [w.agent for w in human if w.agent and w.at <= cycle.end]
            whose = holds[-1] if holds else spoke[-1] if spoke else None
            yield case("reopen_rate", cycle.end, cycle.queue, whose, by_customer and soon)
            once = n == 0 and following is None and len(people_of(notes)) == 1
            yield case("fcr_gross", cycle.end, cycle.queue, None, once)

    # Ratings: the last word about each, then the last of each cycle.
    last: dict[str, c.CanonicalEvent] = {}
    for event in events:
        if isinstance(event.data, c.RatingReceived):
            last[event.data.rating_id] = event
    of_cycle: dict[int, c.CanonicalEvent] = {}
    for event in sorted(last.values(), key=lambda e: (e.time, e.sequence)):
        if event.data.scale in (None, "csat", "thumb") and event.data.max > event.data.min:
            of_cycle[cycle_at(event.time)] = event
    ai = {h.agent for h in notes.holds if h.is_ai} | {w.agent for w in notes.words if w.who == "ai"}
    for n, event in of_cycle.items():
        d = event.data
        credited = d.agent.id if d.agent else None
        is_ai = d.agent.kind == "bot" if d.agent else False
        if credited is None:
            holds = [h for h in notes.holds if h.start <= event.time and h.end != h.start]
            spoke = [w for w in notes.words if w.agent and w.at <= event.time]
            # Nobody ever held it: whoever wrote last.
            credited = holds[-1].agent if holds else spoke[-1].agent if spoke else None
            is_ai = credited in ai
        if credited is not None:
            share = (d.score - d.min) / (d.max - d.min)
            yield case("ai_csat" if is_ai else "csat", event.time, notes.cycles[n].queue, credited, share >= 0.75)
    asked: dict[int, datetime] = {}
    for event in events:
        d = event.data
        if isinstance(d, c.MessageCreated) and d.kind == "survey_prompt" and d.visibility == "public":
            asked.setdefault(cycle_at(event.time), event.time)
    for n, when in asked.items():
        rated = [e for e in last.values() if e.data.scale in (None, "csat", "thumb") and e.data.max > e.data.min]
        gave = any(cycle_at(e.time) == n and e.time >= when for e in rated)
        yield case("csat_response_rate", when, notes.cycles[n].queue, None, gave)

    # How the customer felt: each message counts for half, what was felt before it for the other half.
    felt, course, at = 0.0, [], datetime.min
    for event in events:
        d = event.data
        if isinstance(d, c.MessageCreated) and d.author.kind == "customer" and d.visibility == "public":
            mood = feels(d.conversation_id, d.message_id)
            if mood is not None:
                felt, at = (mood + felt) / 2 if course else mood, event.time
                course.append(felt)
    if len(course) >= 2:
        yield case("sentiment", at, queue_at(at), None, round(felt, 4))
        yield case("turned_negative_rate", at, queue_at(at), None, any(one < NEGATIVE for one in course[1:]))

    wrote = next((w for w in notes.words if w.who == "customer"), None)
    if wrote is not None:
        yield case("analysed_coverage", wrote.at, notes.cycles[wrote.cycle].queue, None, bool(course))

    # AI agents.
    spoke_first = next((w.at for w in notes.words if w.who == "customer"), None)
    answer = next((w for w in notes.words if w.who == "ai" and spoke_first is not None and w.at >= spoke_first), None)
    if notes.direction != "outbound":
        assert notes.start is not None
        yield case("ai_involvement_rate", notes.start, notes.cycles[0].queue, None, answer is not None)
    turns = {e.data.turn_id: e for e in events if isinstance(e.data, c.BotTurned)}
    if answer is not None:
        queue = notes.cycles[answer.cycle].queue
        yield case("handoff_rate", answer.at, queue, answer.agent, bool(notes.passed))
        wished = any(e.data.asked_for_human for e in turns.values()) or any(
            p.trigger == "customer_request" for p in notes.passed
        )
        yield case("asked_for_person_rate", answer.at, queue, answer.agent, wished)
    for event in turns.values():
        d = event.data
        yield case("fallback_rate", event.time, queue_at(event.time), d.bot.id, bool(d.fallback))
        if d.score is not None and d.score.name in JUDGED and d.score.value is not None and 0 <= d.score.value <= 1:
            yield case(JUDGED[d.score.name], event.time, queue_at(event.time), d.bot.id, d.score.value)
        sure = d.confidence
        if d.fallback:
            sure = next((a.confidence for a in d.alternatives or () if "fallback" not in a.intent.lower()), None)
        if sure is not None:
            yield case("ai_confidence", event.time, queue_at(event.time), d.bot.id, sure)
    for passed, later in zip(notes.passed, [*notes.passed[1:], None], strict=False):
        yield case("handoff_quality", passed.at, queue_at(passed.at), passed.ai, passed.summary != "")
        reply = next((w.at for w in human if w.at >= passed.at), None)
        if reply is not None and (later is None or reply < later.at):
            yield case("handoff_reply_time", reply, queue_at(passed.at), passed.ai, reply - passed.at)
