"""Looking around in JupyterLab: choices that change a chart, a table and a sentence, and the code that makes them; and large tables to browse.

At the end of ``show``. What is shown is made by running the very code that is shown, and that calls public names only, so nothing can be seen here
that a notebook could not show; an audience sees what its reports would. Nothing is asked from the net, nothing is kept beyond the widget.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..data.areas import ancestor, check_order, edition, period_end
from ..data.dataset import Dataset
from ..errors import LANGS, ArgumentError, DataError, check_option
from ..measure.disclosure import AUDIENCES
from .explore_words import BROWSE, EXPLORE
from .formats import escape_html, plain, sentence_case
from .labels import label, period_label
from .tables import Table

__all__ = ["Browsed", "Choice", "browse", "code_of", "explore", "made"]

PLOTLY_MIME = "application/vnd.plotly.v1+json"
SAMPLE = "示例区"  # the name of the sample district
DISTRICT = ""  # compared with: the district, else a period
HEAVY = ("measured = ", "compared = ")  # statements whose results are kept while a widget lives
LARGEST = "8MB"  # of a table to browse; beyond it rows are left out, which itables says below the table


@dataclass(frozen=True)
class Choice:
    """What is looked at: one indicator of one area and period, against its district or another period."""

    indicator: str
    area: str
    period: str
    against: str = DISTRICT
    audience: str = "public"


def code_of(choice: Choice, dataset: Dataset, lang: str = "zh") -> list[str]:
    """The statements that make table, chart and sentence of a choice; the last three are the expressions for them."""
    areas = edition(dataset.areas, period_end(choice.period))
    level = dict(zip(areas["area_code"], areas["level"], strict=True)).get(choice.area, "district")
    district = ancestor(areas, "district").get(choice.area, choice.area)
    known = "rows" if choice.against == DISTRICT else "change"
    peers = f'{known}[{known}["level"] == "street"]'
    if level == "community":
        peers = f"fa.inside({known}, ds, {ancestor(areas, 'street')[choice.area]!r}, {choice.period!r})"
    lines = _rows(choice) if choice.against == DISTRICT else _change(choice, level)
    lines += [f"whole = fa.row_of({known}, {district!r})",
              f"shown = fa.named({peers}, ds, {choice.area!r}, {choice.audience!r}, whole, lang={lang!r})"]  # fmt: skip
    if choice.against == DISTRICT:
        return [*lines, f"fa.plot_ranking(shown, highlight={choice.area!r}, reference=whole, lang={lang!r})", f"fa.indicator_table(shown, {lang!r})",
                f"fa.say_position(rows, {choice.area!r}, {lang!r})"]  # fmt: skip
    return [*lines, f"fa.plot_comparison(shown, highlight={choice.area!r}, lang={lang!r})", f"fa.comparison_table(shown, {lang!r})",
            f"fa.say_comparison(fa.row_of(change, {choice.area!r}), {lang!r})"]  # fmt: skip


def _rows(choice: Choice) -> list[str]:
    return [f"measured = fa.indicators(ds, period={choice.period!r})", f"rows = fa.rows_of(fa.release(measured, {choice.audience!r}), {choice.indicator!r})"]


def _change(choice: Choice, level: str) -> list[str]:
    by = [*(["community"] if level == "community" else []), "street", "district"]
    compared = f"compared = fa.compare_periods(ds, {choice.indicator!r}, baseline={choice.against!r}, current={choice.period!r}, by={by!r})"
    return [compared, f"change = fa.release_comparison(ds, compared, {choice.audience!r})"]


def made(choice: Choice, dataset: Dataset, lang: str = "zh", kept: dict[str, Any] | None = None) -> tuple[Any, Any, Any]:
    """Chart, table and sentence of a choice, by running ``code_of`` it; what is heavy is taken from ``kept`` and left there."""
    import fundanalytics as fa

    if choice.against != DISTRICT:
        check_order(choice.against, choice.period)
    kept = {} if kept is None else kept
    names: dict[str, Any] = {"fa": fa, "ds": dataset}
    *steps, chart, table, sentence = code_of(choice, dataset, lang)
    for step in steps:
        name = step.partition(" = ")[0]
        if step.startswith(HEAVY) and step in kept:
            names[name] = kept[step]
            continue
        exec(step, names)  # our own text; the facts in it are written by ``repr``
        if step.startswith(HEAVY):
            kept[step] = names[name]
    return eval(chart, names), eval(table, names), eval(sentence, names)


def explore(dataset: Dataset | str | Path, lang: str = "zh") -> Any:
    """Choices that change a chart, a table, a sentence, and the code that makes them. For JupyterLab; it needs no net.

    Use to look around before writing a notebook: the code can be copied into one. What is found by trying many choices is a question for the
    next data, not a result.

    Parameters
    ----------
    dataset
        What ``load`` returns, or a path for it.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    ipywidgets.VBox
        Five choices above the sentence, the chart, the table and the code.

    Examples
    --------
    >>> import fundanalytics as fa
    >>> looking = fa.explore(fa.load_sample(), "en")
    >>> [choice.description for choice in looking.children[0].children]
    ['Indicator', 'Area', 'Period', 'Compare with', 'Audience']
    """
    from ..data import load

    check_option("lang", lang, LANGS)
    path = None if isinstance(dataset, Dataset) else str(dataset)
    data = load.load(path) if path else dataset
    return _Explorer(data, lang, f"ds = fa.load({path!r})" if path else _loading(data, lang)).box  # type: ignore[arg-type]


def _loading(dataset: Dataset, lang: str) -> str:
    """The line that loads the data: known for the sample district; other data sets are in the reader's hands already."""
    return "ds = fa.load_sample()" if (dataset.origin, dataset.name) == ("synthetic", SAMPLE) else EXPLORE[lang]["given"]


