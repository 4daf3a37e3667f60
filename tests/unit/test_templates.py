"""Promises of learned templates: trusted while they agree, checked ever more rarely, dropped when the site changes."""

import json
from datetime import UTC, datetime
from functools import reduce

import pytest

from monitor.adapters.extract_template import READER, read_by_template, read_with
from monitor.domain.errors import Permanent
from monitor.domain.model import Hints, Page
from monitor.domain.templates import (
    AGREED,
    FIRST_ROUND,
    LONGEST_ROUND,
    MOST_LESSONS,
    MOST_MISSES,
    Experience,
    Lesson,
    TemplateState,
    Way,
    after,
    from_plain,
    judged,
    learn,
    missed,
    template_key,
    to_plain,
    used,
)
from monitor.domain.text import token_f1
from tests.made_sites import made_page

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def read(site: int, number: int, state: TemplateState, design: int = 0):
    made = made_page(site, number, design=design)
    document, state = read_by_template(
        Page(made.url, made.url, "text/html", made.markup, NOW), Hints(), state
    )
    return made, document, state


def learned(site: int, pages: int = 8) -> TemplateState:
    state = TemplateState("site")
    for number in range(pages):
        _, _, state = read(site, number, state)
    return state


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.example.com/news/2026/03/03/a-very-long-slug-about-robots.html", "example.com/news/#"),
        ("https://example.com/a-very-long-slug-about-robots", "example.com"),
        ("https://example.com/World/Asia/story-1.html?id=2", "example.com/world/asia"),
    ],
)
def test_the_key_is_host_and_path_pattern(url, key) -> None:
    assert template_key(url) == key


@pytest.mark.parametrize("site", range(6))
def test_a_site_is_read_by_template_once_it_is_learned(site) -> None:
    state = learned(site)
    assert state.trusted
    made, document, state = read(site, 99, state)
    assert document.reader == READER
    assert token_f1(document.text, made.text) > 0.98
    assert document.title == made.title
    assert document.authors == ("Ann Example",)
    assert document.published_at is not None


def test_a_template_is_not_trusted_early() -> None:
    assert not learned(1, pages=3).trusted


def test_a_trusted_template_is_checked_ever_more_rarely() -> None:
    state = learned(1)
    rounds = []
    for _ in range(5):
        uses = 0
        while not state.due:
            state, uses = used(state), uses + 1
        rounds.append(uses)
        state = judged(state, 1.0)
    assert rounds[0] <= FIRST_ROUND
    assert rounds == sorted(rounds)
    assert rounds[-1] == LONGEST_ROUND


def test_a_template_that_disagrees_is_dropped_at_once() -> None:
    state = judged(learned(1), AGREED - 0.01)
    assert not state.trusted
    assert state.drops == 1


def test_a_relaunched_site_is_never_misread_and_learned_anew() -> None:
    state = learned(1)
    for number in range(100, 100 + MOST_MISSES + 8):
        made, document, state = read(1, number, state, design=1)
        assert token_f1(document.text, made.text) > 0.9
    assert state.drops == 1
    assert state.trusted
    assert read(1, 200, state, design=1)[1].reader == READER


def test_one_page_that_does_not_fit_changes_little() -> None:
    state = missed(learned(1))
    assert state.trusted
    assert used(state).misses == 0


def test_a_page_without_an_article_is_refused_by_the_thorough_reader() -> None:
    state = learned(1)
    page = Page(
        "https://site1.example/x",
        "https://site1.example/x",
        "text/html",
        b"<html><body><p>Gone.</p></body></html>",
        NOW,
    )
    with pytest.raises(Permanent, match="no-article"):
        read_by_template(page, Hints(), state)


def test_readings_that_stand_in_no_container_are_not_trusted() -> None:
    state = TemplateState("site")
    for _ in range(10):
        state = learn(state, None)
    assert not state.trusted


def test_an_operators_selectors_need_no_template() -> None:
    state = learned(1)
    made = made_page(1, 50)
    select = {"text": "h1"}
    document, after = read_by_template(
        Page(made.url, made.url, "text/html", made.markup, NOW), Hints(select=select), state
    )
    assert document.reader == "selectors"
    assert after == state


def test_a_state_survives_json() -> None:
    state = learned(2)
    assert from_plain(json.loads(json.dumps(to_plain(state)))) == state


def lessons(site: int, numbers: range) -> list[Experience]:
    found = []
    for number in numbers:
        made = made_page(site, number)
        page = Page(made.url, made.url, "text/html", made.markup, NOW)
        found.append(read_with(page, Hints(), TemplateState("site"))[1])
    return found


def test_the_order_in_which_lessons_come_in_does_not_matter() -> None:
    taught = lessons(3, range(6))
    one, other = (
        reduce(after, taught, TemplateState("site")),
        reduce(after, taught[::-1], TemplateState("site")),
    )
    assert (one.trusted, one.homes, one.places, one.frame) == (True, other.homes, other.places, other.frame)


@pytest.mark.parametrize("way", [Way.USED, Way.MISSED, Way.CHECKED])
def test_what_was_gained_with_a_dropped_template_says_nothing_of_the_new_one(way) -> None:
    fresh = TemplateState("site", drops=1)
    late = after(fresh, Experience(way, agreement=0.0, drops=0))
    assert (late.drops, late.misses, late.uses) == (1, 0, 0)


def test_a_site_whose_pages_never_agree_forgets_what_is_old() -> None:
    state = TemplateState("site")
    for number in range(3 * MOST_LESSONS):
        state = learn(state, Lesson(f"div.home{number}", (("p", "1", True),)))
    assert not state.trusted
    assert len(state.homes) <= MOST_LESSONS


def test_trust_is_harder_to_win_back() -> None:
    taught = lessons(3, range(6))
    assert reduce(after, taught, TemplateState("site")).trusted
    assert not reduce(after, taught, TemplateState("site", drops=1)).trusted
