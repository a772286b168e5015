"""Answers of a survey in words: yes and no, ages, and the levels of a scale that a whole column makes certain."""

import re

import pytest
from test_load import folder

from fundanalytics.data.load import load

SURVEY = "答卷编号,社区,年度,年龄,是否知晓,是否参与,满意度,q_1\n"


def test_answers_in_words_are_read_where_the_column_makes_the_scale_certain(tmp_path):
    rows = [("25", "知道", "参加过", "满意", "非常满意"), ("60岁", "不知道", "没参加过", "比较满意", "不满意"),
            ("45-59岁", "听说过", "未参与", "不清楚", "一般"),
            ("17", "没听过", "参与", "不满意", "说不清"), ("18", "知道", "参与", "一般", "很不满意")]  # fmt: skip
    text = SURVEY + "".join(f"R{i},一社区,2020,{','.join(row)}\n" for i, row in enumerate(rows))
    dataset = load(folder(tmp_path, 答卷=text))
    answers = dataset.responses
    assert answers["age_group"].tolist()[:3] == ["18-29", "60+", "45-59"] and answers["aware"].tolist() == [True, False, True, False, True]
    assert answers["took_part"].tolist() == [True, False, False, True, True]
    assert answers["satisfaction"].fillna(0).tolist() == [5, 4, 0, 1, 3]
    assert answers["q_1"].fillna(0).tolist() == [5, 2, 3, 0, 1]
    assert dataset.refused[["column", "rule", "found"]].to_numpy().tolist() == [["age_group", "not_a_choice", "17"]]
    told = dataset.findings[dataset.findings["code"] == "scale_words"]
    assert told[["column", "cell", "found"]].to_numpy().tolist() == [
        ["satisfaction", "G1", "满意=5、比较满意=4、一般=3、不满意=1"],
        ["q_1", "H1", "非常满意=5、一般=3、不满意=2、很不满意=1"],
    ]


def test_five_words_down_to_a_bare_bottom_are_a_scale_too(tmp_path):
    words = ["非常满意", "满意", "基本满意", "不太满意", "不满意"]
    rows = "".join(f"R{i},一社区,2020,{word}\n" for i, word in enumerate(words))
    assert load(folder(tmp_path, 答卷="答卷编号,社区,年度,满意度\n" + rows)).responses["satisfaction"].tolist() == [5, 4, 3, 2, 1]


UNCERTAIN = """非常满意 满意 一般 不满意|满意 比较满意 不满意|满意 一般 不满意|满意 不满意|非常满意 5|非常满意 很满意 满意
非常满意 较满意|满意 比较满意 还行|比较满意 一般"""


@pytest.mark.parametrize("words", re.split(r"[|\n]", UNCERTAIN))
def test_words_of_a_scale_that_is_not_certain_are_refused_cell_by_cell(tmp_path, words):
    said = words.split()
    dataset = load(folder(tmp_path, 答卷="答卷编号,社区,年度,满意度\n" + "".join(f"R{i},一社区,2020,{word}\n" for i, word in enumerate(said))))
    assert dataset.refused["rule"].tolist() == ["not_a_level"] * (len(said) - ("5" in said))
    assert "scale_words" not in set(dataset.findings["code"])
