"""Residents of the fictional district: who came to events, what they answered, and how communities were assessed.

Part of ``sample``, whose docstring states the process and its constants.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .sample_areas import PILOT_FROM

# the true effect of being a pilot, on the logit scale, on every survey answered after ``PILOT_FROM``
PILOT_AWARE, PILOT_SATISFIED = 0.60, 0.50
# what happened to everybody between 2018 and 2020, and how much the hidden quality of a community matters
TREND_AWARE, TREND_SATISFIED, QUALITY = 0.55, 0.20, 0.75
BASE_AWARE, BASE_SATISFIED = 0.40, 1.30
AWARE_SATISFIED = 0.30  # who knows of the fund is more content
COURTYARD_SPREAD = 0.55  # neighbours of one courtyard answer alike: standard deviation on the logit scale
CUTS = (-2.9, -1.6, 0.0, 1.75)  # levels 1|2|3|4|5 below the latent satisfaction
DONT_KNOW = (0.11, 0.03)  # of those unaware and of those aware of the fund
SURVEYED = {"2018": pd.Timestamp("2018-12-10"), "2020": pd.Timestamp("2020-12-05")}
CLUSTERS, PILOT_CLUSTERS = 8, 12  # courtyards drawn in a community, and in a pilot
BASIC, PERFORMANCE = [f"B{i:02d}" for i in range(1, 13)], [f"P{i}" for i in range(1, 5)]
AGES, AGE_MIX = ("18-29", "30-44", "45-59", "60+"), (0.18, 0.27, 0.25, 0.30)
CHANNELS = ("board", "meeting", "leaflet", "group_chat", "account", "door")


def logistic(x: np.ndarray | pd.Series) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(x, dtype="float64")))


def hexes(rng: np.random.Generator, n: int, digits: int) -> np.ndarray:
    """Invented identifiers, in the look of hashes."""
    return np.array([f"{v:0{digits}x}" for v in rng.integers(0, 16**digits, n)], dtype=object)


def make_events(rng: np.random.Generator, traits: pd.DataFrame, populations: pd.DataFrame, projects: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events of three years; sign-in registers of 2020 only, where people come again and some live elsewhere."""
    frames, registers = [], []
    adults = populations[(populations["basis"] == "resident") & (populations["period"] == "2020")].set_index("area_code")["eligible_persons"]
    for year, per_area, edition in (("2018", 3, "before"), ("2019", 4, "before"), ("2020", 7, "after")):
        areas = traits[traits[edition]]
        areas = areas.loc[areas.index.repeat(per_area + rng.poisson(2, len(areas)))].reset_index(drop=True)
        n = len(areas)
        events = areas[["area_code", "street_code", "quality", "pilot"]].assign(period=year)
        events["step"] = rng.choice(["proposal", "resolution", "implementation", "review"], n, p=[0.34, 0.26, 0.25, 0.15])
        events["held_on"] = pd.Timestamp(f"{year}-01-10") + pd.to_timedelta(rng.integers(0, 345, n), "D")
        events["channel"] = rng.choice(["meeting", "door", "app", "group_chat"], n, p=[0.62, 0.18, 0.12, 0.08])
        size = rng.lognormal(3.78 + 0.35 * events["quality"] + 0.25 * (events["pilot"] & (year == "2020")), 0.42, n).round().clip(8, 200).astype(int)
        events["persons"] = size
        events = events.sort_values(["area_code", "held_on"], kind="stable").reset_index(drop=True)
        number = events.groupby("street_code").cumcount() + 1
        events["event_id"] = "H" + events["period"].str[2:] + events["street_code"].str[-2:] + number.map("{:03d}".format)
        events["project_id"] = _some_project(rng, events, projects)
        if year == "2020":
            register = _register(rng, events, adults)
            registers.append(register)
            events["persons"] = events["event_id"].map(register.groupby("event_id").size())
        events["person_times"] = events["persons"]
        events["households"] = (events["persons"] * rng.uniform(0.7, 0.95, n)).round()
        events[["persons", "person_times", "households"]] = events[["persons", "person_times", "households"]].astype("Int64")
        events.loc[rng.random(n) < 0.04, "households"] = pd.NA
        frames.append(events)
    return pd.concat(frames, ignore_index=True), pd.concat(registers, ignore_index=True)


def _some_project(rng: np.random.Generator, events: pd.DataFrame, projects: pd.DataFrame) -> pd.Series:
    """Events of carrying out and of review name one of the community's projects."""
    about = projects[projects["period"] == events["period"].iloc[0]].groupby("area_code")["project_id"].agg(list)
    pick = rng.random(len(events))
    named = [about[a][int(x * len(about[a]))] if a in about.index else None for a, x in zip(events["area_code"], pick, strict=True)]
    return pd.Series(named, events.index).where(events["step"].isin(["implementation", "review"]))


