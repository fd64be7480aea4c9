"""Set Nordwind Shop up: teams, people, AI agents, queues, sources and one sign-in a role. Repeating it changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from guardian.shortcuts import assign_perm

from apps.access import allow_list
from apps.access.models import User
from apps.access.roles import Role
from apps.access.viewer import viewer_for
from apps.agents.models import Agent, AgentIdentity, AgentKind, Shift, Team
from apps.alerts import services as alerts
from apps.alerts.models import Endpoint, Rule, Silence
from apps.connectors import services as connectors
from apps.connectors.models import Source
from apps.demo.roster import AI_AGENTS, LEAD, LEAD_NAME, LOGINS, OWN_WORDS, PEOPLE, QUEUES, SOURCES, TEAMS, QueuePlan
from apps.demo.shop import CLOSES, OPENS, Shop, anchored, incidents_of, is_staffed, is_working, shift_of
from apps.interactions.keys import key
from apps.interactions.models import Queue, QueueIdentity
from apps.metrics import calendars, goal_setting, goals
from apps.metrics.calendars import Plan
from apps.metrics.goals import Scope as Aim
from apps.metrics.models import Calendar, Goal

# Printed at every start; a demo floor holds invented people only.
PASSWORD = "midshift-demo-floor"  # noqa: S105
SEED = 7
SHIFTS_BEHIND_DAYS, SHIFTS_AHEAD_DAYS = 7, 7


@dataclass(frozen=True, slots=True)
class Play:
    """What is played here: the shop with its clock, and the tokens that open the door for its sources."""

    shop: Shop
    tokens: dict[str, str]


def state_file() -> Path:
    """Where the play's set-up lies, beside the data it belongs to."""
    return Path(settings.DATA_DIR) / "demo.json"


def load() -> Play | None:
    """Return the play that was set up here, or None."""
    path = state_file()
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if "opened_on" not in stored:
        return None
    shop = Shop(stored["seed"], stored["offset_hours"], date.fromisoformat(stored["opened_on"]))
    return Play(shop, stored["tokens"])


def seed(*, at: datetime) -> Play:
    """Set everything up that is not there yet and return the play.

    The first time, the shop's clock is set so that it is early afternoon there. A later start keeps the clock while the
    shop is staffed, and sets it anew when the shop would be closed: a demo is never a look at an empty floor.
    """
    play = load()
    shop = play.shop if play is not None and is_staffed(play.shop, at) else anchored(at=at, seed=SEED)
    with transaction.atomic():
        play = Play(shop, _sources(play, at))
        _people()
        _queues()
        _hours(shop, at)
        _logins(shop)
        _people_sign_in(shop)
        # Before anything is told: what is masked once stays so.
        _own_words(at)
        # Before shifts are planned: a plan without the history that comes next would say that nobody ever kept it.
        _goals(at)
        _quiet(at)
        _shifts(shop, at)
    _store(play)
    return play


def _sources(play: Play | None, at: datetime) -> dict[str, str]:
    """Make the sources; a token that nobody remembers is replaced."""
    tokens = dict(play.tokens) if play is not None else {}
    known = {source.slug: source for source in Source.objects.filter(slug__in=[one.slug for one in SOURCES])}
    for one in SOURCES:
        if one.slug not in known:
            _, tokens[one.slug] = connectors.create_source(by=None, slug=one.slug, name=one.name, kind="demo", at=at)
        elif one.slug not in tokens:
            tokens[one.slug] = connectors.rotate_token(by=None, source=known[one.slug], at=at)
    return tokens


def _store(play: Play) -> None:
    path = state_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    shop = play.shop
    stored = {
        "seed": shop.seed,
        "offset_hours": shop.offset_hours,
        "opened_on": str(shop.opened_on),
        "tokens": play.tokens,
    }
    temporary.write_text(json.dumps(stored), encoding="utf-8")
    temporary.replace(path)


