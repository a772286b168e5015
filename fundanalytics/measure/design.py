"""How answers were drawn: strata, clusters, weights and what of them was sampled.

Place in the flow: turns the columns of ``responses`` into the arrays that ``survey`` computes with. It estimates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .intervals import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Design:
    """How the answers were drawn, one element per answer unless said otherwise.

    ``weights`` is 0 where an answer carries no usable weight (``unweighted`` counts these). ``stratum`` and ``psu`` are
    running numbers, a psu belonging to one stratum. ``psu_stratum``: stratum of each psu; ``drawn``: psus per stratum;
    ``fraction``: share of each stratum's psus that was drawn, 0 when unknown; ``psu_answers`` and ``psu_fraction``: the same
    for answers within each psu. ``centre_lonely``: a stratum with one psu is centred at the grand mean, not refused.
    """

    weights: Floats
    unweighted: NDArray[np.bool_]
    stratum: Ints
    psu: Ints
    psu_stratum: Ints
    drawn: Floats
    fraction: Floats
    psu_answers: Floats
    psu_fraction: Floats
    centre_lonely: bool = False


DESIGN_COLUMNS = ("weight", "stratum", "stratum_size", "cluster", "cluster_size")


def is_simple(responses: pd.DataFrame) -> bool:
    """Whether nothing is said of how the answers were drawn: no weight, stratum, cluster or size of either in any row."""
    return len(responses) > 0 and not any(responses[name].notna().any() for name in DESIGN_COLUMNS if name in responses)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype="float64", na_value=np.nan)


def _codes(*keys: pd.Series | ArrayLike) -> Ints:
    """Running number of each combination of keys; a blank is a key of its own."""
    parts = {str(i): pd.Series(np.asarray(k, dtype=object)).astype("str").fillna("") for i, k in enumerate(keys)}
    return pd.DataFrame(parts).groupby(list(parts), sort=True).ngroup().to_numpy(dtype=np.int64)


def _fractions(drawn: Floats, group: Ints, sizes: Floats) -> Floats:
    """Drawn / size per group: 0 (as with replacement) when the size is unknown or smaller than what was drawn."""
    size = np.full(len(drawn), np.nan)
    known = ~np.isnan(sizes)
    np.fmax.at(size, group[known], sizes[known])
    return np.where(size >= drawn, drawn / np.where(size > 0, size, 1), 0.0)


def _sample_strata(responses: pd.DataFrame, stratum: Ints, cluster: pd.Series) -> Ints:
    """Strata apart for each period and wave, since each is a sample of its own, unless they share clusters."""
    sample = _codes(*(responses[c] for c in ("period", "wave") if c in responses)) if {"period", "wave"} & set(responses) else np.zeros(len(responses), int)
    seen = pd.DataFrame({"stratum": stratum, "cluster": cluster.to_numpy(), "sample": sample}).dropna()
    repeated = seen.groupby(["stratum", "cluster"])["sample"].nunique()
    shared = repeated[repeated > 1].index.get_level_values("stratum").unique()
    return _codes(stratum, np.where(np.isin(stratum, shared), -1, sample))


def design_of(
    responses: pd.DataFrame, *, strata: str = "stratum", clusters: str = "cluster", weights: str = "weight",
    stratum_size: str = "stratum_size", cluster_size: str = "cluster_size", centre_lonely: bool = False,
) -> Design:  # fmt: skip
    """The design of a table of answers.

    Use: once per set of answers; then ask it for as many estimates as wanted. It misleads when the columns say less than
    what was done (clusters left out give limits that are too narrow).

    Parameters
    ----------
    responses : DataFrame
        One row per answer. A column that is absent or all blank counts as not part of the design: weight 1, stratum =
        ``area_code``, each answer its own cluster. Periods and waves are separate samples unless they share clusters.
    strata, clusters, weights : str
        Columns. Clusters are numbered within strata.
    stratum_size, cluster_size : str
        Columns: how many first-stage units (clusters; persons where answers are not clustered) the stratum has, and how many
        persons the cluster. A number of persons in the place of clusters only makes the limits a little wider.
    centre_lonely : bool
        Centre a stratum that has one cluster at the grand mean. Otherwise its domains get no limits.

    Returns
    -------
    Design

    Notes
    -----
    With clusters, the first-stage correction is used only where the size of every cluster of the stratum is known too: alone
    it would leave the second stage out. A stratum with a partly drawn cluster of one answer is taken as drawn with
    replacement. Weights below 0 or blank among known ones count as 0.
    """
    weight = _numbers(responses, weights)
    usable = np.isfinite(weight) & (weight >= 0)
    weight = np.ones(len(weight)) if np.isnan(weight).all() else np.where(usable, weight, 0.0)
    usable = weight > 0
    blank = pd.Series(pd.NA, index=responses.index, dtype="str")
    cluster = responses[clusters].astype("str") if clusters in responses else blank
    named = responses[strata].astype("str") if strata in responses else blank
    fallback = responses["area_code"].astype("str") if "area_code" in responses else blank.fillna("all")
    stratum = _sample_strata(responses, _codes(named.notna(), named.fillna(fallback)), cluster)
    alone = np.where(cluster.isna(), np.arange(len(responses)), -1)
    psu = _codes(stratum, cluster, alone)
    sizes = _numbers(responses, stratum_size), _numbers(responses, cluster_size)
    return _assemble(weight, usable, stratum, psu, cluster.notna().to_numpy(), *sizes, centre_lonely)


def _assemble(weight: Floats, usable: NDArray[np.bool_], stratum: Ints, psu: Ints, clustered: NDArray[np.bool_],
              stratum_size: Floats, cluster_size: Floats, centre_lonely: bool) -> Design:  # fmt: skip
    psus = int(psu.max()) + 1 if len(psu) else 0
    psu_stratum = np.zeros(psus, dtype=np.int64)
    psu_stratum[psu] = stratum
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    drawn = np.bincount(psu_stratum, minlength=strata).astype("float64")
    answers = np.bincount(psu, minlength=psus).astype("float64")
    fraction = _fractions(drawn, stratum, stratum_size)
    psu_fraction = _fractions(answers, psu, np.where(clustered, cluster_size, 1.0))
    two_stage = np.zeros(psus, dtype=bool)
    two_stage[psu] = clustered
    unknown = two_stage & ((psu_fraction == 0) | ((answers == 1) & (psu_fraction < 1)))
    fraction[psu_stratum[unknown]] = 0.0
    return Design(weight, ~usable, stratum, psu, psu_stratum, drawn, fraction, answers, psu_fraction, centre_lonely)
