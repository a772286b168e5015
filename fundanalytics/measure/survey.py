"""Answers with strata, clusters and weights → estimates with design-based limits, for many domains at once.

Place in the flow: ``indicators`` hands over responses and which area each answer belongs to; out come arrays, one element
per area. All rows of a sample stay in the design: an area is a domain (influence 0 outside), never a filtered frame.

References: Korn & Graubard (1998), Survey Methodology 24:193-201; Lumley (2010), Complex Surveys; Franco, Little, Louis &
Slud (2019), JSSAM 7:334-364. The authority for the numbers is R's ``survey`` package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .design import Design, Ints, design_of
from .intervals import Floats, check_confidence, mean_t, quantile_t, wilson
from .results import Result

__all__ = ["CENSUS", "WILSON", "Design", "Estimates", "change", "design_of", "mean", "proportion", "ratio", "simple"]
CENSUS = "survey, census"  # every cluster and every answer of the domain's strata: the variance is 0 because nobody was left out
WILSON, SIMPLE_T = "wilson", "mean, t"


@dataclass(frozen=True, slots=True, eq=False)
class Estimates(Result):
    """One element per domain. ``n`` counts answers, ``n_eff`` the simple sample that would be as precise.

    ``numerator`` and ``denominator`` are weighted. ``note`` says why something is blank: ``no_data``, ``zero_weight``,
    ``one_cluster``, ``no_variation``; or that a lonely stratum was centred: ``one_cluster_centred``. Where everybody was asked
    ``method`` is ``CENSUS``, the limits equal the value and ``n_eff`` is n.
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


def _add(group: Ints, values: NDArray | None = None, minlength: int = 0) -> Floats:
    """Sum of ``values`` (or number of elements) per group."""
    return np.asarray(np.bincount(group, values, minlength), dtype=np.float64)


def _grouped_variance(design: Design, z: Floats, domain: Ints, domains: int) -> Floats:
    """Variance of Σz per domain: STATISTICS 1.2, both stages. ``domain`` -1 is outside all."""
    inside = np.flatnonzero((domain >= 0) & (z != 0))
    key = design.psu[inside] * domains + domain[inside]
    pairs, at = np.unique(key, return_inverse=True)
    psu, group = pairs // max(domains, 1), pairs % max(domains, 1)
    total, squares = _add(at, z[inside], len(pairs)), _add(at, z[inside] ** 2, len(pairs))
    within = squares - total**2 / design.psu_answers[psu]
    m, f_2 = design.psu_answers[psu], design.psu_fraction[psu]
    f_1 = design.fraction[design.psu_stratum[psu]]
    second = np.where((m > 1) & (f_2 > 0), f_1 * (1 - f_2) * m / np.maximum(m - 1, 1) * within, 0.0)
    cells, cell = np.unique(design.psu_stratum[psu] * domains + group, return_inverse=True)
    h, of = cells // max(domains, 1), cells % max(domains, 1)
    sums, sums_2 = _add(cell, total, len(cells)), _add(cell, total**2, len(cells))
    n_h = design.drawn[h]
    # a lonely stratum is centred at the grand mean of the influences, which is 0
    first = np.where(n_h > 1, n_h / np.maximum(n_h - 1, 1) * (sums_2 - sums**2 / n_h), sums_2)
    variance = _add(of, (1 - design.fraction[h]) * first, domains) + _add(group, second, domains)
    return np.maximum(variance, 0.0)


