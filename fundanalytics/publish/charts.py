"""One chart by name, as its audience may see it.

Place in the flow: for who needs a single figure and not a report. It picks the rows for each kind of chart; measuring and drawing are done
elsewhere, and ``packs`` writes the files, with the data that the figure draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import ancestor, check_order, edition, period_end, resolve
from ..errors import LANGS, ArgumentError, check_option
from .plan import check_period, periods

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..data.dataset import Dataset

RUBRIC = "governance_fund"
MAIN, SAMPLED = "usage_rate", "satisfaction_rate"


@dataclass(frozen=True)
class Asked:
    """What a chart is about."""

    dataset: Dataset
    area: str
    period: str
    indicator: str
    baseline: str = ""
    audience: str = "public"
    rubric: str = RUBRIC
    geojson: str = ""
    lang: str = "zh"

    @property
    def level(self) -> str:
        areas = edition(self.dataset.areas, period_end(self.period))
        return str(areas.loc[areas["area_code"] == self.area, "level"].iloc[0])


def chart(
    name: str,
    dataset: Dataset,
    *,
    period: str,
    area: str = "",
    indicator: str = "",
    baseline: str = "",
    rubric: str | Path = RUBRIC,
    geojson: str | Path = "",
    audience: str = "public",
    lang: str = "zh",
) -> go.Figure:
    """A chart by its name.

    Parameters
    ----------
    name
        A name in ``CHARTS``.
    period
        ``2020`` or ``2018-2020``.
    area
        Code or name; by default the district. ``comparison``, ``decomposition`` and ``variants`` are about the district and its streets.
    indicator
        What is shown, where the chart shows an indicator; by default the usage rate, in a ``funnel`` (which is of samples) the satisfaction rate.
    baseline
        The earlier period, where two are compared: ``comparison``, ``decomposition``, ``variants``.
    rubric
        What ``scores`` and ``parts`` score by.
    geojson
        File with the boundaries of a ``map``, the property ``area_code`` in each.
    audience
        ``public``, ``street`` or ``internal`` (see ``release`` and ``named``).

    Returns
    -------
    plotly Figure
        Drawn in ``lang``; its ``layout.meta`` tells it in both languages.

    Raises
    ------
    ArgumentError
        Unknown chart, indicator, area or audience; a period without data; a comparison without baseline.
    """
    from ..measure.disclosure import AUDIENCES
    from ..measure.indicators import INDICATORS

    check_option("chart", name, CHARTS)
    indicator = indicator or (SAMPLED if name == "funnel" else MAIN)
    check_option("indicator", indicator, INDICATORS)
    check_option("audience", audience, AUDIENCES)
    check_option("lang", lang, LANGS)
    check_period(dataset, period)
    code = code_of(dataset, area, period)
    return CHARTS[name](Asked(dataset, code, period, indicator, baseline, audience, str(rubric), str(geojson or ""), lang))


def code_of(dataset: Dataset, area: str, period: str) -> str:
    """Code of an area given by code or name; of the district if none is given."""
    areas = edition(dataset.areas, period_end(period))
    return resolve(areas, area) if area else str(areas.loc[areas["level"] == "district", "area_code"].iloc[0])


def _rows(asked: Asked, period: str | None = None) -> pd.DataFrame:
    """The indicator's rows, in its first definition."""
    from ..measure.disclosure import released
    from ..measure.indicators import INDICATORS

    table = released(asked.dataset, [asked.indicator], period=period or asked.period, audience=asked.audience)
    return table[table["basis"] == next(iter(INDICATORS[asked.indicator].bases))]


def _named(asked: Asked, rows: pd.DataFrame, than: pd.DataFrame) -> pd.DataFrame:
    """Rows whose areas are named as far as the audience may read who they are."""
    from ..show.naming import named

    return named(rows, asked.dataset, asked.area, asked.audience, than[than["level"] == "district"], lang=asked.lang)


def _peers(asked: Asked, table: pd.DataFrame) -> pd.DataFrame:
    """The areas to rank: communities of one street for a community, the streets otherwise."""
    if asked.level != "community":
        return table[table["level"] == "street"]
    street = ancestor(edition(asked.dataset.areas, period_end(asked.period)), "street")
    inside = [code for code, at in street.items() if at == street.get(asked.area)]
    return table[(table["level"] == "community") & table["area_code"].isin(inside)]


def _ranking(asked: Asked) -> go.Figure:
    from ..show.charts import plot_ranking

    table = _rows(asked)
    rows, whole = _named(asked, _peers(asked, table), table), table[table["level"] == "district"]
    return plot_ranking(rows, lang=asked.lang, highlight=asked.area, reference=whole.iloc[0] if len(whole) else None)


