"""What a code is called: labels of indicators, columns, areas, funds, notes, findings, in Chinese and English.

The lowest file of ``show`` but for ``faults``: it knows no table and no number. A code that nobody named is shown as it is, so that a new
code elsewhere never breaks a report.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..data import schema
from ..errors import LANGS, check_option
from .faults import FAULTS

INDICATORS = {
    "usage_rate": ("资金使用率", "fund usage rate"),
    "sediment_rate": ("资金沉淀率", "idle money rate"),
    "participation_rate": ("居民参与率", "resident participation rate"),
    "awareness_rate": ("知晓率", "awareness rate"),
    "satisfaction_rate": ("群众满意率", "satisfaction rate"),
    "satisfaction_score": ("群众满意度得分", "satisfaction score"),
}
BASES = {
    "paid/arrived": ("已支付÷已到位", "paid ÷ arrived"),
    "paid/quota": ("已支付÷预算额度", "paid ÷ quota"),
    "paid/available": ("当年支付÷（到位+上年结转）", "paid in the calendar year ÷ (arrived + carried in)"),
    "paid+payable/arrived": ("（已支付+应付未付）÷已到位", "(paid + payable) ÷ arrived"),
    "contracted/arrived": ("已签约÷已到位", "contracted ÷ arrived"),
    "satisfied": ("五级中的“满意”和“非常满意”", "satisfied or very satisfied, of five levels"),
    "basically": ("五级中的“基本满意”“满意”“非常满意”", "basically satisfied or better, of five levels"),
    "aware": ("知道这项资金的人÷回答此题的人", "know the fund ÷ answered the question"),
    "residents": ("去重参与人数÷应参与人数", "distinct participants ÷ eligible residents"),
    "households": ("去重参与户数÷总户数", "distinct households ÷ all households"),
    "survey": ("自述参与过的人÷回答此题的人", "say that they took part ÷ answered the question"),
    "level_x20": ("20×等级的平均", "mean of 20 × level"),
}
LEVELS = {"district": ("全区", "district"), "street": ("街道", "street"), "community": ("社区", "community")}
LEVELS_MANY = {"district": ("区", "districts"), "street": ("街道", "streets"), "community": ("社区", "communities")}
FUNDS = {
    "guarantee": ("保障资金", "guarantee fund"),
    "incentive": ("激励资金", "incentive fund"),
    "cungong": ("村公资金", "village fund (cungong)"),
    "gongfu": ("公服资金", "urban service fund (gongfu)"),
}
CATEGORIES = {
    "party_service": ("党组织服务群众", "party service to residents"),
    "literacy": ("居民素质提升", "residents' skills"),
    "volunteering": ("志愿服务", "volunteering"),
    "environment": ("环境整治", "environment"),
    "building": ("社区总体营造", "community building"),
    "infrastructure": ("基础设施建设", "infrastructure"),
    "operating": ("运行经费", "operating costs"),
    "other": ("其他", "other"),
}
STAGES = {
    "proposed": ("已提议", "proposed"),
    "resolved": ("已议决", "resolved"),
    "contracted": ("已签约", "contracted"),
    "started": ("已开工", "started"),
    "finished": ("已完工", "finished"),
    "accepted": ("已验收", "accepted"),
}
STEPS = {
    "proposal": ("民主提议", "proposal"),
    "resolution": ("民主议决", "resolution"),
    "implementation": ("组织实施", "implementation"),
    "review": ("评议整改", "review"),
}
ANSWERS = {
    "5": ("非常满意", "very satisfied"),
    "4": ("满意", "satisfied"),
    "3": ("基本满意", "basically satisfied"),
    "2": ("不太满意", "rather dissatisfied"),
    "1": ("不满意", "dissatisfied"),
    "dont_know": ("说不清", "don't know"),
}
UNITS = {
    "share": ("%", "%"),
    "ratio": ("%", "%"),
    "score 0-100": ("分", "points"),
    "points": ("个百分点", "percentage points"),
    "yuan": ("元", "yuan"),
    "days": ("天", "days"),
}
METHODS = {
    "full count": ("全量统计（无抽样误差）", "full count (no sampling error)"),
    "survey, logit": ("抽样设计区间（logit）", "design-based interval (logit)"),
    "survey, Korn-Graubard": ("抽样设计区间（Korn–Graubard）", "design-based interval (Korn–Graubard)"),
    "paired ratio change (linearised, process interval)": ("全量统计之差，区间为过程区间", "difference of full counts, process interval"),
    "survey difference, t": ("两次抽样之差", "difference of two samples"),
    "survey difference, t (independent samples)": ("两次抽样之差", "difference of two samples"),
    "survey difference, t (shared clusters)": ("两次抽样之差（含相同的群）", "difference of two samples with shared clusters"),
    "survey, census": ("全部调查（无抽样误差）", "everybody was asked (no sampling error)"),
    "wilson": ("简单样本区间（Wilson）", "interval of a simple sample (Wilson)"),
    "mean, t": ("简单样本区间（t）", "interval of a simple sample (t)"),
    "survey, t": ("抽样设计区间（t）", "design-based interval (t)"),
}
ORIGINS = {
    "computed": ("由数据计算", "computed"),
    "published": ("公开发布", "published"),
    "assumed": ("假定", "assumed"),
    "synthetic": ("虚构示例数据", "Fictional sample data"),
}
QUALITY = {
    "1": ("可靠", "sound"),
    "2": ("谨慎使用", "use with care"),
    "3": ("样本量不足，仅供参考", "sample too small, do not act on it"),
}
NOTES = {
    "no_data": ("没有收到这一区域、这一期间的数据", "no data were received for this area and period"),
    "not_reported": (
        "有分母，但没有报送相应的记录（不等于没有发生）",
        "the denominator is known but no records were sent, which is not the same as nothing done",
    ),
    "no_denominator": ("没有分母（如到位金额或应参与人数）的数据", "the denominator (such as money arrived or eligible residents) was not reported"),
    "zero_denominator": ("分母为零，比率没有意义", "the denominator is zero, so a rate has no meaning"),
    "part_no_denominator": ("部分单位缺少分母（如到位金额），已不计入", "units without a denominator are left out"),
    "part_not_reported": ("部分单位没有报送相应的记录，已不计入", "units that sent no records are left out"),
    "part_only_above": ("部分资金或人数只有上一级的数，未计入本级", "some figures are known for the area above only and are not in this one"),
    "known_only_above": ("只有上一级的数，无法分到本级", "known for the area above only, and cannot be divided"),
    "part_no_data": ("部分年度没有部分单位的数据，未计入", "units without data for some years of the period are left out of those years"),
    "counts_only": ("只有各等级的票数，按简单样本计算", "only counts per level exist; taken as a simple sample"),
    "part_counts_only": ("部分区域或年度只有各等级的票数，未计入", "areas or years with counts only are left out"),
    "part_refused": ("报送的行中有百分之一以上未被采用，见需要改正的地方", "more than 1% of the rows sent could not be used"),
    "much_refused": ("报送的行中有十分之一以上未被采用，数字不完整", "more than 10% of the rows sent could not be used: the figure is incomplete"),
    "part_unread": ("有报送的文件读不出，数字不完整", "a file that was sent could not be read: the figure is incomplete"),
    "part_scale_not_5": ("部分测评用的不是五级量表，已不计入", "surveys that did not use five levels are left out"),
    "both_sources": ("同一单位同时有明细和汇总数，以明细为准", "a unit has both records and a sum; the records are used"),
    "above_one": ("超过100%，须核对分母或结转", "above 100%: check the denominator or money carried over"),
    "outside_subset": ("不在所选范围内", "outside the chosen subset"),
    "zero_weight": ("答卷权重合计为零", "the weights of the answers add up to zero"),
    "weight_missing": ("部分答卷没有权重", "some answers have no weight"),
    "no_variation": ("所有回答相同，无法给出区间", "all answers are the same, so no interval can be given"),
    "scale_not_5": ("测评用的不是五级量表，不能与五级结果合并", "the survey did not use five levels and cannot be mixed with those that did"),
    "split_area": ("区划调整时社区被拆分，无法分清属于哪一部分", "the community was split when boundaries changed, and its parts cannot be told apart"),
    "one_cluster": ("只有一个抽样群，无法估计误差", "only one cluster was sampled, so the error cannot be estimated"),
    "one_cluster_centred": ("某一层只有一个抽样群，误差按总均值估计", "a stratum has one cluster only; its error is taken around the grand mean"),
    "too_few_units": ("社区太少，不给区间", "too few communities for an interval"),
    "entered_or_left": ("有社区只在其中一期有数字，计入构成变化", "communities with figures in one period only count in the mix"),
    "not_common": ("没有两期都有数字的社区", "no community has figures in both periods"),
    "different_age": ("两期的截止日离各年年末远近不同，一期的钱有更长时间支付", "the two periods are cut off at different ages, so one had longer to be paid"),
    "overlapping_periods": ("两期有重叠的年份", "the two periods share years"),
    "suppressed": ("人数过少，为保护隐私不公布", "too few people; withheld to protect privacy"),
    "no_baseline": ("没有基期数据", "no data for the earlier period"),
    "no_current": ("没有本期数据", "no data for the later period"),
}
# codes of what load refuses and finds; both name a fault of the file and read as such
FAULT_LABELS = {code: fault.label for code, fault in FAULTS.items()}
COLUMNS = {
    "indicator": ("指标", "indicator"),
    "basis": ("口径", "definition"),
    "subset": ("范围", "subset"),
    "level": ("层级", "level"),
    "area_code": ("代码", "code"),
    "area_name": ("区域", "area"),
    "period": ("期间", "period"),
    "as_of": ("截止日期", "as of"),
    "value": ("数值", "value"),
    "limits": ("置信区间", "confidence interval"),
    "lower": ("区间下限", "lower limit"),
    "upper": ("区间上限", "upper limit"),
    "confidence": ("置信水平", "confidence"),
    "numerator": ("分子", "numerator"),
    "denominator": ("分母", "denominator"),
    "n": ("样本量 n", "n"),
    "n_eff": ("有效样本量", "effective n"),
    "unit": ("单位", "unit"),
    "method": ("方法", "method"),
    "origin": ("数字来历", "origin"),
    "quality": ("可靠程度", "reliability"),
    "note": ("说明", "note"),
    "baseline": ("基期", "earlier period"),
    "current": ("本期", "later period"),
    "baseline_value": ("基期数值", "earlier value"),
    "current_value": ("本期数值", "later value"),
    "change": ("相差（百分点）", "difference (points)"),
    "relative_change": ("相对变化", "relative change"),
    "within": ("社区自身变化", "within communities"),
    "between": ("构成变化", "between communities"),
    "category": ("项目类别", "category"),
    "projects": ("项目数", "projects"),
    "budget": ("预算", "budget"),
    "paid": ("已支付", "paid"),
    "share": ("占比", "share"),
    "stage": ("阶段", "stage"),
    "median_days": ("距上一阶段天数（中位）", "median days from the stage before"),
    "file": ("文件", "file"),
    "sheet": ("工作表", "sheet"),
    "row": ("行", "row"),
    "cell": ("单元格", "cell"),
    "table": ("数据表", "table"),
    "column": ("列", "column"),
    "found": ("实际内容", "found"),
    "rule": ("问题", "problem"),
    "code": ("问题", "problem"),
    "expected": ("应为", "expected"),
    "detail": ("说明", "detail"),
    "amount": ("涉及金额", "amount"),
    "sha256": ("SHA-256（前16位）", "SHA-256 (first 16)"),
    "read": ("读入行", "rows read"),
    "kept": ("保留行", "rows kept"),
    "refused": ("拒收行", "rows refused"),
    "status": ("状态", "status"),
    "sheets": ("工作表数", "sheets"),
    "files": ("文件数", "files"),
    "answers": ("答卷数", "answers"),
    "answer": ("回答", "answer"),
    "figure": ("公布项", "figure"),
    "published": ("公开发布数", "published"),
    "computed": ("由数据计算", "computed"),
    "difference": ("相差", "difference"),
    "source": ("来源", "source"),
    "qualifier": ("限定", "qualifier"),
    "sessions": ("场次", "sessions"),
    "attendees": ("参训人次", "attendances"),
    "manuals": ("发放手册", "manuals"),
    "item": ("事项", "item"),
    "lower_95": ("95% 下限", "lower 95 %"),
    "upper_95": ("95% 上限", "upper 95 %"),
    "outside": ("超出范围", "outside"),
    "arrived": ("已到位", "arrived"),
    "gap": ("与全区相差（百分点）", "difference from the district (points)"),
    "reading": ("判断", "reading"),
    "version": ("版本", "version"),
}
FIGURES = {
    "fund_arrived": ("到位的保障资金", "guarantee fund arrived"),
    "projects": ("实施项目（个）", "projects"),
    "usage_rate": ("资金使用率", "fund usage rate"),
    "usage_rate_change": ("资金使用率与村公/公服时期相差", "usage rate against the old funds"),
    "trainings": ("专场培训（场）", "training sessions"),
    "training_attendees": ("参训人次", "training attendances"),
    "manuals": ("发放指导手册（份）", "manuals handed out"),
    "pilots": ("试点社区（个）", "pilot communities"),
    "social_organisations": ("名录库社会组织（家）", "social organisations on the register"),
    "social_enterprises": ("名录库社会企业（家）", "social enterprises on the register"),
    "listings": ("平台发布项目需求（个）", "needs published on the platform"),
    "listings_amount": ("发布需求金额", "money of the published needs"),
    "listings_matched": ("已对接需求（个）", "published needs matched"),
}
STATUSES = {"used": ("已采用", "used"), "superseded": ("已被取代", "superseded"), "unread": ("未读取", "not read"), "skipped": ("已略过", "skipped")}
QUALIFIERS = {"=": ("", ""), ">=": ("不少于", "at least"), "~": ("约", "about")}
TABLES = {name: (table.title, name.replace("_", " ")) for name, table in schema.TABLES.items()}

KINDS: dict[str, dict[str, tuple[str, str]]] = {
    "indicator": INDICATORS,
    "basis": BASES,
    "level": LEVELS,
    "levels": LEVELS_MANY,
    "fund": FUNDS,
    "category": CATEGORIES,
    "stage": STAGES,
    "step": STEPS,
    "note": NOTES,
    "quality": QUALITY,
    "fault": FAULT_LABELS,
    "unit": UNITS,
    "method": METHODS,
    "origin": ORIGINS,
    "answer": ANSWERS,
    "figure": FIGURES,
    "status": STATUSES,
    "qualifier": QUALIFIERS,
    "table": TABLES,
    "column": COLUMNS,
}
# one map per language, as readers of the code look for it
LABELS = {lang: {kind: {code: pair[i] for code, pair in codes.items()} for kind, codes in KINDS.items()} for i, lang in enumerate(LANGS)}


def label(code: Any, lang: str = "zh", kind: str | None = None) -> str:
    """What ``code`` is called in ``lang``; the code itself when it has no label.

    Parameters
    ----------
    code
        A code of the data or of the indicator table.
    lang
        ``zh`` or ``en``.
    kind
        One of ``KINDS``, for codes that mean two things (``projects`` is a column and a published figure); without it the
        first kind that knows the code answers.
    """
    check_option("lang", lang, LANGS)
    text = "" if code is None or pd.isna(code) else str(code)
    kinds = KINDS if kind is None else [kind]
    for name in kinds:
        if text in LABELS[lang][name]:
            return LABELS[lang][name][text]
    if kind == "column":
        return _schema_heading(text, lang)
    return text


def _schema_heading(name: str, lang: str) -> str:
    """The canonical heading of a column of the data, for columns that only the data know."""
    if lang == "zh":
        for table in schema.TABLES.values():
            for column in table.columns:
                if column.name == name:
                    return column.headings[0]
    return name.replace("_", " ")


def subset_label(subset: Any, lang: str) -> str:
    """``fund=guarantee;wave=2`` as words; empty for all."""
    if subset is None or pd.isna(subset) or not str(subset):
        return ""
    parts = []
    for part in str(subset).split(";"):
        name, _, value = part.partition("=")
        kind = name if name in KINDS else None
        words = label(value, lang, kind)
        parts.append(words if name == "fund" else f"{label(name, lang, 'column')} {words}")
    return ("、" if lang == "zh" else ", ").join(parts)


def period_label(period: object, lang: str) -> str:
    """``2020`` → 2020年; ``2018-2020`` → 2018–2020年."""
    text = str(period).replace("-", "–")
    return f"{text}年" if lang == "zh" else text
