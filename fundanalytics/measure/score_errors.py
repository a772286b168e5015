"""How sure a total is: the sampling error of its survey items and the disagreement of its assessors. An evaluation → errors and draws.

Place in the flow: between ``scores`` and ``ranking``. Ledgers and registers are full counts and add no error; a source with one assessor
has one too, but nothing in the data tells how large: it adds none here, and ``ScoreErrors.sources`` says so. A strict street scores
several communities alike; their errors are taken as independent all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..kept import kept
from .definitions import CONFIDENCE, INDICATORS
from .design import Ints
from .figures import numbers
from .formula import evaluate_expression, names_in
from .intervals import Floats
from .request import Request, joined, request, rows
from .rubric import Item
from .score_records import KEYS, SCORED, split_indicator
from .scoring import limits_of, share_of
from .survey_covariance import Joint, joint

if TYPE_CHECKING:
    from .scores import Evaluation

METHOD = "score error, survey and assessors"
DRAWS, SEED = 2000, 20201231  # of the standard error: it is known to 2 %
ASSESSED = ("assessments", "panel_scores")
SURVEY, ASSESSORS, NONE = "survey", "assessors", "none"
FRAME = (*KEYS, "se_survey", "df_survey", "se_assessors", "df_assessors", "se", "df", "method", "note")


@dataclass(frozen=True, eq=False)
class SurveyItem:
    """One item that rests on survey estimates: for which subjects (``at``), and what each share of it is worth in the total (``stake``)."""

    item: Item
    names: Mapping[str, int]
    known: Mapping[str, Floats]
    at: Ints
    value: Floats
    share: Floats
    target: Floats
    operator: np.ndarray
    stake: Floats

    def moved(self, estimates: Joint, drawn: Floats) -> Floats:
        """By how many points of the total each draw moves the subjects of ``at``."""
        own, other = self._raw(estimates.value[None]), self._raw(drawn)
        values = np.clip(self.value + other - own, *limits_of(self.item))
        count = len(values)
        share = share_of(self.item, values.ravel(), targets=np.tile(self.target, count), operators=np.tile(self.operator, count))
        return (share.reshape(values.shape) - self.share) * self.stake

    def _raw(self, drawn: Floats) -> Floats:
        values = {name: drawn[:, self.at, j] for name, j in self.names.items()}
        if self.item.value != "formula":
            return next(iter(values.values()))
        return evaluate_expression(self.item.options["expression"], values | {name: v[self.at] for name, v in self.known.items()})


@dataclass(frozen=True, eq=False)
class ScoreErrors:
    """Standard errors of totals, and draws of them.

    Attributes
    ----------
    frame : DataFrame
        One row per community (or project), in the order of ``evaluation.totals``: ``se_survey``, ``se_assessors`` and ``se`` in points of the
        total, degrees of freedom (blank where the error is 0), ``method``, ``note``: ``no_variation`` (all answers to a question are alike),
        ``one_cluster``, ``one_assessor`` (where others have several; the error is that of one), ``no_error_source``. Blank without a total.
    sources : dict
        Source → which error it adds: ``survey``, ``assessors``, or ``none``.
    """

    frame: pd.DataFrame
    sources: dict[str, str]
    total: Floats = field(repr=False)
    cap: float = field(repr=False)
    items: tuple[SurveyItem, ...] = field(repr=False)
    estimates: Joint | None = field(repr=False)

    def draw(self, count: int, seed: int) -> Floats:
        """Simulated totals, ``count`` × the rows of ``frame``: what might have been scored had others been asked and others scored.

        Survey estimates are drawn jointly with t errors and scored anew, so that an item at its maximum can only lose; assessors' errors
        are normal. Draws move the shown total and lie between 0 and the cap.
        """
        rng = np.random.default_rng(seed)
        df = self.frame["df_survey"].to_numpy(dtype="float64")
        df = np.where(np.isfinite(df), df, 1.0)
        stretch = np.sqrt(df / rng.chisquare(df, (count, len(df))))
        error = rng.standard_normal((count, len(df))) * self.frame["se_assessors"].to_numpy()
        moved = _moved(self.items, self.estimates, rng, (count, len(df)), stretch)
        return np.clip(self.total + moved + error, 0.0, self.cap)


@kept
def score_errors(evaluation: Evaluation) -> ScoreErrors:
    """Standard errors of the totals of an evaluation.

    Use: before totals are ranked or held against a grade's limit. It misleads where the largest error is one that no data show: a
    single assessor's, or a rubric that asks the wrong thing.

    Parameters
    ----------
    evaluation : Evaluation
        Of ``evaluate``.

    Returns
    -------
    ScoreErrors
        ``frame``, ``sources`` and ``draw``.

    Notes
    -----
    Survey: the estimates of a community are drawn jointly (log odds on their scales, covariance of the design), scored by the rubric,
    and the standard deviation of the points is taken; the degrees of freedom are clusters less strata. Assessors: D of each assessor and
    community is the mean over items of share − mean share of that item in the source, weighted by the items' points; its pooled variance
    within communities, over the number of the community's assessors, times the squared points that the source has there. Both scale
    as the total does where items were left out. Degrees of freedom of sums after Satterthwaite.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 6.5; Searle, Casella & McCulloch (1992), Variance Components,
    section 3.6; Satterthwaite (1946), Biometrics Bulletin 2:110-114.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> from fundanalytics.measure.scores import evaluate
    >>> found = score_errors(evaluate(load_sample(), period="2020"))
    >>> found.sources
    {'self': 'none', 'peer': 'assessors', 'district': 'none', 'survey': 'survey'}
    >>> found.draw(100, seed=1).shape
    (100, 90)
    """
    totals = evaluation.totals[evaluation.totals["level"].eq(evaluation.lowest)].reset_index(drop=True)
    used = _used(evaluation, totals)
    items, estimates = _survey_items(evaluation, used, totals["area_code"])
    survey = _moved(items, estimates, np.random.default_rng(SEED), (DRAWS, len(totals))).std(axis=0)
    unsure, df, note = _survey_notes(items, estimates, len(totals))
    assessed = _assessor_errors(evaluation, used, len(totals))
    frame = totals[KEYS].assign(se_survey=survey, df_survey=np.where(survey > 0, df, np.nan), se_assessors=np.sqrt(assessed["variance"]),
                                df_assessors=assessed["df"])  # fmt: skip
    frame["se"] = np.hypot(frame["se_survey"], frame["se_assessors"])
    frame["df"] = _satterthwaite(frame[["se_survey", "se_assessors"]].to_numpy() ** 2, frame[["df_survey", "df_assessors"]].to_numpy())
    blank, known = totals["total"].isna(), unsure | assessed["known"].to_numpy()
    frame["method"] = pd.Series(np.where(known, METHOD, ""), dtype="str")
    frame["note"] = pd.Series([joined(*codes) for codes in zip(note, assessed["note"], np.where(known, "", "no_error_source"), strict=True)], dtype="str")
    frame.loc[blank, list(FRAME[2:8])] = np.nan
    frame.loc[blank, ["method", "note"]] = ""
    total = totals["total"].to_numpy(dtype="float64")
    return ScoreErrors(frame[list(FRAME)], _sources(evaluation, assessed.attrs["sources"]), total, evaluation.rubric.cap, items, estimates)


def _used(evaluation: Evaluation, totals: pd.DataFrame) -> pd.DataFrame:
    """What was scored: ``row`` of the total, and the points of the total (``stake``) that source and item have there."""
    whole = totals["maximum"].to_numpy(dtype="float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(whole > 0, evaluation.rubric.maximum / whole, 0.0)
    bonus = [item.code for item in evaluation.rubric.items if item.bonus]
    points = evaluation.points[evaluation.points["status"].eq(SCORED) & evaluation.points["weight"].gt(0)]
    points = points.merge(totals[KEYS].assign(row=np.arange(len(totals)), factor=factor), on=KEYS)
    return points.assign(stake=points["maximum"] * points["weight"] * points["factor"].where(~points["item_code"].isin(bonus), 1.0))


def _sources(evaluation: Evaluation, several: Sequence[str]) -> dict[str, str]:
    told = {source for item in evaluation.rubric.items if _surveyed(item) for source in item.sources}
    return {s: SURVEY if s in told else ASSESSORS if s in several else NONE for s in evaluation.rubric.source_shares}


def _satterthwaite(variances: Floats, df: Floats) -> Floats:
    """Degrees of freedom of a sum of independent variances (last axis); blank where the sum is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(variances > 0, variances**2 / df, 0.0)
        return variances.sum(axis=-1) ** 2 / parts.sum(axis=-1)


