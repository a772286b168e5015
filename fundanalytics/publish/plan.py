"""What is to be made: which notebook runs for which area with which parameters, checked before anything runs.

Place in the flow: between the command line and ``runs``. A plan is a table with one row per run. papermill only warns about
a misspelt parameter and then reports on the *default* street; here it is an error, for the whole table at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import edition, period_end, resolve, years
from ..errors import ArgumentError, check_option, hint_for, near_misses
from .names import file_code

if TYPE_CHECKING:
    from ..data.dataset import Dataset

# level of an area: the notebook that reports on it
REPORTS = {"district": "district_report", "street": "street_report", "community": "community_sheet"}
# word of the command line: level
GROUPS = {"district": "district", "streets": "street", "communities": "community"}
COLUMNS = ("name", "notebook", "level", "area_code", "area_name", "parameters", "rubric")
# parameters that a batch sets by itself: the option that chooses them
OPTIONS = {"area": "--only", "period": "--period", "data": "--data", "lang": "--lang", "as_of": "--as-of", "rules": "--rules",
           "audience": "--audience", "rubric": "--rubric"}  # fmt: skip
# tables that say something about what was done in a fund year; targets and populations alone make no report
_TOLD_BY = ("allocations", "totals", "projects", "events", "surveys", "responses", "response_counts", "assessments")
_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,), "list": (list,), "dict": (dict,)}


def plan(
    dataset: Dataset,
    *,
    period: str,
    only: Iterable[str] = (),
    notebook: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    standard: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """The table of runs, every row checked.

    Use it to see what a batch would make. It reads notebooks; it runs nothing.

    Parameters
    ----------
    dataset
        The data, for the areas and periods that exist.
    period
        ``2020`` or ``2018-2020``.
    only
        ``district``, ``streets``, ``communities``, codes or names of areas; none for all of them.
    notebook
        Name in ``notebooks/`` or path; it takes the place of the report of each level.
    parameters
        What to pass to every run. Names and types must be those of the notebook's parameters cell.
    standard
        What a batch passes where the notebook asks for it (``data``, ``lang``, …).

    Returns
    -------
    pandas.DataFrame
        One row per run: ``name, notebook, level, area_code, area_name, parameters``, and the ``rubric`` that it scores by, if any.

    Raises
    ------
    ArgumentError
        Unknown area, notebook, parameter or a value of the wrong type; a period without data.
    """
    only = list(only)
    check_period(dataset, period)
    areas = edition(dataset.areas, period_end(period))
    given = dict(parameters or {})
    for name in given.keys() & set(OPTIONS):
        raise ArgumentError("parameter_is_option", found=name, option=OPTIONS[name])
    own = Path(notebook_path(notebook)) if notebook else None
    chosen = _chosen(areas, only, own)
    if chosen.empty:
        raise ArgumentError("nothing_to_report", found=" ".join(only) or str(len(areas)))
    rows = [row_of(area, own, period, given, standard or {}) for area in chosen.to_dict("records")]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def periods(dataset: Dataset) -> list[str]:
    """The fund years that the data say something about."""
    found: set[str] = set()
    for name in _TOLD_BY:
        found |= set(getattr(dataset, name)["period"].dropna())
    return sorted(found)


def check_period(dataset: Dataset, period: str) -> None:
    """``ArgumentError`` unless ``period`` is well formed and one of its years has data."""
    known = periods(dataset)
    if not set(years(period)) & set(known):
        raise ArgumentError("no_data_for_period", found=period, expected=", ".join(known) or "—")


def notebooks() -> dict[str, Path]:
    """Name → path of the notebooks that come with the package, or lie in ``notebooks/`` of the working directory."""
    package = Path(__file__).parents[1]
    found: dict[str, Path] = {}
    for folder in (package / "notebooks", package.parent / "notebooks", Path("notebooks")):
        found |= {p.stem: p for p in sorted(folder.glob("*.ipynb"))}
    return found


def notebook_path(name: str | Path) -> Path:
    """Where a notebook is, by name or path."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path
    known = notebooks()
    if str(name) not in known:
        raise ArgumentError("unknown_notebook", found=str(name), expected=", ".join(known) or "—", hint=hint_for(name, known))
    return known[str(name)]


