"""The rules that a portal begins with. Each row is one rule over all queues; a changed row becomes a new version.

`enter` is a limit in the metric's unit; `times_target` is one in multiples of the queue's own promise of a first reply, and
leaves a queue out that promises none. `leave` is the part of the limit at which it is over. Figures are the specification's
defaults; those of continuous metrics (confidence, mood) were never simulated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.alerts.engine.people import Severity
from apps.alerts.models import Rule, RuleVersion

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
MINUTE, QUARTER = 60, 900


@dataclass(frozen=True, slots=True)
class Preset:
    """One rule of the pack."""

    key: str
    name: str
    reader: str
    severity: Severity
    family: str
    action: str
    params: dict[str, Any] = field(default_factory=dict)
    wait: int = 0
    keep: int = QUARTER
    is_quality: bool = False
    is_prompt: bool = False
    is_personal: bool = False


PACK = (
    Preset("longest-wait", "Somebody waits too long", "gauge", CRITICAL, "promises", "move_people",
           {"metric": "longest_wait", "op": ">", "times_target": 3.0, "leave": 0.8, "unit": "seconds"},
           wait=MINUTE, is_prompt=True),
    Preset("queue-length", "The queue is long", "gauge", WARNING, "promises", "move_people",
           {"metric": "queue_length", "op": ">", "enter": 12.0, "leave": 0.8, "unit": "waiting"},
           wait=3 * MINUTE, is_prompt=True),
    Preset("backlog", "The backlog is high", "gauge", WARNING, "backlog", "call_help",
           {"metric": "backlog", "op": ">", "enter": 60.0, "leave": 0.8, "unit": "open"}, wait=10 * MINUTE, is_prompt=True),
    Preset("mood", "Customers are unhappy", "mood", WARNING, "mood", "open_worst",
           {"op": "<", "enter": -0.35, "leave": 0.8, "least_n": 8, "unit": "mood"}, wait=5 * MINUTE, is_quality=True,
           is_prompt=True),
    Preset("first-reply", "First replies are slow", "percentile", CRITICAL, "promises", "move_people",
           {"measure": "first_reply_time", "op": ">", "times_target": 1.5, "leave": 0.8, "least_n": 10, "minutes": 30,
            "unit": "seconds"}, wait=2 * MINUTE),
    Preset("promise-fast", "The promise is missed fast", "burn", CRITICAL, "promises", "move_people",
           {"burn": 2.5, "minutes": 30, "short": 5, "least_n": 10, "unit": "share"}, keep=0),
    Preset("promise-slow", "The promise is missed more than it may", "burn", WARNING, "promises", "move_people",
           {"burn": 1.5, "minutes": 120, "short": 30, "least_n": 10, "unit": "share"}, keep=0),
    Preset("transfers", "More conversations are passed on", "share", WARNING, "transfers", "open_worst",
           {"measure": "transfer_rate", "shift": 1.5, "unit": "share"}, is_quality=True),
    Preset("asked-for-person", "More customers ask for a person", "share", WARNING, "ai", "pause_ai",
           {"measure": "asked_for_person_rate", "shift": 1.5, "unit": "share"}, is_quality=True),
    Preset("hand-offs", "AI agents hand over more", "share", WARNING, "ai", "open_worst",
           {"measure": "handoff_rate", "shift": 1.5, "unit": "share"}, is_quality=True),
    Preset("fallbacks", "AI agents understand less", "share", WARNING, "ai", "tune",
           {"measure": "fallback_rate", "shift": 1.5, "unit": "share"}, is_quality=True),
    Preset("containment", "AI agents solve less", "share", WARNING, "ai", "open_worst",
           # A drop of what AI agents solve is looked for sooner than the rest: see tests/bench/simulated.py for its price.
           {"measure": "containment", "shift": -0.4, "base": 2.7, "unit": "share"}, is_quality=True),
    Preset("reopened", "More conversations are reopened", "share", WARNING, "quality", "open_worst",
           {"measure": "reopen_rate", "shift": 1.5, "unit": "share"}, is_quality=True),
    Preset("repeats", "More customers come back", "share", WARNING, "quality", "open_worst",
           {"measure": "repeat_contact_rate", "shift": 1.5, "unit": "share"}, is_quality=True),
    Preset("abandoned", "More customers give up waiting", "share", WARNING, "promises", "move_people",
           {"measure": "abandonment_rate", "shift": 1.5, "unit": "share"}),
    Preset("confidence", "AI agents are less sure", "mean", WARNING, "ai", "tune",
           {"measure": "ai_confidence", "by": -0.15, "least_n": 20, "minutes": 30, "unit": "score"}, wait=10 * MINUTE,
           is_quality=True),
    Preset("contradiction", "Numbers contradict each other", "conflict", WARNING, "quality", "open_queue", {"unit": "share"},
           is_quality=True),
    Preset("ai-contradiction", "An AI agent looks better than it is", "ai_conflict", WARNING, "ai", "open_ai", {"unit": "share"},
           is_quality=True),
    Preset("team-contradiction", "A team looks better than it is", "team_conflict", WARNING, "quality", "open_people",
           {"unit": "share"}, is_quality=True),
    # It stands in the list of people too: its leads are told once, and it never climbs.
    Preset("personal-contradiction", "Somebody’s numbers contradict each other", "person_conflict", INFO, "quality", "open_person",
           {"unit": "share"}, is_quality=True, is_personal=True),
    Preset("surge", "Many more conversations than usual", "surge", WARNING, "arrivals", "call_help",
           {"minutes": 15, "unit": "conversations"}),
    Preset("nobody-came", "Asked for a person, and nobody came", "asked", CRITICAL, "conversation", "open_message",
           {"seconds": 90, "unit": "seconds"}, keep=0, is_prompt=True),
    Preset("turned-negative", "A conversation turned negative", "negative", WARNING, "conversation", "coach",
           {"unit": "mood"}, keep=5 * MINUTE, is_quality=True, is_prompt=True),
    Preset("reply-overdue", "A reply is overdue", "overdue", WARNING, "conversation", "open_message",
           {"times_target": 5.0, "unit": "seconds"}, keep=0, is_prompt=True),
    Preset("ai-loop", "An AI agent turns in circles", "loop", WARNING, "conversation", "open_message",
           {"least_n": 2, "unit": "answers"}, keep=0, is_quality=True, is_prompt=True),
    Preset("ai-unsure", "An AI agent is unsure again and again", "unsure", WARNING, "conversation", "open_message",
           {"op": "<", "enter": 0.4, "least_n": 3, "unit": "score"}, keep=0, is_quality=True, is_prompt=True),
    Preset("unsafe-reply", "A reply holds what it must not", "unsafe", CRITICAL, "conversation", "open_message",
           {"seconds": 3600, "unit": "replies"}, keep=0, is_quality=True, is_prompt=True),
    Preset("silent-source", "A source is silent", "source", CRITICAL, "feed", "check_feed", {"unit": "seconds"},
           keep=MINUTE, wait=MINUTE, is_prompt=True),
    # Evaluated from another worker's queue too: who watches the others must not fall silent with them.
    Preset("watching", "Alerts are not being watched", "watching", CRITICAL, "watching", "check_health",
           {"seconds": 90.0, "unit": "seconds"}, keep=MINUTE, is_prompt=True),
)  # fmt: skip


@transaction.atomic
def seed(*, at: datetime) -> int:
    """Bring the pack in; return how many versions were new. A rule that a person edited is left as they made it."""
    with connection.cursor() as cursor:  # every worker that starts brings it in
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('midshift.alerts.seed'))")
    made = 0
    newest = {one.rule.key: one for one in RuleVersion.objects.select_related("rule").order_by("n")}
    for preset in PACK:
        last = newest.get(preset.key)
        if last is not None and (last.made_by_id is not None or _says(last) == _wanted(preset)):
            continue
        rule, _ = Rule.objects.update_or_create(
            key=preset.key,
            defaults={
                "is_quality": preset.is_quality,
                "is_prompt": preset.is_prompt,
                "is_personal": preset.is_personal,
            },
        )
        RuleVersion.objects.create(rule=rule, n=1 if last is None else last.n + 1, made_at=at, **_wanted(preset))
        made += 1
    return made


def _wanted(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name, "reader": preset.reader, "params": preset.params, "severity": int(preset.severity),
        "family": preset.family, "action": preset.action, "wait_seconds": preset.wait, "keep_seconds": preset.keep,
    }  # fmt: skip


def _says(version: RuleVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in _wanted(PACK[0])}
