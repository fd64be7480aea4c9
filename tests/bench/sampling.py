"""A plan's draw over a week of fifty thousand conversations: read, drawn, kept with its frame and given to reviewers."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from apps.access.models import User
from apps.reviews import draws, services
from apps.reviews.models import Assignment, SamplingPlan
from apps.reviews.periods import Period
from tests.bench import floor_rows, world
from tests.bench.figures import Figure

CONVERSATIONS = 50_000
REVIEWERS = 6
TARGET_SECONDS = 2.0


def run(seconds: float | None) -> list[Figure]:
    """One draw with strata and risks over everything that was closed in thirty days; the limit is reading those rows alone."""
    at = datetime.now(UTC)
    world.open_past_days(at, days=floor_rows.DAYS + 1)
    queues = world.queues(12)
    _, people, ais = floor_rows.staff(queues)
    # Not every conversation is closed and answered by a person: so many more are written that enough of them are.
    floor_rows.fill(
        at=at, messages=int(CONVERSATIONS * 1.45) * floor_rows.MESSAGES_EACH, queues=queues, people=people, ais=ais
    )
    services.seed(at=at)
    reviewers = [User.objects.create_user(username=f"reviewer{n}", role="qa_manager") for n in range(REVIEWERS)]
    plan = SamplingPlan.objects.create(
        name="All", zone="UTC", made_at=at, chance_n=5, risk_n=2, strata=["channel", "queue", "length", "csat"],
        risks=["csat", "mood", "reopened", "moved", "rough"], fewest_messages=1,
    )  # fmt: skip
    plan.reviewers.set(reviewers)
    first = (at - timedelta(days=floor_rows.DAYS)).date()
    period = Period("week", first, at - timedelta(days=floor_rows.DAYS + 1), at)
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, p.agent_id, c.last_event_at FROM interactions_conversation c JOIN interactions_participation p "
            "ON p.conversation_id = c.id WHERE NOT c.is_open AND c.last_event_at >= %s",
            [period.from_at],
        )
        cursor.fetchall()
    limit = time.perf_counter() - began
    began = time.perf_counter()
    made = draws.draw(plan=plan.pk, period=period, at=timezone.now())
    took = time.perf_counter() - began
    again = time.perf_counter()
    if made.drawn_at is None or not draws.is_same_again(made):
        raise RuntimeError(f"The draw did not work or cannot be repeated: {made.error}")
    return [
        Figure(
            name="draw", unit="s", value=took, target=TARGET_SECONDS, n=made.candidates, limit_name="reading the rows alone",
            limit=limit,
            detail={"picks": Assignment.objects.count(), "again s": time.perf_counter() - again, "frame kB": len(made.frame or b"") / 1024},
        )
    ]  # fmt: skip
