"""Who is named before whom: rows of several areas as an audience may see them.

Place in the flow: after ``release``, before any table or chart that sets areas side by side. What it leaves out or renames reaches neither
a label nor a hover text nor a page's data. It hides no figure; small counts are the matter of ``release``.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..data.areas import LEVELS
from ..data.dataset import Dataset
from ..errors import LANGS, check_option
from ..measure.definitions import INDICATORS
from ..measure.disclosure import AUDIENCES
from .audience_words import NAMELESS, NOT_NAMED

__all__ = ["codes_under", "is_district", "listed", "named", "own_and_above", "say_not_named", "seen_by", "unnamed"]

UNNAMED = "unnamed"
NOISE = 1e-9  # what floating point leaves of a difference that is zero
# what rows of a kind must agree in to be set against the district's row
ALIKE = ("indicator", "basis", "subset", "period", "baseline", "current")
FEWEST = 3  # unnamed ones; fewer are known by who is missing
# what is compared: the figures of a comparison, else the value
FIGURES = (("current_value", "change"), ("value",), ("total",))


def named(rows: pd.DataFrame, ds: Dataset, area: str, audience: str = "public", than: Any = None, *, lang: str = "zh") -> pd.DataFrame:
    """Rows of several areas as an audience may see them: internal readers all, a street its own, the public names only for the good.

    Use: on whatever sets areas side by side (indicator rows, ``compare_periods``, ``funnel``), last before it is shown. Lists in the order of
    area codes that judge nobody need it not. It is a courtesy, no secrecy: an area's own report and ``indicators.csv`` tell the same figures.

    Parameters
    ----------
    rows : DataFrame
        One row per area, or several; with ``area_code`` and ``area_name``. It is not changed.
    ds : Dataset
        For the tree of areas.
    area : str
        The area that the report is about.
    audience : str
        ``internal``: all rows as they are. ``street``: rows of ``area``, of what lies in it, of the areas that it lies in; of a report on the
        district its own row alone. ``public``: all rows; an area is named only where it stands at or above ``than``.
    than : row or frame, optional
        The district's row, or its rows of several indicators or periods. Above is where the indicator is better; where neither side is better
        (``process_days``, ``cost_per_project``) nobody is named. In a comparison both the later value and the change must reach the
        district's; in a funnel nobody is named who lies outside on the worse side. Without it nobody is named but ``area`` and what it lies in.
    lang : str
        Of the word that stands for a name.

    Returns
    -------
    DataFrame
        The rows with their attrs. Who is not named in one row is named in none: a neutral ``area_name`` and ``area_code`` (``unnamed-01``, …,
        from the highest figure down), and its rows stand last, since a place in a list is as good as a name. One or two, whom the names of the
        others would tell, are left out; how many, ``attrs["left_out"]`` says.
    """
    check_option("audience", audience, AUDIENCES)
    check_option("lang", lang, LANGS)
    found = rows.copy()
    found.attrs = dict(rows.attrs)
    if audience == "internal":
        return found
    if audience == "street":
        found = found[found["area_code"].isin(seen_by(ds, area))].reset_index(drop=True)
        found.attrs = dict(rows.attrs)
        return found
    found.attrs.pop("left_out", None)
    whole = [] if than is None else than.to_dict("records") if isinstance(than, pd.DataFrame) else [dict(than)]
    good = pd.Series([_reaches(row, whole) for row in rows.to_dict("records")], index=rows.index, dtype="bool")
    bad = set(rows.loc[~good, "area_code"]) - own_and_above(ds, area)
    if 0 < len(bad) < FEWEST:
        found.attrs["left_out"] = len(bad)
        found, bad = found[~found["area_code"].isin(bad)].reset_index(drop=True), set()
    return unnamed(found, bad, lang)


def unnamed(rows: pd.DataFrame, codes: set[str], lang: str = "zh") -> pd.DataFrame:
    """The rows with neutral names and codes for some areas, numbered from the highest figure down, below the others: a place would be a name."""
    known = stand_ins(rows, codes)
    found = rows.copy()
    found["area_code"] = rows["area_code"].map(lambda code: known.get(code, code)).astype(rows["area_code"].dtype)
    found["area_name"] = rows["area_name"].mask(rows["area_code"].isin(codes), NAMELESS[lang])
    place = found["area_code"].map({code: i for i, code in enumerate(known.values(), 1)}).fillna(0)
    found = found.iloc[place.argsort(kind="stable")].reset_index(drop=True)
    found.attrs = dict(rows.attrs)
    return found


def say_not_named(rows: pd.DataFrame, lang: str = "zh") -> str:
    """By what rule areas among some rows have no name, or are left out; blank where all are named."""
    neutral = any(name in INDICATORS and not INDICATORS[name].better for name in set(rows.get("indicator", ())))
    say, kind = NOT_NAMED[lang], "_neutral" if neutral else "_change" if "change" in rows else ""
    if rows.attrs.get("left_out"):
        return say[f"left_out{kind}"].format(n=rows.attrs["left_out"])
    return say[f"rule{kind}"] if "area_code" in rows and rows["area_code"].astype("str").str.startswith(UNNAMED).any() else ""


def stand_ins(rows: pd.DataFrame, codes: set[str]) -> dict[str, str]:
    """Code → neutral code, for those of some areas that have rows: by the highest figure, since the order of codes would give them back."""
    figure = next((names[-1] for names in FIGURES if set(names) <= set(rows)), None)
    order = rows[rows["area_code"].isin(codes)]
    order = order.sort_values(figure, ascending=False, kind="stable", na_position="last") if figure else order.sample(frac=1, random_state=0)
    known = list(dict.fromkeys(order["area_code"]))
    return {code: f"{UNNAMED}-{i:0{max(2, len(str(len(known))))}d}" for i, code in enumerate(known, 1)}


def seen_by(ds: Dataset, area: str) -> set[str]:
    """Codes that a street's edition of a report on ``area`` shows: it, what lies in it, the areas that it lies in; of the district itself alone."""
    return {area} if is_district(ds, area) else own_and_above(ds, area) | codes_under(ds, area)


