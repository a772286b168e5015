"""The rubric: what is scored, by whom, from what, for how many points. A YAML file → a checked ``Rubric``.

Place in the flow: the top of ``scores``, which takes a rubric and a data set to points. It reads and checks the file (``rubric_checks``
holds the checks) and scores nothing; how a value becomes a share of points is the business of ``scoring``. ``rubrics/README.md``
explains every key. The rubrics shipped beside it rest on assumptions (``status`` assumed) until a district puts in its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..data.areas import years
from ..errors import FILES, LANGS, DataError, hint_for
from .rubric_checks import LARGEST, VALUES, Fault, checked, faults_of
from .rubric_sheet import is_book, read_book

RUBRICS = ("expenditure", "governance_fund", "project_classes", "self_evaluation")
_SHIPPED = Path(__file__).with_name("rubrics")
Words = Mapping[str, str]


@dataclass(frozen=True)
class Item:
    """What is scored: a line of the rubric.

    Attributes
    ----------
    points : float
        The maximum; of a bonus, its cap.
    scoring, options
        How a value becomes points, and the numbers that this needs (``scoring`` lists them).
    sources : dict
        Who scores it → weight; the weights sum to 1.
    value : str
        Where the raw value is from: ``assessments``, ``panel_scores``, ``honours``, ``rectifications``, ``formula`` or an indicator.
    missing : str
        ``others``: sources without a score leave their weight to the others; ``zero``: a missing score counts 0.
    record : str
        The item's code in the data, where it is another: sheets for different kinds of work may score the same question.
    group : dict
        The heading between part and item, in two languages; may be empty.
    classes : tuple of str
        Kinds of work (``work_class``) that it applies to; empty: all.
    source : str
        Where the item is from, as a citation.
    """

    code: str
    part: str
    title: Words
    points: float
    scoring: str
    options: Mapping[str, Any]
    sources: Mapping[str, float]
    value: str
    missing: str = "others"
    bonus: bool = False
    evidence: Words = field(default_factory=dict)
    source: str = ""
    record: str = ""
    group: Words = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @property
    def indicator(self) -> str:
        """The indicator that ``value`` names, without its basis; blank where it names none."""
        return "" if self.value in VALUES else self.value.partition(":")[0]


@dataclass(frozen=True)
class Part:
    """A part of the rubric, and the points that its items add up to."""

    code: str
    title: Words
    points: float


@dataclass(frozen=True)
class Band:
    """A grade: totals from ``lower`` up to, and without, the next band's; the highest takes in the maximum."""

    code: str
    title: Words
    lower: float


@dataclass(frozen=True)
class Rubric:
    """A checked rubric. Its file is known by ``name`` and ``sha256``, so that a score can say by which text it was made.

    Attributes
    ----------
    status : str
        ``official``, or ``assumed``: a working choice, and whatever is scored by it says so.
    years : tuple of str
        Fund years that it holds for; empty: any.
    decimals : int
        Of points and totals.
    cap : float
        The highest total, bonus included.
    decides : str
        The source whose "not applicable" decides.
    needed : float
        The share of the maximum that must be scored for a total; what does not apply is not scored.
    unranked : tuple of str
        Notes of a total that leave its subject without a rank.
    bands : tuple of Band
        From the best down.
    """

    id: str
    version: str
    title: Words
    document: str
    status: str
    years: tuple[str, ...]
    unit: str
    decimals: int
    maximum: float
    cap: float
    decides: str
    needed: float
    aggregate: str
    unranked: tuple[str, ...]
    parts: tuple[Part, ...]
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    source: str
    sha256: str
    name: str

    def item(self, code: str) -> Item:
        """The item of that code; ``KeyError`` where there is none."""
        return {i.code: i for i in self.items}[code]

    def items_of(self, part: str) -> tuple[Item, ...]:
        """The items of a part, in order; a bonus stands with its part."""
        return tuple(i for i in self.items if i.part == part)

    @property
    def base_items(self) -> tuple[Item, ...]:
        """The items that make up the maximum: all but the bonus."""
        return tuple(i for i in self.items if not i.bonus)

    @property
    def source_shares(self) -> dict[str, float]:
        """Source → the share of the points that is in its hands (0-1), where all score all."""
        whole = sum(i.points for i in self.base_items)
        names = dict.fromkeys(s for i in self.base_items for s in i.sources)
        return {s: round(sum(i.points * i.sources.get(s, 0.0) for i in self.base_items) / whole, 12) for s in names}

    def grade(self, total: float) -> str:
        """The code of the band that a total lies in: bands are half-open, so 89.5 of 100 is good and not excellent; blank for a blank total."""
        return next((band.code for band in self.bands if total >= band.lower), "")


