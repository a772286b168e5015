"""Charts of differences: two periods of each area, and areas against what ordinary variation allows. Part of ``charts``, which names them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from .canvas import (
    LEAST_PLOT,
    NAME,
    SOURCE,
    THEN,
    UNNAMED,
    about_rows,
    annotate,
    area_axis,
    bars_of,
    beside,
    called,
    dot,
    empty,
    figure,
    gaps,
    is_synthetic,
    marks,
    names_of,
    one_line_each,
    room,
    rows_height,
    scale,
    shortened,
    subtitle_of,
    told_text,
    value_axis,
    width,
)
from .facts import change_limits, is_full_count, unit_of
from .formats import bare, difference, escape_html, is_blank, kind_of, number, sentence_case
from .labels import label, period_label
from .naming import say_not_named
from .sentences import CHARTS as TEXT
from .template import CONTEXT, INK, SOFT, colour
from .wording import say_note

if TYPE_CHECKING:
    import plotly.graph_objects as go

# pixels of a funnel's plot: its height, and its width on a narrow page
HEIGHT, NARROW_PLOT = 380, 520
# where a name may stand, in pixels to the side of and above its point; from FAR on a line leads to it
FAR = 30
FEW = 3  # names that find room on a phone
NEAR = ((0, 14), (0, -14), (9, 0), (-9, 0), (8, 12), (-8, 12), (8, -12), (-8, -12))
AROUND = ((0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1), (1, 0), (-1, 0))
PLACES = (*NEAR, *((x * far, y * far) for far in (34, 60, 90, 130) for x, y in AROUND))
Box = tuple[float, float, float, float]


def plot_comparison(table: pd.DataFrame, *, lang: str = "zh", highlight: str | None = None, source: str | None = None) -> go.Figure:
    """Two periods of each area joined by a line, with the difference beside it (of shares in percentage points).

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
        return empty("comparison", partial(about_rows, rows), lang)
    rows = rows.sort_values(["change", "area_code"], ascending=[False, True], na_position="last")
    first, names = rows.iloc[0], names_of(rows, highlight)
    known = rows[rows["change"].notna()]
    told = [_change(row, lang) for _, row in rows.iterrows()]
    changes, blanks = told[: len(known)], told[len(known) :]
    fig = figure(
        chart="comparison",
        indicator=first["indicator"],
        title=partial(_comparison_title, rows),
        subtitle=label(first["basis"], lang, "basis"),
        caption=partial(_comparison_caption, rows, source),
        description=partial(_compared, rows),
        plot_height=rows_height(names),
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=room(names),
        right=room([*changes, *[""] * len(blanks)]) + 6,
        legend=True,
    )
    _two_points(fig, known, highlight, lang, len(rows))
    beside(fig, changes, len(rows))
    gaps(fig, blanks, scale(_drawn(rows))[0], len(rows))
    fig.layout.xaxis = value_axis(_drawn(rows), lang)
    area_axis(fig, list(rows["area_code"]), names)
    return fig


def _two_points(fig: go.Figure, known: pd.DataFrame, highlight: str | None, lang: str, places: int) -> None:
    """A line from the earlier value, hollow, to the later one, solid, which bears the limits of the difference."""
    ends = known[["baseline_value", "current_value"]].assign(gap=None).to_numpy().ravel().tolist()
    codes = [c for code in known["area_code"] for c in (code, code, None)]
    fig.add_scatter(x=ends, y=codes, mode="lines", line={"color": CONTEXT, "width": 2}, hoverinfo="skip", showlegend=False)
    if known.empty:
        return
    before, after = (period_label(known.iloc[0][c], lang) for c in ("baseline", "current"))
    size, accent = dot(places, 10), colour(known["indicator"].iloc[0])
    hollow = {"size": size, "color": "white", "line": {"width": 2 if size > 9 else 1, "color": INK}}
    solid = {"size": size, "color": marks(known, highlight, accent, CONTEXT)}
    fig.add_scatter(x=known["baseline_value"], y=known["area_code"], name=before, mode="markers", hoverinfo="x", marker=hollow)
    fig.add_scatter(x=known["current_value"], y=known["area_code"], name=after, mode="markers", hoverinfo="x", marker=solid,
                    error_x=bars_of(known, "current_value"))  # fmt: skip


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """All that the axis of values must hold: both values, and the later one with the limits of the difference."""
    at = rows["current_value"] - rows["change"]
    seen = pd.concat([rows["baseline_value"], rows["current_value"], at + rows["lower"], at + rows["upper"]]).dropna()
    return pd.DataFrame({"value": seen if len(seen) else [0.0], "unit": unit_of(rows.iloc[0]), "indicator": rows["indicator"].iloc[0]})


