"""A fictional city of any size as Parquet files, for trying speed and memory.

Part of ``sample``. The same process as the sample district in short: no redrawing, no pilots' effect, no planted defects, and nothing
is calibrated. One district for about a hundred communities, one street for about eight; codes have the usual 6, 9 and 12 digits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from .sample_money import FORMULA, GENERAL, MAJOR, SEASON, WORK_CLASS, WORKS
from .sample_people import COURTYARD_SPREAD, CUTS

YEARS = ("2018", "2019", "2020")
PER_DISTRICT, PER_STREET = 100, 8
FIRST_DISTRICT = 910_001  # a range of codes that belongs to nobody
PROJECTS, EVENTS, ANSWERS, CLUSTERS = 11, 5, 48, 8  # per community (and year)


def write_city(folder: Path, *, seed: int, communities: int) -> list[Path]:
    """``areas``, ``populations``, ``allocations``, ``projects``, ``payments``, ``events``, ``participants``, ``surveys``, ``responses`` as Parquet."""
    if communities < 1:
        raise ArgumentError("too_few_communities", found=communities)
    rng = np.random.default_rng(seed)
    areas, home = _areas(rng, communities)
    populations = _populations(rng, home)
    allocations = _allocations(home, populations)
    projects, payments = _projects(rng, allocations)
    events, participants = _events(rng, home)
    surveys, responses = _answers(rng, home)
    tables = {"areas": areas, "populations": populations, "allocations": allocations.drop(columns="quality"), "projects": projects, "payments": payments,
              "events": events, "participants": participants, "surveys": surveys, "responses": responses}  # fmt: skip
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"{name}.parquet")
        table.reset_index(drop=True).to_parquet(paths[-1], index=False, compression="zstd")
    return paths


def _numbered(prefix: str, count: int, digits: int) -> pd.Series:
    return prefix + pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(digits)


def _areas(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    i = np.arange(n)
    district, street = i // PER_DISTRICT, i % PER_DISTRICT // PER_STREET
    d_code = pd.Series(district + FIRST_DISTRICT).astype("str")
    s_code = d_code + pd.Series(street + 1).astype("str").str.zfill(3)
    code = s_code + pd.Series(i % PER_DISTRICT % PER_STREET + 10).astype("str").str.zfill(3)
    d_name = "示例" + pd.Series(district + 1).astype("str") + "区"
    s_name = d_name + pd.Series(street + 1).astype("str") + "号街道"
    home = pd.DataFrame({"area_code": code, "community_type": np.where(rng.random(n) < 0.28, "rural", "urban"), "quality": rng.normal(0, 0.45, n)})
    streets = pd.DataFrame({"area_code": s_code, "area_name": s_name, "level": "street", "parent_code": d_code}).drop_duplicates("area_code")
    districts = pd.DataFrame({"area_code": d_code, "area_name": d_name, "level": "district", "parent_code": ""}).drop_duplicates("area_code")
    names = s_name.str.removesuffix("街道") + pd.Series(i % PER_DISTRICT % PER_STREET + 1).astype("str") + "社区"
    own = pd.DataFrame({"area_code": code, "area_name": names, "level": "community", "parent_code": s_code, "community_type": home["community_type"]})
    return pd.concat([districts, streets, own], ignore_index=True), home


def _populations(rng: np.random.Generator, home: pd.DataFrame) -> pd.DataFrame:
    size = 11_000 * rng.lognormal(0, 0.38, len(home))
    frames = []
    for year in YEARS:
        for basis, share in (("resident", 1.0), ("registered", 0.58)):
            persons = size * share * 1.012 ** (int(year) - 2018)
            frames.append(pd.DataFrame({"area_code": home["area_code"], "period": year, "basis": basis, "persons": persons.astype("int64"),
                                        "households": (persons / 2.6).astype("int64"), "eligible_persons": (persons * 0.82).astype("int64")}))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _allocations(home: pd.DataFrame, populations: pd.DataFrame) -> pd.DataFrame:
    rows = populations[populations["basis"] == "resident"].merge(home, on="area_code")
    base, rate = (rows["community_type"].map({k: v[i] for k, v in FORMULA.items()}) for i in (0, 1))
    quota = (base + rate * rows["persons"] / 100).round(-2).astype("float64")
    return pd.DataFrame({"area_code": rows["area_code"], "period": rows["period"], "fund": "guarantee", "quota": quota, "arrived": quota,
                         "arrived_on": pd.to_datetime(rows["period"] + "-04-15").astype("datetime64[s]"), "quality": rows["quality"]})  # fmt: skip


def _projects(rng: np.random.Generator, allocations: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Projects share what their community spends; each is paid once or twice."""
    use = 1 / (1 + np.exp(-(3.9 + 0.8 * allocations["quality"].to_numpy() + rng.normal(0, 0.7, len(allocations)))))
    many = 3 + rng.poisson(PROJECTS - 3, len(allocations))
    at = np.repeat(np.arange(len(allocations)), many)
    n, part = len(at), rng.lognormal(0, 0.85, len(at))
    paid = np.round(part / np.bincount(at, part)[at] * (use * allocations["arrived"].to_numpy())[at])
    year = allocations["period"].to_numpy()[at]
    start = pd.to_datetime(pd.Series(year) + "-01-01")
    last = rng.choice(12, n, p=np.array(SEASON) / sum(SEASON)) * 30.4 + rng.uniform(1, 30, n) + np.where(rng.random(n) < 0.045, 60, 0)
    contracted = np.maximum(last - rng.uniform(20, 90, n), 0)
    dates = {name: (start + pd.to_timedelta(np.round(day), "D")).astype("datetime64[s]") for name, day in
             (("resolved_on", contracted - 12), ("contracted_on", contracted), ("finished_on", last - 12), ("accepted_on", last - 5))}  # fmt: skip
    category = rng.choice(list(WORKS), n, p=[w[0] for w in WORKS.values()])
    ids = _numbered("X", n, 8)
    projects = pd.DataFrame({"project_id": ids, "area_code": allocations["area_code"].to_numpy()[at], "period": year, "fund": "guarantee"})
    projects["name"] = "项目" + ids
    projects["category"], projects["work_class"] = category, pd.Series(category).map(WORK_CLASS)
    projects["tier"] = np.select([paid >= MAJOR, paid >= GENERAL], ["major", "general"], "small")
    projects["budget"], projects["contract_amount"] = np.ceil(paid * 1.01 / 100) * 100, paid
    projects = projects.assign(**dates, status="accepted")
    twice = rng.random(n) < 0.5
    first = np.round(paid * 0.3)
    one = pd.DataFrame({"project_id": ids, "amount": np.where(twice, paid - first, paid), "paid_on": start + pd.to_timedelta(np.round(last), "D")})
    two = pd.DataFrame({"project_id": ids[twice], "amount": first[twice], "paid_on": dates["contracted_on"][twice] + pd.Timedelta(days=7)})
    payments = pd.concat([one, two], ignore_index=True)
    payments["paid_on"] = payments["paid_on"].astype("datetime64[s]")
    payments.insert(0, "payment_id", _numbered("Z", len(payments), 9))
    for flag in ("has_invoice", "has_receipt", "has_bank_flow"):
        payments[flag] = rng.random(len(payments)) < 0.98
    return projects, payments


