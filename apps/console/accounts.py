"""People and access: accounts, what each may see, and people of the sources who are in no team yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import transaction
from django.db.models import Model, Q

from apps.access import services as access
from apps.access.models import User
from apps.access.roles import WHOLE_ORGANISATION, Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team, TeamUserObjectPermission
from apps.interactions.models import Queue, QueueUserObjectPermission
from apps.shared.errors import OutOfScope

# A list of people longer than this is found by its team.
MOST_WITHOUT_TEAM = 100
LEADS, WORKS = "lead_team", "work_queue"


class AccountForm(forms.Form):
    """A new account."""

    username = forms.CharField(max_length=150, validators=[UnicodeUsernameValidator()])
    display_name = forms.CharField(max_length=120)
    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(attrs={"class": "c-input"}))
    time_zone = forms.CharField(max_length=60)

    def clean_time_zone(self) -> str:
        """Refuse a zone that there is not."""
        zone = str(self.cleaned_data["time_zone"])
        if zone not in available_timezones():
            raise forms.ValidationError(f"There is no time zone {zone}. Write it like Europe/Berlin, or UTC.")
        return zone


class RoleForm(forms.Form):
    """Another role for an account."""

    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(attrs={"class": "c-input"}))


class AgentForm(forms.Form):
    """The agent that an account is; nobody, where none is chosen."""

    agent = forms.ModelChoiceField(
        Agent.objects.none(), required=False, empty_label="Nobody", widget=forms.Select(attrs={"class": "c-input"})
    )

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["agent"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # declared above
        field.queryset = Agent.objects.people().filter(Q(user=None) | Q(user=user)).order_by("name")


class GrantsForm(forms.Form):
    """The teams somebody leads and the queues they see."""

    teams = forms.ModelMultipleChoiceField(Team.objects.all(), required=False, widget=forms.CheckboxSelectMultiple)
    queues = forms.ModelMultipleChoiceField(Queue.objects.all(), required=False, widget=forms.CheckboxSelectMultiple)
    # Of what is newly chosen, also what was over before; of what is taken away, also what was over by then.
    with_past = forms.BooleanField(required=False)


class PlaceForm(forms.Form):
    """People put into a team."""

    agents = forms.ModelMultipleChoiceField(Agent.objects.people(), widget=forms.CheckboxSelectMultiple)
    team = forms.ModelChoiceField(Team.objects.all(), widget=forms.Select(attrs={"class": "c-input"}))


@dataclass(frozen=True, slots=True)
class Account:
    """One account with what it may see."""

    user: User
    role: str
    agent: str
    teams: Sequence[str]
    queues: Sequence[str]
    # In words, where no grant says it.
    sees: str
    is_own: bool


def accounts(*, viewer: Viewer) -> list[Account]:
    """Every account by name, those that are switched off last. Four statements."""
    viewer.require(Permission.MANAGE_SETUP)
    users = list(User.objects.order_by("-is_active", "display_name", "username"))
    return _told(viewer, users)


def get_account(*, viewer: Viewer, pk: int) -> Account:
    """Return one account. :raises OutOfScope: there is none."""
    viewer.require(Permission.MANAGE_SETUP)
    found = _told(viewer, list(User.objects.filter(pk=pk)))
    if not found:
        raise OutOfScope
    return found[0]


def _told(viewer: Viewer, users: Sequence[User]) -> list[Account]:
    keys = [user.pk for user in users]
    agents = dict(Agent.objects.filter(user__in=keys).values_list("user", "name"))
    teams = _granted(TeamUserObjectPermission, keys)
    queues = _granted(QueueUserObjectPermission, keys)
    return [
        Account(
            user=user, role=Role(user.role).label, agent=agents.get(user.pk, ""), teams=teams.get(user.pk, ()),
            queues=queues.get(user.pk, ()), sees=_sees(Role(user.role), agents.get(user.pk, "")),
            is_own=user.pk == viewer.user.pk,
        )
        for user in users
    ]  # fmt: skip


def _granted(model: type[Model], keys: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = model._default_manager.filter(user__in=keys).order_by("content_object__name")
    for user, name in rows.values_list("user", "content_object__name").distinct():
        found.setdefault(user, []).append(name)
    return found


def _sees(role: Role, agent: str) -> str:
    if role in WHOLE_ORGANISATION:
        return "the whole organisation, as its role allows"
    if role == Role.AGENT:
        return "the own conversations" if agent else "nothing: it is linked to no agent"
    return ""


def grants_of(user: User) -> dict[str, list[Any]]:
    """The teams and queues that somebody holds now, as the form shows them."""
    return {
        "teams": list(TeamUserObjectPermission.objects.filter(user=user).values_list("content_object", flat=True)),
        "queues": list(QueueUserObjectPermission.objects.filter(user=user).values_list("content_object", flat=True)),
    }


@transaction.atomic
def set_grants(
    *, by: Viewer, user: User, teams: Iterable[Team], queues: Iterable[Queue], at: datetime, with_past: bool = False
) -> None:
    """Give and take until somebody holds exactly these; what stays is left alone. `with_past` as in `give_grant`.

    :raises NotAllowed: not an admin, or for oneself.
    """
    held = grants_of(user)
    wanted: tuple[tuple[str, dict[Any, Model], str], ...] = (
        ("teams", {one.pk: one for one in teams}, f"agents.{LEADS}"),
        ("queues", {one.pk: one for one in queues}, f"interactions.{WORKS}"),
    )
    for name, chosen, permission in wanted:
        model: type[Model] = Team if name == "teams" else Queue
        for key, container in chosen.items():
            if key not in held[name]:
                access.give_grant(by=by, user=user, on=container, permission=permission, at=at, with_past=with_past)
        for gone in model._default_manager.filter(pk__in=set(held[name]) - set(chosen)):
            access.take_grant(by=by, user=user, on=gone, permission=permission, at=at, with_past=with_past)


def without_team(*, viewer: Viewer) -> list[Agent]:
    """People whom a source named and nobody has put into a team."""
    viewer.require(Permission.MANAGE_SETUP)
    return list(Agent.objects.people().filter(team=None).order_by("name", "pk")[:MOST_WITHOUT_TEAM])
