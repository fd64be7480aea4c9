"""The parts in a real browser, under the real Content-Security-Policy: readable for all, wide enough, and workable by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import axe_playwright_python
import pytest
from django.contrib import admin
from playwright.sync_api import Page, expect

from apps.access.models import User

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = "{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}}"
# Of those, what a theme can break.
RULES_OF_COLOUR = "{runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}}"
PAGES = ("/dev/gallery?still", "/signin", "/answer/403", "/answer/404", "/answer/409", "/answer/500")

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(settings, tmp_path, request) -> str:
    # No files were collected for a test: they are served from where they lie.
    settings.STATIC_ROOT = tmp_path
    settings.ROOT_URLCONF = "tests.ui.pages"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return request.getfixturevalue("live_server").url


def findings(page: Page, *, of_colour: bool = False) -> list[str]:
    """What stands in somebody's way on a page; `of_colour`: of the rules that colours alone decide."""
    page.evaluate(AXE)
    result = page.evaluate(f"axe.run(document, {RULES_OF_COLOUR if of_colour else RULES})")
    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in result["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_the_parts(clean: Page, address: str, path: str, width: int, theme: str) -> None:
    clean.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    clean.set_viewport_size({"width": width, "height": 900})
    response = clean.goto(f"{address}{path}")
    assert response is not None
    assert response.status == 200
    expect(clean.locator("h1").first).to_be_visible()
    assert findings(clean) == []
    assert clean.evaluate("document.documentElement.scrollWidth") <= width


def test_the_check_for_everybody_can_fail(page: Page, address: str) -> None:
    page.goto(f"{address}/signin")
    page.evaluate("document.querySelector('label[for=id_username]').remove()")
    assert any(found.startswith("label") for found in findings(page))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("dialog", ["palette", "keys", "gallery-dialog"])
def test_everybody_can_use_an_open_dialog(clean: Page, address: str, dialog: str, theme: str) -> None:
    clean.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    clean.goto(f"{address}/dev/gallery?only=dialog")
    clean.locator(f"[data-open='{dialog}']").first.click()
    expect(clean.locator(f"#{dialog}")).to_be_visible()
    assert findings(clean) == []


@pytest.mark.parametrize("width", [390, 834, 1440, 1920])
def test_nothing_scrolls_sideways_and_every_target_is_large_enough(clean: Page, address: str, width: int) -> None:
    clean.set_viewport_size({"width": width, "height": 900})
    clean.goto(f"{address}/dev/gallery?still")
    assert clean.evaluate("document.documentElement.scrollWidth") <= width
    small = clean.evaluate(
        """() => [...document.querySelectorAll('button, summary, select, a.c-button, a.l-brand, .l-rail a, input:not([type=checkbox]):not([type=radio])')]
            .filter(e => e.offsetParent && !e.closest('p')).map(e => [e.className, e.getBoundingClientRect()])
            .filter(([, r]) => r.width < 24 || r.height < 24).map(([name]) => name)"""
    )
    assert small == []


def test_the_palette_filters_chooses_goes_and_gives_the_focus_back(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=tag")
    opener = clean.locator("[data-open='palette']")
    opener.focus()
    clean.keyboard.press("Control+k")
    field = clean.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("tomás")
    shown = clean.locator("#palette [role=option]:visible")
    expect(shown).to_have_count(2)
    expect(shown.nth(0)).to_have_attribute("aria-selected", "true")
    clean.keyboard.press("ArrowDown")
    expect(shown.nth(1)).to_have_attribute("aria-selected", "true")
    clean.keyboard.press("Escape")
    expect(clean.locator("#palette")).to_be_hidden()
    expect(opener).to_be_focused()
    clean.keyboard.press("Control+k")
    expect(field).to_have_value("")


def test_what_is_searched_for_is_posted_and_stands_in_no_address(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=tag")
    clean.keyboard.press("Control+k")
    clean.get_by_role("combobox").fill("Johanna 4242")
    with clean.expect_navigation() as navigation:
        clean.keyboard.press("Enter")
    request = navigation.value.request
    assert request.method == "POST"
    assert navigation.value.status == 200
    assert "q=Johanna+4242" in (request.post_data or "")
    assert "Johanna" not in clean.url


def test_go_to_keys_follow_the_rail_and_do_nothing_while_typing_or_when_switched_off(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=search_field")
    clean.keyboard.press("/")
    field = clean.get_by_role("searchbox")
    expect(field).to_be_focused()
    clean.keyboard.type("g?")
    expect(field).to_have_value("g?")
    expect(clean.locator("#keys")).to_be_hidden()
    field.blur()
    clean.keyboard.press("?")
    expect(clean.locator("#keys")).to_be_visible()
    clean.locator("[data-single-keys]").uncheck()
    clean.keyboard.press("Escape")
    clean.keyboard.press("?")
    expect(clean.locator("#keys")).to_be_hidden()
    clean.keyboard.press("g")
    clean.keyboard.press("f")
    expect(clean).not_to_have_url(re.compile("#main"))
    clean.locator("[data-open='keys']").click()
    clean.locator("[data-single-keys]").check()
    clean.keyboard.press("Escape")
    clean.locator("h1").click()
    clean.keyboard.press("g")
    clean.keyboard.press("f")
    expect(clean).to_have_url(re.compile("#main"))


def test_j_and_k_walk_the_rows_and_the_brackets_the_messages(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=queue_table")
    clean.keyboard.press("j")
    expect(clean.locator("#queue-billing-chat a").first).to_be_focused()
    clean.keyboard.press("j")
    expect(clean.locator("#queue-whatsapp a").first).to_be_focused()
    clean.keyboard.press("k")
    expect(clean.locator("#queue-billing-chat a").first).to_be_focused()
    clean.goto(f"{address}/dev/gallery?only=transcript#m3")
    expect(clean.locator("#m3").first).to_have_class(re.compile("is-highlighted"))
    expect(clean.locator("#m3").first).to_be_in_viewport(ratio=1)
    clean.keyboard.press("]")
    expect(clean).to_have_url(re.compile("#m4$"))
    expect(clean.locator("#m4").first).to_be_focused()


def test_a_chosen_theme_and_density_are_kept(clean: Page, address: str) -> None:
    clean.emulate_media(color_scheme="light")
    clean.goto(f"{address}/dev/gallery?only=tag")
    clean.locator("[data-theme-toggle]").click()
    expect(clean.locator("html")).to_have_attribute("data-theme", "dark")
    clean.locator(".c-menu--end summary").click()
    clean.locator("[data-density-toggle]").click()
    clean.reload()
    expect(clean.locator("html")).to_have_attribute("data-theme", "dark")
    expect(clean.locator("html")).to_have_attribute("data-density", "comfortable")


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=tag")
    menu = clean.locator(".c-menu--scope")
    summary = menu.locator("summary")
    summary.click()
    expect(menu).to_have_attribute("open", "")
    clean.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    clean.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_clocks_tick_without_the_network(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=person")
    clean.wait_for_load_state("networkidle")
    asked: list[str] = []
    clean.on("request", lambda request: asked.append(request.url))
    clock = clean.locator(".c-elapsed").first
    before = clock.text_content()
    expect(clock).not_to_have_text(before or "", timeout=3000)
    assert asked == []


def test_a_morph_keeps_typed_text_focus_and_open_details(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=tag")
    clean.evaluate(
        """() => { const box = document.createElement('section'); box.id = 'region';
            box.innerHTML = '<p id="figure">1</p><details id="more"><summary>More</summary><p id="inside">old</p></details><input id="typed" aria-label="Note">';
            document.querySelector('main').prepend(box); }"""
    )
    clean.locator("#more summary").click()
    clean.locator("#typed").fill("half a sen")
    clean.evaluate(
        """() => window.midshift.morph(document.getElementById('region'),
            '<section id="region"><p id="figure">2</p><details id="more"><summary>More</summary><p id="inside">new</p></details><input id="typed" aria-label="Note"></section>')"""
    )
    expect(clean.locator("#figure")).to_have_text("2")
    expect(clean.locator("#inside")).to_be_visible()
    expect(clean.locator("#inside")).to_have_text("new")
    expect(clean.locator("#typed")).to_have_value("half a sen")
    expect(clean.locator("#typed")).to_be_focused()


def test_an_action_can_be_undone_by_z(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=tag")
    clean.evaluate("() => window.midshift.toast('Moved <b>2</b> people', {undo: () => { document.title = 'undone'; }})")
    toast = clean.locator("#toasts .c-toast")
    expect(toast).to_contain_text("Moved <b>2</b> people")
    clean.keyboard.press("z")
    expect(toast).to_have_count(0)
    expect(clean).to_have_title("undone")


def test_freshness_says_its_state_in_words_and_shows_the_bar_only_when_lost(clean: Page, address: str) -> None:
    clean.goto(f"{address}/dev/gallery?only=freshness")
    bar = clean.locator("[data-stale-bar]")
    expect(bar).to_be_hidden()
    clean.evaluate("() => window.midshift.setFreshness('lost', Date.UTC(2026, 10, 24, 14, 2))")
    expect(bar).to_contain_text("Figures are from 14:02")
    expect(clean.locator("[data-freshness-word]").first).to_have_text("Not connected")
    clean.evaluate("() => window.midshift.setFreshness('live', Date.now())")
    expect(bar).to_be_hidden()


def test_a_wrong_password_says_what_to_do(clean: Page, address: str) -> None:
    clean.goto(f"{address}/signin")
    expect(clean.get_by_label("User name")).to_be_focused()
    clean.get_by_label("User name").fill("lena")
    clean.get_by_label("Password").fill("wrong")
    clean.keyboard.press("Enter")
    expect(clean.get_by_role("alert")).to_contain_text("ask an administrator")
    expect(clean.get_by_label("User name")).to_have_value("lena")
    assert findings(clean) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_admin_in_our_colours_is_readable(page: Page, address: str, client, theme: str) -> None:
    boss = User.objects.create_superuser(username="adam", password="a-long-password")
    client.force_login(boss)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    paths = ["/admin/"]
    for model in admin.site._registry:
        paths += [f"/admin/{model._meta.app_label}/{model._meta.model_name}/{end}" for end in ("", "add/")]
    for path in paths:
        response = page.goto(f"{address}{path}")
        assert response is not None
        # A model whose rows are never made by hand has no page to add one.
        assert response.status == 200 or (response.status == 403 and path.endswith("/add/"))
        assert findings(page) == [], path
