"""The region of the socket bench: as heavy as a queue table, different at every render, with one query for its permission."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.shared.regions import Region

ROW = (
    '<tr id="queue-{n}" data-row><th scope="row"><a href="/queues/{n}">Queue {n}</a></th>'
    + "<td>12</td>" * 20
    + "</tr>"
)
BODY = "".join(ROW.format(n=n) for n in range(24))


def render(viewer: Viewer, params: Mapping[str, str], at: datetime) -> str:
    count = User.objects.count()
    return f'<section id="bench-floor"><p>{at.isoformat()} {count}</p><table><tbody>{BODY}</tbody></table></section>'


REGIONS = {
    "bench.floor": Region(
        "bench.floor",
        lambda viewer, params: ["bench"],
        lambda viewer, params: viewer.allows(Permission.VIEW_FLOOR),
        render,
    )
}
