"""Where points were lost, what would raise the total most, what went well, and what was repaired from one wave to the next.

Place in the flow: after ``scores``; the one-page sheets, the score workbook and the pilots' notebook read it. It says what others have
reached, not what caused the gap, and it names nobody: a community is shown its own points and what the best of its kind got.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from .request import joined
from .results import ResultTable, result_table
from .score_records import KEYS, MISSING, NOT_APPLICABLE, SCORED, SMALL
from .scoring import round_half_up

if TYPE_CHECKING:
    from .interval import Floats
    from .scores import Evaluation

FEWEST = 5  # of a type; fewer show little of what can be reached, and who they are
QUARTER = 0.25  # the best of the comparable ones
REPAIRED = 0.5  # of the points lost in the earlier wave, from here a gap counts as repaired
ASSESSED = ("assessments", "panel_scores")  # what has waves; indicators belong to the year
ALL = "all"
GAPS = (
    "area_code", "area_name", "project_id", "period", "part", "item_code", "points", "maximum", "lost", "best", "to_gain", "comparable", "comparison", "order",
    "within_error", "note", "origin",
)  # fmt: skip
STRENGTHS = ("area_code", "area_name", "project_id", "period", "part", "item_code", "points", "maximum", "rate", "district_rate", "above", "order", "origin")
WAVES = (
    "area_code", "area_name", "project_id", "period", "earlier_wave", "later_wave", "part", "item_code", "maximum", "earlier_points", "later_points", "change",
    "lost_before", "repaired_share", "state", "sources", "note", "origin",
)  # fmt: skip


def gaps(evaluation: Evaluation) -> ResultTable:
    """Where each community (or project) lost points, first what would raise its total most.

    Use: what to work on next? ``to_gain`` is what the best of its kind have over it, so it can be reached; that it can be reached by this
    community, and how, the number does not say.

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns.

    Returns
    -------
    DataFrame
        One row per community and item below its maximum (a bonus is nothing lost; items that do not apply are left out): ``points``,
        ``maximum``, ``lost``; ``best``, what the best quarter of the ``comparable`` ones reached (their median rate, of this maximum);
        ``to_gain`` in points of the total; ``comparison``: the community type, or ``all`` where fewer than five of its type were scored
        on the item, itself counted; ``order`` 1 raises the total most; ``within_error``: the item rests on a small sample, so what was
        lost may be chance. Unscored items come last, with ``to_gain`` and ``order`` blank and the note ``unscored``; ``counted_zero``:
        nothing was sent and the rubric counts 0; ``too_little_scored``: there is no total to gain points of.

    Notes
    -----
    best = ROUND(median of the top ⌈n/4⌉ rates × maximum); to_gain = min(cap − total, max(0, best − points) × maximum of the rubric / Σ maxima
    of the items scored). Ordered by ``to_gain``, then ``lost``, then the rubric.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> found = gaps(evaluate(load_sample(), period="2020"))
    >>> found.groupby("area_code").size().shape, bool(found["to_gain"].ge(0).all())
    ((90,), True)
    """
    table = _subjects_items(evaluation)
    table = table.merge(_best(table), on=[*KEYS, "item_code"], how="left")
    decimals, full = evaluation.rubric.decimals, evaluation.rubric.maximum
    table["best"] = _rounded(table["best_rate"] * table["maximum"], decimals)
    table["lost"] = _rounded(table["maximum"] - table["points"], decimals)
    scale = full / table["scored_maximum"].where(table["scored_maximum"] > 0)
    room = (evaluation.rubric.cap - table["total"]).clip(lower=0)
    gain = ((table["best"] - table["points"]).clip(lower=0) * scale).clip(upper=room)
    table["to_gain"] = _rounded(gain.where(table["total"].notna()), decimals)
    table = table[table["points"].isna() | (table["lost"] > 0)]
    table = table.assign(first=-table["to_gain"].fillna(0.0), second=-table["lost"].fillna(0.0))
    table = table.sort_values([*KEYS, "first", "second", "place"]).reset_index(drop=True)
    table["order"] = (table.groupby(KEYS).cumcount() + 1).astype("Int64").where(table["points"].notna())
    table["within_error"] = table["item_note"].map(lambda note: SMALL in note.split(";")).astype("bool")
    table["note"] = _gap_notes(table)
    return _told(evaluation, table, GAPS, {"comparable": "Int64"})


def strengths(evaluation: Evaluation) -> ResultTable:
    """What each community (or project) did better than the district, best first.

    Use: the first three are what a sheet of one page praises. ``above`` compares rates of points (得分率), each item by its own maximum;
    where it is below 0 the community is no better than the others.

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns.

    Returns
    -------
    DataFrame
        One row per community and scored item: ``rate``, ``district_rate`` (of the district's points, as everywhere), ``above`` (their difference), ``order``.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> found = strengths(evaluate(load_sample(), period="2020"))
    >>> bool(found.groupby("area_code")["above"].is_monotonic_decreasing.all())
    True
    """
    table = _subjects_items(evaluation)
    table = table[table["points"].notna()].sort_values([*KEYS, "place"])
    whole = evaluation.items[evaluation.items["level"].eq("district")].drop_duplicates("item_code").set_index("item_code")["rate"]
    table["district_rate"] = table["item_code"].map(whole)
    table["above"] = (table["rate"] - table["district_rate"]).round(12)  # the last bits of a mean decide nothing
    table = table.assign(first=-table["above"], second=-table["rate"]).sort_values([*KEYS, "first", "second", "place"]).reset_index(drop=True)
    table["order"] = table.groupby(KEYS).cumcount() + 1
    return _told(evaluation, table, STRENGTHS, {})


def _subjects_items(evaluation: Evaluation) -> pd.DataFrame:
    """Every item but a bonus that applies to a community (or project), with its total and what that was made of."""
    place = {item.code: at for at, item in enumerate(evaluation.rubric.base_items)}
    items = evaluation.items[evaluation.items["level"].eq(evaluation.lowest) & evaluation.items["item_code"].isin(list(place))]
    items = items[~items["status"].eq(NOT_APPLICABLE)].rename(columns={"note": "item_note"})
    totals = evaluation.totals[evaluation.totals["level"].eq(evaluation.lowest)]
    totals = pd.DataFrame(totals)[[*KEYS, "total", "maximum"]].rename(columns={"maximum": "scored_maximum"})
    kind = items["area_code"].map(evaluation.limits.types).astype("str").fillna(ALL)
    return items.assign(place=items["item_code"].map(place), kind=kind).merge(totals, on=KEYS, how="left").reset_index(drop=True)


def _best(table: pd.DataFrame) -> pd.DataFrame:
    """The rate of the best comparable ones, how many are comparable, and which."""
    scored = table[table["rate"].notna()]
    of_type, of_all = (scored.groupby(["item_code", *by])["rate"].agg(["size", _top]) for by in (["kind"], []))
    found = table[[*KEYS, "item_code", "kind"]].merge(of_type.reset_index(), on=["item_code", "kind"], how="left")
    found = found.merge(of_all.reset_index(), on="item_code", how="left", suffixes=("", "_all"))
    few = ~(found["size"] >= FEWEST)
    return found[[*KEYS, "item_code"]].assign(
        best_rate=found["_top"].mask(few, found["_top_all"]), comparable=found["size"].mask(few, found["size_all"]), comparison=found["kind"].mask(few, ALL)
    )


def _top(rates: pd.Series) -> float:
    """Median of the top quarter."""
    best = np.sort(rates.to_numpy(dtype="float64"))[::-1][: int(np.ceil(len(rates) * QUARTER))]
    return float(np.median(best))


def _gap_notes(table: pd.DataFrame) -> list[str]:
    return [joined(note, "counted_zero" if status == "zero" else "", "too_little_scored" if np.isnan(total) and status != MISSING else "")
            for note, status, total in zip(table["item_note"], table["status"], table["total"], strict=True)]  # fmt: skip


def _rounded(values: pd.Series, decimals: int) -> pd.Series:
    return pd.Series(round_half_up(values.to_numpy(dtype="float64"), decimals), index=values.index)


def _told(evaluation: Evaluation, table: pd.DataFrame, columns: tuple[str, ...], types: dict[str, str]) -> ResultTable:
    """The columns of a result, with period and origin."""
    table = table.assign(period=evaluation.period, origin=evaluation.origin)
    text = {c: "str" for c in ("period", "origin", "note", "comparison", "state", "sources", "earlier_wave", "later_wave") if c in columns}
    return result_table(table[list(columns)].astype(types | text).reset_index(drop=True), evaluation.dataset)


# --- from one wave to the next -----------------------------------------------------------------------------------------


def compare_waves(earlier: Evaluation, later: Evaluation) -> ResultTable:
    """What became of the points lost in an earlier wave (阶段性测评).

    Use: did those who were accompanied repair what was found? Only sources that scored the item in both waves count, so the points are not
    those of the totals. With one assessor nobody knows how far a second would differ: a change is what was written down, not a proof.

    Parameters
    ----------
    earlier, later : Evaluation
        Of the same rubric and fund year, of different waves.

    Returns
    -------
    DataFrame
        One row per community that was assessed in both waves and assessed item (indicators belong to the year and have no waves):
        ``earlier_points``, ``later_points``, ``change``, ``lost_before``, ``repaired_share`` (the change over what was lost), and
        ``state``: ``repaired`` (at least half of what was lost was regained), ``partly`` (less), ``not_repaired`` (nothing), ``worse``,
        ``no_gap`` (nothing was lost, then or now), ``unscored`` (no source scored it in both). ``sources``: those that count. ``note``:
        ``sources_in_common`` (others scored in one wave only and are left out), ``one_assessor``.

    Raises
    ------
    ArgumentError
        Another rubric or year, or the same wave.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> first, second = (evaluate(load_sample(), period="2020", wave=wave) for wave in ("1", "2"))
    >>> compare_waves(first, second)["area_code"].nunique()
    13
    """
    _check_waves(earlier, later)
    before, after = (_shares(evaluation) for evaluation in (earlier, later))
    keys = [*KEYS, "part", "item_code", "maximum"]
    heard = pd.concat([before, after], ignore_index=True).groupby(keys)["source"].nunique().rename("heard").reset_index()
    both = before.merge(after, on=[*keys, "source", "given"], suffixes=("_earlier", "_later")).sort_values([*keys, "source"])
    table = heard[pd.MultiIndex.from_frame(heard[KEYS]).isin(pd.MultiIndex.from_frame(both[KEYS]))]
    table = table.merge(_in_common(both, keys), on=keys, how="left")
    decimals = later.rubric.decimals
    for wave in ("earlier", "later"):
        table[f"{wave}_points"] = _rounded(table[wave] * table["maximum"], decimals)
    table["change"] = _rounded(table["later_points"] - table["earlier_points"], decimals)
    table["lost_before"] = _rounded(table["maximum"] - table["earlier_points"], decimals)
    table["repaired_share"] = table["change"] / table["lost_before"].where(table["lost_before"] > 0)
    table["state"] = _states(table["change"].to_numpy(), table["lost_before"].to_numpy())
    table["sources"] = table["sources"].astype("str").fillna("")
    table["note"] = [joined("sources_in_common" if common and common < heard else "", "one_assessor" if fewest == 1 else "")
                     for common, heard, fewest in zip(table["common"].fillna(0), table["heard"], table["fewest"], strict=True)]  # fmt: skip
    names = later.totals.drop_duplicates("area_code").set_index("area_code")["area_name"]
    place = {item.code: at for at, item in enumerate(later.rubric.items)}
    table = table.assign(area_name=table["area_code"].map(names), place=table["item_code"].map(place), earlier_wave=earlier.wave, later_wave=later.wave)
    return _told(later, table.sort_values([*KEYS, "place"]), WAVES, {})


def _check_waves(earlier: Evaluation, later: Evaluation) -> None:
    of = [(e.rubric.id, e.rubric.sha256, e.period) for e in (earlier, later)]
    if of[0] != of[1] or earlier.wave == later.wave:
        told = [f"{e.rubric.id} {e.rubric.sha256[:8]} · {e.period} · {e.wave or '–'}" for e in (earlier, later)]
        raise ArgumentError("not_two_waves", found=" / ".join(told))


def _shares(evaluation: Evaluation) -> pd.DataFrame:
    """Shares of the points that assessors gave, by source, with the weight that the rubric gives the source."""
    given = {(i.code, source): weight for i in evaluation.rubric.base_items if i.value in ASSESSED for source, weight in i.sources.items()}
    points = evaluation.points[evaluation.points["status"].eq(SCORED)]
    weight = [given.get(pair, np.nan) for pair in zip(points["item_code"], points["source"], strict=True)]
    points = points.assign(given=weight)[[*KEYS, "part", "item_code", "maximum", "source", "given", "share", "assessors"]]
    return points[points["given"] > 0]


def _in_common(both: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean share of each item in both waves over its common sources, their number and names, and the fewest assessors of any."""
    weighted = both.assign(earlier=both["given"] * both["share_earlier"], later=both["given"] * both["share_later"],
                           fewest=both[["assessors_earlier", "assessors_later"]].min(axis=1))  # fmt: skip
    found = weighted.groupby(keys, as_index=False).agg(earlier=("earlier", "sum"), later=("later", "sum"), given=("given", "sum"), common=("source", "size"),
                                                       sources=("source", ";".join), fewest=("fewest", "min"))  # fmt: skip
    return found.assign(earlier=found["earlier"] / found["given"], later=found["later"] / found["given"]).drop(columns="given")


def _states(change: Floats, lost: Floats) -> np.ndarray:
    """What became of each gap; both arrays in rounded points."""
    half = change >= REPAIRED * lost - 1e-9
    return np.select([np.isnan(change), change < 0, lost == 0, change == 0, half], ["unscored", "worse", "no_gap", "not_repaired", "repaired"], "partly")
