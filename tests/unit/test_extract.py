"""Promises of the page reader: the article and nothing but the article, with the right facts."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.adapters.extract import read_entry, read_page
from monitor.domain.errors import Permanent
from monitor.domain.model import Entry, Hints, Page

NOW = datetime(2026, 3, 10, tzinfo=UTC)
PROSE = [
    "The platform said on Monday that it had removed more than a thousand accounts with generated faces.",
    "Researchers had found the accounts while they looked into messages that were sent to small firms.",
    "The messages offered software, and the faces that sent them belonged to nobody in the world.",
    "A spokesman said that the rules of the platform forbid accounts that do not belong to real people.",
]
CHINESE = [
    "抖音安全中心发布公告称，平台已掌握部分黑产团伙不当使用人工智能生成虚拟人物用于犯罪的线索，并将报警打击。",
    "公告指出，平台禁止利用生成式人工智能技术创作、发布违背科学常识、弄虚作假、造谣传谣的内容，一经发现将严格处罚。",
    "平台还表示，欢迎用户对相关违规行为进行举报，共同维护清朗的网络空间，保护消费者的合法权益。",
]


def page(
    markup: str | bytes,
    url: str = "https://news.example.com/2026/03/03/faces.html",
    kind: str = "text/html; charset=utf-8",
) -> Page:
    return Page(url, url, kind, markup.encode() if isinstance(markup, str) else markup, NOW)


def article(
    body: list[str],
    *,
    head: str = "",
    title: str = "Fake faces fill a network",
    above: str = "",
    below: str = "",
) -> str:
    text = "".join(f"<p>{line}</p>" for line in body)
    menu = (
        "<nav><ul>" + "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(20)) + "</ul></nav>"
    )
    return (
        f"<!doctype html><html lang='en'><head><title>{title} | Example News</title>{head}</head><body>{menu}"
        f"<main><h1>{title}</h1>{above}<div class='article-body'>{text}</div>{below}</main>"
        "<footer><p>Copyright 2026 Example News. All rights reserved worldwide and beyond.</p></footer></body></html>"
    )


LD = (
    '<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle",'
    '"headline":"Fake faces fill a network","datePublished":"2026-03-03T09:30:00+01:00","dateModified":"2026-03-04T08:00:00Z",'
    '"author":[{"@type":"Person","name":"Ann Example"},{"name":"Bob Sample"}],"image":{"url":"/lead.jpg"},'
    '"publisher":{"name":"Example News"},}]}</script><link rel="canonical" href="/2026/03/03/faces">'
)


def test_the_text_is_the_article_alone_in_paragraphs() -> None:
    document = read_page(page(article(PROSE)), Hints())
    assert document.text.split("\n") == PROSE
    assert document.reader


def test_structured_data_gives_the_facts() -> None:
    document = read_page(page(article(PROSE, head=LD)), Hints(country="DE"))
    assert document.title == "Fake faces fill a network"
    assert document.published_at == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
    assert document.modified_at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    assert document.authors == ("Ann Example", "Bob Sample")
    assert document.publisher == "Example News"
    assert document.country == "DE"
    assert document.canonical_url == "https://news.example.com/2026/03/03/faces"
    assert document.image_url == "https://news.example.com/lead.jpg"
    assert document.language == "en"
    assert len(document.summary) > 50


@pytest.mark.parametrize(
    "above",
    [
        "<p class='byline'>By Ann Example | March 3, 2026</p>",
        "<div>Written by Ann Example</div><time datetime='2026-03-03T10:00'>3 Mar</time>",
        "<span itemprop='author'>Ann Example</span><span>03.03.2026</span>",
    ],
)
def test_a_byline_gives_what_the_markup_does_not(above) -> None:
    document = read_page(page(article(PROSE, above=above), url="https://news.example.com/faces"), Hints())
    assert document.authors == ("Ann Example",)
    assert document.published_at is not None
    assert document.published_at.date().isoformat() == "2026-03-03"


def test_the_address_gives_the_date_last() -> None:
    assert read_page(page(article(PROSE)), Hints()).published_at == datetime(2026, 3, 3, tzinfo=UTC)


def test_an_entrys_date_beats_the_page_and_a_clean_heading_beats_the_entrys_title() -> None:
    hints = Hints(
        title="Fake faces fill a network - Example News 2026-03-03 10:00",
        published_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    document = read_page(page(article(PROSE, head=LD)), hints)
    assert document.published_at == hints.published_at
    assert document.title == "Fake faces fill a network"


def test_a_chinese_page_with_its_facts() -> None:
    above = "<div class='info'>2024年3月27日 19:03　来源：新华网　作者：王小明</div>"
    markup = article(
        CHINESE, title="抖音将打击虚拟人犯罪", above=above, below="<p>（责任编辑：魏喆）</p>"
    ).replace("lang='en'", "lang='zh-CN'")
    document = read_page(
        page(markup.encode("gb18030"), "https://tech.hexun.com/1.html", "text/html"),
        Hints(timezone="Asia/Shanghai"),
    )
    assert document.text.split("\n") == CHINESE
    assert (document.title, document.language, document.publisher, document.country) == (
        "抖音将打击虚拟人犯罪",
        "zh-Hans",
        "和讯",
        "CN",
    )
    assert document.published_at == datetime(2024, 3, 27, 11, 3, tzinfo=UTC)
    assert document.authors == ("王小明",)
    assert document.source_named == "新华网"


def test_related_stories_and_comments_stay_out() -> None:
    below = (
        "<section class='related'><h2>Related</h2><ul>"
        + "".join(f"<li><a href='/r{n}'>Another story that is number {n}</a></li>" for n in range(8))
        + "</ul></section>"
        "<div id='comments'><h3>Comments</h3>"
        + "".join(
            f"<div class='comment'><p>I think that this is comment number {n}.</p></div>" for n in range(8)
        )
        + "</div>"
    )
    assert read_page(page(article(PROSE, below=below)), Hints()).text.split("\n") == PROSE


def test_the_links_of_the_text_are_kept_absolute() -> None:
    linked = [
        *PROSE[:3],
        PROSE[3] + " See <a href='/study'>the study</a> and <a href='javascript:alert(1)'>this</a>.",
    ]
    assert read_page(page(article(linked)), Hints()).links == ("https://news.example.com/study",)


def test_site_selectors_win() -> None:
    markup = "<html><body><h1>Site</h1><h2 class='t'>The headline</h2><i class='d'>2026-03-01</i><b class='a'>Ann Example</b><div class='x'><p>One short text.</p><p class='ad'>Buy!</p><p>And its second paragraph of words.</p></div></body></html>"
    select = {"text": "div.x", "title": "//h2", "date": ".d", "author": ".a", "drop": ".ad"}
    document = read_page(page(markup, "https://news.example.com/a"), Hints(select=select))
    assert document.text == "One short text.\nAnd its second paragraph of words."
    assert (document.title, document.authors, document.reader) == (
        "The headline",
        ("Ann Example",),
        "selectors",
    )
    assert document.published_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_half_a_character_in_structured_data_is_left_out() -> None:
    given = {"author": {"name": "Ann Example\ud83d"}, "publisher": {"name": "Example\ud83d News"}}
    data = {"@type": "NewsArticle", "image": "/lead\ud83d\0.jpg", **given}
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    document = read_page(page(article(PROSE, head=head)), Hints())
    found = (document.authors, document.publisher, document.image_url)
    assert found == (("Ann Example",), "Example News", "https://news.example.com/lead.jpg")


def test_a_bad_selector_fails_the_article_with_its_reason() -> None:
    with pytest.raises(Permanent, match="bad-selector"):
        read_page(page(article(PROSE)), Hints(select={"text": "div[["}))


def test_titles_are_bounded_and_free_of_control_characters() -> None:
    document = read_page(page(article(PROSE, title="A \x07headline\u202e " + "word " * 300)), Hints())
    assert len(document.title) <= 500
    assert document.title.isprintable()


@pytest.mark.parametrize(
    ("markup", "detail"),
    [
        ("<html><body></body></html>", "no text"),
        (
            "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before accessing example.com. Please enable JavaScript and cookies to continue.</p></body></html>",
            "challenge",
        ),
        (
            "<html><head><title>Page not found</title></head><body><h1>404</h1><p>Sorry, we could not find what you asked for on this site today.</p></body></html>",
            "missing",
        ),
        (
            article([PROSE[0], "Subscribe to continue reading this article. Already a subscriber? Log in."]),
            "paywall",
        ),
        (
            article(
                PROSE[:2],
                head='<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>',
            ),
            "paywall",
        ),
        (
            "<html><body><ul>"
            + "".join(f"<li><a href='/{n}'>A headline that is number {n}</a></li>" for n in range(60))
            + "</ul></body></html>",
            "",
        ),
    ],
)
def test_what_is_no_article_is_refused(markup, detail) -> None:
    with pytest.raises(Permanent) as caught:
        read_page(page(markup), Hints())
    assert caught.value.reason == "no-article"
    assert detail in caught.value.detail


def test_an_entry_that_carries_its_text() -> None:
    content = (
        "".join(f"<p>{line}</p>" for line in PROSE)
        + "<p><a href='https://example.org/more'>Read more</a></p>"
    )
    entry = Entry(
        "https://feed.example.com/1",
        title="Fake faces - Example",
        content=content,
        published_at=NOW,
        authors=("Ann",),
        publisher="Example",
    )
    document = read_entry(entry, Hints(language="en"))
    assert document.text.split("\n") == PROSE
    assert (document.title, document.publisher, document.authors, document.published_at) == (
        "Fake faces",
        "Example",
        ("Ann",),
        NOW,
    )
    assert document.reader == "entry"


def test_an_entry_in_plain_text_keeps_its_words() -> None:
    assert (
        read_entry(Entry("https://feed.example.com/1", title="T", summary=PROSE[0]), Hints()).text == PROSE[0]
    )


def test_an_empty_entry_is_refused() -> None:
    with pytest.raises(Permanent, match="no-article"):
        read_entry(Entry("https://feed.example.com/1", title="T"), Hints())


def test_nothing_is_remembered_between_pages() -> None:
    first = read_page(page(article(PROSE, head=LD)), Hints())
    read_page(page(article(CHINESE, title="另一个标题在这里")), Hints(publisher="Other", country="CN"))
    assert read_page(page(article(PROSE, head=LD)), Hints()) == first
    assert replace(first, title="x") != first


def test_an_aggregators_title_loses_the_publisher_in_its_brackets() -> None:
    entry = Entry("https://feed.example.com/1", title="A network has a problem (TechRadar)", summary=PROSE[0])
    assert read_entry(entry, Hints()).title == "A network has a problem"
    assert (
        read_entry(replace(entry, title="A network has a problem (again)"), Hints()).title
        == "A network has a problem (again)"
    )


FLASH = "人民财讯3月27日电，某集团发文称，从今天开始，全平台启动假图治理，严厉打击利用假图欺骗消费者、侵害原创商家的违规行为。"
FRAME = (
    "<div>【免责声明】本文仅代表作者本人观点，与本网站无关。本站对文中陈述、观点判断保持中立，不提供任何保证。</div>"
    "<div><h3>相关新闻</h3><ul><li><a href='/1'>某平台：严厉打击利用假图欺骗消费者等违规行为</a> 03-27</li></ul></div>"
    "<div id='cmt'><h3>网友评论</h3><div>股海老船长 早就该管管了，支持！</div><div>匿名网友 说得好听，看执行吧。</div></div>"
)


def test_a_flash_whose_text_became_its_headline_is_read_without_its_frame() -> None:
    text = FLASH + "平台已拦截近10万张假图，并倡议全行业参与。"
    markup = f"<html><head><title>{FLASH}</title></head><body><h1>{FLASH}</h1><div>2025年03月27日 10:52 来源：某报</div><table><tr><td><p>{text}</p></td></tr></table>{FRAME}</body></html>"
    assert read_page(page(markup), Hints()).text == text


def test_a_page_of_nothing_but_notices_is_no_article() -> None:
    markup = f"<html><head><title>某平台治理假图的公告全文</title></head><body><h1>某平台治理假图的公告全文</h1>{FRAME}</body></html>"
    with pytest.raises(Permanent, match="no-article"):
        read_page(page(markup), Hints())


@pytest.mark.parametrize(
    ("above", "below", "stated", "published"),
    [
        ("<div>Dec 30, 2013</div>", "", "2024-08-07T12:00:00Z", "2013-12-30"),  # moved to another system
        ("<div>Updated Dec 30, 2013</div>", "", "2024-08-07T12:00:00Z", "2024-08-07"),
        (
            "<p>The firm that was founded on Dec 30, 2013 has grown.</p>",
            "",
            "2024-08-07T12:00:00Z",
            "2024-08-07",
        ),
        ("<span>3/4/2025</span>", "", "", "2025-03-04"),
        ("", "<div>Posted by ann on 2025-03-04 12:30 | 5 comments</div>", "", "2025-03-04"),
    ],
)
def test_where_dates_are_shown(above, below, stated, published) -> None:
    head = f'<meta property="article:published_time" content="{stated}">' if stated else ""
    markup = article(PROSE, head=head, above=above, below=below)
    found = read_page(page(markup, url="https://news.example.com/faces"), Hints()).published_at
    assert (found.date().isoformat() if found else None) == published


def test_a_plain_page_is_read_by_those_who_cost_nothing():
    document = read_page(page(article(PROSE * 2)), Hints())
    assert document.reader == "resiliparse"
    assert document.text.splitlines() == PROSE * 2


def test_trafilatura_is_asked_where_a_page_is_not_plain():
    teasers = "".join(f"<div class='card'><p>{line} Read on.</p></div>" for line in CLOSE)
    document = read_page(page(article(PROSE * 2, below=f"<section>{teasers}</section>")), Hints())
    assert document.reader == "trafilatura"


CLOSE = [
    f"In the {place} a court has ruled on another case that has nothing to do with this one at all, they said."
    for place in ("north", "south", "east", "west", "middle", "capital", "harbour", "valley")
]
