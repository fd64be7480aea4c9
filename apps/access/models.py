"""Accounts."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from apps.access.roles import Role


class User(AbstractUser):
    """A person who can sign in. What they may see follows from the role and from grants on teams and queues."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.AGENT)
    display_name = models.CharField(max_length=120, blank=True)
    # Times are stored in UTC and shown in this zone.
    time_zone = models.CharField(max_length=60, default="UTC")

    def __str__(self) -> str:
        return self.display_name or self.username
