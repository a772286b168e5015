"""The texts of ``maps``: one map per language."""

from __future__ import annotations

MAP = {
    "zh": {
        "title": "各{level}的{indicator}分布在哪里？",
        "own": "边界由使用者提供。",
        "invented": "边界为虚构的方格。",
        "no_data": "无数据",
        "outside": "不在表中",
        "between": "{low}至{high}",
        "below": "低于{high}",
        "from": "{low}及以上",
        "no_boundary": "没有边界、未画出的区域：{names}。",
        "unnamed": "另有{n}个不具名的区域不画在地图上。",
        "no_row": "边界文件中另有{n}个区域不在表中（白色）。",
        "no_limits": "颜色看不出区间，先后见高低图。",
        "small": "点纹：样本量不足，不作依据。",
        "comma": "、",
        "told": "{title} 画出{count}个，从{high}到{low}。{gaps}",
        "gaps": "无数据：{names}。",
    },
    "en": {
        "title": "Where are the {level} high or low in {indicator}?",
        "own": "Boundaries provided by the user. ",
        "invented": "Boundaries are invented squares. ",
        "no_data": "No data",
        "outside": "Not in the table",
        "between": "{low} to {high}",
        "below": "below {high}",
        "from": "{low} or more",
        "no_boundary": "Without a boundary and not drawn: {names}. ",
        "unnamed": "{n} unnamed areas are not drawn. ",
        "no_row": "In the boundary file but not in the table (white): {n}. ",
        "no_limits": "Colours show no intervals; for an order see the ranking. ",
        "small": "Dotted: sample too small to act on. ",
        "comma": ", ",
        "told": "{title} {count} drawn, from {high} to {low}. {gaps}",
        "gaps": "No data: {names}.",
    },
}
