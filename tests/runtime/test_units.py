"""The units of `deploy/` start the very processes that `make run` starts, with settings that the portal knows."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from supervision.celery import app
from supervision.env import ROOT, parse_env_file
from supervision.runtime.portal import Portal

UNITS = ROOT / "deploy" / "systemd"
# What a host of its own sets otherwise: how many, and where they lie.
OWN = {"--concurrency", "--schedule", "--workers", "--hostname", "--port", "--timeout-graceful-shutdown"}


def unit(name: str) -> configparser.SectionProxy:
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells upper and lower case apart
    read.read(UNITS / f"midshift-{name}.service")
    return read["Service"]


def flags(command: list[str]) -> dict[str, str]:
    """The flags of a command with their values, without those that each host sets by itself."""
    found = {}
    for place, word in enumerate(command):
        if word.startswith("--") and word not in OWN:
            following = command[place + 1 : place + 2]
            found[word] = following[0] if following and not following[0].startswith("--") else ""
    return found


@pytest.mark.parametrize(("name", "child"), [("web@", "web"), ("worker@", "worker"), ("beat", "beat")])
def test_a_unit_starts_what_make_run_starts(name: str, child: str, tmp_path: Path) -> None:
    portal = Portal(env={}, data=tmp_path, port=8321, demo=False)
    ours = next(one for one in portal.children if one.name == child).command
    theirs = shlex.split(unit(name)["ExecStart"])
    module = ours[1:3]
    assert theirs[1:3] == module
    assert flags(theirs) == flags(ours)
    words = {word for word in ours if ":" in word and not word.startswith("-")}
    assert words <= set(theirs)


def test_workers_take_from_every_queue_that_a_task_is_sent_to() -> None:
    taken = set(flags(shlex.split(unit("worker@")["ExecStart"]))["--queues"].split(","))
    sent = {route["queue"] for route in app.conf.task_routes.values()} | {app.conf.task_default_queue}
    assert sent <= taken


@pytest.mark.parametrize("name", ["web@", "worker@", "beat"])
def test_a_unit_may_write_to_its_own_folder_only(name: str) -> None:
    told = unit(name)
    assert told["ProtectSystem"] == "strict"
    assert told["StateDirectory"] == "midshift"
    assert told["User"] == "midshift"


def test_the_example_names_settings_that_the_readme_explains() -> None:
    example = parse_env_file((ROOT / "deploy" / "midshift.env.example").read_text())
    readme = (ROOT / "README.md").read_text()
    assert {name for name in example if f"| `{name}` |" not in readme} == set()
