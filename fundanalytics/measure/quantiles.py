"""Medians and other quantiles of answers, with Woodruff's limits.

Place in the flow: beside ``survey``, on the same estimates: the limits are those of a share, read off the weighted distribution.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from numbers import Real

import numpy as np

from ..errors import ArgumentError, check_option
from .design import By, Design, Domains, answers_of, domains_of
from .estimates import CENSUS, Estimates, Found, also, design_effect, estimates, explained, linear, share_limits
from .intervals import Floats, check_confidence, quantile_t

QUANTILE_METHODS = {
    "mean": "survey quantile, Woodruff",
    "logit": "survey quantile, Woodruff (logit)",
    "korn-graubard": "survey quantile, Woodruff (Korn-Graubard)",
}
EVEN = 1e-12  # a weighted share this close to the asked one is the asked one: sums of weights are rounded
Curves = list[tuple[Floats, Floats]]


def _curves(design: Design, y: Floats, of: Domains) -> Curves:
    """Per domain the sorted answers and the weighted share at or below each; two empty arrays where nobody answered."""
    codes = np.where(np.isfinite(y) & ~design.unweighted, of.codes, -1)
    order = np.lexsort((y, codes))
    ends = np.searchsorted(codes[order], np.arange(of.count + 1))
    found = []
    for start, end in pairwise(ends):
        rows = order[start:end]
        summed = np.cumsum(design.weights[rows])
        found.append((y[rows], summed / summed[-1] if len(rows) else summed))
    return found


def _inverse(curves: Curves, share: Floats) -> Floats:
    """The smallest answer at or below which ``share`` lies, per domain; blank for a share that is blank, below 0 or above 1."""
    found = np.full(len(curves), np.nan)
    for d, (answers, below) in enumerate(curves):
        if len(answers) and 0 <= share[d] <= 1:
            found[d] = answers[min(int(np.searchsorted(below, share[d] - EVEN)), len(answers) - 1)]
    return found


def quantile(
    design: Design, values: By, share: float = 0.5, *, domain: By | None = None, domains: int | None = None, by: By | None = None,
    interval: str = "mean", confidence: float = 0.95,
) -> Estimates:  # fmt: skip
    """The answer at or below which a weighted share of people lies, per domain: the median, unless ``share`` says otherwise.

    Use: skewed amounts and days, where a mean says little. With few distinct answers (a five-level scale) it jumps.

    Parameters
    ----------
    design : Design
    values : str or array_like
        A column, or one number per answer, blank left out.
    share : float
        Between 0 and 1.
    interval : str
        Of the share at or below: ``mean`` (t, as Woodruff), ``logit``, ``korn-graubard``.
    domain, domains, by, confidence
        As for ``proportion``.

    Returns
    -------
    Estimates
        A limit is blank with ``limit_outside`` where that of the share is below 0 or above 1, or the quantile is the largest
        answer. ``n_eff``, ``deff`` and ``numerator`` are those of the share at or below.

    Raises
    ------
    ArgumentError
        A share not between 0 and 1; and as for ``proportion``.

    Notes
    -----
    q = the smallest answer with F̂(q) ≥ share; limits L, U of F̂(q) as a proportion; [q(L), q(U)]; SE = (q(U) − q(L))/(2t).

    References
    ----------
    Woodruff (1952), JASA 47:635-646; R ``survey::svyquantile`` (4.1: ``qrule="math"``, ``interval.type="mean"``).

    Examples
    --------
    >>> import pandas as pd
    >>> from fundanalytics.measure.design import survey_design
    >>> float(quantile(survey_design(pd.DataFrame({"days": [3, 9, 4, 30, 8]})), "days").value[0])
    8.0
    """
    check_confidence(confidence)
    check_option("interval", interval, QUANTILE_METHODS)
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ArgumentError("bad_quantile", found=share)
    y, of = answers_of(design, values), domains_of(design, domain, domains, by)
    curves = _curves(design, y, of)
    value = _inverse(curves, np.full(of.count, share))
    asked = np.isfinite(y) & (of.codes >= 0)
    below = np.full(len(y), np.nan)
    below[asked] = y[asked] <= value[of.codes[asked]]
    found = linear(design, below, np.ones(len(y)), of)
    return _rows(design, found, curves, value, interval, confidence)


def _rows(design: Design, found: Found, curves: Curves, value: Floats, interval: str, confidence: float) -> Estimates:
    """The quantile with limits from those of the share at or below it."""
    p, flat = found.value, found.flat
    constant = np.array([len(answers) > 0 and bool(answers[0] == answers[-1]) for answers, _ in curves], dtype=bool)
    edge = flat & ~constant & (p >= 1 - EVEN)  # the largest answer: everybody is at or below it in any sample like this
    note, limits, seen = explained(design, found, flat & ~edge)
    se_share = np.where(found.certain | flat, 0.0, np.sqrt(found.variance))
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.select([found.census, flat | found.fixed], [found.n, found.kish], p * (1 - p) / found.variance)
    sides = share_limits(found, se_share, np.full(len(p), interval), n_eff, confidence)
    lower, upper = (np.where(limits & ~edge, np.where(found.certain, value, _inverse(curves, side)), np.nan) for side in sides)
    note = also(note, limits & (np.isnan(lower) | np.isnan(upper)), "limit_outside")
    with np.errstate(invalid="ignore"):
        se = np.where(found.certain, 0.0, (upper - lower) / (2 * quantile_t(confidence, found.df)))
    deff = np.where(seen, design_effect(found, se_share), np.nan)
    method = np.where(found.census, CENSUS, QUANTILE_METHODS[interval])
    shown = replace(found, value=np.where(np.isfinite(p), value, np.nan))
    return estimates(shown, (lower, upper), se, n_eff=np.where(seen, n_eff, np.nan), deff=deff, note=note, method=method)
