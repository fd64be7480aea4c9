"""What is taken out of texts on their way in, sealed together and written in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.access import allow_list, persons
from apps.access.allowed import Allowed
from apps.access.masking import PLACEHOLDER, Found, Known, compose, mask
from apps.access.sealed import mark_of, open_value, seal_many
from apps.interactions.models import SealedValue
from apps.shared import bulk

# Placeholders whose values are no longer kept, as kind and number.
Gone = frozenset[tuple[str, int]]


def _named(part: str) -> tuple[str, int] | None:
    found = PLACEHOLDER.fullmatch(part)
    return (found[1], int(found[2])) if found else None


def _parts(text: str, gone: Gone) -> list[str]:
    """A text cut at the placeholders whose values are gone, which stand between the parts."""
    if not gone:
        return [text]
    parts: list[str] = []
    place = 0
    for found in PLACEHOLDER.finditer(text):
        if (found[1], int(found[2])) in gone:
            parts += (text[place : found.start()], found[0])
            place = found.end()
    return [*parts, text[place:]]


def gone_from(values: Any, found: tuple[Found, ...]) -> Gone:
    """The placeholders in the texts of a masked JSON value behind which no value is kept any more."""
    named: set[tuple[str, int]] = set()

    def walk(part: Any) -> None:
        if isinstance(part, str):
            named.update((kind, int(number)) for kind, number in PLACEHOLDER.findall(part))
        elif isinstance(part, list):
            for one in part:
                walk(one)
        elif isinstance(part, Mapping):
            for name, one in part.items():
                walk(name)
                walk(one)

    walk(values)
    return frozenset(named - {(one.kind, one.number) for one in found})


@dataclass(slots=True)
class Seals:
    """The values found in one batch. An owner is the row whose texts hold them: all its texts count as one."""

    found: dict[UUID, tuple[UUID, tuple[Found, ...]]] = field(default_factory=dict)
    cleared: set[UUID] = field(default_factory=set)
    _allowed: Allowed | None = None

    @property
    def allowed(self) -> Allowed:
        """The words that are nobody's name, as they were listed when the first text of the batch was masked."""
        if self._allowed is None:
            self._allowed = allow_list.current()
        return self._allowed

    def beside(self) -> Seals:
        """An empty one that masks by the same words."""
        return Seals(_allowed=self.allowed)

    def mask(
        self, *, owner: UUID, conversation: UUID, text: str, known: Known, own: frozenset[str] = frozenset(),
        gone: Gone = frozenset(), asked: str = "",
    ) -> str:  # fmt: skip
        """Mask a text and keep what was found to be sealed for its owner; several texts of an owner add up.

        `own` are the words of the author's own name, where the author speaks for us. Placeholders that are `gone` stay as
        they are, and their numbers stay theirs. `asked` is what was asked for before the text (`masking.asked_in`). The second
        reader of names is heard where there is one.
        """
        before = self.found[owner][1] if owner in self.found else ()
        # What is found gets a number after those of values that are gone. No text holds U+0000, so nothing meets these.
        taken = tuple(Found(kind, number, f"\x00{kind} {number}") for kind, number in sorted(gone))
        told, among = [], (*before, *taken)
        for part in _parts(text, gone):
            if _named(part) in gone:
                told.append(part)
                continue
            masked = mask(
                text=part, known=known, among=among, own=own, asked=asked, persons=persons.HERE.found_in,
                allowed=self.allowed,
            )  # fmt: skip
            told.append(masked.text)
            among = masked.found
        if found := tuple(one for one in among if one not in taken):
            self.found[owner] = (conversation, found)
        return "".join(told)

    def mask_all(
        self, *, owner: UUID, conversation: UUID, value: Any, known: Known, spared: frozenset[str] = frozenset(),
        own: frozenset[str] = frozenset(), gone: Gone = frozenset(),
    ) -> Any:  # fmt: skip
        """Mask every text inside a JSON value, names of fields too; `spared` are dotted places of words of our own.

        Fields are taken in the order of their names, which the database does not keep otherwise: masking a stored value
        again must give the same numbers.
        """

        def walk(part: Any, place: str) -> Any:
            if isinstance(part, str):
                return self.mask(owner=owner, conversation=conversation, text=part, known=known, own=own, gone=gone)
            if isinstance(part, list):
                return [walk(one, place) for one in part]
            if isinstance(part, dict):
                return {
                    name if place == "" else walk(name, place): part[name]
                    if place + name in spared
                    else walk(part[name], f"{place}{name}.")
                    for name in sorted(part)
                }
            return part

        return walk(value, "")

    def forget(self, owner: UUID) -> None:
        """Delete what was sealed for an owner before, now and in the table."""
        self.found.pop(owner, None)
        self.cleared.add(owner)

    def replace(self, owner: UUID) -> None:
        """Let what was found in this batch take the place of what was sealed for an owner before."""
        self.cleared.add(owner)

    def drop(self, owner: UUID) -> None:
        """Leave out what was found for an owner in this batch: its texts were not written."""
        self.found.pop(owner, None)

    def stored(self, owners: Iterable[UUID]) -> dict[UUID, tuple[Found, ...]]:
        """Open what is sealed for these owners: from this batch where it has found anything, else from the table."""
        wanted = set(owners)
        known = {owner: self.found[owner][1] for owner in wanted if owner in self.found}
        opened: dict[UUID, list[Found]] = {}
        for row in SealedValue.objects.filter(message_id__in=wanted - set(known) - self.cleared):
            value = open_value(bytes(row.sealed), context=row.message_id.bytes).decode("utf-8", "surrogatepass")
            opened.setdefault(row.message_id, []).append(Found(row.kind, row.number, value, row.hint))
        return known | {owner: tuple(found) for owner, found in opened.items()}

    def write(self) -> None:
        """Write the sealed values. A value that is sealed already is not sealed again."""
        if self.cleared:
            SealedValue.objects.filter(message_id__in=self.cleared).delete()
        rows = sorted(
            (owner, one.kind, one.number, conversation, one.hint, one.value)
            for owner, (conversation, values) in self.found.items()
            for one in values
        )
        sealed = seal_many((row[5], row[0].bytes) for row in rows)
        bulk.write(
            table="interactions_sealedvalue",
            columns={"message_id": "uuid", "kind": "text", "number": "int", "conversation_id": "uuid", "hint": "text",
                     "sealed": "bytea", "mark": "int8"},
            rows=[(*row[:5], one, mark_of(row[5], context=row[3].bytes)) for row, one in zip(rows, sealed, strict=True)],
            conflict="message_id, kind, number",
        )  # fmt: skip


def compose_all(value: Any, found: tuple[Found, ...]) -> Any:
    """Put the values back behind the placeholders of every text inside a JSON value."""
    if isinstance(value, str):
        return compose(value, found)
    if isinstance(value, list):
        return [compose_all(one, found) for one in value]
    if isinstance(value, Mapping):
        return {compose(name, found): compose_all(one, found) for name, one in value.items()}
    return value
