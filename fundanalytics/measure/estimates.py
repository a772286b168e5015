"""What every survey estimator shares: the ratio of two weighted totals per domain, its influence, its variance and why it may be blank.

Place in the flow: between ``design`` (how answers were drawn) and ``survey`` (means, shares, totals, quantiles, differences). It
holds the limits of shares, since quantiles rest on them too.

References: Lumley (2010), Complex Surveys; Särndal, Swensson & Wretman (1992), chapters 4-6; Deville & Särndal (1992), JASA
87:376-382 for calibrated weights. The authority for the numbers is R's ``survey`` package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .design import Design, Domains, Ints
from .intervals import Floats, quantile_t, quantile_z
from .results import Result

CENSUS = "survey, census"  # every cluster and every answer of the domain's strata: the variance is 0 because nobody was left out
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Estimates(Result):
    """One element per domain. ``n`` counts answers, ``n_eff`` the simple sample that would be as precise.

    ``domain`` is the label (or number) of the domain, "" where there is one only. ``numerator`` and ``denominator`` are weighted.
    ``note`` says why something is blank: ``no_data``, ``zero_weight``, ``zero_denominator``, ``one_cluster``, ``no_variation``; that a lonely stratum
    was centred: ``one_cluster_centred``; that answers without a usable weight were left out: ``weight_missing``; or that margins or the
    design fix the value: ``fixed_by_design``, the limits being the value. Where everybody was asked ``method`` is ``CENSUS``, the
    limits equal the value and ``n_eff`` is n.
    """

    domain: NDArray[np.object_]
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
    note: Strings
    method: Strings


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A ratio Σwy/Σwx (or a total Σwy) per domain, before limits.

    ``influence``: one per answer, 0 outside its domain; ``spread``: variance of one answer about the estimate; ``kish``: (Σw)²/Σw²;
    ``thin``: too few clusters for degrees of freedom; ``lonely``: touches a stratum with one cluster; ``census``: nobody was left
    out; ``fixed``: known margins leave no residual; ``left_out``: answers without a usable weight.
    """

    domains: Domains
    value: Floats
    influence: Floats
    variance: Floats
    df: Floats
    n: Ints
    numerator: Floats
    denominator: Floats
    spread: Floats
    kish: Floats
    left_out: Floats
    thin: Flags
    lonely: Flags
    census: Flags
    fixed: Flags

    @property
    def certain(self) -> Flags:
        return self.census | self.fixed

    @property
    def flat(self) -> Flags:
        """No variance worth the name in a sample: what rounding leaves of it is not a standard error. A census truly has none."""
        scale = np.maximum(self.value**2, 1.0)
        return (self.n > 0) & (self.variance <= 1e-24 * scale) & ~self.certain


def add(group: Ints, values: NDArray | None = None, minlength: int = 0) -> Floats:
    """Sum of ``values`` (or number of elements) per group."""
    return np.asarray(np.bincount(group, values, minlength), dtype=np.float64)


def _variance(design: Design, psu: Ints, group: Ints, total: Floats, within: Floats, domains: int) -> Floats:
    """STATISTICS 1.2, both stages, from psu totals: ``within`` is the sum of squares of influences about the psu's mean."""
    m, f_2 = design.psu_answers[psu], design.psu_fraction[psu]
    f_1 = design.fraction[design.psu_stratum[psu]]
    second = np.where((m > 1) & (f_2 > 0), f_1 * (1 - f_2) * m / np.maximum(m - 1, 1) * within, 0.0)
    cells, cell = np.unique(design.psu_stratum[psu] * domains + group, return_inverse=True)
    h, of = cells // domains, cells % domains
    n_h = design.drawn[h]
    # psus without an answer in the domain have total 0; a lonely stratum is centred at 0, the grand mean of the influences
    centre = np.where(n_h > 1, add(cell, total, len(cells)) / n_h, 0.0)
    squares = add(cell, (total - centre[cell]) ** 2, len(cells)) + (n_h - add(cell, minlength=len(cells))) * centre**2
    first = np.where(n_h > 1, n_h / np.maximum(n_h - 1, 1), 1.0) * squares
    return add(of, (1 - design.fraction[h]) * first, domains) + add(group, second, domains)


def _psu_totals(design: Design, z: Floats, at: Ints, psu: Ints) -> tuple[Floats, Floats]:
    """Totals of influences per pair ``at`` of psu and domain, and squares about the psu's mean, answers outside counting 0."""
    total = add(at, z, len(psu))
    centre = total / design.psu_answers[psu]
    rest = design.psu_answers[psu] - add(at, minlength=len(psu))
    return total, add(at, (z - centre[at]) ** 2, len(psu)) + rest * centre**2


