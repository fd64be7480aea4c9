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
    folder.mkdir(exist_ok=True)
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


def test_a_dry_run_tells_the_same_and_writes_nothing(source: Source, noon: datetime, tmp_path: Path) -> None:
    path = csv_of(tmp_path, 450)
    lines = path.read_text().splitlines()
    bad = [
        "c9,bad,yesterday,customer,cu,Ada,public,Hi,webchat,q,,",
        "c9,worse,2026-11-20T10:00:00Z,martian,cu,,,Hi,webchat,q,,",
    ]
    path.write_text("\n".join([*lines, *bad, lines[7], lines[8]]) + "\n")
    Import(path=csv_of(tmp_path / "other", 3), source=source, at=noon).run()
    before = (Ledger.objects.count(), Delivery.objects.count(), Message.objects.count())
    files = sorted(tmp_path.rglob("*"))
    dry, wet = StringIO(), StringIO()
    call_command("import_events", str(path), "--source", "shop", "--quiet", "--dry-run", stdout=dry)
    assert (Ledger.objects.count(), Delivery.objects.count(), Message.objects.count()) == before
    assert sorted(tmp_path.rglob("*")) == files
    call_command("import_events", str(path), "--source", "shop", "--quiet", stdout=wet)
    told = dry.getvalue().splitlines()
    assert told[:-1] == wet.getvalue().splitlines()[:-1]
    assert told == [
        "454 rows: 89 conversation.started, 447 message.created; 5 duplicates, 2 rejected, 0 warnings.",
        "Row 452, time: saw 'yesterday'. Not a date and time with a zone. Write 2026-03-02T09:05:00Z.",
        "Row 453, author_kind: saw 'martian'. Use one of customer, agent, supervisor, bot, system.",
        "This was a dry run: nothing was written.",
    ]


def test_a_dry_run_of_a_half_imported_file_reads_it_from_its_start(
    source: Source, noon: datetime, tmp_path: Path
) -> None:
    path = csv_of(tmp_path, 20)
    Import(path=path, source=source, at=noon).run()
    told = Import(path=path, source=source, at=noon, is_dry=True).run()
    assert (told.rows_done, told.duplicates, told.created) == (20, 20, {})


