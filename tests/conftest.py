"""The cast, a frozen shop and a browser: no network but this machine's own address."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for

# Playwright keeps an event loop running in the test's own thread, and Django takes that for an async view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def noon() -> datetime:
    """The moment at which hand-made floors stand still."""
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def person(name: str, role: str) -> Viewer:
    """Make an account of the cast and return its viewer."""
    return viewer_for(
        User.objects.create_user(username=name, password="a-long-password", role=role, display_name=name.title())
    )


@pytest.fixture
def lena(db: None) -> Viewer:
    return person("lena", "lead")


@pytest.fixture
def quentin(db: None) -> Viewer:
    return person("quentin", "qa")


@pytest.fixture
def mona(db: None) -> Viewer:
    return person("mona", "qa_manager")


@pytest.fixture
def olu(db: None) -> Viewer:
    return person("olu", "ops")


@pytest.fixture
def asha(db: None) -> Viewer:
    return person("asha", "agent")


@pytest.fixture
def adam(db: None) -> Viewer:
    return person("adam", "admin")


@pytest.fixture
def nils(db: None) -> Viewer:
    return person("nils", "lead")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Use the system's Chromium: the browsers that the test tool would fetch are not needed."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium was found, and CI must not leave the browser journeys out.")
        pytest.skip("No Chromium on this machine: install the package `chromium` to run the browser journeys.")
    return {**browser_type_launch_args, "executable_path": path, "args": CHROMIUM_FLAGS}


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tests call steps themselves; only journeys, which run real workers, ring."""
    if "bells" not in request.keywords:
        monkeypatch.setattr("apps.shared.outbox.ring", lambda: None)


@pytest.fixture
def clean(page: Page) -> Iterator[Page]:
    """A page that fails its test on any console error, page error or violation of the content policy."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    assert wrong == []
