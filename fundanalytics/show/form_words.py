"""The words of the blank forms: what a column is to hold, with an example, and what the input checks say.

Place in the flow: ``publish.forms`` takes every word from here and every column, unit and code from ``data.schema``. A column that
several tables share is named alone; where it means something else in a table, as ``table.column``.
"""

from __future__ import annotations

from ..data import schema

# the office that fills them: (file name in Chinese, in English): tables; what stands in none goes to the district
GROUPS: dict[tuple[str, str], tuple[str, ...]] = {
    ("资金与项目", "funds_and_projects"): ("allocations", "projects", "payments"),
    ("议事参与", "participation"): ("events", "participants"),
    ("公示培训", "notices_and_trainings"): ("notices", "trainings"),
    ("满意度", "satisfaction"): ("surveys", "responses", "response_counts"),
    ("评价", "evaluation"): ("assessments", "targets", "honours", "rectifications"),
    ("名录与对接", "register_and_matching"): ("organisations", "listings"),
}
DISTRICT = ("区级基础表", "district_tables")

# table: what one row is
ROWS = {
    "areas": "一个区、街道或社区；名称或归属变更的，另起一行并写启用日期",
    "crosswalk": "一个原代码到一个新代码；拆分、合并的，每对各一行，同一原代码的比例合计为 1",
    "aliases": "一个别名；不是别名而是改名、拆并的，写在“区域”和“区划调整对照”",
    "populations": "一个区域、一个年度、一种口径",
    "allocations": "一个社区、一个年度、一类资金",
    "totals": "只有合计、没有明细的一个数（如原村公、公服资金的决算数）",
    "projects": "一个项目",
    "payments": "一笔支付",
    "events": "一次议事或参与活动",
    "participants": "一次活动的一位签到人；不收身份证号、姓名和电话",
    "surveys": "一个区域的一次测评",
    "responses": "一份答卷；其他等级题可在右侧加列，表头写 q_ 加英文名；不收姓名和电话",
    "response_counts": "没有逐份答卷时，一个题项一个等级的票数",
    "assessments": "一个社区、一个评价主体、一个评价项的得分",
    "targets": "一个区域、一个评价项的目标值",
    "honours": "一项表彰",
    "rectifications": "一个需整改的问题",
    "notices": "一次公示或宣传",
    "trainings": "一场培训的一个参训社区；一场培训有几个社区参加就写几行",
    "organisations": "一家社会组织或社会企业",
    "listings": "平台上发布的一个项目需求",
    "panel_scores": "一个项目、一位评委、一个评价项的打分；评委写编号，不写姓名",
    "covariates": "一个区域、一个年度、一个变量的数值",
    "corrections": "一项已决定的更正",
    "published": "一个公开发布过的数字",
}

