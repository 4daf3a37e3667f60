"""The archive's addresses: saving, asking the index, replaying."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.site import Limits, SavePageNow, archive
from tests.site.answers import Ask
from tests.site.captures import Capture, urlkey

KEYS = {"authorization": "LOW demo-access:demo-secret"}
HOST = "web.archive.org"


@pytest.fixture
def web(web_of, english):
    return web_of(english())


@pytest.fixture
def archive_of(web, clock):
    def make(**limits):
        spn = SavePageNow(clock, replace(Limits(), **limits), (), lambda url: archive.target(web, url))
        return archive.Archive(spn, web, clock), spn

    return make


def post(path, **form):
    return Ask(HOST, path, "", "POST", KEYS, urlencode(form).encode())


def value(answer):
    return json.loads(answer.body)


def capture(archived, url, pending=2):
    job_id = value(archived.answer(post("/save/", url=url)))["job_id"]
    for _ in range(pending + 1):
        outcome = value(archived.answer(Ask(HOST, f"/save/status/{job_id}")))
    return outcome


def index(archived, **query):
    return value(archived.answer(Ask(HOST, "/cdx/search/cdx", urlencode({"output": "json", **query}))))


def test_saving_with_and_without_the_slash_and_asking_in_three_ways(archive_of, english):
    archived, _ = archive_of()
    one = value(archived.answer(post("/save", url=english().url)))["job_id"]
    two = value(archived.answer(post("/save/", url="http://nowhere.invalid/")))["job_id"]
    for _ in range(3):
        both = value(archived.answer(post("/save/status", job_ids=f"{one},{two}")))
    assert [state["status"] for state in both] == ["success", "error"]
    assert both[1]["status_ext"] == "error:invalid-host-resolution"
    assert value(archived.answer(post("/save/status", job_id=one)))["status"] == "success"
    assert value(archived.answer(Ask(HOST, f"/save/status/{one}")))["status"] == "success"
    assert value(archived.answer(post("/save/status", job_id_outlinks=one))) == []


def test_the_browser_path_is_closed(archive_of, english):
    archived, _ = archive_of()
    assert archived.answer(Ask(HOST, f"/save/{english().url}", headers=KEYS)).status == 429


def test_the_index_lags_and_replay_falls_back_to_an_older_capture(archive_of, english, clock):
    archived, spn = archive_of(index_lag=60.0)
    long_ago = datetime(2023, 1, 1, tzinfo=UTC)
    spn.index.add(Capture(english().url, long_ago, long_ago))
    stamp = capture(archived, english().url)["timestamp"]
    replayed = f"/web/{stamp}/{english().url}"
    assert len(index(archived, url=english().url)) == 2
    assert archived.answer(Ask(HOST, replayed)).headers["Location"] == f"/web/20230101000000/{english().url}"
    clock.advance(60)
    assert len(index(archived, url=english().url)) == 3
    shown = archived.answer(Ask(HOST, replayed))
    assert shown.status == 200
    assert english().headline in shown.body.decode()
    assert shown.headers["X-Archive-Src"].startswith("spn2-")


def test_a_late_capture_is_seen_after_twelve_hours(archive_of, english, clock):
    archived, _ = archive_of(pending_polls=0)
    job_id = value(archived.answer(post("/save", url=english().url, delay_wb_availability="1")))["job_id"]
    archived.answer(Ask(HOST, f"/save/status/{job_id}"))
    clock.advance(11 * 3600)
    assert index(archived, url=english().url) == []
    clock.advance(3600)
    assert len(index(archived, url=english().url)) == 2


def test_raw_replay_keeps_its_mode_and_unknown_pages_are_404(archive_of, english, clock):
    archived, _ = archive_of(index_lag=0.0)
    stamp = capture(archived, english().url)["timestamp"]
    assert archived.answer(Ask(HOST, f"/web/{stamp}id_/{english().url}")).status == 200
    nearest = archived.answer(Ask(HOST, f"/web/2022id_/{english().url}"))
    assert nearest.headers["Location"] == f"/web/{stamp}id_/{english().url}"
    assert archived.answer(Ask(HOST, "/web/2022/http://nowhere.invalid/")).status == 404


@pytest.fixture
def filled(archive_of):
    archived, spn = archive_of(index_per_minute=99)
    start = datetime(2024, 3, 27, 12, tzinfo=UTC)
    for place, url in enumerate(
        ["http://a.test/x", "https://www.a.test/x", "http://a.test/x/y", "http://b.a.test/z"]
    ):
        moment = start + timedelta(days=place)
        spn.index.add(Capture(url, moment, moment, status=404 if place == 1 else 200))
    return archived


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"url": "a.test/x"}, 2),
        ({"url": "a.test/x", "matchType": "prefix"}, 3),
        ({"url": "a.test", "matchType": "host"}, 3),
        ({"url": "a.test", "matchType": "domain"}, 4),
        ({"url": "a.test", "matchType": "domain", "from": "20240328"}, 3),
        ({"url": "a.test", "matchType": "domain", "to": "20240328"}, 2),
        ({"url": "a.test/x", "filter": "statuscode:200"}, 1),
        ({"url": "a.test/x", "filter": "!statuscode:[45].."}, 1),
        ({"url": "a.test", "matchType": "domain", "limit": "2"}, 2),
        ({"url": "a.test", "matchType": "domain", "collapse": "urlkey"}, 3),
        ({"url": "a.test", "matchType": "domain", "collapse": "timestamp:6"}, 1),
        ({"url": "c.test"}, 0),
    ],
)
def test_the_index_is_asked_in_its_own_language(filled, query, count):
    rows = index(filled, **query)
    assert max(0, len(rows) - 1) == count
    assert not rows or rows[0][:3] == ["urlkey", "timestamp", "original"]


def test_the_last_row_and_chosen_fields(filled):
    rows = index(filled, url="a.test/x", limit="-1", fl="original,statuscode")
    assert rows == [["original", "statuscode"], ["https://www.a.test/x", "404"]]


def test_a_query_goes_on_where_it_stopped(filled):
    query = {"url": "a.test", "matchType": "domain", "limit": "3", "showResumeKey": "true"}
    first = index(filled, **query)
    assert first[-2] == []
    rest = index(filled, **query, resumeKey=first[-1][0])
    assert len(first[1:-2]) + len(rest[1:]) == 4


def test_text_output_and_nonsense(filled):
    line = filled.answer(Ask(HOST, "/cdx/search/cdx", "url=b.a.test/z")).body.decode()
    assert line.startswith("test,a,b)/z 20240330120000 http://b.a.test/z text/html 200 ")
    assert filled.answer(Ask(HOST, "/cdx/search/cdx", "url=a.test/x&filter=original:(")).status == 400


def test_the_index_has_its_own_limit(archive_of):
    archived, _ = archive_of(index_per_minute=2)
    ask = Ask(HOST, "/cdx/search/cdx", "url=a.test&output=json")
    assert [archived.answer(ask).status for _ in range(3)] == [200, 200, 429]


def test_a_ban_shuts_the_whole_archive(archive_of, clock):
    archived, _ = archive_of(index_per_minute=1)
    ask = Ask(HOST, "/cdx/search/cdx", "url=a.test&output=json")
    while not archived.answer(ask).drop:
        clock.advance(7)
    assert archived.answer(post("/save", url="http://a.test/")).drop


def test_availability_mostly_refuses(archive_of):
    archived, _ = archive_of()
    ask = Ask("archive.org", "/wayback/available", "url=a.test")
    answers = [archived.answer(ask) for _ in range(12)]
    assert [answer.status for answer in answers] == [429] * 11 + [200]
    assert value(answers[-1])["archived_snapshots"] == {}


def test_an_outage_answers_everything(archive_of):
    archived, spn = archive_of()
    spn.outage = 503
    assert archived.answer(Ask(HOST, "/save/status/system")).status == 503


def test_the_archive_sees_what_the_web_serves(web, english):
    assert archive.target(web, english().url).error is None
    assert archive.target(web, "http://www.theregister.com/gone").status == 404
    assert archive.target(web, "http://loop.faults.test/feed.xml").error == "too-many-redirects"
    assert archive.target(web, "http://silent.faults.test/").error == "browsing-timeout"
    moved = archive.target(web, "http://pages.faults.test/moved.html")
    assert moved.url == "http://pages.faults.test/moved-here.html"


@pytest.mark.parametrize("url", ["http://a.test/x", "https://WWW.a.test:443/x/", "a.test/X"])
def test_the_index_folds_addresses(url):
    assert urlkey(url) == "test,a)/x"


@pytest.mark.parametrize(
    "asked", ["http://news.sina.com.cn/新闻?id=7", "http://news.sina.com.cn/%E6%96%B0%E9%97%BB?id=7"]
)
def test_letters_beyond_ascii_come_through(web_of, chinese, clock, asked):
    article = chinese(channel="sina", host="news.sina.com.cn", path="/新闻?id=7")
    web = web_of(article)
    spn = SavePageNow(clock, Limits(index_lag=0.0), (), lambda url: archive.target(web, url))
    archived = archive.Archive(spn, web, clock)
    assert capture(archived, asked)["status"] == "success"
    nearest = archived.answer(Ask(HOST, "/web/2022/http://news.sina.com.cn/新闻", "id=7"))
    assert nearest.headers["Location"].endswith("/http://news.sina.com.cn/%E6%96%B0%E9%97%BB?id=7")
