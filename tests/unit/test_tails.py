"""Promises of tail removal: prompts, notices and credits go, the last sentence stays."""

import pytest

from monitor.domain.tails import without_tails

BODY = [
    "The court fined the firm on Monday for what its program had done.",
    "An appeal is expected by the end of the year.",
]
TEXT = [
    "淘宝宣布启动治理，严厉打击利用假图欺骗消费者的行为，并公布了第一批名单。",
    "平台表示，已在源头拦截近十万张假图，后续将持续公布进展。",
]


@pytest.mark.parametrize(
    "tail",
    [
        "Read more: Another court case",
        "Share this article",
        "Follow us on Mastodon",
        "Sign up for our newsletter",
        "© 2026 Example News. All rights reserved.",
        "This article was originally published by Example.",
        "Advertisement",
        "3 Comments",
        "***",
        "（责任编辑：魏喆）",
        "责任编辑：刘欢",
        "【编辑:刘欢】",
        "编辑：张三 校对：李四",
        "来源：新华网",
        "返回搜狐，查看更多",
        "扫码关注我们的公众号",
        "版权声明：本文版权归原作者所有。",
        "免责声明：本文不构成投资建议。",
        "（完）",
        "相关阅读",
    ],
)
@pytest.mark.parametrize("body", [BODY, TEXT])
def test_a_tail_goes(body, tail) -> None:
    assert without_tails([*body, tail]) == body


@pytest.mark.parametrize("opener", ["Related articles", "You might also like:", "相关阅读", "版权声明："])
def test_what_follows_an_opener_goes_with_it(opener) -> None:
    body = BODY * 8
    assert without_tails([*body, opener, "A teaser of another story", "One more teaser"]) == body


def test_an_opener_in_the_middle_is_kept() -> None:
    lines = [*BODY, "Related articles", *BODY * 3]
    assert without_tails(lines) == lines


@pytest.mark.parametrize(
    "stamp",
    [
        "2020-11-26 08:04 来源:中国新闻网",
        "来源：新华网",
        "Published 3 March 2026",
        "5 min read",
        "原标题：旧题",
    ],
)
def test_stamps_above_the_text_go(stamp) -> None:
    assert without_tails([stamp, *BODY]) == BODY


@pytest.mark.parametrize(
    "credit", ["（责任编辑：魏喆）", "返回搜狐，查看更多", "【编辑:刘欢】 返回搜狐，查看更多"]
)
def test_a_credit_that_sticks_to_the_last_line_goes(credit) -> None:
    assert without_tails([*TEXT[:1], TEXT[1] + credit]) == TEXT


def test_a_sentence_that_begins_like_a_prompt_is_no_stamp() -> None:
    lines = ["Updated rules for robots take effect on Monday, the ministry said.", *BODY]
    assert without_tails(lines) == lines


def test_nothing_is_left_out_of_a_single_line() -> None:
    assert without_tails(["Read more"]) == ["Read more"]
    assert without_tails([]) == []
