"""Words that are nobody's name: what they keep in the open, what is masked all the same, and which list may hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from apps.access import allow_list, tagger
from apps.access.allow_list import ListChanged, ListRefused
from apps.access.allowed import Allowed
from apps.access.cues import words_of
from apps.access.masking import Known, mask
from apps.access.models import AllowList, AuditEntry
from apps.access.plain_text import Span
from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.shared.errors import NotAllowed
from tests.conftest import person

AT = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
LISTED = Allowed(("Nordwind", "Nordwind Shop", "Brann", "Aurora 2", "Coca-Cola"))


def finding(*values: str) -> tuple[list[tuple[str, list[Span]]], object]:
    """A second reader that finds these values, and what it was asked with what was covered then."""
    asked: list[tuple[str, list[Span]]] = []

    def read(view: str, claims: Sequence[tuple[int, int, str]]) -> list[Span]:
        asked.append((view, [(start, end) for start, end, _ in claims]))
        return [(view.index(one), view.index(one) + len(one)) for one in values if one in view]

    return asked, read


@pytest.mark.parametrize(("text", "before", "after"), [
    ("I talked to Brann yesterday", "I talked to [name 1] yesterday", "I talked to Brann yesterday"),
    ("regards, Brann", "regards, [name 1]", "regards, Brann"),
    # Another word that may be a name is one still.
    ("I spoke to Brann Berger yesterday", "I spoke to [name 1] yesterday", "I spoke to [name 1] yesterday"),
    # Who says so is called so.
    ("my name is Brann", "my name is [name 1]", "my name is [name 1]"),
    ("I spoke with Mr Brann about it", "I spoke with [name 1] about it", "I spoke with [name 1] about it"),
])  # fmt: skip
def test_a_guess_of_listed_words_alone_stays_in_the_open(text: str, before: str, after: str) -> None:
    assert mask(text=text).text == before
    assert mask(text=text, allowed=LISTED).text == after


def test_the_name_of_the_customer_and_the_answer_to_the_question_for_one_are_masked_all_the_same() -> None:
    told = {"text": "I talked to Brann yesterday", "allowed": LISTED}
    assert mask(**told, known=Known(names=("Kari Brann",))).text == "I talked to [name 1] yesterday"
    assert mask(**told, asked="NAME").text == "I talked to [name 1] yesterday"
    assert mask(text="Brann", asked="NAME", allowed=LISTED).text == "[name 1]"


@pytest.mark.parametrize(("guess", "is_masked"), [
    ("Nordwind", False), ("Nordwind's", False), ("Nordwind Shop", False), ("the Nordwind", False), ("Nordwind Berger", True),
])  # fmt: skip
def test_a_guess_of_the_second_reader_stays_where_its_words_are_listed_or_plain(guess: str, is_masked: bool) -> None:
    text = f"it turned out that {guess} had sent the parcel to Yefremova"
    _, read = finding(guess)
    masked = mask(text=text, persons=read, allowed=LISTED).text  # type: ignore[arg-type]
    assert masked == (text.replace(guess, "[name 1]") if is_masked else text)
    assert mask(text=text, persons=read).text == text.replace(guess, "[name 1]")  # type: ignore[arg-type]


def test_what_is_listed_is_no_reason_to_look_at_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tagger is not asked about a text that is plain but for it, and the second reader hears that it is covered."""
    seen: list[str] = []
    monkeypatch.setattr(tagger, "found_in", lambda view, *_: seen.append(view) or ())
    asked, read = finding()
    for text in ("the brann is broken", "is this from nordwind?"):
        mask(text=text, persons=read, allowed=LISTED)  # type: ignore[arg-type]
    assert (seen, asked) == ([], [])
    mask(text="it turned out that Brann and Yefremova", persons=read, allowed=LISTED)  # type: ignore[arg-type]
    assert asked == [("it turned out that Brann and Yefremova", [(19, 24)])]


