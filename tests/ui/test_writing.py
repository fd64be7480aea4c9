"""What AI agents write in Markdown is shown as they meant it, and nothing of it is ever markup of theirs."""

from __future__ import annotations

import pytest

from apps.ui.masked import Chip, MaskedText
from apps.ui.templatetags import ui
from apps.ui.writing import unmarked

CHIP = '<span class="c-mask" title="Personal data, masked">{}</span>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello", "<p>Hello</p>"),
        ("It is **paid** now", "<p>It is <strong>paid</strong> now</p>"),
        ("__Yes__, a snake_case_word and 2 * 3 ** 4", "<p><strong>Yes</strong>, a snake_case_word and 2 * 3 ** 4</p>"),
        ("One:\n\n- a\n- **b**\n\nEnd", "<p>One:</p><ul><li>a</li><li><strong>b</strong></li></ul><p>End</p>"),
        ("3. c\n\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
        ("- a\n1. b", '<ul><li>a</li></ul><ol start="1"><li>b</li></ol>'),
        ("## Steps\nGo", "<p><strong>Steps</strong></p><p>Go</p>"),
        ("two\nlines", "<p>two\nlines</p>"),
        ("See [our page](https://shop.example/a)", "<p>See our page (https://shop.example/a)</p>"),
        ("[https://x.example](https://x.example)", "<p>https://x.example</p>"),
        ("-5 and 1.5 stay", "<p>-5 and 1.5 stay</p>"),
        ("", ""),
    ],
)
def test_bold_lists_headings_and_links_are_shown_as_they_were_meant(text: str, shown: str) -> None:
    assert ui.written(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**<img src=x onerror=alert(1)>**",
        "- <b>x</b>",
        "# <i>x</i>",
        "[<b>x</b>](javascript:alert(1))",
        '[x](https://a.example/"onmouseover=alert(1))',
        "![x](https://a.example/pixel.png)",
    ],
)
def test_no_text_becomes_an_element_with_an_address_or_of_its_own_making(text: str) -> None:
    shown = ui.written(text)
    for ours in ("p", "strong", "ul", "li"):
        shown = shown.replace(f"<{ours}>", "").replace(f"</{ours}>", "")
    assert "<" not in shown
    assert "href" not in shown


def test_placeholders_stay_chips_wherever_they_stand() -> None:
    assert ui.written("**Hello [name 1]**") == f"<p><strong>Hello {CHIP.format('name 1')}</strong></p>"
    assert ui.written("- [card 1]") == f"<ul><li>{CHIP.format('card 1')}</li></ul>"
    assert ui.written("[email 1](https://x.example)") == f"<p>{CHIP.format('email 1')} (https://x.example)</p>"


def test_what_a_viewer_is_shown_of_a_value_stands_in_its_place_and_is_never_read_as_a_mark() -> None:
    text = "# For [name 1]\n\n- **[card 1]** or [card 12]\n- [card 1](https://x.example)"
    opened, bare = Chip("card 1", hint="1111", href="/open", key="k card 1"), Chip("card 12")
    name = Chip("name 1", value="**x** <b>")
    shown = ui.written(MaskedText(text, ["# For ", name, "\n\n- **", opened, "** or ", bare, "\n- ", opened, "(…)"]))
    link = str(ui.masked(MaskedText("[card 1]", [opened])))
    assert 'data-unmask="k card 1"' in link
    assert shown == (
        '<p><strong>For <span class="c-mask is-shown" title="name 1, shown to your role">**x** &lt;b&gt;</span></strong></p>'
        f"<ul><li><strong>{link}</strong> or {CHIP.format('card 12')}</li><li>{link} (https://x.example)</li></ul>"
    )


def test_the_beginning_in_a_list_has_no_marks() -> None:
    assert (
        unmarked("## Steps\n\n- **one**\n- [two](https://x.example)\n[name 1]")
        == "Steps one two (https://x.example) [name 1]"
    )


def test_a_text_of_many_stars_is_read_in_no_time() -> None:
    assert ui.written("*" * 60_000).count("*") == 60_000
