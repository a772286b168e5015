"""Which areas stand out, once chance and ordinary variety are allowed for.

Place in the flow: takes rows of the indicator table (shares of people) and adds funnel limits. It does not rank, and it
refuses money: limits for a share of people do not hold for a share of yuan.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from .interval import Floats, quantile_z
from .multiplicity import benjamini_hochberg
from .request import FULL_COUNT
from .survey import WILSON

__all__ = ["benjamini_hochberg", "direct_only", "funnel", "one_at_a_time", "shares_only", "sizes", "spread"]
METHOD = "funnel, over-dispersion"
WINSORISED = 0.10  # Spiegelhalter (2005): extremes must not hide themselves by widening the limits
LIMITS = {"95": 0.95, "998": 0.998}  # 1.96 and 3.09 standard errors
FALSE_DISCOVERIES = 0.05
FEWEST = 3  # two areas cannot tell variety from chance
MODELLED = "model, "  # how the method of every model estimate begins


def spread(z: Floats, weight: Floats, *, winsorised: float = WINSORISED) -> tuple[float, float]:
    """Over-dispersion: φ of the winsorised z, and the variance τ² between areas that explains it; φ blank with fewer than three areas.

    With nothing winsorised and z about the weighted mean, τ² is that of DerSimonian & Laird (1986).
    """
    k = len(z)
    if k < FEWEST:
        return np.nan, 0.0
    phi = float(np.mean(np.clip(z, *np.quantile(z, [winsorised, 1 - winsorised])) ** 2))
    room = weight.sum() - (weight**2).sum() / weight.sum()
    return phi, max(0.0, (k * phi - (k - 1)) / room)


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
        and are not outside. ``attrs["funnel"]``: ``phi``, ``tau2``, ``areas``, ``method``.

    Raises
    ------
    ArgumentError
        Rows of several indicators, levels or periods; an indicator that is not a share of people; model estimates, which have
        been drawn in already.

    Notes
    -----
    z = 2√n (asin √p − asin √p̄), 10 % winsorised, φ = mean z², τ² = max(0, (Kφ − (K−1)) / (Σw − Σw²/Σw)) with w = 4n; limits
    sin²(asin √p̄ ± z √(1/4n + τ²)) with z 1.96 and 3.09. Fewer than three areas show no over-dispersion: φ blank, τ² 0.

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
    for column in ("indicator", "basis", "subset", "level", "period"):
        one_at_a_time(table, column)
    shares_only(table)
    direct_only(table)
    found = table.reset_index(drop=True)
    size = sizes(found)
    p = found["value"].to_numpy(dtype="float64")
    used = np.isfinite(p) & np.isfinite(size) & (size > 0)
    below = found.loc[used, "denominator"].sum()
    expected = float(found.loc[used, "numerator"].sum() / below) if below else np.nan
    centre = np.arcsin(np.sqrt(expected))
    shift = np.arcsin(np.sqrt(np.clip(p, 0.0, 1.0))) - centre
    error = 1 / (2 * np.sqrt(np.where(used, size, np.nan)))
    phi, tau2 = spread(shift[used] / error[used], 1 / error[used] ** 2)
    total = np.sqrt(error**2 + tau2)
    limits = {f"{side}_{name}": np.sin(np.clip(centre + sign * quantile_z(inside) * total, 0, np.pi / 2)) ** 2
              for name, inside in LIMITS.items() for side, sign in (("lower", -1), ("upper", 1))}  # fmt: skip
    adjusted = benjamini_hochberg(_two_sided(np.where(used, shift, np.nan) / total))
    found = found.assign(size=size, expected=expected, **limits, p_adjusted=adjusted, outside=np.nan_to_num(adjusted, nan=1.0) <= FALSE_DISCOVERIES)
    found.attrs["funnel"] = {"phi": phi, "tau2": tau2, "areas": int(used.sum()), "method": METHOD}
    return found


def sizes(table: pd.DataFrame) -> Floats:
    """What stands for n in each row; blank where it is not known."""
    size = table["n_eff"].astype("float64")
    for method, column in {FULL_COUNT: "denominator", WILSON: "n"}.items():
        size = size.where(size.notna() | table["method"].ne(method), table[column].astype("float64"))
    return size.to_numpy(dtype="float64")


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr

    return 2 * ndtr(-np.abs(z))


def one_at_a_time(table: pd.DataFrame, column: str) -> None:
    """Raise ``ArgumentError`` where the rows differ in a column in which they must agree."""
    if table[column].nunique() > 1:
        raise ArgumentError("one_at_a_time", name=column, found=", ".join(map(str, table[column].unique()[:4])))


def shares_only(table: pd.DataFrame) -> None:
    """Raise ``ArgumentError`` where a row is no share of people."""
    if set(table["unit"].dropna().unique()) - {"share"}:
        raise ArgumentError("not_a_share_of_people", found=", ".join(sorted(set(table["indicator"]))))


def direct_only(table: pd.DataFrame) -> None:
    """Raise ``ArgumentError`` where a row is a model estimate: it is never judged or ranked among direct ones."""
    modelled = table.loc[table["method"].astype("str").str.startswith(MODELLED), "method"]
    if len(modelled):
        raise ArgumentError("model_estimate", found=modelled.iloc[0])
