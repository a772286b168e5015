"""Runs that somebody wrote down: a frame or CSV file, one row per run, checked as a whole before anything runs.

Place in the flow: beside ``plan``, which makes the table of the usual reports. Any notebook works that papermill can parameterise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import edition, period_end, resolve
from ..errors import ArgumentError, check_option
from .documents import FORMATS
from .names import file_code
from .plan import COLUMNS, OPTIONS, check_period, declared, default_of, notebook_path, row_of

if TYPE_CHECKING:
    from ..data.dataset import Dataset

OWN = ("notebook", "output", "formats", "parameters")  # all other columns are parameters


def read_runs(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    """A table of runs: ``notebook`` (name or path), and if wanted ``output`` (name of the files), ``formats`` (with commas), ``parameters``
    (JSON or a mapping); each other column is a parameter, blank where the notebook's default holds.

    Raises
    ------
    ArgumentError
        It cannot be read, has no rows or no column ``notebook``.
    """
    if isinstance(source, pd.DataFrame):
        table = source
    else:
        try:
            table = pd.read_csv(source, dtype="str", encoding="utf-8-sig", keep_default_na=False)
        except (OSError, ValueError) as error:
            raise ArgumentError("runs_unread", found=str(source), reason=str(error).splitlines()[0]) from None
    if "notebook" not in table or table.empty:
        raise ArgumentError("runs_unread", found=", ".join(map(str, table.columns)), reason="notebook")
    return table.reset_index(drop=True)


def planned(dataset: Dataset, *, table: pd.DataFrame, period: str, standard: Mapping[str, Any]) -> pd.DataFrame:
    """The table of runs as ``plan`` makes it, with ``formats``; every row checked.

    Parameters
    ----------
    dataset
        For the areas and periods that exist.
    table
        What ``read_runs`` returns.
    period
        Where a row has none and its notebook asks for one.
    standard
        As in ``plan``.

    Raises
    ------
    ArgumentError
        With the number of the row: unknown notebook, parameter, area or format, a value of the wrong type, a parameter that the batch sets for
        all, two rows with the same output.
    """
    rows: list[dict[str, Any]] = []
    for place, given in enumerate(table.to_dict("records"), 1):
        try:
            rows.append(_planned(dataset, {str(name): value for name, value in given.items() if _filled(value)}, period, standard))
        except ArgumentError as error:
            raise ArgumentError("wrong_run", row=place, zh=error.say("zh"), en=error.say("en")) from None
        if rows[-1]["name"] in {row["name"] for row in rows[:-1]}:
            raise ArgumentError("same_output", row=place, found=rows[-1]["name"])
    return pd.DataFrame(rows, columns=[*COLUMNS, "formats"])


def _planned(dataset: Dataset, given: dict[str, Any], period: str, standard: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: given.pop(name, "") for name in OWN}
    given |= json.loads(own["parameters"]) if isinstance(own["parameters"], str) and own["parameters"] else dict(own["parameters"] or {})
    for name in given.keys() & set(OPTIONS) - {"area", "period"}:
        raise ArgumentError("parameter_is_option", found=name, option=OPTIONS[name])
    notebook = Path(notebook_path(own["notebook"]))
    asks = declared(notebook)
    years = str(given.pop("period", period))
    check_period(dataset, years)
    wanted = given.pop("area", default_of(asks["area"]) if "area" in asks else "")
    areas = edition(dataset.areas, period_end(years))
    area = areas[areas["area_code"] == resolve(areas, str(wanted))].iloc[0].to_dict() if wanted else {"area_code": "", "area_name": "", "level": ""}
    formats = tuple(dict.fromkeys(filter(None, (form.strip() for form in str(own["formats"]).split(",")))))
    for form in formats:
        check_option("formats", form, FORMATS)
    row = row_of(area, notebook, years, given, standard)
    return row | {"name": file_code(str(own["output"])) if own["output"] else row["name"], "formats": formats}


def _filled(value: Any) -> bool:
    return isinstance(value, dict) or not (value is None or value == "" or value != value)
