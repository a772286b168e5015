"""An executed notebook → one HTML page that works offline, on a screen, on a phone and on paper.

Place in the flow: after a notebook has run. The page holds the words and tables for one reader and its charts as data; plotly.js
lies once beside the pages in ``assets``, or in the page. Nothing is fetched from another host, and the page's own policy forbids
it, as it forbids every script but ours. Code is hidden, and so is what the kernel wrote to stderr. Nothing here computes a number.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import itertools
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .. import __version__
from ..errors import LANGS
from ..measure.disclosure import AUDIENCES
from ..show.page_words import PAGE, stamps
from .outputs import ATTRIBUTES, PLOTLY_MIME, embed, harmless, numbered, place_outputs

__all__ = ["PLOTLY_JS", "PLOTLY_MIME", "embed", "for_reader", "plotly_js", "policy", "script", "stamp", "to_html"]

TEMPLATES = Path(__file__).parent / "templates"
PLOTLY_JS = "assets/plotly.min.js"
LANGUAGE_CODES = {"zh": "zh-CN", "en": "en"}
CHAPTERS = 3  # a page with fewer is a sheet: no list of contents, and set small enough for one sheet of paper
_SECTION = re.compile(r'<section class="prose">.*?</section>', re.DOTALL)
_HEADING = re.compile(rf'<h([23]) id="(s\d+)"{ATTRIBUTES}>(.*?)</h\1>', re.DOTALL)
_ANY_HEADING = re.compile(rf"<(h[1-6])\b({ATTRIBUTES})>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_ID = re.compile(r"""\s+id\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_INSIDE = re.compile(r"""\bhref\s*=\s*(["']?)#([^"'\s>]+)\1""", re.IGNORECASE)
_NAMELESS = re.compile(rf"<img\b(?!{ATTRIBUTES}\balt\s*=)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_PLOTLY_HERE = "<!-- plotly.js -->"


def to_html(
    notebook: Any,
    *,
    title: str,
    lang: str = "zh",
    origin: str = "computed",
    home: str = "index.html",
    audience: str = "public",
    assumed: bool = False,
    single_file: bool = False,
) -> str:
    """The page of an executed notebook.

    Use it on any notebook that has been run; figures must be left in the outputs as plotly's own mime type, which is what a
    figure as the last expression of a cell leaves.

    Parameters
    ----------
    notebook
        An executed notebook (``nbformat`` version 4). It is not changed.
    title
        Title of the page.
    lang
        ``zh`` or ``en``. Cells tagged with the other language are dropped.
    origin
        ``synthetic`` stamps the page.
    home
        Page to link back to; blank for none.
    audience
        ``public``, ``street`` or ``internal``: cells for who may see more are dropped. ``internal`` stamps every page.
    assumed
        Whether points come from an assumed rubric, which stamps the page.
    single_file
        Whether plotly.js stands in the page instead of beside it.

    Returns
    -------
    str
        HTML that expects ``assets/plotly.min.js`` beside it if the notebook has charts, unless it is a single file.
    """
    notebook = numbered(for_reader(notebook, lang, audience), lang)
    charts = place_outputs(notebook, lang)
    own = [script("page.js"), *([f"const config = {embed(chart_config())};\n{script('charts.js')}"] if charts else [])]
    library = plotly_js().replace("</script", "<\\/script") if charts and single_file else ""
    page = {
        "title": title,
        "language": LANGUAGE_CODES[lang],
        "policy": policy(*own, *filter(None, [library])),
        "words": PAGE[lang],
        "told": embed({name: PAGE[lang][name] for name in ("filter", "shown", "table")}),
        "charts": charts,
        "home": home,
        "stamps": stamps(origin, lang, audience=audience, assumed=assumed),
        "scripts": own,
        "plotly": _PLOTLY_HERE if single_file else f'<script src="{PLOTLY_JS}"></script>',
        "version": __version__,
    }
    rendered, _ = _exporter().from_notebook_node(notebook, resources={"page": page})
    head, start, rest = rendered.partition("<main")
    body, end, foot = rest.rpartition("</main>")
    body = _named(_NAMELESS.sub(f'<img alt="{html.escape(PAGE[lang]["picture"])}"', body))
    contents = _contents(body, lang)
    head = head.replace("<body>", f'<body class="{"report" if contents else "sheet"}">', 1)
    return head + _after_title(start + body, contents) + end + foot.replace(_PLOTLY_HERE, f"<script>{library}</script>", 1)


def for_reader(notebook: Any, lang: str, audience: str = "public") -> Any:
    """The notebook with the cells one reader may see: without those tagged with another language, or ``street`` or ``internal`` for who sees less."""
    hidden = set(LANGS) - {lang} | set(AUDIENCES[AUDIENCES.index(audience) + 1 :])
    notebook = copy.copy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not hidden & set(cell.metadata.get("tags", []))]
    return notebook


