"""How the fictional streets keep their books: six layouts of a yearly workbook, as data.

Part of ``sample``; ``sample_paper`` turns them into cells and files.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import schema


@dataclass(frozen=True)
class Layout:
    """How a street (or the district) writes its tables.

    ``columns``: per table, "heading=column" in order; "group/heading=column" puts a heading over its neighbours, ⏎ breaks its line.
    ``area`` and ``street`` stand for the community's and the street's cell, ``no`` for a running number.
    """

    file: str
    title: str
    sheets: dict[str, str]
    columns: dict[str, str]
    unit: str = "元"
    unit_line: bool = True
    area: str = "name"  # name, bare, suffix or code
    dates: str = "iso"
    synonym: int = 0  # which word of a code is used, where there are several
    total: str = "bottom"  # bottom, top, groups or none
    merge: bool = False
    text_money: bool = False
    blank: str | None = None
    note: str = "line"  # line, title or foot
    foot: tuple[str, ...] = ()


PLAIN = Layout(
    file="{street}/{year}年社区保障资金台账.xlsx",
    title="示例区{street}{year}年社区保障资金{what}",
    sheets={"allocations": "资金到位", "projects": "项目台账", "payments": "支付明细", "events": "议事活动"},
    columns={
        "allocations": """
            序号=no 社区名称=area 年度=period 资金类别=fund 预算额度=quota 到位金额=arrived 到位日期=arrived_on 上年结转=carried_in 清理收回=cleared
            收回日期=cleared_on
        """,
        "projects": """
            序号=no 项目编号=project_id 社区名称=area 年度=period 资金类别=fund 项目名称=name 项目类别=category 母项目编号=parent_project_id
            实施类别=work_class 清单类别=list_class 发包等级=tier 发包方式=sourcing 承接单位编号=organisation_id 投标家数=bidders 预算金额=budget
            合同金额=contract_amount 自筹资金=self_raised 志愿者人数=volunteers 新成立自组织=groups_formed 提议日期=proposed_on 议决日期=resolved_on
            签约日期=contracted_on 开工日期=started_on 计划完工日期=planned_end_on 完工日期=finished_on 验收日期=accepted_on
            整改通知日期=repair_asked_on 整改完成日期=repaired_on 项目状态=status
        """,
        "payments": """
            序号=no 支付编号=payment_id 项目编号=project_id 支付金额=amount 支付日期=paid_on 发票=has_invoice 银行回单=has_receipt
            银行流水=has_bank_flow
        """,
        "events": """
            活动编号=event_id 社区名称=area 年度=period 环节=step 召开日期=held_on 项目编号=project_id 形式=channel 到会人数=persons
            到会户数=households 参与人次=person_times
        """,
    },
    foot=("填表人：              审核人：              填表日期：",),
)
GROUPED = Layout(
    file="{street}/{street}保障资金项目台账（{year}年）.xlsx",
    title="示例区{street}{year}年度社区发展治理专项保障资金{what}",
    sheets={"allocations": "到位情况", "projects": "项目台账", "payments": "支付情况", "events": "议事会议"},
    columns={
        "allocations": """
            村（社区）=area 资金（万元）/补助额度=quota 资金（万元）/到位资金=arrived 资金（万元）/结转金额=carried_in 清理（万元）/收回金额=cleared
            清理（万元）/清理日期=cleared_on 拨付日期=arrived_on
        """,
        "projects": """
            村（社区）=area 项目编号=project_id 项目名称=name 类别=category 资金（万元）/预算=budget 资金（万元）/合同=contract_amount
            资金（万元）/自筹=self_raised 发包/项目等级=tier 发包/采购方式=sourcing 发包/报价家数=bidders 时间/民主议决日期=resolved_on
            时间/合同签订日期=contracted_on 时间/开工=started_on 时间/计划完工=planned_end_on 时间/完工=finished_on 时间/验收=accepted_on
            清单=list_class 进展=status
        """,
        "payments": """
            凭证号=payment_id 项目编号=project_id 付款日期=paid_on 付款金额=amount 凭证/有无发票=has_invoice 凭证/回单=has_receipt
            凭证/流水=has_bank_flow
        """,
        "events": "村（社区）=area 会议编号=event_id 工作环节=step 日期=held_on 方式=channel 参与/参与人数=persons 参与/参与户数=households",
    },
    unit="万元",
    dates="slash",
    synonym=1,
    total="groups",
    merge=True,
    blank="—",
    foot=(
        "注：本表金额单位为万元，保留到分。",
        "单位负责人：            填表人：",
    ),
)
CODED = Layout(
    file="{street}/{year}_保障资金_{street}.xlsx",
    title="示例区{street}社区保障资金{what}（{year}年）",
    sheets={"allocations": "资金拨付", "projects": "项目明细", "payments": "支出明细", "events": "活动记录"},
    columns={
        "allocations": """
            社区代码=area_code 村（社区）名称=area 年份=period 资金类型=fund 下达额度（元）=quota 到位（元）=arrived 到位日期=arrived_on
            上年结转资金（元）=carried_in 收回金额（元）=cleared 清理日期=cleared_on
        """,
        "projects": """
            项目代码=project_id 社区代码=area_code 年份=period 项目=name 项目类型=category 工程类别=work_class 清单=list_class 分级=tier
            采购方式=sourcing 承接机构编号=organisation_id 项目预算（元）=budget 合同价（元）=contract_amount 自筹金额（元）=self_raised
            志愿者=volunteers 民主提议日期=proposed_on 民主议决日期=resolved_on 合同日期=contracted_on 开始日期=started_on 计划完成日期=planned_end_on
            完成日期=finished_on 评议验收日期=accepted_on 状态=status
        """,
        "payments": """
            凭证编号=payment_id 项目代码=project_id 支付年度=period 日期=paid_on 金额（元）=amount 有无发票=has_invoice 银行回单=has_receipt
            流水=has_bank_flow
        """,
        "events": """
            活动编号=event_id 社区代码=area_code 年份=period 环节=step 活动日期=held_on 项目代码=project_id 渠道=channel 参与人数=persons
            人次=person_times
        """,
    },
    unit_line=False,
    area="code",
    dates="dot",
    total="none",
    text_money=True,
    note="foot",
    foot=(
        "说明：虚构示例数据，金额以元为单位。",
        "填表人：",
    ),
)
MERGED_STREET = Layout(
    file="{street}/{year}年度{street}资金使用情况.xlsx",
    title="{year}年度示例区{street}社区保障资金{what}（虚构示例数据）",
    sheets={"allocations": "资金安排", "projects": "项目一览表", "payments": "付款明细", "events": "会议情况"},
    columns={
        "allocations": """
            街道=street 社区=area 资金种类=fund 额度（万元）=quota 拨付金额（万元）=arrived 拨付日期=arrived_on 结转金额（万元）=carried_in
            收回金额（万元）=cleared 收回日期=cleared_on
        """,
        "projects": """
            街道=street 社区=area 项目编码=project_id 项目名称=name 项目类别=category 采购类别=work_class 发包等级=tier 发包方式=sourcing
            承接单位编号=organisation_id 预算金额（万元）=budget 合同金额（万元）=contract_amount 自筹（万元）=self_raised 自组织数=groups_formed
            提议日期=proposed_on 议决日期=resolved_on 签约日期=contracted_on 开工日期=started_on 计划完工日期=planned_end_on 完工日期=finished_on
            验收日期=accepted_on 状态=status
        """,
        "payments": """
            街道=street 支付单号=payment_id 项目编码=project_id 支付日期=paid_on 支出金额（万元）=amount 发票=has_invoice 回单=has_receipt
            流水=has_bank_flow
        """,
        "events": "街道=street 社区=area 会议编号=event_id 环节=step 召开日期=held_on 项目编码=project_id 形式=channel 到会人数=persons 人次=person_times",
    },
    unit="万元",
    unit_line=False,
    area="suffix",
    dates="cn",
    total="top",
    merge=True,
    blank="/",
    note="title",
    foot=("制表：",),
)
BROKEN_LINES = Layout(
    file="{street}/台账{year}.xlsx",
    title="示例区{street}{year}年保障资金{what}",
    sheets={"allocations": "1.资金安排", "projects": "2.项目", "payments": "3.支付", "events": "4.活动"},
    columns={
        "allocations": """
            序号=no 所属社区=area 所属年度=period 资金⏎类别=fund 补助⏎额度=quota 到位⏎资金=arrived 到位⏎日期=arrived_on 上年⏎结转=carried_in
            清理⏎收回=cleared 收回⏎日期=cleared_on
        """,
        "projects": """
            序号=no 项目⏎编号=project_id 所属社区=area 所属年度=period 资金⏎类别=fund 项目⏎名称=name 类别=category 上级项目编号=parent_project_id
            实施⏎类别=work_class 清单⏎类别=list_class 项目⏎等级=tier 发包⏎方式=sourcing 报价⏎家数=bidders 计划⏎金额=budget 签约⏎金额=contract_amount
            自筹⏎金额=self_raised 志愿者⏎人数=volunteers 提议⏎日期=proposed_on 议决⏎日期=resolved_on 签约⏎日期=contracted_on 开工⏎日期=started_on
            计划完工⏎日期=planned_end_on 完工⏎日期=finished_on 验收⏎日期=accepted_on 整改通知⏎日期=repair_asked_on 整改完成⏎日期=repaired_on
            进展=status 备注=remark
        """,
        "payments": """
            序号=no 支付⏎编号=payment_id 项目⏎编号=project_id 支付⏎日期=paid_on 支付⏎金额=amount 有无⏎发票=has_invoice 银行⏎回单=has_receipt
            银行⏎流水=has_bank_flow 备注=remark
        """,
        "events": """
            序号=no 活动⏎编号=event_id 所属社区=area 所属年度=period 工作⏎环节=step 活动⏎日期=held_on 项目⏎编号=project_id 方式=channel
            参与⏎人数=persons 参与⏎户数=households 参与⏎人次=person_times
        """,
    },
    unit="万元",
    area="bare",
    dates="cell",
    synonym=9,
    foot=(
        "",
        "审核人：          填表人：          联系电话：",
    ),
)
TEXT = Layout(
    file="{street}/{year}{sheet}.csv",
    title="示例区{street}{year}年保障资金{what}",
    sheets={"allocations": "资金到位", "projects": "项目台账", "payments": "支付明细", "events": "议事活动"},
    columns={
        "allocations": PLAIN.columns["allocations"],
        "projects": PLAIN.columns["projects"].replace("社区名称=area", "社区代码=area_code 社区名称=area"),
        "payments": PLAIN.columns["payments"],
        "events": PLAIN.columns["events"],
    },
    dates="compact",
    total="none",
)
LAYOUTS: dict[str, Layout] = {
    "梧桐街道": PLAIN, "澄湖街道": GROUPED, "听松镇街道": CODED, "鹿鸣街道": MERGED_STREET, "晴岚街道": PLAIN, "竹影街道": CODED, "雁塘街道": BROKEN_LINES,
    "桐荫街道": MERGED_STREET, "白鹭洲街道": PLAIN, "榆林湾街道": GROUPED, "石榴坪街道": BROKEN_LINES, "云栖街道": CODED, "荷风街道": TEXT,
}  # fmt: skip
WHAT = {"allocations": "到位情况", "projects": "项目台账", "payments": "支付明细", "events": "议事活动记录"}


def plain_layout(table: str, columns: list[str], title: str, note: str = "line") -> Layout:
    """The district's own files: canonical headings, codes, yuan."""
    known = schema.TABLES[table]
    heads = {c.name: c.headings[0] for c in known.columns}
    spec = " ".join(f"{heads.get(c, c)}={c}" for c in columns)
    amounts = any(known[c].kind == "money" for c in columns if c in heads)
    return Layout("", title, {table: known.title}, {table: spec}, area="code", total="none", unit_line=amounts, note=note)
