"""The page of words that are nobody's name: looked at with how often each was taken for one, confirmed, saved; and what then holds."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access import allow_list, persons
from apps.access.models import AllowList, User
from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.interactions import guesses as module
from apps.interactions.guesses import guesses
from apps.interactions.models import Message
from apps.interactions.remasking import remask
from apps.interactions.services import record
from tests.access.test_sign_in import PASSWORD
from tests.conftest import person
from tests.interactions.events import CUSTOMER, NOON, SOURCE, said, started
from tests.interactions.test_remasking import Names, nobody
from tests.interactions.test_remasking import reads as reads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_static")]
TEXT = "it turned out that Brann had come with Yefremova"


def talks(count: int, text: str = TEXT, name: str = "k") -> None:
    told: Sequence[Any] = [
        event
        for n in range(count)
        for event in (
            started(n, conversation_id=f"{name}-{n}"),
            said(n + 0.5, CUSTOMER, text, message_id="1", conversation_id=f"{name}-{n}"),
        )
    ]
    record(events=told, source=SOURCE, at=NOON)


def look(client: Client, adam: Viewer, listed: str, **more: str) -> tuple[Any, str]:
    """Post a list and return the answer with the signed list that it offers to save."""
    client.force_login(User.objects.get(pk=adam.user.pk))
    answer = client.post(reverse("allow_list"), {"listed": listed, "base": str(allow_list.version()), **more})
    found = re.search(r'name="looked_at" value="([^"]+)"', answer.content.decode())
    return answer, html.unescape(found[1]) if found else ""


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())))


def test_a_list_is_looked_at_confirmed_and_then_holds_for_texts_from_then_on(
    client: Client, adam: Viewer, reads: Names
) -> None:
    reads.words = ("Brann", "Yefremova")
    talks(3)
    answer, looked_at = look(client, adam, "Brann\nNordwind")
    assert "Brann nobody’s name 3 of 6" in text_of(answer)
    assert "Nordwind nobody’s name 0 of 6" in text_of(answer)
    assert not AllowList.objects.exists()
    saved = client.post(reverse("allow_list"), {"looked_at": looked_at, "current_password": PASSWORD})
    assert saved.status_code == 302
    assert allow_list.entries() == ("Brann", "Nordwind")
    assert "added: Brann, Nordwind" in text_of(client.get(reverse("allow_list")))
    talks(1, name="later")
    assert set(Message.objects.values_list("text", flat=True)) == {
        "it turned out that Brann had come with [name 1]",
        "it turned out that [name 1] had come with [name 2]",
    }


def test_what_was_masked_comes_into_the_open_when_it_is_masked_again(adam: Viewer, reads: Names) -> None:
    reads.words = ("Brann", "Yefremova")
    talks(2)
    allow_list.change(by=adam, listed=["Brann"], at=NOON)
    assert remask(since=NOON, at=NOON + timedelta(hours=1), tell=nobody) == 2
    assert set(Message.objects.values_list("text", flat=True)) == {"it turned out that Brann had come with [name 1]"}
    allow_list.change(by=adam, listed=[], at=NOON)
    assert remask(since=NOON, at=NOON + timedelta(hours=1), tell=nobody) == 2
    assert set(Message.objects.values_list("text", flat=True)) == {"it turned out that [name 1] had come with [name 2]"}


def test_a_name_that_is_listed_stays_masked_while_the_second_reader_cannot_look_again(
    adam: Viewer, reads: Names
) -> None:
    reads.words = ("Brann", "Yefremova")
    talks(1)
    allow_list.change(by=adam, listed=["Brann"], at=NOON)
    reads.why = "it failed"
    assert persons.HERE.rests
    remask(since=NOON, at=NOON + timedelta(hours=1), tell=nobody)
    assert Message.objects.get().text == "it turned out that [name 1] had come with [name 2]"


@pytest.mark.parametrize("given", [{}, {"current_password": ""}, {"current_password": "wrong"}])
def test_nothing_is_saved_without_the_password(client: Client, adam: Viewer, given: dict[str, str]) -> None:
    _, looked_at = look(client, adam, "Brann")
    assert client.post(reverse("allow_list"), {"looked_at": looked_at, **given}).status_code == 400
    assert not AllowList.objects.exists()


def test_only_what_was_looked_at_here_is_saved(client: Client, adam: Viewer) -> None:
    from apps.access.views.masking import LOOKED_AT as OF_MASKING

    look(client, adam, "Brann")
    for text in ("", "x", OF_MASKING.sign(listed=["Brann"], base=0)):
        answer = client.post(reverse("allow_list"), {"looked_at": text, "current_password": PASSWORD})
        assert answer.status_code == 400
        assert "Look at it again" in text_of(answer)
    assert not AllowList.objects.exists()


def test_what_another_admin_saved_meanwhile_is_shown_instead(client: Client, adam: Viewer) -> None:
    _, looked_at = look(client, adam, "Brann")
    allow_list.change(by=person("eve", Role.ADMIN), listed=["Lofot"], at=NOON)
    answer = client.post(reverse("allow_list"), {"looked_at": looked_at, "current_password": PASSWORD})
    assert answer.status_code == 409
    assert "Another admin has saved a version meanwhile" in text_of(answer)
    assert allow_list.entries() == ("Lofot",)


@pytest.mark.parametrize("more", [{"listed": "Jacob"}, {"listed": "45"}, {"base": "x"}, {"base": ""}])
def test_a_list_that_cannot_hold_is_told_why_and_not_offered(
    client: Client, adam: Viewer, more: dict[str, str]
) -> None:
    answer, looked_at = look(client, adam, **{"listed": "Brann", **more})
    assert (answer.status_code, looked_at) == (400, "")
    assert "Not saved" in text_of(answer)


@pytest.mark.parametrize("name", ["lena", "mona", "olu", "quentin", "asha"])
def test_nobody_else_sets_it(name: str, client: Client, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(name).user)
    assert client.get(reverse("allow_list")).status_code == 403
    assert client.post(reverse("allow_list"), {"listed": "Brann", "base": "0"}).status_code == 403
    assert not AllowList.objects.exists()


def test_guesses_are_counted_by_their_marks_among_the_latest_and_no_value_is_opened(
    reads: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (guesses(["Brann"]).names, guesses(["Brann"]).of) == (0, {"Brann": 0})
    reads.words = ("Brann",)
    talks(2, f"{TEXT}, call +44 7700 900123")
    monkeypatch.setattr("apps.access.sealed.open_value", None)
    assert guesses(["Brann", "brann", "Yefremova"]).of == {"Brann": 2, "brann": 2, "Yefremova": 0}
    assert guesses(["Brann"]).names == 2
    monkeypatch.setattr(module, "LATEST", 2)
    monkeypatch.setattr(module, "MOST_ENTRIES", 1)
    # The latest two values are a name and a number.
    assert (guesses(["Brann", "Lofot"]).names, guesses(["Brann", "Lofot"]).of) == (1, {"Brann": 1})


def test_a_batch_asks_once_for_the_list(adam: Viewer) -> None:
    talks(1, name="warm")
    with CaptureQueriesContext(connection) as seen:
        talks(3)
    assert sum('"access_allowlist"' in query["sql"] for query in seen.captured_queries) == 1
