"""What a machine would mark, line by line: readings held against the scale of each line. It is never anybody's mark.

It is shown to a reviewer only once they have marked the line themselves, and in no calibration (decision 0033).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.template.loader import render_to_string

from apps.analysis import queries as analysis
from apps.analysis.opinions import Opinion, Part, opinion
from apps.reviews import rubrics
from apps.reviews.marks import entries_of
from apps.reviews.models import Pick, Review
from apps.reviews.sheets import Sheet, Suggestion, sheet
from apps.reviews.spec import LineSpec, RubricSpec, Scale


def step_of(scale: Scale, share: float) -> int:
    """The step nearest to a share from 0 to 1, halves upwards; in a scale of two the upper one from the middle on."""
    return 1 + int(share * (scale.steps - 1) + 0.5)


def suggested(lines: Sequence[LineSpec], part: Part) -> dict[str, tuple[int | None, Opinion]]:
    """Return what readings say by the keys of the lines that have one: a step, None where there is nothing to suggest."""
    found = {}
    for line in lines:
        if line.reading is not None:
            said = opinion(line.reading, part)
            found[line.key] = (None if said.share is None else step_of(line.scale, said.share), said)
    return found


def suggestions_for(
    *, review: Review, spec: RubricSpec, marked: Collection[str], messages: Sequence[UUID]
) -> dict[str, Suggestion]:
    """Return what is suggested for the lines of a draft that its reviewer has marked; nothing in a calibration.

    `messages` are the keys of the transcript in its order. The caller has asked whether the review is the viewer's. Six
    statements; none where no marked line has a reading.
    """
    lines = [line for line in spec.lines if line.reading is not None and line.key in marked]
    if not lines or review.pick == Pick.CALIBRATION:
        return {}
    unit = (review.conversation_id, review.agent_id)
    part = analysis.parts_of(parts=[unit]).get(unit)
    if part is None:
        return {}
    places = {key: n for n, key in enumerate(messages, 1)}
    scales = {line.key: line.scale for line in lines}
    return {
        key: Suggestion(
            key, step, "" if step is None else scales[key].words[step - 1], said.why,
            tuple(sorted(places[one] for one in said.evidence if one in places)), said.model, said.version,
        )
        for key, (step, said) in suggested(lines, part).items()
    }  # fmt: skip


def sheet_of(*, review: Review, messages: Sequence[UUID]) -> Sheet:
    """Return the form of a draft with what was marked so far and what is suggested for that. Nine statements, and one more unless
    the review was fetched with its version."""
    prefetch_related_objects([review.version], rubrics.asked("sections"))
    spec, entries = review.version.spec(), entries_of(review)
    if review.pick == Pick.CALIBRATION:
        return sheet(spec, entries)
    marked = {key for key, one in entries.items() if one.is_set}
    found = suggestions_for(review=review, spec=spec, marked=marked, messages=messages)
    return sheet(spec, entries, suggestions=found)


def drawn(*, review: Review, marked: Collection[str], messages: Sequence[UUID]) -> dict[str, str]:
    """Return the suggestions for the lines that are marked in a draft as they are drawn, by the key of their line. Four statements."""
    found = suggestions_for(review=review, spec=review.version.spec(), marked=marked, messages=messages)
    return {
        key: render_to_string("components/suggestion.html", {"suggestion": one, "face": one.face}) for key, one in found.items()
    }  # fmt: skip
