"""Scores and ranks for readers: an evaluation and its ranking → sentences; ``score_tables`` and ``score_charts`` stand beside.

Nothing is scored or estimated here. A rank is never told without the ranks that cannot be told apart from it; where there is no score,
every function says so instead of failing, so that a report can be made for any year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import __version__
from ..errors import ArgumentError, check_option
from ..kept import kept
from ..measure.disclosure import AUDIENCES
from .audience_words import REFUSED
from .formats import BLANK, Sentence, is_blank, number, percent, plain, together
from .labels import label, period_label
from .score_words import ASSUMED
from .score_words import SCORES as TEXT
from .scorebook_words import SHEETS
from .tables import SHORT_SHA
from .views import row_of
from .wording import say_note

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..measure.results import ResultTable
    from ..measure.rubric import Rubric
    from ..measure.scores import Evaluation

__all__ = ["Unscored", "say_how_ranked", "say_noise", "say_rank", "say_rubric", "say_score", "say_standing", "say_weights", "scored", "weighed"]

# what the data or the rubric may not allow of a report's period: the report goes on and says why
WHY = ("one_year", "rubric_years", "no_data_for_period")
SMALL = "small_sample"
SCALED = ("rescaled", "unscored_items")
TOP = 10
SURE = 0.99  # draws can show no more


@dataclass(frozen=True)
class Unscored:
    """In place of an evaluation and of its ranking: there is none, and why."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def say(self, lang: str) -> Sentence:
        """The reason, in a sentence."""
        words = TEXT[lang]
        return Sentence(words["none"].format(why=words[self.code].format(**self.facts)))

    def short(self, lang: str) -> Sentence:
        """Where a table or a further sentence would stand."""
        return Sentence(TEXT[lang]["short"])


@kept
def scored(
    dataset: Dataset, rubric: Rubric | str, *, period: str, as_of: Any = None, audience: str = "public", table: pd.DataFrame | None = None
) -> tuple[Evaluation, ResultTable] | tuple[Unscored, Unscored]:
    """The evaluation of a report as its audience may see it, and the ranking.

    Use: in a report, which must be readable for any period. In your own work call ``evaluate``, ``release_scores`` and ``rank``.

    Parameters
    ----------
    dataset, rubric, period, as_of
        As in ``evaluate``; a blank rubric: no scores.
    audience
        ``public``, ``street`` or ``internal``.
    table
        The indicator table of the report, released to this audience.

    Returns
    -------
    tuple
        ``Evaluation`` and the table of ``rank``; or twice an ``Unscored``, which says why there are no scores: no rubric, several years, a year
        without data or that the rubric does not hold for, too little scored everywhere. The functions beside this one take either.

    Raises
    ------
    DataError
        The rubric cannot be used.
    """
    from ..measure.ranking import rank
    from ..measure.score_release import release_ranking, release_scores

    found = _evaluated(dataset, rubric, period, as_of)
    if isinstance(found, Unscored):
        return found, found
    shown = release_scores(found, audience, table=table)
    return shown, release_ranking(rank(found), shown)


def weighed(dataset: Dataset, rubric: Rubric | str, *, period: str, as_of: Any = None) -> ResultTable | Unscored:
    """``weight_robustness`` of a report's evaluation, or why there are no scores. It is about ranks and counts nobody, so any audience may see it."""
    from ..measure.weightings import weight_robustness

    found = _evaluated(dataset, rubric, period, as_of)
    return found if isinstance(found, Unscored) else weight_robustness(found)


def _evaluated(dataset: Dataset, rubric: Rubric | str, period: str, as_of: Any) -> Evaluation | Unscored:
    from ..measure.scores import evaluate

    if is_blank(rubric):
        return Unscored("no_rubric")
    try:
        found = evaluate(dataset, rubric, period=period, as_of=None if is_blank(as_of) else as_of)
    except ArgumentError as error:
        if error.code not in WHY:
            raise
        return Unscored(error.code, error.facts)
    return Unscored("no_totals", {"period": period}) if found.totals["total"].isna().all() else found


# --- sentences ---------------------------------------------------------------------------------------------------------


