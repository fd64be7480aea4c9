"""The page on which admins set what each role is shown: preview, confirmation, versions, audit."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.access import factors, policy, sample
from apps.access.masking import KINDS
from apps.access.models import AuditEntry, MaskingPolicy, User
from apps.access.roles import Role
from apps.access.viewer import Viewer
from tests.access.test_sign_in import PASSWORD, START, enrolled
from tests.conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as travelling:
        yield travelling


def table(**cells: str) -> dict[str, str]:
    """The form as the untouched page sends it, but for some cells named as role__kind."""
    rules = policy.current()
    form = {f"{role}.{kind}": rules[role][kind] for role in policy.OPENERS for kind in KINDS}
    return {"base": str(policy.version()), **form, **{name.replace("__", "."): level for name, level in cells.items()}}


@pytest.fixture
def look(client: Client, adam: Viewer) -> Callable[..., tuple[Any, str]]:
    """Post a table as Adam and return the answer with the signed table that it offers to save."""

    def looked(**cells: str) -> tuple[Any, str]:
        client.force_login(User.objects.get(pk=adam.user.pk))
        answer = client.post(reverse("masking"), table(**cells))
        found = re.search(r'name="looked_at" value="([^"]+)"', answer.content.decode())
        return answer, html.unescape(found[1]) if found else ""

    return looked


def test_a_version_is_looked_at_confirmed_and_then_holds(client: Client, look: Any, adam: Viewer) -> None:
    page, looked_at = look(lead__email="hidden", lead__name="shown")
    text = page.content.decode()
    assert MaskingPolicy.objects.count() == 0
    assert "Anna Berg" in text.split('aria-label="Team lead"')[1].split("</section>")[0]
    assert "Anna Berg" not in text.split('aria-label="QA analyst"')[1].split("</section>")[0]
    answer = client.post(reverse("masking"), {"looked_at": looked_at, "current_password": PASSWORD})
    assert answer.status_code == 302
    rules = policy.current()
    assert (rules["lead"]["email"], rules["lead"]["name"], rules["qa"]["email"]) == ("hidden", "shown", "masked")
    entry = AuditEntry.objects.get(verb="masking.changed")
    assert (entry.by, entry.about) == (adam.user, "lead email, lead name")
    shown = html.unescape(client.get(reverse("masking")).content.decode())
    assert "email, Team lead: masked → hidden" in shown
    assert "name, Team lead: masked → shown" in shown


@pytest.mark.parametrize("given", [{}, {"current_password": ""}, {"current_password": "wrong"}])
def test_nothing_is_saved_without_the_password(client: Client, look: Any, given: dict[str, str]) -> None:
    """The row masking_rule.edit: an admin who has shown again who it is."""
    _, looked_at = look(lead__email="hidden")
    assert client.post(reverse("masking"), {"looked_at": looked_at, **given}).status_code == 400
    assert MaskingPolicy.objects.count() == 0


def test_nothing_is_saved_without_a_code_where_there_is_a_second_factor(
    client: Client, look: Any, adam: Viewer
) -> None:
    secret, _ = enrolled(adam.user)
    _, looked_at = look(lead__email="hidden")
    form = {"looked_at": looked_at, "current_password": PASSWORD}
    assert client.post(reverse("masking"), form).status_code == 400
    assert client.post(reverse("masking"), {**form, "current_code": "000000"}).status_code == 400
    assert MaskingPolicy.objects.count() == 0
    assert client.post(reverse("masking"), {**form, "current_code": factors.code_at(secret, START)}).status_code == 302


def test_guesses_at_the_password_are_counted_here_too(client: Client, look: Any) -> None:
    _, looked_at = look(lead__email="hidden")
    form = {"looked_at": looked_at}
    answers = [
        client.post(reverse("masking"), {**form, "current_password": f"wrong {n}"}).status_code for n in range(11)
    ]
    assert answers == [400] * 10 + [429]
    assert client.post(reverse("masking"), {**form, "current_password": PASSWORD}).status_code == 429
    assert MaskingPolicy.objects.count() == 0


def test_only_what_was_looked_at_is_saved_and_only_soon(client: Client, look: Any, clock: Any) -> None:
    _, looked_at = look(lead__email="hidden")
    forged = "x" + looked_at[1:]
    for text in (forged, "", "{}"):
        assert client.post(reverse("masking"), {"looked_at": text, "current_password": PASSWORD}).status_code == 400
    clock.shift(timedelta(minutes=16))
    assert client.post(reverse("masking"), {"looked_at": looked_at, "current_password": PASSWORD}).status_code == 400
    assert MaskingPolicy.objects.count() == 0


def test_what_another_admin_saved_meanwhile_is_not_written_over(client: Client, look: Any) -> None:
    _, looked_at = look(lead__email="hidden")
    eve = person("eve", Role.ADMIN)
    policy.change(by=eve, rules=policy.default(), at=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    answer = client.post(reverse("masking"), {"looked_at": looked_at, "current_password": PASSWORD})
    assert answer.status_code == 409
    assert MaskingPolicy.objects.count() == 1


@pytest.mark.parametrize("cells", [
    {"lead__card": "shown"}, {"qa_manager__password": "shown"}, {"lead__email": "everything"}, {"qa__card": ""},
])  # fmt: skip
def test_a_table_that_shows_more_than_may_be_shown_is_not_even_looked_at(look: Any, cells: dict[str, str]) -> None:
    answer, looked_at = look(**cells)
    assert (answer.status_code, looked_at) == (400, "")


def test_roles_that_open_nothing_have_no_column(client: Client, adam: Viewer) -> None:
    client.force_login(adam.user)
    names = set(re.findall(r'<select class="c-input" name="(\w+)\.', client.get(reverse("masking")).content.decode()))
    assert names == {"qa", "lead", "qa_manager"}


@pytest.mark.parametrize("name", ["lena", "mona", "olu", "quentin", "asha"])
def test_nobody_else_sets_it(name: str, client: Client, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(name).user)
    assert client.get(reverse("masking")).status_code == 403
    assert client.post(reverse("masking"), table(lead__email="hidden")).status_code == 403
    assert client.post(reverse("masking"), {"looked_at": "x", "current_password": PASSWORD}).status_code == 403


def test_the_sample_holds_a_value_of_every_kind() -> None:
    assert {one.kind for one in sample.masked()[1]} == set(KINDS)


def test_the_preview_shows_no_more_than_the_table_says() -> None:
    """Masked is without the last four, though the sample knows them; hidden and masked look alike but for the way in."""
    rules = policy.default()
    rules["lead"]["card"] = "masked"
    chips = {
        role: repr([text.pieces for text in sample.preview(rules=rules, role=role)]) for role in (Role.LEAD, Role.QA)
    }
    assert "1111" in chips[Role.QA]
    assert "1111" not in chips[Role.LEAD]
    assert "4111" not in chips[Role.QA]


@pytest.mark.parametrize("role", [Role.AGENT, Role.OPS, Role.ADMIN])
def test_a_row_that_was_written_past_the_page_shows_nothing_to_roles_that_open_nothing(role: Role) -> None:
    """The second net: the table is refused when it is saved, and not believed when it is read."""
    rules = {role: dict.fromkeys(KINDS, "shown")}
    assert {policy.level_of(rules, role, kind) for kind in KINDS} == {policy.Level.HIDDEN}
    assert "Anna" not in repr([text.pieces for text in sample.preview(rules=rules, role=role)])


def test_the_preview_is_drawn_by_the_function_that_draws_every_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One function: what it says in the preview is what it says everywhere."""
    from apps.access import showing
    from apps.interactions import showing as screens

    assert sample.shown is showing.shown
    assert screens.showing.shown is showing.shown
