"""What is kept between runs: the same numbers as computed anew, and never a stale one, whatever somebody did to what was given out."""

from __future__ import annotations

import dataclasses
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_folder import EAST, write_data

from fundanalytics import kept
from fundanalytics.data.load import load
from fundanalytics.measure import definitions
from fundanalytics.measure.compare import compare_periods
from fundanalytics.measure.disclosure import release
from fundanalytics.measure.indicators import indicators, usage_rate
from fundanalytics.publish.common import Common
from fundanalytics.publish.forks import ForkPool, obstacle
from fundanalytics.publish.runs import run_reports
from fundanalytics.publish.tame import is_tame
from fundanalytics.show.scores import scored

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("kept") / "data")


@pytest.fixture
def keeping():
    with kept.keeping() as results:
        yield results


def _rate(dataset) -> float:
    table = usage_rate(dataset, by="street", period="2020")
    return float(table.set_index("area_code").loc[EAST, "value"])


def _frames(thing) -> list[pd.DataFrame]:
    """All frames inside a result."""
    if isinstance(thing, pd.DataFrame):
        return [thing]
    if dataclasses.is_dataclass(thing):
        return [frame for field in dataclasses.fields(thing) for frame in _frames(getattr(thing, field.name))]
    inside = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else ()
    return [frame for one in inside for frame in _frames(one)]


def _reported(dataset) -> list[pd.DataFrame]:
    """What reports ask for, in their order."""
    table = release(indicators(dataset, period="2020"), "public")
    shown, ranking = scored(dataset, "governance_fund", period="2020", table=table)
    change = compare_periods(dataset, baseline="2018", current="2020", by="street")
    return [table, *_frames(shown), ranking, change, release(change, "public", beside=table), usage_rate(dataset, by="community", period="2019")]


def test_what_is_kept_equals_what_is_computed_anew(keeping):
    """At the first asking, at the second, and in a process that was told."""
    load_own = load.__globals__["_loaded"].__wrapped__
    plain = _reported(load_own(ROOT / "data" / "sample", None, None, ()))
    first = _reported(load(ROOT / "data" / "sample"))
    computed = len(keeping)
    told = pickle.loads(pickle.dumps(kept.news()))
    again = _reported(load(ROOT / "data" / "sample"))
    assert len(told) == len(keeping) == computed > 8
    with kept.keeping() as elsewhere:
        kept.learn(told)
        learned = _reported(load(ROOT / "data" / "sample"))
        assert elsewhere.keys() == told.keys()
    for results in (first, again, learned):
        for one, other in zip(plain, results, strict=True):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
            assert type(one) is type(other) and one.attrs.keys() == other.attrs.keys()


def test_nothing_is_kept_in_ordinary_work(small):
    assert load(small).payments is not load(small).payments
    assert kept._store is None and kept.news() == {}


# --- whoever writes to something gets the numbers of what it is now --------------------------------------------------------


def _cell(ds):
    ds.payments.loc[0, "amount"] = 100.0


def _column(ds):
    ds.payments["amount"] = [100.0, 500.0]


def _position(ds):
    ds.payments.iloc[0, ds.payments.columns.get_loc("amount")] = 100.0


def _at(ds):
    ds.payments.at[0, "amount"] = 100.0


def _isetitem(ds):
    ds.payments.isetitem(ds.payments.columns.get_loc("amount"), [100.0, 500.0])


def _replaced_table(ds):
    ds.tables["payments"] = ds.payments.assign(amount=[100.0, 500.0])


def _updated(ds):
    ds.payments.update(pd.DataFrame({"amount": [100.0]}))


def _evaluated(ds):
    ds.payments.eval("amount = amount - 800 * (amount > 800)", inplace=True)


def _renamed_columns(ds):
    ds.payments["spare"] = [100.0, 500.0]
    ds.payments.columns = [{"amount": "was", "spare": "amount"}.get(name, name) for name in ds.payments.columns]


