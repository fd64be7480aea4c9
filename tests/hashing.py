"""Passwords that are cheap to make: the suite makes thousands of accounts, and none of them guards anything."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The usual algorithm with one round, so that a portal started beside a test can check it too."""

    iterations = 1
