"""Words of the pages around the reports: stamps, contents, captions, tools of tables, the index page. No numbers, no names."""

from __future__ import annotations

from .canvas import STAMP
from .score_words import ASSUMED

INTERNAL = {"zh": "内部资料", "en": "Internal"}

PAGE = {
    "zh": {
        "all": "全部报告", "contents": "目录", "skip": "跳到正文", "script": "图需要浏览器启用 JavaScript 才能显示。",
        "table": "表", "figure": "图", "picture": "图（没有文字说明）", "between": "　",
        "filter": "筛选{table}", "shown": "共{all}行，显示{shown}行",
    },
    "en": {
        "all": "All reports", "contents": "Contents", "skip": "Skip to the text", "script": "The charts need JavaScript.",
        "table": "Table ", "figure": "Figure ", "picture": "Picture without a description", "between": ". ",
        "filter": "Filter {table}", "shown": "{shown} of {all} rows",
    },
}  # fmt: skip

INDEX = {
    "zh": {
        "title": "{area}{period}年社区保障资金年度报告",
        "district": "全区报告",
        "failed": "未能生成的报告",
        "notebook": "查看出错的笔记本",
        "search": "查找街道或社区",
        "placeholder": "街道、社区名称或区划代码",
        "hint": "可以输入几个词，用空格隔开，如街道名和社区名各一部分。",
        "none": "没有找到，请换一个写法。",
        "streets": "各街道",
        "street": "街道",
        "files": "其他格式",
        "communities": "各社区",
        "others": "其他报告",
        "notes": "数据说明",
        "reading": "按区划代码排列。括号内为置信区间；资金使用率来自全量台账，没有抽样误差。两个街道的区间有重叠时，不宜据此排出先后。",
        "table": "全部指标（CSV）",
        "manifest": "生成记录",
        "care": "样本量不足，只供查阅",
        "in": "属{street}",
        "read": "读取文件{files}个，采用{kept}行。",
        "refused": "有{count}行未采用。",
        "unread": "有{count}个文件无法读取：{names}。",
        "found": "数据中有{count}处需要说明的情况（如合计不符、重复记录）。",
    },
    "en": {
        "title": "{area}: community fund report {period}",
        "district": "District report",
        "failed": "Reports that could not be made",
        "notebook": "see the notebook",
        "search": "Find a street or community",
        "placeholder": "name or code of a street or community",
        "hint": "Several words may be given with spaces between them, such as parts of a street's and a community's name.",
        "none": "Not found; try another spelling.",
        "streets": "Streets",
        "street": "Street",
        "files": "Other formats",
        "communities": "Communities",
        "others": "Other reports",
        "notes": "About the data",
        "reading": "In the order of area codes. Confidence intervals in brackets. The usage rate is a full count and has no sampling error. Where two intervals overlap, do not rank the streets by them.",
        "table": "All indicators (CSV)",
        "manifest": "How the reports were made",
        "care": "sample too small, for reference only",
        "in": "in {street}",
        "read": "{files} files read, {kept} rows kept.",
        "refused": "{count} rows were not used.",
        "unread": "{count} files could not be read: {names}.",
        "found": "{count} things to know about the data (totals that do not foot, duplicates and the like).",
    },
}
FORMATS = {"docx": "Word", "pdf": "PDF"}


def stamps(origin: str, lang: str, *, audience: str = "public", assumed: bool = False) -> list[str]:
    """What every page of a report must say of itself: for inside use, invented data, trial by an assumed standard."""
    said = ((audience == "internal", INTERNAL), (origin == "synthetic", STAMP), (assumed, ASSUMED))
    return [words[lang] for applies, words in said if applies]
