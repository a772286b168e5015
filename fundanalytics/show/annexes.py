"""Annexes of an evaluation report: the survey, every definition, what is published, computed or assumed, and the table of the conclusion.

Place in the flow: beside ``overview`` and ``score_tables``, from the same released tables. It describes and lists; it estimates nothing, and what
it counts of people has passed ``release``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.areas import years
from ..data.dataset import Dataset
from ..measure.definitions import INDICATORS
from .annex_words import ANNEXES as TEXT
from .annex_words import BREAKS, DEFINED_BY, HEADINGS, RULES, SOURCES, TERMS, VALUES
from .canvas import STAMP
from .facts import called, quantity
from .formats import BLANK, Sentence, amount, is_blank, limits, number, percent, plain, sentence_case, together
from .grounds import grounds
from .labels import label, period_label
from .naming import codes_under
from .score_words import ASSUMED
from .scores import Unscored, exact, grade_title, whole_areas
from .tables import Table
from .tables import table as as_table
from .views import row_of, rows_of
from .withheld import released_counts
from .wording import say_note, say_row

if TYPE_CHECKING:
    from ..measure.scores import Evaluation

__all__ = [
    "conclusion_table",
    "definition_table",
    "figure_table",
    "method_table",
    "rule_table",
    "say_each",
    "say_kinds",
    "say_sample",
    "say_survey",
    "value_table",
]


def annex_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], lang: str, *, caption: str, stamp: str = "") -> Table:
    """Rows of ready text under the headings of the annexes."""
    cells = pd.DataFrame(list(rows), columns=list(columns)).fillna(BLANK)
    return Table(cells, {c: HEADINGS[lang][c] for c in columns}, caption, stamp)


def stamps(dataset: Dataset, lang: str, *, assumed: bool = False) -> str:
    """What a table made from invented data, or by an assumed rubric, is stamped with."""
    return " ".join(filter(None, (STAMP[lang] if dataset.origin == "synthetic" else "", ASSUMED[lang] if assumed else "")))


def say_each(table: pd.DataFrame, area: str, names: Iterable[str], lang: str = "zh") -> Sentence:
    """Several indicators of an area, each on its main definition, in a sentence each. ``table``: the indicator table."""
    return together([say_row(row_of(rows_of(table, name), area), lang) for name in names], prefix="- ")


def figure_table(table: pd.DataFrame, area: str, names: Iterable[str], lang: str = "zh") -> Table:
    """Some indicators of an area on each of their definitions, with numerator and denominator. ``table``: the indicator table."""
    rows = _in_order(table[table["area_code"].eq(area) & table["indicator"].isin(list(names))])
    wanted = [
        "indicator",
        "basis",
        "value",
        *(c for c in ("numerator", "denominator") if rows[c].notna().any()),
        *(["note"] if rows["note"].ne("").any() else []),
    ]
    titles = dict.fromkeys(called(row, lang) for row in rows.to_dict("records"))
    one = ["indicator"] if rows["indicator"].nunique() == 1 else []
    return as_table(rows, lang=lang, columns=[c for c in wanted if c not in one], caption=sentence_case(TEXT[lang]["comma"].join(titles)))


def value_table(table: pd.DataFrame, area: str, lang: str = "zh", *, surveyed: bool = False) -> Table:
    """Every value of an area with what it rests on: both sums of a full count, limits and sample of a survey. ``surveyed``: the survey's alone."""
    rows = _in_order(table[table["area_code"].eq(area)])
    rows = rows[rows["lower"].notna()] if surveyed else rows
    told = [{"indicator": sentence_case(called(r, lang)), "basis": label(r["basis"], lang, "basis"),
             "reached": amount(r["value"], r["unit"], lang), "limits": limits(r["lower"], r["upper"], r["unit"], lang=lang), "ground": _ground(r, lang),
             "remark": _remark(r, lang)} for r in rows.to_dict("records")]  # fmt: skip
    columns = ["indicator", "basis", "reached", "limits", "ground", *(["remark"] if any(one["remark"] for one in told) else [])]
    origin = "synthetic" in set(rows["origin"])
    return annex_table(told, columns, lang, caption=TEXT[lang]["surveyed" if surveyed else "values"], stamp=STAMP[lang] if origin else "")


