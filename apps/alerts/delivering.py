"""Send what waits to go out: checked once more, grouped, tried again, and put aside with a reason.

A row is locked while it is sent, so nobody sends it beside; whoever is killed leaves it as it was, and the next try carries the
same key, by which a receiver tells that it has it already.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from standardwebhooks.webhooks import Webhook

from apps.access.models import User
from apps.access.viewer import viewers_of
from apps.alerts import episodes, outgoing, telling
from apps.alerts.engine import notices
from apps.alerts.engine.people import Care, Severity, Stage
from apps.alerts.models import Endpoint, Episode, Sending, Wish

log = structlog.get_logger(__name__)

# After the last of the short waits it is tried at the longest one until this has passed; then it is put aside.
GIVEN_UP_AFTER = timedelta(hours=6)
GROUP_INTERVAL = timedelta(seconds=notices.GROUP_INTERVAL)
STATE = Sending.State


def deliver(*, at: datetime) -> int:
    """Send what is due; return how many rows were looked at."""
    _repeat(at)
    done = 0
    while now := _next(at):
        done += now
    return done


def _repeat(at: datetime) -> None:
    """Tell again what nobody has taken on for a quarter of an hour (critical) or an hour: to each receiver the last that they were
    told of it, with a key of its own. Two statements, and one a notice."""
    newest = Sending.objects.filter(episode__stage=Stage.OPEN.value).select_related("episode")
    for one in newest.order_by("episode", "to", "endpoint", "-made_at").distinct("episode", "to", "endpoint"):
        if one.state != STATE.SENT or one.done_at is None:
            continue
        due = notices.repeats_at(_care(one.episode), told_at=one.done_at.timestamp())
        if due is not None and due <= at.timestamp():
            # Where somebody else was quicker it is another row by now.
            same = Sending.objects.filter(pk=one.pk, state=STATE.SENT, done_at=one.done_at)
            same.update(state=STATE.WAITING, made_at=at, due_at=at, tries=0, why="")


def _care(one: Episode) -> Care:
    return Care(severity=Severity(one.severity), opened_at=0.0, stage=Stage(one.stage))


def _key(one: Sending) -> str:
    """The name of a notice, by which a receiver tells that it has it already: another one each time it is told again."""
    return one.pk.hex if one.done_at is None else f"{one.pk.hex}_{int(one.made_at.timestamp())}"


def _next(at: datetime) -> int:
    with transaction.atomic():
        due = Sending.objects.filter(state=STATE.WAITING, due_at__lte=at)
        one = due.select_for_update(of=("self",), skip_locked=True).order_by("due_at", "pk").first()
        if one is None:
            return 0
        if one.to_id is None:
            found = [one]
        else:
            mine = Sending.objects.filter(state=STATE.WAITING, to=one.to_id).select_for_update(
                of=("self",), skip_locked=True
            )
            found = list(mine.order_by("made_at", "pk")[:200])
        found = list(_with_rows(found))
        wanted = _still_wanted(found, at)
        if wanted:
            _send(wanted, at)
        Sending.objects.bulk_update(found, ["state", "done_at", "why", "tries", "due_at"])
        return len(found)


def _with_rows(found: Sequence[Sending]) -> Sequence[Sending]:
    """The same rows with what is told of them."""
    known = Episode.objects.select_related("version", "rule", "queue").in_bulk([one.episode_id for one in found])
    for one in found:
        one.episode = known[one.episode_id]
    return found


def _still_wanted(found: Sequence[Sending], at: datetime) -> list[Sending]:
    """Those that are to be told now; the others are dropped with the reason."""
    people = {one.to_id for one in found if one.to_id is not None}
    viewers = viewers_of(set(User.objects.filter(pk__in=people))) if people else {}
    held = episodes.held_now([one.episode for one in found], at)
    wanted = []
    for one in found:
        why = notices.held(
            notices.Checks(
                care=_care(one.episode),
                is_on=one.endpoint is None or one.endpoint.is_on,
                is_inhibited=held.get(one.episode_id) == notices.Held.INHIBITED,
                is_silenced=held.get(one.episode_id) == notices.Held.SILENCED,
                is_allowed=one.to_id is None
                or (one.to_id in viewers and episodes.may_see(viewers[one.to_id], one.episode)),
            )
        )
        if why is None:
            wanted.append(one)
        elif one.done_at is not None:
            one.state = STATE.SENT  # it was told once, and is not told again
        else:
            one.state, one.done_at, one.why = STATE.DROPPED, at, why.value
    return wanted


def _send(wanted: Sequence[Sending], at: datetime) -> None:
    """Send rows of one receiver, and write down what came of it."""
    first = wanted[0]
    try:
        if first.endpoint is not None:
            _by_webhook(first, first.endpoint)
        elif (later := _later(wanted, at)) is not None:
            for one in wanted:
                one.due_at = max(one.due_at, later)
            return
        else:
            _by_mail(wanted)
    except (OSError, SMTPException, outgoing.NoAnswer) as failed:
        _failed(
            wanted,
            str(failed) if isinstance(failed, outgoing.NoAnswer) else f"it did not take it ({type(failed).__name__})",
            at,
        )
    except outgoing.RefusedAddress as refused:
        _aside(wanted, str(refused), at)
    else:
        for one in wanted:
            if one.state == STATE.WAITING:
                one.state, one.done_at, one.why = STATE.SENT, at, ""


def _later(wanted: Sequence[Sending], at: datetime) -> datetime | None:
    """Until when mails to this person wait: quiet hours, or one was sent a moment ago.

    What is critical waits for neither, but for its own kind: a queue that breaks again and again is told of once in five minutes.
    """
    user = wanted[0].to
    if user is None:
        return None
    sent = list(
        Sending.objects.filter(to=user, state=STATE.SENT, done_at__gt=at - GROUP_INTERVAL)
        .select_related("episode__version").order_by("-done_at")
    )  # fmt: skip
    grave = {_group(one.episode) for one in wanted if one.episode.severity == Severity.CRITICAL}
    told = {_group(one.episode): one.done_at for one in reversed(sent) if one.episode.severity == Severity.CRITICAL}
    if grave - set(told):
        return None
    if grave:
        return min(moment for key, moment in told.items() if key in grave and moment is not None) + GROUP_INTERVAL
    wish = Wish.objects.filter(user=user).first()
    quiet = telling.quiet_until(wish, viewers_of({user})[user.pk].zone, at)
    if quiet is not None:
        return quiet
    return sent[0].done_at + GROUP_INTERVAL if sent and sent[0].done_at is not None else None


def _group(one: Episode) -> tuple[UUID | None, str]:
    """Alerts that one mail tells of together: of one queue, which has its teams, and of one family of causes."""
    return one.queue_id, one.version.family


def _failed(wanted: Sequence[Sending], why: str, at: datetime) -> None:
    for one in wanted:
        one.tries += 1
        again = notices.retry_at(tries=one.tries, failed_at=at.timestamp())
        waits = notices.RETRIES[-1] if again is None else again - at.timestamp()
        one.due_at, one.why = at + timedelta(seconds=waits), why[:120]
        if one.due_at > one.made_at + GIVEN_UP_AFTER:
            one.state, one.done_at = STATE.ASIDE, at


def _aside(wanted: Sequence[Sending], why: str, at: datetime) -> None:
    for one in wanted:
        one.state, one.done_at, one.why = STATE.ASIDE, at, why[:120]


def title(one: Episode) -> str:
    """The rule's name and the queue's: nothing that a customer or an agent wrote, and no name of theirs."""
    where = one.queue.name if one.queue is not None else ""
    return f"{one.version.name}, {where}" if where else one.version.name


def _link(one: Episode) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('alert', args=[one.pk])}"


def _by_mail(wanted: Sequence[Sending]) -> None:
    """One mail of all that waits for a person, the gravest first.

    :raises OSError, SMTPException: the mail server did not take it.
    """
    rows = sorted(wanted, key=lambda one: (-one.episode.severity, one.episode.fired_at))
    # Each group stands together, at the place of its gravest.
    first: dict[tuple[UUID | None, str], int] = {}
    for n, one in enumerate(rows):
        first.setdefault(_group(one.episode), n)
    rows.sort(key=lambda one: first[_group(one.episode)])
    user, word = rows[0].to, {severity: severity.name.capitalize() for severity in Severity}
    if user is None or not user.email:
        for one in rows:
            one.state, one.done_at, one.why = STATE.DROPPED, one.due_at, "no e-mail address"
        return
    lines = [f"{word[Severity(one.episode.severity)]}: {title(one.episode)}\n{_link(one.episode)}" for one in rows]
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    subject = f"{word[Severity(rows[0].episode.severity)]}: {title(rows[0].episode)}{more}"
    EmailMessage(
        " ".join(subject.split()), "\n\n".join(lines) + "\n", settings.DEFAULT_FROM_EMAIL, [user.email],
        headers={"Message-ID": f"<{_key(rows[0])}@midshift>", "Auto-Submitted": "auto-generated"},
    ).send()  # fmt: skip


def secret_of(endpoint: Endpoint) -> str:
    """The secret an endpoint's notices are signed with, as Standard Webhooks write one. Made from the portal's own key."""
    raw = salted_hmac(
        "apps.alerts.endpoint", f"{endpoint.pk} {endpoint.made_at.isoformat()}", algorithm="sha256"
    ).digest()
    return "whsec_" + b64encode(raw).decode()


def body_of(one: Sending) -> bytes:
    """What an endpoint is told: keys, times, and words that were chosen under set-up."""
    episode = one.episode
    told = {
        "type": "midshift.alert.called.v1", "timestamp": one.made_at.isoformat(),
        "data": {
            "alert_id": str(episode.pk), "rule": episode.rule.key, "title": title(episode), "step": one.step,
            "severity": Severity(episode.severity).name.lower(), "queue_id": str(episode.queue_id) if episode.queue_id else None,
            "fired_at": episode.fired_at.isoformat(), "link": _link(episode),
        },
    }  # fmt: skip
    return json.dumps(told, separators=(",", ":")).encode()


def _by_webhook(one: Sending, endpoint: Endpoint) -> None:
    """One signed request. An endpoint that says it is gone is switched off.

    :raises outgoing.NoAnswer: it did not say yes.
    :raises outgoing.RefusedAddress: its name means a machine inside.
    """
    body, name = body_of(one), f"msg_{_key(one)}"
    now = one.made_at if one.tries == 0 else one.due_at
    headers = {
        "Content-Type": "application/json", "User-Agent": "Midshift", "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret_of(endpoint)).sign(name, now, body.decode()),
    }  # fmt: skip
    status = outgoing.post(endpoint.url, body=body, headers=headers)
    if status == 410:
        endpoint.is_on, endpoint.off_reason = False, "It answered that it is gone (410)."
        endpoint.save(update_fields=["is_on", "off_reason"])
        raise outgoing.RefusedAddress("it answered that it is gone")
    if not 200 <= status < 300:
        raise outgoing.NoAnswer(f"it answered {status}")
