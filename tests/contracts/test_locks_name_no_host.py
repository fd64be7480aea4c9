"""No file names a registry: what is installed is fixed by hashes, and where it comes from is the machine's business."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.contracts.layers import ROOT

REGISTRY = re.compile(
    r"""pypi\.(org|python) | pythonhosted\.org | registry\.(npmjs|yarnpkg) | npmjs\.(org|com) | deb\.debian\.org
    | --(extra-)?index-url[ =]\S | --find-links | "resolved":\s*"http""",
    re.VERBOSE,
)
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-nlp.lock", "package-lock.json")


def tracked() -> list[Path]:
    """Return the files of the project: what git tracks, or, outside a checkout, what is not made by us."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
    made = {".venv", "var", "node_modules", ".git"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


def test_no_file_names_a_registry() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # fonts and pictures
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in REGISTRY.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    if name.endswith(".json"):
        entries = re.findall(r'"node_modules/[^"]+": \{[^{}]*', text)
        assert entries
        assert [entry for entry in entries if '"integrity": "sha512-' not in entry] == []
        return
    packages = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert packages
    assert [package for package in packages if "--hash=sha256:" not in package] == []


def locked(name: str) -> set[str]:
    """Return the packages of a lock file, written as Python imports them."""
    return {line.split("==")[0].replace("-", "_") for line in (ROOT / name).read_text().splitlines() if "==" in line}


def imported() -> set[str]:
    """Return what our own modules import, wherever in them the line stands: `a.b` is told as `a`."""
    nodes = [node for path in (ROOT / "apps").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    return {
        name.split(".")[0]
        for node in nodes
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }


def test_types_are_read_the_same_without_the_extra() -> None:
    """A machine that checks the project has the locked tools only; an import of the extra must not stop the reading of types."""
    of_the_extra = imported() & (locked("requirements-nlp.lock") - locked("requirements-dev.lock"))
    assert {"onnxruntime", "spacy"} <= of_the_extra
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    may_be_missing = [module for one in told if one.get("follow_imports") == "skip" for module in one["module"]]
    assert {name for name in of_the_extra if not any(fnmatch(f"{name}.x", one) for one in may_be_missing)} == set()


@pytest.mark.parametrize(
    "line", ["https://pypi.org/simple", "--index-url https://x", '"resolved": "https://x"', "registry.npmjs.org"]
)
def test_the_contract_can_fail(line: str) -> None:
    assert REGISTRY.search(line)
