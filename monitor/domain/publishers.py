"""Who published an article: one name and country for the many names and hosts that a publisher goes by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitor.domain.titles import squeeze

# Top-level domains of countries that are sold as words or abbreviations: they say nothing of the country.
_SOLD = frozenset(
    [
        "ai",
        "am",
        "bz",
        "cc",
        "co",
        "fm",
        "gg",
        "gl",
        "im",
        "io",
        "is",
        "la",
        "ly",
        "me",
        "nu",
        "sh",
        "so",
        "st",
        "to",
        "tv",
        "vc",
        "ws",
        "eu",
        "su",
    ]
)
_OTHERWISE = {"uk": "GB"}


@dataclass(frozen=True)
class Publisher:
    """A publisher with its country (ISO 3166 alpha-2, "" where unknown), its hosts and its other names."""

    name: str
    country: str = ""
    hosts: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Publishers:
    """A table of publishers, looked up by host and by name."""

    by_host: Mapping[str, Publisher] = field(default_factory=dict)
    by_name: Mapping[str, Publisher] = field(default_factory=dict)

    def of_host(self, host: str) -> Publisher | None:
        """Return who publishes at a host or at one above it."""
        labels = host.casefold().removeprefix("www.").split(".")
        suffixes = (".".join(labels[number:]) for number in range(len(labels) - 1))
        return next((self.by_host[suffix] for suffix in suffixes if suffix in self.by_host), None)

    def of_name(self, name: str) -> Publisher | None:
        """Return who goes by a name, which may also be a host."""
        return self.by_name.get(squeeze(name)) or (self.of_host(name.strip()) if "." in name else None)

    def resolve(
        self, *, host: str, stated: Iterable[str] = (), hint: str = "", country: str = ""
    ) -> Publisher:
        """Return the publisher of a page; a name that nothing in the table knows is taken as it stands.

        `stated` are the names that the page gives itself, `hint` and `country` what its source says of it.
        """
        names = [name.strip() for name in stated if name.strip()]
        known = self.of_host(host) or next(filter(None, map(self.of_name, (*names, hint))), None)
        if known:
            return Publisher(known.name, known.country or country or country_of(host))
        name = (names[0] if names else "") or hint or host.removeprefix("www.")
        return Publisher(name, country or country_of(host))


def table(publishers: Iterable[Publisher]) -> Publishers:
    """Return the table of these publishers; of two that claim a name or host, the first has it."""
    by_host: dict[str, Publisher] = {}
    by_name: dict[str, Publisher] = {}
    for publisher in publishers:
        for host in publisher.hosts:
            by_host.setdefault(host.casefold(), publisher)
        for name in (publisher.name, *publisher.also):
            by_name.setdefault(squeeze(name), publisher)
    return Publishers(by_host, by_name)


def country_of(host: str) -> str:
    """Return the country that a host's top-level domain stands for, "" where it stands for none."""
    top = host.casefold().rstrip(".").rpartition(".")[2]
    if len(top) != 2 or not top.isalpha() or top in _SOLD:  # noqa: PLR2004 - ISO 3166 alpha-2
        return ""
    return _OTHERWISE.get(top, top.upper())
