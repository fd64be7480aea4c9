"""Rules as sentences: what can be watched, what a sentence says, and what a person wrote into one.

`Alert when the queue length of any queue is over 12 for 3 min` is a rule; its blanks are the fields of the form, in the units
people write: `12`, `90s`, `3x` (times what the queue promises), `40 %`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.alerts.detectors import shares
from apps.alerts.engine.people import Severity
from apps.alerts.models import RuleVersion
from apps.shared.errors import Refusal
from apps.ui.templatetags.ui import number

PERCENT = 0.01


class RuleRefused(Refusal):
    """There can be no such rule. `about` names the blank that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Watched:
    """Something that a rule can watch: how it is read, in which unit, and what cannot be chosen about it."""

    key: str
    words: str  # as it stands in the sentence
    reader: str
    family: str
    fixed: Mapping[str, Any]
    action: str
    is_prompt: bool = False
    is_quality: bool = False
    group: str = "Queues"


def _gauge(metric: str, words: str, unit: str, family: str = "promises") -> Watched:
    return Watched(
        metric, words, "gauge", family, {"metric": metric, "op": ">", "unit": unit}, "open_queue", is_prompt=True
    )


def _slow(measure: str, words: str) -> Watched:
    fixed = {"measure": measure, "op": ">", "unit": "seconds"}
    return Watched(f"{measure}_p90", words, "percentile", "promises", fixed, "open_queue")


def _share(
    measure: str, words: str, family: str, group: str, *, is_quality: bool = True, action: str = "open_worst"
) -> Watched:
    fixed = {"measure": measure, "unit": "share"}
    return Watched(measure, words, "share", family, fixed, action, is_quality=is_quality, group=group)


_AI, _QUALITY, _TALKS = "AI agents", "Quality", "Single conversations"
WATCHED: dict[str, Watched] = {
    one.key: one
    for one in (
        _gauge("queue_length", "the queue length", "waiting"), _gauge("longest_wait", "the longest wait", "seconds"),
        _gauge("backlog", "the backlog", "open", "backlog"),
        _slow("first_reply_time", "first reply p90"), _slow("response_time", "response time p90"),
        Watched("promise", "the promise of first replies", "burn", "promises", {"unit": "share"}, "open_queue"),
        Watched("arrivals", "arrivals", "surge", "arrivals", {"unit": "conversations"}, "open_queue"),
        _share("abandonment_rate", "the abandonment rate", "promises", "Queues", is_quality=False, action="open_queue"),
        _share("transfer_rate", "the transfer rate", "transfers", _QUALITY),
        _share("reopen_rate", "the reopen rate", "quality", _QUALITY),
        _share("repeat_contact_rate", "the repeat contact rate", "quality", _QUALITY),
        _share("fcr_gross", "first contact resolution", "quality", _QUALITY),
        _share("csat", "customer satisfaction", "quality", _QUALITY),
        Watched("mood", "the mean mood of open conversations", "mood", "mood", {"op": "<", "unit": "mood"}, "open_worst",
                is_prompt=True, is_quality=True, group=_QUALITY),
        _share("containment", "AI containment", "ai", _AI), _share("handoff_rate", "the AI hand-over rate", "ai", _AI),
        _share("asked_for_person_rate", "the “agent, please” rate", "ai", _AI),
        _share("fallback_rate", "the AI fallback rate", "ai", _AI),
        Watched("ai_confidence", "the confidence of AI agents", "mean", "ai", {"measure": "ai_confidence", "unit": "score"},
                "open_worst", is_quality=True, group=_AI),
        Watched("asked", "a customer who asked for a person", "asked", "conversation", {"unit": "seconds"}, "open_message",
                is_prompt=True, group=_TALKS),
        Watched("overdue", "a reply", "overdue", "conversation", {"unit": "seconds"}, "open_message", is_prompt=True, group=_TALKS),
        Watched("negative", "a conversation", "negative", "conversation", {"unit": "mood"}, "coach", is_prompt=True,
                is_quality=True, group=_TALKS),
        Watched("loop", "an AI agent that turns in circles", "loop", "conversation", {"unit": "answers"}, "open_message", is_prompt=True,
                is_quality=True, group=_TALKS),
        Watched("unsure", "an AI agent that is unsure again and again", "unsure", "conversation", {"op": "<", "unit": "score"},
                "open_message", is_prompt=True, is_quality=True, group=_TALKS),
        Watched("unsafe", "a reply that holds what it must not", "unsafe", "conversation", {"seconds": 3600, "unit": "replies"},
                "open_message", is_prompt=True, is_quality=True, group=_TALKS),
        Watched("contradiction", "numbers", "conflict", "quality", {"unit": "share"}, "open_queue", is_quality=True, group=_QUALITY),
        Watched("ai_contradiction", "numbers of an AI agent", "ai_conflict", "ai", {"unit": "share"}, "open_ai", is_quality=True, group=_AI),
        Watched("team_contradiction", "numbers of a team", "team_conflict", "quality", {"unit": "share"}, "open_people", is_quality=True,
                group=_QUALITY),
        Watched("personal_contradiction", "numbers of a person", "person_conflict", "quality", {"unit": "share"}, "open_person",
                is_quality=True, group=_QUALITY),
        Watched("source", "a source", "source", "feed", {"unit": "seconds"}, "check_feed", is_prompt=True, group="The portal"),
        Watched("watching", "the watching of alerts", "watching", "watching", {"seconds": 90.0, "unit": "seconds"}, "check_health",
                is_prompt=True, group="The portal"),
    )
}  # fmt: skip
# What a person cannot make another one of: there is one such rule.
ONLY_ONCE = frozenset({
    "source", "watching", "contradiction", "ai_contradiction", "team_contradiction", "personal_contradiction",
})  # fmt: skip
ACTIONS = {
    "open_queue": "open the queue", "open_worst": "open the worst conversation", "open_message": "open the conversation",
    "coach": "coach who holds it", "check_feed": "check the feed", "check_health": "look at the workers",
    "move_people": "bring people", "call_help": "call for help", "pause_ai": "send what the AI takes to people",
    "tune": "see what the AI fails at", "open_ai": "open the AI agent’s scorecard",
    "open_people": "open the scorecards of its people", "open_person": "open the scorecard",
}  # fmt: skip
SEVERITIES = {"critical": Severity.CRITICAL, "warning": Severity.WARNING, "info": Severity.INFO}
# The two windows a promise is looked at over: the long one, in minutes, with the short one that ends an alert soon.
PAIRS = {30: 5, 120: 30}
# At which sum a share is an alert: sooner costs false alarms, calmer costs time. See tests/bench/simulated.py.
SENSITIVITY = {"sooner": 2.7, "usual": shares.BASE, "calmer": 7.0}


