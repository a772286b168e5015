"""Pilots and the other communities of their streets: who is compared with whom, and who is left out and why.

Place in the flow: under ``pilots``. It takes the rows of two (or more) periods by the boundaries of the last one and sets each pilot
beside its street. It draws no conclusion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..data.areas import period_end, years
from ..data.dataset import Dataset
from .request import Request, joined
from .series import absorbed_pilots, treatment

SETS = (
    "street_code", "street_name", "pilot_code", "pilot_name", "pilot_from", "pilots", "others", "unmeasured", "baseline_pilot", "baseline_others",
    "baseline_gap", "change_pilot", "change_others", "difference", "note",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Field:
    """The communities of one edition: ``area_code``, ``area_name``, ``street_code``, ``pilot_from``, ``role``; indexed by code.

    ``role``: ``pilot``, ``other``, or why it is neither: ``treated_before`` (a pilot before the first period was over), ``not_yet_treated``,
    ``former_pilot`` (a pilot of an earlier edition is part of it). ``lost``: streets whose pilot was one of those.
    """

    communities: pd.DataFrame
    streets: dict[str, str]
    lost: set[str]
    begins: pd.Timestamp


def field_of(asked: Request, dataset: Dataset, baseline: str) -> Field:
    """The communities valid at the end of the asked period and their roles in a comparison with ``baseline``."""
    limits = asked.limits
    areas = limits.areas[limits.areas["level"] == "community"]
    since = treatment(areas, dataset)
    street = limits.at(areas["area_code"], "street")
    role = pd.Series("other", index=areas.index).mask(since.notna(), "pilot")
    role = role.mask(since > period_end(asked.period), "not_yet_treated").mask(since <= period_end(baseline), "treated_before")
    absorbed = absorbed_pilots(limits, dataset)
    role = role.mask(role.eq("other") & areas["area_code"].isin(absorbed.values()), "former_pilot")
    # a community without a street is a set, and a cluster, of its own
    found = (
        areas[["area_code", "area_name"]].assign(street_code=street.fillna(areas["area_code"]), pilot_from=since, role=role).set_index("area_code", drop=False)
    )
    names = limits.areas.set_index("area_code")["area_name"]
    streets = {code: str(names.get(code, code)) for code in sorted({*found["street_code"], *limits.areas.loc[limits.areas["level"] == "street", "area_code"]})}
    lost = set(limits.at(pd.Series(list(absorbed.values()), dtype="str"), "street"))
    return Field(found, streets, lost, pd.Timestamp(int(years(asked.period)[0]), 1, 1))


def changes(field: Field, values: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """The communities with ``before``, ``change`` and ``measured``; ``values``: a column per period, indexed by code."""
    before, after = (values[period].reindex(field.communities.index) for period in (first, last))
    change = after - before
    return field.communities.assign(before=before, change=change, measured=change.notna())


def differences(found: pd.DataFrame, column: str = "change") -> pd.Series:
    """Per street: mean of its pilots less mean of its others, of the measured; streets without either are absent."""
    of = found[found["measured"]].groupby(["street_code", "role"])[column].mean().unstack("role").reindex(columns=["pilot", "other"])
    return (of["pilot"] - of["other"]).dropna()


def set_rows(field: Field, found: pd.DataFrame, notes: pd.Series) -> pd.DataFrame:
    """One row per street, with its difference or the reason why there is none; ``notes``: of the figures, by code."""
    rows = [_set_row(field, code, found[found["street_code"] == code], notes) for code in field.streets]
    return pd.DataFrame(rows, columns=list(SETS)).astype({"pilot_from": "datetime64[s]", "note": "str"})


def _set_row(field: Field, street: str, members: pd.DataFrame, notes: pd.Series) -> dict[str, object]:
    pilots, others = members[members["role"] == "pilot"], members[members["role"] == "other"]
    told = pilots if len(pilots) else members[members["role"].isin(["treated_before", "not_yet_treated"])]
    known, compared = pilots[pilots["measured"]], others[others["measured"]]
    usable = len(known) and len(compared)
    numbers = {f"{name}_{side}": float(rows[column].mean()) if usable else np.nan
               for side, rows in (("pilot", known), ("others", compared)) for name, column in (("baseline", "before"), ("change", "change"))}  # fmt: skip
    return numbers | {
        "street_code": street, "street_name": field.streets[street], "pilot_code": ";".join(told["area_code"]), "pilot_name": ";".join(told["area_name"]),
        "pilot_from": told["pilot_from"].min(), "pilots": len(known), "others": len(compared),
        "unmeasured": len(pilots) + len(others) - len(known) - len(compared),
        "baseline_gap": numbers["baseline_pilot"] - numbers["baseline_others"], "difference": numbers["change_pilot"] - numbers["change_others"],
        "note": _reason(field, street, members, pilots, others, notes),
    }  # fmt: skip


def _reason(field: Field, street: str, members: pd.DataFrame, pilots: pd.DataFrame, others: pd.DataFrame, notes: pd.Series) -> str:
    """Why a street has no difference; or what must be known of the one it has."""
    if not len(pilots):
        roles = set(members["role"]) & {"treated_before", "not_yet_treated"}
        return joined(*roles) or ("pilot_redrawn" if street in field.lost else "no_pilot")
    if not pilots["measured"].any():
        return joined("pilot_not_measured", *notes.reindex(pilots["area_code"]).dropna())
    if not others["measured"].any():
        return joined("no_others_measured" if len(others) else "no_others", *notes.reindex(others["area_code"]).dropna())
    return "part_treated" if (pilots["pilot_from"] > field.begins).any() else ""
