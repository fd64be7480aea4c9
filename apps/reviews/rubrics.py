"""Rubrics as rows: read with their versions, saved as a new version, and those that a portal begins with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Prefetch, QuerySet
from django.utils.text import slugify

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews.models import Line, Rubric, RubricVersion, Section
from apps.reviews.pack import PACK
from apps.reviews.spec import Family, RubricSpec, mistakes
from apps.shared.errors import OutOfScope, Refusal

LONGEST_RELEASE_MINUTES = 7 * 24 * 60


class RubricRefused(Refusal):
    """The rubric cannot be used as it is. `mistakes` are all of them, a sentence each."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__(" ".join(mistakes))
        self.mistakes = mistakes


class RubricChanged(Refusal):
    """Another version holds than the one that was looked at."""


def versions() -> QuerySet[RubricVersion]:
    """Versions with what they ask: three statements however many."""
    return RubricVersion.objects.select_related("rubric", "made_by").prefetch_related(asked("sections"))


def asked(sections: str) -> Prefetch[Any, Any, Any]:
    """What fetches the sections of versions, by their path, and the lines in them: two statements however many."""
    lines = Prefetch("lines", Line.objects.order_by("place"))
    return Prefetch(sections, Section.objects.order_by("place").prefetch_related(lines))


def current(rubric: Rubric) -> RubricVersion:
    """The version that holds."""
    return versions().filter(rubric=rubric).order_by("-n")[0]


def history(rubric: Rubric) -> list[RubricVersion]:
    """Every version, newest first, without what it asks. One statement."""
    return list(RubricVersion.objects.select_related("made_by", "rubric").filter(rubric=rubric).order_by("-n"))


def get_version(rubric: Rubric, n: int) -> tuple[RubricVersion, RubricVersion | None]:
    """Return one version and the one before it.

    :raises OutOfScope: there is none.
    """
    found = list(versions().filter(rubric=rubric, n__in=[n - 1, n]).order_by("-n"))
    if not found or found[0].n != n:
        raise OutOfScope
    return found[0], found[1] if len(found) > 1 else None


def default_version(family: Family) -> RubricVersion | None:
    """The version that a review of this family begins with; None in a portal whose rubrics were all retired."""
    return versions().filter(rubric__family=family, rubric__is_default=True).order_by("-n").first()


def get_rubric(*, viewer: Viewer, pk: int) -> Rubric:
    """Return a rubric. Everybody may read by what conversations are judged.

    :raises OutOfScope: there is none.
    """
    found = Rubric.objects.filter(pk=pk).first() if viewer.user.is_active else None
    if found is None:
        raise OutOfScope
    return found


def listed(*, viewer: Viewer) -> list[Rubric]:
    """Return every rubric with the number of its latest version as `latest`, those in use first. One statement."""
    if not viewer.user.is_active:
        return []
    found = Rubric.objects.annotate(latest=Max("versions__n"), changed_at=Max("versions__made_at"))
    return list(found.order_by("retired_at", "family", "name"))


@transaction.atomic
def save(
    *, by: Viewer, rubric: Rubric | None, name: str, family: Family, spec: RubricSpec, says: str = "",
    release_minutes: int | None = None, based_on: int = 0, at: datetime,
) -> RubricVersion:  # fmt: skip
    """Let a new version of a rubric hold, or the first one of a new rubric. Reviews that were begun keep theirs.

    `based_on` is the version it was made from. A content that is the same as before makes no version.

    :raises NotAllowed: the role does not look after quality.
    :raises RubricRefused: it cannot be used; with each mistake.
    :raises RubricChanged: somebody else was faster.
    """
    by.require(Permission.MANAGE_QUALITY)
    found = list(mistakes(spec))
    if not name.strip():
        found.insert(0, "A rubric needs a name.")
    if release_minutes is not None and not 0 <= release_minutes <= LONGEST_RELEASE_MINUTES:
        found.append(f"Saw a delay of {release_minutes} minutes. Expected 0 to {LONGEST_RELEASE_MINUTES}, a week.")
    if found:
        raise RubricRefused(*found)
    if rubric is None:
        rubric = Rubric.objects.create(key=_key(name), name=name.strip()[:80], family=family)
        last = None
    else:
        rubric = Rubric.objects.select_for_update().get(pk=rubric.pk)
        last = current(rubric)
        if based_on != last.n:
            raise RubricChanged(
                f"Form {last.n} was saved meanwhile, and yours began with form {based_on}. Look at it, then save again."
            )
        rubric.name = name.strip()[:80]
    if release_minutes is not None:
        rubric.release_minutes = release_minutes
    rubric.save(update_fields=["name", "release_minutes"])
    if last is not None and last.spec() == spec:
        return last
    made = _write(
        rubric, 1 if last is None else last.n + 1, spec, says=mask(text=says.strip()).text[:200], by=by, at=at
    )
    audit.record(by=by, verb="rubric.changed", subject=rubric, about=str(made)[:200], at=at)
    return made


