"""The synthetic district: 示例区, invented from end to end, delivered as it would arrive in life.

Place in the flow: writes the files that ``load`` reads; nothing computes from here. ``write_sample`` makes ``data/sample``
(or, with ``communities``, Parquet files of any size); the same seed gives the same bytes.

The true process
----------------
Areas: 13 streets, 110 communities until 2019 and 90 from 2020 (mergers, absorptions, one split 62/38, six renames, four moved codes).
Each community has a hidden quality q (standard deviation about 0.45); in each street the best lasting one is the pilot.

Money: quota = 100,000 yuan + 1,500 per 100 residents (urban), 250,000 + 4,000 (rural), times one factor (0.989) so that 125,000,000 yuan
arrive in 2018-2020. What a community leaves unspent is logistic in q; being a pilot has *no* effect on spending.
3,512 projects, shares lognormal (0.85), mean budget about 35,700 yuan; last payments by month as ``sample_money.SEASON``, 4-6 % of the
payments after the year's end. Paid by 31 December 2020: 122,250,000 yuan, 97.8 %. A few communities spend up to 102 % of what arrived,
from money carried in. 2012-2017: 80.8 % by the yearly accounts, rising from 75 % to 84 %.

Survey: logit P(aware) = 0.40 + 0.55 [2020] + 0.75 q + 0.60 [pilot, from July 2019] + courtyard N(0, 0.55) + age.
Latent satisfaction = 1.30 + 0.20 [2020] + 0.75 q + 0.50 [pilot, from July 2019] + 0.30 [aware] + courtyard + age/2 + logistic noise,
cut at -2.9, -1.6, 0, 1.75. So the **true pilot effect** is 0.60 (awareness) and 0.50 plus about 0.03 by way of awareness (satisfied, 4-5),
in logits. Eight courtyards were drawn in a community, twelve in a pilot, six or seven answers in each: ``stratum_size`` counts the
courtyards there are, ``cluster_size`` the adults of one, weight = (stratum_size / drawn) x (cluster_size / answers there).

Registers: 2020 only. Each community has a pool of active people that its events draw from, some of them again and again; 4 % live elsewhere.

What a naive reading gets wrong
-------------------------------
- Pilots were the best communities before. In 2020 they stand 16 points (awareness) and 11 points (satisfied) above the rest; only 7 and 4
  of these came after 2018. Compare changes.
- The last year looks worst: as of the end of 2020 the three years stand at 98.7, 98.7 and 95.8 %, because late payments of 2020 are still to
  come. Each at its own year's end they stand at 94.0, 94.4 and 95.8 %: 2020 is the best.
- The fourth quarter takes nearly 60 % of the money: a year looked at in September is not a badly used one.
- 80.8 % was never published: it is 97.8 % less the published 17 points, from yearly accounts of other funds, and it was rising.
- 110 communities became 90: a community's money of 2018 may belong to another code in 2020.
- Answers of one courtyard are alike (correlation about 0.06): an interval that counts people instead of courtyards is too narrow.
- Person-times are not persons: one sign-in of 2020 in six is of somebody who came before. Residents by registration are 58 % of those who
  live there: the participation rate depends on which are meant.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from . import sample_areas as places
from . import sample_layouts as layouts
from . import sample_money as money
from . import sample_paper as paper
from . import sample_people as people
from . import sample_registers as registers
from . import sample_texts, schema

SEED = 2076  # of sixty seeds one whose answers lie near the true effects; others stray by 0.2
YEARS = ("2018", "2019", "2020")
OWN = "全区"  # folder of the district's own files
MAPPING = "# 虚构示例数据：本目录全部内容均为虚构 / every file in this folder is fictional\nname: 示例区\norigin: synthetic\n"


@dataclass(frozen=True)
class Planted:
    """A defect put into a street's books on purpose, and how a careful reader should meet it.

    ``rule``: word, date (one cell refused, or its row where the column is required), area and blank (row refused), duplicate
    (second row refused), conflict (both rows refused), total (found, nothing refused). ``refused``: rows or cells refused.
    """

    street: str
    period: str
    table: str
    rule: str
    column: str = ""
    found: str = ""
    refused: int = 1

    @property
    def file(self) -> str:
        if self.table == "participants":
            return f"{self.street}/{self.period}年签到册.csv"
        layout = layouts.LAYOUTS[self.street]
        return layout.file.format(street=self.street, year=self.period, sheet=layout.sheets[self.table])

    @property
    def sheet(self) -> str:
        return Path(self.file).stem if self.file.endswith(".csv") else layouts.LAYOUTS[self.street].sheets[self.table]


PLANTED = (
    Planted("梧桐街道", "2020", "projects", "word", "budget", "待定"),
    Planted("荷风街道", "2020", "projects", "word", "contract_amount", "面议"),
    Planted("澄湖街道", "2019", "payments", "word", "amount", "见合同"),
    Planted("鹿鸣街道", "2018", "payments", "word", "amount", "待定"),
    Planted("听松镇街道", "2020", "projects", "date", "finished_on", "2020.2.30"),
    Planted("晴岚街道", "2019", "events", "area", "area_code", "虹侨湾社区"),
    Planted("梧桐街道", "2020", "participants", "blank", "person_key", "", 2),
    Planted("晴岚街道", "2020", "payments", "duplicate"),
    Planted("雁塘街道", "2018", "projects", "duplicate"),
    Planted("云栖街道", "2019", "events", "duplicate"),
    Planted("榆林湾街道", "2020", "payments", "duplicate"),
    Planted("白鹭洲街道", "2018", "projects", "conflict", "budget", "", 2),
    Planted("竹影街道", "2019", "projects", "conflict", "contract_amount", "", 2),
    Planted("石榴坪街道", "2020", "payments", "conflict", "amount", "", 2),
    Planted("梧桐街道", "2018", "allocations", "total", "arrived", "-10000", 0),
    Planted("桐荫街道", "2020", "projects", "total", "budget", "27000", 0),
    Planted("石榴坪街道", "2019", "payments", "total", "amount", "-1980", 0),
    Planted("澄湖街道", "2020", "projects", "total", "contract_amount", "5400", 0),
)


def write_sample(out: str | Path = "data/sample", *, seed: int = SEED, communities: int | None = None) -> list[Path]:
    """Write the fictional district below ``out`` and return the files written.

    Parameters
    ----------
    out : folder, made if missing. Files of other names in it are left alone.
    seed : of the random generator; the same seed gives the same bytes.
    communities : write Parquet files of a district or city of this many communities instead (see ``sample_scale``).

    Returns
    -------
    list of Path : the files written, ``mapping.yml`` (name and origin) first.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.yml").write_text(MAPPING, "utf-8", newline="\n")
    if communities is not None:
        from .sample_scale import write_city

        return [folder / "mapping.yml", *write_city(folder, seed=seed, communities=communities)]
    tables = make_tables(seed)
    written = [folder / "mapping.yml", *_street_files(folder, tables), *_district_files(folder, tables), *sample_texts.write_texts(folder)]
    (folder / "README.md").write_text(dictionary(), "utf-8", newline="\n")
    return [*written, folder / "README.md"]


