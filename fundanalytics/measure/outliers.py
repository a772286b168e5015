"""Which areas stand out, once chance and ordinary variety are allowed for.

Place in the flow: takes rows of the indicator table (shares of people) and adds funnel limits. It does not rank, and it
refuses money: limits for a share of people do not hold for a share of yuan.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from .intervals import Floats
from .request import FULL_COUNT
from .survey import WILSON

WINSORISED = 0.10  # Spiegelhalter (2005): extremes must not hide themselves by widening the limits
LIMITS = {"95": 1.959964, "998": 3.090232}
FALSE_DISCOVERIES = 0.05


def benjamini_hochberg(p: Floats) -> Floats:
    """p-values adjusted for many looks: those at or below q are found at false discovery rate q. Blanks stay blank.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57:289-300, section 3.2: 4 of 15 rejected at .05.

    Examples
    --------
    >>> [round(float(q), 4) for q in benjamini_hochberg(np.array([0.01, np.nan, 0.04, 0.03]))]
    [0.03, nan, 0.04, 0.04]
    """
    p = np.asarray(p, dtype=float)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    found = np.full(p.shape, np.nan)
    found[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return found


def _spread(z: Floats, weight: Floats) -> tuple[float, float]:
    """Over-dispersion: φ of the winsorised z, and the variance τ² between areas that explains it."""
    k = len(z)
    if k < 3:  # nothing to tell apart
        return np.nan, 0.0
    phi = float(np.mean(np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED])) ** 2))
    room = weight.sum() - (weight**2).sum() / weight.sum()
    return phi, max(0.0, (k * phi - (k - 1)) / room) if room > 0 else 0.0


def funnel(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of one indicator with the limits that areas of their size keep by chance.

    Use: which streets or communities differ from the district by more than chance and ordinary variety? It misleads as a
    ranking: inside the limits there is no order.

    Parameters
    ----------
    table : DataFrame
        Indicator table of one indicator, basis, subset, level and period; unit ``share``. Surveys count with ``n_eff``, full
        counts with ``denominator``, simple samples with ``n``. An estimate whose ``n_eff`` is not known (``one_cluster``) has no
        size: its weighted denominator would pass for answers that nobody gave.

    Returns
    -------
    DataFrame
        The same rows with ``size`` (what stands for n), ``expected`` (ratio of sums), ``lower_95``, ``upper_95``, ``lower_998``,
        ``upper_998``, ``p_adjusted`` and ``outside`` (false discovery rate 5 %). Rows without value or size have blank limits
        and are not outside. ``attrs["funnel"]``: ``phi``, ``tau2``, ``areas``.

    Raises
    ------
    ArgumentError
        Rows of several indicators, levels or periods; an indicator that is not a share of people.

    Notes
    -----
    z = 2√n (asin √p − asin √p̄), 10 % winsorised, φ = mean z², τ² = max(0, (Kφ − (K−1)) / (Σw − Σw²/Σw)) with w = 4n.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24:1185-1202.

    Examples
    --------
    >>> from fundanalytics import awareness_rate, load_sample
    >>> found = funnel(awareness_rate(load_sample(), by="street", period="2020"))
    >>> bool((found["lower_95"] < found["expected"]).all())
    True
    """
    _check(table)
    found = table.reset_index(drop=True)
    size = _sizes(found)
    p = found["value"].to_numpy(dtype="float64")
    used = np.isfinite(p) & np.isfinite(size) & (size > 0)
    below = found.loc[used, "denominator"].sum()
    expected = float(found.loc[used, "numerator"].sum() / below) if below else np.nan
    centre = np.arcsin(np.sqrt(expected))
    shift = np.arcsin(np.sqrt(np.clip(p, 0.0, 1.0))) - centre
    error = 1 / (2 * np.sqrt(np.where(used, size, np.nan)))
    phi, tau2 = _spread(shift[used] / error[used], 1 / error[used] ** 2)
    total = np.sqrt(error**2 + tau2)
    limits = {f"{side}_{name}": np.sin(np.clip(centre + sign * z * total, 0, np.pi / 2)) ** 2
              for name, z in LIMITS.items() for side, sign in (("lower", -1), ("upper", 1))}  # fmt: skip
    adjusted = benjamini_hochberg(_two_sided(np.where(used, shift, np.nan) / total))
    found = found.assign(size=size, expected=expected, **limits, p_adjusted=adjusted, outside=np.nan_to_num(adjusted, nan=1.0) <= FALSE_DISCOVERIES)
    found.attrs["funnel"] = {"phi": phi, "tau2": tau2, "areas": int(used.sum())}
    return found


def _sizes(table: pd.DataFrame) -> Floats:
    """What stands for n in each row; blank where it is not known."""
    size = table["n_eff"].astype("float64")
    for method, column in {FULL_COUNT: "denominator", WILSON: "n"}.items():
        size = size.where(size.notna() | table["method"].ne(method), table[column].astype("float64"))
    return size.to_numpy(dtype="float64")


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr

    return 2 * ndtr(-np.abs(z))


def _check(table: pd.DataFrame) -> None:
    for column in ("indicator", "basis", "subset", "level", "period"):
        if table[column].nunique() > 1:
            raise ArgumentError("one_at_a_time", name=column, found=", ".join(map(str, table[column].unique()[:4])))
    units = set(table["unit"].unique())
    if units - {"share"}:
        raise ArgumentError("not_a_share_of_people", found=", ".join(sorted(set(table["indicator"]))))
