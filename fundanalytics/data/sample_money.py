"""The money of the fictional district: allocations, projects, payments, and the old funds before them.

Part of ``sample``, whose docstring states the process and its constants.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .sample_areas import YEARS

ARRIVED, PAID, PROJECTS = 125_000_000.00, 122_250_000.00, 3512  # 2018-2020; paid by 31 December 2020: 97.8 %
OLD_USAGE = 0.808  # 97.8 % less the published 17 points: derived, never published
FORMULA = {"urban": (100_000, 1_500), "rural": (250_000, 4_000)}  # yuan a year, and per 100 residents (2018 意见)
CUT_OFF = pd.Timestamp("2020-12-31")
# share of last payments by month, and after the year; a fund arrives in April and is spent at the year's end
SEASON = (0.005, 0.005, 0.01, 0.02, 0.04, 0.06, 0.07, 0.07, 0.09, 0.11, 0.18, 0.30)
LATE = {"2018": 0.075, "2019": 0.066, "2020": 0.054}  # share of projects whose last payment comes after the year

WORKS = {
    "party_service": (0.10, 1.0, ("党群服务站改造", "党员志愿服务队活动", "党建文化墙", "老党员关爱行动", "流动党群课堂")),
    "literacy": (0.14, 0.7, ("居民夜校", "青少年暑期课堂", "智能手机培训", "健康讲座", "垃圾分类培训", "法律知识讲堂")),
    "volunteering": (0.13, 0.6, ("邻里互助志愿服务", "志愿者积分兑换", "为老送餐服务", "义务巡逻队装备", "爱心理发")),
    "environment": (0.25, 1.5, ("院落照明改造", "院落排水疏通", "楼道粉刷", "小微绿地提升", "晾衣架更新", "垃圾房改造", "破损路面修补")),
    "building": (0.16, 1.0, ("社区文化节", "百家宴", "社区微创投", "院落自治组织培育", "社区菜园")),
    "infrastructure": (0.10, 2.0, ("健身器材添置", "门禁系统", "监控补点", "休闲座椅", "便民通道")),
    "operating": (0.09, 0.5, ("办公耗材", "水电网费", "台账档案整理", "公示栏维护")),
    "other": (0.03, 0.6, ("应急物资储备", "节日慰问", "零星维修")),
}
WORK_CLASS = {"party_service": "service", "literacy": "service", "volunteering": "self_help", "environment": "works", "building": "service",
              "infrastructure": "goods", "operating": "goods", "other": "goods"}  # fmt: skip
MAJOR, GENERAL = 150_000, 50_000  # invented limits of the tiers: the real ones are not known


def make_allocations(rng: np.random.Generator, traits: pd.DataFrame, populations: pd.DataFrame) -> pd.DataFrame:
    """Guarantee money per community and year: the formula on residents, scaled once so that the published sum arrives."""
    money = populations[(populations["basis"] == "resident") & (populations["period"] >= "2018")].merge(traits, on="area_code")
    base, rate = (money["type"].map({k: v[i] for k, v in FORMULA.items()}) for i in (0, 1))
    formula = base + rate * money["persons"] / 100
    money["quota"] = (formula * (ARRIVED * 1.0015 / formula.sum())).round(-2)
    money["arrived"] = money["quota"]
    short = rng.choice(len(money), 6, replace=False)
    money.loc[short, "arrived"] = (money.loc[short, "quota"] * rng.uniform(0.86, 0.95, 6)).round(-2)
    rest, largest = ARRIVED - money["arrived"].sum(), money["arrived"].nlargest(40).index.difference(short)
    step = np.floor(rest / len(largest) / 100) * 100
    money.loc[largest, ["quota", "arrived"]] += step
    money.loc[largest[0], ["quota", "arrived"]] += rest - step * len(largest)
    day = np.where(rng.random(len(money)) < 0.06, rng.integers(122, 165, len(money)), rng.integers(75, 118, len(money)))
    money["arrived_on"] = pd.to_datetime(money["period"] + "-01-01") + pd.to_timedelta(day, "D")
    money["fund"] = "guarantee"
    columns = ["area_code", "street_code", "period", "fund", "quota", "arrived", "arrived_on", "type", "quality", "name_old", "name_new"]
    return money[columns].reset_index(drop=True)


def make_projects(rng: np.random.Generator, money: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Projects and payments of the guarantee fund whose sums are the published ones at the cut-off."""
    use = 1 / (1 + np.exp(-(4.1 + 0.8 * money["quality"] + rng.normal(0, 0.75, len(money)))))
    money["use"] = np.where(rng.random(len(money)) < 0.06, 0.9992, use)
    carried = rng.choice(np.flatnonzero((money["period"] != "2020") & (money["use"] < 1)), 4, replace=False)
    money.loc[carried, "use"] = rng.uniform(1.02, 1.05, 4)
    many = 3 + rng.multinomial(PROJECTS - 3 * len(money), (money["arrived"] ** 0.75 / (money["arrived"] ** 0.75).sum()).to_numpy())
    p = money.loc[money.index.repeat(many), ["area_code", "street_code", "period", "fund", "name_old", "name_new"]].copy()
    p["row"] = p.index
    p = p.reset_index(drop=True)
    p["category"] = rng.choice(list(WORKS), len(p), p=[w[0] for w in WORKS.values()])
    p["part"] = rng.lognormal(0, 0.85, len(p)) * p["category"].map({k: w[1] for k, w in WORKS.items()})
    p["part"] = p["part"].clip(0.09, 5.0)
    p["part"] /= p.groupby("row")["part"].transform("sum")
    p = _dates(rng, p)
    parts = _instalments(rng, p)
    _calibrate(money, p, parts)
    p, payments = _amounts(rng, money, p, parts)
    return _describe(rng, p), payments


