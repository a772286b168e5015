"""Which assessors score higher than others would, and what the totals were without that. An evaluation → tables.

Place in the flow: beside ``raters``, after ``scores``. The adjusted totals stand beside the raw ones and never replace them: what is
decided is decided on the scores that were given. Self-scores have no leniency here, as nobody else scores as that assessor: how far they
stand above the district's is a difference of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .agreement import self_gap
from .clustered import cluster_robust
from .interval import Floats, check_confidence
from .ranksets import competition_rank
from .raters import TOLERANCE
from .request import SCORE, joined, rule
from .results import ResultTable, result_table
from .score_records import KEYS, SCORED
from .scoring import limits_of

if TYPE_CHECKING:
    from .scores import Evaluation

METHOD = "assessor effects, CR2"
OWN = "self"
REASONS = {"all_alike": "no_variation", "too_few_sets": "too_few_units", "no_contrast": "not_connected"}
CELL = [*KEYS, "item_code"]
WHO = ["source", "assessor_code"]
LENIENCY = (
    "source", "assessor_code", "assessor_name", "period", "wave", "value", "lower", "upper", "confidence", "se", "df", "n", "scores", "component", "unit",
    "method", "note", "origin",
)  # fmt: skip
ADJUSTED = ("area_code", "area_name", "project_id", "period", "wave", "total", "adjusted", "change", "rank", "adjusted_rank", "note", "origin")
BY_ITEM = (
    "level", "area_code", "area_name", "period", "wave", "part", "item_code", "value", "lower", "upper", "confidence", "agreement_lower", "agreement_upper",
    "share_above", "tolerance", "n", "clusters", "unit", "method", "note", "origin",
)  # fmt: skip


def leniency(evaluation: Evaluation, *, confidence: float = 0.95) -> ResultTable:
    """How much higher each assessor scores than the others of its source would score the same communities.

    Use: does a street score its neighbours more kindly than another would? It compares like with like (the same community and item, scored
    by others too), so a street with good neighbours is not taken for a kind one. Of twenty assessors who do not differ, one has limits
    without 0 by chance.

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns.
    confidence : float
        0-1.

    Returns
    -------
    DataFrame
        One row per assessor of each source that has several (``self`` apart): ``value`` in points of a scale of 100, against the mean of
        its source (the values of a source sum to 0), with t limits; ``n`` communities and ``scores`` that others scored too. All assessors
        are compared through the communities they share, other sources included. Where these leave groups of assessors that share none,
        each is compared within its ``component`` only, with the note ``not_connected``; blank where it stands alone there. Limits blank
        with ``too_few_units``, ``no_variation``.

    Notes
    -----
    Score = community × item + assessor, least squares on all scores of items with a scale (as they are, not shrunk); standard errors CR2
    clustered by community with Satterthwaite's degrees of freedom. Scores of a community on several items by the same assessors are one
    row with the weight of their number, which changes nothing.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28:169-181; Pustejovsky & Tipton (2018), JBES 36:672-683 (R ``clubSandwich``).

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> found = leniency(evaluate(load_sample(), period="2020"))
    >>> found["source"].unique().tolist(), len(found), bool(abs(found["value"].sum()) < 1e-9)
    (['peer'], 13, True)
    """
    check_confidence(confidence)
    given = _given(evaluation)
    given = given[~given["source"].eq(OWN)]
    who = given[WHO].drop_duplicates().sort_values(WHO).reset_index(drop=True)
    shared = given[given.groupby(CELL)["value"].transform("size") > 1]
    who = who.merge(_counts(shared), on=WHO, how="left").fillna({"n": 0, "scores": 0})
    at = shared.merge(who[WHO].reset_index(names="at"), on=WHO)["at"].to_numpy(dtype="int64")
    who["component"] = _components(shared, at, len(who))
    rows = _collapsed(shared.assign(at=at))
    found = [_effect(rows, who, j, confidence) for j in range(len(who)) if who["source"].eq(who["source"][j]).sum() > 1]
    table = pd.DataFrame(found, columns=["at", "value", "lower", "upper", "se", "df", "note"]).set_index("at").join(who, how="left")
    names = dict(zip(evaluation.limits.tree["area_code"], evaluation.limits.tree["area_name"], strict=True))
    table = table.assign(assessor_name=table["assessor_code"].map(names), confidence=np.where(table["lower"].notna(), confidence, np.nan), unit=SCORE,
                         method=METHOD, component=table["component"] + 1)  # fmt: skip
    return _told(evaluation, table, LENIENCY, {"n": "Int64", "scores": "Int64", "component": "Int64"})


def _given(evaluation: Evaluation) -> pd.DataFrame:
    """Scores of assessors on a scale of 100; items without a scale are left out."""
    scales = {item.code: limits_of(item) for item in evaluation.rubric.items if item.value in ("assessments", "panel_scores")}
    scales = {code: (low, high) for code, (low, high) in scales.items() if np.isfinite(high - low) and high > low}
    rows = evaluation.records[evaluation.records["status"].eq(SCORED) & evaluation.records["item_code"].isin(list(scales))]
    low, high = (rows["item_code"].map({code: pair[side] for code, pair in scales.items()}).astype("float64") for side in (0, 1))
    return rows.assign(value=100 * (rows["value"] - low) / (high - low), span=high - low, low=low)


def _counts(shared: pd.DataFrame) -> pd.DataFrame:
    """Communities and scores of each assessor that somebody else scored too."""
    subjects = shared.drop_duplicates([*WHO, *KEYS]).groupby(WHO).size().rename("n")
    return pd.concat([subjects, shared.groupby(WHO).size().rename("scores")], axis=1).reset_index()


def _components(shared: pd.DataFrame, at: np.ndarray, assessors: int) -> np.ndarray:
    """Number of the group of assessors that shared communities hold together, in order of the first of each."""
    cell = shared.groupby(CELL).ngroup().to_numpy()
    cells = int(cell.max()) + 1 if len(cell) else 0
    links = coo_matrix((np.ones(len(at)), (at, assessors + cell)), shape=(assessors + cells, assessors + cells))
    return pd.factorize(connected_components(links, directed=False)[1][:assessors])[0]


def _collapsed(shared: pd.DataFrame) -> pd.DataFrame:
    """One row per community, set of assessors who scored the same items of it, and assessor.

    ``value``: its mean over these items, less that of the set, times the root of their number; ``size`` of the set, ``weight`` (that root).
    Items that the same assessors scored have the same rows in the design, so least squares, standard errors and degrees of freedom stay.
    """
    rows = shared.sort_values([*CELL, "at"])
    team = rows.groupby(CELL)["at"].transform(lambda who: ";".join(map(str, who)))
    rows = rows.assign(team=team.astype("str"), swept=rows["value"] - rows.groupby(CELL)["value"].transform("mean"))
    found = rows.groupby([*KEYS, "team", "at"], as_index=False).agg(swept=("swept", "mean"), items=("swept", "size"))
    found = found.assign(weight=np.sqrt(found["items"]), size=found.groupby([*KEYS, "team"])["at"].transform("size"))
    return found.assign(value=found["swept"] * found["weight"])


def _effect(rows: pd.DataFrame, who: pd.DataFrame, j: int, confidence: float) -> tuple[object, ...]:
    """The effect of assessor ``j`` less the mean of its source in its component."""
    together = who["component"].eq(who["component"][j])
    peers = np.flatnonzero(together & who["source"].eq(who["source"][j]))
    apart = len(peers) < who["source"].eq(who["source"][j]).sum()
    if len(peers) < 2:
        return (j, *[np.nan] * 5, "not_connected")
    members = np.flatnonzero(together)
    mine = rows[rows["at"].isin(members)]
    design = _design(mine, members)
    own = design[:, np.flatnonzero(members == j)[0]]
    others = np.column_stack([design[:, at] + (own / (len(peers) - 1) if k in peers else 0.0) for at, k in enumerate(members) if k != j])
    clusters = mine.groupby(KEYS).ngroup().to_numpy()
    found = cluster_robust(mine["value"], own * len(peers) / (len(peers) - 1), clusters, controls=others, confidence=confidence)
    note = joined(REASONS.get(found.note, found.note), "not_connected" if apart else "")
    return j, found.value, found.lower, found.upper, found.se, found.df, note


def _design(rows: pd.DataFrame, members: np.ndarray) -> Floats:
    """A column per assessor: 1 where the row is its own, less the share of the row's team that it is."""
    column = np.searchsorted(members, rows["at"].to_numpy())
    design = (rows["at"].to_numpy()[:, None] == members).astype("float64")
    team = rows.groupby([*KEYS, "team"]).ngroup().to_numpy()
    share = np.zeros((team.max() + 1, len(members)))
    share[team, column] = 1 / rows["size"].to_numpy()
    return np.asarray((design - share[team]) * rows["weight"].to_numpy()[:, None])


