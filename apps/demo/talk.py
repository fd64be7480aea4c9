"""How conversations go: the people's part, from the queue to the rating. The AI agents' part is in `bots`."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from apps.demo.bots import BotTalk
from apps.demo.case import SYSTEM, Case
from apps.demo.desks import Desk
from apps.demo.engine import Process
from apps.demo.judgement import judges, satisfaction
from apps.demo.ledger import Event
from apps.demo.roster import LEAD, LEAD_NAME, QUEUE_BY_SLUG, TEAMS
from apps.demo.shop import HOUR, Incidents
from apps.demo.transfers import Transfers

if TYPE_CHECKING:
    from apps.demo.floor import Floor

# Seconds until the next message: median and spread of a log-normal. People's first, people's next, the customer's.
REPLIES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "webchat": ((15, 0.5), (56, 0.5), (44, 0.7)),
    "messaging": ((22, 0.5), (75, 0.5), (110, 0.9)),
    "email": ((520, 0.5), (560, 0.5), (1500, 0.8)),
    "voice": ((3, 0.3), (7, 0.5), (6, 0.5)),
    "social": ((120, 0.5), (200, 0.5), (420, 0.8)),
}
# Where a message may be cut in two; never inside an address or a number.
STOP = re.compile(r"[.?!] +(?=[A-Za-zÄÖÜ¿¡])")
# Late in the day nobody opens a matter that could not be closed before the lights go out.
LAST_QUESTION, LAST_REOPENING = 17.5, 19.0
STRUGGLES_WITH = "return-policy"
MOST_STRUGGLES = 3
Beats = list[str]
Served = Generator[Any, Any, str]


class Talk:
    """Runs conversations on a floor."""

    def __init__(self, *, floor: Floor, incidents: Incidents) -> None:
        self.floor = floor
        self.engine = floor.engine
        self.rng = floor.rng
        self.incidents = incidents
        self.bots = BotTalk(talk=self)
        self.transfers = Transfers(talk=self)

    # From the first word to the last.

    def begins(self, case: Case) -> Process:
        """A contact comes in."""
        a = case.arrival
        priority = "high" if a.queue.channel == "voice" or a.customer.segment == "summit club" else "normal"
        case.tell(
            "conversation.started", channel=a.queue.channel, direction="inbound", customer=case.customer,
            queue=a.queue.slug, queue_name=a.queue.name, language=a.topic.language, priority=priority,
            subject=case.words(lambda w: w.subject()),
            url=f"https://desk.nordwind.example/c/{a.conversation}",
        )  # fmt: skip
        early = a.discloses if a.with_bot or a.queue.channel == "email" or self.rng.random() < 0.4 else ""
        if a.with_bot:
            yield self.rng.uniform(0.4, 1.5)
            if (yield from self.bots.answers(case, discloses=early)):
                yield from judges(case, floor=self.floor)
                return
        elif a.queue.channel != "voice":
            yield self.rng.uniform(0.2, 2)
            yield from self.bubbles(
                case, case.speaker, case.words(lambda w: w.opening(repeats=a.repeats, discloses=early))
            )
        outcome = yield from self._people(case, self._beats(case), reason="new", late="" if early else a.discloses)
        yield from self._after(case, outcome)

    def goes_on(self, case: Case) -> Process:
        """A conversation of the day before goes on."""
        kind = case.arrival.next_day
        if kind == "silent":
            case.say(SYSTEM, case.words(lambda w: w.auto_closed()), kind="closing")
            case.tell(
                "conversation.status_changed",
                to="resolved",
                **{"from": "pending"},
                native="auto-closed",
                outcome="handled",
                by=SYSTEM,
            )
            return
        yield 0.0
        if kind == "answer":
            case.say(case.speaker, case.words(lambda w: w.answers_late()))
            case.tell("conversation.status_changed", to="open", **{"from": "pending"}, native="open")
        else:
            case.say(case.speaker, case.words(lambda w: w.comes_back()))
            case.tell(
                "conversation.status_changed", to="open", **{"from": "resolved"}, native="reopened", by=case.speaker
            )
        outcome = yield from self._people(case, ["solve"], reason="return")
        yield from self._after(case, outcome)

    def _after(self, case: Case, outcome: str) -> Process:
        if outcome != "resolved":
            return
        yield from judges(case, floor=self.floor)
        chance = 0.28 if case.struggles else 0.14 if case.was_misled else 0.045
        if case.arrival.next_day or case.channel == "voice" or self.rng.random() >= chance:
            return
        yield self.rng.uniform(700, 3600)
        if self.engine.now > LAST_REOPENING * HOUR:
            return
        case.say(case.speaker, case.words(lambda w: w.comes_back()))
        case.tell("conversation.status_changed", to="open", **{"from": "resolved"}, native="reopened", by=case.speaker)
        beats = ["solve"] if case.channel == "email" else ["first", "solve", "close"]
        again = yield from self._people(case, beats, reason="return")
        if again == "resolved":
            yield from judges(case, floor=self.floor)

    def _beats(self, case: Case) -> Beats:
        """What will happen when somebody has time: ask, find out, questions, solve, close."""
        if case.channel == "email":
            if case.arrival.next_day in {"answer", "silent"}:
                return ["ask", "pending"]
            return ["solve"] if self.rng.random() < 0.62 or case.arrival.next_day else ["ask", "solve"]
        if case.channel == "social":
            return ["ask", "solve"] if self.rng.random() < 0.5 else ["first", "solve"]
        questions = self.rng.choices((1, 2, 3, 4, 5), (0.15, 0.3, 0.3, 0.15, 0.1))[0] + (
            2 if case.channel == "voice" else 0
        )
        return ["ask", "found", *["question"] * questions, "solve", "close"]

    def _people(self, case: Case, beats: Beats, *, reason: str, late: str = "") -> Served:
        """Wait for people and be served by them, by several if need be. Returns how it ended."""
        more: dict[str, Any] = {}
        while True:
            desk = yield from self.floor.wait(case, reason=reason, **more)
            if desk is None:
                left = case.is_live
                case.tell(
                    "conversation.status_changed", to="closed", native="left the queue" if left else "closed at night",
                    outcome="abandoned" if left else "queue_emptied", by=case.speaker if left else SYSTEM,
                    wait_ms=int(case.waited * 1000),
                )  # fmt: skip
                return "abandoned"
            wait_ms, total_ms = case.note_wait()
            last = case.last_desk
            case.tell(
                "conversation.assigned", to=desk.party, queue=case.queue.slug, team=TEAMS[desk.person.team],
                reason="handoff" if case.handoff else "transfer" if reason == "transfer" else "routing",
                wait_ms=wait_ms, total_wait_ms=total_ms, handoff=case.handoff,
                **({"from": last.party} if last is not None and reason == "transfer" else {}),
            )  # fmt: skip
            if last is not None and reason == "transfer":
                beats.insert(0, "first")
            taken_over, case.handoff = case.handoff is not None or last is not None, None
            case.desk = case.last_desk = desk
            case.speaks(desk.person.name)
            outcome = yield from self._serve(case, beats, takes_over=taken_over, late=late)
            if outcome not in {"lost", "transfer"}:
                return outcome
            late, reason = "", "return" if outcome == "lost" else "transfer"
            more = {} if outcome == "lost" else {"previous_queue": more.get("previous_queue"), "by": desk.party}
            if outcome == "transfer":
                more["previous_queue"] = case.queue.slug
                case.queue = QUEUE_BY_SLUG[self.transfers.better_queues(case)[0]]

    def _serve(self, case: Case, beats: Beats, *, takes_over: bool, late: str) -> Served:
        """Play the beats with one person, who may lose the conversation on the way; played beats are taken out."""
        if case.channel == "voice":
            yield from self._picks_up(case, late)
        first = True
        if case.channel == "email" and beats[:2] == ["ask", "solve"] and self.engine.now > LAST_QUESTION * HOUR:
            beats.pop(0)
        while beats:
            desk = case.holder
            if not (yield from self.writes(case, desk, first=first)):
                return self.lost(case, desk)
            outcome = yield from self._beat(case, desk, beats.pop(0), takes_over=takes_over, late=late)
            if outcome:
                return outcome
            first, late = False, late if first is False else ""
            if len(beats) > 2 and beats[0] == "found" and self.transfers.is_misplaced(case):
                moved = yield from self.transfers.moves(case, desk)
                if moved:
                    return moved
        return (yield from self._resolves(case))

    def _picks_up(self, case: Case, late: str) -> Process:
        case.answered_at = self.engine.now
        desk = case.holder
        yield self.rng.uniform(0.8, 2)
        case.say(desk.party, case.words(lambda w: w.agent_picks_up()), seconds=3.2)
        yield self.rng.uniform(3.5, 6)
        opening = case.words(lambda w: w.opening(repeats=case.arrival.repeats, discloses=late))
        case.say(case.speaker, opening, seconds=self.rng.uniform(6, 14))
        yield self.rng.uniform(9, 16)

    def writes(self, case: Case, desk: Desk, *, first: bool) -> Generator[Any, Any, bool]:
        """Let the time pass that somebody needs for the next answer; False when the shift ended meanwhile."""
        opening, following, _ = REPLIES[case.channel]
        median, spread = opening if first else following
        load = 1 + 0.09 * max(desk.total - 1, 0) if case.channel != "voice" else 1.0
        yield median * self.rng.lognormvariate(0, spread) * desk.person.pace * load
        while not desk.may_write(case.queue.channel):
            if not desk.is_in:
                return False
            yield self.rng.uniform(10, 30)
        return True

    def _customer(self, case: Case) -> float:
        median, spread = REPLIES[case.channel][2]
        return median * self.rng.lognormvariate(0, spread) * (0.8 if case.arrival.mood == "hurried" else 1.0)

    def _beat(self, case: Case, desk: Desk, beat: str, *, takes_over: bool, late: str) -> Served:
        """One step of the talk. Returns a way of ending, or nothing to go on."""
        rng, person, who, said = self.rng, desk.person, desk.party, case.speaker
        spoken = rng.uniform(3, 11)
        if self._struggles(case, desk) and beat in {"found", "question", "solve"}:
            case.struggles += 1
            yield rng.uniform(60, 170)
            case.say(who, case.words(lambda w: w.agent_struggles(person)), seconds=spoken)
            yield self._customer(case)
            case.say(said, case.words(lambda w: w.does_not_follow()))
            if rng.random() < 0.3:
                yield rng.uniform(5, 40)
                lead = {"kind": "supervisor", "id": LEAD, "name": LEAD_NAME}
                case.say(lead, case.words(lambda w: w.whisper()), visibility="private")
            yield rng.uniform(20, 60)
        if beat in {"ask", "first"}:
            text = case.words(lambda w: w.agent_first(person, takes_over=takes_over, asks=beat == "ask"))
            if case.channel == "voice" and beat == "ask":
                text = case.words(lambda w: w.agent_asks(person))
            self._read(case, case.say(who, text, seconds=spoken))
            if beat == "ask" and not (case.channel == "email" and case.arrival.next_day):
                return (yield from self._asked(case, desk, late))
        elif beat == "pending":
            self._puts_by(case, desk)
            return "pending"
        elif beat == "found":
            if rng.random() < 0.6:
                case.say(who, case.words(lambda w: w.agent_holds(person)), seconds=2.5)
                yield rng.uniform(20, 75)
                if case.arrival.mood in {"annoyed", "angry", "hurried"} and rng.random() < 0.35:
                    case.say(said, case.words(lambda w: w.impatient()), seconds=1.5)
                    yield rng.uniform(5, 25)
            if rng.random() < 0.2:
                case.say(who, case.words(lambda w: w.note()), visibility="private")
            yield from self.bubbles(case, who, case.words(lambda w: w.agent_found(person)), seconds=spoken)
            yield self._customer(case) * 0.4
        elif beat == "question" and case.has_question:
            question, answer = case.pair(lambda w: w.exchange())
            case.say(said, question, seconds=rng.uniform(2, 7))
            if not (yield from self.writes(case, desk, first=False)):
                return self.lost(case, desk)
            self._read(case, case.say(who, answer, seconds=spoken))
            yield self._customer(case) * 0.5
        elif beat == "solve":
            yield from self.bubbles(case, who, case.words(lambda w: w.agent_solves(person)), seconds=spoken)
            if case.channel != "email":
                yield self._customer(case)
                pleased = rng.random() < satisfaction(case)
                case.left_pleased = pleased
                case.say(said, case.words(lambda w: w.last_word(pleased=pleased)), seconds=rng.uniform(1.5, 5))
        elif beat == "close":
            case.say(who, case.words(lambda w: w.agent_closes(person)), seconds=2.0)
            if rng.random() < 0.55:
                yield self._customer(case) * 0.5
                case.say(said, case.words(lambda w: w.bye()), seconds=1.2)
        return ""

    def _asked(self, case: Case, desk: Desk, late: str) -> Served:
        """The customer answers the first question; an e-mail lets go of the person meanwhile."""
        if case.channel == "email":
            self._puts_by(case, desk)
        yield self._customer(case)
        asked = case.say(case.speaker, case.words(lambda w: w.detail(discloses=late)), seconds=self.rng.uniform(3, 8))
        if late == "card" and self.rng.random() < 0.25:
            case.tell("message.updated", message_id=asked, change="redacted")
        if case.channel != "email":
            return ""
        case.tell("conversation.status_changed", to="open", **{"from": "pending"}, native="open", by=case.speaker)
        return "lost"

    def _puts_by(self, case: Case, desk: Desk) -> None:
        """Wait for the customer's answer: the request goes back to the pool, so that nobody's slots are blocked by it."""
        case.tell("conversation.status_changed", to="pending", native="waiting for customer", by=desk.party)
        case.tell("conversation.assigned", to=None, **{"from": desk.party}, reason="unassigned", by=desk.party)
        desk.give(case.queue.channel, self.engine.now)
        case.desk = None
        self.floor.route()

    def _struggles(self, case: Case, desk: Desk) -> bool:
        return (
            desk.person.can_be_struggling
            and case.arrival.topic.slug == STRUGGLES_WITH
            and case.struggles < MOST_STRUGGLES
            and case.channel != "voice"
            and self.incidents.active("new_policy", self.engine.now)
        )

    def _read(self, case: Case, message: str) -> None:
        """WhatsApp tells that a message was read."""
        if case.channel == "messaging" and self.rng.random() < 0.5:
            case.tell("message.updated", message_id=message, change="delivery", delivery="read")

    def bubbles(self, case: Case, author: Event, text: str, *, seconds: float = 0.0) -> Process:
        """Say something; in a chat often as two short messages, the way people type."""
        splits = case.channel in {"webchat", "messaging"} and self.rng.random() < 0.55
        pause = self.rng.uniform(3, 14)
        cut = STOP.search(text, 12) if splits else None
        if cut is not None and len(text) - cut.end() > 12:
            case.say(author, text[: cut.start() + 1])
            text = text[cut.end() :]
        if splits:
            yield pause
        message = case.say(author, text, seconds=seconds)
        if author["kind"] == "agent":
            self._read(case, message)

    def lost(self, case: Case, desk: Desk) -> str:
        """The shift is over: nobody holds it now."""
        case.tell("conversation.assigned", to=None, **{"from": desk.party}, reason="unassigned", by=SYSTEM)
        case.desk = None
        return "lost"

    def _resolves(self, case: Case) -> Served:
        desk = case.holder
        yield self.rng.uniform(4, 30)
        if self.rng.random() < 0.45 and case.arrival.topic.tags:
            changes = [{"field": "tags", "from": [], "to": list(case.arrival.topic.tags)}]
            case.tell("conversation.updated", changes=changes, by=desk.party)
        if case.channel == "voice" and case.answered_at is not None:
            length = self.engine.now - case.answered_at
            case.say(
                SYSTEM, f"Call ended after {int(length // 60)} min {int(length % 60)} s.", visibility="private", kind="text",
                attachments=[{
                    "id": f"{case.arrival.conversation}.rec", "media_type": "audio/wav", "name": "recording.wav",
                    "size_bytes": int(length * 8000), "url": f"midshift-demo:recordings/{case.arrival.conversation}.wav",
                }],
            )  # fmt: skip
        case.tell("conversation.status_changed", to="resolved", native="solved", outcome="handled", by=desk.party)
        desk.give(case.queue.channel, self.engine.now)
        case.desk = None
        self.engine.start(self.wraps_up(case, desk))
        return "resolved"

    def wraps_up(self, case: Case, desk: Desk) -> Process:
        surge = case.queue.slug == "billing-chat" and self.incidents.active("billing_surge", self.engine.now)
        chance = 1.0 if case.channel == "voice" else 0.5 if surge else 0.3 if case.is_live else 0.1
        seconds = self.rng.uniform(120, 420) if surge else self.rng.uniform(20, 100)
        if self.rng.random() < chance:
            yield from desk.wrap_up(engine=self.engine, floor=self.floor, seconds=seconds)
        self.floor.route()
