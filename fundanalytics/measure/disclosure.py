"""What must not be shown: small counts of people, and what would give them back.

Place in the flow: the last step of ``measure``. Everything shown reads the released table, so that text, charts, files and what is
embedded in a page cannot disagree, and nothing leaks by difference. ``people`` says what a row counts, ``linked`` what hangs
together, ``suppression`` what can be worked out. It hides; it never rounds or disturbs a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from ..data.areas import LEVELS
from ..data.dataset import Dataset
from ..errors import ArgumentError, check_option
from ..kept import kept
from .cells import Flags, hidden_with
from .linked import HIDDEN, Linked, Row, linked, rows_of_people
from .people import Made, made_of, relatives
from .results import ResultTable
from .suppression import Contradiction, feasible_ranges, protect

AUDIENCES = ("public", "street", "internal")
MIN_PEOPLE = 5  # rules.yaml, min_people
FIGURES = ("value", "lower", "upper", "confidence", "numerator", "n_eff", "baseline_value", "current_value", "change", "relative_change", "within",
           "between", "entered_left", "direct_value", "direct_lower", "direct_upper", "shrinkage")  # fmt: skip
AUDIT = ("indicator", "basis", "subset", "level", "area_code", "period", "as_of")
GENERIC = ("above", "below")


@kept
def release(
    table: pd.DataFrame,
    audience: str = "public",
    *,
    min_people: int | None = None,
    parents: Mapping[str, str] | None = None,
    beside: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The table as an audience may see it.

    Use: once, on the table of all levels, before anything is shown; whatever is shown together must have been released together. It
    misleads where further figures about the same people are published elsewhere: what they give away is not known here.

    Parameters
    ----------
    table : DataFrame
        Rows of the indicator table (any indicators, levels, periods, subsets), or of ``compare_periods``.
    audience : str
        ``public``; ``street`` (for now sees what the public sees); ``internal`` (sees everything).
    min_people : int, optional
        Counts of people under this are hidden. Default: that of the data set's rule book (``min_people``), else 5.
    parents : mapping, optional
        Area → the area that it lies in. Default: the areas of the data set that the table was made from; without either, the level
        above whose code begins a code.
    beside : DataFrame, optional
        A released indicator table that is shown too and stays as it is. A comparison hides what it hides.

    Returns
    -------
    DataFrame
        The same rows. A hidden row has blank numbers and ``method``, quality 3, and ``note`` ``suppressed`` (a small count, or a
        figure that gives one back) or ``suppressed_linked`` (would let a small count be worked out). ``n`` and ``denominator`` stay,
        unless they are small counts or give one back. ``attrs["audience"]`` says for whom; a released table is returned as it is.

    Raises
    ------
    ArgumentError
        An unknown audience; a threshold below 1; areas of several levels whose place in the tree is not known.

    Notes
    -----
    Hidden is a count from 1 to ``min_people`` − 1, of those with a property or of those without it, and what is about fewer than
    ``min_people`` people. In a survey the count is n × value where that is a whole number, as in a simple sample; an estimate of answers
    that weigh differently is no count and gives none back, so only a small base hides it. None and all are shown. Money and records
    are no people.
    Then, by linear programming: given all that is shown, the feasible range of every hidden count must be 2 × ``min_people`` wide,
    or as wide as its base. Linked are areas (community, street, district), the definitions of an indicator and the indicators
    about the same answers, bases, years within periods, subsets, cut-offs. People counted in several parts are taken for different
    people. What is hidden in addition goes by cost: few people first, communities before streets, the district last.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, chapter 4; Willenborg & de Waal (2001), chapter 6.

    Examples
    --------
    >>> from fundanalytics import load_sample, participation_rate
    >>> table = participation_rate(load_sample(), by=("district", "street", "community"), period="2020")
    >>> shown = release(table, "public", min_people=200)
    >>> len(shown) == len(table), sorted(set(shown["note"]) - {""})
    (True, ['suppressed', 'suppressed_linked'])
    """
    check_option("audience", audience, AUDIENCES)
    if audience == "internal" or table.attrs.get("audience") in AUDIENCES[:2]:
        return _for(table.copy(), table, table.attrs.get("audience", audience))
    threshold, tree, whole = _threshold(table, min_people), _parents(table, parents), "baseline_value" not in table
    found = [_hidden(side, threshold, tree, additive=whole, beside=beside if whole else None) for side in ([table] if whole else _sides(table))]
    figure, base = (np.any([side[i] for side in found], axis=0) for i in range(2))
    why = np.where(np.any([side[2] == HIDDEN[0] for side in found], axis=0), *HIDDEN)
    if not whole and beside is not None:
        figure |= _hidden_beside(table, beside)
    return _for(_blanked(table, figure, base, why), table, audience)


