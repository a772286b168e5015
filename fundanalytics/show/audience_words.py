"""What stands in place of a name, and of what is not for the reader: one map per language."""

from __future__ import annotations

NAMELESS = {"zh": "不具名", "en": "Unnamed"}
WIDEST = {"zh": "与全区差距最大的指标", "en": "The widest gaps to the district"}
# what stands below a list of areas that are not all named
NOT_NAMED = {
    "zh": {
        "rule": "不具名：公开版只列出不低于全区的区域的名称。",
        "rule_change": "不具名：公开版只列出本期数值和差额都不低于全区的区域的名称。",
        "left_out": "另有{n}个区域低于全区或没有数字，未列出。",
        "rule_neutral": "不具名：公开版在这里不列其他区域的名称。",
        "left_out_neutral": "另有{n}个区域未列出。",
        "left_out_change": "另有{n}个区域的本期数值或差额低于全区，未列出。",
    },
    "en": {
        "rule": "Unnamed: the public edition names areas at or above the district only. ",
        "rule_change": "Unnamed: the public edition names areas only whose later value and difference are at or above the district's. ",
        "left_out": "{n} more, below the district or without a figure, are not listed. ",
        "rule_neutral": "Unnamed: the public edition names no other areas here. ",
        "left_out_neutral": "{n} more are not listed. ",
        "left_out_change": "{n} more, whose later value or difference is below the district's, are not listed. ",
    },
}
REFUSED = {
    "zh": {
        "repairs": "资料核实事项只列入街道版和内部版。",
        "repairs_district": "全区的资料核实事项只列入内部版。",
        "gaps": "改进建议只列入街道版和内部版。",
        "gaps_district": "各街道、各社区需要改进的事项只列入内部版。",
        "rank": "名次只在街道版和内部版中列出。",
        "rows": "共读入{read}行，采用{kept}行",
        "other": "本版不列其他街道、社区的得分。",
    },
    "en": {
        "repairs": "Matters to be verified are listed in the street and internal editions only.",
        "repairs_district": "The district's matters to be verified are listed in the internal edition only.",
        "gaps": "Advice on what to improve is given in the street and internal editions only.",
        "gaps_district": "What streets and communities should improve is listed in the internal edition only.",
        "rank": "The rank is given in the street and internal editions only.",
        "rows": "{read} rows were read and {kept} used",
        "other": "This edition gives no scores of other streets and communities.",
    },
}
