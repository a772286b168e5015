"""Which rows a report shows: one area, the areas inside it, several years, the widest gaps, what must be repaired.

Between measuring and the notebooks, so that a notebook cell is one expression. Rows are chosen and counted here, nothing is
estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ..data.areas import ancestor, edition, period_end, resolve, years
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from ..kept import kept
from ..measure.disclosure import AUDIENCES, HIDDEN
from .audience_words import REFUSED, WIDEST
from .facts import MONEY
from .faults import FAULTS
from .formats import is_blank
from .naming import codes_under, is_district, listed
from .wording import say_position

FEW = 5  # records of a full count: with fewer, one of them moves the rate by more than 20 points

GAPS = ("indicator", "basis", "area_name", "value", "lower", "upper", "whole", "gap", "n", "unit", "origin", "reading")
REPAIRS = ("file", "sheet", "cell", "column", "found", "code", "expected")


def row_of(table: pd.DataFrame, area: str, **where: Any) -> pd.Series:
    """The one row of ``area``, with further columns fixed by name (``basis="satisfied"``).

    Raises
    ------
    ArgumentError
        No row, or several.
    """
    rows = table[table["area_code"] == area]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    if rows.empty:
        raise ArgumentError("area_not_in_table", found=area)
    if len(rows) > 1:
        raise ArgumentError("several_rows", found=area)
    return rows.iloc[0]


def rows_of(table: pd.DataFrame, indicator: str, basis: str | None = None) -> pd.DataFrame:
    """Rows of one indicator on one definition; the main one unless another is named."""
    from ..measure.indicators import INDICATORS

    wanted = basis or next(iter(INDICATORS[indicator].bases))
    return table[(table["indicator"] == indicator) & (table["basis"] == wanted)].reset_index(drop=True)


def pilots(table: pd.DataFrame, dataset: Dataset, period: str) -> pd.DataFrame:
    """Rows of the pilot communities, to be read and not compared: they were chosen, not drawn."""
    areas = edition(dataset.areas, period_end(period))
    chosen = areas.loc[areas["pilot_from"].notna(), "area_code"]
    found = table[table["area_code"].isin(chosen) & (table["level"] == "community")].reset_index(drop=True)
    found.attrs = {**table.attrs, "among": "pilots"}
    return found


def district_of(dataset: Dataset, area: str, period: str) -> str:
    """Code of the district that ``area`` lies in, or of ``area`` itself."""
    return ancestor(edition(dataset.areas, period_end(period)), "district").get(area, area)


def inside(table: pd.DataFrame, dataset: Dataset, area: str, period: str, *, level: str = "community") -> pd.DataFrame:
    """Rows of ``level`` whose area lies in ``area``, by the area tree valid at the period's end."""
    areas = edition(dataset.areas, period_end(period))
    at = str(areas.loc[areas["area_code"] == area, "level"].iloc[0]) if (areas["area_code"] == area).any() else "district"
    parent = ancestor(areas, at)
    return table[(table["level"] == level) & (table["area_code"].map(parent) == area)].reset_index(drop=True)


def span(first: str, period: str) -> str:
    """From ``first`` to the last year of ``period``: ``2018`` and ``2020`` → ``2018-2020``."""
    last = years(period)[-1]
    return last if int(first) >= int(last) else f"{first}-{last}"


def change_since(
    dataset: Dataset, indicator: str, *, baseline: str, current: str, by: str | Sequence[str] = "district", as_of: str | None = None
) -> pd.DataFrame:
    """``compare_periods``; where the two periods share years, its rows left blank with ``overlapping_periods``.

    For reports, which must be readable for any period: a report on the first year has nothing to compare with.
    """
    from ..measure import indicators
    from ..measure.compare import COLUMNS, compare_periods

    cut = None if is_blank(as_of) else as_of
    if not set(years(baseline)) & set(years(current)):
        return compare_periods(dataset, indicator, baseline=baseline, current=current, by=by, as_of=cut)
    now = getattr(indicators, indicator)(dataset, by=by, period=current, as_of=cut)
    blank = now.assign(baseline=baseline, current=current, note="overlapping_periods", value=float("nan")).reindex(columns=list(COLUMNS))
    numbers = ["baseline_value", "current_value", "change", "lower", "upper", "confidence", "relative_change", "within", "between"]
    return blank.astype(dict.fromkeys(numbers, "float64"))


