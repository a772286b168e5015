"""Charts by their traces, titles, units and what they say in words."""

from __future__ import annotations

import pandas as pd
import pytest
from tables_for_tests import compared, frame, full, streets, survey

from fundanalytics.errors import ArgumentError
from fundanalytics.show import charts, template


def bars_of(figure: object) -> list[object]:
    return [t for t in figure.data if t.type == "bar"]  # type: ignore[attr-defined]


def texts(figure: object) -> str:
    return " ".join(a.text for a in figure.layout.annotations)  # type: ignore[attr-defined]


def years(maker: object = full, **blank: object) -> pd.DataFrame:
    parts = [streets(maker, 4).assign(period=str(year)) for year in (2018, 2019, 2020)]
    table = pd.concat(parts, ignore_index=True)
    if blank:
        table.loc[(table["period"] == "2019") & (table["area_code"] == "999901002"), list(blank)] = list(blank.values())
    return table


def mix() -> pd.DataFrame:
    return pd.DataFrame({"category": ["other", "environment"], "projects": [1, 3], "budget": [1e5, 4e5], "paid": [1e5, 3e5], "share": [0.25, 0.75]})


def stages() -> pd.DataFrame:
    return pd.DataFrame({"stage": ["proposed", "resolved"], "projects": [4, 2], "share": [1.0, 0.5], "median_days": [None, 12.5]})


def funnel() -> pd.DataFrame:
    rows = streets(survey, 5)
    return rows[rows["level"] == "street"].assign(size=[10.0, 20, 30, 40, 50], expected=0.8, lower_95=0.7, upper_95=0.9, lower_998=0.6, upper_998=0.95,
                                                  outside=[False, True, False, False, False])  # fmt: skip


