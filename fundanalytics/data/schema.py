"""The tables: columns, kinds, units, keys, headings in Chinese and English, codes. The one source of truth.

Place in the flow: everything that reads, checks, generates or documents a table asks here. Nothing here touches a file.

Money is held in yuan as the double nearest to a whole number of 分; every sum of money in the package is taken in whole
分 (see ``tally``), so sums are exact. ``period`` is the fund year as text. A blank is missing, never zero.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

KINDS = {
    # kind: (pandas dtype, what a cell may hold)
    "code": ("str", "代码（文本）"),
    "area": ("str", "区域：代码，或名称"),
    "text": ("str", "文本"),
    "list": ("str", "多个词，以、或;分隔"),
    "choice": ("str", "下列代码之一"),
    "period": ("str", "年度，如 2020"),
    "money": ("float64", "元"),
    "number": ("float64", "数"),
    "share": ("float64", "0–1（可写百分数）"),
    "count": ("Int64", "非负整数"),
    "level": ("Int64", "1–5；空白为说不清"),
    "date": ("datetime64[s]", "日期"),
    "flag": ("boolean", "是/否"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, Chinese headings (first is the canonical one), English headings beside the name."""

    name: str
    kind: str
    headings: tuple[str, ...]
    required: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)  # words of a survey that say yes or no in this column only

    @property
    def dtype(self) -> str:
        return KINDS[self.kind][0]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is, the key that may occur once, its columns, and words by which a sheet names itself."""

    name: str
    title: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    words: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.required)


# --- codes -------------------------------------------------------------------------------------------------------------
LEVELS = {"district": ("区", "区级"), "street": ("街道", "镇街", "乡镇"), "community": ("社区", "村", "村（社区）")}
COMMUNITY_TYPES = {"urban": ("城市", "城市社区"), "rural": ("农村", "农村社区", "涉农", "涉农社区")}
FUNDS = {
    "guarantee": ("保障", "保障资金", "社区保障资金", "社区发展治理专项保障资金", "专项保障资金"),
    "incentive": ("激励", "激励资金", "社区专项激励资金"),
    "cungong": ("村公", "村公资金", "村级公共服务和社会管理专项资金"),
    "gongfu": ("公服", "公服资金", "城市社区公共服务和社会管理专项资金"),
}
BASES = {"resident": ("常住", "常住人口"), "registered": ("户籍", "户籍人口"), "actual": ("实有", "实有人口")}
MEASURES = {"quota": ("额度",), "arrived": ("到位",), "paid": ("支出", "已支付"), "projects": ("项目数",)}
CATEGORIES = {
    "party_service": ("党组织服务群众",),
    "literacy": ("居民素质提升", "社区居民素质提升"),
    "volunteering": ("志愿服务", "社区志愿服务"),
    "environment": ("环境整治", "生态环境整治", "社区和院落生态环境整治"),
    "building": ("总体营造", "社区总体营造"),
    "infrastructure": ("基础设施", "基础设施建设"),
    "operating": ("运行经费",),
    "other": ("其他",),
}
WORK_CLASSES = {"works": ("工程", "工程类"), "service": ("服务", "服务类"), "goods": ("货物", "货物类", "实物类"), "self_help": ("居民自建", "自建")}
LIST_CLASSES = {"priority": ("优先", "优先项目"), "prohibited": ("禁止", "禁止项目")}
TIERS = {"major": ("重大",), "general": ("一般",), "small": ("小微",)}
SOURCINGS = {"tender": ("公开招标", "招标"), "comparison": ("比选", "询价", "三方比价"), "direct": ("直接委托", "直接发包"), "self": ("自行实施",)}
STATUSES = {
    "planned": ("未开工", "拟实施"),
    "contracted": ("已签约",),
    "underway": ("在建", "实施中"),
    "finished": ("完工", "已完工"),
    "accepted": ("已验收", "验收合格"),
    "stopped": ("中止", "终止"),
}
STEPS = {"proposal": ("民主提议", "提议"), "resolution": ("民主议决", "议决"), "implementation": ("组织实施", "实施"), "review": ("评议整改", "评议")}
CHANNELS = {
    "board": ("公开栏", "公示栏"),
    "meeting": ("坝坝会", "居民会议"),
    "leaflet": ("宣传单",),
    "group_chat": ("微信群",),
    "account": ("公众号", "微信公众号"),
    "door": ("入户",),
    "app": ("小程序", "e管家"),
}
ITEM_STATUSES = {"scored": ("已评",), "not_applicable": ("不适用",), "missing": ("缺",)}
SOURCES = {"self": ("自评", "社区自评"), "peer": ("互评", "街道互评"), "district": ("区评", "区级考评")}
MODES = {"face": ("入户", "面访"), "phone": ("电话",), "online": ("网络", "线上")}
OPERATORS = {"ge": ("≥", ">=", "不低于"), "le": ("≤", "<=", "不高于"), "eq": ("=", "等于")}
HONOUR_LEVELS = {"national": ("国家级",), "province": ("省级",), "city": ("市级",), "district": ("区级",)}
ORGANISATIONS = {"social_organisation": ("社会组织",), "social_enterprise": ("社会企业",)}
QUALIFIERS = {"=": ("等于",), ">=": ("余", "≥"), "~": ("约",)}
AGES = {"18-29": ("18-29岁",), "30-44": ("30-44岁",), "45-59": ("45-59岁",), "60+": ("60岁以上", "60岁及以上")}
# answers to 是否知晓 and 是否参与; elsewhere 不知道 is "don't know"
AWARE = dict.fromkeys(("知道", "知晓", "了解", "听说过", "听过"), True) | dict.fromkeys(("不知道", "不知晓", "不了解", "没听说过", "没听过"), False)
TOOK_PART = dict.fromkeys(("参加过", "参与过", "参加", "参与"), True) | {
    f"{no}{word}{past}": False for no in ("没", "没有", "未", "未曾", "从未", "不") for word in ("参加", "参与") for past in ("", "过")
}
# cells that say a survey answer is "don't know"; blank in ``responses``
DONT_KNOW = ("说不清", "不清楚", "不了解", "不知道", "拒答")


def _c(name: str, kind: str, headings: str, choices: Mapping[str, tuple[str, ...]] | None = None) -> Column:
    return Column(name.rstrip("*"), kind, tuple(headings.split("|")), name.endswith("*"), choices or {})


AREA = _c("area_code*", "area", "区划代码|社区代码|代码|编码|区域代码")
PERIOD = _c("period*", "period", "年度|年份|资金年度|所属年度|year")
FUND = _c("fund*", "choice", "资金类别|资金类型|资金种类|资金名称", FUNDS)
WAVE = _c("wave", "code", "轮次|测评轮次|批次")
PROJECT = _c("project_id", "code", "项目编号|项目代码|项目编码")

# read only to resolve ``area_code`` (code first, then name, then street + name); never stored
HELPERS = (
    _c("area_name", "text", "社区|社区名称|村（社区）|村(社区)名称|社区（村）|村社区|村居|所属社区|所在社区|单位|区域名称|community"),
    _c("street_name", "text", "街道|街道代码|街道名称|镇街|街镇|镇（街道）|街道（镇）|乡镇（街道）|所属街道|所在街道|街道办事处|street"),
)
# running numbers: known headings that carry nothing
IGNORED = ("序号", "序", "项次", "顺序号", "编号", "备注", "附注", "no.", "remarks")
# a sheet that says this above its first table holds no data: instructions and lists of the blank forms
NOT_READ = ("本页不作为数据读入", "this sheet is not read as data")

# fmt: off
_TABLES = (
    Table("areas", "区域", "area and edition", ("area_code", "valid_from"), (
        _c("area_code*", "code", "区划代码|代码|编码|区域代码"), _c("area_name*", "text", "名称|区域名称|区划名称"),
        _c("level*", "choice", "级别|层级", LEVELS), _c("parent_code", "code", "上级代码|上级区划代码"),
        _c("community_type", "choice", "社区类型|类型", COMMUNITY_TYPES), _c("valid_from", "date", "启用日期|生效日期"),
        _c("valid_to", "date", "停用日期|失效日期"), _c("pilot_from", "date", "试点开始|试点开始日期"),
    ), ("区划", "区域")),
    Table("crosswalk", "区划调整对照", "old code and new code", ("old_code", "new_code", "effective_from"), (
        _c("old_code*", "code", "原代码|旧代码|调整前代码"), _c("new_code*", "code", "新代码|现代码|调整后代码"),
        _c("share*", "share", "比例|划入比例|人口比例"), _c("effective_from*", "date", "调整日期|生效日期"),
    ), ("对照", "调整")),
    Table("aliases", "别名", "alias and area", ("alias", "street_name"), (
        _c("alias*", "text", "别名|曾用名|又名|简称"), _c("area_code*", "code", "区划代码|社区代码|代码|编码|区域代码"),
        _c("street_name", "text", "街道|街道名称|所属街道"),
    ), ("别名", "曾用名")),
    Table("populations", "人口", "area, period and basis", ("area_code", "period", "basis"), (
        AREA, PERIOD, _c("basis*", "choice", "人口口径|口径", BASES), _c("persons*", "count", "人口数|人数|人口（人）|人口"),
        _c("households", "count", "户数|户数（户）"), _c("eligible_persons", "count", "应参与人数|18岁以上人口|年满18周岁人口"),
    ), ("人口",)),
    Table("allocations", "资金到位", "area, period and fund", ("area_code", "period", "fund"), (
        AREA, PERIOD, FUND, _c("quota*", "money", "预算额度|补助额度|下达额度|额度"), _c("arrived", "money", "到位金额|到位资金|拨付金额|到位"),
        _c("arrived_on", "date", "到位日期|拨付日期"), _c("carried_in", "money", "上年结转|结转金额|上年结转资金"),
        _c("cleared", "money", "清理收回|收回金额"), _c("cleared_on", "date", "收回日期|清理日期"),
    ), ("到位", "拨付", "安排")),
    Table("totals", "汇总数", "figure known only as a sum", ("area_code", "period", "fund", "measure", "as_of"), (
        AREA, PERIOD, FUND, _c("measure*", "choice", "指标|项", MEASURES), _c("value*", "money", "数值|金额|合计数"),
        _c("as_of", "date", "截止日期|统计截止"),
    ), ("汇总", "决算")),
    Table("projects", "项目台账", "project", ("project_id",), (
        Column("project_id", "code", PROJECT.headings, True), AREA, PERIOD, FUND, _c("name*", "text", "项目名称|项目"),
        _c("category*", "choice", "项目类别|类别|项目类型", CATEGORIES), _c("parent_project_id", "code", "母项目编号|上级项目编号"),
        _c("work_class", "choice", "实施类别|工程类别|采购类别", WORK_CLASSES), _c("list_class", "choice", "清单类别|清单", LIST_CLASSES),
        _c("tier", "choice", "发包等级|项目等级|分级", TIERS), _c("sourcing", "choice", "发包方式|采购方式", SOURCINGS),
        _c("organisation_id", "code", "承接单位编号|承接机构编号"), _c("bidders", "count", "投标家数|报价家数"),
        _c("budget", "money", "预算金额|项目预算|预算|计划金额"), _c("contract_amount", "money", "合同金额|合同价|签约金额|合同"),
        _c("self_raised", "money", "自筹资金|自筹金额|自筹"), _c("volunteers", "count", "志愿者人数|志愿者"),
        _c("groups_formed", "count", "新成立自组织|自组织数"), _c("proposed_on", "date", "提议日期|民主提议日期"),
        _c("resolved_on", "date", "议决日期|民主议决日期"), _c("contracted_on", "date", "签约日期|合同日期|合同签订日期"),
        _c("started_on", "date", "开工日期|开始日期|开工"), _c("planned_end_on", "date", "计划完工日期|计划完成日期|计划完工"),
        _c("finished_on", "date", "完工日期|完成日期|完工"), _c("accepted_on", "date", "验收日期|评议验收日期|验收"),
        _c("repair_asked_on", "date", "整改通知日期"), _c("repaired_on", "date", "整改完成日期"), _c("status", "choice", "项目状态|状态|进展", STATUSES),
    ), ("项目台账", "项目明细", "项目一览", "项目")),
    Table("payments", "支付明细", "payment", ("payment_id",), (
        _c("payment_id*", "code", "支付编号|凭证号|凭证编号|支付单号"), Column("project_id", "code", PROJECT.headings, True),
        _c("amount*", "money", "支付金额|金额|付款金额|支出金额"), _c("paid_on", "date", "支付日期|付款日期|日期"), Column("period", "period", ("支付年度",)),
        _c("has_invoice", "flag", "发票|有无发票"), _c("has_receipt", "flag", "回单|银行回单"), _c("has_bank_flow", "flag", "流水|银行流水"),
    ), ("支付", "付款", "支出明细")),
    Table("events", "议事参与活动", "participation event", ("event_id",), (
        _c("event_id*", "code", "活动编号|会议编号"), AREA, PERIOD, _c("step*", "choice", "环节|工作环节", STEPS),
        _c("held_on", "date", "召开日期|活动日期|日期"),
        PROJECT, _c("channel", "choice", "形式|方式|渠道", CHANNELS), _c("persons", "count", "参与人数|到会人数"),
        _c("households", "count", "参与户数|到会户数"), _c("person_times", "count", "参与人次|人次"),
    ), ("活动", "会议", "议事")),
    Table("participants", "签到册", "person at an event", ("event_id", "person_key"), (
        _c("event_id*", "code", "活动编号|会议编号"), _c("person_key*", "code", "人员标识|签到标识"), _c("household_key", "code", "户标识"),
        _c("is_resident", "flag", "本社区居民|是否本社区居民"),
    ), ("签到",)),
    Table("surveys", "满意度测评批次", "survey of an area", ("area_code", "period", "wave", "mode"), (
        AREA, PERIOD, WAVE, _c("mode", "choice", "调查方式|方式", MODES), _c("scale*", "count", "量表级数|等级数"),
        _c("issued", "count", "发放份数|发放"), _c("returned", "count", "回收份数|回收"), _c("valid", "count", "有效份数|有效"),
    ), ("测评批次", "调查情况")),
    Table("responses", "满意度测评答卷", "answer", ("response_id",), (
        _c("response_id*", "code", "答卷编号|问卷编号"), AREA, PERIOD, WAVE, _c("stratum", "code", "层|抽样层"), _c("stratum_size", "number", "层总体|层规模"),
        _c("cluster", "code", "群|院落|小区院落"), _c("cluster_size", "number", "群规模|院落规模"), _c("weight", "number", "权重"),
        _c("is_resident", "flag", "本社区居民|是否本社区居民"), _c("age_group", "choice", "年龄段|年龄", AGES), _c("residence_years", "number", "居住年限"),
        _c("channels", "list", "知晓渠道|了解渠道"), Column("aware", "flag", ("是否知晓", "知晓"), answers=AWARE),
        Column("took_part", "flag", ("是否参与", "参与"), answers=TOOK_PART),
        _c("satisfaction", "level", "总体满意度|满意度|满意程度"),
    ), ("答卷", "问卷")),
    Table("response_counts", "满意度分级计数", "level of an answer, where only counts exist", ("area_code", "period", "wave", "item", "level"), (
        AREA, PERIOD, WAVE, _c("item*", "code", "题项|题目"), _c("level*", "count", "等级|选项"), _c("count*", "count", "票数|人数|份数"),
    ), ("分级计数",)),
    Table("assessments", "评分", "area, wave, source, assessor and item", ("area_code", "period", "wave", "source", "assessor_code", "item_code"), (
        AREA, PERIOD, WAVE, _c("source*", "choice", "评价来源|评价主体", SOURCES), _c("assessor_code", "code", "评价人|评价单位代码"),
        _c("item_code*", "code", "评价项|指标代码"), _c("value", "number", "得分|分值"), _c("status*", "choice", "评分状态|状态", ITEM_STATUSES),
        _c("evidence", "text", "佐证|依据"),
    ), ("考评", "评分", "互评", "自评")),
    Table("targets", "目标值", "target", ("area_code", "period", "item_code"), (
        AREA, PERIOD, _c("item_code*", "code", "评价项|指标代码"), _c("operator*", "choice", "方向|比较", OPERATORS), _c("target*", "number", "目标值|目标"),
        _c("unit", "text", "计量单位|单位名称"),
    ), ("目标",)),
    Table("honours", "表彰荣誉", "honour", ("area_code", "period", "honour_level", "title"), (
        AREA, PERIOD, _c("honour_level*", "choice", "荣誉级别|表彰级别", HONOUR_LEVELS),
        _c("title*", "text", "荣誉名称|表彰名称"), _c("awarded_on", "date", "授予日期|表彰日期"),
    ), ("荣誉", "表彰")),
    Table("rectifications", "问题整改", "problem found", ("rectification_id",), (
        _c("rectification_id*", "code", "问题编号|整改编号"), AREA, _c("item_code", "code", "评价项|指标代码"), _c("problem*", "text", "问题|存在问题"),
        _c("found_on*", "date", "发现日期"), _c("due_on", "date", "整改期限|整改时限"), _c("done_on", "date", "完成日期|整改完成日期"),
    ), ("整改", "问题")),
    Table("notices", "公示宣传", "notice", ("notice_id",), (
        _c("notice_id*", "code", "公示编号"), AREA, PERIOD, _c("step", "choice", "环节|工作环节", STEPS),
        PROJECT, _c("channel*", "choice", "公示渠道|渠道|形式", CHANNELS),
        _c("published_on*", "date", "公示日期|发布日期"), _c("reach", "count", "覆盖人数|阅读量"),
    ), ("公示", "宣传")),
    Table("trainings", "培训", "session and community reached", ("training_id", "area_code"), (
        _c("training_id*", "code", "培训编号|场次"), _c("level*", "choice", "培训层级|组织层级", LEVELS),
        _c("organiser_code*", "code", "组织单位代码|举办单位代码"), AREA,
        _c("held_on*", "date", "培训日期|举办日期"), _c("topic", "text", "主题|培训主题"), _c("step", "choice", "环节|工作环节", STEPS),
        _c("attendees*", "count", "参训人次|参训人数"), _c("manuals", "count", "发放手册|手册份数"),
    ), ("培训",)),
    Table("organisations", "名录库", "organisation", ("organisation_id",), (
        _c("organisation_id*", "code", "机构编号|承接单位编号"), _c("name*", "text", "机构名称|名称"), _c("kind*", "choice", "机构类别|类别", ORGANISATIONS),
        _c("domains", "list", "服务领域|领域"), _c("capability_score", "number", "能力评分|能力得分"), _c("capacity", "count", "可承接项目数|承接能力"),
        _c("rated_on", "date", "评定日期|评估日期"),
    ), ("名录", "机构")),
    Table("listings", "供需对接", "need published on the matching platform", ("listing_id",), (
        _c("listing_id*", "code", "发布编号|需求编号"), AREA, PERIOD, _c("title", "text", "需求名称|项目需求"), _c("domain", "text", "服务领域|领域"),
        _c("amount*", "money", "发布金额|需求金额|金额"), _c("published_on*", "date", "发布日期"), _c("organisation_id", "code", "对接机构编号|机构编号"),
        _c("matched_on", "date", "对接日期"), PROJECT,
    ), ("对接", "需求", "发布")),
    Table("panel_scores", "现场评议打分", "project, judge and item", ("project_id", "judge", "item_code"), (
        Column("project_id", "code", PROJECT.headings, True), _c("judge*", "code", "评委|评委编号"), _c("item_code*", "code", "评价项|指标代码"),
        _c("score*", "number", "得分|打分"),
    ), ("评议打分",)),
    Table("covariates", "协变量", "area, period and name", ("area_code", "period", "name"), (
        AREA, PERIOD, _c("name*", "code", "变量|变量名"), _c("value*", "number", "数值|取值"),
    ), ("协变量",)),
    Table("corrections", "更正", "decided correction", ("correction_id",), (
        _c("correction_id*", "code", "更正编号"), _c("table*", "code", "数据表|表名"), _c("key*", "code", "记录编号|主键"), _c("column*", "code", "字段|列名"),
        _c("old_value*", "text", "原值"), _c("new_value*", "text", "更正值|新值"), _c("reason*", "text", "更正原因|原因"),
        _c("decided_by*", "text", "决定单位"),
        _c("decided_on*", "date", "决定日期"), _c("evidence", "text", "佐证|依据"),
    ), ("更正",)),
    Table("published", "公开发布数", "published figure", ("figure", "period_from", "period_to", "area_code"), (
        _c("figure*", "code", "数字|公布项"), _c("value*", "number", "公布值"), _c("qualifier", "choice", "限定|余约", QUALIFIERS),
        _c("unit*", "text", "计量单位|单位名称"),
        _c("period_from", "period", "起始年度"), _c("period_to", "period", "截止年度"), Column("area_code", "area", AREA.headings),
        _c("indicator", "code", "对应指标"), _c("source*", "text", "来源|出处"),
    ), ("公布", "发布数")),
)
# fmt: on

TABLES: dict[str, Table] = {t.name: t for t in _TABLES}
TRACE = ("source_file", "source_sheet", "source_row")


def heading_key(text: object) -> str:
    """A heading as it is compared: full width folded, unit in brackets, spaces, line breaks and case removed."""
    return _heading_key(str(text))


@lru_cache(maxsize=20_000)
def _heading_key(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    folded = re.sub(r"[\[(（【][^)）\]】]*(元|圆|圓|人|户|个|%|％|年|次|份|分)\s*[)）\]】]", "", folded)
    return re.sub(r"[\s_\-:：*＊\u200b-\u200f\u2060\ufeff\xad]+", "", folded)


@cache
def heading_index(table: str) -> dict[str, str]:
    """Heading as compared → column (or helper) name, for one table. Own columns win over helpers."""
    index: dict[str, str] = {}
    columns = TABLES[table].columns
    helpers = HELPERS if any(c.kind == "area" for c in columns) else ()
    for column in (*columns, *helpers):
        for heading in (column.name, *column.headings):
            index.setdefault(heading_key(heading), column.name)
    return index


@cache
def known_headings() -> frozenset[str]:
    """Every heading, as compared, of any table: what makes a row of a sheet look like a heading row."""
    names = {key for table in TABLES for key in heading_index(table)}
    return frozenset(names | {heading_key(h) for h in IGNORED})