def released(dataset: Dataset, names: Sequence[str], *, period: str, audience: str = "public", as_of: object = None) -> pd.DataFrame:
    """Some indicators of all levels as an audience may see them: released with all that is about the same people, and then taken apart.

    Use: where fewer indicators, levels or bases are shown than a report shows, so that they say no more than it does.
    """
    from .indicators import indicators

    wanted = dict.fromkeys(kin for name in names for kin in relatives(name))
    table = release(indicators(dataset, period=period, names=list(wanted), as_of=as_of), audience)
    return table[table["indicator"].isin(names)].reset_index(drop=True)


def release_comparison(dataset: Dataset, table: pd.DataFrame, audience: str = "public") -> pd.DataFrame:
    """A comparison as an audience may see it, beside the released tables of its two periods.

    Use: for ``compare_periods`` of one indicator that counts people, so that it shows nothing that a report on either period hides.
    """
    people = {name for name, basis in zip(table["indicator"], table["basis"], strict=True) if made_of(name, basis)}
    named = table[table["indicator"].isin(people)]
    told = sorted({(row.indicator, period) for row in named.itertuples() for period in (row.baseline, row.current)})
    parts = [pd.DataFrame(released(dataset, [name], period=period, audience=audience)) for name, period in told]
    return release(table, audience, beside=pd.concat(parts, ignore_index=True) if parts else None)


def _hidden_beside(table: pd.DataFrame, beside: pd.DataFrame) -> Flags:
    """Rows of a comparison whose value in either period another table hides."""
    gone = beside[beside["note"].isin(HIDDEN)]
    names = ["indicator", "basis", "subset", "area_code"]
    keys = pd.MultiIndex.from_frame(gone[[*names, "period"]].astype("str"))
    return np.any([pd.MultiIndex.from_frame(table[[*names, side]].astype("str")).isin(keys) for side in ("baseline", "current")], axis=0)


def _for(found: pd.DataFrame, table: pd.DataFrame, audience: str) -> pd.DataFrame:
    found.attrs = {**table.attrs, "audience": audience}
    return found


def _threshold(table: pd.DataFrame, given: int | None) -> float:
    found = given if given is not None else table.attrs.get("min_people", MIN_PEOPLE)
    try:
        least = float(found)
    except (TypeError, ValueError):
        least = np.nan
    if not 1 <= least < np.inf:
        raise ArgumentError("min_people_below_one", found=found)
    return least


def _parents(table: pd.DataFrame, given: Mapping[str, str] | None) -> dict[str, str]:
    """Area → the area that it lies in."""
    if given is not None:
        return dict(given)
    if "parents" in table.attrs:
        return dict(pair.split(">") for pair in str(table.attrs["parents"]).split(";") if pair)
    counted = [made_of(*pair) is not None for pair in zip(table["indicator"], table["basis"], strict=True)]
    areas = table.loc[counted, ["level", "area_code"]].drop_duplicates().astype("str")
    held = areas.loc[areas["level"].isin(LEVELS), "level"].unique()
    levels = sorted(held, key=LEVELS.index)
    found = {}
    for upper, lower in pairwise(levels):
        above = sorted(areas.loc[areas["level"] == upper, "area_code"], key=len)
        for code in areas.loc[areas["level"] == lower, "area_code"]:
            fits = [a for a in above if code.startswith(a)]
            if not fits:
                raise ArgumentError("no_area_tree", found=code, expected=upper)
            found[code] = fits[-1]
    return found


