"""A whole web in one object: every host of every publisher, answering as it does in life."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.site.answers import Answer, Ask, conditional, plain_error, redirect, text
from tests.site.articles import Article
from tests.site.clock import Clock
from tests.site.faults import FAULT_HOSTS, fault
from tests.site.pages import page
from tests.site.publishers import MOVED, Announcer, announcers
from tests.site.rolls import SHAPES
from tests.site.shapes import Edition

FEED_LIMIT = 200
RETRY_AFTER = 3


@dataclass(frozen=True)
class Pace:
    """How the web behaves in time: seconds over which articles appear, and seconds that slow hosts take."""

    spread: float = 0.0
    slow: float = 0.5
    hang: float = 30.0


class Web:
    """Answers for every host; remembers only who was already told to come later."""

    def __init__(self, articles: Sequence[Article], clock: Clock, pace: Pace = Pace()) -> None:
        self.articles = articles
        self.announcers = announcers(articles)
        self._clock = clock
        self._pace = pace
        self._started = clock.now()
        self._lists = {(announcer.host, announcer.path): announcer for announcer in self.announcers}
        self._pages = {(article.host, article.path): article for article in articles}
        self._hosts = {host for host, _ in (*self._lists, *self._pages)} | {_host(url) for url in MOVED}
        self._oldest = {article.channel: article.key for article in reversed(articles)}.values()
        self._told: set[Announcer] = set()

    def answer(self, ask: Ask) -> Answer:
        """Answer one request; an unknown host is answered as a proxy does that cannot resolve it."""
        if ask.host in FAULT_HOSTS:
            return fault(ask, self._clock.now())
        if ask.host not in self._hosts:
            return plain_error(502, "Host not found")
        if ask.path == "/robots.txt":
            return text("User-agent: *\nAllow: /\n", "text/plain")
        moved = MOVED.get(f"http://{ask.host}{ask.path}")
        if moved:
            return redirect(moved, 301)
        announcer = self._lists.get((ask.host, ask.path))
        return self._list(announcer, ask) if announcer else self._page(ask)

    def announced(self, channel: str) -> list[Article]:
        """Return what a channel has announced until now, newest first."""
        now = self._clock.now()
        own = [article for article in self.articles if article.channel == channel]
        return [article for article in reversed(own) if self.appears_at(article) <= now][:FEED_LIMIT]

    def appears_at(self, article: Article) -> datetime:
        """Return when lists begin to show an article: at once, or in turn over the spread.

        The oldest article of a channel is always there: no list in life is empty.
        """
        if not self._pace.spread or article.key in self._oldest:
            return min(article.published_at, self._started)
        turn = self.articles.index(article) / max(1, len(self.articles) - 1)
        return self._started + timedelta(seconds=turn * self._pace.spread)

    def _page(self, ask: Ask) -> Answer:
        article = self._pages.get((ask.host, ask.target)) or self._pages.get((ask.host, ask.path))
        return page(article, self.articles) if article else plain_error(404, "Not Found")

    def _list(self, announcer: Announcer, ask: Ask) -> Answer:
        quirk = QUIRKS.get(announcer.quirk)
        early = quirk(self, announcer, ask) if quirk else None
        if early:
            return early
        articles = self.announced(announcer.channel)
        changed_at = max((self.appears_at(article) for article in articles), default=self._started)
        edition = Edition(announcer, articles, changed_at, self._clock.now())
        answer = SHAPES[announcer.shape](edition, ask)
        if ask.method == "GET" and answer.status == 200:
            answer = conditional(ask, answer, changed_at)
        return replace(answer, delay=self._delay(announcer, ask))

    def _delay(self, announcer: Announcer, ask: Ask) -> float:
        hangs = (
            announcer.quirk == "keep-alive-hangs"
            and "keep-alive" in ask.headers.get("connection", "").lower()
        )
        if hangs:
            return self._pace.hang
        return self._pace.slow if announcer.quirk == "slow" else 0.0

    def _later(self, announcer: Announcer, ask: Ask) -> Answer | None:
        """Tell the first to ask that it asks too often."""
        if announcer in self._told:
            return None
        self._told.add(announcer)
        return plain_error(429, "Too Many Requests").with_headers(retry_after=str(RETRY_AFTER))

    def _lie(self, announcer: Announcer, ask: Ask) -> Answer | None:
        """Say that nothing changed to anyone who shows validators."""
        shown = {"if-none-match", "if-modified-since"} & set(ask.headers)
        return Answer(b"", 304) if shown else None


def _host(url: str) -> str:
    return url.split("/")[2]


Quirk = Callable[[Web, Announcer, Ask], Answer | None]
QUIRKS: dict[str, Quirk] = {"once-429": Web._later, "liar": Web._lie}