def say_score(evaluation: Evaluation | Unscored, area: str, lang: str = "zh") -> Sentence:
    """What an area scored, of how many points, its grade, its parts, and what must be known of the total.

    Streets and the district: the mean of their communities. Without a total: why.
    """
    if isinstance(evaluation, Unscored):
        return evaluation.say(lang)
    rubric, say = evaluation.rubric, TEXT[lang]
    row = row_of(whole_areas(evaluation.totals), area)
    codes = [code for code in str(row["note"]).split(";") if code]
    facts = {"area": plain(row["area_name"]), "period": period_label(evaluation.period, lang), "maximum": number(rubric.maximum)}
    if is_blank(row["total"]):
        return Sentence(say["no_total"].format(**facts, why=say_note(row["note"], lang)) + stamp_of(evaluation, lang), rows=(row,))
    facts |= {"total": exact(row["total"], rubric), "grade": grade_title(rubric, row["grade"], lang), "n": number(row["communities"]),
              "below": label(evaluation.lowest, lang, "levels")}  # fmt: skip
    lowest = row["level"] == evaluation.lowest
    parts = _parts_told(evaluation, area, lowest, lang)
    said = [say["score" if lowest else "mean"].format(**facts), say["parts"].format(parts=parts) if parts else ""]
    if row["bonus"] > 0:
        said.append(say["bonus"].format(bonus=exact(row["bonus"], rubric)))
    said.append(_unequal_told(evaluation, row, lang) if parts else "")
    if lowest and row["maximum"] != rubric.maximum:
        why = [code for code in codes if code in SCALED]
        numbers = {"scored": number(row["maximum"]), "maximum": number(rubric.maximum), "left_out": number(rubric.maximum - row["maximum"])}
        said.append(say["scaled"].format(**numbers, why=say[why[0] if len(why) == 1 else "either"]))
        codes = [code for code in codes if code not in SCALED]
    if codes:
        said.append(say["care"].format(why=say_note(";".join(codes), lang)))
    told = whole_areas(evaluation.parts)
    return Sentence("".join(said).strip() + stamp_of(evaluation, lang), rows=(row, *told[told["area_code"].eq(area)].to_dict("records")))


def _unequal_told(evaluation: Evaluation, row: pd.Series, lang: str) -> str:
    """Why the printed parts and bonus do not add up to the printed total, where they do not and nothing else says so."""
    say, rubric, parts = TEXT[lang], evaluation.rubric, whole_areas(evaluation.parts)
    points = [*parts.loc[parts["area_code"].eq(row["area_code"]), "points"].dropna(), row["bonus"], -row["total"]]
    added = sum(Decimal(exact(value, rubric)) for value in points if not is_blank(value))
    if not added or (row["level"] == evaluation.lowest and row["maximum"] != rubric.maximum):
        return ""
    if row["level"] == evaluation.lowest:
        return say["capped"].format(cap=number(rubric.cap)) if row["total"] >= rubric.cap else say["rounded"]
    notes = _scaled(evaluation, row)
    why = [code for code in SCALED if notes.str.contains(code).any()]
    below = label(evaluation.lowest, lang, "levels")
    return say["rescaled_below"].format(n=len(notes), below=below, why=say[why[0] if len(why) == 1 else "either"]) if why else say["rounded"]


def _scaled(evaluation: Evaluation, area: pd.Series | None = None) -> pd.Series:
    """The notes of the rows of the lowest level that were rescaled: of all, or of those in an area."""
    mine = evaluation.totals[evaluation.totals["level"].eq(evaluation.lowest) & evaluation.totals["total"].notna()]
    if area is not None:
        mine = mine[evaluation.limits.at(mine["area_code"], str(area["level"])).eq(area["area_code"])]
    return mine.loc[mine["note"].str.split(";").map(lambda codes: bool(set(codes) & set(SCALED))), "note"]


