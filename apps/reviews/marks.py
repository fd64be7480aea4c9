"""Marks as rows, and as the form holds them."""

from __future__ import annotations

from apps.access.masking import mask
from apps.reviews.drafts import Entries, Entry
from apps.reviews.models import Mark, Review


def entries_of(review: Review) -> dict[str, Entry]:
    """The marks of a review as its form holds them, in the order of the form. One statement."""
    return {
        mark.line.key: Entry(
            step=mark.step, is_na=mark.is_na, causes=tuple(mark.causes), evidence=tuple(mark.evidence), comment=mark.comment
        )
        for mark in review.marks.select_related("line").order_by("line__place")
    }  # fmt: skip


def write(review: Review, entries: Entries) -> None:
    """Let a review's marks be these; their comments are masked. What a line was marked with first stays. Three statements, and two
    more unless the version was fetched with what it asks."""
    first = {key: step for key, step in review.marks.values_list("line__key", "first_step") if step is not None}
    lines = {line.key: line for section in review.version.sections.all() for line in section.lines.all()}
    rows = [
        Mark(
            review=review, line=lines[key], step=one.step, is_na=one.is_na, causes=list(one.causes), evidence=list(one.evidence),
            comment=mask(text=one.comment.strip()).text[:400], first_step=first.get(key, 0 if one.is_na else one.step),
        )
        for key, one in entries.items()
    ]  # fmt: skip
    review.marks.exclude(line__key__in=entries).delete()
    Mark.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["review", "line"],
        update_fields=["step", "is_na", "causes", "evidence", "comment", "first_step"],
    )  # fmt: skip
