"""What is copied from npm packages into the tree, and the proof that nobody changed it since.

Production and the tests need no node: the copies are committed with their SHA-256. Node is only needed to take a newer version
(`npm ci --ignore-scripts`, then `manage.py vendor_assets`).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

# target under static/vendor -> file under node_modules
FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
    "uplot.LICENSE.txt": "uplot/LICENSE",
    "plex-sans-latin.woff2": "@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2",
    "plex-sans.LICENSE.txt": "@fontsource-variable/ibm-plex-sans/LICENSE",
    "lucide.LICENSE.txt": "lucide-static/LICENSE",
}
CHECKSUMS = "SHA256.json"

# The name used in templates -> Lucide's file, where the two differ.
ICON_FILES = {"building": "building-2", "chevrons": "chevrons-up-down", "forward": "fast-forward"}
ICONS = [
    "activity",
    "arrow-right",
    "arrow-up-down",
    "bell",
    "bell-off",
    "book-open-text",
    "bot",
    "building",
    "chart-line",
    "check",
    "chevron-down",
    "chevrons",
    "circle-check",
    "circle-dashed",
    "circle-help",
    "clipboard-check",
    "clock",
    "coffee",
    "contrast",
    "corner-down-right",
    "download",
    "ellipsis",
    "eye",
    "eye-off",
    "filter",
    "flag",
    "forward",
    "gauge",
    "globe",
    "graduation-cap",
    "hand",
    "headphones",
    "history",
    "hourglass",
    "inbox",
    "info",
    "keyboard",
    "layers",
    "lightbulb",
    "link",
    "list-checks",
    "lock",
    "log-out",
    "mail",
    "megaphone",
    "message-circle",
    "message-square",
    "mic",
    "monitor-up",
    "moon",
    "octagon-alert",
    "pause",
    "phone",
    "phone-off",
    "play",
    "plug",
    "plus",
    "quote",
    "radio",
    "refresh-cw",
    "repeat-2",
    "rotate-ccw",
    "scale",
    "scroll-text",
    "search",
    "send",
    "shield-check",
    "shuffle",
    "sliders-horizontal",
    "smartphone",
    "square",
    "star",
    "tag",
    "target",
    "trending-down",
    "trending-up",
    "triangle-alert",
    "user",
    "user-check",
    "user-x",
    "users",
    "volume-2",
    "volume-x",
    "wifi-off",
    "x",
]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy(*, packages: Path, into: Path) -> dict[str, str]:
    """Copy every vendored file and write the checksums; says what was written."""
    into.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(packages / source, into / name)
    checksums = {name: digest(into / name) for name in sorted(FILES)}
    (into / CHECKSUMS).write_text(json.dumps(checksums, indent=2) + "\n")
    return checksums


def differences(*, directory: Path) -> list[str]:
    """Names that are missing, changed, or present without a checksum; an empty list means all is as it was committed."""
    expected: dict[str, str] = json.loads((directory / CHECKSUMS).read_text())
    wrong = [
        name
        for name, wanted in expected.items()
        if not (directory / name).exists() or digest(directory / name) != wanted
    ]
    unknown = [path.name for path in directory.iterdir() if path.name not in expected and path.name != CHECKSUMS]
    return sorted(wrong + unknown)


def sprite(*, packages: Path) -> str:
    """One hidden SVG with a symbol per icon, `#i-<name>`; only the icons named here."""
    symbols = []
    for name in sorted(ICONS):
        text = (packages / "lucide-static/icons" / f"{ICON_FILES.get(name, name)}.svg").read_text()
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
        if drawing is None:
            raise ValueError(f"The icon {name} has no <svg> element.")
        body = re.sub(r"\s+", " ", drawing[1]).strip().replace(" />", "/>").replace("/> <", "/><")
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg class="sprite" aria-hidden="true" width="0" height="0">\n' + "\n".join(symbols) + "\n</svg>\n"
