"""Which numbers on a page do not say of when they are, of how many cases, or as of which moment."""

from __future__ import annotations

from playwright.sync_api import Page

# A measured number stands alone in its element: a share, a duration, a score. Of it the page tells
# - the window: in its title, in the row or list it stands in, at the head of its panel, or at the head of the page,
# - the cases: in its title, beside it in the same row, or in a column of the same table that is named so,
# What stands under `data-each` is about one thing: one conversation, one alert, one task.
# - the moment: the line of freshness, an "as of", or a stretch of time that is over.
_SILENT = r"""
() => {
  const MEASURED = /^[−-]?[\d,.]+%$|^\d+s$|^\d+[hm] \d\d?[ms]$|^[−-]?\d+\.\d+$/;
  const WINDOW = /last (hour|shift|\d+ (days|minutes|hours|weeks))|last week|today|this week|this shift|hour of|in \d+ (days|min)|before and now|\d\d:\d\d to|from \d|since|week|so far|of this conversation|of the conversation|of the shift|last hour/i;
  const CASES = /\bn\s?\d|\bof [\d,]+\b|\b[\d,]+ (first repl|repl|turn|conversation|customer|case|review|answer|rating|message|alert|hand-off|mark|people|day|score)|of this conversation/i;
  const TIME = /signed in \d/;  // what shares of somebody's time are shares of
  const COLUMN = /\b(n|cases|conversations|reviews|replies|sessions|alerts|decided|told of|turns|hand-offs|came)\b/i;
  const AS_OF = /as of|figures from|\d\d:\d\d to \d\d:\d\d|written down/i;
  const text = e => (e ? e.textContent.replace(/\s+/g, ' ').trim() : '');
  const main = document.querySelector('main');
  if (!main) return [];
  const page = [...main.querySelectorAll('p, dd')].map(text).filter(one => /as of.*from/i.test(one)).join(' ');
  const head = text(main.querySelector('h1')?.closest('header, div')) + page;
  const found = [];
  for (const e of main.querySelectorAll('*')) {
    if (e.children.length || e.closest('time, svg, canvas, [hidden], input, select, option, textarea, [data-elapsed], [data-each], .c-message')) continue;
    if (!MEASURED.test(text(e))) continue;
    let titles = '';
    for (let a = e; a && a !== main; a = a.parentElement) titles += ` ${a.title || ''} ${a.getAttribute('aria-label') || ''}`;
    const row = e.closest('tr, li, .c-figure, .s-number') || e.closest('dl > div, dl') || e.closest('p') || e.parentElement;
    const panel = e.closest('section, .c-panel, article, aside') || main;
    const heads = text(panel.querySelector('header')) + ' ' + text(panel.querySelector('h2, h3')) + ' ' + text(panel.querySelector('caption'));
    const table = e.closest('table');
    const columns = table ? [...table.querySelectorAll('thead th')].map(text) : [];
    const lacks = [];
    if (!WINDOW.test(`${titles} ${text(row)} ${heads} ${head} ${columns.join(' ')}`)) lacks.push('window');
    if (!CASES.test(`${titles} ${text(row)} ${text(e.closest('p'))}`) && !columns.some(one => COLUMN.test(one)) && !TIME.test(heads)) lacks.push('cases');
    if (!document.querySelector('[data-freshness]') && !AS_OF.test(text(main))) lacks.push('moment');
    if (lacks.length) found.push(`${text(e)} in “${text(row).slice(0, 90)}” of “${heads.trim().slice(0, 60)}” says no ${lacks.join(', ')}`);
  }
  return found;
}
"""


def silent(page: Page) -> list[str]:
    """Return a sentence for each measured number of a page that does not say its window, its cases or its moment."""
    return list(page.evaluate(_SILENT))
