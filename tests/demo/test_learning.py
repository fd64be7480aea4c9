"""The shop's good examples are shared, agreed to and read through the same verbs as by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.demo import learning, quality
from apps.learning.models import Exemplar, Read, ReadingList
from tests.demo.test_quality import play
from tests.reviews.conftest import Floor
from tests.reviews.conftest import floor as floor

pytestmark = pytest.mark.django_db


def test_a_played_floor_has_examples_and_a_list_once(floor: Floor, noon: datetime) -> None:
    play(floor, noon, 120)
    assert not learning.fill(at=noon)  # nothing was reviewed so far
    quality.fill(at=noon)
    assert learning.fill(at=noon)
    assert learning.fill(at=noon + timedelta(hours=1))
    made = Exemplar.objects.count()
    assert made == 6
    assert Exemplar.objects.filter(opened_at=None).count() == learning.WAITING
    assert ReadingList.objects.get().items.count() == made - learning.WAITING
    assert Read.objects.count() == 0  # there is nobody but Asha on this floor, and she has not begun
