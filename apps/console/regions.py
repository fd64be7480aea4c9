"""The live regions of the screens: one partial, one URL and a few topics each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse

from apps.access.queries import read_lately, unseen_notices
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.alerts import queries as alerting
from apps.console import ai_agents, conversations, feedback, floor, lateness, own, people, welcome
from apps.console import figures as leading
from apps.console import transcript as told
from apps.console.hour import hour
from apps.console.scope import linked, looking
from apps.console.shift import shift as shift_so_far
from apps.interactions.models import Conversation, Queue
from apps.interactions.queries import is_readable
from apps.interventions import queries as interventions
from apps.routing import queries as routing
from apps.shared.asking import account_of
from apps.shared.errors import OutOfScope
from apps.shared.regions import Params, Region

# What was done so long ago is of another shift.
A_SHIFT = timedelta(hours=10)
Context = dict[str, Any]
Reader = Callable[[Viewer, Params, datetime], Context]


def named(params: Params, name: str) -> UUID:
    """Read the key of what a region is about.

    :raises OutOfScope: it is missing or no key at all, which is answered like something that does not exist.
    """
    try:
        return UUID(params.get(name, ""))
    except ValueError:
        raise OutOfScope from None


def verdict(viewer: Viewer, params: Params, at: datetime) -> Context:
    title, text = floor.verdict(lines=floor.queues(viewer=viewer, at=at), at=at)
    return {"title": title, "text": text}


def shift(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"shift": shift_so_far(viewer=viewer, at=at), "label": "The shift so far", "face": "filled"}


def figures(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"figures": leading.figures(viewer=viewer, at=at)}


def queues(viewer: Viewer, params: Params, at: datetime) -> Context:
    found = floor.queues(viewer=viewer, at=at)
    since = lateness.oldest_of(lateness.late(viewer=viewer, at=at))
    found = [replace(one, late_since=since[one.key]) if one.key in since else one for one in found]
    return {"queues": found, "has_mood": any(one.mood is not None for one in found)}


def sources(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"late": lateness.late(viewer=viewer, at=at)}


def longest(viewer: Viewer, params: Params, at: datetime) -> Context:
    keys = floor.longest_waiting(viewer=viewer, at=at)
    return {
        "conversations": conversations.rows_of(viewer=viewer, keys=keys), "title": "Who waits longest",
        "note": "against the queue’s target", "empty_kind": "good", "empty_title": "Nobody is waiting",
        "empty_text": "Whoever waits longest for their queue shows here.",
    }  # fmt: skip


def board(viewer: Viewer, params: Params, at: datetime) -> Context:
    found = people.people(viewer=viewer, at=at)
    empty = "" if found else people.next_shift(viewer=viewer, at=at)
    return {
        "people": found, "note": people.people_note(found), "empty_text": empty,
        "has_mood": any(one.mood is not None for one in found),
    }  # fmt: skip


def ai(viewer: Viewer, params: Params, at: datetime) -> Context:
    found = people.ai_agents(viewer=viewer, at=at)
    return {
        "agents": found, "has_checks": any(one.loops is not None for one in found),
        "has_holds": any(one.holds is not None for one in found),
    }  # fmt: skip


def ai_now(viewer: Viewer, params: Params, at: datetime) -> Context:
    found = ai_agents.now_of(viewer=viewer, pk=named(params, "ai_agent"), at=at)
    return {"figures": found, "title": "The last hour"}


def alerts(viewer: Viewer, params: Params, at: datetime) -> Context:
    return alerting.drawn(viewer=viewer, at=at)


def routed(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"running": routing.running(viewer=viewer, at=at), "helps": routing.helps(viewer=viewer, at=at)}


def done(viewer: Viewer, params: Params, at: datetime) -> Context:
    rows = interventions.recent(viewer=viewer, at=at, since=at - A_SHIFT, most=interventions.ON_FLOOR)
    return {"rows": rows, "all_href": linked(viewer, "interventions")}


def queue_now(viewer: Viewer, params: Params, at: datetime) -> Context:
    key = str(named(params, "queue"))
    line = next((one for one in floor.queues(viewer=viewer, at=at) if one.key == key), None)
    if line is None:
        raise OutOfScope
    kept = "Nobody has waited longer than promised." if line.first_reply_target_seconds else "No reply target is set."
    told = f"{line.why[0].upper()}{line.why[1:]}." if line.why else kept
    return {"queue": line, "text": told, "trail": [{"href": linked(viewer, "home"), "label": "Floor"}]}


def queue_hour(viewer: Viewer, params: Params, at: datetime) -> Context:
    queue, steps = hour(viewer=viewer, queue=named(params, "queue"), at=at)
    return {"steps": steps, "target_seconds": queue.reply_target_seconds}


def waiting(viewer: Viewer, params: Params, at: datetime) -> Context:
    found = Conversation.objects.visible_to(viewer).filter(
        queue=named(params, "queue"), is_open=True, waiting_since__isnull=False
    )
    keys = list(found.order_by("waiting_since").values_list("pk", flat=True)[:50])
    return {
        "conversations": conversations.rows_of(viewer=viewer, keys=keys), "title": "Waiting, oldest first", "count": len(keys),
        "empty_kind": "good", "empty_title": "Nobody is waiting", "empty_text": "The next customer shows here as they arrive.",
    }  # fmt: skip


def new_rows(viewer: Viewer, params: Params, at: datetime) -> Context:
    facets = {name: params[name] for name in ("channel", "queue", "agent", "state") if name in params}
    for name in {"queue", "agent"} & set(facets):
        named(params, name)
    try:
        since = datetime.fromisoformat(params.get("since", at.isoformat()))
    except ValueError:
        raise OutOfScope from None
    wanted = conversations.Filter(
        channel=facets.get("channel", ""), queue=facets.get("queue", ""), agent=facets.get("agent", ""),
        state=facets.get("state", ""),
    )  # fmt: skip
    asked = urlencode({**facets, **({"scope": viewer.scope} if viewer.scope else {})})
    return {
        "count": conversations.begun_since(viewer=viewer, wanted=wanted, since=since, at=at),
        "href": reverse("conversations") + (f"?{asked}" if asked else ""),
    }


def transcript(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"items": told.transcript(viewer=viewer, pk=named(params, "conversation"), at=at).items}


def transcript_seen(viewer: Viewer, params: Params, at: datetime) -> None:
    """Whoever is shown a transcript stands in the audit as its reader, by whichever way it comes.

    A page writes its own entry as it is opened. Its live part renews it every quarter of an hour that it is fetched, and when
    it is watched anew.
    """
    key = named(params, "conversation")
    if read_lately(by=viewer, conversation_id=key, at=at):
        return
    found = told.transcript(viewer=looking(viewer, params.get("scope", "")), pk=key, at=at)
    told.note_read(viewer=viewer, found=found, at=at)


def notices(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"notices": unseen_notices(viewer=viewer)}


def first_event(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"steps": welcome.steps(viewer=viewer)}


def own_feedback(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"held": feedback.mine(viewer=viewer)}


def team_feedback_head(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"due": feedback.due_count(viewer=viewer, at=at)}


def team_feedback(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"found": feedback.feedback(viewer=viewer, at=at)}


def own_news(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"news": own.new(viewer=viewer, at=at)}


def own_queues(viewer: Viewer, params: Params, at: datetime) -> Context:
    return {"queues": own.load(viewer=viewer)}


def own_held(viewer: Viewer, params: Params, at: datetime) -> Context:
    found = own.held(viewer=viewer)
    return {
        "conversations": found, "title": "In your hands", "count": len(found), "empty_kind": "good",
        "empty_title": "No open conversation", "empty_text": "The next one shows here as soon as you hold it.",
    }  # fmt: skip


PARTIALS: Mapping[str, tuple[str, Reader]] = {
    "floor.verdict": ("console/parts/verdict.html", verdict),
    "floor.shiftline": ("components/shift_line.html", shift),
    "floor.sources": ("components/late_sources.html", sources),
    "floor.waiting": ("components/conversation_list.html", longest),
    "floor.figures": ("components/figures.html", figures),
    "floor.queues": ("components/queue_table.html", queues),
    "floor.people": ("components/people.html", board),
    "floor.ai": ("components/ai_table.html", ai),
    "ai.now": ("components/figures.html", ai_now),
    "floor.alerts": ("components/alerts.html", alerts),
    "floor.routing": ("routing/parts/now.html", routed),
    "floor.done": ("interventions/parts/done.html", done),
    "queue.now": ("console/parts/queue_now.html", queue_now),
    "queue.hour": ("components/trend_table.html", queue_hour),
    "queue.waiting": ("components/conversation_list.html", waiting),
    "conversations.new": ("components/new_rows.html", new_rows),
    "notices.bar": ("console/parts/notices.html", notices),
    "welcome.steps": ("console/parts/steps.html", first_event),
    "me.news": ("console/parts/my_news.html", own_news),
    "me.queues": ("console/parts/my_queues.html", own_queues),
    "me.held": ("components/conversation_list.html", own_held),
    "feedback.head": ("console/parts/feedback_head.html", team_feedback_head),
    "feedback.team": ("console/parts/feedback_team.html", team_feedback),
    "feedback.mine": ("console/parts/my_feedback.html", own_feedback),
    "conversation.transcript": ("components/transcript.html", transcript),
}


def render(name: str, viewer: Viewer, params: Params, at: datetime) -> str:
    """The HTML of a region, the same for a first visit, a push and a poll."""
    template, read = PARTIALS[name]
    return render_to_string(
        template, {"face": "filled", **read(viewer, params, at), "region": name, "params": dict(params), "now": at}
    )


def _of_agent(name: str, topics: Callable[[Viewer], list[str]], permission: Permission) -> Region:
    """A part of an agent's own pages. An agent is a class of their own: nobody else is sent it."""
    return Region(
        name=name,
        topics=lambda viewer, params: topics(viewer),
        permitted=lambda viewer, params: viewer.allows(permission),
        render=lambda viewer, params, at: render(name, viewer, params, at),
    )


