"""What a score is made of: every raw value, with who gave it and the row it stands in. A rubric and a data set → records.

Place in the flow: the bottom of ``scores``. Nothing is scored here. What cannot be used (an item the rubric does not know, a value
above its maximum, a street that scores its own community) is taken out and told, with its cell; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..data.dataset import Dataset
from ..data.schema import WORK_CLASSES
from ..errors import check_option
from .boundaries import Boundaries
from .formula import evaluate_expression, names_in
from .indicators import INDICATORS, numbers, opinions
from .request import joined, request, rows, waves_in_order
from .rubric import Item, Rubric
from .rubric_checks import TALL
from .scoring import above_maximum, limits_of

KEYS = ["area_code", "project_id"]  # what is scored: a community, or a project of one
TRACE = ["source_file", "source_sheet", "source_row"]
RECORDS = (
    *KEYS, "item_code", "source", "assessor_code", "value", "target", "operator", "n", "quality", "status", "note", "indicator", "basis", *TRACE,
)  # fmt: skip
REFUSED = ("file", "sheet", "row", "code", "area_code", "item_code", "assessor_code", "found", "expected")
SCORED, NOT_APPLICABLE, MISSING = "scored", "not_applicable", "missing"
SMALL, JOINED, UNKNOWN = "small_sample", "joined_areas", "unknown_assessor"
_ONE = ["was", "project_id", "item_code", "source", "assessor_code"]  # of what there may be one score; ``was``: the area's code when it was scored


def last_wave(dataset: Dataset, period: str, wave: str | None) -> str:
    """The wave asked for, or the last one that was assessed in the period; ``ArgumentError`` where it does not exist."""
    rows = dataset.assessments[dataset.assessments["period"].eq(period)]
    known = rows["wave"].fillna("").astype("str").unique()
    if wave is None:
        return waves_in_order(known)[-1] if len(known) else ""
    check_option("wave", str(wave), sorted(known))
    return str(wave)


def records(dataset: Dataset, rubric: Rubric, limits: Boundaries, *, period: str, wave: str, as_of: object = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All raw values of a rubric, one row per value; and what was refused, one row per cell."""
    parts = [_counted(dataset, rubric, limits, period), _measured(dataset, rubric, period, as_of)]
    given, refused = _assessed(dataset, rubric, limits, period, wave) if rubric.unit == "community" else _judged(dataset, rubric, limits, period)
    found = pd.concat([part.reindex(columns=list(RECORDS)).astype(_KINDS) for part in (given, *parts) if len(part)] or [_none()], ignore_index=True)
    blank = ["assessor_code", "operator", "note", "indicator", "basis"]
    found = found.assign(**{c: found[c].fillna("") for c in blank})
    bad = found["status"].eq(SCORED) & _above(found, rubric)
    told = found[bad].assign(code="above_maximum", found=found.loc[bad, "value"].map("{:g}".format), expected=found.loc[bad, "item_code"].map(_scales(rubric)))
    found["status"], found["note"] = found["status"].mask(bad, MISSING), found["note"].mask(bad, "above_maximum")
    refused = pd.concat([refused, told.reindex(columns=list(REFUSED))], ignore_index=True) if bad.any() else refused
    targets, far = _targets(dataset, rubric, limits, period)
    return _with_targets(found, rubric, limits, targets), pd.concat([refused, far], ignore_index=True) if len(far) else refused


_KINDS = dict.fromkeys((*KEYS, "item_code", "source", "assessor_code", "operator", "status", "note", "indicator", "basis", *TRACE[:2]), "str") | {
    "value": "float64", "target": "float64", "n": "Int64", "quality": "Int64", "source_row": "Int64"}  # fmt: skip


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=list(RECORDS)).astype(_KINDS)


