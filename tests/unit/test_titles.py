"""Promises of title cleaning: every pollution seen in the wild goes, and nothing of the headline does."""

import pytest

from monitor.domain.titles import LONGEST_TITLE, choose_title, clean_title


@pytest.mark.parametrize(
    ("title", "site", "clean"),
    [
        ("弄虚作假、造谣传谣的内容-科技频道-和讯网", "和讯网", "弄虚作假、造谣传谣的内容"),
        ("打击违规行为,严控虚拟人物使用-股票频道-和讯网", "hexun.com", "打击违规行为,严控虚拟人物使用"),
        ("未来商业早参 | 抖音将打击犯罪 _ 东方财富网", "东方财富网", "未来商业早参 | 抖音将打击犯罪"),
        ("严厉打击欺骗消费者行为 - cnBeta.COM 移动版", "cnBeta.COM", "严厉打击欺骗消费者行为"),
        ("冒充真人发推销信息 - AI 人工智能 - cnBeta.COM", "cnBeta.COM", "冒充真人发推销信息"),
        ("共同治理AI假图__新快网", "xkb.com.cn", "共同治理AI假图"),
        ("已形成相关产业链-36氪", "36氪:关注互联网创业", "已形成相关产业链"),
        ("Deepfakes make the rounds - SiliconANGLE", "SiliconANGLE", "Deepfakes make the rounds"),
        ("LinkedIn has a problem (TechRadar)", "TechRadar", "LinkedIn has a problem"),
        ("Firm Offers 'Ready to Use' Profiles: Report", "TheQuint", "Firm Offers 'Ready to Use' Profiles"),
        ("又一批账号凉了! 2024-03-27 19:03", "每日经济新闻", "又一批账号凉了!"),
        ("严格处罚! 2024年03月27日 14:26", "sznews.com", "严格处罚!"),
        ("The Guardian | Five of the best books", "The Guardian", "Five of the best books"),
        ("AI - a short history - and its end", "Example", "AI - a short history - and its end"),
        ("Spider-Man: No Way Home review", "Empire", "Spider-Man: No Way Home review"),
        ("  Spaces\n and  lines ", "", "Spaces and lines"),
        ("", "", ""),
    ],
)
def test_pollution_goes_and_the_headline_stays(title, site, clean) -> None:
    assert clean_title(title, sites=[site]) == clean


def test_the_host_names_the_site_too() -> None:
    assert clean_title("A headline - Howto Forge", host="howtoforge.com") == "A headline"


def test_a_news_flash_is_cut_to_its_first_sentence() -> None:
    flash = (
        "（人民财讯3月27日电，）淘宝宣布启动治理。"
        + "平台将严厉打击利用假图欺骗消费者的行为，" * 6
        + "完毕。"
    )
    assert clean_title(flash) == "淘宝宣布启动治理"


def test_titles_are_bounded() -> None:
    assert len(clean_title("word " * 1000)) <= LONGEST_TITLE


@pytest.mark.parametrize(
    ("headings", "stated", "chosen"),
    [
        (
            ["Site Name", "Robots learn to paint walls"],
            ["Robots learn to paint walls | Site Name"],
            "Robots learn to paint walls",
        ),
        (["Robots learn to paint"], ["Robots: painting is what they learn now"], "Robots learn to paint"),
        (["Blog"], ["What the robots did next"], "What the robots did next"),
        (
            ["A wholly different headline of more than seven words"],
            ["Cats"],
            "A wholly different headline of more than seven words",
        ),
        ([], ["Home", "Robots"], "Robots"),
        (
            ["Form a firm in York"],
            ["How to form a firm in York (2026 guide)"] * 2,
            "How to form a firm in York (2026 guide)",
        ),
        (["Robots learn to paint"], ["Robots learn to paint with brushes"] * 2, "Robots learn to paint"),
        ([], ["Title: Robots learn to paint"], "Robots learn to paint"),
        ([], [], ""),
    ],
)
def test_the_heading_that_a_stated_title_confirms_is_the_headline(headings, stated, chosen) -> None:
    assert choose_title(headings, stated, sites=["Site Name"]) == chosen
