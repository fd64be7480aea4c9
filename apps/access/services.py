"""Accounts, roles, grants and links to wallboards are changed here, and each change is in the audit trail."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from guardian.shortcuts import assign_perm, remove_perm

from apps.access import audit
from apps.access.models import Notice, Tenure, User
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.access.walls import make_wall_link, open_wall, revoke_wall_link
from apps.shared.errors import NotAllowed, OutOfScope, Refusal

__all__ = [
    "AccountExists",
    "add_account",
    "change_role",
    "give_grant",
    "make_wall_link",
    "notice_refused_openings",
    "open_wall",
    "revoke_wall_link",
    "see_notice",
    "switch_account",
    "take_grant",
]


class AccountExists(Refusal):
    """Somebody has this user name already."""


@transaction.atomic
def add_account(
    *, by: Viewer, username: str, display_name: str, role: Role, time_zone: str, at: datetime
) -> tuple[User, str]:
    """Make an account and return it with its first password, which is shown this once.

    :raises AccountExists: the user name is taken; capitals make no other name.
    """
    by.require(Permission.MANAGE_SETUP)
    if User.objects.filter(username__iexact=username).exists():
        raise AccountExists(f"An account called {username} exists already. Choose another user name.")
    password = secrets.token_urlsafe(12)
    made = User.objects.create_user(
        username=username, password=password, role=role, display_name=display_name, time_zone=time_zone
    )
    audit.record(by=by, verb="account.made", subject=made, about=role, at=at, concerns=[made.pk])
    return made, password


@transaction.atomic
def switch_account(*, by: Viewer, user: User, on: bool, at: datetime) -> None:
    """Let a person in or keep them out; every session and socket of an account that is switched off ends.

    :raises NotAllowed: not an admin, or oneself.
    """
    _may_grant(by, user)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.is_active == on:
        return
    locked.is_active = on
    locked.save(update_fields=["is_active"])
    audit.record(by=by, verb=f"account.switched_{'on' if on else 'off'}", subject=locked, at=at, concerns=[locked.pk])


@transaction.atomic
def change_role(*, by: Viewer, user: User, role: Role, at: datetime) -> None:
    """Give a person another role; every session and socket they have open ends.

    :raises NotAllowed: not an admin, or one's own role: a second admin decides about that.
    """
    by.require(Permission.MANAGE_SETUP)
    if user.pk == by.user.pk:
        raise NotAllowed("Nobody changes their own role. Ask another admin to do it.")
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.role == role:
        return
    audit.record(
        by=by, verb="role.changed", subject=locked, about=f"{locked.role} to {role}", at=at, concerns=[locked.pk]
    )
    locked.role = role
    # The raw objects of the back office are an admin's, and stay behind with the role.
    if role != Role.ADMIN:
        locked.is_staff = locked.is_superuser = False
    locked.save(update_fields=["role", "is_staff", "is_superuser"])


@transaction.atomic
def give_grant(*, by: Viewer, user: User, on: Model, permission: str, at: datetime, with_past: bool = False) -> None:
    """Let a person into a container (a team, a queue): into what goes on now and comes, `with_past` also into what was over.

    :raises NotAllowed: not an admin, or for oneself.
    """
    _may_grant(by, user)
    assign_perm(permission, user, on)
    Tenure.objects.get_or_create(**_held(user, on), until_at=None, defaults={"from_at": None if with_past else at})
    audit.record(by=by, verb="grant.given", subject=on, about=f"to account {user.pk}", at=at, concerns=[user.pk])


@transaction.atomic
def take_grant(*, by: Viewer, user: User, on: Model, permission: str, at: datetime, with_past: bool = False) -> None:
    """Take a person out of a container; their screens lose it within seconds.

    What was over by then stays theirs to read, because it was theirs at the time; `with_past` takes that away as well.

    :raises NotAllowed: not an admin, or for oneself.
    """
    _may_grant(by, user)
    remove_perm(permission, user, on)
    if with_past:
        Tenure.objects.filter(**_held(user, on)).delete()
    elif not Tenure.objects.filter(**_held(user, on), until_at=None).update(until_at=at):
        Tenure.objects.create(**_held(user, on), until_at=at)
    audit.record(by=by, verb="grant.taken", subject=on, about=f"from account {user.pk}", at=at, concerns=[user.pk])


def _held(user: User, on: Model) -> dict[str, Any]:
    return {"user": user, "container": on._meta.label_lower, "key": str(on.pk)}


def _may_grant(by: Viewer, user: User) -> None:
    by.require(Permission.MANAGE_SETUP)
    if user.pk == by.user.pk:
        raise NotAllowed("Nobody changes their own access. Ask another admin to do it.")


def notice_refused_openings(*, user_id: int, happened_at: datetime) -> None:
    """Let QA managers know that somebody was refused more openings. Telling it again changes nothing."""
    Notice.objects.get_or_create(about_id=user_id, happened_at=happened_at)


@transaction.atomic
def see_notice(*, by: Viewer, pk: int, at: datetime) -> None:
    """Mark a notice as looked into; the first one to do so is kept.

    :raises NotAllowed: not a QA manager.
    :raises OutOfScope: there is no such notice.
    """
    by.require(Permission.VIEW_NOTICES)
    notice = Notice.objects.select_for_update().filter(pk=pk).first()
    if notice is None:
        raise OutOfScope
    if notice.seen_at is None:
        notice.seen_at, notice.seen_by = at, by.user
        notice.save(update_fields=["seen_at", "seen_by"])
        audit.record(by=by, verb="notice.seen", subject=notice, about=f"account {notice.about_id}", at=at)