def _taken_out_and_put_in(ds):
    ds.payments.pop("amount")
    ds.payments.insert(2, "amount", [100.0, 500.0])


def _sorted_and_relabelled(ds):
    ds.payments.sort_values("amount", inplace=True)
    ds.payments.index = [0, 1]
    ds.payments["amount"] = [500.0, 100.0]


def _more_arrived(ds):
    ds.allocations.loc[ds.allocations["area_code"].eq(f"{EAST}001"), "arrived"] = 9000


def _other_area(ds):
    ds.projects.loc[0, "area_code"] = "999902002001"
    ds.payments["amount"] = [100.0, 500.0]
    ds.projects.loc[0, "area_code"] = f"{EAST}001"


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # of ``inplace``
@pytest.mark.parametrize(
    "write",
    [
        _cell,
        _column,
        _position,
        _at,
        _isetitem,
        _replaced_table,
        _updated,
        _evaluated,
        _renamed_columns,
        _taken_out_and_put_in,
        _sorted_and_relabelled,
        _more_arrived,
        _other_area,
    ],
)
def test_a_dataset_that_was_written_to_gives_new_numbers_and_spoils_nobody_elses(small, keeping, write):
    mine, theirs = load(small), load(small)
    assert _rate(mine) == 0.9
    write(mine)
    assert _rate(mine) == pytest.approx(0.1)
    assert _rate(theirs) == _rate(load(small)) == 0.9


def test_a_written_copy_is_not_taken_for_the_kept_one(small, keeping):
    mine = load(small)
    assert _rate(mine) == 0.9
    assert _rate(dataclasses.replace(mine, tables={**mine.tables, "payments": mine.payments.assign(amount=[100.0, 500.0])})) == 0.1
    object.__setattr__(mine, "tables", {**mine.tables, "payments": mine.payments.assign(amount=[200.0, 500.0])})
    assert _rate(mine) == 0.2


@pytest.mark.parametrize("table", ["payments", "allocations", "projects", "areas"])
def test_no_array_leads_around_pandas_to_what_is_kept(small, keeping, table):
    """Through ``array`` or a numpy view a write would be seen by no comparison: it is refused, or reaches a copy."""
    frame, before = getattr(load(small), table), getattr(load(small), table).copy()
    for name in frame:
        for way in ("array", "values", "_values"):
            with pytest.raises(ValueError):
                array = getattr(frame[name], way)
                array[0] = array[-1]
        view = frame[name].to_numpy()
        if not view.flags.writeable:
            with pytest.raises(ValueError):
                view.flags.writeable = True
    for axis in (frame.columns, frame.index):
        with pytest.raises((ValueError, TypeError)):
            axis.array[0] = axis.array[-1]
    pd.testing.assert_frame_equal(getattr(load(small), table), before)


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds.rules.update(min_people=99),
        lambda ds: next(value for value in ds.rules.values() if isinstance(value, dict | list) and value).clear(),
        lambda ds: ds.texts.update({("1", "x"): "new"}),
        lambda ds: ds.payments.attrs.update(unit="yuan"),
        lambda ds: setattr(ds.payments.index, "name", "row"),
        lambda ds: setattr(ds.payments.columns, "name", "column"),
        lambda ds: ds.tables.pop("payments"),
    ],
    ids=["rules", "inside the rules", "texts", "attributes", "name of the index", "name of the columns", "a table less"],
)
def test_all_parts_of_a_dataset_are_looked_at_to_their_depth(small, keeping, change):
    asked: list[int] = []

    @kept.kept
    def counted(dataset):
        asked.append(1)
        return len(asked)

    ds = load(small)
    assert counted(ds) == counted(load(small)) == 1
    change(ds)
    assert counted(ds) == 2 and counted(load(small)) == 1


