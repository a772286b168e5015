"""p-values adjusted for many looks. Arrays in, arrays out; blanks are left out of the count and put back.

Place in the flow: ``outliers`` and whoever else tests many areas or several headlines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ArgumentError
from .interval import Floats, numbers


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """p-values adjusted for screening: those at or below q are found at false discovery rate q. Blanks stay blank.

    Use: which of many areas are worth a look? About the share q of what is found is chance. For a few headline tests use ``holm``.

    Parameters
    ----------
    p : array_like
        p-values, of any shape; blank (NaN) where nothing was tested.

    Returns
    -------
    array
        Of the same shape.

    Raises
    ------
    ArgumentError
        A p-value below 0 or above 1, words or infinity.

    Notes
    -----
    min over j ≥ i of p₍ⱼ₎ m/j, m counting the p-values that are there.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57:289-300, section 3.2: 4 of 15 rejected at .05; R ``p.adjust(method="BH")``.

    Examples
    --------
    >>> [round(float(q), 4) for q in benjamini_hochberg([0.01, np.nan, 0.04, 0.03])]
    [0.03, nan, 0.04, 0.04]
    """
    flat, order = _ordered(p)
    scaled = len(order) / np.arange(1, len(order) + 1) * flat[order]
    return _put_back(flat, order, np.minimum.accumulate(scaled[::-1])[::-1], np.shape(p))


def holm(p: ArrayLike) -> Floats:
    """p-values adjusted for a few headline tests: any at or below α is found with at most chance α of one false find. Blanks stay blank.

    Use: the handful of tests that a summary rests on. Too strict for screening a hundred areas.

    Parameters
    ----------
    p : array_like
        p-values, of any shape; blank (NaN) where nothing was tested.

    Returns
    -------
    array
        Of the same shape.

    Raises
    ------
    ArgumentError
        A p-value below 0 or above 1, words or infinity.

    Notes
    -----
    max over j ≤ i of min(1, (m−j+1) p₍ⱼ₎).

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6:65-70; R ``p.adjust(method="holm")``.

    Examples
    --------
    >>> [round(float(q), 4) for q in holm([0.01, np.nan, 0.04, 0.03])]
    [0.03, nan, 0.06, 0.06]
    """
    flat, order = _ordered(p)
    scaled = np.minimum(flat[order] * np.arange(len(order), 0, -1), 1.0)
    return _put_back(flat, order, np.maximum.accumulate(scaled), np.shape(p))


def _ordered(p: ArrayLike) -> tuple[Floats, np.ndarray]:
    """The p-values in one row, and the places of those that are there, smallest first."""
    flat = numbers(p).ravel()
    wrong = (flat < 0) | (flat > 1)
    if wrong.any():
        raise ArgumentError("not_a_p_value", found=f"{flat[wrong][0]:g}")
    known = np.flatnonzero(~np.isnan(flat))
    return flat, known[np.argsort(flat[known], kind="stable")]


def _put_back(flat: Floats, order: np.ndarray, adjusted: Floats, shape: tuple[int, ...]) -> Floats:
    found = np.full(flat.shape, np.nan)
    found[order] = adjusted
    return found.reshape(shape)