def _comparison_title(rows: pd.DataFrame, lang: str) -> str:
    first, indicator = rows.iloc[0], about_rows(rows, lang)["indicator"]
    before, after = (period_label(first[c], lang) for c in ("baseline", "current"))
    return TEXT[lang]["comparison"].format(indicator=sentence_case(indicator), current=after, baseline=before)


def _compared(rows: pd.DataFrame, lang: str) -> str:
    return f"{_comparison_title(rows, lang)} " + THEN[lang].join(f"{called(row, lang)} {_change(row, lang)}" for _, row in rows.iterrows())


def _change(row: pd.Series, lang: str) -> str:
    """The difference with its limits, or why there is none; plain."""
    if is_blank(row["change"]):
        return TEXT[lang]["no_data"].format(why=say_note(row["note"], lang))
    text = difference(row["change"], unit_of(row), signed=True)
    return text if is_blank(row["lower"]) or is_blank(row["upper"]) else f"{text} [{change_limits(row['lower'], row['upper'], unit_of(row), lang)}]"


def _comparison_caption(rows: pd.DataFrame, source: str | None, lang: str) -> str:
    unit = unit_of(rows.iloc[0])
    share = kind_of(unit) == "share"
    words, text = TEXT[lang], TEXT[lang]["change"].format(unit=label("points" if share else unit, lang, "unit"))
    if rows["lower"].notna().any():
        confidence = f"{number(round(float(rows['confidence'].dropna().iloc[0]) * 100, 1))}%"
        text += words["process" if is_full_count(rows.iloc[0]) else "sampled"].format(confidence=confidence)
    return text + say_not_named(rows, lang) + (source or SOURCE[lang])


def plot_funnel(table: pd.DataFrame, *, lang: str = "zh", highlight: str | None = None, source: str | None = None) -> go.Figure:
    """Values against size, with the limits that ordinary variation stays within.

    Use before calling an area unusual: small areas swing widely by chance.

    Parameters
    ----------
    table
        ``funnel`` of indicator rows: they and size, expected, lower_95, upper_95, lower_998, upper_998, outside.
    """
    rows = table[table["value"].notna() & table["size"].notna()].sort_values("size")
    if rows.empty:
        return empty("funnel", partial(about_rows, table), lang, synthetic=is_synthetic(table["origin"]))
    special, mine = _outside(rows), rows["area_code"] == highlight
    names, missed = _names(rows, special | mine, lang)
    fig = figure(
        chart="funnel",
        indicator=rows["indicator"].iloc[0],
        title=partial(_funnel_title, rows),
        subtitle=subtitle_of(rows.iloc[0], lang),
        caption=partial(_funnel_caption, rows, missed, source),
        description=partial(_funnelled, rows),
        plot_height=HEIGHT,
        lang=lang,
        synthetic=is_synthetic(rows["origin"]),
        left=66,
        right=24,
        above=22,
        least=NARROW_PLOT if len(names) > FEW else LEAST_PLOT,
    )
    for column, dash in (("expected", "solid"), ("lower_95", "dash"), ("upper_95", "dash"), ("lower_998", "dot"), ("upper_998", "dot")):
        fig.add_scatter(x=rows["size"], y=rows[column], name=column, mode="lines", line={"color": SOFT, "width": 1.2, "dash": dash}, hoverinfo="skip")
    accent = colour(rows["indicator"].iloc[0])
    _points(fig, rows[~special & ~mine], "areas", {"size": 7, "color": CONTEXT, "opacity": 0.8}, lang)
    _points(fig, rows[special], "outside", {"size": 9, "color": accent}, lang)
    _points(fig, rows[mine & ~special], "mine", {"size": 11, "symbol": "diamond", "color": "white", "line": {"width": 2, "color": accent}}, lang)
    annotate(fig, *names)
    fig.layout.xaxis = {"title": {"text": TEXT[lang]["size"]}, "range": [0, _right_end(rows)], "tickformat": ",d"}
    fig.layout.yaxis = value_axis(rows, lang)
    return fig