def _dates(rng: np.random.Generator, p: pd.DataFrame) -> pd.DataFrame:
    """The steps of each project, back from its last payment; blank where the ledger has a gap."""
    n, start = len(p), pd.to_datetime(p["period"] + "-01-01")
    month = rng.choice(12, n, p=np.array(SEASON) / np.sum(SEASON))
    last = month * 30.4 + rng.uniform(1, 30, n)
    late = _late(rng, p)
    p["last"] = np.where(late, 366 + rng.gamma(2.0, 32, n), last.clip(24, 364)).round()
    accepted = p["last"] - rng.integers(2, 15, n)
    finished = accepted - rng.integers(2, 18, n)
    # what is paid late was contracted inside its fund year: owed, not sediment
    contracted = np.minimum((finished - rng.lognormal(3.6, 0.5, n).round().clip(3, 200)).clip(lower=-8), 352 - rng.integers(0, 40, n))
    resolved = contracted - rng.integers(6, 26, n)
    days = {
        "proposed_on": resolved - rng.integers(7, 40, n),
        "resolved_on": resolved,
        "contracted_on": contracted,
        "started_on": np.minimum(contracted + rng.integers(1, 9, n), finished - 1),
        "planned_end_on": finished + rng.normal(9, 14, n).round(),
        "finished_on": finished,
        "accepted_on": accepted,
    }
    for name, day in days.items():
        p[name] = (start + pd.to_timedelta(day, "D")).mask(rng.random(n) < (0.01 if name == "contracted_on" else 0.025))
    asked = rng.random(n) < 0.05
    p["repair_asked_on"] = p["finished_on"].where(asked) + pd.to_timedelta(rng.integers(1, 4, n), "D")
    p["repaired_on"] = (p["repair_asked_on"] + pd.to_timedelta(rng.integers(2, 20, n), "D")).mask(rng.random(n) < 0.12)
    p["contract_day"] = contracted
    return p


def _late(rng: np.random.Generator, p: pd.DataFrame) -> np.ndarray:
    """Projects paid after their year; never those that are a large part of their community's money."""
    late = np.zeros(len(p), dtype=bool)
    for year, share in LATE.items():
        may = np.flatnonzero((p["period"] == year) & (p["part"] < 0.14))
        late[rng.choice(may, round(share * (p["period"] == year).sum()), replace=False)] = True
    return late


