"""One chart by name, as a page of its own or as the rows it draws.

Place in the flow: for who needs a single figure and not a report. It picks the rows for each kind of chart; measuring and
drawing are done elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import ancestor, edition, period_end, resolve
from ..errors import ArgumentError, check_option
from .export import PLOTLY_JS, PLOTLY_MIME, plotly_js, to_html
from .files import write_csv, write_whole
from .plan import check_period, periods

if TYPE_CHECKING:
    from ..data.dataset import Dataset

LEVELS = ("district", "street", "community")


@dataclass(frozen=True)
class Asked:
    """What a chart is about."""

    dataset: Dataset
    area: str
    period: str
    indicator: str
    baseline: str = ""
    audience: str = "public"


def chart(
    name: str,
    dataset: Dataset,
    *,
    period: str,
    area: str = "",
    indicator: str = "usage_rate",
    baseline: str = "",
    audience: str = "public",
    lang: str = "zh",
) -> tuple[Any, pd.DataFrame]:
    """A chart and the rows it draws.

    Parameters
    ----------
    name
        A name in ``CHARTS``.
    period
        ``2020`` or ``2018-2020``.
    area
        Code or name; by default the district.
    indicator
        What is shown, where the chart shows an indicator.
    baseline
        The earlier period, for ``comparison``.
    audience
        ``public``, ``street`` or ``internal`` (see ``release``).

    Returns
    -------
    tuple
        The plotly figure, and a table with one row per thing drawn.

    Raises
    ------
    ArgumentError
        Unknown chart, indicator or area; a period without data; a comparison without baseline.
    """
    from ..measure.indicators import INDICATORS

    check_option("chart", name, CHARTS)
    check_option("indicator", indicator, INDICATORS)
    check_period(dataset, period)
    areas = edition(dataset.areas, period_end(period))
    code = resolve(areas, area) if area else str(areas.loc[areas["level"] == "district", "area_code"].iloc[0])
    return CHARTS[name](Asked(dataset, code, period, indicator, baseline, audience), lang)


def write_chart(figure: Any, rows: pd.DataFrame, out: Path, stem: str, formats: Iterable[str], *, lang: str, origin: str) -> list[Path]:
    """Write a chart as a page (``html``, with plotly.js beside it) or its rows (``csv``); the paths written."""
    written = []
    for form in formats:
        path = out / f"{stem}.{form}"
        if form == "html":
            write_whole(plotly_js(), out / PLOTLY_JS)
            write_whole(_page(figure, stem, lang, origin), path)
        else:
            write_csv(rows, path)
        written.append(path)
    return written


def _page(figure: Any, title: str, lang: str, origin: str) -> str:
    """A page with one chart, made as the reports are made."""
    import json

    from nbformat.v4 import new_code_cell, new_notebook, new_output

    output = new_output("display_data", {PLOTLY_MIME: json.loads(figure.to_json())})
    return to_html(new_notebook(cells=[new_code_cell("", outputs=[output])]), title=title, lang=lang, origin=origin, home="")


def _rows(asked: Asked, period: str | None = None) -> pd.DataFrame:
    """The indicator's rows, in its first definition."""
    from ..measure.disclosure import released

    table = released(asked.dataset, [asked.indicator], period=period or asked.period, audience=asked.audience)
    return table[table["basis"] == _basis(asked.indicator)]


def _basis(indicator: str) -> str:
    from ..measure.indicators import INDICATORS

    return next(iter(INDICATORS[indicator].bases))


def _peers(asked: Asked, table: pd.DataFrame) -> pd.DataFrame:
    """The areas to rank: communities of one street for a community, the streets otherwise."""
    areas = edition(asked.dataset.areas, period_end(asked.period))
    level = dict(zip(areas["area_code"], areas["level"], strict=True))[asked.area]
    if level != "community":
        return table[table["level"] == "street"]
    street = ancestor(areas, "street")
    inside = [code for code, at in street.items() if at == street.get(asked.area)]
    return table[(table["level"] == "community") & table["area_code"].isin(inside)]


def _ranking(asked: Asked, lang: str) -> tuple[Any, pd.DataFrame]:
    from ..show.charts import plot_ranking

    table = _rows(asked)
    rows, whole = _peers(asked, table), table[table["level"] == "district"]
    return plot_ranking(rows, lang=lang, highlight=asked.area, reference=whole.iloc[0] if len(whole) else None), rows


def _trend(asked: Asked, lang: str) -> tuple[Any, pd.DataFrame]:
    from ..show.charts import plot_trend

    rows = pd.concat([_rows(asked, year) for year in periods(asked.dataset) if year <= asked.period[-4:]], ignore_index=True)
    rows = rows[(rows["area_code"] == asked.area) | (rows["level"] == "district")]
    return plot_trend(rows, lang=lang, highlight=asked.area), rows


def _comparison(asked: Asked, lang: str) -> tuple[Any, pd.DataFrame]:
    from ..measure.compare import compare_periods
    from ..measure.disclosure import release_comparison
    from ..show.charts import plot_comparison

    if not asked.baseline:
        raise ArgumentError("no_baseline")
    rows = compare_periods(asked.dataset, asked.indicator, baseline=asked.baseline, current=asked.period, by="street")
    rows = release_comparison(asked.dataset, rows, asked.audience)
    return plot_comparison(rows, lang=lang, highlight=asked.area), rows


def _mix(asked: Asked, lang: str) -> tuple[Any, pd.DataFrame]:
    from ..measure.process import project_mix
    from ..show.charts import plot_mix

    rows = project_mix(asked.dataset, area=asked.area, period=asked.period)
    return plot_mix(rows, lang=lang, about=_about(asked)), rows


def _stages(asked: Asked, lang: str) -> tuple[Any, pd.DataFrame]:
    from ..measure.process import stages
    from ..show.charts import plot_stages

    rows = stages(asked.dataset, area=asked.area, period=asked.period)
    return plot_stages(rows, lang=lang, about=_about(asked)), rows


def _funnel(asked: Asked, lang: str) -> tuple[Any, pd.DataFrame]:
    from ..measure.outliers import funnel
    from ..show.charts import plot_funnel

    table = _rows(asked)
    rows = funnel(table[table["level"] == "community"])
    return plot_funnel(rows, lang=lang, highlight=asked.area), rows


def _about(asked: Asked) -> Any:
    table = _rows(asked)
    return table[table["area_code"] == asked.area].iloc[0]


CHARTS: dict[str, Callable[[Asked, str], tuple[Any, pd.DataFrame]]] = {
    "ranking": _ranking,
    "trend": _trend,
    "comparison": _comparison,
    "mix": _mix,
    "stages": _stages,
    "funnel": _funnel,
}
