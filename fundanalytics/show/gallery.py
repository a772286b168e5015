"""Every chart with when to use it and when it misleads: for the gallery, for chart packs, for text alternatives.

Beside ``charts``. It draws nothing. A chart is known by the name after ``plot_``, which its figure carries in ``layout.meta["chart"]``.
"""

from __future__ import annotations

import pandas as pd

from ..errors import LANGS, check_option
from .gallery_words import GALLERY, HEADINGS
from .tables import Table


def told(chart: str, lang: str = "zh") -> dict[str, str]:
    """What is said of a kind of chart.

    Parameters
    ----------
    chart
        ``ranking``, ``trend``, …: the name after ``plot_``, or a figure's ``layout.meta["chart"]``.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    dict
        ``title`` (its name), ``drawn`` (what is on it), ``use`` (the question it answers), ``misleads`` (what it cannot be said to show).
    """
    check_option("lang", lang, LANGS)
    check_option("chart", chart, GALLERY[lang])
    return dict(GALLERY[lang][chart])


def gallery(lang: str = "zh") -> Table:
    """Every chart of the package, one row each: its function, its name, when to use it, what it cannot be said to show."""
    check_option("lang", lang, LANGS)
    rows = [{"chart": f"plot_{name}", **{key: said[key] for key in ("title", "use", "misleads")}} for name, said in GALLERY[lang].items()]
    return Table(pd.DataFrame(rows, columns=list(HEADINGS[lang])), HEADINGS[lang])
