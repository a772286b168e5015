"""The widest gaps of a report: worse than the district, whichever way worse lies."""

from __future__ import annotations

import pandas as pd
from small import area_tree, small_dataset

from fundanalytics.measure.indicators import indicators
from fundanalytics.show.views import widest_gaps

TREE = area_tree({"S1": ["a", "b", "c"]})


def table() -> tuple[pd.DataFrame, object]:
    """a uses less than the others and leaves more idle; b is slow; c has nothing wrong."""
    own = {"period": "2020", "fund": "guarantee"}
    paid, days = {"a": 40, "b": 95, "c": 100}, {"a": 10, "b": 300, "c": 5}
    dataset = small_dataset(
        areas=TREE, allocations=[own | {"area_code": x, "quota": 100, "arrived": 100, "carried_in": 0} for x in paid],
        projects=[own | {"project_id": x, "name": x, "category": "other", "area_code": x, "contract_amount": paid[x], "proposed_on": "2020-01-01",
                         "accepted_on": pd.Timestamp("2020-01-01") + pd.Timedelta(days=days[x])} for x in paid],
        payments=[{"payment_id": x, "project_id": x, "amount": y, "paid_on": "2020-06-01"} for x, y in paid.items()],
    )  # fmt: skip
    return indicators(dataset, period="2020"), dataset


def test_less_idle_money_is_better_and_days_have_no_better_side() -> None:
    rows, dataset = table()
    found = widest_gaps(rows, dataset, "S1", "2020", lang="en", audience="street")
    found = found.set_index("indicator")
    assert set(found.index) == {"usage_rate", "sediment_rate"} and set(found["area_name"]) == {"name a"}
    assert found.loc["usage_rate", "gap"] < 0 < found.loc["sediment_rate", "gap"]
    assert "below the district" in found.loc["usage_rate", "reading"] and "above the district" in found.loc["sediment_rate", "reading"]


def test_an_estimate_is_listed_only_if_its_whole_interval_is_on_the_worse_side() -> None:
    rows, dataset = table()
    idle = rows["indicator"].eq("sediment_rate") & rows["area_code"].eq("a")
    for lower, listed in ((0.5, True), (0.1, False)):
        estimate = rows.assign(method=rows["method"].mask(idle, "survey, logit"), lower=rows["lower"].mask(idle, lower), upper=rows["upper"].mask(idle, 0.7))
        assert bool(widest_gaps(estimate, dataset, "S1", "2020", audience="street")["indicator"].eq("sediment_rate").any()) == listed


def test_a_share_of_a_handful_of_records_is_no_gap() -> None:
    rows, dataset = table()
    done = rows["indicator"].eq("completion_rate") & rows["basis"].eq("finished")
    for n, listed in ((4, False), (5, True)):
        few = rows.assign(
            value=rows["value"].mask(done & rows["area_code"].eq("a"), 0.2).mask(done & rows["level"].eq("district"), 0.9), n=rows["n"].mask(done, n)
        )
        few = few.assign(quality=few["quality"].mask(done, 1))
        assert bool(widest_gaps(few, dataset, "S1", "2020", audience="street")["indicator"].eq("completion_rate").any()) == listed
