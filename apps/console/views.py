"""The screens: each reads once and renders; live parts are the same partials that the socket sends."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from apps.access import audit, queries, services
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.services import link_agent, place_agents
from apps.coaching import regions as coaching
from apps.coaching.queries import coachable
from apps.console import accounts as access_page
from apps.console import conversations as talks
from apps.console import palette, regions, transcript, workday
from apps.console import people as staff
from apps.console import wall as wallboard
from apps.console import welcome as opening
from apps.console.scope import linked, looking
from apps.interactions.models import Queue
from apps.metrics import cards, scorecards
from apps.shared.errors import OutOfScope
from apps.shared.reading import one_reading

# How many entries of the audit an agent's first page shows.
MOST_LOOKS = 8


def _viewer(request: HttpRequest) -> Viewer:
    """The person who asks, looking at the part of the scope that the address names."""
    found = looking(request.viewer, request.GET.get("scope", ""))  # type: ignore[attr-defined]
    request.looking = found  # type: ignore[attr-defined]
    return found


def _parts(
    viewer: Viewer, names: tuple[str, ...], at: datetime | None = None, /, **params: str
) -> dict[str, SafeString]:
    """Render the regions of a page that the viewer may see, by their name without dots; as they are now, or at a moment."""
    now = at or timezone.now()
    if viewer.scope:
        params["scope"] = viewer.scope
    with one_reading():
        return {
            name.replace(".", "_"): mark_safe(regions.render(name, viewer, params, now))  # noqa: S308  # rendered templates
            for name in names
            if regions.REGIONS[name].permitted(viewer, params)
        }


def _show(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    context = {"is_live": True, **context}
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if context["is_live"] and viewer.allows(Permission.BE_COACHED):
        # A note reaches its agent on whatever page they are.
        context["coaching_bar"] = mark_safe(coaching.bar(viewer, {}, timezone.now()))  # noqa: S308  # a rendered template
    return render(request, f"console/{template}", context)


def home(request: HttpRequest) -> HttpResponse:
    """The floor; whoever has none is sent to the conversations."""
    viewer = _viewer(request)
    if not viewer.allows(Permission.VIEW_FLOOR):
        return redirect(linked(viewer, "my_shift" if viewer.allows(Permission.VIEW_OWN_SCORECARD) else "conversations"))
    if viewer.allows(Permission.MANAGE_SETUP) and opening.is_untouched():
        return redirect("welcome")
    names = (
        "floor.verdict",
        "floor.shiftline",
        "floor.figures",
        "floor.queues",
        "floor.people",
        "floor.ai",
        "floor.alerts",
        "floor.waiting",
        "floor.sources",
        "notices.bar",
    )
    is_empty = not Queue.objects.exists() and viewer.allows(Permission.MANAGE_SOURCES)
    return _show(request, "floor.html", page="floor", is_empty=is_empty, **_parts(viewer, names))


def welcome(request: HttpRequest) -> HttpResponse:
    """The first steps of an empty portal; a POST makes the first team or the first queue."""
    viewer = _viewer(request)
    viewer.require(Permission.MANAGE_SETUP)
    step = request.POST.get("step") if request.method == "POST" else ""
    team = opening.TeamForm(request.POST if step == "team" else None)
    line = opening.QueueForm(request.POST if step == "queue" else None)
    if team.is_valid():
        opening.create_team(by=viewer, **team.cleaned_data)
        return redirect("welcome")
    if line.is_valid():
        opening.create_queue(by=viewer, **line.cleaned_data)
        return redirect("welcome")
    status = 422 if team.is_bound or line.is_bound else 200
    context = {"is_live": True, "page": "welcome", "team": team, "queue": line, **_parts(viewer, ("welcome.steps",))}
    return render(request, "console/welcome.html", context, status=status)


def queue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One queue: its hour, and who is waiting."""
    viewer = _viewer(request)
    viewer.require(Permission.VIEW_FLOOR)
    found = Queue.objects.visible_to(viewer).filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    parts = _parts(viewer, ("floor.sources", "queue.now", "queue.hour", "queue.waiting"), queue=str(pk))
    return _show(request, "queue.html", page="floor", name=found.name, **parts)


