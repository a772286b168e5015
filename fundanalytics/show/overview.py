"""What a report says about itself: its title, the data behind it, published figures beside computed ones, how it was made.

Sentences about a data set rather than about a row. Counts only; estimates come from ``measure``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .. import __version__
from ..data.areas import edition, period_end, years
from ..data.dataset import Dataset
from .audience_words import REFUSED
from .canvas import STAMP
from .formats import BLANK, Sentence, day, difference, is_blank, money, number, percent, plain
from .labels import label, period_label
from .naming import codes_under, is_district, listed
from .sentences import OVERVIEW as TEXT
from .views import files_used, own_files, repairs
from .withheld import released_counts

__all__ = ["activity", "coverage", "published_beside", "say_coverage", "say_findings", "say_made", "say_title"]

COVERED = ("allocations", "projects", "payments", "events", "responses", "notices", "trainings", "listings")
# years of the old funds, against which the published difference in the usage rate was measured
BASELINE = "2012-2017"


def area_name(dataset: Dataset, area: str, period: str) -> str:
    """The name of an area at the period's end, or its latest one; the code where it has none."""
    now = edition(dataset.areas, period_end(period))
    for areas in (now, dataset.areas):
        names = areas.loc[areas["area_code"] == area, "area_name"]
        if len(names):
            return plain(names.iloc[-1])
    return plain(area)


def say_title(dataset: Dataset, area: str, period: str, lang: str = "zh") -> Sentence:
    """The report's title: area and period, and the stamp of invented data."""
    title = TEXT[lang]["title"].format(area=area_name(dataset, area, period), period=period_label(period, lang))
    stamp = f"\n{STAMP[lang]}" if dataset.origin == "synthetic" else ""
    return Title(title + stamp)


class Title(Sentence):
    """A sentence whose first line is a heading."""

    def _repr_markdown_(self) -> str:
        first, _, rest = self.partition("\n")
        heading = Sentence(first, prefix="## ")._repr_markdown_()
        return f"{heading}\n\n**{Sentence(rest)._repr_markdown_()}**" if rest else heading


def coverage(dataset: Dataset, area: str, period: str, audience: str = "public") -> pd.DataFrame:
    """Rows that speak of the area and period: ``table``, ``kept`` rows and ``files``, one row per table, zero rows included.

    A row of ``responses`` is a person: few of them, or what would give few back, are blank (``release``).
    """
    codes, wanted = codes_under(dataset, area), set(years(period))
    projects = dataset.projects
    mine = set(projects.loc[projects["area_code"].isin(codes) & projects["period"].isin(wanted), "project_id"])
    rows = []
    for name in COVERED:
        table = getattr(dataset, name)
        if name == "payments":
            part = table[table["project_id"].isin(mine)]
        elif name == "trainings":
            part = table[table["area_code"].isin(codes) & table["held_on"].dt.year.astype("Int64").astype("str").isin(wanted)]
        else:
            part = table[table["area_code"].isin(codes) & table["period"].isin(wanted)]
        rows.append({"table": name, "kept": len(part), "files": part["source_file"].nunique()})
    frame = pd.DataFrame(rows).astype({"kept": "Int64"})
    told = released_counts(dataset, area, period, audience, "responses", lambda code: {"count": _responses(dataset, codes_under(dataset, code), wanted)},
                           known_by="responses")  # fmt: skip
    frame["kept"] = frame["kept"].mask(frame["table"].eq("responses") & bool(told["note"].str.contains("suppressed").any()))
    frame.attrs["origin"] = dataset.origin
    return frame


def _responses(dataset: Dataset, codes: set[str], wanted: set[str]) -> int:
    return int((dataset.responses["area_code"].isin(codes) & dataset.responses["period"].isin(wanted)).sum())