def over_years(
    indicator: Callable[..., pd.DataFrame], dataset: Dataset, *, period: str, count: int = 3, first: str | None = None, as_of: str | None = None, **options: Any
) -> pd.DataFrame:
    """An indicator for each of the ``count`` years up to ``period``, each cut off at the same age.

    Years before ``first`` are left out (the fund was another one), unless the period itself is. A cut-off given for the last
    year is moved back year by year: money of different age is not compared.
    """
    last = int(years(period)[-1])
    start = max(last - count + 1, int(first)) if first and int(first) <= last else last - count + 1
    parts = []
    for year in range(start, last + 1):
        cut = None if is_blank(as_of) else str((pd.Timestamp(as_of) - pd.DateOffset(years=last - year)).date())
        parts.append(indicator(dataset, period=str(year), as_of=cut, **options))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def fund_since(dataset: Dataset) -> str:
    """The first fund year of the present fund, by the rule book's reform; ``ArgumentError`` where it names none."""
    for found in dataset.rules.get("breaks") or ():
        if found["what"] == "fund_reform":
            return str(found["period"])
    raise ArgumentError("no_break")


def fund_before(dataset: Dataset) -> str:
    """The years of the old funds: from the first of which the data know money to the last before ``fund_since``; that one alone where they know none."""
    since = fund_since(dataset)
    last = str(int(since) - 1)
    known = [year for name in ("allocations", "totals") for period in getattr(dataset, name)["period"].dropna().unique() for year in years(period)]
    return span(min((year for year in known if year < since), default=last), last)


def answers(dataset: Dataset, area: str, period: str, audience: str = "public") -> pd.DataFrame:
    """How the answers on satisfaction are spread: one row per level and one for don't-know.

    Counts of answers as given, not weighted; the rates beside them are. ``share`` is of all answers. Hidden ones are blank with a
    ``note`` (``release``): with all areas of the district at once and, where answers weigh alike, with the rates made of them.
    """
    from ..measure.design import is_simple
    from ..measure.disclosure import released
    from ..measure.people import relatives
    from .withheld import released_counts

    given = dataset.responses[dataset.responses["period"].isin(years(period))]
    rates = released(dataset, relatives("satisfaction_rate"), period=period, audience=audience) if is_simple(given) else None

    def spread(code: str) -> dict[str, float]:
        said = given.loc[given["area_code"].isin(codes_under(dataset, code)), "satisfaction"]
        counts = said.value_counts()
        return {str(level): float(counts.get(level, 0)) for level in (5, 4, 3, 2, 1)} | {"dont_know": float(said.isna().sum())}

    found = released_counts(dataset, area, period, audience, "answers", spread, beside=rates, known_by="answers")
    if rates is not None and area in _told_by_answers(rates):
        found = found.assign(count=float("nan"), share=float("nan"), note=HIDDEN[1])
    frame = found.rename(columns={"basis": "answer", "count": "answers"}).astype({"answers": "Int64"})
    frame.attrs = {"origin": dataset.origin}
    return frame


def _told_by_answers(rates: pd.DataFrame) -> set[str]:
    """Areas whose answers would give a hidden rate back; of a single street another one's, since the district's would tell by difference."""
    of = rates["basis"].isin(("satisfied", "basically", "level_x20"))
    gone = set(rates.loc[of & rates["note"].isin(HIDDEN), "area_code"])
    streets = rates[of & rates["level"].eq("street") & rates["n"].gt(0)].sort_values(["n", "area_code"])["area_code"].drop_duplicates()
    if streets.isin(gone).sum() == 1:
        gone |= set(streets[~streets.isin(gone)].head(1))
    return gone


