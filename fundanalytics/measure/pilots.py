"""Pilots against the other communities of their streets: two estimands, each with the inference that so few sets allow.

Place in the flow: takes indicators by the boundaries of the current period (``series``, ``matched``) through ``randomisation`` and
``clustered``. It says by how much more the pilots changed, never that being a pilot did it: pilots were chosen, not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan

import numpy as np
import pandas as pd

from ..data.dataset import Dataset
from .clustered import CR2, Coefficient, cluster_robust, two_sided
from .definitions import CONFIDENCE
from .intervals import Floats, quantile_t
from .matched import Field, changes, differences, field_of, set_rows
from .pairs import broken, pair_of
from .randomisation import SEED, Randomised, randomise, sign_flip, wild_bootstrap
from .request import joined
from .results import Result, bare, data_of
from .series import asked_by, measured, single_years

POWER = 0.80
FEWEST_SETS = 2
MATCHED, TWOWAY = "matched_sets", "twoway_fixed_effects"
MATCHED_T = "matched sets, t"
ESTIMATES = (
    "indicator", "basis", "estimand", "method", "value", "lower", "upper", "confidence", "p", "se", "df", "sets", "areas", "assignments", "exact", "least",
    "most", "unit", "note",
)  # fmt: skip
EVENTS = ("event_time", "period", "value", "lower", "upper", "confidence", "p", "sets", "note")


@dataclass(frozen=True, slots=True, eq=False)
class PilotEffect(Result):
    """What ``pilot_effect`` returns, in the order in which it should be read.

    ``design``: one row: who was compared, the baseline gap, the least difference that could be seen. ``sets``: one row per street.
    ``estimates``: one row per estimand and method (``to_frame()``). ``event_study``: one row per year from the start of pilots.
    ``leave_one_out``: one row per street, both estimands without it.
    """

    design: pd.DataFrame
    sets: pd.DataFrame
    estimates: pd.DataFrame
    event_study: pd.DataFrame
    leave_one_out: pd.DataFrame
    data: dict[str, str]

    def to_frame(self) -> pd.DataFrame:
        """One row per estimand and method."""
        return self.estimates.copy()

    @property
    def method(self) -> tuple[str, ...]:
        """The methods of ``estimates``."""
        return tuple(self.estimates["method"])

    def _repr_html_(self) -> str:
        return "\n".join(bare(frame) for frame in (self.design, self.sets, self.estimates, self.event_study))


def pilot_effect(
    dataset: Dataset, indicator: str = "satisfaction_rate", *, baseline: str, current: str, as_of: object = None, basis: str | None = None,
    confidence: float = CONFIDENCE, seed: int = SEED,
) -> PilotEffect:  # fmt: skip
    """By how much more the pilots changed than the other communities of their streets.

    Use: did the pilots gain on their neighbours? Read ``design`` first: pilots that stood above the others before may have gained
    for the reasons for which they were picked, and a difference smaller than ``mde`` would hardly have been seen. It misleads where
    neighbours took part too, and where few answers per community make the pilots that answered well by chance look chosen.

    Parameters
    ----------
    dataset : Dataset
        ``areas`` with ``pilot_from``, and what the indicator needs.
    indicator : str
        An id of ``INDICATORS``.
    baseline, current : str
        Fund years; ``baseline`` should end before the pilots began, ``current`` begin after.
    as_of : date or pair of dates, optional
        As for ``compare_periods``.
    basis : str, optional
        As for the indicator; default its first.
    confidence : float
        0-1.
    seed : int
        Used only where arrangements are too many to enumerate (``exact`` says).

    Returns
    -------
    PilotEffect
        Estimand ``matched_sets``: mean over streets of (change of the pilot − mean change of the others of its street), every street alike:
        t limits, sign-flip test, other choices inside the streets. Estimand ``twoway_fixed_effects``: coefficient of pilot × after with a
        constant per community and period, every community alike (mean change of all pilots − of all others): CR2 with Satterthwaite
        degrees of freedom, wild cluster restricted bootstrap over streets, other choices inside the streets. ``least``, ``most``: the
        estimand with each street left out in turn. All blank with ``too_few_sets`` below two usable streets. ``note`` of a street without
        difference: ``no_pilot``, ``pilot_redrawn``, ``treated_before``, ``not_yet_treated``, ``pilot_not_measured``, ``no_others``,
        ``no_others_measured``, with the figures' own. ``note`` of the design: ``pilots_chosen``, ``part_treated``, ``no_pretrend``,
        ``different_age``, ``break_…``.

    Raises
    ------
    ArgumentError
        As for ``compare_periods``.

    Notes
    -----
    By the communities of ``current``'s end. Figures of communities are data points here, whether counted or estimated: the sampling
    error of estimates is part of the variance between streets, and so of every limit. mde = (t₀.₉₇₅ + t₀.₈) × SE, 3.05 × SE with 13 sets. The event
    study takes matched sets relative to the last year with figures before the pilots began; the year in which they began is
    ``part_treated`` unless it was on 1 January.

    References
    ----------
    Cameron, Gelbach & Miller (2008); MacKinnon & Webb (2020), Journal of Econometrics 218:435-450; Pustejovsky & Tipton (2018); Gerber &
    Green (2012), chapter 3.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = pilot_effect(load_sample(), "satisfaction_rate", baseline="2018", current="2020")
    >>> found.design[["pilots", "sets", "others"]].iloc[0].tolist()
    [13, 13, 75]
    >>> found.to_frame().loc[0, ["estimand", "method"]].tolist()
    ['matched_sets', 'matched sets, t']
    """
    pair = pair_of(dataset, indicator, baseline=baseline, current=current, by="community", subset=None, as_of=as_of, basis=basis, confidence=confidence)
    day = as_of[1] if isinstance(as_of, (tuple, list)) else as_of
    each_year = asked_by(dataset, single_years(baseline, current), as_of=day, confidence=confidence)
    table = measured(each_year | {baseline: pair.before, current: pair.asked}, {indicator: [pair.basis]})
    values = table.pivot(index="area_code", columns="period", values="value")
    blank = table[table["value"].isna() & table["period"].isin([baseline, current])]
    notes = blank.groupby("area_code")["note"].agg(lambda codes: joined(*codes))
    field = field_of(pair.asked, dataset, baseline)
    found = changes(field, values, baseline, current)
    sets = set_rows(field, found, notes)
    names = {"indicator": indicator, "basis": pair.basis, "unit": pair.made.unit}
    estimates, left = _estimates(found, confidence, seed)
    events = _events(field, values[list(each_year)], confidence)
    design = _design(found, sets, confidence) | {"baseline": baseline, "current": current, "confidence": confidence, "power": POWER}
    begun_inside = sets.loc[sets["note"] == "part_treated", "note"]
    told = joined("pilots_chosen", broken(dataset, baseline, current, indicator), "different_age" if pair.aged else "", *begun_inside,
                  "" if _has_pretrend(events) else "no_pretrend")  # fmt: skip
    shown = pd.DataFrame([names | design | {"note": told}])
    return PilotEffect(shown, sets, estimates.assign(**names, confidence=confidence)[list(ESTIMATES)], events, left, data_of(dataset))


# --- first: what could be seen at all ------------------------------------------------------------------------------------------
def mean_of_sets(d: Floats, confidence: float) -> Coefficient:
    """Mean of independent differences with t limits; fewer than two have no value, differences all alike no limits."""
    n = len(d)
    if n < FEWEST_SETS:
        return Coefficient(nan, nan, nan, nan, nan, nan, n, MATCHED_T, "too_few_sets")
    value, se = float(d.mean()), float(d.std(ddof=1) / np.sqrt(n))
    if se <= 1e-12 * max(float(np.abs(d).max()), 1e-300):
        return Coefficient(value, nan, nan, nan, n - 1, nan, n, MATCHED_T, "all_alike")
    half = float(quantile_t(confidence, n - 1)) * se
    return Coefficient(value, value - half, value + half, se, n - 1, two_sided(value / se, n - 1), n, MATCHED_T)


def detectable(se: float, df: float, *, confidence: float = CONFIDENCE, power: float = POWER) -> float:
    """The least true difference that a t test with this standard error finds with probability ``power``: (t + t_power) × SE.

    Examples
    --------
    >>> round(detectable(1.0, 12), 2)
    3.05
    """
    from scipy.special import stdtrit

    return float((quantile_t(confidence, df) + stdtrit(df, power)) * se) if df >= 1 else nan


def _design(found: pd.DataFrame, sets: pd.DataFrame, confidence: float) -> dict[str, object]:
    used = sets[sets["difference"].notna()]
    gap = mean_of_sets(used["baseline_gap"].to_numpy(dtype=np.float64), confidence)
    change = mean_of_sets(used["difference"].to_numpy(dtype=np.float64), confidence)
    return {
        "pilots": int(found["role"].eq("pilot").sum()), "streets": len(sets), "sets": len(used), "others": int(used["others"].sum()),
        "pilot_from": sets["pilot_from"].min(), "baseline_gap": gap.value, "baseline_gap_lower": gap.lower, "baseline_gap_upper": gap.upper,
        "baseline_gap_p": gap.p, "above_at_baseline": int((used["baseline_gap"] > 0).sum()), "mde": detectable(change.se, change.df, confidence=confidence),
    }  # fmt: skip


# --- the two estimands -----------------------------------------------------------------------------------------------------
def _estimates(found: pd.DataFrame, confidence: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per estimand and method; and both estimands without each street."""
    units = found[found["measured"] & found["role"].isin(["pilot", "other"])]
    change, treated, street = units["change"].to_numpy(dtype=np.float64), units["role"].eq("pilot").to_numpy(), units["street_code"].to_numpy()
    d = differences(units)
    if len(d) < FEWEST_SETS:
        blank = mean_of_sets(d.to_numpy()[:0], confidence)
        rows = [_row(one, estimand, 0, 0) for estimand, one in ((MATCHED, blank), (TWOWAY, replace(blank, method=CR2)))]
        return _table(rows, {}), pd.DataFrame(columns=["street_code", MATCHED, TWOWAY])
    inside = units["street_code"].isin(d.index).to_numpy()
    each = d.to_numpy(dtype=np.float64)
    matched: list[Coefficient | Randomised] = [mean_of_sets(each, confidence), sign_flip(each, confidence=confidence, seed=seed)]
    twoway: list[Coefficient | Randomised] = [cluster_robust(change, treated, street, confidence=confidence)]
    twoway.append(wild_bootstrap(change, treated, street, confidence=confidence, seed=seed))
    for statistic, found_so_far in (("matched", matched), ("pooled", twoway)):
        found_so_far.append(randomise(change, treated, street, statistic=statistic, seed=seed))
    rows = [_row(one, MATCHED, len(d), int(inside.sum())) for one in matched] + [_row(one, TWOWAY, len(set(street)), len(units)) for one in twoway]
    left = _without_each(d, change, treated, street)
    return _table(rows, {name: (left[name].min(), left[name].max()) for name in (MATCHED, TWOWAY)}), left


