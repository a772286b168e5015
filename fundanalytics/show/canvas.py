"""The parts that every chart shares: title, subtitle, caption, stamp, description, and the room they need.

Below ``charts``. Sizes are in pixels and counted from the text itself, so that long Chinese names are not cut off and a
caption never lies over an axis.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import LANGS, ArgumentError
from .audience_words import NAMELESS
from .formats import bare, day, escape_html, fields, is_blank, kind_of, limits, number, plain, sentence_case
from .gallery_words import GALLERY
from .labels import label, period_label, subset_label
from .naming import say_not_named
from .sentences import CHARTS
from .template import INK, NARROW, RANGES, SOFT, template

if TYPE_CHECKING:
    import plotly.graph_objects as go

# half-widths (a Chinese character is two) that fit on a narrow page
TITLE, SUBTITLE, CAPTION, NAME = 58, 88, 92, 28
ROW, LEGEND = 26, 26
# pixels between the margins below which nothing can be read ; a left margin that holds names
LEAST_PLOT, ROOM_LEFT = 90, 70
# many rows are set closer, so that ninety fit on a printed page (A4 leaves about 1,000 pixels), but no closer than 6.5 pt type allows
ROOMY, PAGE, LEAST_ROW = 30, 785, 8.7
Said = Callable[[str], str]  # a text in the language asked for
UNNAMED = "unnamed-"  # codes of areas that may not be named
THEN, STOP = {"zh": "；", "en": "; "}, {"zh": "。", "en": ". "}
STAMP = {"zh": "虚构示例数据", "en": "Fictional sample data"}
SOURCE = {"zh": "来源：各街道、社区报送的资料，由 fundanalytics 计算。", "en": "Source: files sent by streets and communities; computed with fundanalytics."}
WORDS = {
    "zh": {"n": "n={n}。", "full": "全量统计，没有抽样误差。", "interval": "横线为{confidence}置信区间。", "interval_v": "竖线为{confidence}置信区间。",
           "as_of": "截至{date}。", "no_data": "无数据", "small": "样本量不足", "hollow": "空心点：样本量不足，不作依据。", "empty": "没有可以画出的数据"},
    "en": {"n": "n = {n}. ", "full": "Full count, no sampling error. ", "interval": "Bars: {confidence} confidence intervals. ",
           "interval_v": "Bars: {confidence} confidence intervals. ", "as_of": "As of {date}. ", "no_data": "No data", "small": "small sample",
           "hollow": "Hollow points: sample too small to act on. ", "empty": "Nothing to draw"},
}  # fmt: skip


def width(text: str) -> int:
    """Half-widths of a text."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, limit: int) -> str:
    """``text`` escaped, in lines of at most ``limit`` half-widths, broken at spaces where there are any."""
    lines, line = [], ""
    for word in _pieces(plain(text) if text else ""):
        if line and width(line) + width(word.rstrip()) > limit:
            lines.append(line.rstrip())
            line = ""
        line += word
    return "<br>".join(escape_html(part) for part in [*lines, line.rstrip()] if part)


def _pieces(text: str) -> Iterable[str]:
    """Words of a Latin text, single characters of a Chinese one; closing punctuation stays with what it closes."""
    piece = ""
    for i, char in enumerate(text):
        piece += char
        follow = text[i + 1] if i + 1 < len(text) else ""
        wide = width(char) == 2 or (follow != "" and width(follow) == 2)
        if (char == " " or wide) and follow not in "，。；：、）？%”":
            yield piece
            piece = ""
    yield piece


