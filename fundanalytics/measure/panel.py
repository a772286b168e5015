"""Areas over time, ready for a statistics package: indicators, treatment and covariates by one edition of the areas.

Place in the flow: the end of ``measure`` for those who estimate elsewhere; ``publish.panels`` writes it. Every number is that of the
indicator table; nothing is filled in, and what is blank says why in ``notes``. No words for readers: the codebook holds codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pandas as pd

from ..data.areas import LEVELS, edition, period_end, years
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from .definitions import CONFIDENCE, INDICATORS
from .request import Request
from .results import Result, data_of
from .series import absorbed_pilots, asked_by, measured, treatment

SHAPES = ("long", "wide")
AREA = ("area_code", "area_name", "level", "street_code", "community_type", "pilot_from", "origin")
KEY = ("area_code", "period")
CODEBOOK = ("variable", "role", "indicator", "basis", "part", "period", "numerator", "denominator", "unit", "kind", "method", "rule", "source")
# variable → role, kind, rule
FIXED = {
    "area_code": ("key", "text", "constant_boundaries"), "area_name": ("area", "text", "constant_boundaries"), "level": ("area", "code", ""),
    "street_code": ("area", "text", "constant_boundaries"), "community_type": ("area", "code", ""), "pilot_from": ("treatment", "date", ""),
    "origin": ("area", "code", ""), "period": ("key", "text", ""), "treated": ("treatment", "number", "treated_since_pilot_from"),
    "event_time": ("treatment", "number", "years_since_pilot_from"),
}  # fmt: skip
PARTS = ("value", "lower", "upper", "n")


@dataclass(frozen=True, slots=True, eq=False)
class Panel(Result):
    """``to_frame()``: the panel. ``notes``: why what is blank, one column per variable. ``codebook``: one row per variable, as codes."""

    frame: pd.DataFrame
    notes: pd.DataFrame
    codebook: pd.DataFrame
    shape: str
    data: dict[str, str]

    def to_frame(self) -> pd.DataFrame:
        """One row per area and period (long), or per area (wide)."""
        return self.frame.copy()

    @property
    def method(self) -> tuple[str, ...]:
        """The methods behind the numbers."""
        return tuple(dict.fromkeys(code for codes in self.codebook["method"] for code in codes.split(";") if code))


def panel(
    dataset: Dataset, indicators: str | Sequence[str] | Mapping[str, str | Sequence[str]], *, by: str = "community", boundaries: str | None = None,
    periods: Sequence[str] | None = None, shape: str = "long", covariates: Sequence[str] | None = None, as_of: object = None,
    confidence: float = CONFIDENCE,
) -> Panel:  # fmt: skip
    """Indicators of areas over time by constant boundaries, with treatment and covariates, for models made elsewhere.

    Use: the same areas in every period. It misleads where a series breaks (``rules.yaml``), and estimates are not counts: their limits stand beside
    them.

    Parameters
    ----------
    dataset : Dataset
    indicators : str, sequence of str, or dict
        Ids of ``INDICATORS``, each on its first basis; a dict gives the basis or bases of each.
    by : str
        ``community``, ``street`` or ``district``.
    boundaries : str, optional
        A period whose last day's areas hold for all; default the last of ``periods``.
    periods : sequence of str, optional
        Fund years; default every year for which a table behind one of the indicators has records.
    shape : str
        ``long`` (a row per area and period) or ``wide`` (a row per area, ``<variable>_<period>``).
    covariates : sequence of str, optional
        Names of the table ``covariates``.
    as_of : date, optional
        Cut-off of the last period, the others at the same distance from their ends; default that of the rule book for each.
    confidence : float
        0-1.

    Returns
    -------
    Panel
        Columns: area (``street_code`` of its street), ``period``, ``treated`` (share of its communities that are pilots by the period's end: 0 or 1
        for a community), ``event_time`` (years since its first pilot began), for each indicator and basis ``<indicator>_<basis>`` with
        ``_lower``, ``_upper`` (surveys only) and ``_n``, covariates, ``origin``. ``notes`` has the codes of the indicator table; of a covariate
        ``no_data`` (none for this very period: that of another is not taken) or ``redrawn`` (joined or divided since: it cannot be added
        up); of ``treated`` ``former_pilot`` (a pilot of an earlier edition is part of it).

    Raises
    ------
    ArgumentError
        Unknown indicator, basis, level, shape, covariate or period; a period twice; boundaries before a later redrawing.

    Notes
    -----
    Sums of earlier editions go through the crosswalk by their shares; people cannot be divided, so the parts of a split community are
    blank in surveys and registers.

    Examples
    --------
    >>> from fundanalytics import load_sample
    >>> found = panel(load_sample(), ["usage_rate"], periods=["2019", "2020"])
    >>> found.to_frame().shape[0], list(found.to_frame())[-4:]
    (180, ['event_time', 'usage_rate_paid_arrived', 'usage_rate_paid_arrived_n', 'origin'])
    """
    check_option("shape", shape, SHAPES)
    check_option("by", by, LEVELS)
    wanted = _wanted(indicators)
    periods = _periods(dataset, wanted, periods)
    names = _covariates(dataset, covariates)
    asked = asked_by(dataset, periods, boundaries=boundaries, by=by, as_of=as_of, confidence=confidence)
    table = measured(asked, wanted)
    frame, notes = _areas(asked, dataset, by)
    for name, basis in _pairs(wanted):
        frame, notes = _with_indicator(frame, notes, table[(table["indicator"] == name) & (table["basis"] == basis)], name, basis)
    for name in names:
        frame, notes = _with_covariate(frame, notes, dataset, asked, name, by)
    frame = _origin_last(frame)
    codebook = _codebook(frame, wanted, table)
    if shape == "wide":
        frame, notes, codebook = _wide(frame, notes, codebook, list(periods))
    return Panel(frame, notes, codebook, shape, data_of(dataset))


# --- arguments -----------------------------------------------------------------------------------------------------------------
def _wanted(indicators: str | Sequence[str] | Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    given: Mapping[str, Any] = indicators if isinstance(indicators, Mapping) else dict.fromkeys([indicators] if isinstance(indicators, str) else indicators)
    wanted = {}
    for name, bases in given.items():
        check_option("indicators", name, INDICATORS)
        wanted[name] = [next(iter(INDICATORS[name].bases))] if bases is None else [bases] if isinstance(bases, str) else list(dict.fromkeys(bases))
        for basis in wanted[name]:
            check_option("basis", basis, INDICATORS[name].bases)
    if not wanted:
        check_option("indicators", "", INDICATORS)
    return wanted


def _pairs(wanted: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    return [(name, basis) for name, bases in wanted.items() for basis in bases]


def _periods(dataset: Dataset, wanted: Mapping[str, Iterable[str]], periods: Sequence[str] | None) -> list[str]:
    """The periods asked, in the order of time; or the years that the tables behind the indicators have."""
    if periods is None:
        found = sorted({year for name in wanted for table in INDICATORS[name].records for year in _years_of(dataset, table)})
        if not found:
            raise ArgumentError("no_data_for_period", found="None", expected="–")
        return found
    found = [periods] if isinstance(periods, str) else [str(period) for period in periods]
    repeated = sorted({p for p in found if found.count(p) > 1})
    if repeated or not found:
        raise ArgumentError("periods_repeated", found=", ".join(repeated) or "–")
    return sorted(found, key=lambda period: (period_end(period), period))


def _years_of(dataset: Dataset, name: str) -> list[str]:
    if name not in dataset.tables:
        return []
    table = nw.from_native(dataset.tables[name])
    year = nw.col("period") if "period" in table.columns else nw.col("held_on").dt.to_string("%Y").alias("period")
    found = table.select(year).filter(~nw.col("period").is_null()).unique()
    found = found.collect() if isinstance(found, nw.LazyFrame) else found
    return [str(y) for y in found["period"].to_list() if len(y) == 4 and y.isdigit()]


def _covariates(dataset: Dataset, names: Sequence[str] | None) -> list[str]:
    found = [names] if isinstance(names, str) else list(dict.fromkeys(names or ()))
    for name in found:
        check_option("covariates", name, sorted(dataset.covariates["name"].dropna().unique()))
    return found


# --- rows ------------------------------------------------------------------------------------------------------------------------
def _areas(asked: Mapping[str, Request], dataset: Dataset, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per area and period with what is known of the area, and the notes on its treatment."""
    limits = next(iter(asked.values())).limits
    areas = limits.areas[limits.areas["level"] == by].sort_values("area_code").reset_index(drop=True)
    communities = limits.areas[limits.areas["level"] == "community"]
    since, at = treatment(communities, dataset), limits.at(communities["area_code"], by)
    fixed = areas[["area_code", "area_name", "level"]].assign(
        street_code=limits.at(areas["area_code"], "street"), community_type=areas["community_type"],
        pilot_from=areas["area_code"].map(since.groupby(at).min()).astype("datetime64[s]"), origin=dataset.origin,
    )  # fmt: skip
    former = set(limits.at(pd.Series(list(absorbed_pilots(limits, dataset).values()), dtype="str"), by))
    parts = []
    for period in asked:
        treated = (since <= period_end(period)).groupby(at).mean()
        elapsed = int(years(period)[-1]) - fixed["pilot_from"].dt.year
        parts.append(fixed.assign(period=period, treated=fixed["area_code"].map(treated).astype("float64"), event_time=elapsed.astype("Int64")))
    frame = pd.concat(parts, ignore_index=True).sort_values(list(KEY), ignore_index=True)
    frame = frame[[*AREA[:-1], "period", "treated", "event_time", "origin"]].astype({"period": "str", "origin": "str"})
    return frame, frame[list(KEY)].assign(treated=pd.Series("", index=frame.index, dtype="str").mask(frame["area_code"].isin(former), "former_pilot"))


