"""The layers as import-linter reads them: one list for imports, foreign keys and doors."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def layers() -> list[set[str]]:
    """Return the layers of apps from top to bottom, planned ones included."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    return [{name.strip(" ()") for name in line.split("|")} for line in contract["layers"]]


def depth_of() -> dict[str, int]:
    """Return how deep each app lies; 0 is the top."""
    return {app: depth for depth, names in enumerate(layers()) for app in names}