def _remark(row: dict[str, Any], lang: str) -> str:
    """What must be known of a value, first that it is nothing to act on."""
    unsure = [label("3", lang, "quality")] if row["quality"] == 3 and not is_blank(row["value"]) else []
    return TEXT[lang]["semicolon"].join([*unsure, *([] if is_blank(row["note"]) else [str(say_note(row["note"], lang))])])


def _ground(row: dict[str, Any], lang: str) -> str:
    """Both sums of a full count, or the sample of a survey."""
    say = TEXT[lang]
    if not is_blank(row["lower"]):
        return say["answers"].format(n=number(row["n"]), n_eff=BLANK if is_blank(row["n_eff"]) else number(round(float(row["n_eff"]))))
    if is_blank(row["numerator"]) or is_blank(row["denominator"]):
        return say["records"].format(n=number(row["n"])) if not is_blank(row["value"]) and not is_blank(row["n"]) else ""
    return f"{quantity(row, 'numerator', lang)} ÷ {quantity(row, 'denominator', lang)}"


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order in which the definitions stand."""
    order = {(made.id, one): (i, j) for i, made in enumerate(INDICATORS.values()) for j, one in enumerate(made.bases)}
    return rows.iloc[sorted(range(len(rows)), key=lambda at: order[rows["indicator"].iloc[at], rows["basis"].iloc[at]])]


# --- the conclusion ----------------------------------------------------------------------------------------------------


def conclusion_table(evaluation: Evaluation | Unscored, area: str, lang: str = "zh") -> Table | Sentence:
    """分值, 得分, 得分率 of each part and of the total, as the conclusion of an evaluation report has it; a street's beside the district's."""
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    rubric, say = evaluation.rubric, TEXT[lang]
    parts, totals = whole_areas(evaluation.parts), whole_areas(evaluation.totals)
    mine = parts[parts["area_code"].eq(area)].set_index("part")
    whole = parts[parts["level"].eq("district") & parts["area_code"].ne(area)].set_index("part")["rate"]
    rows = [{"part": part.title[lang], "maximum": number(mine["maximum"][part.code]), "points": exact(mine["points"][part.code], rubric),
             "rate": percent(mine["rate"][part.code]), "district_rate": percent(whole.get(part.code))}
            for part in rubric.parts if part.code in mine.index]  # fmt: skip
    total = row_of(totals, area)
    if not is_blank(total["bonus"]) and total["bonus"] > 0:
        rows.append({"part": say["bonus"], "points": exact(total["bonus"], rubric)})
    above = totals[totals["level"].eq("district")]["total"]
    rate = {"rate": percent(total["total"] / rubric.maximum), "district_rate": percent(above.iloc[0] / rubric.maximum)} if len(above) else {}
    if is_blank(total["total"]):
        rate = {}
    grade = grade_title(rubric, total["grade"], lang)
    name = say["total"] + ("" if grade == BLANK else f"（{say['grade'].format(grade=grade)}）" if lang == "zh" else f" ({say['grade'].format(grade=grade)})")
    rows.append({"part": name, "maximum": number(rubric.maximum), "points": exact(total["total"], rubric)} | rate)
    columns = ["part", "maximum", "points", "rate", *(["district_rate"] if len(whole) else [])]
    scaled = any(mine["maximum"].get(part.code) != part.points for part in rubric.parts)
    caption = say["conclusion"] + (say["conclusion_scaled"] if scaled else "")
    return annex_table(rows, columns, lang, caption=caption, stamp=stamps(evaluation.dataset, lang, assumed=rubric.status == "assumed"))


def rubric_table(evaluation: Evaluation | Unscored, lang: str = "zh") -> Table | Sentence:
    """What is scored: every item of the rubric with its part and its full points."""
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    rubric = evaluation.rubric
    parts = {part.code: part.title[lang] for part in rubric.parts}
    rows = [{"part": parts.get(item.part, TEXT[lang]["bonus"]), "item": item.title[lang], "maximum": number(item.points)} for item in rubric.base_items]
    rows += [{"part": TEXT[lang]["bonus"], "item": item.title[lang], "maximum": number(item.points)} for item in rubric.items if item.bonus]
    return annex_table(rows, ["part", "item", "maximum"], lang, caption=TEXT[lang]["items"], stamp=ASSUMED[lang] if rubric.status == "assumed" else "")


# --- the survey --------------------------------------------------------------------------------------------------------


def say_survey(dataset: Dataset, area: str, period: str, lang: str = "zh", audience: str = "public") -> Sentence:
    """How many questionnaires were issued, returned and valid, for each wave of the period. Few of them, or what would give few back, are not told."""
    surveys = dataset.surveys[dataset.surveys["period"].isin(years(period))]
    mine = surveys[surveys["area_code"].isin(codes_under(dataset, area))]
    if mine.empty:
        return Sentence(TEXT[lang]["no_survey"].format(period=period_label(period, lang)))
    told = []
    for (year, wave), rows in mine.groupby(["period", "wave"], dropna=False):
        same = surveys["period"].eq(year) & (surveys["wave"].isna() if is_blank(wave) else surveys["wave"].eq(wave))
        told.append(_wave_told(dataset, surveys[same], rows, area, lang, audience))
    return together(told, prefix="- ")


def _wave_told(dataset: Dataset, surveys: pd.DataFrame, rows: pd.DataFrame, area: str, lang: str, audience: str) -> Sentence:
    say, year, wave = TEXT[lang], str(rows["period"].iloc[0]), rows["wave"].iloc[0]
    facts: dict[str, Any] = {"period": period_label(year, lang), "wave": BLANK if is_blank(wave) else plain(wave)}
    counts = rows[["issued", "returned", "valid"]]
    if counts.isna().any(axis=None):
        return Sentence(say["survey_part"].format(**facts), rows=rows)

    def few(column: str) -> bool:
        def people(code: str) -> dict[str, float]:
            return {"count": float(surveys.loc[surveys["area_code"].isin(codes_under(dataset, code)), column].sum())}

        known = f"surveys, {column}, wave {wave}"
        return bool(released_counts(dataset, area, year, audience, "responses", people, known_by=known)["note"].str.contains("suppressed").any())

    issued, returned, valid = (int(n) for n in counts.sum())
    hidden = few("returned") or few("valid")
    row = {"area_code": area, "period": year, "issued": issued} | ({} if hidden else {"returned": returned, "valid": valid})
    if hidden:
        return Sentence(say["survey_hidden"].format(**facts, issued=number(issued)), rows=(row,))
    rates = {"return_rate": percent(returned / issued) if issued else BLANK, "valid_rate": percent(valid / returned) if returned else BLANK}
    return Sentence(say["survey"].format(**facts, **rates, issued=number(issued), returned=number(returned), valid=number(valid)), rows=(row,))


def say_sample(dataset: Dataset, table: pd.DataFrame, area: str, lang: str = "zh") -> Sentence:
    """What the survey's sample is made of: communities, courtyards, weights, and the effective sample. ``table``: the released indicator table."""
    row = row_of(rows_of(table, "satisfaction_rate"), area)
    say, period = TEXT[lang], str(row["period"])
    given = dataset.responses[dataset.responses["area_code"].isin(codes_under(dataset, area)) & dataset.responses["period"].isin(years(period))]
    if is_blank(row["value"]) or given.empty:
        return Sentence(say["no_sample"].format(period=period_label(period, lang)), rows=(row,))
    clusters = given["cluster"].nunique()
    facts = {"communities": number(given["area_code"].nunique()), "clusters": number(clusters), "n": number(row["n"]),
             "alike": "" if is_blank(row["n_eff"]) or row["n_eff"] >= row["n"] else say["alike"].format(n_eff=number(round(float(row["n_eff"])))),
             "weighted": say["weighted" if given["weight"].notna().any() else "unweighted"]}  # fmt: skip
    used = {"area_code": area, "period": period, "communities": given["area_code"].nunique(), "clusters": clusters}
    return Sentence(say["sample" if clusters else "sample_simple"].format(**facts), rows=(row, used))


