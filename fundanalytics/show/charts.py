"""The charts: the indicator table → plotly figures, one message each.

Nothing is estimated here; intervals are drawn whenever the rows have them. Bars stand for full counts and start at zero,
points with bars for estimates. A blank value is a named gap. ``figure.layout.meta`` holds title, caption and a description
in words. The layout they share is in ``canvas``, colours and fonts are in ``template``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .canvas import (
    SOURCE,
    WORDS,
    area_axis,
    beside,
    caption_of,
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
    subtitle_of,
    told_text,
    value_axis,
    wrap,
)
from .formats import bare, difference, escape_html, is_blank, number, plain, sentence_case
from .labels import label, period_label
from .process_charts import plot_mix, plot_stages
from .sentences import CHARTS as TEXT
from .template import CONTEXT, INK, SOFT, colour
from .wording import change_limits, is_full_count, say_note, unit_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

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
        return empty("ranking", _about(rows, lang), lang)
    rows = rows.sort_values(["value", "area_code"], ascending=[False, True], na_position="last")
    first, words, unit = rows.iloc[0], TEXT[lang], rows["unit"].iloc[0]
    title = words["ranking"].format(level=label(first["level"], lang, "levels"), indicator=_indicator(first, lang))
    names, known = names_of(rows, highlight), rows[rows["value"].notna()]
    fig = figure(
        title=title,
        subtitle=subtitle_of(first, lang),
        caption=caption_of(rows, lang, source=source),
        description=_ranked(title, known, rows, lang),
        plot_height=rows_height(names),
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=room(names),
        right=130,
        above=26,
    )
    colours = marks(known, highlight, colour(first["indicator"]), CONTEXT)
    _values(fig, known, colours, lang)
    gaps(fig, [words["no_data"].format(why=say_note(note, lang)) for note in rows["note"].iloc[len(known) :]], scale(rows)[0])
    beside(fig, [bare(v, unit) + (f" {words['small']}" if q == 3 else "") for v, q in zip(known["value"], known["quality"], strict=True)], len(rows))
    reference_line(fig, reference)
    fig.update_xaxes(**value_axis(rows, lang))
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _values(fig: go.Figure, rows: pd.DataFrame, colours: list[str], lang: str) -> None:
    """Bars from zero for a full count, points with limits for an estimate."""
    hover = [f"{escape_html(name)}<br>{told_text(row, lang)}" for name, (_, row) in zip(rows["area_name"], rows.iterrows(), strict=True)]
    common = {"x": rows["value"], "y": rows["area_code"], "orientation": "h", "hovertext": hover, "hoverinfo": "text"}
    if rows["lower"].isna().all():
        fig.add_bar(**common, marker={"color": colours}, width=0.62)
        return
    common.pop("orientation")
    hollow = rows["quality"] == 3
    fig.add_scatter(
        **common,
        mode="markers",
        marker={"size": 9, "color": ["white" if h else c for h, c in zip(hollow, colours, strict=True)], "line": {"width": 2, "color": colours}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": rows["upper"] - rows["value"],
            "arrayminus": rows["value"] - rows["lower"],
            "color": SOFT,
            "thickness": 1.4,
            "width": 3,
        },
    )


def _ranked(title: str, known: pd.DataFrame, rows: pd.DataFrame, lang: str) -> str:
    words, missing = TEXT[lang], len(rows) - len(known)
    if known.empty:
        return f"{title} {WORDS[lang]['empty']}"
    ends = [f"{plain(known[c].iloc[i])}" for c in ("area_name",) for i in (0, -1)]
    values = [bare(known["value"].iloc[i], known["unit"].iloc[i]) for i in (0, -1)]
    return (
        words["ranked"]
        .format(
            title=title,
            count=len(known),
            high=f"{ends[0]} {values[0]}",
            low=f"{ends[1]} {values[1]}",
            blank=words["blank"].format(n=missing) if missing else "",
        )
        .strip()
    )


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
        return empty("trend", _about(table, lang), lang)
    rows = table.sort_values(["area_code", "period"])
    codes, wholes = list(rows["area_code"].unique()), rows.loc[rows["level"] == "district", "area_code"]
    chosen = highlight if highlight in codes else (wholes.iloc[0] if len(wholes) else codes[0])
    mine, words, periods = rows[rows["area_code"] == chosen], TEXT[lang], sorted(rows["period"].astype("str").unique())
    first = mine.iloc[0]
    title = words["trend"].format(area=first["area_name"], indicator=_indicator(first, lang))
    told = ", ".join(f"{p} {bare(v, u)}" for p, v, u in zip(mine["period"], mine["value"], mine["unit"], strict=True))
    fig = figure(
        title=title,
        subtitle=subtitle_of(first, lang, period=False),
        caption=caption_of(mine, lang, source=source, vertical=True),
        description=f"{title} {told}",
        plot_height=300,
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=66,
        legend=len(codes) > 1,
    )
    others = [c for c in codes if c != chosen and c not in set(wholes)]
    for i, code in enumerate(others):
        _line(fig, rows[rows["area_code"] == code], words["others"], {"color": CONTEXT, "width": 1}, lang, showlegend=i == 0, opacity=0.6)
    for code in [c for c in wholes.unique() if c != chosen]:
        _line(fig, rows[rows["area_code"] == code], words["whole"], {"color": INK, "width": 1.4, "dash": "dot"}, lang)
    _line(fig, mine, escape_html(first["area_name"]), {"color": colour(first["indicator"]), "width": 2.6}, lang, limits_too=True)
    for period, value, note in zip(mine["period"], mine["value"], mine["note"], strict=True):
        if is_blank(value):
            fig.add_annotation(
                x=periods.index(str(period)),
                y=0.5,
                yref="paper",
                text=wrap(words["no_data"].format(why=say_note(note, lang)), 22),
                showarrow=False,
                font={"size": 11.5, "color": SOFT},
            )
    fig.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=periods,
        range=[-0.4, len(periods) - 0.6],
        showgrid=False,
        tickmode="array",
        tickvals=periods,
        ticktext=[period_label(p, lang) for p in periods],
    )
    fig.update_yaxes(**value_axis(rows, lang))
    return fig


def _line(fig: go.Figure, rows: pd.DataFrame, name: str, line: dict[str, Any], lang: str, *, limits_too: bool = False, **more: Any) -> None:
    error = None
    if limits_too and rows["lower"].notna().any():
        error = {
            "type": "data",
            "symmetric": False,
            "array": rows["upper"] - rows["value"],
            "arrayminus": rows["value"] - rows["lower"],
            "thickness": 1.4,
            "width": 4,
        }
    fig.add_scatter(
        x=rows["period"].astype("str"),
        y=rows["value"],
        name=name,
        mode="lines+markers+text" if limits_too else "lines+markers",
        line=line,
        marker={"size": 9 if limits_too else 4},
        connectgaps=False,
        error_y=error,
        text=[bare(v, u) for v, u in zip(rows["value"], rows["unit"], strict=True)] if limits_too else None,
        textposition="top right" if error else "top center",
        cliponaxis=False,
        textfont={"color": line["color"]},
        hovertext=[f"{escape_html(r['area_name'])}<br>{period_label(r['period'], lang)}: {told_text(r, lang)}" for _, r in rows.iterrows()],
        hoverinfo="text",
        **more,
    )


def plot_comparison(table: pd.DataFrame, *, lang: str = "zh", highlight: str | None = None, source: str | None = None) -> go.Figure:
    """Two periods of each area joined by a line, with the difference in points beside it.

    Use for "is it better than under the old funds?". The difference is no effect: funds, coverage and rules changed too.

    Parameters
    ----------
    table
        Rows of ``compare_periods``, one per area.
    highlight
        Code of the area in the accent.
    """
    rows = one_line_each(table)
    if rows.empty:
        return empty("comparison", _about(rows, lang), lang)
    rows = rows.sort_values(["change", "area_code"], ascending=[False, True], na_position="last")
    first, words = rows.iloc[0], TEXT[lang]
    before, after = (period_label(first[c], lang) for c in ("baseline", "current"))
    indicator = _indicator(first, lang)
    title = words["comparison"].format(indicator=sentence_case(indicator), current=after, baseline=before)
    names, accent = names_of(rows, highlight), colour(first["indicator"])
    changes = [_change(row, lang) for _, row in rows.iterrows()]
    told = "; ".join(f"{plain(n)} {c}" for n, c in zip(rows["area_name"], changes, strict=True))
    fig = figure(
        title=title,
        subtitle=label(first["basis"], lang, "basis"),
        caption=_comparison_caption(rows, lang, source),
        description=f"{title} {told}",
        plot_height=rows_height(names),
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=room(names),
        right=room(changes) + 6,
        legend=True,
    )
    known = rows[rows["change"].notna()]
    ends = known[["baseline_value", "current_value"]].assign(gap=None).to_numpy().ravel().tolist()
    fig.add_scatter(
        x=ends,
        y=[c for code in known["area_code"] for c in (code, code, None)],
        mode="lines",
        line={"color": CONTEXT, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    fig.add_scatter(
        x=known["baseline_value"],
        y=known["area_code"],
        name=before,
        mode="markers",
        hoverinfo="x",
        marker={"size": 10, "color": "white", "line": {"width": 2, "color": SOFT}},
    )
    fig.add_scatter(
        x=known["current_value"],
        y=known["area_code"],
        name=after,
        mode="markers",
        hoverinfo="x",
        marker={"size": 10, "color": marks(known, highlight, accent, SOFT)},
        error_x=_change_bars(known),
    )
    beside(fig, changes, len(rows))
    axis_rows = pd.DataFrame({"value": [*known["baseline_value"], *known["current_value"]], "unit": _unit(rows), "indicator": first["indicator"]})
    fig.update_xaxes(
        **value_axis(axis_rows if len(axis_rows) else pd.DataFrame({"value": [0.0], "unit": [_unit(rows)], "indicator": [first["indicator"]]}), lang)
    )
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _unit(rows: pd.DataFrame) -> str:
    return unit_of(rows.iloc[0])


def _change(row: pd.Series, lang: str) -> str:
    if is_blank(row["change"]):
        return escape_html(TEXT[lang]["no_data"].format(why=say_note(row["note"], lang)))
    unit = _unit(row.to_frame().T)
    text = difference(row["change"], unit, signed=True)
    return text if is_blank(row["lower"]) or is_blank(row["upper"]) else f"{text} [{change_limits(row['lower'], row['upper'], unit, lang)}]"


def _change_bars(known: pd.DataFrame) -> dict[str, Any] | None:
    if known["lower"].isna().all():
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": known["upper"] - known["change"],
        "arrayminus": known["change"] - known["lower"],
        "color": SOFT,
        "thickness": 1.4,
        "width": 3,
    }


def _comparison_caption(rows: pd.DataFrame, lang: str, source: str | None) -> str:
    words, text = TEXT[lang], TEXT[lang]["change"]
    if rows["lower"].notna().any():
        confidence = f"{number(round(float(rows['confidence'].dropna().iloc[0]) * 100, 1))}%"
        text += words["process" if is_full_count(rows.iloc[0]) else "sampled"].format(confidence=confidence)
    return text + (source or SOURCE[lang])


def plot_funnel(table: pd.DataFrame, *, lang: str = "zh", highlight: str | None = None, source: str | None = None) -> go.Figure:
    """Values against size, with the limits that ordinary variation stays within.

    Use before calling an area unusual: small areas swing widely by chance.

    Parameters
    ----------
    table
        ``funnel`` of indicator rows: they and size, expected, lower_95, upper_95, lower_998, upper_998, outside.
    """
    rows, words = table[table["value"].notna() & table["size"].notna()].sort_values("size"), TEXT[lang]
    if rows.empty:
        return empty("funnel", _about(table, lang), lang, synthetic=is_synthetic(table["origin"]))
    first, accent = rows.iloc[0], colour(rows["indicator"].iloc[0])
    title = words["funnel"].format(level=label(first["level"], lang, "levels"), indicator=_indicator(first, lang))
    outside = rows[rows["outside"].fillna(False).astype(bool)]
    told = ", ".join(f"{plain(n)} {bare(v, u)}" for n, v, u in zip(outside["area_name"], outside["value"], outside["unit"], strict=True)) or "0"
    fig = figure(
        title=title,
        subtitle=subtitle_of(first, lang),
        caption=words["funnel_note"] + (source or SOURCE[lang]),
        description=f"{title} {told}",
        plot_height=380,
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=66,
    )
    for column, dash in (("expected", "solid"), ("lower_95", "dash"), ("upper_95", "dash"), ("lower_998", "dot"), ("upper_998", "dot")):
        fig.add_scatter(x=rows["size"], y=rows[column], name=column, mode="lines", line={"color": SOFT, "width": 1.2, "dash": dash}, hoverinfo="skip")
    special = rows["outside"].fillna(False).astype(bool) | (rows["area_code"] == highlight)
    for part, solid in ((rows[~special], False), (rows[special], True)):
        fig.add_scatter(
            x=part["size"],
            y=part["value"],
            name="named" if solid else "areas",
            mode="markers+text" if solid else "markers",
            text=[escape_html(n) for n in part["area_name"]] if solid else None,
            textposition=["top center" if i % 2 else "bottom center" for i in range(len(part))] if solid else None,
            textfont={"size": 11.5},
            marker={"size": 9 if solid else 7, "color": accent if solid else CONTEXT, "opacity": 1 if solid else 0.8},
            hovertext=[f"{escape_html(r['area_name'])}<br>{told_text(r, lang)}" for _, r in part.iterrows()],
            hoverinfo="text",
        )
    fig.update_xaxes(title={"text": words["size"]}, rangemode="tozero", tickformat=",d")
    fig.update_yaxes(**value_axis(rows, lang))
    return fig


def _indicator(row: Any, lang: str) -> str:
    return label(row["indicator"], lang, "indicator")


def _about(rows: pd.DataFrame, lang: str) -> dict[str, str]:
    """What a title names, from rows that may be none."""
    if rows.empty:
        return dict.fromkeys(("level", "indicator", "area", "baseline", "current"), "…")
    return {"level": label(rows["level"].iloc[0], lang, "levels"), "indicator": _indicator(rows.iloc[0], lang)}