def make_tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """The district as it truly is: clean tables, before they are put on paper and spoilt. Extra columns are hidden traits."""

    def stream(name: str) -> np.random.Generator:
        """Each part has its own numbers, so that changing one leaves the others as they are."""
        return np.random.default_rng([seed, zlib.crc32(name.encode())])

    areas, crosswalk, traits = places.make_areas(stream("areas"))
    populations = places.make_populations(stream("populations"), traits, crosswalk)
    allocations = money.make_allocations(stream("allocations"), traits, populations)
    projects, payments = money.make_projects(stream("projects"), allocations)
    old, totals = money.make_old_funds(stream("old"), traits)
    events, participants = people.make_events(stream("events"), traits, populations, projects)
    then, now = (people.make_survey(stream(f"survey {year}"), traits, populations, year) for year in ("2018", "2020"))
    counts, old_surveys = people.make_old_counts(stream("counts"), traits)
    organisations = registers.make_organisations(stream("organisations"))
    made = {
        "areas": areas,
        "aliases": places.make_aliases(areas),
        "crosswalk": crosswalk,
        "traits": traits,
        "populations": populations,
        "allocations": money.close_years(allocations, payments, projects),
        "projects": projects,
        "payments": payments,
        "old_allocations": old,
        "totals": totals,
        "events": events,
        "participants": participants,
        "surveys": pd.concat([old_surveys, then[1], now[1]], ignore_index=True),
        "responses": pd.concat([then[0], now[0]], ignore_index=True),
        "response_counts": counts,
        "assessments": people.make_assessments(stream("assessments"), traits),
        "panel_scores": people.make_panel(stream("panel"), projects),
        "trainings": registers.make_trainings(stream("trainings"), traits),
        "organisations": organisations,
        "listings": registers.make_listings(stream("listings"), projects),
        "honours": registers.make_honours(stream("honours"), traits),
        "rectifications": registers.make_rectifications(stream("rectifications"), traits),
        "notices": registers.make_notices(stream("notices"), traits, projects),
        "targets": registers.make_targets(),
        "covariates": registers.make_covariates(stream("covariates"), traits),
        "corrections": registers.make_corrections(projects),
        "published": registers.make_published(),
    }
    incentive = money.make_incentive(stream("incentive"), traits)
    return made | {f"incentive_{name}": table for name, table in incentive.items()}