# --- definitions, rules, kinds of figures -------------------------------------------------------------------------------


def definition_table(table: pd.DataFrame, lang: str = "zh") -> Table:
    """Every indicator on every definition: numerator, denominator, the tables it is taken from, method, and where the definition is from.

    ``table``: the indicator table, for the methods that were used.
    """
    at = 0 if lang == "zh" else 1
    used = table[table["value"].notna()].drop_duplicates(["indicator", "basis"]).set_index(["indicator", "basis"])["method"]
    rows = []
    for made in INDICATORS.values():
        for basis, (above, below) in made.bases.items():
            surveyed = basis in made.surveyed
            taken = (
                ("responses",) if surveyed else tuple(dict.fromkeys((*made.behind, *(r for r in made.records if r not in ("responses", "response_counts")))))
            )
            method = used.get((made.id, basis), "survey, logit" if surveyed else "full count")
            days = made.unit == "days"
            rows.append({"indicator": called({"indicator": made.id, "basis": basis}, lang), "basis": label(basis, lang, "basis"),
                         "top": BLANK if days else TERMS.get(above, (above, above))[at],
                         "bottom": BLANK if days else TERMS.get(below, (below, below))[at],
                         "tables": TEXT[lang]["comma"].join(label(name, lang, "table") for name in taken), "method": label(method, lang, "method"),
                         "defined_by": DEFINED_BY.get((made.id, basis), (BLANK, BLANK))[at]})  # fmt: skip
    return annex_table(rows, ["indicator", "basis", "top", "bottom", "tables", "method", "defined_by"], lang, caption=TEXT[lang]["definitions"])


