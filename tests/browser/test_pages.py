"""The pages in a real Chromium: by keyboard alone, on a phone, in the dark, by an accessibility checker."""

from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from monitor.domain.model import Health, SourceState
from tests.browser.conftest import DESKTOP, PHONE
from tests.web.filling import NOW, fill
from tests.web.serving import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PAGES = ("/", "/queue", "/contradictions", "/incidents", "/incidents/1", "/sources", "/sources/wall", "/search?q=AI", "/articles/1", "/api/docs", "/login")  # fmt: skip
LOOKS = {
    "desktop, light, English": {"viewport": DESKTOP, "color_scheme": "light", "locale": "en-US"},
    "phone, dark, Chinese": {"viewport": PHONE, "color_scheme": "dark", "locale": "zh-CN", "has_touch": True},
    "phone, light, English": {"viewport": PHONE, "color_scheme": "light", "locale": "en-US"},
    "desktop, dark, Chinese": {"viewport": DESKTOP, "color_scheme": "dark", "locale": "zh-CN"},
}

WHOLE = {
    "desktop, light, English",
    "phone, dark, Chinese",
}  # the others look at what differs: room and colours


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))


def press(page: Any, *keys: str) -> None:
    """Press keys, each on the page that the one before led to."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_load_state()


def take_the_first(page: Any) -> None:
    """Say who one is and take an article, without a mouse."""
    page.wait_for_selector("#name:focus")
    page.keyboard.type("ann")
    press(page, "Enter")
    page.wait_for_selector("button[data-key=Enter]")
    press(page, "Enter")
    page.wait_for_selector("#label")
    page.wait_for_load_state()  # a key that comes before the page's script is nobody's


def test_articles_are_labelled_by_keyboard_alone(site: Site, open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    first = page.text_content("h1")
    press(page, "1")
    assert page.is_checked("input[data-key='1']")
    press(page, "Enter")
    page.wait_for_function("first => document.querySelector('h1').textContent !== first", arg=first)
    second = page.text_content("h1")
    press(page, "Backspace")  # take the answer back
    page.wait_for_function("first => document.querySelector('h1').textContent === first", arg=first)
    press(page, "4", "Enter")
    page.wait_for_function("second => document.querySelector('h1').textContent === second", arg=second)
    press(page, " ")  # leave it to others
    page.wait_for_function("second => document.querySelector('h1').textContent !== second", arg=second)
    page.focus("input[name=reason]")
    page.keyboard.type("an advert")
    third = page.text_content("h1")
    press(page, "Escape", "x")
    page.wait_for_function("third => document.querySelector('h1').textContent !== third", arg=third)
    page.wait_for_function("document.querySelector('#label input[name=token]')")
    press(page, "Escape")  # give it back
    page.wait_for_selector("text=Next in the queue")
    (labelled,) = site.do(site.stores.queue_list.waiting(label_state="labelled"))
    values = site.do(site.stores.judgements.of_article(labelled.article_id))
    assert [(one.value, one.in_force) for one in values] == [("ai_incident", False), ("unrelated", True)]
    skips = [skip for _, skip in site.do(site.stores.queue_list.skipped())]
    assert [(skip.labeller, skip.reason, skip.final) for skip in skips] == [
        ("ann", "an advert", True),
        ("ann", "", False),
    ]


def test_chosen_words_become_the_quote(open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#text p'))")
    press(page, "q")
    quote = page.input_value("textarea[data-quote]")
    assert quote and quote == page.text_content("#text p").strip()


def test_everything_is_reached_with_the_tab_key(open_page: Any) -> None:
    page = open_page("/")
    press(page, "Tab")
    assert focused(page) == "Skip to the content"
    seen = set()
    for _ in range(12):
        press(page, "Tab")
        seen.add(focused(page))
    assert {"Today", "Queue", "Incidents", "Sources", "Search"} <= seen
    press(page, "Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_two_incidents_become_one_and_two_again(site: Site, open_page: Any) -> None:
    kept, gone = (line.id for line in site.do(site.stores.incidents.newest(2)))
    page = open_page(f"/incidents/{kept}")
    before = page.locator("li.report.pick").count()
    page.fill("input[name=other]", f"#{gone}")
    page.click("#merge")
    page.wait_for_function("n => document.querySelectorAll('li.report.pick').length > n", arg=before)
    page.goto(f"/incidents/{gone}")
    assert page.url.endswith(f"/incidents/{kept}")
    page.click("form.inline button")  # take it back
    page.wait_for_function("n => document.querySelectorAll('li.report.pick').length === n", arg=before)
    assert site.do(site.stores.incidents.one(gone)).line.id == gone


def test_a_source_goes_stale_before_one_s_eyes(site: Site, open_page: Any) -> None:
    page = open_page("/sources")
    assert page.locator("tr", has_text="replay").locator(".pill.ok").count() == 1
    state = SourceState("replay", Health.STALE, "nothing new for 40 days", since=NOW - timedelta(days=1))
    site.do(site.stores.polls.note_state(state))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("tr:has-text('replay') .pill.stale")
    assert page.locator("tr", has_text="replay").locator("text=nothing new for 40 days").count() == 1
    page.goto("/")
    assert page.locator(".problems li", has_text="replay").count() == 1


def test_foreign_markup_never_acts(site: Site, open_page: Any) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"=1+1"
    row = {
        "key": "evil", "host": "evil.example", "path": '/1?a="><script>alert(4)</script>', "headline": evil,
        "publisher": evil, "paragraphs": [evil], "authors": [evil], "summary": evil, "language": "en",
        "country": "US", "published_at": "2025-03-31T12:00:00+00:00", "incident": "evil",
    }  # fmt: skip
    ids = site.do(fill(site.stores, [row]))
    article = site.do(site.stores.listings.one(ids["evil"]))
    site.do(site.stores.search.catch_up())
    page = open_page("/")
    for path in (
        f"/articles/{ids['evil']}",
        f"/incidents/{article.line.incident_id}",
        "/search?q=alert",
        "/queue",
    ):
        page.goto(path)
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("main script").count() == 0


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_has_a_barrier(site: Site, open_page: Any, look: str) -> None:
    """No serious finding of axe-core, and nothing wider than the screen."""
    axe = (files(pytest.importorskip("axe_playwright_python")) / "axe.min.js").read_text("utf-8")
    article = site.ids["douyin-01"]
    page = open_page("/login", bypass_csp=True, **LOOKS[look])
    found, wide = [], []
    for path in (*(PAGES if look in WHOLE else PAGES[:4]), f"/articles/{article}", "task"):
        if path == "task":
            page.goto("/queue")
            take_the_first(page)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        else:
            page.goto(path)
        page.evaluate(axe)
        told = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        found += [
            (path, one["id"], node["target"], node["failureSummary"][:200])
            for one in told
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"][:3]
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
            wide.append(path)
    assert found == []
    assert wide == []


def test_the_first_page_is_small_on_the_wire(open_page: Any) -> None:
    page = open_page("/")
    sizes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(one => one.transferSize)"
    )
    assert len(sizes) >= 3
    assert sum(sizes) < 100_000
