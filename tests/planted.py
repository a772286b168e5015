"""A data folder of a few communities in which small counts of people are planted, for whoever tries to get them back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from fundanalytics.data.dataset import Dataset
from fundanalytics.publish.files import write_csv

DISTRICT, STREETS = "999901", ("999901001", "999901007", "999901009")
FEW, SHY, LONE = "999901001010", "999901001011", "999901009013"
# community: answers, of them not satisfied, of them aware; no two of one size, so that every rate is the area's own
ANSWERS = {FEW: (37, 2, 34), SHY: (41, 11, 20), "999901001012": (43, 9, 23), "999901007011": (47, 12, 26), "999901007012": (53, 15, 29), LONE: (31, 10, 4)}
CAME = {SHY: 3}  # people at events, where not as in the sample
MIN = 5
COLUMNS = ("source_file", "source_sheet", "source_row")


def planted(sample: Dataset, *, names: Mapping[str, str] | None = None) -> dict[str, pd.DataFrame]:
    """Tables of the year 2020 and of the areas in ``ANSWERS`` and above, answers made up, in a simple sample."""
    codes = {DISTRICT, *STREETS, *ANSWERS}
    projects = sample.projects[sample.projects["area_code"].isin(codes) & sample.projects["period"].eq("2020")]
    areas = sample.areas[sample.areas["area_code"].isin(codes) & sample.areas["valid_to"].isna()]
    if names:
        areas = areas.assign(area_name=[names.get(code, name) for code, name in zip(areas["area_code"], areas["area_name"], strict=True)])
    tables = {"areas": areas.assign(valid_from=pd.NaT), "projects": projects}
    tables["payments"] = sample.payments[sample.payments["project_id"].isin(projects["project_id"])]
    for name in ("populations", "allocations", "events", "assessments"):
        rows = getattr(sample, name)
        tables[name] = rows[rows["area_code"].isin(codes) & rows["period"].eq("2020")]
    kept = tables["assessments"]["source"].ne("peer") | tables["assessments"]["assessor_code"].isin(STREETS)
    tables["assessments"] = tables["assessments"][kept]
    tables["participants"] = _participants(sample, tables["events"])
    tables["responses"] = pd.DataFrame([row for code, numbers in ANSWERS.items() for row in _answers(code, *numbers)])
    return tables


def _participants(sample: Dataset, events: pd.DataFrame) -> pd.DataFrame:
    rows = sample.participants.merge(events[["event_id", "area_code"]], on="event_id")
    parts = [people[people["person_key"].isin(people["person_key"].unique()[: CAME.get(code, 10**6)])] for code, people in rows.groupby("area_code")]
    return pd.concat(parts).drop(columns="area_code")


def _answers(code: str, n: int, against: int, aware: int) -> list[dict[str, object]]:
    """``aware`` of the first answers, which in a small place are those who are not satisfied."""
    return [{"response_id": f"{code}-{i}", "area_code": code, "period": "2020", "wave": "1", "is_resident": True, "aware": i < aware,
             "took_part": i % 3 == 0, "satisfaction": _level(i, n, against)} for i in range(n)]  # fmt: skip


def _level(i: int, n: int, against: int) -> int:
    return 2 + (i % 2 and against > MIN) if i < against else 4 + i % 2


def write_planted(folder: Path, sample: Dataset, **options: object) -> Path:
    """The tables as CSV files."""
    folder.mkdir(parents=True)
    for name, table in planted(sample, **options).items():  # type: ignore[arg-type]
        write_csv(table.drop(columns=[c for c in COLUMNS if c in table]), folder / f"{name}.csv")
    return folder
