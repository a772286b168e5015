"""Small hand-made tables in the shape that measuring hands to showing."""

from __future__ import annotations

from typing import Any

import pandas as pd

COLUMNS = [
    "indicator",
    "basis",
    "subset",
    "level",
    "area_code",
    "area_name",
    "period",
    "as_of",
    "value",
    "lower",
    "upper",
    "confidence",
    "numerator",
    "denominator",
    "n",
    "n_eff",
    "unit",
    "method",
    "origin",
    "quality",
    "note",
]
COMPARISON = [
    "indicator",
    "basis",
    "subset",
    "level",
    "area_code",
    "area_name",
    "baseline",
    "current",
    "baseline_value",
    "current_value",
    "change",
    "lower",
    "upper",
    "confidence",
    "relative_change",
    "within",
    "between",
    "n",
    "method",
    "origin",
    "note",
]
FULL = {
    "indicator": "usage_rate",
    "basis": "paid/arrived",
    "subset": "",
    "level": "street",
    "area_code": "999901001",
    "area_name": "梧桐街道",
    "period": "2020",
    "as_of": "2020-12-31",
    "value": 0.9776,
    "lower": None,
    "upper": None,
    "confidence": None,
    "numerator": 9_776_000.0,
    "denominator": 10_000_000.0,
    "n": None,
    "n_eff": None,
    "unit": "ratio",
    "method": "full count",
    "origin": "synthetic",
    "quality": 1,
    "note": "",
}
SURVEY = FULL | {
    "indicator": "satisfaction_rate",
    "basis": "satisfied",
    "value": 0.82,
    "lower": 0.78,
    "upper": 0.855,
    "confidence": 0.95,
    "numerator": 820.0,
    "denominator": 1000.0,
    "n": 312,
    "n_eff": 201.4,
    "unit": "share",
    "method": "survey, logit",
}
COMPARED = {
    "indicator": "usage_rate",
    "basis": "paid/arrived",
    "subset": "",
    "level": "district",
    "area_code": "999901",
    "area_name": "示例区",
    "baseline": "2012-2017",
    "current": "2018-2020",
    "baseline_value": 0.808,
    "current_value": 0.978,
    "change": 0.17,
    "lower": 0.15,
    "upper": 0.19,
    "confidence": 0.95,
    "relative_change": 0.2104,
    "within": 0.165,
    "between": 0.005,
    "n": 90,
    "method": "full count; paired",
    "origin": "synthetic",
    "note": "",
}


def full(**changes: Any) -> pd.Series:
    """A row of a full count."""
    return pd.Series(FULL | changes)


def survey(**changes: Any) -> pd.Series:
    """A row of a survey estimate."""
    return pd.Series(SURVEY | changes)


def compared(**changes: Any) -> pd.Series:
    """A row of ``compare_periods``."""
    return pd.Series(COMPARED | changes)


def frame(*rows: pd.Series) -> pd.DataFrame:
    """Rows as a table with the dtypes that measuring gives."""
    made = pd.DataFrame([dict(r) for r in rows])
    numbers = [
        c
        for c in (
            "value",
            "lower",
            "upper",
            "confidence",
            "numerator",
            "denominator",
            "n_eff",
            "baseline_value",
            "current_value",
            "change",
            "relative_change",
            "within",
            "between",
        )
        if c in made
    ]
    made[numbers] = made[numbers].astype("float64")
    whole = [c for c in ("n", "quality") if c in made]
    made[whole] = made[whole].astype("Int64")
    text = [c for c in made if c not in numbers + whole]
    return made.astype(dict.fromkeys(text, "str"))


def streets(maker: Any = full, count: int = 13, **changes: Any) -> pd.DataFrame:
    """``count`` areas of one level with falling values, and their district as the last row."""
    level = changes.get("level", "street")
    rows = []
    for i in range(count):
        value = 0.99 - 0.6 * i / max(count, 1)
        row = maker(area_code=f"999901{i + 1:03}", area_name=f"第{i + 1}{'街道' if level == 'street' else '社区'}", value=value, **changes)
        if maker is survey:
            row["lower"], row["upper"] = value - 0.05, min(value + 0.05, 1.0)
        rows.append(row)
    return frame(*rows, maker(area_code="999901", area_name="示例区", value=0.8, **(changes | {"level": "district"})))