def _trend(asked: Asked) -> go.Figure:
    from ..show.charts import plot_trend

    rows = pd.concat([_rows(asked, year) for year in periods(asked.dataset) if year <= asked.period[-4:]], ignore_index=True)
    rows = rows[(rows["area_code"] == asked.area) | (rows["level"] == "district")]
    return plot_trend(rows, lang=asked.lang, highlight=asked.area)


def _comparison(asked: Asked) -> go.Figure:
    from ..measure.compare import compare_periods
    from ..measure.disclosure import release_comparison
    from ..show.charts import plot_comparison

    options: dict[str, Any] = {"baseline": _baseline(asked), "current": asked.period}
    both = [compare_periods(asked.dataset, asked.indicator, by=by, **options) for by in ("street", "district")]
    streets, whole = (release_comparison(asked.dataset, table, asked.audience) for table in both)
    return plot_comparison(_named(asked, streets, whole), lang=asked.lang, highlight=asked.area)


def _baseline(asked: Asked) -> str:
    if not asked.baseline:
        raise ArgumentError("no_baseline")
    check_order(asked.baseline, asked.period)
    return asked.baseline


def _mix(asked: Asked) -> go.Figure:
    from ..measure.process import project_mix
    from ..show.charts import plot_mix

    rows, about = project_mix(asked.dataset, area=asked.area, period=asked.period), _about(asked)
    return plot_mix(rows, lang=asked.lang, about=about)


def _stages(asked: Asked) -> go.Figure:
    from ..measure.process import stages
    from ..show.charts import plot_stages

    rows, about = stages(asked.dataset, area=asked.area, period=asked.period), _about(asked)
    return plot_stages(rows, lang=asked.lang, about=about)


def _about(asked: Asked) -> Any:
    table = _rows(asked)
    return table[table["area_code"] == asked.area].iloc[0]


def _funnel(asked: Asked) -> go.Figure:
    from ..measure.outliers import funnel
    from ..show.charts import plot_funnel

    table = _rows(asked)
    places = funnel(table[table["level"] == "community"])
    return plot_funnel(_named(asked, places, table), lang=asked.lang, highlight=asked.area)


def _scores(asked: Asked) -> go.Figure:
    from ..show.score_charts import plot_scores
    from ..show.scores import scored

    evaluation, ranking = scored(asked.dataset, asked.rubric, period=asked.period, audience=asked.audience)
    place = asked.area if asked.level != "community" else code_of(asked.dataset, "", asked.period)
    highlight = asked.area if asked.level == "community" else None
    return plot_scores(ranking, evaluation, place, lang=asked.lang, highlight=highlight, audience=asked.audience)


def _parts(asked: Asked) -> go.Figure:
    from ..show.score_charts import plot_parts
    from ..show.scores import scored

    evaluation, _ = scored(asked.dataset, asked.rubric, period=asked.period, audience=asked.audience)
    items = asked.audience != "public"  # what each item of an area was given is not for the public
    return plot_parts(evaluation, asked.area, items=items, lang=asked.lang)


def _decomposition(asked: Asked) -> go.Figure:
    from ..measure.decomposition import decompose
    from ..show.apart import plot_decomposition

    table = decompose(asked.dataset, asked.indicator, baseline=_baseline(asked), current=asked.period)
    return plot_decomposition(_named(asked, table, table), lang=asked.lang)


def _quarters(asked: Asked) -> go.Figure:
    from ..measure.quarters import quarters
    from ..show.apart import plot_quarters

    rows = quarters(asked.dataset, by=asked.level)
    rows = rows[(rows["area_code"] == asked.area) & (rows["quarter"].str[:4] <= asked.period[-4:])]
    return plot_quarters(rows, lang=asked.lang)


def _variants(asked: Asked) -> go.Figure:
    from ..measure.disclosure import made_of
    from ..measure.indicators import INDICATORS
    from ..measure.robustness import robustness
    from ..show.apart import plot_variants

    bases = list(INDICATORS[asked.indicator].bases)[:1]
    rows = robustness(asked.dataset, asked.indicator, baseline=_baseline(asked), current=asked.period, bases=bases)
    if asked.audience != "internal" and made_of(asked.indicator, bases[0]):
        raise ArgumentError("variants_of_people", found=asked.indicator)  # what one variant hides another would tell
    return plot_variants(rows, lang=asked.lang)


def _map(asked: Asked) -> go.Figure:
    from ..show.maps import plot_map

    if not asked.geojson:
        raise ArgumentError("no_geojson")
    table = _rows(asked)
    return plot_map(_named(asked, _peers(asked, table), table), asked.geojson, lang=asked.lang, highlight=asked.area)


CHARTS: dict[str, Callable[[Asked], go.Figure]] = {
    "ranking": _ranking,
    "trend": _trend,
    "comparison": _comparison,
    "funnel": _funnel,
    "mix": _mix,
    "stages": _stages,
    "scores": _scores,
    "parts": _parts,
    "decomposition": _decomposition,
    "quarters": _quarters,
    "variants": _variants,
    "map": _map,
}
