"""The rows behind a number as a file: what the screens show, row for row, and a line in the audit before the first byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from apps.access import audit
from apps.access.models import AuditEntry, User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.metrics.behind import Question, Row
from apps.metrics.drilldown import Rows, every_row
from apps.shared.errors import TooOften
from apps.ui.writing import cell

MOST_ROWS = 20_000
MOST_A_DAY = 10
VERB = "numbers.exported"
HEAD = ("conversation", "about", "at", "customer", "channel", "queue", "who", "says", "part", "left out because")
CHUNK = 500


def export(*, by: Viewer, question: Question, at: datetime) -> Rows:
    """Return every row of a part that the person may read, once the audit says that they were handed out.

    :raises NotAllowed: the role reads no conversations, or not this number.
    :raises TooOften: the eleventh file within a day.
    :raises Refusal: more rows than a file holds, or what `drilldown.drill` refuses.
    """
    by.require(Permission.VIEW_CONVERSATIONS)
    rows = every_row(viewer=by, question=question, at=at, most=MOST_ROWS)
    with transaction.atomic():
        # Two windows of one person take turns, so that the eleventh does not slip through beside the tenth.
        User.objects.select_for_update().get(pk=by.user.pk)
        day = AuditEntry.objects.filter(by=by.user, verb__endswith=".exported", at__gt=at - timedelta(days=1))
        if day.count() >= MOST_A_DAY:
            raise TooOften(
                f"You have taken {MOST_A_DAY} files within a day, which is the most anybody may. Try tomorrow."
            )
        about = f"{question.key}, {question.window}, {question.part}: {len(rows)} rows"
        audit.record(by=by, verb=VERB, about=about, at=at)
    return rows


def cells(row: Row) -> tuple[str, ...]:
    """One row as the cells of a file, in the order of HEAD."""
    told = (
        row.title,
        row.at.isoformat(),
        row.customer,
        row.channel,
        row.queue,
        row.agent,
        row.said,
        row.part,
        row.reason,
    )
    return (str(row.conversation_id or ""), *map(cell, told))


def head() -> str:
    """The first line, with the mark by which programs know the encoding."""
    return "\ufeff" + _written([HEAD])


def chunk(rows: Iterator[Row]) -> str:
    """The next lines; empty at the end."""
    return _written(cells(row) for row in islice(rows, CHUNK))


def _written(lines: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()
