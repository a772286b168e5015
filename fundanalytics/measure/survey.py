"""Answers with strata, clusters and weights → estimates with design-based limits, for many domains at once.

Place in the flow: ``indicators`` hands over responses and which area each answer belongs to; out come arrays, one element
per area. All rows of a sample stay in the design: an area is a domain (influence 0 outside), never a filtered frame. A researcher
names columns instead: ``survey.mean(design, "score", by="street")``.

References: Korn & Graubard (1998), Survey Methodology 24:193-201; Lumley (2010), Complex Surveys; Franco, Little, Louis &
Slud (2019), JSSAM 7:334-364. The authority for the numbers is R's ``survey`` package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option, hint_for
from .calibrate import adjust_nonresponse, calibrate, post_stratify, rake, trim
from .contrasts import Differences, change, difference
from .design import By, Design, Ints, SampleSize, answers_of, as_numbers, column_of, design_of, domains_of, sample_size, survey_design
from .estimates import CENSUS, Estimates, Found, Strings, add, design_effect, estimates, explained, half_width, linear, share_limits
from .intervals import Floats, check_confidence, mean_t, wilson
from .quantiles import quantile
from .results import Result
from .weights import weight_report

__all__ = [
    "CENSUS", "WILSON", "Bounds", "Design", "Differences", "Estimates", "SampleSize", "adjust_nonresponse", "bounds", "calibrate", "change",
    "design_of", "difference", "mean", "post_stratify", "proportion", "quantile", "rake", "ratio", "sample_size", "simple", "survey_design", "total",
    "trim", "weight_report",
]  # fmt: skip
WILSON, SIMPLE_T = "wilson", "mean, t"
SHARE_METHODS = {"logit": "survey, logit", "korn-graubard": "survey, Korn-Graubard", "wilson": "survey, Wilson"}


SEEN = 20  # values of a column that a message lists
BOUNDS = "bounds, missing 0 and 1"


@dataclass(frozen=True, slots=True, eq=False)
class Bounds(Result):
    """One element per domain: a share with everything missing taken as 0 and as 1 (``bounds``)."""

    domain: NDArray[np.object_]
    value: Floats
    lower: Floats
    upper: Floats
    outer_lower: Floats
    outer_upper: Floats
    n: Ints
    missing: Ints
    missing_share: Floats
    note: Strings
    method: Strings


def proportion(
    design: Design, holds: By, *, answer: object = None, domain: By | None = None, domains: int | None = None, by: By | None = None,
    interval: str = "logit", confidence: float = 0.95,
) -> Estimates:  # fmt: skip
    """Weighted share of answers for which something holds, per domain.

    Use: satisfaction, awareness, participation by survey. With few clusters the limits are wide, and rightly so.

    Parameters
    ----------
    design : Design
    holds : str or array_like
        1, 0 or blank (NaN: not in the denominator), one per answer; or the name of a column.
    answer : scalar or list, optional
        What counts as holding where ``holds`` is a column of other words or numbers: ``proportion(d, "awards", answer="Yes")``.
        A blank stays blank, which ``column == "Yes"`` would make a no.
    domain : array_like, optional
        Domain of each answer: running numbers (-1 outside), True and False (one domain), or labels; default: all one domain.
    domains : int, optional
        How many domains there are, where numbers say which.
    by : str, list of str or array_like, optional
        A column, several columns, or labels: one domain per label that occurs, per category of a categorical column.
    interval : str
        ``logit``; ``korn-graubard`` (Clopper–Pearson with the effective n); ``wilson`` (with the effective n).
    confidence : float
        0-1.

    Returns
    -------
    Estimates
        Limits with t on psus − strata of the domain; where all or none hold, or the error is 0, Korn–Graubard takes the place of
        logit; the value itself where everybody was asked, or where known margins fix it. Limits blank with a note where a
        stratum, or the domain, has one cluster.

    Raises
    ------
    ArgumentError
        Text, other numbers than 0 and 1, another length than the design's, an unknown column or interval; an answer that nobody
        gave (of a list: none of them).

    Notes
    -----
    l = ln(p/(1−p)), s = SE/(p(1−p)), expit(l ± t s). n_eff = p(1−p)/V; where V is 0, Kish's (Σw)²/Σw². Korn–Graubard takes
    n_eff (t_{n−1}/t_df)² into the Clopper–Pearson limits, ``wilson`` into Wilson's with z. deff = V/(p(1−p)/(n−1)).

    References
    ----------
    R ``survey::svyciprop``, methods ``xlogit`` and ``beta``; Korn & Graubard (1998); Dean & Pagano (2015), JSSAM 3:484-503, and
    Franco et al. (2019) for ``wilson``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"court": list("aaabbbccc"), "knows": ["yes", "no", None, "yes", "yes", "no", "no", "yes", "yes"]})
    >>> found = proportion(survey_design(frame, clusters="court"), "knows", answer="yes")
    >>> float(found.value[0]), int(found.n[0])
    (0.625, 8)
    """
    check_confidence(confidence)
    check_option("interval", interval, SHARE_METHODS)
    y = _holding(design, holds, answer)
    found = linear(design, y, np.ones(len(y)), domains_of(design, domain, domains, by))
    p, exact = found.value, (found.flat | (found.value == 0) | (found.value == 1)) & ~found.certain
    note, limits, seen = explained(design, found, np.zeros(len(p), dtype=bool))
    se = np.where(exact | found.fixed, 0.0, np.sqrt(found.variance))
    n_eff = np.where(exact | found.fixed, found.kish, p * (1 - p) / np.where(exact | found.certain, 1.0, found.variance))
    sides = share_limits(found, se, np.where(exact, "korn-graubard", interval) if interval == "logit" else np.full(len(p), interval), n_eff, confidence)
    lower, upper = (np.where(limits, np.where(found.certain, p, side), np.nan) for side in sides)
    method = np.select([found.census, exact & limits & (interval == "logit")], [CENSUS, SHARE_METHODS["korn-graubard"]], SHARE_METHODS[interval])
    se, n_eff = (np.where(seen, column, np.nan) for column in (se, np.where(found.census, found.n, n_eff)))
    return estimates(found, (lower, upper), se, n_eff=n_eff, deff=design_effect(found, se), note=note, method=method)


def _holding(design: Design, holds: By, answer: object) -> Floats:
    """1, 0 or blank per answer."""
    if answer is not None:
        column = column_of(design, holds, "holds")
        listed = list(answer) if isinstance(answer, (list, tuple, set)) else [answer]
        seen = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
        if len(seen) and not pd.Series(seen).isin(listed).any():
            found = ", ".join(map(str, listed))
            raise ArgumentError("unknown_option", name="answer", found=found, expected=" | ".join(map(str, seen[:SEEN])), hint=hint_for(found, seen))
        return np.where(column.isna(), np.nan, column.isin(listed).astype("float64"))
    y = answers_of(design, holds, "holds")
    odd = np.isfinite(y) & (y != 0) & (y != 1)
    if odd.any():
        raise ArgumentError("not_yes_or_no", found=f"{y[odd][0]:g}")
    return y


def ratio(
    design: Design, numerators: By, denominators: By, *, domain: By | None = None, domains: int | None = None, by: By | None = None,
    confidence: float = 0.95,
) -> Estimates:  # fmt: skip
    """Weighted ratio of two answers' totals per domain, with linearised t limits.

    Use: money per person, visits per household. Never a mean of ratios.

    Parameters
    ----------
    design : Design
    numerators, denominators : str or array_like
        Columns, or one number per answer; blank in either leaves the answer out.
    domain, domains, by, confidence
        As for ``proportion``.

    Returns
    -------
    Estimates
        Limits blank with ``no_variation`` where every answer gives the same ratio: no spread was seen, which is not certainty.
        Where everybody was asked the limits equal the value.

    Notes
    -----
    z = w(y − R̂x)/Σwx. n_eff is the variance of one answer over V, deff V over that of a simple sample with replacement.

    References
    ----------
    R ``survey::svyratio`` and ``svymean``; Särndal, Swensson & Wretman (1992), section 5.6.
    """
    check_confidence(confidence)
    y, x = answers_of(design, numerators, "numerators"), answers_of(design, denominators, "denominators")
    found = linear(design, y, x, domains_of(design, domain, domains, by))
    note, limits, seen = explained(design, found, found.flat)
    se = np.where(found.flat | found.fixed, 0.0, np.sqrt(found.variance))
    half = half_width(found, limits, se, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.select([found.flat | found.fixed, found.census], [found.kish, found.n], found.spread / found.variance)
    se, n_eff = np.where(seen, se, np.nan), np.where(seen, n_eff, np.nan)
    sides = found.value - half, found.value + half
    return estimates(found, sides, se, n_eff=n_eff, deff=design_effect(found, se), note=note, method=np.where(found.census, CENSUS, "survey, t"))


def mean(design: Design, values: By, *, domain: By | None = None, domains: int | None = None, by: By | None = None, confidence: float = 0.95) -> Estimates:
    """Weighted mean of an answer per domain, with t limits: ``ratio`` with 1 below the line.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"court": list("aabbcc"), "score": [4, 5, 3, 4, 5, 5], "sex": list("fmfmfm")})
    >>> found = mean(survey_design(frame, clusters="court"), "score", by="sex")
    >>> found.to_frame()[["domain", "value", "n"]].round(3).to_dict("records")
    [{'domain': 'f', 'value': 4.0, 'n': 3}, {'domain': 'm', 'value': 4.667, 'n': 3}]
    """
    y = answers_of(design, values)
    return ratio(design, y, np.ones(len(y)), domain=domain, domains=domains, by=by, confidence=confidence)


def total(
    design: Design, values: By | None = None, *, domain: By | None = None, domains: int | None = None, by: By | None = None, confidence: float = 0.95
) -> Estimates:
    """Weighted total of an answer per domain, or the number of people that the answers stand for.

    Use: how many residents, hours, yuan in the population. It misleads where weights do not add up to the population: calibrate
    first (``rake``, ``post_stratify``).

    Parameters
    ----------
    design : Design
    values : str or array_like, optional
        A column, or one number per answer, blank left out; default: 1 for everybody.
    domain, domains, by, confidence
        As for ``proportion``.

    Returns
    -------
    Estimates
        t limits. Where the design or known margins fix a number of people (``fixed_by_design``) the limits are the value.
        ``numerator`` is the value, ``denominator`` the weight of the answers.

    Notes
    -----
    z = w y in the domain, 0 outside. deff is V over that of the same total in a simple sample of the whole design with
    replacement; n_eff = n/deff (Kish's where that has no variance).

    References
    ----------
    R ``survey::svytotal``.
    """
    check_confidence(confidence)
    counted = values is None
    y = np.ones(len(design.weights)) if values is None else answers_of(design, values)
    found = linear(design, y, None, domains_of(design, domain, domains, by))
    if counted:
        found = replace(found, fixed=found.fixed | found.flat)
    note, limits, seen = explained(design, found, found.flat)
    se = np.where(seen, np.where(found.flat | found.fixed, 0.0, np.sqrt(found.variance)), np.nan)
    half = half_width(found, limits, se, confidence)
    deff = _total_effect(design, y, found, se)
    n_eff = np.select([~seen, found.census, np.isnan(deff) | (deff == 0)], [np.nan, found.n, found.kish], found.n / np.where(deff > 0, deff, 1.0))
    method = np.where(found.census, CENSUS, "survey total, t")
    return estimates(found, (found.value - half, found.value + half), se, n_eff=n_eff, deff=deff, note=note, method=method)


def _total_effect(design: Design, y: Floats, found: Found, se: Floats) -> Floats:
    known = np.isfinite(y) & ~design.unweighted
    codes = np.where(known, found.domains.codes, -1)
    inside = codes >= 0
    weight, n = design.weights[known].sum(), int(known.sum())
    squares = add(codes[inside], design.weights[inside] * y[inside] ** 2, found.domains.count)
    spread = weight * squares - found.numerator**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 1e-12 * weight * squares, se**2 * (n - 1) / spread, np.nan)


def bounds(design: Design, holds: By, *, answer: object = None, by: By | None = None, confidence: float = 0.95) -> Bounds:
    """Between what the share would be if nobody and if everybody who did not answer said yes, per domain.

    Use: how much the blank answers could matter. These are not confidence limits: they hold whatever the silent think.

    Parameters
    ----------
    design : Design
    holds, answer, by, confidence
        As for ``proportion``.

    Returns
    -------
    Bounds
        ``value`` among those who answered; ``lower`` and ``upper`` with all missing taken as 0 and as 1, of all who were asked;
        ``outer_lower``, ``outer_upper``: the confidence limits of these two. ``missing`` counts blanks, ``missing_share`` weighs them.

    Notes
    -----
    lower = Σw·yes/Σw, upper = lower + Σw·missing/Σw over everybody asked.

    References
    ----------
    Manski (1990), American Economic Review 80(2):319-323; Horowitz & Manski (1998), Journal of Econometrics 84:37-58.

    Examples
    --------
    >>> import pandas as pd
    >>> found = bounds(survey_design(pd.DataFrame({"a": [1, 1, 0, None, None]})), "a")
    >>> [round(float(v[0]), 3) for v in (found.lower, found.value, found.upper)]
    [0.4, 0.667, 0.8]
    """
    y = _holding(design, holds, answer)
    known, least, most, silent = (
        proportion(design, each, by=by, confidence=confidence) for each in (y, np.nan_to_num(y), np.where(np.isnan(y), 1.0, y), np.isnan(y))
    )
    missing = np.round(most.n - known.n).astype(np.int64)
    return Bounds(
        known.domain, known.value, least.value, most.value, least.lower, most.upper, known.n, missing, silent.value, known.note, np.full(len(missing), BOUNDS)
    )


def simple(values: ArrayLike, *, domain: ArrayLike | None = None, domains: int = 1, share: bool = True, confidence: float = 0.95) -> Estimates:
    """Share or mean of answers of which nothing says how they were drawn: each counts one, as in a simple sample.

    Use: counts, and answers without weights, strata or clusters. It misleads where there was a design that the file forgot:
    twenty answers from one courtyard are not twenty independent ones.

    Parameters
    ----------
    values : array_like
        One per answer, blank left out; 1 or 0 for a share.
    domain : array_like of int, optional
        Number of the domain of each answer, -1 outside; default: all one domain.
    domains : int
        How many domains there are.
    share : bool
        Wilson's limits (``wilson``), else those of ``mean_t``.
    confidence : float
        0-1.

    Returns
    -------
    Estimates
        ``n_eff`` is n, ``deff`` 1. A mean of equal answers has ``no_variation`` and no limits.
    """
    y = as_numbers(values)
    where = np.zeros(len(y), dtype=np.int64) if domain is None else np.asarray(domain, dtype=np.int64)
    used = (where >= 0) & np.isfinite(y)
    y, where = y[used], where[used]
    n, summed = add(where, minlength=domains), add(where, y, domains)
    note = np.where(n > 0, "", "no_data").astype("U24")
    with np.errstate(divide="ignore", invalid="ignore"):
        value = summed / n
        se = np.sqrt(np.maximum(add(where, (y - value[where]) ** 2, domains), 0.0) / (n if share else n - 1) / n)
    if share:
        found = wilson(summed, n, confidence=confidence)
        lower, upper = found.lower, found.upper
    else:
        groups = np.split(y[np.argsort(where, kind="stable")], np.cumsum(n.astype(np.int64))[:-1])
        each = [mean_t(group, confidence=confidence) for group in groups]
        same = (n > 0) & np.array([len(group) > 0 and bool((group == group[0]).all()) for group in groups])
        lower, upper = (np.where(same, np.nan, [float(limit) for limit in limits]) for limits in ([e.lower for e in each], [e.upper for e in each]))
        note = np.where(same, "no_variation", note)
    known = np.where(n > 0, n, np.nan)
    labels = np.array([""] if domain is None else list(range(domains)), dtype=object)
    return Estimates(labels, value, lower, upper, se, np.maximum(n - 1, 0.0), n.astype(np.int64), known, known / known, summed, n, note,
                     np.full(domains, WILSON if share else SIMPLE_T))  # fmt: skip
