"""Passwords and second factors are changed and checked here; each change ends a person's other sessions and sockets."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from apps.access import audit, factors
from apps.access.models import AuditEntry, RecoveryCode, SecondFactor, User
from apps.access.sealed import open_value, seal
from apps.access.throttle import WINDOW
from apps.shared.errors import Refusal

# A secret that was shown and never confirmed is replaced: somebody may have seen it over a shoulder.
BEGUN_LASTS = timedelta(minutes=15)


class WrongCode(Refusal):
    """Not the code of this moment, or one that was used already."""


def _context(user: User) -> bytes:
    return f"access.SecondFactor of {user.pk}".encode()


def _secret_of(factor: SecondFactor) -> bytes:
    return open_value(factor.sealed, context=_context(factor.user))


def has_second_factor(user: User) -> bool:
    """Whether a code is asked for beside this person's password."""
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).exists()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes still work."""
    return RecoveryCode.objects.filter(factor__user=user, used_at=None).exclude(factor__confirmed_at=None).count()


@transaction.atomic
def begin_second_factor(*, user: User, at: datetime) -> bytes:
    """Return the secret for an app to take; the same one for a quarter of an hour, so that a reload does not change it."""
    User.objects.select_for_update().get(pk=user.pk)
    begun = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    if begun is not None and begun.made_at > at - BEGUN_LASTS:
        return _secret_of(begun)
    SecondFactor.objects.filter(user=user, confirmed_at=None).delete()
    secret = factors.new_secret()
    SecondFactor.objects.create(user=user, sealed=seal(secret, context=_context(user)), made_at=at)
    return secret


@transaction.atomic
def confirm_second_factor(*, user: User, code: str, at: datetime) -> list[str]:
    """Let the begun second factor take the place of the old one and return its recovery codes, which are shown this once.

    The user's `factor_version` changes, so the caller gives the session it stands in the new hash; all others end.

    :raises WrongCode: the app shows another code.
    """
    begun = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
    step = None if begun is None else factors.step_of(_secret_of(begun), code=_plain(code), after=0, at=at)
    if begun is None or step is None:
        raise WrongCode("The app shows another code. Look at it again: a code lasts 30 seconds.")
    SecondFactor.objects.filter(user=user).exclude(pk=begun.pk).delete()
    begun.confirmed_at, begun.last_step = at, step
    begun.save(update_fields=["confirmed_at", "last_step"])
    audit.record(by=user, verb="second_factor.set", at=at)
    return _changed(user, begun)


@transaction.atomic
def renew_recovery_codes(*, user: User, at: datetime) -> list[str]:
    """Return ten new recovery codes; the old ones stop working, and other sessions end.

    :raises Refusal: there is no second factor to recover.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user).exclude(confirmed_at=None).first()
    if factor is None:
        raise Refusal("There is no second factor yet. Set one up first.")
    audit.record(by=user, verb="recovery_codes.made", at=at)
    return _changed(user, factor)


def _changed(user: User, factor: SecondFactor) -> list[str]:
    """Make the recovery codes anew and count the change."""
    codes = factors.new_recovery_codes()
    RecoveryCode.objects.filter(factor__user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=factors.digest_of(one, user_id=user.pk)) for one in codes
    )
    _count_change(user)
    return codes


def _count_change(user: User) -> None:
    User.objects.filter(pk=user.pk).update(factor_version=F("factor_version") + 1)
    user.refresh_from_db(fields=["factor_version"])


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None, at: datetime) -> None:
    """Take a lost second factor away; the next sign-in asks for a new one where the role needs it. All sessions end."""
    SecondFactor.objects.filter(user=user).delete()
    _count_change(user)
    audit.record(by=by, verb="second_factor.reset", subject=user, concerns=[user.pk], at=at)


@transaction.atomic
def check_code(*, user: User, code: str, at: datetime) -> None:
    """Pass with the app's code of this moment or with a recovery code, each of them once.

    :raises WrongCode: neither, or used already.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user).exclude(confirmed_at=None).first()
    if factor is None:
        raise WrongCode("There is no second factor to check.")
    step = factors.step_of(_secret_of(factor), code=_plain(code), after=factor.last_step, at=at)
    if step is not None:
        factor.last_step = step
        factor.save(update_fields=["last_step"])
        return
    unused = RecoveryCode.objects.filter(factor=factor, digest=factors.digest_of(code, user_id=user.pk), used_at=None)
    if not unused.update(used_at=at):
        raise WrongCode("That code is not right, or was used already. Wait for the next one: each lasts 30 seconds.")
    audit.record(by=user, verb="recovery_code.used", at=at)


def _plain(code: str) -> str:
    return "".join(code.split())


@transaction.atomic
def change_password(*, user: User, password: str, at: datetime) -> None:
    """Set a checked new password. All sessions end but the one to which the caller gives the new hash."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(by=user, verb="password.changed", at=at)


def record_refused(*, name: str, at: datetime) -> None:
    """Keep in the audit that tries at an account were refused: once a quarter of an hour, and only of accounts there are."""
    # No name holds NUL, and PostgreSQL takes none.
    user = None if "\x00" in name else User.objects.filter(username=name).first()
    if user is None:
        return
    told = AuditEntry.objects.filter(by=user, verb="session.refused", at__gt=at - WINDOW)
    if not told.exists():
        audit.record(by=user, verb="session.refused", at=at)
