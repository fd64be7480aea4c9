"""Reads of accounts."""

from __future__ import annotations

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for


def viewers(*, user_ids: list[int]) -> dict[int, Viewer]:
    """Load the viewers of several accounts in one query; accounts that are gone are left out."""
    return {user.pk: viewer_for(user) for user in User.objects.filter(pk__in=user_ids)}
