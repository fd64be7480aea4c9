"""Several deltas as one: the mean of what they add, cut to a rank, and the command that writes it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from apps.analysis import artefact
from apps.analysis.training.mean_of_deltas import mean_of


def delta(seed: int, rank: int = 2, width: int = 6) -> dict[str, np.ndarray[Any, Any]]:
    """A delta of one layer, and a head."""
    rng = np.random.default_rng(seed)
    return {
        "layer.A": rng.normal(size=(rank, width)).astype(np.float32), "layer.B": rng.normal(size=(4, rank)).astype(np.float32),
        "head.w": rng.normal(size=(3, 4)).astype(np.float32),
    }  # fmt: skip


def added(one: dict[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """What it adds to the layer's weights."""
    return one["layer.B"].astype(np.float64) @ one["layer.A"].astype(np.float64)


def test_where_the_rank_is_enough_what_is_added_is_the_mean() -> None:
    one, two = delta(1), delta(2)
    told = mean_of([one, two], rank=4)
    assert added(told) == pytest.approx((added(one) + added(two)) / 2, abs=0.01)
    assert told["head.w"] == pytest.approx((one["head.w"] + two["head.w"]) / 2, abs=0.001)


def test_a_lower_rank_keeps_the_largest_directions() -> None:
    some = [delta(1), delta(2), delta(3)]
    told = mean_of(some, rank=2)
    assert told["layer.A"].shape == (2, 6)
    assert told["layer.B"].shape == (4, 2)
    whole = sum(map(added, some)) / 3
    left, sizes, right = np.linalg.svd(whole, full_matrices=False)
    assert added(told) == pytest.approx((left[:, :2] * sizes[:2]) @ right[:2], abs=0.02)


def test_deltas_of_other_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="not of the same layers"):
        mean_of([delta(1), {"other.A": np.ones((2, 6)), "other.B": np.ones((4, 2))}])


def test_the_command_writes_the_mean_with_its_checksum(tmp_path: Path) -> None:
    for n in (1, 2):
        artefact.write(artefact.packed(**delta(n)), tmp_path / f"{n}.npz")
    files = [tmp_path / "1.npz", tmp_path / "2.npz"]
    for name in ("mean", "again"):
        call_command("train_sentiment", tmp_path, mean=files, to=tmp_path / f"{name}.npz", stdout=StringIO())
    kept = artefact.loaded(tmp_path / "mean.npz")
    assert kept is not None
    assert added(kept) == pytest.approx((added(delta(1)) + added(delta(2))) / 2, abs=0.01)
    assert (tmp_path / "mean.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_the_command_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Saw no file .*none\.npz\. Give files that --second wrote"):
        call_command("train_sentiment", tmp_path, mean=[tmp_path / "none.npz"], stdout=StringIO())