def say_coverage(dataset: Dataset, area: str, period: str, lang: str = "zh", audience: str = "public") -> Sentence:
    """What the data cover: the files, the rows read and kept, and what was reported for the period; for whom they concern what was refused."""
    say, files, all_told = TEXT[lang], files_used(dataset, area, audience="internal"), listed(dataset, area, audience)
    counts = coverage(dataset, area, period, audience).set_index("table")["kept"]
    told = [say["table"].format(table=label(name, lang, "table"), n=number(counts[name])) for name in COVERED if is_blank(counts[name]) or counts[name]]
    silent = [
        label(name, lang, "table") for name in ("allocations", "projects", "payments", "events", "responses") if not is_blank(counts[name]) and not counts[name]
    ]
    read = {"files": len(files), "read": int(files["read"].sum()), "kept": int(files["kept"].sum())}
    named = read | {"own": int(own_files(dataset, area)["own"].sum()), "area": area_name(dataset, area, period), "all_files": len(dataset.sources)}
    wrong = {"refused": int(files["refused"].sum()), "wrong": len(repairs(dataset, area, audience=audience))} if all_told else {}
    level = label(dataset.areas.loc[dataset.areas["area_code"] == area, "level"].iloc[-1], lang, "levels")
    numbers = {name: number(value) if isinstance(value, int) else value for name, value in (named | wrong).items()}
    parts = [say["files" if is_district(dataset, area) else "files_of"], (say if all_told else REFUSED[lang])["rows"],
             say["refused"] if wrong.get("refused") else "", say["stop"], say["wrong"] if wrong.get("wrong") else ""]  # fmt: skip
    text = "".join(parts).format(**numbers, level=level, own_told=say["own"].format(**numbers) if named["own"] else "")
    if told:
        text += say["told"].format(period=period_label(period, lang), list=say["comma"].join(told))
    if silent:
        text += say["silent"].format(period=period_label(period, lang), list=say["comma"].join(silent))
    return Sentence(text, rows=(named, *counts.reset_index().to_dict("records")))


def say_findings(dataset: Dataset, area: str | None = None, lang: str = "zh", audience: str = "public") -> Sentence:
    """How many cells and rows must be repaired, by what is wrong with them. With an area, in the files that are its own.

    A street is told of its own, internal readers of all; for others: who may see it.
    """
    say, wrong = TEXT[lang], repairs(dataset, area, lang=lang, audience=audience)
    if wrong.empty:
        return Sentence(wrong.attrs.get("caption", say["no_findings"]))
    counts = wrong["code"].value_counts()
    told = say["comma"].join(say["finding"].format(code=label(code, lang, "fault"), n=number(n)) for code, n in counts.items())
    text = say["findings"].format(n=len(wrong), files=wrong["file"].nunique(), list=told)
    return Sentence(text, rows=[{"code": code, "n": n} for code, n in counts.items()])


def say_made(dataset: Dataset, area: str, period: str, as_of: Any = None, lang: str = "zh") -> Sentence:
    """How the report was made: versions, cut-off, rule book, files."""
    versions = {"fundanalytics": __version__, "pandas": pd.__version__, "numpy": np.__version__}
    packages = TEXT[lang]["package_comma"].join(f"{name} {version}" for name, version in versions.items())
    cut = day(period_end(period) if is_blank(as_of) else as_of, lang)
    rules = dataset.rules.get("version", BLANK)
    text = TEXT[lang]["made"].format(packages=packages, as_of=cut, rules=rules, files=len(files_used(dataset, area)))
    return Sentence(text + (f"\n{TEXT[lang]['fictional']}" if dataset.origin == "synthetic" else ""))


def activity(dataset: Dataset, area: str, period: str, lang: str = "zh", audience: str = "public") -> pd.DataFrame:
    """What was done beside the projects: trainings, register, matching platform. One row per figure, each counted exactly.

    Few attendances, or what would give few back, are blank (``release``).
    """
    figures = ("trainings", "training_attendees", "manuals", "listings", "listings_amount", "listings_matched")
    everywhere = ("social_organisations", "social_enterprises") if is_district(dataset, area) else ()
    values = {name: _FIGURES[name](dataset, codes_under(dataset, area), years(period)) for name in (*figures, *everywhere)}
    attended = _FIGURES["training_attendees"]
    told = released_counts(dataset, area, period, audience, "training_attendees",
                           lambda code: {"count": attended(dataset, codes_under(dataset, code), years(period))}, known_by="training_attendees")  # fmt: skip
    if told["note"].str.contains("suppressed").any():
        values["training_attendees"] = None
    rows = [{"item": name, "computed": _shown(value, name, lang)} for name, value in values.items()]
    return _stamped(pd.DataFrame(rows), dataset)


