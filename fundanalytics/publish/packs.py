"""Chart packs: of each chart the picture files, the data that is drawn, and what it can and cannot be said to show.

Place in the flow: after a notebook has run, or after ``charts`` made a single figure. The data of a pack comes out of the figure itself, so
that nothing is told that is not drawn; what must not be shown was taken out before the figure was made.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import LANGS, check_option
from ..show.gallery_words import GALLERY
from ..show.pack_words import PACK
from ..show.page_words import INTERNAL
from .export import PLOTLY_JS, PLOTLY_MIME, for_reader, plotly_js, to_html
from .files import BOM, write_csv, write_whole
from .fit import meta_of, text_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from .browser import Browser

__all__ = ["drawn_data", "figures_of", "write_chart", "write_pack"]

COLUMNS = ("series", "x", "x_label", "x_lower", "x_upper", "y", "y_label", "y_lower", "y_upper", "z", "text")
SENTENCES = "sentences.txt"


def write_pack(notebook: Any, folder: Path, browser: Browser, *, lang: str = "zh", audience: str = "public", origin: str = "computed") -> list[Path]:
    """Write the charts of an executed notebook for who needs them one by one.

    Parameters
    ----------
    notebook
        An executed notebook.
    folder
        Gets ``01_ranking_usage_rate.svg``, its ``.png`` (twice as fine as a screen) and ``.csv``, …, and ``sentences.txt``.
    browser
        A ``Browser`` that is open.
    lang, audience, origin
        As in ``to_html``.

    Returns
    -------
    list of Path
        The files; none for a notebook without charts.
    """
    check_option("lang", lang, LANGS)
    written, told = [], []
    for place, figure in enumerate(figures_of(for_reader(notebook, lang, audience)), 1):
        figure = _stamped(figure, lang, audience)
        stem = "_".join(filter(None, (f"{place:02d}", _kind(figure) or "chart", _indicator(figure))))
        for form in ("svg", "png"):
            written += [Path(folder) / f"{stem}.{form}"]
            browser.draw(figure, written[-1], form=form)
        written += [Path(folder) / f"{stem}.csv"]
        write_csv(drawn_data(figure), written[-1])
        told += [f"{stem}\n{say_figure(figure)}"]
    if told:
        written += [Path(folder) / SENTENCES]
        _write_sentences(told, written[-1], origin)
    return written


def write_chart(
    drawn: go.Figure, out: Path, stem: str, formats: Iterable[str], *, lang: str, origin: str, audience: str = "public",
    browser: Browser | None = None, width_mm: float | None = None, dpi: int = 300, outlines: bool = False,
) -> list[Path]:  # fmt: skip
    """Write one chart, drawn in ``lang``; beside it always the data that it draws (``csv``) and its sentences (``txt``).

    ``formats`` are ``html`` (with plotly.js beside it), ``csv``, and ``svg``, ``png``, ``pdf``, which need a ``browser``. Returns the paths.
    """
    import json

    figure = _stamped(json.loads(drawn.to_json()), lang, audience)
    written = []
    for form in dict.fromkeys([*formats, "csv"]):
        written += [out / f"{stem}.{form}"]
        if form == "csv":
            write_csv(drawn_data(figure), written[-1])
        elif form == "html":
            write_whole(plotly_js(), out / PLOTLY_JS)
            write_whole(_page(figure, meta_of(figure).get("title") or stem, lang, origin, audience), written[-1])
        elif browser is not None:
            browser.draw(figure, written[-1], form=form, width_mm=width_mm, dpi=dpi, outlines=outlines)
    written += [out / f"{stem}.txt"]
    _write_sentences([f"{stem}\n{say_figure(figure)}"], written[-1], origin)
    return written


def _stamped(figure: dict[str, Any], lang: str, audience: str) -> dict[str, Any]:
    """A figure that says in its title that it is internal, where it is."""
    layout = figure.get("layout", {})
    title, meta = layout.get("title") or {}, meta_of(figure)
    if audience != "internal" or not isinstance(title, dict):
        return figure
    stamp = {"zh": f"〔{INTERNAL['zh']}〕", "en": f"[{INTERNAL['en']}] "}
    titles = {at: stamp[at] + text for at, text in (meta.get("titles") or {}).items()}
    meta = {**meta, "title": stamp[lang] + meta.get("title", ""), "titles": titles}
    return {**figure, "layout": {**layout, "title": {**title, "text": stamp[lang] + title.get("text", "")}, "meta": meta}}


def _page(figure: Any, title: str, lang: str, origin: str, audience: str) -> str:
    """A page with one chart, made as the reports are made."""
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    cell = new_code_cell("", outputs=[new_output("display_data", {PLOTLY_MIME: figure})])
    return to_html(new_notebook(cells=[cell]), title=title, lang=lang, origin=origin, audience=audience, home="")


def figures_of(notebook: Any) -> list[dict[str, Any]]:
    """The plotly figures in a notebook's outputs, in order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["data"][PLOTLY_MIME] for output in outputs if PLOTLY_MIME in output.get("data", {})]


