"""Charts of scores: who scored what with which possible ranks, and the items of one area against the district.

Beside ``charts``, with the same parts around the plot (``canvas``). Nothing is estimated here. An assumed rubric is named in every caption.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from .canvas import LEAST_PLOT, SOURCE, THEN, annotate, area_axis, beside, called, figure, gaps, is_synthetic, marks, names_of, room, rows_height, upright, wrap
from .formats import escape_html, is_blank, number, percent, plain
from .labels import label, period_label
from .naming import unnamed
from .score_tables import rank_set, within
from .score_words import ASSUMED
from .score_words import CHARTS as TEXT
from .scores import SMALL, Unscored, confidence_of, exact, nameless, whole_areas
from .template import ACCENT, CONTEXT, INK, SOFT
from .wording import say_note

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..measure.results import ResultTable
    from ..measure.rubric import Rubric
    from ..measure.scores import Evaluation

__all__ = ["plot_parts", "plot_scores"]

LEFT, RIGHT = [0.0, 0.54], [0.62, 1.0]  # shares of the plot's width: totals, ranks
ITEM, LOW = 48, 19  # half-widths of an item's name; pixels of a line of it
NOT_THERE = {"rate": None, "points": None, "maximum": None, "status": "not_applicable"}  # of an area that an item is not for
PASS = 60.0  # the axis of totals begins here, unless a total is lower


def plot_scores(
    ranking: ResultTable | Unscored,
    evaluation: Evaluation | Unscored,
    area: str,
    *,
    lang: str = "zh",
    highlight: str | None = None,
    source: str | None = None,
    audience: str = "public",
) -> go.Figure:
    """The communities of an area by total, with the limits of grades, and the ranks that the error of measurement allows each of them.

    Use for "who did well, and how sure is the order?". Lines that overlap are not an order.

    Parameters
    ----------
    ranking, evaluation
        What ``rank`` and ``evaluate`` return.
    area
        The district or a street: its communities are shown, with their ranks in the whole district.
    highlight
        Code of the community in the accent, which is named in any case; the others turn grey.
    audience
        The public reads names only of communities whose total is at or above the district's, a street only of its own.
    """
    if isinstance(ranking, Unscored) or isinstance(evaluation, Unscored):
        return _empty("scores", ranking if isinstance(ranking, Unscored) else evaluation, lang)  # type: ignore[arg-type]
    rubric, words = evaluation.rubric, TEXT[lang]
    rows = unnamed(within(ranking, evaluation, area), nameless(evaluation, area, audience) - {highlight or ""}, lang)
    rows = rows.sort_values(["rank", "area_code"], na_position="last").reset_index(drop=True)
    known, names = rows[rows["rank"].notna()], names_of(rows, highlight)
    texts = [f"{exact(r['total'], rubric)} · {number(r['rank'])} ({rank_set(r)})" for r in known.to_dict("records")]
    fig = figure(
        chart="scores",
        title=partial(_scores_title, evaluation, area),
        subtitle=words["scores_sub"].format(period=period_label(evaluation.period, lang)),
        caption=partial(_scores_caption, ranking, evaluation, source),
        description=partial(_scored_told, evaluation, area, known),
        least=3 * LEAST_PLOT,
        plot_height=rows_height(names),
        lang=lang,
        synthetic=is_synthetic([evaluation.origin]),
        left=room(names),
        right=room(texts),
        above=24,
    )
    colours = marks(known, highlight, ACCENT, CONTEXT)
    _totals(fig, known, colours, rubric)
    _rank_sets(fig, known, colours)
    _limits_of_grades(fig, known, rubric, lang)
    gaps(fig, [str(say_note(note, lang)) for note in rows["note"].iloc[len(known) :]], _lowest(known))
    beside(fig, texts, len(rows))
    fig.layout.xaxis = {"domain": LEFT, "range": [_lowest(known), rubric.cap], "title": {"text": words["total_axis"]}}
    fig.layout.xaxis2 = {"domain": RIGHT, "anchor": "y", "range": [0, _last(ranking) + 1], "title": {"text": words["rank_axis"]},
                         "tickvals": _ticks(ranking), "tickangle": 0}  # fmt: skip
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _scores_title(evaluation: Evaluation, area: str, lang: str) -> str:
    return TEXT[lang]["scores"].format(area=plain(_name(evaluation, area)), level=label("community", lang, "levels"))


def _scores_caption(ranking: pd.DataFrame, evaluation: Evaluation, source: str | None, lang: str) -> str:
    words = TEXT[lang]
    return _stamped(evaluation, words["bars"].format(confidence=confidence_of(ranking, lang)) + words["grades"] + words["small"], lang, source)


def _scored_told(evaluation: Evaluation, area: str, known: pd.DataFrame, lang: str) -> str:
    ends = [f"{called(known.iloc[i], lang)} {exact(known['total'].iloc[i], evaluation.rubric)}" for i in (0, -1)] if len(known) else ["", ""]
    return TEXT[lang]["scores_told"].format(title=_scores_title(evaluation, area, lang), n=len(known), high=ends[0], low=ends[1])


def _totals(fig: go.Figure, rows: pd.DataFrame, colours: list[str], rubric: Rubric) -> None:
    hollow = rows["note"].str.split(";").map(lambda codes: SMALL in codes)
    hover = [f"{escape_html(name)}<br>{exact(total, rubric)}" for name, total in zip(rows["area_name"], rows["total"], strict=True)]
    fig.add_scatter(
        x=rows["total"],
        y=rows["area_code"],
        name="totals",
        mode="markers",
        hovertext=hover,
        hoverinfo="text",
        marker={"size": 9, "color": ["white" if h else c for h, c in zip(hollow, colours, strict=True)], "line": {"width": 2, "color": colours}},
    )


def _rank_sets(fig: go.Figure, rows: pd.DataFrame, colours: list[str]) -> None:
    sets = rows[rows["rank_lower"].notna()]
    fig.add_scatter(
        x=[x for pair in zip(sets["rank_lower"], sets["rank_upper"], strict=True) for x in (*pair, None)],
        y=[y for code in sets["area_code"] for y in (code, code, None)],
        name="rank sets",
        xaxis="x2",
        mode="lines",
        line={"color": SOFT, "width": 1.4},
        hoverinfo="skip",
    )
    hover = [f"{escape_html(r['area_name'])}<br>{number(r['rank'])} ({rank_set(r)})" for r in rows.to_dict("records")]
    fig.add_scatter(x=rows["rank"], y=rows["area_code"], name="ranks", xaxis="x2", mode="markers", marker={"size": 6, "color": colours}, hovertext=hover,
                    hoverinfo="text")  # fmt: skip


def _limits_of_grades(fig: go.Figure, rows: pd.DataFrame, rubric: Rubric, lang: str) -> None:
    """A light line at the lower limit of each grade, its name above, to the right of the line."""
    low = _lowest(rows)
    common = {"xref": "x", "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 2, "showarrow": False,
              "font": {"size": 11.5, "color": SOFT}}  # fmt: skip
    named = []
    for band in rubric.bands:
        if low < band.lower < rubric.cap:
            upright(fig, band.lower, {"color": SOFT, "width": 1, "dash": "dot"})
        if band.lower < rubric.cap:
            named.append(common | {"x": max(band.lower, low), "text": escape_html(band.title[lang])})
        if band.lower <= low:
            break
    annotate(fig, *named)


def _lowest(rows: pd.DataFrame) -> float:
    """Where the axis of totals begins."""
    least = float(rows["total"].min()) if len(rows) else PASS
    return min(PASS, least // 10 * 10)


def _last(ranking: pd.DataFrame) -> int:
    return int(ranking["rank"].max()) if ranking["rank"].notna().any() else 1


def _ticks(ranking: pd.DataFrame) -> list[int]:
    last = _last(ranking)
    return sorted({1, (last + 1) // 2, last})


def plot_parts(evaluation: Evaluation | Unscored, area: str, *, items: bool = True, lang: str = "zh", source: str | None = None) -> go.Figure:
    """Rates (得分率) of an area's parts and their items, in the order of the rubric, with the district's mean as an upright mark.

    Use for "where were points lost, and is that so everywhere?". A low rate on an item of few points costs little.

    Parameters
    ----------
    evaluation
        What ``evaluate`` returns.
    area
        A community, a street or the district (then without marks).
    items
        Whether the items stand below their parts.
    """
    if isinstance(evaluation, Unscored):
        return _empty("parts", evaluation, lang)
    words, bars = TEXT[lang], _bars(evaluation, area, items, lang)
    whole = evaluation.limits.level_of[area] == "district"
    names = [f"<b>{wrap(n, ITEM)}</b>" if is_part else wrap(n, ITEM) for n, is_part in zip(bars["name"], bars["is_part"], strict=True)]
    fig = figure(
        chart="parts",
        title=partial(_parts_title, evaluation, area),
        subtitle=words["parts_sub"].format(period=period_label(evaluation.period, lang)),
        caption=lambda at: _stamped(evaluation, "" if whole else TEXT[at]["tick"], at, source),
        description=partial(_parts_told, evaluation, area, items),
        plot_height=LOW * max(name.count("<br>") + 1 for name in names) * len(names) + 12,
        lang=lang,
        synthetic=is_synthetic([evaluation.origin]),
        left=room(names),
        right=room(bars["text"]),
    )
    fig.add_bar(
        x=bars["rate"],
        y=bars["code"],
        name="area",
        orientation="h",
        width=0.6,
        marker={"color": [INK if is_part and items else ACCENT for is_part in bars["is_part"]]},
        hovertext=[f"{escape_html(n)}<br>{t}" for n, t in zip(bars["name"], bars["text"], strict=True)],
        hoverinfo="text",
    )
    if not whole:
        fig.add_scatter(x=bars["district"], y=bars["code"], name="district", mode="markers", hoverinfo="x", cliponaxis=False,
                        marker={"symbol": "line-ns", "size": 11, "line": {"width": 2.4, "color": "#E69F00"}})  # fmt: skip
    beside(fig, list(bars["text"]), len(bars))
    fig.layout.xaxis = {"range": [0, 1], "tickformat": ".0%", "dtick": 0.2, "title": {"text": words["rate_axis"], "standoff": 4}}
    area_axis(fig, list(bars["code"]), names)
    return fig


def _parts_title(evaluation: Evaluation, area: str, lang: str) -> str:
    whole = evaluation.limits.level_of[area] == "district"
    return TEXT[lang]["parts_alone" if whole else "parts"].format(area=plain(_name(evaluation, area)))


def _parts_told(evaluation: Evaluation, area: str, items: bool, lang: str) -> str:
    bars = _bars(evaluation, area, items, lang)
    return f"{_parts_title(evaluation, area, lang)} " + THEN[lang].join(f"{n} {t}" for n, t in zip(bars["name"], bars["text"], strict=True))


def _bars(evaluation: Evaluation, area: str, with_items: bool, lang: str) -> pd.DataFrame:
    """A row per part, followed by its items (a bonus is none): ``code``, ``name``, ``rate``, ``district``, ``text``."""
    rubric = evaluation.rubric
    both = (area, evaluation.limits.at(pd.Series([area]), "district").iloc[0])
    known: dict[tuple[str, str, str], Mapping[Any, Any]] = {}
    for frame, name in ((evaluation.parts, "part"), (evaluation.items, "item_code")):
        found = whole_areas(frame)
        known |= {(name, row[name], row["area_code"]): row for row in found[found["area_code"].isin(both)].to_dict("records")}
    rows = []
    for part in rubric.parts:
        bars = [("part", part.code, part.title[lang])]
        bars += [("item_code", item.code, item.title[lang]) for item in rubric.items_of(part.code) if with_items and not item.bonus]
        for kind, code, title in bars:
            mine, district = (known.get((kind, code, at), NOT_THERE) for at in both)
            is_part = kind == "part"
            rows.append({"code": f"part {code}" if is_part else code, "name": title, "rate": mine["rate"], "district": district["rate"],
                         "text": _rate_told(mine, rubric, lang), "is_part": is_part})  # fmt: skip
    return pd.DataFrame(rows)


def _rate_told(row: Mapping[Any, Any], rubric: Rubric, lang: str) -> str:
    if not is_blank(row["rate"]):
        return f"{percent(row['rate'])} · {exact(row['points'], rubric)}/{number(row['maximum'])}"
    if row.get("status", "scored") == "scored" and not is_blank(row.get("note", "")):
        return str(say_note(row["note"], lang))
    return label(row.get("status", "missing"), lang, "status")


def _name(evaluation: Evaluation, area: str) -> str:
    names = evaluation.totals.loc[evaluation.totals["area_code"].eq(area), "area_name"]
    return str(names.iloc[0]) if len(names) else area


def _stamped(evaluation: Evaluation, text: str, lang: str, source: str | None) -> str:
    """The caption: that the rubric is assumed, what is drawn, the source."""
    end = "。" if lang == "zh" else ". "
    return (ASSUMED[lang] + end if evaluation.rubric.status == "assumed" else "") + text + (source or SOURCE[lang])


def _empty(chart: str, why: Unscored, lang: str) -> go.Figure:
    """A chart of nothing: says so, and keeps its place in the report."""
    fig = figure(chart=chart, title=lambda at: TEXT[at]["empty"], subtitle=str(why.say(lang)), caption=SOURCE.__getitem__,
                 description=lambda at: f"{TEXT[at]['empty']}: {why.say(at)}", plot_height=20, lang=lang, synthetic=False)  # fmt: skip
    fig.layout.xaxis = fig.layout.yaxis = {"visible": False}
    return fig
