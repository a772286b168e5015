"""Weights made to fit what is known: non-response within cells, post-stratification, raking, calibration, trimming.

Place in the flow: between ``design`` and ``survey``. Every step returns a new design that remembers what was adjusted, so that
variances come from calibration residuals. It repairs who is over- and under-represented in what the margins name, nothing else.

References: Deming & Stephan (1940); Deville & Särndal (1992), JASA 87:376-382; Deville, Särndal & Sautory (1993), JASA
88:1013-1020; Kalton & Flores-Cervantes (2003), Journal of Official Statistics 19:81-97. The authority is R's ``survey`` package.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import ArgumentError, check_option
from .design import By, Calibration, Design, Ints, answers_of, as_flags, as_numbers, column_of
from .intervals import Floats

Totals: TypeAlias = Mapping[Any, float] | pd.Series
Margins: TypeAlias = Mapping[Any, Totals]
TOLERANCE = 1e-10  # relative gap between a margin and its total at which raking ends
ROUNDS = 2000
AGREE = 1e-6  # margins whose sums differ by more contradict each other; sums this close to 1 are shares
TRIM_AT = 5.0  # times the median weight (STATISTICS 1.13)


# --- margins ----------------------------------------------------------------------------------------------------------
def _categories(design: Design, name: Hashable) -> pd.Series:
    """Category of each answer: of a column, or of several columns as tuples; blank where one is."""
    if not isinstance(name, tuple):
        return column_of(design, name, "margins")
    parts = [column_of(design, part, "margins") for part in name]
    blank = np.logical_or.reduce([part.isna() for part in parts])
    return pd.Series(list(zip(*parts, strict=True)), dtype=object).mask(blank)


def _total(name: Hashable, shown: str, value: object) -> float:
    """A total as a number."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ArgumentError("bad_margin_total", name=name, found=shown) from None


def _margins(margins: object) -> None:
    if not isinstance(margins, Mapping):
        raise ArgumentError("no_margins")


def margin_of(design: Design, name: Hashable, totals: Totals) -> tuple[Ints, Floats, list[Hashable]]:
    """Number of each answer's category (-1 where it has no weight), total of each category, and the categories."""
    if not isinstance(totals, (Mapping, pd.Series)):
        raise ArgumentError("bad_margin_total", name=name, found=totals)
    stated = {key: _total(name, f"{key}: {value}", value) for key, value in totals.items()}
    bad = [key for key, value in stated.items() if not (np.isfinite(value) and value >= 0)]
    if bad or not stated:
        raise ArgumentError("bad_margin_total", name=name, found=", ".join(f"{key}: {stated[key]:g}" for key in bad))
    given, used = _categories(design, name), design.weights > 0
    if blank := int((given.isna() & used).sum()):
        raise ArgumentError("margin_blank", name=name, found=blank)
    names = [key for key, value in stated.items() if value > 0 or given[used].isin([key]).any()]
    codes = np.where(used, pd.Index(names, tupleize_cols=False).get_indexer(pd.Index(given, tupleize_cols=False)), -1)
    if (used & (codes < 0)).any():
        unknown = list(dict.fromkeys(given[used & (codes < 0)]))
        raise ArgumentError("margin_unknown", name=name, found=", ".join(map(str, unknown)), expected=", ".join(map(str, stated)))
    known = np.array([stated[key] for key in names])
    silent = [str(key) for key, n in zip(names, np.bincount(codes[used], minlength=len(names)), strict=True) if n == 0]
    if silent:
        raise ArgumentError("margin_without_answers", name=name, found=", ".join(silent))
    if (known == 0).any():
        raise ArgumentError("bad_margin_total", name=name, found=f"{names[int(np.argmin(known))]}: 0")
    return codes.astype(np.int64), known, names


