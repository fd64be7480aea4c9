"""Rubrics: what is wrong with one, versions that stay, what differs, and documents out and in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.reviews import rubrics, services
from apps.reviews.differences import Difference, differences
from apps.reviews.exchange import RubricUnreadable, read, written
from apps.reviews.models import Rubric, RubricVersion
from apps.reviews.pack import PACK
from apps.reviews.rubrics import RubricChanged, RubricRefused
from apps.reviews.spec import Family, LineSpec, RubricSpec, Scale, SectionSpec, Weighing, key_of, mistakes
from apps.shared.errors import NotAllowed, Refusal

PEOPLE = PACK[0].spec


def two(first: int, second: int, **more: object) -> RubricSpec:
    lines = (LineSpec(key="a", text="First", weight=first), LineSpec(key="b", text="Second", weight=second, **more))  # type: ignore[arg-type]
    return RubricSpec(sections=(SectionSpec(name="All", lines=lines),))


@pytest.mark.parametrize("preset", PACK, ids=lambda preset: preset.key)
def test_the_rubrics_a_portal_begins_with_can_be_used(preset: object) -> None:
    assert list(mistakes(preset.spec)) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(("spec", "said"), [
    (two(60, 30), "The weights of the lines add up to 90. Expected 100. Give 10 more."),
    (two(60, 50), "The weights of the lines add up to 110. Expected 100. Take 10 away."),
    (two(120, -20), "Saw the weight 120 at “First”. Expected a whole number from 0 to 100."),
    (replace(two(60, 40), weighing=Weighing.SECTIONS), "The weights of the sections add up to 0. Expected 100. Give 100 more."),
    (two(50, 50, shown_if="c", shown_at=(1,)), "“Second” is asked depending on “c”, and no earlier line is called that."),
    (two(50, 50, shown_if="a", shown_at=(5,)), "“Second” is asked depending on “First”, at marks it cannot have. Choose from 1 to 4."),
    (two(50, 50, shown_if="a"), "“Second” is asked depending on “First”, at marks it cannot have. Choose from 1 to 4."),
    (two(50, 50, shown_if="b", shown_at=(1,)), "“Second” is asked depending on “b”, and no earlier line is called that."),
    (RubricSpec(sections=()), "Saw 0 sections. Expected 1 to 12."),
    (RubricSpec(sections=(SectionSpec(name="Empty", lines=()),)), "“Empty” has no line. Add one, or leave the section out."),
    (two(50, 50, causes=tuple("abcdefghi")), "Saw 9 causes at “Second”. Expected at most 8."),
])  # fmt: skip
def test_what_keeps_a_rubric_from_being_used_is_said(spec: RubricSpec, said: str) -> None:
    assert said in list(mistakes(spec))


def test_two_lines_of_one_key_are_told_apart() -> None:
    same = RubricSpec(
        sections=(
            SectionSpec(
                name="All", lines=(LineSpec(key="a", text="One", weight=50), LineSpec(key="a", text="Other", weight=50))
            ),
        )
    )
    assert list(mistakes(same)) == ["Two lines have the key “a”. Each needs its own."]
    assert [key_of("Follows R-12!", ["follows-r-12"]), key_of("…")] == ["follows-r-12-2", "line"]


@pytest.mark.django_db
def test_seeding_twice_makes_each_rubric_once_and_leaves_a_persons_version(mona: Viewer, noon: datetime) -> None:
    assert (services.seed(at=noon), services.seed(at=noon)) == (2, 0)
    assert {(one.key, one.is_default) for one in Rubric.objects.all()} == {("people", True), ("ai", True)}
    rubric = Rubric.objects.get(key="people")
    assert rubrics.current(rubric).spec() == PEOPLE
    made = services.save_rubric(
        by=mona, rubric=rubric, name="Ours", family=Family.PEOPLE, spec=two(40, 60), based_on=1, at=noon
    )
    assert (made.n, services.seed(at=noon), rubrics.current(rubric).spec()) == (2, 0, two(40, 60))


@pytest.mark.django_db
def test_a_save_is_a_new_version_and_the_old_one_stays_as_it_was(mona: Viewer, noon: datetime) -> None:
    services.seed(at=noon)
    rubric = Rubric.objects.get(key="people")
    services.save_rubric(
        by=mona,
        rubric=rubric,
        name="Ours",
        family=Family.PEOPLE,
        spec=two(40, 60),
        says="Two lines are enough",
        based_on=1,
        at=noon,
    )
    old, new = rubrics.versions().filter(rubric=rubric).order_by("n")
    assert (old.spec(), new.spec(), new.says, str(new)) == (PEOPLE, two(40, 60), "Two lines are enough", "Ours, form 2")
    assert AuditEntry.objects.get(verb="rubric.changed").about == "Ours, form 2"


@pytest.mark.django_db
def test_saving_what_holds_already_makes_no_version(mona: Viewer, noon: datetime) -> None:
    services.seed(at=noon)
    rubric = Rubric.objects.get(key="people")
    same = services.save_rubric(
        by=mona,
        rubric=rubric,
        name="Other name",
        family=Family.PEOPLE,
        spec=PEOPLE,
        release_minutes=0,
        based_on=1,
        at=noon,
    )
    rubric.refresh_from_db()
    assert (same.n, rubric.name, rubric.release_minutes) == (1, "Other name", 0)


@pytest.mark.django_db
def test_whoever_began_with_an_older_version_is_told(mona: Viewer, noon: datetime) -> None:
    services.seed(at=noon)
    rubric = Rubric.objects.get(key="people")
    services.save_rubric(by=mona, rubric=rubric, name="A", family=Family.PEOPLE, spec=two(40, 60), based_on=1, at=noon)
    with pytest.raises(RubricChanged, match="Form 2 was saved meanwhile, and yours began with form 1"):
        services.save_rubric(
            by=mona, rubric=rubric, name="B", family=Family.PEOPLE, spec=two(50, 50), based_on=1, at=noon
        )
    assert RubricVersion.objects.filter(rubric=rubric).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["quentin", "lena", "adam", "olu", "asha"])
def test_only_who_looks_after_quality_changes_rubrics(who: str, request: pytest.FixtureRequest, noon: datetime) -> None:
    viewer: Viewer = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        services.save_rubric(by=viewer, rubric=None, name="Mine", family=Family.AI, spec=two(50, 50), at=noon)
    assert Rubric.objects.count() == 0


@pytest.mark.django_db
def test_a_rubric_that_cannot_be_used_is_not_saved_and_every_mistake_is_told(mona: Viewer, noon: datetime) -> None:
    with pytest.raises(RubricRefused) as refused:
        services.save_rubric(
            by=mona, rubric=None, name=" ", family=Family.AI, spec=two(50, 40), release_minutes=-1, at=noon
        )
    assert len(refused.value.mistakes) == 3
    assert Rubric.objects.count() == 0


@pytest.mark.django_db
def test_each_family_begins_with_one_rubric_and_that_one_cannot_be_retired(mona: Viewer, noon: datetime) -> None:
    services.seed(at=noon)
    made = services.save_rubric(by=mona, rubric=None, name="People", family=Family.PEOPLE, spec=two(50, 50), at=noon)
    old, new = Rubric.objects.get(key="people"), made.rubric
    assert new.key == "people-2"
    with pytest.raises(Refusal, match="Let them begin with another one first"):
        services.retire_rubric(by=mona, rubric=old, at=noon)
    services.make_default(by=mona, rubric=new, at=noon)
    old.refresh_from_db()
    services.retire_rubric(by=mona, rubric=old, at=noon)
    assert rubrics.default_version(Family.PEOPLE) == made
    old.refresh_from_db()
    with pytest.raises(Refusal, match="was retired"):
        services.make_default(by=mona, rubric=old, at=noon)


def test_what_differs_between_two_versions_is_told_line_by_line() -> None:
    before = RubricSpec(sections=(
        SectionSpec(name="Tone", lines=(LineSpec(key="warm", text="Warm", weight=40), LineSpec(key="old", text="Old", weight=10))),
        SectionSpec(name="Answer", lines=(LineSpec(key="right", text="Right", weight=50),)),
    ))  # fmt: skip
    after = RubricSpec(sections=(
        SectionSpec(name="Tone", lines=(LineSpec(key="warm", text="Warm", weight=50, scale=Scale.FIVE),)),
        SectionSpec(name="Answer", lines=(LineSpec(key="right", text="Right", weight=50), LineSpec(key="new", text="New"))),
    ))  # fmt: skip
    assert differences(before, after) == [
        Difference("Warm", "scale", "4 points", "5 points"), Difference("Warm", "weight", "40", "50"),
        Difference("Answer", "line", None, "New"), Difference("Tone", "line", "Old", None),
    ]  # fmt: skip
    assert differences(after, after) == []


@pytest.mark.parametrize("preset", PACK, ids=lambda preset: preset.key)
def test_a_rubric_comes_back_from_its_document_as_it_was(preset: object) -> None:
    text = written(name=preset.name, family=preset.family, spec=preset.spec)  # type: ignore[attr-defined]
    assert read(text) == (preset.name, preset.family, preset.spec)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("text", "said"), [
    ("a: [", "This is no YAML. Line 1, column 5."),
    ("just words", "Expected `object`"),
    ("format: other/1\nname: A\nfamily: people\nsections: []", "Saw the format “other/1”. Expected “midshift-rubric/1”."),
    ("format: midshift-rubric/1\nname: A\nfamily: pets\nsections: []", "'pets' is not a valid Family"),
    ("format: midshift-rubric/1\nname: A\nfamily: ai\nsections: [{name: B, lines: [{text: C, colour: red}]}]", "unknown field `colour`"),
    ("!!python/object/apply:os.system ['true']", "This is no YAML."),
    ("x" * 100_001, "Expected at most 100000."),
])  # fmt: skip
def test_a_document_that_is_no_rubric_says_where(text: str, said: str) -> None:
    with pytest.raises(RubricUnreadable, match=said.replace("[", r"\[").replace("`", ".")):
        read(text)


def test_a_document_may_leave_out_what_is_usual() -> None:
    text = "format: midshift-rubric/1\nname: Short\nfamily: people\nsections:\n- name: All\n  lines:\n  - {text: Is kind, weight: 100}\n"
    _, _, spec = read(text)
    assert (spec.lines[0].key, spec.lines[0].scale, list(mistakes(spec))) == ("is-kind", Scale.FOUR, [])
