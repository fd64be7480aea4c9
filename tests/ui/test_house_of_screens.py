"""What holds for all templates, styles and scripts: the rules of the Content-Security-Policy and of the house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.utils import timezone

from apps.ui import finders, vendored
from apps.ui.specimens import FACES, specimens

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static/css").rglob("*.css"))
COMPONENTS = sorted(path.stem for path in (ROOT / "templates/components").glob("*.html"))
# A region can be looked at alone, so it must be able to say that it is empty, waiting, old or closed to the viewer.
REGIONS = (
    "shift_line",
    "figure",
    "queue_table",
    "people",
    "ai_table",
    "alerts",
    "conversation_list",
    "transcript",
    "time_line",
    "trend_table",
    "player",
)
BANNED = {
    "a style attribute": r"\sstyle\s*=",
    "an event attribute": r"\son[a-z]+\s*=",
    "an htmx attribute that evaluates": r"\bhx-on\b|\bhx-(?:vals|headers)[^=]*=\s*['\"]js:|\bhx-trigger\s*=\s*\"[^\"]*\[",
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an inline style sheet": r"<style\b",
    "an address of another host": r"(?:src|href)\s*=\s*[\"']https?:",
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_no_template_needs_more_than_the_policy_allows(path: Path) -> None:
    text = path.read_text()
    assert [what for what, pattern in BANNED.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize(
    "text", ['<p style="x">', '<a onclick="x">', '<b hx-on:click="x">', "<script>", '<a href="https://x">']
)
def test_the_bans_can_fail(text: str) -> None:
    assert any(re.search(pattern, text) for pattern in BANNED.values())


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_template_says_first_what_it_is_given(path: Path) -> None:
    head = path.read_text().split("\n", 4)
    first = [line for line in head[:4] if line.startswith(("{#", "{% comment"))]
    assert first, "start with a comment that lists the arguments"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_icon_named_in_a_template_is_in_the_sprite(path: Path) -> None:
    names = re.findall(r'{%\s*icon "([\w-]+)"', path.read_text()) + re.findall(
        r'icon_name="([\w-]+)"', path.read_text()
    )
    assert set(names) <= set(vendored.ICONS)


def test_the_sprite_holds_the_icons_it_says() -> None:
    sprite = (ROOT / "templates/ui/sprite.svg").read_text()
    assert re.findall(r'<symbol id="i-([\w-]+)"', sprite) == sorted(vendored.ICONS)


def test_every_component_is_in_the_gallery() -> None:
    assert {specimen.component for specimen in specimens(now=timezone.now())} == set(COMPONENTS)


@pytest.mark.parametrize("component", REGIONS)
def test_every_region_shows_its_five_faces(component: str) -> None:
    shown = {specimen.face for specimen in specimens(now=timezone.now()) if specimen.component == component}
    assert shown >= set(FACES)


@pytest.mark.parametrize("specimen", specimens(now=timezone.now()), ids=lambda one: f"{one.component}-{one.face}")
def test_every_specimen_is_one_well_formed_element_and_escapes_what_it_is_given(specimen) -> None:
    html = get_template(specimen.template).render(dict(specimen.arguments))
    assert "<b>Not markup</b>" not in html
    # Unknown variables must not leak as text.
    assert not re.search(r">\s*None\s*<|\{\{|\{%", html)


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_every_stylesheet_stands_in_the_layer_of_its_folder(path: Path) -> None:
    text = path.read_text()
    if path.name == "admin-skin.css":
        assert "@layer" not in text
        return
    layer = path.parent.name if path.parent.name != "css" else path.stem
    assert set(re.findall(r"@layer ([\w]+) \{", text)) == {layer}
    assert text.count("{") == text.count("}")


def test_the_layers_are_declared_once_and_first() -> None:
    declared = [named(path) for path in STYLES if re.search(r"@layer [\w, ]+;", path.read_text())]
    assert declared == ["static/css/tokens.css"]
    assert "@layer tokens, base, layouts, components, screens;" in (ROOT / "static/css/tokens.css").read_text()


def test_the_bundle_holds_every_stylesheet_in_the_order_of_the_layers() -> None:
    files = [named(path) for path in finders.stylesheets(root=ROOT / "static/css")]
    assert files[:3] == ["static/css/tokens.css", "static/css/base.css", "static/css/layouts.css"]
    assert set(files) == {named(path) for path in STYLES} - {"static/css/admin-skin.css"}
    text = finders.bundle(root=ROOT / "static/css")
    assert text.index("@layer tokens, base") < text.index("@layer base {") < text.index("@layer components {")


def test_the_bundle_is_found_and_written_anew_when_a_stylesheet_changes(settings, tmp_path: Path) -> None:
    settings.BASE_DIR, settings.DATA_DIR = tmp_path / "base", tmp_path / "data"
    for path in STYLES:
        copy = settings.BASE_DIR / named(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    finder = finders.BundleFinder()
    assert finder.find("css/base.css") == []
    found = Path(finder.find(finders.BUNDLE))
    first = found.stat().st_mtime_ns
    assert Path(finder.find(finders.BUNDLE, all=True)[0]).stat().st_mtime_ns == first
    (settings.BASE_DIR / "static/css/screens/added.css").write_text(
        "@layer screens { .s-added { color: var(--text); } }"
    )
    assert ".s-added" in Path(finder.find(finders.BUNDLE)).read_text()
    assert [path for path, _ in finder.list(None)] == [finders.BUNDLE]
    assert [path.name for path in found.parent.iterdir()] == ["midshift.css"]


def test_only_the_first_stylesheets_name_other_files() -> None:
    # Addresses in the bundle are relative to static/css, not to a folder below it.
    inside = [named(path) for path in STYLES if path.parent.name != "css" and "url(" in path.read_text()]
    assert inside == []


@pytest.mark.parametrize("path", [path for path in STYLES if path.name not in ("tokens.css",)], ids=named)
def test_colours_come_from_tokens(path: Path) -> None:
    assert re.findall(r":[^;{]*(#[0-9a-fA-F]{3,8}\b|rgba?\()", path.read_text()) == []


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_every_token_that_is_used_exists(path: Path) -> None:
    known = set(re.findall(r"(--[\w-]+):", (ROOT / "static/css/tokens.css").read_text()))
    used = set(re.findall(r"var\((--[\w-]+)", path.read_text()))
    assert used <= known


def test_vendored_files_are_what_was_committed() -> None:
    assert vendored.differences(directory=ROOT / "static/vendor") == []


def test_a_changed_vendored_file_is_noticed(tmp_path: Path) -> None:
    for path in (ROOT / "static/vendor").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "htmx.js").write_text("// other\n")
    (tmp_path / "extra.js").write_text("")
    assert vendored.differences(directory=tmp_path) == ["extra.js", "htmx.js"]


def test_the_lock_file_names_no_host() -> None:
    assert not re.search(r"https?://", (ROOT / "package-lock.json").read_text())
