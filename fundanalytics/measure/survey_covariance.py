"""Several survey estimates of each community together: how they vary with one another, and draws of them that stay on their scales.

Place in the flow: between ``opinions`` (who answered what, and how they were drawn) and ``score_errors``. A resident who is satisfied
also gives a high score and more often knows of the fund, so errors of a community's estimates do not cancel: they come from one sample.

References: Lumley (2010), Complex Surveys, chapter 2; Särndal, Swensson & Wretman (1992), section 5.6. The authority for the
covariance is R's ``survey`` package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from . import counts, opinions
from .counts import POINTS, SCALE
from .definitions import CONFIDENCE
from .design import Design, Domains, design_of
from .estimates import Flags, Found, linear, variance_of
from .intervals import Floats, quantile_t
from .request import Request

NO_VARIATION, ONE_CLUSTER = "no_variation", "one_cluster"
DESIGNED = {"weight": 1.0, "stratum": None, "stratum_size": np.nan, "cluster": None, "cluster_size": np.nan}


def covariance(design: Design, found: Sequence[Found]) -> Floats:
    """Domains × estimates × estimates: covariances of estimates from the same answers, by V(a + b) of their influences.

    Not to be taken where a domain has one cluster (``Found.thin``): nothing is known of its variance.
    """
    made = np.stack([np.stack([f.variance for f in found], axis=-1)] * len(found), axis=-1) * np.eye(len(found))
    for (a, one), (b, other) in combinations(enumerate(found), 2):
        both, _ = variance_of(design, one.influence + other.influence, one.domains.codes, one.domains.count)
        made[:, a, b] = made[:, b, a] = (both - one.variance - other.variance) / 2
    return made


@dataclass(frozen=True, eq=False)
class Joint:
    """Estimates of each area, one column each, on a scale from 0 (its lower end) to 1 (its upper).

    Attributes
    ----------
    areas : Index
        Area codes, one per row.
    ends : array
        Lower and upper end of each estimate's scale.
    centre : array
        The estimates; blank where there are none.
    spread : array
        Standard errors on the log odds; 0 where everybody was asked.
    people : array
        Where an estimate is at an end of its scale, so that no log odds exist: the effective number of answers. Blank elsewhere.
    root : array
        Per area the root of the correlation matrix.
    df : array
        Degrees of freedom per area, the least of its estimates; blank where nothing is uncertain.
    note : array
        Codes per area: ``no_variation``, ``one_cluster``.
    """

    areas: pd.Index
    ends: Floats
    centre: Floats
    spread: Floats
    people: Floats
    root: Floats
    df: Floats
    note: np.ndarray

    @property
    def value(self) -> Floats:
        """The estimates in their own units."""
        return self._scaled(self.centre)

    @property
    def uncertain(self) -> Flags:
        """Which estimates carry an error."""
        return (self.spread > 0) | np.isfinite(self.people)

    def of(self, codes: pd.Series) -> Joint:
        """The same for these areas, in this order."""
        at = self.areas.get_indexer(pd.Index(codes))
        parts = {name: getattr(self, name)[at] for name in ("centre", "spread", "people", "root", "df", "note")}
        return replace(self, areas=self.areas[at], **parts)

    def draw(self, z: Floats, stretch: Floats | float = 1.0) -> Floats:
        """Draws × areas × estimates, in their own units, from independent standard normal ``z`` of that shape.

        ``stretch`` (draws × areas) makes normal errors those of t. At an end of the scale an estimate is drawn as its exact
        (Korn–Graubard) limits have it: their share of draws lies beyond each.
        """
        from scipy.special import expit, logit, ndtr

        z = np.einsum("ajk,cak->caj", self.root, z)
        with np.errstate(divide="ignore"):
            drawn = expit(logit(self.centre) + self.spread * z * np.asarray(stretch)[..., None])
        end = np.isfinite(self.people)
        if end.any():
            u, power, top = ndtr(z[:, end]), 1 / self.people[end], self.centre[end] == 1
            drawn[:, end] = np.where(top, u**power, 1 - (1 - u) ** power)
        return self._scaled(drawn)

    def _scaled(self, position: Floats) -> Floats:
        return self.ends[0] + position * (self.ends[1] - self.ends[0])


def joint(asked: Request, keys: Sequence[tuple[str, str]]) -> Joint:
    """Estimates of each community for some indicators and bases, with their covariance.

    Use: whatever adds survey estimates up. The values are those of the indicators, from the same answers and design.

    Notes
    -----
    Log odds: s = SE/(p(1−p)). Where all answers are alike the SE is not 0: with n the effective number that Korn and Graubard's limits
    rest on, V is that of one answer over n inside the scale (p(1−p) if all are the same: no score with that mean varies more), and at its
    end p is drawn as u^(1/n). Where a community has one cluster its variance is that of a simple sample times the median design effect of
    the others (that of one answer, where no community tells). Answers known as counts only are a simple sample.
    """
    found = _with_counts(asked, opinions.answers(asked))
    codes, areas = opinions.codes_at(asked, found, "community")
    domains = Domains(codes, np.arange(len(areas)).astype(object))
    read = [opinions.question(found, *key) for key in keys]
    told = [linear(found.design, y, np.ones(len(y)), domains) for y, _ in read]
    ends = np.array([(0.0, 1.0) if share else (POINTS, POINTS * SCALE) for _, share in read], dtype=float).T
    return _joint(areas, ends, found.design, told)


def _joint(areas: pd.Index, ends: Floats, design: Design, told: Sequence[Found]) -> Joint:
    length = ends[1] - ends[0]
    centre = (_columns(told, "value") - ends[0]) / length
    centre = np.where(np.abs(centre - np.round(centre)) < 1e-12, np.round(centre), centre)
    matrix = covariance(design, told) / np.outer(length, length)
    variance = np.maximum(np.diagonal(matrix, axis1=1, axis2=2), 0.0)
    n, certain, end = _columns(told, "n"), _columns(told, "certain").astype(bool), (centre == 0) | (centre == 1)
    lonely = _columns(told, "thin").astype(bool) | (_columns(told, "lonely").astype(bool) & (not design.centre_lonely))
    blind = (n > 0) & ~certain & lonely
    flat = (n > 0) & ~certain & ~blind & (_columns(told, "flat").astype(bool) | end)
    measured = (n > 0) & ~certain & ~blind & ~flat
    one, room = _columns(told, "spread") / length**2, centre * (1 - centre)
    people = np.where(blind, _alone(n, one, variance, measured), _flat_size(told))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.where(measured, variance, np.where(one > 0, one, room) / people))
        spread = np.where(certain | end, 0.0, error / room)
    df = _df(_columns(told, "df"), measured, blind, flat)
    note = np.array([";".join(code for code, hit in ((NO_VARIATION, f), (ONE_CLUSTER, b)) if hit)
                     for f, b in zip(flat.any(axis=1), blind.any(axis=1), strict=True)])  # fmt: skip
    root = _root(matrix, variance, measured, blind)
    return Joint(areas, ends, centre, spread, np.where((flat | blind) & end, people, np.nan), root, df, note)


def _columns(told: Sequence[Found], name: str) -> Floats:
    return np.stack([np.asarray(getattr(f, name), dtype=float) for f in told], axis=-1)


def _flat_size(told: Sequence[Found]) -> Floats:
    """The effective number of answers that Korn and Graubard's limits rest on where answers do not vary."""
    n, df = _columns(told, "n"), _columns(told, "df")
    return _columns(told, "kish") * (quantile_t(CONFIDENCE, n - 1) / quantile_t(CONFIDENCE, df)) ** 2


