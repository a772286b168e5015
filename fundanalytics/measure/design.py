"""How answers were drawn: strata, clusters, weights and what of them was sampled.

Place in the flow: turns the columns of ``responses`` into the arrays that ``survey`` computes with, and names of columns into
answers and domains. It estimates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option, hint_for
from .intervals import Floats, quantile_z
from .results import Result

Ints = NDArray[np.int64]
By: TypeAlias = str | Sequence[str] | ArrayLike | pd.Series


@dataclass(frozen=True, eq=False)
class Calibration:
    """One adjustment of the weights to known totals: what a variance must take out.

    ``basis``: orthonormal columns spanning √d·X, d the weights before and X the margins; ``scale``: w/√d, w the weights after.
    """

    basis: Floats
    scale: Floats

    def residual(self, influence: Floats) -> Floats:
        """w times the residual of influence/w regressed on X with weights d: what calibration leaves uncertain."""
        free = np.divide(influence, self.scale, out=np.zeros_like(influence), where=self.scale > 0)
        return (free - self.basis @ (self.basis.T @ free)) * self.scale


@dataclass(frozen=True, eq=False)
class Design:
    """How the answers were drawn, one element per answer unless said otherwise.

    ``weights`` is 0 where an answer carries no usable weight (``unweighted`` counts these). ``stratum`` and ``psu`` are
    running numbers, a psu belonging to one stratum. ``psu_stratum``: stratum of each psu; ``drawn``: psus per stratum;
    ``fraction``: share of each stratum's psus that was drawn, 0 when unknown; ``psu_answers`` and ``psu_fraction``: the same
    for answers within each psu. ``centre_lonely``: a stratum with one psu is centred at the grand mean, not refused.
    ``frame``: the table it was made of, so that columns may be named. ``calibrations``: adjustments to known totals, in order.
    """

    weights: Floats
    unweighted: NDArray[np.bool_]
    stratum: Ints
    psu: Ints
    psu_stratum: Ints
    drawn: Floats
    fraction: Floats
    psu_answers: Floats
    psu_fraction: Floats
    centre_lonely: bool = False
    frame: pd.DataFrame | None = None
    calibrations: tuple[Calibration, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Design({len(self.weights)} answers, {len(self.drawn)} strata, {len(self.psu_stratum)} first-stage units, {len(self.calibrations)} calibrations)"
        )


MOST_ASKED = 2.0**62  # more people than a whole number holds
MOST_DOMAINS = 2**31  # a larger number is no running number
DESIGN_COLUMNS = ("weight", "stratum", "stratum_size", "cluster", "cluster_size")


def is_simple(responses: pd.DataFrame) -> bool:
    """Whether nothing is said of how the answers were drawn: no weight, stratum, cluster or size of either in any row."""
    return len(responses) > 0 and not any(responses[name].notna().any() for name in DESIGN_COLUMNS if name in responses)


def as_numbers(values: ArrayLike | pd.Series) -> Floats:
    """Numbers of a column or an array, blank where there is none; ``ArgumentError`` for text and for infinite numbers."""
    column = values if isinstance(values, pd.Series) else pd.Series(np.ravel(np.asarray(values)))
    try:
        found = column.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError) as fault:
        raise ArgumentError("not_numbers", found=next((v for v in column if isinstance(v, str)), column.dtype)) from fault
    if np.isinf(found).any():
        raise ArgumentError("not_numbers", found="inf")
    return found


def as_flags(values: ArrayLike | pd.Series, name: str) -> Floats:
    """1, 0 or blank; ``ArgumentError`` for anything but true and false."""
    column = values if isinstance(values, pd.Series) else pd.Series(np.ravel(np.asarray(values, dtype=object)), dtype=object)
    for value in column.dropna().unique():
        check_option(name, value, (True, False))
    return as_numbers(column)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return as_numbers(frame[name])


def _codes(*keys: pd.Series | ArrayLike) -> Ints:
    """Running number of each combination of keys; a blank is a key of its own."""
    found = np.zeros(len(pd.Series(keys[0])), dtype=np.int64)
    for key in keys:
        own, labels = pd.factorize(pd.Series(key).array, use_na_sentinel=False)
        found = np.unique(found * max(len(labels), 1) + own, return_inverse=True)[1].astype(np.int64)
    return found


def _fractions(drawn: Floats, group: Ints, sizes: Floats) -> Floats:
    """Drawn / size per group: 0 (as with replacement) when the size is unknown or smaller than what was drawn."""
    size = np.full(len(drawn), np.nan)
    known = ~np.isnan(sizes)
    np.fmax.at(size, group[known], sizes[known])
    return np.where(size >= drawn, drawn / np.where(size > 0, size, 1), 0.0)


def _sample_strata(responses: pd.DataFrame, stratum: Ints, cluster: pd.Series) -> Ints:
    """Strata apart for each period and wave, since each is a sample of its own, unless they share clusters."""
    samples = [responses[name] for name in ("period", "wave") if name in responses]
    if not samples:
        return stratum
    sample = _codes(*samples)
    seen = pd.DataFrame({"stratum": stratum, "cluster": cluster.to_numpy(), "sample": sample}).dropna()
    repeated = seen.groupby(["stratum", "cluster"])["sample"].nunique()
    shared = repeated[repeated > 1].index.get_level_values("stratum").unique()
    return _codes(stratum, np.where(np.isin(stratum, shared), -1, sample))


def survey_design(
    responses: pd.DataFrame, *, strata: str = "stratum", clusters: str = "cluster", weights: str = "weight", stratum_size: str = "stratum_size",
    cluster_size: str = "cluster_size", whole_clusters: bool = False, centre_lonely: bool = False,
) -> Design:  # fmt: skip
    """The design of a table of answers.

    Use: once per set of answers; then ask it for as many estimates as wanted. It misleads when the columns say less than
    what was done (clusters left out give limits that are too narrow).

    Parameters
    ----------
    responses : DataFrame
        One row per answer. A column that is absent or all blank counts as not part of the design: weight 1, stratum =
        ``area_code``, each answer its own cluster. Periods and waves are separate samples unless they share clusters.
    strata, clusters, weights : str
        Columns. Clusters are numbered within strata.
    stratum_size, cluster_size : str
        Columns: how many first-stage units (clusters; persons where answers are not clustered) the stratum has, and how many
        persons the cluster. A number of persons in the place of clusters only makes the limits a little wider.
    whole_clusters : bool
        Everybody of a drawn cluster answered: one stage, whatever ``cluster_size`` says.
    centre_lonely : bool
        Centre a stratum that has one cluster at the grand mean. Otherwise its domains get no limits.

    Returns
    -------
    Design
        Remembers ``responses``, so that estimators take names of columns.

    Raises
    ------
    ArgumentError
        A column named by the caller that is not there.

    Notes
    -----
    With clusters, the first-stage correction is used only where the size of every cluster of the stratum is known too: alone
    it would leave the second stage out. A stratum with a partly drawn cluster of one answer is taken as drawn with
    replacement. Weights below 0 or blank among known ones count as 0. Sizes are numbers of units, never fractions. More than
    two stages are taken as two.

    References
    ----------
    Lumley (2010), Complex Surveys, chapters 2-3: R ``survey::svydesign``.

    Examples
    --------
    >>> answers = pd.DataFrame({"court": list("aabbcc"), "pw": [2, 2, 3, 3, 1, 1], "aware": [1, 0, 1, 1, 0, 1]})
    >>> survey_design(answers, clusters="court", weights="pw")
    Design(6 answers, 1 strata, 3 first-stage units, 0 calibrations)
    """
    named = {"strata": strata, "clusters": clusters, "weights": weights, "stratum_size": stratum_size, "cluster_size": cluster_size}
    for name, column in named.items():
        if column not in DESIGN_COLUMNS:
            check_option(name, column, list(responses.columns))
    weight = _numbers(responses, weights)
    usable = np.isfinite(weight) & (weight >= 0)
    weight = np.ones(len(weight)) if np.isnan(weight).all() else np.where(usable, weight, 0.0)
    usable = weight > 0
    blank = pd.Series(pd.NA, index=responses.index, dtype="str")
    cluster = responses.get(clusters, blank)
    stated = responses.get(strata, blank)
    fallback = responses.get("area_code", blank)
    stratum = _sample_strata(responses, _codes(stated, np.where(stated.isna(), _codes(fallback), -1)), cluster)
    alone = np.where(cluster.isna(), np.arange(len(responses)), -1)
    psu = _codes(stratum, cluster, alone)
    psu_size = np.bincount(psu, minlength=1).astype("float64")[psu] if whole_clusters else _numbers(responses, cluster_size)
    design = _assemble(weight, usable, stratum, psu, cluster.notna().to_numpy(), _numbers(responses, stratum_size), psu_size)
    return replace(design, centre_lonely=centre_lonely, frame=responses)


design_of = survey_design  # the name it has inside the package


def _assemble(weight: Floats, usable: NDArray[np.bool_], stratum: Ints, psu: Ints, clustered: NDArray[np.bool_],
              stratum_size: Floats, cluster_size: Floats) -> Design:  # fmt: skip
    psus = int(psu.max()) + 1 if len(psu) else 0
    psu_stratum = np.zeros(psus, dtype=np.int64)
    psu_stratum[psu] = stratum
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    drawn = np.bincount(psu_stratum, minlength=strata).astype("float64")
    answers = np.bincount(psu, minlength=psus).astype("float64")
    fraction = _fractions(drawn, stratum, stratum_size)
    psu_fraction = _fractions(answers, psu, np.where(clustered, cluster_size, 1.0))
    two_stage = np.zeros(psus, dtype=bool)
    two_stage[psu] = clustered
    unknown = two_stage & ((psu_fraction == 0) | ((answers == 1) & (psu_fraction < 1)))
    fraction[psu_stratum[unknown]] = 0.0
    return Design(weight, ~usable, stratum, psu, psu_stratum, drawn, fraction, answers, psu_fraction)


def column_of(design: Design, values: By, name: str) -> pd.Series:
    """A column of the design's table, or an array of its length. A series with the table's labels in another order is put in its order."""
    if isinstance(values, str):
        columns = [] if design.frame is None else list(design.frame.columns)
        check_option(name, values, columns)
        return design.frame[values].reset_index(drop=True)  # type: ignore[index]
    frame = design.frame
    if isinstance(values, pd.Series) and frame is not None and _reordered(values.index, frame.index):
        values = values.reindex(frame.index)
    column = pd.Series(values).reset_index(drop=True) if isinstance(values, (pd.Series, pd.Categorical)) else pd.Series(np.ravel(np.asarray(values)))
    if len(column) != len(design.weights):
        raise ArgumentError("other_length", name=name, found=len(column), expected=len(design.weights))
    return column


def _reordered(labels: pd.Index, own: pd.Index) -> bool:
    """Whether labels are those of the table in another order."""
    return len(labels) == len(own) and not labels.equals(own) and labels.is_unique and own.is_unique and bool(labels.isin(own).all())


def answers_of(design: Design, values: By, name: str = "values") -> Floats:
    """One number per answer, blank where there is none."""
    return as_numbers(column_of(design, values, name))


@dataclass(frozen=True, slots=True, eq=False)
class Domains:
    """Number of each answer's domain (-1: outside all), and what the domains are called."""

    codes: Ints
    labels: NDArray[np.object_]

    @property
    def count(self) -> int:
        return len(self.labels)