def policy(*scripts: str) -> str:
    """What a page may do: run these scripts and those of its own folder, show its own pictures; no other host, no connection of any kind."""
    sums = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts]
    return (
        f"default-src 'none'; script-src 'self' {' '.join(sums)}; style-src 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def script(name: str) -> str:
    """One of our scripts, as it stands in a page."""
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def stamp(origin: str, lang: str) -> str:
    """The words that every page made from invented data carries; blank for real data."""
    return "".join(stamps(origin, lang))


def chart_config() -> dict[str, Any]:
    """How charts behave in a page: no cloud, no logo, no buttons, they follow the width of the page."""
    from ..show.template import CONFIG

    return {**CONFIG, "responsive": True, "displayModeBar": False}


def plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


def _named(body: str) -> str:
    """Headings get short names, each its own: of the same words there may be two, and a PDF has no room for long ones. Links follow; Jupyter's
    lead to a heading's words."""
    names: dict[str, str] = {}
    count = itertools.count(1)

    def renamed(found: re.Match[str]) -> str:
        tag, about, words = found[1].lower(), found[2], found[3]
        own, name = _ID.search(about), f"s{next(count)}"
        names.setdefault(html.unescape(own[1].strip("\"'") if own else _TAG.sub("", words).replace(" ", "-")), name)
        return f'<{tag} id="{name}"{_ID.sub("", about)}>{words}</{tag}>'

    def led(found: re.Match[str]) -> str:
        wanted = html.unescape(found[2])
        name = names.get(wanted) or names.get(unquote(wanted))
        return f'href="#{name}"' if name else found[0]

    return _INSIDE.sub(led, _ANY_HEADING.sub(renamed, body))


def _contents(body: str, lang: str) -> str:
    """A list of chapters and sections, from the headings of the text; blank where there are too few."""
    headings = [found for section in _SECTION.findall(body) for found in _HEADING.findall(section) if _TAG.sub("", found[2]).strip()]
    if sum(level == "2" for level, _, _ in headings) < CHAPTERS:
        return ""
    name = html.escape(PAGE[lang]["contents"])
    return f'<nav class="contents" aria-label="{name}"><details open><summary>{name}</summary><ol>{"".join(_items(headings))}</ol></details></nav>'


def _items(headings: Iterable[tuple[str, str, str]]) -> Iterable[str]:
    """Entries of the list, sections inside their chapter."""
    inner = outer = False
    for level, anchor, words in headings:
        link = f'<a href="#{anchor}">{_TAG.sub("", words)}</a>'
        if level == "3" and outer:
            yield ("" if inner else "<ol>") + f"<li>{link}</li>"
            inner = True
        else:
            yield ("</ol>" if inner else "") + ("</li>" if outer else "") + f"<li>{link}"
            inner, outer = False, True
    yield ("</ol>" if inner else "") + ("</li>" if outer else "")


def _after_title(main: str, contents: str) -> str:
    """The page with its contents before the first chapter."""
    place = main.find('<section class="prose"><h2')
    return main if place < 0 or not contents else main[:place] + contents + main[place:]


def warm_up() -> None:
    """Whatever the first page would wait for."""
    from nbformat.v4 import new_markdown_cell, new_notebook

    to_html(new_notebook(cells=[new_markdown_cell("# .")]), title=".")


@cache
def _exporter() -> Any:
    """nbconvert's exporter with our template; nbconvert is imported here because it is slow to import."""
    from jinja2 import pass_context
    from nbconvert import HTMLExporter, TemplateExporter
    from traitlets.config import Config

    class Page(HTMLExporter):
        """Without the second reading of the page, which marks what only nbconvert's own templates have; words are made harmless one by one."""

        from_notebook_node = TemplateExporter.from_notebook_node

        @pass_context
        def markdown2html(self, context: Any, source: str) -> str:
            return harmless(super().markdown2html(context, source))

    config = Config({"NbConvertBase": {"display_data_priority": ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]}})
    return Page(
        config=config,
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        extra_template_paths=[str(TEMPLATES)],
        exclude_input=True,
        exclude_anchor_links=True,
        optimistic_validation=True,
    )
