from __future__ import annotations

from django.urls import path

from apps.metrics import setup
from apps.metrics.views import numbers, ops, rows

urlpatterns = [
    path("how-i-am-measured", numbers.how_i_am_measured, name="how_i_am_measured"),
    path("api/v1/metrics/<slug:key>", numbers.MetricView.as_view(), name="metric"),
    path("api/v1/metrics/<slug:key>/rows", rows.MetricRowsView.as_view(), name="metric_rows"),
    path("ops", ops.ops_page, name="ops"),
    path("metrics/<slug:key>", rows.metric_page, name="metric_page"),
    path("metrics/<slug:key>/export", rows.metric_export, name="metric_export"),
    path("api/v1/agent-states", numbers.AgentStatesView.as_view(), name="agent_states"),
    path("setup/hours", setup.hours, name="hours"),
    path("setup/hours/<int:pk>", setup.hours_of, name="hours_of"),
    path("setup/tiers", setup.tiers_page, name="tiers"),
    path("setup/goals", setup.goals, name="goals"),
    path("setup/goals/<int:pk>", setup.goal, name="goal"),
    path("setup/goals/<int:pk>/end", setup.goal_end, name="goal_end"),
]
