"""The score workbook: every point as a formula from its raw value, so that officials can check it by hand and see what a weight does.

Place in the flow: after ``scores`` and ``ranking``; the last step before paper. It computes nothing that the package has not computed: each formula
is written with the package's value. ``score_parts`` writes the sheets of the parts, ``score_lists`` the lists. What the audience must not see is
not in the file, neither as a value nor behind a formula.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import LANGS, check_option
from ..measure.disclosure import AUDIENCES, HIDDEN, released
from ..measure.formula import evaluate_expression
from ..measure.indicators import numbers
from ..measure.ranksets import competition_rank
from ..measure.request import request, rows
from ..measure.score_records import split_indicator
from ..measure.score_release import release_scores
from ..show.canvas import STAMP
from ..show.labels import label
from ..show.score_words import ASSUMED
from ..show.scorebook_words import SHEETS, WORDS
from ..show.scores import say_how_ranked
from . import score_formulas as formulas
from .files import cell_text, text_width, whole, workbook
from .score_lists import (
    GAPS, LENIENCY, RECORDS, REFUSED, REWARDS, gaps_for, records_for, refused_for, rewards_for, say_notes, write_list,
)  # fmt: skip
from .score_parts import NAME, SUPPRESSED, Book, Layout, at, book_names, district_name, id_heads, id_values, layouts, prints, write_part

if TYPE_CHECKING:
    from ..measure.scores import Evaluation

HEADS = 4  # row of the headings of the scores
FACTS = ("title", "document", "status", "version", "years", "maximum", "cap", "needed", "decimals", "decides", "source")
LIVE = ("maximum", "cap", "needed")
FACT, BANDS = 3, 16  # first rows of the rubric's facts and grades
TABLES = ("records", "points", "items", "parts", "totals", "refused")


def write_scorebook(
    evaluation: Evaluation, path: Path | str, *, ranking: pd.DataFrame | None = None, gaps: pd.DataFrame | None = None, rewards: pd.DataFrame | None = None,
    leniency: pd.DataFrame | None = None, weights: pd.DataFrame | None = None, audience: str = "public", lang: str = "zh",
) -> Path:  # fmt: skip
    """Write an evaluation as a workbook that can be checked cell by cell.

    Parameters
    ----------
    evaluation : Evaluation
        Of ``evaluate``; for ``public`` and ``street`` it is released (``release_scores``) unless it was.
    path : Path or str
        The file, xlsx.
    ranking, gaps, rewards, leniency, weights : DataFrame, optional
        Of ``rank``, ``gaps``, ``rewards``, ``leniency``, and of ranks under other weights; a sheet, or columns, each. ``leniency`` and whose
        reward hangs on the error of the scores are written for ``internal`` only.
    audience : str
        ``public``, ``street`` or ``internal``.
    lang : str
        ``zh`` or ``en``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ArgumentError
        An unknown audience or language.
    """
    check_option("audience", audience, AUDIENCES)
    check_option("lang", lang, LANGS)
    evaluation = _released(evaluation, audience)
    target = Path(path)
    with workbook(target) as (file, styles):
        book = Book(evaluation, file, styles | _styles(file, evaluation.rubric.decimals), lang, _names(evaluation, lang), _stamp(evaluation, audience, lang),
                    _indicators(evaluation, audience))  # fmt: skip
        parts = layouts(book)
        _write_scores(book, parts, ranking)
        _write_streets(book, parts)
        for layout in parts.values():
            write_part(book, layout)
        _write_rubric(book, parts)
        _write_lists(book, audience, gaps=gaps, rewards=rewards, leniency=leniency, weights=weights)
        _write_method(book, ranking)
    return target


def write_score_tables(
    evaluation: Evaluation, folder: Path | str, *, ranking: pd.DataFrame | None = None, gaps: pd.DataFrame | None = None,
    rewards: pd.DataFrame | None = None, audience: str = "public",
) -> list[Path]:  # fmt: skip
    """Write the tables of an evaluation, and those given with it, as Parquet files: one a table, with codes and full precision.

    Parameters
    ----------
    evaluation, ranking, gaps, rewards, audience
        As for ``write_scorebook``.
    folder : Path or str
        Where ``records.parquet``, ``points.parquet``, ``items.parquet``, ``parts.parquet``, ``totals.parquet``, ``refused.parquet`` and
        ``ranking.parquet``, ``gaps.parquet``, ``rewards.parquet`` are written; each row has its ``origin``.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ArgumentError
        An unknown audience.
    """
    check_option("audience", audience, AUDIENCES)
    evaluation = _released(evaluation, audience)
    hidden = hidden_items(evaluation)
    tables = {name: pd.DataFrame(getattr(evaluation, name)) for name in TABLES}
    tables |= {"records": records_for(evaluation, hidden, audience).drop(columns=["item", "area_name"]), "refused": refused_for(evaluation, audience)}
    tables |= {"ranking": ranking} if ranking is not None else {}
    tables |= {"gaps": gaps_for(gaps, hidden).drop(columns="item")} if gaps is not None else {}
    tables |= {"rewards": rewards_for(rewards, audience)} if rewards is not None else {}
    written = []
    for name, table in tables.items():
        told = pd.DataFrame(table).assign(**({} if "origin" in table else {"origin": evaluation.origin}))
        written.append(Path(folder) / f"{name}.parquet")
        with whole(written[-1]) as part:
            told.to_parquet(part, index=False)
    return written
