"""Do assessors agree, and how much higher do communities score themselves? The assessments → tables of agreement.

Place in the flow: takes ``assessments`` to ``agreement`` and ``alpha``; scores and ranks take their between-assessor variance from here. Which
coefficient is legitimate depends on who scored whom, so that is looked at first and never chosen by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..data.areas import LEVELS, years
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from .agreement import Agreement, icc, icc_one_way, self_gap
from .alpha import Alpha, krippendorff_alpha
from .boundaries import Boundaries, boundaries
from .interval import check_confidence
from .request import SCORE, rule, waves_in_order
from .results import ResultTable, result_table

__all__ = ["assessor_agreement", "icc", "icc_one_way", "krippendorff_alpha", "self_assessment_gap", "self_gap"]
TOLERANCE = 5.0  # points; rules.yaml may say otherwise
DRAWS = 1000
CROSSED = 0.5  # of the communities scored by every assessor of a source, from here they count as one panel that missed a few
ALL = "all"
SOURCES = ("self", "peer", "district")
UNSCORED = ("not_applicable", "missing")
AGREEMENT = (
    "period", "wave", "item_code", "source", "coefficient", "value", "lower", "upper", "confidence", "n", "raters", "subject_variance", "rater_variance",
    "residual_variance", "method", "origin", "note",
)  # fmt: skip
GAP = (
    "level", "area_code", "area_name", "period", "wave", "value", "lower", "upper", "confidence", "agreement_lower", "agreement_upper", "share_above",
    "tolerance", "n", "items", "clusters", "unit", "method", "origin", "note",
)  # fmt: skip


def assessor_agreement(dataset: Dataset, *, period: str, wave: str | None = None, confidence: float = 0.95) -> ResultTable:
    """How far assessors agree on the same communities, for each item and for the mean of all items.

    Use: how much of a score is the community, how much whoever scored it? ``residual_variance`` (and ``rater_variance`` where it
    can be told apart) is the between-assessor error that ranks must carry. Where communities hardly differ, agreement is low
    however careful the assessors.

    Parameters
    ----------
    dataset : Dataset
        ``assessments``.
    period : str
        Fund years; the scores of several are averaged.
    wave : str, optional
        Default the last wave of the period.
    confidence : float
        0-1.

    Returns
    -------
    DataFrame
        One row per ``item_code`` (``all``: the mean of the items, each taken as a difference from its mean so that a missing one
        does no harm), ``source`` and ``coefficient``. Within a source: ``icc(2,1)`` and ``icc(2,k)`` where the same assessors
        scored every community (or at least half; the others are left out); ``icc(1,1)`` and ``icc(1,k)`` where communities have
        assessors of their own, as with streets that score others: a strict street and a weak community cannot be told apart
        there, so ICC(2,·) would be wrong. ``source`` ``all``: the sources (each the mean of its assessors) as raters. ``alpha``:
        Krippendorff's α, interval, with limits by resampling communities. ``n`` counts communities. Blank with ``one_assessor``,
        ``too_few_subjects``, ``too_few_raters``, ``no_variation``.

    Raises
    ------
    ArgumentError
        No assessment in the period, or none of the wave.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86:420-428; Krippendorff (2019), chapter 12.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = assessor_agreement(load_sample(), period="2020")
    >>> found.loc[found["item_code"].eq("all") & found["source"].eq("peer"), "coefficient"].tolist()
    ['alpha', 'icc(1,1)', 'icc(1,k)']
    """
    check_confidence(confidence)
    scored, _, chosen = _scored(dataset, period, wave)
    whole = _over_items(scored)
    everything = pd.concat([scored, whole], ignore_index=True)
    sources = [s for s in SOURCES if everything["source"].eq(s).any()]
    parts = []
    for item, rows in everything.groupby("item_code", sort=False):
        for source in sources:
            parts += [part.assign(item_code=item, source=source) for part in _within(rows[rows["source"] == source], confidence)]
        if len(sources) > 1:
            between = rows.pivot_table(index="area_code", columns="source", values="value", aggfunc="mean", observed=True)
            parts += [part.assign(item_code=item, source=ALL) for part in (_two_way(between.to_numpy(), confidence), _alpha(between.to_numpy(), confidence))]
    found = pd.concat(parts, ignore_index=True).reindex(columns=list(AGREEMENT)).assign(period=period, wave=chosen, origin=dataset.origin)
    found["confidence"] = np.where(found["lower"].notna(), confidence, np.nan)
    found = found.astype(dict.fromkeys(["period", "wave", "item_code", "source", "coefficient", "method", "origin", "note"], "str")).astype({"n": "Int64"})
    return result_table(found.sort_values(["item_code", "source", "coefficient"]).reset_index(drop=True), dataset)


def _scored(dataset: Dataset, period: str, wave: str | None) -> tuple[pd.DataFrame, Boundaries, str]:
    """Assessments of one wave by the areas of the period's end, unscored ones blank; those boundaries; and the wave."""
    rows = dataset.assessments
    rows = rows[rows["period"].isin(years(period))].reset_index(drop=True)
    if rows.empty:
        known = sorted(dataset.assessments["period"].dropna().unique())
        raise ArgumentError("no_data_for_period", found=period, expected=", ".join(known) or "–")
    waves = rows["wave"].fillna("").astype("str")
    known = sorted(waves.unique())
    if wave is not None:
        check_option("wave", str(wave), known)
    chosen = waves_in_order(known)[-1] if wave is None else str(wave)
    rows = rows[waves == chosen].reset_index(drop=True)
    limits = boundaries(dataset, period)
    value = rows["value"].astype("float64").mask(rows["status"].isin(UNSCORED))
    who = rows["assessor_code"].astype("str").fillna(rows["source"].astype("str"))
    found = rows[["source", "item_code", "period"]].assign(area_code=limits.move(rows), assessor_code=who, value=value)
    keys = ["area_code", "source", "assessor_code", "item_code"]
    return found.groupby(keys, as_index=False, dropna=False)["value"].mean(), limits, chosen


