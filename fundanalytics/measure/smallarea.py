"""Model estimates for areas with few answers: rows of the indicator table in, the same rows drawn towards their like out.

Place in the flow: after ``indicators``. The models are in ``fayherriot`` and ``betabinomial``; here are the scale, the benchmark
and the marks. A model estimate is never called measured, never sound (quality 1), and never stands in one ranking with direct
estimates: ``outliers.direct_only`` refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..errors import ArgumentError, check_option
from .betabinomial import beta_binomial
from .fayherriot import arcsine, benchmark_shift, fay_herriot, from_arcsine
from .interval import Floats, check_confidence
from .outliers import direct_only, one_at_a_time, shares_only, sizes
from .request import NARROW, RELATIVE, WIDE, WITHOUT_ERROR, joined
from .results import ResultTable

__all__ = ["beta_binomial", "fay_herriot", "small_areas"]
MODELS = ("fay-herriot", "beta-binomial")
DISTRICT = "district"
LIMITED = ["value", "lower", "upper"]
WITHHELD = "outside_subset|suppressed"  # a row so marked stays blank


def small_areas(
    table: pd.DataFrame, *, model: str = "fay-herriot", covariates: pd.DataFrame | pd.Series | None = None, benchmark: str | float | None = DISTRICT,
    weights: Mapping[str, float] | pd.Series | None = None, confidence: float = 0.95,
) -> ResultTable:  # fmt: skip
    """Survey shares of small areas, each drawn towards areas like it by as much as its own answers leave unsaid.

    Use: what is likely in a community with 20 answers? It misleads as a measurement and as a ranking: differences between
    communities are drawn in, and a community that is truly different is drawn in too.

    Parameters
    ----------
    table : DataFrame
        Indicator table of one indicator, basis, subset and period, one level, unit ``share``, all areas of that level; with the
        row of the district where it is the benchmark.
    model : str
        ``fay-herriot``: on asin √p with sampling variance 1/(4 n_eff). ``beta-binomial``: n_eff answers of which p n_eff hold; no covariates.
    covariates : DataFrame or Series, optional
        Numbers by ``area_code`` (the index), one column each, known without error.
    benchmark : str, float or None
        ``district`` (the value of its row), a share, or None for none: what the areas come to together.
    weights : mapping or Series, optional
        People by ``area_code``; default each row's ``denominator``.
    confidence : float
        0-1.

    Returns
    -------
    DataFrame
        The rows of that level: ``value``, ``lower``, ``upper`` of the model, with ``direct_value``, ``direct_lower``, ``direct_upper``
        beside and ``shrinkage`` (0 the direct estimate, 1 the model alone). ``numerator`` is value × denominator. Quality 2, or 3
        where the area has no data or the interval is wide. ``note``: ``model_estimate``, ``synthetic_estimate`` (no answers, or
        of unknown precision), ``benchmarked``, ``zero_variance_component``; blank with ``no_covariate``, or the reason of rows
        withheld or outside the subset. ``attrs["model"]``: the fit.

    Raises
    ------
    ArgumentError
        Rows of several indicators or levels, not shares, full counts (there is nothing to draw in), or model estimates already;
        too few areas with data; no row to benchmark to.

    Notes
    -----
    Back from asin √p by sin², limits too, without correction for bias: the arcsine of a share and its square undo each other's
    bias where shrinkage is small, and the benchmark removes what is common. It adds one angle to all areas, so that
    Σ weight × value / Σ weight is the district's share; the limits turn with it, as if the angle were known.

    References
    ----------
    Fay & Herriot (1979), JASA 74:269-277; Rao & Molina (2015), Small Area Estimation, 2nd ed., chapters 6 and 9;
    Datta, Ghosh, Steorts & Maples (2011), TEST 20:574-588.

    Examples
    --------
    >>> from fundanalytics import awareness_rate, load_sample
    >>> found = small_areas(awareness_rate(load_sample(), by=["community", "district"], period="2020"))
    >>> bool(found["value"].std() < found["direct_value"].std()), int(found["quality"].min())
    (True, 2)
    """
    check_option("model", model, MODELS)
    check_confidence(confidence)
    if covariates is not None and model != "fay-herriot":
        raise ArgumentError("no_place_for_covariates", found=model)
    rows = _areas(table)
    size, direct = sizes(rows), rows["value"].to_numpy(dtype="float64")
    withheld = rows["note"].str.contains(WITHHELD).to_numpy(dtype=bool)
    size = np.where(np.isfinite(direct) & np.isfinite(size) & (size > 0) & ~withheld, size, np.nan)
    fit = _fay_herriot if model == "fay-herriot" else _beta_binomial
    found, about = fit(np.where(np.isfinite(size), direct, np.nan), size, _matched(covariates, rows["area_code"]), confidence)
    found.loc[withheld, [*LIMITED, "shrinkage"]] = np.nan
    found.loc[withheld, "note"] = ""
    if benchmark is not None:
        found, about["shift"] = _benchmarked(found, _weights(rows, weights), _total(table, benchmark))
    found[LIMITED] = from_arcsine(found[LIMITED])
    result = ResultTable(_marked(rows, found, about.pop("method"), confidence))
    result.attrs = {**table.attrs, "model": about}
    return result


def _areas(table: pd.DataFrame) -> pd.DataFrame:
    """The rows to be modelled: all but the district's."""
    for column in ("indicator", "basis", "subset", "period"):
        one_at_a_time(table, column)
    shares_only(table)
    direct_only(table)
    rows = table[table["level"].ne(DISTRICT)].reset_index(drop=True)
    one_at_a_time(rows, "level")
    if rows["area_code"].duplicated().any():
        raise ArgumentError("several_rows", found=", ".join(rows.loc[rows["area_code"].duplicated(), "area_code"].astype("str")[:4]))
    complete = rows["method"].isin(WITHOUT_ERROR) & rows["value"].notna()
    if complete.any():
        raise ArgumentError("nothing_to_draw_in", found=str(rows.loc[complete, "area_code"].iloc[0]))
    return rows


