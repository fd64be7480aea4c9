"""The viewer: who asks, in which role and with which scope. Every read and every action is asked through one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Model
from guardian.utils import get_user_obj_perms_model

from apps.access.models import Tenure, User
from apps.access.roles import GRANTED, SENTENCES, WHOLE_ORGANISATION, Permission, Role
from apps.shared.errors import NotAllowed


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch in which a container was held: from a moment (None: since ever) to another (None: still)."""

    key: str
    from_at: datetime | None
    until_at: datetime | None


@dataclass(slots=True)
class Viewer:
    """A signed-in person, loaded once a request and again at each live send. Missing data never grants."""

    user: User
    role: Role
    _granted: dict[type[Model], frozenset[Any]] = field(default_factory=dict)
    # Stretches by container model, of this person; None until they are asked for.
    _spans: dict[str, list[Span]] | None = None
    # The part of the scope that is looked at, as addresses name it; empty: all of it.
    scope: str = ""
    # Held to these permissions of the role; None: all of them.
    only: frozenset[Permission] | None = None

    def allows(self, permission: Permission) -> bool:
        """Say whether the role carries the permission. A switched-off account carries none."""
        held = GRANTED[self.role] if self.only is None else GRANTED[self.role] & self.only
        return self.user.is_active and permission in held

    def require(self, permission: Permission) -> None:
        """Pass or raise.

        :raises NotAllowed: with the sentence that says what is missing.
        """
        if not self.allows(permission):
            raise NotAllowed(
                f"Your role, {self.role.label}, does not include this: {SENTENCES[permission]} Ask an admin if you need it."
            )

    @property
    def sees_everything(self) -> bool:
        """True when the scope is the whole organisation; permissions still apply."""
        return self.user.is_active and not self.scope and self.role in WHOLE_ORGANISATION

    def looking_at(self, scope: str, granted: Mapping[type[Model], frozenset[Any]]) -> Viewer:
        """Return the same person looking at a part of their scope: every read is held to these containers of it."""
        spans = {
            model._meta.label_lower: [one for one in self.spans(model) if one.key in {str(key) for key in keys}]
            for model, keys in granted.items()
        }
        return Viewer(user=self.user, role=self.role, _granted=dict(granted), _spans=spans, scope=scope, only=self.only)

    def granted(self, model: type[Model]) -> frozenset[Any]:
        """Return the keys of a container (Team, Queue) on which this person holds a grant, read once a viewer."""
        if model not in self._granted:
            self._load()
        return self._granted[model]

    def spans(self, model: type[Model]) -> list[Span]:
        """Return the bounded stretches in which this person held containers of a model, read once a viewer.

        A container that is held and stands in none of those that go on is held without bounds.
        """
        if self._spans is None:
            self._load()
        return (self._spans or {}).get(model._meta.label_lower, [])

    def _load(self) -> None:
        """Read every grant and stretch of this person. What was given before stays."""
        granted, spans = _held_by([self.user])[self.user.pk]
        self._granted = granted | self._granted
        self._spans = spans if self._spans is None else self._spans

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown."""
        return ZoneInfo(self.user.time_zone)

    def class_for(self, *containers: type[Model]) -> str:
        """Name the permission class: two viewers with the same class are shown the same HTML."""
        if self.role == Role.AGENT:
            return f"agent:{self.user.pk}"
        scope = (
            "all"
            if self.sees_everything
            else repr([(sorted(map(str, self.granted(c))), self.spans(c)) for c in containers])
        )
        digest = hashlib.sha256(f"{scope}|{self.user.time_zone}|{sorted(self.only or ())}".encode()).hexdigest()[:16]
        return f"{self.role}:{digest}"

    @property
    def permission_class(self) -> str:
        """The class over every container that grants exist for."""
        return self.class_for(*container_models())


@cache
def container_models() -> list[type[Model]]:
    """Return the models on which grants are given: those with a direct-foreign-key permission model of guardian."""
    from django.apps import apps
    from guardian.models import UserObjectPermissionBase

    return sorted(
        (
            m._meta.get_field("content_object").remote_field.model  # type: ignore[misc]  # the base is abstract
            for m in apps.get_models()
            if issubclass(m, UserObjectPermissionBase) and m._meta.app_label != "guardian"
        ),
        key=lambda model: model._meta.label,
    )


Held = tuple[dict[type[Model], frozenset[Any]], dict[str, list[Span]]]


@cache
def _held() -> str:
    """Write the statement of what %(users)s hold: a row a grant, and a row a bounded stretch in the order they were made."""
    grants = [
        f"SELECT user_id, false, '{model._meta.label_lower}', content_object_id::text, NULL::timestamptz, NULL::timestamptz, 0::bigint "  # noqa: S608
        f'FROM "{get_user_obj_perms_model(model)._meta.db_table}" WHERE user_id = ANY(%(users)s)'  # type: ignore[arg-type]  # takes the class
        for model in container_models()
    ]
    stretches = (
        f'SELECT user_id, true, container, key, from_at, until_at, id FROM "{Tenure._meta.db_table}" '  # noqa: S608  # our own table
        "WHERE user_id = ANY(%(users)s) AND (from_at IS NOT NULL OR until_at IS NOT NULL)"
    )
    held = " UNION ALL ".join([*grants, stretches])
    return f"SELECT * FROM ({held}) x(user_id, is_span, label, key, from_at, until_at, n) ORDER BY n"  # noqa: S608  # our own words


def _held_by(users: Sequence[User]) -> dict[Any, Held]:
    """Read the grants and bounded stretches of accounts, one statement for all; a switched-off account holds nothing."""
    models = {model._meta.label_lower: model for model in container_models()}
    keys: dict[Any, dict[type[Model], set[Any]]] = {}
    spans: dict[Any, dict[str, list[Span]]] = {}
    for user in users:
        keys[user.pk], spans[user.pk] = {model: set() for model in models.values()}, {}
    with connection.cursor() as cursor:
        cursor.execute(_held(), {"users": [user.pk for user in users if user.is_active]})
        for user, is_span, label, key, from_at, until_at, _ in cursor.fetchall():
            if is_span:
                spans[user].setdefault(label, []).append(Span(key, from_at, until_at))
            else:
                keys[user][models[label]].add(models[label]._meta.pk.to_python(key))
    return {user: ({model: frozenset(of) for model, of in keys[user].items()}, spans[user]) for user in keys}


def viewer_for(user: User) -> Viewer:
    """Load the viewer of an account."""
    return Viewer(user=user, role=Role(user.role))


def viewers_of(users: Iterable[User]) -> dict[Any, Viewer]:
    """Load the viewers of several accounts with their grants and stretches: two statements, one of them for the accounts."""
    viewers = {user.pk: viewer_for(user) for user in users}
    for key, (granted, spans) in _held_by([viewer.user for viewer in viewers.values()]).items():
        viewers[key]._granted, viewers[key]._spans = granted, spans
    return viewers