# --- what is hidden ----------------------------------------------------------------------------------------------------
def _hidden(table: pd.DataFrame, threshold: float, parents: Mapping[str, str], additive: bool, beside: pd.DataFrame | None) -> tuple[Flags, Flags, np.ndarray]:
    """Per row: whether its figure is hidden, whether its base is, and which note says why."""
    own, shown = len(table), table if beside is None else pd.concat([pd.DataFrame(table), pd.DataFrame(beside)], ignore_index=True)
    figure, base, why = np.zeros(len(shown), dtype=bool), np.zeros(len(shown), dtype=bool), np.full(len(shown), "", dtype=object)
    for rows in rows_of_people(shown, fixed_from=own).values():
        for of, hidden in _protected(rows, parents, threshold, additive):
            small = hidden_with(of.cells, of.small)
            for row, (cell, below) in of.shown_by.items():
                figure[row] |= hidden[cell]
                base[row] |= below >= 0 and hidden[below] and not of.unseen[below]
                why[row] = why[row] if why[row] == HIDDEN[0] or not hidden[cell] else HIDDEN[not small[cell]]
    return figure[:own], base[:own], why[:own]


def _protected(rows: list[Row], parents: Mapping[str, str], threshold: float, additive: bool) -> list[tuple[Linked, Flags]]:
    """The figures of a family and what of them is hidden. Figures that contradict one another are taken one basis at a time."""
    try:
        whole = linked(rows, parents, threshold, additive=additive)
        return [(whole, protect(whole.cells, whole.small | whole.unseen))]
    except Contradiction:
        parts = [linked(part, parents, threshold, additive=additive, unseen_rest=False) for part in _by_basis(rows)]
        return [(part, protect(part.cells, part.small | part.unseen)) for part in parts]


def _by_basis(rows: list[Row]) -> list[list[Row]]:
    """The rows of each basis as a family of their own."""
    parts: dict[Made, list[Row]] = {}
    for row in rows:
        plain = row.made if row.made.above == "points" else Made("", GENERIC[0], GENERIC[1] if row.made.below else "")
        parts.setdefault(row.made, []).append(replace(row, made=plain))
    return list(parts.values())


def _sides(table: pd.DataFrame) -> list[pd.DataFrame]:
    """The two periods of a comparison as rows of the indicator table; a full count's n is its numerator, a survey's its base."""
    surveyed = [bool(made and made.below) for made in map(made_of, table["indicator"], table["basis"])]
    found = []
    for side in ("baseline", "current"):
        value, n = table[f"{side}_value"].astype("float64"), table[f"{side}_n"].astype("float64").fillna(1.0)  # an unknown number is none to show
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.where(surveyed, n, n / value)
        row = table.assign(period=table[side], as_of="", value=value, numerator=below * value, denominator=below, n=n, quality=np.nan)
        found.append(row)
    return found


def _blanked(table: pd.DataFrame, figure: Flags, base: Flags, why: np.ndarray) -> pd.DataFrame:
    """The table without the hidden figures, and nothing else changed."""
    found = table.copy()
    new = figure & ~table["note"].isin(HIDDEN).to_numpy()
    counted = [bool(made and not made.below) for made in map(made_of, table["indicator"], table["basis"])]  # n is the hidden count itself
    for columns, rows in ((FIGURES, new), (("n", "baseline_n", "current_n"), new & (base | np.array(counted, dtype=bool))), (("denominator",), new & base)):
        for column in found.columns.intersection(columns):
            found[column] = found[column].mask(rows)
    found["method"], found["note"] = found["method"].mask(new, ""), found["note"].mask(new, pd.Series(why, index=table.index))
    if "quality" in found:
        found["quality"] = found["quality"].mask(new, 3)
    return found.astype(table.dtypes.to_dict())


