"""One chart by name, and the rows it draws, as its audience may see them.

Place in the flow: for who needs a single figure and not a report. It picks the rows for each kind of chart; measuring and drawing are done
elsewhere, and ``packs`` writes the files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import ancestor, check_order, edition, period_end, resolve
from ..errors import ArgumentError, check_option
from .plan import check_period, periods

if TYPE_CHECKING:
    from ..data.dataset import Dataset

    Drawn = Callable[[str], tuple[Any, pd.DataFrame]]

RUBRIC = "governance_fund"
MAIN, SAMPLED = "usage_rate", "satisfaction_rate"
COUNTS = ("numerator", "denominator", "n", "n_eff", "size", "baseline_n", "current_n", "baseline_weight", "current_weight", "within", "between")


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
) -> tuple[Any, pd.DataFrame]:
    """A chart and the rows it draws.

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
    tuple
        The plotly figure, and a table with one row per thing drawn.

    Raises
    ------
    ArgumentError
        Unknown chart, indicator, area or audience; a period without data; a comparison without baseline.
    """
    options: dict[str, Any] = {"indicator": indicator, "baseline": baseline, "rubric": rubric, "geojson": geojson, "audience": audience}
    return prepared(name, dataset, period=period, area=area, **options)(lang)


def prepared(
    name: str, dataset: Dataset, *, period: str, area: str = "", indicator: str = "", baseline: str = "", rubric: str | Path = RUBRIC,
    geojson: str | Path = "", audience: str = "public",
) -> Drawn:  # fmt: skip
    """As ``chart``, measured once and drawn in any language: a function of the language."""
    from ..measure.disclosure import AUDIENCES
    from ..measure.indicators import INDICATORS

    check_option("chart", name, CHARTS)
    indicator = indicator or (SAMPLED if name == "funnel" else MAIN)
    check_option("indicator", indicator, INDICATORS)
    check_option("audience", audience, AUDIENCES)
    check_period(dataset, period)
    code = code_of(dataset, area, period)
    drawn = CHARTS[name](Asked(dataset, code, period, indicator, baseline, audience, str(rubric), str(geojson or "")))
    return lambda lang: _finished(name, *drawn(lang))


def _finished(name: str, figure: Any, rows: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    """The figure under its name; the rows without the sums of areas that are not named: they are not drawn, and would tell who it is."""
    from ..show.canvas import UNNAMED

    figure.layout.meta = {**(figure.layout.meta or {}), "chart": name}
    if "area_code" in rows:
        hidden, rows = rows["area_code"].astype("str").str.startswith(UNNAMED), rows.copy()
        for column in rows.columns.intersection(COUNTS):
            rows[column] = rows[column].mask(hidden)
    return figure, rows


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


def _named(asked: Asked, rows: pd.DataFrame, than: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Rows whose areas are named as far as the audience may read who they are."""
    from ..show.naming import named

    return named(rows, asked.dataset, asked.area, asked.audience, than[than["level"] == "district"], lang=lang)


def _peers(asked: Asked, table: pd.DataFrame) -> pd.DataFrame:
    """The areas to rank: communities of one street for a community, the streets otherwise."""
    if asked.level != "community":
        return table[table["level"] == "street"]
    street = ancestor(edition(asked.dataset.areas, period_end(asked.period)), "street")
    inside = [code for code, at in street.items() if at == street.get(asked.area)]
    return table[(table["level"] == "community") & table["area_code"].isin(inside)]


def _ranking(asked: Asked) -> Drawn:
    from ..show.charts import plot_ranking

    table = _rows(asked)
    peers, whole = _peers(asked, table), table[table["level"] == "district"]

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:
        rows = _named(asked, peers, table, lang)
        return plot_ranking(rows, lang=lang, highlight=asked.area, reference=whole.iloc[0] if len(whole) else None), rows

    return drawn


def _trend(asked: Asked) -> Drawn:
    from ..show.charts import plot_trend

    rows = pd.concat([_rows(asked, year) for year in periods(asked.dataset) if year <= asked.period[-4:]], ignore_index=True)
    rows = rows[(rows["area_code"] == asked.area) | (rows["level"] == "district")]
    return lambda lang: (plot_trend(rows, lang=lang, highlight=asked.area), rows)


