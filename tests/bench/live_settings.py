"""The portal's own settings with the bench's region in place of the screens'."""

from supervision.settings import *  # noqa: F403

LIVE_REGIONS = "tests.bench.live_region.REGIONS"
LOGGING["root"]["level"] = "WARNING"  # type: ignore[name-defined]  # noqa: F405