def _register(rng: np.random.Generator, events: pd.DataFrame, adults: pd.Series) -> pd.DataFrame:
    """Each community has a pool of active people; each event draws from it, the most active more often."""
    rows = events.loc[events.index.repeat(events["persons"]), ["event_id", "area_code", "street_code"]].reset_index(drop=True)
    rate = events.groupby("area_code").agg(q=("quality", "first"), p=("pilot", "first"))
    pool = (adults.reindex(rate.index) * 0.13 * np.exp(0.5 * rate["q"] + 0.25 * rate["p"])).round().astype(int)
    rows["who"] = (rows["area_code"].map(pool) * rng.random(len(rows)) ** 1.5).astype(int)
    rows = rows.drop_duplicates(["event_id", "who"])
    people = rows[["area_code", "who"]].drop_duplicates().reset_index(drop=True)
    people["person_key"] = hexes(rng, len(people), 12)
    people["household_key"] = people["area_code"].str[-6:] + (people["who"] // 2).map("{:04x}".format)
    people.loc[rng.random(len(people)) < 0.10, "household_key"] = None
    people["is_resident"] = pd.Series(rng.random(len(people)) > 0.04, dtype="boolean").mask(rng.random(len(people)) < 0.004)
    return rows.merge(people, on=["area_code", "who"], how="left")[["event_id", "person_key", "household_key", "is_resident", "street_code"]]


def make_survey(rng: np.random.Generator, traits: pd.DataFrame, populations: pd.DataFrame, year: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers from eight courtyards of every community (twelve of a pilot), six or seven each, and the count of forms."""
    areas = traits[traits["before" if year == "2018" else "after"]].reset_index(drop=True)
    people = populations[(populations["basis"] == "resident") & (populations["period"] == year)].set_index("area_code")
    adults = areas["area_code"].map(people["eligible_persons"])
    areas["adults"], areas["stratum_size"] = adults, (adults / 620).round().clip(lower=14).astype(int)
    areas["drawn"] = np.where(areas["pilot"], PILOT_CLUSTERS, CLUSTERS)
    block = areas.loc[areas.index.repeat(areas["drawn"])].reset_index(drop=True)
    block["cluster"] = block["area_code"].str[-6:] + "Y" + (block.groupby("area_code").cumcount() + 1).map("{:02d}".format)
    block["cluster_size"] = (block["adults"] / block["stratum_size"] * rng.lognormal(-0.03, 0.25, len(block))).round().astype(int)
    block["shift"] = rng.normal(0, COURTYARD_SPREAD, len(block))
    block["n"] = 6 + rng.integers(0, 2, len(block))
    r = block.loc[block.index.repeat(block["n"])].reset_index(drop=True)
    r["weight"] = (r["stratum_size"] / r["drawn"] * r["cluster_size"] / r["n"]).round(3)
    r = _answers(rng, r, year)
    r["response_id"] = "D" + year[2:] + pd.Series(np.arange(1, len(r) + 1)).map("{:05d}".format)
    r["period"], r["wave"], r["stratum"] = year, "1", r["area_code"]
    valid = r.groupby("area_code").size().reindex(areas["area_code"]).to_numpy()
    returned = valid + rng.integers(0, 5, len(areas))
    surveys = pd.DataFrame({"area_code": areas["area_code"], "period": year, "wave": "1", "mode": "face", "scale": 5,
                            "issued": returned + rng.integers(2, 16, len(areas)), "returned": returned, "valid": valid})  # fmt: skip
    return r, surveys


def _answers(rng: np.random.Generator, r: pd.DataFrame, year: str) -> pd.DataFrame:
    n, later = len(r), year == "2020"
    treated = r["pilot"] & (SURVEYED[year] >= PILOT_FROM)
    r["age_group"] = rng.choice(AGES, n, p=AGE_MIX)
    older = r["age_group"].map(dict(zip(AGES, (-0.35, -0.05, 0.10, 0.22), strict=True)))
    r["is_resident"] = pd.Series(rng.random(n) > 0.05, dtype="boolean").mask(rng.random(n) < 0.005)
    r["residence_years"] = pd.Series(rng.gamma(1.6, 6.5, n).round(), dtype="Int64").mask(rng.random(n) < 0.03)
    aware = BASE_AWARE + TREND_AWARE * later + QUALITY * r["quality"] + PILOT_AWARE * treated + r["shift"] + older
    r["aware"] = pd.Series(rng.random(n) < logistic(aware), dtype="boolean")
    r["took_part"] = pd.Series((rng.random(n) < logistic(-2.0 + 0.6 * r["quality"] + 0.3 * later + older)) & r["aware"].to_numpy(bool), dtype="boolean")
    heard = rng.random((n, len(CHANNELS))) < np.array([0.42, 0.20, 0.18, 0.38, 0.16, 0.10])
    r["channels"] = [";".join(c for c, h in zip(CHANNELS, row, strict=True) if h) or CHANNELS[0] for row in heard]
    r["channels"] = r["channels"].where(r["aware"].astype(bool))
    latent = BASE_SATISFIED + TREND_SATISFIED * later + QUALITY * r["quality"] + PILOT_SATISFIED * treated + r["shift"] + 0.5 * older
    latent = latent + AWARE_SATISFIED * r["aware"].astype(float) + rng.logistic(0, 1, n)
    r["satisfaction"] = pd.Series(np.digitize(latent, CUTS) + 1, dtype="Int64")
    r["satisfaction"] = r["satisfaction"].mask(rng.random(n) < np.where(r["aware"].astype(bool), DONT_KNOW[1], DONT_KNOW[0]))
    for item, lean in (("q_openness", 0.15), ("q_result", -0.10)):
        level = np.digitize(latent + lean + rng.logistic(0, 0.8, n), CUTS) + 1
        r[item] = pd.Series(level, dtype="Int64").mask(rng.random(n) < 0.06)
    r["aware"] = r["aware"].mask(rng.random(n) < 0.006)
    return r


def make_old_counts(rng: np.random.Generator, traits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """2017: only counts per street are left, on four levels (not to be mixed with the five of later years)."""
    rows, surveys = [], []
    for street, quality in traits[traits["before"]].groupby("street_code")["quality"].mean().items():
        issued = int(rng.integers(160, 240))
        counts = rng.multinomial(issued - 12, [0.05, 0.11, 0.34 - 0.05 * quality, 0.50 + 0.05 * quality])
        rows += [(street, "2017", "1", "satisfaction", level, int(count)) for level, count in enumerate(counts, 1)]
        surveys.append((street, "2017", "1", "face", 4, issued, issued - 5, issued - 12))
    return (pd.DataFrame(rows, columns=["area_code", "period", "wave", "item", "level", "count"]),
            pd.DataFrame(surveys, columns=["area_code", "period", "wave", "mode", "scale", "issued", "returned", "valid"]))  # fmt: skip


def make_assessments(rng: np.random.Generator, traits: pd.DataFrame) -> pd.DataFrame:
    """2020: each community by itself, by two other streets and by the district on 0-100; pilots also half-way (wave 1)."""
    now, items = traits[traits["after"]].reset_index(drop=True), [*BASIC, *PERFORMANCE]
    streets = sorted(traits["street_code"].unique())
    truth = 84 + 7 * now["quality"].to_numpy()[:, None] + rng.normal(0, 4.5, (len(now), len(items)))
    frames: list[pd.DataFrame] = []
    for wave, mask in (("1", now["pilot"]), ("2", now["pilot"] | True)):
        for source, bias, noise in (("self", 5.0, 2.0), ("peer", 1.0, 5.0), ("peer", 1.0, 5.0), ("district", 0.0, 3.0)):
            if wave == "1" and source != "district":
                continue
            turn = len(frames)
            for i in np.flatnonzero(mask):
                own = streets.index(now.loc[i, "street_code"])
                who = {"self": now.loc[i, "area_code"], "peer": streets[(own + 3 * turn) % len(streets)], "district": "999901"}[source]
                value = (truth[i] - 6 * (wave == "1") + bias + rng.normal(0, noise, len(items))).clip(40, 100).round(1)
                frames.append(pd.DataFrame({"area_code": now.loc[i, "area_code"], "period": "2020", "wave": wave, "source": source, "assessor_code": who,
                                            "item_code": items, "value": value}))  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    draw = rng.random(len(table))
    table["status"] = np.select([(draw < 0.03) & (table["item_code"] == "B06"), draw > 0.992], ["not_applicable", "missing"], "scored")
    table["value"] = table["value"].where(table["status"] == "scored")
    return table


def make_panel(rng: np.random.Generator, projects: pd.DataFrame) -> pd.DataFrame:
    """Sixty projects of 2020 scored on the spot by three judges on three items."""
    chosen = projects[(projects["period"] == "2020") & (projects["fund"] == "guarantee")].nlargest(60, "budget")["project_id"].sort_values()
    grid = pd.MultiIndex.from_product([chosen, ["PW1", "PW2", "PW3"], ["执行情况", "经费合规", "社会成效"]], names=["project_id", "judge", "item_code"])
    panel = grid.to_frame(index=False)
    worth, strict = dict(zip(chosen, rng.normal(84, 5, len(chosen)), strict=True)), {"PW1": 1.5, "PW2": 0.0, "PW3": -2.5}
    panel["score"] = (panel["project_id"].map(worth) + panel["judge"].map(strict) + rng.normal(0, 3, len(panel))).clip(50, 100).round()
    return panel
