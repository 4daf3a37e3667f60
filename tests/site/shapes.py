"""Writes one list of a channel in its shape: feeds and list pages here, JSON lists in `rolls`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.site.answers import Answer, Ask, as_json, text
from tests.site.articles import Article
from tests.site.publishers import Announcer
from tests.site.templating import iso, render


@dataclass(frozen=True)
class Edition:
    """What a list shows at one moment: its articles, newest first."""

    announcer: Announcer
    articles: Sequence[Article]
    changed_at: datetime
    now: datetime

    @property
    def title(self) -> str:
        """The name of the publisher."""
        return self.articles[0].publisher if self.articles else self.announcer.host

    @property
    def language(self) -> str:
        """The language of the list."""
        return self.articles[0].language if self.articles else "en"


Shape = Callable[[Edition, Ask], Answer]


def feed(
    template: str, kind: str, *, date_style: str = "zoned", full: bool = False, tracking: str = ""
) -> Shape:
    """Return a shape that writes an XML feed."""

    def write(edition: Edition, ask: Ask) -> Answer:
        extra = {"naive": date_style == "naive", "full": full, "tracking": tracking}
        return text(_filled(f"feeds/{template}", edition, **extra), kind, encoding=edition.announcer.encoding)

    return write


def list_page(template: str) -> Shape:
    """Return a shape that writes an HTML page of links."""

    def write(edition: Edition, ask: Ask) -> Answer:
        return text(_filled(f"lists/{template}", edition), encoding=edition.announcer.encoding)

    return write


def json_feed(edition: Edition, ask: Ask) -> Answer:
    """Write a JSON Feed 1.1."""
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": edition.title,
        "home_page_url": f"http://{edition.announcer.host}/",
        "feed_url": edition.announcer.url,
        "language": edition.language,
        "items": [_json_feed_entry(article) for article in edition.articles],
    }
    return as_json(value).with_headers(content_type="application/feed+json")


def _json_feed_entry(article: Article) -> dict[str, object]:
    return {
        "id": article.key,
        "url": article.url,
        "title": article.page_title,
        "summary": article.summary,
        "content_text": article.summary,
        "date_published": iso(article.published_at),
        "authors": [{"name": name} for name in article.authors],
    }


def _filled(template: str, edition: Edition, **extra: object) -> str:
    announcer = edition.announcer
    return render(
        template,
        articles=edition.articles,
        title=edition.title,
        language=edition.language,
        changed_at=edition.changed_at,
        now=edition.now,
        host=announcer.host,
        url=announcer.url,
        encoding=announcer.encoding,
        **extra,
    )


RSS = "application/rss+xml"
FEEDS: Mapping[str, Shape] = {
    "rss": feed("rss.xml", RSS),
    "rss-naive": feed("rss.xml", "text/xml", date_style="naive"),
    "rss-full": feed("rss.xml", RSS, full=True),
    "rss-tracked": feed("rss.xml", RSS, tracking="?utm_source=rss&utm_medium=feed"),
    "atom": feed("atom.xml", "application/atom+xml"),
    "rdf": feed("rdf.xml", "application/rdf+xml"),
    "sitemap-news": feed("sitemap-news.xml", "application/xml"),
    "json-feed": json_feed,
    "list-table": list_page("list-table.html"),
    "list-cards": list_page("list-cards.html"),
    "list-lines": list_page("list-lines.html"),
}
