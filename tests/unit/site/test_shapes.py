"""Each list, read the way its readers read it."""

import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import feedparser
import pytest
from lxml import html

from tests.site.answers import Ask
from tests.site.publishers import ANNOUNCERS

SINA = {"referer": "https://news.sina.com.cn/"}


def get(web, url, **headers):
    rest, _, query = url.partition("?")
    host, _, path = rest.removeprefix("http://").partition("/")
    return web.answer(Ask(host, f"/{path}", query, headers=headers))


def utc(parsed):
    return datetime(*parsed[:6], tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("wbur", "http://www.wbur.org/rss/news"),
        ("theregister", "http://www.theregister.com/headlines.atom"),
        ("kyodo", "http://china.kyodonews.net/rss/news.rdf"),
        ("siliconangle", "http://siliconangle.com/feed/"),
    ],
)
def test_xml_feeds_carry_title_link_date_and_summary(web_of, english, channel, url):
    article = english(channel=channel)
    feed = feedparser.parse(get(web_of(article), url).body)
    (entry,) = feed.entries
    assert not feed.bozo
    assert entry.link == article.url
    assert html.fromstring(f"<p>{entry.title}</p>").text_content().startswith("Probe finds")
    assert utc(entry.get("published_parsed") or entry.updated_parsed) == article.published_at
    assert "A probe" in entry.summary


def test_a_full_feed_carries_the_text(web_of, english):
    (entry,) = feedparser.parse(
        get(web_of(english(channel="siliconangle")), "http://siliconangle.com/feed/").body
    ).entries
    assert html.fromstring(entry.content[0].value).text_content() == "".join(english().paragraphs)


def test_a_tracked_feed_decorates_links_and_the_page_answers_to_them(web_of, english):
    article = english(channel="petapixel", host="petapixel.com", path="/2022/03/29/faces/")
    web = web_of(article)
    (entry,) = feedparser.parse(get(web, "http://petapixel.com/feed/").body).entries
    assert entry.link == f"{article.url}?utm_source=rss&utm_medium=feed"
    assert article.headline in get(web, entry.link).body.decode()


def test_the_gb2312_feed_has_local_times_without_a_zone(web_of, chinese):
    answer = get(web_of(chinese(channel="chinanews")), "http://www.chinanews.com.cn/rss/scroll-news.xml")
    text = answer.body.decode("gb2312")
    assert "<pubDate>2024-03-27 23:42:05</pubDate>" in text
    assert 'encoding="gb2312"' in text
    (title,) = re.findall(r"<item>\s*<title>(.*)</title>", text)
    assert html.fromstring(f"<p>{title}</p>").text == chinese().page_title


def test_the_news_sitemap_names_title_and_date(web_of, english):
    body = get(web_of(english(channel="techradar")), "http://www.techradar.com/sitemap-news.xml").body
    news = "{http://www.google.com/schemas/sitemap-news/0.9}"
    tree = ET.fromstring(body)
    assert [found.text for found in tree.iter(f"{news}title")] == [english().page_title]
    assert [found.text for found in tree.iter(f"{news}publication_date")] == ["2022-03-28T14:31:00+00:00"]


def test_the_json_feed_is_one(web_of, english):
    answer = get(web_of(english(channel="input")), "http://www.inputmag.com/feed.json")
    value = json.loads(answer.body)
    assert answer.headers["Content-Type"] == "application/feed+json"
    assert value["version"].startswith("https://jsonfeed.org/version/1")
    assert value["items"][0]["url"] == english().url


def test_sina_wants_its_referer_and_pages_its_roll(web_of, chinese):
    articles = [chinese(key=f"s{place}", path=f"/{place}.shtml", channel="sina") for place in range(3)]
    web = web_of(*articles)
    roll = "http://feed.mix.sina.com.cn/api/roll/get?pageid=153&lid=2509&num=2&page="
    assert get(web, f"{roll}1").status == 403
    pages = [json.loads(get(web, f"{roll}{page}", **SINA).body)["result"]["data"] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert pages[0][0]["ctime"] == pages[0][0]["intime"] == "1711554125"
    assert pages[0][0]["title"] == articles[0].page_title


def test_netease_is_jsonp_in_gbk(web_of, chinese):
    url = "http://news.163.com/special/cm_yaowen20200213/?callback=data_callback"
    script = get(web_of(chinese(channel="netease")), url).body.decode("gbk")
    (entry,) = json.loads(re.fullmatch(r"data_callback\((.*)\)", script, re.DOTALL)[1])
    assert entry["title"] == chinese().page_title
    assert entry["docurl"] == chinese().url
    assert entry["time"] == "03/27/2024 23:42:05"


def test_ifeng_hides_its_list_in_a_script(web_of, chinese):
    article = chinese(channel="ifeng", page_title="</script>照骗")
    page = get(web_of(article), "http://www.ifeng.com/").body.decode()
    value = json.loads(re.search(r"var allData=(\{.*\});", page)[1])
    assert value["hotNews1"][0] == {
        "url": article.url,
        "title": article.page_title,
        "newsTime": "2024-03-27 23:42:05",
        "id": "zwei",
    }


def test_the_36kr_gateway_answers_a_posted_question(web_of, chinese):
    web = web_of(chinese(channel="kr36", host="36kr.com", path="/p/1673654321234567"))
    ask = {"host": "gateway.36kr.com", "path": "/api/mis/nav/ifm/subNav/flow"}
    question = json.dumps({"partner_id": "wap", "timestamp": 1, "param": {"pageSize": 30}}).encode()
    assert web.answer(Ask(**ask)).status == 405
    assert json.loads(web.answer(Ask(**ask, method="POST", body=b"{}")).body)["code"] == 400
    (entry,) = json.loads(web.answer(Ask(**ask, method="POST", body=question)).body)["data"]["itemList"]
    assert entry["itemId"] == 1673654321234567
    assert entry["templateMaterial"]["publishTime"] == 1711554125000


def test_eastmoney_sets_a_variable(web_of, chinese):
    url = "http://newsapi.eastmoney.com/kuaixun/v1/getlist_102_ajaxResult_50_1_.html"
    script = get(web_of(chinese(channel="eastmoney")), url).body.decode()
    value = json.loads(script.removeprefix("var ajaxResult="))
    assert value["LivesList"][0]["url_w"] == chinese().url


@pytest.mark.parametrize(
    ("channel", "select", "time"),
    [
        ("stockstar", ("table.listTable tr.row", "td a", "td.time"), "(2024-03-27 23:42:05)"),
        ("chinaz", ("#feed .card", "h3 a", ".date"), "2024年3月27日 23:42"),
        ("xinhua", ("ul.newslist li", "a", "span"), "2024-03-27 23:42:05"),
    ],
)
def test_list_pages_show_link_title_and_time(web_of, chinese, channel, select, time):
    announcer = next(one for one in ANNOUNCERS if one.channel == channel)
    page = get(web_of(chinese(channel=channel)), announcer.url).body.decode(announcer.encoding)
    (row,) = html.fromstring(page).cssselect(select[0])
    (link,) = row.cssselect(select[1])
    assert (link.get("href"), link.text) == (chinese().url, chinese().page_title)
    assert row.cssselect(select[2])[0].text == time


def test_a_card_of_this_year_does_not_say_the_year(web_of, chinese):
    article = chinese(channel="chinaz", published_at="2025-03-29T10:12:00+08:00")
    page = get(web_of(article), "http://www.chinaz.com/news/").body.decode()
    assert '<span class="date">3月29日 10:12</span>' in page
