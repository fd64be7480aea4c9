"""Wake who counts, once what was marked is committed."""

from __future__ import annotations


def ring() -> None:
    """Wake a worker. A bell that is lost is made good by the tick half a second later."""
    from apps.metrics.tasks import recount  # the domain does not know the worker

    recount.apply_async(ignore_result=True, expires=1, retry=False)
