"""The definitions: what each indicator is made of, as data.

Place in the flow: the bottom of ``indicators``; everything that lists, explains, compares or hides indicators asks here. It
computes nothing. Thresholds that are policy choices are not here but in ``data/rules.yaml``, each with its source and status.
"""

from __future__ import annotations

from dataclasses import dataclass

RATIO, SHARE, TIMES, SCORE, YUAN, DAYS = "ratio", "share", "person-times per person", "score 0-100", "yuan", "days"
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Indicator:
    """What an indicator is made of.

    Attributes
    ----------
    bases : dict
        basis → (numerator, denominator) as codes; the first is the default.
    unit : str
        ``share`` (0-1), ``ratio`` (may exceed 1), ``score 0-100``, ``yuan`` or ``days``.
    records : tuple of str
        Tables whose years say for which periods there are data.
    subsets : tuple of str
        What ``subset`` may name; ``wave`` for surveyed bases only.
    source : str
        Where the definition is from.
    surveyed : tuple of str
        Bases that are survey estimates, with limits; the others are full counts.
    behind : tuple of str
        Tables that the full counts are made from: what an area sent there and could not be used marks its figures.
    counts : str
        What ``n`` counts.
    better : str
        ``higher``, ``lower``, or blank where neither is.
    people : bool
        Whether the numerator counts people (or what few people do), so that a small one must not be shown.
    """

    id: str
    bases: dict[str, tuple[str, str]]
    unit: str
    records: tuple[str, ...]
    subsets: tuple[str, ...]
    source: str
    surveyed: tuple[str, ...] = ()
    behind: tuple[str, ...] = ("projects",)
    counts: str = "projects"
    better: str = "higher"
    people: bool = False

    @property
    def within(self) -> bool:
        """Whether the numerator lies within the denominator."""
        return self.unit == SHARE


MONEY_SUBSETS, SURVEY_SUBSETS = ("fund", "community_type"), ("community_type", "wave")
LEDGER = ("projects", "payments", "allocations")
PAIRS = ("proposed-accepted", "proposed-resolved", "resolved-contracted", "contracted-started", "started-finished", "finished-accepted",
         "repair_asked-repaired")  # fmt: skip

