"""Masked values and sign-in pages in a real browser: opened in their own place, masked again, and never markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access import credentials, factors, policy, services
from apps.access.models import User
from apps.access.viewer import Viewer
from apps.interactions import disclosures
from apps.interactions.models import Conversation, Queue
from apps.interactions.services import open_partitions, record
from tests.console.floors import granted
from tests.interactions.events import CUSTOMER, SOURCE, event, queued, said, started
from tests.ui.test_in_the_browser import findings

pytestmark = [pytest.mark.django_db(transaction=True)]
ATTACKS = [
    "<script>window.__x=1</script>", '<img src=x onerror="window.__x=1">', "<svg/onload=window.__x=1>", '"><svg onload=window.__x=1>',
    "javascript:window.__x=1", "{{7*7}}", "{% debug %}", '<iframe srcdoc="<script>parent.__x=1</script>">',
    "</textarea><script>window.__x=1</script>",
]  # fmt: skip


@pytest.fixture
def address(settings: Any, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The portal in this process; static files are served from where they lie."""
    settings.STATIC_ROOT = settings.DATA_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return str(request.getfixturevalue("live_server").url)


@pytest.fixture
def visit(clean: Page, address: str) -> Callable[[Viewer, str], None]:
    """Open a page as somebody. Nothing is pushed: the socket has tests of its own."""
    clean.route("**/js/live.js", lambda route: route.fulfill(body="", content_type="text/javascript"))

    def visited(viewer: Viewer, path: str) -> None:
        client = Client()
        client.force_login(User.objects.get(pk=viewer.user.pk))
        clean.context.clear_cookies()
        clean.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
        clean.goto(f"{address}{path}")

    return visited


def talk_of(lena: Viewer, secret: str) -> Conversation:
    """A conversation of Lena's queue in which a customer whose name is the attack says a card."""
    now = timezone.now()
    open_partitions(first=now, last=now)
    shift = (now - timedelta(minutes=5)).timestamp() - 1_795_521_600  # the events' noon
    record(
        events=[
            started(shift, customer={**CUSTOMER, "name": secret}, subject=f"From {secret}"), queued(shift + 1, queue_name="Billing"),
            said(shift + 2, {**CUSTOMER, "name": secret}, f"I am {secret} and my card is 4111 1111 1111 1111. {secret}"),
            event("rating.received", shift + 3, rating_id="r", score=1, min=1, max=5, comment=f"{secret} waits"),
        ],
        source=SOURCE, at=now,
    )  # fmt: skip
    granted(lena, queue=Queue.objects.get())
    return Conversation.objects.get()


def test_a_mark_is_opened_by_keyboard_in_its_own_place_and_masks_itself(
    clean: Page, visit: Any, lena: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosures, "LASTS", timedelta(seconds=6))
    talk = talk_of(lena, "Greta Lindqvist")
    visit(lena, reverse("conversation", args=[talk.pk]))
    mark = clean.locator(".c-message a.c-mask", has_text=re.compile("^card 1"))
    mark.focus()
    clean.keyboard.press("Enter")
    reason = clean.get_by_label("Why you need it")
    expect(reason).to_be_focused()
    assert findings(clean) == []
    reason.fill("the bank asks which card")
    clean.keyboard.press("Enter")
    expect(clean.locator("#unmask [data-value]")).to_have_text("4111 1111 1111 1111")
    expect(clean.locator(".c-message a.c-mask.is-open")).to_have_text("4111 1111 1111 1111")
    assert findings(clean) == []
    clean.keyboard.press("Escape")
    expect(clean.locator(".c-message a.c-mask.is-open")).to_be_focused()
    # The region comes again over the socket, masked as for everybody: the value is painted in again.
    html = clean.evaluate("document.querySelector('[data-region=\"conversation.transcript\"]').outerHTML")
    masked = re.sub(
        r'<a class="c-mask is-open"([^>]*) data-masked-as="[^"]*"([^>]*)>[^<]*</a>',
        r'<a class="c-mask"\1\2>card 1</a>',
        html,
    )
    assert "4111" not in masked
    clean.evaluate(
        "html => window.midshift.morph(document.querySelector('[data-region=\"conversation.transcript\"]'), html)",
        masked,
    )
    expect(clean.locator(".c-message a.c-mask.is-open")).to_have_text("4111 1111 1111 1111")
    expect(clean.locator(".c-message a.c-mask.is-open")).to_have_count(0, timeout=10_000)
    assert "4111 1111" not in clean.content()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_value_is_never_markup_wherever_it_is_shown(
    attack: str, clean: Page, visit: Any, lena: Viewer, adam: Viewer
) -> None:
    """Case 43: a name that is an attack, shown by the policy and opened in its place, runs nothing."""
    policy.change(
        by=adam, rules={"lead": {**policy.default()["lead"], "name": "shown", "quoted": "shown"}}, at=timezone.now()
    )
    talk = talk_of(lena, attack)
    places = {name: reverse(name, args=[talk.pk]) for name in ("conversation", "masked_values")}
    for place, path in {**places, "conversations": reverse("conversations")}.items():
        visit(lena, path)
        expect(clean.locator("h1").first).to_be_visible()
        assert clean.evaluate("window.__x") is None, place
        if place == "conversation":
            # It is there to be read: as the text it is, or as the value it was taken for.
            assert attack in clean.locator(".c-message__text").inner_text()