def _people() -> None:
    teams = {slug: Team.objects.get_or_create(name=name)[0] for slug, name in TEAMS.items()}
    agents = [
        Agent(id=key("nordwind", "agent", p.slug), kind=AgentKind.HUMAN, name=p.name, team=teams[p.team],
              skills=[*p.queues, *p.languages], capacity=p.slots, is_listed=True)
        for p in PEOPLE
    ] + [
        # Writes private notes into conversations, takes none.
        Agent(id=key("nordwind", "agent", LEAD), kind=AgentKind.HUMAN, name=LEAD_NAME, team=teams["billing"], capacity=0,
              is_listed=True)
    ] + [
        Agent(id=key("nordwind", "agent", a.slug), kind=AgentKind.AI, name=a.name, skills=list(a.intents), is_listed=True)
        for a in AI_AGENTS
    ]  # fmt: skip
    Agent.objects.bulk_create(
        agents, update_conflicts=True, unique_fields=["id"],
        update_fields=["kind", "name", "team", "skills", "capacity", "is_listed"],
    )  # fmt: skip
    # Every source names the people alike, so any of them may report what somebody did.
    identities = [
        AgentIdentity(source=source.slug, external_id=slug, agent_id=key("nordwind", "agent", slug))
        for source in SOURCES
        for slug in [LEAD, *(p.slug for p in PEOPLE), *(a.slug for a in AI_AGENTS)]
    ]
    AgentIdentity.objects.bulk_create(
        identities, update_conflicts=True, unique_fields=["source", "external_id"], update_fields=["agent"]
    )


def answering(plan: QueuePlan) -> set[str]:
    """The teams that answer a queue: the one it belongs to, and those most of whose people serve it."""
    most = {team for team in TEAMS if 2 * sum(plan.slug in p.queues for p in PEOPLE if p.team == team)
            > sum(p.team == team for p in PEOPLE)}  # fmt: skip
    return most | {plan.team}


def _queues() -> None:
    teams = {slug: Team.objects.get(name=name) for slug, name in TEAMS.items()}
    for plan in QUEUES:
        queue, _ = Queue.objects.update_or_create(
            id=key("nordwind", "queue", plan.slug),
            defaults={"name": plan.name, "channel": plan.channel, "reply_target_seconds": plan.first_reply_seconds,
                      "service_level_target": plan.service_level_percent / 100, "is_listed": True},
        )  # fmt: skip
        queue.teams.set([teams[slug] for slug in answering(plan)])
        for source in SOURCES:
            if plan.channel in source.channels:
                QueueIdentity.objects.update_or_create(
                    source=source.slug, external_id=plan.slug, defaults={"queue": queue}
                )


def _hours(shop: Shop, at: datetime) -> None:
    """Keep opening hours on the shop's clock. What an admin has changed of them stays."""
    first, last = int(OPENS * 60), int(CLOSES * 60)
    weekdays = {weekday: [(8 * 60, 18 * 60)] for weekday in range(1, 7)}
    for name, hours, is_letters in (
        ("Contact hours", {weekday: [(first, last)] for weekday in range(1, 8)}, False),
        ("Office hours", weekdays, True),
    ):
        queues = frozenset(key("nordwind", "queue", q.slug) for q in QUEUES if (q.channel == "email") == is_letters)
        kept = Calendar.objects.filter(name=name).first()
        plan = Plan(name=name, zone=shop.zone, hours=hours, holidays=_holidays(shop), queues=queues)
        if kept is not None:
            plan = replace(calendars.plan_of(kept), zone=shop.zone)
        calendars.save(by=None, calendar=kept, plan=plan, at=at)


def _own_words(at: datetime) -> None:
    """List the shop's own words as nobody's name; once there is any list, it is the admin's business."""
    if allow_list.version():
        return
    admin = viewer_for(User.objects.filter(role=Role.ADMIN).earliest("pk"))
    allow_list.change(by=admin, listed=OWN_WORDS, at=at)


def _goals(at: datetime) -> None:
    """Set the first goals; once there is any, they are the admin's business."""
    if Goal.objects.exists():
        return
    admin = viewer_for(User.objects.filter(role=Role.ADMIN).earliest("pk"))
    billing, tech = (str(key("nordwind", "queue", slug)) for slug in ("billing-chat", "tech-chat"))
    team = str(Team.objects.get(name=TEAMS["billing"]).pk)
    for metric, scope, period, target, threshold in (
        ("reopen_rate", Aim("floor", goals.ALL), "day", "10", "20"),
        ("transfer_rate", Aim("floor", goals.ALL), "day", "12", "20"),
        ("abandonment_rate", Aim("floor", goals.ALL), "day", "5", "10"),
        ("ai_confidence", Aim("floor", goals.ALL), "day", "0.65", ""),
        ("csat", Aim("queue", billing), "week", "80", "70"),
        ("first_reply_time", Aim("queue", billing), "day", "60s", "2m"),
        ("csat", Aim("queue", tech), "week", "80", "70"),
        ("csat", Aim("team", team), "week", "85", ""),
        ("adherence", Aim("role", Role.AGENT), "day", "90", ""),
        ("fallback_rate", Aim("person", str(key("nordwind", "agent", AI_AGENTS[0].slug))), "day", "15", "25"),
    ):
        goal_setting.set_goal(
            by=admin, metric=metric, scope=scope, period=period, target=target, threshold=threshold,
            from_on=at.astimezone(admin.zone).date(), at=at,
        )  # fmt: skip


