"""What masking and permission add to the floor and to a transcript: the pages as they are, against the same without guards.

Both are asked for in turn, in one process and on the same rows. Without guards every text is shown as it is stored, every
queryset is open, and no row policy is taken; what is left is the page itself. The role is asked both ways, a look into a set:
its answer decides which parts are drawn. The lead has every queue and team, so both pages draw the same rows.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from django.db.models import Count
from django.test import Client

from apps.agents.models import AgentQuerySet, TeamQuerySet
from apps.interactions import showing
from apps.interactions.models import Conversation, ConversationQuerySet, Message, QueueQuerySet
from apps.ui.masked import MaskedText
from tests.bench import floor_rows, world
from tests.bench.figures import Figure

MESSAGES = 100_000
ROUNDS, WARM = 120, 10
MOST_ADDED = 1.15
# A customer's words in every third message of the transcript hold something that is masked.
MASKED = "my card is [card 1], call [phone 1] or write to [email 1]"


def run(seconds: float | None) -> list[Figure]:
    """A hundred rounds of both kinds of both pages, in turn."""
    at = datetime.now(UTC)
    world.open_past_days(at, days=floor_rows.DAYS + 1)
    queues = world.queues(30)
    teams, people, ais = floor_rows.staff(queues)
    lead = world.account("bench-lead", "lead", queue_keys=queues, team_keys=teams)
    floor_rows.fill(at=at, messages=MESSAGES, queues=queues, people=people, ais=ais)
    talk = _talk()
    rounds = ROUNDS if seconds is None else max(10, int(seconds * 5))
    return [
        _figure("floor page", "/", lead, rounds),
        _figure(f"transcript page, {talk[1]} messages", f"/conversations/{talk[0]}", lead, rounds),
    ]  # fmt: skip


def _talk() -> tuple[Any, int]:
    """The longest conversation, with marks in its texts."""
    longest = (
        Message.objects.values("conversation_id")
        .annotate(n=Count("id"))
        .order_by("-n")
        .values_list("conversation_id", "n")[0]
    )
    messages = list(Message.objects.filter(conversation_id=longest[0]).order_by("sent_at"))
    for one in messages[::3]:
        Message.objects.filter(pk=one.pk, sent_at=one.sent_at).update(text=MASKED)
    if not Conversation.objects.filter(pk=longest[0]).exists():
        raise RuntimeError("The longest conversation is not there.")
    return longest[0], longest[1]


@contextmanager
def without_guards() -> Iterator[None]:
    """Every guard and mask taken away."""

    def plain(*, texts: Any, **_: Any) -> list[MaskedText]:
        return [MaskedText(one.text, [one.text]) for one in texts]

    with ExitStack() as taken:
        for queryset in (ConversationQuerySet, QueueQuerySet, AgentQuerySet, TeamQuerySet):
            taken.enter_context(patch.object(queryset, "visible_to", lambda self, viewer: self))
        taken.enter_context(patch.object(showing, "shown", plain))
        taken.enter_context(patch.object(showing, "sealed_of", lambda texts: []))
        taken.enter_context(patch("apps.interactions.reading_role.reading", lambda **_: nullcontext()))
        yield


def _figure(name: str, path: str, user: Any, rounds: int) -> Figure:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)

    def ask() -> float:
        began = time.perf_counter()
        answer = client.get(path)
        spent = time.perf_counter() - began
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}.")
        return spent

    _same_rows(client, path)
    guarded, open_ = _in_turn(ask, rounds)
    ratio = statistics.median(guarded) / statistics.median(open_)
    return Figure(
        name=f"masking and permission, {name}", unit="× the page without them", value=ratio, target=MOST_ADDED, n=len(guarded),
        limit_name="the page without guards, median ms", limit=statistics.median(open_) * 1000, word="median",
        detail={"ms": statistics.median(guarded) * 1000},
        note="Asked for in turn in one process; without guards texts are shown as stored, querysets are open and no row policy is taken.",
    )  # fmt: skip


def _same_rows(client: Client, path: str) -> None:
    """Two pages that do not draw the same cannot be compared."""
    seen = [client.get(path).content.count(b"</")]
    with without_guards():
        seen.append(client.get(path).content.count(b"</"))
    if abs(seen[0] - seen[1]) > max(seen) / 20:
        raise RuntimeError(f"{path} has {seen[0]} elements with guards and {seen[1]} without: other rows are drawn.")


def _in_turn(ask: Callable[[], float], rounds: int) -> tuple[list[float], list[float]]:
    guarded: list[float] = []
    open_: list[float] = []
    for _ in range(WARM + rounds):
        guarded.append(ask())
        with without_guards():
            open_.append(ask())
    return guarded[WARM:], open_[WARM:]
