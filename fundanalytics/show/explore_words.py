"""The texts of ``explore`` and ``browse``: one map per language."""

from __future__ import annotations

EXPLORE = {
    "zh": {
        "indicator": "指标",
        "area": "区域",
        "period": "期间",
        "against": "比较对象",
        "audience": "读者",
        "district": "全区",
        "public": "公开",
        "street": "街道",
        "internal": "内部",
        "code": "这些图、表和句子由下面的代码得出，复制后可以直接运行：",
        "given": "# ds 为传给 explore 的数据集",
        "nothing": "没有可供选择的内容：数据集中没有指标可以计算。",
        "busy": "正在计算……",
    },
    "en": {
        "indicator": "Indicator",
        "area": "Area",
        "period": "Period",
        "against": "Compare with",
        "audience": "Audience",
        "district": "the district",
        "public": "public",
        "street": "street",
        "internal": "internal",
        "code": "Chart, table and sentence come from this code, which runs as it stands:",
        "given": "# ds is the data set given to explore",
        "nothing": "Nothing to choose from: no indicator can be computed from the data set.",
        "busy": "Computing …",
    },
}
# of the interactive tables
BROWSE = {
    "zh": {"search": "查找：", "lengthMenu": "每页 _MENU_ 行", "info": "第 _START_ 至 _END_ 行，共 _TOTAL_ 行", "infoEmpty": "没有行", "zeroRecords": "没有符合的行",
           "infoFiltered": "（由 _MAX_ 行筛出）", "emptyTable": "没有数据"},
    "en": {},
}  # fmt: skip