def every_chart(lang: str = "zh") -> dict[str, object]:
    rows = streets(survey, 5)
    return {
        "ranking": charts.plot_ranking(rows[rows["level"] == "street"], lang=lang), "trend": charts.plot_trend(years(), lang=lang),
        "comparison": charts.plot_comparison(frame(compared()), lang=lang), "mix": charts.plot_mix(mix(), about=full(), lang=lang),
        "stages": charts.plot_stages(stages(), about=full(), lang=lang), "funnel": charts.plot_funnel(funnel(), lang=lang),
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_chart_has_a_title_units_a_source_the_stamp_and_a_description(lang: str) -> None:
    stamp = {"zh": "虚构示例数据", "en": "Fictional sample data"}[lang]
    for name, figure in every_chart(lang).items():
        assert figure.layout.title.text, name
        assert "%" in f"{figure.layout.xaxis.title.text}{figure.layout.yaxis.title.text}", name
        assert stamp in texts(figure) and stamp in figure.layout.meta["caption"], name
        assert len(figure.layout.meta["description"]) > len(figure.layout.meta["title"]), name


def test_no_chart_offers_to_send_its_data_away() -> None:
    for figure in every_chart().values():
        assert "sendChartToCloud" in figure.layout.template.layout.modebar.remove
    assert template.CONFIG["showSendToCloud"] is False and template.CONFIG["plotlyServerURL"] == ""


def test_a_ranking_is_sorted_from_the_top_and_names_its_gaps() -> None:
    rows = streets(full, 4)
    rows.loc[1, ["value", "note"]] = [None, "no_denominator"]
    figure = charts.plot_ranking(rows[rows["level"] == "street"])
    (bars,) = bars_of(figure)
    assert list(bars.x) == sorted(bars.x, reverse=True) and len(bars.x) == 3
    assert figure.layout.yaxis.categoryarray[0] == "999901002"  # the blank one stands last, at the bottom
    assert "无数据：没有分母" in texts(figure)


def test_limits_are_drawn_whenever_the_rows_have_them() -> None:
    rows = streets(survey, 4)
    (points,) = charts.plot_ranking(rows[rows["level"] == "street"]).data
    assert points.x[0] + points.error_x.array[0] == pytest.approx(1.0)
    assert points.x[1] - points.error_x.arrayminus[1] == pytest.approx(points.x[1] - 0.05)
    assert charts.plot_trend(frame(survey(), survey(period="2019"))).data[-1].error_y.array is not None
    assert charts.plot_comparison(frame(compared())).data[2].error_x.array[0] == pytest.approx(0.02)


def test_a_full_count_is_drawn_without_limits_from_zero() -> None:
    rows = streets(full, 4)
    figure = charts.plot_ranking(rows[rows["level"] == "street"])
    assert bars_of(figure) and figure.layout.xaxis.range[0] == 0


def test_one_area_in_the_accent_and_the_others_grey() -> None:
    rows = streets(full, 4)
    (bars,) = bars_of(charts.plot_ranking(rows[rows["level"] == "street"], highlight="999901002"))
    assert list(bars.marker.color).count(template.CONTEXT) == 3 and template.colour("usage_rate") in bars.marker.color


def test_the_same_indicator_has_the_same_scale_whatever_its_values() -> None:
    low, high = (charts.plot_ranking(frame(full(value=value))).layout.xaxis.range for value in (0.2, 0.99))
    assert tuple(low) == tuple(high) == template.RANGES["share"]
    assert charts.plot_ranking(frame(full(value=1.5))).layout.xaxis.range[1] > 1.5


def test_a_year_without_data_is_a_named_gap_in_the_line() -> None:
    figure = charts.plot_trend(years(value=None, note="no_data"), highlight="999901002")
    assert pd.isna(figure.data[-1].y[1]) and not figure.data[-1].connectgaps
    assert "无数据" in texts(figure)


def test_stages_keep_their_order_and_the_mix_is_sorted_by_money() -> None:
    assert list(charts.plot_stages(stages(), about=full()).data[0].y) == ["proposed", "resolved"]
    assert list(charts.plot_mix(mix(), about=full()).data[0].x) == [0.75, 0.25]
    assert "30.00万元" in texts(charts.plot_mix(mix(), about=full()))


def named_in(figure: object) -> list[str]:
    return [a.text for a in figure.layout.annotations if a.yref != "paper"]  # type: ignore[attr-defined]


def test_a_funnel_names_what_lies_outside_and_the_area_in_question_which_is_no_outlier() -> None:
    assert named_in(charts.plot_funnel(funnel())) == ["第2街道"]
    figure = charts.plot_funnel(funnel(), highlight="999901003")
    assert named_in(figure) == ["第2街道", "第3街道"]
    shapes = {t.name: (len(t.x), t.marker.symbol) for t in figure.data if t.mode == "markers"}
    assert shapes["outside"] == (1, None) and shapes["mine"] == (1, "diamond")


def test_names_in_a_crowded_funnel_lie_apart_or_in_the_caption() -> None:
    rows = pd.concat([funnel().iloc[[1]].assign(area_code=str(i), area_name=f"第{i}社区", size=20 + i / 100) for i in range(60)], ignore_index=True)
    figure = charts.plot_funnel(rows)
    spots = [(a.ax or a.xshift, a.ay or a.yshift) for a in figure.layout.annotations if a.yref != "paper"]
    assert len(set(spots)) == len(spots) > 5
    assert all(name in figure.layout.meta["caption"] for name in set(rows["area_name"]) - set(named_in(figure)))


def test_who_may_not_be_named_has_no_name_on_any_chart() -> None:
    rows = funnel().replace({"area_code": {"999901002": "unnamed-01"}, "area_name": {"第2街道": "不具名"}})
    assert named_in(charts.plot_funnel(rows)) == [] and "Unnamed" in charts.plot_funnel(rows).layout.meta["alt"]["en"]


def test_a_sample_too_small_is_drawn_hollow() -> None:
    rows = frame(survey(quality=3), survey(area_code="999901002"))
    (points,) = charts.plot_ranking(rows).data
    assert list(points.marker.color).count("white") == 1 and "样本量不足" in texts(charts.plot_ranking(rows))


def test_ninety_communities_and_long_names_get_the_room_they_need() -> None:
    rows = streets(full, 90, level="community")
    rows["area_name"] = "天回镇及周边新建安置居住片区联合管理社区居民委员会" + rows["area_name"]
    figure = charts.plot_ranking(rows[rows["level"] == "community"])
    assert all("…" in name and name.endswith("社区") for name in figure.layout.yaxis.ticktext) and figure.layout.margin.l > 120
    assert all(len(text) > 25 for text in figure.data[0].hovertext)  # whole names when pointed at


def test_names_are_escaped_in_ticks_hovers_and_titles() -> None:
    figure = charts.plot_ranking(frame(full(area_name="<b onclick=1>甲")))
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;b") and figure.data[0].hovertext[0].startswith("&lt;b")
    assert "<b>" not in charts.plot_trend(frame(full(area_name="<b>甲"))).layout.title.text


def test_nothing_to_draw_is_said_and_does_not_fail() -> None:
    empty = [charts.plot_ranking(frame(full()).iloc[:0]), charts.plot_trend(frame(full()).iloc[:0]), charts.plot_mix(mix().iloc[:0], about=full()),
             charts.plot_funnel(funnel().assign(value=float("nan"))), charts.plot_comparison(frame(compared()).iloc[:0])]  # fmt: skip
    assert all("没有可以画出的数据" in texts(figure) for figure in empty)


def test_an_area_given_twice_is_an_error_not_a_pile_of_bars() -> None:
    with pytest.raises(ArgumentError, match="999901001"):
        charts.plot_ranking(frame(full(), full(period="2019")))


def test_two_areas_of_one_name_are_told_apart_by_their_codes() -> None:
    rows = streets().head(3).assign(area_name=["新园社区", "新园社区", "别的社区"])
    codes = rows["area_code"].tolist()
    assert sorted(charts.plot_ranking(rows).layout.yaxis.ticktext) == sorted([f"新园社区 {codes[0]}", f"新园社区 {codes[1]}", "别的社区"])
