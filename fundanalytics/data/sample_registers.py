"""The registers the fictional district keeps: trainings, partners, matching, honours, faults, notices, targets, published figures.

Part of ``sample``. Totals that were published (DOMAIN: 40+ trainings, 45 + 37 partners, 48 needs worth 3.32 M yuan) are met exactly.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .sample_areas import DISTRICT

TRAININGS, ATTENDED, MANUALS = 43, 2_368, 524
NEEDS, NEEDS_WORTH = 48, 3_320_000.0
SOURCE = "民生网/民生周刊 2021-03-12 http://www.msweekly.com/show.html?id=128313（真实区县的公开数字；示例区按此校准，余为虚构）"
DOMAINS = ("养老助残", "儿童青少年", "院落自治", "环境治理", "文化教育", "社区商业")
STEPS = ("proposal", "resolution", "implementation", "review")
PUBLISHED = (
    ("fund_arrived", 125_000_000, "=", "元", "2018", "2020", ""), ("projects", 3500, ">=", "个", "2018", "2020", ""),
    ("usage_rate", 0.978, "=", "比例", "2018", "2020", "usage_rate"), ("usage_rate_change", 0.17, "=", "比例之差", "2018", "2020", "usage_rate"),
    ("trainings", 40, ">=", "场", "2018", "2020", ""), ("training_attendees", 2300, ">=", "人次", "2018", "2020", ""),
    ("manuals", 500, ">=", "份", "2018", "2020", ""), ("pilots", 13, "=", "个", "2018", "2020", ""),
    ("social_organisations", 45, "=", "家", "2020", "2020", ""), ("social_enterprises", 37, "=", "家", "2020", "2020", ""),
    ("listings", 48, "=", "个", "2020", "2020", ""), ("listings_amount", 3_320_000, "=", "元", "2020", "2020", ""),
)  # fmt: skip


def split_whole(rng: np.random.Generator, total: int, parts: int, least: int) -> np.ndarray:
    """``total`` in ``parts`` whole numbers of at least ``least``, at random."""
    return least + rng.multinomial(total - least * parts, rng.dirichlet(np.full(parts, 4.0)))


def make_trainings(rng: np.random.Generator, traits: pd.DataFrame) -> pd.DataFrame:
    """Sessions of the district for a few streets, of streets for theirs, of communities for themselves; one row per community reached."""
    rows = []
    streets = sorted(traits["street_code"].unique())
    for i in range(TRAININGS):
        day = pd.Timestamp("2018-07-05") + pd.Timedelta(days=int(i * 20.8 + rng.integers(0, 12)))
        now = traits[traits["after" if day.year == 2020 else "before"]]
        level = ("district", "street", "community")[0 if i % 5 == 0 else 1 if i % 5 < 4 else 2]
        street = streets[int(rng.integers(len(streets)))]
        if level == "district":
            reached, by = now.groupby("street_code")["area_code"].first(), DISTRICT
        else:
            inside = now.loc[now["street_code"] == street, "area_code"]
            reached, by = (inside, street) if level == "street" else (inside.iloc[[int(rng.integers(len(inside)))]],) * 2
            by = street if level == "street" else reached.iloc[0]
        rows += [(f"PX{i + 1:03d}", level, by, area, day, f"保障资金使用管理第{i + 1}讲", STEPS[i % 4]) for area in reached]
    table = pd.DataFrame(rows, columns=["training_id", "level", "organiser_code", "area_code", "held_on", "topic", "step"])
    table["attendees"] = split_whole(rng, ATTENDED, len(table), 2)
    table["manuals"] = pd.Series(split_whole(rng, MANUALS, len(table), 0), dtype="Int64")
    return table


def make_organisations(rng: np.random.Generator) -> pd.DataFrame:
    kinds = ["social_organisation"] * 45 + ["social_enterprise"] * 37
    first, second = "晨暖同心知守向众益乐", "行邻舟园桥禾光伴语程"
    ending = {"social_organisation": "社会工作服务中心", "social_enterprise": "社区服务有限公司"}
    names = [f"示例区{first[i % 10]}{second[(i * 3 + i // 10) % 10]}{ending[kind]}" for i, kind in enumerate(kinds)]
    n = len(kinds)
    return pd.DataFrame({
        "organisation_id": [f"JG{i:03d}" for i in range(1, n + 1)], "name": names, "kind": kinds,
        "domains": [";".join(sorted(set(rng.choice(DOMAINS, 2)))) for _ in range(n)],
        "capability_score": rng.normal(82, 7, n).clip(55, 99).round(1), "capacity": pd.Series(rng.integers(1, 7, n), dtype="Int64").mask(rng.random(n) < 0.05),
        "rated_on": pd.Timestamp("2020-03-01") + pd.to_timedelta(rng.integers(0, 40, n), "D"),
    })  # fmt: skip


def make_listings(rng: np.random.Generator, projects: pd.DataFrame) -> pd.DataFrame:
    """Needs of 2020; two in three found a partner, mostly with a project that exists."""
    partnered = projects[(projects["period"] == "2020") & projects["organisation_id"].notna()]
    served = partnered.iloc[np.sort(rng.choice(len(partnered), NEEDS, replace=False))].reset_index(drop=True)
    share = rng.lognormal(0, 0.5, NEEDS)
    amount = (share / share.sum() * NEEDS_WORTH).round(-2)
    amount[0] += NEEDS_WORTH - amount.sum()
    matched = rng.random(NEEDS) < 0.68
    day = pd.Timestamp("2020-04-20") + pd.to_timedelta(np.sort(rng.integers(0, 60, NEEDS)), "D")
    table = served[["area_code", "period"]].assign(listing_id=[f"XQ20{i:03d}" for i in range(1, NEEDS + 1)], title=served["name"] + "需求")
    table["domain"], table["amount"], table["published_on"] = rng.choice(DOMAINS, NEEDS), amount, day
    table["organisation_id"] = served["organisation_id"].where(matched)
    table["matched_on"] = pd.Series(day + pd.to_timedelta(rng.integers(5, 60, NEEDS), "D")).where(matched)
    table["project_id"] = served["project_id"].where(matched & (rng.random(NEEDS) < 0.9))
    return table


def make_honours(rng: np.random.Generator, traits: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for year, edition in (("2018", "before"), ("2019", "before"), ("2020", "after")):
        best = traits[traits[edition]].nlargest(25, "quality")
        chosen = best.iloc[rng.choice(len(best), 9, replace=False)]
        for i, area in enumerate(chosen["area_code"]):
            level = ("district", "district", "city", "district", "city", "province")[i % 6]
            title = f"{year}年社区发展治理{('示范社区', '优秀案例', '先进集体')[i % 3]}"
            rows.append((area, year, level, title, pd.Timestamp(f"{year}-12-01") + pd.Timedelta(days=int(rng.integers(0, 25)))))
    return pd.DataFrame(rows, columns=["area_code", "period", "honour_level", "title", "awarded_on"]).sort_values(["period", "area_code"])


def make_rectifications(rng: np.random.Generator, traits: pd.DataFrame) -> pd.DataFrame:
    """Problems of 2020, more in weaker communities; one in eight is not yet put right, one in five late."""
    now = traits[traits["after"]]
    faults = ("公示时间不足", "议决记录不全", "发票缺失", "合同未备案", "验收资料不齐", "负面清单审核未留痕", "台账更新不及时")
    weight = np.exp(-0.8 * now["quality"])
    n = 64
    table = pd.DataFrame({"area_code": np.sort(rng.choice(now["area_code"], n, p=weight / weight.sum()))})
    table["rectification_id"] = [f"ZG20{i:03d}" for i in range(1, n + 1)]
    which = rng.integers(0, len(faults), n)
    table["item_code"] = [("B05", "B04", "B10", "B07", "B11", "B03", "B12")[i] for i in which]
    table["problem"] = [faults[i] for i in which]
    table["found_on"] = pd.Timestamp("2020-06-15") + pd.to_timedelta(rng.integers(0, 120, n), "D")
    table["due_on"] = table["found_on"] + pd.Timedelta(days=30)
    table["done_on"] = (table["found_on"] + pd.to_timedelta(rng.integers(5, 38, n), "D")).mask(rng.random(n) < 0.12)
    return table


def make_notices(rng: np.random.Generator, traits: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """2020: most projects were put up on the board or in the group chat; each community also told people of the fund."""
    told = projects[(projects["period"] == "2020") & projects["resolved_on"].notna()]
    told = told[rng.random(len(told)) < 0.86]
    a = pd.DataFrame({"area_code": told["area_code"], "step": "resolution", "project_id": told["project_id"],
                      "channel": rng.choice(["board", "group_chat", "account"], len(told), p=[0.6, 0.3, 0.1]),
                      "published_on": told["resolved_on"] + pd.to_timedelta(rng.integers(0, 9, len(told)), "D")})  # fmt: skip
    now = traits[traits["after"]]
    now = now.loc[now.index.repeat(2 + rng.poisson(1.5 + now["pilot"].astype(int)))]
    b = pd.DataFrame({"area_code": now["area_code"], "step": "proposal", "project_id": None,
                      "channel": rng.choice(["meeting", "leaflet", "group_chat", "account"], len(now), p=[0.35, 0.2, 0.3, 0.15]),
                      "published_on": pd.Timestamp("2020-01-15") + pd.to_timedelta(rng.integers(0, 300, len(now)), "D")})  # fmt: skip
    table = pd.concat([a, b], ignore_index=True).sort_values(["published_on", "area_code"], kind="stable").reset_index(drop=True)
    table["notice_id"], table["period"] = [f"GS20{i:04d}" for i in range(1, len(table) + 1)], "2020"
    table["reach"] = pd.Series(rng.lognormal(5.2, 0.7, len(table)).round(), dtype="Int64").mask(rng.random(len(table)) < 0.25)
    return table


def make_targets() -> pd.DataFrame:
    goals = (("usage_rate", "ge", 0.95), ("participation_rate", "ge", 0.03), ("satisfaction_rate", "ge", 0.85), ("awareness_rate", "ge", 0.75))
    return pd.DataFrame(goals, columns=["item_code", "operator", "target"]).assign(area_code=DISTRICT, period="2020", unit="比例")


def make_covariates(rng: np.random.Generator, traits: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for year, edition in (("2018", "before"), ("2020", "after")):
        now = traits[traits[edition]]
        older = (0.22 - 0.02 * now["quality"] + rng.normal(0, 0.03, len(now))).clip(0.08, 0.4).round(4)
        for name, value in (("share_60plus", older), ("old_courtyards", rng.poisson(9, len(now)))):
            rows.append(pd.DataFrame({"area_code": now["area_code"], "period": year, "name": name, "value": value}))
    return pd.concat(rows, ignore_index=True)


def make_corrections(projects: pd.DataFrame) -> pd.DataFrame:
    """Two decided corrections that touch neither money nor counts."""
    one, two = projects[(projects["period"] == "2020") & (projects["category"] == "literacy")].iloc[[0, 5]].itertuples()
    rows = [("GZ2020001", one.project_id, "volunteering"), ("GZ2020002", two.project_id, "building")]
    table = pd.DataFrame(rows, columns=["correction_id", "key", "new_value"]).assign(table="projects", column="category", old_value="literacy")
    return table.assign(reason="项目类别登记有误", decided_by="示例区评价工作组", decided_on=pd.Timestamp("2021-02-08"), evidence="工作组会议纪要（虚构）")


def make_published() -> pd.DataFrame:
    table = pd.DataFrame(PUBLISHED, columns=["figure", "value", "qualifier", "unit", "period_from", "period_to", "indicator"])
    return table.assign(area_code=DISTRICT, indicator=table["indicator"].replace("", None), source=SOURCE)