def people(request: HttpRequest) -> HttpResponse:
    """Everybody on shift."""
    viewer = _viewer(request)
    viewer.require(Permission.VIEW_PEOPLE)
    return _show(request, "people.html", page="people", **_parts(viewer, ("floor.sources", "floor.people")))


def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One person's shift: states and open conversations."""
    viewer, now = _viewer(request), timezone.now()
    agent = staff.get_person(viewer=viewer, pk=pk)
    held = talks.rows_of(viewer=viewer, keys=staff.held_by(viewer=viewer, agent=agent))
    return _show(
        request, "person.html", page="people", is_live=False, agent=agent, held=held, now=now,
        line=staff.states(agent=agent, at=now), last_seen=staff.last_seen(agent=agent, at=now),
        text=staff.state_text(viewer=viewer, agent=agent, at=now),
        day=workday.day_of(viewer=viewer, agent=agent, at=now),
        trail=[{"href": linked(viewer, "people"), "label": "People"}],
        actions=[{"href": linked(viewer, "scorecard", agent.pk), "label": "Scorecard", "icon": "gauge"}, *(
            [{"href": linked(viewer, "coach", agent.pk), "label": "Coach", "icon": "graduation-cap"}]
            if viewer.allows(Permission.COACH) else []
        )],
        method_href=linked(viewer, "how_i_am_measured") + "#active_time",
    )  # fmt: skip


def _own(viewer: Viewer) -> Agent | None:
    viewer.require(Permission.VIEW_OWN_SCORECARD)
    return scorecards.get_own(viewer)


def my_shift(request: HttpRequest) -> HttpResponse:
    """The agent's first page: today's goals, what is in hand, where the time went, and who looked."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now, agent = timezone.now(), _own(viewer)
    if agent is None:
        return _show(request, "unlinked.html", page="my_shift", is_live=False)
    found = cards.card(scorecards.scorecard(viewer=viewer, agent=agent, window="today", at=now), is_own=True)
    looks = queries.audit_page(viewer=viewer, sought=queries.Sought()).entries[:MOST_LOOKS]
    return _show(
        request, "my_shift.html", page="my_shift", card=found, now=now, looks=looks,
        held=talks.rows_of(viewer=viewer, keys=staff.held_by(viewer=viewer, agent=agent)),
        day=workday.day_of(viewer=viewer, agent=agent, at=now), method_href=reverse("how_i_am_measured") + "#active_time",
    )  # fmt: skip


def my_scorecard(request: HttpRequest) -> HttpResponse:
    """The agent's own numbers over a window."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    agent = _own(viewer)
    if agent is None:
        return _show(request, "unlinked.html", page="my_scorecard", is_live=False)
    return _scorecard(request, viewer, agent, is_own=True, page="my_scorecard")


def scorecard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The scorecard of one of the people one leads: the same that they see."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return _scorecard(request, viewer, staff.get_person(viewer=viewer, pk=pk), is_own=False, page="people")


def _scorecard(request: HttpRequest, viewer: Viewer, agent: Agent, *, is_own: bool, page: str) -> HttpResponse:
    window = request.GET.get("window", "7d")
    found = scorecards.scorecard(viewer=viewer, agent=agent, window=window, at=timezone.now())
    choices = [
        {"label": one.label, "href": f"?window={key}", "is_current": key == window}
        for key, one in scorecards.WINDOWS.items()
    ]
    trail = [] if is_own else [
        {"label": "People", "href": linked(viewer, "people")}, {"label": agent.name, "href": linked(viewer, "person", agent.pk)},
    ]  # fmt: skip
    return _show(
        request, "scorecard.html", page=page, is_live=False, agent=agent, is_own=is_own, who="You" if is_own else agent.name, found=found, choices=choices, trail=trail,
        card=cards.card(found, is_own=is_own),
    )  # fmt: skip


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """What the palette finds for posted words, as groups of options."""
    words = request.POST.get("q", "")[:100]
    groups = palette.find(viewer=_viewer(request), words=words, at=timezone.now())
    return render(request, "console/parts/found.html", {"groups": groups})


