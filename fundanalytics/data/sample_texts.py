"""The sample's own words: short texts as a district office and a street would write them. All of it is invented.

Part of ``sample``. Some chapters are left unwritten on purpose, so that a report shows what a gap looks like.
"""

from __future__ import annotations

from pathlib import Path

from .dataset import TEXTS
from .texts import CHAPTERS

TEXTS_OF: dict[tuple[str, str], str] = {
    ("999901", "background"): """虚构示例数据：以下文字为虚构。

示例区自2018年起为每个社区设立专项保障资金，原村公资金、公服资金同时停止使用。资金由居民提议、居民议决，用于居民自己的公共事务。

2020年社区区划调整，110个社区合并为90个，资金随社区并入新的账户。
""",
    ("999901", "experience"): """虚构示例数据：以下文字为虚构。

### 把项目说清楚再表决

各街道在议决前张贴项目清单，写明 **做什么、花多少、谁来做**，居民代表带着问题到会。

### 小项目小程序

- 小微项目由社区当场比选，不再逐级报批；
- 发票、回单、流水随项目归档，季末一并核对。
""",
    ("999901001", "experience"): """虚构示例数据：以下文字为虚构。

梧桐街道把坝坝会开到院落里，会前由楼栋长逐户通知，会后三日内公示议决结果。

1. 提议单发到每一户，收回后汇总公开；
2. 议决时先听监督委员会的意见；
3. 完工后请提议人参加验收。
""",
}


def write_texts(folder: Path) -> list[Path]:
    """Write the texts below ``folder`` that are not there yet: whatever somebody wrote is never overwritten."""
    written = []
    for (code, chapter), text in TEXTS_OF.items():
        path = folder / TEXTS / code / f"{chapter}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, "utf-8", newline="\n")
        written.append(path)
    return written


def told() -> str:
    """How one's own words get into a report: a section of the data dictionary."""
    words = dict(zip(CHAPTERS, _CHAPTERS_TOLD, strict=True))
    rows = "\n".join(f"| `{chapter}.md` | {zh} | {en} |" for chapter, (zh, en) in words.items())
    return _TOLD.format(folder=TEXTS, rows=rows)


_CHAPTERS_TOLD = (
    ("一、基本情况：项目背景", "1. Background"),
    ("一、基本情况：组织管理", "1. Organisation"),
    ("五、主要经验及做法", "5. Experience"),
    ("五、存在的问题的原因分析", "5. Causes of the problems"),
    ("六、有关建议", "6. Recommendations"),
    ("七、其他需要说明的问题", "7. Other matters"),
)
_TOLD = """
## 自撰文字 / Own words

`{folder}/<区域代码>/<章节>.md`，UTF-8 编码，收入该区域的报告，原样保留，从不改写。没有写的章节在报告中标为待写。可用标题、段落、列表、引用、**加粗**、*斜体*；
图片、网页代码和链接只作文字显示。
Text files in UTF-8, shown in the report of that area at that chapter and never overwritten; a chapter without a file is marked as a gap. Headings,
paragraphs, lists, quotations, **bold** and *italics* count; pictures, HTML and links are shown as plain text.

| 文件 file | 章节 | chapter |
|---|---|---|
{rows}
"""
