"""A file on its way in: through the same admission and ledger as the door, in batches, resumable after a kill."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TextIO

import msgspec
from django.conf import settings

from apps.connectors import files, services
from apps.connectors.admission import LARGEST_BODY, MOST_EVENTS
from apps.connectors.files import CannotRead, Problem, Row, Times
from apps.connectors.models import Source

ROWS_TOGETHER = 200
REPORT_COLUMNS = ("row", "line", "level", "field", "value", "message")


class Progress(msgspec.Struct):
    """How far a file is: written after each batch, so that the same command goes on where a killed one stopped."""

    rows_done: int = 0
    report_bytes: int = 0
    is_finished: bool = False
    created: dict[str, int] = msgspec.field(default_factory=dict)
    duplicates: int = 0
    rejected: int = 0
    warnings: int = 0


@dataclass(slots=True)
class Import:
    """One file for one source. `path` is read twice when it is resumed; what is done already is not sent again.

    A dry run reads the whole file and tells what would come of it; it writes nothing, to the database or to the disk.
    """

    path: Path
    source: Source
    at: datetime
    times: Times = field(default_factory=Times)
    is_dry: bool = False
    progress: Progress = field(default_factory=Progress)
    digest: str = ""
    bytes_seen: int = 0
    # Of a dry run: digests of the events that would have been taken, and the report.
    seen: set[bytes] = field(default_factory=set)
    told: StringIO = field(default_factory=partial(StringIO, newline=""))

    def __post_init__(self) -> None:
        """Find what an earlier run of the same file for the same source has done."""
        if self.path.suffix.lower() not in (".csv", ".jsonl", ".ndjson"):
            raise CannotRead(f"Saw {self.path.name}. Expected a file whose name ends in .csv, .jsonl or .ndjson.")
        # The same file read in another way is another import.
        found = sha256(f"{self.source.slug}{self.times.pattern}{self.times.zone or ''}".encode())
        with self.path.open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
        self.digest = found.hexdigest()[:24]
        if self.state_path.is_file() and not self.is_dry:
            self.progress = msgspec.json.decode(self.state_path.read_bytes(), type=Progress)

    @property
    def state_path(self) -> Path:
        """Where the progress is kept."""
        return Path(settings.DATA_DIR) / "imports" / f"{self.digest}.json"

    @property
    def report_path(self) -> Path:
        """Where the rows with problems are told, as CSV."""
        return self.state_path.with_suffix(".report.csv")

    def run(self, *, tell: Callable[[int], None] = lambda _: None) -> Progress:
        """Import what is left. `tell` gets the bytes read so far after each batch.

        Each batch is committed before the progress is written; a kill between the two sends it again, and the ledger
        takes no event twice.

        :raises CannotRead: not UTF-8, a needed column is missing, or the quotes do not close.
        """
        if self.progress.is_finished:
            return self.progress
        with self._report() as report:
            writer = csv.writer(report)
            if not self.progress.report_bytes:
                writer.writerow(REPORT_COLUMNS)
            rows = self._rows()
            for _ in islice(rows, self.progress.rows_done):
                continue
            while batch := list(islice(rows, ROWS_TOGETHER)):
                self._send(batch)
                for row in batch:
                    self._count(row)
                    writer.writerows((row.row, row.line, *_safe(p)) for p in row.problems)
                report.flush()
                self.progress.rows_done += len(batch)
                self.progress.report_bytes = report.tell()
                self._save()
                tell(self.bytes_seen)
        while not self.is_dry and services.absorb(at=self.at):
            continue
        self.progress.is_finished = True
        self._save()
        return self.progress

    def bad_rows(self, *, most: int) -> list[dict[str, str]]:
        """The first rows that were kept out, as the report tells them."""
        with StringIO(self.told.getvalue()) if self.is_dry else self.report_path.open(newline="") as report:
            return list(islice((row for row in csv.DictReader(report) if row["level"] == "error"), most))

    def _report(self) -> AbstractContextManager[TextIO]:
        if self.is_dry:
            return nullcontext(self.told)
        self.state_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.report_path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(descriptor, self.progress.report_bytes)
        report = os.fdopen(descriptor, "r+", encoding="utf-8", newline="")
        report.seek(self.progress.report_bytes)
        return report

    def _rows(self) -> Iterator[Row]:
        if self.path.suffix.lower() == ".csv":
            with self.path.open(encoding="utf-8-sig", errors="replace") as file:
                head = file.read(4096)
            return files.rows_of_csv(self._lines(), head=head, source_uri=self.source.uri, at=self.at, times=self.times)
        return files.rows_of_jsonl(self._lines(), source_uri=self.source.uri)

    def _lines(self) -> Iterator[str]:
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                self.bytes_seen += len(raw)
                try:
                    yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as raised:
                    raise CannotRead(
                        f"Line {number} is not UTF-8. Save the file as UTF-8 and import it again."
                    ) from raised

    def _send(self, batch: list[Row]) -> None:
        waiting: list[tuple[Row, str, bytes]] = []
        size = 0
        for row in batch:
            for event in row.events:
                raw = msgspec.json.encode(event)
                if waiting and (len(waiting) == MOST_EVENTS or size + len(raw) + 2 > LARGEST_BODY):
                    self._admit(waiting)
                    waiting, size = [], 0
                waiting.append((row, str(event.get("type", "")), raw))
                size += len(raw) + 2
        if waiting:
            self._admit(waiting)
            if not self.is_dry:
                services.absorb(at=self.at)

    def _admit(self, waiting: list[tuple[Row, str, bytes]]) -> None:
        body = b"[" + b",".join(raw for *_, raw in waiting) + b"]"
        created = Counter(self.progress.created)
        if self.is_dry:
            results = services.preview(source=self.source, body=body, at=self.at, seen=self.seen)
        else:
            results = services.admit(source=self.source, body=body, at=self.at)
        for (row, kind, _), result in zip(waiting, results, strict=True):
            if result["status"] == "accepted":
                created[kind.removeprefix("midshift.").removesuffix(".v1")] += 1
            elif result["status"] == "refused":
                row.problems.append(Problem("error", result["pointer"], "", result["message"]))
            elif not any(p.level == "duplicate" for p in row.problems):
                row.problems.append(Problem("duplicate", "id", result["id"], "This was received before."))
        self.progress.created = dict(created)

    def _count(self, row: Row) -> None:
        levels = {problem.level for problem in row.problems}
        self.progress.rejected += "error" in levels
        self.progress.duplicates += "duplicate" in levels
        self.progress.warnings += "warning" in levels

    def _save(self) -> None:
        if self.is_dry:
            return
        new = self.state_path.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(self.progress))
        new.replace(self.state_path)


def _safe(problem: Problem) -> tuple[str, ...]:
    """Keep a value from being run as a formula when the report is opened in a spreadsheet."""
    value = f"'{problem.value}" if problem.value[:1] in ("=", "+", "-", "@") else problem.value
    return problem.level, problem.field, value, problem.message
