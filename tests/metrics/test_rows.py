"""The page of a number, its rows for programs and its file: who sees which rows, what a row says, and what the audit keeps."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.models import Conversation, Queue
from apps.interactions.services import record
from apps.metrics import drilldown, exporting, services, wording
from apps.metrics.behind import Question
from apps.metrics.definitions import DICTIONARY
from apps.metrics.queries import Scope
from apps.metrics.reading import Number
from apps.metrics.reasons import REASONS
from apps.shared.outbox import dispatch
from tests.console.floors import granted
from tests.interactions.events import (
    ASHA,
    BO,
    CUSTOMER,
    SOURCE,
    TOMAS,
    assigned,
    at,
    queued,
    said,
    started,
    status,
)

BILLING, SALES, NOT_PROMISED = (key(SOURCE, "queue", name) for name in ("billing", "sales", "returns"))
HER = key(SOURCE, "agent", "asha")
NOW = at(100)


def answered(name: str, queue: str, seconds: float, by: dict[str, Any] = ASHA, **more: Any) -> list[CanonicalEvent]:
    return [
        started(0, conversation_id=name, queue=queue, subject=f"About {name}", **more), said(1, CUSTOMER, conversation_id=name),
        assigned(2, by, conversation_id=name), said(seconds, by, conversation_id=name, message_id="r"),
    ]  # fmt: skip


def take_in(events: list[CanonicalEvent]) -> None:
    record(events=events, source=SOURCE, at=NOW)
    dispatch(at=NOW)
    services.recount_all(at=NOW)


@pytest.fixture
def floor(db: None) -> None:
    """Two replies in billing, one in sales; what is no reply of a person, of every kind."""
    take_in([
        *answered("a", "billing", 20), *answered("b", "billing", 90, TOMAS), *answered("c", "sales", 80),
        *answered("d", "billing", 5, BO),
        started(0, conversation_id="note", queue="billing"), said(1, CUSTOMER, conversation_id="note"),
        said(3, ASHA, conversation_id="note", message_id="n", visibility="private"),
        started(0, conversation_id="ours", queue="billing", direction="outbound"),
        assigned(1, ASHA, conversation_id="ours"), said(9, ASHA, conversation_id="ours", message_id="o"),
        started(0, conversation_id="gone", queue="billing"), queued(1, conversation_id="gone"),
        status(5, "closed", outcome="abandoned", conversation_id="gone"),
        *answered("free", "returns", 30),
    ])  # fmt: skip
    Queue.objects.filter(pk__in=[BILLING, SALES]).update(reply_target_seconds=60)


@pytest.fixture
def lead(floor: None, lena: Viewer) -> Viewer:
    """Lena has billing and not the others."""
    return granted(lena, queue=Queue.objects.get(pk=BILLING))


@pytest.fixture(autouse=True)
def _at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def page(client: Client, viewer: Viewer, metric: str, **asked: Any) -> str:
    client.force_login(viewer.user)
    answer = client.get(f"/metrics/{metric}", asked)
    assert answer.status_code == 200, answer.content.decode()[-500:]
    return answer.content.decode()


def rows_of(html: str) -> list[tuple[str, ...]]:
    """The cells of the rows on a page: the conversation's key, then what is read, moments as they were written."""
    table = re.search(r'<table class="c-table" id="rows">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL) if table else []:
        talk = re.search(r"/conversations/([0-9a-f-]+)", row)
        row = re.sub(r'<time datetime="([^"]+)">.*?</time>', r"\1", row)
        cells = [
            unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        found.append((talk[1], *("" if cell == "—" else cell for cell in cells)))  # type: ignore[index]
    return found


def rest(client: Client, viewer: Viewer, metric: str, **asked: Any) -> dict[str, Any]:
    client.force_login(viewer.user)
    answer = client.get(f"/api/v1/metrics/{metric}/rows", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[no-any-return]


def counts(told: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {part["key"]: (part["count"], part["hidden"]) for part in told["parts"]}


def test_a_number_shows_n_window_as_of_interval_and_its_formula_with_the_figures_in_it(
    client: Client, lead: Viewer
) -> None:
    html = page(client, lead, "service_level")
    assert '<p class="s-number__value" id="value">50.0%</p>' in html
    assert '<dd id="n">2</dd>' in html
    assert "9.5% to 90.5% (95 %)" in html
    assert (
        "First replies within the queue&#x27;s promise of Y seconds (1) divided by first replies plus abandoned waits that were "
        "not short (2) = 50.0%." in html
    )
    assert "24 Nov 11:01" in html and "12:01:40" in html  # noqa: PT018
    assert "Fewer than 20 cases: nothing is judged from it." in html


def test_numerator_and_denominator_are_listed_apart_and_a_row_opens_its_conversation(
    client: Client, lead: Viewer
) -> None:
    whole = rows_of(page(client, lead, "service_level"))
    assert [(row[1], row[6], row[7], row[8]) for row in whole] == [
        ("About b", "Tomás Reyes", "0:01:30, over 0:01:00", "denominator only"),
        ("About a", "Asha Rao", "0:00:20, within 0:01:00", "numerator and denominator"),
    ]
    assert [row[1] for row in rows_of(page(client, lead, "service_level", part="numerator"))] == ["About a"]
    assert [row[1] for row in rows_of(page(client, lead, "service_level", part="rest"))] == ["About b"]
    assert Conversation.objects.filter(pk=UUID(whole[0][0]), subject="About b").exists()


def test_what_is_left_out_is_listed_with_the_reason_in_words(client: Client, lead: Viewer, mona: Viewer) -> None:
    told = rest(client, lead, "first_reply_time", part="left_out")
    assert {one["words"]: one["count"] for one in told["reasons"]} == {
        REASONS["ai_only"]: 1, REASONS["notes_only"]: 1, REASONS["started_by_us"]: 1, REASONS["never_answered"]: 1,
    }  # fmt: skip
    told = rest(client, mona, "service_level", part="left_out")
    assert {one["key"]: one["count"] for one in told["reasons"]} == {
        "ai_only": 1, "notes_only": 1, "started_by_us": 1, "short_abandon": 1, "no_promise": 1,
    }  # fmt: skip
    only = rest(client, mona, "service_level", part="left_out", reason="short_abandon")
    assert [row["reason"] for row in only["rows"]] == [REASONS["short_abandon"]]
    told = rest(client, lead, "response_time", part="left_out", reason="private_note")
    assert [row["reason"] for row in told["rows"]] == [REASONS["private_note"]]
    html = page(client, lead, "response_time", part="left_out")
    assert REASONS["private_note"] in html


def test_rows_of_conversations_one_may_not_read_are_only_counted(
    client: Client, lead: Viewer, olu: Viewer, adam: Viewer, mona: Viewer
) -> None:
    assert counts(rest(client, mona, "first_reply_time"))["all"] == (4, 0)
    for viewer in (olu, adam):
        told = rest(client, viewer, "first_reply_time")
        assert (counts(told)["all"], counts(told)["left_out"], told["rows"]) == ((4, 4), (4, 4), [])
        html = page(client, viewer, "first_reply_time")
        assert "4 that you may not read" in html
        assert "About" not in html
        assert "Export" not in html
    # One of the lead's conversations has moved on to a queue of others since.
    Conversation.objects.filter(subject="About b").update(queue=SALES)
    told = rest(client, lead, "first_reply_time")
    assert (counts(told)["all"], [row["title"] for row in told["rows"]]) == ((2, 1), ["About a"])
    assert "1 more that you may not read" in page(client, lead, "first_reply_time")


def test_an_agent_opens_the_rows_of_their_own_numbers_and_of_nobody_elses(
    client: Client, floor: None, asha: Viewer, lead: Viewer
) -> None:
    Agent.objects.filter(pk=HER).update(user=asha.user, team=Team.objects.create(name="Billing"))
    told = rest(client, asha, "volume", scope=f"agent:{HER}")
    assert counts(told)["all"] == (4, 0)
    assert client.get("/metrics/volume").status_code == 403
    assert client.get("/metrics/volume", {"scope": f"agent:{key(SOURCE, 'agent', 'tomas')}"}).status_code == 403
    client.force_login(lead.user)
    assert client.get("/metrics/volume", {"scope": f"agent:{HER}"}).status_code == 404
    assert client.get("/metrics/volume", {"scope": f"queue:{SALES}"}).status_code == 404
    assert client.get("/metrics/volume", {"by": "queue", "group": str(SALES)}).status_code == 404
    assert client.get("/metrics/happiness").status_code == 404


def test_a_number_of_a_team_is_that_of_the_queues_it_answers(client: Client, lead: Viewer, nils: Viewer) -> None:
    team = Team.objects.create(name="Billing")
    Queue.objects.get(pk=BILLING).teams.add(team)
    lead = granted(lead, queue=Queue.objects.get(pk=SALES), team=team)
    assert counts(rest(client, lead, "first_reply_time"))["all"] == (3, 0)
    assert counts(rest(client, lead, "first_reply_time", scope=f"team:{team.pk}"))["all"] == (2, 0)
    client.force_login(nils.user)
    assert client.get(f"/api/v1/metrics/first_reply_time/rows?scope=team:{team.pk}").status_code == 404


def test_a_divided_number_opens_each_of_its_parts(client: Client, lead: Viewer) -> None:
    html = page(client, lead, "first_reply_time", by="queue")
    (href,) = re.findall(r'<a href="(/metrics/[^"]+group[^"]+)">billing</a>', html)
    opened = client.get(unescape(href)).content.decode()
    assert len(rows_of(opened)) == 2
    assert '<dd id="n">2</dd>' in opened


def test_a_page_of_fifty_has_a_next_one_as_of_the_same_moment(client: Client, lead: Viewer) -> None:
    take_in([one for n in range(60) for one in answered(f"more {n}", "billing", 10 + n / 10)])
    html = page(client, lead, "first_reply_time")
    assert len(rows_of(html)) == 50
    (older,) = re.findall(r'href="([^"]+)">Older', html)
    with time_machine.travel(NOW + timedelta(minutes=25)):
        second = client.get(unescape(older)).content.decode()
    assert len(rows_of(second)) == 12
    assert not {row[0] for row in rows_of(html)} & {row[0] for row in rows_of(second)}
    assert '<dd id="n">62</dd>' in second


def test_a_question_that_cannot_be_asked_is_answered_in_words(client: Client, lead: Viewer) -> None:
    client.force_login(lead.user)
    for asked, words in (
        ({"part": "half"}, b"part"), ({"window": "1y"}, b"window"), ({"at": "2027-01-01T00:00:00Z"}, b"moment to come"),
        ({"page": "0"}, b"page"), ({"reason": "mood"}, b"reason"),
    ):  # fmt: skip
        answer = client.get("/metrics/first_reply_time", asked)
        assert answer.status_code == 409
        assert words in answer.content
        assert client.get("/api/v1/metrics/first_reply_time/rows", asked).status_code == 400
    assert client.get("/metrics/free_slots").status_code == 200


async def _read(client: AsyncClient, path: str) -> tuple[int, str]:
    answer = await client.post(path)
    if not isinstance(answer, StreamingHttpResponse):
        return answer.status_code, answer.content.decode()
    return answer.status_code, b"".join([part async for part in answer]).decode("utf-8-sig")  # type: ignore[union-attr]


def taken(viewer: Viewer, path: str) -> tuple[int, str]:
    """Take a file as somebody, read as a browser reads it."""
    client = AsyncClient()
    client.force_login(viewer.user)
    return async_to_sync(_read)(client, path)


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("metric", "part"),
    [("service_level", ""), ("service_level", "rest"), ("first_reply_time", "left_out"), ("volume", "")],
)
def test_a_file_equals_the_screen_row_for_row(metric: str, part: str, client: Client, lead: Viewer) -> None:
    # Named by letters: a number in a subject may be somebody's, and is masked.
    names = [chr(97 + n // 26) + chr(97 + n % 26) for n in range(120)]
    take_in([one for n, name in enumerate(names) for one in answered(name, "billing", 10 + n / 2)])
    asked = {"part": part} if part else {}
    html = page(client, lead, metric, **asked)
    (path,) = re.findall(r'action="(/metrics/[^"]+/export[^"]*)"', html)
    screen = rows_of(html)
    while older := re.findall(r'href="([^"]+)">Older', html):
        html = client.get(unescape(older[0])).content.decode()
        screen += rows_of(html)
    code, text = taken(lead, unescape(path))
    head, *lines = table(text)
    assert (code, tuple(head)) == (200, exporting.HEAD)
    assert len(lines) == len(screen) > (2 if part else 100)
    for line, shown in zip(lines, screen, strict=True):
        talk, about, moment, customer, channel, queue, who, says, side, why = line
        assert (talk, about, customer, channel, queue, who) == (shown[0], shown[1], *shown[3:7])
        assert datetime.fromisoformat(moment).replace(microsecond=0) == datetime.fromisoformat(shown[2])
        assert (why if part == "left_out" else says) == shown[7]
        if metric == "service_level":
            assert side == ("numerator" if shown[8].startswith("numerator") else "rest")


def test_a_file_is_in_the_audit_with_its_count_before_it_is_read(lead: Viewer) -> None:
    taken(lead, "/metrics/first_reply_time/export?window=60min")
    (entry,) = AuditEntry.objects.filter(verb=exporting.VERB)
    assert (entry.by, entry.about) == (lead.user, "first_reply_time, 60min, all: 2 rows")


def test_the_eleventh_file_of_a_day_is_refused(lead: Viewer) -> None:
    for _ in range(exporting.MOST_A_DAY):
        assert taken(lead, "/metrics/first_reply_time/export")[0] == 200
    assert taken(lead, "/metrics/first_reply_time/export")[0] == 429
    with time_machine.travel(NOW + timedelta(days=1, seconds=1)):
        assert taken(lead, "/metrics/first_reply_time/export")[0] == 200


def test_a_file_has_at_most_so_many_rows(lead: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)
    code, text = taken(lead, "/metrics/first_reply_time/export")
    assert (code, "Saw more than 1 rows" in text) == (409, True)
    assert not AuditEntry.objects.filter(verb=exporting.VERB).exists()


def test_who_reads_no_conversations_takes_no_file(olu: Viewer, adam: Viewer, floor: None) -> None:
    for viewer in (olu, adam):
        assert taken(viewer, "/metrics/first_reply_time/export")[0] == 403
    assert not AuditEntry.objects.filter(verb=exporting.VERB).exists()


PAYLOADS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1,1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1",
    "safe\n=1+1", '=HYPERLINK("http://127.0.0.1/","x")', "＝1+1", "%0A=1+1",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_is_taken_for_a_formula(payload: str) -> None:
    found = exporting.cell(payload)
    assert found.startswith("'") or payload.startswith("safe")
    assert not re.search(r"[\r\n\t]", found)


def test_ordinary_cells_stay_as_they_are() -> None:
    for text in ("", "0:01:30", "0.82", "About a refund", "24 Nov", "it's"):
        assert exporting.cell(text) == text


def test_a_subject_that_is_a_formula_is_harmless_in_a_file(lead: Viewer) -> None:
    Conversation.objects.filter(subject="About a").update(subject="=1+1")
    lines = table(taken(lead, "/metrics/first_reply_time/export")[1])
    assert "'=1+1" in {line[1] for line in lines}


def test_a_page_costs_the_same_statements_for_three_rows_and_for_thirty(lead: Viewer) -> None:
    cost = []
    drilldown.drill(viewer=lead, question=Question("volume", Scope(), "60min"), at=NOW)
    for size in (3, 30):
        take_in([one for n in range(size) for one in answered(f"{size} {n}", "billing", 10)])
        question = Question("service_level", Scope(), "60min")
        with CaptureQueriesContext(connection) as seen:
            assert len(drilldown.drill(viewer=lead, question=question, at=NOW).rows) > size
        cost.append(len(seen))
    assert cost[0] == cost[1] <= 24


def test_every_formula_takes_its_figures() -> None:
    number = Number(value=0.5, n=40, is_enough=True, hits=20, mean=3.0, p50=2.0, p90=9.0)
    for metric in DICTIONARY.values():
        words = wording.put_in(metric, number)
        assert re.search(r"40|\d", words)
        assert words.startswith(metric.formula[:20].rstrip(".").split(" divided")[0][:15])
    assert wording.put_in(DICTIONARY["transfer_rate"], number).endswith("divided by all such cycles (40) = 50.0%.")
    assert wording.put_in(DICTIONARY["csat"], number) == (
        "Positive ratings (20) divided by ratings (40) = 50.0%. Positive: 4 or 5 of 5, thumb up, the top quarter of any scale."
    )
    assert "Nothing to count" in wording.put_in(DICTIONARY["csat"], Number.nothing())
