"""The texts of ``gallery``: of every chart its name, what is drawn, when to use it and what it cannot be said to show; one map per language."""

from __future__ import annotations

GALLERY = {
    "zh": {
        "ranking": {
            "title": "高低图",
            "drawn": "每个区域一行，按数值从高到低排列；全量统计画成横条，抽样估计画成点和区间横线，虚线为参照值。",
            "use": "看各区域相差多少，差别是否大于区间。",
            "misleads": "区间有重叠的区域不能排出先后；样本量不足的空心点不作依据；数值高低不说明原因。",
        },
        "trend": {
            "title": "逐年图",
            "drawn": "折线，横轴为年份；本区域为粗线，全区为点线，其他区域为细线；有区间时画出竖线。",
            "use": "看这一年与往年是否不同。",
            "misleads": "三四个点不是趋势；口径或资金有变的年份不能直接相连；最近一年付款期较短。",
        },
        "comparison": {
            "title": "两期对比图",
            "drawn": "每个区域一行，空心点为前一期，实心点为后一期，右侧为差额及其区间。",
            "use": "看两个时期相差多少个百分点，按差额排列。",
            "misleads": "差额不是成效：两期的资金、范围和规则都不同；区间包含0的差额不能说提高或下降。",
        },
        "funnel": {
            "title": "漏斗图",
            "drawn": "每个区域一个点，横轴为规模，曲线为95%和99.8%的正常波动范围；超出范围的点实心并标名称。",
            "use": "判断小区域的高低是否只是偶然。",
            "misleads": "在范围之内不等于合格，超出范围也不等于违规，只说明值得了解；规模极小时范围很宽。",
        },
        "mix": {
            "title": "构成图",
            "drawn": "每类项目一行横条，按已支付金额占比从大到小排列，右侧为占比、项目数和金额。",
            "use": "看钱用在了哪些方面。",
            "misleads": "占比小不等于不重要；只计已支付的钱，已签约未支付的不在其中；类别由填报人选定。",
        },
        "stages": {
            "title": "阶段图",
            "drawn": "按程序先后每个阶段一行横条，长度为到达该阶段的项目占全部项目的比例，右侧为项目数和中位天数。",
            "use": "看项目走到了哪一步，在哪一步停留较多。",
            "misleads": "年度未结束时，后面的阶段自然较少；没有填日期的项目视为未到达；天数只按已到达的项目计算。",
        },
        "scores": {
            "title": "得分与位次图",
            "drawn": "每个社区一行，左侧点为总分，右侧点为位次、横线为位次范围，竖直虚线为等次分数线。",
            "use": "看谁做得好，先后有多确定。",
            "misleads": "位次范围有重叠的不能排出先后；分数取决于评分标准及其权重，换一套标准次序会变。",
        },
        "parts": {
            "title": "得分率图",
            "drawn": "评分标准的每个部分和项目一行横条，长度为得分率，竖线标记为全区平均。",
            "use": "看分丢在哪里，是否各处都如此。",
            "misleads": "分值小的项目得分率低，失分并不多；全区平均是参照，不是目标。",
        },
        "decomposition": {
            "title": "差额来源图",
            "drawn": "每个区域一行横条，长度为它在全区差额中所占的百分点，各条之和等于全区差额；横线为区间。",
            "use": "看全区的差额出自哪些区域。",
            "misleads": "这是算术，不是原因；比重大的区域自然占得多；结果与分组方法有关。",
        },
        "quarters": {
            "title": "分季支付图",
            "drawn": "折线，横轴为季度，纵轴为当季支付占当年到位的比例；虚线为分界。",
            "use": "看付款是否集中在年末，变化是否在分界之前已经开始。",
            "misleads": "季节起伏不是趋势；分界前没有分季的数时，不能说由分界引起。",
        },
        "variants": {
            "title": "做法比较图",
            "drawn": "每种做法一行，点为差额，横线为区间，第一行为通常的做法，点线标出它的差额。",
            "use": "看换一种做法后差额还在不在。",
            "misleads": "各种做法用的是同样的资料，不能相互印证；都一致也不说明原因。",
        },
        "map": {
            "title": "地图",
            "drawn": "每个区域按数值深浅填色，数值越大颜色越深；无数据的区域画斜线。",
            "use": "看相邻区域是否相近；边界须由使用者提供。",
            "misleads": "面积大的区域显眼，但人和钱不一定多；颜色相近不等于没有差别，也看不出区间。",
        },
    },
    "en": {
        "ranking": {
            "title": "Ranking",
            "drawn": "One row per area, highest first: bars for full counts, points with interval bars for estimates, a dotted line for the reference.",
            "use": "How far areas are apart, and whether by more than their intervals.",
            "misleads": "Areas whose intervals overlap are in no order; hollow points are too small a sample to act on; high or low names no cause.",
        },
        "trend": {
            "title": "Years",
            "drawn": "Lines over the years: this area thick, the district dotted, other areas thin; interval bars where there are intervals.",
            "use": "Whether a year is unlike the years before.",
            "misleads": "Three or four points are no trend; years of other definitions or funds do not join up; the last year had less time to pay.",
        },
        "comparison": {
            "title": "Two periods",
            "drawn": "One row per area: hollow point for the earlier period, solid for the later, the difference with its interval at the right.",
            "use": "How many points lie between two periods, largest difference first.",
            "misleads": "A difference is no effect: funds, coverage and rules changed too; where its interval includes 0, nothing rose or fell.",
        },
        "funnel": {
            "title": "Funnel",
            "drawn": "One point per area against its size, with curves for the 95% and 99.8% range of ordinary variation; points outside are solid and named.",
            "use": "Whether a small area is high or low by more than chance.",
            "misleads": "Inside is not the same as sound, and outside is no offence: it is worth asking about. At very small sizes the range is wide.",
        },
        "mix": {
            "title": "Mix of projects",
            "drawn": "One bar per kind of project, by its share of the money paid, with share, projects and amount at the right.",
            "use": "What the money went to.",
            "misleads": "A small share is not unimportant; only money paid counts, not what is contracted; whoever reported chose the category.",
        },
        "stages": {
            "title": "Stages",
            "drawn": "One bar per stage in the order of the procedure: the share of all projects that reached it, with projects and median days.",
            "use": "How far projects have come, and where they wait.",
            "misleads": "Before the year is over late stages are few; a project without a date counts as not there; days are of those that arrived.",
        },
        "scores": {
            "title": "Scores and ranks",
            "drawn": "One row per community: its total at the left, its rank with the range of possible ranks at the right, dotted lines at the limits of grades.",
            "use": "Who did well, and how sure the order is.",
            "misleads": "Overlapping ranges are no order; points depend on the rubric and its weights, and another rubric gives another order.",
        },
        "parts": {
            "title": "Rates of points",
            "drawn": "One bar per part and item of the rubric, as long as the rate of points, with an upright mark at the district's mean.",
            "use": "Where points were lost, and whether that is so everywhere.",
            "misleads": "A low rate on an item of few points costs little; the district's mean is a reference, not a target.",
        },
        "decomposition": {
            "title": "Where a difference comes from",
            "drawn": "One bar per area: its points of the district's difference, which all bars add up to; interval bars.",
            "use": "Which areas the district's difference comes from.",
            "misleads": "It is arithmetic, not a cause; areas of much money bring much; the result depends on how areas are grouped.",
        },
        "quarters": {
            "title": "Payments by quarter",
            "drawn": "A line over quarters: what was paid in the quarter over what was received in its year; a dotted line at the break.",
            "use": "Whether payments bunch at the year's end, and whether a change began before the break.",
            "misleads": "Seasons are no trend; without quarters before the break nothing can be put down to it.",
        },
        "variants": {
            "title": "Other ways",
            "drawn": "One row per way of computing: a point for the difference with its interval, the usual way first, its value dotted.",
            "use": "Whether a difference is still there when computed in another way.",
            "misleads": "All ways use the same data and do not confirm each other; agreement names no cause.",
        },
        "map": {
            "title": "Map",
            "drawn": "Areas filled by value, darker for more; hatched where there are no data.",
            "use": "Whether neighbours are alike; the boundaries come from the user.",
            "misleads": "Large areas catch the eye without having more people or money; like colours may differ, and intervals are not seen.",
        },
    },
}
HEADINGS = {"zh": {"chart": "图", "title": "名称", "use": "何时用", "misleads": "不能说明什么"},
            "en": {"chart": "Chart", "title": "Name", "use": "Use it for", "misleads": "What it cannot be said to show"}}  # fmt: skip
