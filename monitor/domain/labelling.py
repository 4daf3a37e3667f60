"""How an operator wants articles labelled: by which schemes, by how many, in which order; per topic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.domain.labels import Scheme
from monitor.domain.priority import Weights


@dataclass(frozen=True)
class Manner:
    """How the articles of a topic are labelled."""

    schemes: tuple[str, ...] = ("oecd",)
    overlap: int = 1  # labellers per article
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True)
class Asking:
    """A language model that is asked for suggestions: an OpenAI-compatible endpoint."""

    name: str
    url: str  # base address, ending in /v1
    model: str
    scheme: str = "oecd"
    key_file: str = ""


@dataclass(frozen=True)
class Labelling:
    """All schemes that are known, and the manner of each topic."""

    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    default: Manner = field(default_factory=Manner)
    topics: Mapping[str, Manner] = field(default_factory=dict)
    suggesters: tuple[Asking, ...] = ()

    def manner(self, topics: Sequence[str]) -> Manner:
        """Return the manner of an article: of the first of its topics that has one."""
        return next((self.topics[topic] for topic in topics if topic in self.topics), self.default)

    def schemes_for(self, topics: Sequence[str]) -> list[Scheme]:
        """Return the schemes by which an article is labelled."""
        return [self.schemes[name] for name in self.manner(topics).schemes if name in self.schemes]