# --- the survey's part -------------------------------------------------------------------------------------------------


def _indicators(item: Item) -> dict[str, tuple[str, str]]:
    """Name in the rubric → indicator and basis."""
    names = names_in(item.options["expression"]) if item.value == "formula" else [item.value] if item.indicator else []
    return {name: split_indicator(name) for name in names}


def _surveyed(item: Item) -> dict[str, tuple[str, str]]:
    """Those that are survey estimates."""
    return {name: pair for name, pair in _indicators(item).items() if pair[1] in INDICATORS[pair[0]].surveyed}


def _survey_items(evaluation: Evaluation, used: pd.DataFrame, codes: pd.Series) -> tuple[tuple[SurveyItem, ...], Joint | None]:
    """The items that rest on survey estimates, and the estimates, in the order of the totals."""
    wanted = [item for item in evaluation.rubric.items if _surveyed(item) and used["item_code"].eq(item.code).any()]
    if not wanted:
        return (), None
    asked = request(evaluation.dataset, by="community", period=evaluation.period, subset=None, as_of=evaluation.as_of, confidence=CONFIDENCE, subsets=())
    pairs = list(dict.fromkeys(pair for item in wanted for pair in _surveyed(item).values()))
    estimates = joint(asked, pairs).of(codes)
    return tuple(_survey_item(asked, item, used[used["item_code"].eq(item.code)], pairs, codes) for item in wanted), estimates


