"""Alerts as the screens draw them: ready values only, and as the viewer may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.alerts import episodes, silences, wording
from apps.alerts.engine.people import Severity, Stage
from apps.alerts.engine.series import State
from apps.alerts.models import Episode, Silence
from apps.alerts.watching.seen import rows
from apps.interactions.models import Conversation
from apps.interactions.quotes import Quote, quotes
from apps.metrics.models import Sample
from apps.ui.masked import MaskedText

# How long an alert can be put aside.
MINUTES = (15, 30, 60, 120)
STATES = {Severity.CRITICAL: "crit", Severity.WARNING: "warn", Severity.INFO: "info"}
TREND = timedelta(hours=1)
STEP = timedelta(minutes=5)
# Next actions that change routing.
ROUTED = ("move_people", "call_help", "pause_ai")
GAUGES = ("queue_length", "longest_wait", "backlog")

_TRENDS = """
SELECT measure, queue_id, date_bin('5 minutes', at, '2000-01-01'), avg(value)::float8,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY value)
FROM metrics_observation WHERE measure = ANY(%(measures)s) AND queue_id = ANY(%(queues)s) AND at > %(since)s AND at <= %(at)s
  AND value IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one thing to do: what it is called, where it leads, what it is expected to do."""

    label: str
    icon: str
    hint: str
    href: str


@dataclass(frozen=True, slots=True)
class Card:
    """One alert. `care` is what may be done about it: empty for whoever may only look."""

    key: str
    severity: str
    title: str
    href: str
    where: str
    now_text: str
    now_title: str
    rule: str
    since: datetime
    trend: Sequence[float]
    trend_target: float | str
    why: str
    quote: MaskedText | str
    quote_who: str
    evidence_href: str
    action: str
    action_href: str
    action_icon: str
    action_hint: str
    stage: str = ""
    stage_note: str = ""
    snoozed_until: datetime | None = None
    explained_by: str = ""
    silenced_by: str = ""
    silenced_until: datetime | None = None
    may_care: bool = False
    is_taken: bool = False
    is_put_aside: bool = False
    is_over: bool = False
    is_stale: bool = False
    resolved_at: datetime | None = None
    outcome: str = ""
    act_href: str = ""
    take_href: str = ""
    snooze_href: str = ""
    resolve_href: str = ""
    outcome_href: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """The person who holds a conversation."""

    key: UUID
    name: str


def cards(*, viewer: Viewer, found: Sequence[Episode], at: datetime) -> list[Card]:
    """Draw episodes that the viewer may see. Thirteen statements at most, however many there are."""
    words = quotes(viewer=viewer, messages={one.message_id for one in found if one.message_id})
    trends, holders = _trends(found, at), _holders(viewer, found)
    open_ = [one for one in found if one.stage not in (Stage.RESOLVED.value, Stage.CLOSED.value)]
    by = episodes.explained([*open_, *episodes.silent_feeds()]) if open_ else {}
    quiet = silences.hidden_by(open_, silences.running(at)) if open_ else {}
    return [
        _card(viewer, one, words.get(one.message_id) if one.message_id else None, trends.get(one.pk, ()), by.get(one.pk), holders.get(one.conversation_id), quiet.get(one.pk))
        for one in found
    ]  # fmt: skip


def _card(
    viewer: Viewer, one: Episode, words: Quote | None, trend: Sequence[float], by: Episode | None, holder: Holder | None,
    quiet: Silence | None,
) -> Card:  # fmt: skip
    unit = one.version.params.get("unit", "")
    evidence = "" if words is None else f"{reverse('conversation', args=[words.conversation])}#m{words.number}"
    step = next_action(viewer, one, evidence, holder)
    stage = Stage(one.stage)
    target = one.limit if one.limit is not None and one.version.reader in ("gauge", "percentile", "mood") else ""
    return Card(
        key=str(one.pk), severity=STATES[Severity(one.severity)], title=one.version.name,
        href=reverse("alert", args=[one.pk]), where=one.queue.name if one.queue else one.about,
        now_text=wording.amount(one.value, unit), now_title="Of this conversation, now" if one.version.reader == "negative" else "",
        rule=wording.rule_words(one.version, one.limit), since=one.fired_at,
        trend=trend, trend_target=target, why=wording.why(one), quote="" if words is None else words.text,
        quote_who="The customer’s message" if words is not None else "", evidence_href=evidence, action=step.label,
        action_href=step.href, action_icon=step.icon, action_hint=step.hint, stage=stage.value,
        stage_note=_note(one, stage), snoozed_until=one.snoozed_until, explained_by="" if by is None else by.version.name,
        silenced_by="" if quiet is None else str(quiet.by), silenced_until=None if quiet is None else quiet.until,
        may_care=viewer.allows(Permission.CARE_FOR_ALERTS), is_taken=stage == Stage.ACKNOWLEDGED,
        is_put_aside=stage == Stage.SNOOZED, is_over=stage in (Stage.RESOLVED, Stage.CLOSED),
        is_stale=one.state in (State.NO_DATA.value, State.ERROR.value), resolved_at=one.resolved_at,
        outcome=dict(wording.OUTCOMES).get(one.outcome, ""),
        **{f"{what}_href": reverse(f"alert_{what}", args=[one.pk]) for what in ("act", "take", "snooze", "resolve", "outcome")},
    )  # fmt: skip


def _note(one: Episode, stage: Stage) -> str:
    if stage == Stage.ACKNOWLEDGED:
        return f"{one.by} has it"
    if stage == Stage.SNOOZED:
        return f"Put aside by {one.by}"
    if one.state == State.NO_DATA.value:
        return "Its data stopped"
    if one.state == State.ERROR.value:
        return "The rule could not be judged"
    if one.state == State.RECOVERING.value:
        return "Better now, watched whether it stays so"
    return "Returned" if one.round > 1 and stage == Stage.OPEN else ""


def next_action(viewer: Viewer, one: Episode, evidence: str, holder: Holder | None = None) -> NextAction:
    """The one next action of an alert, for this viewer: what their role cannot do leads to the next best place."""
    queue = reverse("queue", args=[one.queue_id]) if one.queue_id else ""
    if one.version.action == "check_feed":
        if viewer.allows(Permission.MANAGE_SOURCES):
            return NextAction(
                "Check the feed", "plug", "Its numbers stand still until events come again.", reverse("sources")
            )
        return NextAction(
            "Ask an admin to check the feed", "plug", "Its numbers stand still.", reverse("alert", args=[one.pk])
        )
    if one.version.action == "check_health":
        if viewer.allows(Permission.VIEW_HEALTH):
            return NextAction(
                "Look at the workers", "gauge", "What is on the screens is as old as the last look.", reverse("health")
            )
        return NextAction(
            "Ask an admin to look at the workers", "gauge", "What is shown is old.", reverse("alert", args=[one.pk])
        )
    if one.version.action == "coach" and holder is not None and evidence:
        about = urlencode({"conversation": one.conversation_id, "message": one.message_id})
        return NextAction(
            f"Coach {holder.name}", "send", "A private note, on their screen within seconds.",
            f"{reverse('coach', args=[holder.key])}?{about}",
        )  # fmt: skip
    if one.version.action == "open_ai" and one.series_key.startswith("ai="):
        return NextAction(
            "Open its numbers", "bot", "Both numbers side by side, by matter and by version.",
            reverse("ai_agent", args=[one.series_key.removeprefix("ai=")]),
        )  # fmt: skip
    if one.version.action in ("open_people", "open_person") and viewer.allows(Permission.VIEW_SCORECARDS):
        return _of_people(viewer, one)
    if one.version.action in ROUTED and one.queue is not None and viewer.allows(Permission.REROUTE):
        return _routed(viewer, one)
    if one.version.action == "tune" and one.queue is not None and viewer.allows(Permission.PROPOSE_TUNING):
        return NextAction(
            "See what the AI fails at", "bot", "Its failed conversations, and a proposal of what it should know.",
            f"{reverse('tune_queue', args=[one.queue_id])}?alert={one.pk}",
        )  # fmt: skip
    if one.version.action == "open_worst" and evidence and one.queue is not None:
        return NextAction(
            "Open the worst conversations", "message-square", "The five that are worst now, with who holds them.",
            reverse("alert_worst", args=[one.pk]),
        )  # fmt: skip
    if one.version.action in ("open_message", "coach", *ROUTED, "tune") and evidence:
        return NextAction("Open the conversation", "message-square", "Who holds it stands at its head.", evidence)
    return NextAction("Open the queue", "activity", "Who waits, and how many slots are free.", queue)


def _of_people(viewer: Viewer, one: Episode) -> NextAction:
    """The scorecards behind an alert about a team, or about one person, whose name stands on that page alone."""
    if one.version.action == "open_person":
        return NextAction(
            "Open the scorecard", "users", "Both numbers side by side, with the rows behind them.",
            reverse("scorecard", args=[one.series_key.removeprefix("agent=")]),
        )  # fmt: skip
    scope = f"?scope={one.team_id}" if viewer.allows(Permission.VIEW_FLOOR) else ""
    return NextAction(
        "Open the team’s scorecards", "users", "The team as a whole, and who needs time this week.",
        f"{reverse('scorecards')}{scope}",
    )  # fmt: skip


def _routed(viewer: Viewer, one: Episode) -> NextAction:
    """What is routed otherwise for a while; who sees no people by name calls the leads instead of moving anybody."""
    place, about = one.queue, f"alert={one.pk}"
    if one.version.action == "pause_ai":
        return NextAction(
            "Send it to people", "shuffle", "The AI is paused for a matter, for a while; it returns by itself.",
            f"{reverse('divert', args=[one.queue_id])}?kind=pause&{about}",
        )  # fmt: skip
    if one.version.action == "move_people" and viewer.allows(Permission.VIEW_PEOPLE):
        return NextAction(
            f"Bring people to {place}", "users", "For a while, with what it leaves behind shown before. Judged after 10 and 30 minutes.",
            f"{reverse('move', args=[one.queue_id])}?{about}",
        )  # fmt: skip
    return NextAction(
        "Call for help", "megaphone", "All leads see it at once and can send people.",
        f"{reverse('help_call', args=[one.queue_id])}?{about}",
    )  # fmt: skip


def _holders(viewer: Viewer, found: Sequence[Episode]) -> dict[UUID | None, Holder]:
    """Who holds the conversations that alerts are about, where the viewer may write them a note. Two statements at most."""
    asked = {one.conversation_id for one in found if one.version.action == "coach" and one.conversation_id}
    if not asked or not viewer.allows(Permission.COACH):
        return {}
    led = Agent.objects.visible_to(viewer).people().exclude(user=None)
    talks = Conversation.objects.visible_to(viewer).filter(pk__in=asked, holder__in=led)
    return {talk: Holder(key, name) for talk, key, name in talks.values_list("pk", "holder_id", "holder__name")}


def _trends(found: Sequence[Episode], at: datetime) -> Mapping[UUID, Sequence[float]]:
    """The last hour of what each alert watches, in steps of five minutes. Two statements."""
    queues = sorted({one.queue_id for one in found if one.queue_id})
    measures = sorted({m for one in found if (m := one.version.params.get("measure"))})
    by: dict[tuple[str, UUID], list[tuple[float, float]]] = defaultdict(list)
    if measures and queues:
        for measure, queue, _, mean, p90 in rows(_TRENDS, measures=measures, queues=queues, since=at - TREND, at=at):
            by[measure, queue].append((mean, p90 / 1_000_000))
    looked: dict[UUID, list[Sample]] = defaultdict(list)
    if queues and any(one.version.reader == "gauge" for one in found):
        for sample in Sample.objects.filter(queue_id__in=queues, taken_at__gt=at - TREND, taken_at__lte=at).order_by(
            "taken_at"
        ):
            looked[sample.queue_id].append(sample)
    told: dict[UUID, Sequence[float]] = {}
    for one in found:
        if one.queue_id is None:
            continue
        if one.version.reader == "gauge":
            told[one.pk] = [_gauge(sample, one.version.params["metric"]) for sample in looked[one.queue_id][::5]]
        elif measure := one.version.params.get("measure"):
            place = int(one.version.reader == "percentile")
            told[one.pk] = [step[place] for step in by[measure, one.queue_id]]
    return told


def _gauge(sample: Sample, metric: str) -> float:
    if metric == "longest_wait":
        return (sample.longest_wait or 0) / 1_000_000
    return float(sample.queue_length if metric == "queue_length" else sum(sample.backlog))
