"""Promises of the publisher table: one name for the many that a publisher goes by."""

import pytest

from monitor.adapters.publishers import load_publishers, parse_publishers
from monitor.domain.errors import ConfigurationError
from monitor.domain.publishers import Publisher, country_of, table


@pytest.mark.parametrize(
    ("host", "stated", "name", "country"),
    [
        ("hkstock.hexun.com", (), "和讯", "CN"),
        ("example.com", ("和讯网",), "和讯", "CN"),
        ("finance.eastmoney.com", (), "东方财富", "CN"),
        ("tech.ifeng.com", ("凤凰网科技",), "凤凰网", "CN"),
        ("example.org", ("凤凰网(凤凰新媒体)",), "凤凰网", "CN"),
        ("", ("nbd.com.cn",), "每日经济新闻", "CN"),
        ("k.sina.com.cn", (), "新浪", "CN"),
        ("example.org", ("快科技",), "快科技", "CN"),
        ("example.org", ("驱动之家",), "快科技", "CN"),
        ("wap.stockstar.com", (), "证券之星", "CN"),
        ("www.wbur.org", (), "WBUR", "US"),
        ("", ("WBUR 90.9 mHz",), "WBUR", "US"),
        ("", ("TheRegister.com",), "The Register", "GB"),
        ("news.example.de", ("Beispielzeitung",), "Beispielzeitung", "DE"),
        ("www.example.com", (), "example.com", ""),
    ],
)
def test_a_publisher_has_one_name(host, stated, name, country) -> None:
    assert load_publishers().resolve(host=host, stated=stated) == Publisher(name, country)


def test_the_source_says_what_the_page_does_not() -> None:
    found = load_publishers().resolve(host="example.com", hint="My Paper", country="AT")
    assert found == Publisher("My Paper", "AT")


def test_an_operators_entries_go_first() -> None:
    own = (("My Sina", ("sina.com.cn", "Sina Own")),)
    assert load_publishers(own).resolve(host="k.sina.com.cn").name == "My Sina"
    assert load_publishers(own).resolve(host="example.org", stated=("Sina Own",)).name == "My Sina"


@pytest.mark.parametrize(
    "text", ["publishers: [{hosts: [a.com]}]", "[]", "publishers: [{name: A, hots: [a]}]", "a: ["]
)
def test_a_bad_file_is_refused(text) -> None:
    with pytest.raises(ConfigurationError):
        parse_publishers(text, "own.yaml")


@pytest.mark.parametrize(
    ("host", "country"), [("a.co.uk", "GB"), ("a.fr", "FR"), ("a.io", ""), ("a.com", ""), ("", "")]
)
def test_the_country_of_a_host(host, country) -> None:
    assert country_of(host) == country


def test_of_two_publishers_that_claim_a_host_the_first_has_it() -> None:
    assert (
        table([Publisher("A", hosts=("a.com",)), Publisher("B", hosts=("a.com",))]).of_host("x.a.com").name
        == "A"
    )