# --- the streets' books ------------------------------------------------------------------------------------------------
def _street_files(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    written = []
    for number, (street, layout) in enumerate(layouts.LAYOUTS.items(), 1):
        code = f"{places.DISTRICT}{number:03d}"
        for year in YEARS:
            sheets = []
            for table in ("allocations", "projects", "payments", "events"):
                rows = tables[table]
                rows = rows[(rows["street_code"] == code) & (rows["period"] == year)].reset_index(drop=True)
                rows = _paid_years(rows, layout) if table == "payments" else rows
                rows, wrong = _spoil(_named(rows, tables["areas"], year, layout), table, street, year)
                title = layout.title.format(street=street, year=year, what=layouts.WHAT[table])
                sheets.append(paper.sheet(table, rows, layout, title=title, street=street, wrong=wrong))
            written += _put(folder, layout, street, year, sheets)
        written.append(_register(folder, tables["participants"], code, street))
    return written


def _put(folder: Path, layout: layouts.Layout, street: str, year: str, sheets: list[paper.Sheet]) -> list[Path]:
    if layout is not layouts.TEXT:
        path = folder / layout.file.format(street=street, year=year)
        paper.write_book(path, sheets)
        return [path]
    paths = [folder / layout.file.format(street=street, year=year, sheet=s.name) for s in sheets]
    for path, made in zip(paths, sheets, strict=True):
        paper.write_text(path, made, "gb18030")
    return paths


def _named(rows: pd.DataFrame, areas: pd.DataFrame, year: str, layout: layouts.Layout) -> pd.DataFrame:
    """The community as this street writes it; in 2020 some rows still use a name given up at the change of year."""
    if "area_code" not in rows:
        return rows
    day = pd.Timestamp(int(year), 12, 31)
    valid = areas[(areas["valid_from"] <= day) & ~(areas["valid_to"] < day)]
    name = rows["area_code"].map(dict(zip(valid["area_code"], valid["area_name"], strict=True)))
    earlier = rows["area_code"].map(areas.drop_duplicates("area_code").set_index("area_code")["area_name"])
    name = name.where(rows.index % 7 != 3, earlier) if layout.total != "groups" else name
    if layout.area == "bare":
        name = name.str.removesuffix("社区")
    if layout.area == "suffix":
        name = name.where(rows["area_code"].str[-1].isin(list("02468")), name + "居委会")
    return rows.assign(area=name)


def _paid_years(payments: pd.DataFrame, layout: layouts.Layout) -> pd.DataFrame:
    """Streets with a column 支付年度: the year of the day of payment; now and then the day itself was not written down."""
    if "支付年度" not in layout.columns["payments"]:
        return payments
    years = payments["paid_on"].dt.year.astype("str")
    forgotten = (payments.index % 45 == 7) & (years == payments["period"])
    return payments.assign(period=years, paid_on=payments["paid_on"].mask(forgotten))


def _spoil(rows: pd.DataFrame, table: str, street: str, year: str) -> tuple[pd.DataFrame, dict[str, float]]:
    """The defects of ``PLANTED`` for one sheet: rows spoilt, and by how much stated totals are off."""
    wrong: dict[str, float] = {}
    for defect in PLANTED:
        if (defect.street, defect.period, defect.table) != (street, year, table):
            continue
        key = schema.TABLES[table].key[0]
        if defect.rule == "total":
            wrong[defect.column] = float(defect.found)
        elif defect.rule in ("word", "date") and not schema.TABLES[table][defect.column].required:
            rows = rows.astype({defect.column: "object"})
            rows.loc[4, defect.column] = defect.found
        elif defect.rule == "duplicate":
            rows = pd.concat([rows, rows.iloc[[6]]], ignore_index=True)
        else:
            rows = _added(rows, defect, key)
    return rows, wrong


def _added(rows: pd.DataFrame, defect: Planted, key: str) -> pd.DataFrame:
    """Rows that belong to nothing else, so that refusing them changes no sum of the rest."""
    last = str(rows[key].max())
    stem = last.rstrip("0123456789")
    new = rows.iloc[[-1]].assign(**{key: f"{stem}{int(last[len(stem) :]) + 1:0{len(last) - len(stem)}d}"})
    if defect.rule == "area":
        return pd.concat([rows, new.assign(area=defect.found)], ignore_index=True)
    if defect.rule == "word":
        return pd.concat([rows.astype({defect.column: "object"}), new.assign(**{defect.column: defect.found})], ignore_index=True)
    other = new.assign(**{defect.column: (new[defect.column].fillna(9_000.0) * 1.1).round(-2)})
    return pd.concat([rows, new, other], ignore_index=True)


def _register(folder: Path, participants: pd.DataFrame, code: str, street: str) -> Path:
    rows = participants[participants["street_code"] == code].reset_index(drop=True)
    if any(d.table == "participants" and d.street == street for d in PLANTED):
        rows.loc[[11, 57], "person_key"] = None
    path = folder / street / "2020年签到册.csv"
    layout = layouts.plain_layout("participants", ["event_id", "person_key", "household_key", "is_resident"], "")
    paper.write_text(path, paper.sheet("participants", rows, layout, title=f"示例区{street}2020年签到册"))
    return path


# --- the district's files ----------------------------------------------------------------------------------------------
_ANSWERS = """
    response_id area_code period wave stratum stratum_size cluster cluster_size weight is_resident age_group residence_years channels aware took_part
    satisfaction q_openness q_result
"""
# file: (table of schema, key in ``make_tables``, title) per sheet
_FILES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "区划与对照.xlsx": (("areas", "areas", "示例区区划"), ("crosswalk", "crosswalk", "示例区2020年区划调整对照"), ("aliases", "aliases", "示例区社区别名")),
    "人口2012-2020.csv": (("populations", "populations", "示例区各社区人口"),),
    "村公公服资金到位.xlsx": (("allocations", "old_allocations", "示例区村公、公服资金到位情况"),),
    "村公公服资金决算.csv": (("totals", "totals", "示例区村公、公服资金支出决算"),),
    "激励资金2020.xlsx": (
        ("allocations", "incentive_allocations", "示例区2020年激励资金到位"),
        ("projects", "incentive_projects", "示例区2020年激励资金项目台账"),
        ("payments", "incentive_payments", "示例区2020年激励资金支付明细"),
    ),
    "满意度测评批次.csv": (("surveys", "surveys", "示例区满意度测评批次"),),
    "满意度分级计数2017.csv": (("response_counts", "response_counts", "示例区满意度分级计数"),),
    "考评评分2020.csv": (("assessments", "assessments", "示例区社区考评评分"),),
    "现场评议打分2020.csv": (("panel_scores", "panel_scores", "示例区项目评议打分"),),
    "培训2018-2020.xlsx": (("trainings", "trainings", "示例区专场培训"),),
    "名录库与供需对接2020.xlsx": (("organisations", "organisations", "示例区社会组织和社会企业名录库"), ("listings", "listings", "示例区2020年供需对接项目")),
    "荣誉整改目标.xlsx": (
        ("honours", "honours", "示例区表彰荣誉"),
        ("rectifications", "rectifications", "示例区2020年问题整改"),
        ("targets", "targets", "示例区目标值"),
    ),
    "公示宣传2020.csv": (("notices", "notices", "示例区公示宣传"),),
    "协变量.csv": (("covariates", "covariates", "示例区协变量"),),
    "更正.csv": (("corrections", "corrections", "示例区更正"),),
    "公布数字.csv": (("published", "published", "公布数字"),),
}  # fmt: skip


