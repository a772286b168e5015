"""Answers with strata, clusters and weights → estimates with design-based limits, for many domains at once.

Place in the flow: ``indicators`` hands over responses and which area each answer belongs to; out come arrays, one element
per area. All rows of a sample stay in the design: an area is a domain (influence 0 outside), never a filtered frame.

References: Korn & Graubard (1998), Survey Methodology 24:193-201; Lumley (2010), Complex Surveys; Franco, Little, Louis &
Slud (2019), JSSAM 7:334-364. The authority for the numbers is R's ``survey`` package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .intervals import Floats, check_confidence, quantile_t

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Design:
    """How the answers were drawn, one element per answer unless said otherwise.

    ``weights`` is 0 where an answer carries no usable weight (``unweighted`` counts these). ``stratum`` and ``psu`` are
    running numbers, a psu belonging to one stratum. ``psu_stratum``: stratum of each psu; ``drawn``: psus per stratum;
    ``fraction``: share of each stratum's psus that was drawn, 0 when unknown; ``psu_answers`` and ``psu_fraction``: the same
    for answers within each psu. ``centre_lonely``: a stratum with one psu is centred at the grand mean, not refused.
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


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """One element per domain. ``n`` counts answers, ``n_eff`` the simple sample that would be as precise.

    ``numerator`` and ``denominator`` are weighted. ``note`` says why something is blank: ``no_data``, ``zero_weight``,
    ``one_cluster``, ``no_variation``; or that a lonely stratum was centred: ``one_cluster_centred``.
    """

    value: Floats
    lower: Floats
    upper: Floats
    se: Floats
    df: Floats
    n: Ints
    n_eff: Floats
    deff: Floats
    numerator: Floats
    denominator: Floats
    note: NDArray[np.str_]
    method: NDArray[np.str_]


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype="float64", na_value=np.nan)


def _codes(*keys: pd.Series | ArrayLike) -> Ints:
    """Running number of each combination of keys; a blank is a key of its own."""
    parts = {str(i): pd.Series(np.asarray(k, dtype=object)).astype("str").fillna("") for i, k in enumerate(keys)}
    return pd.DataFrame(parts).groupby(list(parts), sort=True).ngroup().to_numpy(dtype=np.int64)


def _fractions(drawn: Floats, group: Ints, sizes: Floats) -> Floats:
    """Drawn / size per group: 0 (as with replacement) when the size is unknown or smaller than what was drawn."""
    size = np.full(len(drawn), np.nan)
    known = ~np.isnan(sizes)
    np.fmax.at(size, group[known], sizes[known])
    return np.where(size >= drawn, drawn / np.where(size > 0, size, 1), 0.0)


def _sample_strata(responses: pd.DataFrame, stratum: Ints, cluster: pd.Series) -> Ints:
    """Strata apart for each period and wave, since each is a sample of its own, unless they share clusters."""
    sample = _codes(*(responses[c] for c in ("period", "wave") if c in responses)) if {"period", "wave"} & set(responses) else np.zeros(len(responses), int)
    seen = pd.DataFrame({"stratum": stratum, "cluster": cluster.to_numpy(), "sample": sample}).dropna()
    repeated = seen.groupby(["stratum", "cluster"])["sample"].nunique()
    shared = repeated[repeated > 1].index.get_level_values("stratum").unique()
    return _codes(stratum, np.where(np.isin(stratum, shared), -1, sample))


