"""The charts: the indicator table → plotly figures, one message each.

Nothing is estimated here; intervals are drawn whenever the rows have them. Bars stand for full counts and start at zero,
points with bars for estimates. A blank value is a named gap. ``figure.layout.meta`` holds title, caption, and a description
in words. The layout they share is in ``canvas``, colours and fonts are in ``template``, when to use which in ``gallery``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from .canvas import (
    NAME,
    ROOMY,
    WORDS,
    about_rows,
    annotate,
    area_axis,
    bars_of,
    beside,
    called,
    caption_of,
    dot,
    empty,
    figure,
    gaps,
    is_synthetic,
    marks,
    names_of,
    one_line_each,
    reference_line,
    room,
    rows_height,
    scale,
    shortened,
    subtitle_of,
    told_text,
    value_axis,
    wrap,
)
from .formats import bare, escape_html, is_blank, sentence_case
from .gap_charts import plot_comparison, plot_funnel
from .labels import label, period_label
from .process_charts import plot_mix, plot_stages
from .sentences import CHARTS as TEXT
from .template import CONTEXT, INK, SOFT, colour
from .wording import say_note

if TYPE_CHECKING:
    import plotly.graph_objects as go

TALL, ABOVE = 300, 18  # pixels of the plot of a trend, and of the numbers above it
MANY_YEARS = 6  # more numbers than this do not fit beside each other on a phone

__all__ = ["plot_comparison", "plot_funnel", "plot_mix", "plot_ranking", "plot_stages", "plot_trend"]


def plot_ranking(table: pd.DataFrame, *, lang: str = "zh", highlight: str | None = None, reference: Any = None, source: str | None = None) -> go.Figure:
    """Areas sorted by value, with intervals, against a reference.

    Use for "who did well, and is the difference real?". Overlapping intervals are not a ranking.

    Parameters
    ----------
    table
        Indicator rows of one level, indicator, definition and period: one row per area.
    highlight
        Code of the area in the accent; the others turn grey.
    reference
        An indicator row (the district) drawn as a line.

    Returns
    -------
    plotly Figure
        Bars when nothing has limits, points with limits otherwise; blanks last, with their reason.
    """
    rows = one_line_each(table)
    if rows.empty:
        return empty("ranking", partial(about_rows, rows), lang)
    rows = rows.sort_values(["value", "area_code"], ascending=[False, True], na_position="last")
    first, words, unit = rows.iloc[0], TEXT[lang], rows["unit"].iloc[0]
    names, known, span = names_of(rows, highlight), rows[rows["value"].notna()], scale(rows)
    texts = [bare(v, unit, lang=lang) + (f" {words['small']}" if q == 3 else "") for v, q in zip(known["value"], known["quality"], strict=True)]
    blanks = [words["no_data"].format(why=say_note(note, lang)) for note in rows["note"].iloc[len(known) :]]
    fig = figure(
        chart="ranking",
        indicator=first["indicator"],
        title=partial(_ranking_title, rows),
        subtitle=subtitle_of(first, lang),
        caption=partial(caption_of, rows, source=source),
        description=partial(_ranked, rows),
        plot_height=rows_height(names),
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=room(names),
        right=room([*texts, *[""] * len(blanks)]) + 6,
        above=26,
    )
    _values(fig, known, marks(known, highlight, colour(first["indicator"]), CONTEXT), len(rows), lang)
    gaps(fig, blanks, span[0], len(rows))
    beside(fig, texts, len(rows))
    reference_line(fig, reference, span)
    fig.layout.xaxis = value_axis(rows, lang)
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _values(fig: go.Figure, rows: pd.DataFrame, colours: list[str], places: int, lang: str) -> None:
    """Bars from zero for a full count, points with limits for an estimate."""
    hover = [f"{escape_html(called(row, lang))}<br>{told_text(row, lang)}" for _, row in rows.iterrows()]
    common = {"x": rows["value"], "y": rows["area_code"], "hovertext": hover, "hoverinfo": "text"}
    if rows["lower"].isna().all():
        fig.add_bar(**common, orientation="h", marker={"color": colours}, width=0.62)
        return
    hollow = rows["quality"] == 3
    ring = {"width": 2 if places <= ROOMY else 1, "color": colours}
    fills = ["white" if h else c for h, c in zip(hollow, colours, strict=True)]
    fig.add_scatter(**common, mode="markers", marker={"size": dot(places), "color": fills, "line": ring}, error_x=bars_of(rows))


def _ranking_title(rows: pd.DataFrame, lang: str) -> str:
    return TEXT[lang]["ranking"].format(**about_rows(rows, lang))


def _ranked(rows: pd.DataFrame, lang: str) -> str:
    words, known, title = TEXT[lang], rows[rows["value"].notna()], _ranking_title(rows, lang)
    if known.empty:
        return f"{title} {WORDS[lang]['empty']}"
    high, low = (f"{called(row, lang)} {bare(row['value'], row['unit'], lang=lang)}" for row in (known.iloc[0], known.iloc[-1]))
    missing = words["blank"].format(n=len(rows) - len(known)) if len(known) < len(rows) else ""
    return words["ranked"].format(title=title, count=len(known), high=high, low=low, blank=missing).strip()


def plot_trend(table: pd.DataFrame, *, lang: str = "zh", highlight: str | None = None, source: str | None = None) -> go.Figure:
    """One indicator over the years: the highlighted area, its district dotted, all others in grey.

    Use to see whether a year is unlike the years before it. Three or four years are a picture, not a test.

    Parameters
    ----------
    table
        Indicator rows of one indicator and definition, several periods, one or more areas.
    highlight
        Code of the area in the accent; without it the district, or the only area.
    """
    if table.empty:
        return empty("trend", partial(about_rows, table), lang)
    rows = table.sort_values(["area_code", "period"])
    codes, wholes = list(rows["area_code"].unique()), list(rows.loc[rows["level"] == "district", "area_code"].unique())
    chosen = highlight if highlight in codes else (wholes[0] if wholes else codes[0])
    mine, words, periods = rows[rows["area_code"] == chosen], TEXT[lang], sorted(rows["period"].astype("str").unique())
    first = mine.iloc[0]
    fig = figure(
        chart="trend",
        indicator=first["indicator"],
        title=partial(_trend_title, mine),
        subtitle=subtitle_of(first, lang, period=False),
        caption=partial(caption_of, mine, source=source, vertical=True),
        description=partial(_years, mine),
        plot_height=TALL,
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=66,
        right=24,
        legend=len(codes) > 1,
        above=ABOVE,
    )
    fig.layout.legend.y = 1 + ABOVE / TALL
    others = [c for c in codes if c != chosen and c not in wholes]
    among = {"level": label(rows.loc[rows["area_code"].isin(others), "level"].iloc[0], lang, "levels")} if others else {}
    called_others = sentence_case(words["each" if chosen in wholes else "others"].format(**among)) if others else ""
    for i, code in enumerate(others):
        _line(fig, rows[rows["area_code"] == code], called_others, {"color": CONTEXT, "width": 1}, lang, showlegend=i == 0, opacity=0.6)
    for code in [c for c in wholes if c != chosen]:
        _line(fig, rows[rows["area_code"] == code], words["whole"], {"color": INK, "width": 1.4, "dash": "dot"}, lang)
    _line(fig, mine, escape_html(shortened(called(first, lang), NAME)), {"color": colour(first["indicator"]), "width": 2.6}, lang, main=True)
    _numbers(fig, mine, rows, periods)
    _years_without(fig, mine, periods, lang)
    fig.layout.xaxis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": periods,
        "range": [-0.4, len(periods) - 0.6],
        "showgrid": False,
        "tickmode": "array",
        "tickvals": periods,
        "ticktext": [p if len(periods) > MANY_YEARS else period_label(p, lang) for p in periods],
    }
    fig.layout.yaxis = value_axis(rows, lang)
    return fig


def _numbers(fig: go.Figure, mine: pd.DataFrame, rows: pd.DataFrame, periods: list[str]) -> None:
    """The numbers of the main line, above everything drawn in their year; of many years the first, the last, the highest and the lowest."""
    top = pd.concat([rows[["period", "value"]], mine[["period", "upper"]].rename(columns={"upper": "value"})]).groupby("period")["value"].max()
    known = mine[mine["value"].notna()]
    if len(known) > MANY_YEARS:
        known = known.loc[sorted({known.index[0], known.index[-1], known["value"].idxmax(), known["value"].idxmin()}, key=list(known.index).index)]
    common = {"showarrow": False, "yanchor": "bottom", "yshift": 3, "font": {"size": 12, "color": colour(mine["indicator"].iloc[0])}}
    texts = [bare(v, u, lang=fig.layout.meta["lang"]) for v, u in zip(known["value"], known["unit"], strict=True)]
    annotate(fig, *(common | {"x": periods.index(str(p)), "y": top[p], "text": text} for p, text in zip(known["period"], texts, strict=True)))


def _trend_title(mine: pd.DataFrame, lang: str) -> str:
    return TEXT[lang]["trend"].format(area=called(mine.iloc[0], lang), indicator=label(mine["indicator"].iloc[0], lang, "indicator"))


def _years(mine: pd.DataFrame, lang: str) -> str:
    missing = WORDS[lang]["no_data"]
    values = TEXT[lang]["comma"].join(
        f"{p} {missing if is_blank(v) else bare(v, u, lang=lang)}" for p, v, u in zip(mine["period"], mine["value"], mine["unit"], strict=True)
    )
    return f"{_trend_title(mine, lang)} {values}"


def _years_without(fig: go.Figure, mine: pd.DataFrame, periods: list[str], lang: str) -> None:
    """The reasons for the years without a value, each at its year."""
    common = {"y": 0.5, "yref": "paper", "showarrow": False, "bgcolor": "white", "font": {"size": 11.5, "color": SOFT}}
    gone = [(period, why) for period, value, why in zip(mine["period"], mine["value"], mine["note"], strict=True) if is_blank(value)]
    texts = [wrap(TEXT[lang]["no_data"].format(why=say_note(why, lang)), 22) for _, why in gone]
    annotate(fig, *(common | {"x": periods.index(str(period)), "text": text} for (period, _), text in zip(gone, texts, strict=True)))


def _line(fig: go.Figure, rows: pd.DataFrame, name: str, line: dict[str, Any], lang: str, *, main: bool = False, **more: Any) -> None:
    """A line over the years; the main one with its numbers and limits."""
    fig.add_scatter(
        x=rows["period"].astype("str"),
        y=rows["value"],
        name=name,
        mode="lines+markers",
        line=line,
        marker={"size": 9 if main else 4},
        connectgaps=False,
        error_y=bars_of(rows, colour=line["color"]) if main else None,
        cliponaxis=False,
        hovertext=[f"{escape_html(called(r, lang))}<br>{period_label(r['period'], lang)}: {told_text(r, lang)}" for _, r in rows.iterrows()],
        hoverinfo="text",
        **more,
    )