def in_agreement(design: Design, margins: Margins, totals: list[Floats]) -> list[Floats]:
    """The totals on one scale: shares are taken of the other margins' sum, or of the sum of weights. Contradictions are refused."""
    if not totals:
        raise ArgumentError("no_margins")
    sums = np.array([known.sum() for known in totals])
    shares = np.abs(sums - 1) <= AGREE
    whole = sums[~shares] if not shares.all() else np.array([design.weights.sum()])
    if np.ptp(whole) > AGREE * whole.max():
        raise ArgumentError("margins_disagree", found=", ".join(f"{name}: {s:g}" for name, s in zip(margins, sums, strict=True)))
    return [known / known.sum() * whole[0] if share else known for known, share in zip(totals, shares, strict=True)]


def _adjusted(design: Design, weights: Floats, matrix: Floats) -> Design:
    """The design with new weights, remembering what was taken out; columns that say nothing new are dropped."""
    root = np.sqrt(design.weights)
    spanned = matrix * root[:, None]
    length = np.sqrt((spanned**2).sum(axis=0))
    left, size, _ = np.linalg.svd(spanned / np.where(length > 0, length, 1.0), full_matrices=False)
    basis = left[:, size > 1e-10 * size.max(initial=0.0)]
    scale = np.divide(weights, root, out=np.zeros_like(root), where=root > 0)
    return replace(design, weights=weights, calibrations=(*design.calibrations, Calibration(basis, scale)))


def _indicators(codes: Ints, categories: int) -> Floats:
    return (codes[:, None] == np.arange(categories)).astype("float64")


# --- adjustments ------------------------------------------------------------------------------------------------------
def rake(design: Design, margins: Margins) -> Design:
    """Weights that fit several margins at once, changed as little as may be (iterative proportional fitting).

    Use: age and sex of the population are known, each alone. It misleads where a margin is itself a guess, or where who answers
    depends on what the margins do not name.

    Parameters
    ----------
    design : Design
    margins : dict
        Column → totals of its categories (dict or Series). A tuple of columns → totals of tuples. Totals that sum to 1 are
        shares: of the sum of the other margins, or of the weights.

    Returns
    -------
    Design
        ``weights`` fit every margin to 1e-10; variances come from the residuals of a regression on the categories.

    Raises
    ------
    ArgumentError
        A blank or unknown category, one without answers, a total that is not above 0, margins whose sums differ, margins that no
        weights can fit.

    Notes
    -----
    w ← w · total / Σw by category, margin after margin, until all fit. The residuals are weighted by the weights before raking,
    as in R's ``calibrate(calfun="raking")``; R's ``rake`` agrees where those are equal.

    References
    ----------
    Deming & Stephan (1940); Deville & Särndal (1992). R ``survey``, ``example(rake)``: mean 641.23, SE 23.704.

    Examples
    --------
    >>> from fundanalytics.measure.design import survey_design
    >>> answers = pd.DataFrame({"sex": list("ffffmm"), "old": [0, 1, 1, 0, 1, 0]})
    >>> raked = rake(survey_design(answers), {"sex": {"f": 50, "m": 50}, "old": {0: 60, 1: 40}})
    >>> raked.weights.round(1).tolist()
    [15.0, 10.0, 10.0, 15.0, 20.0, 30.0]
    """
    _margins(margins)
    read = [margin_of(design, name, totals) for name, totals in margins.items()]
    known = in_agreement(design, margins, [totals for _, totals, _ in read])
    codes = [codes for codes, _, _ in read]
    weights = _fitted(design.weights, codes, known, list(margins))
    return _adjusted(design, weights, np.hstack([_indicators(at, len(totals)) for at, totals in zip(codes, known, strict=True)]))


def _fitted(weights: Floats, codes: list[Ints], totals: list[Floats], names: list[Hashable]) -> Floats:
    inside = weights > 0
    w, at = weights[inside], [each[inside] for each in codes]
    gaps = np.array([np.inf])
    for _ in range(ROUNDS):
        for of, known in zip(at, totals, strict=True):
            w = w * (known / np.bincount(of, w, len(known)))[of]
        gaps = np.array([np.abs(np.bincount(of, w, len(known)) / known - 1).max() for of, known in zip(at, totals, strict=True)])
        if gaps.max() <= TOLERANCE:
            fitted = np.zeros_like(weights)
            fitted[inside] = w
            return fitted
    raise ArgumentError("margins_unattainable", found=f"{names[int(gaps.argmax())]}: {gaps.max():.2g}")


