"""How every chart looks: one plotly template, one palette, one configuration.

Set per figure, nothing is registered at import, and plotly is imported only when a chart is drawn. Everything here serves
pages without internet: no button that sends data away, no font or script from another host.
"""

from __future__ import annotations

from functools import cache
from typing import Any

FONTS = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
INK, SOFT, GRID = "#222222", "#5F6770", "#E3E6E9"
# grey for context; one accent, the indicator's own colour, darker than the grey. Hues after Okabe & Ito (2008); tests simulate colour vision and grey print
CONTEXT = "#9AA3AB"
COLOURS = {
    "usage_rate": "#0072B2",
    "sediment_rate": "#5B4FA0",
    "participation_rate": "#00805F",
    "awareness_rate": "#AA5588",
    "satisfaction_rate": "#C24E00",
    "satisfaction_score": "#9A6B00",
}
ACCENT = "#0072B2"
# the same scale for the same indicator in every report
RANGES = {"share": (0.0, 1.05), "score": (20.0, 100.0)}
# what lies near zero by nature gets a narrower scale, still the same in every report
NARROW = {"participation_rate": (0.0, 0.2), "participation_intensity": (0.0, 0.2)}

# for ``Figure.show``, ``to_html`` and whoever writes a page
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "responsive": True,
    "modeBarButtonsToRemove": ["sendChartToCloud", "lasso2d", "select2d"],
}


def colour(indicator: object) -> str:
    """The indicator's colour in every chart."""
    return COLOURS.get(str(indicator), ACCENT)


def shades(indicator: object, count: int) -> list[str]:
    """``count`` steps of the indicator's colour from pale to full: each darker than the one before, in grey print too."""
    full = [int(colour(indicator)[i : i + 2], 16) for i in (1, 3, 5)]
    steps = [0.12 + 0.88 * i / max(1, count - 1) for i in range(count)]
    return ["#" + "".join(f"{round(255 + (part - 255) * step):02X}" for part in full) for step in steps]


@cache
def template() -> Any:
    """The plotly template, made once."""
    import plotly.graph_objects as go

    axis = {"showline": False, "zeroline": False, "gridcolor": GRID, "tickcolor": GRID, "tickfont": {"color": SOFT, "size": 12},
            "title": {"font": {"color": SOFT, "size": 12}}, "fixedrange": True, "automargin": True}  # fmt: skip
    return go.layout.Template(
        layout={
            "font": {"family": FONTS, "size": 13, "color": INK},
            "title": {
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"l": 12, "t": 14},
                "font": {"size": 17, "color": INK},
                "subtitle": {"font": {"size": 12, "color": SOFT}},
            },
            "colorway": [ACCENT, *(c for c in COLOURS.values() if c != ACCENT)],
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "xaxis": axis,
            "yaxis": axis,
            "showlegend": False,
            "hoverlabel": {"font": {"family": FONTS}, "align": "left"},
            "modebar": {"remove": ["sendChartToCloud", "lasso2d", "select2d"], "bgcolor": "rgba(0,0,0,0)", "color": GRID, "orientation": "v"},
        }
    )