def _parts_told(evaluation: Evaluation, area: str, lowest: bool, lang: str) -> str:
    mine = whole_areas(evaluation.parts)
    told = mine[mine["area_code"].eq(area)].set_index("part")
    parts = [(part.title[lang], told.loc[part.code]) for part in evaluation.rubric.parts if part.code in told.index]
    parts = [(title, row) for title, row in parts if not is_blank(row["points"])]
    say = TEXT[lang]["part" if lowest else "part_mean"]
    return TEXT[lang]["comma"].join(
        say.format(part=title, points=exact(row["points"], evaluation.rubric), maximum=number(row["maximum"]), rate=percent(row["rate"]))
        for title, row in parts
    )


def say_rank(ranking: ResultTable | Unscored, area: str, lang: str = "zh", audience: str = "public") -> Sentence:
    """The rank of a community, with the ranks that the error of measurement does not tell apart from it.

    To the public only where the community is not below the mean of all beyond that error.
    """
    check_option("audience", audience, AUDIENCES)
    if isinstance(ranking, Unscored):
        return ranking.short(lang)
    say, rows = TEXT[lang], whole_areas(ranking)
    if not rows["area_code"].eq(area).any():
        return Sentence(say["not_ranked_level"])
    row = row_of(rows, area)
    level, name = label(row["level"], lang, "levels"), plain(row["area_name"])
    if is_blank(row["rank"]):
        return Sentence(say["unranked"].format(area=name, why=say_note(row["note"], lang)))
    if audience == "public" and _is_below(row, rows):
        return Sentence(REFUSED[lang]["rank"])
    ties = int(rows["rank"].eq(row["rank"]).sum())
    side = "no_set" if is_blank(row["rank_lower"]) else "alone" if row["rank_lower"] == row["rank_upper"] else "set"
    known = {"lower": number(row["rank_lower"]), "upper": number(row["rank_upper"]), "level": level, "confidence": confidence_of(ranking, lang)}
    said = say["rank"].format(area=name, n=int(rows["rank"].notna().sum()), level=level, rank=number(row["rank"]),
                              tied=say["tied"] if ties > 1 else "", set=say[side].format(**known))  # fmt: skip
    chance = row.get(f"chance_{row['grade']}")
    if not is_blank(chance) and side != "no_set":
        said += say["chance"].format(chance=say["over" if chance > SURE else "about"].format(share=percent(min(chance, SURE), 0)))
    return Sentence((said + (say["small"] if SMALL in str(row["note"]).split(";") else "")).strip(), rows=(row,))


def _is_below(row: pd.Series, rows: pd.DataFrame) -> bool:
    """Below the mean of all ranked, beyond the error; where no error is known, below it at all."""
    band = row.get("band")
    return bool(band == "below" or (is_blank(band) and row["total"] < rows["total"].mean()))


def say_standing(evaluation: Evaluation | Unscored, ranking: ResultTable | Unscored, area: str, lang: str = "zh", audience: str = "public") -> Sentence:
    """``say_score`` and ``say_rank`` of a community, one under the other; without scores only why."""
    told = [say_score(evaluation, area, lang), *([] if isinstance(ranking, Unscored) else [say_rank(ranking, area, lang, audience)])]
    return together(told)


def say_noise(ranking: ResultTable | Unscored, lang: str = "zh") -> Sentence:
    """How much of the order the data support: pairs that can be told apart, and how many may be among the first ten.

    By the sets of ranks that hold for all communities at once.
    """
    if isinstance(ranking, Unscored):
        return ranking.short(lang)
    rows = whole_areas(ranking)
    rows = rows[rows["rank"].notna()]
    n, apart = len(rows), int((rows["rank_lower_all"] - 1).sum())
    pairs, reach = n * (n - 1) // 2, int(rows["rank_lower_all"].le(TOP).fillna(False).sum())
    facts = {"n": n, "pairs": number(pairs), "apart": number(apart), "share": percent(apart / pairs) if pairs else BLANK, "top": TOP, "reach": reach}
    level = rows["level"].iloc[0] if n else "community"
    summed = {"level": level, "n": n, "pairs": pairs, "apart": apart, "reach": reach}  # no row of a community: it would name it
    return Sentence(TEXT[lang]["noise"].format(**facts, level=label(level, lang, "levels"), confidence=confidence_of(ranking, lang)), rows=(summed,))


