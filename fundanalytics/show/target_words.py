"""The words of ``targets``: one map per language."""

from __future__ import annotations

from typing import Any

TARGETS: dict[str, dict[str, Any]] = {
    "zh": {
        "none": "{period}没有报送绩效目标值。", "caption": "绩效目标及完成情况", "ge": "不低于{target}", "le": "不高于{target}", "eq": "{target}",
        "reached": "达到", "missed": "未达到", "open": "样本不能判断", "no_value": "没有结果",
        "headings": {"indicator": "指标", "target": "目标值", "value": "结果", "limits": "95%置信区间", "verdict": "完成情况"},
    },
    "en": {
        "none": "No targets were reported for {period}.", "caption": "Targets and results", "ge": "at least {target}", "le": "at most {target}",
        "eq": "{target}", "reached": "reached", "missed": "missed", "open": "the sample leaves it open", "no_value": "no result",
        "headings": {"indicator": "indicator", "target": "target", "value": "result", "limits": "95% confidence interval", "verdict": "verdict"},
    },
}  # fmt: skip
