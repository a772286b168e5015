"""The annex of tracing: every number that the sentences of a report bear, with the files, sheets and rows behind it.

Beside ``grounds`` (which says what a number rests on): takes the sentences that were shown and asks ``measure.tracing`` about their rows. It names no
area that the sentence itself does not name, and outside the house lists no rows of people, so that it tells nothing that the text hides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import ancestor, years
from ..data.dataset import Dataset
from ..errors import LANGS, check_option
from ..measure.definitions import INDICATORS
from ..measure.disclosure import AUDIENCES
from ..measure.people import made_of
from .facts import in_yuan, names, quantity, unit_of
from .formats import BLANK, Sentence, amount, bare, is_blank, money, number, plain, sentence_case
from .labels import label, period_label
from .scores import Unscored, exact
from .tables import Table
from .tracing_words import TRACING as TEXT
from .views import held

if TYPE_CHECKING:
    from ..measure.scores import Evaluation
    from ..measure.tracing import Source, Tracer

KEY = ("indicator", "basis", "subset", "area_code", "period", "as_of", "baseline", "current", "cut_off", "boundaries", "left_out", "project_id", "total")
NAMED = 3  # files named at one place; more of them are counted
ROUNDING = 1e-6
ROLES = ("numerator", "denominator", "record")
TOGETHER = ("period", "role", "table", "note")  # files that may not be named are told by these
NUMBERS = re.compile(r"[\d,]*\d(?:\.\d+)?%?")
WIDTH = 60  # characters of row numbers in a line
PLACE = ("area_code", "project_id", "total")
HEADINGS = ("number", "what", "value", "above", "below", "sources")


@dataclass(frozen=True)
class Tracing(Table):
    """The annex as a table; ``frame`` holds every file and all row numbers that this audience may see, one row per number, table, file and sheet."""

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)


def tracing(
    dataset: Dataset, shown: Mapping[Any, object] | Iterable[object], lang: str = "zh", audience: str = "public", *, scores: Evaluation | Unscored | None = None
) -> Tracing | Sentence:
    """Where every number of a report's sentences comes from.

    Use: as the last annex of a report, on what it showed.

    Parameters
    ----------
    dataset : Dataset
    shown : mapping or iterable
        IPython's ``Out``, or the sentences themselves; whatever is no sentence is passed over.
    lang : str
        ``zh`` or ``en``.
    audience : str
        ``public``, ``street`` or ``internal``. Only the last sees rows of people and of scores, and files of streets behind the district's figures.
    scores : Evaluation, optional
        For the totals among the numbers.

    Returns
    -------
    Tracing
        One line per number, in the order of their first appearance; long lists of files and rows are shortened there, with their count, and complete
        in ``.frame``. A sentence where there is no such number.

    Examples
    --------
    >>> from fundanalytics import load_sample, say_usage, usage_rate
    >>> sample = load_sample()
    >>> said = say_usage(usage_rate(sample, by="district", period="2020"))
    >>> len(tracing(sample, [said]).cells)
    1
    """
    from ..measure.tracing import Tracer

    check_option("lang", lang, LANGS)
    check_option("audience", audience, AUDIENCES)
    said = [thing for thing in things_of(shown) if isinstance(thing, Sentence)]
    numbers, rest = _numbers(said)
    if not numbers:
        return Sentence(TEXT[lang]["none"])
    tracer = Tracer(dataset, None if scores is None or isinstance(scores, Unscored) else scores)
    annex = _Annex(dataset, tracer, lang, audience, _cut_offs(numbers), said)
    lines = [annex.line(rows, i) for i, rows in enumerate(numbers, 1)]
    frame = pd.DataFrame([one for _, part in lines for one in part])
    foot = [TEXT[lang]["persons"]] if frame["private"].any() else []
    foot += [TEXT[lang]["rest"].format(n=number(rest))] if rest else []
    cells = pd.DataFrame([line for line, _ in lines], columns=list(HEADINGS))
    return Tracing(cells, TEXT[lang]["headings"], TEXT[lang]["caption"], "".join(foot), frame.drop(columns="private"))


def things_of(shown: Mapping[Any, object] | Iterable[object]) -> Iterable[object]:
    """What a notebook showed, in its order."""
    return list(shown.values()) if isinstance(shown, Mapping) else shown


def _numbers(said: Iterable[Sentence]) -> tuple[list[list[dict[str, Any]]], int]:
    """Rows by number, in the order of their first appearance, and how many are of another kind; areas that a sentence does not name stand together."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    rest: set[str] = set()
    for sentence in said:
        for row in sentence.rows:
            if not _traceable(row):
                rest.add(repr(row))
            elif not is_blank(_figure(row)):
                named = row["level"] == "district" or plain(row["area_name"]) in sentence
                rows = found.setdefault((str(named), *(str(row.get(name)) for name in KEY if named or name not in PLACE)), [])
                rows += [row] if not any(one["area_code"] == row["area_code"] for one in rows) else []
    return list(found.values()), len(rest)