def _region(
    name: str, topics: Callable[[Params], list[str]], permitted: Callable[[Viewer, Params], bool],
    seen: Callable[[Viewer, Params, datetime], None] | None = None,
) -> Region:  # fmt: skip
    """A region that is held to the part of the scope its parameters name, whoever asks for it."""
    return Region(
        name=name,
        topics=lambda viewer, params: topics(params),
        permitted=lambda viewer, params: permitted(looking(viewer, params.get("scope", "")), params),
        render=lambda viewer, params, at: render(name, looking(viewer, params.get("scope", "")), params, at),
        seen=seen,
    )


def _may(permission: Permission) -> Callable[[Viewer, Params], bool]:
    return lambda viewer, params: viewer.allows(permission)


def _queue_in_scope(viewer: Viewer, params: Params) -> bool:
    return (
        viewer.allows(Permission.VIEW_CONVERSATIONS)
        and Queue.objects.visible_to(viewer).filter(pk=named(params, "queue")).exists()
    )


def _queue_on_floor(viewer: Viewer, params: Params) -> bool:
    return (
        viewer.allows(Permission.VIEW_FLOOR)
        and Queue.objects.visible_to(viewer).filter(pk=named(params, "queue")).exists()
    )


def _ai_on_floor(viewer: Viewer, params: Params) -> bool:
    return (
        viewer.allows(Permission.VIEW_FLOOR)
        and Agent.objects.visible_to(viewer).ai().filter(pk=named(params, "ai_agent")).exists()
    )


