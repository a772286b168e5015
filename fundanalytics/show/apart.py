"""A difference taken apart for readers: where its points come from, whether it was there already, what other choices would give.

Beside ``wording`` and ``charts``, for the rows of ``decompose``, ``trend``, ``robustness`` and ``sensitivity``. Nothing is estimated here, and nothing
that is said names a cause.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import years
from ..data.dataset import Dataset
from .apart_words import APART as TEXT
from .canvas import NAME, SOURCE, THEN, area_axis, bars_of, beside, called, empty, figure, is_synthetic, names_of, room, rows_height, taller, upright, wrap
from .facts import change_limits, unit_of
from .formats import Sentence, day, difference, is_blank, number, plain, points
from .labels import label, period_label
from .template import CONTEXT, INK, SOFT, colour
from .wording import say_note

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..measure.trend import Trend

__all__ = ["breaks_crossed", "plot_decomposition", "plot_quarters", "plot_variants", "say_decomposition", "say_robustness", "say_trend"]


def _with_limits(row: Any, term: str, lang: str) -> str:
    """``+1.2 [+0.8 to +1.6]`` of one term of a decomposition."""
    text = points(row[term], signed=True)
    lower, upper = row[f"{term}_lower"], row[f"{term}_upper"]
    return text if is_blank(lower) or is_blank(upper) else f"{text} [{change_limits(lower, upper, unit_of(row), lang)}]"


def say_decomposition(table: pd.DataFrame, lang: str = "zh") -> Sentence:
    """The district's row of ``decompose`` in words: the points within groups, in the mix, and from coming and going."""
    say = TEXT[lang]
    whole = table[table["level"] == "district"]
    if whole.empty or is_blank(whole.iloc[0]["change"]):
        return Sentence(say["not_apart"].format(why=say_note(whole.iloc[0]["note"] if len(whole) else None, lang)), rows=whole)
    row = whole.iloc[0]
    groups = label(table.loc[table["level"] != "district", "level"].iloc[0], lang, "levels") if len(table) > 1 else ""
    parts = {term: _with_limits(row, term, lang) for term in ("within", "between", "entered_left")}
    interval = "" if is_blank(row["confidence"]) else say["interval"].format(confidence=_confidence(row))
    told = say["apart"].format(area=plain(row["area_name"]), change=points(row["change"], signed=True), groups=groups, interval=interval, **parts)
    return Sentence(told, rows=(row,))


def _confidence(row: Any) -> str:
    return f"{number(round(float(row['confidence']) * 100, 1))}%"


def say_trend(found: Trend, area: str, lang: str = "zh") -> Sentence:
    """What a segmented regression allows to be said of an area; with too few points on either side, only that."""
    say = TEXT[lang]
    series = found.series[found.series["area_code"] == area]
    known = series.loc[series["value"].notna(), "quarter"]
    counts = {"before": int((known < found.break_at).sum()), "after": int((known >= found.break_at).sum()), "at": _quarter(found.break_at, lang)}
    terms = found.terms[found.terms["area_code"] == area].set_index("term")
    level = terms.loc["level_change"]
    if is_blank(level["lower"]):
        return Sentence(say["no_test"].format(**counts, why=say_note(level["note"], lang)), rows=series)
    told = {name: f"{points(terms.loc[name, 'value'], signed=True)} [{change_limits(terms.loc[name, 'lower'], terms.loc[name, 'upper'], 'share', lang)}]"
            for name in ("slope", "level_change", "slope_change")}  # fmt: skip
    used = [*terms.reset_index().to_dict("records"), *series.to_dict("records")]
    return Sentence(say["tested"].format(**counts, **told, confidence=_confidence(level)), rows=used)


def _quarter(text: str, lang: str) -> str:
    year, _, quarter = text.partition("Q")
    return f"{year}年第{quarter}季度" if lang == "zh" else f"quarter {quarter} of {year}"


def say_robustness(table: pd.DataFrame, lang: str = "zh") -> Sentence:
    """How far the difference of one area moves with the choices behind it, and how many of them cannot be made."""
    say, known = TEXT[lang], table[table["change"].notna()]
    if known.empty:
        return Sentence(say["no_variant"].format(n=len(table)), rows=table)
    unit, first = unit_of(known.iloc[0]), table.iloc[0]
    facts = {"n": len(table), "known": len(known), "low": difference(known["change"].min(), unit, signed=True),
             "high": difference(known["change"].max(), unit, signed=True)}  # fmt: skip
    main = "" if is_blank(first["change"]) else say["main_variant"].format(change=difference(first["change"], unit, signed=True))
    gone = table.loc[table["change"].isna(), "note"].value_counts()
    reasons = say["comma"].join(say["reason"].format(why=say_note(code, lang), n=n) for code, n in gone.items())
    return Sentence(say["variants"].format(**facts, main=main) + (say["not_made"].format(n=int(gone.sum()), reasons=reasons) if len(gone) else ""), rows=table)


