"""Accounts, what roles are shown of masked values, who opened one, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from apps.access.roles import SECOND_FACTOR_ROLES, Role
from apps.access.sealed import SealedField


class User(AbstractUser):
    """A person who can sign in. What they may see follows from the role and from grants on teams and queues."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.AGENT)
    display_name = models.CharField(max_length=120, blank=True)
    # Times are stored in UTC and shown in this zone.
    time_zone = models.CharField(max_length=60, default="UTC")
    # Counts changes of the second factor: part of what sessions carry, so that each change ends the others.
    factor_version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_session_auth_hash(self) -> str:
        """Sessions and sockets carry this: another password, role or second factor ends every one that has the old.

        So does asking for second factors where they were not asked for before.
        """
        return self._hash_of(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same with the keys that were valid before, so that a new secret key signs nobody out."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._hash_of(secret)

    @property
    def must_have_second_factor(self) -> bool:
        """Whether nobody in this role signs in with a password alone."""
        return bool(settings.SECOND_FACTOR) and self.role in SECOND_FACTOR_ROLES

    def _hash_of(self, secret: str | bytes | None) -> str:
        word = f"{self.password}|{self.role}|{self.factor_version}|{self.must_have_second_factor}"
        return salted_hmac("apps.access.models.User.session", word, secret=secret, algorithm="sha256").hexdigest()


class SecondFactor(models.Model):
    """The secret that one person's authenticator app shares with the portal; at first unconfirmed, beside the old one."""

    user = models.ForeignKey(User, models.CASCADE, related_name="second_factors")
    sealed = SealedField()
    made_at = models.DateTimeField()
    # Null until the person has shown that their app has it.
    confirmed_at = models.DateTimeField(null=True)
    # The time step of the last code that let somebody in: neither it nor an earlier one does so again.
    last_step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=~Q(confirmed_at=None), name="second_factor_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(confirmed_at=None), name="second_factor_begun_once"),
        ]

    def __str__(self) -> str:
        return f"of {self.user_id}"


class RecoveryCode(models.Model):
    """One code that lets a person in once without the app. 78 random bits, so a plain digest is enough."""

    factor = models.ForeignKey(SecondFactor, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"of {self.factor_id}"


class SignInTry(models.Model):
    """One attempt with a password or a code that has not succeeded; kept for an hour."""

    # Keyed digest of an account's name or of an address: the row tells neither.
    key = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)

    class Meta:
        # How many in the last quarter of an hour.
        indexes = [models.Index(fields=["key", "at"], name="sign_in_tries")]

    def __str__(self) -> str:
        return f"{self.at:%F %T}"


class Disclosure(models.Model):
    """One opening of masked values of one message by one person, for a reason and until a moment."""

    by = models.ForeignKey(User, models.PROTECT, related_name="disclosures")
    message_id = models.UUIDField()
    conversation_id = models.UUIDField()
    # Which value; both empty when it was every value of the message.
    kind = models.CharField(max_length=12, blank=True)
    number = models.PositiveSmallIntegerField(null=True)
    reason = models.TextField()
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("opened_at")), name="disclosure_ends")]
        # How many this hour, and what is still open.
        indexes = [models.Index(fields=["by", "-opened_at"], name="disclosure_of_person")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.kind} {self.number or ''}".strip()


class Notice(models.Model):
    """Somebody wanted to open more masked values within an hour than anybody may; a QA manager looks into it."""

    about = models.ForeignKey(User, models.PROTECT, related_name="notices_about")
    happened_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="notices_seen")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["about", "happened_at"], name="notice_once")]
        # What nobody has looked into, on every page of a QA manager.
        indexes = [models.Index(fields=["-happened_at"], condition=Q(seen_at=None), name="notice_unseen")]

    def __str__(self) -> str:
        return f"{self.about_id} {self.happened_at:%F %T}"


class Tenure(models.Model):
    """One stretch in which one person held a grant on one container: who led or worked it at the time of a record.

    What is held now stands in the container's own permission rows; this says since when, and what was held before. A grant
    without a row is one without bounds.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="tenures")
    # The container, as Django names its model, and its key as text.
    container = models.CharField(max_length=60)
    key = models.CharField(max_length=36)
    # Null: records from before count as well.
    from_at = models.DateTimeField(null=True)
    # Null: it goes on.
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_at=None) | Q(until_at=None) | Q(until_at__gte=F("from_at")),
                name="tenure_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["user", "container", "key"], condition=Q(until_at=None), name="tenure_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.container} {self.key}"


class MaskingPolicy(models.Model):
    """One version of what each role is shown of each kind of value; the latest one holds."""

    # {role: {kind: level}}
    rules = models.JSONField()
    made_by = models.ForeignKey(User, models.PROTECT)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"version {self.pk}"


class AllowList(models.Model):
    """One version of the words that are nobody's name; the latest one holds."""

    # As they were written, by alphabet.
    entries = ArrayField(models.CharField(max_length=40))
    made_by = models.ForeignKey(User, models.PROTECT)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"version {self.pk}"


class RetentionPolicy(models.Model):
    """One version of how many days each kind of data is kept; the latest one holds."""

    # {kind: days}
    days = models.JSONField()
    made_by = models.ForeignKey(User, models.PROTECT)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"version {self.pk}"


class WallLink(models.Model):
    """One address of a wallboard: it shows queues and figures to whoever has it, and never a person."""

    name = models.CharField(max_length=80)
    # Of the token in the address, which is shown once.
    digest = models.CharField(max_length=64, unique=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="wall_links")
    made_at = models.DateTimeField()
    # Set, it opens nothing any more; the row stays for the audit.
    revoked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """One thing somebody did that others must be able to look up. Rows are only ever added: a trigger refuses the rest.

    It holds keys, verbs and a masked reason; never a name, a text or a value of a customer.
    """

    at = models.DateTimeField()
    # Null for the installation itself. An account with entries is switched off, not deleted.
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="audit_entries")
    # The role in which it was done; the account may have another one today.
    role = models.CharField(max_length=20, blank=True)
    verb = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    about = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    conversation_id = models.UUIDField(null=True)
    # Accounts whose work it is about; they read the entry too.
    concerns = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [
            # The page, newest first; one person's own actions; what concerns somebody; one conversation's readers.
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["by", "-at"], name="audit_of_person"),
            models.Index(fields=["conversation_id"], condition=~Q(conversation_id=None), name="audit_of_conversation"),
            GinIndex(fields=["concerns"], name="audit_concerns"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%F %T}"