def domains_of(design: Design, domain: By | None, domains: int | None, by: By | None) -> Domains:
    """Domains from running numbers, a mask or labels (``domain``), or from columns and labels (``by``); all one where nothing is said."""
    if by is not None:
        if domain is not None:
            raise ArgumentError("domain_and_by")
        return _labelled(_joint(design, by))
    if domain is None:
        return Domains(np.zeros(len(design.weights), dtype=np.int64), np.array([""], dtype=object))
    column = column_of(design, domain, "domain")
    if pd.api.types.infer_dtype(column, skipna=True) == "boolean" and not isinstance(column.dtype, pd.CategoricalDtype):
        return Domains(np.where(as_numbers(column) == 1, 0, -1), np.array([""], dtype=object))
    if not pd.api.types.is_numeric_dtype(column):
        return _labelled(column)
    codes = column.to_numpy(dtype="float64", na_value=np.nan)
    codes = np.where(np.isnan(codes), -1, codes)
    if (odd := (codes != np.floor(codes)) | (np.abs(codes) > MOST_DOMAINS)).any():
        raise ArgumentError("unknown_option", name="domain", found=f"{codes[odd][0]:g}", expected="0, 1, 2, … (-1: none)", hint=hint_for("", ()))
    codes = codes.astype(np.int64)
    count = max(1, int(codes.max(initial=-1)) + 1) if domains is None else domains
    if count <= codes.max(initial=-1):
        raise ArgumentError("domain_out_of_range", found=int(codes.max()), expected=count - 1)
    return Domains(codes, np.array([""], dtype=object) if domains is None and count == 1 else np.arange(count).astype(object))