def test_results_of_arrays_and_nested_parts_cannot_be_spoiled(keeping):
    @dataclasses.dataclass(frozen=True)
    class Part:
        values: np.ndarray
        named: tuple[dict, ...]

    @kept.kept
    def made(x):
        return Part(np.arange(3.0), ({"a": [1]},))

    with pytest.raises(ValueError):
        made(1).values[0] = 9
    with pytest.raises(ValueError):
        made(1).values.flags.writeable = True
    made(1).named[0]["a"].append(2)
    assert made(1).values[0] == 0 and made(1).named == ({"a": [1]},)
    computed = []

    @kept.kept
    def strange(x):
        computed.append(x)
        return {"of": object()}  # of such a thing nobody can say whether it is as it was

    assert strange(1) is not strange(1) and computed == [1, 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.DataFrame({"a": pd.Series(["1"], dtype=object)}), pd.DataFrame({"a": pd.Series([1], dtype=object)})),
        (pd.DataFrame({"a": pd.Series([None], dtype=object)}), pd.DataFrame({"a": pd.Series([float("nan")], dtype=object)})),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [2, 1]}, index=[1, 0])),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]})),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, index=pd.Index([0], name="n"))),
        (pd.DataFrame({"a": pd.Categorical(["x"], [*"xy"], ordered=True)}), pd.DataFrame({"a": pd.Categorical(["x"], [*"yx"], ordered=True)})),
        (pd.DataFrame({1: [1]}), pd.DataFrame({"1": [1]})),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}).rename_axis(columns="c")),
    ],
)
def test_frames_known_by_content_are_told_apart_by_all_that_stands_in_them(one, other):
    assert kept._named(one) == kept._named(one.copy()) != kept._named(other)
    marked = one.copy()
    marked.attrs["audience"] = "public"
    assert kept._named(marked) not in ("", kept._named(one))


def test_a_frame_that_holds_what_can_be_written_to_has_no_name():
    assert kept._named(pd.DataFrame({"a": [[1]]})) == ""


# --- files -----------------------------------------------------------------------------------------------------------------


def test_a_file_that_changed_is_read_again(tmp_path, small, keeping, monkeypatch):
    shutil.copytree(small, tmp_path / "one" / "data")
    shutil.copytree(small, tmp_path / "two" / "data")
    own = tmp_path / "two" / "data" / "payments.csv"
    own.write_text(own.read_text().replace("900", "100"))
    monkeypatch.chdir(tmp_path / "one")
    assert _rate(load("data")) == 0.9
    monkeypatch.chdir(tmp_path / "two")
    assert _rate(load("data")) == 0.1, "the same words from another folder"
    own.write_text(own.read_text().replace("100", "300"))
    assert _rate(load("data")) == 0.3


def test_a_mapping_that_comes_beside_a_single_file_is_read(tmp_path, keeping):
    source = tmp_path / "areas.csv"
    source.write_text("area_code,area_name,level,parent_code,alias\n999902,试验区,district,9999,新区\n", encoding="utf-8")
    assert load(source).areas["area_name"].tolist() == ["试验区"]
    columns = "{area_code: area_code, area_name: alias, level: level, parent_code: parent_code}"
    (tmp_path / "mapping.yml").write_text(f"tables:\n  - {{table: areas, columns: {columns}}}\n", encoding="utf-8")
    assert load(source).areas["area_name"].tolist() == ["新区"]
    (tmp_path / "mapping.yml").write_text(f"tables:\n  - {{table: areas, columns: {columns.replace('alias', 'area_name')}}}\n", encoding="utf-8")
    assert load(source).areas["area_name"].tolist() == ["试验区"]