def published_beside(dataset: Dataset, lang: str = "zh") -> pd.DataFrame:
    """Published figures beside the same figures computed from the data. The two kinds of number never stand in one column."""
    rows = []
    for row in dataset.published.to_dict("records"):
        period = f"{row['period_from']}-{row['period_to']}" if row["period_from"] != row["period_to"] else str(row["period_from"])
        compute = _FIGURES.get(str(row["figure"]))
        computed = compute(dataset, codes_under(dataset, row["area_code"]), years(period)) if compute and not is_blank(row["period_from"]) else None
        published = (
            f"{label(row['qualifier'], lang, 'qualifier')}{'' if lang == 'zh' or row['qualifier'] == '=' else ' '}{_shown(row['value'], row['figure'], lang)}"
        )
        rows.append(
            {"figure": row["figure"], "period": period, "published": published, "computed": _shown(computed, row["figure"], lang), "source": row["source"]}
        )
    frame = pd.DataFrame(rows, columns=["figure", "period", "published", "computed", "source"])
    if frame["source"].nunique() == 1:  # said once, above the table
        frame.attrs["caption"] = f"{label('source', lang, 'column')}{'：' if lang == 'zh' else ': '}{frame.pop('source').iloc[0]}"
    return _stamped(frame, dataset)


def _stamped(frame: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    frame.attrs["origin"] = dataset.origin
    return frame


def _shown(value: Any, figure: object, lang: str) -> str:
    if is_blank(value):
        return BLANK
    if figure in ("fund_arrived", "listings_amount"):
        return money(value, lang)
    if figure == "usage_rate_change":
        return f"{difference(value, 'share', signed=True)} {label('points', lang, 'unit')}"
    return percent(value) if figure == "usage_rate" else number(value)


def _count(table: str, column: str, *, by_date: str | None = None, how: str = "nunique", **where: Any) -> Callable[[Dataset, set[str], list[str]], Any]:
    """A figure that is a count or a sum of one column over an area's rows of some years."""

    def figure(dataset: Dataset, codes: set[str], wanted: list[str]) -> Any:
        rows = getattr(dataset, table)
        rows = rows[rows["area_code"].isin(codes)]
        told = rows[by_date].dt.year.astype("Int64").astype("str") if by_date else rows["period"]
        rows = rows[told.isin(wanted)]
        for name, value in where.items():
            rows = rows[rows[name] == value]
        return getattr(rows[column], how)()

    return figure


def _organisations(kind: str) -> Callable[[Dataset, set[str], list[str]], Any]:
    return lambda dataset, codes, wanted: int((dataset.organisations["kind"] == kind).sum())


def _pilots(dataset: Dataset, codes: set[str], wanted: list[str]) -> int:
    areas = dataset.areas
    return int(areas.loc[areas["area_code"].isin(codes) & areas["pilot_from"].notna(), "area_code"].nunique())


def _usage(dataset: Dataset, codes: set[str], wanted: list[str]) -> float:
    from ..measure.indicators import usage_rate

    table = usage_rate(dataset, by="district", period=f"{wanted[0]}-{wanted[-1]}", subset={"fund": "guarantee"})
    return float(table["value"].iloc[0])


def _usage_change(dataset: Dataset, codes: set[str], wanted: list[str]) -> float:
    from ..measure.compare import compare_periods

    table = compare_periods(dataset, "usage_rate", baseline=BASELINE, current=f"{wanted[0]}-{wanted[-1]}", by="district")
    return float(table["change"].iloc[0])


_FIGURES: dict[str, Callable[[Dataset, set[str], list[str]], Any]] = {
    "fund_arrived": _count("allocations", "arrived", how="sum", fund="guarantee"),
    "projects": _count("projects", "project_id", fund="guarantee"),
    "usage_rate": _usage,
    "usage_rate_change": _usage_change,
    "trainings": _count("trainings", "training_id", by_date="held_on"),
    "training_attendees": _count("trainings", "attendees", by_date="held_on", how="sum"),
    "manuals": _count("trainings", "manuals", by_date="held_on", how="sum"),
    "pilots": _pilots,
    "social_organisations": _organisations("social_organisation"),
    "social_enterprises": _organisations("social_enterprise"),
    "listings": _count("listings", "listing_id"),
    "listings_amount": _count("listings", "amount", how="sum"),
    "listings_matched": _count("listings", "matched_on", how="count"),
}
