"""The audit trail: what is in it, that it is only added to, and that nothing personal gets in."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access import audit, services
from apps.access.models import AuditEntry, User
from apps.access.roles import Role
from apps.access.viewer import Viewer, viewer_for
from apps.connectors import services as connectors
from apps.shared.errors import NotAllowed
from tests.console.floors import conversation, granted, queue_named

pytestmark = pytest.mark.django_db

CHANGES = (
    "UPDATE access_auditentry SET verb = 'x'", "UPDATE access_auditentry SET reason = 'x' WHERE id = {pk}",
    "DELETE FROM access_auditentry", "DELETE FROM access_auditentry WHERE id = {pk}", "TRUNCATE access_auditentry",
)  # fmt: skip


@pytest.fixture
def entry(lena: Viewer, noon: datetime) -> AuditEntry:
    return audit.record(by=lena, verb="session.opened", at=noon)


def triggers(cursor: object, *, on: bool) -> None:
    """Tests clean up by emptying tables, so one of the two triggers is off until a test asks for it."""
    state = "ENABLE" if on else "DISABLE"
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # type: ignore[attr-defined]
    cursor.execute(f"ALTER TABLE access_auditentry {state} TRIGGER USER")  # type: ignore[attr-defined]


@pytest.mark.parametrize("statement", CHANGES)
def test_a_row_of_the_audit_is_neither_changed_nor_deleted(statement: str, entry: AuditEntry) -> None:
    """Case 32: PostgreSQL itself says permission denied."""
    with connection.cursor() as cursor:
        triggers(cursor, on=True)
        with pytest.raises(ProgrammingError, match="permission denied") as refused, transaction.atomic():
            cursor.execute(statement.format(pk=entry.pk))
    assert getattr(refused.value.__cause__, "sqlstate", "") == "42501"
    assert AuditEntry.objects.get() == entry
    assert AuditEntry.objects.get().verb == "session.opened"


@pytest.mark.parametrize("statement", CHANGES)
def test_the_guard_of_the_audit_can_fail(statement: str, entry: AuditEntry) -> None:
    """Without the trigger every one of the statements goes through: it is the trigger that refuses."""
    with connection.cursor() as cursor:
        triggers(cursor, on=False)
        cursor.execute(statement.format(pk=entry.pk))
        assert AuditEntry.objects.filter(verb="session.opened", reason="").count() == 0


def test_an_unknown_verb_is_a_bug(lena: Viewer, noon: datetime) -> None:
    with pytest.raises(ValueError, match="no verb"):
        audit.record(by=lena, verb="looked.around", at=noon)


def test_a_reason_is_masked_before_it_is_kept(lena: Viewer, noon: datetime) -> None:
    """Case 25: no personal data inside, whatever somebody types."""
    entry = audit.record(by=lena, verb="value.opened", reason="card 4111 1111 1111 1111 of a@b.example", at=noon)
    assert entry.reason == "card [card 1] of [email 1]"


def test_signing_in_is_recorded_and_a_wrong_password_is_not(quentin: Viewer, client: Client) -> None:
    client.post(reverse("signin"), {"username": "quentin", "password": "wrong"})
    assert not AuditEntry.objects.exists()
    client.post(reverse("signin"), {"username": "quentin", "password": "a-long-password"})
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.by, entry.role) == ("session.opened", quentin.user, "qa")


def test_who_cannot_be_recorded_does_not_get_in(
    quentin: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(audit.VERBS, "session.opened")
    with pytest.raises(ValueError, match="no verb"):
        client.post(reverse("signin"), {"username": "quentin", "password": "a-long-password"})
    assert client.get(reverse("home")).status_code == 302


def test_reading_a_transcript_is_recorded_and_a_refused_one_is_not(lena: Viewer, nils: Viewer, client: Client) -> None:
    queue = queue_named("Billing chat")
    talk = conversation(queue, timezone.now())
    granted(lena, queue=queue)
    client.force_login(nils.user)
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 404
    assert not AuditEntry.objects.exists()
    client.force_login(lena.user)
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.by, entry.conversation_id) == ("transcript.viewed", lena.user, talk.pk)


def test_everything_done_to_a_source_is_recorded(adam: Viewer, noon: datetime) -> None:
    source, token = connectors.create_source(by=adam, slug="shop", name="Shop of Greta", kind="api", at=noon)
    second = connectors.rotate_token(by=adam, source=source, at=noon)
    secret = connectors.rotate_secret(by=adam, source=source, at=noon)
    connectors.switch(by=adam, source=source, on=False, at=noon)
    connectors.switch(by=adam, source=source, on=True, at=noon)
    entries = list(AuditEntry.objects.order_by("id"))
    assert [e.verb for e in entries] == [
        "source.made", "source.token_rotated", "source.secret_rotated", "source.switched_off", "source.switched_on",
    ]  # fmt: skip
    kept = " ".join(str(value) for e in AuditEntry.objects.values() for value in e.values())
    assert not [word for word in (token, second, secret, "Greta") if word in kept]


def test_a_role_is_changed_by_another_admin_only(adam: Viewer, lena: Viewer, noon: datetime) -> None:
    """Case 20: nobody gives oneself a role."""
    with pytest.raises(NotAllowed, match="own role"):
        services.change_role(by=adam, user=adam.user, role=Role.QA_MANAGER, at=noon)
    with pytest.raises(NotAllowed):
        services.change_role(by=lena, user=adam.user, role=Role.AGENT, at=noon)
    assert set(User.objects.values_list("username", "role")) == {("adam", "admin"), ("lena", "lead")}
    services.change_role(by=adam, user=lena.user, role=Role.QA_MANAGER, at=noon)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.about, entry.concerns) == ("role.changed", "lead to qa_manager", [lena.user.pk])


def test_a_grant_is_given_and_taken_by_another_admin_only(adam: Viewer, lena: Viewer, noon: datetime) -> None:
    queue = queue_named("Billing chat")
    for user, by in ((adam.user, adam), (lena.user, lena)):
        with pytest.raises(NotAllowed):
            services.give_grant(by=by, user=user, on=queue, permission="interactions.work_queue", at=noon)
    services.give_grant(by=adam, user=lena.user, on=queue, permission="interactions.work_queue", at=noon)
    assert viewer_for(lena.user).granted(type(queue)) == {queue.pk}
    services.take_grant(by=adam, user=lena.user, on=queue, permission="interactions.work_queue", at=noon)
    assert viewer_for(lena.user).granted(type(queue)) == frozenset()
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == ["grant.given", "grant.taken"]


def test_another_role_ends_every_session(adam: Viewer, lena: Viewer, client: Client, noon: datetime) -> None:
    """Case 59: the hash that sessions and sockets carry changes with the role."""
    client.force_login(lena.user)
    assert client.get(reverse("home")).status_code == 200
    services.change_role(by=adam, user=lena.user, role=Role.QA, at=noon)
    assert client.get(reverse("home")).url.startswith("/signin")  # type: ignore[attr-defined]
