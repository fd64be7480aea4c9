"""The rows behind a number are as many as the number says, and what is left out has a reason: on 200 random histories."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import TestCase

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.interactions import canonical as c
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.models import Queue
from apps.metrics import drilldown
from apps.metrics.behind import ALL, HITS, LEFT_OUT, NO_NAME, REST, Question
from apps.metrics.definitions.definition import Kind
from apps.metrics.drilldown import Drill, drill
from apps.metrics.left_out import CANDIDATES
from apps.metrics.measures import MEASURES, READINGS
from apps.metrics.queries import Scope, ways_of
from apps.metrics.reasons import REASONS
from tests.interactions.events import SOURCE
from tests.metrics.histories import history
from tests.metrics.oracle import JUDGED, PEOPLE, Notes, Walk
from tests.metrics.test_oracle import HISTORIES, LATER, everywhere, take_in


def universe(events: list[CanonicalEvent]) -> Counter[str]:
    """How many candidates each measure has, counted on paper from the raw events."""
    found: Counter[str] = Counter()
    by_talk: dict[str, dict[str, CanonicalEvent]] = defaultdict(dict)
    for event in events:
        by_talk[event.data.conversation_id].setdefault(event.id, event)
    kinds = (c.ConversationStarted, c.ConversationUpdated, c.Queued, c.Assigned, c.StatusChanged, c.MessageCreated)
    for told in by_talk.values():
        ordered = sorted(told.values(), key=lambda e: (e.time, e.sequence))
        walk = Walk([e for e in ordered if isinstance(e.data, kinds)])
        notes = walk.notes
        cycles, holds = len(notes.cycles), [h for h in notes.holds if h.end != h.start]
        waits = len(notes.waits) + (walk.waiting is not None)
        ours = [e.data for e in ordered if isinstance(e.data, c.MessageCreated) and e.data.author.kind != "customer"]
        ratings = len({e.data.rating_id for e in ordered if isinstance(e.data, c.RatingReceived)})
        turned = {e.data.turn_id: e.data for e in ordered if isinstance(e.data, c.BotTurned)}
        turns = len(turned)
        judged = Counter(JUDGED.get(one.score.name, "") for one in turned.values() if one.score is not None)
        found += Counter(
            first_reply_time=cycles, agent_first_reply_time=len(holds), response_time=len(ours), speed_of_answer=waits,
            abandonment_rate=waits, short_abandons=sum(how == "abandoned" for _, _, _, how, _ in notes.waits),
            missed=sum(isinstance(e.data, c.Offered) for e in ordered), transfer_rate=cycles, escalation_rate=cycles, resolution_time=cycles, requester_wait=cycles,
            assigned_time=len(holds), volume=1, participation=len(took_part(notes, ours)), reopen_rate=1, fcr_gross=1,
            csat=ratings, ai_csat=ratings, csat_response_rate=cycles, ai_involvement_rate=1, handoff_rate=1,
            asked_for_person_rate=1, fallback_rate=turns, ai_confidence=turns, handoff_quality=len(notes.passed),
            containment=1, repeat_contact_rate=1, active_handle_time=len(holds), handle_time=1, fcr_net=1, resolution_rate=1,
            ai_resolutions_confirmed=1, ai_resolutions_assumed=1, ai_resolution_rate=1, ai_resolutions_returned=1,
            ai_repeat_contact_rate=1, handoff_reply_time=len(notes.passed), automation_rate=1, bot_abandon_rate=1,
            sentiment=1, turned_negative_rate=1, analysed_coverage=1, **{name: judged[name] for name in JUDGED.values()},
            handling=len({h.agent for h in holds if not h.is_ai}),
        )  # fmt: skip
    return found


def took_part(notes: Notes, ours: list[Any]) -> set[str]:
    """People who held the conversation or wrote in it, where the customer saw it or not."""
    wrote = {m.author.id for m in ours if m.author.kind in PEOPLE and (m.visibility == "private" or m.kind not in ("survey_prompt", "closing"))}  # fmt: skip
    return wrote | {h.agent for h in notes.holds if not h.is_ai}


class TestHistories(TestCase):
    """200 random histories, recorded once in any order."""

    events: list[CanonicalEvent]
    lead: Viewer
    reader: Viewer

    @classmethod
    def setUpTestData(cls) -> None:
        cls.events = [one for seed in range(HISTORIES) for one in history(seed)]
        take_in(cls.events, dice=Random(1), parts=4)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum would: without it the planner takes each table for a few rows
        cls.lead = everywhere()
        cls.reader = viewer_for(User.objects.create_user("reads-all", password="a-long-password", role="qa_manager"))
        Queue.objects.filter(pk__in=[key(SOURCE, "queue", name) for name in ("billing", "sales")]).update(
            reply_target_seconds=45
        )

    def ask(self, viewer: Viewer, metric: str, at: datetime = LATER, window: str = "28d", **more: Any) -> Drill:
        return drill(viewer=viewer, question=Question(key=metric, scope=Scope(), window=window, **more), at=at)

    def test_every_number_has_as_many_rows_as_it_counts(self) -> None:
        dice = Random(5)
        moments = [(dice.choice(self.events).time + timedelta(seconds=dice.uniform(0, 900)), "60min") for _ in range(2)]
        compared = 0
        for at, window in [moments[0], (moments[1][0], "today"), (LATER, "28d")]:
            for metric in READINGS:
                divided = dice.choice(ways_of(metric)[1:])
                # Both ways over the longest window; in the others, in which most lists are short, one of them.
                for by in ("", divided) if window == "28d" else (dice.choice(("", divided)),):
                    compared += self.compare(metric, at, window, by, dice)
        assert compared > 100

    def compare(self, metric: str, at: datetime, window: str, by: str, dice: Random) -> int:
        group = ""
        if by:
            groups = self.ask(self.lead, metric, at, window, by=by).answer.groups
            if not groups:
                return 0
            group = dice.choice(groups).key or NO_NAME
        found = self.ask(self.lead, metric, at, window, by=by, group=group)
        counts = {part.key: part.count for part in found.parts}
        assert counts[ALL] == found.number.n, (metric, window, by)
        if found.answer.metric.kind == Kind.RATIO:
            assert (counts[HITS], counts[HITS] + counts[REST]) == (found.number.hits or 0, found.number.n), (
                metric,
                window,
            )
        for part in found.parts:
            listed = self.listed(metric, at, window, by=by, group=group, part=part.key)
            assert len(listed) == part.count - part.hidden, (metric, window, by, part)
            assert listed == sorted(listed, key=lambda row: row.at, reverse=True)
            if part.key == LEFT_OUT:
                assert {row.reason for row in listed} <= set(REASONS.values())
        return 1

    def listed(self, metric: str, at: datetime, window: str, **more: Any) -> list[drilldown.Row]:
        rows: list[drilldown.Row] = []
        with patch.object(drilldown, "PAGE", 400):  # each page reads the number and what it leaves out anew
            for page in range(1, 100):
                found = self.ask(self.lead, metric, at, window, page=page, **more)
                rows += found.rows
                if not found.has_next:
                    return rows
        raise AssertionError("more than a hundred pages")

    def test_a_candidate_is_a_case_or_left_out_with_a_reason_and_nothing_is_lost(self) -> None:
        expected = universe(self.events)
        behind = {name: name for name in MEASURES if name in READINGS} | {
            "participation": "volume",
            "handling": "handle_time",
        }
        for measure, metric in behind.items():
            by = "agent" if measure in ("participation", "handling") else ""
            out = self.everything_left_out(metric, by)
            if measure in ("agent_first_reply_time", "assigned_time", "active_handle_time"):
                out.pop("not_held", None)
            counted = self.counted(metric, by)
            assert counted + sum(out.values()) == expected[measure], (measure, counted, out)

    def everything_left_out(self, metric: str, by: str) -> Counter[str]:
        if by:  # of people, by each of them: only their leads may ask
            groups = {str(key(SOURCE, "agent", name)) for name in ("asha", "tomas", "ben", "chloe", "lena")}
            found = [self.ask(self.lead, metric, by=by, group=group) for group in groups]
        else:
            found = [self.ask(self.reader, metric)]
        assert all(one.looked_at_all for one in found)
        # Part is not asked for, so the reasons come with the part that is left out.
        again = [
            self.ask(self.lead if by else self.reader, metric, by=by, group=one.group, part=LEFT_OUT) for one in found
        ]
        return sum((Counter({r.key: r.count for r in one.reasons}) for one in again), Counter())

    def counted(self, metric: str, by: str) -> int:
        if by:
            return sum(group.number.n for group in self.ask(self.lead, metric, by=by).answer.groups)
        return self.ask(self.reader, metric).number.n

    def test_the_histories_hold_every_reason_that_they_can(self) -> None:
        seen: Counter[str] = Counter()
        for metric in READINGS:
            seen += self.everything_left_out(metric, "")
        for metric in ("volume", "agent_first_reply_time"):
            seen += self.everything_left_out(metric, "agent")
        # What these histories never do: write after the end, rate twice, hold without a name, offer to an AI agent.
        assert set(REASONS) - set(seen) <= {
            "nobody_named", "offered_to_ai", "taken_by_unknown", "after_window", "before_window", "rates_nobody", "said_after_end",
            "rated_again",
        }  # fmt: skip

    def test_what_a_conversation_did_outside_the_window_is_named(self) -> None:
        middle = len(self.events) // 2
        reasons = {
            one.key
            for event in self.events[middle : middle + 10]
            for one in self.ask(self.reader, "response_time", event.time, "60min", part=LEFT_OUT).reasons
        }
        assert reasons & {"before_window", "after_window"}

    def test_the_reasons_of_a_service_level_name_the_queue_without_a_promise(self) -> None:
        found = self.ask(self.reader, "service_level", part=LEFT_OUT)
        counts = {one.key: one.count for one in found.reasons}
        assert counts["no_promise"] > 5
        assert counts["short_abandon"] > 0
        only = self.ask(self.reader, "service_level", part=LEFT_OUT, reason="no_promise")
        assert {row.reason for row in only.rows} == {REASONS["no_promise"]}
        assert {row.queue for row in only.rows} <= {"returns", ""}


def test_every_measure_says_what_it_leaves_out() -> None:
    promised = {metric for metric, found in READINGS.items() if found.misses is not None}
    assert set(CANDIDATES) == set(MEASURES) | promised
    named = {word for select in CANDIDATES.values() for word in REASONS if f"'{word}'" in select}
    assert len(named) > 25