def ai(request: HttpRequest) -> HttpResponse:
    """AI agents, measured apart from people."""
    viewer = _viewer(request)
    viewer.require(Permission.VIEW_FLOOR)
    return _show(request, "ai.html", page="ai", **_parts(viewer, ("floor.sources", "floor.ai")))


def conversations(request: HttpRequest) -> HttpResponse:
    """The list. Facets are in the address; search words come by POST, so that they stay out of addresses and logs."""
    viewer, now = _viewer(request), timezone.now()

    def given(name: str) -> str:
        return str(request.POST.get(name, request.GET.get(name, "")))

    wanted = talks.Filter(
        channel=given("channel"), queue=_uuid(given("queue")), agent=_uuid(given("agent")), state=given("state"),
        words=str(request.POST.get("q", "")).strip()[:100], page=_page(given("page")),
    )  # fmt: skip
    found = talks.listing(viewer=viewer, wanted=wanted, at=now)
    if found.values_shown:
        audit.record(by=viewer, verb="value.shown", about=f"{found.values_shown} values in a list", at=now)
    # Words stay out of the parameters of live parts as they stay out of addresses; later pages stay as they are.
    is_live = not wanted.words and wanted.page == 1
    chosen = {"channel": wanted.channel, "queue": wanted.queue, "agent": wanted.agent, "state": wanted.state}
    given_facets = {name: value for name, value in chosen.items() if value}
    parts = _parts(viewer, ("conversations.new",), since=now.isoformat(), **given_facets) if is_live else {}
    parts |= _parts(viewer, ("notices.bar",)) if is_live else {}
    return _show(
        request, "conversations.html", page="conversations", is_live=is_live, found=found, wanted=wanted, now=now,
        intro=f"{talks.whose(viewer)}, newest first. Personal data is masked.", **parts,
    )  # fmt: skip


def _page(text: str) -> int:
    """A page number; what is none is the first. The last page that is counted out is the ten thousandth."""
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() else 1


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One conversation: transcript, time line, facts."""
    viewer, now = _viewer(request), timezone.now()
    with one_reading():
        told = transcript.transcript(viewer=viewer, pk=pk, at=now)
        transcript.note_read(viewer=viewer, found=told, at=now)
        live = _parts(viewer, ("conversation.transcript",), now, conversation=str(pk))
    return _show(
        request, "conversation.html", page="conversations", told=told, conversation=told.conversation, now=now,
        coachable=coachable(viewer=viewer, conversation=pk), may_hear=viewer.allows(Permission.HEAR_RECORDINGS),
        may_open=viewer.allows(Permission.OPEN_VALUES), **live, **_parts(viewer, ("notices.bar",)),
    )  # fmt: skip


def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts and what each may see; a POST makes one and shows its first password this once."""
    viewer = _viewer(request)
    rows = access_page.accounts(viewer=viewer)
    form = access_page.AccountForm(request.POST or None, initial={"time_zone": viewer.user.time_zone})
    made, password = None, ""
    if form.is_bound and form.is_valid():
        try:
            made, password = services.add_account(by=viewer, at=timezone.now(), **form.cleaned_data)
        except services.AccountExists as refused:
            form.add_error("username", str(refused))
    if made is not None:
        rows = access_page.accounts(viewer=viewer)
        form = access_page.AccountForm(initial={"time_zone": viewer.user.time_zone})
    context = {"page": "accounts", "accounts": rows, "form": form, "made": made, "password": password,
               "place": access_page.PlaceForm(), "unplaced": access_page.without_team(viewer=viewer)}  # fmt: skip
    return render(request, "console/accounts.html", context, status=201 if made else 422 if form.is_bound else 200)


