"""Texts that are long, heaped or turned round: the page stays as wide as it was, and their neighbours as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.viewer import Viewer
from apps.interactions.models import Conversation, Message
from apps.interactions.services import open_partitions
from tests.console.floors import conversation, granted, queue_named
from tests.journeys.test_sealed_in_the_browser import address as address  # the portal in this process
from tests.journeys.test_sealed_in_the_browser import visit as visit  # opens a page as somebody

pytestmark = [pytest.mark.django_db(transaction=True)]
# The door takes no longer text than 64 KiB.
TEXTS = {
    "one word": "a" * 65_536,
    "combining marks": "e" + "\u0301" * 10_000,
    "turned round": "\u202enow everything is turned \u2067round\u202e",
    "plain": "the message after them",
}


@pytest.fixture
def talk(lena: Viewer) -> Conversation:
    now, queue = timezone.now(), queue_named("Billing chat")
    open_partitions(first=now, last=now)
    one = conversation(queue, now - timedelta(minutes=5), subject="\u202eturned subject")
    for n, text in enumerate(TEXTS.values()):
        sent = now - timedelta(minutes=4) + timedelta(seconds=n)
        Message.objects.create(id=uuid4(), conversation_id=one.pk, author_kind="customer", kind="text", text=text,
                               sent_at=sent, via="push", recorded_at=sent)  # fmt: skip
    granted(lena, queue=queue)
    return one


@pytest.mark.parametrize("width", [390, 1440])
def test_hostile_texts_stay_in_their_place(
    width: int, clean: Page, visit: Callable[[Viewer, str], None], lena: Viewer, talk: Conversation
) -> None:
    """Case 45."""
    clean.set_viewport_size({"width": width, "height": 900})
    for path in (reverse("conversation", args=[talk.pk]), reverse("conversations")):
        visit(lena, path)
        expect(clean.locator("h1").first).to_be_visible()
        assert clean.evaluate("document.documentElement.scrollWidth") <= width
    visit(lena, reverse("conversation", args=[talk.pk]))
    texts = clean.locator(".c-message__text")
    assert [one for one in texts.all_inner_texts() if one == TEXTS["plain"]] == [TEXTS["plain"]]
    assert {texts.nth(n).evaluate("e => getComputedStyle(e).unicodeBidi") for n in range(texts.count())} == {
        "plaintext"
    }
    assert texts.last.evaluate("e => getComputedStyle(e).direction") == "ltr"
