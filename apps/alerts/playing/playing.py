"""Which kind of case is played how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml

from apps.alerts.playing.lives import play_lifecycle
from apps.alerts.playing.states import play_edit, play_error, play_limit, play_restart, play_results, play_rule_state
from apps.alerts.playing.tables import play_burn, play_fact, play_table
from apps.alerts.playing.telling import play_decisions, play_notifications, play_sends
from apps.alerts.playing.words import Case, NotPlayed, Unreadable

FORMAT = "alert-case/1"
PLAYS: Mapping[str, Callable[[Case], Iterator[str]]] = {
    "rule_state": play_rule_state, "result_sequence": play_results, "restart": play_restart, "rule_edit": play_edit,
    "limit": play_limit, "error": play_error, "notifications": play_notifications, "notify_decision": play_decisions,
    "send_log": play_sends, "table": play_table, "burn_rate": play_burn, "lifecycle": play_lifecycle,
    "fact": play_fact,
}  # fmt: skip
# Played by the tests, on a database: one process has nobody to race with.
NEEDS_DATABASE = frozenset({"concurrency"})


def read(path: Path) -> list[Case]:
    """Read the cases of a file.

    :raises Unreadable: it is no file of cases.
    """
    try:
        cases = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Unreadable(str(error)) from error
    for case in cases:
        if not isinstance(case, dict) or case.get("format") != FORMAT:
            raise Unreadable(f"expected `format: {FORMAT}`")
    return cases


def play(case: Case) -> list[str]:
    """Play a case and return its differences, none where the engine does what it expects.

    :raises NotPlayed: it holds nothing that could be played.
    """
    kind = str(case.get("kind"))
    if kind in NEEDS_DATABASE:
        raise NotPlayed("it needs several workers on a database")
    try:
        if kind not in PLAYS:
            raise Unreadable(f"saw the kind {kind!r}, expected one of {', '.join(PLAYS)}")
        return list(PLAYS[kind](case))
    except Unreadable as error:
        return [f"cannot be read: {error}"]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return [f"cannot be read: {type(error).__name__} {error}"]
