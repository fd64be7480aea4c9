"""What the past says of a rule, ready to be drawn: sentences, and a strip of four weeks for each queue that would have fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.alerts import wording
from apps.alerts.backtest import foresight
from apps.alerts.backtest.trying import Place, Tried
from apps.alerts.episodes import moment
from apps.alerts.models import RuleVersion
from apps.alerts.watching.windows import FEWEST_DAYS
from apps.ui.lines import Strip

# Queues that are drawn; further ones are counted.
DRAWN = 6
# Moments that are named below a strip.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """One queue: how often, when the latest ones began, and its strip."""

    name: str
    fired: int
    moments: Sequence[datetime]
    more: int
    strip: Strip


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panel says. `why`: nothing can be said, for this reason."""

    why: str = ""
    title: str = ""
    expects: str = ""
    budget: str = ""
    places: Sequence[Drawn] = ()
    quiet: str = ""
    power: Sequence[str] = ()
    overlaps: Sequence[str] = ()
    warnings: Sequence[str] = ()


def drawn(tried: Tried, version: RuleVersion) -> Shown:
    """Say and draw what was tried."""
    if not tried.days or tried.since is None:
        return Shown(why=tried.why)
    times = {0: "never", 1: "once"}.get(tried.fired, f"{tried.fired:,} times")
    at_most = "at most " if tried.is_at_most and tried.fired else ""
    low, high = tried.expected or (0, 0)
    fired = [one for one in tried.places if one.firings]
    return Shown(
        title=f"Would have fired {at_most}{times} in {_days(tried.days)}",
        # A few days are no measure for four weeks.
        expects=f"In the next 28 days expect between {low:,} and {high:,} (nine times of ten), if they are like these."
        if tried.days >= FEWEST_DAYS
        else "",
        budget=_budget(tried) if tried.days >= FEWEST_DAYS else "", places=[_drawn(one, tried, version) for one in fired[:DRAWN]],
        quiet=_quiet(len(fired), len(tried.places)), power=tried.power,
        overlaps=[
            f"{one.times} of {one.of} times “{one.name}” began there within five minutes: one of the two may be enough."
            for one in tried.overlaps
        ],
        warnings=tried.warnings,
    )  # fmt: skip


def _days(days: float) -> str:
    if days < 2:
        return f"{days * 24:.0f} hours"
    return f"{days:.0f} days"


def _budget(tried: Tried) -> str:
    if tried.a_shift is None:
        return ""
    told = f"{tried.busiest} would have had {tried.a_shift:.1f} of them a shift"
    if tried.all_a_shift is not None:
        told += f", {tried.all_a_shift:.1f} with the other rules"
    return f"{told}; {foresight.BUDGET:.0f} are as many as one can look after."


def _quiet(fired: int, watched: int) -> str:
    if fired > DRAWN:
        more = fired - DRAWN
        return f"{more} more {'queue' if more == 1 else 'queues'} fired less often; {watched - fired} of {watched} never did."
    return f"{watched - fired} of {watched} queues never did." if fired < watched else ""


def _drawn(one: Place, tried: Tried, version: RuleVersion) -> Drawn:
    start = tried.since.timestamp() if tried.since is not None else 0.0
    whole = 28 * 86400.0
    marks = tuple(
        ((fired.begins - start) / whole, ((fired.ends if fired.ends is not None else start + whole) - start) / whole)
        for fired in one.firings
    )
    unit = version.params.get("unit", "")
    limit = "" if one.limit is None else f", limit {wording.amount(one.limit, unit)}"
    begun = [at for fired in one.firings if (at := moment(fired.begins)) is not None]
    return Drawn(
        name=one.name, fired=len(one.firings), moments=begun[-NAMED:], more=max(len(begun) - NAMED, 0),
        strip=Strip(tuple(one.values), marks, one.limit, f"{one.name}: {len(one.firings)} alerts in four weeks{limit}"),
    )  # fmt: skip