@transaction.atomic
def make_default(*, by: Viewer, rubric: Rubric, at: datetime) -> None:
    """Let reviews of its family begin with this rubric."""
    by.require(Permission.MANAGE_QUALITY)
    if rubric.retired_at is not None:
        raise Refusal("This rubric was retired. Use one that is not.")
    Rubric.objects.filter(family=rubric.family, is_default=True).update(is_default=False)
    Rubric.objects.filter(pk=rubric.pk).update(is_default=True)
    audit.record(by=by, verb="rubric.default", subject=rubric, about=rubric.name, at=at)


@transaction.atomic
def retire(*, by: Viewer, rubric: Rubric, at: datetime) -> None:
    """Let no review begin with it any more. What was scored by it stays.

    :raises Refusal: reviews of its family begin with it.
    """
    by.require(Permission.MANAGE_QUALITY)
    if rubric.is_default:
        raise Refusal("Reviews begin with this rubric. Let them begin with another one first.")
    if Rubric.objects.filter(pk=rubric.pk, retired_at=None).update(retired_at=at):
        audit.record(by=by, verb="rubric.retired", subject=rubric, about=rubric.name, at=at)


def _key(name: str) -> str:
    plain = slugify(name)[:50] or "rubric"
    taken = set(Rubric.objects.filter(key__startswith=plain).values_list("key", flat=True))
    return next(key for n in range(1, len(taken) + 2) if (key := plain if n == 1 else f"{plain}-{n}") not in taken)


def _write(rubric: Rubric, n: int, spec: RubricSpec, *, says: str, by: Viewer | None, at: datetime) -> RubricVersion:
    made = RubricVersion.objects.create(
        rubric=rubric, n=n, weighing=spec.weighing, says=says, made_by=None if by is None else by.user, made_at=at
    )
    sections = Section.objects.bulk_create(
        Section(version=made, place=place, name=one.name, weight=one.weight)
        for place, one in enumerate(spec.sections, 1)
    )
    pairs = [(section, line) for section, one in zip(sections, spec.sections, strict=True) for line in one.lines]
    Line.objects.bulk_create(
        Line(
            version=made, section=section, place=place, key=x.key, text=x.text, scale=x.scale, weight=x.weight, may_be_na=x.may_be_na,
            fails=x.fails, shown_if=x.shown_if, shown_at=list(x.shown_at), causes=list(x.causes), guidance=x.guidance,
            good_example=x.good_example, reading=x.reading or "",
        )
        for place, (section, x) in enumerate(pairs, 1)
    )  # fmt: skip
    return made


@transaction.atomic
def seed(*, at: datetime) -> int:
    """Bring the pack in; return how many versions were new. A rubric that a person changed or retired is left as they made it."""
    with connection.cursor() as cursor:  # every worker that starts brings it in
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('midshift.reviews.seed'))")
    made = 0
    for preset in PACK:
        rubric = Rubric.objects.filter(key=preset.key).first()
        last = None if rubric is None else current(rubric)
        if last is not None and (last.made_by_id is not None or last.spec() == preset.spec):
            continue
        if rubric is None:
            is_first = not Rubric.objects.filter(family=preset.family, is_default=True).exists()
            rubric = Rubric.objects.create(key=preset.key, name=preset.name, family=preset.family, is_default=is_first)
        _write(rubric, 1 if last is None else last.n + 1, preset.spec, says="", by=None, at=at)
        made += 1
    return made
