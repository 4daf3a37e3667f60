"""Pages from templates: everything is escaped, links are http(s) or none, times are told in words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.domain.changes import told_change
from monitor.domain.model import Topic
from monitor.domain.text import printable, script_language
from monitor.web.catalogue import LANGUAGES, language_of, word
from monitor.web.doors import context_of
from monitor.web.languages import language_name

NAV = (
    ("/", "today"),
    ("/queue", "queue"),
    ("/incidents", "incidents"),
    ("/sources", "sources"),
    ("/search", "search"),
)
MINUTE, HOUR, DAY = 60, 3600, 86400
FAR = 60 * DAY
SPANS = (("days", DAY), ("hours", HOUR), ("minutes", MINUTE))  # the longest first


@cache
def environment() -> Environment:
    """Return the templates with their filters."""
    made = Environment(
        loader=PackageLoader("monitor.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(safe_url=safe_url, host=host, clean=printable, day=day, stamp=stamp)
    made.filters.update(lang_of=lang_of)
    made.globals.update(asset=asset, languages=LANGUAGES, nav_links=NAV, same=str)
    made.globals.update(told_change=told_change)
    made.globals.update(topic_pairs=topic_pairs, topic_title=topic_title, label_title=label_title)
    return made


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page in the reader's language."""
    language = language_of(request)
    now = context_of(request).clock.now()
    t = partial(word, language)
    text = (
        environment()
        .get_template(template)
        .render(
            t=t,
            lang=language,
            now=now,
            ago=partial(ago, language, now),
            language_name=partial(language_name, language),
            identity=request.scope.get("state", {}).get("identity"),
            path=request.url.path,
            here=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
            **values,
        )
    )
    return HTMLResponse(text, status)


def topic_pairs(topics: Sequence[Topic]) -> list[tuple[str, int]]:
    """Return topics as choices without a count."""
    return [(topic.name, 0) for topic in topics]


def topic_title(topics: Sequence[Topic]) -> Callable[[str], str]:
    """Return what tells a topic's title from its name."""
    titles = {topic.name: topic.title or topic.name for topic in topics}
    return lambda name: titles.get(name, name)


def label_title(titles: Mapping[str, str]) -> Callable[[str], str]:
    """Return what tells a label's title from its facet value."""
    return lambda value: titles.get(value, value.rpartition(":")[2])


@cache
def asset(name: str) -> str:
    """Return the address of a static file, with its hash, so that it may be cached for ever."""
    content = resources.files("monitor.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={sha256(content).hexdigest()[:12]}"


def lang_of(title: str, languages: Sequence[str]) -> str:
    """Return the language of an incident's title as far as its reports and its script tell, "" for unknown.

    Empty, it still says that the title is not in the language of the page.
    """
    told = script_language(title)
    if told is None and len(languages) == 1:
        return languages[0]
    alike = [one for one in languages if told and one.partition("-")[0] == told.partition("-")[0]]
    return alike[0] if len(alike) == 1 else told or ""


def safe_url(url: str) -> str:
    """Return an http(s) address as it is, and nothing for any other: `javascript:` acts when clicked."""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def host(url: str) -> str:
    """Return the host of an address without www."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def ago(language: str, now: datetime, moment: datetime | None) -> str:
    """Tell how long ago a moment was, or how soon it will be; its day where that is far off."""
    if moment is None:
        return word(language, "time.never")
    seconds = (now - moment).total_seconds()
    size, past = abs(seconds), "past" if seconds >= 0 else "future"
    if size < MINUTE:
        return word(language, "time.now" if seconds >= 0 else "time.soon")
    if size >= FAR:
        return day(moment)
    unit, length = next((unit, length) for unit, length in SPANS if size >= length)
    return word(language, f"time.{past}", span=word(language, f"time.{unit}", n=int(size // length)))


def day(moment: datetime | None) -> str:
    """Return the day, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d") if moment else "–"


def stamp(moment: datetime | None) -> str:
    """Return day and minute, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if moment else "–"
