"""One stylesheet instead of fifty: many small files to read and edit, one request for the browser.

The finder answers for `css/midshift.css` alone, so development, tests and `collectstatic` all serve the same file.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

BUNDLE = "css/midshift.css"


def stylesheets(*, root: Path) -> list[Path]:
    """The files of the bundle in the order of the layers; the admin's skin stands alone."""
    named = [root / f"{name}.css" for name in ("tokens", "base", "layouts")]
    return [*named, *sorted((root / "components").glob("*.css")), *sorted((root / "screens").glob("*.css"))]


def bundle(*, root: Path) -> str:
    """All stylesheets as one text. Relative addresses stay right because only files beside the bundle use them."""
    return "\n".join(path.read_text() for path in stylesheets(root=root))


class BundleFinder(BaseFinder):
    """Finds the bundle, writing it anew when a stylesheet is younger than it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.root = Path(settings.BASE_DIR) / "static/css"
        self.directory = Path(settings.DATA_DIR) / "bundle"

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing can be set wrongly."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """The place of the bundle, or nothing for any other path."""
        if path.replace(os.sep, "/") != BUNDLE:
            return []
        found = str(self._written())
        return [found] if find_all or kwargs.get("all") else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """The bundle, for `collectstatic`."""
        self._written()
        yield BUNDLE, FileSystemStorage(location=self.directory)

    def _written(self) -> Path:
        target = self.directory / BUNDLE
        # The folders count too: a stylesheet that was taken away makes none of the others younger.
        sources = [*stylesheets(root=self.root), self.root / "components", self.root / "screens"]
        youngest = max(path.stat().st_mtime_ns for path in sources)
        if target.exists() and target.stat().st_mtime_ns >= youngest:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may be at it: each writes its own and puts it in place whole.
        handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".css.part")
        with os.fdopen(handle, "w") as part:
            part.write(bundle(root=self.root))
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
        return target
