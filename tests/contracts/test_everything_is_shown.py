"""What an operator can set and what the product announces is written down where they look for it."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from apps.shared.facts import Fact
from supervision.celery import app as celery
from supervision.pipeline import PIPELINE
from tests.contracts.layers import ROOT

READERS = {"text", "flag", "number", "words", "keys", "url", "database", "networks", "raw"}


def settings_read(source: str) -> set[str]:
    """Return the names of settings that a module reads from the environment."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            called = node.func
            through_env = isinstance(called.value, ast.Name) and called.value.id in {"env", "environ"}
            through_os = isinstance(called.value, ast.Attribute) and called.value.attr == "environ"
            if (through_env and called.attr in READERS | {"get"}) or (through_os and called.attr == "get"):
                names = [node.args[0]]
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "environ":
            names = [node.slice]
        found |= {n.value for n in names if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {name for name in found if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}


def all_settings() -> set[str]:
    """Return every setting of the product and its runtime."""
    sources = [path for top in ("apps", "supervision") for path in (ROOT / top).rglob("*.py")]
    return {name for path in sources for name in settings_read(path.read_text(encoding="utf-8"))}


def test_every_setting_has_its_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in all_settings() if f"`{name}`" not in readme} == set()


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named - all_settings() == set()


def test_the_contract_of_settings_can_fail() -> None:
    source = (
        'A = env.number("MIDSHIFT_NEW", 3)\nimport os\nB = os.environ.get("MIDSHIFT_OTHER")\nC = os.environ["PORT"]\n'
    )
    assert settings_read(source) == {"MIDSHIFT_NEW", "MIDSHIFT_OTHER", "PORT"}


def facts() -> set[type[Fact]]:
    """Return every fact that an app announces."""
    found: set[type[Fact]] = set()
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and config.label != "shared" and (Path(config.path) / "facts.py").is_file():
            declared = vars(import_module(f"{config.name}.facts")).values()
            found |= {one for one in declared if isinstance(one, type) and issubclass(one, Fact) and one is not Fact}
    return found


def test_every_fact_has_a_row_in_the_pipeline() -> None:
    assert facts()
    assert facts() - set(PIPELINE) == set()


@pytest.mark.parametrize("fact", sorted(facts(), key=lambda fact: fact.__name__), ids=lambda fact: fact.__name__)
def test_a_fact_carries_ids_and_times_only(fact: type[Fact]) -> None:
    allowed = re.compile(r"(list\[)?(UUID|int|datetime|date|bool)\]?( \| None)?")
    assert {field.name: field.type for field in fields(fact) if not allowed.fullmatch(str(field.type))} == {}


def test_every_scheduled_task_exists_and_has_a_queue_that_somebody_serves() -> None:
    celery.loader.import_default_modules()
    portal = (ROOT / "supervision" / "runtime" / "portal.py").read_text()
    served = set(re.search(r'"--queues", "([^"]+)"', portal)[1].split(","))  # type: ignore[index]
    for entry in celery.conf.beat_schedule.values():
        assert entry["task"] in celery.tasks
        assert celery.amqp.router.route({}, entry["task"])["queue"].name in served
