"""The first steps of an empty portal: a team, a queue, its lead, a source, and its first event seen arriving."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.db import transaction
from django.urls import reverse

from apps.access.models import User
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Team, TeamUserObjectPermission
from apps.interactions.models import Conversation, Queue
from apps.ui.templatetags.ui import CHANNELS


class TeamForm(forms.Form):
    """The first team."""

    name = forms.CharField(max_length=80)

    def clean_name(self) -> str:
        """Refuse a name that is taken."""
        name = str(self.cleaned_data["name"])
        if Team.objects.filter(name=name).exists():
            raise forms.ValidationError(f"A team called {name} exists already. Choose another name.")
        return name


class QueueForm(forms.Form):
    """The first queue and its promise."""

    name = forms.CharField(max_length=120)
    channel = forms.ChoiceField(
        choices=[(key, label) for key, (_, label) in CHANNELS.items()], widget=forms.Select(attrs={"class": "c-input"})
    )
    reply_target_seconds = forms.IntegerField(min_value=1, max_value=30 * 86_400)
    teams = forms.ModelMultipleChoiceField(Team.objects.all(), required=False, widget=forms.CheckboxSelectMultiple)


class WallForm(forms.Form):
    """A new link to a wallboard."""

    name = forms.CharField(max_length=80)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it is done, and where the next one is done when it is on another page."""

    title: str
    text: str
    is_done: bool
    href: str = ""
    action: str = ""


def is_untouched() -> bool:
    """True while nobody made a team or a queue and nothing ever arrived. One statement in a running portal."""
    return not (Conversation.objects.exists() or Queue.objects.exists() or Team.objects.exists())


def steps(*, viewer: Viewer) -> list[Step]:
    """What is done and what comes next. Four statements."""
    viewer.require(Permission.MANAGE_SETUP)
    first = Conversation.objects.order_by("started_at").values_list("source", flat=True).first()
    return [
        Step("Name the first team", "People and their lead belong to a team.", Team.objects.exists()),
        Step("Open the first queue", "Where conversations wait, and how fast they are answered.", Queue.objects.exists()),
        Step(
            "Let its lead in", "An account that leads the team and works its queue: nobody else sees what goes on there by name.",
            User.objects.filter(is_active=True, role=Role.LEAD, pk__in=TeamUserObjectPermission.objects.values("user")).exists(),
            reverse("accounts"), "Go to people and access",
        ),
        Step(
            "Connect a source", "It gets an address and a token; the page shows how to send a first event.",
            first is not None, reverse("sources"), "Go to the sources",
        ),
        Step(
            "See its first event arrive",
            "Waiting for the first event. This line changes by itself." if first is None else f"The first conversation came from {first}.",
            first is not None, "" if first is None else reverse("home"), "Open the floor",
        ),
    ]  # fmt: skip


@transaction.atomic
def create_team(*, by: Viewer, name: str) -> Team:
    """Make a team.

    :raises NotAllowed: the role does not set up teams.
    """
    by.require(Permission.MANAGE_SETUP)
    return Team.objects.create(name=name)


@transaction.atomic
def create_queue(
    *, by: Viewer, name: str, channel: str, reply_target_seconds: int, teams: Iterable[Team] = ()
) -> Queue:
    """Make a listed queue, answered by these teams, that promises 80 % of first replies within the target.

    :raises NotAllowed: the role does not set up queues.
    """
    by.require(Permission.MANAGE_SETUP)
    queue = Queue.objects.create(
        name=name, channel=channel, reply_target_seconds=reply_target_seconds, service_level_target=0.8, is_listed=True
    )
    queue.teams.set(teams)
    return queue
