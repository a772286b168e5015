"""The texts of ``apart``: one map per language."""

from __future__ import annotations

APART = {
    "zh": {
        "apart": "{area}两期相差{change}个百分点：{groups}自身使用率的变化占{within}，{groups}在资金中比重的变化占{between}，"
        "社区进出占{entered_left}（单位：个百分点{interval}）。三项之和就是差额；这是算术，不是原因。",
        "interval": "，方括号内为{confidence}自助法区间",
        "not_apart": "差额无法分解：{why}。",
        "no_test": "分界点（{at}）以前有{before}个季度的数据，以后有{after}个：{why}。",
        "tested": "分界点（{at}）以前有{before}个季度，以后有{after}个。此前每季变化{slope}个百分点；分界处水平变化{level_change}个百分点，"
        "此后每季变化幅度再变{slope_change}个百分点（方括号内为{confidence}置信区间）。分界时发生的其他事情也在其中。",
        "variants": "{n}种做法中有{known}种可以计算{main}；差额最小{low}、最大{high}个百分点。",
        "main_variant": "（通常的做法为{change}）",
        "not_made": "另有{n}种不能计算：{reasons}。",
        "no_variant": "{n}种做法都不能计算。",
        "reason": "{why}（{n}种）",
        "comma": "，",
        "decomposition": "{current}与{baseline}的差额来自哪些{levels}？",
        "terms": "{total}（自身{within}，比重{between}）",
        "adds_up": "各条之和等于全区的差额（个百分点）。",
        "bars": "横线为{confidence}自助法区间。",
        "points_axis": "差额（个百分点）",
        "robustness": "换一种做法，{current}与{baseline}的差额还在吗？",
        "variants_note": "第一行为通常的做法（虚线）。横线为过程区间。各种做法用的是同样的资料，不能相互印证。",
        "without": "不含{year}年",
        "quarters": "{area}每个季度支付了多少？",
        "quarters_sub": "当季支付÷当年到位",
        "quarters_axis": "占当年到位的比例（%）",
        "gap": "{first}至{last}没有分季的数：{why}。",
    },
    "en": {
        "apart": "{area}: of {change} points between the two periods, {within} come from the {groups}' own rates, {between} from their weight in the money, "
        "{entered_left} from communities that came or went (in points{interval}). The three add up to the difference; this is arithmetic, not a cause.",
        "interval": "; in brackets the {confidence} bootstrap interval",
        "not_apart": "The difference cannot be taken apart: {why}.",
        "no_test": "There are {before} quarters with data before the break ({at}) and {after} after it: {why}.",
        "tested": "There are {before} quarters before the break ({at}) and {after} after it. Before it, {slope} points a quarter; at the break the level "
        "changes by {level_change} points, and from then on the change per quarter by {slope_change} points (brackets: the {confidence} confidence interval). "
        "Whatever else happened at the break is in this too.",
        "variants": "{known} of {n} ways can be computed{main}; the smallest difference is {low}, the largest {high} points. ",
        "main_variant": " (the usual one gives {change})",
        "not_made": "{n} cannot: {reasons}.",
        "no_variant": "None of the {n} ways can be computed.",
        "reason": "{why} ({n})",
        "comma": ", ",
        "decomposition": "From which {levels} does the difference between {current} and {baseline} come?",
        "terms": "{total} (own {within}, weight {between})",
        "adds_up": "The bars add up to the district's difference, in points. ",
        "bars": "Lines: {confidence} bootstrap intervals. ",
        "points_axis": "Difference (percentage points)",
        "robustness": "Made in another way, is the difference between {current} and {baseline} still there?",
        "variants_note": "The first row is the usual way (dotted line). Lines: process intervals. "
        "All ways use the same data, so they do not confirm each other. ",
        "without": "without {year}",
        "quarters": "How much did {area} pay in each quarter?",
        "quarters_sub": "paid in the quarter ÷ received in the year",
        "quarters_axis": "Share of the money received in the year (%)",
        "gap": "No quarters from {first} to {last}: {why}. ",
    },
}
