"""The AI agents' part of a conversation: intents, confidence, answers from knowledge, and giving up."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from apps.demo.arrivals import Arrival
from apps.demo.case import Case
from apps.demo.ledger import Event
from apps.demo.roster import AI_BY_SLUG, AIAgent
from apps.demo.shop import HOUR, LAST_CONTACT, OPENS
from apps.demo.writer import Writer

if TYPE_CHECKING:
    from apps.demo.talk import Talk

# Share of the contacts an AI agent greets in which the customer simply goes silent.
GOES_SILENT = 0.05
# The product advisor with the old headlamp's manual: sure of itself, and left alone by few.
MISLED_CONTAINS = 0.18
MISLED_CONFIDENCE = 0.94


class BotTalk:
    """Plays the turns of an AI agent. It is never a person: no shift, no capacity, no queue."""

    def __init__(self, *, talk: Talk) -> None:
        self.talk = talk
        self.rng = talk.rng

    def answers(self, case: Case, *, discloses: str) -> Generator[Any, Any, bool]:
        """Let the AI agent of the queue answer. True when it ended the conversation, False when people go on."""
        rng, a = self.rng, case.arrival
        agent = AI_BY_SLUG[a.queue.ai_agent or ""]
        bot: Event = {"kind": "bot", "id": agent.slug, "name": agent.name}
        case.bot = bot
        misled = a.topic.slug == "aurora-2" and self.talk.incidents.active("wrong_answers", a.seconds)
        case.was_misled = misled
        ends = self._ending(case, agent)
        case.tell("conversation.assigned", to=bot, queue=a.queue.slug, reason="routing")
        case.tell("conversation.status_changed", to="bot", native="with assistant")
        text = case.words(lambda w: w.opening(repeats=a.repeats, discloses=discloses))
        turns = rng.choices((1, 2, 3), (0.35, 0.45, 0.2))[0] if not misled else rng.choice((2, 3))
        if not self._knows(a, agent):
            yield from self._is_lost(case, agent, bot, text, 1)
            return (yield from self._ends(case, agent, bot, "silent" if ends == "silent" else "low_confidence", 1))
        answer = case.words(lambda w: w.bot_first(agent))
        for turn in range(1, turns + 1):
            if rng.random() < agent.fallback and not misled and (turn < turns or ends != "contained"):
                if (yield from self._is_lost(case, agent, bot, text, turn)) and ends != "contained":
                    ends = "fallback"
                    break
                text = case.words(lambda w: w.says_again())
                continue
            yield from self._turn(case, agent, bot, text, answer, turn, misled=misled)
            yield 18 * rng.lognormvariate(0, 0.7) * (3 if a.queue.channel == "messaging" else 1)
            if turn < turns:
                text, answer = case.pair(partial(Writer.bot_exchange, is_content=ends == "contained" and not misled))
        return (yield from self._ends(case, agent, bot, ends, turns))

    def _knows(self, arrival: Arrival, agent: AIAgent) -> bool:
        """Whether the AI agent was made for this matter at all."""
        return arrival.topic.intent in agent.intents

    def _ending(self, case: Case, agent: AIAgent) -> str:
        a, misled = case.arrival, case.was_misled
        if self.rng.random() < GOES_SILENT:
            return "silent"
        if a.asks_person:
            return "customer_request"
        contains = MISLED_CONTAINS if misled else agent.contains
        contains -= {"angry": 0.2, "annoyed": 0.08}.get(a.mood, 0.0) if not misled else 0.0
        if self.rng.random() < contains:
            return "contained"
        if misled:
            return "customer_request" if self.rng.random() < 0.8 else "fallback"
        return self.rng.choices(("customer_request", "low_confidence", "policy", "error"), (0.42, 0.33, 0.2, 0.05))[0]

    def _turn(
        self, case: Case, agent: AIAgent, bot: Event, text: str, answer: str, turn: int, *, misled: bool
    ) -> Generator[Any, Any, None]:
        """A customer message, its answer and the decision behind it."""
        rng, topic = self.rng, case.arrival.topic
        asked = case.say(case.speaker, text)
        seconds = rng.lognormvariate(0.35, 0.4)
        yield seconds
        reply = case.say(bot, answer)
        mean = MISLED_CONFIDENCE if misled else agent.confidence
        confidence = round(min(max(rng.gauss(mean, 0.03 if misled else 0.09), 0.31), 0.99), 3)
        self._decision(
            case, agent, bot, turn, message_id=asked, reply_message_id=reply, intent=topic.intent, confidence=confidence,
            fallback=False, asked_for_human=False, sources=list(topic.sources[:2] if misled else rng.sample(topic.sources, min(2, len(topic.sources)))),
            action="lookup" if any(source.startswith("tool:") for source in topic.sources) else "answer",
            tool_calls=sum(source.startswith("tool:") for source in topic.sources), latency_ms=int(seconds * 1000),
        )  # fmt: skip

    def _is_lost(self, case: Case, agent: AIAgent, bot: Event, text: str, turn: int) -> Generator[Any, Any, bool]:
        """A turn that is not understood. True when the AI agent gives up over it."""
        asked = case.say(case.speaker, text)
        yield self.rng.uniform(0.7, 2)
        reply = case.say(bot, case.words(lambda w: w.bot_lost()))
        self._decision(
            case, agent, bot, turn, message_id=asked, reply_message_id=reply, intent=self.rng.choice(agent.intents),
            confidence=round(self.rng.uniform(0.18, 0.49), 3), fallback=True, asked_for_human=False,
            latency_ms=int(self.rng.uniform(600, 1900)),
        )  # fmt: skip
        yield 20 * self.rng.lognormvariate(0, 0.6)
        return self.rng.random() < 0.5

    def _decision(self, case: Case, agent: AIAgent, bot: Event, turn: int, **data: Any) -> None:
        others = [intent for intent in agent.intents if intent != data["intent"]]
        rest = 1 - data["confidence"]
        case.tell(
            "bot.turn", turn_id=f"{case.arrival.conversation}.t{turn}", bot=bot, model=agent.model,
            prompt_version=agent.prompt_version, trace_id=f"{case.arrival.conversation}-{turn}",
            alternatives=[{"intent": others[0], "confidence": round(rest * 0.6, 3)}, {"intent": others[1], "confidence": round(rest * 0.25, 3)}],
            input_tokens=self.rng.randint(600, 2400), output_tokens=self.rng.randint(30, 140), **data,
        )  # fmt: skip

    def _ends(self, case: Case, agent: AIAgent, bot: Event, ends: str, turns: int) -> Generator[Any, Any, bool]:
        """The last turn: thanks, silence, or over to people, who are there by day only."""
        rng = self.rng
        if ends == "silent":
            yield rng.uniform(240, 420)
            case.tell(
                "conversation.status_changed",
                to="resolved",
                **{"from": "bot"},
                native="timed out",
                outcome="unknown",
                by=bot,
            )
            return True
        if ends == "contained":
            if rng.random() < 0.75 and not case.was_misled:
                case.left_pleased = True
                case.say(case.speaker, case.words(lambda w: w.thanks()))
                yield rng.uniform(1, 3)
                case.say(bot, case.words(lambda w: w.bot_ends()), kind="closing")
            yield rng.uniform(20, 90)
            case.tell(
                "conversation.status_changed",
                to="resolved",
                **{"from": "bot"},
                native="solved",
                outcome="handled",
                by=bot,
            )
            return True
        asks = ends == "customer_request"
        text = case.words(lambda w: w.asks_person() if asks else w.unhelped())
        asked = case.say(case.speaker, text)
        yield rng.uniform(0.6, 1.8)
        staffed = OPENS * HOUR <= self.talk.engine.now < LAST_CONTACT * HOUR
        reply = case.say(bot, case.words(lambda w: w.bot_passes() if staffed else w.bot_closed()))
        low = ends in {"low_confidence", "fallback"}
        self._decision(
            case, agent, bot, turns + 1, message_id=asked, reply_message_id=reply, intent=rng.choice(agent.intents),
            confidence=round(rng.uniform(0.2, 0.5) if low else rng.uniform(0.5, 0.8), 3), fallback=low,
            asked_for_human=asks, action="handoff", latency_ms=int(rng.uniform(500, 1500)),
        )  # fmt: skip
        if not staffed:
            yield rng.uniform(30, 120)
            case.tell(
                "conversation.status_changed",
                to="resolved",
                **{"from": "bot"},
                native="after hours",
                outcome="unknown",
                by=bot,
            )
            return True
        case.handoff = {
            "from_kind": "bot", "trigger": ends, "summary": case.words(lambda w: w.summary()),
            "slots_passed": rng.randint(1, 4) if ends != "error" else 0,
        }  # fmt: skip
        return False