def declared(notebook: Path) -> dict[str, dict[str, Any]]:
    """Name → what papermill infers about each parameter of a notebook (``inferred_type_name``, ``default``)."""
    return _declared(str(notebook), notebook.stat().st_mtime_ns)


@cache
def _declared(notebook: str, changed: int) -> dict[str, dict[str, Any]]:
    from papermill import inspect_notebook

    return inspect_notebook(notebook)


def _chosen(areas: pd.DataFrame, only: Iterable[str], own: Path | None) -> pd.DataFrame:
    """The areas to report on, in the order of the tree; for a named notebook without ``only``, its one area."""
    wanted = list(only)
    if own is not None and not wanted:
        return _single(areas, own)
    levels = {GROUPS[word] for word in wanted if word in GROUPS} if wanted else set(REPORTS)
    for word in wanted:
        if word not in GROUPS and near_misses(word, GROUPS):
            check_option("--only", word, GROUPS)
    codes = {resolve(areas, word) for word in wanted if word not in GROUPS}
    chosen = areas[areas["level"].isin(levels) | areas["area_code"].isin(codes)].copy()
    rank = chosen["level"].map({"district": 0, "street": 1, "community": 2})
    return chosen.assign(rank=rank).sort_values(["rank", "area_code"])


def _single(areas: pd.DataFrame, own: Path) -> pd.DataFrame:
    """The one area of a notebook that was named without any: its own default, or none at all."""
    asks = declared(own)
    if "area" not in asks:
        return pd.DataFrame([{"area_code": "", "area_name": "", "level": ""}])
    code = resolve(areas, default_of(asks["area"]))
    return areas[areas["area_code"] == code]


def row_of(area: Mapping[str, Any], own: Path | None, period: str, given: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the table: a notebook and what is passed to it, checked."""
    notebook = own or notebook_path(REPORTS[area["level"]])
    kind = area["level"] if own is None or own.stem == REPORTS.get(area["level"]) else own.stem
    asks = declared(notebook)
    common = {**standard, "period": period, "area": area["area_code"]}
    # a cut-off, a rule book or a rubric that was asked for must reach the notebook; the rest is passed where it is asked for
    common = {k: v for k, v in common.items() if k in asks or (k in ("as_of", "rules", "rubric") and v)}
    values = checked(notebook.stem, asks, {**common, **given})
    name = "_".join(filter(None, (kind, file_code(area["area_code"]), period)))
    rubric = values.get("rubric") or (default_of(asks["rubric"]) if "rubric" in asks else "")
    return {"name": name, "notebook": notebook, **{k: area[k] for k in ("level", "area_code", "area_name")}, "parameters": values, "rubric": rubric or ""}


def checked(notebook: str, asks: Mapping[str, dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values to pass, text from a command line turned into the type that the notebook declares."""
    values = {}
    for name, value in given.items():
        if name not in asks:
            raise ArgumentError("unknown_parameter", notebook=notebook, found=name, expected=", ".join(asks) or "—", hint=hint_for(name, asks))
        kind = _kind(asks[name])
        value = _from_text(value, kind)
        if kind in _TYPES and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool")):
            raise ArgumentError("wrong_parameter", notebook=notebook, name=name, expected=kind, found=value)
        values[name] = value
    return values


def _kind(asked: Mapping[str, Any]) -> str:
    """The declared type, else the type of the default."""
    kind = str(asked["inferred_type_name"])
    return kind if kind in _TYPES else type(default_of(asked)).__name__


def default_of(asked: Mapping[str, Any]) -> Any:
    """The value that a notebook itself gives a parameter; none where it is no plain value."""
    try:
        return ast.literal_eval(str(asked["default"]))
    except (ValueError, SyntaxError):
        return None


def _from_text(value: Any, kind: str) -> Any:
    if not isinstance(value, str) or kind in ("str", "NoneType"):
        return value
    try:
        return ast.literal_eval({"true": "True", "false": "False"}.get(value.lower(), value))
    except (ValueError, SyntaxError):
        return value
