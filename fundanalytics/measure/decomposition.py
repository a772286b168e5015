"""Why a ratio of totals changed: the rates of its units, their weights, or units that came and went.

Place in the flow: ``compare`` puts the three parts beside a change; ``decompose`` shows which groups they come from. An identity,
not a cause: it says where the points are, never what brought them.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..data.areas import LEVELS
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option, hint_for
from .definitions import CONFIDENCE
from .interval import Floats, numbers
from .pairs import FEWEST_UNITS, SIDES, Pair, broken, pair_of, paired_units
from .request import Subset, joined
from .results import Result, ResultTable, result_table

KITAGAWA = "Kitagawa, symmetric"
BOOTSTRAP = "Kitagawa, bootstrap over communities"
REPLICATES = 2000
SEED = 1955  # of the bootstrap; any number does, but the same one every time
ABOVE = "known_only_above"
PARTS = ("within", "between", "entered_left")
COLUMNS = (
    "indicator", "basis", "subset", "level", "area_code", "area_name", "baseline", "current", "baseline_value", "current_value", "baseline_weight",
    "current_weight", "change", "within", "within_lower", "within_upper", "between", "between_lower", "between_upper", "entered_left",
    "entered_left_lower", "entered_left_upper", "total", "total_lower", "total_upper", "confidence", "n", "method", "origin", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition(Result):
    """A change and its parts, summed over units: ``value`` = ``within`` + ``between`` + ``entered_left``.

    ``within_by``, ``between_by`` and ``entered_left_by`` are the terms of each unit along the last axis.
    All are blank where ``note`` says why: ``no_data``, ``missing_values`` (a unit has one figure of a period and lacks the other),
    ``zero_denominator`` (the denominators of a period sum to 0).
    """

    value: Floats
    within: Floats
    between: Floats
    entered_left: Floats
    within_by: Floats
    between_by: Floats
    entered_left_by: Floats
    method: str = KITAGAWA
    note: NDArray[np.str_] | str = ""

    def to_frame(self) -> pd.DataFrame:
        """One row per unit with its three terms (the last axis; further axes follow each other)."""
        return pd.DataFrame({part: np.ravel(getattr(self, f"{part}_by")) for part in PARTS})


def _sides(*arrays: ArrayLike) -> tuple[list[Floats], NDArray[np.bool_]]:
    """The four arrays at one shape, 0 where a unit did not exist in a period, and where one of a unit's two figures is lacking."""
    found = [numbers(a) for a in arrays]
    found = [np.atleast_1d(a) for a in found] if all(a.ndim == 0 for a in found) else found
    try:
        if len({a.shape[-1] for a in found if a.ndim}) > 1:
            raise ValueError
        sides = np.broadcast_arrays(*found)
    except ValueError:
        raise ArgumentError("shapes_differ", found=" · ".join(str(a.shape) for a in found)) from None
    lacking = np.zeros(sides[0].shape[:-1], dtype=bool)
    for y, x in (sides[:2], sides[2:]):
        lacking |= ((np.isnan(y) & (x > 0)) | (np.isnan(x) & (np.abs(y) > 0))).any(axis=-1)
    known = [~(np.isnan(y) | np.isnan(x)) for y, x in (sides[:2], sides[2:])]
    return [np.where(known[i // 2], values, 0.0) for i, values in enumerate(sides)], lacking


def kitagawa(numerators_0: ArrayLike, denominators_0: ArrayLike, numerators_1: ArrayLike, denominators_1: ArrayLike) -> Decomposition:
    """A change of a ratio of totals as change of the units' rates, of their weights, and of which units there are.

    Use: did the communities spend more of their money, or did money move to those who spend more? It misleads as a cause, and
    the split between two groups that are themselves mixtures changes with the grouping.

    Parameters
    ----------
    numerators_0, denominators_0, numerators_1, denominators_1 : array_like
        Before and after, units along the last axis in the same order; denominator 0, or both blank, where a unit did not exist.
        One number stands for all units.

    Returns
    -------
    Decomposition
        All blank with ``no_data``, ``missing_values`` or ``zero_denominator``; numbers where there is one axis.

    Raises
    ------
    ArgumentError
        Words, infinity, or arrays that do not fit each other.

    Notes
    -----
    w is a unit's share of the denominator, r its rate, R̄ the mean of both totals' rates. Units in both periods: within
    (r₁−r₀)(w₀+w₁)/2, between (w₁−w₀)((r₀+r₁)/2 − R̄). Units in one: (y₁ − R̄x₁)/X₁ − (y₀ − R̄x₀)/X₀, so that who came or
    went with the average rate changes nothing. The three sum to the change exactly; without entry and exit, between is Kitagawa's
    Σ(w₁−w₀)(r₀+r₁)/2.

    References
    ----------
    Kitagawa (1955), JASA 50:1168-1194; Das Gupta (1993), table 5.1: rates 1.7403, structure 1.2269, together 2.9672; entry and
    exit: Griliches & Regev (1995), Journal of Econometrics 65:175-203.

    Examples
    --------
    >>> found = kitagawa([5, 8], [10, 10], [6, 21], [10, 30])
    >>> round(float(found.within), 4), round(float(found.between), 4), round(float(found.value), 4)
    (-0.025, 0.05, 0.025)
    """
    (y_0, x_0, y_1, x_1), lacking = _sides(numerators_0, denominators_0, numerators_1, denominators_1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total_0, total_1 = (np.where(x.sum(axis=-1, keepdims=True) == 0, np.nan, x.sum(axis=-1, keepdims=True)) for x in (x_0, x_1))
        nothing = np.isnan(total_0 + total_1)[..., 0]
        total_0 = np.where(lacking[..., None], np.nan, total_0)
        before, after = y_0.sum(axis=-1, keepdims=True) / total_0, y_1.sum(axis=-1, keepdims=True) / total_1
        centre = (before + after) / 2
        both = (x_0 > 0) & (x_1 > 0)
        r_0, r_1 = y_0 / np.where(both, x_0, 1.0), y_1 / np.where(both, x_1, 1.0)
        w_0, w_1 = x_0 / total_0, x_1 / total_1
        within = np.where(both, (r_1 - r_0) * (w_0 + w_1) / 2, 0 * centre)
        between = np.where(both, (w_1 - w_0) * ((r_0 + r_1) / 2 - centre), 0 * centre)
        moved = np.where(both, 0 * centre, (y_1 - centre * x_1) / total_1 - (y_0 - centre * x_0) / total_0)
    value = (after - before)[..., 0]
    sums = [np.where(np.isnan(value), np.nan, part.sum(axis=-1))[()] for part in (within, between, moved)]
    note = np.where(lacking, "missing_values", np.where(nothing, "zero_denominator" if y_0.shape[-1] else "no_data", ""))[()]
    return Decomposition(value[()], sums[0], sums[1], sums[2], within, between, moved, note=str(note) if note.ndim == 0 else note)


def decompose(
    dataset: Dataset, indicator: str = "usage_rate", *, baseline: str, current: str, by: str = "street", subset: Subset | None = None, as_of: object = None,
    basis: str | None = None, confidence: float = CONFIDENCE, replicates: int = REPLICATES, seed: int = SEED,
) -> ResultTable:  # fmt: skip
    """Which groups a district's change comes from: their own rates, their weight, or that they came and went.

    Use: "how much of the +17 points is the same streets spending more?" It misleads as a cause, and within a street is itself a
    mixture of communities: with ``by="community"`` the split is finer and may differ.

    Parameters
    ----------
    dataset : Dataset
    indicator : str
        One whose numbers add up over areas; not a survey, a median, or people counted once.
    baseline, current, subset, as_of, basis
        As for ``compare_periods``.
    by : str
        The groups: ``street`` or ``community``.
    confidence : float
        0-1.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row per group, and one for the district with the sums. ``baseline_weight``, ``current_weight``: shares of the district's
        denominator; ``within``, ``between`` (the mix, centred), ``entered_left`` with limits, ``total`` (the three together);
        ``n`` communities. The district's ``total`` is its ``change``, exactly. Limits blank with ``too_few_units`` under 10
        communities in the district, and for a community by itself (``one_unit``).

    Raises
    ------
    ArgumentError
        As for ``compare_periods``; an indicator that does not add up; a number of replicates below 1; a seed that is no whole number
        of 0 or more.

    Notes
    -----
    Terms as in ``kitagawa``, with groups as units. Communities are drawn anew, each with both of its periods, within their street
    where the groups are streets; the limits are quantiles of the terms so found.

    References
    ----------
    Kitagawa (1955), JASA 50:1168-1194; Das Gupta (1993), table 5.1; Efron & Tibshirani (1993), chapter 13.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = decompose(load_sample(), baseline="2012-2017", current="2018-2020", replicates=200)
    >>> whole, streets = found[found["level"] == "district"].iloc[0], found[found["level"] == "street"]
    >>> bool(abs(streets["total"].sum() - whole["change"]) < 1e-12)
    True
    """
    check_option("by", by, ("street", "community"))
    if not isinstance(replicates, Integral) or replicates < 1:
        raise ArgumentError("bad_replicates", found=replicates)
    if not isinstance(seed, Integral) or seed < 0:
        raise ArgumentError("unknown_option", name="seed", found=seed, expected="0, 1, 2, …", hint=hint_for(seed, ()))
    pair = pair_of(dataset, indicator, baseline=baseline, current=current, by=("district", by), subset=subset, as_of=as_of, basis=basis,
                   confidence=confidence)  # fmt: skip
    if not pair.additive:
        raise ArgumentError("not_additive", found=f"{indicator} ({pair.basis})")
    units, marks = paired_units(pair)
    at = pair.asked.limits.at
    units = units.assign(whole=at(units["area_code"], "district"), group=at(units["area_code"], by).fillna(units["area_code"]))
    parts = [_district(pair, str(whole), rows, by, replicates, seed) for whole, rows in units.groupby("whole")]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["area_code", "note"])
    return _table(pair, found, set(marks.loc[marks["mark"] == "only_above", "area_code"]))


def _district(pair: Pair, whole: str, units: pd.DataFrame, by: str, replicates: int, seed: int) -> pd.DataFrame:
    """Terms of one district and its groups; a street known only as a whole is a group of its own among communities."""
    groups, of = np.unique(units["group"].to_numpy(dtype=object), return_inverse=True)
    member = np.zeros((len(units), len(groups)))
    member[np.arange(len(units)), of] = 1.0
    sides = units[SIDES].to_numpy(dtype="float64").T
    found = kitagawa(*(side @ member for side in sides))
    drawn = _drawn(len(units), of if by == "street" else np.zeros(len(units), dtype=int), replicates, seed)
    again = kitagawa(*((drawn * side) @ member for side in sides))
    tail = (1 - pair.asked.confidence) / 2
    enough = int(((sides[1] > 0) & (sides[3] > 0)).sum()) >= FEWEST_UNITS
    rows = pd.DataFrame({"area_code": groups, "n": np.bincount(of), **_sides_of(sides, member)})
    total = pd.DataFrame({"area_code": [whole], "n": [len(units)], **_sides_of(sides, np.ones((len(units), 1)))})
    terms = {part: (getattr(found, f"{part}_by"), getattr(again, f"{part}_by")) for part in PARTS}
    terms["total"] = tuple(sum(terms[part][i] for part in PARTS) for i in (0, 1))
    for part, (once, often) in terms.items():
        rows[part], total[part] = once, once.sum()
        shown = enough & np.isfinite(found.value) & (rows["n"].to_numpy() > 1)
        for name, share in (("lower", tail), ("upper", 1 - tail)):
            rows[f"{part}_{name}"] = np.where(shown, np.nanquantile(often, share, axis=0), np.nan) if enough else np.nan
            total[f"{part}_{name}"] = np.nanquantile(often.sum(axis=-1), share) if enough else np.nan
    few = "" if enough else "too_few_units"
    rows["note"] = [few or ("" if n > 1 else "one_unit") for n in rows["n"]]
    return pd.concat([total.assign(note=few), rows[groups != whole]], ignore_index=True)


def _sides_of(sides: Floats, member: Floats) -> dict[str, Floats]:
    """Rates of each group in both periods and its shares of the denominators."""
    y_0, x_0, y_1, x_1 = sides @ member
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"baseline_value": np.where(x_0 != 0, y_0 / x_0, np.nan), "current_value": np.where(x_1 != 0, y_1 / x_1, np.nan),
                "baseline_weight": x_0 / sides[1].sum(), "current_weight": x_1 / sides[3].sum()}  # fmt: skip


def _drawn(units: int, strata: np.ndarray, replicates: int, seed: int) -> Floats:
    """How often each unit is drawn in each replicate, with replacement inside its stratum."""
    rng = np.random.default_rng(seed)
    times = np.zeros((replicates, units))
    for code in np.unique(strata):
        inside = np.flatnonzero(strata == code)
        times[:, inside] = rng.multinomial(len(inside), np.full(len(inside), 1 / len(inside)), size=replicates)
    return times


def _table(pair: Pair, found: pd.DataFrame, above: set[str]) -> ResultTable:
    """A row for the district and every group, with what must be known of the comparison."""
    asked = pair.asked
    rows = asked.limits.rows(LEVELS)
    rows = rows[rows["level"].isin(asked.levels) | rows["area_code"].isin(found["area_code"])]
    table = rows.merge(found, on="area_code", how="left").reindex(columns=list(COLUMNS))
    amounts = [c for c in COLUMNS if c.endswith(("_value", "_weight", "_lower", "_upper")) or c in (*PARTS, "total", "change")]
    table = table.astype(dict.fromkeys(amounts, "float64"))
    table["change"] = table["current_value"] - table["baseline_value"]
    before, after = table["baseline_value"].isna(), table["current_value"].isna()
    gap = pd.Series("", index=table.index).mask(after, "no_current").mask(before, "no_baseline").mask(table["n"].isna() & table["area_code"].isin(above), ABOVE)
    always = joined("different_age" if pair.aged else "", broken(asked.dataset, pair.before.period, asked.period, pair.indicator))
    note = [joined(own, why, always) for own, why in zip(table["note"].fillna("").astype("str"), gap, strict=True)]
    constants = {"indicator": pair.indicator, "basis": pair.basis, "subset": asked.subset_text, "baseline": pair.before.period, "current": asked.period,
                 "origin": asked.dataset.origin}  # fmt: skip
    limited = table["total_lower"].notna()
    table = table.assign(note=note, method=np.where(limited, BOOTSTRAP, KITAGAWA), confidence=np.where(limited, asked.confidence, np.nan), **constants)
    table["n"] = table["n"].astype("float64").fillna(0).astype("Int64")
    table = table.sort_values(["level", "area_code"], key=lambda column: column.map(LEVELS.index) if column.name == "level" else column)
    return result_table(table.reset_index(drop=True), asked.dataset)