def one_line_each(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows``, unless an area occurs twice: a chart of areas needs one row for each."""
    twice = rows.loc[rows["area_code"].duplicated(), "area_code"]
    if len(twice):
        raise ArgumentError("several_rows", found="、".join(map(str, twice.unique()[:3])))
    return rows


def about_of(table: pd.DataFrame, about: Any = None) -> dict[str, Any]:
    """Area, period, cut-off and origin of a table that is not an indicator table: from its attrs, its columns, or a row given."""
    known = {k: v for k, v in table.attrs.items() if isinstance(k, str)}
    for name in ("area_name", "period", "as_of", "origin"):
        if name in table and len(table):
            known[name] = table[name].iloc[0]
    return known | ({k: v for k, v in fields(about).items() if not is_blank(v)} if about is not None else {})


def called(row: Any, lang: str) -> str:
    """The name of a row's area, plain; its code where it has none; in the words of ``lang`` where it may not be named."""
    if str(row["area_code"]).startswith(UNNAMED):
        return NAMELESS[lang]
    return plain(row["area_code"] if is_blank(row["area_name"]) else row["area_name"])


def names_of(rows: pd.DataFrame, highlight: str | None = None) -> list[str]:
    """Tick labels: escaped, wrapped (shortened where rows stand close), the highlighted one bold; of two areas of one name also the code."""
    close = len(rows) > ROOMY
    twice = rows["area_name"].duplicated(keep=False) & ~rows["area_code"].astype("str").str.startswith(UNNAMED)
    known = zip(rows["area_name"], rows["area_code"], twice, strict=True)
    told = [str(code) if is_blank(name) else f"{name} {code}" if alike else str(name) for name, code, alike in known]
    names = [escape_html(shortened(name, NAME)) if close else wrap(name, NAME) for name in told]
    return [f"<b>{name}</b>" if code == highlight else name for name, code in zip(names, rows["area_code"], strict=True)]


def shortened(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` half-widths: what is left out is left out in the middle, for names differ at both ends."""
    text = plain(text)
    if width(text) <= limit:
        return text
    head, tail = text[0], ""
    for taken in range(1, len(text)):  # in turn from the front and from the back
        longer = (head + text[len(head)], tail) if taken % 2 else (head, text[-len(tail) - 1] + tail)
        if width("".join(longer)) + 1 > limit:
            break
        head, tail = longer
    return f"{head}…{tail}"


def scale(rows: pd.DataFrame) -> list[float]:
    """The fixed range of the unit; wider only when a value or limit lies outside it."""
    unit = kind_of(rows["unit"].iloc[0])
    seen = pd.concat([rows[c] for c in ("value", "lower", "upper") if c in rows]).dropna().astype(float)
    low, high = NARROW.get(str(rows["indicator"].iloc[0])) or RANGES.get(unit, (0.0, max(1.0, float(seen.max()) if len(seen) else 1.0)))
    return [min([low, *seen]), max([high, *(v * 1.03 for v in seen)])]


def value_axis(rows: pd.DataFrame, lang: str) -> dict[str, Any]:
    """Range, ticks and title of the axis that carries the values."""
    unit, indicator = kind_of(rows["unit"].iloc[0]), label(rows["indicator"].iloc[0], lang, "indicator")
    name = sentence_case(indicator)
    said = {"share": "%", "score": "分，20–100" if lang == "zh" else "20–100"}.get(unit, label(unit, lang, "unit"))
    title = f"{name}（{said}）" if lang == "zh" else f"{name} ({said})"
    ticks = {"tickformat": ".0%", "dtick": 0.05 if scale(rows)[1] < 0.5 else 0.2} if unit == "share" else {"dtick": 20} if unit == "score" else {}
    return {"range": scale(rows), "title": {"text": escape_html(title)}, "tickangle": 0, **ticks}


def subtitle_of(row: Any, lang: str, *, period: bool = True) -> str:
    """Period and definition under the title."""
    data = fields(row)
    parts = [period_label(data["period"], lang)] if period else []
    parts += [label(data["basis"], lang, "basis"), subset_label(data.get("subset"), lang)]
    return THEN[lang].join(part for part in parts if part)


def caption_of(rows: pd.DataFrame, lang: str, *, source: str | None = None, vertical: bool = False) -> str:
    """n, method, cut-off and source of rows of the indicator table."""
    words, parts = WORDS[lang], []
    if rows["lower"].notna().any():
        parts.append(words["n"].format(n=number(rows["n"].sum())))
        confidence = number(round(float(rows["confidence"].dropna().iloc[0]) * 100, 1)) + "%"
        parts.append(words["interval_v" if vertical else "interval"].format(confidence=confidence))
    elif rows["method"].astype("str").str.contains("full count").any():
        parts.append(words["full"])
    if (rows["quality"] == 3).any():
        parts.append(words["hollow"])
    dates: list[str] = sorted(set(rows["as_of"].dropna().astype("str")))
    if len(dates) == 1 and dates[0]:
        parts.append(words["as_of"].format(date=day(dates[0], lang)))
    return "".join([*parts, say_not_named(rows, lang), source or SOURCE[lang]])


def is_synthetic(origins: Any) -> bool:
    """Whether anything in a column (or a single value) comes from invented data."""
    return "synthetic" in set(pd.Series(origins).dropna().astype("str"))


def words_in(chart: str, title: Said, caption: Said, description: Said, at: str, synthetic: bool) -> dict[str, str]:
    """Title, caption and text alternative of a figure in one language; the latter two begin with the stamp."""
    stamp = STAMP[at] + STOP[at] if synthetic else ""
    told = plain(description(at)).rstrip("。. ") + STOP[at] + GALLERY[at][chart]["drawn"]
    return {"titles": plain(title(at)), "captions": stamp + plain(caption(at)), "alt": stamp + told}


def figure(
    *,
    chart: str,
    title: Said,
    subtitle: str,
    caption: Said,
    description: Said,
    plot_height: int,
    lang: str,
    synthetic: bool,
    indicator: object = "",
    left: int = 60,
    right: int = 70,
    legend: bool = False,
    axis: int = 52,
    above: int = 4,
    least: int = LEAST_PLOT,
) -> go.Figure:
    """An empty figure with everything around the plot in its place.

    ``chart`` is its name in the gallery, ``indicator`` the code of what is on it. ``title``, ``caption`` and ``description`` (title and main
    numbers) are asked in both languages: a figure is drawn in one and can be told in the other (``layout.meta["titles"]``, ``captions``, ``alt``).
    ``least`` is the plot's width below which it cannot be read: a narrower page lets the chart scroll (``layout.meta["least_width"]``).
    """
    import plotly.graph_objects as go

    said = {at: words_in(chart, title, caption, description, at, synthetic) for at in LANGS}
    head, sub, foot = wrap(title(lang), TITLE), wrap(subtitle, SUBTITLE), wrap(caption(lang), CAPTION)
    stamp = f"<b>{STAMP[lang]}</b><br>" if synthetic else ""
    top = (
        22
        + 23 * (head.count("<br>") + 1)
        + (17 * (sub.count("<br>") + 1) if sub else 0)
        + (LEGEND if legend else 0)
        + (above if above > 4 or not legend else 0)
    )
    bottom = axis + 16 * (foot.count("<br>") + 1 + bool(stamp)) + 10
    note = {"text": stamp + foot, "xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "align": "left", "showarrow": False,
            "xshift": 12 - left, "yshift": -axis, "font": {"size": 11.5, "color": SOFT}}  # fmt: skip
    return go.Figure(
        layout={
            "template": template(),
            "title": {"text": head, "subtitle": {"text": sub}},
            "margin": {"l": left, "r": right, "t": top, "b": bottom, "autoexpand": False},
            "height": top + plot_height + bottom,
            "legend": {
                "orientation": "h",
                # below long names a legend begins at the edge; with a titled upright axis plotly would then misplace that title
                "xref": "container" if left > ROOM_LEFT else "paper",
                "x": 0.01 if left > ROOM_LEFT else 0,
                "xanchor": "left",
                "y": 1,
                "yanchor": "bottom",
                "font": {"size": 12},
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "showlegend": legend,
            "annotations": [note],
            "meta": {
                "chart": chart,
                "indicator": str(indicator),
                "lang": lang,
                "title": said[lang]["titles"],
                "caption": said[lang]["captions"],
                "description": plain(description(lang)),
                **{name: {at: words[name] for at, words in said.items()} for name in said[lang]},
                "least_width": left + right + least,
            },
        }
    )


def about_rows(rows: pd.DataFrame, lang: str) -> dict[str, str]:
    """What a title names; nothing of no rows."""
    if rows.empty:
        return {}
    return {"level": label(rows.attrs.get("among", rows["level"].iloc[0]), lang, "levels"), "indicator": label(rows["indicator"].iloc[0], lang, "indicator")}


def pitch(names: Sequence[str]) -> float:
    """Pixels from row to row: each as high as the name with most lines; many stand closer."""
    if len(names) <= ROOMY:
        return max(ROW, *(15 * (name.count("<br>") + 1) + 8 for name in names)) if names else ROW
    return max(LEAST_ROW, min(ROW, PAGE / len(names)))


def row_font(count: int) -> float:
    """Type size of ``count`` rows of labels, in pixels: never below 6.5 pt."""
    return 12 if count <= ROOMY else max(LEAST_ROW, min(12.0, pitch([""] * count) - 2))


def dot(count: int, size: float = 9) -> float:
    """The size of a mark that does not touch those of the rows beside it."""
    return size if count <= ROOMY else min(size, pitch([""] * count) - 3)


def room(texts: Sequence[str]) -> int:
    """Pixels that the longest line of the labels of some rows needs."""
    size = row_font(len(texts))
    lines = [line for text in texts for line in text.replace("<b>", "").replace("</b>", "").split("<br>")]
    return int(max([width(line) for line in lines] or [0]) * size * 0.53) + 22


def rows_height(names: Sequence[str], least: int = ROW) -> int:
    """Pixels for one row per name."""
    return int(max(pitch(names), least if len(names) <= ROOMY else 0) * len(names)) + 16


def taller(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Of each row the one with more lines: its name, or what stands beside it."""
    return [max(pair, key=lambda text: text.count("<br>")) for pair in zip(names, texts, strict=True)]


def marks(table: pd.DataFrame, highlight: str | None, accent: str, context: str) -> list[str]:
    """A colour for each row: the accent for the highlighted area, or for all when none is."""
    known = highlight is not None and (table["area_code"] == highlight).any()
    return [accent if not known or code == highlight else context for code in table["area_code"]]


def annotate(fig: go.Figure, *notes: dict[str, Any]) -> None:
    """Words on the plot, set at once: plotly checks all that are there whenever one is added, and adding ninety one by one takes seconds."""
    if notes:
        fig.layout.annotations = [*fig.layout.annotations, *notes]


def upright(fig: go.Figure, x: float, line: dict[str, Any]) -> None:
    """A line from the foot of the plot to its top."""
    fig.layout.shapes = [*fig.layout.shapes, {"type": "line", "x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain", "line": line}]


def beside(fig: go.Figure, texts: Sequence[str], places: int) -> None:
    """Texts right of the plot, from the top. Annotations on a category axis go by number: a numeric code would be read as one."""
    common = {"x": 1, "xref": "paper", "showarrow": False, "xanchor": "left", "align": "left", "xshift": 8, "font": {"size": row_font(places)}}
    annotate(fig, *(common | {"y": places - 1 - i, "text": text} for i, text in enumerate(texts)))


def area_axis(fig: go.Figure, codes: list[str], names: list[str]) -> None:
    """Areas from top to bottom in the order given. Codes are the categories: two areas may bear one name.

    Axes are set, each once: plotly's ways to update them take ten times as long.
    """
    fig.layout.yaxis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": codes[::-1],
        "tickmode": "array",
        "tickvals": codes,
        "ticktext": names,
        "range": [-0.6, len(codes) - 0.4],
        "showgrid": False,
        "automargin": False,
        "tickfont": {"color": INK, "size": row_font(len(codes))},
    }


def empty(chart: str, names: Callable[[str], dict[str, str]] | dict[str, str], lang: str, *, synthetic: bool = False) -> go.Figure:
    """A chart of nothing: says so, and keeps its place in the report. ``names`` is what its title names, or gives that in a language."""

    def title(at: str) -> str:
        said = names(at) if callable(names) else names
        return CHARTS[at][chart].format(**said) if said else GALLERY[at][chart]["title"]

    text = WORDS[lang]["empty"]
    fig = figure(chart=chart, title=title, subtitle="", caption=SOURCE.__getitem__, description=lambda at: f"{title(at)} {WORDS[at]['empty']}",
                 plot_height=80, lang=lang, synthetic=synthetic)  # fmt: skip
    annotate(fig, {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "text": text, "showarrow": False, "font": {"color": SOFT}})
    fig.layout.xaxis = fig.layout.yaxis = {"visible": False}
    return fig


def told_text(row: pd.Series, lang: str) -> str:
    """A row in one line, for hovering."""
    text = bare(row["value"], row["unit"], lang=lang)
    if not is_blank(row["lower"]) and not is_blank(row["upper"]):
        text += f" ({limits(row['lower'], row['upper'], row['unit'], lang=lang)})"
    counts = is_blank(row["lower"]) or is_blank(row["n"]) or str(row["area_code"]).startswith(UNNAMED)  # of a full count n is its numerator
    n = WORDS[lang]["n"].format(n=number(row["n"])).strip("。. ")
    return text if counts else f"{text}, {n}"


def bars_of(rows: pd.DataFrame, middle: str = "value", *, lower: str = "lower", upper: str = "upper", colour: str = SOFT) -> dict[str, Any] | None:
    """Error bars from limits, around the column ``middle``; none where no row has any."""
    if lower not in rows or rows[lower].isna().all():
        return None
    of = "change" if middle == "current_value" else middle
    return {"type": "data", "symmetric": False, "array": rows[upper] - rows[of], "arrayminus": rows[of] - rows[lower], "color": colour,
            "thickness": 1.4, "width": 3}  # fmt: skip


def gaps(fig: go.Figure, texts: list[str], x: float, places: int = 0) -> None:
    """The reasons for blanks, in their rows: the last ones of ``places``, from the one above."""
    common = {"x": x, "showarrow": False, "xanchor": "left", "xshift": 4, "bgcolor": "white", "borderpad": 1,
              "font": {"size": min(11.5, row_font(places)), "color": SOFT}}  # fmt: skip
    annotate(fig, *(common | {"y": len(texts) - 1 - i, "text": f"<i>{escape_html(text)}</i>"} for i, text in enumerate(texts)))


def reference_line(fig: go.Figure, row: Any, within: Sequence[float]) -> None:
    """A dotted line at the value of a row, with its name above, on the side where the axis ``within`` leaves room; nothing when the row is blank."""
    if row is None or is_blank(row["value"]):
        return
    right = float(row["value"]) > (within[0] + within[1]) / 2
    upright(fig, row["value"], {"color": INK, "width": 1.2, "dash": "dot"})
    lang = fig.layout.meta["lang"]
    text = f"{escape_html(shortened(called(row, lang), NAME))} {bare(row['value'], row['unit'], lang=lang)}"
    annotate(fig, {"x": row["value"], "yref": "paper", "y": 1, "yanchor": "bottom", "xanchor": "right" if right else "left", "showarrow": False,
               "font": {"size": 11.5}, "text": text})  # fmt: skip
