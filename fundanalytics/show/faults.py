"""What is said of a code of ``Dataset.refused`` or ``Dataset.findings``: what is wrong, what was expected, what to do.

The lowest file of ``show``, beside ``labels``. ``severity``: ``refused`` (not taken; its owner must correct it), ``look`` (taken, or left
out without loss; somebody must look), ``known`` (taken under a rule; nothing to do). ``group``: the section of a check that lists it.
In what is said, {found}, {expected} and {detail} are facts of the row; words in [ ] fall away when their fact is blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..data import schema
from ..errors import LANGS, check_option

Pair = tuple[str, str]
SEVERITIES = {"refused": ("须改正", "correct"), "look": ("请核对", "look at"), "known": ("知悉", "know")}
SIGNS = {"refused": "✕", "look": "▲", "known": "·"}
# sections of a check, in order
GROUPS = ("unread", "unused", "correct", "totals", "repeats", "conflicts", "series", "gaps", "people", "converted")
# rows that are left out without loss: a repeated row, a total among its details
HARMLESS = ("duplicate_row", "total_row", "repeated_report")


class Fault(NamedTuple):
    """The words of a code, Chinese and English."""

    severity: str
    group: str
    label: Pair
    expected: Pair
    do: Pair


NOTHING: Pair = ("", "")
FINE: Pair = ("不必处理", "nothing to do")
LEAVE_BLANK: Pair = ("改成数字；没有数就留空，说明写在备注列", "write a number; leave it blank if there is none, and put words into the remarks")
SAVE_XLSX: Pair = ("在 Excel 或 WPS 中打开，另存为 xlsx 后重新报送", "open it in Excel or WPS, save it as xlsx and send it again")
MAP_IT: Pair = (
    "若其中有要用的数，改用标准表头，或在 mapping.yml 中指明（fundanalytics map 可拟出一份）",
    "if its figures count, use the standard headings or name them in mapping.yml (fundanalytics map proposes one)",
)
CHECK_BOTH: Pair = ("核对后改正其中一个", "check both and correct one of them")
DATE: Pair = ("如 2020-03-05 的日期", "a date such as 2020-03-05")
AS_TOLD: Pair = ("[{expected}]", "[{expected}]")
NUMBER: Pair = ("一个数字", "a number")

# fmt: off
FAULTS: dict[str, Fault] = {
    # cells: the codes of data.parse
    "about": Fault("known", "converted", ("约数", "an approximate figure"), ("确切的数", "an exact figure"),
          ("知道确切的数就改过来", "write the exact figure if it is known")),
    "bound": Fault("known", "converted", ("只是上限或下限", "only a bound"), ("确切的数", "an exact figure"),
          ("知道确切的数就改过来", "write the exact figure if it is known")),
    "remark": Fault("known", "converted", ("数字带有说明文字", "a figure with a remark"), ("只写数字", "the figure alone"),
          ("把说明移到备注列", "move the words into the remarks")),
    "range": Fault("look", "correct", ("写的是一段范围", "a range"), ("一个数，或一个日期", "one figure or one date"),
          ("改成确切的一个", "write the exact one")),
    "approximate": Fault("known", "converted", ("约数，已保留", "approximate, kept"), ("确切的数或日期", "an exact figure or date"),
          ("知道确切的就改过来", "write the exact one if it is known")),
    "month_only": Fault("known", "converted", ("只有年月，没有日", "a month without a day"), DATE,
          ("补上日；现按当月1日计", "add the day; the first of the month is taken now")),
    "year_only": Fault("known", "converted", ("只有年份，没有月日", "a year without month and day"), DATE, ("补上月和日", "add month and day")),
    "rounded": Fault("known", "converted", ("小数位数过多，已取整", "too many decimals, rounded"), ("到分为止的金额", "an amount to the 分"), FINE),
    "unit_in_cell": Fault("known", "converted", ("单元格内自带单位", "the unit stands in the cell"), ("只写数字", "the figure alone"), FINE),
    "counter": Fault("known", "converted", ("单元格内带量词", "a counter stands in the cell"), ("只写数字", "the figure alone"), FINE),
    "percent": Fault("known", "converted", ("写成百分数", "written as a percentage"), NOTHING, FINE),
    "chinese_numeral": Fault("known", "converted", ("中文数字", "a Chinese numeral"), ("阿拉伯数字", "digits"), FINE),
    "negative_in_brackets": Fault("known", "converted", ("括号表示的负数", "negative in brackets"), NOTHING, FINE),
    "serial": Fault("known", "converted", ("日期是 Excel 序号", "date as a serial number"), DATE, FINE),
    "roc_year": Fault("known", "converted", ("民国纪年", "Minguo year"), ("公历年份", "a year of the common era"), FINE),
    "year_of_date": Fault("known", "converted", ("由日期取年度", "year taken from a date"), ("年度，如 2020", "a year such as 2020"), FINE),
    "year_from_title": Fault("known", "converted", ("日期没有年份，按表题的年度补上", "a date without its year, taken from the title"), DATE,
          ("补上年份", "add the year")),
    "missing_year_in_date": Fault("refused", "correct", ("日期没有年份", "a date without its year"), DATE, ("补上年份", "add the year")),
    "excel_error": Fault("refused", "correct", ("Excel 错误值", "an Excel error"), ("公式算出的值", "the value of the formula"),
          ("改正公式，或直接填数", "repair the formula, or write the value")),
    "formula_without_value": Fault("refused", "correct", ("公式没有存下结果", "a formula without a stored value"),
          ("公式算出的值", "the value of the formula"), ("在 Excel 中打开，重新计算并保存", "open it in Excel, recalculate and save")),
    "not_a_number": Fault("refused", "correct", ("不是数字", "not a number"), NUMBER, LEAVE_BLANK),
    "not_money": Fault("refused", "correct", ("不是金额", "not an amount"), ("金额，只写数字", "an amount, as a number"), LEAVE_BLANK),
    "not_whole": Fault("refused", "correct", ("不是整数", "not a whole number"), ("不小于0的整数", "a whole number, 0 or more"),
          ("改成整数", "write a whole number")),
    "not_a_date": Fault("refused", "correct", ("不是日期", "not a date"), DATE,
          ("改成年-月-日；没有就留空", "write year-month-day; leave it blank if there is none")),
    "not_a_period": Fault("refused", "correct", ("不是年度", "not a fund year"), ("年度，如 2020", "a year such as 2020"),
          ("改成一个四位数的年份", "write one year of four digits")),
    "not_a_flag": Fault("refused", "correct", ("不是“是/否”", "neither yes nor no"), ("是 或 否", "yes (是) or no (否)"),
          ("改成是或否；不清楚就留空", "write 是 or 否; leave it blank if unknown")),
    "not_a_level": Fault("refused", "correct", ("不是 1–5 的等级", "not a level from 1 to 5"), ("1 至 5 的整数，5 最好", "a whole number, 1 to 5, 5 is best"),
          ("改成 1 至 5；说不清就留空", "write 1 to 5; leave it blank for don't know")),
    "not_a_choice": Fault("look", "correct", ("不在规定的选项内", "not one of the choices"), ("其中之一[：{expected}]", "one of[: {expected}]"),
          ("改成其中一个", "choose one of them")),
    "not_a_code": Fault("refused", "correct", ("不是代码", "not a code"), ("代码（文本）", "a code, as text"),
          ("按文本重新填写代码", "write the code again, as text")),
    "not_text": Fault("refused", "correct", ("不是文字", "not text"), ("文字", "text"), ("改成文字", "write text")),
    "digits_lost": Fault("refused", "correct", ("长编号的末位已丢失", "last digits of a long code were lost"), ("完整的编号", "the whole code"),
          ("先把该列设为文本，再重新填写", "format the column as text and write it again")),
    "out_of_range": Fault("refused", "correct", ("超出合理范围", "out of range"), ("合理的数或日期", "a figure or date within reason"),
          ("核对数位、单位或年份", "check digits, unit or year")),
    # rows
    "missing": Fault("refused", "correct", ("必填而为空", "required but empty"), ("填写[：{expected}]", "a value[: {expected}]"), ("补填", "fill it in")),
    "missing_column": Fault("refused", "correct", ("缺少必需的列", "a required column is missing"), ("有这些列[：{expected}]", "columns[: {expected}]"),
          ("补上该列", "add the column")),
    "unknown_area": Fault("refused", "correct", ("对不上任何区域", "matches no area"),
          ("区划表中的社区或街道[，是否为：{expected}]", "an area of the list[; {expected}?]"),
          ("改成规范名称，或填写代码", "write the official name, or the code")),
    "ambiguous_area": Fault("refused", "correct", ("对应不止一个区域", "matches more than one area"), ("能确定一个[：{expected}]", "one of[: {expected}]"),
          ("补填街道，或改用代码", "add the street, or use the code")),
    "code_name_differ": Fault("look", "conflicts", ("代码与名称不符", "code and name disagree"),
          ("此代码的名称[：{expected}]", "the name of this code[: {expected}]"),
          ("现按代码计入；核对后改正其中一个", "counted by its code; check and correct one")),
    "unknown_project": Fault("refused", "correct", ("找不到所属的项目", "belongs to no known project"),
          ("项目台账中的项目编号", "the number of a project in the ledger"),
          ("核对项目编号；项目台账没有的先补上", "check the number; add the project to the ledger")),
    "project_refused": Fault("refused", "correct", ("所属项目的那一行没有采用", "the row of its project was not taken"),
          ("项目台账中已采用的项目[；见 {expected}]", "a project that was taken[; see {expected}]"),
          ("先改正项目台账中的那一行", "correct that row of the project ledger first")),
    "unknown_event": Fault("refused", "correct", ("找不到所属的活动", "belongs to no known event"), ("活动表中的活动编号", "the number of an event"),
          ("核对活动编号", "check the number")),
    "unit_unclear": Fault("refused", "correct", ("金额单位不明确", "the unit of the amounts is unclear"), ("写明 元 或 万元", "元 or 万元"),
          ("在表头写明单位，如 预算金额（万元）", "name the unit in the heading")),
    "shares_not_one": Fault("refused", "correct", ("同一原代码的比例合计不为1", "the shares of a code do not sum to 1"), ("合计为 1", "a sum of 1"),
          ("改正比例", "correct the shares")),
    # totals
    "total_differs": Fault("look", "totals", ("合计与明细不符", "the total does not foot"), ("明细之和[ {expected}]", "the sum of the details[, {expected}]"),
          ("核对合计与明细；合计不参与计算", "check total and details; the total itself is not counted")),
    "total_unread": Fault("look", "totals", ("合计与明细不符，明细中有未读入的单元格", "the total does not foot; some of its cells could not be read"),
          ("明细之和[ {expected}]", "the sum of the details[, {expected}]"), ("先改正明细中未采用的单元格", "correct the cells that were not taken first")),
    "total_row": Fault("known", "totals", ("是下属社区的合计，不重复计入", "the sum of its communities, not counted again"), NOTHING, FINE),
    "counted_with_parts": Fault("look", "totals", ("与下属区域同时有数，两者都计入", "beside areas inside it, and both are counted"),
          ("其下属之和[ {expected}]", "the sum of what is inside[, {expected}]"),
          ("若是下属之和，删去或改正这一行；若是本级自己的数，不必改", "if it is their sum, delete or correct the row; if it is its own, leave it")),
    "merged_amount": Fault("look", "totals", ("合并单元格里的金额，只计在首行", "an amount in merged cells, counted in the first row only"),
          ("每行一个金额", "an amount in each row"), ("取消合并，按行填写", "unmerge and fill in each row")),
    "merged_row": Fault("look", "totals", ("与上行合并的一行，单独计入", "a row merged with the one above, counted by itself"),
          ("一行一条记录", "one record a row"), ("确认是另一笔；不是就并入上行", "make sure that it is another one; else put it into the row above")),
    # repeats
    "duplicate_key": Fault("refused", "repeats", ("编号重复而内容不同", "the same key with different content"), ("一个编号只用一次", "a key used once"),
          ("核对后留下对的一行，或改编号", "keep the right row, or change the number")),
    "duplicate_row": Fault("look", "repeats", ("完全重复的行", "an exact duplicate"), ("只报一次[；已有：{expected}]", "sent once[; also in {expected}]"),
          ("已只计一次；删去重复的行", "counted once; delete the repeated row")),
    "repeated_report": Fault("look", "repeats", ("重复了另一张表的行", "a sheet that repeats the rows of another"), ("本期自己的行", "rows of its own"),
          ("核对是否误报了前一期的表", "check whether the earlier report was sent again")),
    "counted_twice": Fault("look", "repeats", ("调整前后两个代码在同一年都有数", "an old and its new code both have a figure for one year"),
          ("只用一个代码[：{expected}]", "one code[: {expected}]"), ("核对后删去其中一个", "check and delete one of them")),
    # contradictions
    "years_differ": Fault("look", "conflicts", ("标题与文件名的年度不一致，以标题为准", "title and file name give different years; the title is taken"),
          ("同一年度[：{expected}]", "one year[: {expected}]"), CHECK_BOTH),
    "dates_out_of_order": Fault("look", "conflicts", ("日期先后颠倒", "dates in the wrong order"), AS_TOLD, CHECK_BOTH),
    "date_far_from_period": Fault("look", "conflicts", ("日期离资金年度太远", "a date far from the fund year"), AS_TOLD,
          ("核对年份", "check the year")),
    "paid_above_contract": Fault("look", "conflicts", ("支付超过合同金额", "payments above the contract"), AS_TOLD,
          ("核对支付与合同的金额和单位", "check payments and contract, and their units")),
    "contract_above_budget": Fault("look", "conflicts", ("合同超过预算", "contract above budget"), AS_TOLD,
          ("核对合同与预算的金额和单位", "check both amounts and their units")),
    "negative_amount": Fault("look", "conflicts", ("金额为负", "a negative amount"), ("0 或正数", "0 or more"),
          ("确认是否冲减；不是就改为正数", "decide whether it takes something back; else make it positive")),
    "paid_above_budget": Fault("look", "conflicts", ("支付超过预算", "payments above budget"), AS_TOLD,
          ("核对支付与预算的金额和单位", "check both amounts and their units")),
    "paid_before_resolution": Fault("look", "conflicts", ("议决之前已支付", "paid before the resolution"), AS_TOLD, CHECK_BOTH),
    "contracted_before_resolution": Fault("look", "conflicts", ("议决之前已签约", "contracted before the resolution"), AS_TOLD,
          CHECK_BOTH),
    "paid_above_arrived": Fault("look", "conflicts", ("支付超过到位资金", "payments above the money received"), AS_TOLD,
          ("核对到位金额、上年结转和支付", "check money received, carried over and paid")),
    "returned_above_issued": Fault("look", "conflicts", ("回收多于发放", "more returned than issued"), AS_TOLD, CHECK_BOTH),
    "valid_above_returned": Fault("look", "conflicts", ("有效多于回收", "more valid than returned"), AS_TOLD, CHECK_BOTH),
    "eligible_above_persons": Fault("look", "conflicts", ("应参与人数多于人口数", "more eligible than there are persons"), AS_TOLD,
          CHECK_BOTH),
    "households_above_persons": Fault("look", "conflicts", ("户数多于人口数", "more households than persons"), AS_TOLD, CHECK_BOTH),
    "persons_above_times": Fault("look", "conflicts", ("人数多于人次", "more persons than person-times"), AS_TOLD, CHECK_BOTH),
    "persons_above_population": Fault("look", "conflicts", ("参与人数多于人口", "more people took part than live there"), AS_TOLD,
          CHECK_BOTH),
    "responses_differ": Fault("look", "conflicts", ("答卷数与测评批次所报的有效份数不符", "as many answers as the survey says are valid were not sent"),
          AS_TOLD, ("核对有效份数，或补齐答卷", "check the count, or send the missing answers")),
    "code_still_valid": Fault("look", "conflicts", ("原代码在调整后仍有效", "an old code still holds after the change"), AS_TOLD,
          ("核对停用日期与调整日期", "check both dates")),
    "code_refilled": Fault("look", "conflicts", ("原代码调整后又被使用", "an old code is used again"), NOTHING, ("核对区划调整对照", "check the crosswalk")),
    "edition_dates_differ": Fault("look", "conflicts", ("新代码的启用日期晚于调整日期", "a new code begins after the change"),
          AS_TOLD, CHECK_BOTH),
    "editions_overlap": Fault("look", "conflicts", ("同一代码的有效期重叠", "a code holds twice at once"), NOTHING,
          ("改正启用或停用日期", "correct the dates")),
    "parent_not_valid": Fault("look", "conflicts", ("有效期超出上级区域", "a code that holds for longer than the area above it"),
          AS_TOLD, ("核对两级的有效期", "check the dates of both")),
    # series and gaps
    "series_break": Fault("look", "series", ("与前后年度相差过大", "a break in the series"), AS_TOLD,
          ("核对口径、单位和数位", "check definition, unit and digits")),
    "missing_year": Fault("look", "gaps", ("前后年度都有，中间缺这一年", "the years before and after are there, this one is not"),
          ("{expected}年的数据", "data of {expected}"), ("补报该年度", "send that year")),
    "factor_suspected": Fault("look", "series", ("疑似差千倍或万倍", "a factor of 1,000 or 10,000"), AS_TOLD,
          ("核对这些数的单位；没有改动", "check the unit; nothing was changed")),
    "unit_suspected": Fault("look", "series", ("整张表的单位疑似写错", "the unit of a whole sheet looks wrong"),
          ("与其他表相同的单位", "the unit of other sheets"), ("核对是元还是万元；没有改动", "check whether 元 or 万元 is meant; nothing was changed")),
    "area_without_data": Fault("look", "gaps", ("没有收到这一区域的数据", "no data for this area"), ("{expected}年的数据", "data of {expected}"),
          ("催报，或确认确实没有", "ask for it, or confirm that there is none")),
    "table_incomplete": Fault("look", "gaps", ("这张表大部分区域没有报", "most areas are missing from this table"), ("{expected}个区域", "{expected} areas"),
          ("确认是抽样，还是没有收齐", "is it a sample, or not complete?")),
    # people
    "personal_data": Fault("look", "people", ("含居民个人信息，已遮盖，未保留", "people's data, masked and not kept"),
          ("不含身份证号、电话、银行卡号、姓名", "no identity numbers, telephone numbers, bank cards or names"),
          ("从报表中删去", "delete it from the workbook")),
    "no_hash_key": Fault("look", "people", ("密钥无法存放，人员标识只在本次有效", "no key can be stored: people are told apart in this run only"),
          ("本机配置文件夹中的密钥", "a key in the user's own configuration folder"),
          ("检查配置文件夹的权限", "check the permissions of that folder")),
    # how it was read
    "area_from_title": Fault("known", "converted", ("没有社区列，按标题所写的街道计入", "no column of communities; counted for the street in the title"),
          NOTHING, FINE),
    "scale_words": Fault("known", "converted", ("用文字作答，整列按五级读入", "answers in words, read as five levels by the whole column"),
          ("1–5 的等级", "levels from 1 to 5"), FINE),
    "wide_read": Fault("known", "converted", ("年度写在表头，按年度分开读入", "years stand in the headings; each was read by itself"),
          NOTHING, FINE),
    "alias_used": Fault("known", "converted", ("按别名对应", "matched by an alias"), ("规范名称[：{expected}]", "the official name[: {expected}]"), FINE),
    "filtered_rows": Fault("known", "converted", ("按 mapping.yml 未取的行", "rows left out as mapping.yml says"), NOTHING, FINE),
    "skipped_sheet": Fault("known", "unused", ("按 mapping.yml 未读的工作表", "a sheet left out as mapping.yml says"), NOTHING, FINE),
    "mapping_unused": Fault("look", "unused", ("mapping.yml 中有一条没有用上", "an entry of mapping.yml that was not used"),
          ("与文件、工作表、列名相符", "a file, sheet and headings that exist"), ("改正文件名、工作表名或列名", "correct the names in mapping.yml")),
    "misplaced_text": Fault("look", "unused", ("不属于任何区域或章节的文字，没有收入报告", "a text that goes by no area or chapter; in no report"), AS_TOLD,
          ("改文件夹名为区域代码，改文件名为规定的章节名", "name its folder by an area code and the file by a chapter")),
    "macros_left_alone": Fault("known", "unused", ("含宏的工作簿；宏没有运行", "a workbook with macros; they were not run"), NOTHING, FINE),
    "hidden_sheet": Fault("look", "unused", ("隐藏的工作表，已照常读入", "a hidden sheet, read like the others"), ("要报的内容不隐藏", "nothing hidden"),
          ("确认是否要报；不报就删去", "decide whether it is to be sent; else delete it")),
    "hidden_rows": Fault("look", "unused", ("隐藏的行，已照常读入", "hidden rows, read like the others"), ("要报的内容不隐藏", "nothing hidden"),
          ("确认是否要报；不报就删去", "decide whether they are to be sent; else delete them")),
    "heading_twice": Fault("look", "unused", ("同一表头出现两次，只用第一列", "a heading that stands twice; the first column is used"),
          ("每列表头不同", "a different heading for each column"), ("改名或删去其中一列", "rename or delete one of the columns")),
    "unmapped_column": Fault("look", "unused", ("未识别的数字列", "a numeric column that nobody mapped"), NOTHING, MAP_IT),
    "unknown_sheet": Fault("look", "unused", ("未识别的工作表", "a sheet that was not recognised"), NOTHING, MAP_IT),
    "code_ended": Fault("refused", "correct", ("新代码在调整前已停用", "a new code that ended before the change"),
          ("调整后有效的代码", "a code that holds then"), ("核对代码和日期", "check code and dates")),
    "crosswalk_circle": Fault("refused", "correct", ("区划调整互相指向", "changes that lead back to themselves"), ("由旧到新", "from old to new"),
          ("核对区划调整对照", "check the crosswalk")),
    "unread_table": Fault("look", "unused", ("数据库中读不出的表", "a table of the database that could not be read"), NOTHING,
          ("检查权限，或在 mapping.yml 中略过", "check its permissions, or skip it in mapping.yml")),
    # files
    "unknown_file_type": Fault("refused", "unread", ("无法读取的文件类型", "a type of file that cannot be read"),
          ("xlsx、xls、ods 或 csv", "xlsx, xls, ods or csv"),
          ("是数据就另存为 xlsx 后重新报送，不是就移走", "save data as xlsx and send it again; move anything else away")),
    "not_a_workbook": Fault("refused", "unread", ("不是工作簿，或已损坏", "not a workbook, or damaged"), ("完好的工作簿", "a sound workbook"), SAVE_XLSX),
    "unreadable_file": Fault("refused", "unread", ("文件打不开", "the file cannot be opened"), ("可以打开的文件", "a file that can be opened"),
          ("检查权限，关闭正在使用它的程序", "check its permissions, close what uses it")),
    "empty_workbook": Fault("refused", "unread", ("文件是空的", "the file is empty"), ("至少一张有表头的表", "at least one sheet with headings"),
          ("确认是否报错了文件", "check that it is the right file")),
    "html_workbook": Fault("refused", "unread", ("是网页，不是工作簿", "a web page, not a workbook"), ("工作簿", "a workbook"), SAVE_XLSX),
    "encrypted_workbook": Fault("refused", "unread", ("文件有密码", "the file is protected by a password"), ("没有密码的文件", "a file without a password"),
          ("取消密码后重新报送", "remove the password and send it again")),
    "sheet_too_large": Fault("refused", "unread", ("工作表过大", "the sheet is too large"), ("只有数据的区域", "the cells with data only"),
          ("删除数据以外的行列后另存", "delete rows and columns outside the data and save it again")),
    "bad_encoding": Fault("refused", "unread", ("文字编码无法识别", "the text encoding is not known"), ("UTF-8 或 GB18030", "UTF-8 or GB18030"), SAVE_XLSX),
    "bad_csv": Fault("refused", "unread", ("不是正确的 CSV", "not a valid CSV"), ("引号成对的 CSV", "a CSV with paired quotes"), SAVE_XLSX),
    "file_too_large": Fault("refused", "unread", ("文件过大", "the file is too large"), ("只有数据的文件", "a file with data only"),
          ("删去图片和空行后另存", "delete pictures and blank rows and save it again")),
    "zip_bomb": Fault("refused", "unread", ("压缩内容异常膨胀，未打开", "it unpacks to far more than it should, and was not opened"),
          ("正常的工作簿", "a plain workbook"), SAVE_XLSX),
    "xml_entities": Fault("refused", "unread", ("含有异常的 XML 实体，未打开", "it holds XML entities, and was not opened"),
          ("正常的工作簿", "a plain workbook"), SAVE_XLSX),
    "mixed_encoding": Fault("refused", "unread", ("同一文件里混有几种编码", "several encodings in one file"), ("一种编码", "one encoding"), SAVE_XLSX),
    "not_a_database": Fault("refused", "unread", ("不是数据库文件", "not a database"), ("DuckDB 文件", "a DuckDB file"),
          ("确认文件是否完好", "check that it is sound")),
    "no_database_driver": Fault("refused", "unread", ("缺少数据库驱动", "the driver of the database is missing"), NOTHING, ("安装对应的驱动", "install it")),
    "database_unreachable": Fault("refused", "unread", ("连不上数据库", "the database cannot be reached"), NOTHING,
          ("检查地址和权限", "check address and permissions")),
    "bad_database_url": Fault("refused", "unread", ("数据库地址不正确", "not an address of a database"), NOTHING, ("检查地址", "check the address")),
}
# fmt: on
_UNKNOWN = Fault("look", "converted", NOTHING, NOTHING, ("请核对", "look at it"))
_OPTIONAL = re.compile(r"\[([^\[\]]*\{(\w+)\}[^\[\]]*)\]")
_KINDS_EN = {
    "code": "a code", "area": "an area", "text": "text", "list": "words", "choice": "one of the choices", "period": "a year", "money": "an amount",
    "number": "a number", "share": "a share", "count": "a whole number", "level": "1 to 5", "date": "a date", "flag": "yes or no",
}  # fmt: skip


def fault_of(code: Any) -> Fault:
    """The words of a code; a code that nobody named is shown as it is."""
    return FAULTS.get(str(code)) or _UNKNOWN._replace(label=(str(code), str(code)))


def severity_of(code: Any, *, refused: bool) -> str:
    """How grave a row is: what was refused must be corrected, unless nothing is lost by it."""
    own = fault_of(code).severity
    return "refused" if refused and code not in HARMLESS else own


def say_fault(code: Any, lang: str = "zh", /, **facts: Any) -> dict[str, str]:
    """``label``, ``expected`` and ``do`` of a code in words, with the facts of its row filled in."""
    check_option("lang", lang, LANGS)
    fault, place = fault_of(code), LANGS.index(lang)
    told = {name: _fact(facts.get(name), lang) for name in ("found", "expected", "detail")}
    return {"label": fault.label[place], "expected": _filled(fault.expected[place], told), "do": fault.do[place]}


def _fact(value: Any, lang: str) -> str:
    """A fact as a reader reads it: kinds of columns by their names."""
    text = "" if value is None or value != value else str(value)
    if text in schema.KINDS:
        return schema.KINDS[text][1] if lang == "zh" else _KINDS_EN[text]
    return text


def _filled(text: str, facts: Mapping[str, str]) -> str:
    kept = _OPTIONAL.sub(lambda found: found[1] if facts.get(found[2]) else "", text)
    return re.sub(r"\{(\w+)\}", lambda found: facts.get(found[1], ""), kept)
