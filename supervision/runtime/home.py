"""Where embedded servers live: a folder, an account, and what is remembered about them."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from supervision.runtime import installation, process

# Only root ever writes here, so nobody can lay a folder of that name in our way.
OUT_OF_REACH = Path("/var/lib")


class Home:
    """The servers' folder below the data folder, or, where their account cannot reach that, a public one of root's."""

    def __init__(self, data: Path) -> None:
        self.logs = data / "log"
        self._file = data / installation.EMBEDDED
        self.kept = installation.read(self._file)
        self.folder = data / "servers"
        self.user = process.harmless_user(self.folder)
        if self.user is not None and not process.reachable(data, self.user):
            self.folder = OUT_OF_REACH / f"midshift-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}"
            self.user = process.harmless_user(self.folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.give(self.folder)

    def give(self, path: Path) -> None:
        """Make the servers' account the owner of a path."""
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def keep(self, **values: str) -> None:
        """Remember ports and passwords for the next start."""
        self.kept.update(values)
        installation.write_private(self._file, self.kept)

    def within_reach(self, path: Path, name: str) -> Path:
        """Return binaries where the servers' account can run them; copied once, and again when they changed."""
        if self.user is None or process.reachable(path, self.user):
            return path
        status = (path / "bin" / "postgres" if path.is_dir() else path).stat()
        copy = self.folder / f"{name}-{status.st_size}-{status.st_mtime_ns}"
        if not copy.exists():
            temporary = self.folder / f"{name}.new"
            shutil.rmtree(temporary, ignore_errors=True)
            if path.is_dir():
                shutil.copytree(path, temporary, symlinks=True)
            else:
                shutil.copy2(path, temporary)
            temporary.rename(copy)
        return copy

    def remove(self) -> None:
        """Remove the folder with all data in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