def post_stratify(design: Design, column: str | tuple[str, ...], totals: Totals) -> Design:
    """Weights that fit the joint totals of one column, or of several.

    Parameters
    ----------
    design : Design
    column : str or tuple of str
    totals : dict or Series
        Total of every category; of several columns, of every tuple.

    Returns
    -------
    Design

    Raises
    ------
    ArgumentError
        As for ``rake``.

    References
    ----------
    R ``survey::postStratify``; Valliant (1993), JASA 88:89-96.
    """
    return rake(design, {column: totals})


def calibrate(design: Design, totals: Mapping[Any, float | Totals], *, kind: str = "linear") -> Design:
    """Weights that fit totals of numbers (floor area, last year's score) beside those of categories.

    Use: as ``rake``, where something measured is known of the population too.

    Parameters
    ----------
    design : Design
    totals : dict
        Column → its population total (a number), or totals of its categories.
    kind : str
        ``linear`` (the regression estimator) or ``raking`` (weights stay above 0).

    Returns
    -------
    Design

    Raises
    ------
    ArgumentError
        Blank numbers, totals that cannot be met, or met only with weights below 0 (use ``raking``); and as for ``rake``.

    Notes
    -----
    w = d(1 + x'λ) or d·exp(x'λ), Σwx = totals. Without categories, also give the number of people (a column of ones).

    References
    ----------
    Deville & Särndal (1992); R ``survey::calibrate``.
    """
    check_option("kind", kind, ("linear", "raking"))
    _margins(totals)
    blocks, targets = [], []
    groups = {name: stated for name, stated in totals.items() if isinstance(stated, (Mapping, pd.Series))}
    read = [margin_of(design, name, stated) for name, stated in groups.items()]
    for (codes, _, _), known in zip(read, in_agreement(design, groups, [t for _, t, _ in read]) if groups else [], strict=True):
        blocks.append(_indicators(codes, len(known)))
        targets.append(known)
    for name in [name for name in totals if name not in groups]:
        y = np.where(design.weights > 0, answers_of(design, name, "totals"), 0.0)
        if np.isnan(y).any():
            raise ArgumentError("margin_blank", name=name, found=int(np.isnan(y).sum()))
        blocks.append(y[:, None])
        aim = _total(name, str(totals[name]), totals[name])
        if not np.isfinite(aim):
            raise ArgumentError("bad_margin_total", name=name, found=f"{aim:g}")
        targets.append(np.array([aim]))
    if not blocks:
        raise ArgumentError("no_margins")
    matrix, target = np.hstack(blocks), np.concatenate(targets)
    return _adjusted(design, _calibrated(design.weights, matrix, target, kind), matrix)


def _calibrated(weights: Floats, matrix: Floats, target: Floats, kind: str) -> Floats:
    size = np.maximum(np.abs(matrix).max(axis=0, initial=0.0), 1e-300)
    x, aim = matrix / size, target / size
    w, slope = weights, np.zeros(len(target))
    for _ in range(1 if kind == "linear" else 100):
        slope = slope + np.linalg.lstsq((x * w[:, None]).T @ x, aim - x.T @ w, rcond=1e-12)[0]
        with np.errstate(over="ignore", invalid="ignore"):
            w = weights * (1 + x @ slope) if kind == "linear" else weights * np.exp(x @ slope)
        if not np.isfinite(w).all() or np.abs(x.T @ w - aim).max() <= 1e-12 * np.abs(aim).max():
            break
    if not np.isfinite(w).all() or np.abs(x.T @ w - aim).max() > 1e-8 * np.abs(aim).max():
        raise ArgumentError("totals_unattainable", found=kind)
    if (w < 0).any():
        raise ArgumentError("weights_below_zero", found=int((w < 0).sum()))
    return w


