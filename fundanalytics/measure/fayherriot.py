"""The Fay–Herriot model: direct estimates of small areas, drawn towards what areas like them have. Arrays in, arrays out.

Place in the flow: ``smallarea`` brings rows of the indicator table; here are the fit, the mean squared error and the benchmark.
It knows no areas, and it never calls its numbers measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, check_option
from .interval import Floats, check_confidence, numbers
from .results import Result

METHOD = "model, Fay-Herriot (REML)"
GRID = 400  # trial values of the variance between areas; the likelihood may have several tops
NODES = 120  # of the integral over that variance
STEPS = 100  # Newton needs about seven
FLAT_NEEDS = 3  # areas beyond the coefficients: with fewer a flat prior for the variance has no posterior
RIGHT_ANGLE = np.pi / 2


@dataclass(frozen=True, slots=True, eq=False)
class FayHerriot(Result):
    """Estimates per area (``value`` to ``note``) and the model behind them.

    ``shrinkage`` is the part of an estimate that comes from the model, ``variance`` the variance between areas beyond the covariates.
    """

    value: Floats
    lower: Floats
    upper: Floats
    mse: Floats
    shrinkage: Floats
    note: NDArray[np.str_]
    variance: float
    coefficients: Floats
    coefficient_se: Floats
    method: str

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        names = ("value", "lower", "upper", "mse", "shrinkage", "note")
        return pd.DataFrame({name: getattr(self, name) for name in names}).assign(variance=self.variance, method=self.method)


def fay_herriot(values: ArrayLike, variances: ArrayLike, covariates: ArrayLike | None = None, *, confidence: float = 0.95) -> FayHerriot:
    """Empirical best predictions of area means from direct estimates with known sampling variances.

    Use: what is likely in an area with few answers, given its answers and all other areas? It misleads as a measurement: the
    extremes are drawn in, so nothing may be ranked by it together with direct estimates, and no area is judged by it.

    Parameters
    ----------
    values : array_like
        Direct estimates, one per area; blank (NaN) where an area has no data.
    variances : array_like
        Their sampling variances, above 0; blank where not known: such an area counts as without data.
    covariates : array_like, optional
        One row per area, one column per covariate, without the constant, which is always there.
    confidence : float
        0-1.

    Returns
    -------
    FayHerriot
        ``lower`` and ``upper`` hold the area's mean with this probability, given the data, whatever the variance between areas.
        ``note``: ``model_estimate``, ``synthetic_estimate`` (no data: covariates alone), ``no_covariate`` (blank), each with
        ``zero_variance_component`` where the fit finds no variance between areas, ``too_few_units`` (limits blank) with fewer
        than three areas beyond the coefficients.

    Raises
    ------
    ArgumentError
        Arrays that do not fit each other, words or infinity, a variance that is 0 or below, no more areas than coefficients, covariates that repeat
        each other.

    Notes
    -----
    y = x'β + v + e, v of variance A, e of variance ψ. A maximises the restricted likelihood: the highest of the roots of its
    derivative, or 0. γ = A/(A+ψ), θ = γy + (1−γ)x'β, MSE = g₁ + g₂ + 2g₃ with g₁ = γψ, g₂ = (1−γ)² x'(X'V⁻¹X)⁻¹x,
    g₃ = ψ²(A+ψ)⁻³ · 2/Σ(A+ψ)⁻². Without data θ = x'β and MSE = A + x'(X'V⁻¹X)⁻¹x.

    θ ± 1.96 √MSE covers about 90 % where A is small or areas are few (``benchmarks/coverage_smallarea.py``), so the limits are
    quantiles of ∫ N(θ(A), g₁(A) + g₂(A)) L(A) dA, L the restricted likelihood: flat priors for β and A.

    References
    ----------
    Fay & Herriot (1979), JASA 74:269-277; Prasad & Rao (1990), JASA 85:163-171; Datta & Lahiri (2000), Statistica Sinica 10:613-627;
    Datta, Rao & Smith (2005), Biometrika 92:183-196 (the flat prior); Rao & Molina (2015), Small Area Estimation, 2nd ed.,
    sections 6.1-6.2 and 10.3; milk data of Arora & Lahiri (1997), Statistica Sinica 7:1053-1063: A .01855.

    Examples
    --------
    >>> found = fay_herriot([0.62, 0.70, 0.91, 0.83, np.nan], [0.010, 0.002, 0.008, 0.004, np.nan])
    >>> found.value.round(3).tolist(), str(found.note[4])
    ([0.701, 0.713, 0.836, 0.808, 0.765], 'synthetic_estimate')
    """
    check_confidence(confidence)
    y, psi, x = _checked(values, variances, covariates)
    described = np.isfinite(x).all(axis=1)
    used = described & np.isfinite(y) & np.isfinite(psi)
    basis, root = _basis(x[used])
    model = _Model(y[used], psi[used], basis)
    a = model.best_variance()
    rows = np.asarray(np.linalg.solve(root.T, x.T).T, dtype=np.float64)  # covariates in the coordinates of the fit
    known = np.where(used, y, 0.0), np.where(used, psi, np.inf)
    value, spread, shrinkage = (part[0] for part in model.predicted(np.array([a]), *known, rows))
    g_3 = shrinkage**2 / (a + np.where(used, psi, 1.0)) * np.where(used, model.variance_of_variance(a), 0.0)
    lower, upper = _limits(model, a, *known, rows, confidence)
    note = np.select([~described, ~used], ["no_covariate", "synthetic_estimate"], "model_estimate").astype("U80")
    for holds, code in ((a == 0, ";zero_variance_component"), (model.spare < FLAT_NEEDS, ";too_few_units")):
        note = np.char.add(note, np.where(described & holds, code, ""))
    beta, covariance = model.coefficients(a)
    back = np.linalg.inv(root)
    se = np.sqrt(np.einsum("ij,jk,ik->i", back, covariance, back))
    return FayHerriot(value, np.minimum(lower, value), np.maximum(upper, value), spread + 2 * g_3, shrinkage, note, a, back @ beta, se, METHOD)


def _limits(model: _Model, a: float, y: Floats, psi: Floats, rows: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Quantiles of each area's mean over what the likelihood leaves open of the variance between areas."""
    from scipy.special import ndtri

    if model.spare < FLAT_NEEDS:
        return np.full(len(y), np.nan), np.full(len(y), np.nan)
    trials, weight = model.posterior(np.median(model.psi) + a)
    middle, spread, _ = model.predicted(trials, y, psi, rows)
    lower, upper = (_quantile(middle, np.sqrt(spread), weight, p, ndtri(p)) for p in ((1 - confidence) / 2, (1 + confidence) / 2))
    return lower, upper


def _quantile(middle: Floats, sd: Floats, weight: Floats, p: float, z: float) -> Floats:
    """Quantile of a mixture of normal distributions, one per column: Newton's steps, kept between the quantiles of its parts."""
    from scipy.special import ndtr

    low, high = (middle + z * sd).min(axis=0), (middle + z * sd).max(axis=0)
    at = weight @ (middle + z * sd)
    for _ in range(STEPS):
        scaled = (at - middle) / sd
        missed = weight @ ndtr(scaled) - p
        low, high = np.where(missed < 0, at, low), np.where(missed < 0, high, at)
        step = at - missed / (weight @ (np.exp(-(scaled**2) / 2) / sd) / np.sqrt(2 * np.pi))
        new = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        moved, at = np.abs(new - at), new
        if not (moved > 1e-13 * sd.max(axis=0)).any():
            break
    return at


def _checked(values: ArrayLike, variances: ArrayLike, covariates: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Values, variances and covariates with their constant, one row per area."""
    y, psi = (np.atleast_1d(numbers(a)) for a in (values, variances))
    if y.ndim > 1 or psi.shape != y.shape:
        raise ArgumentError("lengths_differ", name="variances", expected=len(y), found="×".join(map(str, psi.shape)))
    wrong = psi <= 0
    if wrong.any():
        raise ArgumentError("not_a_variance", found=f"{psi[wrong][0]:g}")
    x = np.ones((len(y), 1))
    if covariates is not None:
        given = np.atleast_1d(numbers(covariates))
        given = given[:, None] if given.ndim == 1 else given
        if len(given) != len(y):
            raise ArgumentError("lengths_differ", name="covariates", expected=len(y), found="×".join(map(str, given.shape)))
        x = np.column_stack([x, given])
    return y, psi, x


def _basis(x: Floats) -> tuple[Floats, Floats]:
    """Orthonormal covariates Q and R with x = QR, refused where there are too few areas or a covariate repeats others."""
    areas, columns = x.shape
    if areas <= columns:
        raise ArgumentError("too_few_areas", expected=columns + 1, found=areas)
    scale = np.abs(x).max(axis=0)
    if (scale == 0).any() or np.linalg.matrix_rank(x / scale) < columns:
        raise ArgumentError("collinear", found=columns - 1)
    q, r = np.linalg.qr(x / scale)
    return q, r * scale


class _Model:
    """The restricted likelihood of the variance between areas, for many trial values at once."""

    def __init__(self, y: Floats, psi: Floats, basis: Floats) -> None:
        self.y, self.psi, self.q = y, psi, basis
        self.spare = len(y) - basis.shape[1]
        self.pairs = (basis[:, :, None] * basis[:, None, :]).reshape(len(y), -1)

    def _parts(self, a: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Weights, X'V⁻¹X, coefficients and residuals for each trial value."""
        weight = 1 / (a[:, None] + self.psi)
        size = self.q.shape[1]
        cross = (weight @ self.pairs).reshape(-1, size, size)
        beta = np.asarray(np.linalg.solve(cross, ((weight * self.y) @ self.q)[..., None])[..., 0], dtype=np.float64)
        return weight, cross, beta, self.y - beta @ self.q.T

    def likelihood(self, a: Floats) -> Floats:
        weight, cross, _, residual = self._parts(a)
        return 0.5 * (np.log(weight).sum(axis=1) - np.linalg.slogdet(cross)[1] - (weight * residual**2).sum(axis=1))

    def slope(self, a: Floats) -> Floats:
        """Twice its derivative: y'PPy − tr P."""
        weight, cross, _, residual = self._parts(a)
        squares = (weight**2 @ self.pairs).reshape(cross.shape)
        trace = weight.sum(axis=1) - np.trace(np.linalg.solve(cross, squares), axis1=1, axis2=2)
        return (weight**2 * residual**2).sum(axis=1) - trace

    def best_variance(self) -> float:
        """The highest top of the likelihood; 0 where it only falls."""
        from scipy.optimize import brentq

        left = self.y - self.q @ (self.q.T @ self.y)
        # beyond this the derivative is below 0, whatever the data
        highest = left @ left / self.spare + self.psi.max()
        trials = np.concatenate([[0.0], np.geomspace(1e-9 * self.psi.min(), highest, GRID)])
        slopes = self.slope(trials)
        at = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
        tops = [brentq(lambda a: self.slope(np.array([a]))[0], *trials[[i, i + 1]], xtol=1e-300, rtol=1e-14) for i in at]
        candidates = np.array([*tops, *([0.0] if slopes[0] <= 0 else [])])
        return float(candidates[np.argmax(self.likelihood(candidates))])

    def coefficients(self, a: float) -> tuple[Floats, Floats]:
        """Coefficients and their covariance."""
        _, cross, beta, _ = self._parts(np.array([a]))
        return beta[0], np.linalg.inv(cross[0])

    def predicted(self, a: Floats, y: Floats, psi: Floats, rows: Floats) -> tuple[Floats, Floats, Floats]:
        """θ, g₁ + g₂ and 1 − γ, a row per trial value and a column per area; ψ infinite where an area has no data."""
        _, cross, beta, _ = self._parts(a)
        a = a[:, None]
        shrinkage = np.where(np.isinf(psi), 1.0, psi / (a + np.where(np.isinf(psi), 1.0, psi)))
        shrinkage = np.where(np.isfinite(rows).all(axis=1), shrinkage, np.nan)
        fitted = beta @ rows.T
        g_2 = (np.swapaxes(np.linalg.solve(cross, rows.T), 1, 2) * rows).sum(axis=2)
        return fitted + (1 - shrinkage) * (y - fitted), a * shrinkage + shrinkage**2 * g_2, shrinkage

    def posterior(self, scale: float) -> tuple[Floats, Floats]:
        """Values of the variance between areas and their weights, by Gauss's rule where the likelihood is not negligible; ``scale``: about the middle."""
        from scipy.special import roots_legendre

        def variance(u: Floats) -> Floats:  # maps 0-1 to all positive variances, so that the tail is a power of u
            return scale * ((1 - u) / u) ** 2

        grid = np.linspace(0, 1, GRID + 1)[1:]
        height = self.likelihood(variance(grid)) + np.log(np.maximum(1 - grid, 1e-300)) - 3 * np.log(grid)
        kept = np.flatnonzero(height > height.max() - 45)
        first, last = np.concatenate([[0.0], grid])[kept[0]], grid[min(kept[-1] + 1, GRID - 1)]
        nodes, weight = roots_legendre(NODES)
        u = first + (last - first) * (nodes + 1) / 2
        height = self.likelihood(variance(u)) + np.log(weight) + np.log(1 - u) - 3 * np.log(u)
        density = np.exp(height - height.max())
        return variance(u), density / density.sum()

    def variance_of_variance(self, a: float) -> float:
        """Asymptotic variance of the estimated variance between areas."""
        return float(2 / ((a + self.psi) ** -2).sum())


def arcsine(share: ArrayLike) -> Floats:
    """asin √p: on this scale the variance of a share is 1/(4n), whatever the share."""
    return np.arcsin(np.sqrt(np.clip(np.asarray(share, dtype=float), 0.0, 1.0)))


def from_arcsine(angle: ArrayLike) -> Floats:
    """Back from ``arcsine``: sin², angles beyond the ends counted as the ends. No correction for bias: see ``smallarea``."""
    return np.sin(np.clip(np.asarray(angle, dtype=float), 0.0, RIGHT_ANGLE)) ** 2


def benchmark_shift(values: ArrayLike, weights: ArrayLike, total: float, *, scale: str = "identity") -> float:
    """What to add to every area so that their weighted mean is ``total``.

    Use: modelled communities must add up to the district's own figure. It repairs a common bias, and no single area's.

    Parameters
    ----------
    values : array_like
        On the model's scale. Blanks are left out.
    weights : array_like
        What each area counts in the total (people); blank or 0: left out.
    total : float
        The weighted mean to be met; a share with ``arcsine``.
    scale : str
        ``identity``, or ``arcsine``: the shift is of angles, so that every share stays between 0 and 1.

    Returns
    -------
    float
        The shift; with ``identity`` total − Σwθ/Σw.

    Raises
    ------
    ArgumentError
        No weight above 0; not one weight per value; a total that is no number, or with ``arcsine`` no share; an unknown scale.

    References
    ----------
    Datta, Ghosh, Steorts & Maples (2011), TEST 20:574-588 (equal shifts).

    Examples
    --------
    >>> round(benchmark_shift([0.5, 0.7], [1, 3], 0.7), 6)
    0.05
    """
    check_option("scale", scale, ("identity", "arcsine"))
    theta, w, goal = (np.atleast_1d(numbers(a)) for a in (values, weights, total))
    if w.shape != theta.shape:
        raise ArgumentError("lengths_differ", name="weights", expected=len(theta), found="×".join(map(str, w.shape)))
    if goal.shape != (1,) or np.isnan(goal).any():
        raise ArgumentError("not_finite", found=total)
    total = float(goal[0])
    kept = np.isfinite(theta) & np.isfinite(w) & (w > 0)
    if not kept.any():
        raise ArgumentError("no_weights", found=len(theta))
    theta, w = theta[kept], w[kept] / w[kept].sum()
    if scale == "identity":
        return float(total - w @ theta)
    if not 0 <= total <= 1:
        raise ArgumentError("not_a_share", found=f"{total:g}")
    from scipy.optimize import brentq

    return float(brentq(lambda shift: w @ from_arcsine(theta + shift) - total, -RIGHT_ANGLE, RIGHT_ANGLE, xtol=1e-15, rtol=1e-14))