def _matched(covariates: pd.DataFrame | pd.Series | None, codes: pd.Series) -> Floats | None:
    if covariates is None:
        return None
    given = covariates.to_frame() if isinstance(covariates, pd.Series) else covariates
    given = given.set_axis(given.index.astype("str"), axis=0)
    if given.index.duplicated().any():
        raise ArgumentError("several_rows", found=", ".join(given.index[given.index.duplicated()][:4]))
    return given.reindex(codes.astype("str").to_numpy()).to_numpy(dtype="float64")


def _fay_herriot(direct: Floats, size: Floats, covariates: Floats | None, confidence: float) -> tuple[pd.DataFrame, dict[str, object]]:
    """Estimates, as angles, and the fit."""
    fit = fay_herriot(arcsine(direct), 1 / (4 * size), covariates, confidence=confidence)
    found = fit.to_frame()[["value", "lower", "upper", "shrinkage", "note"]]
    return found, {"method": fit.method, "variance": fit.variance, "coefficients": fit.coefficients.tolist(), "coefficient_se": fit.coefficient_se.tolist()}


def _beta_binomial(direct: Floats, size: Floats, _: Floats | None, confidence: float) -> tuple[pd.DataFrame, dict[str, object]]:
    """Estimates, as angles, and the fit."""
    fit = beta_binomial(np.minimum(direct * size, size), size, confidence=confidence)
    found = fit.to_frame()[["value", "lower", "upper", "shrinkage", "note"]]
    found[LIMITED] = arcsine(found[LIMITED])
    return found, {"method": fit.method, "mean": fit.mean, "size": fit.size}


def _weights(rows: pd.DataFrame, weights: Mapping[str, float] | pd.Series | None) -> Floats:
    if weights is None:
        return rows["denominator"].to_numpy(dtype="float64")
    return rows["area_code"].astype("str").map({str(k): v for k, v in weights.items()}).to_numpy(dtype="float64")


def _total(table: pd.DataFrame, benchmark: str | float) -> float:
    if not isinstance(benchmark, str):
        return float(benchmark)
    check_option("benchmark", benchmark, (DISTRICT,))
    rows = table.loc[table["level"].eq(DISTRICT), "value"].dropna()
    if len(rows) != 1:
        raise ArgumentError("no_benchmark", found=len(rows))
    return float(rows.iloc[0])


def _benchmarked(found: pd.DataFrame, weights: Floats, total: float) -> tuple[pd.DataFrame, float]:
    """All areas turned by one angle, so that together they come to ``total``."""
    shift = benchmark_shift(found["value"], weights, total, scale="arcsine")
    note = found["note"].where(found["value"].isna(), found["note"] + ";benchmarked")
    return found.assign(note=note, **{name: found[name] + shift for name in LIMITED}), shift


def _marked(rows: pd.DataFrame, found: pd.DataFrame, method: object, confidence: float) -> pd.DataFrame:
    """The rows with the model's numbers and marks, the direct ones beside."""
    value, width = found["value"], found["upper"] - found["lower"]
    wide = (width >= WIDE) | ((width > NARROW) & (width > RELATIVE * value)) | found["note"].str.contains("synthetic")
    quality = pd.Series(2, index=rows.index).mask(wide | width.isna(), 3).astype("Int64")
    note = [joined(*pair) for pair in zip(rows["note"].astype("str"), found["note"].astype("str"), strict=True)]
    numbers = {"value": value, "lower": found["lower"], "upper": found["upper"], "numerator": value * rows["denominator"].astype("float64")}
    beside = {"direct_value": rows["value"], "direct_lower": rows["lower"], "direct_upper": rows["upper"], "shrinkage": found["shrinkage"]}
    known = pd.Series(np.where(found["lower"].notna(), confidence, np.nan), index=rows.index)
    marks = {"confidence": known, "method": pd.Series(str(method), index=rows.index, dtype="str"), "quality": quality, "note": pd.Series(note, dtype="str")}
    return rows.assign(**numbers, **marks, **{k: v.astype("float64") for k, v in beside.items()})