def watched_of(version: RuleVersion) -> Watched:
    """What a version watches."""
    named = version.params.get("measure") or version.params.get("metric") or ""
    return next(
        one for one in WATCHED.values()
        if one.reader == version.reader and (not named or named in (one.fixed.get("measure"), one.fixed.get("metric")))
    )  # fmt: skip


_DURATION = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?")
_TIMES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:x|×|times)", re.IGNORECASE)
_NUMBER = re.compile(r"[-−+]?\d+(?:\.\d+)?")


def read_seconds(about: str, text: str, *, most: int = 86400) -> int:
    """Read a length of time as people write it: `90s`, `3 min`, `1h 30m`, `0`.

    :raises RuleRefused: it is none, or longer than a day.
    """
    told = text.strip().lower()
    found = _DURATION.fullmatch(told)
    if told == "0":
        return 0
    if found is None or not any(found.groups()):
        raise RuleRefused(about, f"Saw “{text[:20]}”. Expected a time such as 90s, 3 min or 1h 30m.")
    seconds = sum(int(part or 0) * size for part, size in zip(found.groups(), (3600, 60, 1), strict=True))
    if seconds > most:
        raise RuleRefused(about, f"Saw “{text[:20]}”. That is longer than {say_seconds(most)}.")
    return seconds


def say_seconds(seconds: float) -> str:
    """Write a length of time as `read_seconds` reads it."""
    whole = int(seconds)
    if whole < 120 and whole % 60:
        return f"{whole}s"
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, " min" if whole < 3600 else "m"), (whole % 60, "s")]
    return " ".join(f"{n}{unit}" for n, unit in parts if n) or "0"


def _read_number(about: str, text: str, what: str) -> float:
    found = _NUMBER.fullmatch(text.strip().replace(",", "."))
    if found is None:
        raise RuleRefused(about, f"Saw “{text[:20]}”. Expected {what}.")
    return float(found[0].replace("−", "-"))


