"""Sites made up for tests and benchmarks: each has a frame of its own, its articles differ only in their text."""

import random
from dataclasses import dataclass

SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ter",
    "an",
    "sol",
    "vi",
    "ra",
    "pon",
    "del",
    "qui",
    "mar",
    "est",
    "fin",
    "gol",
    "hu",
    "jin",
    "ber",
    "tal",
    "os",
]
COMMON = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "with",
    "as",
    "was",
    "on",
    "are",
    "this",
    "be",
    "have",
    "from",
    "by",
    "at",
    "his",
    "not",
]
CONTAINERS = (
    "div.article-body",
    "section.entry-content",
    "div.story__text",
    "article.post",
    "div#content-text",
)
PARAGRAPHS = 14
LINKS = 120  # in the menu, which stands above and below: a news page of average size
TEASERS = 24


@dataclass(frozen=True)
class MadePage:
    """A page with the text that a reader should find."""

    url: str
    markup: bytes
    title: str
    text: str


def made_page(site: int, number: int, *, design: int = 0) -> MadePage:
    """Return the page `number` of a site; another `design` is the same site after a relaunch."""
    words = random.Random(f"{site}/{number}")
    frame = random.Random(f"frame {site}/{design}")
    title = sentence(words, 8)
    paragraphs = [sentence(words, words.randint(25, 60)) + "." for _ in range(words.randint(8, PARAGRAPHS))]
    heading = sentence(words, 4)
    markup = page_markup(
        frame, words, title, [*paragraphs[:4], f"<h2>{heading}</h2>", *paragraphs[4:]], design
    )
    return MadePage(
        f"https://site{site}.example/news/2026/{number}/{title.replace(' ', '-').casefold()}.html",
        markup.encode(),
        title,
        "\n".join([*paragraphs[:4], heading, *paragraphs[4:]]),
    )


def page_markup(frame: random.Random, words: random.Random, title: str, body: list[str], design: int) -> str:
    """Return the whole page."""
    tag, _, name = frame.choice(CONTAINERS).replace("#", ".").partition(".")
    name = f"{name}-{'abcdef'[design]}"
    menu = "".join(f"<li><a href='/s/{place}'>{sentence(frame, 2)}</a></li>" for place in range(LINKS))
    related = "".join(f"<li><a href='/r/{place}'>{sentence(words, 9)}</a></li>" for place in range(10))
    teasers = "".join(
        f"<div class='teaser'><h3><a href='/t'>{sentence(words, 7)}</a></h3><p>{sentence(words, 14)}.</p></div>"
        for _ in range(TEASERS)
    )
    inner = "".join(part if part.startswith("<h2") else f"<p>{part}</p>" for part in body)
    promo = f"<div class='promo-box'><p>{sentence(frame, 16)}.</p></div>"
    script = (
        "<script>"
        "var data = {"
        + ",".join(f"k{place}: '{sentence(frame, 3)}'" for place in range(2000))
        + "};</script>"
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} | Site</title>"
        f"<meta property='og:title' content='{title}'><meta property='og:site_name' content='Site'>"
        f"<meta property='article:published_time' content='2026-03-0{frame.randint(1, 9)}T10:00:00Z'>{script}</head><body>"
        f"<header class='masthead'><nav><ul>{menu}</ul></nav></header><div class='layout'><main>"
        f"<h1>{title}</h1><div class='byline'>By Ann Example</div>"
        f"<{tag} class='{name}'>{inner}{promo}</{tag}></main>"
        f"<aside class='sidebar'><h3>Most read</h3><ul>{related}</ul>{teasers}</aside></div>"
        f"<footer><ul>{menu}</ul><p>Copyright 2026 Site. {sentence(frame, 12)}.</p></footer></body></html>"
    )


def sentence(source: random.Random, length: int) -> str:
    """Return that many words, every third a common English one and the others made up."""
    made = ["".join(source.choices(SYLLABLES, k=source.randint(1, 3))) for _ in range(length)]
    words = [source.choice(COMMON) if place % 3 == 2 else word for place, word in enumerate(made)]
    return " ".join(words).capitalize()