def _traceable(row: Mapping[str, Any]) -> bool:
    return "area_name" in row and "area_code" in row and ("total" in row or ("indicator" in row and "basis" in row))


def _figure(row: Mapping[str, Any]) -> Any:
    return next(row[name] for name in ("total", "change", "value") if name in row)


def _cut_offs(numbers: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Last year of a period → the cut-off of its indicator rows, for comparisons, which do not tell theirs."""
    rows = [row for rows in numbers for row in rows if not is_blank(row.get("as_of")) and not is_blank(row.get("period"))]
    return {years(str(row["period"]))[-1]: row["as_of"] for row in rows}


class _Annex:
    """Makes the lines, one after the other."""

    def __init__(self, dataset: Dataset, tracer: Tracer, lang: str, audience: str, cut_offs: Mapping[str, Any], said: list[Sentence]) -> None:
        self.said = said
        self.dataset, self.tracer, self.lang, self.audience, self.cut_offs = dataset, tracer, lang, audience, cut_offs
        self.say = TEXT[lang]
        self.nameable = None if audience == "internal" else _files_of_several(dataset)

    def line(self, rows: list[dict[str, Any]], place: int) -> tuple[dict[str, str], list[Source]]:
        """A line of the annex and its rows of the frame."""
        row, alone = rows[0], len(rows) == 1
        cells = {"number": number(place), "what": self._what(row, len(rows)), "value": self._in_text(self._value(rows))}
        found: list[Source] = [{"note": "peers"}]
        if alone or self.nameable is None:
            found = [source | {"area_code": one["area_code"]} for one in rows for source in self._found(one)]
        private = self.nameable is not None and _about_people(row)
        sides = {name: self._side(row, side) if alone else BLANK for name, side in (("above", "numerator"), ("below", "denominator"))}
        sources = self._sources(found, row) if alone else self.say["peers"]
        about = {"number": place, "what": cells["what"], "value": cells["value"], "private": private}
        return cells | sides | {"sources": sources}, [one | about for one in found]

    def _found(self, row: dict[str, Any]) -> list[Source]:
        """The sources as the audience may see them: no rows of people, and behind a figure of the district no file of a single street."""
        last = years(str(row["current"]))[-1] if not is_blank(row.get("current")) else ""
        found = self.tracer.records(row if "as_of" in row or last not in self.cut_offs else {**row, "as_of": self.cut_offs[last]})
        if self.nameable is None:
            return found
        if _about_people(row):
            found = [one | {"rows": "", "count": one["count"] if one["table"] == "indicators" else 0, "amount": math.nan} for one in found]
        known: list[Source] = []
        single: dict[tuple[Any, ...], list[Source]] = {}
        for one in found:
            named = row["level"] != "district" or one["source_file"] in self.nameable or not one["source_file"]
            (known if named else single.setdefault(tuple(one[name] for name in TOGETHER), [])).append(one)
        return [one | {"files": 1} for one in known] + [_summed(single[key]) for key in sorted(single)] if single else found

    def _what(self, row: Mapping[str, Any], count: int) -> str:
        period = period_label(row["period"], self.lang) if not is_blank(row.get("period")) else ""
        if "total" in row:
            return self.say["scored"].format(area=plain(row["area_name"]), period=period)
        facts = names(dict(row), self.lang) | {"period": period, "n": number(count)}
        facts["level"] = label(row["level"], self.lang, "levels")
        if not is_blank(row.get("baseline")):
            facts |= {"baseline": period_label(row["baseline"], self.lang), "current": period_label(row["current"], self.lang)}
            return self.say["compared"].format(**facts)
        return self.say["what" if count == 1 else "others"].format(**facts)

    def _value(self, rows: list[dict[str, Any]]) -> str:
        row, lang = rows[0], self.lang
        if "total" in row:
            rubric = getattr(self.tracer.evaluation, "rubric", None)
            return self.say["total"].format(total=exact(row["total"], rubric) if rubric else number(row["total"]))
        unit = unit_of(row)
        if "baseline_value" in row:
            return self.say["pair"].format(before=amount(row["baseline_value"], unit, lang), after=amount(row["current_value"], unit, lang))
        values = [float(one["value"]) for one in rows]
        low, high = (bare(end, unit, lang=lang) for end in (min(values), max(values)))
        return amount(values[0], unit, lang) if len(values) == 1 else self.say["range"].format(low=low, high=high)

    def _in_text(self, value: str) -> str:
        """The value where the text has it; a dash where the text says only what follows from it."""
        numbers = NUMBERS.findall(value)
        return value if any(all(number in NUMBERS.findall(text) for number in numbers) for text in self.said) else BLANK

    def _side(self, row: Mapping[str, Any], side: str) -> str:
        if is_blank(row.get(side)):
            return BLANK
        surveyed = row["indicator"] in INDICATORS and row["basis"] in INDICATORS[row["indicator"]].surveyed
        if surveyed and abs(float(row[side]) - round(float(row[side]))) > ROUNDING:
            return self.say["weighted"].format(n=number(round(float(row[side]))))
        return quantity(dict(row), side, self.lang)

    def _sources(self, found: list[Source], row: Mapping[str, Any]) -> str:
        """The files of either side, told once where both have the same; one period after the other."""
        lines, every = [], [one for one in found if one["role"]]
        periods = list(dict.fromkeys(one["period"] for one in every))
        for period in periods:
            told: dict[str, list[str]] = {}
            for role in ROLES:
                mine = [one for one in every if (one["period"], one["role"]) == (period, role)]
                tables = [self._table(name, [one for one in mine if one["table"] == name], row, role) for name in dict.fromkeys(one["table"] for one in mine)]
                if tables:
                    told.setdefault(self.say["semicolon"].join(tables), []).append(self.say[role])
            for sources, roles in told.items():
                of = self.say["and"].join(roles)
                of = self.say["of_period"].format(role=of, period=period_label(period, self.lang)) if len(periods) > 1 else of
                lines.append(self.say["role"].format(role=sentence_case(of), sources=sources))
        notes = {one["note"] for one in found} & {"not_traced", "not_equal"}
        return self.say["stop"].join([*lines, *(self.say[note] for note in sorted(notes))])

    def _table(self, name: str, found: list[Source], row: Mapping[str, Any], role: str) -> str:
        count = sum(one["count"] for one in found)
        if name == "indicators":
            return self.say["computed"].format(n=number(count))
        files = int(sum(one["files"] for one in found)) if "files" in found[0] else len({one["source_file"] for one in found})
        if files > NAMED or not any(one["source_file"] for one in found):
            where = self.say["files" if count else "files_only"].format(n=number(files), rows=number(count))
        else:
            where = self.say["semicolon"].join(self._file(one) for one in found if one["source_file"])
        amounts = [one["amount"] for one in found if not is_blank(one["amount"])]
        told = "" if not amounts or "total" in row else self._sum_told(math.fsum(amounts), row, role)
        return self.say["source"].format(table=label(name, self.lang, "table"), where=where) + told

    def _sum_told(self, amounts: float, row: Mapping[str, Any], role: str) -> str:
        return self.say["sum"].format(amount=money(amounts, self.lang) if in_yuan(row, role) else number(amounts))

    def _file(self, one: Mapping[str, Any]) -> str:
        rows = ""
        if one["rows"]:
            short, *more = shortened(str(one["rows"]))
            rows = self.say["some" if more else "rows"].format(rows=short, n=number(one["count"]))
        sheet = self.say["sheet"].format(sheet=plain(one["source_sheet"])) if one["source_sheet"] else ""
        return self.say["file"].format(file=plain(one["source_file"]), sheet=sheet, rows=rows)


def shortened(rows: str) -> list[str]:
    """The first of some ranges, and the rest where they are too long for a line."""
    if len(rows) <= WIDTH:
        return [rows]
    cut = rows.rfind(",", 0, WIDTH)
    return [rows[:cut], rows[cut + 2 :]]


def _about_people(row: Mapping[str, Any]) -> bool:
    """Whether the rows behind a number are of single people: answers, signatures, scores that somebody gave."""
    return "total" in row or made_of(str(row["indicator"]), str(row["basis"])) is not None


def _summed(found: list[Source]) -> Source:
    """Files that may not be named, as one: how many they are, their rows and what these give."""
    amounts = [one["amount"] for one in found if not is_blank(one["amount"])]
    told = {"count": sum(one["count"] for one in found), "amount": math.fsum(amounts) if amounts else math.nan}
    return found[0] | {"source_file": "", "source_sheet": "", "rows": "", "files": len({one["source_file"] for one in found})} | told


def _files_of_several(dataset: Dataset) -> set[str]:
    """Files with rows of more than one street: to name them tells of no street in particular."""
    files = held(dataset)
    several = files["area_code"].map(ancestor(dataset.areas, "street")).groupby(files["file"]).nunique() > 1
    return set(several.index[several])
