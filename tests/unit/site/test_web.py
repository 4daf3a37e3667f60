"""How the hosts of the replayed web behave."""

from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest
from lxml import html

from tests.site.answers import Ask
from tests.site.publishers import LOOKS

ATOM = Ask("www.theregister.com", "/headlines.atom")


def headers(ask, **named):
    return replace(ask, headers={name.replace("_", "-"): value for name, value in named.items()})


def test_a_feed_answers_304_to_its_own_validators(web_of, english):
    web = web_of(english())
    first = web.answer(ATOM)
    assert web.answer(headers(ATOM, if_none_match=first.headers["Etag"])).status == 304
    assert web.answer(headers(ATOM, if_modified_since=first.headers["Last-Modified"])).status == 304
    assert parsedate_to_datetime(first.headers["Last-Modified"]) == english().published_at


def test_an_etag_decides_alone(web_of, english):
    web = web_of(english())
    asked = headers(ATOM, if_none_match='"old"', if_modified_since=web.answer(ATOM).headers["Last-Modified"])
    assert web.answer(asked).status == 200


def test_nonsense_in_if_modified_since_is_ignored(web_of, english):
    assert web_of(english()).answer(headers(ATOM, if_modified_since="yesterday")).status == 200


def test_articles_appear_in_turn(web_of, english, clock):
    articles = [
        english(key=f"a{day}", path=f"/{day}", published_at=f"2022-03-{day}T00:00:00Z")
        for day in (27, 28, 29)
    ]
    web = web_of(*articles, spread=40.0)
    seen = []
    for _ in range(3):
        seen.append([article.key for article in web.announced("theregister")])
        clock.advance(20)
    assert seen == [["a27"], ["a28", "a27"], ["a29", "a28", "a27"]]


def test_a_new_entry_changes_both_validators(web_of, english, clock):
    later = english(key="b", path="/b", published_at="2022-03-29T00:00:00Z")
    web = web_of(english(), later, spread=40.0)
    before = web.answer(ATOM)
    clock.advance(40)
    after = web.answer(headers(ATOM, if_none_match=before.headers["Etag"]))
    assert after.status == 200
    assert after.headers["Last-Modified"] != before.headers["Last-Modified"]


def test_one_feed_refuses_the_first_who_asks(web_of, english):
    web = web_of(english(channel="techradar"))
    answers = [web.answer(Ask("www.techradar.com", "/rss")) for _ in range(2)]
    assert [answer.status for answer in answers] == [429, 200]
    assert answers[0].headers["Retry-After"] == "3"


def test_one_feed_moved_and_one_lies_about_changes(web_of, english):
    web = web_of(english(channel="malwarebytes"), english(channel="breitbart"))
    moved = web.answer(Ask("blog.malwarebytes.com", "/feed/"))
    assert (moved.status, moved.headers["Location"]) == (
        301,
        "http://www.malwarebytes.com/blog/feed/index.xml",
    )
    liar = Ask("feeds.breitbart.com", "/breitbart")
    assert web.answer(liar).status == 200
    assert web.answer(headers(liar, if_none_match='"anything"')).status == 304


def test_npr_hangs_on_keep_alive_and_etnet_is_slow(web_of, english, chinese):
    web = web_of(english(channel="npr"), chinese(channel="etnet"), slow=0.7, hang=25.0)
    npr = Ask("feeds.npr.org", "/1001/rss.xml")
    assert web.answer(npr).delay == 0
    assert web.answer(headers(npr, connection="Keep-Alive")).delay == 25.0
    assert web.answer(Ask("www.etnet.com.hk", "/www/tc/news/rss.php")).delay == 0.7


def test_unknown_hosts_pages_and_robots(web_of, english):
    web = web_of(english())
    assert web.answer(Ask("nowhere.invalid")).status == 502
    assert web.answer(Ask("www.theregister.com", "/nothing")).status == 404
    assert web.answer(Ask("www.theregister.com", "/robots.txt")).body.startswith(b"User-agent: *")


def test_an_unknown_channel_gets_a_plain_feed(web_of, english):
    article = english(channel="novel", host="novel.example")
    assert article.url in web_of(article).answer(Ask("novel.example", "/rss.xml")).body.decode()


@pytest.mark.parametrize(
    "channel", ["stockstar", "netease", "sina", "eastmoney", "dayoo", "npr", "petapixel"]
)
def test_every_layout_shows_title_headline_text_and_related_links(web_of, chinese, channel):
    article = chinese(channel=channel)
    other = chinese(key="other", path="/other", channel=channel, headline="别的一条新闻")
    answer = web_of(article, other).answer(Ask(article.host, article.path))
    look = LOOKS.get(channel)
    page = answer.body.decode(look.encoding if look else "utf-8")
    tree = html.fromstring(page)
    assert tree.findtext(".//title") == article.page_title
    assert tree.findtext(".//h1") == article.headline
    paragraphs = [found.text_content().strip() for found in tree.iter("p")]
    assert [paragraph for paragraph in paragraphs if paragraph in article.paragraphs] == list(
        article.paragraphs
    )
    assert any(link.get("href") == other.url for link in tree.iter("a"))


def test_a_roundup_shows_its_headings(web_of, chinese):
    article = chinese(
        channel="sina", relevance="roundup", paragraphs=["小米发布会", "小米昨日举行发布会，雷军出席。"]
    )
    page = html.fromstring(web_of(article).answer(Ask(article.host, article.path)).body.decode())
    assert [found.text for found in page.cssselect("#artibody h2")] == ["小米发布会"]


def test_json_ld_cannot_be_ended_early(web_of, english):
    article = english(channel="npr", headline="</script><b>x")
    page = html.fromstring(web_of(article).answer(Ask(article.host, article.path)).body.decode())
    assert page.findtext(".//h1") == article.headline
