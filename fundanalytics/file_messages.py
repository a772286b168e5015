"""The texts of errors about files, folders and databases, in Chinese and English. Part of ``errors``."""

from __future__ import annotations

# code: language: what – expected – found – do this
FILES: dict[str, dict[str, str]] = {
    "not_geojson": {
        "zh": "不是可用的边界文件 – 应为含 Polygon 或 MultiPolygon 的 GeoJSON（FeatureCollection）– {file}：{found} – 请用地图软件另存为 GeoJSON",
        "en": "not a usable file of boundaries – expected GeoJSON, a FeatureCollection of Polygons or MultiPolygons – {file}: {found} – save it as GeoJSON from a map program",
    },
    "no_code_property": {
        "zh": "边界没有区域代码 – 每个要素的属性中应有“{expected}”– {file} 第 {number} 个要素的属性为“{found}”– 请补上，或用 code=… 指明代码所在的属性",
        "en": "a boundary has no area code – expected the property {expected!r} in every feature – {file}, feature {number} has {found!r} – add it, or name the property with code=…",
    },
    "unreadable_file": {
        "zh": "文件打不开 – 应为可读的表格文件 – {file}：{found} – 请检查路径和权限",
        "en": "the file cannot be opened – expected a readable table file – {file}: {found} – check its path and permissions",
    },
    "not_a_workbook": {
        "zh": "不是工作簿，或文件已损坏 – 应为 xlsx、xls、xlsb、ods 或 csv – {file} 中：{found} – 请在 Excel 中打开并另存为 xlsx",
        "en": "not a workbook, or a broken one – expected xlsx, xls, xlsb, ods or csv – in {file}: {found} – open it in Excel and save it as xlsx",
    },
    "html_workbook": {
        "zh": "这是网页，里面没有表格 – 应为工作簿，或含表格的网页 – 得到的是 {file} – 请在 Excel 中打开并另存为 xlsx",
        "en": "a web page without a table – expected a workbook, or a page with a table – found {file} – open it in Excel and save it as xlsx",
    },
    "encrypted_workbook": {
        "zh": "工作簿已加密 – 应为打开时不需要密码的工作簿 – 得到的是 {file} – 请取消密码后另存",
        "en": "the workbook is encrypted – expected one that opens without a password – found {file} – remove the password and save it again",
    },
    "empty_workbook": {
        "zh": "文件是空的 – 应至少有一张含表头的表 – 得到的是 {file} – 请确认是否选对文件",
        "en": "the file is empty – expected at least one sheet with headings – found {file} – check that it is the right file",
    },
    "no_such_sheet": {
        "zh": "{file} 没有这张工作表 – 应为 {expected} – 得到的是“{found}”– 请改正工作表名称",
        "en": "{file} has no such sheet – expected {expected} – found {found!r} – correct the name of the sheet",
    },
    "sheet_too_large": {
        "zh": "工作表过大 – 已用区域应在二千万格以内 – {file} 的“{sheet}”用到 {found} – 请删除数据以外的格子后另存",
        "en": "the sheet is too large – expected at most twenty million cells – {file}, sheet {sheet!r} reaches {found} – delete the cells outside the data and save it again",
    },
    "file_too_large": {
        "zh": "文件过大 – 应在 {expected} 以内 – {file} 为 {found} – 请按年度或街道拆分，或改用 Parquet、数据库",
        "en": "the file is too large – expected at most {expected} – {file} has {found} – split it by year or street, or use Parquet or a database",
    },
    "zip_bomb": {
        "zh": "文件解开后过大 – 表格部分应在 {expected} 以内 – {file} 中：{found} – 请向提供者核实，在 Excel 中打开，只把数据另存为 xlsx",
        "en": "the file unpacks to far too much – expected at most {expected} of tables – in {file}: {found} – ask whom it is from, open it in Excel and save only the data as xlsx",
    },
    "xml_entities": {
        "zh": "文件中有文档类型声明 – 工作簿不需要它，它可能使程序瘫痪 – 得到的是 {file} – 请向提供者核实，在 Excel 中打开并另存为 xlsx",
        "en": "the file declares a document type – no workbook needs one, and it may bring a program down – found {file} – ask whom it is from, open it in Excel and save it as xlsx",
    },
    "mixed_encoding": {
        "zh": "一个文件里有两种文字编码 – 应全部为 {expected} – {file} 第 {found} 行起不同 – 请分别打开两部分，合并后另存为 UTF-8 编码的 CSV",
        "en": "two text encodings in one file – expected {expected} throughout – {file} differs from line {found} – open the two parts apart, join them and save as CSV in UTF-8",
    },
    "bad_encoding": {
        "zh": "文字编码无法识别 – 应为 {expected} – 得到的是 {file} – 请另存为 UTF-8 编码的 CSV",
        "en": "unknown text encoding – expected {expected} – found {file} – save it as CSV in UTF-8",
    },
    "bad_csv": {
        "zh": "CSV 的引号不成对或字段过长 – 应为规范的 CSV – {file}：{found} – 请改正引号，或另存为 xlsx",
        "en": "unbalanced quotes or an overlong field in a CSV file – expected proper CSV – {file}: {found} – correct the quotes, or save it as xlsx",
    },
    "runs_unread": {
        "zh": "运行表不可用 – 应为 CSV 文件（UTF-8、UTF-16 或 GB18030），每行一次运行，至少一行，有 notebook 一列 – 得到的是“{found}”（{reason}）– 请改写这个表",
        "en": "the table of runs cannot be used – expected a CSV file (UTF-8, UTF-16 or GB18030), a row per run, at least one, with a column notebook – found {found!r} ({reason}) – "
        "change the table",
    },
    "runs_headings": {
        "zh": "运行表的列名不可用 – 应为文字，各不相同（不分大小写）– 得到的是“{found}”– 请改写列名",
        "en": "headings of the table of runs cannot be used – expected text, each once, in whatever letters – found {found!r} – rename them",
    },
    "run_too_long": {
        "zh": "内容多于列名 – 应至多 {expected} 格 – 多出的是“{found}”– 请补上列名，或把含逗号的内容放在引号内",
        "en": "more cells than headings – expected at most {expected} – found {found!r} beyond them – add headings, or put quotes round text with commas",
    },
    "run_parameters": {
        "zh": '参数（parameters）无法识别 – 应为 JSON，如 {{"seconds": 1}} – 得到的是“{found}”– 请改写这一格',
        "en": 'parameters not understood – expected JSON, such as {{"seconds": 1}} – found {found!r} – rewrite the cell',
    },
    "reserved_output": {
        "zh": "输出名称不可用 – 应不同于 {expected}（整批报告自己的文件），且不以点开头 – 得到的是“{found}”– 请改写 output",
        "en": "the output cannot have this name – expected none of {expected}, which the batch itself writes, and no dot before it – found {found!r} – change output",
    },
    "runs_alone": {
        "zh": "运行表已写明要生成的报告 – 应单独使用 – 同时给出了“{found}”– 请写进运行表的列，或去掉",
        "en": "a table of runs says all that is made – expected it alone – found {found!r} beside it – make that columns of the table, or leave it out",
    },
    "other_audience": {
        "zh": "文件夹中另有供更多内部人员阅读的报告 – 应只放读者范围相同的报告 – 有{count}份（{found}…）– 请另选输出文件夹，或先移走它们",
        "en": "the folder holds reports for readers who may see more – expected none besides those asked for – found {count} ({found} …) – "
        "choose another output folder, or move them away",
    },
    "wrong_run": {"zh": "运行表第{row}行：{zh}", "en": "row {row} of the table of runs: {en}"},
    "same_output": {
        "zh": "运行表第{row}行与前面一行的输出同名 – 每行的输出应各不相同 – 得到的是“{found}”– 请在 output 一列写明",
        "en": "row {row} of the table of runs has the output of an earlier one – expected one of its own – found {found!r} – name it in the column output",
    },
    "out_in_use": {
        "zh": "输出文件夹正在使用 – 同一文件夹一次只能有一批 – 得到的是“{found}”– 请等另一批结束，或换一个文件夹",
        "en": "the output folder is in use – expected one batch at a time in a folder – found {found!r} – wait for the other batch, or choose another folder",
    },
    "cluster_not_installed": {
        "zh": "无法使用集群 – 应装有 distributed – 缺少 {found} – 请运行 {install}，或去掉 --scheduler",
        "en": "no cluster can be used here – expected distributed – {found} is missing – run {install}, or leave out --scheduler",
    },
    "no_scheduler": {
        "zh": "没有调度程序应答 – 应为 dask scheduler 启动时给出的地址，如 tcp://HOST:8786 – 得到的是“{found}”（{reason}）– 请核对地址，确认 dask scheduler 正在运行",
        "en": "no scheduler answers – expected the address that dask scheduler tells when it starts, such as tcp://HOST:8786 – found {found!r} ({reason}) – check the address, and that dask scheduler is running",
    },
    "no_workers": {
        "zh": "集群中没有工作进程 – 应至少有一个 – {found} 处没有 – 请在各台机器上运行 dask worker {found}",
        "en": "the cluster has no workers – expected at least one – found none at {found} – run dask worker {found} on each machine",
    },
    "cluster_differs": {
        "zh": "集群上的软件与本机不同，报告可能不一样 – 应为 {expected} – {where} 处是 {found} – 请在各台机器上按同一个 requirements.lock 安装，再重新启动",
        "en": "the cluster's software is not this machine's, and reports could differ – expected {expected} – found {found} at {where} – install the same requirements.lock on all machines and start them again",
    },
    "out_not_a_folder": {
        "zh": "无法写入输出文件夹 – 应为可以写入的文件夹 – 得到的是“{found}”（{reason}）– 请换一个位置",
        "en": "cannot write the output folder – expected a folder that can be written – found {found!r} ({reason}) – choose another place",
    },
    "out_not_a_file": {
        "zh": "无法写入输出文件 – 应为可以写入的文件 – 得到的是“{found}”（{reason}）– 请换一个位置，或先关闭已打开的同名文件",
        "en": "cannot write the output file – expected a file that can be written – found {found!r} ({reason}) – choose another place, or close the file if it is open",
    },
    "out_not_empty": {
        "zh": "输出文件夹里有别的文件 – 应为新文件夹，或上次检查写出的文件夹 – 得到的是“{found}”– 请用 --out 换一个位置",
        "en": "the output folder holds other files – expected a new folder, or one that an earlier check wrote – found {found!r} – choose another place with --out",
    },
    "copy_changed": {
        "zh": "上次的标记副本已有人改动 – 应与写出时相同，以免盖掉改动 – 得到的是“{found}”– 请先把它移走，或用 --out 换一个位置",
        "en": "a marked copy was changed since it was written – expected it unchanged, so that nothing is lost – found {found!r} – move it away, or choose another --out",
    },
    "file_exists": {
        "zh": "文件已经存在 – 应为尚未使用的文件名，以免盖掉已填写的内容 – 得到的是“{found}”– 请换一个位置，或先移走该文件",
        "en": "the file exists already – expected a name not in use, so that nothing filled in is lost – found {found!r} – choose another place, or move the file away",
    },
    "no_such_path": {
        "zh": "找不到文件夹或文件 – 应为数据所在的文件夹 – 得到的是“{found}”（已从“{where}”及其上级查找）– 请检查路径",
        "en": "no such folder or file – expected the folder that holds the data – found {found!r} (looked in {where!r} and the folders above it) – check the path",
    },
    "empty_folder": {
        "zh": "文件夹中没有数据文件 – 应有 {expected} 文件 – “{found}”中没有 – 请放入数据或改写路径",
        "en": "the folder holds no data file – expected {expected} – found none in {found!r} – put the data there or change the path",
    },
    "bad_yaml": {
        "zh": "文件不是正确的 YAML – 应为键与值 – {file} 中：{found} – 请改正后重试",
        "en": "the file is not valid YAML – expected keys and values – in {file}: {found} – correct it and try again",
    },
    "bad_rewards": {
        "zh": "奖励规则 {file} 不能执行 – 括号中为应有的写法 – 共 {count} 处：{found} – 请逐处改正",
        "en": "the reward rules {file} cannot be carried out – what was expected stands in brackets – {count} faults: {found} – correct each of them",
    },
    "mapping_word": {
        "zh": "对照文件 {file} 中有无法识别的内容 – 应为 {expected} – 得到的是“{found}”– {hint}",
        "en": "the mapping file {file} has a word that is not known – expected {expected} – found {found!r} – {hint}",
    },
    "bad_database_url": {
        "zh": "数据库地址无法识别 – 应为如 postgresql+psycopg://用户:密码@主机/库名 或 sqlite:///文件.db – 得到的是以“{found}”开头的地址– 请核对写法（密码中的特殊字符须转义）",
        "en": "not the address of a database – expected one like postgresql+psycopg://user:password@host/name or sqlite:///file.db – found one that begins with {found!r} – check it (special characters in a password must be escaped)",
    },
    "no_database_driver": {
        "zh": "缺少数据库驱动 – {expected} 需要 Python 包 {found} – 尚未安装 – 请运行 pip install {package}",
        "en": "a database driver is missing – {expected} needs the Python package {found} – it is not installed – run pip install {package}",
    },
    "database_unreachable": {
        "zh": "数据库打不开 – 应为可以读取的数据库 – “{found}”：{reason} – 请检查地址、用户、密码和网络，确认数据库正在运行，且没有被别的程序独占",
        "en": "the database cannot be opened – expected one that can be read – {found!r}: {reason} – check address, user, password and network, that it is running and that no other program holds it",
    },
    "not_a_database": {
        "zh": "不是数据库文件 – 应为 {expected} – 得到的是“{found}”– 请检查文件，或移出数据文件夹",
        "en": "not a database file – expected {expected} – found {found!r} – check the file, or move it out of the data folder",
    },
    "mapping_exists": {
        "zh": "文件已存在，不会覆盖 – 应为新文件 – 得到的是“{found}”– 请换一个名称，或加 --force 覆盖",
        "en": "the file exists and is not overwritten – expected a new one – found {found!r} – choose another name, or overwrite it with --force",
    },
    "unknown_file_type": {
        "zh": "不能读取这种文件 – 应为 {expected} – 得到的是“{found}”– 请另存为 xlsx 或 csv",
        "en": "this kind of file cannot be read – expected {expected} – found {found!r} – save it as xlsx or csv",
    },
    "unknown_rubric": {
        "zh": "没有这个评价标准 – 应为 {expected}，或一个文件（xlsx、yaml）的路径 – 得到的是“{found}”– {hint}",
        "en": "no such rubric – expected {expected}, or the path of a file (xlsx, yaml) – found {found!r} – {hint}",
    },
    "bad_rubric": {
        "zh": "评价标准不能使用 – 应符合 rubrics/README.md 或工作簿的“说明”页 – {file} 中有 {found} 处错误 – 请逐条改正：{faults}",
        "en": "the rubric cannot be used – expected one that keeps to rubrics/README.md, or the instructions of its workbook – {file} has {found} faults – correct each:{faults}",
    },
    # faults of a rubric: line, place, found, expected
    "rubric_not_yaml": {
        "zh": "第 {line} 行：不是正确的 YAML – 应为键与值，不含标签 – {found} – 请核对缩进、冒号、引号和括号",
        "en": "line {line}: not valid YAML – expected keys and values without tags – {found} – check indents, colons, quotes and brackets",
    },
    "rubric_too_large": {
        "zh": "文件过大 – 应为 {expected} 字节 – 得到的是 {found} – 请确认是否选对文件",
        "en": "the file is too large – expected {expected} bytes – found {found} – check that it is the right file",
    },
    "rubric_not_utf8": {
        "zh": "第 {line} 行：文字编码不对 – 应为 {expected} – 字节 {found} – 请另存为 UTF-8 编码",
        "en": "line {line}: wrong text encoding – expected {expected} – found byte {found} – save it as UTF-8",
    },
    "rubric_no_keys": {
        "zh": "文件没有键与值 – 应为 {expected} – 得到的是“{found}”– 请从自带的评价标准复制一份再改",
        "en": "the file has no keys and values – expected {expected} – found {found!r} – start from a copy of one of those shipped",
    },
    "rubric_alias": {
        "zh": "第 {line} 行：用了 YAML 别名（*）– 每项都应写全 – 得到的是“{found}”– 请把内容写在每一处",
        "en": "line {line}: a YAML alias (*) – expected everything written out – found {found!r} – write the content in each place",
    },
    "rubric_key_twice": {
        "zh": "第 {line} 行 {place}：同一项写了两次 – 应只写一次 – 得到的是“{found}”– 请删去一处",
        "en": "line {line}, {place}: a key stands twice – expected once – found {found!r} – remove one of them",
    },
    "rubric_unknown_key": {
        "zh": "第 {line} 行 {place}：没有这一项 – 应为 {expected} – 得到的是“{found}”– 请改正",
        "en": "line {line}, {place}: no such key – expected {expected} – found {found!r} – correct it",
    },
    "rubric_missing_key": {
        "zh": "第 {line} 行 {place}：缺少这一项 – 应为 {found}: {expected} – 没有 – 请补上",
        "en": "line {line}, {place}: the key is missing – expected {found}: {expected} – found none – add it",
    },
    "rubric_wrong_value": {
        "zh": "第 {line} 行 {place}：取值不正确 – 应为 {expected} – 得到的是“{found}”– 请改正",
        "en": "line {line}, {place}: the value cannot be used – expected {expected} – found {found!r} – correct it",
    },
    "rubric_unknown_word": {
        "zh": "第 {line} 行 {place}：取值无法识别 – 应为 {expected} – 得到的是“{found}”– 请改为其中之一",
        "en": "line {line}, {place}: the value is not one of the choices – expected {expected} – found {found!r} – use one of them",
    },
    "rubric_code_twice": {
        "zh": "第 {line} 行 {place}：代码重复 – {expected} 中的代码不应重复，也不应两项共用同一记录 – 得到的是“{found}”– 请改写一个",
        "en": "line {line}, {place}: a code is used twice – expected each once in {expected}, and one item for a record – found {found!r} – change one of them",
    },
    "rubric_points_differ": {
        "zh": "第 {line} 行 {place}：分值加不起来 – 下一级之和应为 {expected} – 得到的是 {found} – 请改写分值",
        "en": "line {line}, {place}: points do not add up – expected {expected} from what it is made of – found {found} – change the points",
    },
    "rubric_weights_differ": {
        "zh": "第 {line} 行 {place}：各来源权重之和不对 – 应为 {expected}，或写成整数比如 1、2、4 – 得到的是 {found} – 请改写权重",
        "en": "line {line}, {place}: the weights of the sources do not sum up – expected {expected}, or whole numbers as 1, 2, 4 – found {found} – change the weights",
    },
    "rubric_share_differs": {
        "zh": "第 {line} 行 {place}：写明的占比与分值不符 – 按分值和权重应为 {expected} – 得到的是 {found} – 请改写占比，或改写权重",
        "en": "line {line}, {place}: the share that is stated is not that of the points – expected {expected} from points and weights – found {found} – change the share or the weights",
    },
    "rubric_bands": {
        "zh": "第 {line} 行 {place}：等级的下限不对 – 应从高到低排列、各不相同，最低为 0（此处 {expected}）– 得到的是 {found} – 请改写下限",
        "en": "line {line}, {place}: the lower limit of a grade is wrong – expected the best first, no two alike, the last 0 (here {expected}) – found {found} – change the limit",
    },
    "rubric_not_together": {
        "zh": "第 {line} 行 {place}：两者不能同时使用 – 应为 {expected} – 得到的是“{found}”– 请改写其中之一",
        "en": "line {line}, {place}: the two do not go together – expected {expected} – found {found!r} – change one of them",
    },
    "rubric_bad_formula": {
        "zh": "第 {line} 行 {place}：公式无法计算 – 此处应为 {expected} – 得到的是“{found}”– 请改写公式",
        "en": "line {line}, {place}: the formula cannot be computed – expected {expected} here – found {found!r} – rewrite it",
    },
    "no_geojson": {
        "zh": "没有界线文件 – 地图由您自己的界线文件（GeoJSON）画成 – 没有给出 – 请用 --geojson 指明文件，每个区域的属性中应有 area_code",
        "en": "no boundaries are given – expected your own file of boundaries (GeoJSON): the package brings no map – found none – name it with --geojson, with area_code in the properties of each area",
    },
}
