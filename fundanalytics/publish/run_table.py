"""Runs that somebody wrote down: a frame or CSV file, one row per run, checked as a whole before anything runs.

Place in the flow: beside ``plan``, which makes the table of the usual reports. Any notebook works that papermill can parameterise.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import edition, period_end, resolve
from ..data.reader.textfile import open_text
from ..errors import LANGS, ArgumentError, DataError, check_option
from ..show.labels import label
from .documents import FORMATS
from .names import file_code
from .plan import COLUMNS, OPTIONS, check_period, declared, default_of, notebook_path, row_of

if TYPE_CHECKING:
    from ..data.dataset import Dataset

OWN = ("notebook", "output", "formats", "parameters")  # all other columns are parameters
RESERVED = ("index", "indicators", "manifest", "assets", "charts", "failed")  # what a batch itself writes
EMPTY = {"zh": "表中没有一行运行", "en": "it is empty: no row is a run"}


def read_runs(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    """A table of runs: ``notebook`` (name or path), and if wanted ``output`` (name of the files), ``formats`` (with commas), ``parameters``
    (JSON or a mapping); each other column is a parameter, blank where the notebook's default holds.

    A file is text as data files are: UTF-8, UTF-16 or GB18030. Blank rows are passed over.

    Returns
    -------
    pandas.DataFrame
        One row per run, by its number; blanks are ``""``, whole numbers are ``int``, ``parameters`` are mappings.

    Raises
    ------
    ArgumentError
        It cannot be read, is empty, has no column ``notebook``, a heading twice or one that is no text; a row has more cells than there are
        headings, or ``parameters`` that are none.
    """
    table = source if isinstance(source, pd.DataFrame) else _of_file(Path(source).expanduser())
    names = _headings(table.columns)
    cells = {name: _cells(table.iloc[:, place].tolist()) for place, name in enumerate(names)}
    found = pd.DataFrame(cells, index=range(1, len(table) + 1), columns=names, dtype="object")
    found = found[[any(_filled(value) for value in row) for row in found.itertuples(index=False, name=None)]]
    if found.empty or "notebook" not in found:
        told = ", ".join(names) if isinstance(source, pd.DataFrame) else str(source)
        raise ArgumentError("runs_unread", found=told, reason=EMPTY if found.empty else "notebook")
    own: dict[str, list[Any]] = {"notebook": [str(value).strip() for value in found["notebook"]]}
    if "parameters" in found:
        own["parameters"] = [_mapping(row, value) if _filled(value) else "" for row, value in found["parameters"].items()]
    return found.assign(**{name: pd.Series(values, found.index, "object") for name, values in own.items()})


def _of_file(path: Path) -> pd.DataFrame:
    try:
        grid = open_text(path.read_bytes(), None, path.name, path.stem).rows
    except DataError as error:
        raise ArgumentError("runs_unread", found=str(path), reason={lang: label(error.code, lang, "fault") for lang in LANGS}) from None
    except (OSError, ValueError) as error:
        raise ArgumentError("runs_unread", found=str(path), reason=str(error).splitlines()[0]) from None
    rows = list(dropwhile(lambda row: not row, map(_trimmed, grid)))
    if not rows:
        return pd.DataFrame()
    names, *rows = rows
    for place, row in enumerate(rows, 1):
        if len(row) > len(names):
            raise _at(place, ArgumentError("run_too_long", expected=len(names), found=", ".join(row[len(names) :])))
    return pd.DataFrame([row + [""] * (len(names) - len(row)) for row in rows], columns=names, dtype="object")


def _trimmed(row: list[str | None]) -> list[str]:
    """A row without the blanks at its end, which spreadsheets write."""
    length = max((place for place, cell in enumerate(row, 1) if cell), default=0)
    return [cell or "" for cell in row[:length]]


def _headings(given: Iterable[Any]) -> list[str]:
    """Stripped, the known ones in small letters; each once, whatever its letters. Names of parameters wait for their notebook."""
    names = [name.strip() if isinstance(name, str) else name for name in given]
    counts = Counter(str(name).lower() for name in names)
    wrong = [str(name) for name in names if not isinstance(name, str) or not name or counts[name.lower()] > 1]
    if wrong:
        raise ArgumentError("runs_headings", found=", ".join(dict.fromkeys(wrong)))
    return [name.lower() if name.lower() in (*OWN, *OPTIONS) else name for name in names]


def _cells(column: list[Any]) -> list[Any]:
    """Blanks as ``""``; whole numbers as such again, which pandas makes floats of where one of them is blank."""
    column = [value if _filled(value) else "" for value in column]
    whole = all(value.is_integer() for value in column if isinstance(value, float))
    return [int(value) if whole and isinstance(value, float) else value for value in column]


def _mapping(row: int, cell: Any) -> dict[str, Any]:
    try:
        found = json.loads(cell) if isinstance(cell, str) else cell
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise _at(row, ArgumentError("run_parameters", found=str(cell)))
    return dict(found)


def _at(row: int, error: ArgumentError) -> ArgumentError:
    return ArgumentError("wrong_run", row=row, zh=error.say("zh"), en=error.say("en"))


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
    taken: set[str] = set()
    for place, given in zip(table.index, table.to_dict("records"), strict=True):
        try:
            rows.append(_planned(dataset, {name: value for name, value in given.items() if _filled(value)}, period, standard))
        except ArgumentError as error:
            raise _at(place, error) from None
        name = rows[-1]["name"]
        if name.casefold() in taken:  # one file on Windows and macOS
            raise ArgumentError("same_output", row=place, found=name)
        taken.add(name.casefold())
    return pd.DataFrame(rows, columns=[*COLUMNS, "formats"])


def _planned(dataset: Dataset, given: dict[str, Any], period: str, standard: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: given.pop(name, "") for name in OWN}
    notebook = Path(notebook_path(own["notebook"]))
    asks = declared(notebook)
    given = {name if name in asks else name.lower(): value for name, value in given.items()} | (own["parameters"] or {})
    for name in given.keys() & set(OPTIONS) - {"area", "period"}:
        raise ArgumentError("parameter_is_option", found=name, option=OPTIONS[name])
    years = str(given.pop("period", period)).strip()
    check_period(dataset, years)
    wanted = str(given.pop("area", default_of(asks["area"]) if "area" in asks else "") or "").strip()
    areas = edition(dataset.areas, period_end(years))
    area = areas[areas["area_code"] == resolve(areas, wanted)].iloc[0].to_dict() if wanted else {"area_code": "", "area_name": "", "level": ""}
    formats = tuple(dict.fromkeys(filter(None, (form.strip() for form in str(own["formats"]).split(",")))))
    for form in formats:
        check_option("formats", form, FORMATS)
    row = row_of(area, notebook, years, given, standard)
    return row | {"name": _output(str(own["output"]).strip()) or row["name"], "formats": formats}


def _output(given: str) -> str:
    """The name of a run's files; none of those that the batch itself writes."""
    path = Path(given)
    if given and (not path.name or path.name.startswith(".") or path.stem.casefold() in RESERVED):
        raise ArgumentError("reserved_output", expected=", ".join(RESERVED), found=given)
    return given and file_code(given)


def _filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else not (pd.api.types.is_scalar(value) and pd.isna(value))