def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its role, its agent, its grants, and whether it is let in. A POST changes one of them."""
    viewer, now = _viewer(request), timezone.now()
    found = access_page.get_account(viewer=viewer, pk=pk)
    user, step = found.user, request.POST.get("step", "")
    role = access_page.RoleForm(request.POST if step == "role" else None, initial={"role": user.role})
    agent = access_page.AgentForm(
        request.POST if step == "agent" else None, user=user, initial={"agent": getattr(user, "agent", None)}
    )
    grants = access_page.GrantsForm(request.POST if step == "grants" else None, initial=access_page.grants_of(user))
    if role.is_bound and role.is_valid():
        services.change_role(by=viewer, user=user, role=Role(role.cleaned_data["role"]), at=now)
    elif agent.is_bound and agent.is_valid():
        link_agent(by=viewer, user=user, agent=agent.cleaned_data["agent"], at=now)
    elif grants.is_bound and grants.is_valid():
        access_page.set_grants(by=viewer, user=user, at=now, **grants.cleaned_data)
    elif step == "switch":
        services.switch_account(by=viewer, user=user, on=not user.is_active, at=now)
    else:
        context = {"page": "accounts", "account": found, "role": role, "agent": agent, "grants": grants,
                   "trail": [{"href": reverse("accounts"), "label": "People and access"}]}  # fmt: skip
        return render(request, "console/account.html", context, status=422 if request.method == "POST" else 200)
    return redirect("account_of", pk=pk)


@require_POST
def agents_placed(request: HttpRequest) -> HttpResponse:
    """Put people whom a source named into a team."""
    form = access_page.PlaceForm(request.POST)
    viewer = _viewer(request)
    viewer.require(Permission.MANAGE_SETUP)
    if form.is_valid():
        chosen = [one.pk for one in form.cleaned_data["agents"]]
        place_agents(by=viewer, agents=chosen, team=form.cleaned_data["team"], at=timezone.now())
    return redirect("accounts")


def walls(request: HttpRequest) -> HttpResponse:
    """The links to wallboards; a POST makes one and shows its address this once."""
    viewer = _viewer(request)
    form = opening.WallForm(request.POST or None)
    shown = ""
    if request.method == "POST" and form.is_valid():
        token = services.make_wall_link(by=viewer, name=form.cleaned_data["name"], at=timezone.now())
        shown, form = f"{settings.PUBLIC_URL}{reverse('wall', args=[token])}", opening.WallForm()
    context = {"page": "walls", "links": queries.wall_links(viewer=viewer), "form": form, "address": shown}
    status = 201 if shown else 422 if form.is_bound else 200
    return render(request, "console/walls.html", context, status=status)


@require_POST
def wall_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a link."""
    services.revoke_wall_link(by=_viewer(request), pk=pk, at=timezone.now())
    return redirect("walls")


@login_not_required
@require_GET
def wall(request: HttpRequest, token: str) -> HttpResponse:
    """The wallboard of a link, for whoever has it: the page, and with `?part` what it asks for every few seconds."""
    now = timezone.now()
    try:
        link, viewer = services.open_wall(token=token, at=now)
    except OutOfScope:
        # Nobody who stands in front of a wall can go back: the page says what to do. It is the same for every wrong token.
        return render(request, "console/wall_gone.html", status=404)
    with timezone.override(link.time_zone):
        template = "console/parts/wall.html" if "part" in request.GET else "console/wall.html"
        context = {"page": "wall", "name": link.name, **wallboard.board(viewer=viewer, at=now)}
        response = render(request, template, context)
    response["X-Midshift-Release"] = wallboard.release()
    response["X-Midshift-Now"] = str(int(now.timestamp() * 1000))
    response["Cache-Control"] = "no-store"
    return response
