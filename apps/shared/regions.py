"""A live region: one partial, one URL and one set of topics, used alike by first visit, socket push and poll."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Region:
    """One part of a screen that renews itself.

    The viewer is `apps.access.viewer.Viewer`; it is left untyped here because this layer knows no access.
    `name` is also the DOM id with its dots turned to dashes. `permitted` is asked again at every send.
    `render` returns the HTML of the region's one root element.
    """

    name: str
    topics: Callable[[Any, Params], Sequence[str]]
    permitted: Callable[[Any, Params], bool]
    render: Callable[[Any, Params, datetime], str]
    # Called once a viewer begins to be shown the region, and at each fetch of it: whoever must know that it was read writes it
    # down here. What cannot be written down is not shown.
    seen: Callable[[Any, Params, datetime], None] | None = None