def _events(rng: np.random.Generator, home: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events of 2020; about twenty sign in at each, of a pool of sixty a community."""
    area = np.repeat(np.arange(len(home)), EVENTS)
    n, size = len(area), rng.poisson(20, len(area))
    ids = _numbered("H", n, 8)
    row = np.repeat(np.arange(n), size)
    who = area[row] * 1_000 + (60 * rng.random(len(row)) ** 1.5).astype("int64")
    participants = pd.DataFrame({"event_id": ids.to_numpy()[row], "who": who}).drop_duplicates(ignore_index=True)
    keys = pd.Series(participants.pop("who"))
    participants["person_key"], participants["household_key"] = "p" + keys.astype("str"), "h" + (keys // 2).astype("str")
    participants["is_resident"] = keys % 25 != 0
    persons = participants.groupby("event_id", sort=True).size().reindex(ids).fillna(0).to_numpy("int64")
    held = pd.Timestamp("2020-02-01") + pd.to_timedelta(rng.integers(0, 320, n), "D")
    events = pd.DataFrame({"event_id": ids, "area_code": home["area_code"].to_numpy()[area], "period": "2020"})
    events["step"] = rng.choice(["proposal", "resolution", "implementation", "review"], n)
    events = events.assign(held_on=held.astype("datetime64[s]"), channel="meeting", persons=persons, person_times=persons)
    return events, participants


def _answers(rng: np.random.Generator, home: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """2020: eight courtyards of each community, six answers each, alike within a courtyard."""
    n = len(home) * ANSWERS
    area, cluster = np.repeat(np.arange(len(home)), ANSWERS), np.arange(n) // (ANSWERS // CLUSTERS)
    lean = home["quality"].to_numpy()[area] * 0.75 + rng.normal(0, COURTYARD_SPREAD, len(home) * CLUSTERS)[cluster]
    aware = rng.random(n) < 1 / (1 + np.exp(-(0.95 + lean)))
    level = pd.Series(np.digitize(1.5 + lean + rng.logistic(0, 1, n), CUTS) + 1, dtype="Int64").mask(rng.random(n) < 0.05)
    code = home["area_code"].to_numpy()[area]
    responses = pd.DataFrame({"response_id": _numbered("D", n, 9), "area_code": code, "period": "2020", "wave": "1", "stratum": code, "stratum_size": 18.0,
                              "cluster": "Y" + pd.Series(cluster).astype("str"), "cluster_size": 500.0, "weight": 18 / CLUSTERS * 500 / (ANSWERS // CLUSTERS),
                              "is_resident": rng.random(n) > 0.05, "age_group": rng.choice(["18-29", "30-44", "45-59", "60+"], n), "aware": aware,
                              "took_part": aware & (rng.random(n) < 0.15), "satisfaction": level})  # fmt: skip
    surveys = home[["area_code"]].assign(period="2020", wave="1", mode="face", scale=5, issued=ANSWERS + 8, returned=ANSWERS, valid=ANSWERS)
    return surveys, responses
