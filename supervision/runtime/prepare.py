"""What has to be true before the portal's processes start, brought about in one Django process to save start-up time.

Run by the manager as a child: `python -m supervision.runtime.prepare [--demo]`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from supervision.env import ROOT


def digest_of(*places: Path) -> str:
    """Return a digest over names, sizes and times of all files below some places: cheap, and changes when they do."""
    found = hashlib.sha256()
    for place in places:
        files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
        for path in files:
            status = path.stat()
            found.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return found.hexdigest()


def collect_static_files(target: Path, *, storage: str) -> bool:
    """Collect static files where anything changed since the last time; say whether it was needed."""
    from django.core.management import call_command

    stamp = target / ".collected"
    wanted = f"{storage} {digest_of(ROOT / 'static', ROOT / 'requirements.lock')}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(wanted)
    return True


def main(words: list[str]) -> None:
    """Migrate, collect static files and, for a demo, set the floor up; a line for each step that takes time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if steps:
        print(f"bringing the database up to date, {len(steps)} steps", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    if collect_static_files(Path(settings.STATIC_ROOT), storage=settings.STORAGES["staticfiles"]["BACKEND"]):
        print("collected the static files", flush=True)
    from apps.analysis import second_tier

    print(second_tier.prepared(), flush=True)
    if "--demo" in words:
        print("setting up the demo floor", flush=True)
        call_command("seed_floor")


if __name__ == "__main__":
    main(sys.argv[1:])