def test_a_name_that_is_an_attack_is_text_in_a_notice(clean: Page, visit: Any, lena: Viewer, mona: Viewer) -> None:
    """Case 44."""
    User.objects.filter(pk=lena.user.pk).update(display_name=ATTACKS[1])
    services.notice_refused_openings(user_id=lena.user.pk, happened_at=timezone.now())
    for place in ("conversations", "notices"):
        visit(mona, reverse(place))
        expect(clean.get_by_text("<img src=x onerror=").first).to_be_visible()
        assert clean.evaluate("window.__x") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_everybody_can_use_the_pages(
    theme: str, width: int, clean: Page, visit: Any, adam: Viewer, quentin: Viewer, mona: Viewer, lena: Viewer
) -> None:
    clean.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    clean.set_viewport_size({"width": width, "height": 900})
    services.notice_refused_openings(user_id=lena.user.pk, happened_at=timezone.now())
    policy.change(by=adam, rules={"lead": {**policy.default()["lead"], "name": "shown"}}, at=timezone.now())
    at = timezone.now() - timedelta(days=1)
    secret = credentials.begin_second_factor(user=mona.user, at=at)
    credentials.confirm_second_factor(user=mona.user, code=factors.code_at(secret, at), at=at)
    pages = [(adam, "masking"), (adam, "allow_list"), (quentin, "account_password"), (quentin, "account_second_factor"), (mona, "account"),
             (mona, "notices"), (mona, "conversations")]  # fmt: skip
    for viewer, place in pages:
        visit(viewer, reverse(place))
        expect(clean.locator("h1").first).to_be_visible()
        assert findings(clean) == [], place
        assert clean.evaluate("document.documentElement.scrollWidth") <= width, place
    visit(adam, reverse("masking"))
    clean.locator("select[name='lead.card']").select_option("hidden")
    clean.get_by_role("button", name="See what it does").click()
    expect(clean.get_by_role("heading", name="What this would change")).to_be_visible()
    assert findings(clean) == []
    assert clean.evaluate("document.documentElement.scrollWidth") <= width
    visit(adam, reverse("allow_list"))
    clean.get_by_label("one a line").fill("Brann\nLofot 2")
    clean.get_by_role("button", name="See what it does").click()
    expect(clean.get_by_role("rowheader", name="Lofot 2")).to_be_visible()
    assert findings(clean) == []
    assert clean.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_that_is_only_read_says_that_somebody_is_there(
    clean: Page, visit: Any, quentin: Viewer, address: str
) -> None:
    """Case 81: hands that move on a page keep its session; one call in four minutes at most."""
    called: list[str] = []
    clean.on("request", lambda request: called.append(request.url) if request.url.endswith("/here") else None)
    clean.clock.install()
    visit(quentin, reverse("who_sees_what"))
    clean.mouse.move(100, 100)
    assert called == []
    clean.clock.fast_forward(4 * 60_000 + 1)
    with clean.expect_response("**/here") as answer:
        clean.mouse.move(200, 200)
    assert answer.value.status == 204
    clean.mouse.move(300, 300)
    assert called == [f"{address}/here"]
