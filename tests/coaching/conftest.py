"""The floor of reviews: Asha answered, Quentin reviewed something low, Lena leads her, Nils leads elsewhere."""

from __future__ import annotations

from tests.reviews.conftest import floor as floor