def _instalments(rng: np.random.Generator, p: pd.DataFrame) -> pd.DataFrame:
    """One to three payments a project, as shares of what it is paid in all, with their dates."""
    times = rng.choice([1, 2, 3], len(p), p=[0.62, 0.28, 0.10])
    parts = p.loc[p.index.repeat(times), ["row", "part", "period", "last", "contract_day"]].copy()
    parts["project"] = parts.index
    parts["turn"], parts["times"] = parts.groupby("project").cumcount(), np.repeat(times, times)
    parts = parts.reset_index(drop=True)
    split = {(1, 0): 1.0, (2, 0): 0.3, (2, 1): 0.7, (3, 0): 0.3, (3, 1): 0.5, (3, 2): 0.2}
    parts["split"] = [split[k] for k in zip(parts["times"], parts["turn"], strict=True)]
    first = parts["contract_day"].clip(lower=20) + rng.integers(4, 20, len(parts))
    share = np.where(parts["times"] == 1, 1.0, parts["turn"] / (parts["times"] - 1).clip(lower=1))
    day = np.minimum(first + share * (parts["last"] - first), parts["last"]).round()
    parts["paid_on"] = pd.to_datetime(parts["period"] + "-01-01") + pd.to_timedelta(day.clip(lower=12), "D")
    return parts


def _calibrate(money: pd.DataFrame, p: pd.DataFrame, parts: pd.DataFrame) -> None:
    """Scale what stays unspent so that, paid by the cut-off, the sum is ``PAID``."""
    timely = (parts["part"] * parts["split"] * (parts["paid_on"] <= CUT_OFF)).groupby(parts["row"]).sum().reindex(money.index)
    whole, saved = (timely * money["arrived"]).sum(), (timely * money["arrived"] * (1 - money["use"])).sum()
    money["use"] = 1 - (1 - money["use"]) * (whole - PAID) / saved
    p["paid"] = p["part"] * p["row"].map(money["use"] * money["arrived"])