def _survey_item(asked: Request, item: Item, mine: pd.DataFrame, pairs: list[tuple[str, str]], codes: pd.Series) -> SurveyItem:
    told = _surveyed(item)
    known = {}
    for name, (indicator, basis) in _indicators(item).items():
        if name not in told:
            table = rows(asked, numbers(asked, {indicator: [basis]})).set_index("area_code")
            known[name] = table["value"].reindex(codes).to_numpy(dtype="float64")
    columns = {name: mine[name].to_numpy(dtype="float64") for name in ("value", "share", "target", "stake")}
    return SurveyItem(item, {name: pairs.index(pair) for name, pair in told.items()}, known, mine["row"].to_numpy(), **columns,
                      operator=mine["operator"].to_numpy(dtype=object))  # fmt: skip


def _moved(items: Sequence[SurveyItem], estimates: Joint | None, rng: np.random.Generator, shape: tuple[int, int], stretch: Floats | float = 1.0) -> Floats:
    """Draws × totals: by how many points the survey moves each."""
    made = np.zeros(shape)
    if estimates is not None:
        drawn = estimates.draw(rng.standard_normal((*shape, estimates.centre.shape[1])), stretch)
        for item in items:
            made[:, item.at] += item.moved(estimates, drawn)
    return made


def _survey_notes(items: Sequence[SurveyItem], estimates: Joint | None, count: int) -> tuple[NDArray[np.bool_], Floats, NDArray[np.str_]]:
    """Per total: whether a survey estimate in it is uncertain, degrees of freedom, notes."""
    unsure = np.zeros(count, dtype=bool)
    if estimates is None:
        return unsure, np.full(count, np.nan), np.full(count, "")
    for item in items:
        unsure[item.at] |= estimates.uncertain[item.at][:, list(item.names.values())].any(axis=1)
    return unsure, estimates.df, estimates.note


# --- the assessors' part -----------------------------------------------------------------------------------------------


def _assessor_errors(evaluation: Evaluation, used: pd.DataFrame, count: int) -> pd.DataFrame:
    """Per total: ``variance``, ``df``, ``known`` (whether a source in it has several assessors), ``note``; ``attrs["sources"]``: such sources."""
    teams = _teams(evaluation, used)
    parts, several = [], []
    for source, mine in teams.groupby("source", sort=False):
        df = int((mine["assessors"] - 1).sum())
        if df:
            variance = mine["stake"] ** 2 * (mine["squares"].sum() / df) / mine["assessors"]
            parts.append(pd.DataFrame({"row": mine["row"], "variance": variance, "by_df": variance**2 / df, "alone": mine["assessors"].eq(1)}))
            several.append(str(source))
    every = pd.concat(parts) if parts else pd.DataFrame({"row": [], "variance": [], "by_df": [], "alone": []})
    summed = every.groupby("row")[["variance", "by_df", "alone"]].sum().reindex(range(count))
    found = pd.DataFrame({"variance": summed["variance"].fillna(0.0).astype("float64"), "known": summed["variance"].notna(),
                          "note": np.where(summed["alone"].fillna(0).astype(bool), "one_assessor", "")})  # fmt: skip
    found["df"] = (found["variance"] ** 2 / summed["by_df"].astype("float64")).where(found["variance"] > 0)
    found.attrs["sources"] = several
    return found


def _teams(evaluation: Evaluation, used: pd.DataFrame) -> pd.DataFrame:
    """Per total and source that people score: ``assessors``, ``squares`` of their D about their mean, and ``stake``: the points in their hands."""
    keys = [*KEYS, "item_code", "source"]
    items = {item.code: item for item in evaluation.rubric.items if item.value in ASSESSED}
    used = used[used["item_code"].isin(items)]
    given = evaluation.records[evaluation.records["status"].eq(SCORED)].merge(used[[*keys, "row", "maximum"]], on=keys)
    given["share"] = np.nan
    for code, mine in given.groupby("item_code"):
        shares = share_of(items[code], mine["value"].to_numpy(), targets=mine["target"].to_numpy(), operators=mine["operator"].to_numpy(dtype=object))
        given.loc[mine.index, "share"] = shares
    size = given["maximum"] * [items[code].sources[source] for code, source in zip(given["item_code"], given["source"], strict=True)]
    gap = given["share"] - given.groupby(["source", "item_code"])["share"].transform("mean")
    each = given.assign(size=size, got=size * gap).groupby(["row", "source", "assessor_code"], as_index=False)[["size", "got"]].sum()
    each["d"] = each["got"] / each["size"]
    by = each.groupby(["row", "source"])["d"]
    teams = each.assign(squares=(each["d"] - by.transform("mean")) ** 2).groupby(["row", "source"], as_index=False).agg(
        assessors=("d", "size"), squares=("squares", "sum"))  # fmt: skip
    return teams.merge(used.groupby(["row", "source"], as_index=False)["stake"].sum(), on=["row", "source"])