def _over_items(scored: pd.DataFrame) -> pd.DataFrame:
    """The mean over items of each assessor's scores of a community, each item as a difference from its mean in the source."""
    middle = scored.groupby(["source", "item_code"])["value"].transform("mean")
    level = scored.groupby(["source", "item_code"], as_index=False)["value"].mean().groupby("source")["value"].mean()
    keys = ["area_code", "source", "assessor_code"]
    whole = scored.assign(value=scored["value"] - middle).groupby(keys, as_index=False)["value"].mean()
    return whole.assign(value=whole["value"] + whole["source"].map(level).astype("float64"), item_code=ALL)


def _within(rows: pd.DataFrame, confidence: float) -> list[pd.DataFrame]:
    """Agreement among the assessors of one source on one item."""
    teams = rows.groupby("area_code")["assessor_code"].agg(frozenset)
    if not len(teams) or teams.map(len).max() < 2:
        note = "one_assessor" if len(teams) else "no_data"
        return [pd.DataFrame({"coefficient": ["icc(1,1)"], "n": [len(teams)], "raters": [float(min(len(teams), 1))], "note": [note], "method": [""]})]
    same = bool(teams.eq(frozenset(rows["assessor_code"])).mean() >= CROSSED)
    place = rows["assessor_code"] if same else rows.groupby("area_code").cumcount()
    table = rows.assign(place=place).pivot(index="area_code", columns="place", values="value").to_numpy(dtype="float64")
    return [_two_way(table, confidence) if same else _rows(icc_one_way(table, confidence=confidence)), _alpha(table, confidence)]


def _two_way(table: np.ndarray, confidence: float) -> pd.DataFrame:
    found = _rows(icc(table, confidence=confidence))
    return found[found["coefficient"].isin(["icc(2,1)", "icc(2,k)"])]


def _alpha(table: np.ndarray, confidence: float) -> pd.DataFrame:
    return _rows(krippendorff_alpha(table, level="interval", draws=DRAWS, confidence=confidence))


def _rows(found: Agreement | Alpha) -> pd.DataFrame:
    frame = found.to_frame()
    if isinstance(found, Alpha):
        frame = frame.assign(coefficient="alpha", raters=found.ratings / found.units if found.units else np.nan).rename(columns={"units": "subjects"})
    return frame.rename(columns={"subjects": "n"}).drop(columns=["observed", "expected", "ratings"], errors="ignore")


