"""The report of a shift: alerts with how long until somebody acted, actions with their verdicts, goals reached; and by mail.

A shift is from seven to twenty where the reader is, as the line of the floor. A mail holds counts and a link: no name, no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from smtplib import SMTPException
from statistics import median

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer, viewers_of
from apps.alerts.queries import OUTCOMES, episodes_of_shift, mark_of
from apps.interventions import queries
from apps.interventions.models import ReportMail, ReportWish
from apps.interventions.queries import Row
from apps.metrics.day_goals import OfDay, goals_of_day
from apps.shared.errors import OutOfScope
from apps.ui.units import duration_text

log = structlog.get_logger(__name__)

BEGINS, ENDS = time(7), time(20)
# So far back there is something to report; alerts and their history are kept as long.
BACK = timedelta(days=90)
# A mail that could not be sent is tried again for so long.
TRIED_FOR = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert of the shift. Durations in words; empty: it did not come to that."""

    name: str
    where: str
    href: str
    mark: str
    fired_at: datetime
    to_take: str
    to_act: str
    to_clear: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Report:
    """One shift. `title` and `text` are its answer; `to_act` is the median in words, empty where nobody acted."""

    day: date
    since: datetime
    until: datetime
    is_running: bool
    title: str
    text: str
    alerts: Sequence[AlertRow]
    actions: Sequence[Row]
    goals: Sequence[OfDay]
    to_act: str
    improved: int
    reached: int
    judged: int


def shift_of(*, viewer: Viewer, day: date) -> tuple[datetime, datetime]:
    """When the shift of a day begins and ends for a viewer."""
    begins, ends = (datetime.combine(day, one, viewer.zone) for one in (BEGINS, ENDS))
    return begins, ends


def report(*, viewer: Viewer, day: date, at: datetime) -> Report:
    """Return the report of a day's shift, of a running one so far; of what the viewer sees.

    :raises NotAllowed: the role sees no interventions. :raises OutOfScope: the day is to come, or too long ago.
    """
    viewer.require(Permission.VIEW_INTERVENTIONS)
    since, ends = shift_of(viewer=viewer, day=day)
    if since > at or at - since > BACK:
        raise OutOfScope
    until = min(ends, at)
    found = [one for one in episodes_of_shift(viewer=viewer, since=since, at=until, most=200) if one.fired_at >= since]
    alerts = [
        AlertRow(
            name=one.version.name, where=one.queue.name if one.queue else one.about, href=reverse("alert", args=[one.pk]),
            mark=mark_of(one), fired_at=one.fired_at,
            to_take=_lasted(one.fired_at, one.acknowledged_at), to_act=_lasted(one.fired_at, one.acted_at),
            to_clear=_lasted(one.fired_at, one.resolved_at), outcome=dict(OUTCOMES).get(one.outcome, ""),
        )
        for one in found
    ]  # fmt: skip
    acted = [(one.acted_at - one.fired_at).total_seconds() for one in found if one.acted_at is not None]
    actions = queries.recent(viewer=viewer, at=until, since=since)
    goals = goals_of_day(viewer=viewer, day=day, at=at)
    judged = [one for one in goals if one.is_reached is not None]
    reached = sum(one.is_reached is True for one in judged)
    improved = sum(one.mark == "ok" for one in actions)
    to_act = duration_text(median(acted)) if acted else ""
    title, text = _answer(len(alerts), len(acted), to_act, len(actions), improved, reached, len(judged))
    return Report(
        day=day, since=since, until=until, is_running=ends > at, title=title, text=text, alerts=alerts, actions=actions, goals=goals,
        to_act=to_act, improved=improved, reached=reached, judged=len(judged),
    )  # fmt: skip


def _lasted(since: datetime, until: datetime | None) -> str:
    return "" if until is None else duration_text((until - since).total_seconds())


def _many(n: int, one: str, more: str) -> str:
    return f"{n} {one if n == 1 else more}"


def _answer(
    alerts: int, acted: int, to_act: str, actions: int, improved: int, reached: int, judged: int
) -> tuple[str, str]:
    title = (
        f"{_many(alerts, 'alert', 'alerts')}, {_many(actions, 'action', 'actions')}"
        if alerts or actions
        else "A quiet shift"
    )
    told = []
    if alerts:
        told.append(f"{acted} of {alerts} were acted on{f', half of them within {to_act}' if to_act else ''}.")
    if actions:
        told.append(f"{improved} of {_many(actions, 'action', 'actions')} improved what they were for.")
    told.append(
        f"{reached} of {judged} goals of the day were reached." if judged else "No goal of the day can be judged."
    )
    return title, " ".join(told)


def is_wished(*, viewer: Viewer) -> bool:
    """Whether the viewer is sent the report. One statement."""
    return ReportWish.objects.filter(user=viewer.user).exists()


def wish(*, by: Viewer, is_on: bool, at: datetime) -> None:
    """Be sent the report after each shift, or no longer.

    :raises NotAllowed: the role sees no interventions.
    """
    by.require(Permission.VIEW_INTERVENTIONS)
    if is_on:
        ReportWish.objects.get_or_create(user=by.user, defaults={"since": at})
    else:
        ReportWish.objects.filter(user=by.user).delete()


def mail_due(*, at: datetime) -> int:
    """Send the reports that are due, each once a person and shift; return how many were sent. One that fails waits for the next look."""
    wishes = list(ReportWish.objects.filter(user__is_active=True).select_related("user").order_by("pk"))
    viewers = viewers_of([one.user for one in wishes])
    sent = 0
    for one in wishes:
        viewer = viewers[one.user_id]
        day = at.astimezone(viewer.zone).date()
        _, ends = shift_of(viewer=viewer, day=day)
        if (
            not viewer.allows(Permission.VIEW_INTERVENTIONS)
            or not viewer.user.email
            or not ends <= at < ends + TRIED_FOR
            or one.since > ends
        ):
            continue
        try:
            sent += _mail(viewer, day, at)
        except (OSError, SMTPException) as failed:
            log.warning("report.not_sent", user=viewer.user.pk, why=type(failed).__name__)
    return sent


@transaction.atomic
def _mail(viewer: Viewer, day: date, at: datetime) -> int:
    """Send one report; 0 when it was sent already.

    :raises OSError, SMTPException: the mail server did not take it, and nothing is written down.
    """
    row, is_new = ReportMail.objects.get_or_create(user=viewer.user, day=day, defaults={"sent_at": at})
    if not is_new:
        return 0
    found = report(viewer=viewer, day=day, at=at)
    link = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('shift_report', args=[day])}"
    EmailMessage(
        f"The shift of {day:%-d %B}: {found.title}", f"{found.text}\n\n{link}\n", settings.DEFAULT_FROM_EMAIL, [viewer.user.email],
        headers={"Message-ID": f"<report-{row.pk}@midshift>", "Auto-Submitted": "auto-generated"},
    ).send()  # fmt: skip
    return 1
