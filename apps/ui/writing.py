"""What AI agents write in Markdown, as HTML: bold, lists, headings, links as text. Everything else stays as it was typed."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_ITEM = re.compile(r"^\s{0,6}(?:[-*•]|(\d{1,3})[.)])\s+(\S.*)$")
_HEADING = re.compile(r"^#{1,6}\s+(\S.*?)\s*#*$")
_STRONG = re.compile(r"\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*|(?<!\w)__(?=\S)([^_\n]{1,500}?)(?<=\S)__(?!\w)")
# A placeholder such as [card 1] keeps its brackets also where an address follows it.
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,2000})\)")
_PLACEHOLDER = re.compile(r"[a-z][a-z_ -]{0,30} \d{1,4}")

Plain = Callable[[str], SafeString]


def written(text: str, plain: Plain) -> SafeString:
    """Return a text with its marks of writing shown; `plain` escapes every piece of it, and is given all of them.

    Links are not followed from here: an address that a customer may have put into the AI agent's mouth stays text.
    """
    out: list[SafeString] = []
    lines: list[str] = []
    items: list[SafeString] = []
    kind, first = "", 1

    def end_lines() -> None:
        said = "\n".join(lines).strip("\n")
        if said:
            out.append(format_html("<p>{}</p>", _inline(said, plain)))
        lines.clear()

    def end_items() -> None:
        if items:
            body = mark_safe("".join(items))  # noqa: S308 - pieces escaped by `plain`
            out.append(
                format_html("<ul>{}</ul>", body) if kind == "ul" else format_html('<ol start="{}">{}</ol>', first, body)
            )
        items.clear()

    for line in _links_as_text(text).splitlines():
        item, heading = _ITEM.match(line), _HEADING.match(line)
        if item is not None:
            end_lines()
            wanted = "ol" if item[1] else "ul"
            if items and wanted != kind:
                end_items()
            if not items:
                kind, first = wanted, int(item[1] or 1)
            items.append(format_html("<li>{}</li>", _inline(item[2], plain)))
        elif items and not line.strip():
            continue  # an empty line between two items
        else:
            end_items()
            if heading is not None:
                end_lines()
                out.append(format_html("<p><strong>{}</strong></p>", plain(heading[1].replace("**", ""))))
            elif not line.strip():
                end_lines()
            else:
                lines.append(line)
    end_items()
    end_lines()
    return mark_safe("".join(out))  # noqa: S308 - pieces escaped by `plain`


def unmarked(text: str) -> str:
    """Return a text in one line without its marks of writing, for a list in which only its beginning is shown."""
    bare = (_HEADING.sub(r"\1", _ITEM.sub(r"\2", line)) for line in _links_as_text(text).splitlines())
    return _STRONG.sub(lambda found: found[1] or found[2], " ".join(line.strip() for line in bare if line.strip()))


def _links_as_text(text: str) -> str:
    def told(found: re.Match[str]) -> str:
        words, address = found[1], found[2]
        if _PLACEHOLDER.fullmatch(words):
            return f"[{words}] ({address})"
        return address if words == address else f"{words} ({address})"

    return _LINK.sub(told, text)


def _inline(text: str, plain: Plain) -> SafeString:
    pieces: list[SafeString] = []
    place = 0
    for found in _STRONG.finditer(text):
        pieces += [plain(text[place : found.start()]), format_html("<strong>{}</strong>", plain(found[1] or found[2]))]
        place = found.end()
    pieces.append(plain(text[place:]))
    return mark_safe("".join(pieces))  # noqa: S308 - pieces escaped by `plain`


# Programs that calculate tables take these for the start of a formula, also behind blanks and their escaped forms.
_FORMULA = re.compile(r"(?:\s|%0[9ad])*[=+\-@＝＋－＠]", re.IGNORECASE)
_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def cell(text: str) -> str:
    """A text that no program takes for a formula: one line, with an apostrophe before what could be one."""
    plain = _BREAK.sub(" ", text)
    return f"'{plain}" if _FORMULA.match(plain) else plain
