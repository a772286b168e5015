"""From any number in a report to its ground: definition, source of the definition, formula, reference, and the test behind it.

Beside ``tables``: takes the rows that a report shows and says what each kind of them rests on. It computes nothing.
"""

from __future__ import annotations

import pandas as pd

from ..measure.indicators import INDICATORS
from ..measure.methods import METHODS
from ..measure.results import ResultTable
from .formats import Sentence
from .labels import label
from .method_words import FORMULAS


def grounds(table: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """What the numbers of a table rest on.

    Use: the annex of a report, and the answer to a referee who asks how a figure was made. Every ``method`` that the rows name is
    followed to its formula, its reference and the test that compares it with someone else's software.

    Parameters
    ----------
    table
        Rows of the indicator table, or of a comparison: ``indicator``, ``basis``, ``method``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    DataFrame
        One row per indicator, basis and method that occurs with a value, in the table's order: ``indicator``, ``basis``, ``defined_by`` (source of the
        definition), ``method``, ``formula``, ``reference``, ``authority``, ``test``.

    Examples
    --------
    >>> from fundanalytics import awareness_rate, load_sample
    >>> found = grounds(awareness_rate(load_sample(), by="district", period="2020"), "en")
    >>> found["test"].str.startswith("tests/").all()
    np.True_
    """
    value = table["value"] if "value" in table else table["change"]
    used = table.loc[value.notna(), ["indicator", "basis", "method"]].drop_duplicates()
    rows = [_ground(str(i), str(b), str(m), lang) for i, b, m in used.itertuples(index=False, name=None)]
    found = pd.DataFrame(rows, columns=["indicator", "basis", "defined_by", "method", "formula", "reference", "authority", "test"])
    found.attrs["origin"] = table.attrs.get("origin")
    return found


def _ground(indicator: str, basis: str, method: str, lang: str) -> dict[str, str]:
    made, how = INDICATORS.get(indicator), METHODS.get(method)
    between = "；" if lang == "zh" else "; "
    return {
        "indicator": indicator, "basis": label(basis, lang, "basis"), "defined_by": made.source if made else "", "method": method,
        "formula": _formula(method, how.formula, lang) if how else "", "reference": between.join(how.references) if how else "",
        "authority": how.authority if how else "",
        "test": between.join(f"tests/{test}" for test in how.tests) if how else "",
    }  # fmt: skip


def _formula(method: str, formula: str, lang: str) -> str:
    return FORMULAS.get(method, formula) if lang == "zh" else formula


def say_cited(table: ResultTable) -> Sentence:
    """What to cite with the numbers of a table, one a line: package and version, hash of the data, references."""
    return Sentence(table.cite(), prefix="- ")
