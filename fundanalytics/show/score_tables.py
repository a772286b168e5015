"""Tables about scores and ranks for readers: an evaluation → 分值, 得分, 得分率, ranks, gaps and strengths.

Beside ``scores``, whose rules hold here too: nothing is scored, no rank stands without its set, and without scores there is a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import ancestor, edition, period_end
from ..errors import check_option
from ..measure.disclosure import AUDIENCES
from .audience_words import NAMELESS, REFUSED
from .formats import BLANK, Sentence, bare, day, is_blank, limits, number, percent, plain
from .formats import points as in_points
from .labels import label
from .score_words import SCORES as TEXT
from .scores import SMALL, Unscored, exact, grade_title, nameless, whole_areas
from .tables import Table, table
from .views import row_of
from .wording import HEADLINE, say_note

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..measure.results import ResultTable
    from ..measure.rubric import Rubric
    from ..measure.scores import Evaluation

__all__ = ["gap_table", "rank_table", "rate_table", "score_table", "street_table", "strength_table"]

SUPPRESSED = "suppressed"


def score_table(evaluation: Evaluation | Unscored, area: str, lang: str = "zh") -> Table | Sentence:
    """Every item of an area: 分值, 得分, 得分率, and what each source gave; sums of the parts and the total below.

    The points of the sources are of the item's full points, before their weights. Streets and the district: means of their communities.
    """
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    rubric = evaluation.rubric
    mine, parts = (whole_areas(t)[lambda t: t["area_code"].eq(area)] for t in (evaluation.items, evaluation.parts))
    given, parts = by_source(evaluation, area), parts.set_index("part")
    rows = []
    bonus = mine["item_code"].isin([item.code for item in rubric.items if item.bonus])
    for part in rubric.parts:
        rows += [_item_row(evaluation, row, given, lang) for row in mine[~bonus & mine["part"].eq(part.code)].to_dict("records")]
        if part.code in parts.index:
            rows.append(_sum_row(parts.loc[part.code], TEXT[lang]["subtotal"].format(part=part.title[lang]), rubric))
    rows += [_item_row(evaluation, row, given, lang) for row in mine[bonus].to_dict("records")]
    total = row_of(whole_areas(evaluation.totals), area)
    rows.append({"item_name": TEXT[lang]["total_row"], "maximum": number(rubric.maximum), "points": exact(total["total"], rubric), "note": ""})
    columns = ["item_name", "maximum", "points", "rate", *(f"by_{source}" for source in rubric.source_shares), "note"]
    return table(_frame(evaluation, rows, columns), lang=lang)


def _item_row(evaluation: Evaluation, row: dict[str, Any], given: pd.DataFrame, lang: str) -> dict[str, Any]:
    item, rubric = evaluation.rubric.item(row["item_code"]), evaluation.rubric
    status = "" if row["status"] == "scored" else label(row["status"], lang, "status")
    told = {"item_name": item.title[lang], "maximum": number(row["maximum"]), "points": exact(row["points"], rubric), "rate": percent(row["rate"]),
            "note": status or TEXT[lang]["comma"].join(_noted(row, lang))}  # fmt: skip
    if row["note"] == SUPPRESSED or item.code not in given.index:
        return told
    return told | {f"by_{source}": exact(value, rubric) for source, value in given.loc[item.code].items()}


def _noted(row: dict[str, Any], lang: str) -> list[str]:
    """The level that the points fall in, and what must be known of them."""
    attained = [label(row["attained"], lang, "attained")] if row["attained"] else []
    return attained + ([] if is_blank(row["note"]) else [str(say_note(row["note"], lang))])


def _sum_row(row: Any, name: str, rubric: Rubric) -> dict[str, Any]:
    return {"item_name": name, "maximum": number(row["maximum"]), "points": exact(row["points"], rubric), "rate": percent(row["rate"]), "note": ""}


def by_source(evaluation: Evaluation, area: str) -> pd.DataFrame:
    """Points of each item (rows) by each source (columns); above, the means over those that have a total."""
    from ..measure.scoring import round_half_up

    points = evaluation.points[evaluation.points["weight"].gt(0)]
    level = evaluation.limits.level_of[area]
    if level != evaluation.lowest:
        totals = evaluation.totals
        known = totals[totals["level"].eq(evaluation.lowest) & totals["total"].notna()]
        points = points.merge(pd.DataFrame(known)[["area_code", "project_id"]])
    inside = points[evaluation.limits.at(points["area_code"], level).eq(area)]
    decimals = evaluation.rubric.decimals
    means = inside.assign(points=round_half_up(inside["points"], decimals)).pivot_table(index="item_code", columns="source", values="points")
    return means.apply(lambda column: pd.Series(round_half_up(column, decimals), index=column.index))


def rank_table(
    ranking: ResultTable | Unscored, evaluation: Evaluation | Unscored, area: str, lang: str = "zh", *, audience: str = "public"
) -> Table | Sentence:
    """The communities of an area by rank, each with the ranks that cannot be told apart from it, its total, parts and grade.

    The public reads names only of those whose total is at or above the district's; a street no list of the whole district.
    """
    if isinstance(ranking, Unscored) or isinstance(evaluation, Unscored):
        return Unscored("no_rubric").short(lang)
    hidden = nameless(evaluation, area, audience)
    if audience == "street" and evaluation.limits.level_of[area] == "district":
        return Sentence(REFUSED[lang]["other"])
    rubric, rows = evaluation.rubric, within(ranking, evaluation, area).sort_values(["rank", "area_code"], na_position="last")
    frame = pd.DataFrame({
        "rank": rows["rank"].map(number), "rank_set": [rank_set(row) for row in rows.to_dict("records")],
        "area_name": _names(rows, hidden, lang), "total_points": [exact(v, rubric) for v in rows["total"]],
        **_part_columns(evaluation, rows["area_code"]), "grade": [grade_title(rubric, code, lang) for code in rows["grade"]],
        "note": rows["note"],
    })  # fmt: skip
    return _with_parts(table(_attributed(evaluation, frame), lang=lang), rubric, lang)


def _names(rows: pd.DataFrame, hidden: set[str], lang: str) -> pd.Series:
    return rows["area_name"].mask(rows["area_code"].isin(hidden), NAMELESS[lang])


def rank_set(row: Mapping[str, Any]) -> str:
    """``5–31``; blank where the error is not known."""
    if is_blank(row["rank_lower"]):
        return BLANK
    lower, upper = number(row["rank_lower"]), number(row["rank_upper"])
    return lower if lower == upper else f"{lower}–{upper}"


def street_table(evaluation: Evaluation | Unscored, lang: str = "zh", *, area: str | None = None, audience: str = "public") -> Table | Sentence:
    """The streets: means of their communities' totals and parts, and how many communities have which grade; the district below.

    The public reads names only of streets at or above the district (and of ``area``, the report's own); a street sees itself alone.
    """
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    rubric, totals = evaluation.rubric, whole_areas(evaluation.totals)
    whole = totals[totals["level"].eq("district")]
    hidden = nameless(evaluation, area or whole["area_code"].iloc[0], audience)
    streets = totals[totals["level"].eq("street")].sort_values("total", ascending=False)
    rows = pd.concat([streets[~streets["area_code"].isin(hidden)] if audience == "street" else streets, whole])
    below = pd.DataFrame(evaluation.totals)[evaluation.totals["level"].eq(evaluation.lowest)]
    grades = {
        f"grade_{band.code}": [
            int((below["grade"].eq(band.code) & evaluation.limits.at(below["area_code"], level).eq(code)).sum())
            for level, code in zip(rows["level"], rows["area_code"], strict=True)
        ]
        for band in rubric.bands
    }
    noted = {"note": rows["note"]} if rows["note"].ne("").any() else {}
    counted = "communities" if evaluation.lowest == "community" else "projects"
    frame = pd.DataFrame({"area_name": _names(rows, hidden, lang), counted: rows["communities"], "total_points": [exact(v, rubric) for v in rows["total"]],
                          **_part_columns(evaluation, rows["area_code"]), **grades, **noted})  # fmt: skip
    told = [counted, *grades, *noted]  # of a street without a name, how many communities it has would be its name
    frame = frame.astype(dict.fromkeys(told, object))
    frame.loc[rows["area_code"].isin(hidden).to_numpy(), told] = None
    return _with_parts(table(_attributed(evaluation, frame), lang=lang, caption=TEXT[lang]["streets_caption"]), rubric, lang)


def _part_columns(evaluation: Evaluation, codes: pd.Series) -> dict[str, list[str]]:
    wide = whole_areas(evaluation.parts).pivot_table(index="area_code", columns="part", values="points").reindex(codes)
    return {f"part_{part.code}": [exact(v, evaluation.rubric) for v in wide[part.code]] for part in evaluation.rubric.parts if part.code in wide}


def _with_parts(made: Table, rubric: Rubric, lang: str) -> Table:
    """The table with titles of the rubric over the columns of parts and grades."""
    titles = {f"part_{p.code}": p.title[lang] for p in rubric.parts} | {f"grade_{b.code}": b.title[lang] for b in rubric.bands}
    return replace(made, headings=made.headings | {c: t for c, t in titles.items() if c in made.headings})


def gap_table(evaluation: Evaluation | Unscored, area: str, count: int = 3, lang: str = "zh", *, audience: str = "public") -> Table | Sentence:
    """Of a community: the items that would raise its total most. Of a street or the district: the items on which most is lost. Not for the public.

    ``often``: of how many of its communities an item is among the first ``count``.
    """
    check_option("audience", audience, AUDIENCES)
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    if audience == "public":
        return Sentence(REFUSED[lang]["gaps"])
    rubric, found, level = evaluation.rubric, evaluation.gaps, evaluation.limits.level_of[area]
    first = found[found["order"].le(count).fillna(False)]
    if level == evaluation.lowest:
        rows = [{"item_name": rubric.item(r["item_code"]).title[lang], "reached": _of(r["points"], r["maximum"], rubric), "best": exact(r["best"], rubric),
                 "to_gain": exact(r["to_gain"], rubric), "note": SMALL if r["within_error"] else ""}
                for r in first[first["area_code"].eq(area)].to_dict("records")]  # fmt: skip
        columns = ["item_name", "reached", "best", "to_gain", *(["note"] if any(row["note"] for row in rows) else [])]
        made = _frame(evaluation, rows, columns)
        return table(made, lang=lang) if rows else _nothing(evaluation, area, "no_gap", lang)
    often = first.loc[evaluation.limits.at(first["area_code"], level).eq(area), "item_code"].value_counts()
    items = whole_areas(evaluation.items)
    items = items[items["area_code"].eq(area) & items["item_code"].isin([i.code for i in rubric.base_items]) & items["points"].notna()]
    items = items.assign(lost=items["maximum"] - items["points"]).sort_values("lost", ascending=False, kind="stable").head(2 * count)
    if items.empty:
        return Sentence(TEXT[lang]["short"])
    rows = [{"item_name": rubric.item(r["item_code"]).title[lang], "reached": _of(r["points"], r["maximum"], rubric), "rate": percent(r["rate"]),
             "lost": exact(r["lost"], rubric), "often": number(often.get(r["item_code"], 0))} for r in items.to_dict("records")]  # fmt: skip
    return table(_frame(evaluation, rows, ["item_name", "reached", "rate", "lost", "often"]), lang=lang, caption=TEXT[lang]["lost_caption"].format(count=count))


def strength_table(evaluation: Evaluation | Unscored, area: str, count: int = 3, lang: str = "zh", *, audience: str = "public") -> Table | Sentence:
    """The items of a community that stand furthest above the district's mean, those of a survey left out; any audience may see them."""
    from ..measure.gaps import strengths

    check_option("audience", audience, AUDIENCES)
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    rubric, found = evaluation.rubric, strengths(evaluation)
    sampled = [item.code for item in rubric.items if "survey" in item.sources]  # above in a sample need not be above
    found = found[found["area_code"].eq(area) & found["above"].gt(0) & ~found["item_code"].isin(sampled)].head(count)
    rows = [{"item_name": rubric.item(r["item_code"]).title[lang], "reached": _of(r["points"], r["maximum"], rubric), "rate": percent(r["rate"]),
             "district_rate": percent(r["district_rate"]), "above": in_points(r["above"], signed=True)} for r in found.to_dict("records")]  # fmt: skip
    made = _frame(evaluation, rows, ["item_name", "reached", "rate", "district_rate", "above"])
    return table(made, lang=lang) if rows else _nothing(evaluation, area, "no_better", lang)


def _nothing(evaluation: Evaluation, area: str, code: str, lang: str) -> Sentence:
    """Why there is no row: what ``code`` says, or that no item of the area was scored."""
    mine = evaluation.items["area_code"].eq(area) & evaluation.items["points"].notna()
    return Sentence(TEXT[lang][code if mine.any() else "short"])


def rate_table(rates: pd.DataFrame, dataset: Dataset, area: str, period: str, lang: str = "zh") -> Table:
    """The three rates of an area beside its street's and its district's, each with its interval and n, or why there is none.

    ``rates``: the released indicator table. A sample too small is named; it concludes nothing.
    """
    tree = edition(dataset.areas, period_end(period))
    areas = dict.fromkeys([area, ancestor(tree, "street").get(area), ancestor(tree, "district").get(area)])
    shown = dict(zip(("own_value", "street_value", "district_value"), [code for code in areas if code], strict=False))
    rows, names = [], {}
    for indicator, basis in HEADLINE:
        of = rates[rates["indicator"].eq(indicator) & rates["basis"].eq(basis) & rates["area_code"].isin(shown.values())]
        found = {column: row_of(of, code) for column, code in shown.items()}
        rows.append({"indicator": indicator} | {column: _rate_told(row, lang) for column, row in found.items()})
        names = {column: plain(row["area_name"]) for column, row in found.items()}
    frame = pd.DataFrame(rows)
    frame.attrs["origin"] = dataset.origin
    named = {"bases": TEXT[lang]["semicolon"].join(f"{label(i, lang, 'indicator')} = {label(b, lang, 'basis')}" for i, b in HEADLINE)}
    known = rates["confidence"].dropna()
    caption = TEXT[lang]["rates_caption"].format(confidence=percent(known.iloc[0], 0) if len(known) else "95%", as_of=day(rates["as_of"].max(), lang), **named)
    made = table(frame, lang=lang, caption=caption)
    return replace(made, headings=made.headings | names)


def _rate_told(row: pd.Series, lang: str) -> str:
    if is_blank(row["value"]):
        return str(say_note(row["note"], lang))
    text = bare(row["value"], row["unit"], lang=lang)
    if not is_blank(row["lower"]):
        text = TEXT[lang]["limited"].format(value=text, limits=limits(row["lower"], row["upper"], row["unit"], lang=lang), n=number(row["n"]))
    return text + (TEXT[lang]["unsure"] if row["quality"] == 3 else "")


# --- what these share --------------------------------------------------------------------------------------------------


def within(ranking: pd.DataFrame, evaluation: Evaluation, area: str) -> pd.DataFrame:
    """Rows of a ranking that lie in an area."""
    return pd.DataFrame(ranking)[evaluation.limits.at(ranking["area_code"], evaluation.limits.level_of[area]).eq(area)].reset_index(drop=True)


def _of(points: Any, maximum: Any, rubric: Rubric) -> str:
    return f"{exact(points, rubric)} / {number(maximum)}"


def _frame(evaluation: Evaluation, rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    return _attributed(evaluation, pd.DataFrame(rows, columns=columns))


def _attributed(evaluation: Evaluation, frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    frame.attrs = {"origin": evaluation.origin, "rubric_status": evaluation.rubric.status}
    return frame