def _read_percent(about: str, text: str, *, least: float, most: float) -> float:
    value = _read_number(about, text.strip().removesuffix("%"), "a percentage such as 40") * PERCENT
    if not least <= value <= most:
        raise RuleRefused(about, f"Saw “{text[:20]}”. Expected {least:.0%} to {most:.0%}.")
    return value


def _read_limit(watched: Watched, text: str) -> dict[str, float]:
    """Read a limit: a number in the metric's unit, or how many times the queue's own promise."""
    unit = watched.fixed.get("unit")
    if unit == "seconds":
        if (times := _TIMES.fullmatch(text.strip())) is not None:
            if not 0 < float(times[1]) <= 1000:
                raise RuleRefused("limit", "Expected a multiple of the promise from above 0 up to 1000.")
            return {"times_target": float(times[1])}
        if not (seconds := read_seconds("limit", text)):
            raise RuleRefused(
                "limit", "Expected a time above 0, such as 90s, or a multiple of the promise, such as 3x."
            )
        return {"enter": float(seconds)}
    value = _read_number("limit", text, "a number such as 12")
    if unit == "mood" and not -1 <= value < 0:
        raise RuleRefused("limit", "A mood lies between −1 and 1; expected one below 0, such as −0.35.")
    if unit == "score" and not 0 < value <= 1:
        raise RuleRefused("limit", "How sure an AI agent is lies between 0 and 1; expected such a number, as 0.5.")
    if unit != "mood" and value <= 0:
        raise RuleRefused("limit", "Expected a number above 0.")
    return {"enter": value}


def read_params(watched: Watched, blanks: Mapping[str, Any]) -> dict[str, Any]:
    """Read the blanks of a sentence into what its reader takes.

    :raises RuleRefused: a blank holds nothing that can be read.
    """
    told: dict[str, Any] = dict(watched.fixed)
    text = {name: str(value or "") for name, value in blanks.items()}
    if watched.reader in ("gauge", "percentile", "mood"):
        told |= _read_limit(watched, text["limit"])
        told["leave"] = _read_percent("leave", text["leave"] or "80", least=0.1, most=1.0)
    if watched.reader == "unsure":
        told |= _read_limit(watched, text["limit"])
    if watched.reader == "burn":
        times = _TIMES.fullmatch(text["limit"].strip())
        if times is None or not 1 <= float(times[1]) < 100:
            raise RuleRefused("limit", "Expected how many times as often as the goal allows, such as 2.5x.")
        told["burn"] = float(times[1])
    if watched.reader in ("percentile", "mean", "mood", "loop", "unsure", "burn"):
        told["least_n"] = int(_read_number("least_n", text["least_n"], "a number of cases such as 10"))
        if not 1 <= told["least_n"] <= 10_000:
            raise RuleRefused("least_n", "Expected 1 to 10,000 cases.")
    if watched.reader in ("percentile", "mean", "surge", "burn"):
        told["minutes"] = read_seconds("minutes", text["minutes"], most=4 * 3600) // 60
        if told["minutes"] < 5:
            raise RuleRefused("minutes", "A window is 5 min to 4h long.")
    if watched.reader == "burn":
        if told["minutes"] not in PAIRS:
            raise RuleRefused(
                "minutes", "A promise is looked at over 30 min (and the last 5), or over 2h (and the last 30 min)."
            )
        told["short"] = PAIRS[told["minutes"]]
    if watched.reader == "share":
        rises = text["side"] == "rises"
        change = _read_percent("change", text["change"], least=0.1, most=5.0 if rises else 0.9)
        told |= {"shift": change if rises else -change}
        if SENSITIVITY[text["sensitivity"]] != shares.BASE:
            told["base"] = SENSITIVITY[text["sensitivity"]]
    if watched.reader == "mean":
        told["by"] = -_read_percent("change", text["change"], least=0.01, most=0.9)
    if watched.reader == "asked":
        told["seconds"] = read_seconds("limit", text["limit"], most=3600)
        if not told["seconds"]:
            raise RuleRefused("limit", "Expected a time above 0, such as 90s.")
    if watched.reader == "overdue":
        times = _TIMES.fullmatch(text["limit"].strip())
        if times is None or not 1 <= float(times[1]) <= 1000:
            raise RuleRefused("limit", "Expected how many times the promise of the queue, such as 5x.")
        told["times_target"] = float(times[1])
    return told


