"""The articles of three real incidents, retold: written for these tests, not what the named publishers printed."""

import re
from collections import Counter
from datetime import datetime
from itertools import combinations

import pytest

from tests.site.articles import DATA, Article, load

SEEDS = load([DATA / "seeds.jsonl"])
BY_KEY = {article.key: article for article in SEEDS}
SHINGLE = 5
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,:;!?]|[,:;!?][\u4e00-\u9fff]")


def shingles(article: Article) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+" if article.language == "en" else r"\w", article.text.casefold())
    return {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)}


def resemblance(one: Article, other: Article) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def same_group(one: Article, other: Article) -> bool:
    return one.copy_group is not None and one.copy_group == other.copy_group


def test_every_article_of_the_three_incidents_is_there_once():
    assert len(BY_KEY) == len({article.url for article in SEEDS}) == 74
    assert Counter(article.key.split("-")[0] for article in SEEDS) == {
        "douyin": 23,
        "taobao": 31,
        "linkedin": 20,
    }
    assert len({article.page_title for article in SEEDS}) == 66


def test_relevance_decides_whether_an_article_has_an_incident():
    assert Counter(article.relevance for article in SEEDS) == {"on_topic": 67, "off_topic": 4, "roundup": 3}
    for article in SEEDS:
        expected = None if article.relevance == "off_topic" else article.key.split("-")[0]
        assert article.incident == expected, article.key


def test_twelve_copy_groups_each_have_one_earliest_original():
    groups = Counter(article.copy_group for article in SEEDS if article.copy_group)
    assert (len(groups), groups.total()) == (12, 29)
    copies = [article for article in SEEDS if article.copy_of]
    assert len(copies) == 29 - 12
    for copy in copies:
        original = BY_KEY[copy.copy_of or ""]
        assert same_group(copy, original), copy.key
        assert original.copy_of is None, copy.key
        assert original.published_at < copy.published_at, copy.key


def test_copies_resemble_their_original_and_nothing_else_does():
    for one, other in combinations(SEEDS, 2):
        likeness = resemblance(one, other)
        assert (0.5 < likeness < 1) if same_group(one, other) else (likeness < 0.2), (one.key, other.key)


@pytest.mark.parametrize("article", SEEDS, ids=lambda article: article.key)
def test_an_article_is_fit_to_be_served(article: Article):
    assert isinstance(article.published_at, datetime)
    assert article.published_at.tzinfo is not None
    assert article.path.startswith("/")
    assert all(paragraph == paragraph.strip() and paragraph for paragraph in article.paragraphs)
    assert not re.search(r"<[a-z/]", article.text)
    assert article.headline.strip('"') in article.page_title
    assert article.language == "en" or not HALF_WIDTH.search(article.text)
