"""How a reply of ours sounds: marks of warmth and marks against it, each with its words. Rules, nothing learnt.

A mark is no judgement of a person. What is counted is the answer to a customer who is upset; everything else is shown, not
scored (`answers_distress`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.analysis.reading import Clue, Read

PART = "tone"
VERSION = 2
MODEL = "marks of tone"
WARM, PLAIN, COLD = "warm", "plain", "cold"
# From which mood of a message its answer is an answer to distress.
UPSET = -0.25
# A reply with fewer words to an upset customer is curt.
FEWEST_WORDS = 4
_SHOUTED = 12

# Marks that show a reaction to what the customer feels.
EMPATHY = ("apology", "feeling", "understanding", "hope", "warmth", "offer to talk")
# Marks of service: said with or without feeling.
SERVICE = ("ownership", "thanks", "closing offer")
AGAINST = ("blame", "as I said", "calm down", "capitals", "curt")

_PATTERNS: dict[str, str] = {
    "apology": (
        r"\b(?:i(?:['’]m| am)|we(?:['’]re| are)|so|very|really|truly|deeply) sorry\b|^sorry\b|\bsorry (?:to hear|about|for|that|you|if)"
        r"|\b(?:i|we) (?:do |sincerely |truly )?apologi[sz]e\b|\b(?:my|our) (?:sincere(?:st)? |deepest )?apologies\b|^apologies\b"
        r"|\bplease accept (?:my|our) apolog|\b(?:i|we) regret (?:the|that|any|to)\b"
    ),
    "feeling": (
        r"\b(?:that|this|it|what you)(?: must(?: be| have been)?| sounds?|['’]s| is| has to be| seems?)\b.{0,20}\b(?:frustrat\w+|tough|difficult"
        r"|awful|terrible|rough|annoying|upsetting|stressful|horrible|unfair|sad|exhausting|disappointing|heartbreaking|a shame|unacceptable)"
        r"|\b(?:feel (?:for you|your pain|for u)|i feel (?:you|ya|u)\b)|\bthat sucks\b|\b(?:your|the) (?:frustration|disappointment|inconvenience)\b"
        r"|\b(?:makes me|we(?:['’]re| are)|i(?:['’]m| am)) (?:so |very |really )?(?:sad|worried|concerned|saddened|disappointed)\b"
    ),
    "understanding": (
        r"\b(?:i|we) (?:totally |completely |really |can |do |fully |certainly |definitely )*(?:know|understand|get|see|imagine|appreciate) "
        r"(?:exactly |completely |just )?(?:how|your|the pain|what you|why (?:you|this|that)|you(?:['’]re| are))\w*"
        r"|\bi hear (?:you|ya)\b|\bcan (?:totally |so |certainly )?relate\b|\bdon['’]?t worry\b|\byou(?:r life)? matters?\b|\bmiss you\b"
    ),
    "hope": (
        r"\b(?:i |we |really |truly |hopefully |so |just )*(?:do )?hope (?:you|things|it|that|this|your|everything|all|u|she|he|they|life)\b"
        r"|\bwish(?:ing)? (?:you|u|i could|we could|for you)\b|\b(?:good|best of) luck\b|\bbest wishes\b|\ball the best\b|\bhang in there\b"
        r"|\bstay (?:strong|safe)\b|\bkeep (?:fighting|your (?:head|chin) up)|\b(?:rooting|praying|pray) for you\b|\byou(?:['’]ve| have)? got this\b"
        r"|\b(?:it|things)(?:['’]ll| will) (?:get|be) (?:better|ok(?:ay)?|alright|fine)\b|\btake care\b"
    ),
    "warmth": (
        r"\b(?:big |virtual |sending |warm )*hugs?\b|\b(?:i|we)(?:['’]m| am|['’]re| are) (?:always )?here (?:for|if|to)\b|\bhere for you\b|\blove (?:you|u|ya)\b"
        r"|\bsend(?:ing)? (?:you |u )?(?:some |lots of |all (?:my|the) |my |good |positive |much )*(?:love|hugs?|vibes|thoughts|prayers|strength)\b"
        r"|\b(?:much|lots of) love\b|<3|\bproud of you\b|\bcongrat\w*|\bhappy (?:for you|birthday|for u|to hear|that)\b|\bglad (?:you|to hear|that|it)\b"
        r"|\bthat(?:['’]s| is) (?:great|awesome|amazing|wonderful|fantastic) (?:news|to hear)|\byou(?:['’]re| are) (?:not alone|loved|strong|amazing|awesome|brave)\b"
        r"|\b(?:i )?care about you\b|\bthank(?:s| you) (?:so much )?for (?:sharing|your patience|bearing with)\b|\bcondolences\b|\byour loss\b|\bbless you\b"
        r"|\bplease (?:don['’]?t|do|stay|talk|take care|know|keep|reach)\b"
    ),
    "offer to talk": (
        r"\b(?:do you |d['’]you |you |u )?(?:want|wanna|would like|need) to (?:talk|chat|vent)\b|\btalk to me\b|\b(?:dm|pm|message|hmu) me\b"
        r"|\bfeel free to\b|\bif you (?:ever )?(?:need|want|wanna|would like)\b.{0,25}\b(?:talk|chat|vent|listen|friend)"
        r"|\b(?:i|we)(?:['’]d| would) (?:love|be happy|be glad) to (?:talk|chat|listen|help|hear)\b"
    ),
    "ownership": (
        r"\b(?:i|we)(?:['’]ll| will|['’]m going to| am going to) (?:personally |gladly |happily )?(?:look|check|find|fix|sort|make|take|get|see|follow|call|send|ask|do|help|let you)\w*"
        r"|\blet me (?:look|check|find|fix|sort|see|help|make|get|take|pull)\b|\bi(?:['’]ve| have) (?:sent|fixed|checked|asked|escalated|refunded|booked|ordered)\b|\bleave it with me\b"
    ),
    "thanks": r"\bthank(?:s| you)\b(?! but)|\bwe appreciate\b",
    "closing offer": r"\b(?:anything|something) else\b.{0,30}\b(?:help|assist|do for you)|\bis there anything else\b|\blet (?:me|us) know if (?:you|there)\b|\bhappy to help\b",
    "blame": (
        r"\b(?:that|this|it)['’]?s? (?:is )?(?:your|not (?:my|our)) (?:own )?(?:fault|problem|mistake)\b|\byou should(?:['’]ve| have) (?:read|checked|known|told|called|done)\b"
        r"|\byou (?:failed|forgot|neglected|refused) to\b|\bif you had (?:just |only )?(?:read|checked|called|listened)\b|\bwhat do you expect\b|\byou(?:['’]re| are) not listening\b"
    ),
    "as I said": r"\bas i (?:already |just |have )?(?:said|told|explained|mentioned|wrote|stated)\b|\bi(?:['’]ve| have)? already (?:told|said|explained|answered)\b|\blike i said\b",
    "calm down": r"\bcalm down\b|\bstop (?:shouting|yelling|complaining|whining)\b|\bwatch your (?:language|tone)\b|\bno need to (?:get|be) (?:rude|upset|angry)\b",
}  # fmt: skip
_COMPILED = {name: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for name, pattern in _PATTERNS.items()}
# No mark is in a text that has none of its stems, and looking for stems is much cheaper than looking for marks. Where a pattern
# ignores case, it takes a dotless i for an i: stems with an i are written both ways.
_STEMS: dict[str, tuple[str, ...]] = {
    "apology": ("sorry", "apolog", "regret"),
    "feeling": (
        "frustrat", "tough", "cult", "awful", "terr", "rough", "annoy", "upset", "stress", "horr", "unfa", "sad", "exhaust", "sappo",
        "heart", "shame", "unacc", "feel", "suck", "nconven", "worr", "concern",
    ),
    "understanding": ("know", "understand", "get", "see", "mag", "apprec", "hear", "relate", "worry", "matter", "ss you"),
    "hope": (
        "hope", "wish", "luck", "best", "hang", "stay", "keep", "root", "pray", "got this", "better", "ok", "alr", "fine", "care",
    ),
    "warmth": (
        "hug", "here", "love", "send", "<3", "proud", "congrat", "happy", "glad", "great", "awesome", "amaz", "wonder", "fantast",
        "alone", "strong", "brave", "care", "thank", "condolence", "loss", "bless", "please",
    ),
    "offer to talk": ("talk", "chat", "vent", " me", "free", "listen", "friend", "help", "hear"),
    "ownership": ("ll", "ng to", "let me", "ve ", "leave"),
    "thanks": ("thank", "apprec"),
    "closing offer": ("else", "know", "happy"),
    "blame": ("fault", "problem", "mistake", "should", "failed", "forgot", "neglect", "refus", "had", "expect", "listen"),
    "as I said": ("said", "told", "expla", "ment", "wrote", "stated", "answer"),
    "calm down": ("calm", "stop", "watch", "need"),
}  # fmt: skip
_LOOKED_FOR = tuple(
    (name, pattern, tuple(dict.fromkeys(one for stem in _STEMS[name] for one in (stem, stem.replace("i", "ı")))))
    for name, pattern in _COMPILED.items()
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Marks:
    """What speaks for and against a reply: each mark with the places of its words."""

    clues: tuple[Clue, ...]

    @property
    def names(self) -> frozenset[str]:
        """The marks that were found."""
        return frozenset(clue.name for clue in self.clues)

    @property
    def is_empathic(self) -> bool:
        """True when the reply reacts to what the customer feels."""
        return not self.names.isdisjoint(EMPATHY)

    @property
    def is_cold(self) -> bool:
        """True when something speaks against it."""
        return not self.names.isdisjoint(AGAINST)


def marks_in(text: str, *, upset: bool = False, names: Sequence[str] = ()) -> Marks:
    """Find every mark of a masked reply. `upset`: it answers a customer who is; `names`: what the customer is called."""
    found = []
    folded = text.casefold()
    for name, pattern, stems in _LOOKED_FOR:
        if any(stem in folded for stem in stems):
            found += [Clue(*match.span(), -1.0 if name in AGAINST else 1.0, name) for match in pattern.finditer(text)]
    words = _WORD.findall(text)
    big = [word for word in words if len(word) > 2]
    if sum(map(len, big)) > _SHOUTED and all(word.isupper() for word in big):
        found.append(Clue(0, len(text), -1.0, "capitals"))
    if upset and len(words) < FEWEST_WORDS:
        found.append(Clue(0, len(text), -1.0, "curt"))
    for name in names:
        found += [
            Clue(*match.span(), 1.0, "name used") for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        ]
    return Marks(tuple(sorted(found, key=lambda clue: (clue.start, clue.end, clue.name))))


def read(text: str, *, upset: bool = False) -> Read:
    """Read the tone of a masked reply: warm with a mark of empathy and none against, cold with one against, else plain.

    `score` is the share of the marks that speak for it, from 0 to 1; None where there is none.
    """
    marks = marks_in(text, upset=upset)
    counted = [clue for clue in marks.clues if clue.name in EMPATHY or clue.name in AGAINST]
    label = COLD if marks.is_cold else WARM if marks.is_empathic else PLAIN
    score = sum(clue.weight > 0 for clue in counted) / len(counted) if counted else None
    return Read(
        PART, label, None if score is None else round(score, 4), 1.0 if counted else None, MODEL, VERSION, marks.clues
    )


def answers_distress(*, moods_before: Sequence[float | None]) -> bool:
    """Say whether a reply answers a customer who is upset: the last mood that was read before it."""
    last = next((mood for mood in reversed(moods_before) if mood is not None), None)
    return last is not None and last < UPSET