def breaks_crossed(dataset: Dataset, baseline: str, current: str) -> pd.DataFrame:
    """The rule book's breaks between two periods: ``period``, ``note`` (code of the break), ``status``, ``source``; one row per break."""
    held = sorted({*years(baseline), *years(current)})
    found = [b for b in dataset.rules.get("breaks") or () if held[0] < str(b["period"]) <= held[-1]]
    rows = [{"period": str(b["period"]), "note": f"break_{b['what']}", "status": b["status"], "source": b["source"]} for b in found]
    return pd.DataFrame(rows, columns=["period", "note", "status", "source"])


def plot_decomposition(table: pd.DataFrame, *, lang: str = "zh", source: str | None = None) -> go.Figure:
    """From which groups the points of a difference come, most first.

    Use beside ``say_decomposition``. The bars add up to the district's difference; they are where the points are, not why.

    Parameters
    ----------
    table
        Rows of ``decompose``: the district and its groups.
    """
    rows = table[(table["level"] != "district") & table["total"].notna()].sort_values(["total", "area_code"], ascending=[False, True])
    if rows.empty:
        return empty("decomposition", {}, lang, synthetic=is_synthetic(table["origin"]))
    first, names, texts = rows.iloc[0], names_of(rows), [_terms(row, lang) for _, row in rows.iterrows()]
    fig = figure(chart="decomposition", indicator=first["indicator"], title=partial(_asked, "decomposition", first),
                 subtitle=label(first["basis"], lang, "basis"), caption=partial(_apart_caption, rows, source), description=partial(_taken_apart, rows),
                 plot_height=rows_height(names), lang=lang, synthetic=is_synthetic(rows["origin"]), left=room(names),
                 right=room(texts))  # fmt: skip
    drawn = 100 * rows[["total", "total_lower", "total_upper"]]
    fig.add_bar(x=drawn["total"], y=rows["area_code"], orientation="h", width=0.6, marker={"color": colour(first["indicator"])}, hoverinfo="x",
                error_x=bars_of(drawn, "total", lower="total_lower", upper="total_upper"))  # fmt: skip
    beside(fig, texts, len(rows))
    fig.layout.xaxis = {"title": {"text": TEXT[lang]["points_axis"]}, "zeroline": True, "zerolinecolor": INK}
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _asked(chart: str, first: pd.Series, lang: str) -> str:
    """The title of a chart of a difference, in a language."""
    levels = label(first["level"], lang, "levels")
    return TEXT[lang][chart].format(current=period_label(first["current"], lang), baseline=period_label(first["baseline"], lang), levels=levels)


def _apart_caption(rows: pd.DataFrame, source: str | None, lang: str) -> str:
    words, limited = TEXT[lang], rows[rows["confidence"].notna()]
    bars = words["bars"].format(confidence=_confidence(limited.iloc[0])) if len(limited) else ""
    return words["adds_up"] + bars + (source or SOURCE[lang])


def _terms(row: Any, lang: str) -> str:
    return TEXT[lang]["terms"].format(**{term: points(row[term], signed=True) for term in ("total", "within", "between")})


def _taken_apart(rows: pd.DataFrame, lang: str) -> str:
    told = THEN[lang].join(f"{called(row, lang)} {_terms(row, lang)}" for row in rows.to_dict("records"))
    return f"{_asked('decomposition', rows.iloc[0], lang)} {told}"


def _tried(rows: pd.DataFrame, lang: str) -> str:
    told = THEN[lang].join(f"{_variant(row, lang)} {_told(row, lang)}" for _, row in rows.iterrows())
    return f"{_asked('robustness', rows.iloc[0], lang)} {told}"


def _quarters_title(series: pd.DataFrame, lang: str) -> str:
    return TEXT[lang]["quarters"].format(area=called(series.iloc[0], lang))


def _quarters_caption(series: pd.DataFrame, source: str | None, lang: str) -> str:
    """The quarters that are not known, by their reasons, and the source."""
    gone = series[series["value"].isna()]
    parts = gone.groupby([series["value"].notna().cumsum()[gone.index], gone["note"].fillna("")])
    told = [(part["quarter"].iloc[0], part["quarter"].iloc[-1], say_note(part["note"].iloc[0], lang)) for _, part in parts]
    return "".join(TEXT[lang]["gap"].format(first=first, last=last, why=why) for first, last, why in told) + (source or SOURCE[lang])


def _paid(known: pd.DataFrame, lang: str) -> str:
    return f"{_quarters_title(known, lang)} " + THEN[lang].join(f"{q} {points(v)}%" for q, v in zip(known["quarter"], known["value"], strict=True))


