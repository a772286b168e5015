"""An executed notebook → one HTML page that works offline.

Place in the flow: after a notebook has run. The page holds the words and tables of one language and its charts as data;
plotly.js lies once beside the pages in ``assets``. Nothing is fetched from another host, and the page's own policy forbids
it. Code is hidden, and so is what the kernel wrote to stderr. Nothing here computes a number.
"""

from __future__ import annotations

import copy
import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import LANGS

TEMPLATES = Path(__file__).parent / "templates"
PLOTLY_JS = "assets/plotly.min.js"
PLOTLY_MIME = "application/vnd.plotly.v1+json"
# only the page itself, its own folder and inline data; no connection of any kind
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
LANGUAGE_CODES = {"zh": "zh-CN", "en": "en"}
WORDS = {
    "zh": {"all": "全部报告", "contents": "目录", "script": "图需要浏览器启用 JavaScript 才能显示。", "stamp": "虚构示例数据"},
    "en": {"all": "All reports", "contents": "Contents", "script": "The charts need JavaScript.", "stamp": "Fictional sample data"},
}
_HEADING = re.compile(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)
_FIRST_SECTION = '<section class="prose"><h2'
_ANCHOR = re.compile(r'<a class="anchor-link"[^>]*></a>')


def to_html(notebook: Any, *, title: str, lang: str = "zh", origin: str = "computed", home: str = "index.html") -> str:
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

    Returns
    -------
    str
        HTML that expects ``assets/plotly.min.js`` beside it if the notebook has charts.
    """
    notebook = in_language(notebook, lang)
    charts = _charts_as_html(notebook)
    page = {
        "title": title,
        "language": LANGUAGE_CODES[lang],
        "policy": POLICY,
        "words": WORDS[lang],
        "charts": charts,
        "home": home,
        "stamp": stamp(origin, lang),
        "config": embed(chart_config()),
        "version": version(),
    }
    body, _ = _exporter().from_notebook_node(notebook, resources={"page": page})
    body = _ANCHOR.sub("", body)
    return body.replace(_FIRST_SECTION, _contents(body, lang) + _FIRST_SECTION, 1)


def stamp(origin: str, lang: str) -> str:
    """The words that every page made from invented data carries; blank for real data."""
    return WORDS[lang]["stamp"] if origin == "synthetic" else ""


def version() -> str:
    from importlib.metadata import version as installed

    return installed("fundanalytics")


def in_language(notebook: Any, lang: str) -> Any:
    """A copy without the cells of other languages."""
    others = set(LANGS) - {lang}
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not others & set(cell.metadata.get("tags", []))]
    return notebook


def chart_config() -> dict[str, Any]:
    """How charts behave in a page: no cloud, no logo, they follow the width of the page."""
    from ..show.template import CONFIG

    return {**CONFIG, "responsive": True}


def embed(value: object) -> str:
    """JSON that may stand inside a ``script`` element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


def _charts_as_html(notebook: Any) -> int:
    """Replace every plotly output by a place for the chart and its data; how many there were."""
    count = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY_MIME in output.get("data", {}):
                count += 1
                output.data = type(output.data)({"text/html": _chart(output.data[PLOTLY_MIME], f"chart-{count}")})
            elif "text/html" in output.get("data", {}):
                output.data["text/html"] = f'<div class="scroll">{output.data["text/html"]}</div>'
    return count


def _chart(figure: dict[str, Any], name: str) -> str:
    """A place for the chart, its data, and the title and caption that a narrow page shows outside the picture."""
    layout = {k: v for k, v in figure.get("layout", {}).items() if k != "width"}
    meta = layout.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    title, caption, told = (html.escape(str(text)) for text in (meta.get("title", ""), meta.get("caption", ""), _description(meta, layout)))
    data = embed({"data": figure.get("data", []), "layout": layout})
    return (
        f'<figure class="chart"><p class="chart-title">{title}</p>'
        f'<div id="{name}" role="img" aria-label="{told}" style="min-height:{int(layout.get("height", 450))}px"></div>'
        f'<figcaption>{caption}</figcaption><script type="application/json" data-chart="{name}">{data}</script></figure>'
    )


def _description(meta: dict[str, Any], layout: dict[str, Any]) -> str:
    """What a reader who does not see the chart is told: its description, else its title."""
    if meta.get("description"):
        return str(meta["description"])
    title = layout.get("title") or {}
    return re.sub(r"<[^>]+>", " ", str((title.get("text") if isinstance(title, dict) else title) or ""))


def _contents(body: str, lang: str) -> str:
    """A list of the page's sections, from its second-level headings; blank where there are fewer than three."""
    headings = _HEADING.findall(body[body.find(_FIRST_SECTION) :])
    if len(headings) < 3:
        return ""
    items = "".join(f'<li><a href="#{anchor}">{re.sub("<[^>]+>", "", words)}</a></li>' for anchor, words in headings)
    name = WORDS[lang]["contents"]
    return f'<nav aria-label="{name}"><ol>{items}</ol></nav>'


@cache
def _exporter() -> Any:
    """nbconvert's exporter with our template; nbconvert is imported here because it is slow to import."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"NbConvertBase": {"display_data_priority": ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]}})
    return HTMLExporter(
        config=config,
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        extra_template_paths=[str(TEMPLATES)],
        exclude_input=True,
        anchor_link_text="",
    )
