"""Where every community has the fund, none can stand for what would be without it: how outcomes moved with how much money came.

Place in the flow: beside ``pilots``, for a question that has no untreated. The dose is the formula quota per head, which follows from
population and kind of community and not from how well a community does. It says how two changes went together, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import narwhals as nw
import numpy as np
import pandas as pd

from ..data.areas import edition, period_end, years
from ..data.dataset import Dataset
from ..data.schema import FUNDS
from ..errors import check_option
from . import tally
from .clustered import CR2, Coefficient, cluster_robust
from .definitions import CONFIDENCE
from .pairs import broken, pair_of
from .randomisation import SEED, Randomised, wild_bootstrap
from .request import Request, joined, rule
from .results import Result, bare, data_of
from .series import measured

FUND = "guarantee"
# what the slope rests on beside the data; labels say them in words
ASSUMED = ("linear_in_dose", "parallel_without_change", "dose_by_formula", "no_spillover")
FEWEST = 3  # communities: two make a line through any points
ESTIMATES = ("indicator", "basis", "estimand", "method", "value", "lower", "upper", "confidence", "p", "se", "df", "clusters", "areas", "assignments", "exact",
             "unit", "note")  # fmt: skip
AREAS = ("area_code", "area_name", "street_code", "dose_before", "dose_after", "dose_change", "baseline_value", "current_value", "change", "note")


@dataclass(frozen=True, slots=True, eq=False)
class DoseEffect(Result):
    """What ``dose_effect`` returns. ``design``: one row: range of doses, who has none, what is assumed. ``areas``: one row per community.
    ``estimates``: one row per method (``to_frame()``)."""

    design: pd.DataFrame
    areas: pd.DataFrame
    estimates: pd.DataFrame
    data: dict[str, str]

    def to_frame(self) -> pd.DataFrame:
        """One row per method."""
        return self.estimates.copy()

    @property
    def method(self) -> tuple[str, ...]:
        """The methods of ``estimates``."""
        return tuple(self.estimates["method"])

    def _repr_html_(self) -> str:
        return "\n".join(bare(frame) for frame in (self.design, self.estimates))


def dose_effect(
    dataset: Dataset, indicator: str = "satisfaction_rate", *, baseline: str, current: str, fund: str = FUND, as_of: object = None, basis: str | None = None,
    confidence: float = CONFIDENCE, seed: int = SEED,
) -> DoseEffect:  # fmt: skip
    """How an indicator changed with the change of formula quota per head, among communities that all have the fund.

    Use: did more money per head go with a larger change? Where everybody has the fund this is all that a comparison can ask. It misleads
    where the quota per head changed for reasons that move the outcome by themselves: a community that was merged has a lower quota per
    head and a new committee.

    Parameters
    ----------
    dataset : Dataset
        ``allocations`` (or ``totals``) with ``quota``, ``populations``, and what the indicator needs.
    indicator : str
        An id of ``INDICATORS``; one of money has the quota in itself and is no outcome.
    baseline, current : str
        Fund years with a quota each.
    fund : str
        The fund whose quota is the dose.
    as_of, basis, confidence, seed
        As for ``pilot_effect``.

    Returns
    -------
    DoseEffect
        ``value``: change of the indicator for each yuan per head and year. All blank with ``dose_constant`` where the dose changed alike
        everywhere (but for rounding), with ``too_few_areas`` below three communities. The design's ``note`` holds ``dose_design``,
        ``no_untreated`` where nobody's dose is 0 in ``current``, and the breaks between the periods; ``assumed`` names what the slope rests
        on. A community without a change says why: ``no_quota``, ``no_persons``, or the figures' own note.

    Raises
    ------
    ArgumentError
        As for ``compare_periods``, and an unknown fund.

    Notes
    -----
    Least squares of Δ outcome on Δ (Σ quota / Σ persons), every community alike, which equals a regression of the outcome on the dose with a
    constant per community and period; CR2 and wild cluster restricted bootstrap over streets. By the communities of ``current``'s end:
    quotas and persons of earlier editions go through the crosswalk.

    References
    ----------
    Callaway, Goodman-Bacon & Sant'Anna (2024), NBER 32117 (what a dose needs beyond parallel trends); Pustejovsky & Tipton (2018).

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = dose_effect(load_sample(), "satisfaction_rate", baseline="2018", current="2020")
    >>> found.design["note"].iloc[0].split(";")[-2:]
    ['dose_design', 'no_untreated']
    """
    check_option("fund", fund, FUNDS)
    pair = pair_of(dataset, indicator, baseline=baseline, current=current, by="community", subset=None, as_of=as_of, basis=basis, confidence=confidence)
    table = measured({baseline: pair.before, current: pair.asked}, {indicator: [pair.basis]})
    areas = _areas(pair.asked, pair.before, table, fund)
    known = areas[areas["note"].eq("")]
    names = {"indicator": indicator, "basis": pair.basis, "unit": pair.made.unit}
    told = joined("dose_design", "no_untreated" if len(known) and known["dose_after"].min() > 0 else "", broken(dataset, baseline, current, indicator))
    estimates = _estimates(known, confidence, seed).assign(**names, confidence=confidence)
    design = names | _range(known) | {"fund": fund, "baseline": baseline, "current": current, "areas": len(known), "unmeasured": len(areas) - len(known),
                                      "assumed": ";".join(ASSUMED), "note": told}  # fmt: skip
    return DoseEffect(pd.DataFrame([design]), areas, estimates[list(ESTIMATES)], data_of(dataset))


# --- the dose ----------------------------------------------------------------------------------------------------------------
def quota_per_head(asked: Request, fund: str = FUND) -> pd.DataFrame:
    """Quota in yuan per person and year of each community of the asked edition, and why it is blank.

    Returns
    -------
    DataFrame
        Indexed by ``area_code``: ``dose``, ``note`` (``no_quota``, ``no_persons``: not known for every year and part of it).
    """
    held = years(asked.period)
    quota = tally.received(asked.dataset, asked.period, as_of=asked.as_of, funds=(fund,))
    quota = quota.groupby(["area_code", "period"], as_index=False)["quota"].sum(min_count=1)
    basis = str(rule(asked.dataset, "population_basis", "resident"))
    people = nw.from_native(asked.dataset.populations).filter(nw.col("period").is_in(held), nw.col("basis") == basis)
    persons = tally.sums(people.to_native(), ["area_code", "period"], ["persons"])
    persons["persons"] = persons["persons"].where(persons["persons_known"] > 0)  # hundredths, like the quota in 分
    areas = asked.limits.areas.loc[asked.limits.areas["level"] == "community", "area_code"]
    sums = {name: _of_every_year(asked, frame, name, len(held)).reindex(areas) for name, frame in (("quota", quota), ("persons", persons))}
    note = pd.Series("", index=pd.Index(areas, name="area_code")).mask(~(sums["persons"] > 0), "no_persons").mask(sums["quota"].isna(), "no_quota")
    return pd.DataFrame({"dose": (sums["quota"] / sums["persons"]).where(note == ""), "note": note})


def _of_every_year(asked: Request, frame: pd.DataFrame, column: str, number: int) -> pd.Series:
    """Sum over the years per community, blank unless each year and every part of the community is known."""
    due = asked.limits.links[asked.limits.links["period"].isin(years(asked.period))]
    due = due.merge(_valid(asked), on=["code", "period"]).rename(columns={"code": "from"})
    found = due.merge(frame[["area_code", "period", column]].rename(columns={"area_code": "from"}), on=["from", "period"], how="left")
    found["part"] = found[column] * found["share"]
    by = found.groupby("area_code")
    whole = by["part"].sum(min_count=1).where(by["part"].apply(lambda part: part.notna().all()))
    return whole.where(by["period"].nunique() == number)


def _valid(asked: Request) -> pd.DataFrame:
    """``code`` and ``period`` of the communities that each year had."""
    parts = [edition(asked.dataset.areas, period_end(year)).assign(period=year) for year in years(asked.period)]
    areas = pd.concat(parts, ignore_index=True)
    return areas.loc[areas["level"] == "community", ["area_code", "period"]].rename(columns={"area_code": "code"}).astype("str")


def _areas(asked: Request, before: Request, table: pd.DataFrame, fund: str) -> pd.DataFrame:
    """One row per community: both doses, both values, both changes, or why not."""
    limits = asked.limits
    areas = limits.areas[limits.areas["level"] == "community"].set_index("area_code", drop=False)
    doses = [quota_per_head(side, fund) for side in (before, asked)]
    values = table.pivot(index="area_code", columns="period", values="value").reindex(areas.index)
    notes = table[table["value"].isna()].groupby("area_code")["note"].agg(lambda codes: joined(*codes)).reindex(areas.index).fillna("")
    street = limits.at(areas["area_code"], "street").fillna(areas["area_code"])
    found = areas[["area_code", "area_name"]].assign(
        street_code=street, dose_before=doses[0]["dose"], dose_after=doses[1]["dose"], baseline_value=values[before.period],
        current_value=values[asked.period],
        note=[joined(*each) for each in zip(doses[0]["note"], doses[1]["note"], notes, strict=True)],
    )  # fmt: skip
    found = found.assign(dose_change=found["dose_after"] - found["dose_before"], change=found["current_value"] - found["baseline_value"])
    return found[list(AREAS)].sort_index().reset_index(drop=True)


def _range(known: pd.DataFrame) -> dict[str, float]:
    """Least, middle and greatest dose, before, after and of the change; blank without communities."""
    return {f"{name}_{end}": float(known[name].agg(how)) if len(known) else nan
            for name in ("dose_before", "dose_after", "dose_change") for end, how in (("least", "min"), ("median", "median"), ("most", "max"))}  # fmt: skip


# --- the slope ---------------------------------------------------------------------------------------------------------------
def _estimates(known: pd.DataFrame, confidence: float, seed: int) -> pd.DataFrame:
    change, dose, street = (known[c].to_numpy() for c in ("change", "dose_change", "street_code"))
    spread, size = (np.ptp(dose), np.abs(known[["dose_before", "dose_after"]].to_numpy()).max()) if len(known) else (0.0, 0.0)
    if len(known) < FEWEST or spread <= 1e-6 * size:
        note = "too_few_areas" if len(known) < FEWEST else "dose_constant"
        return pd.DataFrame([_row(Coefficient(nan, nan, nan, nan, nan, nan, len(set(street)), CR2, note), known)]).astype({"exact": "boolean"})
    found: list[Coefficient | Randomised] = [cluster_robust(change, dose, street, confidence=confidence)]
    found.append(wild_bootstrap(change, dose, street, confidence=confidence, seed=seed))
    return pd.DataFrame([_row(each, known) for each in found]).astype({"exact": "boolean", "assignments": "float64"})


def _row(found: Coefficient | Randomised, known: pd.DataFrame) -> dict[str, object]:
    return {
        "estimand": "slope_per_yuan", "method": found.method, "value": found.value, "lower": found.lower, "upper": found.upper, "p": found.p,
        "se": getattr(found, "se", nan), "df": getattr(found, "df", nan), "clusters": known["street_code"].nunique(), "areas": len(known),
        "assignments": getattr(found, "assignments", nan), "exact": getattr(found, "exact", None), "note": found.note,
    }  # fmt: skip