def method_table(table: pd.DataFrame, lang: str = "zh") -> Table:
    """The formula and the reference of every method that rows with a value name."""
    found = grounds(table, lang).drop_duplicates("method")
    rows = [{"method": label(r["method"], lang, "method"), "formula": r["formula"], "reference": r["reference"]} for r in found.to_dict("records")]
    return annex_table(rows, ["method", "formula", "reference"], lang, caption=TEXT[lang]["methods"])


def rule_table(dataset: Dataset, evaluation: Evaluation | Unscored, lang: str = "zh") -> Table:
    """The rules behind the figures: what each is set to, whether it is official or assumed, and its source; the rubric last."""
    at, say, rows = 0 if lang == "zh" else 1, TEXT[lang], []
    for name, told, setting, rule in _rules(dataset, lang):
        status, source = str(rule["status"]), str(rule["source"])
        source = SOURCES.get(source, source) if lang == "zh" else source
        rows.append({"rule": f"{RULES[name][at] if name in RULES else name}{told}", "setting": setting, "status": say.get(status, status), "source": source})
    if not isinstance(evaluation, Unscored):
        rubric = evaluation.rubric
        rows.append({"rule": say["rubric"].format(title=rubric.title[lang]), "setting": f"{rubric.id} {rubric.version}",
                     "status": say[rubric.status], "source": plain(rubric.document or rubric.source)})  # fmt: skip
    return annex_table(rows, ["rule", "setting", "status", "source"], lang, caption=TEXT[lang]["rules"])


def _rules(dataset: Dataset, lang: str) -> list[tuple[str, str, str, Mapping[str, Any]]]:
    """Name, what is added to it, value in words, and the entry of each rule that has a status."""
    at, found = 0 if lang == "zh" else 1, []
    for name, rule in dataset.rules.items():
        entries = [(one, str(one.get("period", ""))) for one in rule] if name == "breaks" and isinstance(rule, list) else [(rule, "")]
        for entry, period in entries:
            if not isinstance(entry, Mapping) or not {"status", "source"} <= set(entry):
                continue
            what = BREAKS.get(str(entry.get("what")), (str(entry.get("what")),) * 2)[at] if period else ""
            told = f"{TEXT[lang]['to']}{what}" if what else ""
            found.append((name, told, period or _value(entry.get("value"), lang), entry))
    return found


def _value(value: Any, lang: str) -> str:
    if isinstance(value, Mapping):
        return TEXT[lang]["semicolon"].join(f"{_value(k, lang)}{TEXT[lang]['to']}{_value(v, lang)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return TEXT[lang]["comma"].join(_value(one, lang) for one in value)
    if isinstance(value, float) and 0 < value < 1:
        return percent(value)
    return VALUES[str(value)][0 if lang == "zh" else 1] if str(value) in VALUES else plain(value)


def say_kinds(dataset: Dataset, table: pd.DataFrame, evaluation: Evaluation | Unscored, lang: str = "zh") -> Sentence:
    """How many figures are published, computed and assumed, and the status of the rubric. ``table``: the indicator rows of the report's area."""
    say, known = TEXT[lang], [rule for _, _, _, rule in _rules(dataset, lang)]
    counts = {"published": len(dataset.published), "computed": int(table["value"].notna().sum()), "rules": len(known),
              "official": sum(rule["status"] == "official" for rule in known), "assumed": sum(rule["status"] == "assumed" for rule in known)}  # fmt: skip
    told = say["kinds"].format(**{name: number(n) for name, n in counts.items()})
    if not isinstance(evaluation, Unscored):
        told += say[f"rubric_{evaluation.rubric.status}"].format(title=evaluation.rubric.title[lang])
    return Sentence(told, rows=(counts,))
