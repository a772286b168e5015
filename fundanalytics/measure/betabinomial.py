"""The beta-binomial model: shares of small areas drawn towards their common mean. Arrays in, arrays out.

Place in the flow: beside ``fayherriot``, for counts without covariates; ``smallarea`` brings the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option
from .interval import Floats, check_confidence, numbers
from .intervals import wilson
from .results import Result

METHODS_OF = {"ml": "model, beta-binomial (ML)", "moments": "model, beta-binomial (moments)"}
LEAST, MOST, GRID = 1e-6, 1e7, 40  # beyond them the prior counts as nothing, or as all


@dataclass(frozen=True, slots=True, eq=False)
class BetaBinomial(Result):
    """Estimates per area (``value`` to ``note``) and the prior behind them: its ``mean`` μ and its ``size`` M, in answers.

    ``shrinkage`` is M/(n + M), the part of an estimate that comes from the mean of all.
    """

    value: Floats
    lower: Floats
    upper: Floats
    shrinkage: Floats
    note: NDArray[np.str_]
    mean: float
    size: float
    method: str

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        names = ("value", "lower", "upper", "shrinkage", "note")
        return pd.DataFrame({name: getattr(self, name) for name in names}).assign(mean=self.mean, size=self.size, method=self.method)


def beta_binomial(counts: ArrayLike, totals: ArrayLike, *, estimator: str = "ml", confidence: float = 0.95) -> BetaBinomial:
    """Empirical Bayes shares of many areas: (x + μM)/(n + M).

    Use: as ``fay_herriot``, where there are counts and no covariates. It takes areas as alike but for chance; an area known to
    be different should not be drawn to the others. It misleads as a measurement.

    Parameters
    ----------
    counts, totals : array_like
        Number with the property and number asked, one per area; neither need be whole (effective counts of a survey). Total 0
        or blank: no data.
    estimator : str
        ``ml``: μ and M maximise the likelihood; ``moments``: Kleinman's weighted moments.
    confidence : float
        0-1.

    Returns
    -------
    BetaBinomial
        Limits are quantiles of Beta(x + μM, n − x + (1−μ)M): they ignore how uncertain μ and M are (naive empirical Bayes), so
        with few areas they are too narrow. ``note``: ``model_estimate``, ``synthetic_estimate`` (no data: μ), with
        ``zero_variance_component`` where the areas differ by no more than chance (M infinite, every area at μ = Σx/Σn with
        Wilson's limits of the whole), ``no_variation_within`` where every area is 0 or all (limits blank).

    Raises
    ------
    ArgumentError
        A count below 0 or above its total; words or infinity; arrays of unequal length; no area with data.

    Notes
    -----
    For each M the best μ is the one root of a falling function; the best M is the highest root of the derivative of what
    remains. Moments: p = Σx/Σn, N = Σn, s² = Σ(n/N)(x/n − p)²,
    1/(M+1) = (N s² − p(1−p)(m−1)) / (p(1−p)(N − Σn²/N − (m−1))).

    References
    ----------
    Kleinman (1973), JASA 68:46-54; Rao & Molina (2015), section 9.5. The authority for ML is R's ``VGAM::betabinomial``.

    Examples
    --------
    >>> found = beta_binomial([2, 9, 16, 30, 0], [20, 20, 20, 40, 0])
    >>> found.value.round(3).tolist(), round(found.size, 2)
    ([0.155, 0.458, 0.762, 0.733, 0.512], 3.07)
    """
    check_confidence(confidence)
    check_option("estimator", estimator, METHODS_OF)
    x, n = _checked(counts, totals)
    used = n > 0
    mean, size = _fitted(x[used], n[used], estimator)
    note = np.where(used, "model_estimate", "synthetic_estimate").astype("U48")
    if np.isinf(size):
        whole = wilson(x.sum(), n.sum(), confidence=confidence)
        value, lower, upper = (np.full(len(x), float(side)) for side in (whole.value, whole.lower, whole.upper))
        shrinkage, note = np.ones(len(x)), np.char.add(note, ";zero_variance_component")
    else:
        shrinkage = np.where(used, size / np.where(used, n + size, 1.0), 1.0)
        value = (1 - shrinkage) * x / np.where(used, n, 1.0) + shrinkage * mean
        lower, upper = _posterior(x, n, mean, size, confidence)
        note = np.char.add(note, "" if size else ";no_variation_within")
    return BetaBinomial(value, lower, upper, shrinkage, note, mean, size, METHODS_OF[estimator])


def _checked(counts: ArrayLike, totals: ArrayLike) -> tuple[Floats, Floats]:
    x, n = (np.atleast_1d(numbers(a)) for a in (counts, totals))
    if x.ndim > 1 or x.shape != n.shape:
        raise ArgumentError("lengths_differ", name="totals", expected=len(x), found="×".join(map(str, n.shape)))
    known = np.isfinite(x) & np.isfinite(n)
    x, n = np.where(known, x, 0.0), np.where(known, n, 0.0)
    wrong = (x < 0) | (n < 0) | (x > n)
    if wrong.any():
        raise ArgumentError("not_a_share", found=f"{x[wrong][0]:g} / {n[wrong][0]:g}")
    if not n.sum():
        raise ArgumentError("too_few_areas", expected=1, found=0)
    return x, n


def _posterior(x: Floats, n: Floats, mean: float, size: float, confidence: float) -> tuple[Floats, Floats]:
    from scipy.special import betaincinv

    if not size:
        return np.full(len(x), np.nan), np.full(len(x), np.nan)
    a, b = x + mean * size, (n - x) + (1 - mean) * size
    return betaincinv(a, b, (1 - confidence) / 2), betaincinv(a, b, (1 + confidence) / 2)


def _fitted(x: Floats, n: Floats, estimator: str) -> tuple[float, float]:
    """μ and M; M infinite where nothing shows that areas differ."""
    mean = x.sum() / n.sum()
    if mean in (0, 1) or len(x) < 2 or n.max() <= 1:
        return float(mean), np.inf
    return _moments(x, n) if estimator == "moments" else _likeliest(x, n)


def _moments(x: Floats, n: Floats) -> tuple[float, float]:
    total, areas = n.sum(), len(x)
    p = x.sum() / total
    squares = (n * (x / n - p) ** 2).sum()
    room = p * (1 - p) * (total - (n**2).sum() / total - (areas - 1))
    share = (squares - p * (1 - p) * (areas - 1)) / room if room > 0 else 0.0
    return float(p), max(1 / share - 1, 0.0) if share > 0 else np.inf


def _likeliest(x: Floats, n: Floats) -> tuple[float, float]:
    """The highest top of the likelihood over M, μ being the best for each M."""
    from scipy.optimize import brentq

    def slope(log_size: float) -> float:
        return _slopes(x, n, _best_mean(x, n, np.exp(log_size)), np.exp(log_size))[1]

    trials = np.linspace(np.log(LEAST), np.log(MOST), GRID)
    slopes = np.array([slope(t) for t in trials])
    at = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    tops = [float(np.exp(brentq(slope, *trials[[i, i + 1]], xtol=1e-13))) for i in at]
    sizes = [*tops, *([LEAST] if slopes[0] <= 0 else []), *([MOST] if slopes[-1] > 0 else [])]
    found = [(_best_mean(x, n, size), size) for size in sizes]
    mean, size = max(found, key=lambda pair: _likelihood(x, n, *pair))
    return (float(x.sum() / n.sum()), np.inf) if size == MOST else (mean, 0.0 if size == LEAST else size)


def _best_mean(x: Floats, n: Floats, size: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda mean: _slopes(x, n, mean, size)[0], 1e-12, 1 - 1e-12, xtol=1e-15, rtol=1e-14))


def _slopes(x: Floats, n: Floats, mean: float, size: float) -> tuple[float, float]:
    """Derivatives of the likelihood by μ (divided by M) and by M."""
    from scipy.special import psi

    a, b = mean * size, (1 - mean) * size
    above, below = psi(a + x) - psi(a), psi(b + (n - x)) - psi(b)
    return float((above - below).sum()), float((mean * above + (1 - mean) * below - psi(size + n) + psi(size)).sum())


def _likelihood(x: Floats, n: Floats, mean: float, size: float) -> float:
    from scipy.special import betaln

    a, b = mean * size, (1 - mean) * size
    return float((betaln(a + x, b + (n - x)) - betaln(a, b)).sum())
