"""Promises of tail removal: prompts, notices and credits go, the last sentence stays."""

import pytest

from monitor.domain.tails import is_frame, without_promotion, without_tails

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


@pytest.mark.parametrize(
    "line",
    [
        "新用户专享：一键下载客户端，领取阅读红包",
        "打开APP阅读全文",
        "扫码关注本报公众号",
        "开户即送688元大礼包 限时领取",
        "ADVERTISEMENT",
        "Story continues below advertisement",
    ],
)
def test_what_sells_an_app_goes_wherever_it_stands(line) -> None:
    assert without_tails([TEXT[0], line, TEXT[1]]) == TEXT


@pytest.mark.parametrize(
    "line",
    [
        "用户下载该客户端后，可以领取新人红包。",
        "The advertisement was shown to a million people.",
        "警方表示，嫌疑人诱导受害人扫描二维码。",
        "下载量最高的客户端",
    ],
)
def test_what_speaks_of_an_app_stays(line) -> None:
    assert without_promotion([line]) == [line]


@pytest.mark.parametrize(
    "heading", ["相关新闻", "网友评论(37)", "点击排行榜", "Related articles", "Leave a reply", "Most read"]
)
def test_a_heading_of_other_articles_ends_even_a_short_text(heading) -> None:
    assert is_frame(heading)
    assert without_tails([*TEXT, heading, "沙发，前排围观。说得好听，看执行吧，早就该管管了。" * 2]) == TEXT


@pytest.mark.parametrize(
    "line", ["网友评论认为，平台应当负责", "More stories will be told.", "相关部门已介入"]
)
def test_a_sentence_is_no_heading_of_other_articles(line) -> None:
    assert not is_frame(line)


def test_the_original_title_goes_with_its_repetition() -> None:
    tail = ["（原标题：“孙子”打来求救电话 老人险失8万元）", "编辑：詹云", "“孙子”打来求救电话 老人险失8万元"]
    assert without_tails([*TEXT, *tail]) == TEXT


def test_a_heading_above_the_text_cuts_nothing() -> None:
    assert without_tails(["最新报道", *TEXT])[-2:] == TEXT
