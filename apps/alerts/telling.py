"""Notices beyond the screens: who wants them, and one row for each that is to go out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts.engine.notices import GROUP_WAIT
from apps.alerts.models import Call, Endpoint, Episode, Sending, Wish
from apps.alerts.outgoing import RefusedAddress, check
from apps.shared.errors import OutOfScope, Refusal


def queue(calls: Sequence[Call], steps: Iterable[tuple[Episode, int, int]], *, at: datetime) -> None:
    """Write down what is to go out, each once, in the caller's transaction: of calls to people who want mails, and of steps
    (episode, round, step) to endpoints, whoever was called. Three statements at most."""
    wishes = (
        {one.user_id: one for one in Wish.objects.filter(user__in={one.to_id for one in calls}, mail_from__gt=0)}
        if calls
        else {}
    )
    rows = [
        Sending(
            episode=one.episode, round=one.round, step=one.step, to_id=one.to_id, made_at=at,
            due_at=at + timedelta(seconds=GROUP_WAIT),
        )
        for one in calls
        if one.to_id in wishes and one.episode.severity >= wishes[one.to_id].mail_from
    ]  # fmt: skip
    told = {(episode.pk, round_, step): episode for episode, round_, step in steps}
    rows += [
        Sending(episode=episode, round=round_, step=step, endpoint=endpoint, made_at=at, due_at=at)
        for endpoint in (Endpoint.objects.filter(is_on=True) if told else ())
        for (_, round_, step), episode in told.items()
        if episode.severity >= endpoint.least_severity and not episode.rule.is_personal
    ]
    if rows:
        Sending.objects.bulk_create(rows, ignore_conflicts=True)


def quiet_until(wish: Wish | None, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet hours that hold at a moment end; None: none hold."""
    if wish is None or wish.quiet_from is None or wish.quiet_until is None:
        return None
    local = at.astimezone(zone)
    since, until, now = wish.quiet_from, wish.quiet_until, local.time()
    is_quiet = since <= now < until if since < until else now >= since or now < until
    if not is_quiet:
        return None
    ends = local.replace(hour=until.hour, minute=until.minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


@transaction.atomic
def wish(
    *, by: Viewer, mail_from: int, quiet_from: time | None, quiet_until: time | None, at: datetime
) -> Wish:  # fmt: skip
    """Say how one wants to be told.

    :raises NotAllowed: the role sees no alerts.
    :raises Refusal: the quiet hours have one end.
    """
    by.require(Permission.VIEW_ALERTS)
    if (quiet_from is None) != (quiet_until is None) or (quiet_from is not None and quiet_from == quiet_until):
        raise Refusal("Quiet hours have a beginning and an end, and not the same one. Leave both empty for none.")
    made, _ = Wish.objects.update_or_create(
        user=by.user, defaults={"mail_from": mail_from, "quiet_from": quiet_from, "quiet_until": quiet_until}
    )
    audit.record(by=by, verb="wish.set", subject=made, at=at)
    return made


def wish_of(*, viewer: Viewer) -> Wish:
    """How one is told now.

    :raises NotAllowed: the role sees no alerts.
    """
    viewer.require(Permission.VIEW_ALERTS)
    return Wish.objects.filter(user=viewer.user).first() or Wish(user=viewer.user)


@transaction.atomic
def make_endpoint(*, by: Viewer, name: str, url: str, least_severity: int, at: datetime) -> Endpoint:
    """Have an address outside told of alerts.

    :raises NotAllowed: not one who sets things up.
    :raises Refusal: the address is none of the public internet by https.
    """
    by.require(Permission.MANAGE_SETUP)
    try:
        check(url)
    except RefusedAddress as refused:
        raise Refusal(str(refused)) from None
    if not name.strip():
        raise Refusal("Give it a name: it stands beside what could not be sent.")
    made = Endpoint.objects.create(
        name=name.strip()[:80], url=url, least_severity=least_severity, made_by=by.user, made_at=at
    )
    audit.record(by=by, verb="endpoint.made", subject=made, about=made.name, at=at)
    return made


@transaction.atomic
def switch_endpoint(*, by: Viewer, pk: int, is_on: bool, at: datetime) -> Endpoint:
    """Switch an endpoint off, or on again. What waits for one that is off is dropped when it is due.

    :raises NotAllowed: not one who sets things up.
    :raises OutOfScope: there is none.
    """
    by.require(Permission.MANAGE_SETUP)
    found = Endpoint.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    found.is_on, found.off_reason = is_on, ""
    found.save(update_fields=["is_on", "off_reason"])
    verb = "endpoint.switched_on" if is_on else "endpoint.switched_off"
    audit.record(by=by, verb=verb, subject=found, about=found.name, at=at)
    return found


@transaction.atomic
def send_again(*, by: Viewer, at: datetime) -> int:
    """Have tried again all that was put aside; return how many that were.

    :raises NotAllowed: not one who sets things up.
    """
    by.require(Permission.MANAGE_SETUP)
    again = Sending.objects.filter(state=Sending.State.ASIDE)
    return again.update(state=Sending.State.WAITING, tries=0, made_at=at, due_at=at, done_at=None, why="")


def endpoints(*, viewer: Viewer) -> tuple[list[Endpoint], list[Sending]]:
    """Every endpoint, and the latest notices that were put aside. Two statements.

    :raises NotAllowed: not one who sets things up.
    """
    viewer.require(Permission.MANAGE_SETUP)
    aside = Sending.objects.filter(state=Sending.State.ASIDE).select_related("episode__version", "endpoint", "to")
    return list(Endpoint.objects.order_by("name")), list(aside.order_by("-done_at")[:50])
