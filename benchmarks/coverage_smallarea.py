"""Do the limits of model estimates hold what they promise? Areas drawn from the model, again and again.

Coverage is the mean over areas and rounds: a single area that is truly unlike the others is covered less, which is why model
estimates judge no area. Where areas hardly differ at all the limits cover more than they promise, never less.
"""

from __future__ import annotations

import numpy as np

from fundanalytics.measure.betabinomial import beta_binomial
from fundanalytics.measure.fayherriot import FayHerriot, arcsine, fay_herriot, from_arcsine

SEED, ROUNDS = 20200107, 2000
Z = 1.959963984540054
LIMITS, MSE, G1, BAYES = "Fay-Herriot", "Fay-Herriot, value ± 1.96 √(g1 + g2 + 2 g3)", "Fay-Herriot, value ± 1.96 √g1", "beta-binomial"
NAIVE = {LIMITS: False, MSE: True, G1: True, BAYES: False}
MEANS = {"15 areas": (15, 1.0), "90 areas, little between them": (90, 0.3)}


def simulate(rounds: int = ROUNDS, seed: int = SEED) -> list[dict[str, object]]:
    """One row per case and method: ``case``, ``method``, ``naive``, ``coverage``, ``rounds``."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for case in (*MEANS, "90 shares of 20-80 answers"):
        covered = [_means(rng, *MEANS[case]) if case in MEANS else _shares(rng) for _ in range(rounds)]
        rows += [{"case": case, "method": name, "naive": NAIVE[name], "coverage": float(np.mean([c[name] for c in covered])), "rounds": rounds}
                 for name in covered[0]]  # fmt: skip
    return rows


def _inside(truth: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    return float(((lower <= truth) & (truth <= upper)).mean())


def _compared(truth: np.ndarray, fit: FayHerriot) -> dict[str, float]:
    halves = {MSE: Z * np.sqrt(fit.mse), G1: Z * np.sqrt(fit.variance * fit.shrinkage)}
    return {LIMITS: _inside(truth, fit.lower, fit.upper)} | {name: _inside(truth, fit.value - half, fit.value + half) for name, half in halves.items()}


def _means(rng: np.random.Generator, areas: int, between: float) -> dict[str, float]:
    """Means with one covariate; sampling variances from 0.3 to 3."""
    x, psi = rng.normal(size=areas), np.linspace(0.3, 3.0, areas)
    truth = 1 + 0.5 * x + rng.normal(0, np.sqrt(between), areas)
    return _compared(truth, fay_herriot(truth + rng.normal(0, np.sqrt(psi)), psi, x))


def _shares(rng: np.random.Generator) -> dict[str, float]:
    """Shares around 70 % with a spread of 10 points, asked of 20 to 80 people each."""
    truth, n = rng.beta(14, 6, 90), rng.integers(20, 81, 90)
    counts = rng.binomial(n, truth)
    fit, bayes = fay_herriot(arcsine(counts / n), 1 / (4 * n)), beta_binomial(counts, n)
    return {LIMITS: _inside(truth, from_arcsine(fit.lower), from_arcsine(fit.upper)), BAYES: _inside(truth, bayes.lower, bayes.upper)}
