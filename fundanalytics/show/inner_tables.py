"""What only the internal edition shows: leniency of assessors, gaps of self-assessments, rewards that hang on the error of measurement.

Place in the flow: beside ``score_tables``. Each function asks for the audience and says in a sentence that the matter is not for others. Nothing
is estimated here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import check_option
from ..measure.disclosure import AUDIENCES
from .annex_words import ANNEXES as TEXT
from .annexes import annex_table, stamps
from .formats import BLANK, Sentence, is_blank, number, plain, score_points, wan
from .labels import label
from .score_tables import rank_set
from .scores import Unscored, whole_areas
from .tables import Table

if TYPE_CHECKING:
    from ..measure.results import ResultTable
    from ..measure.scores import Evaluation

__all__ = ["leniency_table", "reward_table", "self_gap_table"]


def leniency_table(evaluation: Evaluation | Unscored, lang: str = "zh", *, audience: str = "public") -> Table | Sentence:
    """How much higher each assessor scores than others of its source would, with limits; the most lenient first."""
    from ..measure.leniency import leniency

    if (refused := _not_for(evaluation, lang, audience)) is not None or isinstance(evaluation, Unscored):
        return refused or Sentence("")
    found = leniency(evaluation).sort_values("value", ascending=False, na_position="last")
    rows = [{"assessor": f"{plain(r['assessor_name'] or r['assessor_code'])} · {label(r['source'], lang, 'source')}",
             "above": score_points(r["value"], signed=True), "limits": _limits(r), "n": number(r["n"])} for r in found.to_dict("records")]  # fmt: skip
    return annex_table(rows, ["assessor", "above", "limits", "n"], lang, caption=TEXT[lang]["leniency_caption"], stamp=stamps(evaluation.dataset, lang))


def self_gap_table(evaluation: Evaluation | Unscored, lang: str = "zh", *, audience: str = "public", count: int = 5) -> Table | Sentence:
    """The items on which communities' self-assessments stand furthest from the district's, over the whole district, with limits."""
    from ..measure.leniency import self_gap_by_item

    if (refused := _not_for(evaluation, lang, audience)) is not None or isinstance(evaluation, Unscored):
        return refused or Sentence("")
    found = self_gap_by_item(evaluation)
    found = found[found["level"].eq("district") & found["value"].notna()]
    found = found.reindex(found["value"].abs().sort_values(ascending=False, kind="stable").index).head(count)
    rows = [{"item": evaluation.rubric.item(r["item_code"]).title[lang], "gap": score_points(r["value"], signed=True), "limits": _limits(r),
             "count": number(r["n"])} for r in found.to_dict("records")]  # fmt: skip
    return annex_table(rows, ["item", "gap", "limits", "count"], lang, caption=TEXT[lang]["self_gap_caption"], stamp=stamps(evaluation.dataset, lang))


def reward_table(
    ranking: ResultTable | Unscored, evaluation: Evaluation | Unscored, lang: str = "zh", *, audience: str = "public", rules: str = "rewards", count: int = 10
) -> Table | Sentence:
    """The communities next to the border of a reward: what the rules would give them, and whether another measurement might change it."""
    from ..measure.rewards import rewards

    if (refused := _not_for(evaluation, lang, audience)) is not None or isinstance(evaluation, Unscored) or isinstance(ranking, Unscored):
        return refused or Sentence("")
    say, given = TEXT[lang], rewards(ranking, rules)
    about = given.attrs["rewards"]
    found = whole_areas(given)
    found = found[found["depends_on_error"].fillna(False).astype("bool")]
    if found.empty:
        return Sentence(say["no_borderline"])
    last = given.loc[given["tier"].ne(""), "rank"].groupby(given["tier"]).max().dropna()  # the last rank of each tier
    edge = found["rank"].map(lambda rank: min((abs(float(rank) - float(end) - 0.5) for end in last), default=0.0))
    shown = found.loc[edge.sort_values(kind="stable").index[:count]].sort_values(["rank", "area_code"])
    rows = [{"area_name": plain(r["area_name"]), "rank": number(r["rank"]), "rank_set": rank_set(r), "tier": _tier(r, about["tiers"], lang),
             "amount": wan(r["amount"]) if lang == "zh" else number(r["amount"]), "hangs": say[_hangs(r)]} for r in shown.to_dict("records")]  # fmt: skip
    caption = say["rewards_caption"].format(id=about["id"], status=say[about["status"]], n=len(found), shown=len(rows))
    columns = ["area_name", "rank", "rank_set", "tier", "amount", "hangs"]
    return annex_table(rows, columns, lang, caption=caption, stamp=stamps(evaluation.dataset, lang, assumed=about["status"] == "assumed"))


def _not_for(evaluation: Evaluation | Unscored, lang: str, audience: str) -> Sentence | None:
    """Why there is no table, if there is none."""
    check_option("audience", audience, AUDIENCES)
    if audience != "internal":
        return Sentence(TEXT[lang]["internal"])
    return evaluation.short(lang) if isinstance(evaluation, Unscored) else None


def _limits(row: dict[str, Any]) -> str:
    return BLANK if is_blank(row["lower"]) else f"{score_points(row['lower'], signed=True)} – {score_points(row['upper'], signed=True)}"


def _tier(row: dict[str, Any], titles: dict[str, dict[str, str]], lang: str) -> str:
    return titles[row["tier"]][lang] if row["tier"] else TEXT[lang]["none"]


def _hangs(row: dict[str, Any]) -> str:
    return "both" if row["could_gain"] and row["could_lose"] else "gain" if row["could_gain"] else "lose"