def say_figure(figure: Mapping[str, Any]) -> str:
    """What a figure shows, in both languages; of a figure of someone's own what it says of itself."""
    meta, parts = meta_of(dict(figure)), []
    for lang, words in PACK.items():
        told = dict(GALLERY[lang].get(_kind(figure), {}))
        for name, (both, one) in {"title": ("titles", "title"), "caption": ("captions", "caption"), "alt": ("alt", "description")}.items():
            told[name] = (meta.get(both) or {}).get(lang) or meta.get(one) or ""
        lines = [words[name].format(text=told[name]) for name in ("title", "caption", "alt", "drawn", "use", "misleads") if told.get(name)]
        parts += [words["heading"], *lines]
    return "\n".join(parts)


def _write_sentences(told: list[str], out: Path, origin: str) -> None:
    licence = [
        f"{words['licence']}\n" + "\n".join(words[name] for name in ("figure", "synthetic" if origin == "synthetic" else "data", "font"))
        for words in PACK.values()
    ]
    write_whole(BOM + "\n\n".join([*told, *licence]) + "\n", out)


def _kind(figure: Mapping[str, Any]) -> str:
    """The chart's name in the gallery, which is safe in a file's name; blank for a figure of someone's own."""
    name = str(meta_of(dict(figure)).get("chart") or "")
    return name if name in GALLERY["en"] else ""


def _indicator(figure: Mapping[str, Any]) -> str:
    """The code of what is on a chart of the gallery; blank where there is none, or where it would not be safe in a file's name."""
    code = str(meta_of(dict(figure)).get("indicator") or "")
    return code if _kind(figure) and re.fullmatch("[a-z0-9_]{1,60}", code) else ""