def _joint(design: Design, by: Any) -> pd.Series:
    """Labels of one column or array, or of several columns as ``stype=E;awards=Yes``; blank where one is."""
    several = isinstance(by, (list, tuple)) and all(isinstance(b, str) for b in by) and design.frame is not None and len(by) != len(design.weights)
    if not several:
        return column_of(design, by, "by")
    parts = [column_of(design, name, "by") for name in by]
    text = [f"{name}=" + part.astype("str") for name, part in zip(by, parts, strict=True)]
    blank = np.logical_or.reduce([part.isna() for part in parts])
    return text[0].str.cat(text[1:], sep=";").mask(blank)


def _labelled(column: pd.Series) -> Domains:
    """Every label that occurs, in order; of a categorical column every category, also those without answers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Domains(column.cat.codes.to_numpy(dtype=np.int64), np.array(column.cat.categories, dtype=object))
    codes, labels = pd.factorize(column, sort=True)
    return Domains(codes.astype(np.int64), np.array(labels, dtype=object))


@dataclass(frozen=True, slots=True, eq=False)
class SampleSize(Result):
    """How many to ask. ``simple``: of a large population drawn simply; ``corrected``: of ``population``; ``n``: with the design
    effect, rounded up: answers needed; ``drawn``: people to approach at the expected response rate."""

    simple: Floats
    corrected: Floats
    n: Ints
    drawn: Ints
    method: str


def _plan(given: dict[str, ArrayLike]) -> list[Floats]:
    """The numbers of a plan, in one shape."""
    read = []
    for name, values in given.items():
        try:
            read.append(np.asarray(values, dtype=float))
        except (TypeError, ValueError):
            raise ArgumentError("bad_sample_plan", name=name, found=values) from None
    try:
        return list(np.broadcast_arrays(*read))
    except ValueError:
        raise ArgumentError("shapes_differ", found=" · ".join(str(a.shape) for a in read)) from None


def sample_size(
    margin: ArrayLike = 0.05, *, share: ArrayLike = 0.5, population: ArrayLike = np.inf, deff: ArrayLike = 1.0, response_rate: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> SampleSize:  # fmt: skip
    """How many answers a share needs to be known to within a margin.

    Use: before a survey. It is for one figure; every street that is to have its own needs as many again.

    Parameters
    ----------
    margin : float or array_like
        Half the width of the limits: 0.05 is five percentage points.
    share : float or array_like
        Expected; .5 is the safe side.
    population : float or array_like
        Size, where it is not large.
    deff : float or array_like
        Design effect of clusters and weights (an earlier survey's row has it).
    response_rate : float or array_like
        Of those approached.
    confidence : float
        0-1.

    Returns
    -------
    SampleSize
        One element per combination; never more than the population.

    Raises
    ------
    ArgumentError
        A margin, share or response rate not between 0 and 1, a population or design effect not above 0, or a plan that asks more people than
        can be counted.

    Notes
    -----
    n₀ = z²p(1−p)/e², n = n₀/(1 + (n₀ − 1)/N), × deff, ÷ response rate.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.4; Krejcie & Morgan (1970), table 1: N = 1000 gives 278.

    Examples
    --------
    >>> int(sample_size(0.05, population=1000).n)
    278
    """
    e, p, size, effect, rate = _plan({"margin": margin, "share": share, "population": population, "deff": deff, "response_rate": response_rate})
    wrong = {"margin": ~((e > 0) & (e < 1)), "share": ~((p > 0) & (p < 1)), "population": ~(size > 0), "deff": ~((effect > 0) & np.isfinite(effect)),
             "response_rate": ~((rate > 0) & (rate <= 1))}  # fmt: skip
    for name, bad in wrong.items():
        if bad.any():
            values = {"margin": e, "share": p, "population": size, "deff": effect, "response_rate": rate}[name]
            raise ArgumentError("bad_sample_plan", name=name, found=f"{values[bad].flat[0]:g}")
    with np.errstate(all="ignore"):
        simple = quantile_z(confidence) ** 2 * p * (1 - p) / e**2
        corrected = simple / (1 + (simple - 1) / size)
        needed = np.minimum(np.ceil(np.round(corrected * effect, 9)), np.ceil(size))
        approached = np.minimum(np.ceil(np.round(needed / rate, 9)), np.ceil(size))
    for name, values, found in (("margin", e, simple), ("deff", effect, needed), ("response_rate", rate, approached)):
        if (vast := ~(found < MOST_ASKED)).any():
            raise ArgumentError("bad_sample_plan", name=name, found=f"{values[vast].flat[0]:g}")
    return SampleSize(simple, corrected, needed.astype(np.int64), approached.astype(np.int64), "sample size")
