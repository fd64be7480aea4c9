"""A month of a busy floor as rows, written with COPY: what the floor page reads, in believable proportions.

The profile of a day is turned so that its peak is now: whatever the hour, the last one is the busiest. Conversation
events are left out, because no statement of the floor reads them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from django.db import connection

from apps.agents.models import Agent, Team
from tests.bench.talk import ANSWERS, ASKS

DAYS = 30
MESSAGES_EACH = 10
PEOPLE, AIS, TEAMS = 60, 4, 4
# Share of a day's arrivals in each hour before the peak and after it, the peak hour first.
PROFILE = (10, 10, 9, 8, 8, 7, 6, 4, 2, 1, 0.5, 0.3, 0.2, 0.2, 0.2, 0.3, 0.5, 1, 2, 4, 6, 7, 8, 9)
BLOCK = 5000
NONE = r"\N"

COLUMNS = {
    "interactions_conversation": (
        "id, source, external_id, channel, direction, customer_id, subject, language, priority, tags, status, outcome,"
        " queue_id, holder_id, started_at, last_event_at, last_message_at, waiting_since, first_reply_at, resolved_at,"
        " is_open, customer_messages, human_messages, ai_messages, cycles, transfers, handoffs"
    ),
    "interactions_message": (
        "id, conversation_id, author_kind, agent_id, is_private, kind, text, sent_at, sequence, language, attachments,"
        " delivery, via, recorded_at"
    ),
    "interactions_carecycle": (
        "conversation_id, n, started_at, started_by, queue_id, reply_clock_from, first_reply_at, first_reply_seconds,"
        " first_reply_agent_id, resolved_at, outcome"
    ),
    "interactions_queuewait": "conversation_id, n, queue_id, entered_at, ended_at, ended_by, agent_id",
    "interactions_participation": "conversation_id, n, agent_id, joined_at, left_at, first_message_at, messages",
    "interactions_transfer": "conversation_id, n, from_agent_id, to_agent_id, from_queue_id, to_queue_id, happened_at",
    "interactions_handoff": "conversation_id, n, ai_agent_id, agent_id, trigger, summary, happened_at",
    "interactions_botturn": (
        "id, conversation_id, happened_at, sequence, event_id, agent_id, intent, confidence, is_fallback,"
        " asked_for_human, knowledge, model, prompt_version, details"
    ),
    "agents_presence": "id, agent_id, queue, status, native, reason, started_at, ended_at, sequence",
}


class Rows:
    """Lines of COPY by table, written away a block at a time."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self.count = dict.fromkeys(COLUMNS, 0)

    def add(self, table: str, *values: object) -> None:
        """Add one row."""
        self._lines[table].append("\t".join(map(_cell, values)))
        self.count[table] += 1
        if len(self._lines[table]) >= BLOCK:
            self._write(table)

    def finish(self) -> None:
        """Write what is left and let the planner know what is there, as autovacuum would in its next round."""
        for table in COLUMNS:
            self._write(table)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(COLUMNS)}")

    def _write(self, table: str) -> None:
        lines, self._lines[table] = self._lines[table], []
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
            copy.write(("\n".join(lines) + "\n").encode() if lines else b"")


def _cell(value: object) -> str:
    return NONE if value is None else str(value)