def _told(evaluation: Evaluation, table: pd.DataFrame, columns: tuple[str, ...], types: dict[str, str]) -> ResultTable:
    table = table.assign(period=evaluation.period, wave=evaluation.wave, origin=evaluation.origin)
    text = [c for c in ("period", "wave", "origin", "note", "unit", "method", "assessor_name") if c in columns]
    return result_table(table[list(columns)].astype(types | dict.fromkeys(text, "str")).reset_index(drop=True), evaluation.dataset)


# --- totals without leniency -------------------------------------------------------------------------------------------


def adjusted_totals(evaluation: Evaluation) -> ResultTable:
    """Totals as they would be had all assessors of a source been equally strict, beside the raw ones.

    Use: does anybody's place hang on who happened to score it? It is a check, never the result: the effects are estimates with errors of
    their own, and what a street was told to score is what it scored.

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns.

    Returns
    -------
    DataFrame
        One row per community (or project): ``total`` and ``rank`` as given, ``adjusted`` and ``adjusted_rank`` (competition ranks: 1, 2,
        2, 4), ``change``. Every score has its assessor's ``leniency`` taken off, within the scale of the item, and goes through the same
        rules. ``note``: that of the total, and ``not_connected`` where some assessors could not be compared.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> found = adjusted_totals(evaluate(load_sample(), period="2020"))
    >>> bool((found["adjusted"] - found["total"] - found["change"]).abs().max() < 1e-9)
    True
    """
    effects = leniency(evaluation)
    given = _given(evaluation)
    effect = dict(zip(zip(effects["source"], effects["assessor_code"], strict=True), effects["value"], strict=True))
    given["effect"] = [effect.get(pair, np.nan) for pair in zip(given["source"], given["assessor_code"], strict=True)]
    kept = given["low"] + given["span"] * (given["value"] - given["effect"].fillna(0.0)).clip(0, 100) / 100
    records = evaluation.records.copy()
    records.loc[kept.index, "value"] = kept.where(given["effect"].notna(), records["value"])
    raw, new = (pd.DataFrame(e.totals)[lambda t: t["level"].eq(evaluation.lowest)] for e in (evaluation, evaluation.rescored(records)))
    table = raw.merge(new[[*KEYS, "total"]].rename(columns={"total": "adjusted"}), on=KEYS)
    left_out = table["note"].map(lambda note: bool(set(note.split(";")) & set(evaluation.rubric.unranked))).astype("bool")
    for name, column in (("rank", "total"), ("adjusted_rank", "adjusted")):
        table[name] = pd.Series(competition_rank(table[column].mask(left_out)), index=table.index).astype("Int64")
    table["change"] = (table["adjusted"] - table["total"]).round(evaluation.rubric.decimals)
    apart = "not_connected" if effects["note"].str.contains("not_connected").any() else ""
    table["note"] = [joined(note, apart) for note in table["note"]]
    return _told(evaluation, table, ADJUSTED, {})


