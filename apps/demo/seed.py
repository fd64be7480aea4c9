"""Set Nordwind Shop up: teams, people, AI agents, queues, sources and one sign-in a role. Repeating it changes nothing."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from guardian.shortcuts import assign_perm

from apps.access.models import User
from apps.agents.models import Agent, AgentIdentity, AgentKind, Shift, Team
from apps.connectors import services as connectors
from apps.connectors.models import Source
from apps.demo import cast
from apps.interactions.canonical import key
from apps.interactions.models import Queue, QueueIdentity

# Printed at every start; a demo floor holds invented people only.
PASSWORD = "midshift-demo-floor"  # noqa: S105
DAYS_OF_SHIFTS = 2


@dataclass(frozen=True, slots=True)
class Play:
    """How the shop's days lie in real time: day 0 starts at `epoch`, and `tokens` open the door."""

    epoch: datetime
    first_day: int
    tokens: dict[str, str]

    @property
    def zone(self) -> str:
        """The time zone in which the shop's clock is right (the POSIX sign is the other way round)."""
        hours = round(((self.epoch - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds() / 3600) % 24)
        offset = -hours if hours <= 12 else 24 - hours
        return "UTC" if offset == 0 else f"Etc/GMT{-offset:+d}"


def state_file() -> Path:
    """Where the play's state lies, beside the data it belongs to."""
    return Path(settings.DATA_DIR) / "demo.json"


def load() -> Play | None:
    """Return the play that was set up here, or None."""
    path = state_file()
    if not path.is_file():
        return None
    stored = json.loads(path.read_text())
    return Play(datetime.fromisoformat(stored["epoch"]), stored["first_day"], stored["tokens"])


def seed(*, at: datetime) -> Play:
    """Set everything up that is not there yet and return the play.

    The shop's clock is chosen so that the first start falls between 14:00 and 15:00 shop time: whoever looks at the
    demo sees a shift in its busiest hours, whatever the clock on the wall says.
    """
    play = load()
    known = set(Source.objects.filter(slug__in=cast.SOURCES).values_list("slug", flat=True))
    with transaction.atomic():
        tokens = dict(play.tokens) if play is not None else {}
        for slug, name in cast.SOURCES.items():
            if slug not in known:
                _, tokens[slug] = connectors.create_source(by=None, slug=slug, name=name, kind="demo", at=at)
            elif slug not in tokens:
                tokens[slug] = connectors.rotate_token(by=None, source=Source.objects.get(slug=slug), at=at)
        if play is None:
            start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=14)
            play = Play(start, _days_of_history(), tokens)
        else:
            play = Play(play.epoch, play.first_day, tokens)
        _people(play)
        _queues()
        _shifts(play, at)
        _logins(play)
    _store(play)
    return play


def _days_of_history() -> int:
    return int(os.environ.get("MIDSHIFT_DEMO_DAYS", "14"))


def _store(play: Play) -> None:
    path = state_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(
        json.dumps({"epoch": play.epoch.isoformat(), "first_day": play.first_day, "tokens": play.tokens})
    )
    temporary.replace(path)


def _people(play: Play) -> None:
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in sorted({p.team for p in cast.PEOPLE})}
    for p in cast.PEOPLE:
        agent, _ = Agent.objects.update_or_create(
            id=key("nordwind", "agent", p.key),
            defaults={"kind": AgentKind.HUMAN, "name": p.name, "team": teams[p.team], "skills": list(p.skills),
                      "capacity": p.capacity, "is_listed": True},
        )  # fmt: skip
        _known_as(agent, p.key)
    for a in cast.ASSISTANTS:
        agent, _ = Agent.objects.update_or_create(
            id=key("nordwind", "agent", a.key),
            defaults={"kind": AgentKind.AI, "name": a.name, "skills": list(a.topics), "is_listed": True},
        )
        _known_as(agent, a.key)


def _known_as(agent: Agent, name: str) -> None:
    for source in cast.SOURCES:
        AgentIdentity.objects.update_or_create(source=source, external_id=name, defaults={"agent": agent})


def _queues() -> None:
    for line in cast.LINES:
        queue, _ = Queue.objects.update_or_create(
            id=key("nordwind", "queue", line.key),
            defaults={"name": line.name, "channel": line.channel, "reply_target_seconds": line.target,
                      "service_level_target": line.level, "is_listed": True},
        )  # fmt: skip
        QueueIdentity.objects.update_or_create(source=line.source, external_id=line.key, defaults={"queue": queue})


def _shifts(play: Play, at: datetime) -> None:
    today = math.floor((at - play.epoch) / timedelta(days=1))
    agents = {p.key: key("nordwind", "agent", p.key) for p in cast.PEOPLE}
    Shift.objects.bulk_create(
        [
            Shift(
                agent_id=agents[p.key],
                starts_at=(starts := play.epoch + timedelta(days=day, hours=p.starts)),
                ends_at=starts + timedelta(hours=p.hours),
            )
            for day in range(today - 1, today + DAYS_OF_SHIFTS)
            for p in cast.PEOPLE
        ],
        ignore_conflicts=True,
    )


def _logins(play: Play) -> None:
    teams = {team.name: team for team in Team.objects.all()}
    sales_only = {"sales"}
    for role, name, display, leads, person in cast.LOGINS:
        user, made = User.objects.get_or_create(
            username=name, defaults={"role": role, "display_name": display, "time_zone": play.zone}
        )
        if made:
            user.set_password(PASSWORD)
            user.is_staff = user.is_superuser = role == "admin"
            user.save()
        for team in leads:
            assign_perm("agents.lead_team", user, teams[team])
        if role in ("lead", "qa"):
            for line in cast.LINES:
                if name != "nils" or line.key in sales_only:
                    assign_perm(
                        "interactions.work_queue", user, Queue.objects.get(pk=key("nordwind", "queue", line.key))
                    )
        if person:
            Agent.objects.filter(pk=key("nordwind", "agent", person)).update(user=user)
