"""How the projects were carried out, counted: finished, in time, announced, with vouchers, sourced by the rules.

Place in the flow: from the large tables, on any dataframe engine, to small counts per area, fund year and fund, which ``ledger``
adds up. A project counts as *yes*, *no*, *silent* (its ledger says nothing of the matter) or *unknown* (it happened, nobody wrote
when; or what must be known for a judgement is blank). What happened after ``as_of`` has not happened; a stage is reached when it or
a later one has a date by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw
import pandas as pd

from ..data.dataset import Dataset
from . import tally
from .money import funds_of
from .request import Request, rule

DATES = {"proposed": "proposed_on", "resolved": "resolved_on", "contracted": "contracted_on", "started": "started_on", "finished": "finished_on",
         "accepted": "accepted_on", "repair_asked": "repair_asked_on", "repaired": "repaired_on"}  # fmt: skip
STAGES = list(DATES)[:6]
OPEN = ("planned", "contracted", "underway")
# which way of sourcing a tier asks for; the thresholds of the tiers are the district's own. rules.yaml may say otherwise
SOURCING = {"major": ("tender",), "general": ("tender", "comparison"), "small": ("tender", "comparison", "direct")}
OWN_WORK = {"self_help": ("self",)}
COUNTED = ("completion_rate", "on_time_rate", "disclosure_rate", "sourcing_compliance_rate", "self_raised_ratio")


def _is(column: str, *values: str) -> Any:
    return nw.col(column).is_in(list(values)).fill_null(False)


def _blank(*columns: str) -> Any:
    return nw.all_horizontal(*[nw.col(c).is_null() for c in columns], ignore_nulls=False)


def before(column: str, other: Any) -> Any:
    return (nw.col(column) <= other).fill_null(False)


def _after(column: str, other: Any) -> Any:
    return (nw.col(column) > other).fill_null(False)


def _any(*found: Any) -> Any:
    return reduce(or_, found)


def _from(stage: str) -> list[str]:
    """Date columns of a stage and those after it."""
    return [DATES[s] for s in STAGES[STAGES.index(stage) :]]


def _common(day: Any) -> dict[str, Any]:
    """Flags that several judgements share, as columns: so each is worked out once, on every engine."""
    return {"_stopped": _is("status", "stopped"), "_open": _is("status", *OPEN), "_stateless": nw.col("status").is_null(),
            "_not_begun": _any(*[_after(DATES[s], day) for s in STAGES[:4]])}  # fmt: skip


Judgement = dict[str, Callable[[Callable[[str], Any]], Any]]  # part → how it is made from the parts before it


def _completion(day: Any, stage: str) -> Judgement:
    """Finished, or accepted: a stopped project is not; one that says so without a day is unknown."""
    dates = _from(stage)
    still_open = nw.col("_open") if stage == "finished" else nw.col("_open") | _is("status", "finished")
    later = _any(*[_after(c, day) for c in (("finished_on",) if stage == "finished" else ("finished_on", "accepted_on"))])
    return {
        "yes": lambda at: ~nw.col("_stopped") & _any(*[before(c, day) for c in dates]),
        "no": lambda at: ~at("yes") & (nw.col("_stopped") | later | nw.col("_not_begun") | still_open),
        "silent": lambda at: ~at("yes") & ~at("no") & nw.col("_stateless") & _blank(*dates),
        "unknown": lambda at: ~at("yes") & ~at("no") & ~at("silent"),
        "told": lambda at: ~nw.col("_stateless") | ~_blank(*dates),
        "stopped": lambda at: nw.col("_stopped"),
    }


def _on_time(day: Any) -> Judgement:
    """Finished by the planned day, where that day has come; accepted by then is finished by then."""
    planned = nw.col("planned_end_on")
    undated = _blank("finished_on", "accepted_on")
    in_time = before("finished_on", planned) | (nw.col("finished_on").is_null() & before("accepted_on", planned))
    return {
        "due": lambda at: before("planned_end_on", day),
        "yes": lambda at: at("due") & ~nw.col("_stopped") & in_time,
        "no": lambda at: at("due") & ~at("yes") & (nw.col("_stopped") | _after("finished_on", planned) | (undated & nw.col("_open"))),
        "silent": lambda at: at("due") & ~at("yes") & ~at("no") & undated & nw.col("_stateless"),
        "unknown": lambda at: (planned.is_null() & ~nw.col("_not_begun")) | (at("due") & ~at("yes") & ~at("no") & ~at("silent")),
        "told": lambda at: ~nw.col("_stateless") | ~undated,
        "stopped": lambda at: at("due") & nw.col("_stopped"),
    }


def _disclosure(day: Any, stage: str, announced: str) -> Judgement:
    """Announced by a notice that names the project, of those that reached a stage; what was announced has reached it."""
    own, later = DATES[stage], _from(stage)[1:]
    passed = _any(*[before(c, day) for c in later]) if later else nw.lit(False)
    perhaps = ~_is("status", "planned") if stage == "resolved" else _is("status", stage)
    return {
        "yes": lambda at: before(announced, day),
        "due": lambda at: before(own, day) | (nw.col(own).is_null() & passed) | at("yes"),
        "silent": lambda at: at("due") & ~at("yes"),
        "unknown": lambda at: ~at("due") & _blank(own, *later) & perhaps,
        "told": lambda at: ~nw.col(announced).is_null(),
    }


def _sourcing(day: Any, allowed: Mapping[str, Sequence[str]], by_class: Mapping[str, Sequence[str]]) -> Judgement:
    """Sourced as the tier (or the kind of work) asks for, of the projects not known to be sourced later."""
    dates = _from("contracted")
    fits = [_is("tier", tier) & _is("sourcing", *ways) for tier, ways in allowed.items()]
    fits += [_is("work_class", kind) & _is("sourcing", *ways) for kind, ways in by_class.items()]
    return {
        "due": lambda at: _any(*[before(c, day) for c in dates]) | ~_any(*[_after(c, day) for c in dates]),
        "yes": lambda at: at("due") & _any(*fits),
        "unknown": lambda at: at("due") & ~at("yes") & (nw.col("tier").is_null() | nw.col("sourcing").is_null()),
        "no": lambda at: at("due") & ~at("yes") & ~at("unknown"),
    }


def _notices(dataset: Dataset) -> Any:
    """``project_id`` and the first day on which its ``resolution`` and its ``review`` were announced; a notice of a project that
    only heads others is one of each of these."""
    rows = nw.from_native(dataset.notices).filter(~nw.col("project_id").is_null())
    days = [nw.when(_is("step", step)).then(nw.col("published_on")).alias(f"{step}_notice") for step in ("resolution", "review")]
    first = rows.select("project_id", *days).group_by("project_id").agg(nw.col("resolution_notice").min(), nw.col("review_notice").min())
    heads = tally.headings(dataset)
    if not heads:
        return first
    below = nw.from_native(dataset.projects).filter(nw.col("parent_project_id").is_in(heads)).select("project_id", "parent_project_id")
    shared = below.join(first, left_on="parent_project_id", right_on="project_id", how="inner").select(first.columns)
    return nw.concat([first, shared]).group_by("project_id").agg(nw.col("resolution_notice").min(), nw.col("review_notice").min())


def judged(asked: Request, names: Sequence[str] = COUNTED) -> pd.DataFrame:
    """Counts of projects per indicator, basis, area, fund year and fund, as ``ledger.share_units`` takes them."""
    dataset, day = asked.dataset, asked.as_of.to_pydatetime()
    rows = tally.own_projects(dataset, asked.period, funds_of(asked))
    if "disclosure_rate" in names:
        rows = rows.join(_notices(dataset), on="project_id", how="left")
    made: dict[tuple[str, str], Judgement] = {}
    if "completion_rate" in names:
        made |= {("completion_rate", stage): _completion(day, stage) for stage in ("finished", "accepted")}
    if "on_time_rate" in names:
        made["on_time_rate", "on_time"] = _on_time(day)
    if "disclosure_rate" in names:
        made["disclosure_rate", "resolution"] = _disclosure(day, "resolved", "resolution_notice")
        made["disclosure_rate", "review"] = _disclosure(day, "accepted", "review_notice")
    if "sourcing_compliance_rate" in names:
        made["sourcing_compliance_rate", "sourced"] = _sourcing(day, rule(dataset, "sourcing", SOURCING), rule(dataset, "sourcing_own_work", OWN_WORK))
    sums = {("self_raised_ratio", "self_raised/budget"): _self_raised()} if "self_raised_ratio" in names else {}
    rows = _flagged(rows.with_columns(**_common(day)), made)
    return pd.concat(summed(rows, {key: _counts(key, parts) for key, parts in made.items()} | sums), ignore_index=True)


def _column(key: tuple[str, str], part: str) -> str:
    return f"_{key[0]}_{key[1]}_{part}"


def _parts_of(key: tuple[str, str]) -> Callable[[str], Any]:
    """The columns of a basis by the names of its parts."""
    return lambda part: nw.col(_column(key, part))


def _flagged(rows: Any, made: dict[tuple[str, str], Judgement]) -> Any:
    """``rows`` with a column per basis and part, each made from those before it."""
    for step in range(max((len(parts) for parts in made.values()), default=0)):
        flags = {}
        for key, parts in made.items():
            if step < len(parts):
                part, made_by = list(parts.items())[step]
                flags[_column(key, part)] = made_by(_parts_of(key))
        rows = rows.with_columns(**flags)
    return rows


def _counts(key: tuple[str, str], parts: Judgement) -> dict[str, Any]:
    """The flags of a basis as the columns that are summed: ``base`` is yes and no."""
    flags = {part: nw.col(_column(key, part)) if part in parts else nw.lit(False) for part in ("yes", "no", "silent", "told", "unknown", "stopped")}
    flags["base"] = flags["yes"] | flags.pop("no")
    return {part: flag.cast(nw.Int64) for part, flag in flags.items()}


def summed(rows: Any, made: dict[tuple[str, str], dict[str, Any]], by: list[str] = tally.UNIT) -> list[pd.DataFrame]:
    """The columns of every basis summed in one pass over the rows, one frame per basis; counts stand for ``n`` where it is not given."""
    names = {(key, part): f"s{i}_{part}" for i, (key, parts) in enumerate(made.items()) for part in parts}
    rows = rows.select(*by, *[parts[part].alias(names[key, part]) for key, parts in made.items() for part in parts])
    wide = tally.totalled(rows, by, list(names.values()))
    found = []
    for key, parts in made.items():
        own = wide[by].assign(indicator=key[0], basis=key[1], **{part: wide[names[key, part]] for part in parts})
        found.append(own.assign(n=own.get("n", own["base"]), n_silent=own.get("n_silent", own["silent"])))
    return found


def _self_raised() -> dict[str, Any]:
    """Self-raised money against the budgets, in 分; a blank is none where the street records any."""
    budgeted, stated, none = ~nw.col("budget").is_null(), ~nw.col("self_raised").is_null(), nw.lit(0)
    raised = nw.when(budgeted).then(tally.fen(nw.col("self_raised"))).otherwise(none)
    return {"yes": raised, "silent": tally.fen(nw.col("budget")), "n_silent": budgeted.cast(nw.Int64), "unknown": (~budgeted).cast(nw.Int64),
            "told": stated.cast(nw.Int64), "base": none, "n": none, "stopped": none}  # fmt: skip


FLAGS = ("has_invoice", "has_receipt", "has_bank_flow")


def vouchers(asked: Request) -> pd.DataFrame:
    """Payments made by ``as_of``, by number and by amount, that have invoice, receipt and bank flow.

    Only payments of which all three are known count. A payment taken back (negative) weighs as much as one made.
    """
    counted, _ = tally.made(asked.dataset.payments, asked.as_of)
    paid = nw.from_native(asked.dataset.payments).select(
        "project_id", fen=tally.fen(nw.col("amount")).abs(), counted=counted,
        known=nw.all_horizontal(*[~nw.col(f).is_null() for f in FLAGS], ignore_nulls=False),
        full=nw.all_horizontal(*[nw.col(f).fill_null(False) for f in FLAGS], ignore_nulls=False),
    )  # fmt: skip
    projects = nw.from_native(asked.dataset.projects).select("project_id", *tally.UNIT)
    projects = tally.of(projects, asked.period, funds_of(asked))
    rows = paid.filter(nw.col("counted")).join(projects, on="project_id", how="inner")
    full, known = nw.col("full"), nw.col("known")  # a blank is not full, so what is full is known
    common = {"silent": nw.lit(0), "told": nw.lit(0), "n_silent": nw.lit(0), "stopped": nw.lit(0), "unknown": (~known).cast(nw.Int64),
              "n": known.cast(nw.Int64)}  # fmt: skip
    amount = {name: nw.when(flag).then(nw.col("fen")).otherwise(nw.lit(0)) for name, flag in (("yes", full), ("base", known))}
    number = {"yes": full.cast(nw.Int64), "base": known.cast(nw.Int64)}
    return pd.concat(summed(rows, {("voucher_rate", "payments"): common | number, ("voucher_rate", "payments_amount"): common | amount}), ignore_index=True)