class _Explorer:
    """The widgets, and what they have computed so far."""

    def __init__(self, dataset: Dataset, lang: str, loading: str) -> None:
        import ipywidgets as widgets  # type: ignore[import-untyped]

        self.dataset, self.lang, self.loading, self.kept = dataset, lang, loading, dict[str, Any]()
        words = EXPLORE[lang]
        self.choices = {name: widgets.Dropdown(options=options, description=words[name], style={"description_width": "initial"})
                        for name, options in _options(dataset, lang).items()}  # fmt: skip
        self.sentence, self.table, self.code = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.chart = widgets.Output()
        for choice in self.choices.values():
            choice.observe(self._changed, "value")
        row = widgets.HBox(list(self.choices.values()), layout={"flex_flow": "row wrap"})
        self.box = widgets.VBox([row, self.sentence, self.chart, self.table, self.code])
        if all(choice.options for choice in self.choices.values()):
            self._show()
        else:
            self.sentence.value = words["nothing"]

    def _changed(self, _: Any) -> None:
        self.sentence.value = f"<em>{EXPLORE[self.lang]['busy']}</em>"
        self._show()

    def _show(self) -> None:
        """Compute and show what is chosen; an error is shown in its own words."""
        given = {name: choice.value for name, choice in self.choices.items()}
        choice = Choice(**given)
        lines = ["import fundanalytics as fa", "", self.loading, *code_of(choice, self.dataset, self.lang)]
        self.code.value = f"<p>{EXPLORE[self.lang]['code']}</p><pre class='fa-code' style='user-select:all'>{html.escape(chr(10).join(lines))}</pre>"
        try:
            chart, table, sentence = made(choice, self.dataset, self.lang, self.kept)
        except (ArgumentError, DataError) as error:
            self.sentence.value, self.table.value, self.chart.outputs = f"<p role='alert'>{escape_html(error.say(self.lang))}</p>", "", ()
            return
        self.sentence.value = "".join(f"<p>{escape_html(line)}</p>" for line in str(sentence).split("\n"))
        self.table.value = table._repr_html_()
        self.chart.outputs = ({"output_type": "display_data", "metadata": {}, "data": _bundle(chart)},)


def _bundle(chart: Any) -> dict[str, Any]:
    """A figure as a notebook's output: plotly's own kind, and its text for who does not see it."""
    meta = chart.layout.meta
    return {PLOTLY_MIME: json.loads(chart.to_json()), "text/plain": meta["alt"][meta["lang"]]}


def _options(dataset: Dataset, lang: str) -> dict[str, list[tuple[str, Any]]]:
    """The choices by name: what a reader sees, and its value."""
    from ..measure.indicators import INDICATORS

    words, periods = EXPLORE[lang], _periods(dataset)
    latest = periods[0] if periods else ""
    areas = edition(dataset.areas, period_end(latest)) if latest else dataset.areas
    rank = {level: i for i, level in enumerate(("district", "street", "community"))}
    ordered = areas.assign(at=areas["level"].map(rank)).sort_values("area_code")
    return {
        "indicator": [(sentence_case(label(name, lang, "indicator")), name) for name in INDICATORS],
        "area": [("　" * int(at) + plain(name), code) for code, name, at in zip(ordered["area_code"], ordered["area_name"], ordered["at"], strict=True)],
        "period": [(period_label(period, lang), period) for period in periods],
        "against": [(words["district"], DISTRICT), *((period_label(period, lang), period) for period in periods)],
        "audience": [(words[name], name) for name in AUDIENCES],
    }


def _periods(dataset: Dataset) -> list[str]:
    """The years with money or surveys, latest first."""
    known = {str(period) for name in ("allocations", "surveys", "events") for period in getattr(dataset, name)["period"].dropna().unique()}
    return sorted((period for period in known if period.isdigit()), reverse=True)


@dataclass(frozen=True)
class Browsed:
    """A table that sorts, searches and turns pages in a notebook; it carries its own script."""

    html: str
    rows: int

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"Browsed({self.rows} rows)"


def browse(table: pd.DataFrame | Table, lang: str = "zh") -> Browsed:
    """A large table to sort, search and turn the pages of, in JupyterLab and without the net.

    Parameters
    ----------
    table
        Any frame, or what ``table`` and its like return.
    lang
        ``zh`` or ``en``: of the headings and the buttons.
    """
    from itables import options
    from itables.javascript import generate_init_offline_itables_html, to_html_datatable

    check_option("lang", lang, LANGS)
    frame = table.cells if isinstance(table, Table) else pd.DataFrame(table).reset_index(drop=True)
    headings: Mapping[str, str] = table.headings if isinstance(table, Table) else {str(c): label(c, lang, "column") for c in frame}
    script = generate_init_offline_itables_html(options.dt_bundle)
    shown = to_html_datatable(frame.rename(columns=dict(headings)), connected=False, display_logo_when_loading=False, maxBytes=LARGEST, allow_html=False,
                              showIndex=False, language=BROWSE[lang])  # fmt: skip
    return Browsed(script + shown, len(frame))
