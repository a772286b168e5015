"""What a code is called: labels of indicators, columns, areas, funds, notes, findings, in Chinese and English.

The lowest file of ``show`` but for ``faults``: it knows no table and no number. A code that nobody named is shown as it is, so that a new
code elsewhere never breaks a report.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..data import schema
from ..errors import LANGS, check_option
from .column_words import COLUMNS
from .faults import FAULTS
from .note_words import METHODS, NOTES

INDICATORS = {
    "usage_rate": ("资金使用率", "fund usage rate"),
    "sediment_rate": ("资金沉淀率", "idle money rate"),
    "self_raised_ratio": ("自筹比例", "self-raised ratio"),
    "cost_per_project": ("单个项目支出", "cost per project"),
    "participation_intensity": ("参与人次强度", "participation intensity"),
    "completion_rate": ("项目完成率", "completion rate"),
    "on_time_rate": ("按期完工率", "on-time rate"),
    "disclosure_rate": ("项目公示率", "disclosure rate"),
    "voucher_rate": ("票据齐全率", "voucher rate"),
    "sourcing_compliance_rate": ("发包合规率", "sourcing compliance rate"),
    "process_days": ("各环节用时", "days between steps"),
    "training_coverage": ("培训覆盖率", "training coverage"),
    "matching_rate": ("需求对接率", "matching rate"),
    "participation_rate": ("居民参与率", "resident participation rate"),
    "awareness_rate": ("知晓率", "awareness rate"),
    "satisfaction_rate": ("群众满意率", "satisfaction rate"),
    "satisfaction_score": ("群众满意度得分", "satisfaction score"),
}
BASES = {
    "paid/arrived": ("已支付÷已到位", "paid ÷ received"),
    "paid/quota": ("已支付÷预算额度", "paid ÷ quota"),
    "paid/available": ("当年支付÷（到位+上年结转）", "paid in the calendar year ÷ (received + carried in)"),
    "paid+payable/arrived": ("（已支付+应付未付）÷已到位", "(paid + payable) ÷ received"),
    "contracted/arrived": ("已签约÷已到位", "contracted ÷ received"),
    "satisfied": ("五级中的“满意”和“非常满意”", "satisfied or very satisfied, of five levels"),
    "basically": ("五级中的“基本满意”“满意”“非常满意”", "basically satisfied or better, of five levels"),
    "aware": ("知道这项资金的人÷回答此题的人", "know the fund ÷ answered the question"),
    "residents": ("去重参与人数÷应参与人数", "distinct participants ÷ eligible residents"),
    "households": ("去重参与户数÷总户数", "distinct households ÷ all households"),
    "survey": ("自述参与过的人÷回答此题的人", "say that they took part ÷ answered the question"),
    "level_x20": ("20×等级的平均", "mean of 20 × level"),
    "satisfied_aware": ("知道这项资金的人中，五级的“满意”和“非常满意”", "of those who know the fund: satisfied or very satisfied, of five levels"),
    "basically_aware": ("知道这项资金的人中，五级的“基本满意”及以上", "of those who know the fund: basically satisfied or better, of five levels"),
    "idle/arrived": ("（已到位−已支付−应付未付）÷已到位", "(received − paid − payable) ÷ received"),
    "uncleared/arrived": ("（已到位−已支付−应付未付−已清理收回）÷已到位", "(received − paid − payable − cleared) ÷ received"),
    "self_raised/budget": ("自筹资金÷项目预算", "self-raised ÷ budget"),
    "paid/projects": ("已支付÷项目数", "paid ÷ projects"),
    "person_times/residents": ("参与人次÷常住人口", "person-times ÷ residents"),
    "person_times/eligible": ("参与人次÷应参与人数", "person-times ÷ eligible residents"),
    "finished": ("已完工项目÷项目数", "finished ÷ projects"),
    "accepted": ("已验收项目÷项目数", "accepted ÷ projects"),
    "on_time": ("按期完工项目÷计划完工日期已到的项目", "finished by the planned day ÷ projects whose planned day has come"),
    "resolution": ("公示了议决结果的项目÷已议决项目", "projects whose resolution was announced ÷ projects resolved"),
    "review": ("公示了评议结果的项目÷已验收项目", "projects whose review was announced ÷ projects accepted"),
    "payments": ("发票、回单、流水齐全的支付笔数÷三项均有记载的笔数", "payments with invoice, receipt and bank flow ÷ payments of which all three are known"),
    "payments_amount": ("发票、回单、流水齐全的支付金额÷三项均有记载的金额", "the same by amount"),
    "sourced": ("发包方式符合所属等级要求的项目÷已发包项目", "projects sourced as their tier asks for ÷ projects sourced"),
    "proposed-accepted": ("提议到验收天数的中位数", "median days from proposal to acceptance"),
    "proposed-resolved": ("提议到议决天数的中位数", "median days from proposal to resolution"),
    "resolved-contracted": ("议决到签约天数的中位数", "median days from resolution to contract"),
    "contracted-started": ("签约到开工天数的中位数", "median days from contract to start"),
    "started-finished": ("开工到完工天数的中位数", "median days from start to finish"),
    "finished-accepted": ("完工到验收天数的中位数", "median days from finish to acceptance"),
    "repair_asked-repaired": ("整改通知到完成天数的中位数", "median days from a demand for repair to the repair"),
    "communities": ("培训到过的社区÷社区数", "communities reached by a training ÷ communities"),
    "listings": ("已对接的需求÷已发布的需求", "needs matched ÷ needs published"),
    "listings_amount": ("已对接的需求金额÷已发布的需求金额", "the same by amount"),
    "paid in the quarter/arrived": ("本季度支付÷当年到位", "paid in the quarter ÷ received in the year"),
}
LEVELS = {"district": ("全区", "district"), "street": ("街道", "street"), "community": ("社区", "community"), "project": ("项目", "project")}
LEVELS_MANY = {"district": ("区", "districts"), "street": ("街道", "streets"), "community": ("社区", "communities"), "project": ("项目", "projects"),
               "pilots": ("试点社区", "pilot communities")}  # fmt: skip
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
    "person-times per person": ("人次/人", "person-times per person"),
    "points": ("个百分点", "percentage points"),
    "yuan": ("元", "yuan"),
    "days": ("天", "days"),
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
# codes of what load refuses and finds; both name a fault of the file and read as such
FAULT_LABELS = {code: fault.label for code, fault in FAULTS.items()}
ASSUMPTIONS = {
    "as_measured": ("按数据", "as measured"),
    "as_published": ("按公布数", "as published"),
    "baseline_1_lower": ("基期低1个点", "earlier value one point lower"),
    "baseline_1_higher": ("基期高1个点", "earlier value one point higher"),
    "other_denominator": ("换一个分母", "another denominator"),
}
CHOSEN_AREAS = {
    "all_areas": ("全部社区", "all communities"),
    "common_areas": ("两期都有数字的社区", "communities of both periods"),
    "unchanged_areas": ("没有调整过区划的社区", "communities not redrawn"),
}
TERMS = {
    "level": ("断点前水平", "level before"),
    "slope": ("断点前趋势", "slope before"),
    "level_change": ("断点处水平变化", "change of level"),
    "slope_change": ("断点后趋势变化", "change of slope"),
    "season_2": ("第二季度", "second quarter"),
    "season_3": ("第三季度", "third quarter"),
    "season_4": ("第四季度", "fourth quarter"),
}
ESTIMANDS = {
    "matched_sets": (
        "各街道试点变化与其他社区平均变化之差的平均（每个街道同等）",
        "mean over streets of the pilot's change less the others' mean change (every street alike)",
    ),
    "twoway_fixed_effects": (
        "社区与期间固定效应下试点×试点后的系数（每个社区同等）",
        "coefficient of pilot × after with constants per community and period (every community alike)",
    ),
    "slope_per_yuan": ("人均额度每多一元，指标变化多少", "change of the indicator for each further yuan per head"),
}
FIGURES = {
    "fund_arrived": ("到位的保障资金", "guarantee fund received"),
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
STATUSES = {
    "used": ("已采用", "used"),
    "superseded": ("已被取代", "superseded"),
    "unread": ("未读取", "not read"),
    "skipped": ("已略过", "skipped"),
    "scored": ("已评", "scored"),
    "not_applicable": ("不适用", "not applicable"),
    "missing": ("没有评分", "no score"),
    "zero": ("没有材料，按零分计", "nothing sent, counted as zero"),
}
# of scores: who gave them, and why one could not be used
SOURCES = {
    "self": ("社区自评", "self-assessment"),
    "peer": ("街道互评", "other streets"),
    "district": ("区级考评", "district"),
    "survey": ("群众满意度测评", "survey of residents"),
}
REFUSED_SCORES = {
    "unknown_item": ("评价标准中没有的评价项", "not an item of the rubric"),
    "source_not_asked": ("该来源不评这一项", "a source that does not score the item"),
    "own_community": ("评分人属于该社区所在的街道", "the assessor belongs to the community's own street"),
    "not_own_community": ("社区评了别的社区", "a community scored another"),
    "no_class": ("项目没有注明类别", "the project's class is not given"),
    "above_maximum": ("超出该项的分值范围", "outside the item's scale"),
    "two_scores": ("同一评分人对同一项给出两个分数", "two scores by one assessor"),
}
ATTAINED = {"met": ("达成", "met"), "partly": ("部分达成", "partly met"), "unmet": ("未达成", "not met")}
BANDS = {
    "above": ("高于平均，超出测评误差", "above the mean, beyond the error of measurement"),
    "same": ("与平均的差距在测评误差范围内", "within the error of measurement of the mean"),
    "below": ("低于平均，超出测评误差", "below the mean, beyond the error of measurement"),
}
GAP_STATES = {
    "repaired": ("失分已补回一半以上", "half or more of the lost points regained"),
    "partly": ("失分补回一部分", "some of the lost points regained"),
    "not_repaired": ("没有变化", "unchanged"),
    "worse": ("失分增加", "more points lost"),
    "no_gap": ("两次都没有失分", "nothing lost in either"),
    "unscored": ("没有两次都评的来源", "no source scored it in both"),
}
COMMUNITY_TYPES = {"urban": ("城市社区", "urban communities"), "rural": ("农村（涉农）社区", "rural communities"), "all": ("全部社区", "all communities")}
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
    "estimand": ESTIMANDS,
    "figure": FIGURES,
    "status": STATUSES,
    "qualifier": QUALIFIERS,
    "table": TABLES,
    "column": COLUMNS,
    "assumption": ASSUMPTIONS,
    "boundaries": CHOSEN_AREAS,
    "term": TERMS,
    "source": SOURCES,
    "refused_score": REFUSED_SCORES,
    "attained": ATTAINED,
    "band": BANDS,
    "gap_state": GAP_STATES,
    "community_type": COMMUNITY_TYPES,
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
