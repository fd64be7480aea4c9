"""A conversation is scored by keyboard, read by whom it is about, doubted, and decided by somebody else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from apps.access.models import User
from apps.access.viewer import Viewer
from apps.reviews import services, sheets
from apps.reviews.drafts import Entry
from apps.reviews.marks import entries_of
from apps.reviews.models import Pick, Review, Rubric
from apps.reviews.spec import Fails, LineSpec, RubricSpec, Scale, SectionSpec, Weighing
from supervision.runtime.process import free_port
from tests.journeys.conftest import start_web
from tests.reviews.conftest import Floor, another_talk, words
from tests.reviews.conftest import floor as floor

pytestmark = [pytest.mark.django_db(transaction=True)]
SCORING = Path(__file__).parents[2] / "static/js/components/scoring.js"


@pytest.fixture
def address(settings: Any, tmp_path: Path, plain_static: None, request: pytest.FixtureRequest) -> str:
    """The portal in this process."""
    settings.STATIC_ROOT = settings.DATA_DIR = tmp_path
    return str(request.getfixturevalue("live_server").url)


@contextmanager
def signed_in(page: Page, address: str, who: Viewer) -> Iterator[None]:
    page.context.clear_cookies()
    client = Client()
    client.force_login(User.objects.get(pk=who.user.pk))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    yield


def sample(floor: Floor, of: int) -> list[Review]:
    """Conversations of Asha's that chance picked for Quentin; each has a word of hers in it."""
    now, picked = timezone.now(), []
    for n in range(of):
        talk = another_talk(floor, now - timedelta(minutes=10 * (n + 1)))
        words(talk, talk.started_at)
        words(talk, talk.started_at + timedelta(seconds=30), by=floor.agent, text="Let me look.")
        picked.append(
            services.begin(
                by=floor.quentin,
                conversation=talk.pk,
                agent=floor.agent.pk,
                pick=Pick.RANDOM,
                at=now + timedelta(seconds=n),
            )
        )
    return picked


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_three_conversations_are_scored_by_keyboard_and_one_score_is_doubted(
    clean: Page, address: str, floor: Floor
) -> None:
    Rubric.objects.update(release_minutes=0)
    picked = sample(floor, 3)
    # The socket has tests of its own; this portal runs in the test's process and has none.
    clean.route("**/js/live.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    with signed_in(clean, address, floor.quentin):
        clean.goto(f"{address}{reverse('reviews')}")
        press(clean, "j", "Enter")
        for n, one in enumerate(picked):
            clean.wait_for_url(f"**/reviews/{one.pk}")
            expect(clean.locator("[data-line].is-current")).to_have_attribute("data-line", "reads-hand-off")
            expect(clean.locator("[data-submit]")).to_be_disabled()
            press(clean, "4", "3")
            if n == 0:
                # A low mark waits for the message that shows it and for a cause.
                press(clean, "2")
                expect(clean.locator("[data-line=right-answer]")).to_have_class("c-line is-current is-low")
                press(clean, "Space", "]", "]", "q", "j")
                expect(clean.locator("[data-line=right-answer] [data-evidence-links] a")).to_have_text("message 2")
                expect(clean.locator("#m2 .c-cite")).to_have_text("3")
            else:
                press(clean, "4")
            press(clean, "p", "3", "n")
            expect(clean.locator("[data-left]")).to_have_text("ready to submit")
            expect(clean.locator("[data-score]")).to_have_text("69" if n == 0 else "88")
            if n == 0:
                clean.get_by_label("What Asha Verma will read").fill("Say when the money is there.")
            press(clean, "Control+Enter")
        clean.wait_for_url(f"**{reverse('reviews')}")
    done = list(Review.objects.submitted().order_by("begun_at"))
    assert [(one.pk, str(one.score)) for one in done] == [
        (p.pk, s) for p, s in zip(picked, ("68.63", "88.24", "88.24"), strict=True)
    ]
    low = entries_of(done[0])["right-answer"]
    assert (low.step, low.causes, len(low.evidence)) == (2, ("Did not know",), 1)
    assert done[0].note == "Say when the money is there."

    with signed_in(clean, address, floor.asha):
        clean.goto(f"{address}{reverse('my_reviews')}")
        clean.goto(f"{address}{reverse('my_review', args=[done[0].pk])}")
        expect(clean.get_by_text("Say when the money is there.")).to_be_visible()
        clean.get_by_role("button", name="I have read it").click()
        asked = clean.locator("#line-3")
        asked.get_by_text("Ask for a second look at this line").click()
        asked.get_by_label("Why?").fill("The answer is right, see message 2.")
        asked.get_by_role("button", name="Ask for a second look").click()
        expect(clean.locator(".s-looks")).to_contain_text("promised by")

    with signed_in(clean, address, floor.mona):
        clean.goto(f"{address}{reverse('second_looks')}")
        clean.get_by_role("link", name="Gives the right answer").first.click()
        clean.get_by_label("3. Gives the right answer").select_option("Strong")
        clean.get_by_role("radio", name="Accepted", exact=True).check()
        clean.get_by_label("Why, for the agent").fill("Message 2 says it all.")
        clean.get_by_role("button", name="Decide").click()
        expect(clean.get_by_role("heading", name="No score is doubted")).to_be_visible()

    with signed_in(clean, address, floor.asha):
        clean.goto(f"{address}{reverse('my_review', args=[done[0].pk])}")
        expect(clean.locator(".s-looks")).to_contain_text("Message 2 says it all. The score went from 68.6 to 88.2.")
        expect(clean.locator("#line-3")).to_contain_text("was Partly")


def test_a_draft_survives_a_reload_a_lost_network_and_a_server_that_is_away(
    page: Page, address: str, floor: Floor
) -> None:
    (one,) = sample(floor, 1)
    here, saved = f"{address}{reverse('review', args=[one.pk])}", page.locator("[data-save-state=saved]")
    with signed_in(page, address, floor.quentin):
        page.goto(here)
        press(page, "4", "3")
        expect(saved).to_contain_text("Draft saved")
        page.reload()
        expect(page.locator("[data-line=shows-heard] input[value='3']")).to_be_checked()
        # The network goes: the form says so, keeps what is marked, and sends it once there is one again.
        page.context.set_offline(True)
        press(page, "4")
        expect(page.locator("[data-save-state=lost]")).to_contain_text("Kept in this browser")
        page.context.set_offline(False)
        expect(saved).to_contain_text("Draft saved")
        one.refresh_from_db()
        assert entries_of(one)["right-answer"] == Entry(step=4)
        # The server is being restarted and answers nothing, and meanwhile the page is loaded anew from another that does.
        page.route("**/draft", lambda route: route.abort("connectionrefused"))
        press(page, "p")
        expect(page.locator("[data-save-state=lost]")).to_be_visible()
        page.unroute_all()
        page.goto(here)
        expect(saved).to_contain_text("Draft saved")
        assert entries_of(one)["follows-policy"] == Entry(step=2)


def test_a_draft_survives_a_server_that_is_killed_and_started_again(page: Page, floor: Floor, tmp_path: Path) -> None:
    (one,) = sample(floor, 1)
    port = free_port()
    address, log = f"http://127.0.0.1:{port}", tmp_path / "web.log"
    here, saved = f"{address}{reverse('review', args=[one.pk])}", page.locator("[data-save-state=saved]")
    web = start_web(port, log)
    try:
        with signed_in(page, address, floor.quentin):
            page.goto(here)
            press(page, "4", "3")
            expect(saved).to_contain_text("Draft saved")
            web.kill()
            web.wait()
            press(page, "4")
            expect(page.locator("[data-save-state=lost]")).to_contain_text("Kept in this browser")
            web = start_web(port, log)
            # Nobody touches the page: what was marked meanwhile is sent by itself.
            expect(saved).to_contain_text("Draft saved", timeout=30_000)
            page.goto(here)
            for line, step in (("reads-hand-off", 4), ("shows-heard", 3), ("right-answer", 4)):
                expect(page.locator(f"[data-line={line}] input[value='{step}']")).to_be_checked()
    finally:
        web.kill()
        web.wait()
    one.refresh_from_db()
    assert {key: entry.step for key, entry in entries_of(one).items()} == {
        "reads-hand-off": 4,
        "shows-heard": 3,
        "right-answer": 4,
    }


def test_a_save_whose_answer_is_lost_is_sent_again_and_counts_once(page: Page, address: str, floor: Floor) -> None:
    (one,) = sample(floor, 1)
    lost: list[bool] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        if lost:
            route.fulfill(response=answer)
        else:
            lost.append(True)
            route.abort("connectionreset")

    with signed_in(page, address, floor.quentin):
        page.goto(f"{address}{reverse('review', args=[one.pk])}")
        page.route("**/draft", lose_the_first)
        press(page, "4")
        expect(page.locator("[data-save-state=saved]")).to_contain_text("Draft saved", timeout=10_000)
        page.unroute_all()
    one.refresh_from_db()
    assert one.revision == 1


def test_two_windows_do_not_overwrite_each_other(page: Page, address: str, floor: Floor) -> None:
    (one,) = sample(floor, 1)
    here = f"{address}{reverse('review', args=[one.pk])}"
    with signed_in(page, address, floor.quentin):
        page.goto(here)
        services.save(
            by=floor.quentin,
            pk=one.pk,
            based_on=0,
            key=floor.said[0],
            entries={"shows-heard": Entry(step=4)},
            at=timezone.now(),
        )
        press(page, "4")
        expect(page.locator("[data-conflict]")).to_contain_text("saved in another window")
        page.get_by_role("button", name="Load the other").click()
        # A key that is pressed before the page is loaded anew marks nothing.
        expect(page.locator("[data-review].is-scripted [data-line=shows-heard] input[value='4']")).to_be_checked()
        expect(page.locator("[data-line=reads-hand-off].is-current input[value='4']")).not_to_be_checked()
        services.save(by=floor.quentin, pk=one.pk, based_on=1, key=floor.said[1], entries={}, at=timezone.now())
        press(page, "4")
        page.get_by_role("button", name="Keep what is here").click()
        expect(page.locator("[data-save-state=saved]")).to_contain_text("Draft saved")
    assert entries_of(one) == {"reads-hand-off": Entry(step=4), "shows-heard": Entry(step=4)}


def test_single_keys_do_nothing_while_one_types_and_can_be_switched_off(page: Page, address: str, floor: Floor) -> None:
    (one,) = sample(floor, 1)
    with signed_in(page, address, floor.quentin):
        page.goto(f"{address}{reverse('review', args=[one.pk])}")
        page.get_by_label("What Asha Verma will read").press_sequentially("4 p n 1")
        assert page.locator("[data-line] input[type=radio]:checked").count() == 0
        page.evaluate("localStorage.setItem('midshift-single-keys', 'off')")
        page.locator("[data-line-link]").first.focus()
        press(page, "4")
        assert page.locator("[data-line] input[type=radio]:checked").count() == 0


def random_form(chance: random.Random) -> RubricSpec:
    """Any form: weights that do not even add up, conditions on conditions, must-pass lines of both kinds."""
    keys: list[tuple[str, Scale]] = []

    def line(n: int) -> LineSpec:
        scale = chance.choice(list(Scale))
        on = chance.choice(keys) if keys and chance.random() < 0.3 else None
        keys.append((f"l{n}", scale))
        return LineSpec(
            key=f"l{n}", text=f"L{n}", scale=scale, weight=chance.choice([0, 1, 3, 10, 25]), fails=chance.choice([*Fails, Fails.NOTHING, Fails.NOTHING]),
            shown_if="" if on is None else on[0],
            shown_at=() if on is None else tuple(chance.sample(range(1, on[1].steps + 1), chance.randint(1, on[1].steps))),
        )  # fmt: skip

    numbers = iter(range(100))
    sections = tuple(
        SectionSpec(
            name=f"S{s}",
            weight=chance.choice([0, 10, 40]),
            lines=tuple(line(next(numbers)) for _ in range(chance.randint(1, 4))),
        )
        for s in range(chance.randint(1, 4))
    )
    return RubricSpec(sections=sections, weighing=chance.choice(list(Weighing)))


def test_the_browser_scores_as_the_server_does(page: Page) -> None:
    page.goto("about:blank")
    page.evaluate("window.midshift = {}")
    page.add_script_tag(content=SCORING.read_text(encoding="utf-8"))
    chance, cases, told = random.Random(7), [], []
    for _ in range(400):
        spec = random_form(chance)
        answers = {
            x.key: chance.choice([None, *range(1, x.scale.steps + 1)]) for x in spec.lines if chance.random() < 0.8
        }
        entries = {key: Entry(step=step, is_na=step is None) for key, step in answers.items()}
        laid = sheets.sheet(spec, entries)
        found = laid.score
        raw = None if found.raw is None else f"{found.raw.numerator}/{found.raw.denominator}"
        cases.append([laid.form, answers])
        told.append([laid.whole, raw, list(found.failed), list(found.asked), found.left])
    assert page.evaluate(
        """cases => cases.map(([form, answers]) => {
            const found = midshift.score(JSON.parse(form), answers);
            const whole = midshift.wholeScore(found.score);
            return [whole === null ? "–" : String(whole), found.raw && found.raw.join("/"), found.failed, found.asked, found.left];
        })""",
        cases,
    ) == told  # fmt: skip