def _points(fig: go.Figure, part: pd.DataFrame, name: str, marker: dict[str, Any], lang: str) -> None:
    hover = [f"{escape_html(called(r, lang))}<br>{told_text(r, lang)}" for _, r in part.iterrows()]
    fig.add_scatter(x=part["size"], y=part["value"], name=name, mode="markers", marker=marker, hovertext=hover, hoverinfo="text", cliponaxis=False)


def _outside(rows: pd.DataFrame) -> pd.Series:
    return rows["outside"].fillna(False).astype(bool)


def _funnel_title(rows: pd.DataFrame, lang: str) -> str:
    return TEXT[lang]["funnel"].format(**about_rows(rows, lang))


def _funnel_caption(rows: pd.DataFrame, unwritten: list[str], source: str | None, lang: str) -> str:
    words = TEXT[lang]
    more = words["funnel_more"].format(names=words["comma"].join(unwritten)) if unwritten else ""
    return words["funnel_note"] + more + say_not_named(rows, lang) + (source or SOURCE[lang])


def _funnelled(rows: pd.DataFrame, lang: str) -> str:
    out = rows[_outside(rows)]
    told = ", ".join(f"{called(row, lang)} {bare(row['value'], row['unit'], lang=lang)}" for _, row in out.iterrows()) or "0"
    return f"{_funnel_title(rows, lang)} {told}"


def _right_end(rows: pd.DataFrame) -> float:
    return float(rows["size"].max()) * 1.06


def _names(rows: pd.DataFrame, wanted: pd.Series, lang: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Annotations that name points, each in the nearest free place, with a line to it where that is far; and the names without a place.

    Counted for a narrow page, so that names lie apart on a wide one too. Who may not be named has no name to write.
    """
    low, high = scale(rows)
    across, up = (size / _right_end(rows) * NARROW_PLOT for size in rows["size"]), ((v - low) / (high - low) * HEIGHT for v in rows["value"])
    points = list(zip(across, up, strict=True))
    dots = [(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    written: list[Box] = []
    notes, missed = [], []
    for (i, row), want in zip(enumerate(rows.to_dict("records")), wanted, strict=True):
        if not want or str(row["area_code"]).startswith(UNNAMED):
            continue
        name = shortened(called(row, lang), NAME)
        wide, others = width(name) * 6.2, [*dots[:i], *dots[i + 1 :], *written]
        spot = next(((d, box) for d in PLACES if _free(box := _box(points[i], wide, d), others)), None)
        if spot is None:
            missed.append(called(row, lang))
            continue
        written.append(spot[1])
        notes.append(_note(row, name, wide, spot[0]))
    return notes, missed


def _box(point: tuple[float, float], wide: float, shift: tuple[int, int]) -> Box:
    """Left, bottom, right and top of a name shifted from its point: sideways from its nearer end, up from its middle."""
    x, y = point[0] + shift[0] + (wide / 2 if shift[0] > 0 else -wide / 2 if shift[0] < 0 else 0), point[1] + shift[1]
    return x - wide / 2, y - 8, x + wide / 2, y + 8


def _free(box: Box, taken: list[Box]) -> bool:
    """Whether a name lies inside the plot and over nothing."""
    left, low, right, high = box
    return (
        left > 0
        and right < NARROW_PLOT + 20
        and low > 0
        and high < HEIGHT + 20
        and not any(left < r and x < right and low < t and y < high for x, y, r, t in taken)
    )


def _note(row: dict[str, Any], name: str, wide: float, shift: tuple[int, int]) -> dict[str, Any]:
    side = "left" if shift[0] > 0 else "right" if shift[0] < 0 else "center"
    common = {"x": row["size"], "y": row["value"], "text": escape_html(name), "font": {"size": 11.5}, "xanchor": side, "yanchor": "middle",
              "bgcolor": "rgba(255,255,255,0.7)"}  # fmt: skip
    if max(map(abs, shift)) < FAR:
        return common | {"showarrow": False, "xshift": shift[0], "yshift": shift[1]}
    return common | {"ax": shift[0], "ay": -shift[1], "arrowhead": 0, "arrowwidth": 0.8, "arrowcolor": SOFT, "standoff": 6}
