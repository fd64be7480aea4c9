"""The audit page and who looks up what on it; the page that says who sees what."""

from __future__ import annotations

import html
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access import audit
from apps.access.models import AuditEntry
from apps.access.queries import PAGE, Sought, audit_page
from apps.access.roles import SENTENCES, Permission
from apps.access.viewer import Viewer
from apps.shared.errors import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(lena: Viewer, quentin: Viewer, asha: Viewer, noon: datetime) -> None:
    """Lena signed in and opened a value of Asha's conversation; Quentin signed in and opened one of somebody else's."""
    for n, (by, reason, concerns) in enumerate(((lena, "bank asks", [asha.user.pk]), (quentin, "sampled", [0]))):
        at = noon + timedelta(days=n)
        audit.record(by=by, verb="session.opened", at=at)
        audit.record(
            by=by, verb="value.opened", about="card 1", reason=reason, conversation_id=uuid4(), concerns=concerns,
            at=at + timedelta(minutes=1),
        )  # fmt: skip
    audit.record(by=asha, verb="session.opened", at=noon)
    audit.record(by=None, verb="source.made", about="shop", at=noon)


def seen(viewer: Viewer, **sought: object) -> set[tuple[str, str]]:
    page = audit_page(viewer=viewer, sought=Sought(**sought))  # type: ignore[arg-type]
    return {(one.who, one.row.verb) for one in page.entries}


def test_everybody_looks_up_their_own_slice(
    trail: None, adam: Viewer, mona: Viewer, lena: Viewer, nils: Viewer, asha: Viewer, olu: Viewer
) -> None:
    """The row audit.view: admins all; QA manager openings; QA and lead own actions; agents openings of their own."""
    opened = {("Lena", "value.opened"), ("Quentin", "value.opened")}
    assert seen(lena) == {("Lena", "session.opened"), ("Lena", "value.opened")}
    assert seen(asha) == {("Lena", "value.opened")}
    assert seen(mona) == opened
    assert seen(nils) == set()
    assert len(seen(adam)) == 6
    with pytest.raises(NotAllowed):
        seen(olu)


def test_a_filter_narrows_and_never_widens(
    trail: None, adam: Viewer, lena: Viewer, quentin: Viewer, noon: datetime
) -> None:
    """Case 42: what can be chosen, and what is found, stays in one's own slice."""
    assert seen(lena, person=quentin.user.pk) == set()
    assert seen(lena, words="sampled") == set()
    page = audit_page(viewer=lena, sought=Sought())
    assert page.people == [(lena.user.pk, "Lena")]
    assert seen(adam, person=quentin.user.pk, verb="value.opened") == {("Quentin", "value.opened")}
    assert seen(adam, words="BANK") == {("Lena", "value.opened")}
    assert len(seen(adam, since=(noon + timedelta(days=1)).date())) == 2
    assert len(seen(adam, until=noon.date())) == 4
    assert seen(adam, conversation=uuid4()) == set()


def test_the_page_goes_on_and_costs_the_same_statements(adam: Viewer, lena: Viewer, noon: datetime) -> None:
    audit.record(by=lena, verb="session.opened", at=noon)
    with CaptureQueriesContext(connection) as few:
        audit_page(viewer=adam, sought=Sought())
    for n in range(PAGE + 2):
        audit.record(by=lena, verb="session.opened", at=noon + timedelta(seconds=n + 1))
    with CaptureQueriesContext(connection) as many:
        first = audit_page(viewer=adam, sought=Sought())
    second = audit_page(viewer=adam, sought=Sought(page=2))
    assert len(many) == len(few)
    assert (len(first.entries), first.has_next, len(second.entries), second.has_next) == (PAGE, True, 3, False)
    assert first.entries[0].row.at > second.entries[0].row.at


def test_the_page_shows_the_reason_as_text(client: Client, asha: Viewer, lena: Viewer, noon: datetime) -> None:
    """Case 44: what a supervisor typed as a reason is read by an agent, and is never markup."""
    audit.record(
        by=lena, verb="value.opened", about="card 1", reason="<img src=x onerror=alert(1)> call 4111 1111 1111 1111",
        conversation_id=uuid4(), concerns=[asha.user.pk], at=noon,
    )  # fmt: skip
    client.force_login(asha.user)
    text = client.get(reverse("audit")).content.decode()
    assert "Lena" in text
    assert "&lt;img src=x" in text
    assert "<img src=x" not in text
    assert "4111" not in text


@pytest.mark.parametrize(
    "bad", [{"since": "yesterday"}, {"person": "x"}, {"page": "0"}, {"conversation": "1"}, {"verb": "x"}]
)
def test_a_field_that_cannot_be_read_is_400_and_no_crash(client: Client, adam: Viewer, bad: dict[str, str]) -> None:
    client.force_login(adam.user)
    assert client.post(reverse("audit"), bad).status_code == 400


def test_who_sees_what_is_rendered_from_the_rules(client: Client, asha: Viewer) -> None:
    """The agent reads the same sentences that the code follows, every one of them."""
    assert set(SENTENCES) == set(Permission)
    client.force_login(asha.user)
    text = client.get(reverse("who_sees_what")).content.decode()
    for sentence in SENTENCES.values():
        assert sentence in html.unescape(text)
    for kind in ("card", "address", "birthdate", "password"):
        assert f'<th scope="row">{kind}</th>' in text
    assert AuditEntry.objects.count() == 0