def _quiet(at: datetime) -> None:
    """Silence one rule until the end of the day, and one queue for a while; name an address outside that is told of nothing yet.

    Of an address that nobody answers at, the page would soon show failures that are none of the portal's: it is switched off.
    """
    if Silence.objects.exists() or Endpoint.objects.exists():
        return
    alerts.seed(at=at)
    olu, lena = (viewer_for(User.objects.get(username=name)) for name in ("olu", "lena"))
    backlog, billing = Rule.objects.get(key="backlog"), Queue.objects.get(pk=key("nordwind", "queue", "billing-chat"))
    alerts.silence(by=olu, rule=backlog, queue=None, minutes=480, reason="The old mailbox is being moved today", at=at)
    alerts.silence(
        by=lena,
        rule=Rule.objects.get(key="queue-length"),
        queue=billing,
        minutes=60,
        reason="Training until the hour is over",
        at=at,
    )
    admin = viewer_for(User.objects.filter(role=Role.ADMIN).earliest("pk"))
    pager = alerts.make_endpoint(
        by=admin, name="Pager of the night desk", url="https://pager.example.com/midshift", least_severity=3, at=at
    )
    alerts.switch_endpoint(by=admin, pk=pager.pk, is_on=False, at=at)


def _holidays(shop: Shop) -> dict[date, str]:
    year = shop.opened_on.year
    return {
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Boxing Day",
        date(year + 1, 1, 1): "New Year’s Day",
    }


def _shifts(shop: Shop, at: datetime) -> None:
    """Plan the week around a moment. When the shop's clock was set anew, shifts still to come by the old one go."""
    today = shop.day_of(at)
    planned = []
    for ahead in range(-SHIFTS_BEHIND_DAYS, SHIFTS_AHEAD_DAYS + 1):
        on = today + timedelta(days=ahead)
        struggles = incidents_of(shop=shop, on=on).has("new_policy")
        for person in PEOPLE:
            if is_working(person=person, on=on, struggles=struggles):
                start, end = (shop.starts_at(on) + timedelta(seconds=seconds) for seconds in shift_of(person))
                planned.append(Shift(agent_id=key("nordwind", "agent", person.slug), starts_at=start, ends_at=end))
    mine = Shift.objects.filter(agent_id__in={shift.agent_id for shift in planned})
    mine.filter(ends_at__gt=shop.starts_at(today)).exclude(
        starts_at__in={shift.starts_at for shift in planned}
    ).delete()
    Shift.objects.bulk_create(planned, ignore_conflicts=True)


def _people_sign_in(shop: Shop) -> None:
    """Everybody at work has an account, so that everybody can be coached; their names are those of the shop's e-mail."""
    known = {one.agent for one in LOGINS}
    names = {p.slug.replace("-", "."): p for p in PEOPLE if p.slug not in known}
    password = make_password(PASSWORD)
    User.objects.bulk_create(
        [
            User(username=name, role=Role.AGENT, display_name=person.name, time_zone=shop.zone, password=password)
            for name, person in names.items()
        ],
        ignore_conflicts=True,
    )
    User.objects.filter(username__in=names).update(time_zone=shop.zone)
    users = {one.username: one.pk for one in User.objects.filter(username__in=names)}
    agents = {one.pk: one for one in Agent.objects.filter(user=None, kind=AgentKind.HUMAN)}
    free = [
        (agents[pk], users[name])
        for name, person in names.items()
        if (pk := key("nordwind", "agent", person.slug)) in agents
    ]
    for agent, user in free:
        agent.user_id = user
    Agent.objects.bulk_update([agent for agent, _ in free], ["user"])


def _logins(shop: Shop) -> None:
    teams = {slug: Team.objects.get(name=name) for slug, name in TEAMS.items()}
    queues = {plan.slug: Queue.objects.get(pk=key("nordwind", "queue", plan.slug)) for plan in QUEUES}
    for login in LOGINS:
        user, made = User.objects.get_or_create(
            username=login.username, defaults={"role": login.role, "display_name": login.name, "time_zone": shop.zone}
        )
        if made:
            user.set_password(PASSWORD)
            user.is_staff = user.is_superuser = login.role == "admin"
        user.time_zone = shop.zone
        user.save()
        for team in login.teams:
            if login.role == "lead":
                assign_perm("agents.lead_team", user, teams[team])
            for plan in QUEUES:
                if plan.team == team:
                    assign_perm("interactions.work_queue", user, queues[plan.slug])
        if login.agent is not None:
            Agent.objects.filter(pk=key("nordwind", "agent", login.agent)).update(user=user)