def _row(found: Coefficient | Randomised, estimand: str, sets: int, areas: int) -> dict[str, object]:
    return {
        "estimand": estimand, "method": found.method, "value": found.value, "lower": found.lower, "upper": found.upper, "p": found.p,
        "se": getattr(found, "se", nan), "df": getattr(found, "df", nan), "sets": sets, "areas": areas, "note": found.note,
        "assignments": getattr(found, "assignments", None), "exact": getattr(found, "exact", None),
    }  # fmt: skip


def _table(rows: list[dict[str, object]], reach: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    ends = [reach.get(name, (nan, nan)) for name in table["estimand"]]
    table = table.assign(least=[low for low, _ in ends], most=[high for _, high in ends])
    return table.astype({"exact": "boolean", "assignments": "float64"})


def _without_each(d: pd.Series, change: Floats, treated: np.ndarray, street: np.ndarray) -> pd.DataFrame:
    """Both estimands with each street left out; blank where nothing to compare is left."""
    rows = []
    for code in sorted(set(street)):
        kept, others = street != code, d[d.index != code]
        both = treated[kept].any() and not treated[kept].all()
        pooled = change[kept & treated].mean() - change[kept & ~treated].mean() if both else nan
        rows.append({"street_code": code, MATCHED: others.mean() if len(others) else nan, TWOWAY: pooled})
    return pd.DataFrame(rows)


# --- year by year ------------------------------------------------------------------------------------------------------------
def _events(field: Field, values: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Matched sets in each year from the start of the pilots, relative to the last year with figures before it; ``values``: a column per year."""
    starts = field.communities.loc[field.communities["role"] == "pilot"].groupby("street_code")["pilot_from"].min()
    of_street = field.communities["street_code"].map(starts.dt.year).astype("float64")
    times = sorted({int(year) - start for year in values for start in starts.dt.year})
    known = {k: _at(values, field, of_street + k) for k in times}
    before = [k for k in times if k < 0 and len(differences(_between(field, known[k], known[k])))]
    rows = [_event(field, known, k, before[-1] if before else None, starts, confidence) for k in times]
    events = pd.DataFrame(rows, columns=[c for c in EVENTS if c != "confidence"]).assign(confidence=confidence)
    return events[list(EVENTS)].astype({"note": "str", "period": "str"})


def _at(values: pd.DataFrame, field: Field, year: pd.Series) -> pd.Series:
    """Each community's value in its own year; blank where that year was not asked for, or its street has no pilot."""
    found = pd.Series(nan, index=field.communities.index)
    for period in values:
        at = year.eq(float(period))
        found = found.mask(at, values[period].reindex(found.index))
    return found


def _between(field: Field, before: pd.Series, after: pd.Series) -> pd.DataFrame:
    change = after - before
    return field.communities.assign(change=change, measured=change.notna())


def _event(field: Field, known: dict[int, pd.Series], k: int, reference: int | None, starts: pd.Series, confidence: float) -> dict[str, object]:
    period = str(int(starts.dt.year.iloc[0]) + k) if starts.dt.year.nunique() == 1 else ""
    row = {"event_time": k, "period": period, "value": nan, "lower": nan, "upper": nan, "p": nan, "sets": 0}
    if reference is None:
        return row | {"note": "no_reference"}
    d = differences(_between(field, known[reference], known[k])).to_numpy(dtype=np.float64)
    if k == reference:
        return row | {"value": 0.0, "sets": len(d), "note": "reference"}
    found = mean_of_sets(d, confidence)
    midyear = k == 0 and not (starts.dt.day_of_year == 1).all()
    note = "no_data" if not len(d) else joined(found.note, "part_treated" if midyear else "")
    return row | {"value": found.value, "lower": found.lower, "upper": found.upper, "p": found.p, "sets": len(d), "note": note}


def _has_pretrend(events: pd.DataFrame) -> bool:
    reference = events.loc[events["note"] == "reference", "event_time"]
    return bool(len(reference) and (events["value"].notna() & (events["event_time"] < reference.iloc[0])).any())
