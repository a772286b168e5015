"""A panel as files that a statistics package opens: CSV, Parquet, Stata, each with the same numbers, and a codebook beside.

Place in the flow: takes a ``Panel`` from ``measure`` and words from ``show.labels``. Files appear whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data import schema
from ..errors import LANGS, ArgumentError, check_option
from ..show.labels import label, period_label
from .files import whole, write_csv, write_whole

if TYPE_CHECKING:
    from ..measure.panel import Panel

FORMATS = ("csv", "parquet", "stata")
LONGEST_NAME, LONGEST_LABEL = 32, 80  # Stata's limits
STATA = 118  # the first version of the file in which labels may be Chinese
_RESERVED = """aggregate array boolean break byte case catch class colvector complex const continue default delegate delete do double else eltypedef end
enum explicit export external float for friend function global goto if import in inline int local long mata matrix namespace new null numeric NULL
operator orgtypedef pointer polymorphic pragma private protected public quad real return rowvector scalar short signed static strL string struct super
switch template this throw transmorphic try typedef typename union unsigned using vector version virtual void volatile while with"""
RESERVED = frozenset(_RESERVED.split())
CODED = ("level", "community_type", "origin")  # columns of codes that become numbers with labels
TREATED = {"zh": {0: "非试点", 1: "试点"}, "en": {0: "not a pilot", 1: "pilot"}}


def write_panel(panel: Panel, out: str | Path, *, formats: str | Sequence[str] = FORMATS, lang: str = "zh", name: str = "panel") -> list[Path]:
    """Write a panel with its notes, codebook and citation.

    Parameters
    ----------
    panel : Panel
    out : folder, made if missing.
    formats : ``csv`` (UTF-8 that Excel reads), ``parquet``, ``stata`` (``.dta`` of Stata 14 or later).
    lang : of the labels in the Stata file, ``zh`` or ``en``; the codebook has both.
    name : of the files, without ending.

    Returns
    -------
    list of Path : the data files, then ``<name>_notes.csv`` (why what is blank), ``<name>_codebook.csv``, ``<name>_citation.txt``.

    Raises
    ------
    ArgumentError : an unknown format or language, a folder that cannot be written.

    Notes
    -----
    In Stata names have at most 32 characters (the codebook has both names), blank text is empty, the columns of codes are numbers with
    labels. Numbers are the same doubles in every format.
    """
    kinds = (formats,) if isinstance(formats, str) else tuple(dict.fromkeys(formats))
    for kind in kinds:
        check_option("formats", kind, FORMATS)
    check_option("lang", lang, LANGS)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _written(panel, folder / name, kinds, lang)
    except OSError as error:
        raise ArgumentError("out_not_a_folder", found=str(folder), reason=error.strerror) from None


def _written(panel: Panel, stem: Path, kinds: tuple[str, ...], lang: str) -> list[Path]:
    frame, paths = panel.to_frame(), []

    def place(end: str) -> Path:
        paths.append(stem.with_name(stem.name + end))
        return paths[-1]

    if "csv" in kinds:
        write_csv(frame, place(".csv"))
    if "parquet" in kinds:
        with whole(place(".parquet")) as part:
            frame.to_parquet(part, index=False)
    if "stata" in kinds:
        with whole(place(".dta")) as part:
            _write_stata(panel, frame, part, lang)
    write_csv(panel.notes, place("_notes.csv"))
    write_csv(codebook_table(panel), place("_codebook.csv"))
    write_whole(panel.cite() + "\n", place("_citation.txt"))
    return paths


# --- codebook --------------------------------------------------------------------------------------------------------------------
def codebook_table(panel: Panel) -> pd.DataFrame:
    """The codebook with the name in Stata, labels in both languages and the values of coded columns."""
    book = panel.codebook
    names = stata_names(book["variable"])
    words = {f"label_{lang}": [variable_label(row, lang) for row in book.to_dict("records")] for lang in LANGS}
    rules = {f"rule_{lang}": [label(rule, lang, "note") for rule in book["rule"]] for lang in LANGS}
    values = [_values(panel, variable) if variable in CODED else "" for variable in book["variable"]]
    front = pd.DataFrame({"variable": book["variable"], "stata_name": [names[v] for v in book["variable"]], **words, "values": values})
    return pd.concat([front, book.drop(columns=["variable", "rule"]), pd.DataFrame(rules)], axis=1)


def variable_label(row: dict[Any, Any], lang: str) -> str:
    """What a variable is called: indicator, definition, part, period; or its heading."""
    if not row["indicator"]:
        stem = row["variable"].removesuffix(f"_{row['period'].replace('-', '_')}") if row["period"] else row["variable"]
        words = [label(stem, lang, "column") if row["role"] != "covariate" else stem]
    else:
        words = [label(row["indicator"], lang, "indicator"), label(row["basis"], lang, "basis")]
        words += [label(row["part"], lang, "column")] if row["part"] != "value" else []
    words += [period_label(row["period"], lang)] if row["period"] else []
    return ("，" if lang == "zh" else ", ").join(words)


def _values(panel: Panel, variable: str) -> str:
    return "; ".join(
        f"{i} = {code} {value_label(variable, code, 'zh')} / {value_label(variable, code, 'en')}" for i, code in enumerate(_codes(panel, variable))
    )


def _codes(panel: Panel, variable: str) -> list[str]:
    return sorted(panel.frame[variable].dropna().unique())


def value_label(variable: str, code: str, lang: str) -> str:
    """What a code of a coded column is called."""
    if variable == "community_type":
        return schema.COMMUNITY_TYPES[code][0] if lang == "zh" and code in schema.COMMUNITY_TYPES else code
    return label(code, lang, variable)


# --- Stata -----------------------------------------------------------------------------------------------------------------------
def stata_names(names: Iterable[str]) -> dict[str, str]:
    """Names that Stata takes: letters, digits and ``_``, at most 32, none reserved, all different.

    Examples
    --------
    >>> stata_names(["usage_rate", "satisfaction_rate_satisfied_lower_2018", "if", "2018"])
    {'usage_rate': 'usage_rate', 'satisfaction_rate_satisfied_lower_2018': 'satisfa_rate_satisfie_lower_2018', 'if': 'if_', '2018': '_2018'}
    """
    found: dict[str, str] = {}
    for name in names:
        short = _shortened(_valid(name), LONGEST_NAME)
        number = 1
        while short in found.values():
            number += 1
            short = f"{_shortened(_valid(name), LONGEST_NAME - len(str(number)) - 1)}_{number}"
        found[name] = short
    return found


def _valid(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if plain in RESERVED or re.fullmatch(r"_|_all|_b|_coef|_cons|_n|_N|_pi|_pred|_rc|_skip|_weight|str\d+", plain) else plain


def _shortened(name: str, most: int) -> str:
    """The longest words lose their ends first; numbers stay whole."""
    words = name.split("_")
    while len("_".join(words)) > most:
        at = max(range(len(words)), key=lambda i: (not words[i].isdigit(), len(words[i])))
        if len(words[at]) <= 1 or words[at].isdigit():
            return "_".join(words)[:most]
        words[at] = words[at][:-1]
    return "_".join(words)


def _write_stata(panel: Panel, frame: pd.DataFrame, target: Path, lang: str) -> None:
    names = stata_names(frame)
    columns, treated = {}, []
    for variable in frame:
        columns[names[variable]] = _stata_column(panel, variable, frame[variable], lang)
        if variable.startswith("treated") and pd.api.types.is_integer_dtype(columns[names[variable]]):
            treated.append(names[variable])
    labels = {names[row["variable"]]: _cut(variable_label(row, lang)) for row in panel.codebook.to_dict("records")}
    days = {names[v]: "td" for v in frame if pd.api.types.is_datetime64_any_dtype(frame[v])}
    origin = panel.data.get("origin", "")
    title = " ".join(text for text in (panel.data.get("data_name", ""), label(origin, lang, "origin") if origin else "") if text)
    pd.DataFrame(columns).to_stata(
        target, version=STATA, write_index=False, variable_labels=labels, data_label=_cut(title) or None, convert_dates=days or None,
        value_labels=dict.fromkeys(treated, TREATED[lang]) or None,
    )  # fmt: skip


def _stata_column(panel: Panel, variable: str, values: pd.Series, lang: str) -> pd.Series:
    """A column as Stata holds it: codes as labelled numbers, text never missing, counts as doubles where some are."""
    if variable in CODED and values.notna().any():
        codes = _codes(panel, variable)
        words = [value_label(variable, code, lang) for code in codes]
        words = words if len(set(words)) == len(words) else codes
        return pd.Series(pd.Categorical(values.map(dict(zip(codes, words, strict=True))).astype("object"), categories=words), index=values.index)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.astype("datetime64[ns]")
    if pd.api.types.is_numeric_dtype(values):
        whole_numbers = values.notna().all() and (variable.startswith("treated") or pd.api.types.is_integer_dtype(values)) and (values % 1 == 0).all()
        return values.astype("int32" if whole_numbers else "float64")
    return values.astype("object").where(values.notna(), "")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
