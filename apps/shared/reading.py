"""Reading once: what several parts of one rendering need is read for the first of them, and all of them show the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Keep what `once` reads inside, for the parts that are rendered together for one permission class at one moment.

    Inside of another one it is part of that."""
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def kept(key: Hashable) -> Any:
    """Return what was read under this key before in the same reading; None when nothing was."""
    return (_kept.get() or {}).get(key)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """Read, or return what was read under this key before in the same reading. Outside of one it reads each time.

    The key must name everything that the result depends on, above all the viewer's scope and the moment.
    """
    before = _kept.get()
    if before is None:
        return read()
    if key not in before:
        before[key] = read()
    found: T = before[key]
    return found