def blanks_of(version: RuleVersion) -> dict[str, str]:
    """Write a version as the blanks of its sentence; `read_params` reads them back."""
    params = version.params
    told = {"wait": say_seconds(version.wait_seconds), "keep": say_seconds(version.keep_seconds)}
    if "burn" in params:
        told["limit"] = f"{params['burn']:g}x"
    elif "times_target" in params:
        told["limit"] = f"{params['times_target']:g}x"
    elif "enter" in params:
        seconds = params.get("unit") == "seconds"
        told["limit"] = (
            say_seconds(params["enter"])
            if seconds
            else number(params["enter"], 2 if params.get("unit") in ("mood", "score") else 0)
        )
    elif version.reader == "asked":
        told["limit"] = say_seconds(params["seconds"])
    if "leave" in params:
        told["leave"] = f"{params['leave'] * 100:g}"
    if "least_n" in params:
        told["least_n"] = str(params["least_n"])
    if "minutes" in params:
        told["minutes"] = say_seconds(params["minutes"] * 60)
    if version.reader == "share":
        told["change"], told["side"] = f"{abs(params['shift']) * 100:g}", "rises" if params["shift"] > 0 else "drops"
        base = params.get("base", shares.BASE)
        told["sensitivity"] = min(SENSITIVITY, key=lambda name: abs(SENSITIVITY[name] - base))
    if version.reader == "mean":
        told["change"] = f"{abs(params['by']) * 100:g}"
    return told


def sentence(version: RuleVersion, where: str) -> str:
    """A rule as a sentence, without what it does about it."""
    params, blanks = version.params, blanks_of(version)
    watched = watched_of(version)
    waited = f" for {blanks['wait']}" if version.wait_seconds else ""
    limit = blanks.get("limit", "")
    if limit.endswith("x"):
        limit = f"{limit.removesuffix('x')} times what the queue promises"
    match version.reader:
        case "gauge" | "mood":
            side = "under" if params["op"] == "<" else "over"
            least = f", in at least {params['least_n']} of them" if params.get("least_n") else ""
            return f"Alert when {watched.words} of {where} is {side} {limit}{waited}{least}"
        case "percentile":
            return (
                f"Alert when {watched.words} of {where} is over {limit}{waited}, over {blanks['minutes']}, "
                f"at least {params['least_n']} replies"
            )
        case "burn":
            return (
                f"Alert when {watched.words} in {where} is missed {blanks['limit'].removesuffix('x')} times as often as its goal allows, "
                f"over {blanks['minutes']} and the last {say_seconds(params['short'] * 60)}, at least {params['least_n']} customers"
            )
        case "share":
            return f"Alert when {watched.words} of {where} {blanks['side']} by {blanks['change']} % against its usual share"
        case "mean":
            return (
                f"Alert when {watched.words} in {where} drops by {blanks['change']} % against this hour of other days{waited}, "
                f"at least {params['least_n']} answers"
            )
        case "surge":
            return f"Alert when {watched.words} in {where} are more than usual for the hour, over {blanks['minutes']}"
        case "asked":
            return f"Alert when a customer of {where} asked for a person and nobody came within {limit}"
        case "overdue":
            return f"Alert when a reply to a customer of {where} takes over {limit}"
        case "negative":
            return f"Alert when a conversation of {where} turns negative and still falls"
        case "loop":
            return f"Alert when an AI agent says the same again {blanks['least_n']} times in a conversation of {where}"
        case "unsure":
            return f"Alert when an AI agent is under {limit} sure {blanks['least_n']} times in a row in a conversation of {where}"
        case "unsafe":
            return f"Alert when a reply in {where} holds words or phrases that replies must not hold"
        case "conflict":
            return f"Alert when one number of {where} improves in a week while the one that keeps it honest gets worse"
        case "ai_conflict":
            return f"Alert when one number of an AI agent of {where} improves in a week while the one that keeps it honest gets worse"
        case "team_conflict":
            return f"Alert when one number of a team in {where} improves in a week while the one that keeps it honest gets worse"
        case "person_conflict":
            return f"Alert when one number of a person in {where} improves in a week while the one that keeps it honest gets worse"
        case "source":
            return "Alert when a source is silent for longer than it ever is"
    return f"Alert when rules are not evaluated for {say_seconds(params['seconds'])}"
