"""Specimens of what reviewers score with."""

from __future__ import annotations

from typing import Any

from apps.ui.specimens.specimen import Specimen


def _choices(*words: str, chosen: str = "") -> list[dict[str, Any]]:
    steps = [
        {"key": str(n), "value": str(n), "word": word, "tone": "", "is_chosen": word == chosen}
        for n, word in enumerate(words, 1)
    ]
    return [*steps, {"key": "N", "value": "na", "word": "N/A", "tone": "", "is_chosen": chosen == "N/A"}]


def _line(number: int, text: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "number": number, "key": f"line-{number}", "text": text, "choices": choices, "causes": [], "guidance": "",
        "good_example": "", "must_pass": "", "is_asked": True, "is_low": False, "entry": {"comment": ""}, "evidence": "", **more,
    }  # fmt: skip


def specimens() -> list[Specimen]:
    """A line that is not marked yet, one with a low mark that asks for its cause, and what a machine would say of one."""
    fresh = _line(
        1, "Reads the hand-off before replying", _choices("Missed", "Partly", "Met", "Strong"),
        guidance="What the AI agent was told needs no second telling.", good_example="I see your order number above.",
    )  # fmt: skip
    low = _line(
        2, "Follows the policy", _choices("Fail", "Pass", chosen="Fail"), must_pass="Must pass", is_low=True, evidence="4, 6",  # noqa: S106  # a tag, no password
        causes=[{"text": "Did not know it", "is_chosen": True}, {"text": "Article out of date", "is_chosen": False}],
        entry={"comment": "<b>Not markup</b>"},
    )  # fmt: skip
    said = {"key": "tone", "model": "marks of tone", "version": 1}
    told = {**said, "word": "Partly", "why": "1 reply sounds cold.", "messages": [4], "face": "filled"}
    silent = {**said, "word": "", "why": "No reply of theirs answers somebody upset.", "messages": [], "face": "empty"}
    lines = [fresh, low, {**fresh, "number": 3, "key": "line-3", "reads": True, "suggestion": told}]
    return [
        *[Specimen("scoring_line", "filled", {"line": line}) for line in lines],
        Specimen("suggestion", "filled", {"suggestion": told, "face": "filled"}),
        Specimen("suggestion", "empty", {"suggestion": silent, "face": "empty"}),
        Specimen("suggestion", "waiting", {"suggestion": None, "face": "waiting"}),
    ]
