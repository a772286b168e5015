"""The areas a table is asked for, and how codes of other years lead to them.

Place in the flow: between the sums of ``tally`` (by the code of their time) and the rows of ``indicators``. One object per
call, so that no level walks the tree or the crosswalk again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..data.areas import LEVELS, ancestor, edition, period_end, to_edition
from ..data.dataset import Dataset


@dataclass(frozen=True)
class Boundaries:
    """``areas``: the edition at the period's end. ``links``: old code → area_code, share, one row per part, valid codes too."""

    areas: pd.DataFrame
    tree: pd.DataFrame
    links: pd.DataFrame

    @cached_property
    def whole(self) -> dict[str, str]:
        """Every code → the one code that holds it, or most of it: where people who cannot be divided are counted."""
        largest = self.links.sort_values(["code", "share", "area_code"], ascending=[True, False, True]).drop_duplicates("code")
        return dict(zip(largest["code"], largest["area_code"], strict=True))

    @cached_property
    def parts(self) -> pd.DataFrame:
        """The links of codes that were divided."""
        return self.links[self.links["share"] < 1 - 1e-9]

    @cached_property
    def types(self) -> dict[str, str]:
        return dict(zip(self.areas["area_code"], self.areas["community_type"], strict=True))

    @cached_property
    def _ancestors(self) -> dict[str, dict[str, str]]:
        return {level: ancestor(self.tree, level) for level in LEVELS}

    def at(self, codes: pd.Series, level: str) -> pd.Series:
        """Code of each code's ancestor at ``level``, blank where there is none."""
        return codes.map(self._ancestors[level]).astype("str")

    def rows(self, level: str) -> pd.DataFrame:
        """``area_code`` and ``area_name`` of every area of the level, sorted."""
        at = self.areas[self.areas["level"] == level]
        return at[["area_code", "area_name"]].sort_values("area_code").reset_index(drop=True)

    def spread(self, frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
        """``frame`` by the codes of this edition, ``columns`` times the share of each part."""
        linked = frame.rename(columns={"area_code": "code"}).merge(self.links, on="code", how="left")
        linked["area_code"] = linked["area_code"].fillna(linked["code"])
        share = linked["share"].fillna(1.0)
        for column in columns:
            linked[column] = linked[column] * share
        return linked.drop(columns=["code", "share"])

    def move(self, codes: pd.Series) -> pd.Series:
        """Each code as it is called now, undivided."""
        return codes.map(self.whole).fillna(codes).astype("str")

    def divided(self, codes: pd.Series) -> set[str]:
        """Communities of this edition whose people, of the codes given, cannot be told from their neighbours'."""
        return set(self.parts.loc[self.parts["code"].isin(set(codes)), "area_code"])


def boundaries(dataset: Dataset, period: str) -> Boundaries:
    """The edition valid at the end of ``period``, and the way to it from every code that was ever used.

    A code that no crosswalk leads on stays itself and is counted under the street it last belonged to.
    """
    areas = edition(dataset.areas, period_end(period))
    latest = dataset.areas.sort_values("valid_from", na_position="first").drop_duplicates("area_code", keep="last")
    tree = pd.concat([areas, latest[~latest["area_code"].isin(areas["area_code"])]], ignore_index=True)
    codes = pd.concat([tree["area_code"], dataset.crosswalk["old_code"]]).drop_duplicates()
    start = pd.DataFrame({"code": codes, "area_code": codes, "share": 1.0}).reset_index(drop=True)
    links = to_edition(start, dataset, period, columns=["share"])
    links = links.groupby(["code", "area_code"], as_index=False)["share"].sum()
    return Boundaries(areas, tree, links)


def lifted(frames: list[pd.DataFrame], limits: Boundaries, keys: list[str]) -> list[pd.DataFrame]:
    """The frames with ``area_code`` at a level that all of them have.

    Where one frame knows a street (or the district) only as a whole, for the same ``keys``, its communities in the other
    frames are taken together, so that like is set against like.
    """
    level_of = dict(zip(limits.tree["area_code"], limits.tree["level"], strict=True))
    for level in ("street", "district"):
        wholes = pd.concat([f.loc[f["area_code"].map(level_of) == level, ["area_code", *keys]] for f in frames]).drop_duplicates()
        if wholes.empty:
            continue
        frames = [_lift(f, limits, level, wholes, keys) for f in frames]
    return frames


def _lift(frame: pd.DataFrame, limits: Boundaries, level: str, wholes: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    up = limits.at(frame["area_code"], level)
    marks = frame[keys].assign(area_code=up).merge(wholes.assign(whole=True), on=["area_code", *keys], how="left")
    whole = marks["whole"].notna().to_numpy()
    return frame.assign(area_code=frame["area_code"].mask(whole, up.to_numpy()))