def load_rubric(name_or_path: str | Path = "governance_fund") -> Rubric:
    """A rubric, read and checked.

    Use: the scores of a period need one; a district's own stands in a YAML file like those shipped, or in a workbook.

    Parameters
    ----------
    name_or_path : str or Path
        One of ``RUBRICS``, or a file.

    Returns
    -------
    Rubric
        Its parts, items and bands, in the order of the file.

    Raises
    ------
    DataError
        No such rubric; or the file breaks the rules of ``rubrics/README.md``: all faults, each with its line and key.

    Examples
    --------
    >>> rubric = load_rubric()
    >>> rubric.source_shares
    {'self': 0.1, 'peer': 0.2, 'district': 0.5, 'survey': 0.2}
    >>> rubric.grade(89.99), rubric.grade(90.0)
    ('good', 'excellent')
    """
    path = _found(name_or_path)
    return _rubric(rubric_values(path), path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def rubric_values(name_or_path: str | Path) -> dict[str, Any]:
    """The plain values that the file of a sound rubric gives; errors as of ``load_rubric``."""
    path = _found(name_or_path)
    said, faults = _read(path)
    if faults:
        told = {lang: "".join("\n" + say_fault(fault, lang) for fault in faults) for lang in LANGS}
        raise DataError("bad_rubric", file=path.name, found=len(faults), faults=told)
    return dict(said)


def check_rubric(name_or_path: str | Path) -> pd.DataFrame:
    """Every fault of a rubric's file.

    Use: before a district's own rubric is used; a sound file has none. It finds what contradicts itself, not what is unfair.

    Parameters
    ----------
    name_or_path : str or Path
        One of ``RUBRICS``, or a file.

    Returns
    -------
    DataFrame
        One row per fault: ``place`` (the keys that lead there; the cell of a workbook), ``line``, ``code``, ``found``, ``expected``. Empty when sound.

    Raises
    ------
    DataError
        No such rubric, or it cannot be opened.

    Examples
    --------
    >>> len(check_rubric("governance_fund"))
    0
    """
    table = pd.DataFrame(find_faults(name_or_path), columns=list(Fault._fields)).astype(dict.fromkeys(Fault._fields, "str") | {"line": "Int64"})
    return table.reset_index(drop=True)


def find_faults(name_or_path: str | Path) -> list[Fault]:
    """The rows of ``check_rubric``, as ``say_fault`` takes them."""
    return _read(_found(name_or_path))[1]


def say_fault(fault: Fault, lang: str) -> str:
    """A fault as place, what – expected – found – do this; in a workbook the place is a cell, and there is no line."""
    text = FILES[fault.code][lang]
    if fault.line is None:
        text = text.replace("第 {line} 行：", "").replace("第 {line} 行 ", "").replace("line {line}: ", "").replace("line {line}, ", "")
    return text.format(**fault._asdict())


def _read(path: Path) -> tuple[Any, list[Fault]]:
    """What a file says, and all that is wrong with it."""
    content = _content(path)
    return checked(read_book(path)) if is_book(content) else faults_of(content)


def _found(name: str | Path) -> Path:
    if str(name) in RUBRICS:
        return _SHIPPED / f"{name}.yaml"
    path = Path(name)
    if not path.is_file():
        raise DataError("unknown_rubric", expected=" | ".join(RUBRICS), found=str(name), hint=hint_for(path.stem, RUBRICS))
    return path


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise DataError("unreadable_file", file=path.name, found=error.strerror) from None


def _rubric(said: dict[str, Any], name: str, sha256: str) -> Rubric:
    """The rubric of a sound file."""
    maximum = float(said.get("maximum", 100))
    plain = {key: said[key] for key in ("id", "title", "status", "unit", "decides", "source")}
    numbers = {"decimals": said.get("decimals", 2), "maximum": maximum, "cap": float(said.get("cap", maximum)), "needed": float(said.get("needed", 0.6))}
    periods = sorted({year for period in said["years"] for year in years(str(period))})
    return Rubric(
        **plain, **numbers, version=str(said["version"]), document=said["document"], years=tuple(periods), aggregate=said.get("aggregate", "mean"),
        unranked=tuple(said.get("unranked", ())), parts=tuple(Part(**part | {"points": float(part["points"])}) for part in said["parts"]),
        items=tuple(map(_item, said["items"])), bands=tuple(Band(**band | {"lower": float(band["lower"])}) for band in said["bands"]), name=name, sha256=sha256,
    )  # fmt: skip


def _item(said: dict[str, Any]) -> Item:
    whole = sum(said["sources"].values())
    own = {"points": float(said["points"]), "sources": {source: weight / whole for source, weight in said["sources"].items()},
           "options": said.get("options", {}), "record": said.get("record", said["code"]), "classes": tuple(said.get("classes", ()))}  # fmt: skip
    return Item(**said | own)