def trim(design: Design, *, at: float | None = None, margins: Margins | None = None) -> Design:
    """Weights above a limit cut to it, what was cut shared among the others, so that the sum stays.

    Use: after raking, when a few answers carry most of the weight: less variance for some bias.

    Parameters
    ----------
    design : Design
    at : float, optional
        Largest weight; default 5 times the median of the weights above 0.
    margins : dict, optional
        Rake to these again afterwards, since trimming unfits them; the largest weight may then pass the limit a little.

    Returns
    -------
    Design

    Raises
    ------
    ArgumentError
        A limit that is not above the mean weight.

    Notes
    -----
    w ← min(w, limit); the surplus in equal parts to the weights that are not at the limit; again until none is above.

    References
    ----------
    Kalton & Flores-Cervantes (2003); R ``survey::trimWeights(strict=TRUE)``.
    """
    if at is not None and not isinstance(at, Real):
        raise ArgumentError("not_positive", name="at", found=at)
    w = design.weights.copy()
    some = w > 0
    limit = TRIM_AT * float(np.median(w[some])) if at is None and some.any() else float(at or 0)
    if some.any() and not limit > w[some].mean():
        raise ArgumentError("trim_too_low", found=f"{limit:g}", expected=f"{w[some].mean():g}")
    while (over := w > limit * (1 + 1e-12)).any():
        surplus = (w[over] - limit).sum()
        w[over] = limit
        free = some & (w < limit)
        w[free] += surplus / free.sum()
    trimmed = replace(design, weights=w)
    return trimmed if margins is None else rake(trimmed, margins)


def adjust_nonresponse(weights: ArrayLike, responded: ArrayLike, cells: By) -> Floats:
    """Base weights of those who answered, raised so that they stand for those of their cell who did not.

    Use: first step after the fieldwork, on everybody who was drawn. It helps where those of a cell are alike, answering or not.

    Parameters
    ----------
    weights : array_like
        Base weight of everybody drawn.
    responded : array_like of bool
    cells : array_like
        Cell of each: stratum, sex and age group, …

    Returns
    -------
    array
        One per person drawn; 0 for those who did not answer. Every cell keeps its sum.

    Raises
    ------
    ArgumentError
        Blank or negative weights, ``responded`` other than true and false, a blank cell, a cell in which nobody answered (join it with another).

    Notes
    -----
    w · Σ_cell w / Σ_cell answered w.

    References
    ----------
    Kalton & Flores-Cervantes (2003), section 2.

    Examples
    --------
    >>> adjust_nonresponse([10, 10, 10, 20], [True, False, True, True], ["a", "a", "a", "b"]).tolist()
    [15.0, 0.0, 15.0, 20.0]
    """
    w = as_numbers(weights)
    if bad := int((np.isnan(w) | (w < 0)).sum()):
        raise ArgumentError("bad_base_weights", found=bad)
    said = as_flags(responded, "responded")
    if np.isnan(said).any():
        check_option("responded", np.nan, (True, False))
    answered = said == 1
    codes, labels = pd.factorize(pd.Series(np.ravel(np.asarray(cells, dtype=object))))
    if not len(w) == len(answered) == len(codes):
        raise ArgumentError("other_length", name="responded, cells", found=f"{len(answered)}, {len(codes)}", expected=len(w))
    if blank := int((codes < 0).sum()):
        raise ArgumentError("margin_blank", name="cells", found=blank)
    drawn, stayed = np.bincount(codes, w, len(labels)), np.bincount(codes, w * answered, len(labels))
    if empty := [str(label) for label in labels[(stayed == 0) & (drawn > 0)]]:
        raise ArgumentError("margin_without_answers", name="cells", found=", ".join(empty))
    return np.where(answered, w * np.divide(drawn, stayed, out=np.ones(len(labels)), where=stayed > 0)[codes], 0.0)


# --- what it did ------------------------------------------------------------------------------------------------------
