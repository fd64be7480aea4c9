"""The screens: each reads once and renders; live parts are the same partials that the socket sends."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.access import audit, queries, services
from apps.access.roles import Permission, Role
from apps.agents.services import link_agent, place_agents
from apps.alerts import queries as alerting
from apps.coaching.queries import coachable
from apps.console import accounts as access_page
from apps.console import conversations as talks
from apps.console import palette, transcript, workday
from apps.console import people as staff
from apps.console import wall as wallboard
from apps.console import welcome as opening
from apps.console.scope import linked
from apps.console.views.frame import handed_over, parts_of, show, viewer_of
from apps.interactions.models import Queue
from apps.reviews.queries import reviewable
from apps.shared.errors import OutOfScope
from apps.shared.reading import one_reading


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The floor; whoever has none is sent to the conversations."""
    viewer = viewer_of(request)
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
        "floor.routing",
        "floor.done",
        "floor.waiting",
        "floor.sources",
        "notices.bar",
    )
    is_empty = viewer.allows(Permission.MANAGE_SOURCES) and not Queue.objects.exists()
    with one_reading():  # the rail counts the alerts that the page shows
        return show(
            request, "floor.html", page="floor", is_empty=is_empty, **parts_of(viewer, names), **handed_over(viewer)
        )


def welcome(request: HttpRequest) -> HttpResponse:
    """The first steps of an empty portal; a POST makes the first team or the first queue."""
    viewer = viewer_of(request)
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
    context = {"is_live": True, "page": "welcome", "team": team, "queue": line, **parts_of(viewer, ("welcome.steps",))}
    return render(request, "console/welcome.html", context, status=status)


@require_safe
def queue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One queue: its hour, and who is waiting."""
    viewer = viewer_of(request)
    viewer.require(Permission.VIEW_FLOOR)
    found = Queue.objects.visible_to(viewer).filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    parts = parts_of(viewer, ("floor.sources", "queue.now", "queue.hour", "queue.waiting"), queue=str(pk))
    return show(request, "queue.html", page="floor", name=found.name, **parts)


@require_safe
def alert_worst(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The conversations that an alert is about most."""
    viewer, now = viewer_of(request), timezone.now()
    card, keys = alerting.worst(viewer=viewer, pk=pk, at=now)
    return show(
        request, "worst.html", page="alerts", is_live=False, alert=card, now=now, held=talks.rows_of(viewer=viewer, keys=keys),
        reads=viewer.allows(Permission.VIEW_CONVERSATIONS),
    )  # fmt: skip


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody on shift."""
    viewer = viewer_of(request)
    viewer.require(Permission.VIEW_PEOPLE)
    return show(request, "people.html", page="people", **parts_of(viewer, ("floor.sources", "floor.people")))


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One person's shift: states and open conversations."""
    viewer, now = viewer_of(request), timezone.now()
    agent = staff.get_person(viewer=viewer, pk=pk)
    held = talks.rows_of(viewer=viewer, keys=staff.held_by(viewer=viewer, agent=agent))
    return show(
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


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """What the palette finds for posted words, as groups of options."""
    words = request.POST.get("q", "")[:100]
    groups = palette.find(viewer=viewer_of(request), words=words, at=timezone.now())
    return render(request, "console/parts/found.html", {"groups": groups})


@require_safe
def ai(request: HttpRequest) -> HttpResponse:
    """AI agents, measured apart from people."""
    viewer = viewer_of(request)
    viewer.require(Permission.VIEW_FLOOR)
    return show(request, "ai.html", page="ai", **parts_of(viewer, ("floor.sources", "floor.ai")))


def conversations(request: HttpRequest) -> HttpResponse:
    """The list. Facets are in the address; search words come by POST, so that they stay out of addresses and logs."""
    viewer, now = viewer_of(request), timezone.now()

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
    parts = parts_of(viewer, ("conversations.new",), since=now.isoformat(), **given_facets) if is_live else {}
    parts |= parts_of(viewer, ("notices.bar",)) if is_live else {}
    return show(
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


@require_safe
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One conversation: transcript, time line, facts."""
    viewer, now = viewer_of(request), timezone.now()
    with one_reading():
        told = transcript.transcript(viewer=viewer, pk=pk, at=now)
        transcript.note_read(viewer=viewer, found=told, at=now)
        live = parts_of(viewer, ("conversation.transcript",), now, conversation=str(pk))
    return show(
        request, "conversation.html", page="conversations", told=told, conversation=told.conversation, now=now,
        coachable=coachable(viewer=viewer, conversation=pk), reviewable=reviewable(viewer=viewer, conversation=pk),
        may_hear=viewer.allows(Permission.HEAR_RECORDINGS), share_href=linked(viewer, "exemplar_share", pk) if viewer.allows(Permission.SHARE_EXEMPLARS) else "",
        may_open=viewer.allows(Permission.OPEN_VALUES), **live, **parts_of(viewer, ("notices.bar",)),
    )  # fmt: skip


def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts and what each may see; a POST makes one and shows its first password this once."""
    viewer = viewer_of(request)
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
    viewer, now = viewer_of(request), timezone.now()
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
    viewer = viewer_of(request)
    viewer.require(Permission.MANAGE_SETUP)
    if form.is_valid():
        chosen = [one.pk for one in form.cleaned_data["agents"]]
        place_agents(by=viewer, agents=chosen, team=form.cleaned_data["team"], at=timezone.now())
    return redirect("accounts")


def walls(request: HttpRequest) -> HttpResponse:
    """The links to wallboards; a POST makes one and shows its address this once."""
    viewer = viewer_of(request)
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
    services.revoke_wall_link(by=viewer_of(request), pk=pk, at=timezone.now())
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
