"""`any`: a field among many values as one parameter, where `in` writes and binds each of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Field, ForeignObject, Lookup


# Keys of other rows take no lookup of plain fields.
@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup):
    """`pk__any=keys` is `pk = ANY(array)`. A scope of thirty queues is asked about many times a page; none is no row."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Write the condition with the whole list as its one parameter."""
        field, parameters = self.process_lhs(compiler, connection)
        return f"{field} = ANY(%s)", (*parameters, array(frozenset(self.rhs)))


@lru_cache(maxsize=1024)  # the same scope is asked about in every statement of a page
def array(keys: Iterable[UUID | int]) -> str:
    """Write keys as an array, as PostgreSQL reads it: one text to bind and not a value each. `keys` is hashable."""
    return f"{{{','.join(map(str, keys))}}}"