def test_rules_and_a_rubric_are_known_by_their_file_and_not_by_its_name(tmp_path, keeping, monkeypatch):
    @kept.kept
    def read(rubric, rules=None):
        return Path(rubric).read_text()

    for folder, text in (("a", "one"), ("b", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.yaml").write_text(text)
        monkeypatch.chdir(tmp_path / folder)
        assert read("own.yaml") == text
    (tmp_path / "b" / "own.yaml").write_text("six")
    assert read("own.yaml") == "six"


# --- what a fork tells ---------------------------------------------------------------------------------------------------------


def test_a_process_that_is_not_trusted_tells_nothing_and_gets_nothing_once_it_altered_the_package(small, keeping, monkeypatch):
    kept.keep()
    plain = load(small)
    assert _rate(plain) == 0.9 and kept.news()
    monkeypatch.setattr(kept, "_wary", True)
    assert indicators(load(small), period="2020", names=["usage_rate"]) is not None and kept.news() == {}
    met, own = len(keeping), type(plain).__getattr__
    for alter in (
        lambda patch: patch.setattr(definitions, "CONFIDENCE", 0.5),
        lambda patch: patch.delitem(definitions.INDICATORS, list(definitions.INDICATORS)[-1]),  # the last, which comes back to its place
        lambda patch: patch.setattr(type(plain), "__getattr__", lambda self, name: own(self, name)),
    ):
        with monkeypatch.context() as patch:
            alter(patch)
            assert load(small).payments is not load(small).payments, "what was kept is given out"
            assert _rate(load(small)) == 0.9 and len(keeping) == met and kept.news() == {}
    usage_rate(load(small), by="community", period="2020")
    assert len(keeping) > met


@pytest.mark.parametrize(
    ("code", "tame"),
    [
        ("import fundanalytics as fa\nds = fa.load('data')\ntable = fa.usage_rate(ds)\ntable[table['value'] > 0.5]\n[fa.say_usage(t) for t in (table,)]", True),
        ("from fundanalytics import load as read\nread('data')", True),
        ("import fundanalytics as fa\nfa.usage_rate = 1", False),
        ("import fundanalytics as fa\nfa.measure.definitions.INDICATORS.clear()", False),
        ("import fundanalytics as fa\nfa.INDICATORS.clear()", False),
        ("import fundanalytics as fa\nmine = fa\nmine.load", False),
        ("from fundanalytics import INDICATORS", False),
        ("from fundanalytics.data import load", False),
        ("import pandas as pd\npd.set_option('display.width', 3)", False),
        ("x.y = 1", False),
        ("x['y'] = 1", False),
        ("del x['y']", False),
        ("setattr(x, 'y', 1)", False),
        ("x.__class__", False),
        ("%load_ext x", False),
        ("with open('f') as f: pass", False),
    ],
)
def test_only_a_notebook_that_keeps_to_itself_is_trusted(code, tame):
    assert is_tame({"cells": [{"cell_type": "code", "source": line} for line in code.split("\n")]}) is tame


def test_only_so_many_results_are_kept(keeping, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 3)
    square = kept.kept(lambda x: x * x)
    assert [square(x) for x in range(9)] == [x * x for x in range(9)]
    kept.learn({f"k{i}": i for i in range(9)})
    assert len(keeping) == 3


@pytest.mark.skipif(bool(obstacle()), reason=obstacle())
def test_what_long_reports_share_is_worked_out_before_the_first_of_them(tmp_path, monkeypatch):
    """Otherwise those that run at the same time would each do it."""
    told: list[str] = []
    look, teach = Common.look_ahead, ForkPool._teach

    def looked(common, by, jobs):
        told.clear()
        look(common, by, jobs)
        assert {"tracing", "fundanalytics.measure.compare.compare_periods"} <= {name.partition("(")[0] for name in told}
        told.clear()

    def taught(pool, results):
        told.extend(pickle.loads(results))
        teach(pool, results)

    monkeypatch.setattr(Common, "look_ahead", looked)
    monkeypatch.setattr(ForkPool, "_teach", taught)
    made = run_reports(ROOT / "data" / "sample", period="2020", out=tmp_path / "out", only=["district", "999901001"], workers=2)
    assert made.failed == 0 and told
    shared = ("'pieces'", "score_errors.score_errors(", "figures.one(", "compare.compare_periods(")
    own = [name for name in told if not name.startswith("fundanalytics.measure.disclosure.release(") and "by='district'" not in name]
    assert not [name for name in own if any(part in name for part in shared)]