def design_of(
    responses: pd.DataFrame, *, strata: str = "stratum", clusters: str = "cluster", weights: str = "weight",
    stratum_size: str = "stratum_size", cluster_size: str = "cluster_size", centre_lonely: bool = False,
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
    centre_lonely : bool
        Centre a stratum that has one cluster at the grand mean. Otherwise its domains get no limits.

    Returns
    -------
    Design

    Notes
    -----
    With clusters, the first-stage correction is used only where the size of every cluster of the stratum is known too: alone
    it would leave the second stage out. A stratum with a partly drawn cluster of one answer is taken as drawn with
    replacement. Weights below 0 or blank among known ones count as 0.
    """
    weight = _numbers(responses, weights)
    usable = np.isfinite(weight) & (weight >= 0)
    weight = np.ones(len(weight)) if np.isnan(weight).all() else np.where(usable, weight, 0.0)
    usable = weight > 0
    blank = pd.Series(pd.NA, index=responses.index, dtype="str")
    cluster = responses[clusters].astype("str") if clusters in responses else blank
    named = responses[strata].astype("str") if strata in responses else blank
    fallback = responses["area_code"].astype("str") if "area_code" in responses else blank.fillna("all")
    stratum = _sample_strata(responses, _codes(named.notna(), named.fillna(fallback)), cluster)
    alone = np.where(cluster.isna(), np.arange(len(responses)), -1)
    psu = _codes(stratum, cluster, alone)
    return _assemble(weight, usable, stratum, psu, cluster.notna().to_numpy(), _numbers(responses, stratum_size), _numbers(responses, cluster_size), centre_lonely)


def _assemble(weight: Floats, usable: NDArray[np.bool_], stratum: Ints, psu: Ints, clustered: NDArray[np.bool_],
              stratum_size: Floats, cluster_size: Floats, centre_lonely: bool) -> Design:  # fmt: skip
    psus = int(psu.max()) + 1 if len(psu) else 0
    psu_stratum = np.zeros(psus, dtype=np.int64)
    psu_stratum[psu] = stratum
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    drawn = np.bincount(psu_stratum, minlength=strata).astype(float)
    answers = np.bincount(psu, minlength=psus).astype(float)
    fraction = _fractions(drawn, stratum, stratum_size)
    psu_fraction = _fractions(answers, psu, np.where(clustered, cluster_size, 1.0))
    two_stage = np.zeros(psus, dtype=bool)
    two_stage[psu] = clustered
    unknown = two_stage & ((psu_fraction == 0) | ((answers == 1) & (psu_fraction < 1)))
    fraction[psu_stratum[unknown]] = 0.0
    return Design(weight, ~usable, stratum, psu, psu_stratum, drawn, fraction, answers, psu_fraction, centre_lonely)


def _grouped_variance(design: Design, z: Floats, domain: Ints, domains: int) -> Floats:
    """Variance of Σz per domain: STATISTICS 1.2, both stages. ``domain`` -1 is outside all."""
    inside = np.flatnonzero((domain >= 0) & (z != 0))
    key = design.psu[inside] * domains + domain[inside]
    pairs, at = np.unique(key, return_inverse=True)
    psu, group = pairs // max(domains, 1), pairs % max(domains, 1)
    total, squares = np.bincount(at, z[inside], len(pairs)), np.bincount(at, z[inside] ** 2, len(pairs))
    within = squares - total**2 / design.psu_answers[psu]
    m, f_2 = design.psu_answers[psu], design.psu_fraction[psu]
    f_1 = design.fraction[design.psu_stratum[psu]]
    second = np.where((m > 1) & (f_2 > 0), f_1 * (1 - f_2) * m / np.maximum(m - 1, 1) * within, 0.0)
    cells, cell = np.unique(design.psu_stratum[psu] * domains + group, return_inverse=True)
    h, of = cells // max(domains, 1), cells % max(domains, 1)
    sums, sums_2 = np.bincount(cell, total, len(cells)), np.bincount(cell, total**2, len(cells))
    n_h = design.drawn[h]
    # a lonely stratum is centred at the grand mean of the influences, which is 0
    first = np.where(n_h > 1, n_h / np.maximum(n_h - 1, 1) * (sums_2 - sums**2 / n_h), sums_2)
    variance = np.bincount(of, (1 - design.fraction[h]) * first, domains) + np.bincount(group, second, domains)
    return np.maximum(variance, 0.0)


def _reach(design: Design, domain: Ints, domains: int) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Per domain: degrees of freedom (psus less strata that it touches), one psu only, touches a lonely stratum."""
    inside = np.flatnonzero(domain >= 0)
    pairs = np.unique(design.psu[inside] * domains + domain[inside])
    psu, group = pairs // max(domains, 1), pairs % max(domains, 1)
    cells = np.unique(design.psu_stratum[psu] * domains + group)
    psus = np.bincount(group, minlength=domains)
    strata = np.bincount(cells % max(domains, 1), minlength=domains)
    h = cells // max(domains, 1)
    open_lonely = (design.drawn[h] == 1) & (design.fraction[h] < 1)
    lonely = np.bincount(cells % max(domains, 1), open_lonely, domains) > 0
    return (psus - strata).astype(float), psus == 1, lonely


def _linear(design: Design, y: Floats, x: Floats, domain: Ints | None, domains: int) -> dict[str, NDArray]:
    """Ratio Σwy/Σwx per domain and all that follows from it; blank answers (NaN in y or x) are outside every domain."""
    domain = np.zeros(len(y), dtype=np.int64) if domain is None else np.asarray(domain, dtype=np.int64)
    asked = (domain >= 0) & np.isfinite(y) & np.isfinite(x)
    left_out = np.bincount(domain[asked & design.unweighted], minlength=domains)
    domain = np.where(asked & ~design.unweighted, domain, -1)
    at, w = np.maximum(domain, 0), np.where(domain >= 0, design.weights, 0.0)
    y, x = np.where(domain >= 0, y, 0.0), np.where(domain >= 0, x, 0.0)

    def add(values: Floats) -> Floats:
        return np.bincount(at, values, domains)

    numerator, denominator, weight = add(w * y), add(w * x), add(w)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = numerator / np.where(denominator == 0, np.nan, denominator)
        residual = np.where(domain >= 0, y - value[at] * x, 0.0)
        z = np.where(domain >= 0, w * residual / denominator[at], 0.0)
        n = np.bincount(at, domain >= 0, domains).astype(np.int64)
        spread = add(w * residual**2) / weight / (denominator / weight) ** 2
        kish = weight**2 / add(w**2)
    variance = _grouped_variance(design, np.nan_to_num(z), domain, domains)
    df, one, lonely = _reach(design, domain, domains)
    return {"value": value, "variance": variance, "df": df, "one": one, "lonely": lonely, "n": n, "spread": spread, "kish": kish,
            "numerator": numerator, "denominator": denominator, "left_out": left_out}  # fmt: skip


def _note(design: Design, found: dict[str, NDArray], flat: NDArray[np.bool_], flat_note: str) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Note per domain, and whether limits can be given."""
    note = np.full(len(found["n"]), "", dtype="U24")
    note[flat] = flat_note
    note[found["lonely"]] = "one_cluster_centred" if design.centre_lonely else "one_cluster"
    note[found["one"] | (found["df"] < 1)] = "one_cluster"
    limits = (note == "") | (note == "one_cluster_centred")
    note[np.isnan(found["value"])] = "zero_weight"
    note[(found["n"] == 0) & (found["left_out"] == 0)] = "no_data"
    return note, limits & np.isfinite(found["value"])


def _flat(found: dict[str, NDArray]) -> NDArray[np.bool_]:
    """No variance worth the name: what rounding leaves of it is not a standard error."""
    scale = np.maximum(found["value"] ** 2, 1.0)
    return (found["n"] > 0) & (found["variance"] <= 1e-24 * scale)


def _estimates(found: dict[str, NDArray], lower: Floats, upper: Floats, se: Floats, n_eff: Floats, note: NDArray, method: NDArray) -> Estimates:
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = found["spread"] / np.where(found["n"] > 1, found["n"] - 1, np.nan)
        deff = np.where(found["spread"] > 0, se**2 / simple, np.nan)
    return Estimates(found["value"], lower, upper, se, found["df"], found["n"], n_eff, deff, found["numerator"], found["denominator"], note, method)


def proportion(
    design: Design, holds: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95
) -> Estimates:
    """Weighted share of answers for which something holds, per domain.

    Use: satisfaction, awareness, participation by survey. With few clusters the limits are wide, and rightly so.

    Parameters
    ----------
    design : Design
    holds : array_like
        1, 0 or blank (NaN: not in the denominator), one per answer.
    domain : array_like of int, optional
        Number of the domain of each answer, -1 outside; default: all one domain.
    domains : int
        How many domains there are.
    confidence : float
        0-1.

    Returns
    -------
    Estimates
        Logit limits with t on psus − strata of the domain; Korn–Graubard where all or none hold, or the error is 0. Limits
        blank with a note where a stratum, or the domain, has one cluster.

    Notes
    -----
    l = ln(p/(1−p)), s = SE/(p(1−p)), expit(l ± t s). n_eff = p(1−p)/V; where V is 0, Kish's (Σw)²/Σw². Korn–Graubard takes
    n_eff (t_{n−1}/t_df)² into the Clopper–Pearson limits. deff = V/(p(1−p)/(n−1)).

    References
    ----------
    R ``survey::svyciprop(method="xlogit")``; Korn & Graubard (1998).
    """
    check_confidence(confidence)
    y = np.asarray(holds, dtype=float)
    found = _linear(design, y, np.ones(len(y)), None if domain is None else np.asarray(domain), domains)
    p, flat = found["value"], _flat(found)
    exact = flat | (p == 0) | (p == 1)
    note, limits = _note(design, found, np.zeros(domains, dtype=bool), "")
    se = np.where(exact, 0.0, np.sqrt(found["variance"]))
    lower, upper = _logit(p, se, found["df"], confidence)
    n_eff = np.where(exact, found["kish"], p * (1 - p) / np.where(exact, 1.0, found["variance"]))
    if exact.any():
        ratio = quantile_t(confidence, found["n"] - 1.0) / quantile_t(confidence, found["df"])
        at_edge = _clopper_pearson(p, n_eff * ratio**2, confidence)
        lower, upper = np.where(exact, at_edge[0], lower), np.where(exact, at_edge[1], upper)
    lower, upper = np.where(limits, lower, np.nan), np.where(limits, upper, np.nan)
    method = np.where(exact & limits, "survey, Korn-Graubard", "survey, logit")
    seen = np.isfinite(p) & (note != "one_cluster")
    return _estimates(found, lower, upper, np.where(seen, se, np.nan), np.where(seen, n_eff, np.nan), note, method)


def _logit(p: Floats, se: Floats, df: Floats, confidence: float) -> tuple[Floats, Floats]:
    from scipy.special import expit, logit

    with np.errstate(divide="ignore", invalid="ignore"):
        half = quantile_t(confidence, df) * se / (p * (1 - p))
        return expit(logit(p) - half), expit(logit(p) + half)


def _clopper_pearson(p: Floats, n: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Exact limits for a share ``p`` of ``n`` answers, neither needing to be whole."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    x, rest = np.nan_to_num(n * p), np.nan_to_num(n * (1 - p))
    lower = np.where(x > 0, betaincinv(np.maximum(x, 1e-12), rest + 1, tail), 0.0)
    upper = np.where(rest > 0, betaincinv(x + 1, np.maximum(rest, 1e-12), 1 - tail), 1.0)
    blank = np.isnan(n) | np.isnan(p)
    return np.where(blank, np.nan, lower), np.where(blank, np.nan, upper)


def ratio(
    design: Design, numerators: ArrayLike, denominators: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95
) -> Estimates:
    """Weighted ratio of two answers' totals per domain, with linearised t limits.

    Parameters
    ----------
    design : Design
    numerators, denominators : array_like
        One per answer; blank in either leaves the answer out.
    domain, domains, confidence
        As for ``proportion``.

    Returns
    -------
    Estimates
        Limits blank with ``no_variation`` where every answer gives the same ratio: no spread was seen, which is not certainty.
    """
    check_confidence(confidence)
    y, x = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    found = _linear(design, y, x, None if domain is None else np.asarray(domain), domains)
    flat = _flat(found)
    note, limits = _note(design, found, flat, "no_variation")
    se = np.where(flat, 0.0, np.sqrt(found["variance"]))
    half = np.where(limits, quantile_t(confidence, found["df"]) * se, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.where(flat, found["kish"], found["spread"] / found["variance"])
    seen = np.isfinite(found["value"]) & (note != "one_cluster")
    value = found["value"]
    method = np.full(domains, "survey, t")
    return _estimates(found, value - half, value + half, np.where(seen, se, np.nan), np.where(seen, n_eff, np.nan), note, method)


def mean(design: Design, values: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95) -> Estimates:
    """Weighted mean of an answer per domain, with t limits: ``ratio`` with 1 below the line."""
    y = np.asarray(values, dtype=float)
    return ratio(design, y, np.ones(len(y)), domain=domain, domains=domains, confidence=confidence)


def change(
    design: Design, values: ArrayLike, later: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95
) -> Estimates:
    """Difference of a weighted mean (or share) between two samples per domain, later less earlier.

    Use: is satisfaction higher than in an earlier period or wave? Clusters that were asked in both carry their covariance;
    samples that share none are independent and their variances add.

    Parameters
    ----------
    design : Design
        Of both samples in one table (``design_of`` keeps them apart).
    values : array_like
        One per answer, blank left out.
    later : array_like of bool
        Whether the answer is of the later sample.
    domain, domains, confidence
        As for ``proportion``.

    Returns
    -------
    Estimates
        ``n`` counts both samples; ``n_eff``, ``deff``, ``numerator`` and ``denominator`` are blank.
    """
    check_confidence(confidence)
    y, after = np.asarray(values, dtype=float), np.asarray(later, dtype=bool)
    where = np.zeros(len(y), dtype=np.int64) if domain is None else np.asarray(domain, dtype=np.int64)
    parts = [_linear(design, y, np.ones(len(y)), np.where(of, where, -1), domains) for of in (~after, after)]
    used = np.where(np.isfinite(y) & ~design.unweighted, where, -1)
    sign = np.where(after, 1.0, -1.0)
    mean_of, weight_of = np.where(after, parts[1]["value"][where], parts[0]["value"][where]), np.where(after, parts[1]["denominator"][where], parts[0]["denominator"][where])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(used >= 0, sign * design.weights * (y - mean_of) / weight_of, 0.0)
    value = parts[1]["value"] - parts[0]["value"]
    df, one, lonely = _reach(design, used, domains)
    blank = np.full(domains, np.nan)
    found = {"value": value, "variance": _grouped_variance(design, np.nan_to_num(z), used, domains), "df": df, "one": one | parts[0]["one"] | parts[1]["one"],
             "lonely": lonely, "n": parts[0]["n"] + parts[1]["n"], "left_out": parts[0]["left_out"] + parts[1]["left_out"], "spread": blank,
             "numerator": blank, "denominator": blank}  # fmt: skip
    flat = _flat(found)
    note, limits = _note(design, found, flat, "no_variation")
    se = np.where(note == "one_cluster", np.nan, np.sqrt(found["variance"]))
    half = np.where(limits, quantile_t(confidence, df) * se, np.nan)
    return _estimates(found, value - half, value + half, se, blank, note, np.full(domains, "survey difference, t"))
