"""Differences: two samples (``change``) or two domains of one (``difference``), with the covariance that shared clusters bring.

Place in the flow: beside ``survey``, on the same estimates. It says how far apart two figures are, never why.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option
from .design import By, Design, Domains, Ints, answers_of, as_flags, column_of, domains_of
from .estimates import CENSUS, Estimates, Flags, Found, explained, half_width, linear, reach, variance_of
from .intervals import Floats, check_confidence, quantile_t

DIFFERENCE = "survey difference, t"


@dataclass(frozen=True, slots=True, eq=False)
class Differences(Estimates):
    """As ``Estimates``; ``value`` is a difference in the unit of the answers (shares: 0.1 is ten percentage points).

    ``relative`` is the relative change value/baseline_value, with limits of its own from the logarithm of the ratio; blank where
    either figure is not above 0.
    """

    baseline: NDArray[np.object_]
    baseline_value: Floats
    current_value: Floats
    relative: Floats
    relative_lower: Floats
    relative_upper: Floats


def change(
    design: Design, values: By, later: ArrayLike, *, domain: By | None = None, domains: int | None = None, by: By | None = None, confidence: float = 0.95
) -> Differences:
    """Difference of a weighted mean (or share) between two samples per domain, later less earlier.

    Use: is satisfaction higher than in an earlier period or wave? Clusters that were asked in both carry their covariance;
    samples that share none are independent and their variances add.

    Parameters
    ----------
    design : Design
        Of both samples in one table (``survey_design`` keeps them apart).
    values : str or array_like
        A column, or one number per answer, blank left out.
    later : array_like of bool
        Whether the answer is of the later sample; blank: of neither.
    domain, domains, by, confidence
        As for ``proportion``.

    Returns
    -------
    Differences
        ``n`` counts both samples; ``n_eff``, ``deff``, ``numerator`` and ``denominator`` are blank.

    Notes
    -----
    V(ȳ₁ − ȳ₀) = V(Σ(z₁ − z₀)), z the influences of either mean. Relative: exp(ln(ȳ₁/ȳ₀) ± t √V(Σ(z₁/ȳ₁ − z₀/ȳ₀))) − 1.

    References
    ----------
    R ``survey::svycontrast`` on ``svyby(covmat=TRUE)``; Lumley (2010), chapter 2.
    """
    after = as_flags(column_of(design, later, "later"), "later")
    y = np.where(np.isnan(after), np.nan, answers_of(design, values))
    return _contrast(design, y, np.ones(len(y)), after == 1, domains_of(design, domain, domains, by), confidence)


def difference(design: Design, values: By, by: By, *, baseline: object = None, denominators: By | None = None, confidence: float = 0.95) -> Differences:
    """How far the weighted mean (share, ratio) of every other domain of a sample is from that of one of them.

    Use: are the pilots above the others? Domains that share clusters are not independent; their covariance is in the limits.

    Parameters
    ----------
    design : Design
    values : str or array_like
        A column, or one number per answer, blank left out; 1 and 0 for a share.
    by : str, list of str or array_like
        As for ``proportion``.
    baseline : scalar, optional
        Label of the domain that is subtracted; default the first.
    denominators : str or array_like, optional
        Below the line of a ratio; default 1.
    confidence : float
        0-1.

    Returns
    -------
    Differences
        One row per other domain. Degrees of freedom: psus − strata that either domain touches.

    Raises
    ------
    ArgumentError
        A baseline that is not one of the labels, or a single domain.

    References
    ----------
    R ``survey::svycontrast`` on ``svyby(covmat=TRUE)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from fundanalytics.measure.design import survey_design
    >>> frame = pd.DataFrame({"court": list("aabbcc"), "score": [4, 5, 3, 4, 5, 5], "sex": list("fmfmfm")})
    >>> found = difference(survey_design(frame, clusters="court"), "score", "sex")
    >>> f"{found.domain[0]} less {found.baseline[0]}: {found.value[0]:.3f}"
    'm less f: 0.667'
    """
    y = answers_of(design, values)
    x = np.ones(len(y)) if denominators is None else answers_of(design, denominators, "denominators")
    of = domains_of(design, None, None, by)
    if of.count < 2:
        raise ArgumentError("one_domain", found=", ".join(map(str, of.labels)))
    labels = list(of.labels)
    baseline = labels[0] if baseline is None else baseline
    check_option("baseline", baseline, labels)
    base = labels.index(baseline)
    rows = [_pair(design, y, x, of, base, d, confidence) for d in range(of.count) if d != base]
    return Differences(*(np.concatenate([getattr(row, f.name) for row in rows]) for f in fields(Differences)))


def _pair(design: Design, y: Floats, x: Floats, of: Domains, base: int, other: int, confidence: float) -> Differences:
    both = Domains(np.where((of.codes == base) | (of.codes == other), 0, -1), of.labels[[other]])
    return _contrast(design, y, x, of.codes == other, both, confidence, baseline=of.labels[base])


def _contrast(design: Design, y: Floats, x: Floats, later: Flags, of: Domains, confidence: float, *, baseline: object = "") -> Differences:
    """Later less earlier per domain."""
    check_confidence(confidence)
    before, after = (linear(design, y, x, Domains(np.where(side, of.codes, -1), of.labels)) for side in (~later, later))
    codes = np.where(np.isfinite(y) & np.isfinite(x) & ~design.unweighted, of.codes, -1)
    found = _together(design, before, after, codes)
    scale = np.maximum(np.fmax(before.value**2, after.value**2), 1.0)
    flat = (found.n > 0) & (found.variance <= 1e-24 * scale) & ~found.certain
    note, limits, seen = explained(design, found, flat)
    for side in (before, after):
        note = np.where(np.isnan(side.value) & (side.n > 0) & (side.kish > 0), "zero_denominator", note)
    for side in (before, after):
        note = np.where((side.n == 0) & (side.left_out == 0), "no_data", note)
    se = np.where(seen, np.sqrt(found.variance), np.nan)
    half = half_width(found, limits, se, confidence)
    relative = _relative(design, before, after, codes, np.where(limits, quantile_t(confidence, found.df), np.nan), found.certain)
    blank = np.full(of.count, np.nan)
    method = np.where(found.census, CENSUS, DIFFERENCE)
    return Differences(
        of.labels, found.value, found.value - half, found.value + half, se, found.df, found.n, blank, blank, blank, blank, note, method,
        np.full(of.count, baseline, dtype=object), before.value, after.value, *relative,
    )  # fmt: skip


def _together(design: Design, before: Found, after: Found, codes: Ints) -> Found:
    """The difference as an estimate of its own."""
    count, blank = after.domains.count, np.full(after.domains.count, np.nan)
    variance, fixed = variance_of(design, after.influence - before.influence, codes, count)
    df, lonely = reach(design, codes, count)
    return Found(after.domains, after.value - before.value, after.influence - before.influence, variance, df, before.n + after.n, blank, blank, blank, blank,
                 before.left_out + after.left_out, before.thin | after.thin, lonely, before.census & after.census, fixed)  # fmt: skip


def _relative(design: Design, before: Found, after: Found, codes: Ints, t: Floats, certain: Flags) -> tuple[Floats, Floats, Floats]:
    """Relative change and its limits, on the logarithm of the ratio."""
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = (before.value > 0) & (after.value > 0)
        scale = [np.where(positive, 1 / side.value, 0.0)[np.maximum(codes, 0)] if len(positive) else np.zeros(len(codes)) for side in (before, after)]
        variance, _ = variance_of(design, after.influence * scale[1] - before.influence * scale[0], codes, len(positive))
        ratio = np.where(positive, after.value / before.value, np.nan)
        half = np.where(certain, 0.0, t * np.sqrt(variance))
        return ratio - 1, ratio * np.exp(-half) - 1, ratio * np.exp(half) - 1