def _amounts(rng: np.random.Generator, money: pd.DataFrame, p: pd.DataFrame, parts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Amounts as people write them: mostly round, some to the 分; budgets and contracts above what was paid."""
    kind = rng.random(len(p))
    p["paid"] = np.select([kind < 0.45, kind < 0.85], [p["paid"].round(-1), p["paid"].round()], p["paid"].round(2))
    amount = np.round(parts["project"].map(p["paid"]) * parts["split"], -1)
    final = parts["turn"] == parts["times"] - 1
    earlier = amount.where(~final, 0.0).groupby(parts["project"]).transform("sum")
    parts["amount"] = np.round(np.where(final, parts["project"].map(p["paid"]) - earlier, amount), 2)
    timely = parts["paid_on"] <= CUT_OFF
    largest = parts.loc[timely & final & (parts["times"] == 1), "amount"].idxmax()
    rest = round(PAID - parts.loc[timely, "amount"].sum(), 2)
    parts.loc[largest, "amount"] = round(parts.loc[largest, "amount"] + rest, 2)
    p.loc[parts.loc[largest, "project"], "paid"] += rest
    unpaid = rng.random(len(p)) < 0.07
    p["contract_amount"] = np.where(unpaid, (p["paid"] / 0.95).round(-1), p["paid"]).round(2)
    saving = np.where(rng.random(len(p)) < 0.45, 0.0, rng.uniform(0, 0.032, len(p)))
    p["budget"] = np.ceil(p["contract_amount"] * (1 + saving) / 100) * 100
    above = rng.choice(len(p), 8, replace=False)
    p.loc[above[:6], "budget"] = (p.loc[above[:6], "contract_amount"] * 0.96).round(-2)
    p.loc[above[6:], "contract_amount"] = (p.loc[above[6:], "paid"] * 0.97).round(2)
    plain = (p["category"] == "operating") & (rng.random(len(p)) < 0.6)
    p.loc[plain, ["contract_amount", "contracted_on"]] = None
    p.loc[rng.random(len(p)) < 0.006, "budget"] = np.nan
    p = p.sort_values(["period", "area_code", "resolved_on"], kind="stable")
    number = p.groupby(["period", "street_code"]).cumcount() + 1
    p["project_id"] = p["period"] + "-" + p["street_code"].str[-2:] + "-" + number.map("{:03d}".format)
    parts["project_id"] = parts["project"].map(p["project_id"])
    parts["street_code"] = parts["project"].map(p["street_code"])
    parts = parts.sort_values(["project_id", "paid_on"], kind="stable")
    count = parts.groupby(["period", "street_code"]).cumcount() + 1
    parts["payment_id"] = "Z" + parts["period"].str[2:] + parts["street_code"].str[-2:] + count.map("{:04d}".format)
    for flag, yes in (("has_invoice", 0.975), ("has_receipt", 0.985), ("has_bank_flow", 0.99)):
        parts[flag] = pd.Series(rng.random(len(parts)) < yes, parts.index, dtype="boolean").mask(rng.random(len(parts)) < 0.01)
    return p, parts.reset_index(drop=True)


def _describe(rng: np.random.Generator, p: pd.DataFrame) -> pd.DataFrame:
    """What is done, how it was contracted, who took part in it, and how far it is."""
    n = len(p)
    pick = rng.random(n)
    thing = [WORKS[c][2][int(x * len(WORKS[c][2]))] for c, x in zip(p["category"], pick, strict=True)]
    known_as = p["name_new"].where(p["period"] == "2020", p["name_old"])
    p["name"] = known_as + pd.Series(thing, p.index)
    again = p.groupby(["period", "area_code", "name"]).cumcount()
    p["name"] = p["name"].where(again == 0, p["name"] + "（" + (again + 1).map({2: "二", 3: "三", 4: "四", 5: "五"}).fillna("续") + "期）")
    p["work_class"] = p["category"].map(WORK_CLASS).mask(rng.random(n) < 0.02)
    p["list_class"] = pd.Series(np.where(rng.random(n) < 0.006, "prohibited", "priority"), p.index).where(p["category"] != "other").mask(rng.random(n) < 0.02)
    size = p["contract_amount"].fillna(p["budget"])
    p["tier"] = np.select([size >= MAJOR, size >= GENERAL], ["major", "general"], "small")
    due = p["tier"].map({"major": "tender", "general": "comparison", "small": "direct"}).where(p["work_class"] != "self_help", "self")
    p["sourcing"] = due.mask(rng.random(n) < 0.07, "direct").mask(rng.random(n) < 0.015)
    p["bidders"] = pd.Series(rng.integers(3, 7, n) - (rng.random(n) < 0.05), p.index, dtype="Int64").where(p["sourcing"].isin(["tender", "comparison"]))
    partner = (p["work_class"] == "service") & (rng.random(n) < 0.55)
    p["organisation_id"] = pd.Series(rng.integers(1, 83, n), p.index).map("JG{:03d}".format).where(partner)
    p["self_raised"] = (p["budget"] * rng.uniform(0.05, 0.15, n)).round(-2).where(rng.random(n) < 0.06)
    p["volunteers"] = pd.Series(rng.poisson(9, n), p.index, dtype="Int64").where(rng.random(n) < 0.6)
    p["groups_formed"] = pd.Series(rng.poisson(0.15, n), p.index, dtype="Int64").where(p["category"].isin(["building", "volunteering"]))
    draw = rng.random(n)
    p["status"] = np.select([draw < 0.004, draw < 0.03, draw < 0.05], ["stopped", "finished", "underway"], "accepted")
    p.loc[p["status"] != "accepted", ["accepted_on", "repair_asked_on", "repaired_on"]] = pd.NaT
    p.loc[p["status"].isin(["stopped", "underway"]), "finished_on"] = pd.NaT
    p["parent_project_id"] = None
    told = p["street_code"].str[-2:].isin(["01", "05", "09"])  # streets whose books have a column for it
    big = p[told & (p["category"] == "building") & (p["period"] == "2020")].nlargest(3, "budget")
    for parent in big.itertuples():
        children = (p["area_code"] == parent.area_code) & (p["period"] == "2020") & p["category"].isin(["volunteering", "literacy"])
        p.loc[children, "parent_project_id"] = parent.project_id
    return p.reset_index(drop=True)


def close_years(money: pd.DataFrame, payments: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Carry-over and clearing: what was contracted but not paid by 31 December goes on, the rest is cleared in May."""
    link = payments.merge(projects[["project_id", "area_code"]], on="project_id")
    late = link[link["paid_on"] > pd.to_datetime(link["period"] + "-12-31")].groupby(["area_code", "period"])["amount"].sum()
    paid = link.groupby(["area_code", "period"])["amount"].sum()
    key = pd.MultiIndex.from_frame(money[["area_code", "period"]])
    money["cleared"] = (money["arrived"] - paid.reindex(key).fillna(0).to_numpy()).clip(lower=0).round(2)
    money["cleared"] = money["cleared"].where((money["cleared"] > 0) & (money["period"] < "2020"))
    money["cleared_on"] = (pd.to_datetime((money["period"].astype(int) + 1).astype(str) + "-05-20")).where(money["cleared"].notna())
    before = pd.MultiIndex.from_arrays([money["area_code"], (money["period"].astype(int) - 1).astype(str)])
    money["carried_in"] = late.reindex(before).to_numpy()
    over = money["use"] > 1
    money.loc[over, "carried_in"] = money.loc[over, "carried_in"].fillna(0) + (money.loc[over, "arrived"] * (money.loc[over, "use"] - 0.99)).round(-2)
    money["carried_in"] = money["carried_in"].round(2)
    return money


def make_old_funds(rng: np.random.Generator, traits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """村公 for rural, 公服 for urban communities, 2012-2017: what arrived, and what the yearly accounts say was paid."""
    old = traits[traits["before"]]
    frames = []
    for i, year in enumerate(YEARS[:6]):
        rural = old["type"] == "rural"
        arrived = (np.where(rural, 200_000 + 60_000 * i, 90_000 + 8_000 * i) * rng.uniform(0.9, 1.1, len(old))).round(-2)
        use = 1 / (1 + np.exp(-(1.05 + 0.13 * i + 0.5 * old["quality"] - 0.25 * rural + rng.normal(0, 0.35, len(old)))))
        frames.append(pd.DataFrame({
            "area_code": old["area_code"], "period": year, "fund": np.where(rural, "cungong", "gongfu"), "quota": arrived, "arrived": arrived,
            "arrived_on": pd.Timestamp(f"{year}-04-01") + pd.to_timedelta(rng.integers(0, 60, len(old)), "D"), "use": use,
        }))  # fmt: skip
    old_money = pd.concat(frames, ignore_index=True)
    unspent = (1 - old_money["use"]) * old_money["arrived"]
    unspent *= (1 - OLD_USAGE) * old_money["arrived"].sum() / unspent.sum()
    value = (old_money["arrived"] - unspent).round(2)
    value.iloc[0] = round(value.iloc[0] + round(OLD_USAGE * old_money["arrived"].sum(), 2) - value.sum(), 2)
    totals = old_money[["area_code", "period", "fund"]].assign(measure="paid", value=value, as_of=pd.to_datetime(old_money["period"] + "-12-31"))
    return old_money.drop(columns="use"), totals


def make_incentive(rng: np.random.Generator, traits: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Incentive money for a dozen communities of 2020, one project each."""
    best = traits[traits["after"]].nlargest(20, "quality")
    won = best.iloc[rng.choice(len(best), 12, replace=False)].sort_values("area_code")
    amount = rng.choice([50_000.0, 80_000.0, 100_000.0, 150_000.0], len(won))
    ids = [f"2020-J-{i:03d}" for i in range(1, len(won) + 1)]
    day = pd.Timestamp("2020-07-01") + pd.to_timedelta(rng.integers(0, 60, len(won)), "D")
    paid = (amount * rng.uniform(0.7, 1.0, len(won))).round(-2)
    common = pd.DataFrame({"area_code": won["area_code"].to_numpy(), "period": "2020", "fund": "incentive"})
    projects = common.assign(project_id=ids, name=won["name_new"].to_numpy() + "特色治理示范", category="building", budget=amount, contract_amount=paid)
    vouchers = [f"ZJ20{i:04d}" for i in range(1, len(won) + 1)]
    return {
        "allocations": common.assign(quota=amount, arrived=amount, arrived_on=day),
        "projects": projects.assign(contracted_on=day + pd.Timedelta(days=30), status="accepted"),
        "payments": pd.DataFrame({"payment_id": vouchers, "project_id": ids, "amount": paid, "paid_on": day + pd.Timedelta(days=90)}),
    }
