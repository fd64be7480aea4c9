"""The live regions of all screens: the apps that own them stand on one layer and do not know each other."""

from __future__ import annotations

from apps.alerts.regions import REGIONS as ALERTS
from apps.coaching.regions import REGIONS as COACHING
from apps.connectors.regions import REGIONS as CONNECTORS
from apps.console.regions import REGIONS as CONSOLE
from apps.interventions.regions import REGIONS as INTERVENTIONS
from apps.metrics.regions import REGIONS as METRICS
from apps.reviews.regions import REGIONS as REVIEWS
from apps.routing.regions import REGIONS as ROUTING
from apps.shared.regions import Region

REGIONS: dict[str, Region] = {
    **CONSOLE,
    **CONNECTORS,
    **METRICS,
    **ALERTS,
    **COACHING,
    **REVIEWS,
    **ROUTING,
    **INTERVENTIONS,
}
