"""The fictional district: its invented names, areas of two editions, crosswalk and people.

Part of ``sample``. No name here is one of the real district's; codes use 999901, which belongs to nobody.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

DISTRICT, DISTRICT_NAME = "999901", "示例区"
BEGAN, REDRAWN, LAST_OLD = pd.Timestamp("2012-01-01"), pd.Timestamp("2020-01-01"), pd.Timestamp("2019-12-31")
PILOT_FROM = pd.Timestamp("2019-07-01")
YEARS = tuple(str(y) for y in range(2012, 2021))
# resident population of the district in 2018 that brings the formula of 2018 to the published 125 M yuan over three years
PEOPLE, RURAL_CROWD = 1_192_000, 1.2

# street: communities until 2019, in code order (010, 011, …)
STREETS: dict[str, str] = {
    "梧桐街道": "梧桐里 望溪 棠梨 清和苑 栖霞 柳荫路 采薇 长亭 知春",
    "澄湖街道": "澄湖湾 映月 临渊 渔歌 鸥鹭 芦荻 明远 湖心亭 烟波 碧涛 水云间 曲岸 新园",
    "听松镇街道": "听松坪 松涛 古松 松风 青岩 石径 听泉 望岳",
    "鹿鸣街道": "鹿鸣坡 呦呦 苹野 芳甸 春草 草堂东 晓风 麓园",
    "晴岚街道": "晴岚 远岫 岚光 霁月 朝霞 暮云 虹桥湾",
    "竹影街道": "竹影巷 筠溪 幽篁 竹喧 竹韵路 修竹 碧筠 凤尾",
    "雁塘街道": "雁塘堰 归雁 芦雁 秋水 落霞",
    "桐荫街道": "桐荫路 凤栖 桐花 清桐 碧梧 栖梧",
    "白鹭洲街道": "白鹭洲 鹭鸣 沙洲 汀兰 蒹葭 芷岸 杜若",
    "榆林湾街道": "榆湾 榆钱 榆塘 桑榆 桑陌 麻园 春蚕 采桑 织锦里 丝语 新园 榆荫",
    "石榴坪街道": "石榴园 榴花 丹若 红榴 坪上 坪下 石坎 石泉湾 果香 秋实路 榴苑",
    "云栖街道": "云栖坞 云岭 云起 行云 停云 云溪 云水 云舒 白云里 云根 云岫 云屏 彩云路",
    "荷风街道": "荷风桥 莲塘里 藕花",
}
RURAL_STREETS = ("听松镇街道", "榆林湾街道", "石榴坪街道", "云栖街道")

# what became of the old communities on 1 January 2020
MERGED = {  # new name: old ones; the new community has a new code even where the name lived on
    "栖霞": "栖霞 长亭", "烟波": "烟波 碧涛", "湖心": "明远 湖心亭", "松涛": "松涛 松风", "春草堂": "春草 草堂东", "云水": "云溪 云水 停云",
    "桑梓": "桑榆 桑陌", "石坎": "石坎 石泉湾", "榴苑": "榴苑 红榴 果香", "行云": "云起 行云",
}  # fmt: skip
ABSORBED = {"渔歌": "临渊", "鸥鹭": "映月", "听泉": "望岳", "麻园": "榆塘", "丝语": "织锦里", "坪下": "坪上", "云根": "云岭", "云岫": "云屏", "霁月": "岚光"}
SPLIT = {"云舒": {"云舒": 0.62, "云霓": 0.38}}
MOVED = ("芦荻", "晓风", "秋水", "采桑")
RENAMED = {"柳荫路": "柳荫", "竹韵路": "竹韵", "桐荫路": "桐荫里", "秋实路": "秋实", "彩云路": "彩云", "虹桥湾": "虹桥"}

# what people still call a community of the new edition
ALIASES = {"湖心": "湖心岛", "云霓": "云霓新区"}


def make_aliases(areas: pd.DataFrame) -> pd.DataFrame:
    """Other names of two communities."""
    code = dict(zip(areas["area_name"], areas["area_code"], strict=True))
    return pd.DataFrame([(f"{other}社区", code[f"{name}社区"]) for name, other in ALIASES.items()], columns=["alias", "area_code"])


def make_areas(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Areas, crosswalk, and one row per code ever used with its hidden traits (``quality``, ``type``, ``edition``)."""
    rows: list[tuple[object, ...]] = []
    cross: list[tuple[object, ...]] = []
    known: list[tuple[object, ...]] = []
    rows.append((DISTRICT, DISTRICT_NAME, "district", "", None, BEGAN, pd.NaT, pd.NaT))
    for number, (street, text) in enumerate(STREETS.items(), 1):
        code = f"{DISTRICT}{number:03d}"
        rows.append((code, street, "street", DISTRICT, None, BEGAN, pd.NaT, pd.NaT))
        kinds, olds = _types(street, text.split()), text.split()
        changes = _changes(olds)
        old_codes = {name: f"{code}{10 + i:03d}" for i, name in enumerate(olds)}
        born = list(dict.fromkeys(new for name in olds if name not in ABSORBED for new, _ in changes.get(name, ())))
        new_codes = {new: f"{code}{10 + len(olds) + i:03d}" for i, new in enumerate(born)}
        for name in olds:
            gone = name in changes
            kind = kinds[name]
            if name in RENAMED:
                rows.append((old_codes[name], f"{name}社区", "community", code, kind, BEGAN, LAST_OLD, pd.NaT))
                rows.append((old_codes[name], f"{RENAMED[name]}社区", "community", code, kind, REDRAWN, pd.NaT, pd.NaT))
            else:
                rows.append((old_codes[name], f"{name}社区", "community", code, kind, BEGAN, LAST_OLD if gone else pd.NaT, pd.NaT))
            cross += [(old_codes[name], new_codes.get(new, old_codes.get(new)), share, REDRAWN) for new, share in changes.get(name, ())]
            known.append((old_codes[name], name, RENAMED.get(name, name), code, street, kind, True, not gone))
        for new, new_code in new_codes.items():
            first = next(n for n in olds if any(to == new for to, _ in changes.get(n, ())))
            rows.append((new_code, f"{new}社区", "community", code, kinds[first], REDRAWN, pd.NaT, pd.NaT))
            known.append((new_code, new, new, code, street, kinds[first], False, True))
    areas = pd.DataFrame(rows, columns=["area_code", "area_name", "level", "parent_code", "community_type", "valid_from", "valid_to", "pilot_from"])
    crosswalk = pd.DataFrame(cross, columns=["old_code", "new_code", "share", "effective_from"])
    traits = pd.DataFrame(known, columns=["area_code", "name_old", "name_new", "street_code", "street", "type", "before", "after"])
    traits = _quality(rng, traits, crosswalk)
    pilots = traits.loc[traits["pilot"], "area_code"]
    areas.loc[areas["area_code"].isin(pilots), "pilot_from"] = PILOT_FROM
    return areas, crosswalk, traits.sort_values("area_code", ignore_index=True)


