"""The score workbook: every point as a formula from its raw value, so that officials can check it by hand and see what a weight does.

Place in the flow: after ``scores`` and ``ranking``; the last step before paper. It computes nothing that the package has not computed: each formula
is written with the package's value. ``score_parts`` writes the sheets of the parts, ``score_lists`` the lists. What the audience must not see is
not in the file, neither as a value nor behind a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import LANGS, check_option
from ..measure.disclosure import AUDIENCES, HIDDEN, released
from ..measure.formula import evaluate_expression
from ..measure.indicators import numbers
from ..measure.request import request, rows
from ..measure.score_records import split_indicator
from ..measure.score_release import release_scores
from ..show.canvas import STAMP
from ..show.labels import label
from ..show.score_words import ASSUMED
from ..show.scorebook_words import WORDS
from ..show.scores import say_how_ranked
from .files import cell_text, whole, workbook
from .score_front import write_rubric, write_scores, write_streets
from .score_layout import Book, book_names, height, hidden_items, layouts, prints, sheet_names
from .score_lists import gaps_for, records_for, refused_for, rewards_for, write_list
from .score_parts import write_part

if TYPE_CHECKING:
    from ..measure.scores import Evaluation

METHOD = 100  # width of its texts
TABLES = ("records", "points", "items", "parts", "totals", "refused")


def write_scorebook(
    evaluation: Evaluation, path: Path | str, *, ranking: pd.DataFrame | None = None, gaps: pd.DataFrame | None = None, rewards: pd.DataFrame | None = None,
    leniency: pd.DataFrame | None = None, weights: pd.DataFrame | None = None, audience: str = "public", lang: str = "zh",
) -> Path:  # fmt: skip
    """Write an evaluation as a workbook that can be checked cell by cell.

    Parameters
    ----------
    evaluation : Evaluation
        Of ``evaluate``; for ``public`` and ``street`` it is released (``release_scores``) unless its items say that it was for them.
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
        book = Book(evaluation, file, styles | _styles(file, evaluation.rubric.decimals), lang, sheet_names(evaluation, lang),
                    _stamp(evaluation, audience, lang), _indicators(evaluation, audience))  # fmt: skip
        parts = layouts(book)
        write_streets(book, write_scores(book, parts, ranking))
        for layout in parts.values():
            write_part(book, layout)
        write_rubric(book, parts)
        _write_lists(book, audience, gaps=gaps, rewards=rewards, leniency=leniency, weights=weights)
        _write_method(book, ranking, audience)
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


# --- what goes into the book -------------------------------------------------------------------------------------------


def _released(evaluation: Evaluation, audience: str) -> Evaluation:
    """The evaluation as the audience may see it; one whose items say that they are for it has been released."""
    return evaluation if evaluation.items.attrs.get("audience") == audience else release_scores(evaluation, audience)


def _stamp(evaluation: Evaluation, audience: str, lang: str) -> str:
    """What every sheet says of what it is: invented data, an assumed rubric, for internal use."""
    told = [STAMP[lang] if evaluation.dataset.origin == "synthetic" else "", ASSUMED[lang] if evaluation.rubric.status == "assumed" else "",
            WORDS[lang]["internal"] if audience == "internal" else ""]  # fmt: skip
    return "".join(f"【{word}】" if lang == "zh" else f"[{word}] " for word in told if word).strip()


def _indicators(evaluation: Evaluation, audience: str) -> dict[tuple[str, str], dict[str, float]]:
    """Item and name in its formula → area → value, where the values give what the item was scored by and the audience may see them."""
    items = [item for item in evaluation.rubric.items if item.value == "formula"]
    pairs = {name: split_indicator(name) for item in items for name in book_names(item)}
    if not pairs:
        return {}
    table = _indicator_table(evaluation, pairs, audience)
    values = {name: table[table["indicator"].eq(pair[0]) & table["basis"].eq(pair[1])].set_index("area_code")["value"] for name, pair in pairs.items()}
    found: dict[tuple[str, str], dict[str, float]] = {}
    for item in items:
        mine = pd.DataFrame({name: values[name] for name in book_names(item)}).astype("float64")
        scored = evaluation.records[evaluation.records["item_code"].eq(item.code)].set_index("area_code")["value"].reindex(mine.index)
        computed = evaluate_expression(item.options["expression"], {name: mine[name].to_numpy() for name in mine})
        same = np.isclose(computed, scored.to_numpy(dtype="float64"), rtol=1e-9, equal_nan=True)
        found |= {(item.code, str(name)): column[same].to_dict() for name, column in mine.items()}
    return found