def plot_variants(table: pd.DataFrame, *, lang: str = "zh", source: str | None = None) -> go.Figure:
    """One difference under every choice behind it: a point with its interval for each, the reported one on top.

    Parameters
    ----------
    table
        Rows of ``robustness`` for one area and definition.
    """
    rows = table.reset_index(drop=True).assign(area_code=lambda frame: frame.index.astype("str"))
    first = rows.iloc[0]
    names, texts = ([wrap(say(row, lang), NAME) for _, row in rows.iterrows()] for say in (_variant, _told))
    fig = figure(chart="variants", indicator=first["indicator"], title=partial(_asked, "robustness", first), subtitle=label(first["basis"], lang, "basis"),
                 caption=lambda at: TEXT[at]["variants_note"] + (source or SOURCE[at]), description=partial(_tried, rows),
                 plot_height=rows_height(taller(names, texts)), lang=lang, synthetic=is_synthetic(rows["origin"]), left=room(names),
                 right=room(texts))  # fmt: skip
    known = rows[rows["change"].notna()]
    colours = [colour(first["indicator"]) if i == 0 else SOFT for i in known.index]
    symbols = ["diamond" if i == 0 else "circle" for i in known.index]  # the usual way is told by its shape in grey print
    drawn = 100 * known[["change", "lower", "upper"]]
    fig.add_scatter(x=drawn["change"], y=known["area_code"], mode="markers", marker={"size": 9, "color": colours, "symbol": symbols}, hoverinfo="x",
                    error_x=bars_of(drawn, "change"))  # fmt: skip
    if not is_blank(first["change"]):
        upright(fig, 100 * float(first["change"]), {"color": CONTEXT, "width": 1, "dash": "dot"})
    upright(fig, 0, {"color": INK, "width": 1})
    beside(fig, texts, len(rows))
    fig.layout.xaxis = {"title": {"text": TEXT[lang]["points_axis"]}}
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _variant(row: pd.Series, lang: str) -> str:
    """The choices of one variant."""
    words = TEXT[lang]
    parts = [day(row["cut_off"], lang), label(row["boundaries"], lang, "boundaries"), words["without"].format(year=row["left_out"]) if row["left_out"] else ""]
    return words["comma"].join(part for part in parts if part)


def _told(row: pd.Series, lang: str) -> str:
    if is_blank(row["change"]):
        return str(say_note(row["note"], lang))
    text = difference(row["change"], unit_of(row), signed=True)
    return text if is_blank(row["lower"]) else f"{text} [{change_limits(row['lower'], row['upper'], unit_of(row), lang)}]"


def plot_quarters(series: pd.DataFrame, *, break_at: str = "", lang: str = "zh", source: str | None = None) -> go.Figure:
    """What was paid in each quarter over what was received in its year, for one area.

    Parameters
    ----------
    series
        Rows of ``quarters`` (or ``trend(...).series``) for one area. Quarters that are not known are left open and named below.
    break_at
        First quarter after a break, marked by a line where it lies inside the series.
    """
    words, known = TEXT[lang], series[series["value"].notna()]
    if known.empty:
        return empty("quarters", {}, lang, synthetic=is_synthetic(series["origin"]))
    fig = figure(chart="quarters", indicator=series["indicator"].iloc[0], title=partial(_quarters_title, series), subtitle=words["quarters_sub"],
                 caption=partial(_quarters_caption, series, source), description=partial(_paid, known), plot_height=260, lang=lang,
                 synthetic=is_synthetic(series["origin"]), left=64, right=24)  # fmt: skip
    shown = series[(series["quarter"] >= known["quarter"].min()) & (series["quarter"] <= known["quarter"].max())]
    fig.add_scatter(
        x=shown["quarter"], y=shown["value"], mode="lines+markers", connectgaps=False, line={"color": colour("usage_rate"), "width": 2}, hoverinfo="x+y"
    )
    if break_at and (shown["quarter"] == break_at).any() and break_at > shown["quarter"].min():
        upright(fig, list(shown["quarter"]).index(break_at) - 0.5, {"color": INK, "width": 1, "dash": "dot"})
    quarters = list(shown["quarter"])  # numbered, the year below its first
    names = [q[-1] + (f"<br>{q[:4]}" if i == 0 or q.endswith("Q1") else "") for i, q in enumerate(quarters)]
    fig.layout.xaxis = {"type": "category", "tickangle": 0, "tickmode": "array", "tickvals": quarters, "ticktext": names}
    fig.layout.yaxis = {"tickformat": ".0%", "rangemode": "tozero", "title": {"text": words["quarters_axis"]}}
    return fig
