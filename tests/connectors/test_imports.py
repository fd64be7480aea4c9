"""Files of the past: what a row becomes, what its report says, and that a stopped import goes on."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from apps.connectors import imports, services
from apps.connectors.files import CannotRead, rows_of_csv
from apps.connectors.imports import Import
from apps.connectors.management.commands import replay
from apps.connectors.models import Delivery, Ledger, Source
from apps.interactions.models import Conversation, Message

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parents[3] / "shared" / "design" / "events" / "import-sample.csv"
HEADER = "conversation_id,message_id,time,author_kind,author_id,author_name,visibility,text,channel,queue,status,rating"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def source(noon: datetime) -> Source:
    return services.create_source(by=None, slug="shop", name="Shop", kind="file", at=noon)[0]


def csv_of(folder: Path, count: int) -> Path:
    path = folder / "past.csv"
    rows = [
        f"c{n // 5},m{n},2026-11-20T10:00:{n % 60:02d}Z,customer,cu,Ada,public,Hello {n},webchat,q,,"
        for n in range(count)
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_the_sample_file_is_read_as_its_report_says(source: Source, noon: datetime) -> None:
    if not SAMPLE.is_file():
        pytest.skip("the shared sample is not here")
    expected = json.loads(SAMPLE.with_name("import-report.json").read_text())
    work = Import(path=SAMPLE, source=source, at=noon)
    told = work.run()
    assert told.created == expected["created"]
    assert (told.rows_done, told.duplicates, told.rejected, told.warnings) == (
        expected["rows"], expected["duplicates"], expected["rejected"], expected["warnings"],
    )  # fmt: skip
    with work.report_path.open(newline="") as file:
        report = list(csv.DictReader(file))
    wanted = expected["rows_with_problems"]
    assert [(int(r["row"]), int(r["line"]), r["level"], r["field"], r["value"]) for r in report] == [
        (w["row"], w["line"], w["level"], w["field"], w["value"]) for w in wanted
    ]
    assert Message.objects.filter(via="import").count() == 4
    assert Conversation.objects.count() == 2


def test_the_same_file_again_adds_nothing(source: Source, noon: datetime, tmp_path: Path) -> None:
    path = csv_of(tmp_path, 20)
    Import(path=path, source=source, at=noon).run()
    before = (Ledger.objects.count(), Message.objects.count(), Delivery.objects.count())
    Import(path=path, source=source, at=noon).run()
    other = tmp_path / "copy.csv"
    other.write_text(path.read_text() + "\n")
    told = Import(path=other, source=source, at=noon).run()
    assert (told.duplicates, told.created) == (20, {})
    assert (Ledger.objects.count(), Message.objects.count(), Delivery.objects.count()) == before


@pytest.mark.parametrize("killed_at", ["before the commit", "after the commit"])
def test_a_stopped_import_goes_on_where_it_ended(
    source: Source, noon: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    monkeypatch.setattr(imports, "ROWS_TOGETHER", 10)
    path = csv_of(tmp_path, 55)
    with path.open("a") as file:
        file.write("c1,bad,yesterday,customer,cu,Ada,public,Hi,webchat,q,,\n")
    sent = 0
    real = Import._send

    def failing(self: Import, batch: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == 3:
            if killed_at == "after the commit":
                real(self, batch)
            raise KeyboardInterrupt
        real(self, batch)

    monkeypatch.setattr(Import, "_send", failing)
    with pytest.raises(KeyboardInterrupt):
        Import(path=path, source=source, at=noon).run()
    work = Import(path=path, source=source, at=noon)
    assert work.progress.rows_done == 20
    told = work.run()
    assert (told.rows_done, told.rejected, sent) == (56, 1, 3 + 4)
    assert (Message.objects.count(), Conversation.objects.count()) == (55, 11)
    with work.report_path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["field"] for r in rows if r["level"] == "error"] == ["time"]


def test_events_as_jsonl_are_taken_and_a_bad_line_is_told(source: Source, noon: datetime, tmp_path: Path) -> None:
    event = {"specversion": "1.0", "id": "a", "type": "midshift.conversation.started.v1", "time": "2026-11-20T10:00:00Z",
             "data": {"conversation_id": "a", "channel": "webchat", "direction": "inbound"}}  # fmt: skip
    path = tmp_path / "past.jsonl"
    lines = [event, {**event, "id": "b", "data": {}}, {**event, "id": "c", "source": "/connections/other"}]
    path.write_text("\n".join([*map(json.dumps, lines), "{", "", "[]"]))
    out = StringIO()
    call_command("import_events", str(path), "--source", "shop", "--quiet", stdout=out)
    assert "5 rows: 1 conversation.started; 0 duplicates, 4 rejected" in out.getvalue()
    with next((tmp_path / "data" / "imports").glob("*.report.csv")).open(newline="") as file:
        report = list(csv.DictReader(file))
    assert [(r["line"], r["field"]) for r in report] == [
        ("2", "/data/conversation_id"),
        ("3", "/source"),
        ("4", ""),
        ("6", ""),
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"x,y\n1,2\n", "no column conversation_id"),
        ("a.csv", HEADER.encode() + b"\nc,m,2026-11-20T10:00:00Z,customer,cu,\xff,public,Hi,webchat,q,,\n", "Line 2 is not UTF-8"),
        ("a.pdf", b"", "ends in .csv"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_why(
    source: Source, noon: datetime, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CannotRead, match=says):
        Import(path=path, source=source, at=noon).run()


def test_semicolons_and_offsets_are_understood(noon: datetime) -> None:
    text = [HEADER.replace(",", ";") + "\n", "c;m;2026-11-20T10:00:00+01:00;agent;a;Ines;;Hi;email;;resolved;4,5\n",
            "c;m2;2026-11-20T10:00:00+01:00;agent;a;Ines;;Hi;email;;resolved;4.5\n"]  # fmt: skip
    bad, good = rows_of_csv(text, head=text[0], source_uri="/connections/x", at=noon)
    assert [(p.field, p.value) for p in bad.problems] == [("rating", "4,5")]
    assert bad.events == []
    assert [e["type"].split(".", 1)[1] for e in good.events] == [
        "conversation.started.v1", "message.created.v1", "conversation.status_changed.v1", "rating.received.v1",
    ]  # fmt: skip
    assert {e["time"] for e in good.events} == {"2026-11-20T09:00:00.000000Z"}
    assert datetime.fromisoformat(good.events[0]["time"]) == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_value_that_looks_like_a_formula_is_not_run_from_the_report(
    source: Source, noon: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\nc,m,=1+1,customer,cu,Ada,public,Hi,webchat,q,,\n")
    work = Import(path=path, source=source, at=noon)
    work.run()
    with work.report_path.open(newline="") as file:
        assert next(csv.DictReader(file))["value"] == "'=1+1"


def test_a_replay_keeps_the_pace_and_waits_when_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    times = ["10:00:20", "10:00:00", "10:00:10"]
    path.write_text("\n".join(json.dumps({"id": t, "time": f"2026-11-20T{t}Z"}) for t in times))
    clock, slept, got = [100.0], [], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        clock[0] += seconds

    monkeypatch.setattr(replay.time, "sleep", sleep)
    monkeypatch.setattr(replay.time, "monotonic", lambda: clock[0])
    busy = [True]

    def answer(request: httpx.Request) -> httpx.Response:
        if busy and busy.pop():
            return httpx.Response(429, headers={"retry-after": "2"})
        events = json.loads(request.content)
        got.extend((e["id"], e["via"]) for e in events)
        return httpx.Response(202, json={"results": [{"id": e["id"], "status": "accepted"} for e in events]})

    real = httpx.Client
    monkeypatch.setattr(replay.httpx, "Client", lambda **more: real(transport=httpx.MockTransport(answer), **more))
    out = StringIO()
    call_command("replay", str(path), "--speed", "2", "--url", "http://portal", "--token", "t", "--quiet", stdout=out)
    assert got == [(t, "replay") for t in sorted(times)]
    # Ten seconds apart at twice the speed; the two seconds that the portal asked for are made up.
    assert slept == [2.0, 3.0, 5.0]
    assert "3 accepted" in out.getvalue()


def test_a_replay_that_is_not_allowed_stops_with_the_portal_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "time": "2026-11-20T10:00:00Z"}')
    real = httpx.Client
    transport = httpx.MockTransport(lambda request: httpx.Response(401, text="No active source has this key."))
    monkeypatch.setattr(replay.httpx, "Client", lambda **more: real(transport=transport, **more))
    with pytest.raises(CommandError, match="No active source"):
        call_command("replay", str(path), "--url", "http://portal", "--token", "t", "--quiet")
