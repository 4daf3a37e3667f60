"""Whether a page that articles were read from still says what it said: alive, changed, gone, or unsure for now."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from monitor.domain.errors import MonitorError, Permanent, Transient
from monitor.domain.model import Article, Entry
from monitor.domain.versions import quiet

FIRST_LOOK = timedelta(days=2)
LOOKS = tuple(timedelta(days=days) for days in (5, 14, 30, 60, 90))  # between looks, growing
LAST = timedelta(days=180)
AGAIN = timedelta(days=1)  # what failed is looked at again soon, before anything is said of it
MOST_FAILURES = 3  # in a row; only then a page is called gone
SAME = 0.6  # share of the shorter text found in the longer one: an edited or extended article stays alive
TOUCHED = 20  # pages a day that a source may call edited: some call all of theirs so at every poll
REST = timedelta(hours=6)  # for which a page is left alone after a look, however often it is called edited
AHEAD = timedelta(hours=1)  # as much as clocks differ; what was edited later than now was not
PERMANENT = frozenset({"gone", "no-article", "front-page"})  # what a page says of itself
CLOSED = frozenset({"robots", "refused", "blocked", "private-address", "rate-limited", "http-429"})


class Link(StrEnum):
    """How a page is."""

    UNSEEN = "unseen"
    ALIVE = "alive"
    CHANGED = "changed"
    GONE = "gone"
    UNSURE = "unsure"  # it did not answer, or does not let us in


@dataclass(frozen=True)
class Watched:
    """One page that is watched; `baseline` is the hash of its text when it was first known."""

    article: Article
    state: Link = Link.UNSEEN
    since: datetime | None = None
    reason: str = ""
    final_url: str = ""
    looks: int = 0
    failures: int = 0
    baseline: str = ""
    sketch: bytes = b""
    token: str = ""


@dataclass(frozen=True)
class Sight:
    """What a look at a page brought: the hash of its text, and how much of the known text it holds (0 – 1)."""

    content_hash: str
    alike: float
    final_url: str = ""


@dataclass(frozen=True)
class LinkChange:
    """One page that went from one state to another, for the log."""

    article_id: int
    url: str
    was: Link
    state: Link
    reason: str = ""


def after_sight(watched: Watched, sight: Sight, now: datetime) -> tuple[Watched, datetime]:
    """Return what is known now, and when to look again."""
    if _front_page(watched.article.url, sight.final_url):
        return after_failure(watched, Permanent("front-page"), now)
    known = watched.baseline in {"", sight.content_hash}
    state = Link.ALIVE if known or sight.alike >= SAME else Link.CHANGED
    reason = "" if known else "edited" if state is Link.ALIVE else "other text"
    seen = replace(
        _moved_to(watched, state, reason, now),
        looks=watched.looks + 1,
        failures=0,
        final_url=sight.final_url,
        baseline=watched.baseline or sight.content_hash,
    )
    return seen, now + interval(seen.looks)


def after_failure(watched: Watched, error: MonitorError, now: datetime) -> tuple[Watched, datetime]:
    """Decide what a page that could not be read means: gone after some failures, unsure before, closed to us never."""
    word = error.reason if isinstance(error, Transient | Permanent) else type(error).__name__
    counted = replace(watched, failures=min(watched.failures + 1, MOST_FAILURES), looks=watched.looks + 1)
    if word in CLOSED:
        return _moved_to(replace(counted, failures=0), Link.UNSURE, word, now), now + interval(counted.looks)
    if counted.failures < MOST_FAILURES:
        kept = watched.state if watched.state is Link.GONE else Link.UNSURE
        return _moved_to(replace(counted, looks=watched.looks), kept, word, now), now + AGAIN
    reason = word if word in PERMANENT else f"unreachable: {word}"
    return _moved_to(counted, Link.GONE, reason, now), now + interval(counted.looks)


def is_touched(known: Entry, shown: Entry, seen_at: datetime, now: datetime) -> bool:
    """Tell whether a source says that a page was edited since it was read: a newer time, or another title."""
    told = shown.modified_at
    newer = told is not None and seen_at < told <= now + AHEAD
    before, after = quiet(known.title), quiet(shown.title)
    return (newer and told != known.modified_at) or bool(before and after and before != after)


def brought_forward(due_at: datetime, seen_at: datetime, now: datetime) -> datetime:
    """Return when a page is looked at that was called edited."""
    return min(due_at, max(now, seen_at + REST))


def interval(looks: int) -> timedelta:
    """Return how long to leave a page alone after so many looks."""
    return LOOKS[looks - 1] if 0 < looks <= len(LOOKS) else LAST


def _moved_to(watched: Watched, state: Link, reason: str, now: datetime) -> Watched:
    since = watched.since if watched.state is state and watched.since else now
    return replace(watched, state=state, reason=reason[:300], since=since)


def _front_page(asked: str, final: str) -> bool:
    """Tell whether an article's address now leads to the front page: the usual way of taking it down."""
    there = urlsplit(final or asked)
    here = urlsplit(asked)
    deep = here.path.strip("/") or here.query
    return bool(deep) and not there.path.strip("/") and not there.query