def _district_files(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    written = []
    for file, parts in _FILES.items():
        path, sheets = folder / OWN / file, []
        for table, key, title in parts:
            rows = tables[key].reset_index(drop=True)
            columns = [c.name for c in schema.TABLES[table].columns if c.name in rows and rows[c.name].notna().any()]
            sheets.append(paper.sheet(table, rows, layouts.plain_layout(table, columns, title), title=title))
        if path.suffix == ".csv":
            paper.write_text(path, sheets[0])
        else:
            paper.write_book(path, sheets)
        written.append(path)
    for year in ("2018", "2020"):
        path = folder / OWN / f"满意度答卷{year}.csv"
        rows = tables["responses"][tables["responses"]["period"] == year].reset_index(drop=True)
        title = f"示例区{year}年满意度测评答卷"
        paper.write_text(path, paper.sheet("responses", rows, layouts.plain_layout("responses", _ANSWERS.split(), title), title=title))
        written.append(path)
    return written


# --- the data dictionary -----------------------------------------------------------------------------------------------
_HEAD = """# 示例数据字典 / Data dictionary of the sample

虚构示例数据：示例区、街道、社区、人员和全部数字均为虚构，只有公布数字（`{own}/公布数字.csv`）取自公开报道，供校准之用。
Fictional sample data, made by `fundanalytics sample`; this file is generated from `fundanalytics/data/schema.py`. The true process
behind the numbers is stated in `fundanalytics/data/sample.py`.

## 文件 / Files

| 文件 file | 内容 what |
|---|---|
| `<街道>/` 下逐年台账；`荷风街道` 为 GB18030 文本 | 资金到位、项目、支付、议事活动，六种版式 / one book per street and year, six layouts |
| `<街道>/2020年签到册.csv` | 2020 年议事活动签到（人员标识为虚构散列）/ sign-in registers, invented hashes |
{files}
| `texts/<区域代码>/<章节>.md` | 自撰文字 / what people wrote for a report, see below |
| `mapping.yml` | 数据集名称与来源标记 / name and origin of the data set |
{texts}
## 数据表 / Tables

表头可用中文（首列为规范写法，其余为可识别的别名）或英文字段名；★ 为必填。空白表示缺失，不表示零；金额单位为元（表头或表上注明万元的除外）。
"""


def dictionary() -> str:
    """The data dictionary in Markdown, Chinese first, from ``schema``."""
    files = "\n".join(
        f"| `{OWN}/{file}` | {'、'.join(schema.TABLES[t].title for t, _, _ in parts)} / {', '.join(t for t, _, _ in parts)} |" for file, parts in _FILES.items()
    )
    files += f"\n| `{OWN}/满意度答卷2018.csv`、`满意度答卷2020.csv` | 满意度测评答卷 / responses |"
    parts = [_HEAD.format(own=OWN, files=files, texts=sample_texts.told())]
    for table in schema.TABLES.values():
        parts.append(f"\n### {table.title} `{table.name}`\n\n每行 / one row per: {table.row}；主键 / key: {', '.join(f'`{k}`' for k in table.key)}\n\n"
                     "| 字段 column | 表头 headings | 内容 kind | 必填 | 代码 codes |\n|---|---|---|---|---|\n")  # fmt: skip
        for c in table.columns:
            codes = "；".join(f"`{code}` {'、'.join(words)}" for code, words in c.choices.items())
            parts.append(f"| `{c.name}` | {'、'.join(c.headings)} | {schema.KINDS[c.kind][1]} | {'★' if c.required else ''} | {codes} |\n")
        if table.name == "responses":
            parts.append("| `q_*` | q_openness（公开程度）、q_result（实施效果）等 | 1–5；空白为说不清 |  |  |\n")
    return "".join(parts)
