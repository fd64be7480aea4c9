"""The API answers as its description says: made-up questions as a throw-away account of each role, no crash, no surprise.

Questions are made from the description itself: its words, words near them, and words that mean nothing.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from apps.access.models import User
from apps.access.roles import Role
from apps.agents.models import Team
from apps.metrics.definitions import DICTIONARY
from tests.console.floors import on_shift, queue_named

pytestmark = pytest.mark.django_db
EXAMPLES = 30
SAFE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NEAR = st.sampled_from([
    "", "0", "-1", "1", "99999999999999999999", "1e309", "NaN", "null", "true", "all", "team:1", "team:x", "queue:", f"queue:{uuid4()}",
    f"agent:{uuid4()}", "agent:1", "queue:\u0000", "2026-02-30", "2026-11-25T12:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00Z", "%00", "'", '"', "../..", "[]", "{}", "$where", "\u202e", "a" * 5000,
])  # fmt: skip


def throw_away(role: str) -> Client:
    """A browser of an account that nobody else uses."""
    client = Client()
    client.force_login(
        User.objects.create_user(username=f"throw-away-{uuid4().hex[:8]}", password="a-long-password", role=role)
    )
    return client


def described(client: Client) -> dict[str, Any]:
    """The description, as somebody signed in reads it."""
    answer = client.get("/api/schema/", headers={"Accept": "application/json"})
    text = answer.content.decode()
    return json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)


def questions(operation: dict[str, Any], path: str) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    """Addresses and parameters: each as described, near it or far from it."""

    def words(schema: dict[str, Any]) -> st.SearchStrategy[str]:
        own = st.sampled_from([str(one) for one in schema["enum"]]) if "enum" in schema else NEAR
        return st.one_of(own, own, NEAR, SAFE)

    asked = {
        one["name"]: words(one.get("schema", {})) for one in operation.get("parameters", ()) if one["in"] == "query"
    }
    given_ = st.fixed_dictionaries({}, optional=asked)
    keys = st.one_of(
        st.sampled_from(sorted(DICTIONARY)),
        st.sampled_from(["none", "a-b", "0", "1", "first_reply_time", str(uuid4())]),
    )
    return st.tuples(keys.map(lambda key: path.replace("{key}", key).replace("{id}", key)), given_)


def bodies(description: dict[str, Any], operation: dict[str, Any]) -> st.SearchStrategy[str]:
    """JSON bodies: fields as described, near it or far from it, some of them left out; and bodies of no such shape."""
    odd = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), NEAR, SAFE),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(SAFE, inner, max_size=3)), max_leaves=6,
    )  # fmt: skip

    def of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            return of(description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        kind = schema.get("type")
        if kind == "object" and "properties" in schema:
            fields = {name: st.one_of(of(one), of(one), odd) for name, one in schema["properties"].items()}
            return st.fixed_dictionaries({}, optional=fields)
        if kind == "array":
            return st.lists(of(schema["items"]), max_size=3)
        if kind == "integer":
            return st.integers(-2, 10)
        if kind == "boolean":
            return st.booleans()
        if schema.get("format") == "uuid":
            return st.uuids().map(str)
        return st.sampled_from(schema["enum"]) if "enum" in schema else st.one_of(NEAR, SAFE)

    wanted = of(operation["requestBody"]["content"]["application/json"]["schema"])
    return st.one_of(wanted, wanted, odd).map(json.dumps)


def operations() -> list[tuple[str, str]]:
    """What of the description Django answers; the door stands before it and has tests of its own."""
    return [
        ("/api/v1/metrics/{key}", "get"),
        ("/api/v1/metrics/{key}/rows", "get"),
        ("/api/v1/agent-states", "get"),
        ("/api/v1/routing/decision", "get"),
        ("/api/v1/commands", "get"),
        ("/api/v1/reviews", "get"),
        ("/api/v1/reviews/{id}", "get"),
        ("/api/v1/rubrics", "get"),
        ("/api/v1/rubrics/{id}", "get"),
        ("/api/v1/drafts", "post"),
        ("/api/v1/drafts/{id}", "post"),
        ("/api/v1/drafts/{id}/submit", "post"),
        ("/api/v1/reviews/{id}/second-looks", "post"),
        ("/api/v1/second-looks/{id}/decision", "post"),
        ("/api/v1/rubrics/import", "post"),
    ]


def test_every_operation_is_tried() -> None:
    found = {
        (path, verb)
        for path, said in described(throw_away("admin"))["paths"].items()
        for verb in said
        if verb != "parameters"
    }
    assert found - {("/api/v1/events", "post"), ("/api/schema/", "get")} == set(operations())


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


@pytest.fixture
def floor(db: None) -> None:
    """Enough to be asked about."""
    team = Team.objects.create(name="Billing")
    on_shift("Asha", team, timezone.now())
    queue_named("Billing chat").teams.add(team)


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("path", "verb"), operations())
def test_no_question_crashes_or_is_answered_as_nobody_said(path: str, verb: str, role: str, floor: None) -> None:
    client = throw_away(role)
    client.raise_request_exception = False
    description = described(client)
    operation = description["paths"][path][verb]
    said = {int(code) for code in operation["responses"]}

    # A body has many fields wrong at once; most roles are refused before it is read.
    @effort(max_examples=EXAMPLES if verb == "get" else EXAMPLES // 3, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(questions(operation, path), st.none() if verb == "get" else bodies(description, operation))
    def ask(question: tuple[str, dict[str, str]], body: str | None) -> None:
        where, asked = question
        answer = client.get(where, asked) if body is None else client.post(where, body, content_type="application/json")
        assert answer.status_code < 500, (where, asked)
        assert answer.status_code in said, (where, asked, answer.status_code)
        said_as = tuple(operation["responses"][str(answer.status_code)].get("content", {}))
        assert answer.headers["Content-Type"].startswith(said_as), (where, asked, answer.headers["Content-Type"])
        json.loads(answer.content)

    ask()


class Teapot(APIException):
    """A status that nobody described."""

    status_code = 418


@pytest.mark.parametrize(("raised", "found"), [(ZeroDivisionError(), "< 500"), (Teapot(), "418")])
def test_the_check_can_fail(raised: Exception, found: str, floor: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash, and a status that nobody described, are both found."""

    def fails(**_: object) -> None:
        raise raised

    monkeypatch.setattr("apps.metrics.queries.measure", fails)
    with pytest.raises(AssertionError, match=found):
        test_no_question_crashes_or_is_answered_as_nobody_said("/api/v1/metrics/{key}", "get", "admin", None)
