"""What happens to a labeller in a real Chromium: time runs out, a key is pressed too early, a name is very long."""

from typing import Any

import pytest
from pydantic import SecretStr

from monitor.config.settings import Settings
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import press, take_the_first
from tests.web.filling import fill
from tests.web.serving import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WHY = "textarea[name='r:oecd:article_label']"


def look_again(page: Any) -> None:
    """Come back to the page from another window."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_what_was_written_outlives_a_claim_that_ended(site: Site, chromium: Any) -> None:
    context = chromium.new_context(base_url=site.address, viewport=DESKTOP)  # its console tells the refusal
    page = context.new_page()
    page.goto("/queue")
    take_the_first(page)
    first = page.text_content("h1")
    press(page, "1")
    page.fill(WHY, "three people were deceived")
    site.setting.clock.move(minutes=16)
    look_again(page)
    page.wait_for_selector("[role=alert]:has-text('what you wrote comes back')")
    press(page, "Enter")
    page.wait_for_function("first => document.querySelector('h1').textContent === first", arg=first)
    page.wait_for_load_state()
    assert page.input_value(WHY) == "three people were deceived"
    assert page.is_checked("input[data-key='1']")
    context.close()


def test_a_claim_that_is_renewed_says_until_when(site: Site, open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    assert page.text_content("#lease") == "Yours until 2025-04-01 12:15 UTC"
    site.setting.clock.move(minutes=10)
    look_again(page)
    page.wait_for_selector("#lease:has-text('Yours until 2025-04-01 12:25 UTC')")


def test_a_rejection_asks_for_its_reason(site: Site, open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    first = page.text_content("h1")
    press(page, "x")
    page.wait_for_selector("#skip input[name=reason]:focus")
    page.keyboard.type("an advert")
    press(page, "Enter")
    page.wait_for_function("first => document.querySelector('h1').textContent !== first", arg=first)
    assert [(skip.reason, skip.final) for _, skip in site.do(site.stores.queue_list.skipped())] == [
        ("an advert", True)
    ]


def test_a_key_that_is_held_down_answers_once(site: Site, open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    first = page.text_content("h1")
    press(page, "1")
    for _ in range(8):
        page.keyboard.down("Enter")
    page.wait_for_function("first => document.querySelector('h1').textContent !== first", arg=first)
    page.wait_for_load_state()
    assert page.locator("[role=alert]").count() == 0
    assert site.do(site.stores.queue_list.states())["labelled"] == 1


def test_space_chooses_what_has_the_focus(open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    first = page.text_content("h1")
    page.evaluate("document.querySelector('details.more').open = true")
    for field in ("input[value=ai_hazard]", "details.more input[type=checkbox] >> nth=0"):
        page.focus(field)
        press(page, " ")
        assert page.is_checked(field)
    assert page.text_content("h1") == first


def test_the_keys_are_shown_where_one_looks(open_page: Any) -> None:
    page = open_page("/queue")
    take_the_first(page)
    press(page, "?")
    place = page.evaluate("document.querySelector('#keys dl').getBoundingClientRect().bottom")
    assert place <= DESKTOP["height"]


def test_enter_in_a_field_corrects_nothing(site: Site, open_page: Any) -> None:
    one, other = (line.id for line in site.do(site.stores.incidents.newest(2)))
    page = open_page(f"/incidents/{one}")
    page.check("li.report.pick input >> nth=0")
    page.fill("input[name=other]", f"#{other}")
    press(page, "Enter")
    page.goto(f"/incidents/{one}")
    assert site.do(site.stores.corrections.history(one)) == []


@pytest.mark.parametrize("sign", ["A", "测"])
def test_a_title_without_a_space_breaks_no_page(site: Site, open_page: Any, sign: str) -> None:
    row = {
        "key": "long", "host": "long.example", "path": "/" + "a" * 400, "headline": sign * 500,
        "publisher": sign * 200, "paragraphs": [sign * 3000], "authors": [], "summary": sign * 300,
        "language": "en", "country": "US", "published_at": "2025-03-31T12:00:00+00:00", "incident": "long",
    }  # fmt: skip
    ids = site.do(fill(site.stores, [row]))
    article = site.do(site.stores.listings.one(ids["long"]))
    page, wide = open_page("/", viewport=PHONE), []
    for path in (
        "/",
        "/queue",
        "/incidents",
        f"/incidents/{article.line.incident_id}",
        f"/articles/{ids['long']}",
    ):
        page.goto(path)
        wide += [path] if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1") else []
    assert wide == []


def test_what_was_written_outlives_a_token_that_was_withdrawn(site: Site, open_page: Any) -> None:
    site.setting.settings = Settings(API_TOKEN=SecretStr("first"))
    page = open_page("/queue")
    log_in(page, "first")
    page.wait_for_selector("button[data-key=Enter]:focus")
    page.wait_for_load_state()
    press(page, "Enter")
    page.wait_for_selector("#label")
    page.wait_for_load_state()
    press(page, "1")
    page.fill(WHY, "three people were deceived")
    site.setting.settings = Settings(API_TOKEN=SecretStr("second"))
    page.click("#label button")
    log_in(page, "second")
    page.wait_for_selector("#label")
    page.wait_for_load_state()
    assert page.input_value(WHY) == "three people were deceived"
    page.click("#label button")
    page.wait_for_function("field => document.querySelector(field)?.value === ''", arg=WHY)
    assert site.do(site.stores.queue_list.states())["labelled"] == 1


def log_in(page: Any, token: str) -> None:
    page.wait_for_selector("#token:focus")
    page.keyboard.type(token)
    press(page, "Enter")
