"""The cast, a clock that stands still and a browser: no network but this machine's own address."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import Page

from apps.access.models import User
from apps.access.roles import Role
from apps.access.viewer import Viewer, viewer_for

CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# The shell has no windows of its own to draw: it costs half as much.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
POLICY_WATCH = """
document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))
"""


PARTS = ("browser", "first", "second")
# Their tests take as long as so many others.
SLOW = ("tests/demo/test_day.py", "tests/contracts/test_nothing_unsealed.py", "tests/contracts/test_canaries.py")
WEIGHT = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-pictures", action="store_true", help="write the README's pictures of the screens anew")
    parser.addoption(
        "--part", choices=PARTS, help="only the tests that open a browser, or one half of the others, by whole files"
    )


def pytest_configure() -> None:
    django_settings.PASSWORD_HASHERS = ["tests.hashing.QuickHasher"]
    # The same readings with the extra `nlp` and without it; its own tests switch it on.
    django_settings.SECOND_TIER = False
    os.environ["MIDSHIFT_SECOND_TIER"] = "0"  # of workers that tests start


def needs_browser(item: pytest.Item) -> bool:
    """Say whether a test opens a browser, by itself or through its fixtures."""
    return "browser" in getattr(item, "fixturenames", ())


def part_of(items: list[pytest.Item]) -> dict[pytest.Item, str]:
    """Say which part each test is in. Files stay whole; each goes, heaviest first, to the half that has less by then."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        if not needs_browser(item):
            files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    parts = dict.fromkeys(items, "browser")
    sizes = dict.fromkeys(PARTS[1:], 0)

    def weight(file: str) -> int:
        return len(files[file]) * (WEIGHT if file.startswith(SLOW) else 1)

    for file in sorted(files, key=lambda one: (-weight(one), one)):
        tests = files[file]
        part = min(sizes, key=lambda name: sizes[name])
        sizes[part] += weight(file)
        parts |= dict.fromkeys(tests, part)
    return parts


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put browser tests last: Playwright keeps an event loop running until the end, which no asyncio test can stand."""
    items.sort(key=needs_browser)
    if part := config.getoption("--part"):
        parts = part_of(items)
        config.hook.pytest_deselected(items=[item for item in items if parts[item] != part])
        items[:] = [item for item in items if parts[item] == part]


def pytest_runtest_setup(item: pytest.Item) -> None:
    # Django takes Playwright's loop for an async view. Its guard stays on for every other test.
    if needs_browser(item):
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests with real transactions clean up by emptying tables, which the audit trail refuses everywhere else; and nothing is vacuumed."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_auditentry DISABLE TRIGGER access_audit_stays_whole")
        # Tests take back what they write. A vacuum in between notes pages without rows, and from then on the planner takes a table
        # for empty however much the next test puts into it: one statement took minutes instead of half a second.
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")


def plain_storages() -> dict[str, dict[str, Any]]:
    """The storages of the settings, with static files that keep their plain names."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return {**django_settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def plain_static(settings: Any) -> None:
    """Static files are named as they lie there: nothing was collected, so no name has a checksum."""
    settings.STORAGES = plain_storages()


@pytest.fixture
def noon() -> datetime:
    """The moment at which hand-made floors stand still."""
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def person(name: str, role: str) -> Viewer:
    """Make an account of the cast and return its viewer. Nobody holds a grant from the start."""
    user = User.objects.create_user(username=name, password="a-long-password", role=role, display_name=name.title())
    return viewer_for(user)


@pytest.fixture
def lena(db: None) -> Viewer:
    """Leads a team."""
    return person("lena", Role.LEAD)


@pytest.fixture
def quentin(db: None) -> Viewer:
    """Does quality."""
    return person("quentin", Role.QA)


@pytest.fixture
def mona(db: None) -> Viewer:
    """Owns the quality forms."""
    return person("mona", Role.QA_MANAGER)


@pytest.fixture
def olu(db: None) -> Viewer:
    """Runs operations."""
    return person("olu", Role.OPS)


@pytest.fixture
def asha(db: None) -> Viewer:
    """An agent."""
    return person("asha", Role.AGENT)


@pytest.fixture
def adam(db: None) -> Viewer:
    """Sets the portal up; reads no conversation."""
    return person("adam", Role.ADMIN)


@pytest.fixture
def nils(db: None) -> Viewer:
    """Leads a team elsewhere: nothing of the others is his business."""
    return person("nils", Role.LEAD)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Use the system's Chromium: the browsers that the test tool would fetch are not needed."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium was found, and CI must not leave the browser journeys out.")
        pytest.skip(
            "No Chromium on this machine: install the package `chromium-headless-shell` to run the browser journeys."
        )
    return {**browser_type_launch_args, "executable_path": path, "args": CHROMIUM_FLAGS}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desk's screen that shows the same on every machine."""
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 900},
        "reduced_motion": "reduce",
        "locale": "en-GB",
        "timezone_id": "UTC",
    }


@pytest.fixture
def clean(page: Page) -> Iterator[Page]:
    """A browser page that fails its test on any console error or warning, script error or breach of the policy."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.add_init_script(POLICY_WATCH)
    yield page
    assert troubles == []


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tests call steps themselves; only journeys, which run real workers, ring."""
    if "bells" not in request.keywords:
        monkeypatch.setattr("apps.shared.outbox.ring", lambda: None)
