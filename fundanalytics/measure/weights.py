"""How weights look: before and after an adjustment, and against the totals they aim at.

Place in the flow: beside ``calibrate``, which makes the weights. It changes nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .calibrate import Margins, in_agreement, margin_of
from .design import Design, Ints


def weight_report(design: Design, before: Design | None = None, *, margins: Margins | None = None, drawn: float | None = None) -> pd.DataFrame:
    """What weighting did: how uneven the weights are, and how far the margins were off.

    Use: beside every weighted figure. 1 + cv² is by how much unequal weights alone widen a variance.

    Parameters
    ----------
    design : Design
        With the weights in use.
    before : Design, optional
        With the weights it began with.
    margins : dict, optional
        As for ``rake``.
    drawn : float, optional
        How many people were drawn, for the response rate.

    Returns
    -------
    DataFrame
        ``item, column, category, target, before, after``, one row per figure: ``answers`` (with a weight), ``response_rate``,
        ``weight_sum``, ``weight_median``, ``weight_smallest``, ``weight_largest``, ``weight_ratio`` (largest/smallest), ``weight_effect``
        (1 + cv²), ``n_kish``; then ``margin``, one row per category, with the total aimed at.
    """
    sides = {"before": before, "after": design}
    figures = {side: _figures(of, drawn) if of is not None else {} for side, of in sides.items()}
    rows: list[dict[str, Any]] = [{"item": item, **{side: figures[side].get(item, np.nan) for side in sides}} for item in figures["after"]]
    read = [margin_of(design, name, totals) for name, totals in (margins or {}).items()]
    known = in_agreement(design, margins, [totals for _, totals, _ in read]) if margins else []
    for name, (codes, _, categories), aim in zip(margins or {}, read, known, strict=True):
        at = {side: _sums(of, codes, len(categories)) for side, of in sides.items()}
        column = "×".join(name) if isinstance(name, tuple) else str(name)
        rows += [{"item": "margin", "column": column, "category": str(category), "target": aim[i], **{side: at[side][i] for side in sides}}
                 for i, category in enumerate(categories)]  # fmt: skip
    return pd.DataFrame(rows, columns=["item", "column", "category", "target", "before", "after"])


def _sums(design: Design | None, codes: Ints, categories: int) -> NDArray[np.float64]:
    if design is None:
        return np.full(categories, np.nan)
    inside = codes >= 0
    return np.bincount(codes[inside], design.weights[inside], categories).astype(np.float64)


def _figures(design: Design, drawn: float | None) -> dict[str, float]:
    w = design.weights[design.weights > 0]
    rate = {} if drawn is None else {"response_rate": len(w) / drawn}
    if not len(w):
        return {"answers": 0.0, **rate}
    effect = 1 + float(w.var()) / float(w.mean()) ** 2
    return {"answers": float(len(w)), **rate, "weight_sum": w.sum(), "weight_median": float(np.median(w)), "weight_smallest": w.min(),
            "weight_largest": w.max(), "weight_ratio": w.max() / w.min(), "weight_effect": effect, "n_kish": len(w) / effect}  # fmt: skip