def _alone(n: Floats, one: Floats, variance: Floats, measured: Flags) -> Floats:
    """The effective number of answers where one cluster was drawn, by the median design effect of the others; 1 where none tells."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(measured & (one > 0), variance * n / one, np.nan)
        known = np.isfinite(effect).any(axis=0)
        middle = np.nanmedian(np.where(known, effect, 1.0), axis=0)
    return np.maximum(n / np.where(known, np.maximum(middle, 1.0), np.maximum(n, 1)), 1.0)


def _df(df: Floats, measured: Flags, blind: Flags, flat: Flags) -> Floats:
    """The least of an area's estimates; where one cluster was drawn, the median of the others."""
    middle = np.median(df[measured]) if measured.any() else 1.0
    mine = np.where(blind, middle, np.where(measured | flat, np.maximum(df, 1.0), np.inf))
    least = mine.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, np.nan)


def _root(matrix: Floats, variance: Floats, measured: Flags, blind: Flags) -> Floats:
    """Root of each area's correlation matrix. Of estimates from one cluster it is not known and taken as 1, of others without variation as 0."""
    error = np.sqrt(np.where(measured, variance, 1.0))
    both = measured[:, :, None] & measured[:, None, :]
    correlation = np.where(both, matrix / (error[:, :, None] * error[:, None, :]), 0.0)
    correlation = np.where(blind[:, :, None] & blind[:, None, :], 1.0, correlation)
    at = np.arange(measured.shape[1])
    correlation[:, at, at] = 1.0
    size, axes = np.linalg.eigh(correlation)
    return axes * np.sqrt(np.maximum(size, 0.0))[:, None, :]


def _with_counts(asked: Request, found: opinions.Answers) -> opinions.Answers:
    """The answers, and one for each that is known as a count only, of communities in which nobody's own satisfaction is known."""
    tallies = counts.counted(asked)
    if tallies.empty:
        return found
    known = found.wanted & found.right_scale & found.frame["satisfaction"].notna().to_numpy()
    mine = counts.at_level(asked, tallies, "community")
    mine = mine[mine["right"] & ~mine["at"].isin(found.area_code[known])]
    mine = mine.loc[mine.index.repeat(mine["count"].astype("int64"))].reset_index(drop=True)
    frame, size = found.frame, len(mine)
    stated = {name: blank for name, blank in DESIGNED.items() if name in frame and frame[name].notna().any()}
    more = pd.DataFrame({"area_code": mine["at"], "period": mine["period"], "satisfaction": mine["level"], **stated}, index=mine.index)
    whole = pd.concat([frame, more.astype({c: frame[c].dtype for c in more})], ignore_index=True)
    every = np.ones(size, dtype=bool)
    return replace(found, frame=whole, design=design_of(whole, centre_lonely=found.design.centre_lonely),
                   area_code=pd.concat([found.area_code, mine["at"]], ignore_index=True), wanted=np.concatenate([found.wanted, every]),
                   right_scale=np.concatenate([found.right_scale, every]))  # fmt: skip
