"""Reviews as their readers are shown them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews.means import Mean, internal_quality_score
from apps.reviews.models import Review
from apps.shared.errors import OutOfScope


def get_review(*, viewer: Viewer, pk: UUID, at: datetime) -> Review:
    """Return one review that the viewer may read.

    :raises NotAllowed: the role has nothing to do with reviews.
    :raises OutOfScope: there is none, or it is not theirs to read.
    """
    _may_read(viewer)
    found = (
        Review.objects.visible_to(viewer, at)
        .select_related("agent__user", "agent__team", "reviewer", "version__rubric", "conversation")
        .filter(pk=pk).first()
    )  # fmt: skip
    if found is None:
        raise OutOfScope
    return found


def _may_read(viewer: Viewer) -> None:
    if not viewer.allows(Permission.BE_REVIEWED):
        viewer.require(Permission.REVIEW)


def quality_of(*, agent: UUID, since: datetime, until: datetime) -> Mean:
    """The internal quality score of one agent: reviews that chance picked and that were submitted in [since, until).

    The caller has asked whether the viewer may see this agent's numbers. One statement.
    """
    found = Review.objects.counted().filter(agent=agent, submitted_at__gte=since, submitted_at__lt=until)
    scores: Sequence[float] = [float(one) for one in found.values_list("score", flat=True) if one is not None]
    return internal_quality_score(scores)
