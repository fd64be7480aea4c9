"""Whether a customer asks for a person: phrases with a guard against telling of one. No learnt part, any English text.

The patterns and their guard go back to a reading of some six thousand real messages; see the model card.
"""

from __future__ import annotations

import re

from apps.analysis.reading import Clue, Read

PART = "asks_for_human"
VERSION = 1
ASKED, NOT_ASKED = "asked", "not_asked"

_REAL = r"(?:real|live|actual|physical|proper|human)"
_HUMAN = (
    rf"(?:humans?(?:\s+being)?|{_REAL}\s+(?:person|human|people|agents?|rep(?:resentative)?|being|operator)"
    r"|(?:(?:customer\s+)?(?:service|support|care|sales|live|help\s?desk)\s+)?(?:agents?|agrnt|reps?|representatives?|executives?"
    r"|advis[oe]rs?|operators?|technicians?|specialists?|consultants?|associates?|assistants?)"
    r"|supervisors?|managers?|persons?|people|some\s?one|somebody|any\s?one|anybody|csr)"
)
_REACH = (
    r"(?:speak|speek|talk|chat|caht|connect(?:ed)?|conect|transfer(?:red)?|switch(?:ed)?|escalate|hand(?:ed)?(?:\s+me)?\s+over"
    r"|get|reach|contact|put(?:\s+me)?(?:\s+through)?|pass\s+me)"
)
_WISH = r"(?:need|want|wanna|require|(?:would|i|'d)\s+like|give\s+me|get\s+me|send\s+me|looking\s+for|prefer)"
_PLEASE = r"(?:please|pls|plz)"
_PATTERNS = (
    (
        rf"\b{_REACH}\b(?:\s+(?:me|us|directly|back|through|over|now|live))*\s+(?:to|with|a?hold\s+of|onto|by)?\s*"
        rf"(?:an?|the|your|ur|any|some|one\s+of\s+your|another|my)?\s*(?:\w+\s+)?{_HUMAN}\b"
    ),
    (
        rf"\b{_WISH}\b\s+(?:to\s+(?:have|see|be)\s+)?(?:an?|the|your|some|one)?\s*(?:\w+\s+)?"
        rf"(?:humans?|agents?|representative|rep|operator|{_REAL}\s+person|supervisor|manager"
        r"|(?:person|someone|somebody)\s+(?:to|who|that|from|other))\b"
    ),
    (
        rf"\b(?:{_PLEASE}|can\s+(?:you|u|someone|somebody|anyone)|could\s+(?:you|someone)"
        r"|have\s+(?:someone|somebody|him|her|them|an?\s+(?:agent|rep|manager))|someone)\s+"
        rf"(?:{_PLEASE}\s+)?(?:call|phone|ring|contact)\s+(?:me|us)\b"
    ),
    r"^(?:no|ok|so|you)?\s*call\s+me\s*(?:[.!,?]|$|please|pls|back|asap|now|at\b|on\b|@|\d)",
    r"\bcall\s+me\s+(?:back\s+)?(?:at|on|asap|now|tomorrow|today)\b",
    r"\b(?:need|want|request|arrange|schedule|set\s+up)\s+(?:an?\s+)?call(?:\s?-?back\b|\s+(?:by|from|with)\b)",
    (
        r"^(?:agents?|humans?|representative|operator|supervisor|manager|live\s+(?:agent|chat|person)|real\s+person"
        r"|customer\s+(?:service|care)\s+(?:agent|executive|representative)|chat\s+agent)\W*$"
    ),
    rf"\b(?:agent|human|representative|person|operator),?\s+{_PLEASE}\b",
    rf"\bnumber\s+to\s+(?:call\s+)?(?:an?\s+)?(?:speak\s+|talk\s+)?(?:to\s+|with\s+)?{_HUMAN}\b",
    rf"\bnumber\s+(?:of|for)\s+(?:an?\s+|your\s+|the\s+)?{_HUMAN}\b",
    r"\bhuman\s+(?:help|assistance|support|contact)\b.{0,12}(?:required|needed|please)",
    (
        r"\b(?:is\s+there|do\s+(?:u|you)\s+have)\s+(?:an?\s+|any\s+)?(?:real\s+|actual\s+|live\s+)?(?:humans?|person|people)\b.{0,20}"
        r"(?:there|talk|speak|chat|\?)"
    ),
)
# Telling of a person, doing without one, or asking what the other side is: no request.
_GUARD = re.compile(
    r"\b(?:don'?t|do\s+not|did\s?n'?t|without|no\s+need\s+to|not|never)\s+(?:\w+\s+){0,2}(?:speak|talk|need|want|chat|call|contact)"
    r"|\b(?:spoke|spoken|talked|talking\s+to\s+your|was\s+told|were\s+told|told\s+me|said\s+(?:he|she|they)|asked\s+to\s+speak"
    r"|after\s+(?:i\s+)?(?:spoke|speaking|talking)|already\s+(?:spoke|talked|contacted|called))\b"
    r"|\b(?:had|got|i\s+have)\s+to\s+(?:talk|speak|call)\b|\bwait(?:ed|ing)?\b.{0,40}\bto\s+(?:talk|speak|get)\b"
    r"|\balready\s+(?:talk|speak)\b|\bnot\s+being\s+able\b|\b(?:as\s+soon\s+as|whenever|every\s+time)\s+i\s+call\b"
    r"|\bget\s+you\s+people\b|\bcontinue\s+to\s+hold\b|\bshould\s+get\b"
    r"|\bare\s+you\s+(?:an?\s+)?(?:\w+\s+)?(?:human|real|bot|person|robot)|\bi\s?am\s+(?:an?\s+)?human",
    re.IGNORECASE,
)
_ASKS = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_CUE = re.compile(
    r"speak|speek|talk|cha[th]|caht|connect|conect|transfer|switch|escalate|hand|get|reach|contact|put|pass|need|want|wanna|require"
    r"|like|give|send|looking|prefer|call|phone|ring|agent|agrnt|human|representative|operator|supervisor|manager|person|number",
    re.IGNORECASE,
)
_NOT_SAID = re.compile(r"https?://\S+|@\w+")


def read(text: str) -> Read:
    """Read whether a masked text asks for a person; the clue is the phrase that says so."""
    found = None
    if _CUE.search(text):
        plain = _NOT_SAID.sub(lambda one: " " * len(one[0]), text)
        lead = len(plain) - len(plain.lstrip())
        found = _ASKS.search(plain.strip())
        if found is not None and _GUARD.search(plain) is None:
            clue = Clue(found.start() + lead, found.end() + lead, 1.0)
            return Read(PART, ASKED, 1.0, None, "phrases", VERSION, (clue,))
    return Read(PART, NOT_ASKED, 0.0, None, "phrases", VERSION)