def widest_gaps(
    table: pd.DataFrame, dataset: Dataset, area: str, period: str, *, level: str = "community", count: int = 5, lang: str = "zh", audience: str = "public"
) -> pd.DataFrame:
    """Areas inside ``area`` that do furthest worse than the district, each with what may be said of it.

    Worse is below where more is better and above where less is; an indicator of which neither is better is not listed. A survey
    estimate is listed only when its interval lies wholly on that side of the district's value; a full count when its value does.
    Reliability 3 and shares of fewer than five records are never listed, and each indicator counts once, on its main definition. One row
    per indicator and area; the indicator with the widest gap comes first, and so does the area within it. A street sees the gaps inside it, the
    public none: then no row, and the reason as a caption.
    """
    from ..measure.indicators import INDICATORS

    if not listed(dataset, area, audience):
        return _refused(GAPS, "gaps", dataset, area, lang)
    main = {(made.id, next(iter(made.bases))) for made in INDICATORS.values() if made.better}
    lower = [made.id for made in INDICATORS.values() if made.better == "lower"]
    table = table[[pair in main for pair in zip(table["indicator"], table["basis"], strict=True)]]
    whole = table[table["level"] == "district"].set_index(["indicator", "basis"])["value"]
    rows = inside(table, dataset, area, period, level=level)
    few = rows["lower"].isna() & (rows["n"] < FEW).fillna(False) & ~rows["indicator"].isin(MONEY)
    rows = rows[rows["value"].notna() & (rows["quality"] != 3) & ~few]
    theirs = pd.Series([whole.get(key) for key in zip(rows["indicator"], rows["basis"], strict=True)], index=rows.index, dtype="float64")
    rows = rows.assign(whole=theirs, gap=rows["value"] - theirs)
    full, sign = rows["method"].astype("str").str.contains("full count"), rows["indicator"].isin(lower).map({True: -1.0, False: 1.0})
    near = rows["upper"].where(sign > 0, rows["lower"]) - rows["value"] + rows["gap"]  # the limit on the district's side, less its value
    scale = rows["unit"].eq("score 0-100").map({True: 100.0, False: 1.0})
    rows = rows.assign(worse=rows["gap"] * sign / scale)[(rows["gap"] * sign < 0) & (full | (near * sign < 0))]
    rows = rows.sort_values("worse", kind="stable")
    worst = rows.groupby(["indicator", "basis"], sort=False).head(count)
    worst = worst.sort_values("indicator", key=lambda names: pd.factorize(names)[0], kind="stable")
    readings = [str(say_position(_one(table, row), row["area_code"], lang)) for _, row in worst.iterrows()]
    found = worst.assign(reading=readings)[list(GAPS)].reset_index(drop=True)
    found.attrs["caption"] = WIDEST[lang]
    return found


