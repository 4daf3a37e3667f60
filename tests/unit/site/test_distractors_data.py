"""Articles of the same days about other things: written for these tests, not what the named publishers printed."""

import re
from collections import Counter
from datetime import date
from itertools import combinations

import pytest

from tests.site.articles import DATA, Article, load
from tests.site.publishers import ANNOUNCERS

DISTRACTORS = load([DATA / "distractors.jsonl"])
SEEDS = load([DATA / "seeds.jsonl"])
BY_KEY = {article.key: article for article in DISTRACTORS}
DAYS = (
    (date(2022, 3, 26), date(2022, 4, 1), 45),
    (date(2024, 3, 26), date(2024, 3, 30), 60),
    (date(2025, 3, 26), date(2025, 3, 31), 60),
)
SHINGLE = 5


def shingles(article: Article) -> set[str]:
    letters = re.sub(r"\W", "", article.text.casefold())
    return {letters[start : start + SHINGLE] for start in range(len(letters) - SHINGLE + 1)}


def length(article: Article) -> int:
    return len(re.findall(r"[\u4e00-\u9fff]" if article.language.startswith("zh") else r"\S+", article.text))


def test_no_key_and_no_address_is_used_twice_or_by_a_seed():
    together = [*DISTRACTORS, *SEEDS]
    assert len({article.key for article in together}) == len(together)
    assert len({article.url for article in together}) == len(together)


def test_they_are_enough_and_of_the_days_of_the_three_incidents():
    days = [article.published_at.date() for article in DISTRACTORS]
    within = [sum(first <= day <= last for day in days) for first, last, _ in DAYS]
    assert sum(within) == len(days) >= 160
    assert all(found >= least for found, (_, _, least) in zip(within, DAYS, strict=True))


def test_none_belongs_to_an_incident_of_the_seeds():
    seeded = {article.incident for article in SEEDS}
    assert not seeded & {article.incident for article in DISTRACTORS if article.incident}
    assert Counter(article.relevance for article in DISTRACTORS)["roundup"] == 4
    assert {article.relevance for article in DISTRACTORS} == {"distractor", "roundup"}


def test_languages_are_mixed():
    share = Counter(article.language for article in DISTRACTORS)
    assert {language: round(count / share.total(), 1) for language, count in share.items()} == {
        "zh-Hans": 0.6,
        "en": 0.3,
        "zh-Hant": 0.1,
    }


def test_every_channel_has_a_list_that_announces_it():
    assert {article.channel for article in DISTRACTORS} <= {announcer.channel for announcer in ANNOUNCERS}


@pytest.mark.parametrize("article", DISTRACTORS, ids=lambda article: article.key)
def test_an_article_reads_like_one(article: Article):
    least, most = (150, 450) if article.language.startswith("zh") else (110, 260)
    assert least <= length(article) <= most
    assert 3 <= len(article.paragraphs) <= 6
    assert article.headline
    assert article.summary


def test_copies_name_their_earlier_original_at_another_publisher():
    copies = [article for article in DISTRACTORS if article.copy_of]
    assert len(copies) == len({article.copy_group for article in copies}) >= 12
    for copy in copies:
        original = BY_KEY[copy.copy_of or ""]
        assert (original.copy_group, original.incident) == (copy.copy_group, copy.incident), copy.key
        assert original.published_at < copy.published_at, copy.key
        assert original.publisher != copy.publisher, copy.key


def test_copies_share_their_text_and_nothing_else_does():
    texts = {article.key: shingles(article) for article in DISTRACTORS}
    for one, other in combinations(DISTRACTORS, 2):
        first, second = texts[one.key], texts[other.key]
        alike = len(first & second) / len(first | second)
        copies = one.copy_group is not None and one.copy_group == other.copy_group
        assert alike > 0.5 if copies else alike < 0.15, (one.key, other.key, alike)