def say_weights(weights: ResultTable | Unscored, rubric: Rubric | str, lang: str = "zh") -> Sentence:
    """What of grades and of the first ten would stand had the rubric weighed its parts and sources otherwise (``weighed``)."""
    from ..measure.rubric import load_rubric
    from ..measure.weightings import SPREAD, WIDE

    if isinstance(weights, Unscored):
        return weights.short(lang)
    used = rubric if not isinstance(rubric, str) else load_rubric(rubric)
    say, drawn = TEXT[lang], weights[weights["scheme"].eq("dirichlet")]
    first = weights[weights["rank"].le(TOP).fillna(False)].groupby("scheme")["share_top"].sum()
    without = first[first.index.str.startswith("without_")]
    kind, _, code = str(without.idxmin()).partition(":")
    part = {p.code: p.title[lang] for p in used.parts}
    facts = {"spread": percent(SPREAD, 0), "draws": number(drawn["draws"].iloc[0]), "graded": percent(drawn["share_grade"].mean()), "top": TOP,
             "stay": number(round(float(first["dirichlet"]), 1)), "hang": int(drawn["note"].str.contains("hangs_on_weights").sum()), "wide": percent(WIDE, 0),
             "left": number(without.min()), "without": part[code] if kind == "without_part" else label(code, lang, "source")}  # fmt: skip
    level = "project" if weights["project_id"].ne("").any() else "community"
    return Sentence(say["weights"].format(**facts, level=label(level, lang, "levels")))


def confidence_of(ranking: pd.DataFrame, lang: str) -> str:
    """The confidence of the sets of ranks, in brackets."""
    known = ranking["confidence"].dropna() if "confidence" in ranking else pd.Series(dtype="float64")
    return TEXT[lang]["confidence"].format(confidence=percent(known.iloc[0], 0)) if len(known) else ""


def say_how_ranked(evaluation: Evaluation | Unscored, lang: str = "zh", audience: str = "public") -> Sentence:
    """How scores and ranks came about, for whoever wants to contest them: one line per rule. Scores that were not used are for internal readers."""
    check_option("audience", audience, AUDIENCES)
    if isinstance(evaluation, Unscored):
        return evaluation.short(lang)
    said = [_rubric_told, _sources_told, _missing_told, _rounding_told, _ties_told, _errors_told, *([_refused_told] if audience == "internal" else [])]
    return Sentence("\n".join([*(tell(evaluation, lang) for tell in said), TEXT[lang]["where"].format(**SHEETS[lang])]), prefix="- ")


def say_rubric(evaluation: Evaluation | Unscored, lang: str = "zh") -> Sentence:
    """How the scores were made: the rubric's id, version, document, status and checksum, package, rule book and data. An assumed rubric decides nothing."""
    return evaluation.short(lang) if isinstance(evaluation, Unscored) else Sentence(_rubric_told(evaluation, lang))


def _rubric_told(evaluation: Evaluation, lang: str) -> str:
    rubric, say = evaluation.rubric, TEXT[lang]
    document = say["document"].format(document=rubric.document) if rubric.document else say["no_document"]
    assumed = say["assumed_told"] if rubric.status == "assumed" else ""
    data = evaluation.dataset
    made = say["made"].format(version=__version__, rules=data.rules.get("version", BLANK), sha=data.sha256[:SHORT_SHA])
    told = say["rubric"].format(title=rubric.title[lang], version=rubric.version, document=document, status=say[rubric.status],
                                sha=rubric.sha256[:SHORT_SHA], assumed=assumed)  # fmt: skip
    return told.strip() + made


def _sources_told(evaluation: Evaluation, lang: str) -> str:
    shares = [f"{label(source, lang, 'source')}{'' if lang == 'zh' else ' '}{percent(share, 0)}" for source, share in evaluation.rubric.source_shares.items()]
    say = TEXT[lang]
    return say["sources"].format(shares=say["comma"].join(shares)) + "".join(say[f"only_{s}"] for s in ("peer", "self") if s in evaluation.rubric.source_shares)


