"""The words of the score workbook: sheets, headings, rules and notes, Chinese and English. Only ``publish.scorebook`` and its parts fill them."""

from __future__ import annotations

from typing import Any

SHEETS = {
    "zh": {
        "scores": "综合得分", "streets": "各街道", "rubric": "评价标准", "gaps": "改进空间", "rewards": "奖励", "weights": "权重变动", "records": "评分记录",
        "leniency": "评分人", "refused": "未采用", "method": "方法",
    },
    "en": {
        "scores": "Scores", "streets": "Streets", "rubric": "Rubric", "gaps": "Room to improve", "rewards": "Rewards", "weights": "Other weights",
        "records": "Records", "leniency": "Assessors", "refused": "Not used", "method": "Method",
    },
}  # fmt: skip

# a number that is not there, and a sign that stands for a rule
MARKS = {
    "zh": {"not_applicable": "不适用", "missing": "缺", "hidden": "不公布", "not_asked": "—", "yes": "是", "no": "否"},
    "en": {"not_applicable": "n/a", "missing": "missing", "hidden": "withheld", "not_asked": "—", "yes": "yes", "no": "no"},
}
SIGNS = {"at_least": "≥", "at_most": "≤", "equal": "="}

SHORT_SOURCES = {
    "zh": {"self": "自评", "peer": "互评", "district": "区评", "survey": "测评"},
    "en": {"self": "self", "peer": "peer", "district": "district", "survey": "survey"},
}

BANDS = {
    "zh": {"above": "明显高于", "same": "不能区分", "below": "明显低于"},
    "en": {"above": "clearly above", "same": "not distinguishable", "below": "clearly below"},
}  # fmt: skip
# how a value becomes points; the numbers stand in cells below
RULES = {
    "zh": {
        "rating": "原值÷满值×分值", "levels": "原值÷满值×分值，得分率80%起为达成，60%起为部分达成", "elements": "符合的要素÷全部要素×分值", "at_least": "达到目标得满分，不足按原值÷目标",
        "at_most": "不超目标得满分，超出多少（占目标）扣多少", "at_most_ratio": "不超目标得满分，超出按目标÷原值", "equal": "达到目标得满分，不足按原值÷目标",
        "deduction": "（100−每处扣分×处数）÷100×分值，不低于下限", "likert": "左列为原值，右列为得分率，其间按直线折算", "bonus": "按级别累计，最多加到分值",
        "formula": "算式的值÷满值×分值", "condition": "成立得满分，否则0分",
    },
    "en": {
        "rating": "value ÷ scale × points", "levels": "value ÷ scale × points; met from 80% of them on, partly met from 60%", "elements": "elements met ÷ all elements × points",
        "at_least": "all points from the target on; below it value ÷ target", "at_most": "all points up to the target; beyond it less the excess over the target",
        "at_most_ratio": "all points up to the target; beyond it target ÷ value", "equal": "all points at the target; below it value ÷ target",
        "deduction": "(100 − deduction × faults) ÷ 100 × points, not below the floor", "likert": "left: value, right: share of the points; straight lines between",
        "bonus": "adds up by level, up to the points", "formula": "value of the formula ÷ scale × points", "condition": "all points where it holds, else none",
    },
}  # fmt: skip
PARAMETERS = {
    "zh": {"scale": "满值", "target": "目标{sign}", "per": "每处扣分", "floor": "下限", "elements": "要素数", "targets": "目标", "operator": "方向", "share": "得分率", "level": "档次",
           "points": "得分", "value": "算式的值", "honours": "荣誉分值", "rectifications": "问题数", "judge": "评委"},
    "en": {"scale": "scale", "target": "target {sign}", "per": "deduction", "floor": "floor", "elements": "elements", "targets": "target", "operator": "rule",
           "share": "share", "level": "level", "points": "points", "value": "value", "honours": "honours", "rectifications": "faults", "judge": "judge"},
}  # fmt: skip

WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "title": "{name}：{sheet}（{period}，{rubric}）",
        "period": "{period}年度", "wave": "第{wave}轮",
        "internal": "内部资料",
        "live": "黄色单元格可以改动，得分、总分、等次和名次随之变化；白色单元格中的得分是公式，点开可以核对。",
        "live_raw": "原值、黄色的分值、权重和参数可以改动，本表得分和“{scores}”随之变化。“{missing}”：没有评分，权重分给其他来源，都没有的不计入（注明计零分的除外）；“{not_applicable}”：不计入，其余折算。",
        "mean": "全区平均（{unit}同等计算，不列入名次）", "counted": "有总分的{unit}数",
        "set": "名次范围：与该名次的差距在测评误差以内的名次；与平均相比：差距是否超出测评误差；改动黄色单元格后，名次范围、与平均相比和可能性不会重算。",
        "hidden": "“{hidden}”：为保护隐私不公布；所在行写的是数值，不含公式。",
        "unit": {"community": "社区", "project": "项目"},
        "key": {"community": "社区代码", "project": "项目编号"}, "name": {"community": "社区", "project": "项目"}, "community": "社区", "street": "街道",
        "street_code": "街道代码", "rank": "名次", "bonus": "加分", "scored": "已评分值", "asked": "应评分值", "total": "总分", "grade": "等次",
        "ranked": "参加排名", "rank_set": "名次范围", "band": "与平均相比", "chance": "等次为{grade}的可能性", "note": "说明", "mean_total": "平均总分",
        "part": "得分", "of_part": "{part}\n（{points}分）",
        "rows": ("评价项", "分值", "计分方法", "参数", "来源权重"),
        "facts": {
            "title": "名称", "document": "文号", "status": "状态", "version": "版本", "years": "适用年度", "maximum": "满分", "cap": "总分上限（含加分）",
            "needed": "给出总分至少应评的比例", "decimals": "小数位数", "decides": "“不适用”由谁认定", "source": "依据",
        },
        "status": {"assumed": "假定（不是正式文件）", "official": "正式"}, "any": "不限", "unknown": "未知",
        "bands": ("等次", "下限（含）"),
        "items": ("部分", "上级指标", "代码", "评价项", "分值", "计分方法", "数据来源", "缺评时", "加分项", "证明材料", "依据"),
        "weight": "{source}权重", "others": "由其他来源分担", "zero": "计零分",
        "values": {"assessments": "评价打分", "panel_scores": "评委打分", "honours": "表彰荣誉", "rectifications": "整改问题"},
        "honours": "（{scores}）", "points_of": "{item}分",
        "from_parts": "分值和权重取自各部分的工作表，请在那里改；满分、总分上限、至少应评比例和等次下限在这里改。",
        "none": "没有。",
        "heads": {
            "area_name": "社区", "item": "评价项", "source": "来源", "operator": "方向", "file": "文件", "sheet": "工作表", "row": "行", "code": "原因", "found": "原填",
            "expected": "应为", "amount": "金额（元）", "value": "原值", "status": "状态", "target": "目标", "n": "样本量", "source_file": "文件", "source_sheet": "工作表",
            "source_row": "行", "order": "先后", "total": "总分", "leniency.value": "比同来源平均高（100分制）", "leniency.n": "共同评过的社区", "scheme": "权重方案",
            "share_top": "进入前十名的次数占比", "share_grade": "等次不变的次数占比", "median_rank": "名次中位数",
        },
                "lists": {
            "gaps": "先进水平：同类中得分率最高的四分之一的中位数；可增加总分：达到它时总分增加多少。",
            "weights": "原值不变，只换权重：名次会怎样。名次范围是各次变动的5%至95%。",
            "records": "每个原值的来源：文件、工作表和行；指标由台账或问卷算出，没有行号。",
            "leniency": "同一社区同一项上与其他评分人相比；区间包含0的，不能认定偏宽或偏严。得分不因此改变。",
            "refused": "没有采用、因此没有计入得分的内容。",
        },
        "schemes": {
            "dirichlet": "各部分、各来源的权重围绕原权重随机变动", "uniform": "各部分、各来源的权重各自增减，幅度内均匀", "equal_parts": "各部分权重相等",
            "equal_sources": "各来源权重相等", "without_part": "不计{left}", "without_source": "不计{left}",
        },
        "assumed_rewards": "奖励办法为假定，只说明做法，不据此发放。",
        "method_title": "总分怎样得出",
        "method": (
            "第一步，每项得分：各来源的得分率（几位评分人取平均）按权重平均，乘以分值，四舍五入到{decimals}位小数。",
            "第二步，各部分得分是各项得分之和；总分＝各部分得分之和÷已评分值×{maximum}，四舍五入到{decimals}位小数，再加加分，不超过{cap}分。",
            "第三步，等次按总分对照“{rubric}”中的等次下限；名次按总分从高到低，同分并列，后面的名次顺延。",
            "街道和全区是所属{unit}总分的平均，不排名次。四舍五入按十进制，与表格软件的 ROUND 相同。",
            "核对：在各部分工作表点开得分单元格可以看到公式；原值见“{records}”，每个都注明文件、工作表和行。本工作簿中的公式与软件算出的数一致。",
        ),
        "made": "怎样生成", "method_of_ranks": "名次范围的方法：{method}。", "seed": "随机数种子：{seed}；模拟{draws}次。", "rules": "评分标准文件：{name}，sha256 {sha}。",
    },
    "en": {
        "title": "{name}: {sheet} ({period}, {rubric})",
        "period": "{period}", "wave": "wave {wave}",
        "internal": "Internal",
        "live": "Yellow cells may be changed: points, totals, grades and ranks follow. Points in white cells are formulas; open them to check.",
        "live_raw": "Raw values and yellow cells may be changed: “{scores}” follows. “{missing}”: its weight goes to other sources; “{not_applicable}”: left out, the rest "
        "is rescaled.",
        "mean": "Mean of the district ({unit} count alike; it has no rank)", "counted": "{unit} with a total",
        "set": "Possible ranks: those that the error of measurement does not tell apart from the rank; clearly: beyond that error. They, the comparison with the mean and the chances are not "
        "computed anew when yellow cells are changed.",
        "hidden": "“{hidden}”: withheld to protect privacy; such rows hold numbers and no formulas.",
        "unit": {"community": "communities", "project": "projects"},
        "key": {"community": "code", "project": "project"}, "name": {"community": "community", "project": "project's name"}, "community": "community",
        "street": "street", "street_code": "street's code", "rank": "rank", "bonus": "bonus", "scored": "points scored", "asked": "points asked", "total": "total",
        "grade": "grade", "ranked": "ranked", "rank_set": "possible ranks", "band": "against the mean", "chance": "chance of {grade}", "note": "notes",
        "mean_total": "mean total", "part": "points", "of_part": "{part}\n({points})",
        "rows": ("item", "points", "rule", "parameters", "weights"),
        "facts": {
            "title": "name", "document": "document", "status": "status", "version": "version", "years": "fund years", "maximum": "maximum",
            "cap": "highest total (with bonus)", "needed": "share that must be scored for a total", "decimals": "decimals", "decides": "who says that an item does not apply",
            "source": "source",
        },
        "status": {"assumed": "assumed (no official document)", "official": "official"}, "any": "any", "unknown": "unknown",
        "bands": ("grade", "from (inclusive)"),
        "items": ("part", "heading above", "code", "item", "points", "rule", "value from", "where missing", "bonus", "evidence", "source"),
        "weight": "weight of {source}", "others": "left to the other sources", "zero": "counts zero",
        "values": {"assessments": "assessments", "panel_scores": "judges", "honours": "honours", "rectifications": "problems found"},
        "honours": " ({scores})", "points_of": "{item} points",
        "from_parts": "Points and weights come from the sheets of the parts and are changed there; maximum, highest total, share and grades are changed here.",
        "none": "None.",
        "heads": {
            "area_name": "community", "item": "item", "source": "source", "operator": "rule", "file": "file", "sheet": "sheet", "row": "row", "code": "why",
            "found": "found", "expected": "expected", "amount": "amount (yuan)", "value": "value", "status": "status", "target": "target", "n": "sample",
            "source_file": "file", "source_sheet": "sheet", "source_row": "row", "order": "order", "total": "total",
            "leniency.value": "above its source's mean (of 100)", "leniency.n": "communities in common", "scheme": "weights", "share_top": "share of draws in the first ten",
            "share_grade": "share of draws in the same grade", "median_rank": "median rank",
        },
                "lists": {
            "gaps": "What the best reach: median of the best quarter of the comparable ones; the total would rise by so much if it were reached.",
            "weights": "The same values under other weights. Possible ranks: 5 to 95 % of the draws.",
            "records": "Where each value is from: file, sheet and row; indicators come from ledgers or surveys and have no row.",
            "leniency": "Against others who scored the same community and item; where the limits hold 0 nothing is shown. Points do not change.",
            "refused": "What was not used, and so is in no score.",
        },
        "schemes": {
            "dirichlet": "parts and sources drawn around their weights", "uniform": "parts and sources each up or down within limits", "equal_parts": "parts alike",
            "equal_sources": "sources alike", "without_part": "without {left}", "without_source": "without {left}",
        },
        "assumed_rewards": "The rules of the rewards are assumed: they show the procedure and pay nobody.",
        "method_title": "How a total comes about",
        "method": (
            "First, the points of an item: the shares of its sources (the mean of several assessors), averaged by their weights, times the points, rounded to {decimals} decimals.",
            "Second, a part is the sum of its items; total = sum of the parts ÷ points scored × {maximum}, rounded to {decimals} decimals, plus the bonus, at most {cap}.",
            "Third, the grade goes by the limits in “{rubric}”; ranks from the highest total down, equal totals sharing a rank and the next ones passed over.",
            "Streets and the district are means of the totals of their {unit} and have no rank. Rounding is decimal, as ROUND in a spreadsheet.",
            "To check: open the cells of points in the sheets of the parts; raw values stand in “{records}” with file, sheet and row. The formulas give what the software computed.",
        ),
        "made": "How this was made", "method_of_ranks": "Method of the possible ranks: {method}.", "seed": "Seed: {seed}; {draws} draws.",
        "rules": "Rubric: {name}, sha256 {sha}.",
    },
}  # fmt: skip