def _assessed(dataset: Dataset, rubric: Rubric, limits: Boundaries, period: str, wave: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores that people gave, by the areas of now."""
    items = {item.record: item for item in rubric.items if item.value == "assessments"}
    given = dataset.assessments if items else dataset.assessments[:0]  # a rubric of indicators alone asks nobody
    given = given[given["period"].eq(period) & given["wave"].fillna("").astype("str").eq(wave)].reset_index(drop=True)
    who = given["assessor_code"].astype("str").fillna("")
    now = limits.move(given)
    given = given.assign(was=given["area_code"], area_code=now, project_id="", assessor_code=who.where(who != "", given["source"].astype("str")))
    by = _whose(given, limits)
    nobody = given["source"].eq("peer") & ~by.isin(limits.tree["area_code"])  # whether it scores its own cannot be seen
    given["note"] = [joined(JOINED if old else "", UNKNOWN if who else "") for old, who in zip(given["was"].ne(now), nobody, strict=True)]
    own = given["source"].isin(["peer", "district"]) & limits.at(by, "street").eq(limits.at(given["area_code"], "street")).fillna(False)
    foreign = given["source"].eq("self") & by.ne(given["area_code"]) & by.isin(limits.tree["area_code"])
    known = given["item_code"].isin(list(items))
    pairs = {(record, source) for record, item in items.items() for source in item.sources}
    asked = pd.Series([pair in pairs for pair in zip(given["item_code"], given["source"], strict=True)], index=given.index, dtype="bool")
    faults = [("unknown_item", ~known, _names(items)), ("source_not_asked", known & ~asked, ""), ("own_community", own, ""), ("not_own_community", foreign, "")]
    return _kept(given.assign(item_code=given["item_code"].replace({record: item.code for record, item in items.items()})), rubric, faults)


def _whose(given: pd.DataFrame, limits: Boundaries) -> pd.Series:
    """The area that an assessor stands for, by its code of any year or its name; what is neither stays as it is."""
    named = limits.tree.drop_duplicates("area_name", keep=False).set_index("area_name")["area_code"]
    said = given["assessor_code"].str.strip()
    return limits.move(given.assign(area_code=said.map(named).fillna(said)))


def _judged(dataset: Dataset, rubric: Rubric, limits: Boundaries, period: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores that judges gave to projects of the period."""
    projects = dataset.projects[dataset.projects["period"].eq(period)].drop_duplicates("project_id").set_index("project_id")
    given = dataset.panel_scores.rename(columns={"judge": "assessor_code", "score": "value"})
    given = given[given["project_id"].isin(projects.index)].reset_index(drop=True)
    items = {(item.record, kind): item for item in rubric.items if item.value == "panel_scores" for kind in item.classes or WORK_CLASSES}
    kinds = given["project_id"].map(projects["work_class"]).astype("str").fillna("")
    found = [items.get(pair) for pair in zip(given["item_code"], kinds, strict=True)]
    unknown = ~given["item_code"].isin([record for record, _ in items])
    without = pd.Series([item is None for item in found], index=given.index, dtype="bool")
    given = given.assign(area_code=limits.move(given.assign(area_code=given["project_id"].map(projects["area_code"]), period=period)),
                         item_code=[item.code if item else code for item, code in zip(found, given["item_code"], strict=True)],
                         source=[next(iter(item.sources)) if item else "" for item in found], status=SCORED, was="", note="")  # fmt: skip
    return _kept(given, rubric, [("unknown_item", unknown, _names({record for record, _ in items})), ("no_class", without, "")])


def _names(codes: object) -> str:
    return ", ".join(sorted(map(str, codes)))  # type: ignore[call-overload]


def _kept(given: pd.DataFrame, rubric: Rubric, faults: list[tuple[str, pd.Series, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What can be scored, and what not, each with the first reason that applies."""
    faults = [*faults, ("above_maximum", _above(given, rubric), ""), ("two_scores", _twice(given), "")]
    why = pd.Series(np.select([f for _, f, _ in faults], [code for code, _, _ in faults], ""), index=given.index, dtype="str")
    expected = {code: text for code, _, text in faults}
    bad = given[why != ""]
    told = bad.rename(columns={"source_file": "file", "source_sheet": "sheet", "source_row": "row"}).assign(
        code=why[why != ""], found=bad["value"].map(lambda v: "" if pd.isna(v) else f"{v:g}"))  # fmt: skip
    told["found"] = told["found"].astype("str").where(~told["code"].isin(["unknown_item"]), told["item_code"])
    told["found"] = told["found"].where(~told["code"].isin(["source_not_asked"]), told["source"])
    told["found"] = told["found"].where(~told["code"].isin(["own_community", "not_own_community"]), told["assessor_code"])
    told["expected"] = told["code"].map(expected).where(told["code"] != "above_maximum", told["item_code"].map(_scales(rubric)))
    given = given[(why == "") & ~given.duplicated(_ONE)]
    status = given["status"].astype("str").fillna(SCORED)
    return given.assign(status=status.where(~(status.eq(SCORED) & given["value"].isna()), MISSING)), told.reindex(columns=list(REFUSED)).reset_index(drop=True)


def _above(given: pd.DataFrame, rubric: Rubric) -> pd.Series:
    """Scores that the item cannot have."""
    bad = pd.Series(False, index=given.index)
    for item in rubric.items:
        mine = given["item_code"].eq(item.code) & given["value"].notna()
        bad[mine] = above_maximum(item, given.loc[mine, "value"].to_numpy(dtype="float64"))
    return bad


def _scales(rubric: Rubric) -> dict[str, str]:
    return {item.code: "–".join(f"{limit:g}" for limit in limits_of(item)) for item in rubric.items}


def _twice(given: pd.DataFrame) -> pd.Series:
    """Different scores of one assessor for one item: which of them holds is not known."""
    values = given.assign(said=given["value"].astype("str") + given["status"].astype("str"))
    return values.groupby(_ONE, dropna=False)["said"].transform("nunique").gt(1) if len(given) else pd.Series(dtype="bool")


# --- values that nobody gives: indicators, formulas, honours, problems -----------------------------------------------------


def _measured(dataset: Dataset, rubric: Rubric, period: str, as_of: object) -> pd.DataFrame:
    """One row per community for each item that rests on indicators."""
    wanted = {item.code: indicators_of(item) for item in rubric.items if item.value == "formula" or item.indicator}
    if not wanted or rubric.unit != "community":
        return _none()
    table = _indicator_rows(dataset, {pair for pairs in wanted.values() for pair in pairs.values()}, period, as_of)
    parts = [_formula(item, wanted[item.code], table) if item.value == "formula" else _indicator(item, table[next(iter(wanted[item.code].values()))])
             for item in rubric.items if item.code in wanted]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def indicators_of(item: Item) -> dict[str, tuple[str, str]]:
    """Name in the rubric → indicator and basis."""
    names = names_in(item.options["expression"]) if item.value == "formula" else [item.value]
    return {name: split_indicator(name) for name in names}


def split_indicator(name: str) -> tuple[str, str]:
    """``usage_rate:paid/quota`` → indicator and basis; the main basis where none is named."""
    indicator, _, basis = name.partition(":")
    return indicator, basis or next(iter(INDICATORS[indicator].bases))


def _indicator_rows(dataset: Dataset, pairs: set[tuple[str, str]], period: str, as_of: object) -> dict[tuple[str, str], pd.DataFrame]:
    asked = request(dataset, by="community", period=period, subset=None, as_of=as_of, confidence=0.95, subsets=())
    wanted = {name: tuple(basis for of, basis in sorted(pairs) if of == name) for name in sorted({name for name, _ in pairs})}
    answers = opinions.answers(asked) if any(set(wanted[name]) & set(INDICATORS[name].surveyed) for name in wanted) else None
    table = rows(asked, numbers(asked, wanted, answers))
    return {pair: table[table["indicator"].eq(pair[0]) & table["basis"].eq(pair[1])].reset_index(drop=True) for pair in pairs}


def _indicator(item: Item, table: pd.DataFrame) -> pd.DataFrame:
    small = table["quality"].eq(3) & table["lower"].notna()
    return pd.DataFrame({
        "area_code": table["area_code"], "project_id": "", "item_code": item.code, "source": next(iter(item.sources)), "assessor_code": "",
        "value": table["value"], "n": table["n"], "quality": table["quality"], "status": np.where(table["value"].notna(), SCORED, MISSING),
        "note": np.where(small, SMALL, table["note"].where(table["value"].isna(), "")), "indicator": table["indicator"], "basis": table["basis"],
    })  # fmt: skip


def _formula(item: Item, names: dict[str, tuple[str, str]], tables: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """The value of an expression over indicators; unknown where one of them is."""
    values = {name: tables[pair]["value"].to_numpy(dtype="float64") for name, pair in names.items()}
    parts = [_indicator(item, tables[pair]) for pair in names.values()]
    value = np.asarray(evaluate_expression(item.options["expression"], values), dtype="float64")
    quality = pd.concat([part["quality"] for part in parts], axis=1).max(axis=1)
    small = np.any([part["note"].eq(SMALL) for part in parts], axis=0)
    why = np.where(small, SMALL, np.where(np.isnan(value), "unknown", ""))
    return parts[0].assign(value=value, quality=quality, status=np.where(np.isnan(value), MISSING, SCORED), note=why, indicator="", basis="")


def _counted(dataset: Dataset, rubric: Rubric, limits: Boundaries, period: str) -> pd.DataFrame:
    """Honours of the period, and problems found in it, counted for each community; 0 where the register is kept and names none."""
    items = [item for item in rubric.items if item.value in _COUNTS and rubric.unit == "community"]
    parts = [part for item in items if len(part := _count(dataset, item, limits, period))]
    return pd.concat(parts, ignore_index=True) if parts else _none()


def _count(dataset: Dataset, item: Item, limits: Boundaries, period: str) -> pd.DataFrame:
    table: pd.DataFrame = getattr(dataset, item.value)
    if table.empty:
        return _none()
    found = _COUNTS[item.value](table, item, period)
    if found.empty:
        return _none()  # nothing of this year: the register was not kept, which is not nothing found
    found = found.assign(area_code=limits.move(found))
    communities = limits.rows(("community",))["area_code"]
    sums = found.groupby("area_code")["value"].sum().reindex(communities, fill_value=0.0)
    first = found.drop_duplicates("area_code").set_index("area_code")[TRACE].reindex(communities)
    return pd.DataFrame({"area_code": communities, "project_id": "", "item_code": item.code, "source": next(iter(item.sources)), "assessor_code": "",
                         "value": sums.to_numpy(), "status": SCORED, "note": "", **{c: first[c].to_numpy() for c in TRACE}})  # fmt: skip


def _honours(table: pd.DataFrame, item: Item, period: str) -> pd.DataFrame:
    rows = table[table["period"].eq(period)]
    return rows.assign(value=rows["honour_level"].map(dict(item.options["scores"])).fillna(0.0).astype("float64"))


def _problems(table: pd.DataFrame, item: Item, period: str) -> pd.DataFrame:
    rows = table[table["found_on"].dt.year.eq(int(period))]
    about = item.options.get("about")
    rows = rows[rows["item_code"].isin(about)] if about else rows
    return rows.assign(value=1.0, period=period)


_COUNTS: dict[str, Callable[[pd.DataFrame, Item, str], pd.DataFrame]] = {"honours": _honours, "rectifications": _problems}


def _targets(dataset: Dataset, rubric: Rubric, limits: Boundaries, period: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The targets of the period, and those that no value can be held against: 95 for a share, which is 0.95."""
    given = dataset.targets[dataset.targets["period"].eq(period)].reset_index(drop=True)
    given = given.assign(area_code=limits.move(given)) if len(given) else given
    tall = {name: TALL.get(INDICATORS[item.indicator].unit, np.inf) for item in rubric.items if item.indicator for name in (item.code, item.indicator)}
    limit = given["item_code"].map(tall).astype("float64").fillna(np.inf)
    far = (given["target"] < 0) | (given["target"] > limit)
    told = given[far].rename(columns={"source_file": "file", "source_sheet": "sheet", "source_row": "row"})
    told = told.assign(code="above_maximum", found=told["target"].map("{:g}".format), expected=limit[far].map("0–{:g}".format))
    told = told.reindex(columns=list(REFUSED))
    return given[~far], told


def _with_targets(found: pd.DataFrame, rubric: Rubric, limits: Boundaries, given: pd.DataFrame) -> pd.DataFrame:
    """``target`` and ``operator`` of each record whose item is held against one: the area's own, its street's, its district's, the rubric's."""
    for item in rubric.items:
        mine = found["item_code"].eq(item.code)
        if item.scoring not in ("at_least", "at_most", "equal") or not mine.any():
            continue
        found.loc[mine, "target"], found.loc[mine, "operator"] = float(item.options.get("target", np.nan)), ""
        named = given[given["item_code"].isin([item.code, item.indicator])].sort_values("item_code", key=lambda c, own=item.code: c.eq(own))
        named = named.drop_duplicates("area_code", keep="last").set_index("area_code")
        for level in ("district", "street", "community"):
            at = limits.at(found.loc[mine, "area_code"], level)
            own = at.isin(named.index)
            held = named.reindex(at[own])
            found.loc[own.index[own], "target"] = held["target"].to_numpy(dtype="float64")
            found.loc[own.index[own], "operator"] = held["operator"].astype("str").to_numpy()
    return found