def _indicator_table(evaluation: Evaluation, pairs: Mapping[str, tuple[str, str]], audience: str) -> pd.DataFrame:
    wanted = {name: tuple(sorted({basis for of, basis in pairs.values() if of == name})) for name, _ in pairs.values()}
    asked = request(evaluation.dataset, by="community", period=evaluation.period, subset=None, as_of=evaluation.as_of, confidence=0.95, subsets=())
    table = rows(asked, numbers(asked, wanted))
    if audience != "internal":
        shown = released(evaluation.dataset, sorted(wanted), period=evaluation.period, audience=audience, as_of=evaluation.as_of)
        keys = ["indicator", "basis", "area_code"]
        gone = pd.MultiIndex.from_frame(shown.loc[shown["note"].isin(HIDDEN), keys])
        table = table[~pd.MultiIndex.from_frame(table[keys]).isin(gone)]
    return table


def _write_lists(book: Book, audience: str, **given: pd.DataFrame | None) -> None:
    evaluation, hidden = book.evaluation, book.found.hidden
    gaps, rewards, leniency, weights = (given[name] for name in ("gaps", "rewards", "leniency", "weights"))
    if gaps is not None:
        write_list(book, "gaps", gaps_for(gaps, hidden))
    if rewards is not None:
        assumed = rewards.attrs.get("rewards", {}).get("status") == "assumed"
        write_list(book, "rewards", rewards_for(rewards, audience), book.words["assumed_rewards"] if assumed else "")
    if weights is not None:
        write_list(book, "weights", weights)
    write_list(book, "records", records_for(evaluation, hidden, audience))
    if leniency is not None and audience == "internal":
        write_list(book, "leniency", leniency)
    if audience == "internal":
        write_list(book, "refused", refused_for(evaluation, audience))


def _write_method(book: Book, ranking: pd.DataFrame | None, audience: str) -> None:
    """How a total comes about, what its error is, and what was computed from what."""
    evaluation, rubric, words = book.evaluation, book.evaluation.rubric, book.words
    facts = {"decimals": rubric.decimals, "maximum": f"{rubric.maximum:g}", "cap": f"{rubric.cap:g}", "unit": words["unit"][evaluation.lowest],
             **{key: book.names[key] for key in ("rubric", "records")}}  # fmt: skip
    lines = [line.format(**facts) for line in words["method"]]
    told = [*say_how_ranked(evaluation, book.lang, audience).splitlines(), words["rules"].format(name=rubric.name, sha=rubric.sha256)]
    if ranking is not None:
        methods = ranking["method"].dropna().astype("str").unique() if "method" in ranking else []
        told += [words["method_of_ranks"].format(method=label(method, book.lang, "method")) for method in methods if method]
        made = ranking.attrs.get("ranking", {})
        told += [words["seed"].format(seed=made["seed"], draws=made["draws"])] if made else []
    page = book.sheet("method")
    book.told(page, 1)
    row = 3
    for head, texts in ((words["method_title"], lines), (words["made"], [*told, *evaluation.cite().splitlines()])):
        page.write_string(row, 0, head, book.styles["title"])
        for text in texts:
            row += 1
            page.write_string(row, 0, cell_text(text), book.styles["wide"])
            page.set_row(row, height((text, METHOD)))
        row += 2
    page.set_column(0, 0, METHOD)
    page.freeze_panes(2, 0)
    prints(page, (row - 2, 0), heads=1)


def _styles(file: Any, decimals: int) -> dict[str, Any]:
    """The styles of the cells, by what stands in them."""
    number = "0." + "0" * decimals if decimals else "0"
    edge = {"border": 1, "border_color": "#D5DCE4", "valign": "vcenter", "font_size": 10}
    yellow = {"bg_color": "#FFF6CC", "align": "center"}
    head = {"bold": True, "text_wrap": True, "bg_color": "#E8EEF4", "align": "center"}
    made = {
        "title": {"bold": True, "font_size": 14}, "told": {"font_color": "#8A3B12", "font_size": 10}, "head": edge | head | {"font_size": 9},
        "item": edge | head, "rule": edge | head | {"bold": False, "font_size": 8}, "body": edge | {"num_format": "@"}, "long": edge | {"text_wrap": True},
        "wide": {"text_wrap": True, "valign": "top"}, "points": edge | {"num_format": number, "bold": True, "bg_color": "#F3F7EC"},
        "maximum": edge, "number": edge | {"num_format": number}, "raw": edge, "score": edge | {"num_format": "0.00"},
        "percent": edge | {"num_format": "0.00%"}, "share": edge | {"num_format": "0.00%"}, "mark": edge | {"align": "center", "font_color": "#7A7A7A"},
        "whole": edge | {"num_format": "0", "align": "center"}, "money": edge | {"num_format": "#,##0.00"}, "grade": edge | {"align": "center"},
        "chance": edge | {"num_format": "0%"}, "input": edge | yellow, "input wide": edge | yellow | {"bold": True},
        "input percent": edge | yellow | {"num_format": "0.00%"},
        "input raw": edge | yellow, "input score": edge | yellow, "input chance": edge | yellow | {"num_format": "0%"},
        "left": edge | {"bold": True, "text_wrap": True},
        "left plain": edge | {"text_wrap": True, "align": "left"}, "plain text": {"bold": True},
    }  # fmt: skip
    return {name: file.add_format(properties) for name, properties in made.items()}
