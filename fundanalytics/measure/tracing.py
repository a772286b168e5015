"""From a number back to its cells: which rows of which files and sheets it was made of, and what each of them gave.

Place in the flow: beside ``indicators``, for the annex of a report and for whoever doubts a figure. The rows are found by the functions that
count them (``row_units``), and what they give is added up and held against the figure: where the two differ, that is said. It shows
nothing and hides nothing; what an audience may see of it is decided in ``show``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.dataset import Dataset
from ..kept import once
from . import opinions
from .definitions import CONFIDENCE, INDICATORS
from .pairs import Pair, pair_of
from .pieces import BOTTOM, RECORD, TOP, answer_pieces, pieces
from .request import Request, request
from .row_units import Rows

if TYPE_CHECKING:
    from .scores import Evaluation

COLUMNS = ("period", "role", "table", "source_file", "source_sheet", "rows", "count", "amount", "note")
NEAR = 1e-9  # what adding in another order leaves
ASKED = {"indicator", "basis", "period", "as_of", "numerator", "level", "area_code"}
GIVEN, COMPUTED = ("assessments", "panel_scores", "honours", "rectifications"), "indicators"
NOT_TRACED, NOT_EQUAL = "not_traced", "not_equal"
Source = dict[Any, Any]  # of COLUMNS


def sources_of(dataset: Dataset, row: Any, *, evaluation: Evaluation | None = None) -> pd.DataFrame:
    """Where a number comes from: tables, files, sheets and rows.

    Use: to show the cells behind a figure, or to find the one that is wrong. It names rows, among them answers of single people: what may
    be printed of it depends on the reader.

    Parameters
    ----------
    dataset : Dataset
    row : mapping or Series
        A row of the indicator table, of ``compare_periods`` (both periods are traced, at the default cut-off unless the row has an ``as_of``) or of
        an evaluation's totals.
    evaluation : Evaluation, optional
        For a row of its totals.

    Returns
    -------
    DataFrame
        One row per period, role (``numerator``, ``denominator``; ``record`` of medians and scores), table, file and sheet: ``rows`` as ranges
        (``5-120, 130``), their ``count``, and ``amount``, what they give: yuan, or a number of people, projects or answers (weighted, where answers
        are). What is taken off (money paid, of money left over) is negative; a person met in several rows counts in the first. ``note``:
        ``not_equal`` where the rows do not add up to the figure, ``not_traced`` for figures that are no sums of rows, or the reason why the
        figure is blank.

    Raises
    ------
    ArgumentError
        As for the indicator.

    Examples
    --------
    >>> from fundanalytics import load_sample, usage_rate
    >>> sample = load_sample()
    >>> row = usage_rate(sample, by="district", period="2020").iloc[0]
    >>> found = sources_of(sample, row)
    >>> round(found.loc[found["role"] == "numerator", "amount"].sum(), 2) == round(row["numerator"], 2)
    np.True_
    """
    return Tracer(dataset, evaluation).sources(row)


class Tracer:
    """``sources_of`` for many rows: what several of them need is worked out once."""

    def __init__(self, dataset: Dataset, evaluation: Evaluation | None = None) -> None:
        self.rows, self.evaluation, self.given = Rows(dataset), evaluation, dataset
        self._worked_out: dict[tuple[object, ...], pd.DataFrame] = {}
        self._asked: dict[tuple[object, ...], Request] = {}
        self._answers: dict[tuple[object, ...], opinions.Answers] = {}
        self._pairs: dict[tuple[str, ...], Pair] = {}

    def sources(self, row: Any) -> pd.DataFrame:
        """As ``sources_of``."""
        return pd.DataFrame(self.records(row), columns=list(COLUMNS))

    def records(self, row: Any) -> list[Source]:
        """As ``sources_of``, its rows one by one."""
        data = dict(row)
        if "total" in data:
            return self._scored(data)
        if {"baseline", "current", "change"} <= data.keys():
            return self._compared(data)
        if not data.keys() >= ASKED or data["indicator"] not in INDICATORS:
            return _nothing("", NOT_TRACED)
        if pd.isna(data["value"]):
            return _nothing(str(data["period"]), str(data["note"]))
        return self._of_area(self._request(data), data)

    def _compared(self, data: Mapping[str, Any]) -> list[Source]:
        if pd.isna(data["change"]):
            return _nothing(f"{data['baseline']}, {data['current']}", str(data["note"]))
        if data.get("boundaries", "all_areas") != "all_areas" or data.get("left_out"):
            return _nothing(f"{data['baseline']}, {data['current']}", NOT_TRACED)
        sides = zip(self._pair(data).sides, ("baseline", "current"), strict=True)
        return [source for side, name in sides for source in self._of_area(side, {**data, "value": data[f"{name}_value"], "n": data.get(f"{name}_n")})]

    def _pair(self, data: Mapping[str, Any]) -> Pair:
        as_of = data.get("as_of", data.get("cut_off"))
        key = (str(as_of), *(str(data.get(name)) for name in ("indicator", "basis", "baseline", "current", "level", "subset")))
        if key not in self._pairs:
            self._pairs[key] = pair_of(self.given, data["indicator"], baseline=data["baseline"], current=data["current"], by=str(data["level"]),
                                       subset=_subset(data), as_of=as_of, basis=data["basis"], confidence=CONFIDENCE)  # fmt: skip
        return self._pairs[key]

    def _scored(self, data: Mapping[str, Any]) -> list[Source]:
        """The raw values behind a total: those that people gave by their rows, and how many are indicators, which have rows of their own."""
        period = str(data.get("period", ""))
        if self.evaluation is None or pd.isna(data["total"]):
            return _nothing(period, NOT_TRACED if self.evaluation is None else str(data["note"]))
        found, project = self.evaluation.records, data.get("project_id") or ""
        mine = self.evaluation.limits.at(found["area_code"], str(data["level"])).eq(str(data["area_code"])) & found["status"].eq("scored")
        found = found[mine & found["project_id"].eq(project) if project else mine]
        made_of = {item.code: item.value if item.value in GIVEN else COMPUTED for item in self.evaluation.rubric.items}
        found = found.assign(area_code=data["area_code"], role=RECORD, table=found["item_code"].map(made_of), amount=np.nan)
        return _told(_by_file(found[found["source_file"].fillna("").ne("") | found["table"].eq(COMPUTED)]).to_dict("records"), period, "")

    def _request(self, data: Mapping[str, Any]) -> Request:
        subset = _subset(data)
        key = (data["level"], data["period"], str(data["as_of"]), str(data.get("subset") or ""))
        if key not in self._asked:
            self._asked[key] = request(self.given, by=str(data["level"]), period=str(data["period"]), subset=subset, as_of=data["as_of"],
                                       confidence=CONFIDENCE, subsets=list(subset))  # fmt: skip
        return self._asked[key]

    def _of_area(self, asked: Request, data: Mapping[str, Any]) -> list[Source]:
        """The sources of one figure, held against it."""
        found = self._of_level(asked, data["indicator"], data["basis"])
        mine: list[Source] = found[found["area_code"].eq(str(data["area_code"]))].to_dict("records")
        return _told(mine, asked.period, _differs(mine, data))

    def _of_level(self, asked: Request, indicator: str, basis: str) -> pd.DataFrame:
        """The sources of all areas of a level, each person or community in the first of its rows."""
        level, held = asked.levels[0], tuple(sorted(asked.limits.links["period"].unique()))  # with the period they lead each code to its area
        key = (indicator, basis, asked.period, asked.as_of, asked.subset_text, asked.limits.period, held)

        def surveyed() -> pd.DataFrame:
            local = replace(asked, dataset=self.rows.plain)  # whose rows have places
            if key[2:] not in self._answers:
                self._answers[key[2:]] = opinions.answers(local)
            return answer_pieces(local, indicator, basis, level, self._answers[key[2:]])

        def counted() -> pd.DataFrame:
            found = self._once(("pieces", *key), lambda: pieces(self.rows, asked, indicator, basis))
            found = found.assign(area_code=asked.limits.at(found["area_code"], level))
            again = found["key"].ne("") & found.duplicated(["area_code", "role", "key"])
            return found.assign(amount=found["amount"].mask(again, 0.0))

        make = surveyed if basis in INDICATORS[indicator].surveyed else counted
        return self._once(("sources", level, *key), lambda: _by_file(self._with_places(make())))

    def _once(self, key: tuple[object, ...], make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if key not in self._worked_out:
            self._worked_out[key] = once("tracing", {"dataset": self.given, "key": tuple(map(str, key))}, make)
        return self._worked_out[key]

    def _with_places(self, found: pd.DataFrame) -> pd.DataFrame:
        """The pieces with the file, sheet and row of each."""
        parts = []
        for name, mine in found.groupby("table"):
            where = getattr(self.rows.plain, str(name)).reindex(columns=["source_file", "source_sheet", "source_row"])
            where = where.iloc[mine["row"].to_numpy(dtype="int64")]
            parts.append(mine[["area_code", "role", "table", "amount"]].assign(**{c: where[c].to_numpy() for c in where}))
        return pd.concat(parts, ignore_index=True) if parts else found.assign(source_file="", source_sheet="", source_row=pd.NA)


# --- from pieces to files, sheets and rows -----------------------------------------------------------------------------------------
def _by_file(found: pd.DataFrame) -> pd.DataFrame:
    """Per area, role, table, file and sheet: ``rows``, their ``count``, ``amount`` and number of ``pieces``. A row that counts in two parts counts once."""
    found = found.assign(**{c: found[c].astype("str").fillna("") for c in ("source_file", "source_sheet")})
    each = found.groupby(["area_code", "role", "table", "source_file", "source_sheet"], sort=True)
    made = pd.DataFrame(
        {"count": each["source_row"].nunique(), "amount": each["amount"].sum(min_count=1).astype("float64"), "pieces": each.size()}
    ).reset_index()
    rows = ranges(found["source_row"], each.ngroup()).reindex(made.index, fill_value="")
    return made.assign(rows=rows, count=made["count"].mask(made["count"].eq(0), made["pieces"]))


def _told(found: list[Source], period: str, note: str) -> list[Source]:
    return [{name: one.get(name) for name in COLUMNS} | {"period": period, "note": note} for one in found] or _nothing(period, note)


def _nothing(period: str, note: str) -> list[Source]:
    return [{**dict.fromkeys(COLUMNS, ""), "period": period, "count": 0, "amount": math.nan, "note": note}]


def ranges(numbers: pd.Series, groups: pd.Series) -> pd.Series:
    """Row numbers as text, by group: 5, 6, 7, 9 → ``5-7, 9``; a group without numbers is left out."""
    known = pd.DataFrame({"group": groups, "row": numbers.astype("Int64")}).dropna().astype("int64")
    known = known[known["group"].ge(0)].drop_duplicates().sort_values(["group", "row"])
    begins = known["group"].ne(known["group"].shift()) | known["row"].diff().ne(1)
    runs = known.groupby(["group", begins.cumsum()])["row"].agg(["min", "max"]).droplevel(1)
    first, last = (runs[name].astype("str") for name in ("min", "max"))
    return first.where(runs["min"].eq(runs["max"]), first + "-" + last).groupby(level=0).agg(", ".join)


def _differs(found: list[Source], data: Mapping[str, Any]) -> str:
    """``not_equal`` where the sources do not give the figure: its numerator, denominator or value, or as many records as it says."""
    sums = {role: math.fsum(one["amount"] for one in found if one["role"] == role and not math.isnan(one["amount"])) for role in (TOP, BOTTOM, RECORD)}
    pairs = [(sums[role], data.get(role)) for role in (TOP, BOTTOM)]
    if data["indicator"] == "process_days":
        pairs = [(sums[RECORD], data.get("n"))]
    elif sums[BOTTOM]:
        pairs.append((sums[TOP] / sums[BOTTOM], data["value"]))
    if data["basis"] in INDICATORS[data["indicator"]].surveyed and any(one["table"] == "responses" for one in found):
        pairs.append((float(sum(one["pieces"] for one in found if one["role"] == BOTTOM)), data.get("n")))
    known = [(mine, float(theirs)) for mine, theirs in pairs if theirs is not None and not pd.isna(theirs)]
    return "" if all(abs(mine - theirs) <= NEAR * max(1.0, abs(theirs)) for mine, theirs in known) else NOT_EQUAL


def _subset(data: Mapping[str, Any]) -> dict[str, list[str]]:
    text = data.get("subset")
    pairs = [part.split("=", 1) for part in str(text).split(";")] if text and not pd.isna(text) else []
    return {name: values.split(",") for name, values in pairs}
