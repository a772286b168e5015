"""Raw values → points, items, parts and totals, by the rules of a rubric. Tables in, tables out.

Place in the flow: between ``score_records`` and ``scores``. Items are rounded once, half up; parts and totals are made of the
rounded items, so that what is shown adds up; a total is rounded once more only where something was left out and the rest was rescaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .boundaries import Boundaries
from .request import joined
from .rubric import Rubric
from .score_records import JOINED, KEYS, MISSING, NOT_APPLICABLE, SCORED, SMALL, TRACE, UNKNOWN
from .scoring import level_of, round_half_up, share_of

ZERO = "zero"  # missing, and the rubric says that this counts 0
ABOVE = ("community", "street", "district")
SOUND, WITH_CARE, UNSOUND = 1, 2, 3
HEARD = 0.5  # of the points that are a source's to judge: with less, the source is told as missing
JUDGED = ("assessments", "panel_scores")
NEAR = 1e-9  # points: 55 of 100 are .55 of them, whatever binary fractions say
SUBJECT = ["level", "area_code", "project_id"]


@dataclass(frozen=True)
class Scored:
    """The four tables of an evaluation."""

    points: pd.DataFrame
    items: pd.DataFrame
    parts: pd.DataFrame
    totals: pd.DataFrame


def score(rubric: Rubric, records: pd.DataFrame, subjects: pd.DataFrame, limits: Boundaries) -> Scored:
    """Score what is recorded: ``subjects`` has a row for each community (or project) with ``area_code``, ``project_id`` and ``work_class``."""
    lowest = "community" if rubric.unit == "community" else "project"
    points = _points(rubric, records, subjects)
    items = _items(rubric, points).assign(level=lowest)
    totals = _totals(rubric, items, points, records).assign(level=lowest, communities=1)
    levels = tuple(level for level in ABOVE if level != lowest)
    items = _ordered(rubric, pd.concat([items, _means_of_items(rubric, items, totals, limits, levels)], ignore_index=True))
    totals = pd.concat([totals, _means_of_totals(rubric, totals, limits, levels)], ignore_index=True)
    parts = _parts(rubric, items[items["level"].eq(lowest)], limits, levels, ranked=totals.loc[totals["total"].notna() & totals["level"].eq(lowest), KEYS])
    return Scored(points, items, parts, totals.sort_values(SUBJECT).reset_index(drop=True))


# --- points: subject × item × source -----------------------------------------------------------------------------------


def _points(rubric: Rubric, records: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    keys = [*KEYS, "item_code", "source"]
    scored = records[records["status"].eq(SCORED)]
    values = scored.groupby(keys, as_index=False).agg(value=("value", "mean"), assessors=("value", "size"))
    first = records.drop_duplicates(keys)[[*keys, "target", "operator", "n", "quality", "note", "indicator", "basis", *TRACE]]
    said = records.assign(no=records["status"].eq(NOT_APPLICABLE)).groupby(keys, as_index=False)["no"].any()
    table = _grid(rubric, subjects).merge(values, on=keys, how="left").merge(first, on=keys, how="left").merge(said, on=keys, how="left")
    table["assessors"] = table["assessors"].fillna(0).astype("int64")
    no = table["no"].eq(True)
    table["status"] = np.select([table["assessors"] > 0, no], [SCORED, NOT_APPLICABLE], MISSING)
    table["note"] = table["note"].astype("str").fillna("no_record")
    table["share"] = np.nan
    for item in rubric.items:
        mine = table["item_code"].eq(item.code) & table["status"].eq(SCORED)
        if mine.any():
            rows = table[mine]
            table.loc[mine, "share"] = share_of(item, rows["value"].to_numpy(dtype="float64"), targets=rows["target"].to_numpy(dtype="float64"),
                                                operators=rows["operator"].to_numpy(dtype=object))  # fmt: skip
    unknown = table["status"].eq(SCORED) & table["share"].isna()  # nothing to hold the value against
    table["status"] = table["status"].mask(unknown, MISSING)
    table["note"] = table["note"].mask(unknown & table["note"].eq(""), "no_target")
    table["maximum"] = table["item_code"].map({i.code: i.points for i in rubric.items}).astype("float64")
    return _weighted(rubric, table).drop(columns="no")


def _grid(rubric: Rubric, subjects: pd.DataFrame) -> pd.DataFrame:
    """One row per subject, item that applies to it and source that scores the item."""
    pairs = pd.DataFrame([(i.part, i.code, s, w, order) for order, i in enumerate(rubric.items) for s, w in i.sources.items()],
                         columns=["part", "item_code", "source", "given_weight", "order"])  # fmt: skip
    grid = subjects.merge(pairs, how="cross")
    classes = {item.code: item.classes for item in rubric.items}
    wanted = [not classes[code] or kind in classes[code] for code, kind in zip(grid["item_code"], grid["work_class"], strict=True)]
    return grid[wanted].drop(columns="work_class").reset_index(drop=True)


def _weighted(rubric: Rubric, table: pd.DataFrame) -> pd.DataFrame:
    """Weights of the sources that scored, rescaled to 1 within an item; where the rubric says that missing evidence counts 0, it does."""
    left_out = _left_out(rubric, table)
    strict = table["item_code"].isin([i.code for i in rubric.items if i.missing == "zero"])
    nought = strict & table["status"].isin([MISSING, NOT_APPLICABLE]) & ~left_out
    table["status"] = table["status"].mask(nought, ZERO).mask(left_out, NOT_APPLICABLE)
    table.loc[nought, "share"] = 0.0
    counts = table["status"].isin([SCORED, ZERO])
    weight = table["given_weight"].where(counts, 0.0)
    whole = weight.groupby([table[c] for c in (*KEYS, "item_code")]).transform("sum")
    table["weight"] = (weight / whole.where(whole > 0)).fillna(0.0)
    table["points"] = (table["share"] * table["maximum"]).where(counts)
    return table.drop(columns=["given_weight"])


def _left_out(rubric: Rubric, table: pd.DataFrame) -> pd.Series:
    """Items that do not apply: the deciding source says so; of an item that is not its to score, all who said anything."""
    by = [table[c] for c in (*KEYS, "item_code")]
    no, yes, decides = table["status"].eq(NOT_APPLICABLE), table["status"].eq(SCORED), table["source"].eq(rubric.decides)
    asked, decided, said, scored = (flag.groupby(by).transform("any") for flag in (decides, no & decides, no, yes))
    return decided | (~asked & said & ~scored)


# --- items, parts, totals ----------------------------------------------------------------------------------------------


def _items(rubric: Rubric, points: pd.DataFrame) -> pd.DataFrame:
    keys = [*KEYS, "part", "item_code", "order"]
    status = points["status"]
    used = points.assign(got=points["weight"] * points["points"], small=points["note"].eq(SMALL) & status.eq(SCORED), scored=status.eq(SCORED),
                         no=status.eq(NOT_APPLICABLE), nought=status.eq(ZERO))  # fmt: skip
    table = used.groupby(keys, as_index=False).agg(
        got=("got", "sum"), weight=("weight", "sum"), maximum=("maximum", "first"), small=("small", "any"),
        scored=("scored", "any"), no=("no", "all"), nought=("nought", "any"),
    )  # fmt: skip
    table["nought"] &= ~table["scored"]
    table["status"] = np.select([table["no"], table["nought"], table["weight"] > 0], [NOT_APPLICABLE, ZERO, SCORED], MISSING)
    counts = table["status"].isin([SCORED, ZERO])
    table["points"] = round_half_up(table["got"].to_numpy(), rubric.decimals)
    table["points"] = table["points"].where(counts)
    table["rate"] = table["points"] / table["maximum"]
    table["note"] = np.select([table["small"] & counts, table["status"].eq(MISSING)], [SMALL, "unscored"], "")
    by_level = table["item_code"].isin([item.code for item in rubric.items if item.scoring == "levels"])
    table["attained"] = np.where(by_level, level_of(table["rate"]), "")
    return table[[*keys, "points", "maximum", "rate", "attained", "status", "note"]]


def _ordered(rubric: Rubric, items: pd.DataFrame) -> pd.DataFrame:
    return items.sort_values([*SUBJECT, "order"]).drop(columns="order").reset_index(drop=True)


def _parts(rubric: Rubric, items: pd.DataFrame, limits: Boundaries, levels: tuple[str, ...], *, ranked: pd.DataFrame) -> pd.DataFrame:
    """Points and maxima of the scored items of each part, a bonus outside; above, their means over those that have a total."""
    order = {part.code: at for at, part in enumerate(rubric.parts)}
    plain = items[~items["item_code"].isin([item.code for item in rubric.items if item.bonus])]
    scored = plain.assign(maximum=plain["maximum"].where(plain["points"].notna(), 0.0)).groupby([*SUBJECT, "part"], as_index=False)
    summed = scored[["points", "maximum"]].sum(min_count=1)
    above = limits.climb(summed.merge(ranked, on=KEYS).drop(columns="level"), levels).assign(project_id="")
    above = above.groupby([*SUBJECT, "part"], as_index=False)[["points", "maximum"]].mean()
    table = pd.concat([summed, above], ignore_index=True)
    table["points"] = _exact(table["points"], rubric)
    table["rate"] = table["points"] / table["maximum"].where(table["maximum"] > 0)
    return table.assign(order=table["part"].map(order)).sort_values([*SUBJECT, "order"]).drop(columns="order").reset_index(drop=True)


def _exact(sums: pd.Series, rubric: Rubric) -> pd.Series:
    """Sums of rounded numbers without what binary fractions leave behind."""
    return pd.Series(round_half_up(sums.to_numpy(dtype="float64"), rubric.decimals), index=sums.index)


def _totals(rubric: Rubric, items: pd.DataFrame, points: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    bonus = {item.code for item in rubric.items if item.bonus}
    plain, extra = items[~items["item_code"].isin(bonus)], items[items["item_code"].isin(bonus)]
    counts, applies = plain["points"].notna(), ~plain["status"].eq(NOT_APPLICABLE)
    sums = plain.assign(scored=plain["maximum"].where(counts, 0.0), asked=plain["maximum"].where(applies, 0.0), small=plain["note"].eq(SMALL),
                        no=~applies, open=plain["status"].eq(MISSING))  # fmt: skip
    table = sums.groupby(KEYS, as_index=False).agg(points=("points", "sum"), maximum=("scored", "sum"), asked=("asked", "sum"), small=("small", "any"),
                                                   no=("no", "any"), open=("open", "any"))  # fmt: skip
    table["bonus"] = table.set_index(KEYS).index.map(extra.groupby(KEYS)["points"].sum()).astype("float64")
    table["bonus"] = _exact(table["bonus"].fillna(0.0), rubric)
    enough = (table["maximum"] > 0) & (table["maximum"] >= rubric.needed * rubric.maximum - NEAR)
    table["points"] = _exact(table["points"], rubric).where(table["maximum"] > 0)
    total = np.where(table["maximum"] == rubric.maximum, table["points"], table["points"] / table["maximum"].where(table["maximum"] > 0) * rubric.maximum)
    total = np.minimum(round_half_up(total, rubric.decimals) + table["bonus"], rubric.cap)
    table["total"] = _exact(pd.Series(total), rubric).where(enough)
    table["grade"] = [rubric.grade(t) if t == t else "" for t in table["total"]]
    return _noted(rubric, table, points, records, enough)


def _noted(rubric: Rubric, table: pd.DataFrame, points: pd.DataFrame, records: pd.DataFrame, enough: pd.Series) -> pd.DataFrame:
    """Why a total is blank or to be taken with care: codes joined by ";"."""
    subjects = pd.MultiIndex.from_frame(table[KEYS])
    heard = _heard(rubric, points).reindex(subjects)
    told = {code: subjects.isin(pd.MultiIndex.from_frame(records.loc[_says(records, code), KEYS])) for code in (JOINED, UNKNOWN)}
    flags = [("rescaled", table["no"]), ("unscored_items", table["open"]), (SMALL, table["small"]), ("too_little_scored", ~enough & (table["asked"] > 0)),
             ("nothing_applicable", table["asked"].eq(0)), *told.items(), *((f"without_{s}", ~heard[s].astype(bool)) for s in heard)]  # fmt: skip
    notes = [joined(*(code for code, flag in zip([c for c, _ in flags], row, strict=True) if flag))
             for row in np.column_stack([np.asarray(flag, dtype=bool) for _, flag in flags])]  # fmt: skip
    care = pd.Series(notes) != ""
    quality = np.select([table["total"].isna(), care], [UNSOUND, WITH_CARE], SOUND)
    return table.assign(note=pd.Series(notes, dtype="str"), quality=quality)[[*KEYS, "total", "grade", "points", "maximum", "bonus", "note", "quality"]]


def _says(records: pd.DataFrame, code: str) -> pd.Series:
    """Records with a note among theirs."""
    return records["note"].str.split(";").map(lambda codes: code in codes).astype("bool")


def _heard(rubric: Rubric, points: pd.DataFrame) -> pd.DataFrame:
    """Whether each source scored at least half of the applicable points that are its to judge; what is computed is not, unless it has nothing else."""
    judged = {(item.code, source) for item in rubric.items for source in item.sources if item.value in JUDGED}
    judges = {source for _, source in judged}
    pairs = zip(points["item_code"], points["source"], strict=True)
    mine = points[[(code, source) in judged or source not in judges for code, source in pairs]]
    mine = mine[mine["status"].ne(NOT_APPLICABLE)]
    sums = mine.assign(given=mine["maximum"].where(mine["status"].eq(SCORED), 0.0)).groupby([*KEYS, "source"])[["given", "maximum"]].sum()
    return (sums["given"] >= HEARD * sums["maximum"] - NEAR).unstack("source", fill_value=True)


# --- streets and the district ------------------------------------------------------------------------------------------


def _means_of_items(rubric: Rubric, items: pd.DataFrame, totals: pd.DataFrame, limits: Boundaries, levels: tuple[str, ...]) -> pd.DataFrame:
    """Points of an item in a street: the mean over its communities that have a total and were scored on it."""
    ranked = totals.loc[totals["total"].notna(), KEYS]
    mine = items.merge(ranked, on=KEYS)
    mine = limits.climb(mine.drop(columns="level"), levels).assign(project_id="")
    keys = [*SUBJECT, "part", "item_code", "order"]
    table = mine.groupby(keys, as_index=False).agg(points=("points", "mean"), maximum=("maximum", "first"))
    table["points"] = round_half_up(table["points"].to_numpy(dtype="float64"), rubric.decimals)
    status = np.where(table["points"].notna(), SCORED, MISSING)
    return table.assign(rate=table["points"] / table["maximum"], attained="", status=status, note=np.where(table["points"].notna(), "", "unscored"))


def _means_of_totals(rubric: Rubric, totals: pd.DataFrame, limits: Boundaries, levels: tuple[str, ...]) -> pd.DataFrame:
    """The mean of the totals below, each counting the same; every area has a row."""
    below = limits.climb(totals.drop(columns="level"), levels)
    below = below.assign(blank=below["total"].isna())
    keys = ["level", "area_code"]
    table = below.groupby(keys, as_index=False).agg(total=("total", "mean"), points=("points", "mean"), maximum=("maximum", "mean"), bonus=("bonus", "mean"),
                                                    communities=("total", "count"), blank=("blank", "any"))  # fmt: skip
    table = limits.rows(levels)[keys].merge(table, on=keys, how="left").assign(project_id="")
    for column in ("total", "points", "bonus"):
        table[column] = round_half_up(table[column].to_numpy(dtype="float64"), rubric.decimals)
    none = table["total"].isna()
    table["grade"] = [rubric.grade(t) if t == t else "" for t in table["total"]]
    table["note"] = np.select([none, table["blank"].eq(True)], ["no_data", "some_without_total"], "")
    table["quality"] = np.select([none, table["blank"].eq(True)], [UNSOUND, WITH_CARE], SOUND)
    return table.drop(columns="blank").assign(communities=table["communities"].fillna(0).astype("int64"))
