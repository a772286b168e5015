"""The texts of errors about what a call was given, in Chinese and English. Part of ``errors``."""

from __future__ import annotations

# code: language: what – expected – found – do this
ARGUMENTS: dict[str, dict[str, str]] = {
    "unknown_option": {
        "zh": "{name} 的取值无法识别 – 应为 {expected} – 得到的是“{found}”– {hint}",
        "en": "{name} is not one of the choices – expected {expected} – found {found!r} – {hint}",
    },
    "bad_confidence": {
        "zh": "置信水平不正确 – 应在 0 与 1 之间（如 0.95）– 得到的是“{found}”– 请写成小数，不写成 95",
        "en": "not a confidence level – expected a number between 0 and 1, such as 0.95 – found {found!r} – write it as a share, never 95",
    },
    "not_a_share": {
        "zh": "人数与总数不符 – 人数应在 0 与总数之间 – 得到的是“{found}”– 请核对两列是否对调或口径不同",
        "en": "a count does not fit its total – expected a count from 0 to its total – found {found!r} – check whether the two are swapped or count different things",
    },
    "not_finite": {
        "zh": "不是可以计算的数 – 应为有限的数，未知则留空 – 得到的是“{found}”– 请改正后重试",
        "en": "not numbers to compute with – expected finite numbers, blank where unknown – found {found!r} – correct them",
    },
    "shapes_differ": {
        "zh": "几组数对不上 – 应逐个单位对应，一样长 – 得到的形状是“{found}”– 请核对是否漏了单位或多了一维",
        "en": "the arrays do not match – expected one element for each unit in all of them – found the shapes {found} – check for a unit too few or an axis too many",
    },
    "not_positive": {
        "zh": "{name} 不正确 – 应为大于 0 的数 – 得到的是“{found}”– 请改正",
        "en": "{name} cannot be used – expected a number above 0 – found {found!r} – correct it",
    },
    "not_a_rate": {
        "zh": "次数或基数不正确 – 两者都不应为负 – 得到的是“{found}”– 请核对这两列",
        "en": "a count or what it is counted against is negative – expected 0 or more – found {found!r} – check the two columns",
    },
    "unlabelled_unit": {
        "zh": "有单位没有写明 {name} – 应逐个单位写明 – 第 {found} 个（从 0 数起）为空 – 请补上，或去掉这个单位",
        "en": "a unit has no label in {name} – expected one for each – number {found}, counted from 0, is blank – fill it in, or leave the unit out",
    },
    "cluster_in_two_strata": {
        "zh": "一个群跨了两层 – 每个群应只属于一层 – 得到的是“{found}”– 请核对，或在群的名称前加上层名",
        "en": "a cluster lies in two strata – expected each cluster in one – found {found!r} – check it, or put the stratum before the cluster's name",
    },
    "too_few_replicates": {
        "zh": "重复次数不正确 – 应为 2 或以上的整数，建议 1000 – 得到的是“{found}”– 请改写 replicates",
        "en": "not a number of replicates – expected a whole number of 2 or more, 1000 for choice – found {found!r} – change replicates",
    },
    "waves_without_order": {
        "zh": "哪一轮在后无法确定 – 轮次应含数字，如 1、2 或 第一轮、第二轮 – 得到的是“{found}”– 请写明 wave",
        "en": "which wave is the last is not known – expected a number in each name, such as 1, 2 or 第一轮, 第二轮 – found {found!r} – say which wave",
    },
    "one_year": {
        "zh": "评价只针对一个年度 – 应为一个年度，如 2020 – 得到的是“{found}”– 请逐年评价",
        "en": "an evaluation is of one fund year – expected one year, such as 2020 – found {found!r} – evaluate year by year",
    },
    "rubric_years": {
        "zh": "评价标准“{name}”不适用于这一年度 – 适用于 {expected} – 得到的是“{found}”– 请换用当年的标准，或核对 years",
        "en": "the rubric {name} does not hold for this year – it holds for {expected} – found {found!r} – use that year's rubric, or check its years",
    },
    "later_baseline": {
        "zh": "基期晚于本期 – 基期应在本期之前 – 得到的是“{found}”– 请把两个期间对调",
        "en": "the baseline comes after the current period – expected it before – found {found!r} – change the two about",
    },
    "overlapping_periods": {
        "zh": "两个期间重叠 – 对比的两个期间不应有共同年度 – 得到的是“{found}”– 请改写其中一个",
        "en": "the two periods overlap – expected periods without a year in common – found {found!r} – change one of them",
    },
    "unequal_arrays": {
        "zh": "几列数字长度不同，或有空缺 – 应为一样长、没有空缺的数 – 得到的是“{found}”– 请先去掉空缺的单位",
        "en": "the arrays differ in length or hold blanks – expected numbers of one length without blanks – found {found!r} – leave blank units out first",
    },
    "boundaries_too_early": {
        "zh": "区划版本过早 – 应为包含最后一次调整的年度，如 {expected} – 得到的是“{found}”– 合并后的社区无法再拆开，请改用 {expected} 的区划，或少取后面的年度",
        "en": "the boundaries are too early – expected a year that knows the last redrawing, such as {expected} – found {found!r} – joined areas cannot be divided again: use those of {expected}, or fewer later years",
    },
    "periods_repeated": {
        "zh": "期间有重复，或没有给出 – 每个期间应只出现一次 – 得到的是“{found}”– 请改写 periods",
        "en": "a period is given twice, or none is – expected each once – found {found!r} – rewrite periods",
    },
    "one_at_a_time": {
        "zh": "一次只能看一个 {name} – 表中的各行应属同一指标、口径、级别和期间 – 得到的是“{found}”– 请先筛选",
        "en": "one {name} at a time – expected rows of one indicator, basis, subset, level and period – found {found!r} – filter the table first",
    },
    "not_a_share_of_people": {
        "zh": "漏斗图只用于人数的比例 – 应为知晓率、满意率、参与率 – 得到的是“{found}”– 金额的比例请看排序图或两期对比",
        "en": "a funnel is for shares of people – expected awareness, satisfaction or participation – found {found!r} – for money see the ranking or the comparison",
    },
    "model_estimate": {
        "zh": "这里不能用模型估计值 – 应为直接统计或直接调查的数 – 得到的方法是“{found}”– 请改用未经模型处理的表；模型估计不与直接估计一起比较或排序",
        "en": "model estimates cannot be used here – expected direct counts or survey estimates – found {found!r} – use the table as it was before the model; the two are never judged or ranked together",
    },
    "min_people_below_one": {
        "zh": "人数下限不正确 – 应为不小于 1 的数 – 得到的是“{found}”– 请改写 min_people（规则手册或参数）",
        "en": "not a least number of people – expected a number from 1 – found {found!r} – change min_people in the rule book or the call",
    },
    "no_area_tree": {
        "zh": "不知道区域 {found} 属于哪个上级 – 应能从数据集或编码看出 – 编码不以任何上级（{expected}）的编码开头 – 请传入 parents（区域 → 上级区域）",
        "en": "the place of area {found} in the tree is not known – expected a table made from a data set, or codes that begin with that of their {expected} – it begins with none – pass parents (area → the area that it lies in)",
    },
    "tables_differ": {
        "zh": "两张表的行不同 – 应为同一张表隐去部分数字前后（{expected} 行，次序相同）– 得到的是 {found} 行 – 请用同一张表",
        "en": "the two tables have different rows – expected the same {expected} rows, before and after some were hidden – found {found} – compare a table with what was released of it",
    },
    "lengths_differ": {
        "zh": "{name} 的长度不符 – 应有 {expected} 个 – 得到的是 {found} – 请逐个区域对齐",
        "en": "{name} does not fit the other arrays – expected {expected} – found {found} – give one for each, in the same order",
    },
    "not_a_variance": {
        "zh": "抽样方差不正确 – 应大于 0，未知则留空 – 得到的是“{found}”– 全部为同一回答的区域请改用有效样本量计算",
        "en": "not a sampling variance – expected a number above 0, or blank where it is not known – found {found} – where all answers are the same, take it from the effective sample instead",
    },
    "too_few_areas": {
        "zh": "有数据的区域太少 – 模型至少需要 {expected} 个 – 得到的是 {found} 个 – 请减少协变量，或使用直接估计",
        "en": "too few areas with data – the model needs at least {expected} – found {found} – use fewer covariates, or the direct estimates",
    },
    "collinear": {
        "zh": "协变量互相重复 – 各协变量应不能由其他协变量（和常数）算出 – 得到的是 {found} 个协变量 – 请去掉多余的（如全部为同一值的）",
        "en": "covariates repeat each other – expected none that the others and the constant give – found {found} covariates – leave out those to spare, such as one that is the same everywhere",
    },
    "no_weights": {
        "zh": "没有可用的权重 – 应至少有一个区域的权重大于 0 – {found} 个区域都没有 – 请用 weights 给出各区域的人数",
        "en": "no weight to add areas up with – expected at least one above 0 – found none for {found} areas – give people per area with weights",
    },
    "no_benchmark": {
        "zh": "没有可对齐的全区数 – 表中应有一行全区的数 – 得到的是 {found} 行 – 请同时计算全区（by 加上 district），或用 benchmark 给出比例或 None",
        "en": "no district figure to benchmark to – expected one district row with a value – found {found} – compute the district too (by with district), or give a share or None as benchmark",
    },
    "no_place_for_covariates": {
        "zh": "这个模型不用协变量 – 应为 fay-herriot – 得到的是“{found}”– 请改用 fay-herriot，或去掉协变量",
        "en": "this model takes no covariates – expected fay-herriot – found {found!r} – use fay-herriot, or leave the covariates out",
    },
    "nothing_to_draw_in": {
        "zh": "全量统计没有抽样误差，不需要模型 – 应为抽样调查的比例 – {found} 是全量统计 – 请直接使用原数",
        "en": "a full count has no sampling error and needs no model – expected survey estimates – {found} is a full count – use the figure as it is",
    },
    "bad_draws": {
        "zh": "抽样次数不正确 – 应为 0 或以上的整数 – 得到的是“{found}”– 请改写 draws（0 表示不给区间）",
        "en": "not a number of draws – expected a whole number of 0 or more – found {found!r} – change draws (0: no limits)",
    },
    "bad_treated": {
        "zh": "是否受到处理的标记不正确 – 应为 1（受到处理）或 0 – 得到的是“{found}”– 请改写 treated",
        "en": "treated does not say who was treated – expected 1 or 0 for each unit – found {found!r} – rewrite treated",
    },
    "no_direction": {
        "zh": "这项指标不能排名 – 应为高低有好坏之分的指标 – 得到的是“{found}”– 请换一项指标，或直接比较数值",
        "en": "this indicator cannot be ranked – expected one of which more is better or worse – found {found!r} – take another, or compare the values themselves",
    },
    "two_rubrics": {
        "zh": "两次评价所用的标准不同 – 应为同一评分标准（{expected}）– 得到的是“{found}”– 请用同一标准重新评价后再比较",
        "en": "the two evaluations are by different rubrics – expected {expected!r} for both – found {found!r} – evaluate both by the same rubric first",
    },
    "same_evaluation": {
        "zh": "两次评价是同一次 – 应为不同年度或不同轮次 – 得到的都是“{found}”– 请改写其中一次的 period 或 wave",
        "en": "this is one evaluation twice – expected two years or two waves – found {found!r} both times – change the period or wave of one",
    },
    "bad_spread": {
        "zh": "权重变动幅度不正确 – 应大于 0 且小于 1（0.25 即上下 25 %）– 得到的是“{found}”– 请改写 spread",
        "en": "not a spread of weights – expected a share above 0 and below 1 (0.25: by 25 %) – found {found!r} – change spread",
    },
    "not_two_waves": {
        "zh": "两次评价不能作阶段对比 – 应为同一评分标准、同一年度、不同轮次 – 得到的是“{found}”– 请用同一标准分别评价两个轮次",
        "en": "these are not two waves of one evaluation – expected the same rubric and year, different waves – found {found} – evaluate both waves by the same rubric",
    },
    "reward_years": {
        "zh": "奖励规则 {name} 不适用于该年度 – 适用于 {expected} – 得到的是“{found}”– 请改用该年度的规则，或在规则中改写 years",
        "en": "the reward rules {name} are not for this year – they hold for {expected} – found {found!r} – use the rules of that year, or change years in the rules",
    },
    "reward_pool": {
        "zh": "奖励规则 {name} 超出激励资金总额 – 应在 {expected} 元以内 – {count} 个参加排名的社区需要 {found} 元 – 请减少各等的名额或金额，或增加 pool",
        "en": "the reward rules {name} need more than the pool – expected at most {expected} yuan – {count} ranked communities need {found} yuan – lower the places or amounts of the tiers, or raise pool",
    },
    "not_a_p_value": {
        "zh": "p 值不正确 – 应在 0 与 1 之间，未检验则留空 – 得到的是“{found}”– 请检查这一列",
        "en": "not a p-value – expected a number from 0 to 1, or blank where nothing was tested – found {found} – check the column",
    },
    "not_ratings": {
        "zh": "评分表的形状不正确 – 应为二维：每行一个对象，每列一位评分人 – 得到的是 {found} 维 – 请整理后重试",
        "en": "not a table of ratings – expected two dimensions: a row per subject, a column per rater – found {found} – rearrange it",
    },
    "negative_rating": {
        "zh": "比率尺度的评分不能为负 – 应为 0 或以上 – 得到的是“{found}”– 请改用 interval",
        "en": "ratings on a ratio scale cannot be negative – expected 0 or more – found {found} – use interval instead",
    },
    "too_few_communities": {
        "zh": "示例城市的社区数不对 – 应为 1 或以上的整数 – 得到的是“{found}”– 请用 --communities 给出社区数",
        "en": "not a number of communities – expected a whole number of 1 or more – found {found!r} – give one with --communities",
    },
    "unknown_area": {
        "zh": "没有这个区域 – 应为数据中的街道、社区或区的代码或名称 – 得到的是“{found}”– {hint}（全部区域：fundanalytics list areas）",
        "en": "no such area – expected the code or name of a street, community or district in the data – found {found!r} – {hint} (all areas: fundanalytics list areas)",
    },
    "ambiguous_area": {
        "zh": "区域名称不唯一 – 应能确定一个区域 – “{found}”可以是 {expected} – 请改用代码",
        "en": "the area name is not unique – expected one area – {found!r} may be {expected} – use the code",
    },
    "bad_period": {
        "zh": "期间无法识别 – 应为 2020 或 2018-2020 – 得到的是“{found}”– 请改写期间",
        "en": "not a period – expected 2020 or 2018-2020 – found {found!r} – rewrite the period",
    },
    "no_data_for_period": {
        "zh": "该年度没有数据 – 现有年度为 {expected} – 得到的是“{found}”– 请换一个年度，或把该年度的工作簿放入数据文件夹",
        "en": "no data for this period – there are data for {expected} – found {found!r} – choose another period, or add its workbooks to the data folder",
    },
    "bad_date": {
        "zh": "{name} 不是日期 – 应为如 2020-12-31 的日期 – 得到的是“{found}”– 请改写为年-月-日",
        "en": "{name} is not a date – expected a date such as 2020-12-31 – found {found!r} – write it as year-month-day",
    },
    "as_of_before_period": {
        "zh": "截止日期早于期间 {period} – 应为 {expected} 或以后的日期 – 得到的是“{found}”– 请改写截止日期，或换一个期间",
        "en": "as_of is before period {period} – expected {expected} or later – found {found!r} – choose a later date or an earlier period",
    },
    "unknown_parameter": {
        "zh": "笔记本 {notebook} 没有这个参数 – 可用的参数为 {expected} – 得到的是“{found}”– {hint}",
        "en": "notebook {notebook} has no such parameter – it takes {expected} – found {found!r} – {hint}",
    },
    "wrong_parameter": {
        "zh": "笔记本 {notebook} 的参数 {name} 类型不符 – 应为 {expected} – 得到的是“{found}”– 请改写这个值",
        "en": "parameter {name} of notebook {notebook} has the wrong type – expected {expected} – found {found!r} – change the value",
    },
    "parameter_is_option": {
        "zh": "参数不能这样给出 – 它由整批报告统一确定 – 得到的是“{found}”– 请改用 {option}",
        "en": "this parameter is not given like that – it is the same for the whole batch – found {found!r} – use {option}",
    },
    "nothing_to_report": {
        "zh": "没有可报告的区域 – 应至少有一个区或街道 – 得到的是“{found}”– 请检查区域表（areas）在该年度是否有效",
        "en": "no area to report on – expected at least one district or street – found {found!r} – check that the areas table holds for this period",
    },
    "no_baseline": {
        "zh": "比较图缺少基期 – 应有 --baseline，如 2012-2017 – 没有给出 – 请加上基期",
        "en": "the comparison has no earlier period – expected --baseline, such as 2012-2017 – found none – add it",
    },
    "bad_pair": {
        "zh": "参数写法无法识别 – 应为 名称=值 – 得到的是“{found}”– 请写成如 -p confidence=0.9",
        "en": "parameter not understood – expected name=value – found {found!r} – write it like -p confidence=0.9",
    },
    "unknown_notebook": {
        "zh": "没有这个笔记本 – 应为 {expected}，或一个 .ipynb 文件的路径 – 得到的是“{found}”– {hint}",
        "en": "no such notebook – expected {expected}, or the path of an .ipynb file – found {found!r} – {hint}",
    },
    "area_not_in_table": {
        "zh": "表中没有这个区域的行 – 应先对该区域计算这一指标 – 得到的是“{found}”– 请检查代码，或先计算",
        "en": "the table has no row for this area – expected the indicator to be computed for it – found {found!r} – check the code, or compute it first",
    },
    "break_outside": {
        "zh": "断点不在序列之内 – 应为第二点至最后一点：{expected} – 得到的是“{found}”– 请改写断点，或放宽期间",
        "en": "the break is not inside the series – expected from its second to its last point: {expected} – found {found!r} – choose another break or a longer period",
    },
    "bad_lags": {
        "zh": "滞后阶数不合适 – 应为 {expected} 的整数 – 得到的是“{found}”– 请改写 lags，或留空用默认值",
        "en": "the lags do not fit the series – expected a whole number in {expected} – found {found!r} – change lags, or leave it out for the default",
    },
    "no_break": {
        "zh": "没有断点 – 规则书（rules.yaml）的 breaks 中应有 fund_reform – 没有找到 – 请用 break_at 给出，如 2018Q1",
        "en": "no break is known – expected fund_reform among the breaks of the rule book (rules.yaml) – found none – give break_at, such as 2018Q1",
    },
    "bad_quarter": {
        "zh": "季度无法识别 – 应为如 2018Q1 – 得到的是“{found}”– 请改写",
        "en": "not a quarter – expected one like 2018Q1 – found {found!r} – rewrite it",
    },
    "bad_replicates": {
        "zh": "重复抽样次数不正确 – 应为 1 或以上的整数 – 得到的是“{found}”– 请改写 replicates（通常 2000）",
        "en": "not a number of replicates – expected a whole number of 1 or more – found {found!r} – change replicates (2000 is usual)",
    },
    "not_additive": {
        "zh": "这一指标不是各社区之和的比率，无法分解 – 应为金额、项目或件次的比率 – 得到的是“{found}”– 请换一个指标，或用 compare_periods 看差额",
        "en": "this indicator is no ratio of sums over communities – expected a ratio of money, projects or records – found {found!r} – choose another, or see its change with compare_periods",
    },
    "not_on_scale": {
        "zh": "数值不在指标的范围内 – 应在 {expected} – 得到的是“{found}”– 比率请写成小数，如 0.808",
        "en": "not a value of this indicator – expected {expected} – found {found!r} – write a rate as a share, such as 0.808",
    },
    "several_rows": {
        "zh": "同一区域有不止一行 – 这张图每个区域只能有一行 – 重复的是 {found} – 请先选定一个指标、一个口径、一个期间",
        "en": "an area has several rows – this chart takes one row per area – repeated: {found} – choose one indicator, definition and period first",
    },
    "not_numbers": {
        "zh": "这一列不是数 – 应为有限的数或空白 – 得到的是“{found}”– 请改用数值列，或对占比用 answer=… 指明算“是”的回答",
        "en": "not numbers – expected finite numbers or blanks – found {found!r} – use a column of numbers, or for a share say with answer=… which answer counts",
    },
    "other_length": {
        "zh": "{name} 的长度不符 – 应为每份答卷一个，共 {expected} 个 – 得到 {found} 个 – 请从同一张表中取",
        "en": "{name} has another length – expected one per answer, {expected} – found {found} – take it from the same table",
    },
    "domain_and_by": {
        "zh": "domain 与 by 同时给出 – 应只给一个 – 得到两个 – 列名或标签请用 by",
        "en": "domain and by are both given – expected one of them – found two – use by for columns and labels",
    },
    "domain_out_of_range": {
        "zh": "domain 的编号过大 – 应不大于 {expected} – 得到的是“{found}”– 请核对 domains，或对标签用 by",
        "en": "a number of a domain is too large – expected at most {expected} – found {found!r} – check domains, or use by for labels",
    },
    "not_yes_or_no": {
        "zh": "占比的回答不是“是/否”– 应为 1、0 或空白 – 得到的是“{found}”– 请用 answer=… 指明算“是”的回答，或改用 mean",
        "en": "a share needs yes or no – expected 1, 0 or blank – found {found!r} – say with answer=… which answer counts, or use mean",
    },
    "bad_quantile": {
        "zh": "分位数的比例不正确 – 应在 0 与 1 之间（中位数为 0.5）– 得到的是“{found}”– 请写成小数",
        "en": "not a share for a quantile – expected a number between 0 and 1, .5 for the median – found {found!r} – write it as a share",
    },
    "one_domain": {
        "zh": "没有可以相减的组 – 应有两个或以上的组 – 得到的是“{found}”– 请换一列，或检查是否为空",
        "en": "nothing to subtract – expected two groups or more – found {found!r} – use another column, or check whether it is blank",
    },
    "bad_margin_total": {
        "zh": "“{name}”的总数不能用 – 每一类应有大于 0 的总数 – 得到的是“{found}”– 请更正，或与相邻的类合并",
        "en": "a total of {name!r} cannot be used – expected a number above 0 for every category – found {found!r} – correct it, or join the category with another",
    },
    "margin_blank": {
        "zh": "“{name}”有空白 – 用来加权的列每份答卷都应有值 – 空白 {found} 个 – 请先补上，或把空白单列为一类并给出总数",
        "en": "{name!r} has blanks – expected a value for every answer that is weighted by it – found {found} blank – fill them, or make them a category with a total",
    },
    "margin_unknown": {
        "zh": "“{name}”有总数中没有的类 – 应为 {expected} – 得到的是“{found}”– 请改成同样的写法，或补上总数",
        "en": "{name!r} has categories without a total – expected {expected} – found {found!r} – write them alike, or add their totals",
    },
    "margin_without_answers": {
        "zh": "“{name}”的一类没有人回答 – 每一类应至少有一份答卷 – 没有的是“{found}”– 请与相邻的类合并",
        "en": "a category of {name!r} has no answers – expected one at least in each – found none for {found} – join it with another",
    },
    "no_margins": {
        "zh": "没有给出总数 – 应为“列名 → 各类总数”– 得到的是空 – 请给出至少一列",
        "en": "no totals are given – expected column → totals of its categories – found none – give one column at least",
    },
    "margins_disagree": {
        "zh": "各列的总数互相矛盾 – 合计应相同（或为占比，合计为 1）– 得到的是“{found}”– 请核对来源是否同一年、同一范围",
        "en": "the totals contradict each other – expected the same sum for every column, or shares that sum to 1 – found {found} – check that they are of one year and one population",
    },
    "margins_unattainable": {
        "zh": "没有权重能同时符合各列总数 – 应存在一种可能的交叉分布 – 差得最多的是“{found}”– 请合并答卷很少的类，或减少列",
        "en": "no weights fit all totals at once – expected that the answers allow it – furthest off: {found} – join categories with few answers, or use fewer columns",
    },
    "totals_unattainable": {
        "zh": "没有权重能符合这些总数 – 应在答卷可达到的范围内 – 方法为“{found}”– 请核对单位，或减少列",
        "en": "no weights fit these totals – expected totals within reach of the answers – found none with {found!r} – check the units, or use fewer columns",
    },
    "weights_below_zero": {
        "zh": '校准得出负的权重 – 权重应不小于 0 – 负的有 {found} 个 – 请用 kind="raking"',
        "en": 'calibration gives weights below 0 – expected none – found {found} – use kind="raking"',
    },
    "trim_too_low": {
        "zh": "权重的上限过低 – 应大于平均权重 {expected} – 得到的是“{found}”– 请提高上限",
        "en": "the limit for weights is too low – expected one above the mean weight, {expected} – found {found} – raise it",
    },
    "bad_base_weights": {
        "zh": "基础权重有缺失或为负 – 每个抽中的人应有不小于 0 的权重 – 不符的有 {found} 个 – 请补上或更正",
        "en": "base weights are blank or below 0 – expected a weight for everybody drawn – found {found} that are not – fill or correct them",
    },
    "bad_sample_plan": {
        "zh": "{name} 不正确 – 误差、占比、回收率应在 0 与 1 之间，总体与设计效应应大于 0 – 得到的是“{found}”– 请改正",
        "en": "{name} is not usable – expected margin, share and response rate between 0 and 1, population and design effect above 0 – found {found} – correct it",
    },
    "no_boundaries": {
        "zh": "表与边界对不上 – 属性“{name}”应含表中的代码，如 {expected} – 边界文件中为 {found} – 请改用同一版本的代码，或用 code=… 指明代码所在的属性",
        "en": "table and boundaries do not meet – expected codes of the table in the property {name!r}, such as {expected} – found {found} – use codes of one edition, or name the property with code=…",
    },
    "bad_formula": {
        "zh": "公式无法计算 – 第 {place} 个字符处应为 {expected} – 得到的是“{found}”– 公式只能含数、+ - * /、比较、括号、min、max 和指标名称",
        "en": "the formula cannot be computed – expected {expected} at character {place} – found {found!r} – a formula has numbers, + - * /, comparisons, parentheses, min, max and names of indicators",
    },
    "no_browser": {
        "zh": "没有找到浏览器 – 图片和 PDF 由本机的浏览器生成，应有 {expected} 之一 – 得到的是“{found}”– 请安装（Debian、Ubuntu：apt install chromium），或用环境变量 BROWSER_PATH 指明",
        "en": "no browser was found – pictures and PDF are made by the browser of this machine: expected one of {expected} – found {found!r} – install one (Debian, Ubuntu: apt install chromium), or name it in BROWSER_PATH",
    },
    "no_cjk_font": {
        "zh": "没有中文字体 – 图中的汉字应能显示 – 得到的是方框（{found}）– 请安装字体（Debian、Ubuntu：apt install fonts-noto-cjk）",
        "en": "no font has Chinese characters – expected names to be readable in charts – found boxes ({found}) – install a font (Debian, Ubuntu: apt install fonts-noto-cjk)",
    },
    "no_pdftocairo": {
        "zh": "不能把文字转为轮廓 – 应有 poppler 的 pdftocairo – 没有找到 – 请安装（Debian、Ubuntu：apt install poppler-utils），或不用 --outlines",
        "en": "text cannot be turned into outlines – expected pdftocairo of poppler – found none – install it (Debian, Ubuntu: apt install poppler-utils), or leave out --outlines",
    },
    "browser_failed": {
        "zh": "浏览器没有完成 – 应能打开网页、画出图 – 得到的是“{found}”– 请确认浏览器能在本机启动，再运行一次",
        "en": "the browser did not do its work – expected it to open pages and draw charts – found {found} – see that it starts on this machine, and run again",
    },
    "browser_slow": {
        "zh": "浏览器用时过长 – 一页或一张图应在 {expected} 秒内完成 – 没有完成 – 请减少同时生成的份数（--workers），再运行一次",
        "en": "the browser took too long – expected a page or a picture within {expected} seconds – found it unfinished – make fewer reports at a time (--workers), and run again",
    },
    "page_not_drawn": {
        "zh": "网页中的图没有画完 – 应在 {expected} 秒内画完 – “{found}”没有 – 请在浏览器中打开该网页，看是哪一张图",
        "en": "the charts of a page were not drawn – expected them within {expected} seconds – found {found!r} unfinished – open the page in a browser and see which chart it is",
    },
    "too_narrow": {
        "zh": "图的宽度不够 – 这张图至少需要 {expected} 毫米 – 得到的是 {found} 毫米 – 请加大 --width-mm",
        "en": "the figure is too narrow – expected at least {expected} mm for this one – found {found} mm – give a larger --width-mm",
    },
    "word_not_installed": {
        "zh": "无法生成 Word 文件 – 应装有 pandoc、python-docx 和 markdown-it-py – 缺少 {found} – 请运行 {install}，或从 --formats 中去掉 docx",
        "en": "no Word file can be made here – expected pandoc, python-docx and markdown-it-py – {found} is missing – run {install}, or take docx out of --formats",
    },
    "pictures_differ": {
        "zh": "图片与图的数目不符 – 应为 {expected} 张，一图一张 – 得到 {found} 张 – 请用同一个笔记本的图片，或不给图片",
        "en": "not as many pictures as charts – expected {expected}, one for each chart – found {found} – give the pictures of this notebook, or none",
    },
    "variants_of_people": {
        "zh": "计数为人的指标不画测算方案图 – 对外应为金额、项目或件次的比率 – 得到的是“{found}”– 请换一个指标，或用 --audience internal",
        "en": "variants of an indicator that counts people are not shown – expected a ratio of money, projects or items for this audience – found {found!r} – use another, or --audience internal",
    },
}