def variance_of(design: Design, z: Floats, codes: Ints, domains: int) -> tuple[Floats, Flags]:
    """Variance of Σz per domain, ``codes`` -1 being outside all, and whether calibration leaves nothing of z."""
    if domains == 0 or not len(z):
        return np.zeros(domains), np.zeros(domains, dtype=bool)
    if design.calibrations:
        return _calibrated(design, z, codes, domains)
    inside = np.flatnonzero((codes >= 0) & (z != 0))
    pairs, at = np.unique(design.psu[inside] * domains + codes[inside], return_inverse=True)
    psu, group = pairs // domains, pairs % domains
    return _variance(design, psu, group, *_psu_totals(design, z[inside], at, psu), domains), np.zeros(domains, dtype=bool)


def _calibrated(design: Design, z: Floats, codes: Ints, domains: int) -> tuple[Floats, Flags]:
    """As above from the residuals of each domain's influences, which reach beyond the domain: one domain at a time."""
    everyone = np.arange(len(design.psu_stratum))
    variance, fixed = np.zeros(domains), np.zeros(domains, dtype=bool)
    for d in np.unique(codes[codes >= 0]):
        mine = np.where(codes == d, z, 0.0)
        largest = np.abs(mine).max()
        for calibration in design.calibrations:
            mine = calibration.residual(mine)
        fixed[d] = largest > 0 and np.abs(mine).max() <= 1e-10 * largest
        variance[d] = 0.0 if fixed[d] else _variance(design, everyone, 0 * everyone, *_psu_totals(design, mine, design.psu, everyone), 1)[0]
    return variance, fixed


def reach(design: Design, codes: Ints, domains: int) -> tuple[Floats, Flags]:
    """Per domain: degrees of freedom (psus less strata that it touches; 0 with one psu), and whether it touches a lonely stratum."""
    inside, many = np.flatnonzero(codes >= 0), max(domains, 1)
    pairs = np.unique(design.psu[inside] * many + codes[inside])
    psu, group = pairs // many, pairs % many
    cells = np.unique(design.psu_stratum[psu] * many + group)
    h, of = cells // many, cells % many
    open_lonely = (design.drawn[h] == 1) & (design.fraction[h] < 1)
    return add(group, minlength=domains) - add(of, minlength=domains), add(of, open_lonely, domains) > 0


def _complete(design: Design, codes: Ints, domains: int) -> Flags:
    """Domains whose strata were drawn whole, with every answer of their clusters: no sampling error, however answers vary."""
    inside = np.flatnonzero(codes >= 0)
    psu = design.psu[inside]
    sampled = (design.fraction[design.psu_stratum[psu]] < 1) | (design.psu_fraction[psu] < 1)
    return (add(codes[inside], sampled, domains) == 0) & (add(codes[inside], minlength=domains) > 0)


def linear(design: Design, y: Floats, x: Floats | None, domains: Domains) -> Found:
    """Ratio Σwy/Σwx per domain (``x`` None: the total Σwy) and all that follows; blank answers are outside every domain."""
    known = np.isfinite(y) & (True if x is None else np.isfinite(x))
    count, asked = domains.count, (domains.codes >= 0) & known
    left_out = add(domains.codes[asked & design.unweighted], minlength=count)
    codes = np.where(asked & ~design.unweighted, domains.codes, -1)
    inside, at = codes >= 0, np.maximum(codes, 0)
    if not count:
        at, inside = at[:0], inside[:0]
    w, y = design.weights[inside], y[inside]
    x_, at = np.ones(len(w)) if x is None else x[inside], at[inside]
    numerator, denominator, weight = (add(at, values, count) for values in (w * y, w * x_, w))
    n = add(at, minlength=count).astype(np.int64)
    influence = np.zeros(len(codes))
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = numerator / np.where(denominator == 0, np.nan, denominator)
        residual = y - centre[at] * x_
        influence[inside] = np.nan_to_num(w * y if x is None else w * residual / denominator[at])
        spread = add(at, w * residual**2, count) / weight / (1 if x is None else (denominator / weight) ** 2)
        kish = weight**2 / add(at, w**2, count)
    value = np.where(n > 0, numerator, np.nan) if x is None else centre
    variance, fixed = variance_of(design, influence, codes, count)
    df, lonely = reach(design, codes, count)
    census = _complete(design, codes, count) & (left_out == 0)
    return Found(domains, value, influence, variance, df, n, numerator, denominator, spread, kish, left_out, (df < 1) & ~census, lonely, census, fixed)


