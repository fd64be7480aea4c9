"""Stored texts masked again: a customer's name, address or number, or the question before an answer, came later than they."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access import persons
from apps.access.masking import OWN, Found, Known, words_of_name
from apps.interactions.rows import OUR_WORDS
from apps.interactions.seals import Gone, Seals, compose_all, gone_from
from apps.interactions.transcript import Span, mask_attachments
from apps.shared import bulk


@dataclass(frozen=True, slots=True)
class Texts:
    """A table with masked texts, in the order in which their values are numbered."""

    table: str
    columns: dict[str, str]
    moment: str = ""  # the column by which the table is partitioned
    only: str = "true"
    # What was asked for before its text.
    asked: str = "''"


MESSAGES = Texts(
    "interactions_message",
    {"text": "text", "attachments": "jsonb"},
    "sent_at",
    "removed_at IS NULL",
    "CASE author_kind WHEN 'customer' THEN answers ELSE '' END",
)
COURSES = (MESSAGES, Texts("interactions_conversationevent", {"data": "jsonb"}, "happened_at"))
# A word about a conversation may be there before the conversation is.
WORDS = (
    Texts("interactions_rating", {"comment": "text"}),
    Texts("interactions_botturn", {"intent": "text", "knowledge": "jsonb", "details": "jsonb"}),
    Texts("interactions_reportedanalysis", {"label": "text", "text": "text"}),
    Texts("interactions_actionresult", {"message": "text"}),
)
CUSTOMERS = Texts("interactions_customer", {"segment": "text", "attributes": "jsonb"})


def mask_again(
    *,
    conversations: set[UUID],
    new: set[UUID],
    customers: Iterable[UUID],
    known: Callable[[UUID], Known],
    seals: Seals,
    span: Span,
    answers: set[UUID],
) -> set[UUID]:
    """Mask what is stored of these conversations, the records of these customers, and these messages, with what is known now.

    The texts are composed from what is stored and sealed, so a better knowledge finds what an earlier one missed. The
    conversations, of which some may be new, and the customers are locked by the caller. Return the conversations of which something is changed: what is
    derived from their texts is to be told again.
    """
    touched: set[UUID] = set()
    for tables, keys in ((COURSES, conversations - new), (WORDS, conversations)):
        for texts in tables if keys else ():
            touched |= _mask_table(texts, "conversation_id", sorted(keys), known, seals, span)
    if wanted := sorted(customers):
        _mask_table(CUSTOMERS, "id", wanted, known, seals, span)
    if answers:
        _mask_table(MESSAGES, "conversation_id", sorted(answers), known, seals, span, by="id")
    return touched


def _mask_table(
    texts: Texts,
    scope: str,
    keys: list[UUID],
    known: Callable[[UUID], Known],
    seals: Seals,
    span: Span,
    *,
    by: str = "",
) -> set[UUID]:
    moment = texts.moment
    picked = ", ".join(["id", scope, texts.asked, *([moment] if moment else []), *texts.columns])
    within = f" AND {moment} >= %s AND {moment} <= %s" if moment else ""
    with connection.cursor() as cursor:
        # The names are constants of this module.
        cursor.execute(
            f"SELECT {picked} FROM {texts.table} WHERE {by or scope} = ANY(%s){within} AND {texts.only}",  # noqa: S608
            [keys, *(span if moment else ())],
        )
        stored = cursor.fetchall()
    first = 4 if moment else 3
    sealed = seals.stored(row[0] for row in stored)
    changed = []
    touched: set[UUID] = set()
    for row in stored:
        owner, conversation, found = row[0], row[1], sealed.get(row[0], ())
        before = [_loaded(v, k) for v, k in zip(row[first:], texts.columns.values(), strict=True)]
        again, after = _again(seals.beside(), texts, row, before, found, known(conversation))
        if persons.HERE.rests:
            # A name that it saw before stays one while it cannot look again.
            again, after = _again(seals.beside(), texts, row, before, found, _and_names(known(conversation), found))
        if after != before:
            seals.forget(owner)
            seals.found |= again.found
            values = [_written(v, k) for v, k in zip(after, texts.columns.values(), strict=True)]
            touched.add(conversation)
            changed.append((owner, *row[3:first], *values))
    bulk.update(
        table=texts.table,
        key={"id": "uuid", **({moment: "timestamptz"} if moment else {})},
        columns=texts.columns,
        rows=changed,
        span=(moment, *span) if moment else None,
    )
    return touched


def _again(
    seals: Seals, texts: Texts, row: tuple[Any, ...], before: list[Any], found: tuple[Found, ...], known: Known
) -> tuple[Seals, list[Any]]:
    """The texts of a row masked from what they were, and what is to be sealed with them."""
    owner, conversation, asked = row[:3]
    own = words_of_name(*(one.value for one in found if one.kind == OWN))
    # Retention lets values go before the masked text: their placeholders stay what they are.
    gone = gone_from(before, found)
    return seals, [
        _masked(texts, compose_all(value, found), owner, conversation, known, seals, own, gone, asked)
        for value in before
    ]


def _and_names(known: Known, found: tuple[Found, ...]) -> Known:
    return replace(known, names=(*known.names, *(one.value for one in found if one.kind == "name")))


def _masked(
    texts: Texts,
    value: Any,
    owner: UUID,
    conversation: UUID,
    known: Known,
    seals: Seals,
    own: frozenset[str],
    gone: Gone,
    asked: str,
) -> Any:
    if texts is MESSAGES and isinstance(value, list):
        return mask_attachments(value, owner, conversation, known, seals, gone)
    if texts is MESSAGES:
        return value and seals.mask(
            owner=owner, conversation=conversation, text=value, known=known, own=own, gone=gone, asked=asked
        )
    spared = OUR_WORDS if texts.table == "interactions_conversationevent" else frozenset[str]()
    return seals.mask_all(
        owner=owner, conversation=conversation, value=value, known=known, spared=spared, own=own, gone=gone
    )


def _loaded(value: Any, kind: str) -> Any:
    return json.loads(value) if kind == "jsonb" and isinstance(value, str) else value


def _written(value: Any, kind: str) -> Any:
    return json.dumps(value) if kind == "jsonb" else value