def _comparison(asked: Asked) -> Drawn:
    from ..measure.compare import compare_periods
    from ..measure.disclosure import release_comparison
    from ..show.charts import plot_comparison

    options: dict[str, Any] = {"baseline": _baseline(asked), "current": asked.period}
    both = [compare_periods(asked.dataset, asked.indicator, by=by, **options) for by in ("street", "district")]
    streets, whole = (release_comparison(asked.dataset, table, asked.audience) for table in both)

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:
        rows = _named(asked, streets, whole, lang)
        return plot_comparison(rows, lang=lang, highlight=asked.area), rows

    return drawn


def _baseline(asked: Asked) -> str:
    if not asked.baseline:
        raise ArgumentError("no_baseline")
    check_order(asked.baseline, asked.period)
    return asked.baseline


def _mix(asked: Asked) -> Drawn:
    from ..measure.process import project_mix
    from ..show.charts import plot_mix

    rows, about = project_mix(asked.dataset, area=asked.area, period=asked.period), _about(asked)
    return lambda lang: (plot_mix(rows, lang=lang, about=about), rows)


def _stages(asked: Asked) -> Drawn:
    from ..measure.process import stages
    from ..show.charts import plot_stages

    rows, about = stages(asked.dataset, area=asked.area, period=asked.period), _about(asked)
    return lambda lang: (plot_stages(rows, lang=lang, about=about), rows)


def _about(asked: Asked) -> Any:
    table = _rows(asked)
    return table[table["area_code"] == asked.area].iloc[0]


def _funnel(asked: Asked) -> Drawn:
    from ..measure.outliers import funnel
    from ..show.charts import plot_funnel

    table = _rows(asked)
    places = funnel(table[table["level"] == "community"])

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:
        rows = _named(asked, places, table, lang)
        return plot_funnel(rows, lang=lang, highlight=asked.area), rows

    return drawn


def _scores(asked: Asked) -> Drawn:
    from ..show.score_charts import plot_scores
    from ..show.scores import scored
    from .packs import drawn_data

    evaluation, ranking = scored(asked.dataset, asked.rubric, period=asked.period, audience=asked.audience)
    place = asked.area if asked.level != "community" else code_of(asked.dataset, "", asked.period)
    highlight = asked.area if asked.level == "community" else None

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:
        figure = plot_scores(ranking, evaluation, place, lang=lang, highlight=highlight, audience=asked.audience)
        return figure, drawn_data(figure)

    return drawn


def _parts(asked: Asked) -> Drawn:
    from ..show.score_charts import plot_parts
    from ..show.scores import scored
    from .packs import drawn_data

    evaluation, _ = scored(asked.dataset, asked.rubric, period=asked.period, audience=asked.audience)

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:  # what each item of an area was given is not for the public
        figure = plot_parts(evaluation, asked.area, items=asked.audience != "public", lang=lang)
        return figure, drawn_data(figure)

    return drawn


def _decomposition(asked: Asked) -> Drawn:
    from ..measure.decomposition import decompose
    from ..show.apart import plot_decomposition

    table = decompose(asked.dataset, asked.indicator, baseline=_baseline(asked), current=asked.period)

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:
        rows = _named(asked, table, table, lang)
        return plot_decomposition(rows, lang=lang), rows

    return drawn


def _quarters(asked: Asked) -> Drawn:
    from ..measure.quarters import quarters
    from ..show.apart import plot_quarters

    rows = quarters(asked.dataset, by=asked.level)
    rows = rows[(rows["area_code"] == asked.area) & (rows["quarter"].str[:4] <= asked.period[-4:])]
    return lambda lang: (plot_quarters(rows, lang=lang), rows)


def _variants(asked: Asked) -> Drawn:
    from ..measure.disclosure import made_of
    from ..measure.indicators import INDICATORS
    from ..measure.robustness import robustness
    from ..show.apart import plot_variants

    bases = list(INDICATORS[asked.indicator].bases)[:1]
    rows = robustness(asked.dataset, asked.indicator, baseline=_baseline(asked), current=asked.period, bases=bases)
    if asked.audience != "internal" and made_of(asked.indicator, bases[0]):
        raise ArgumentError("variants_of_people", found=asked.indicator)  # what one variant hides another would tell
    return lambda lang: (plot_variants(rows, lang=lang), rows)


def _map(asked: Asked) -> Drawn:
    from ..show.maps import plot_map

    if not asked.geojson:
        raise ArgumentError("no_geojson")
    table = _rows(asked)
    peers = _peers(asked, table)

    def drawn(lang: str) -> tuple[Any, pd.DataFrame]:
        rows = _named(asked, peers, table, lang)
        return plot_map(rows, asked.geojson, lang=lang, highlight=asked.area), rows

    return drawn


CHARTS: dict[str, Callable[[Asked], Drawn]] = {
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
