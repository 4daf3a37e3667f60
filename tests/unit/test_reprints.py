"""Promises of the reprint rules: the original that a text names is found, and only that."""

import pytest

from monitor.domain.reprints import source_named

REST = ["A paragraph of the story itself.", "And one more of them."]


@pytest.mark.parametrize(
    ("bylines", "lines", "name"),
    [
        (["2024-03-27 来源：新华网"], REST, "新华网"),
        ([], [*REST, "（来源：每日经济新闻）"], "每日经济新闻"),
        ([], [*REST, "本文转自《南方日报》"], "南方日报"),
        ([], ["新华社北京3月27日电 记者从会上获悉。", *REST], "新华社"),
        ([], ["人民财讯3月27日电，淘宝宣布启动治理。"], "人民财讯"),
        ([], ["LONDON, March 3 (Reuters) - A court fined the firm.", *REST], "Reuters"),
        ([], [*REST, "This article originally appeared on The Conversation."], "The Conversation"),
        ([], [*REST, "Originally published by Example Times on 3 March"], "Example Times"),
        ([], [*REST, "(via TechRadar)"], "TechRadar"),
        ([], REST, ""),
        ([], ["来源：本站", *REST], ""),
        ([], ["据新华社报道，事件仍在调查。"], ""),
        ([], [], ""),
    ],
)
def test_the_named_source(bylines, lines, name) -> None:
    assert source_named(bylines, lines) == name