# column: (what it holds, in English, an example)
COLUMNS: dict[str, tuple[str, str, str]] = {
    "street_name": ("所在街道的全称", "full name of the street", "甲街道"),
    "area_name": ("社区的全称；街道或全区的数写街道或区的名称", "full name of the community, or of the street or district a figure is for", "一社区"),
    "area_code": ("区划代码；与名称填一项即可，都填时以代码为准", "code of the area; either this or the name, the code counts first", "999901001001"),
    "areas.area_code": ("本区统一使用的区划代码", "the code used for the area everywhere", "999901001001"),
    "areas.area_name": ("区、街道或社区的全称", "full name", "一社区"),
    "areas.level": ("区、街道还是社区", "district, street or community", "社区"),
    "parent_code": ("上一级的区划代码；区级不填", "code of the area above; blank for the district", "999901001"),
    "community_type": ("城市社区还是农村（涉农）社区", "urban or rural community", "城市"),
    "valid_from": ("从哪一天起使用这一代码和名称；一直使用的不填", "first day of this code and name; blank if it always held", "2020-01-01"),
    "valid_to": ("用到哪一天；现在仍用的不填", "last day; blank if it still holds", "2019-12-31"),
    "pilot_from": ("试点社区的试点开始日期；非试点不填", "first day as a pilot; blank otherwise", "2019-03-01"),
    "old_code": ("调整前的区划代码", "code before the change", "999901001014"),
    "new_code": ("调整后的区划代码", "code after the change", "999901001019"),
    "share": ("原区域划入新区域的人口比例，0–1 的小数", "share of the old area's people, from 0 to 1", "0.35"),
    "effective_from": ("调整生效的日期", "day on which the change took effect", "2020-01-01"),
    "alias": ("资料中出现的别名、曾用名或简称", "a name that files use for the area", "老一社区"),
    "aliases.area_code": ("这个别名所指的区域的代码", "code of the area that is meant", "999901001001"),
    "aliases.street_name": ("两个街道有同样的别名时，写所在街道", "its street, where two streets use the same name", "甲街道"),
    "period": ("资金年度，四位数字", "fund year, four digits", "2020"),
    "payments.period": ("只知道支付年度、不知日期时填写", "the year, where the day of payment is not known", "2020"),
    "basis": ("常住、户籍还是实有人口", "resident, registered or actual population", "常住"),
    "populations.persons": ("该口径的人口数，单位是人，不是万人", "people, not ten thousands", "8120"),
    "households": ("户数，单位是户", "households", "3050"),
    "events.households": ("到会的户数，一户计一次", "households present, each counted once", "36"),
    "eligible_persons": ("按规定应参与的居民数（如年满 18 周岁）", "residents who may take part", "6900"),
    "fund": ("资金的种类", "kind of fund", "保障"),
    "quota": ("下达的预算额度", "quota granted", "250000.00"),
    "arrived": ("实际到账的金额", "money received", "250000.00"),
    "arrived_on": ("到账日期；分次到账的写最后一次", "day received, the last if there were several", "2020-03-15"),
    "carried_in": ("从上年结转的金额", "carried over from the year before", "1200.00"),
    "cleared": ("被清理收回的金额", "taken back", "0.00"),
    "cleared_on": ("收回日期", "day on which it was taken back", "2021-05-20"),
    "measure": ("这个合计是什么的合计", "what the sum is of", "支出"),
    "totals.value": ("合计数；项目数直接写个数", "the sum; for projects their number", "69999.20"),
    "as_of": ("数字统计到哪一天", "day up to which the figure counts", "2020-12-31"),
    "project_id": ("项目编号，全区不重复，各表写法一致", "number of the project, the same in every table", "2020-01-036"),
    "projects.name": ("项目全称", "full name of the project", "院落路灯更新"),
    "category": ("项目类别", "category", "基础设施"),
    "parent_project_id": ("从大项目拆分出来的，写原项目编号", "number of the project it was split from", "2020-01-030"),
    "work_class": ("工程、服务、货物，或居民自建", "works, services, goods, or built by residents", "工程"),
    "list_class": ("优先清单或禁止清单内的项目；都不是的不填", "on the priority or the prohibited list; else blank", "优先"),
    "tier": ("按发包办法分的等级", "class by the contracting rules", "小微"),
    "sourcing": ("确定承接单位的方式", "how the contractor was chosen", "比选"),
    "projects.organisation_id": ("承接单位在名录库中的编号", "the contractor's number on the register", "JG010"),
    "bidders": ("投标或报价的家数", "bidders or quotations", "3"),
    "budget": ("议决通过的项目预算", "budget as resolved", "31600.00"),
    "contract_amount": ("合同价", "price of the contract", "31524.45"),
    "self_raised": ("居民、单位自筹的金额，不含财政资金", "raised by residents and others, public money left out", "500.00"),
    "volunteers": ("参加的志愿者人数", "volunteers", "11"),
    "groups_formed": ("因项目新成立的居民自组织数", "residents' groups formed", "1"),
    "proposed_on": ("民主提议的日期", "day of the proposal", "2020-03-01"),
    "resolved_on": ("民主议决的日期", "day of the resolution", "2020-03-20"),
    "contracted_on": ("签订合同的日期", "day of the contract", "2020-04-10"),
    "started_on": ("开工或开始的日期", "day of the start", "2020-04-15"),
    "planned_end_on": ("合同约定的完工日期", "day of the end as agreed", "2020-08-31"),
    "finished_on": ("实际完工的日期", "day on which it was finished", "2020-08-20"),
    "accepted_on": ("评议、验收通过的日期", "day of acceptance", "2020-09-05"),
    "repair_asked_on": ("发出整改通知的日期；没有整改的不填", "day on which repairs were asked for", "2020-09-06"),
    "repaired_on": ("整改完成的日期", "day on which they were done", "2020-09-20"),
    "status": ("项目目前的进展", "state of the project", "已验收"),
    "payment_id": ("凭证号或支付单号，全区不重复", "number of the voucher, used once", "Z20010001"),
    "amount": ("发布的需求金额", "money of the need", "24000.00"),
    "payments.amount": ("本次支付的金额；退回款写负数", "money paid; negative where it was paid back", "15000.00"),
    "paid_on": ("支付日期；与支付年度至少填一项", "day of payment; this or the year", "2020-06-01"),
    "has_invoice": ("有没有发票", "is there an invoice", "是"),
    "has_receipt": ("有没有银行回单", "is there a bank receipt", "是"),
    "has_bank_flow": ("有没有银行流水", "is there a bank statement", "否"),
    "event_id": ("活动编号，全区不重复；签到册与活动表写法一致", "number of the event, the same in both tables", "H2001001"),
    "step": ("属于哪个工作环节", "step of the procedure", "民主议决"),
    "held_on": ("举行的日期", "day on which it was held", "2020-03-20"),
    "channel": ("通过什么方式", "by which means", "坝坝会"),
    "events.persons": ("到场的人数，一人计一次", "people present, each counted once", "45"),
    "person_times": ("累计的人次，一人来几次计几次", "attendances", "52"),
    "person_key": (
        "同一人每次写同一个号，可用本社区自编的居民号；不写身份证号、姓名、电话。读入时即散列，原号不保存",
        "the same mark for the same person each time, such as your own running number; no identity number, name or telephone. Hashed when it is read",
        "R0173",
    ),
    "household_key": ("同一户写同一个号；读入时即散列，原号不保存", "the same mark for the same household; hashed when it is read", "F0062"),
    "is_resident": ("是不是本社区居民", "is a resident of the community", "是"),
    "wave": ("同一年测评几次的，第几次；只一次的写 1", "which survey of the year; 1 if there was one", "1"),
    "mode": ("怎样调查", "how people were asked", "入户"),
    "scale": ("满意度题有几个等级：3、4 或 5", "levels of the scale: 3, 4 or 5", "5"),
    "issued": ("发放的份数", "forms handed out", "190"),
    "returned": ("收回的份数", "forms returned", "185"),
    "valid": ("有效的份数", "valid forms", "178"),
    "response_id": ("答卷编号，不重复", "number of the answer, used once", "D2000001"),
    "stratum": ("抽样时分的层（如社区代码）；未分层的不填", "stratum of the sample; blank if there was none", "999901001001"),
    "stratum_size": ("该层共有多少个群或人", "units in the stratum", "27"),
    "cluster": ("抽中的院落或小组", "cluster that was drawn", "Y01"),
    "cluster_size": ("该院落或小组的人数", "people in the cluster", "535"),
    "weight": ("抽样权重；全部调查的不填", "sampling weight; blank where everybody was asked", "300.938"),
    "age_group": ("年龄段", "age group", "30-44岁"),
    "residence_years": ("在本社区住了几年", "years lived here", "12"),
    "channels": ("从哪里知道的，几个词用“、”隔开", "how they came to know, several with 、", "公开栏、微信群"),
    "aware": ("知不知道这项资金", "knows of the fund", "是"),
    "took_part": ("有没有参加过", "took part", "否"),
    "satisfaction": ("5 非常满意，4 满意，3 基本满意，2 不太满意，1 不满意；说不清的选“说不清”", "5 very satisfied … 1 dissatisfied; blank: don't know", "4"),
    "item": ("题项；总体满意度写 satisfaction", "the question; satisfaction for the overall one", "satisfaction"),
    "response_counts.level": ("等级的数字，越大越满意", "number of the level, higher is better", "4"),
    "count": ("选这一等级的票数", "answers with this level", "96"),
    "assessments.source": ("谁来评", "who assessed", "区评"),
    "assessor_code": ("评价单位的代码，不写姓名", "code of the assessing body, no names", "999901"),
    "item_code": ("评价标准中的指标代码", "code of the item in the rubric", "B01"),
    "assessments.value": ("得分；不适用、缺项的不填", "points; blank if not applicable or missing", "77.5"),
    "assessments.status": ("已评、不适用，还是缺", "scored, not applicable or missing", "已评"),
    "evidence": ("佐证材料的名称或编号", "evidence by name or number", "会议纪要第 3 号"),
    "operator": ("不低于、不高于，还是等于目标值", "at least, at most, or equal to the target", "不低于"),
    "target": ("目标值；比率写 0–1 的小数", "target; rates from 0 to 1", "0.95"),
    "unit": ("数字的单位", "unit of the figure", "元"),
    "honour_level": ("授予单位的级别", "level of the honour", "区级"),
    "honours.title": ("荣誉的全称", "full name of the honour", "社区治理优秀案例"),
    "awarded_on": ("授予日期", "day of the award", "2020-12-02"),
    "rectification_id": ("问题编号，不重复", "number of the problem, used once", "ZG20001"),
    "problem": ("问题是什么，一句话", "the problem in a sentence", "验收资料不齐"),
    "found_on": ("发现日期", "day on which it was found", "2020-07-30"),
    "due_on": ("要求整改完成的日期", "day by which it is due", "2020-08-29"),
    "done_on": ("实际整改完成的日期；未完成的不填", "day on which it was done; blank if it is not", "2020-08-11"),
    "notice_id": ("公示编号，不重复", "number of the notice, used once", "GS200001"),
    "published_on": ("发布的日期", "day of publication", "2020-03-22"),
    "reach": ("覆盖或阅读的人数", "people reached", "94"),
    "training_id": ("培训编号；同一场的各行写同一个号", "number of the session, the same in its rows", "PX001"),
    "trainings.level": ("哪一级组织的培训", "level of the organiser", "区"),
    "organiser_code": ("组织单位的区划代码", "area code of the organiser", "999901"),
    "topic": ("培训主题", "topic", "资金使用管理"),
    "attendees": ("该社区参训的人次", "attendances from the community", "12"),
    "manuals": ("发给该社区的手册份数", "manuals handed to the community", "3"),
    "organisation_id": ("机构在名录库中的编号", "number on the register", "JG001"),
    "organisations.name": ("机构全称", "full name of the organisation", "某社会工作服务中心"),
    "kind": ("社会组织还是社会企业", "social organisation or social enterprise", "社会组织"),
    "domains": ("服务领域，几个词用“、”隔开", "fields of service, several with 、", "文化教育、儿童青少年"),
    "capability_score": ("能力评估得分", "score of capability", "87.1"),
    "capacity": ("同时能承接几个项目", "projects it can take at a time", "4"),
    "rated_on": ("评估日期", "day of the rating", "2020-04-08"),
    "listing_id": ("发布编号，不重复", "number of the need, used once", "XQ20001"),
    "listings.title": ("需求名称", "name of the need", "社区文化节"),
    "domain": ("需求所属的服务领域", "field of service", "文化教育"),
    "matched_on": ("对接成功的日期；未对接的不填", "day of the match; blank if there is none", "2020-05-20"),
    "judge": ("评委的编号，不写姓名", "number of the judge, no names", "PW1"),
    "score": ("打的分", "points", "77"),
    "covariates.name": ("变量名（英文）", "name of the variable", "share_60plus"),
    "covariates.value": ("变量的数值；比率写 0–1 的小数", "value; rates from 0 to 1", "0.2146"),
    "correction_id": ("更正编号，不重复", "number of the correction, used once", "GZ2020001"),
    "table": ("被更正的数据表（英文名）", "the table", "projects"),
    "key": ("被更正的那条记录的编号", "key of the row", "2020-01-009"),
    "column": ("被更正的字段（英文名）", "the column", "budget"),
    "old_value": ("原来的内容", "as it was", "31600"),
    "new_value": ("更正后的内容", "as it is to be", "36100"),
    "reason": ("为什么更正", "why", "登记有误"),
    "decided_by": ("作出决定的单位，不写姓名", "the body that decided, no names", "区评价工作组"),
    "decided_on": ("决定日期", "day of the decision", "2021-02-08"),
    "figure": ("公布的是什么（英文名）", "what was published", "projects"),
    "published.value": ("公布的数值", "the figure", "3500"),
    "qualifier": ("公布时写的是等于、余（不少于），还是约", "equal to, at least, or about", "余"),
    "period_from": ("数字覆盖的第一个年度", "first year of the figure", "2018"),
    "period_to": ("数字覆盖的最后一个年度", "last year of the figure", "2020"),
    "indicator": ("对应的指标（英文名）；没有的不填", "our indicator for it; blank if there is none", "usage_rate"),
    "published.source": ("在哪里公布的：媒体、日期、网址", "where it was published", "某报 2021-03-12"),
}  # fmt: skip