def is_district(dataset: Dataset, area: str) -> bool:
    """Whether ``area`` is the district itself."""
    return bool((dataset.areas.loc[dataset.areas["area_code"] == area, "level"] == "district").any())


def codes_under(dataset: Dataset, area: str) -> set[str]:
    """``area`` and every code below it, of any edition."""
    parents = dict(zip(dataset.areas["area_code"], dataset.areas["parent_code"], strict=True))
    found = {area}
    for _ in LEVELS:
        found |= {code for code, parent in parents.items() if parent in found}
    return found


def own_and_above(ds: Dataset, area: str) -> set[str]:
    """``area`` and the areas that it lies in, of any edition."""
    parents = list(zip(ds.areas["area_code"], ds.areas["parent_code"], strict=True))
    known, found = set(ds.areas["area_code"]), {area}
    while more := {parent for code, parent in parents if code in found and parent in known} - found:
        found |= more
    return found


def listed(ds: Dataset, area: str, audience: str) -> bool:
    """Whether an audience may see what must be put right in ``area``: the public nothing, a street its own."""
    check_option("audience", audience, AUDIENCES)
    return audience == "internal" or (audience == "street" and not is_district(ds, area))


def _reaches(row: dict[str, Any], whole: list[dict[str, Any]]) -> bool:
    """Whether a row stands at or above the row that it is compared with, in all that is compared."""
    alike = [one for one in whole if all(str(one[c]) == str(row[c]) for c in ALIKE if c in one and c in row)]
    against = alike[0] if len(alike) == 1 else None
    better = INDICATORS[row["indicator"]].better if row.get("indicator") in INDICATORS else "higher"
    if against is None or not better:
        return False
    sign = 1.0 if better == "higher" else -1.0
    names = next((names for names in FIGURES if set(names) <= set(row)), ())
    if any(not (float(row[name]) - float(against[name])) * sign >= -NOISE for name in names) or not names:  # a blank one reaches nothing
        return False
    return not (row.get("outside") is True and (row["value"] - row["expected"]) * sign < 0)
