"""Playwright keeps an event loop running in the test's own thread, and Django takes that for an async view."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