def _types(street: str, names: list[str]) -> dict[str, str]:
    """The last third of the communities of four outer streets is rural."""
    rural = set(names[len(names) // 3 :]) if street in RURAL_STREETS else set()
    return {name: "rural" if name in rural else "urban" for name in names}


def _changes(olds: list[str]) -> dict[str, tuple[tuple[str, float], ...]]:
    """Old name → what it became, with shares; absent where the code goes on."""
    found: dict[str, tuple[tuple[str, float], ...]] = {}
    for new, parts in MERGED.items():
        found |= {old: ((new, 1.0),) for old in parts.split() if old in olds}
    found |= {old: ((into, 1.0),) for old, into in ABSORBED.items() if old in olds}
    found |= {old: tuple(parts.items()) for old, parts in SPLIT.items() if old in olds}
    found |= {name: ((name, 1.0),) for name in MOVED if name in olds}
    return found


def _quality(rng: np.random.Generator, traits: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Hidden quality of each community; a new one has the mean of its parts. The best lasting one of each street is its pilot."""
    street = dict(zip(sorted(set(traits["street_code"])), rng.normal(0, 0.25, traits["street_code"].nunique()), strict=True))
    traits["quality"] = traits["street_code"].map(street) + rng.normal(0, 0.40, len(traits))
    mean = crosswalk.merge(traits[["area_code", "quality"]], left_on="old_code", right_on="area_code").groupby("new_code")["quality"].mean()
    heirs = traits["area_code"].isin(mean.index) & ~traits["before"]
    traits.loc[heirs, "quality"] = traits.loc[heirs, "area_code"].map(mean)
    lasting = traits[traits["before"] & traits["after"] & ~traits["area_code"].isin(crosswalk["new_code"])]
    traits["pilot"] = traits["area_code"].isin(lasting.loc[lasting.groupby("street_code")["quality"].idxmax(), "area_code"])
    return traits


def make_populations(rng: np.random.Generator, traits: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Resident and registered people per community and year 2012-2020; those of 2020 follow from the crosswalk."""
    old = traits[traits["before"]].copy()
    size = rng.lognormal(0, 0.38, len(old)) * np.where(old["type"] == "rural", RURAL_CROWD, 1.0)
    size *= PEOPLE / size.sum()
    registered = rng.uniform(0.42, 0.74, len(old))
    home = rng.uniform(2.35, 2.85, len(old))
    adult = rng.uniform(0.79, 0.86, len(old))
    frames = []
    for year in YEARS:
        now = pd.DataFrame({"area_code": old["area_code"].to_numpy(), "resident": size * 1.012 ** (int(year) - 2018)})
        now["registered"], now["households"], now["adults"] = now["resident"] * registered, now["resident"] / home, now["resident"] * adult
        if year == "2020":
            now = _carried(now, crosswalk)
        for basis in ("resident", "registered"):
            ratio = now[basis] / now["resident"]
            frames.append(pd.DataFrame({
                "area_code": now["area_code"], "period": year, "basis": basis, "persons": now[basis].round().astype("int64"),
                "households": (now["households"] * ratio).round().astype("int64"), "eligible_persons": (now["adults"] * ratio).round().astype("int64"),
            }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _carried(now: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Old communities' people brought to the new edition."""
    moved = now.merge(crosswalk, left_on="area_code", right_on="old_code", how="left")
    moved["area_code"] = moved["new_code"].fillna(moved["area_code"])
    counts = ["resident", "registered", "households", "adults"]
    moved[counts] = moved[counts].mul(moved["share"].fillna(1.0), axis=0)
    return moved.groupby("area_code", as_index=False)[counts].sum()
