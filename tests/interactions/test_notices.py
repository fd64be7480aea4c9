"""The 21st opening within an hour: refused, and the QA manager is told where they look anyway."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.access import services
from apps.access.models import AuditEntry, Notice
from apps.access.viewer import Viewer
from apps.console.regions import REGIONS
from apps.interactions.disclosures import MOST_AN_HOUR, open_sealed
from apps.interactions.models import Message
from apps.shared import outbox
from apps.shared.errors import NotAllowed, OutOfScope
from tests.interactions.events import NOON
from tests.interactions.test_disclosures import CARD, REASON, told

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _still(settings: Any) -> Any:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is put on the bus."""
    heard: list[str] = []
    monkeypatch.setattr("apps.live.topics.hint", lambda *, topics: heard.extend(topics))
    return heard


@pytest.fixture
def asked_too_much(lena: Viewer, client: Client, hints: list[str]) -> Message:
    """Lena has opened twenty values and asks for more, three times; the facts are worked off."""
    message = told(lena=lena)
    for n in range(MOST_AN_HOUR):
        open_sealed(by=lena, message=message, placeholder=("card", 1), reason=REASON, at=NOON + timedelta(minutes=n))
    client.force_login(lena.user)
    path = reverse("open_values", args=[message.conversation_id, message.pk])
    for _ in range(3):
        answer = client.post(path, {"placeholder": "email 1", "reason": REASON, "only": "1"})
        assert answer.status_code == 429
        assert b"anna.berg" not in answer.content
    while outbox.dispatch(at=LATER):
        continue
    return message


def seen(client: Client, viewer: Viewer, place: str) -> str:
    client.force_login(viewer.user)
    return client.get(reverse(place)).content.decode()


def test_the_21st_opening_is_told_to_the_qa_manager_on_every_page(
    asked_too_much: Message, hints: list[str], lena: Viewer, mona: Viewer, client: Client
) -> None:
    """Case 30: 429 and an alert to the quality manager; once, however often somebody clicks on."""
    notice = Notice.objects.get()
    assert (notice.about, notice.happened_at, notice.seen_at) == (lena.user, LATER, None)
    assert "notices" in hints
    for place in ("home", "conversations"):
        page = seen(client, mona, place)
        assert "Lena wanted to open more than 20 masked values within an hour." in page
        assert 'is-crit">1<span class="sr-only"> not looked into</span>' in page
    assert "not yet" in seen(client, mona, "notices")
    bar = REGIONS["notices.bar"]
    assert "Lena wanted" in bar.render(mona, {}, LATER)
    assert "notices" in bar.topics(mona, {})
    # It leads to what was opened, and holds nothing of it.
    found = client.post(reverse("audit"), {"person": str(lena.user.pk), "verb": "value.opened"}).content.decode()
    assert found.count(REASON) == MOST_AN_HOUR
    assert CARD not in found


def test_nobody_else_is_told(
    asked_too_much: Message, lena: Viewer, quentin: Viewer, olu: Viewer, adam: Viewer, asha: Viewer, client: Client
) -> None:
    for viewer in (lena, quentin, olu, adam, asha):
        client.force_login(viewer.user)
        assert "masked values within an hour." not in client.get(reverse("conversations")).content.decode()
        assert client.get(reverse("notices")).status_code == 403
        assert not REGIONS["notices.bar"].permitted(viewer, {})
        with pytest.raises(NotAllowed):
            services.see_notice(by=viewer, pk=Notice.objects.get().pk, at=LATER)


def test_what_was_looked_into_says_by_whom_and_leaves_the_pages(
    asked_too_much: Message, mona: Viewer, client: Client
) -> None:
    client.force_login(mona.user)
    key = Notice.objects.get().pk
    for _ in range(2):
        assert client.post(reverse("notice_seen", args=[key])).status_code == 302
    assert AuditEntry.objects.filter(verb="notice.seen", by=mona.user).count() == 1
    assert "Lena wanted" not in seen(client, mona, "conversations")
    assert "Mona" in seen(client, mona, "notices").split("<tbody>")[1]
    with pytest.raises(OutOfScope):
        services.see_notice(by=mona, pk=key + 1, at=LATER)