@pytest.mark.parametrize(("text", "found"), [
    ("the brann is broken", ["brann"]),
    ("BRANN's hose", ["BRANN's"]),
    ("Brann’s hose", ["Brann’s"]),
    ("NORDWIND  SHOP and nordwind", ["NORDWIND  SHOP", "nordwind"]),
    ("an Aurora-2, no aurora", ["Aurora-2"]),
    ("an Aurora 21", []),
    ("coca cola and cocacola", ["coca cola"]),
    ("Brannigan, Aufbrann, Brann1", []),
    ("", []),
])  # fmt: skip
def test_whole_entries_are_found_in_any_capitals(text: str, found: list[str]) -> None:
    words = words_of(text, text.lower())
    assert [text[start:end] for start, end in LISTED.spans(text, words)] == found


def test_an_empty_list_finds_nothing() -> None:
    assert Allowed(()).spans("the brann is broken", {"brann"}) == []


def test_a_form_is_read_as_an_entry_a_line_each_once() -> None:
    assert allow_list.read("  Varg 45 \n\nbrann\nBrann\n Nordwind   Shop\n") == ("Brann", "Nordwind Shop", "Varg 45")


@pytest.mark.parametrize(("listed", "said"), [
    (["x" * 41], "“xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…” has more than 40 characters. List single words."),
    (["45"], "“45” has no word of 3 letters or more, so it would let initials through."),
    (["J. B."], "“J. B.” has no word of 3 letters or more, so it would let initials through."),
    (["jacob"], "“jacob” is a first name: customers who are called so would stand in the open. Leave it out, or list it with more words."),
    (["Jacob Antonio"], "“Jacob Antonio” is a first name: customers who are called so would stand in the open. Leave it out, or list it with more words."),
    ([f"word{'x' * n}" for n in range(501)][:501], "Saw 501 entries. At most 500 are kept."),
])  # fmt: skip
def test_what_is_wrong_with_a_list_is_said(listed: list[str], said: str) -> None:
    assert next(allow_list.mistakes(listed)) == said


@pytest.mark.django_db
def test_a_list_is_a_version_and_the_audit_counts_its_words(adam: Viewer) -> None:
    assert (allow_list.entries(), allow_list.version()) == ((), 0)
    first = allow_list.change(by=adam, listed=["Brann", "Lofot 2"], at=AT, based_on=0)
    second = allow_list.change(by=adam, listed=["Brann", "Nordwind"], at=AT, based_on=first.pk)
    assert allow_list.entries() == ("Brann", "Nordwind")
    assert allow_list.current().spans("lofot 2, nordwind", {"lofot", "nordwind"}) == [(9, 17)]
    newest, oldest = allow_list.history()
    assert (newest.number, newest.added, newest.removed) == (second.pk, ["Nordwind"], ["Lofot 2"])
    assert (oldest.added, oldest.removed) == (["Brann", "Lofot 2"], [])
    told = AuditEntry.objects.filter(verb="allow_list.changed").order_by("pk")
    assert [entry.about for entry in told] == ["2 added, 0 taken out", "1 added, 1 taken out"]


@pytest.mark.django_db
def test_what_another_admin_saved_meanwhile_is_not_written_over(adam: Viewer) -> None:
    allow_list.change(by=person("eve", Role.ADMIN), listed=["Brann"], at=AT, based_on=0)
    with pytest.raises(ListChanged):
        allow_list.change(by=adam, listed=["Nordwind"], at=AT, based_on=0)
    assert allow_list.entries() == ("Brann",)


def test_a_first_name_among_other_words_may_be_listed() -> None:
    assert [*allow_list.mistakes(["Jacob Shop", "Aurora 2"])] == []


@pytest.mark.django_db
def test_nothing_is_saved_that_is_refused_or_by_anybody_else(adam: Viewer, lena: Viewer) -> None:
    with pytest.raises(ListRefused) as no:
        allow_list.change(by=adam, listed=["Jacob", "45"], at=AT)
    assert len(no.value.mistakes) == 2
    with pytest.raises(NotAllowed):
        allow_list.change(by=lena, listed=["Brann"], at=AT)
    assert not AllowList.objects.exists()
