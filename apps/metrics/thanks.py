"""What a customer's last words say of an AI agent's answer: that it solved it, that nothing more is asked, or neither.

Patterns over masked text, in English, in the form of Python's `re` without groups that capture; a case of letters is no
difference. Who doubts neither affirms nor merely thanks: "thanks, but it still does not work" asks for more.
"""

from __future__ import annotations

AFFIRMS = (
    r"\b(?:that|it|this)(?: has| just)* (?:worked|works|helped|helps|did it|did the trick|solved it|fixed it)\b"
    r"|\b(?:all|now) (?:good|sorted|solved|fixed|set)\b"
    r"|\b(?:problem|issue|question)(?: is| was|'s)? (?:solved|fixed|resolved|sorted|answered)\b"
    r"|\bworks (?:now|again|fine|perfectly)\b|\bwhat i (?:needed|wanted)\b"
    r"|^\W*(?:yes|perfect|great|brilliant|wonderful|excellent)\b.{0,20}\bthank"
)
THANKS = r"\b(?:thanks|thank you|thx|cheers|bye|goodbye)\b"
DOUBTS = r"\?|\b(?:not|no|still|but|however|cannot|why|how)\b|n['’]t\b"


def in_sql(pattern: str) -> str:
    """Write a pattern in the words of PostgreSQL's expressions, which call the edge of a word otherwise."""
    return pattern.replace(r"\b", r"\y")
