"""Reviews as a file: those a person may read, without a word of a conversation, and a line in the audit first."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal

import xlsxwriter
from django.db import transaction

from apps.access import audit
from apps.access.models import AuditEntry, User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews.models import Review
from apps.shared.errors import TooOften
from apps.ui.writing import cell

MOST_ROWS = 5_000
MOST_A_DAY = 10
HEAD = (
    "review",
    "conversation",
    "agent",
    "reviewer",
    "form",
    "picked",
    "submitted",
    "released",
    "acknowledged",
    "score",
    "raw score",
    "failed",
)


@transaction.atomic
def _rows(*, by: Viewer, at: datetime) -> list[Review]:
    by.require(Permission.REVIEW)
    # Two windows of one person take turns, so that the eleventh does not slip through beside the tenth.
    User.objects.select_for_update().get(pk=by.user.pk)
    day = AuditEntry.objects.filter(by=by.user, verb__endswith=".exported", at__gt=at - timedelta(days=1))
    if day.count() >= MOST_A_DAY:
        raise TooOften(f"You have taken {MOST_A_DAY} files within a day, which is the most anybody may. Try tomorrow.")
    found = Review.objects.visible_to(by, at).submitted().select_related("agent", "reviewer", "version__rubric")
    rows = list(found.order_by("-submitted_at", "pk")[:MOST_ROWS])
    audit.record(by=by, verb="reviews.exported", about=f"{len(rows)} reviews", at=at)
    return rows


def export(*, by: Viewer, at: datetime) -> str:
    """Return the submitted reviews that a person may read, newest first, as CSV; no cell is taken for a formula.

    :raises NotAllowed: the role scores nothing.
    :raises TooOften: the eleventh file within a day, of reviews or of numbers.
    """
    rows = _rows(by=by, at=at)
    text = io.StringIO()
    text.write("\ufeff")  # by which programs know the encoding
    csv.writer(text).writerows([HEAD, *(_cells(one) for one in rows)])
    return text.getvalue()


def spreadsheet(*, by: Viewer, at: datetime) -> bytes:
    """Return the same reviews as a workbook: words are words whatever they begin with, scores numbers, times times in the zone of
    whoever asks.

    :raises NotAllowed: the role scores nothing.
    :raises TooOften: the eleventh file within a day.
    """
    rows = _rows(by=by, at=at)
    out = io.BytesIO()
    plain = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
        "remove_timezone": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(out, plain) as book:
        sheet, moment = book.add_worksheet("Reviews"), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        head = book.add_format({"bold": True})
        for column, name in enumerate(HEAD):
            sheet.write_string(0, column, name, head)
        for row, one in enumerate(rows, 1):
            for column, value in enumerate(_values(one)):
                if isinstance(value, datetime):
                    sheet.write_datetime(row, column, value.astimezone(by.zone), moment)
                elif isinstance(value, Decimal):
                    sheet.write_number(row, column, float(value))
                elif value:
                    sheet.write_string(row, column, str(value))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(HEAD) - 1)
        sheet.set_column(2, 8, 18)
    return out.getvalue()


def _values(one: Review) -> tuple[str | datetime | Decimal | None, ...]:
    return (
        str(one.pk), str(one.conversation_id), one.agent.name, str(one.reviewer), str(one.version), one.pick_reason or one.get_pick_display(),
        one.submitted_at, one.releases_at, one.acknowledged_at, one.score, one.raw_score, "yes" if one.is_failed else "no",
    )  # fmt: skip


def _cells(one: Review) -> tuple[str, ...]:
    told = (one.agent.name, str(one.reviewer), str(one.version), one.pick_reason or one.get_pick_display())
    times = (one.submitted_at, one.releases_at, one.acknowledged_at)
    scores = ("" if value is None else str(value) for value in (one.score, one.raw_score))
    return (
        str(one.pk), str(one.conversation_id), *map(cell, told), *("" if at is None else at.isoformat() for at in times), *scores,
        "yes" if one.is_failed else "no",
    )  # fmt: skip