def _reach(design: Design, domain: Ints, domains: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Per domain: degrees of freedom (psus less strata that it touches; 0 with one psu), and whether it touches a lonely stratum."""
    inside = np.flatnonzero(domain >= 0)
    pairs = np.unique(design.psu[inside] * domains + domain[inside])
    psu, group = pairs // max(domains, 1), pairs % max(domains, 1)
    cells = np.unique(design.psu_stratum[psu] * domains + group)
    psus = _add(group, minlength=domains)
    strata = _add(cells % max(domains, 1), minlength=domains)
    h = cells // max(domains, 1)
    open_lonely = (design.drawn[h] == 1) & (design.fraction[h] < 1)
    lonely = _add(cells % max(domains, 1), open_lonely, domains) > 0
    return psus - strata, lonely


def _complete(design: Design, domain: Ints, domains: int) -> NDArray[np.bool_]:
    """Domains whose strata were drawn whole, with every answer of their clusters: no sampling error, however answers vary."""
    inside = np.flatnonzero(domain >= 0)
    psu = design.psu[inside]
    sampled = (design.fraction[design.psu_stratum[psu]] < 1) | (design.psu_fraction[psu] < 1)
    return (_add(domain[inside], sampled, domains) == 0) & (_add(domain[inside], minlength=domains) > 0)


def _linear(design: Design, y: Floats, x: Floats, domain: Ints | None, domains: int) -> dict[str, NDArray]:
    """Ratio Σwy/Σwx per domain and all that follows from it; blank answers (NaN in y or x) are outside every domain."""
    domain = np.zeros(len(y), dtype=np.int64) if domain is None else np.asarray(domain, dtype=np.int64)
    asked = (domain >= 0) & np.isfinite(y) & np.isfinite(x)
    left_out = _add(domain[asked & design.unweighted], minlength=domains)
    domain = np.where(asked & ~design.unweighted, domain, -1)
    at, w = np.maximum(domain, 0), np.where(domain >= 0, design.weights, 0.0)
    y, x = np.where(domain >= 0, y, 0.0), np.where(domain >= 0, x, 0.0)

    numerator, denominator, weight = (_add(at, values, domains) for values in (w * y, w * x, w))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = numerator / np.where(denominator == 0, np.nan, denominator)
        residual = np.where(domain >= 0, y - value[at] * x, 0.0)
        z = np.where(domain >= 0, w * residual / denominator[at], 0.0)
        n = _add(at, domain >= 0, domains).astype(np.int64)
        spread = _add(at, w * residual**2, domains) / weight / (denominator / weight) ** 2
        kish = weight**2 / _add(at, w**2, domains)
    variance = _grouped_variance(design, np.nan_to_num(z), domain, domains)
    df, lonely = _reach(design, domain, domains)
    census = _complete(design, domain, domains) & (left_out == 0)
    return {"value": value, "variance": variance, "df": df, "thin": (df < 1) & ~census, "lonely": lonely, "n": n, "spread": spread, "kish": kish,
            "numerator": numerator, "denominator": denominator, "left_out": left_out, "census": census}  # fmt: skip


def _note(design: Design, found: dict[str, NDArray], flat: NDArray[np.bool_], flat_note: str) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Note per domain, and whether limits can be given."""
    note = np.full(len(found["n"]), "", dtype="U24")
    note[flat] = flat_note
    note[found["lonely"]] = "one_cluster_centred" if design.centre_lonely else "one_cluster"
    note[found["thin"]] = "one_cluster"
    limits = (note == "") | (note == "one_cluster_centred")
    note[np.isnan(found["value"])] = "zero_weight"
    note[(found["n"] == 0) & (found["left_out"] == 0)] = "no_data"
    return note, limits & np.isfinite(found["value"])


def _flat(found: dict[str, NDArray]) -> NDArray[np.bool_]:
    """No variance worth the name in a sample: what rounding leaves of it is not a standard error. A census truly has none."""
    scale = np.maximum(found["value"] ** 2, 1.0)
    return (found["n"] > 0) & (found["variance"] <= 1e-24 * scale) & ~found["census"]


def _estimates(found: dict[str, NDArray], lower: Floats, upper: Floats, se: Floats, n_eff: Floats, note: NDArray, method: NDArray) -> Estimates:
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = found["spread"] / np.where(found["n"] > 1, found["n"] - 1, np.nan)
        deff = np.where(found["spread"] > 0, se**2 / simple, np.nan)
    return Estimates(found["value"], lower, upper, se, found["df"], found["n"], n_eff, deff, found["numerator"], found["denominator"], note, method)


def proportion(design: Design, holds: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95) -> Estimates:
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
        Logit limits with t on psus − strata of the domain; Korn–Graubard where all or none hold, or the error is 0; the value
        itself where everybody was asked. Limits blank with a note where a stratum, or the domain, has one cluster.

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
    p, flat, census = found["value"], _flat(found), found["census"]
    exact = (flat | (p == 0) | (p == 1)) & ~census
    note, limits = _note(design, found, np.zeros(domains, dtype=bool), "")
    se = np.where(exact, 0.0, np.sqrt(found["variance"]))
    lower, upper = _logit(p, se, found["df"], confidence)
    n_eff = np.where(exact, found["kish"], p * (1 - p) / np.where(exact | census, 1.0, found["variance"]))
    if exact.any():
        ratio = quantile_t(confidence, found["n"] - 1.0) / quantile_t(confidence, found["df"])
        at_edge = _clopper_pearson(p, n_eff * ratio**2, confidence)
        lower, upper = np.where(exact, at_edge[0], lower), np.where(exact, at_edge[1], upper)
    lower, upper = (np.where(limits, np.where(census, p, side), np.nan) for side in (lower, upper))
    n_eff = np.where(census, found["n"], n_eff)
    method = np.select([census, exact & limits], [CENSUS, "survey, Korn-Graubard"], "survey, logit")
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
        Where everybody was asked the limits equal the value.
    """
    check_confidence(confidence)
    y, x = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    found = _linear(design, y, x, None if domain is None else np.asarray(domain), domains)
    flat = _flat(found)
    note, limits = _note(design, found, flat, "no_variation")
    se = np.where(flat, 0.0, np.sqrt(found["variance"]))
    half = _half(found, limits, se, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.select([flat, found["census"]], [found["kish"], found["n"]], found["spread"] / found["variance"])
    seen = np.isfinite(found["value"]) & (note != "one_cluster")
    value = found["value"]
    method = np.where(found["census"], CENSUS, "survey, t")
    return _estimates(found, value - half, value + half, np.where(seen, se, np.nan), np.where(seen, n_eff, np.nan), note, method)


def _half(found: dict[str, NDArray], limits: NDArray[np.bool_], se: Floats, confidence: float) -> Floats:
    """Half the width of t limits: 0 for a census, blank where no limits can be given."""
    return np.where(limits, np.where(found["census"], 0.0, quantile_t(confidence, found["df"]) * se), np.nan)


def mean(design: Design, values: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95) -> Estimates:
    """Weighted mean of an answer per domain, with t limits: ``ratio`` with 1 below the line."""
    y = np.asarray(values, dtype=float)
    return ratio(design, y, np.ones(len(y)), domain=domain, domains=domains, confidence=confidence)


def change(design: Design, values: ArrayLike, later: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, confidence: float = 0.95) -> Estimates:
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
    mean_of, weight_of = (np.where(after, parts[1][of][where], parts[0][of][where]) for of in ("value", "denominator"))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(used >= 0, sign * design.weights * (y - mean_of) / weight_of, 0.0)
    value = parts[1]["value"] - parts[0]["value"]
    df, lonely = _reach(design, used, domains)
    blank = np.full(domains, np.nan)
    found = {"value": value, "variance": _grouped_variance(design, np.nan_to_num(z), used, domains), "df": df, "thin": parts[0]["thin"] | parts[1]["thin"],
             "census": parts[0]["census"] & parts[1]["census"], "lonely": lonely,
             "n": parts[0]["n"] + parts[1]["n"], "left_out": parts[0]["left_out"] + parts[1]["left_out"], "spread": blank,
             "numerator": blank, "denominator": blank}  # fmt: skip
    flat = _flat(found)
    note, limits = _note(design, found, flat, "no_variation")
    se = np.where(note == "one_cluster", np.nan, np.sqrt(found["variance"]))
    half = _half(found, limits, se, confidence)
    return _estimates(found, value - half, value + half, se, blank, note, np.where(found["census"], CENSUS, "survey difference, t"))


def simple(values: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, share: bool = True, confidence: float = 0.95) -> Estimates:
    """Share or mean of answers of which nothing says how they were drawn: each counts one, as in a simple sample.

    Use: counts, and answers without weights, strata or clusters. It misleads where there was a design that the file forgot:
    twenty answers from one courtyard are not twenty independent ones.

    Parameters
    ----------
    values : array_like
        One per answer, blank left out; 1 or 0 for a share.
    domain, domains, confidence
        As for ``proportion``.
    share : bool
        Wilson's limits (``wilson``), else those of ``mean_t``.

    Returns
    -------
    Estimates
        ``n_eff`` is n, ``deff`` 1. A mean of equal answers has ``no_variation`` and no limits.
    """
    y = np.asarray(values, dtype=float)
    where = np.zeros(len(y), dtype=np.int64) if domain is None else np.asarray(domain, dtype=np.int64)
    used = (where >= 0) & np.isfinite(y)
    y, where = y[used], where[used]
    n, total = _add(where, minlength=domains), _add(where, y, domains)
    note = np.where(n > 0, "", "no_data").astype("U24")
    with np.errstate(divide="ignore", invalid="ignore"):
        value = total / n
        se = np.sqrt(np.maximum(_add(where, (y - value[where]) ** 2, domains), 0.0) / (n if share else n - 1) / n)
    if share:
        found = wilson(total, n, confidence=confidence)
        lower, upper = found.lower, found.upper
    else:
        groups = np.split(y[np.argsort(where, kind="stable")], np.cumsum(n.astype(np.int64))[:-1])
        each = [mean_t(group, confidence=confidence) for group in groups]
        same = (n > 0) & np.array([len(group) > 0 and bool((group == group[0]).all()) for group in groups])
        lower, upper = (np.where(same, np.nan, [float(limit) for limit in limits]) for limits in ([e.lower for e in each], [e.upper for e in each]))
        note = np.where(same, "no_variation", note)
    known = np.where(n > 0, n, np.nan)
    return Estimates(value, lower, upper, se, np.maximum(n - 1, 0.0), n.astype(np.int64), known, known / known, total, n, note,
                     np.full(domains, WILSON if share else SIMPLE_T))  # fmt: skip
