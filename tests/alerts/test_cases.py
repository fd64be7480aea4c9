"""Every written case, and that the player sees a difference where there is one."""

from __future__ import annotations

import copy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.alerts.playing.playing import PLAYS, play, read
from apps.alerts.playing.words import NotPlayed

FOLDER = Path(settings.BASE_DIR).parent / "shared" / "cases" / "alerts"
FILES = sorted(FOLDER.glob("*.yaml"))
needs_cases = pytest.mark.skipif(not FILES, reason=f"No cases beside the project, in {FOLDER}")


@needs_cases
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_engine_does_what_a_case_expects(path: Path) -> None:
    for case in read(path):
        try:
            assert play(case) == []
        except NotPlayed as why:
            assert case["kind"] in ("fact", "concurrency")
            pytest.skip(str(why))


@needs_cases
def test_every_kind_that_is_played_has_a_case() -> None:
    assert {case["kind"] for path in FILES for case in read(path)} - {"concurrency"} == set(PLAYS)


RULE = {
    "format": "alert-case/1", "id": "mine", "kind": "rule_state",
    "rule": {"op": ">", "threshold": 5, "for_s": 60, "keep_firing_s": 60, "eval_every_s": 60},
    "series": {"q=a": [{"t": 0, "v": 6}, {"t": 60, "v": 6}, {"t": 120, "v": 1}, {"t": 180, "v": 1}]},
    "expect": [
        {"t": 0, "q=a": "pending"}, {"t": 60, "q=a": "firing"}, {"t": 120, "q=a": "recovering"}, {"t": 180, "q=a": "inactive"},
    ],
}  # fmt: skip


def test_a_case_of_ones_own_passes() -> None:
    assert play(RULE) == []


@pytest.mark.parametrize("row", range(4))
def test_a_state_that_differs_is_told(row: int) -> None:
    case: dict[str, Any] = copy.deepcopy(RULE)
    case["expect"][row]["q=a"] = "no_data"
    assert len(play(case)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "nonsense"}, {"kind": "result_sequence"}, {"rule": {"op": "~", "threshold": 5, "eval_every_s": 60}},
        {"expect": [{"t": 0, "q=a": "somewhere"}]}, {"expect": [{"t": 61, "q=a": "firing"}]}, {"series": None},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_failure_and_never_a_pass(change: dict[str, Any]) -> None:
    assert play({**RULE, **change}) != []


def _command(*paths: Path) -> tuple[list[str], int]:
    out = StringIO()
    try:
        call_command("play_alert_cases", *map(str, paths), stdout=out)
    except SystemExit as end:
        return out.getvalue().splitlines(), int(end.code or 0)
    return out.getvalue().splitlines(), 0


def test_the_command_ends_with_its_count_and_fails_on_a_difference(tmp_path: Path) -> None:
    import yaml

    good, bad, broken = (tmp_path / name for name in ("good.yaml", "bad.yaml", "broken.yaml"))
    good.write_text(yaml.safe_dump(RULE))
    bad.write_text(yaml.safe_dump({**RULE, "id": "bad", "expect": [{"t": 0, "q=a": "firing"}]}))
    broken.write_text("format: [")
    assert _command(good) == (["1 passed, 0 failed"], 0)
    lines, code = _command(good, bad, broken)
    assert (lines[-1], code) == ("1 passed, 2 failed", 1)
    assert lines[0] == "bad: q=a at 0 s: saw pending, expected firing"
    assert lines[1].startswith("broken.yaml: cannot be read")