# kind of a column: what it may hold
KINDS = {
    "code": ("文字；开头的 0 和长编号照写", "text; leading zeros and long numbers stay"),
    "area": ("文字", "text"),
    "text": ("文字", "text"),
    "list": ("几个词，用“、”隔开", "several words, with 、 between"),
    "money": ("0 或正数，最多两位小数", "a number, 0 or more, with at most two decimals"),
    "number": ("数字", "a number"),
    "share": ("0–1 的小数（30% 写 0.3）", "a number from 0 to 1 (0.3 for 30%)"),
    "count": ("0 或正整数", "a whole number, 0 or more"),
    "level": ("1–5，或“说不清”", "1 to 5"),
    "date": ("日期，如 2020-03-15", "a date such as 2020-03-15"),
}
SIGNED = ("数字，最多两位小数", "a number with at most two decimals")
UNITS = {"money": ("元", "yuan"), "share": ("0–1", "0-1")}
COUNTED = ("人次", "人", "户", "份", "家", "票", "级")

WORDS = {
    "zh": {
        "instructions": "填表说明", "lists": "列表", "not_read": schema.NOT_READ[0], "required": "必填", "or_name": "与名称填一项", "choose": "下拉选择",
        "from": "可从“{sheet}”中已填的编号选择", "bad_title": "填写有误", "bad": "应为：{expected}。", "unlisted": "不在列表中：{name}。确认无误可继续。",
        "heads": ("列", "含义", "单位", "必填", "可填内容", "示例"), "row": "每行：{row}",
        "notes": (
            "从第 2 行起逐行填写，不要改动表头、不要合并单元格、不要在数据中插入合计行或空白行。",
            "表头带 * 的列必须填写；没有的内容留空，空白表示没有数据，不表示零；确实是零的写 0。",
            "金额一律以元为单位，不用万元。日期写成 2020-03-15。带下拉箭头的列从列表中选。",
            "编号列已设为文本，开头的 0 和 18 位长编号照原样填写或“只粘贴数值”。",
            "不要填写居民的姓名、身份证号、电话、银行卡号。",
            "填好后整个文件交回即可；未用到的工作表留空。",
        ),
    },
    "en": {
        "instructions": "Instructions", "lists": "Lists", "not_read": schema.NOT_READ[1], "required": "required", "or_name": "this or the name",
        "choose": "choose from the list", "from": "numbers written in “{sheet}” can be chosen", "bad_title": "Please check", "bad": "Expected: {expected}.",
        "unlisted": "Not in the list: {name}. Go on if it is right.",
        "heads": ("column", "meaning", "unit", "required", "may hold", "example"), "row": "One row per {row}",
        "notes": (
            "Fill in row by row from row 2; leave the headings as they are, merge no cells, add no totals and no blank rows.",
            "Columns with * are required. Leave blank what is not known: blank is missing, never zero; write 0 for zero.",
            "All money is in yuan. Dates look like 2020-03-15. Choose from the list where there is one.",
            "Columns of numbers and codes are text: leading zeros and codes of 18 digits stay as they are.",
            "Never write names, identity numbers, telephone or bank numbers of residents.",
            "Send the whole file back; leave sheets that you do not need blank.",
        ),
    },
}  # fmt: skip


def meaning(table: str, column: str, lang: str) -> str:
    """What a column is to hold; blank where nobody said."""
    said = COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column) or ("", "", "")
    return said[0 if lang == "zh" else 1]


def example(table: str, column: str) -> str:
    said = COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column) or ("", "", "")
    return said[2]


def unit(column: schema.Column, lang: str) -> str:
    """What the figures of a column count, in the word that its heading uses."""
    if column.kind == "count" and lang == "zh":
        return next((word for word in COUNTED if word in column.headings[0]), "个")
    return UNITS.get(column.kind, ("", ""))[0 if lang == "zh" else 1]
