"""Where agents belong: their team, and the account with which a person reads their own pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.shared.errors import Refusal


class AgentTaken(Refusal):
    """The agent is another account's, or no person."""


@transaction.atomic
def link_agent(*, by: Viewer, user: User, agent: Agent | None, at: datetime) -> None:
    """Let an account be one agent, or none: an agent reads the conversations they took part in.

    :raises AgentTaken: the agent is an AI agent, or somebody else's.
    """
    by.require(Permission.MANAGE_SETUP)
    if agent is not None:
        agent = Agent.objects.select_for_update().get(pk=agent.pk)
        if agent.kind == "ai" or agent.user_id not in (None, user.pk):
            raise AgentTaken(f"{agent.name} cannot be this account’s. Choose somebody who has no account yet.")
        if agent.user_id == user.pk:
            return
    let_go = Agent.objects.filter(user=user).update(user=None)
    if agent is not None:
        agent.user, agent.is_listed = user, True
        agent.save(update_fields=["user", "is_listed"])
    if agent is not None or let_go:
        about = "none" if agent is None else f"agent {agent.pk}"
        audit.record(by=by, verb="agent.linked", subject=user, about=about, at=at, concerns=[user.pk])


@transaction.atomic
def place_agents(*, by: Viewer, agents: Iterable[UUID], team: Team, at: datetime) -> int:
    """Put people into a team; whoever leads it sees them from now on. Return how many were moved."""
    by.require(Permission.MANAGE_SETUP)
    moved = Agent.objects.people().filter(pk__in=list(agents)).exclude(team=team).update(team=team, is_listed=True)
    if moved:
        audit.record(by=by, verb="agent.placed", subject=team, about=f"{moved} people", at=at)
    return moved
