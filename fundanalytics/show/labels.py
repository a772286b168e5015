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
    "satisfied_aware": ("知道这项资金的人中，五级的“满意”和“非常满意”", "of those who know the fund: satisfied or very satisfied, of five levels"),
    "basically_aware": ("知道这项资金的人中，五级的“基本满意”及以上", "of those who know the fund: basically satisfied or better, of five levels"),
    "idle/arrived": ("（已到位−已支付−应付未付）÷已到位", "(arrived − paid − payable) ÷ arrived"),
    "uncleared/arrived": ("（已到位−已支付−应付未付−已清理收回）÷已到位", "(arrived − paid − payable − cleared) ÷ arrived"),
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
    "proposed-accepted": ("提议到验收的天数（中位）", "median days from proposal to acceptance"),
    "proposed-resolved": ("提议到议决的天数（中位）", "median days from proposal to resolution"),
    "resolved-contracted": ("议决到签约的天数（中位）", "median days from resolution to contract"),
    "contracted-started": ("签约到开工的天数（中位）", "median days from contract to start"),
    "started-finished": ("开工到完工的天数（中位）", "median days from start to finish"),
    "finished-accepted": ("完工到验收的天数（中位）", "median days from finish to acceptance"),
    "repair_asked-repaired": ("整改通知到完成的天数（中位）", "median days from a demand for repair to the repair"),
    "communities": ("培训到过的社区÷社区数", "communities reached by a training ÷ communities"),
    "listings": ("已对接的需求÷已发布的需求", "needs matched ÷ needs published"),
    "listings_amount": ("已对接的需求金额÷已发布的需求金额", "the same by amount"),
    "paid in the quarter/arrived": ("本季度支付÷当年到位", "paid in the quarter ÷ arrived in the year"),
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
    "full count, median": ("全量统计，中位数（无抽样误差）", "full count, median (no sampling error)"),
    "survey, logit": ("抽样设计区间（logit）", "design-based interval (logit)"),
    "survey, Korn-Graubard": ("抽样设计区间（Korn–Graubard）", "design-based interval (Korn–Graubard)"),
    "paired ratio change (linearised, process interval)": ("全量统计之差，区间为过程区间", "difference of full counts, process interval"),
    "survey difference, t": ("两次抽样之差", "difference of two samples"),
    "survey difference, t (independent samples)": ("两次抽样之差", "difference of two samples"),
    "survey difference, t (shared clusters)": ("两次抽样之差（含相同的群）", "difference of two samples with shared clusters"),
    "survey, census": ("全部调查（无抽样误差）", "everybody was asked (no sampling error)"),
    "matched sets, t": ("配对组差值的均值，区间（t）", "mean of differences of matched sets, interval (t)"),
    "sign-flip": ("配对组差值的符号翻转检验及其区间", "sign-flip test of differences of matched sets, with its limits"),
    "randomisation within sets": ("街道内随机化检验", "randomisation test within streets"),
    "least squares, CR2": ("最小二乘，按街道聚类（CR2，Satterthwaite 自由度）", "least squares, clustered by street (CR2, Satterthwaite degrees of freedom)"),
    "wild cluster bootstrap": ("最小二乘，野聚类自助法检验及其区间", "least squares, wild cluster restricted bootstrap with its limits"),
    "wilson": ("简单样本区间（Wilson）", "interval of a simple sample (Wilson)"),
    "mean, t": ("简单样本区间（t）", "interval of a simple sample (t)"),
    "clopper-pearson": ("精确二项区间（Clopper–Pearson）", "exact binomial interval (Clopper–Pearson)"),
    "byar": ("次数的区间（Byar，10次以下为精确泊松）", "interval of a count (Byar; exact Poisson below ten)"),
    "newcombe 10": ("两个独立比例之差的区间（Newcombe）", "difference of two independent shares (Newcombe)"),
    "miettinen-nurminen": ("两个独立比例之差的得分区间（Miettinen–Nurminen）", "difference of two independent shares, score interval (Miettinen–Nurminen)"),
    "ratio of totals, linearised": ("总数之比，区间为过程区间（线性化）", "ratio of totals, process interval (linearised)"),
    "ratio of totals, jackknife": ("总数之比，区间为过程区间（刀切法）", "ratio of totals, process interval (jackknife)"),
    "ratio of totals, bootstrap": ("总数之比，区间为过程区间（自助法）", "ratio of totals, process interval (bootstrap)"),
    "survey, t": ("抽样设计区间（t）", "design-based interval (t)"),
    "model, Fay-Herriot (REML)": ("模型估计（Fay–Herriot）", "model estimate (Fay–Herriot)"),
    "model, beta-binomial (ML)": ("模型估计（贝塔–二项，最大似然）", "model estimate (beta-binomial, maximum likelihood)"),
    "model, beta-binomial (moments)": ("模型估计（贝塔–二项，矩）", "model estimate (beta-binomial, moments)"),
    "funnel, over-dispersion": ("漏斗界限（考虑过度离散）", "funnel limits (over-dispersion allowed for)"),
    "icc, one-way (F limits)": ("组内相关（单向，各有各的评分人）", "intraclass correlation (one-way: each has raters of its own)"),
    "icc, two-way (F limits)": ("组内相关（双向，同一批评分人）", "intraclass correlation (two-way: the same raters for all)"),
    "Krippendorff's alpha, nominal": ("Krippendorff α（类别）", "Krippendorff's α (categories)"),
    "Krippendorff's alpha, ordinal": ("Krippendorff α（次序）", "Krippendorff's α (order)"),
    "Krippendorff's alpha, interval": ("Krippendorff α（分差）", "Krippendorff's α (differences)"),
    "Krippendorff's alpha, ratio": ("Krippendorff α（比率）", "Krippendorff's α (ratios)"),
    "paired difference, t": ("成对差的区间（t）", "interval of a paired difference (t)"),
    "paired difference, t (clusters)": ("成对差的区间（t，按街道成群）", "interval of a paired difference (t, clustered by street)"),
    "survey, Wilson": ("抽样设计区间（Wilson，按有效样本量）", "design-based interval (Wilson, effective sample)"),
    "survey total, t": ("抽样推算总数，区间（t）", "total from a sample, interval (t)"),
    "survey quantile, Woodruff": ("抽样分位数，区间（Woodruff）", "quantile from a sample, interval (Woodruff)"),
    "survey quantile, Woodruff (logit)": ("抽样分位数，区间（Woodruff，logit）", "quantile from a sample, interval (Woodruff, logit)"),
    "survey quantile, Woodruff (Korn-Graubard)": ("抽样分位数，区间（Woodruff，Korn–Graubard）", "quantile from a sample, interval (Woodruff, Korn–Graubard)"),
    "bounds, missing 0 and 1": ("未回答者全否与全是之间的范围", "range from all missing no to all missing yes"),
    "sample size": ("样本量", "sample size"),
    "welch t": ("两个简单样本均值之差（Welch t）", "difference of two simple samples (Welch's t)"),
    "square-and-add": ("两次抽样之差（各自区间平方相加）", "difference of two samples, their own limits squared and added"),
    "Kitagawa, symmetric": ("Kitagawa 对称分解", "Kitagawa's symmetric decomposition"),
    "Kitagawa, bootstrap over communities": ("Kitagawa 对称分解，区间为社区自助法", "Kitagawa's symmetric decomposition, communities drawn anew"),
    "less a constant (process interval)": ("本期减去一个常数", "the later period less a constant"),
    "segmented regression, HAC (Bartlett)": ("分段回归（HAC，Bartlett 核）", "segmented regression, HAC (Bartlett)"),
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
    "unknown": ("有记录，但判断所需的日期或标记是空白", "there are records, but the dates or marks needed are blank"),
    "part_unknown": ("部分记录所需的日期或标记是空白，分子分母都未计入", "records whose dates or marks are blank are left out above and below"),
    "totals_only": ("只有汇总数，看不出合同或支付时间", "only a sum is known, which tells neither contracts nor days of payment"),
    "part_totals_only": ("部分单位只有汇总数，已不计入", "units known as a sum only are left out"),
    "some_stopped": ("含已中止的项目", "stopped projects are among them"),
    "assumed_rule": ("按本软件假定的规则判断，应换成本区的规定", "judged by a rule that this package assumes, to be replaced by the district's own"),
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
    "fixed_by_design": ("由抽样设计或已知总数决定，没有抽样误差", "fixed by the design or by known totals: no sampling error of its own"),
    "limit_outside": ("区间的一端超出所有回答，无法给出", "a limit lies beyond all answers and cannot be given"),
    "no_variation": ("所有回答相同，无法给出区间", "all answers are the same, so no interval can be given"),
    "scale_not_5": ("测评用的不是五级量表，不能与五级结果合并", "the survey did not use five levels and cannot be mixed with those that did"),
    "split_area": ("区划调整时社区被拆分，无法分清属于哪一部分", "the community was split when boundaries changed, and its parts cannot be told apart"),
    "one_cluster": ("只有一个抽样群，无法估计误差", "only one cluster was sampled, so the error cannot be estimated"),
    "one_cluster_centred": ("某一层只有一个抽样群，误差按总均值估计", "a stratum has one cluster only; its error is taken around the grand mean"),
    "missing_values": ("有单位缺少数字，不能求和", "a unit lacks its figure, so no total can be formed"),
    "one_unit": (
        "只有一个单位（或某一层只有一个），看不出差异，不给区间",
        "only one unit, or one in a stratum: its variation cannot be seen, so there is no interval",
    ),
    "too_few_units": ("社区太少，不给区间", "too few communities for an interval"),
    "entered_or_left": ("有社区只在其中一期有数字，另列为进出项", "communities with figures in one period only are a part of their own"),
    "not_common": ("没有两期都有数字的社区", "no community has figures in both periods"),
    "different_age": ("两期的截止日离各年年末远近不同，一期的钱有更长时间支付", "the two periods are cut off at different ages, so one had longer to be paid"),
    "overlapping_periods": ("两期有重叠的年份", "the two periods share years"),
    "too_few_sets": ("可比较的街道太少，不给区间", "too few streets to compare for an interval"),
    "one_treated": ("只有一个群受到处理，区间不可靠，不给", "only one cluster was treated: its limits cannot be trusted and are not given"),
    "all_alike": ("数值之间没有差别，无法给出区间", "the values do not vary, so no interval can be given"),
    "no_contrast": ("没有可比较的差别，无法估计", "nothing varies that could be compared"),
    "test_only": ("只作检验，不给区间", "a test only, without limits"),
    "pilots_chosen": (
        "试点是选出来的，不是抽签决定的，变化之差不等于试点的作用",
        "pilots were chosen, not drawn by lot: a difference in change is not what being a pilot did",
    ),
    "no_pilot": ("本街道没有试点", "the street has no pilot"),
    "pilot_redrawn": ("试点社区已并入其他社区，无法比较", "the pilot was joined to other communities and cannot be compared"),
    "treated_before": ("基期结束前已开始试点", "the pilot began before the earlier period was over"),
    "not_yet_treated": ("到本期末尚未开始试点", "the pilot had not begun by the end of the later period"),
    "pilot_not_measured": ("试点社区缺少其中一期的数字", "the pilot lacks a figure in one of the periods"),
    "no_others": ("本街道没有试点以外的社区", "the street has no community but the pilot"),
    "no_others_measured": ("本街道其他社区缺少其中一期的数字", "the other communities of the street lack a figure in one of the periods"),
    "part_treated": ("期间中途才开始试点", "the pilots began in the course of the period"),
    "former_pilot": ("含有原来的试点社区", "a former pilot is part of it"),
    "reference": ("对照年份", "the year compared with"),
    "no_reference": ("试点开始之前没有可对照的年份", "there is no year before the pilots began to compare with"),
    "no_pretrend": ("试点开始之前只有一个年份，看不出原来的趋势是否相同", "only one year before the pilots began: whether trends were alike cannot be seen"),
    "dose_design": ("按人均额度的变化比较，没有未获资金的社区作对照", "a comparison by change of quota per head, not with communities without the fund"),
    "no_untreated": ("所有社区都有这项资金", "every community has the fund"),
    "dose_constant": ("各社区人均额度的变化相同，无法比较", "the quota per head changed alike everywhere, so there is nothing to compare"),
    "too_few_areas": ("可比较的社区太少", "too few communities to compare"),
    "no_quota": ("缺少额度", "the quota is not known"),
    "no_persons": ("缺少人口", "the number of people is not known"),
    "linear_in_dose": ("每增加一元的变化相同", "each further yuan goes with the same change"),
    "parallel_without_change": ("额度不变时各社区变化相同", "with an unchanged quota all communities would have changed alike"),
    "dose_by_formula": ("额度只由公式（人口、类型）决定", "the quota follows from the formula (people, kind) alone"),
    "no_spillover": ("一个社区的资金不影响别的社区", "the money of one community does not act on another"),
    "redrawn": ("区划调整过，不能合并或拆分", "joined or divided since, and cannot be added up or divided"),
    "constant_boundaries": ("按同一版区划", "by the areas of one edition"),
    "same_period_only": ("只取同一期间的数，不以邻近年份代替", "of the same period only, never of a year nearby"),
    "treated_since_pilot_from": (
        "到期末已开始试点的社区占比（社区为0或1）",
        "share of its communities that are pilots by the period's end (0 or 1 for a community)",
    ),
    "years_since_pilot_from": ("期间末年减去最早试点开始的年份", "last year of the period less the year in which its first pilot began"),
    "suppressed": ("人数过少，为保护隐私不公布", "too few people; withheld to protect privacy"),
    "suppressed_linked": ("可由此推算出过少的人数，为保护隐私不公布", "would let a count of too few people be worked out; withheld to protect privacy"),
    "range_too_narrow": ("仍可推算出大致人数", "the number can still be narrowed down"),
    "no_baseline": ("没有基期数据", "no data for the earlier period"),
    "no_current": ("没有本期数据", "no data for the later period"),
    "model_estimate": ("模型估计，向相近区域靠拢，不是实测，不参与排序", "a model estimate, drawn towards similar areas: not measured, not for ranking"),
    "synthetic_estimate": ("本区域没有可用的回答，全由模型推出", "no usable answers from this area: given by the model alone"),
    "benchmarked": ("已与全区数对齐", "made to add up to the district's figure"),
    "zero_variance_component": ("区域之间的差别不超过偶然，估计全由共同水平决定", "areas differ by no more than chance, so the common level decides"),
    "no_covariate": ("缺少协变量，不能估计", "a covariate is missing, so there is no estimate"),
    "no_variation_within": ("各区域内回答全部相同，不给区间", "in every area all answers are the same, so no interval is given"),
    "too_few_subjects": ("评分对象不足两个", "fewer than two were rated"),
    "too_few_raters": ("没有对象得到两人以上的评分", "nothing was rated by two or more"),
    "one_assessor": ("每个社区只有一位评分人，看不出一致程度", "each community has one assessor, so agreement cannot be seen"),
    "unequal_raters": ("各对象的评分人数不同", "numbers of raters differ"),
    "incomplete_left_out": ("评分不全的对象未计入", "those without all ratings are left out"),
    "no_pairs": ("没有可以成对比较的评分", "there are no ratings to compare in pairs"),
    "no_self": ("没有自评分", "no self-assessment"),
    "no_district": ("没有区级考评分", "no assessment by the district"),
    "break_fund_reform": (
        "两期之间资金制度改革（村公、公服资金改为保障激励资金），口径不同",
        "the fund was reformed between the two periods, so they are not the same money",
    ),
    "break_communities_redrawn": ("两期之间社区区划调整", "communities were redrawn between the two periods"),
    "break_sediment_cleared": ("两期之间清理过沉淀资金", "idle money was cleared between the two periods"),
    "constant_baseline": ("基期是一个公布的数，其误差不明", "the earlier value is a published figure whose error is not known"),
    "outside_scale": ("基期不可能是这个数", "the earlier value cannot have been that"),
    "too_few_points": ("断点前后不足8个季度，只画图，不检验", "fewer than 8 points on either side of the break: drawn, not tested"),
    "not_estimable": ("各项无法区分，不作估计", "the terms cannot be told apart, so none is estimated"),
    "undated": ("该年支付超过百分之一没有日期，无法分到季度", "more than 1% of the year's payments have no day, so they cannot be put into quarters"),
    "part_undated": ("该年少量支付没有日期，未计入季度", "a few of the year's payments have no day and are in no quarter"),
    "not_over": ("截止日期时该季度尚未结束", "the quarter was not over at the cut-off"),
    "data_end_before": ("数据还没有到这一截止日期", "the data do not reach this cut-off"),
    "year_alone": ("去掉这一年后没有别的年份", "there is no other year when this one is left out"),
    "year_inside": ("这一年在期间中间，去掉后不连续", "the year lies inside the period, which would no longer be a run of years"),
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
    "estimand": ("估计的是什么", "estimand"),
    "p": ("p 值", "p"),
    "sets": ("街道数", "streets compared"),
    "areas": ("社区数", "communities"),
    "clusters": ("聚类数", "clusters"),
    "assignments": ("排列数", "arrangements"),
    "exact": ("是否穷举", "all enumerated"),
    "least": ("去掉一个街道后最小", "least, one street left out"),
    "most": ("去掉一个街道后最大", "most, one street left out"),
    "pilots": ("试点社区数", "pilots"),
    "streets": ("街道总数", "streets"),
    "others": ("其他社区数", "other communities"),
    "unmeasured": ("缺少数字的社区数", "communities without a figure"),
    "pilot_from": ("试点开始", "pilot from"),
    "pilot_code": ("试点代码", "pilot's code"),
    "pilot_name": ("试点社区", "pilot"),
    "street_code": ("街道代码", "street's code"),
    "street_name": ("街道", "street"),
    "community_type": ("社区类型", "kind of community"),
    "baseline_pilot": ("试点基期", "pilot, earlier"),
    "baseline_others": ("其他社区基期", "others, earlier"),
    "baseline_gap": ("基期之差", "gap before"),
    "baseline_gap_lower": ("基期之差下限", "gap before, lower limit"),
    "baseline_gap_upper": ("基期之差上限", "gap before, upper limit"),
    "baseline_gap_p": ("基期之差 p 值", "gap before, p"),
    "above_at_baseline": ("基期高于其他社区的试点数", "pilots above the others before"),
    "change_pilot": ("试点变化", "change of the pilot"),
    "change_others": ("其他社区变化", "change of the others"),
    "mde": ("可检出的最小差别", "least difference that would be found"),
    "power": ("检出把握", "power"),
    "event_time": ("距试点开始的年数", "years since the pilots began"),
    "treated": ("试点", "pilot"),
    "assumed": ("前提", "what is assumed"),
    "dose_before": ("基期人均额度（元）", "quota per head, earlier (yuan)"),
    "dose_after": ("本期人均额度（元）", "quota per head, later (yuan)"),
    "dose_change": ("人均额度变化（元）", "change of quota per head (yuan)"),
    "dose_change_least": ("人均额度变化，最小", "change of quota per head, least"),
    "dose_change_median": ("人均额度变化，中位", "change of quota per head, median"),
    "dose_change_most": ("人均额度变化，最大", "change of quota per head, most"),
    "dose_after_least": ("本期人均额度，最小", "quota per head, later, least"),
    "dose_after_median": ("本期人均额度，中位", "quota per head, later, median"),
    "dose_after_most": ("本期人均额度，最大", "quota per head, later, most"),
    "dose_before_least": ("基期人均额度，最小", "quota per head, earlier, least"),
    "dose_before_median": ("基期人均额度，中位", "quota per head, earlier, median"),
    "dose_before_most": ("基期人均额度，最大", "quota per head, earlier, most"),
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
    "entered_left": ("进出社区", "communities that came or went"),
    "baseline_n": ("基期 n", "earlier n"),
    "current_n": ("本期 n", "later n"),
    "baseline_weight": ("基期权重", "earlier weight"),
    "current_weight": ("本期权重", "later weight"),
    "total": ("合计", "total"),
    "assumption": ("假定", "assumption"),
    "cut_off": ("截止日期", "cut-off"),
    "boundaries": ("社区范围", "areas compared"),
    "left_out": ("去掉的年份", "year left out"),
    "quarter": ("季度", "quarter"),
    "term": ("项", "term"),
    "se": ("标准误", "standard error"),
    "lags": ("滞后阶数", "lags"),
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
    "direct_value": ("直接估计", "direct estimate"),
    "direct_lower": ("直接估计下限", "direct estimate, lower limit"),
    "direct_upper": ("直接估计上限", "direct estimate, upper limit"),
    "shrinkage": ("来自模型的份额", "share that comes from the model"),
    "coefficient": ("系数", "coefficient"),
    "raters": ("评分人数", "raters"),
    "subject_variance": ("社区间方差", "variance between communities"),
    "rater_variance": ("评分人间方差", "variance between raters"),
    "residual_variance": ("其余方差", "remaining variance"),
    "agreement_lower": ("一致性界限（下）", "limit of agreement (lower)"),
    "agreement_upper": ("一致性界限（上）", "limit of agreement (upper)"),
    "share_above": ("超出容差的占比", "share above the tolerance"),
    "tolerance": ("容差", "tolerance"),
    "items": ("评价项数", "items"),
    "domain": ("分组", "group"),
    "df": ("自由度", "degrees of freedom"),
    "deff": ("设计效应", "design effect"),
    "relative": ("相对变化", "relative change"),
    "relative_lower": ("相对变化下限", "relative change, lower limit"),
    "relative_upper": ("相对变化上限", "relative change, upper limit"),
    "missing": ("未回答", "missing"),
    "missing_share": ("未回答占比", "share missing"),
    "outer_lower": ("范围下端的区间下限", "lower limit of the low end"),
    "outer_upper": ("范围上端的区间上限", "upper limit of the high end"),
    "response_rate": ("回收率", "response rate"),
    "weight_sum": ("权重之和", "sum of weights"),
    "weight_median": ("权重中位数", "median weight"),
    "weight_smallest": ("最小权重", "smallest weight"),
    "weight_largest": ("最大权重", "largest weight"),
    "weight_ratio": ("最大÷最小权重", "largest ÷ smallest weight"),
    "weight_effect": ("权重的设计效应（1+cv²）", "design effect of weights (1 + cv²)"),
    "n_kish": ("按权重的有效样本量", "effective n by weights"),
    "margin": ("边际总数", "margin"),
    "target": ("应为总数", "target"),
    "before": ("调整前", "before"),
    "after": ("调整后", "after"),
    "simple": ("简单抽样所需", "simple sample"),
    "corrected": ("按总体规模修正", "corrected for population"),
    "drawn": ("应抽取人数", "people to draw"),
}
ASSUMPTIONS = {
    "as_measured": ("按数据", "as measured"),
    "as_published": ("按公布数", "as published"),
    "baseline_1_lower": ("基期低1个点", "earlier value one point lower"),
    "baseline_1_higher": ("基期高1个点", "earlier value one point higher"),
    "other_denominator": ("换一个分母", "another denominator"),
}
CHOSEN_AREAS = {
    "all_areas": ("全部社区", "all communities"),
    "common_areas": ("两期都有数字的社区", "communities with figures in both periods"),
    "unchanged_areas": ("没有调整过区划的社区", "communities that were not redrawn"),
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
    "estimand": ESTIMANDS,
    "figure": FIGURES,
    "status": STATUSES,
    "qualifier": QUALIFIERS,
    "table": TABLES,
    "column": COLUMNS,
    "assumption": ASSUMPTIONS,
    "boundaries": CHOSEN_AREAS,
    "term": TERMS,
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