_MONEY = (
    Indicator("usage_rate",
              {"paid/arrived": ("paid", "arrived"), "paid/quota": ("paid", "quota"),
               "paid/available": ("paid in the calendar year", "arrived + carried in"),
               "paid+payable/arrived": ("paid + contracted and unpaid", "arrived"), "contracted/arrived": ("contracted", "arrived")},
              RATIO, ("projects", "totals"), MONEY_SUBSETS, "预算执行率 = 实际支付 / 预算; 成社办发〔2020〕2号", behind=LEDGER),
    Indicator("sediment_rate",
              {"idle/arrived": ("arrived - paid - contracted and unpaid", "arrived"),
               "uncleared/arrived": ("arrived - paid - contracted and unpaid - cleared", "arrived")},
              SHARE, ("projects",), MONEY_SUBSETS, "成社办发〔2020〕2号: 按合同约定应付未付资金不属沉淀", behind=LEDGER, better="lower"),
    Indicator("self_raised_ratio", {"self_raised/budget": ("self_raised", "budget")}, RATIO, ("projects",), MONEY_SUBSETS, "自筹资金 / 项目预算"),
    Indicator("cost_per_project", {"paid/projects": ("paid", "projects")}, YUAN, ("projects", "totals"), MONEY_SUBSETS, "实际支付 / 项目数",
              behind=("projects", "payments"), better=""),
)  # fmt: skip
_PEOPLE = (
    Indicator("participation_rate",
              {"residents": ("distinct residents at events", "eligible_persons"), "households": ("distinct households at events", "households"),
               "survey": ("answers: took part", "answers to the question")},
              SHARE, ("events", "responses"), SURVEY_SUBSETS, "参与人数（去重）/ 应参与人数; 参与户数 / 总户数", surveyed=("survey",),
              behind=("events", "participants"), counts="persons, households or answers", people=True),
    Indicator("participation_intensity",
              {"person_times/residents": ("person_times at events", "persons"), "person_times/eligible": ("person_times at events", "eligible_persons")},
              TIMES, ("events",), ("community_type",), "参与人次 / 常住人口", behind=("events",), counts="events", people=True),
    Indicator("awareness_rate", {"aware": ("answers: aware", "answers to the question")}, SHARE, ("responses",), SURVEY_SUBSETS, "知晓人数 / 有效调查人数",
              surveyed=("aware",), counts="answers", people=True),
    Indicator("satisfaction_rate",
              {"satisfied": ("answers 4-5", "answers 1-5"), "basically": ("answers 3-5", "answers 1-5"),
               "satisfied_aware": ("answers 4-5 of the aware", "answers 1-5 of the aware"),
               "basically_aware": ("answers 3-5 of the aware", "answers 1-5 of the aware")},
              SHARE, ("responses", "response_counts"), SURVEY_SUBSETS, "回答满意的人数 / 有效调查人数",
              surveyed=("satisfied", "basically", "satisfied_aware", "basically_aware"), counts="answers", people=True),
    Indicator("satisfaction_score", {"level_x20": ("20 x level", "answers 1-5")}, SCORE, ("responses", "response_counts"), SURVEY_SUBSETS,
              "满意度 = 20 × 等级均值", surveyed=("level_x20",), counts="answers"),
)  # fmt: skip
_WORKS = (
    Indicator("completion_rate", {"finished": ("finished", "projects"), "accepted": ("accepted", "projects")}, SHARE, ("projects",), MONEY_SUBSETS,
              "实际完成率 = 已完成项目数 / 项目数"),
    Indicator("on_time_rate", {"on_time": ("finished by the planned day", "planned day has come")}, SHARE, ("projects",), MONEY_SUBSETS,
              "完成及时性 = 按期完工项目数 / 计划完工日期已到的项目数"),
    Indicator("disclosure_rate", {"resolution": ("resolution announced", "resolved"), "review": ("review announced", "accepted")}, SHARE, ("projects",),
              MONEY_SUBSETS, "公示率 = 有公示的项目数 / 应公示的项目数", behind=("projects", "notices")),
    Indicator("voucher_rate", {"payments": ("payments with invoice, receipt and bank flow", "payments with all three marks"),
                               "payments_amount": ("amount with invoice, receipt and bank flow", "amount with all three marks")},
              SHARE, ("projects",), MONEY_SUBSETS, "流水、回单、发票逐笔核对", behind=("projects", "payments"), counts="payments"),
    Indicator("sourcing_compliance_rate", {"sourced": ("sourced as the tier asks for", "sourced")}, SHARE, ("projects",), MONEY_SUBSETS,
              "项目发包管理办法: 重大、一般、小微; 各级的发包方式见 rules.yaml"),
    Indicator("process_days", {pair: (f"median days {pair}", "") for pair in PAIRS}, DAYS, ("projects",), MONEY_SUBSETS, "各环节间隔天数的中位数",
              better=""),
)  # fmt: skip
_REGISTERS = (
    Indicator("training_coverage", {"communities": ("communities reached", "communities")}, SHARE, ("trainings",), ("community_type",),
              "受训社区数 / 社区数", behind=("trainings",), counts="communities"),
    Indicator("matching_rate", {"listings": ("listings matched", "listings published"), "listings_amount": ("amount matched", "amount published")}, SHARE,
              ("listings",), ("community_type",), "已对接需求 / 已发布需求", behind=("listings",), counts="listings"),
)  # fmt: skip
INDICATORS: dict[str, Indicator] = {i.id: i for i in (*_MONEY, *_PEOPLE, *_WORKS, *_REGISTERS)}