# --- self-scores -------------------------------------------------------------------------------------------------------


def self_gap_by_item(evaluation: Evaluation, *, confidence: float = 0.95) -> ResultTable:
    """How far self-scores stand above the district's, item by item and street by street.

    Use: on which items do communities and the district see different things? ``self_assessment_gap`` has it over all items.

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns.
    confidence : float
        0-1.

    Returns
    -------
    DataFrame
        One row per street, and one for the district, and item that both score: ``value``, the mean over communities of own less district
        score in points of a scale of 100, with t limits over communities (for the district clustered by street); ``share_above``: of
        gaps above ``tolerance`` (``rules.yaml``). Blank with ``no_data`` where no community has both.

    References
    ----------
    Bland & Altman (1999), Statistical Methods in Medical Research 8:135-160.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> found = self_gap_by_item(evaluate(load_sample(), period="2020"))
    >>> bool((found.loc[found["level"].eq("district"), "value"] > 0).all())
    True
    """
    check_confidence(confidence)
    limits, tolerance = evaluation.limits, float(rule(evaluation.dataset, "self_gap_tolerance", TOLERANCE))
    wide = _given(evaluation).pivot_table(index=["area_code", "item_code"], columns="source", values="value", aggfunc="mean")
    wide = wide.reindex(columns=[OWN, "district"]).dropna().reset_index()
    wide["street"] = limits.at(wide["area_code"], "street")
    pairs = dict(tuple(limits.climb(wide, ("street", "district")).groupby(["level", "area_code", "item_code"])))
    items = [item for item in evaluation.rubric.items if item.value == "assessments" and {OWN, "district"} <= set(item.sources)]
    found = []
    for area in limits.rows(("street", "district")).itertuples():
        for item in items:
            rows = pairs.get((area.level, area.area_code, item.code), wide.iloc[:0])
            gap = self_gap(rows[OWN], rows["district"], clusters=rows["street"] if area.level == "district" else None, tolerance=tolerance,
                           confidence=confidence)  # fmt: skip
            told = {f: getattr(gap, f) for f in BY_ITEM if hasattr(gap, f)}
            found.append({"level": area.level, "area_code": area.area_code, "area_name": area.area_name, "part": item.part, "item_code": item.code, **told})
    table = pd.DataFrame(found, columns=list(BY_ITEM)).assign(unit=SCORE, tolerance=tolerance)
    table["confidence"] = np.where(table["lower"].notna(), confidence, np.nan)
    return _told(evaluation, table, BY_ITEM, {"n": "Int64", "clusters": "Int64"})
