"""What of the files that a whole batch shares an audience may have: indicator table, index, manifest, scores.

Place in the flow: between the released tables and the files that ``runs`` and ``evaluate`` write. Reports decide for themselves (``named``,
tags of cells); this is about what lies beside them. It hides no small counts; ``release`` has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import check_option
from ..measure.disclosure import AUDIENCES
from ..show.naming import codes_under, own_and_above, stand_ins
from ..show.scores import nameless, whole_areas

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..measure.scores import Evaluation

AREAS = ("area_code", "assessor_code", "parent_code", "code")  # columns that hold codes of areas
FILES = ("source_file", "source_sheet", "source_row")  # of a record: a file bears its street's name
INTERNAL_SCORES = ("gaps",)  # lists of what is weak


def shared_codes(dataset: Dataset, runs: Iterable[Mapping[str, Any]], audience: str) -> set[str]:
    """The areas of which ``indicators.csv`` and the index may tell figures.

    Internal and public: all, in the order of their codes. A street's edition: the district, and the street with its communities where all
    runs are about one street; of several streets none, since each would read of the others.
    """
    check_option("audience", audience, AUDIENCES)
    codes = set(dataset.areas["area_code"])
    if audience != "street":
        return codes
    level = dict(zip(dataset.areas["area_code"], dataset.areas["level"], strict=True))
    above = {code for run in runs for code in own_and_above(dataset, run["area_code"])}
    streets = {code for code in above if level.get(code) == "street"}
    whole = {code for code in codes if level[code] == "district"}
    return whole | (codes_under(dataset, next(iter(streets))) if len(streets) == 1 else set())


def shared_table(table: pd.DataFrame, dataset: Dataset, runs: Iterable[Mapping[str, Any]], audience: str) -> pd.DataFrame:
    """The released indicator table as it may lie beside the reports of ``runs`` (mappings with ``area_code``), earlier ones in the folder included."""
    found = table[table["area_code"].isin(shared_codes(dataset, runs, audience))].reset_index(drop=True)
    found.attrs = dict(table.attrs)
    return found


def shared_inputs(dataset: Dataset, audience: str) -> list[dict[str, Any]]:
    """The files behind a batch for its manifest: name and checksum; whether one could not be read or was superseded is internal."""
    check_option("audience", audience, AUDIENCES)
    columns = ["file", "sha256", *(["status"] if audience == "internal" else [])]
    return list(dataset.sources[columns].to_dict("records"))


def shared_notes(dataset: Dataset, audience: str) -> dict[str, Any]:
    """What the index may say of the data: ``files`` and rows ``kept``; for internal readers also ``refused``, ``unread`` files and ``findings``."""
    check_option("audience", audience, AUDIENCES)
    sources = dataset.sources
    told: dict[str, Any] = {"files": len(sources), "kept": int(sources["kept"].sum())}
    if audience != "internal":
        return told
    unread = list(sources.loc[sources["status"] == "unread", "file"])
    return told | {"refused": int(sources["refused"].sum()), "unread": unread, "findings": len(dataset.findings)}


def write_released_scores(found: Evaluation, out: Path, *, rewards: str = "", audience: str = "public", lang: str = "zh") -> list[Path]:
    """The score workbook of an evaluation and its tables in a folder beside it, as an audience may see them.

    Ranks and rewards rest on everything; what must not be seen is left out last. Others than internal readers get names only of areas whose total is
    at or above the district's, no weak items, no scores that were not used, no leniency, and no word on whose reward hangs on the error.

    Parameters
    ----------
    found
        What ``evaluate`` returned, not released.
    out
        The workbook, xlsx.
    rewards
        Reward rules, a name or a file; blank: those shipped, for communities.
    audience, lang
        As for ``write_scorebook``.
    """
    from ..measure.gaps import gaps
    from ..measure.leniency import leniency
    from ..measure.ranking import rank
    from ..measure.rewards import rewards as rewarded
    from ..measure.score_release import release_ranking, release_scores
    from .scorebook import write_score_tables, write_scorebook

    ranking = rank(found, level=found.lowest)
    rules = rewards or ("rewards" if found.lowest == "community" else "")
    tables = {"ranking": ranking, "gaps": gaps(found), "rewards": rewarded(ranking, rules) if rules else None}
    released = release_scores(found, audience)
    tables |= {"ranking": release_ranking(ranking, released)}
    shown, tables = without_names(released, tables, audience, lang)
    folder = out.with_name(f"{out.stem}_tables")
    write_score_tables(shown, folder, **tables, audience=audience)
    write_scorebook(shown, out, **tables, leniency=leniency(found) if audience == "internal" else None, audience=audience, lang=lang)
    return [out, folder]


def without_names(
    evaluation: Evaluation, tables: Mapping[str, pd.DataFrame | None], audience: str, lang: str = "zh"
) -> tuple[Evaluation, dict[str, pd.DataFrame | None]]:
    """An evaluation and tables made of it for others than internal readers: neutral names and codes for areas below the district, in every frame alike.

    Records lose the file that they came from, which bears a name; weak items and scores not used are left out.
    """
    check_option("audience", audience, AUDIENCES)
    if audience == "internal":
        return evaluation, dict(tables)
    tree = evaluation.limits.tree
    whole = tree.loc[tree["level"].eq("district"), "area_code"].iloc[0]
    hidden = nameless(evaluation, whole, "public")  # what is published cannot be kept from a street
    known, streets = stand_ins(whole_areas(evaluation.totals), hidden), hidden & set(tree.loc[tree["level"].eq("street"), "area_code"])

    def cleared(frame: pd.DataFrame) -> pd.DataFrame:
        return _renamed(_without_streets(frame, streets, whole), known, lang)

    now = replace(evaluation.limits, tree=tree[tree["area_code"].isin(evaluation.limits.areas["area_code"])])  # without areas of other years
    limits = replace(now, **{name: cleared(getattr(now, name)) for name in ("areas", "tree", "links")})
    frames = {name: cleared(getattr(evaluation, name)) for name in ("subjects", "points", "items", "parts", "totals")}
    shown = replace(evaluation, limits=limits, records=cleared(_without_origin(evaluation.records)), refused=evaluation.refused.iloc[:0], **frames)
    kept = {name: None if table is None or name in INTERNAL_SCORES else cleared(table) for name, table in tables.items()}
    return shown, kept


def _without_streets(frame: pd.DataFrame, streets: set[str], whole: str) -> pd.DataFrame:
    """Without rows of streets that are not named, and nothing said to lie in them: a named community would name its street."""
    kept = frame[~frame["area_code"].isin(streets)] if "area_code" in frame else frame
    return kept.assign(parent_code=kept["parent_code"].mask(kept["parent_code"].isin(streets), whole)) if "parent_code" in frame else kept


def _without_origin(records: pd.DataFrame) -> pd.DataFrame:
    """Records without the files that they came from; several assessors of one score are numbered by what they gave, so that nobody's leniency can be had."""
    each = records.sort_values("value", kind="stable").groupby(["area_code", "project_id", "item_code", "source"], dropna=False)
    several, place = each["value"].transform("size").gt(1), each.cumcount().add(1).map("{:02d}".format)
    code = records["assessor_code"].mask(several.reindex(records.index), place.reindex(records.index))
    blank = {name: pd.Series(pd.NA, index=records.index, dtype=dtype) for name, dtype in records.dtypes.items() if name in FILES}
    return records.assign(assessor_code=code.astype(records["assessor_code"].dtype), **blank)


def _renamed(frame: pd.DataFrame, known: Mapping[str, str], lang: str) -> pd.DataFrame:
    """The frame with neutral codes and names, sorted so that no place tells a name."""
    from ..show.audience_words import NAMELESS

    found = frame.copy()
    if "area_name" in frame and "area_code" in frame:
        found["area_name"] = frame["area_name"].mask(frame["area_code"].isin(list(known)), NAMELESS[lang])
    for column in frame.columns.intersection(AREAS):
        found[column] = frame[column].map(lambda code: known.get(code, code)).astype(frame[column].dtype)
    if "area_code" in found:
        place = found["area_code"].where(found["area_code"].isin(list(known.values())), "")
        found = found.iloc[place.argsort(kind="stable")].reset_index(drop=True)
    found.attrs = dict(frame.attrs)
    return found
