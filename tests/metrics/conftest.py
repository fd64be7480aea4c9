"""Pages are rendered without a collected manifest of static files."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""