def _missing_told(evaluation: Evaluation, lang: str) -> str:
    rubric, say = evaluation.rubric, TEXT[lang]
    nought = [item.title[lang] for item in rubric.base_items if item.missing == "zero"]
    zero = say["zero"].format(items=say["comma"].join(nought)) if nought else ""
    mine = evaluation.totals[evaluation.totals["level"].eq(evaluation.lowest)]
    below, counts = label(evaluation.lowest, lang, "levels"), {"scaled": len(_scaled(evaluation)), "blank": int(mine["total"].isna().sum())}
    parts = [say[f"told_{name}"].format(n=n, below=below) for name, n in counts.items() if n]
    told = say["told_missing"].format(told=say["comma"].join(parts)) if parts else ""
    return say["missing"].format(zero=zero, decides=label(rubric.decides, lang, "source"), maximum=number(rubric.maximum), needed=percent(rubric.needed, 0),
                                 told=told)  # fmt: skip


def _rounding_told(evaluation: Evaluation, lang: str) -> str:
    rubric, say = evaluation.rubric, TEXT[lang]
    *upper, lowest = rubric.bands
    limits = [*(say["from"].format(grade=b.title[lang], lower=number(b.lower)) for b in upper), say["rest"].format(grade=lowest.title[lang])]
    bands = say["comma"].join(limits)
    return say["rounding"].format(decimals=rubric.decimals, cap=number(rubric.cap), bands=bands)


def _ties_told(evaluation: Evaluation, lang: str) -> str:
    return TEXT[lang]["ties"].format(level=label("community", lang, "levels"), below=label(evaluation.lowest, lang, "levels"))


def _errors_told(evaluation: Evaluation, lang: str) -> str:
    from ..measure.score_errors import score_errors

    say, kinds = TEXT[lang], score_errors(evaluation).sources
    named = {kind: say["comma"].join(label(s, lang, "source") for s, k in kinds.items() if k == kind) for kind in ("survey", "assessors", "none")}
    return say["errors"].format(parts=say["semicolon"].join(say[f"error_{kind}"].format(sources=sources) for kind, sources in named.items() if sources))


def _refused_told(evaluation: Evaluation, lang: str) -> str:
    say, counts = TEXT[lang], evaluation.refused["code"].value_counts()
    reasons = say["comma"].join(say["reason"].format(why=label(code, lang, "refused_score"), n=n) for code, n in counts.items())
    return say["refused"].format(n=int(counts.sum()), reasons=reasons) if len(counts) else say["no_refused"]


# --- what the tables and charts share -----------------------------------------------------------------------------------


def nameless(evaluation: Evaluation, area: str, audience: str) -> set[str]:
    """Codes that a view of ``area`` must not name: before the public those with a total below the district's or none, before a street those outside."""
    check_option("audience", audience, AUDIENCES)
    if audience == "internal":
        return set()
    totals, limits = whole_areas(evaluation.totals), evaluation.limits
    codes, level, whole = totals["area_code"], limits.level_of[area], totals.loc[totals["level"].eq("district"), "total"]
    inside = limits.at(codes, level).eq(area) & (level != "district")
    good = inside if audience == "street" else totals["total"].ge(whole.iloc[0] if len(whole) else float("inf"))
    return set(codes[~good & totals["level"].ne("district")]) - {area, *limits.at(pd.Series([area]), "street")}


def whole_areas(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows about areas, without those about single projects."""
    return pd.DataFrame(frame)[frame["project_id"].eq("")]


def exact(value: Any, rubric: Rubric) -> str:
    """Points with the decimals of the rubric."""
    return BLANK if is_blank(value) else f"{float(value):.{rubric.decimals}f}"


def grade_title(rubric: Rubric, code: Any, lang: str) -> str:
    """What the rubric calls a grade; a dash for none."""
    return next((band.title[lang] for band in rubric.bands if band.code == code), BLANK)


def stamp_of(evaluation: Evaluation, lang: str) -> str:
    """That the rubric is assumed, in brackets."""
    return TEXT[lang]["stamp"].format(stamp=ASSUMED[lang]) if evaluation.rubric.status == "assumed" else ""
