"""What start-up made stays out of the collector's rounds."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from celery.signals import worker_init

from supervision import celery, memory


@pytest.fixture
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("_as_before")
def test_what_start_up_made_is_not_looked_through_again() -> None:
    kept = [{"n": n} for n in range(1000)]
    memory.settle()
    frozen = gc.get_freeze_count()
    assert frozen > len(kept)
    assert not any(one is kept[0] for one in gc.get_objects())


@pytest.mark.usefixtures("_as_before")
def test_what_comes_later_is_still_collected() -> None:
    class Knot:
        gone = 0

        def __del__(self) -> None:
            Knot.gone += 1

    memory.settle()
    knot = Knot()
    knot.itself = knot  # type: ignore[attr-defined]
    del knot
    gc.collect()
    assert Knot.gone == 1


def test_a_worker_settles_before_it_makes_its_processes() -> None:
    assert any(receiver() is celery._settle for _, receiver in worker_init.receivers)