def explained(design: Design, found: Found, flat: Flags) -> tuple[Strings, Flags, Flags]:
    """Note per domain, whether limits can be given, and whether a standard error can."""
    note = np.full(len(found.n), "", dtype=object)
    note[found.lonely] = "one_cluster_centred" if design.centre_lonely else "one_cluster"
    note[flat & (note != "one_cluster")] = "no_variation"
    note[found.thin] = "one_cluster"
    note[found.fixed] = "fixed_by_design"
    limits = np.isin(note, ["", "one_cluster_centred", "fixed_by_design"]) & np.isfinite(found.value)
    seen = np.isfinite(found.value) & (note != "one_cluster")
    blank = np.isnan(found.value)
    note[blank] = "zero_weight"
    note[blank & (found.n > 0) & (found.kish > 0)] = "zero_denominator"
    note[(found.n == 0) & (found.left_out == 0)] = "no_data"
    return also(note.astype(np.str_), ~blank & (found.left_out > 0), "weight_missing"), limits, seen


def also(note: Strings, where: Flags, code: str) -> Strings:
    """Notes with another code where something holds: sorted, joined by ";"."""
    pairs = zip(note.tolist(), where.tolist(), strict=True)
    return np.array([";".join(sorted({*text.split(";"), code} - {""})) if here else text for text, here in pairs], dtype=np.str_)


def half_width(found: Found, limits: Flags, se: Floats, confidence: float) -> Floats:
    """Half the width of t limits: 0 where nothing is uncertain, blank where no limits can be given."""
    return np.where(limits, np.where(found.certain, 0.0, quantile_t(confidence, found.df) * se), np.nan)


def design_effect(found: Found, se: Floats) -> Floats:
    """V over that of a simple sample of as many answers, drawn with replacement; blank where answers do not vary."""
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = found.spread / np.where(found.n > 1, found.n - 1, np.nan)
        return np.where(found.spread > 0, se**2 / simple, np.nan)


def estimates(found: Found, limits: tuple[Floats, Floats], se: Floats, *, n_eff: Floats, deff: Floats, note: Strings, method: Strings | str) -> Estimates:
    """The rows."""
    methods = np.full(len(found.n), method) if isinstance(method, str) else method.astype(np.str_)
    return Estimates(found.domains.labels, found.value, *limits, se, found.df, found.n, n_eff, deff, found.numerator, found.denominator, note, methods)


def share_limits(found: Found, se: Floats, interval: Strings, n_eff: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Limits of shares, each domain by its own interval."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n = n_eff * (quantile_t(confidence, found.n - 1.0) / quantile_t(confidence, found.df)) ** 2
    p, half = found.value, quantile_t(confidence, found.df) * se
    if not len(p):
        return p, p
    made = {"mean": (p - half, p + half)} if "mean" in interval else {}
    made |= {name: one(p, of, confidence) for name, one, of in (("logit", _logit, half), ("korn-graubard", _clopper_pearson, n), ("wilson", _wilson, n))
             if name in interval}  # fmt: skip
    chosen = [interval == name for name in made]
    return (np.select(chosen, [both[0] for both in made.values()], np.nan), np.select(chosen, [both[1] for both in made.values()], np.nan))


def _logit(p: Floats, half: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Limits symmetric on the log odds, from half the width on the scale of shares."""
    from scipy.special import expit, logit

    with np.errstate(divide="ignore", invalid="ignore"):
        half = half / (p * (1 - p))
        return expit(logit(p) - half), expit(logit(p) + half)


def _wilson(p: Floats, n: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Score limits for a share ``p`` of ``n`` answers, n not needing to be whole."""
    z_2 = quantile_z(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, half = p + z_2 / (2 * n), np.sqrt(z_2 * (p * (1 - p) / n + z_2 / (4 * n**2)))
        lower, upper = (centre - half) / (1 + z_2 / n), (centre + half) / (1 + z_2 / n)
    return np.where(p == 0, 0 * n, lower), np.where(p == 1, 1 + 0 * n, upper)


def _clopper_pearson(p: Floats, n: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Exact limits for a share ``p`` of ``n`` answers, neither needing to be whole."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    x, rest = np.nan_to_num(n * p), np.nan_to_num(n * (1 - p))
    lower = np.where(x > 0, betaincinv(np.maximum(x, 1e-12), rest + 1, tail), 0.0)
    upper = np.where(rest > 0, betaincinv(x + 1, np.maximum(rest, 1e-12), 1 - tail), 1.0)
    blank = np.isnan(n) | np.isnan(p)
    return np.where(blank, np.nan, lower), np.where(blank, np.nan, upper)