def audit(before: pd.DataFrame, after: pd.DataFrame, *, min_people: int | None = None, parents: Mapping[str, str] | None = None) -> pd.DataFrame:
    """What can still be worked out about each hidden figure, given all that is shown.

    Use: as the proof of a release, by this package or another. It knows the links named in ``release``, and no others.

    Parameters
    ----------
    before, after : DataFrame
        The indicator table, and the same rows with some of them blank.
    min_people, parents
        As for ``release``.

    Returns
    -------
    DataFrame
        One row per hidden row, in the order of ``before``: ``least`` and ``most`` that its figure can be, in people (points: in people ×
        points; ``most`` infinite where nothing bounds it), ``needed`` width, and ``note`` ``range_too_narrow`` where it is less.

    Raises
    ------
    ArgumentError
        Tables of different rows; and as for ``release``.

    Examples
    --------
    >>> from fundanalytics import load_sample, participation_rate
    >>> table = participation_rate(load_sample(), by=("district", "street", "community"), period="2020")
    >>> set(audit(table, release(table, min_people=200), min_people=200)["note"])
    {''}
    """
    if len(before) != len(after) or not before[list(AUDIT[:7])].reset_index(drop=True).equals(after[list(AUDIT[:7])].reset_index(drop=True)):
        raise ArgumentError("tables_differ", found=len(after), expected=len(before))
    threshold, tree = _threshold(before, min_people), _parents(before, parents)
    ranges: dict[int, tuple[float, float, float]] = {}
    for rows in rows_of_people(before).values():
        ranges |= _ranges(linked(rows, tree, threshold), after)
    told = before.reset_index(drop=True).loc[sorted(ranges), list(AUDIT[:7])]
    numbers = pd.DataFrame([ranges[row] for row in told.index], columns=["least", "most", "needed"], index=told.index, dtype="float64")
    found = told.join(numbers).reset_index(drop=True)
    narrow = found["most"] - found["least"] < found["needed"] * (1 - 1e-6)
    return _for(ResultTable(found.assign(note=pd.Series("", index=found.index, dtype="str").mask(narrow, "range_too_narrow"))), before, "internal")


def _ranges(of: Linked, after: pd.DataFrame) -> dict[int, tuple[float, float, float]]:
    """Row → least, most and needed width, of the rows of a family that are hidden."""
    value, n = after["value"].notna().to_numpy(), after["n"].notna().to_numpy()
    figures = {cell for cell, _ in of.shown_by.values()}
    bases = {base for _, base in of.shown_by.values() if base >= 0}
    shown = {cell for row, (cell, _) in of.shown_by.items() if value[row]} | {base for row, (_, base) in of.shown_by.items() if n[row]}
    gone = [cell for cell in figures | bases if cell not in shown and not of.cells.fixed[cell]]
    hidden = of.unseen.copy()
    hidden[gone] = True
    hidden[[other for base in bases if hidden[base] for other in of.cells.with_it[base] if other not in figures]] = True
    asked = {row: cell for row, (cell, _) in of.shown_by.items() if not value[row] and not of.unseen[cell] and not of.cells.fixed[cell]}
    inside = sorted({cell for cell in asked.values() if hidden[cell]})
    known = dict(zip(inside, feasible_ranges(of.cells, hidden, inside), strict=True))
    found = {}
    for row, cell in asked.items():
        least, most = known.get(cell, (of.cells.values[cell],) * 2)
        found[row] = (least / of.person[cell], most / of.person[cell], of.cells.needed[cell] / of.person[cell])
    return found
