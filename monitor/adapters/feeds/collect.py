"""From what a parser saw to entries: links are made whole and safe, dates are read, rules applied, all losses counted."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from monitor.adapters.feeds.rules import found
from monitor.domain.dates import parse_date
from monitor.domain.errors import Permanent
from monitor.domain.filters import refusal_of
from monitor.domain.model import Entry, Source
from monitor.domain.urls import fetch_url

T = TypeVar("T")

_LONGEST_TITLE, _LONGEST_SUMMARY, _LONGEST_CONTENT = 500, 1_000, 500_000  # characters
_LONGEST_WORD = 200  # of names, languages, identities
_MOST_AUTHORS = 20
_TAG = re.compile(r"<(?:!--.*?-->|/?[A-Za-z!?][^<>]{0,1000}>)", re.DOTALL)
_INLINE = re.compile(
    r"</?(?:a|b|big|em|font|i|mark|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]{0,1000})?>", re.IGNORECASE
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\ufeff]+")


@dataclass(frozen=True)
class Draft:
    """An entry as a parser saw it: every field raw."""

    url: str = ""
    title: str = ""
    summary: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    content: str = ""
    language: str = ""
    publisher: str = ""
    identity: str = ""
    modified: str = ""
    base: str = ""


@dataclass(frozen=True)
class Collected:
    """The entries of one page, and how many were left out for which reason."""

    entries: tuple[Entry, ...]
    rejected: dict[str, int]

    @property
    def outcome(self) -> str:
        """`feed`, or `no-items` where nothing usable was found."""
        usable = self.entries or any(reason not in {"bad-link", "no-link"} for reason in self.rejected)
        return "feed" if usable else "no-items"


def collect(
    source: Source, items: Sequence[T], draft: Callable[[T], Draft], *, base: str, now: datetime
) -> Collected:
    """Return the entries of the newest items, at most `source.max_entries` of them."""
    entries: dict[str, Entry] = {}
    rejected: dict[str, int] = {}
    for item in _newest_first(source, items, draft, now)[: source.max_entries]:
        entry, refusal = _entry(source, draft(item), base, now)
        if entry is not None and entry.url in entries:
            refusal = "duplicate"
        if refusal or entry is None:
            rejected[refusal] = rejected.get(refusal, 0) + 1
        else:
            entries[entry.url] = entry
    if len(items) > source.max_entries:
        rejected["over-limit"] = len(items) - source.max_entries
    return Collected(tuple(entries.values()), rejected)


def _newest_first(
    source: Source, items: Sequence[T], draft: Callable[[T], Draft], now: datetime
) -> Sequence[T]:
    """Turn a list around that is too long and begins with its oldest item."""
    if len(items) <= source.max_entries:
        return items
    first, last = (_moment(source, draft(items[place]), now) for place in (0, -1))
    return items[::-1] if first and last and first < last else items


def _moment(source: Source, draft: Draft, now: datetime) -> datetime | None:
    return _time(source, draft.published, now)


def _time(source: Source, stated: str, now: datetime) -> datetime | None:
    known = {"timezone": source.timezone, "now": now, "pattern": source.date_format}
    return parse_date(stated, **known) if stated else None  # type: ignore[arg-type]


def _entry(source: Source, draft: Draft, base: str, now: datetime) -> tuple[Entry | None, str]:
    if not draft.url.strip():
        return None, "no-link"
    try:
        url = fetch_url(draft.url, draft.base or base)
    except Permanent:
        return None, "bad-link"
    if url == base:
        return None, "bad-link"  # an empty or broken link leads back to the list itself
    entry = Entry(
        url=url,
        title=plain(draft.title, _LONGEST_TITLE),
        summary=plain(draft.summary, _LONGEST_SUMMARY),
        published_raw=draft.published.strip()[:_LONGEST_WORD],
        published_at=_moment(source, draft, now),
        authors=_names(draft.authors),
        content=draft.content[:_LONGEST_CONTENT],
        language=draft.language.strip()[:35],
        publisher=plain(draft.publisher, _LONGEST_WORD),
        identity=draft.identity.strip()[:_LONGEST_WORD],
        modified_at=_time(source, draft.modified, now),
    )
    return entry, refusal_of(source, entry, found)


def plain(markup: str, longest: int) -> str:
    """Return the text of a title or a summary that may hold markup, escaped once or twice."""
    text = markup[: longest * 4]
    for _ in range(2):
        if "<" in text:
            text = _TAG.sub(" ", _INLINE.sub("", text))
        if "&" not in text:
            break
        text = html.unescape(text)
    return _in_line(text)[:longest].strip()


def _in_line(text: str) -> str:
    """Fold all white space to single spaces and drop what cannot be seen."""
    text = " ".join(text.split())
    return text if text.isprintable() else _UNSEEN.sub("", text)


def _names(raw: Sequence[str]) -> tuple[str, ...]:
    names = dict.fromkeys(plain(name, _LONGEST_WORD) for name in raw[:_MOST_AUTHORS])
    return tuple(name for name in names if name)
