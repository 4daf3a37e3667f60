"""Which entries of a source an operator wants: block rules first, then keep rules."""

from collections.abc import Callable

from monitor.domain.model import Entry, Rule, Source

Search = Callable[
    [str, str], bool
]  # (expression, text): whether it is found; the adapter brings a safe engine


def refusal_of(source: Source, entry: Entry, found: Search) -> str:
    """Return why an entry is not wanted ("blocked", "not-kept"), "" for one that is."""
    if any(_applies(rule, entry, found) for rule in source.block):
        return "blocked"
    if source.keep and not any(_applies(rule, entry, found) for rule in source.keep):
        return "not-kept"
    return ""


def _applies(rule: Rule, entry: Entry, found: Search) -> bool:
    return found(rule.match, _text_of(rule.field, entry))


def _text_of(field: str, entry: Entry) -> str:
    match field:
        case "url":
            return entry.url
        case "author":
            return "\n".join(entry.authors)
        case "text":
            return f"{entry.title}\n{entry.summary}\n{entry.content}"
        case _:
            return entry.title
