"""What stands in place of a name, and of what is not for the reader: one map per language."""

from __future__ import annotations

NAMELESS = {"zh": "不具名", "en": "Unnamed"}
REFUSED = {
    "zh": {
        "repairs": "资料核实事项只列入街道版和内部版。",
        "repairs_district": "全区的资料核实事项只列入内部版。",
        "gaps": "改进建议只列入街道版和内部版。",
        "gaps_district": "各街道、各社区需要改进的事项只列入内部版。",
        "rank": "名次只在街道版和内部版中列出。",
        "coverage": "本报告用到{files}个文件{alone}；共读入{read}行，采用{kept}行。",
        "other": "本版不列其他街道、社区的得分。",
    },
    "en": {
        "repairs": "Matters to be verified are listed in the street and internal editions only.",
        "repairs_district": "The district's matters to be verified are listed in the internal edition only.",
        "gaps": "Advice on what to improve is given in the street and internal editions only.",
        "gaps_district": "What streets and communities should improve is listed in the internal edition only.",
        "rank": "The rank is given in the street and internal editions only.",
        "coverage": "This report rests on {files} files{alone}; {read} rows were read and {kept} used. ",
        "other": "This edition gives no scores of other streets and communities.",
    },
}
