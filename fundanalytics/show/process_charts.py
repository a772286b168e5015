"""Charts of what was done: the mix of projects and the stages they reached. Part of ``charts``, which names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from .canvas import SOURCE, THEN, about_of, area_axis, beside, empty, figure, is_synthetic, marks, room, rows_height, taller, width, wrap
from .formats import is_blank, money, number, percent, plain
from .labels import label, period_label
from .sentences import CHARTS as TEXT
from .template import CONTEXT, colour

if TYPE_CHECKING:
    import plotly.graph_objects as go

DOT = " · "
BESIDE = 34  # half-widths of a line beside a bar
AXES = {"mix": "share_paid", "stages": "share_projects"}


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
    rows = table[table["share"].notna()].sort_values("share", ascending=False)
    return _bars("mix", rows, _mix_row, about_of(table, about), lang, highlight, source)


def _mix_row(row: Any, lang: str) -> tuple[str, list[str]]:
    """A category's name, and what stands beside its bar."""
    parts = [percent(row["share"]), TEXT[lang]["projects"].format(n=number(row["projects"])), money(row["paid"], lang)]
    return label(row["category"], lang, "category"), parts


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
    return _bars("stages", table[table["share"].notna()], _stage_row, about_of(table, about), lang, highlight, source)


def _stage_row(row: Any, lang: str) -> tuple[str, list[str]]:
    """A stage's name, and what stands beside its bar."""
    days = [] if is_blank(row["median_days"]) else [TEXT[lang]["days"].format(n=number(row["median_days"]))]
    return label(row["stage"], lang, "stage"), [percent(row["share"]), TEXT[lang]["projects"].format(n=number(row["projects"])), *days]


def _packed(parts: list[str]) -> str:
    """The parts on one line, or on two where they need more room."""
    whole = DOT.join(parts)
    return whole if width(whole) <= BESIDE else f"{DOT.join(parts[:-1])}<br>{parts[-1]}"


def _bars(
    chart: str,
    rows: pd.DataFrame,
    say: Callable[[Any, str], tuple[str, list[str]]],
    facts: dict[str, Any],
    lang: str,
    highlight: str | None,
    source: str | None,
) -> go.Figure:
    """Horizontal bars of shares with their numbers beside them; ``say`` names a row and gives its numbers in a language."""

    def about(at: str) -> dict[str, str]:
        return {"area": TEXT[at]["everywhere"] if is_blank(facts.get("area_name")) else plain(facts["area_name"])}

    def title(at: str) -> str:
        return TEXT[at][chart].format(**about(at))

    def told(at: str) -> str:
        return f"{title(at)} " + THEN[at].join(f"{name} {DOT.join(parts)}" for name, parts in (say(row, at) for row in records))

    synthetic, records = is_synthetic([facts.get("origin")]), rows.to_dict("records")
    if not records:
        return empty(chart, about, lang, synthetic=synthetic)
    codes = list(rows[{"mix": "category", "stages": "stage"}[chart]])
    said = [say(row, lang) for row in records]
    names, texts = [wrap(name, 26) for name, _ in said], [_packed(parts) for _, parts in said]
    fig = figure(
        chart=chart,
        title=title,
        subtitle="" if is_blank(facts.get("period")) else period_label(facts["period"], lang),
        caption=lambda at: source or SOURCE[at],
        description=told,
        plot_height=rows_height(taller(names, texts), 34),
        lang=lang,
        synthetic=synthetic,
        left=room(names),
        right=room(texts),
    )
    fig.add_bar(
        x=rows["share"],
        y=codes,
        orientation="h",
        width=0.62,
        marker={"color": marks(pd.DataFrame({"area_code": codes}), highlight, colour("usage_rate"), CONTEXT)},
        hovertext=[f"{n}<br>{t}" for n, t in zip(names, texts, strict=True)],
        hoverinfo="text",
    )
    beside(fig, texts, len(codes))
    top = 1.0 if chart == "stages" else max(0.5, rows["share"].max() * 1.05)
    ticks = [0, 0.5, 1] if top > 0.6 else [0, 0.25, 0.5]
    fig.layout.xaxis = {"range": [0, top], "tickformat": ".0%", "tickvals": ticks, "title": {"text": TEXT[lang][AXES[chart]]}}
    area_axis(fig, codes, names)
    return fig