def _one(table: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Rows of the same indicator and definition."""
    return table[(table["indicator"] == row["indicator"]) & (table["basis"] == row["basis"])]


@kept
def held(dataset: Dataset) -> pd.DataFrame:
    """Which file has rows of which area in which table: ``table``, ``file``, ``area_code``, each once."""
    tables = {name: rows for name, rows in dataset.tables.items() if isinstance(rows, pd.DataFrame) and "area_code" in rows}
    found = [rows[["source_file", "area_code"]].drop_duplicates().assign(table=name) for name, rows in tables.items()]
    every = pd.concat([pd.DataFrame(columns=["source_file", "area_code", "table"], dtype="str"), *found], ignore_index=True)
    return every.rename(columns={"source_file": "file"})[["table", "file", "area_code"]]


def own_files(dataset: Dataset, area: str) -> pd.DataFrame:
    """Files of ``area`` or below: ``file``, and ``own`` where every located row of the file lies there.

    A file of which nothing could be kept belongs to the street that its folder or name speaks of.
    """
    files, sources = held(dataset), dataset.sources
    files = pd.concat([files[~files["table"].isin(["areas", "published"])], sources[sources["kept"].eq(0) & sources["area_code"].notna()]], ignore_index=True)
    mine = files["area_code"].isin(codes_under(dataset, area)).groupby(files["file"]).agg(["any", "all"]).reset_index()
    return mine[mine["any"]].rename(columns={"all": "own"})[["file", "own"]].reset_index(drop=True)


# told once: a missing column as what was found in the sheet, a repeated row as the row that was refused
_TOLD_AS_FOUND, _TOLD_AS_REFUSED = ("missing_column",), ("duplicate_row", "duplicate_key")


def repairs(dataset: Dataset, area: str | None = None, *, lang: str = "zh", audience: str = "public") -> pd.DataFrame:
    """Cells and rows to be repaired in the files: what was refused, then what was found.

    With an area, only files that concern nobody else: who must repair them is then certain. One row per cell, row or sheet. A street sees
    its own, all files are for internal readers; whom the list is not for gets no row, and the reason as a caption.
    """
    if not _may_see(dataset, area, audience):
        return _refused(REPAIRS, "repairs", dataset, area, lang)
    refused = dataset.refused.rename(columns={"rule": "code"})
    refused = refused[~refused["code"].isin(_TOLD_AS_FOUND)]
    found = dataset.findings[~dataset.findings["code"].isin(_TOLD_AS_REFUSED)]
    why = found["code"].eq("approximate") & found["detail"].isin(list(FAULTS))  # what was taken for 约3万 is not what should stand there
    found = found.assign(code=found["code"].mask(why, found["detail"]), expected=found["expected"].mask(why, ""))
    parts = [part[list(REPAIRS)].astype("str") for part in (refused, found) if len(part)]
    frame = pd.concat(parts or [pd.DataFrame(columns=list(REPAIRS), dtype="str")], ignore_index=True)
    if area is not None and not is_district(dataset, area):
        files = own_files(dataset, area)
        frame = frame[frame["file"].isin(files.loc[files["own"], "file"])]
    frame = frame.reset_index(drop=True)
    frame.attrs["origin"] = dataset.origin
    return frame


def _may_see(dataset: Dataset, area: str | None, audience: str) -> bool:
    """Whether an audience may see what must be put right: without an area, in all files."""
    check_option("audience", audience, AUDIENCES)
    return audience == "internal" or (area is not None and listed(dataset, area, audience))


def _refused(columns: Sequence[str], what: str, dataset: Dataset, area: str | None, lang: str) -> pd.DataFrame:
    """No rows, and who may see them as the caption."""
    frame = pd.DataFrame(columns=list(columns), dtype="str")
    whole = area is None or is_district(dataset, area)
    frame.attrs = {"origin": dataset.origin, "caption": REFUSED[lang][f"{what}_district" if whole else what]}
    return frame


def files_used(dataset: Dataset, area: str | None = None, *, audience: str = "public") -> pd.DataFrame:
    """The files behind a report with their checksums, and for whom they concern what was read, kept and refused. A street sees no file of another."""
    sources = dataset.sources
    if area is not None and not is_district(dataset, area):
        sources = sources[sources["file"].isin(own_files(dataset, area)["file"])]
    elif audience == "street":
        sources = sources[~sources["file"].isin(_of_one_street(dataset))]
    shown = ["read", "kept", "refused", "status"] if _may_see(dataset, area, audience) else []
    frame = sources[["file", "sha256", *shown]].reset_index(drop=True)
    frame.attrs["origin"] = dataset.origin
    return frame


def _of_one_street(dataset: Dataset) -> set[str]:
    """Files whose rows all lie in one street."""
    files = held(dataset)
    seen = pd.concat([files[files["table"].ne("areas")], dataset.sources], ignore_index=True)
    streets = seen["area_code"].map(ancestor(dataset.areas, "street")).groupby(seen["file"]).nunique()
    return set(streets.index[streets.eq(1)])


def area_of(dataset: Dataset, area: str, period: str) -> str:
    """The code of an area given by code or name, as valid at the period's end."""
    return resolve(edition(dataset.areas, period_end(period)), area)
