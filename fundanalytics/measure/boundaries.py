"""The areas a table is asked for, and how codes of other years lead to them.

Place in the flow: between the sums of ``tally`` (by the code of their time) and the rows of ``indicators``. One object per
call, so that no level walks the tree or the crosswalk again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..data.areas import LEVELS, ancestor, edition, period_end, to_edition, years
from ..data.dataset import Dataset
from ..kept import kept


@dataclass(frozen=True)
class Boundaries:
    """``areas``: the edition at the end of ``period``. ``links``: code, period → area_code, share, one row per part.

    A code may be reused when its area is redrawn, so where a record leads depends on its year.
    """

    period: str
    areas: pd.DataFrame
    tree: pd.DataFrame
    links: pd.DataFrame

    @cached_property
    def whole(self) -> pd.DataFrame:
        """code, period → the one code that holds it, or most of it: where people, who cannot be divided, are counted."""
        return self.links.sort_values(["code", "period", "share", "area_code"], ascending=[True, True, False, True]).drop_duplicates(["code", "period"])

    @cached_property
    def types(self) -> dict[str, str]:
        return dict(zip(self.areas["area_code"], self.areas["community_type"], strict=True))

    @cached_property
    def level_of(self) -> dict[str, str]:
        return dict(zip(self.tree["area_code"], self.tree["level"], strict=True))

    @cached_property
    def _ancestors(self) -> dict[str, dict[str, str]]:
        return {level: ancestor(self.tree, level) for level in LEVELS}

    def at(self, codes: pd.Series, level: str) -> pd.Series:
        """Code of each code's ancestor at ``level``, blank where there is none."""
        return codes.map(self._ancestors[level]).astype("str")

    def rows(self, levels: tuple[str, ...]) -> pd.DataFrame:
        """``level``, ``area_code`` and ``area_name`` of every area of these levels, sorted."""
        at = self.areas[self.areas["level"].isin(levels)]
        return at[["level", "area_code", "area_name"]].sort_values(["level", "area_code"]).reset_index(drop=True)

    def climb(self, frame: pd.DataFrame, levels: tuple[str, ...]) -> pd.DataFrame:
        """The rows once for each level, with ``level`` and the area there as ``area_code``; rows without one are left out."""
        each = [frame.assign(area_code=self.at(frame["area_code"], level), level=level) for level in levels]
        found = pd.concat(each, ignore_index=True)
        return found[found["area_code"].notna()]

    def spread(self, frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
        """``frame`` by the codes of this edition, ``columns`` times the share of each part."""
        linked = frame.rename(columns={"area_code": "code"}).merge(self.links, on=["code", "period"], how="left")
        linked["area_code"] = linked["area_code"].fillna(linked["code"])
        share = linked["share"].fillna(1.0)
        for column in columns:
            linked[column] = linked[column] * share
        return linked.drop(columns=["code", "share"])

    def move(self, frame: pd.DataFrame) -> pd.Series:
        """``area_code`` of each row (with its ``period``) as it is called now, undivided."""
        keys = frame[["area_code", "period"]].rename(columns={"area_code": "code"})
        moved = keys.merge(self.whole, on=["code", "period"], how="left")["area_code"].set_axis(frame.index)
        return moved.fillna(frame["area_code"]).astype("str")

    def told(self, frame: pd.DataFrame, known: pd.Series, keys: list[str]) -> pd.Series:
        """Whether a row's street reports the matter at all, for the same ``keys``: some row of it, or the district as a whole, is ``known``.

        Streets report together: where one does, a blank of its areas says none; where it does not, a blank says nothing. An area
        without a street answers for itself.
        """
        district, street = (self.at(frame["area_code"], level) for level in ("district", "street"))
        of = [frame[key] for key in keys]
        found = known.groupby([street.fillna(frame["area_code"]), *of]).transform("any")
        whole = known & frame["area_code"].eq(district)
        return found | whole.groupby([district.fillna(frame["area_code"]), *of]).transform("any") if whole.any() else found

    def divided(self, frame: pd.DataFrame) -> set[str]:
        """Communities of this edition whose people, of the records given, cannot be told from their neighbours'."""
        parts = self.links[self.links["share"] < 1 - 1e-9]
        return set(parts.merge(frame[["area_code", "period"]].drop_duplicates().rename(columns={"area_code": "code"}), on=["code", "period"])["area_code"])


@kept
def boundaries(dataset: Dataset, period: str, *, covers: tuple[str, ...] = ()) -> Boundaries:
    """The edition valid at the end of ``period``, and the way to it from every code and year of ``period`` and ``covers``.

    A code that no crosswalk leads on stays itself and is counted under the street it last belonged to.
    """
    areas = edition(dataset.areas, period_end(period))
    latest = dataset.areas.sort_values("valid_from", na_position="first").drop_duplicates("area_code", keep="last")
    tree = pd.concat([areas, latest[~latest["area_code"].isin(areas["area_code"])]], ignore_index=True)
    codes = pd.concat([tree["area_code"], dataset.crosswalk["old_code"]]).drop_duplicates()
    held = sorted({year for each in (period, *covers) for year in years(each)})
    start = pd.MultiIndex.from_product([codes, held], names=["code", "period"]).to_frame(index=False).astype("str")
    links = to_edition(start.assign(area_code=start["code"], part=1.0), dataset, period, columns=["part"]).rename(columns={"part": "share"})
    links = links.groupby(["code", "period", "area_code"], as_index=False)["share"].sum()
    return Boundaries(period, areas, tree, links)


def lifted(frames: list[pd.DataFrame], limits: Boundaries, keys: list[str]) -> list[pd.DataFrame]:
    """The frames with ``area_code`` at a level that all of them have.

    Where one frame knows a street (or the district) only as a whole, for the same ``keys``, its communities in the other
    frames are taken together, so that like is set against like.
    """
    for level in ("street", "district"):
        wholes = pd.concat([f.loc[f["area_code"].map(limits.level_of) == level, ["area_code", *keys]] for f in frames]).drop_duplicates()
        if wholes.empty:
            continue
        frames = [_lift(f, limits, level, wholes, keys) for f in frames]
    return frames


def below_wholes(frames: list[pd.DataFrame], limits: Boundaries) -> pd.DataFrame:
    """``level`` and ``area_code`` of the areas inside a street (or district) that some frame knows only as a whole.

    Their own figures, if any, lack what is known above only. ``frames``: ``area_code`` and ``period``.
    """
    found = [f.loc[f["area_code"].map(limits.level_of).isin(LEVELS[:2]), ["area_code", "period"]] for f in frames]
    if all(f.empty for f in found):
        return limits.areas.iloc[:0][["level", "area_code"]]
    wholes = set(limits.move(pd.concat(found, ignore_index=True)))
    areas = limits.areas[["level", "area_code"]]
    inside = [areas[at.isin(wholes) & (at != areas["area_code"])] for at in (limits.at(areas["area_code"], u) for u in LEVELS[:2])]
    return pd.concat(inside, ignore_index=True).drop_duplicates()


def expected_units(dataset: Dataset, limits: Boundaries, periods: list[str]) -> pd.DataFrame:
    """``area_code`` (of this edition) and ``period`` of every area without areas of its own that existed in that year."""
    parts = []
    for period in periods:
        then = edition(dataset.areas, period_end(period))
        ends = ~then["area_code"].isin(then["parent_code"]) & then["level"].ne("district")
        parts.append(then.loc[ends, ["area_code"]].rename(columns={"area_code": "code"}).assign(period=period))
    existed = pd.concat(parts, ignore_index=True).astype({"period": "str"}).merge(limits.links, on=["code", "period"])
    return existed.loc[existed["area_code"].isin(limits.areas["area_code"]), ["area_code", "period"]].drop_duplicates()


def _lift(frame: pd.DataFrame, limits: Boundaries, level: str, wholes: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    up = limits.at(frame["area_code"], level)
    marks = frame[keys].assign(area_code=up).merge(wholes.assign(whole=True), on=["area_code", *keys], how="left")
    whole = marks["whole"].notna().to_numpy()
    return frame.assign(area_code=frame["area_code"].mask(whole, up.to_numpy()))