def variable_of(indicator: str, basis: str) -> str:
    """Name of a column: ``usage_rate`` and ``paid/arrived`` → ``usage_rate_paid_arrived``."""
    return f"{indicator}_{''.join(c if c.isalnum() else '_' for c in basis)}"


def _with_indicator(frame: pd.DataFrame, notes: pd.DataFrame, rows: pd.DataFrame, name: str, basis: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    variable = variable_of(name, basis)
    told = frame[list(KEY)].merge(rows[[*KEY, *PARTS, "note"]], on=list(KEY), how="left")
    return frame.assign(**{column: told[part] for column, part in _columns_of(name, basis).items()}), notes.assign(
        **{variable: told["note"].fillna("").astype("str")}
    )


def _with_covariate(
    frame: pd.DataFrame, notes: pd.DataFrame, dataset: Dataset, asked: Mapping[str, Request], name: str, by: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """A covariate of the same period, for areas that are one whole area of that time."""
    known = dataset.covariates[dataset.covariates["name"] == name].drop_duplicates(["area_code", "period"], keep="last")
    same = pd.concat([_same_area(side, dataset, by) for side in asked.values()], ignore_index=True)
    told = frame[list(KEY)].merge(same, on=list(KEY), how="left")
    found = told.merge(known[["area_code", "period", "value"]].rename(columns={"area_code": "code"}), on=["code", "period"], how="left")
    note = pd.Series("", index=frame.index, dtype="str").mask(found["value"].isna(), "no_data").mask(found["code"].isna(), "redrawn")
    column = name if name not in frame else f"covariate_{name}"
    return frame.assign(**{column: found["value"]}), notes.assign(**{column: note})


def _same_area(asked: Request, dataset: Dataset, by: str) -> pd.DataFrame:
    """``area_code``, ``period`` and the ``code`` that the area had at the period's end, where it is that one area, whole and alone."""
    year = years(asked.period)[-1]
    then = edition(dataset.areas, period_end(asked.period))
    links = asked.limits.links[(asked.limits.links["period"] == year) & asked.limits.links["code"].isin(then.loc[then["level"] == by, "area_code"])]
    alone = links[links["share"].gt(1 - 1e-9) & ~links["area_code"].duplicated(keep=False)]
    return alone[["area_code", "code"]].assign(period=asked.period).astype("str")


# --- codebook and shape ----------------------------------------------------------------------------------------------------------
def _origin_last(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[c for c in frame if c != "origin"] + ["origin"]]


def _columns_of(name: str, basis: str) -> dict[str, str]:
    """Column → what part of the indicator it is; counts have no limits."""
    parts = PARTS if basis in INDICATORS[name].surveyed else ("value", "n")
    return {variable_of(name, basis) + ("" if part == "value" else f"_{part}"): part for part in parts}


def _codebook(frame: pd.DataFrame, wanted: Mapping[str, Iterable[str]], table: pd.DataFrame) -> pd.DataFrame:
    made = {column: _of_indicator(column, name, basis, part, table) for name, basis in _pairs(wanted) for column, part in _columns_of(name, basis).items()}
    made |= {column: dict(zip(("role", "kind", "rule"), facts, strict=True)) for column, facts in FIXED.items()}
    covariate = {"role": "covariate", "kind": "number", "rule": "same_period_only", "source": "covariates"}
    rows = [dict.fromkeys(CODEBOOK, "") | {"variable": column} | made.get(column, covariate) for column in frame]
    return pd.DataFrame(rows, columns=list(CODEBOOK)).astype("str")


def _of_indicator(column: str, name: str, basis: str, part: str, table: pd.DataFrame) -> dict[str, str]:
    made = INDICATORS[name]
    used = table[(table["indicator"] == name) & (table["basis"] == basis) & table["value"].notna()]
    above, below = made.bases[basis]
    return {
        "variable": column, "role": {"value": "outcome", "n": "count"}.get(part, "limit"), "indicator": name, "basis": basis, "part": part,
        "numerator": above, "denominator": below, "unit": "" if part == "n" else made.unit, "kind": "count" if part == "n" else "number",
        "method": ";".join(sorted(used["method"].unique())), "rule": "constant_boundaries", "source": made.source,
    }  # fmt: skip


def _wide(frame: pd.DataFrame, notes: pd.DataFrame, codebook: pd.DataFrame, periods: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One row per area; what varies has a column per period."""
    fixed = [c for c in AREA if c in frame]
    areas = frame[fixed].drop_duplicates("area_code").set_index("area_code", drop=False)

    def spread(table: pd.DataFrame, columns: list[str]) -> dict[str, pd.Series]:
        each = {period: table[table["period"] == period].set_index("area_code") for period in periods}
        return {f"{c}_{p.replace('-', '_')}": each[p][c].reindex(areas.index) for c in columns for p in periods}

    varying = [c for c in frame if c not in (*fixed, "period")]
    wide = pd.concat([areas, pd.DataFrame(spread(frame, varying), index=areas.index)], axis=1).reset_index(drop=True)
    told = pd.DataFrame({"area_code": areas["area_code"]} | spread(notes, [c for c in notes if c not in KEY])).reset_index(drop=True)
    rows = codebook.set_index("variable", drop=False)
    parts = [rows.loc[fixed], *(rows.loc[[c]].assign(variable=f"{c}_{p.replace('-', '_')}", period=p) for c in varying for p in periods)]
    wide = _origin_last(wide)
    return wide, told, pd.concat(parts).set_index("variable", drop=False).loc[list(wide)].reset_index(drop=True)[list(CODEBOOK)]
