"""Does the order stand when the rubric's weights are others? An evaluation → the ranks that it would have given.

Place in the flow: beside ``ranking``, which knows the errors of measurement; here the measurements stand and the weights, a choice, move. It
proposes no better weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from .interval import Floats
from .ranksets import ENDS, SEED, competition_rank
from .request import joined
from .results import ResultTable, result_table
from .score_records import KEYS
from .scoring import round_half_up

if TYPE_CHECKING:
    from .scores import Evaluation

METHOD = "ranks under other weights"
DRAWS, SPREAD = 1000, 0.25
BAND = (0.05, 0.95)
WIDE = 0.2  # of all ranks; our choice of what to call a place that hangs on the weights
COLUMNS = (
    "scheme", "area_code", "area_name", "project_id", "period", "total", "grade", "rank", "median_rank", "rank_lower", "rank_upper", "share_top",
    "share_grade", "draws", "note", "method", "origin",
)  # fmt: skip


def weight_robustness(evaluation: Evaluation, *, draws: int = DRAWS, spread: float = SPREAD, seed: int = SEED) -> ResultTable:
    """The ranks of each community (or project) had the rubric weighed its parts and sources otherwise.

    Use: is a place won by work or by the weights? Weights are a choice of whoever wrote the rubric; a place that most other choices would
    give can be defended. It says nothing of errors of measurement (``rank``), and many draws that agree are not so many confirmations.

    Parameters
    ----------
    evaluation : Evaluation
        What ``evaluate`` returns, not released: hidden items would count as unscored.
    draws : int
        Of ``dirichlet`` and ``uniform``.
    spread : float
        0-1: by how much of themselves weights move.
    seed : int
        For the draws.

    Returns
    -------
    DataFrame
        One row per subject with a total and ``scheme``: ``dirichlet`` (weights of parts and of sources drawn around those of the rubric,
        which together scatter by ``spread``), ``uniform`` (each within ± ``spread``, then made to sum to 1), ``equal_parts``,
        ``equal_sources``, ``without_part:<code>``, ``without_source:<code>`` (one draw each). ``median_rank``, ``rank_lower`` to
        ``rank_upper`` (5-95 % of the draws), ``share_top`` (draws among the first ten, ties in), ``share_grade`` (draws in the grade that
        it has), beside the ``total``, ``grade`` and ``rank`` of the rubric, here among all with a total. ``note``: ``hangs_on_weights``
        where the band holds more than a fifth of all ranks; ``nothing_left`` where a scheme leaves a subject unscored.

    Raises
    ------
    ArgumentError
        Draws or a spread that cannot be.

    Notes
    -----
    Total = Σ_p f_p Σ_i m_i s_i / Σ_p f_p Σ_i m_i over the items scored, s_i = Σ_s g_s w_s share_s / Σ_s g_s w_s, f and g the new weights of
    parts and sources over the old, plus the bonus and what rounding the items added. Dirichlet: mean the old weights b, concentration
    Σ b(1−b) / (spread² Σ b²) − 1, so that √(Σ variances / Σ b²) = spread. Inside an item that one source scores, sources change nothing.

    References
    ----------
    OECD & JRC (2008), Handbook on Constructing Composite Indicators, step 7; Saisana, Saltelli & Tarantola (2005), JRSS A 168:307-323.

    Examples
    --------
    >>> from fundanalytics import evaluate, load_sample
    >>> found = weight_robustness(evaluate(load_sample(), period="2020"), draws=100)
    >>> first = found.query("scheme == 'dirichlet' and rank == 1").iloc[0]
    >>> bool(first["median_rank"] <= 3), first["share_top"]
    (True, np.float64(1.0))
    """
    if not isinstance(draws, int) or draws < 1:
        raise ArgumentError("not_positive", name="draws", found=draws)
    if not 0 < spread < 1:
        raise ArgumentError("bad_spread", found=spread)
    scores = _Scores.of(evaluation)
    subjects = scores.subjects.assign(rank=pd.array(competition_rank(scores.subjects["total"]), dtype="Int64"))
    tables = []
    for scheme, parts, sources in _schemes(evaluation, draws, spread, seed):
        totals = scores.shown(parts, sources)
        tables.append(subjects.assign(scheme=scheme, draws=len(totals), **_places(evaluation, subjects, totals)))
    table = pd.concat(tables, ignore_index=True)
    table = table.assign(period=evaluation.period, method=METHOD, origin=evaluation.origin)
    return result_table(table[list(COLUMNS)].astype(dict.fromkeys(["scheme", "period", "note", "method", "origin"], "str")), evaluation.dataset)


def _schemes(evaluation: Evaluation, draws: int, spread: float, seed: int) -> Iterator[tuple[str, Floats, Floats]]:
    """Name, and new weights over old (draws × parts, draws × sources) of each way of weighing."""
    rng = np.random.default_rng(seed)
    shares = evaluation.rubric.source_shares
    parts = np.array([part.points for part in evaluation.rubric.parts])
    old = parts / parts.sum(), np.array(list(shares.values()))
    same = [np.ones((1, len(b))) for b in old]
    yield "dirichlet", *[_dirichlet(rng, b, draws, spread) / b for b in old]
    yield "uniform", *[_normed(b * rng.uniform(1 - spread, 1 + spread, (draws, len(b)))) / b for b in old]
    yield "equal_parts", 1 / (len(old[0]) * old[0])[None], same[1]
    yield "equal_sources", same[0], 1 / (len(old[1]) * old[1])[None]
    for at, part in enumerate(evaluation.rubric.parts):
        yield f"without_part:{part.code}", 1.0 - np.eye(len(old[0]))[at : at + 1], same[1]
    for at, source in enumerate(shares):
        yield f"without_source:{source}", same[0], 1.0 - np.eye(len(old[1]))[at : at + 1]


def _dirichlet(rng: np.random.Generator, old: Floats, draws: int, spread: float) -> Floats:
    concentration = (old * (1 - old)).sum() / (spread**2 * (old**2).sum()) - 1
    return rng.dirichlet(old * concentration, draws) if concentration > 0 else np.ones((draws, 1)) * old


def _normed(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class _Scores:
    """What was scored, of each subject with a total: sources × subjects × items, and what does not depend on weights."""

    subjects: pd.DataFrame
    weight: Floats
    share: Floats
    maximum: Floats
    part: np.ndarray
    bonus: Floats
    evaluation: Evaluation

    @classmethod
    def of(cls, evaluation: Evaluation) -> _Scores:
        rubric, totals = evaluation.rubric, evaluation.totals
        subjects = pd.DataFrame(totals[totals["level"].eq(evaluation.lowest) & totals["total"].notna()]).reset_index(drop=True)
        items, sources = rubric.base_items, list(rubric.source_shares)
        place = {item.code: at for at, item in enumerate(items)}
        used = evaluation.points[evaluation.points["weight"].gt(0) & evaluation.points["share"].notna() & evaluation.points["item_code"].isin(list(place))]
        used = used.merge(subjects[KEYS].assign(row=np.arange(len(subjects))), on=KEYS)
        columns = used["source"].map({s: i for i, s in enumerate(sources)}), used["row"], used["item_code"].map(place)
        at = tuple(column.to_numpy(dtype=np.intp) for column in columns)
        weight, share = np.zeros((2, len(sources), len(subjects), len(items)))
        weight[at], share[at] = used["weight"], used["share"]
        order = {part.code: i for i, part in enumerate(rubric.parts)}
        return cls(subjects, weight, share, np.array([item.points for item in items]), np.array([order[item.part] for item in items]),
                   subjects["bonus"].fillna(0.0).to_numpy(dtype="float64"), evaluation)  # fmt: skip

    def totals(self, parts: Floats, sources: Floats) -> Floats:
        """Draws × subjects; blank where nothing is left that was scored."""
        rubric = self.evaluation.rubric
        made = np.empty((len(parts), len(self.subjects)))
        with np.errstate(invalid="ignore", divide="ignore"):
            for draw, (f, g) in enumerate(zip(parts, np.broadcast_to(sources, (len(parts), sources.shape[1])), strict=True)):
                heard = np.tensordot(g, self.weight, 1)
                size = np.where(heard > 0, f[self.part] * self.maximum, 0.0)
                got = np.where(heard > 0, np.tensordot(g, self.weight * self.share, 1) / heard, 0.0)
                made[draw] = (got * size).sum(axis=1) / size.sum(axis=1)
        return made * rubric.maximum

    def shown(self, parts: Floats, sources: Floats) -> Floats:
        """The totals as they would be shown: with the bonus, and off by what rounding the items had added to each."""
        rubric, total = self.evaluation.rubric, self.subjects["total"].to_numpy(dtype="float64")
        plain = self.totals(np.ones((1, parts.shape[1])), np.ones((1, sources.shape[1])))[0] + self.bonus
        rounding = np.where(total < rubric.cap, total - plain, 0.0)
        return round_half_up(np.minimum(self.totals(parts, sources) + self.bonus + rounding, rubric.cap), rubric.decimals)


def _places(evaluation: Evaluation, subjects: pd.DataFrame, totals: Floats) -> dict[str, object]:
    """Median rank, band, shares and note of each subject over the draws (rows of ``totals``)."""
    ranks = np.stack([competition_rank(row) for row in totals]) if len(subjects) else totals
    lowers = np.array(sorted(band.lower for band in evaluation.rubric.bands))
    grade = np.searchsorted(lowers, totals, side="right")
    left = np.ravel(~np.isnan(totals).any(axis=0))
    own = np.searchsorted(lowers, subjects["total"].to_numpy(dtype="float64"), side="right")
    median = np.median(ranks, axis=0)
    lower, upper = (np.quantile(ranks, q, axis=0, method="inverted_cdf") for q in BAND)
    top, graded = (np.where(left, hits.mean(axis=0), np.nan) for hits in (ranks <= ENDS, grade == own))
    wide = np.ravel(upper - lower + 1 > WIDE * len(subjects))
    note = [joined(n, "hangs_on_weights" if w else "", "" if there else "nothing_left") for n, w, there in zip(subjects["note"], wide, left, strict=True)]
    return {"median_rank": median, "rank_lower": lower, "rank_upper": upper, "share_top": top, "share_grade": graded, "note": note}