def test_only_so_many_bad_rows_are_told_on_the_screen(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text("\n".join([HEADER, *(f"c,m{n},bad-{n},customer,cu,,,Hi,webchat,,," for n in range(23))]))
    out = StringIO()
    call_command("import_events", str(path), "--source", "shop", "--quiet", stdout=out)
    told = out.getvalue().splitlines()
    assert [line.split(",")[0] for line in told[1:21]] == [f"Row {n}" for n in range(2, 22)]
    assert told[21] == "... and 3 more."


@pytest.mark.parametrize(
    ("pattern", "zone", "value", "means"),
    [
        ("%d.%m.%Y %H:%M", "Europe/Berlin", "02.03.2026 09:05", "2026-03-02T08:05"),
        ("%d.%m.%Y %H:%M", "Europe/Berlin", "02.07.2026 09:05", "2026-07-02T07:05"),
        ("%m/%d/%Y %I:%M %p %z", "", "03/02/2026 09:05 PM -0500", "2026-03-03T02:05"),
        ("", "Europe/Berlin", "2026-03-02 09:05", "2026-03-02T08:05"),
        ("", "Europe/Berlin", "2026-03-02T09:05Z", "2026-03-02T09:05"),
    ],
)
def test_times_are_read_as_the_file_writes_them(
    source: Source, tmp_path: Path, pattern: str, zone: str, value: str, means: str
) -> None:
    path = tmp_path / "past.csv"
    path.write_text(f"{HEADER}\nc,m,{value},customer,cu,,,Hi,webchat,,,\n")
    more = [*(["--date-format", pattern] if pattern else []), *(["--zone", zone] if zone else [])]
    call_command("import_events", str(path), "--source", "shop", "--quiet", *more, stdout=StringIO())
    assert Message.objects.get().sent_at.isoformat()[:16] == means


def test_a_time_without_a_zone_is_refused_with_what_to_do_and_read_when_that_is_done(
    source: Source, tmp_path: Path
) -> None:
    path = tmp_path / "past.csv"
    path.write_text(f"{HEADER}\nc,m,02.03.2026 09:05,customer,cu,,,Hi,webchat,,,\n")
    out = StringIO()
    known = ["import_events", str(path), "--source", "shop", "--quiet"]
    call_command(*known, "--date-format", "%d.%m.%Y %H:%M", stdout=out)
    assert "saw '02.03.2026 09:05'" in out.getvalue()
    assert "Name its zone with --zone." in out.getvalue()
    assert not Message.objects.exists()
    call_command(*known, "--date-format", "%d.%m.%Y %H:%M", "--zone", "UTC", stdout=out)
    assert Message.objects.count() == 1
    with pytest.raises(CommandError, match="no zone Mars"):
        call_command(*known, "--zone", "Mars")


def replayed(monkeypatch: pytest.MonkeyPatch, path: Path, *more: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Replay a file to a portal that takes everything; return what it got and the keys it was shown."""
    got: list[dict[str, Any]] = []
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        events = json.loads(request.content)
        got.extend(events)
        keys.append(request.headers["authorization"])
        return httpx.Response(202, json={"results": [{"id": e["id"], "status": "accepted"} for e in events]})

    real = httpx.Client
    with monkeypatch.context() as patched:
        patched.setattr(replay.time, "sleep", lambda _: None)
        patched.setattr(replay.httpx, "Client", lambda **kept: real(transport=httpx.MockTransport(answer), **kept))
        call_command("replay", str(path), "--url", "http://portal", "--quiet", *more, stdout=StringIO())
    return got, keys


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.jsonl"
    events: list[dict[str, Any]] = [
        {"id": str(n), "time": f"2026-11-20T10:0{n}:00+01:00", "data": {}} for n in range(3)
    ]
    events[1]["data"] = {"until": "2026-11-20T12:00:00+01:00"}
    path.write_text("\n".join(map(json.dumps, events)))
    return path


@pytest.mark.parametrize(
    ("more", "times", "until"),
    [
        (["--now", "last", "--speed", "0"], ["11:58:00", "11:59:00", "12:00:00"], "13:58:00"),
        (["--now", "first"], ["12:00:00", "12:01:00", "12:02:00"], "14:00:00"),
        (["--now", "first", "--speed", "60"], ["12:00:00", "12:00:01", "12:00:02"], "13:59:01"),
        (["--speed", "0"], ["10:00:00", "10:01:00", "10:02:00"], "12:00:00"),
    ],
)
def test_a_replay_can_happen_now(
    day: Path, noon: datetime, monkeypatch: pytest.MonkeyPatch, more: list[str], times: list[str], until: str
) -> None:
    monkeypatch.setattr(replay.timezone, "now", lambda: noon)
    got, _ = replayed(monkeypatch, day, "--token", "t", *more)
    assert [one["time"][11:19] for one in got] == times
    assert got[1]["data"]["until"][11:19] == until
    assert {one["time"][:10] for one in got} == {"2026-11-24" if "--now" in more else "2026-11-20"}


def test_a_replay_at_full_speed_cannot_begin_now(day: Path) -> None:
    with pytest.raises(CommandError, match="--now last"):
        call_command("replay", str(day), "--token", "t", "--now", "first", "--speed", "0")


def test_a_replay_takes_its_token_from_where_others_do_not_see_it(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "token"
    kept.write_text("ms_from-a-file\n")
    monkeypatch.setenv("MIDSHIFT_REPLAY_TOKEN", "ms_from-the-environment")
    assert set(replayed(monkeypatch, day, "--speed", "0")[1]) == {"Bearer ms_from-the-environment"}
    assert set(replayed(monkeypatch, day, "--speed", "0", "--token-file", str(kept))[1]) == {"Bearer ms_from-a-file"}
    monkeypatch.delenv("MIDSHIFT_REPLAY_TOKEN")
    monkeypatch.setattr(replay.sys.stdin, "isatty", lambda: False)
    with pytest.raises(CommandError, match="MIDSHIFT_REPLAY_TOKEN"):
        replayed(monkeypatch, day, "--speed", "0")
    monkeypatch.setattr(replay.sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(replay, "getpass", lambda _: "ms_typed")
    assert set(replayed(monkeypatch, day, "--speed", "0")[1]) == {"Bearer ms_typed"}


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
