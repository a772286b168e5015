"""Charts of what was done: the mix of projects and the stages they reached. Part of ``charts``, which names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .canvas import SOURCE, about_of, area_axis, beside, empty, figure, is_synthetic, marks, room, rows_height, wrap
from .formats import is_blank, money, number, percent, plain
from .labels import label, period_label
from .sentences import CHARTS as TEXT
from .template import CONTEXT, colour

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plot_mix(table: pd.DataFrame, *, lang: str = "zh", about: Any = None, highlight: str | None = None, source: str | None = None) -> go.Figure:
    """What the money went to: categories by their share of the money paid.

    Parameters
    ----------
    table
        ``project_mix``: category, projects, budget, paid, share.
    about
        An indicator row of the same area and period, for title and stamp, where the table does not say them itself.
    highlight
        A category in the accent.
    """
    facts, words = about_of(table, about), TEXT[lang]
    rows = table[table["share"].notna()].sort_values("share", ascending=False)
    bars = [
        (
            r["category"],
            label(r["category"], lang, "category"),
            r["share"],
            f"{percent(r['share'])} · {words['projects'].format(n=number(r['projects']))} · {money(r['paid'], lang)}",
        )
        for _, r in rows.iterrows()
    ]
    return _bars("mix", bars, facts, words["share_paid"], lang, highlight, source)


def plot_stages(table: pd.DataFrame, *, lang: str = "zh", about: Any = None, highlight: str | None = None, source: str | None = None) -> go.Figure:
    """How many projects reached each stage, in the order of the procedure.

    Parameters
    ----------
    table
        ``stages``: stage, projects, share, median_days.
    about
        An indicator row of the same area and period, for title and stamp, where the table does not say them itself.
    highlight
        A stage in the accent.
    """
    facts, words, bars = about_of(table, about), TEXT[lang], []
    for _, row in table[table["share"].notna()].iterrows():
        days = "" if is_blank(row["median_days"]) else f" · {words['days'].format(n=number(row['median_days']))}"
        text = f"{percent(row['share'])} · {words['projects'].format(n=number(row['projects']))}{days}"
        bars.append((row["stage"], label(row["stage"], lang, "stage"), row["share"], text))
    return _bars("stages", bars, facts, words["share_projects"], lang, highlight, source)


def _bars(
    chart: str, bars: list[tuple[str, str, float, str]], facts: dict[str, Any], axis: str, lang: str, highlight: str | None, source: str | None
) -> go.Figure:
    """Horizontal bars of shares with their numbers beside them."""
    area = plain(facts.get("area_name")) if not is_blank(facts.get("area_name")) else TEXT[lang]["everywhere"]
    if not bars:
        return empty(chart, {"area": area}, lang, synthetic=is_synthetic([facts.get("origin")]))
    codes, names, shares, texts = (list(column) for column in zip(*bars, strict=True))
    title = TEXT[lang][chart].format(area=area)
    subtitle = "" if is_blank(facts.get("period")) else period_label(facts["period"], lang)
    told = "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    names = [wrap(name, 26) for name in names]
    fig = figure(
        title=title,
        subtitle=subtitle,
        caption=source or SOURCE[lang],
        description=f"{title} {told}",
        plot_height=rows_height(names, 34),
        lang=lang,
        synthetic=is_synthetic([facts.get("origin")]),
        left=room(names),
        right=room(texts),
    )
    rows = pd.DataFrame({"area_code": codes})
    fig.add_bar(
        x=shares,
        y=codes,
        orientation="h",
        width=0.62,
        marker={"color": marks(rows, highlight, colour("usage_rate"), CONTEXT)},
        hovertext=[f"{n}<br>{t}" for n, t in zip(names, texts, strict=True)],
        hoverinfo="text",
    )
    beside(fig, texts, len(bars))
    top = 1.0 if chart == "stages" else max(0.5, max(shares) * 1.05)
    fig.update_xaxes(range=[0, top], tickformat=".0%", dtick=0.25 if top > 0.6 else 0.1, title={"text": axis})
    area_axis(fig, codes, names)
    return fig