def _key(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def staff(queues: list[str]) -> tuple[list[int], list[str], list[str]]:
    """Make the teams that answer the queues, their people, and AI agents; return the keys of all three."""
    teams = [Team.objects.create(name=f"Team {n + 1}") for n in range(TEAMS)]
    people = [
        Agent(kind="human", name=f"Person {n + 1:02d}", team=teams[n % TEAMS], is_listed=True) for n in range(PEOPLE)
    ]
    ais = [Agent(kind="ai", name=f"AI agent {n + 1}", is_listed=True) for n in range(AIS)]
    Agent.objects.bulk_create([*people, *ais])
    for n, team in enumerate(teams):
        team.queues.set(queues[n::TEAMS])  # type: ignore[attr-defined]
    return [team.pk for team in teams], [str(one.pk) for one in people], [str(one.pk) for one in ais]


def fill(*, at: datetime, messages: int, queues: list[str], people: list[str], ais: list[str]) -> dict[str, int]:
    """Write so many messages of the last month and all that belongs to them; return how many rows each table got."""
    rng, rows = Random("floor"), Rows()
    for number, began in enumerate(_arrivals(rng, at, messages // MESSAGES_EACH, range(DAYS))):
        _conversation(rng, rows, number, began, at, queues, people, ais)
    _presence(rng, rows, at, people)
    rows.finish()
    return rows.count


def fill_past(
    *, at: datetime, messages: int, days: int, after: int, queues: list[str], people: list[str], ais: list[str]
) -> dict[str, int]:
    """Write so many messages more, of the days before that month. `after` is how many messages `fill` wrote."""
    rng, rows = Random("past"), Rows()
    first, ago = after // MESSAGES_EACH, range(DAYS + 1, DAYS + 1 + days)
    for number, began in enumerate(_arrivals(rng, at, messages // MESSAGES_EACH, ago), first):
        _conversation(rng, rows, number, began, at, queues, people, ais)
    rows.finish()
    return rows.count


def _arrivals(rng: Random, at: datetime, count: int, days_ago: range) -> Iterator[datetime]:
    for _ in range(count):
        hours_ago = rng.choices(range(24), PROFILE)[0] + rng.random()
        yield at - timedelta(days=rng.choice(days_ago), hours=hours_ago)


def _conversation(
    rng: Random, rows: Rows, number: int, began: datetime, at: datetime, queues: list[str], people: list[str],
    ais: list[str],
) -> None:  # fmt: skip
    key, place = _key(1, number), rng.randrange(len(queues))
    queue, person = queues[place], rng.choice(people)
    is_written = place % 5 == 2  # e-mail: hours instead of minutes
    ai = rng.choice(ais) if not is_written and rng.random() < 0.5 else None
    is_solved_by_ai = ai is not None and rng.random() < 0.4
    is_abandoned = not is_solved_by_ai and not is_written and rng.random() < 0.05
    entered = began + timedelta(seconds=40 if ai else 0)
    wait = rng.lognormvariate(math.log(1800 if is_written else 45), 0.9)
    answered = entered + timedelta(seconds=wait)
    lasts = rng.lognormvariate(math.log(14_400 if is_written else 700), 0.6)
    ends = answered + timedelta(seconds=0 if is_abandoned else lasts)
    if rng.random() < 0.003:
        ends = at + timedelta(days=1)  # forgotten: nobody resolved it
    is_moved = not is_abandoned and not is_solved_by_ai and rng.random() < 0.08
    ended = ends if ends <= at else None
    replied = answered if answered <= at and not is_abandoned and not is_solved_by_ai else None
    is_waiting = not is_solved_by_ai and answered > at and ended is None and entered <= at
    said = MESSAGES_EACH
    rows.add(
        "interactions_conversation", key, "bench", f"k{number}", "email" if is_written else "webchat", "inbound",
        _key(9, rng.randrange(40_000)), "", "en", "", "[]", "resolved" if ended else "open",
        "abandoned" if is_abandoned and ended else "", queue,
        None if ended or is_waiting else ai if is_solved_by_ai else person, began, min(ends, at), min(ends, at),
        entered if is_waiting else None, replied, ended, ended is None, said // 2, 0 if replied is None else said // 2,
        said // 2 if ai else 0, 1, int(is_moved), int(ai is not None and not is_solved_by_ai),
    )  # fmt: skip
    rows.add(
        "interactions_carecycle", key, 1, began, "created", queue, entered, replied,
        None if replied is None else wait, None if replied is None else person, ended, "",
    )  # fmt: skip
    _messages(rng, rows, number, key, began, min(ends, at), person, ai)
    if not is_solved_by_ai and entered <= at:
        over = None if answered > at else answered
        rows.add(
            "interactions_queuewait", key, 1, queue, entered, over,
            "" if over is None else "abandoned" if is_abandoned else "answered", None if is_abandoned or over is None else person,
        )  # fmt: skip
    if replied is not None:
        rows.add("interactions_participation", key, 1, person, replied, ended, replied, said // 2)
        if is_moved:
            other = rng.choice(people)
            rows.add("interactions_transfer", key, 1, person, other, queue, queue, replied + timedelta(seconds=120))
        if ai is not None:
            rows.add("interactions_handoff", key, 1, ai, person, "customer_request", "", entered)
    if ai is not None:
        for turn in range(3):
            moment = began + timedelta(seconds=10 * turn)
            rows.add(
                "interactions_botturn", _key(3, number * 4 + turn), key, moment, "", _key(4, number * 4 + turn), ai,
                "order_status", round(min(rng.gauss(0.82, 0.12), 1), 3), rng.random() < 0.08,
                rng.random() < 0.05, "[]", "model-1", "12", "{}",
            )  # fmt: skip


def _messages(
    rng: Random, rows: Rows, number: int, key: str, began: datetime, ends: datetime, person: str, ai: str | None
) -> None:
    step = max((ends - began) / MESSAGES_EACH, timedelta(milliseconds=1))
    for n in range(MESSAGES_EACH):
        moment = began + n * step
        is_customer = n % 2 == 0
        author = "customer" if is_customer else "bot" if ai else "agent"
        rows.add(
            "interactions_message", _key(2, number * MESSAGES_EACH + n), key, author,
            None if is_customer else ai or person, "f", "text", rng.choice(ASKS if is_customer else ANSWERS), moment, "",
            "", "[]", "", "push", moment,
        )  # fmt: skip


def _presence(rng: Random, rows: Rows, at: datetime, people: list[str]) -> None:
    number = 0
    for person in people:
        for day in range(DAYS, -1, -1):
            moment = at - timedelta(days=day, hours=5, minutes=rng.randrange(60))
            while moment < at - timedelta(days=day) + timedelta(hours=3) and moment < at:
                until = moment + timedelta(minutes=rng.randrange(10, 50))
                rows.add(
                    "agents_presence", _key(5, number), person, "", rng.choice(("available", "busy", "busy", "wrap_up", "away")),
                    "", "", moment, until if until <= at else None, "",
                )  # fmt: skip
                number += 1
                moment = until
            if day:
                rows.add(
                    "agents_presence",
                    _key(5, number),
                    person,
                    "",
                    "offline",
                    "",
                    "",
                    moment,
                    moment + timedelta(hours=15),
                    "",
                )
                number += 1