def _topics_of_feedback(params: Params) -> list[str]:
    account_of(params)
    return ["feedback"]


def _theirs_to_talk(viewer: Viewer, params: Params) -> bool:
    """Nobody is due for a conversation with themselves: the region names whose list it is."""
    return viewer.allows(Permission.VIEW_SCORECARDS) and account_of(params) == viewer.user.pk


def _topics_of_ai(params: Params) -> list[str]:
    """All AI agents change at once; one that is not named has no topics."""
    named(params, "ai_agent")
    return ["ai"]


def _conversation_in_scope(viewer: Viewer, params: Params) -> bool:
    return is_readable(viewer=viewer, conversation=named(params, "conversation"))


def _reads_on_floor(viewer: Viewer, params: Params) -> bool:
    return viewer.allows(Permission.VIEW_FLOOR) and viewer.allows(Permission.VIEW_CONVERSATIONS)


_FLOOR = _may(Permission.VIEW_FLOOR)
REGIONS: dict[str, Region] = {
    region.name: region
    for region in (
        _region("floor.verdict", lambda p: ["floor"], _FLOOR),
        _region("floor.shiftline", lambda p: ["floor", "alerts", "interventions"], _FLOOR),
        _region("floor.sources", lambda p: ["floor", "sources"], _FLOOR),
        _region("floor.waiting", lambda p: ["floor"], _reads_on_floor),
        _region("floor.figures", lambda p: ["floor"], _FLOOR),
        _region("floor.queues", lambda p: ["floor"], _FLOOR),
        _region("floor.people", lambda p: ["people"], _may(Permission.VIEW_PEOPLE)),
        _region("floor.ai", lambda p: ["ai"], _FLOOR),
        _region("ai.now", _topics_of_ai, _ai_on_floor),
        _region("floor.alerts", lambda p: ["alerts"], _may(Permission.VIEW_ALERTS)),
        _region("floor.routing", lambda p: ["routing"], _may(Permission.REROUTE)),
        _region("floor.done", lambda p: ["interventions"], _may(Permission.VIEW_INTERVENTIONS)),
        _region("queue.now", lambda p: [f"queue:{named(p, 'queue')}"], _queue_on_floor),
        _region("queue.hour", lambda p: [f"queue:{named(p, 'queue')}"], _queue_on_floor),
        _region("queue.waiting", lambda p: [f"queue:{named(p, 'queue')}"], _queue_in_scope),
        _region("conversations.new", lambda p: ["conversations"], _may(Permission.VIEW_CONVERSATIONS)),
        # The floor's topic too: a notice that was looked into leaves with the next change.
        _region("notices.bar", lambda p: ["notices", "floor"], _may(Permission.VIEW_NOTICES)),
        _region("welcome.steps", lambda p: ["floor", "sources"], _may(Permission.MANAGE_SETUP)),
        _of_agent(
            "me.news",
            lambda viewer: [f"reviews:{viewer.user.pk}", f"feedback:{viewer.user.pk}"],
            Permission.VIEW_OWN_SCORECARD,
        ),
        _of_agent(
            "me.queues",
            lambda viewer: [f"queue:{one.pk}" for one in own.queues_of(viewer)],
            Permission.VIEW_OWN_SCORECARD,
        ),
        _of_agent("me.held", own.topics_of_held, Permission.VIEW_OWN_SCORECARD),
        *(_region(name, _topics_of_feedback, _theirs_to_talk) for name in ("feedback.head", "feedback.team")),
        _of_agent("feedback.mine", lambda viewer: [f"feedback:{viewer.user.pk}"], Permission.BE_COACHED),
        _region(
            "conversation.transcript",
            lambda p: [f"conversation:{named(p, 'conversation')}"],
            _conversation_in_scope,
            seen=transcript_seen,
        ),
    )
}


def people_in_scope(viewer: Viewer) -> bool:
    """Whether there is anybody the viewer may see by name."""
    return viewer.allows(Permission.VIEW_PEOPLE) and Agent.objects.visible_to(viewer).people().exists()