def self_assessment_gap(
    dataset: Dataset, *, period: str, wave: str | None = None, by: str | Sequence[str] = "street", confidence: float = 0.95,
) -> ResultTable:  # fmt: skip
    """How much higher communities score themselves than the district scores them, item by item.

    Use: can self-assessment stand in for assessment? It is never an outcome. A gap is no proof of flattery: the community knows
    things the district does not see.

    Parameters
    ----------
    dataset : Dataset
        ``assessments`` with ``source`` self and district.
    period : str
        Fund years; the scores of several are averaged.
    wave : str, optional
        Default the last wave of the period.
    by : str or sequence of str
        ``district``, ``street``, ``community``.
    confidence : float
        0-1; for the limits of the mean and the limits of agreement.

    Returns
    -------
    DataFrame
        One row per area: ``value``, the mean over its communities of own less district score (each the mean over the items that
        both scored, in points), with t limits clustered by street (for a street: over its communities); ``agreement_lower`` and
        ``agreement_upper``, within which the gap of a single community lies; ``share_above``, the communities whose gap is above
        ``tolerance`` (``rules.yaml``). Blank with ``no_data``, ``no_self``, ``no_district``; limits blank with ``too_few_units``,
        ``one_cluster``, ``no_variation``.

    Raises
    ------
    ArgumentError
        No assessment in the period, or none of the wave; an unknown level.

    References
    ----------
    Bland & Altman (1999), Statistical Methods in Medical Research 8:135-160.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> row = self_assessment_gap(load_sample(), period="2020", by="district").iloc[0]
    >>> bool(0 < row["lower"] < row["value"] < row["upper"])
    True
    """
    check_confidence(confidence)
    levels = (by,) if isinstance(by, str) else tuple(by)
    for level in levels:
        check_option("by", level, LEVELS)
    scored, limits, chosen = _scored(dataset, period, wave)
    pairs, sides = _pairs(scored)
    tolerance = float(rule(dataset, "self_gap_tolerance", TOLERANCE))
    pairs = pairs.assign(street=limits.at(pairs["area_code"], "street"))
    found = [_gap(group, level, str(code), tolerance, confidence)
             for (level, code), group in limits.climb(pairs.assign(community=pairs["area_code"]), levels).groupby(["level", "area_code"])]  # fmt: skip
    table = limits.rows(levels).merge(pd.DataFrame(found, columns=["level", "area_code", *GAP[5:8], *GAP[9:12], *GAP[13:16], "method", "note"]),
                                      on=["level", "area_code"], how="left")  # fmt: skip
    table["note"] = table["note"].astype("str").where(table["note"].notna(), _reasons(table, limits.climb(sides, levels)))
    constants = {"period": period, "wave": chosen, "unit": SCORE, "origin": dataset.origin}
    table = table.assign(tolerance=tolerance, confidence=np.where(table["lower"].notna(), confidence, np.nan), **constants)
    table["method"] = table["method"].fillna("")
    table = table.astype({"n": "Int64", "items": "Int64", "clusters": "Int64"} | dict.fromkeys([*constants, "method", "note"], "str"))
    return result_table(table[list(GAP)].sort_values(["level", "area_code"]).reset_index(drop=True), dataset)


def _pairs(scored: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Per area: own and district score over the items that both gave; and which sides were heard at all."""
    wide = scored[scored["source"].isin(["self", "district"])].pivot_table(index=["area_code", "item_code"], columns="source", values="value", aggfunc="mean")
    wide = wide.reindex(columns=["self", "district"]).reset_index()
    sides = wide.groupby("area_code", as_index=False)[["self", "district"]].count()
    both = wide.dropna(subset=["self", "district"])
    by_area = both.groupby("area_code", as_index=False)
    return by_area[["self", "district"]].mean().merge(by_area.size().rename(columns={"size": "items"}), on="area_code"), sides


def _gap(group: pd.DataFrame, level: str, code: str, tolerance: float, confidence: float) -> dict[str, object]:
    """The row of one area; communities of one street share a cluster only where several streets come together."""
    clusters = group["street"] if level == "district" else None
    found = self_gap(group["self"], group["district"], clusters=clusters, tolerance=tolerance, confidence=confidence)
    numbers = {
        f: getattr(found, f) for f in ("value", "lower", "upper", "agreement_lower", "agreement_upper", "share_above", "n", "clusters", "method", "note")
    }
    return {"level": level, "area_code": code, "items": int(group["items"].sum()), **numbers}


def _reasons(table: pd.DataFrame, heard: pd.DataFrame) -> pd.Series:
    """Why an area has no pair: which side is missing."""
    sums = heard.groupby(["level", "area_code"])[["self", "district"]].sum()
    told = table[["level", "area_code"]].merge(sums.reset_index(), on=["level", "area_code"], how="left")[["self", "district"]].fillna(0)
    missing = np.select([told.eq(0).all(axis=1), told["self"].eq(0), told["district"].eq(0)], ["no_data", "no_self", "no_district"], "no_pairs")
    return pd.Series(missing, index=table.index, dtype="str")