def drawn_data(figure: Any) -> pd.DataFrame:
    """What a figure draws, as a table.

    Parameters
    ----------
    figure
        A plotly figure, or one as it stands in a notebook's output.

    Returns
    -------
    DataFrame
        One row per mark: ``series``, ``x`` and ``y`` with their labels on the axes and the limits drawn (``x_lower``, …), ``z`` of a map,
        ``text`` written at a mark or beside its row. Places on an axis where nothing is drawn have a row without a value. What only hovering tells
        is left out.
    """
    if hasattr(figure, "to_plotly_json"):
        figure = figure.to_plotly_json()
    layout = figure.get("layout", {})
    rows = [row for trace in figure.get("data", []) for row in _marks(trace, layout)]
    rows += [*_blanks(rows, layout), *_lines(layout)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table[[name for name in table if name == "series" or table[name].notna().any()]]


def _marks(trace: Mapping[str, Any], layout: Mapping[str, Any]) -> list[dict[str, Any]]:
    joins = not trace.get("name") and trace.get("hoverinfo") == "skip"  # a line from mark to mark, which is no data of its own
    if trace.get("visible", True) is not True or joins:
        return []
    if (layout.get("meta") or {}).get("chart") == "map":  # corners of a boundary are no data: each area and the class that its colour stands for
        text = trace.get("text")
        return [{"series": text_of(trace.get("name") or ""), "text": text_of(text.partition("<br>")[0])}] if isinstance(text, str) else []
    given = {name: values(trace[key]) for name, key in {"x": "x", "y": "y", "z": "z", "place": "locations"}.items() if key in trace}
    if _is_written(trace):
        given["text"] = values(trace.get("text"))
    limits, beside = {axis: trace.get(f"error_{axis}") or {} for axis in "xy"}, _written(layout)
    rows = []
    for i in range(max((len(column) for column in given.values()), default=0)):
        row = {name: column[i] if i < len(column) else None for name, column in given.items()}
        if all(value is None for value in row.values()):  # where a line breaks off
            continue
        if "place" in row:
            row["x"] = row.pop("place")
        row |= {"series": text_of(trace.get("name") or "")}
        row |= {f"{axis}_label": _labels(layout, trace, axis).get(str(row.get(axis))) for axis in "xy"}
        for axis, error in limits.items():
            row |= _limits(axis, row.get(axis), error, i)
        if written := row.get("text") or beside.get(row.get("y")) or beside.get((row.get("x"), row.get("y"))):
            row["text"] = text_of(written)
        rows += [row]
    return rows


def _limits(axis: str, value: Any, error: Mapping[str, Any], i: int) -> dict[str, Any]:
    above = values(error.get("array"))
    below = values(error.get("arrayminus")) or above
    if value is None or error.get("visible") is False or i >= len(above) or above[i] is None:
        return {}
    return {f"{axis}_lower": value - (below[i] or 0), f"{axis}_upper": value + above[i]}


def _is_written(trace: Mapping[str, Any]) -> bool:
    """Whether a trace's text stands in the picture and not only in what hovering shows."""
    return "text" in str(trace.get("mode", "")) or (trace.get("type") == "bar" and trace.get("textposition", "none") != "none")


def _labels(layout: Mapping[str, Any], trace: Mapping[str, Any], axis: str) -> dict[str, str]:
    """What an axis writes at its values."""
    return _ticks(layout.get(f"{axis}axis{str(trace.get(f'{axis}axis') or axis)[1:]}") or {})


def _ticks(axis: Mapping[str, Any]) -> dict[str, str]:
    texts = [text_of(text) for text in values(axis.get("ticktext"))]
    return dict(zip(map(str, values(axis.get("tickvals"))), texts, strict=False))


def _blanks(rows: list[dict[str, Any]], layout: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Places on an axis of areas where nothing is drawn: no value is not zero."""
    axis = layout.get("yaxis") or {}
    if axis.get("type") != "category":
        return []
    known, labels, beside = {str(row.get("y")) for row in rows}, _ticks(axis), _written(layout)
    places = [place for place in values(axis.get("categoryarray")) if str(place) not in known]
    return [{"series": "", "y": place, "y_label": labels.get(str(place)), "text": text_of(beside.get(place, "")) or None} for place in places]


def _written(layout: Mapping[str, Any]) -> dict[Any, str]:
    """What is written in the picture at a place of an axis of areas, by the place, or at a point, by its ``x`` and ``y``."""
    axis = layout.get("yaxis") or {}
    places, found = values(axis.get("categoryarray")) if axis.get("type") == "category" else [], {}
    for note in layout.get("annotations") or []:
        at = note.get("y")
        if note.get("yref", "y") == "y":
            found[places[at] if places and isinstance(at, int) and 0 <= at < len(places) else (note.get("x"), at)] = note.get("text", "")
    return found


def _lines(layout: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Upright lines across the plot, with what is written at them."""
    found = []
    for shape in layout.get("shapes") or []:
        if shape.get("type") == "line" and shape.get("x0") == shape.get("x1") and str(shape.get("xref", "x")).startswith("x"):
            notes = [note for note in layout.get("annotations") or [] if note.get("x") == shape["x0"] and note.get("xref", "x") == shape.get("xref", "x")]
            found += [{"series": text_of(notes[0]["text"]) if notes else "", "x": shape["x0"]}]
    return found


def values(column: Any) -> list[Any]:
    """The values of a figure's column, also where plotly packed them as bytes; blanks as ``None``."""
    import numpy as np

    if column is None or isinstance(column, str):
        return []
    if isinstance(column, Mapping):
        if "bdata" not in column:
            return []
        column = np.frombuffer(base64.b64decode(column["bdata"]), dtype=re.sub("[^a-z0-9]", "", str(column["dtype"])))
    found = column.tolist() if hasattr(column, "tolist") else list(column)
    return [None if value is None or value != value else value for value in found]
