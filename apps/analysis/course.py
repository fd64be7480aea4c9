"""One conversation read message by message, in its order: what each says in the light of those before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID
from zlib import crc32

from apps.analysis import asks_for_human, complexity, loops, roughness, safety, tone
from apps.analysis.reading import Read
from apps.analysis.running import running


@dataclass(frozen=True, slots=True)
class Line:
    """One masked message, and what was read of it before: by which checksum and versions, and the mood."""

    message: UUID
    at: datetime
    text: str
    # Who of ours wrote it, and whether that is an AI agent; empty: the customer.
    author: str
    is_ai: bool
    checksum: int | None = None
    version: int | None = None
    mood: float | None = None
    roughness_version: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a conversation besides its words: messages that an AI agent did not understand, and whether the customer
    was here within a week before."""

    not_understood: frozenset[UUID] = frozenset()
    is_repeat_contact: bool = False


def checksum_of(text: str) -> int:
    """The checksum by which an edited text is known."""
    return crc32(text.encode("utf-8", "replace"))


def unread(lines: Iterable[Line], version: int) -> Iterator[tuple[Line, tuple[str, ...]]]:
    """The customer's messages whose mood nobody has read in this version or a higher one, each with the customer's own before it."""
    before: tuple[str, ...] = ()
    for line in lines:
        if line.author:
            continue
        if line.checksum != checksum_of(line.text) or (line.version or 0) < version:
            yield line, before
        before = (*before[-2:], line.text)


@dataclass(slots=True)
class Course:
    """The reading of one conversation. `readings` yields (line, checksum of its text, reading); afterwards `moods` are there.

    `found` holds the moods that were read just now, of all conversations at once: a second reader likes many texts together.
    """

    found: Mapping[UUID, Read]
    lists: Sequence[safety.PhraseList] = safety.DEFAULTS
    version: int = safety.VERSION
    opening: Opening = field(default_factory=Opening)
    moods: list[tuple[datetime, float]] = field(default_factory=list)
    _is_upset: bool = False
    _opened: list[Line] = field(default_factory=list)
    _answers: dict[str, list[Line]] = field(default_factory=dict)
    _before: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def readings(self, lines: Iterable[Line]) -> Iterator[tuple[Line, int, Read]]:
        """Read the messages, oldest first. What stands on its own is read only where its text or the version changed."""
        for line in lines:
            now = checksum_of(line.text)
            found = self._of_customer(line) if not line.author else self._of_reply(line, now)
            for one in found:
                yield line, now, one
        if self._opened:
            first = self._opened[0]
            yield first, checksum_of(first.text), self._complexity()
        for answers in self._answers.values():
            for line, one in zip(answers, loops.read([line.text for line in answers]), strict=True):
                yield line, checksum_of(line.text), one

    def _of_customer(self, line: Line) -> Iterator[Read]:
        score = line.mood
        if (mood := self.found.get(line.message)) is not None:
            score = mood.score
            yield from (mood, asks_for_human.read(line.text))
        if len(self._opened) < complexity.MOST:
            self._opened.append(line)
        if score is not None:
            self.moods.append((line.at, score))
            self._is_upset = tone.answers_distress(moods_before=[score])

    def _of_reply(self, line: Line, now: int) -> Iterator[Read]:
        # How a reply sounds depends on the customer's mood before it: it is read again whenever the conversation is.
        yield tone.read(line.text, upset=self._is_upset)
        before = self._before.get(line.author, ())
        if (line.checksum, line.version, line.roughness_version) != (now, self.version, roughness.VERSION):
            rough = roughness.read(line.text, before)
            kept = safety.read(line.text, self.lists, self.version)
            yield replace(kept, roughness=rough.score, roughness_version=rough.version)
        self._before[line.author] = (*before[-2:], line.text)
        if line.is_ai:
            self._answers.setdefault(line.author, []).append(line)

    def _complexity(self) -> Read:
        """How hard it is likely to become, from what was known when its opening was over."""
        last = self._opened[-1].at
        slope = running([(at, mood) for at, mood in self.moods if at <= last]).slope
        asked = any(asks_for_human.read(line.text).label == asks_for_human.ASKED for line in self._opened)
        lost = sum(line.message in self.opening.not_understood for line in self._opened)
        about = complexity.About(lost, slope or 0.0, asked, self.opening.is_repeat_contact)
        return complexity.read([line.text for line in self._opened], about)
