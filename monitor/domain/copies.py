"""Copies: whether a document is the same text as an earlier one, at another address.

What speaks against it although much of the text is shared: a long article that quotes a short one whole (the
lengths differ too much), two texts of one template (their numbers differ), short texts whose common phrases weigh
too much (they have to share more).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.model import CopyCandidate, CopyVerdict, Read, State, Verdict

CONTAINED = 0.6  # share of the shorter text from which two usual articles are one
CONTAINED_SHORT = 0.66  # the same for texts of a few sentences
CONTAINED_STRETCHED = 0.75  # the same for texts of which one is much longer
STRETCHED = 1.6
SHORT = 160  # distinct n-grams
SHORTEST = 40  # below this a text is a phrase that many share
SHORTEST_EQUAL = 60  # below this, equal texts under different titles are boilerplate more often than copies
TITLES_HELP = 0.15  # what equal titles are worth
LEAST = CONTAINED - TITLES_HELP  # share below which only an equal text is a copy, whatever else speaks for it
FIGURES = 0.5  # share of numbers that two copies have in common
FIGURES_SHORT = 0.6
REPRINT = 0.3  # a reprint is at least this long, measured by its original
EXTENDED = 2.2  # and at most this long: what is longer has its own text and quotes the other


@dataclass(frozen=True)
class Imprint:
    """All that later copies need of a decided article; loading it costs a fraction of loading the article."""

    article_id: int
    url: str
    copy_of: int | None
    sketch: bytes
    content_hash: str
    title: str
    publisher: str
    source_named: str
    published_at: datetime | None
    state: State
    incident_id: int | None
    seq: int = 0  # the number of its verdict, 0 until it has one
    found_at: datetime | None = None
    url_key: str = ""  # where it is known; working it out costs as much as all the rest


def imprint_of(read: Read, verdict: Verdict) -> Imprint:
    """Return the imprint of an article that was just decided."""
    reading, document = read.reading, read.document
    return Imprint(
        read.article_id,
        read.url,
        verdict.copy.original_id if verdict.copy else None,
        reading.sketch,
        reading.content_hash,
        document.title,
        document.publisher,
        document.source_named,
        document.published_at,
        verdict.state,
        verdict.incident_id,
        found_at=read.found_at,
        url_key=read.url_key,
    )


def _needed(candidate: CopyCandidate) -> float:
    """Return the containment from which this candidate counts."""
    needed = CONTAINED_SHORT if candidate.letters < SHORT else CONTAINED
    if not 1 / STRETCHED <= candidate.length_ratio <= STRETCHED:
        needed = CONTAINED_STRETCHED
    return needed - TITLES_HELP if candidate.titles_alike else needed


def _is_same_text(candidate: CopyCandidate) -> bool:
    if candidate.exact:
        return candidate.letters >= SHORTEST_EQUAL or candidate.titles_alike
    if candidate.letters < SHORTEST or candidate.containment < _needed(candidate):
        return False
    if not REPRINT <= candidate.length_ratio <= EXTENDED:
        return False
    return candidate.figures >= (FIGURES_SHORT if candidate.letters < SHORT else FIGURES)


def _reason(candidate: CopyCandidate) -> str:
    if candidate.exact:
        return "the text is equal"
    which = (
        "of it stands in the earlier text"
        if candidate.length_ratio <= 1
        else "of the earlier text stands in it"
    )
    return f"{candidate.containment:.0%} {which}" + (", same title" if candidate.titles_alike else "")


def _rank(candidate: CopyCandidate) -> tuple[bool, float, int]:
    return not candidate.exact, -candidate.containment, candidate.article_id


def judge_copy(candidates: Sequence[CopyCandidate], read: Read) -> CopyVerdict | None:
    """Return whose copy the document is, or None for an article of its own."""
    same = [candidate for candidate in candidates if _is_same_text(candidate)]
    if not same:
        return None
    best = min(same, key=_rank)
    earlier = _is_earlier(best, read.document.published_at)
    return CopyVerdict(best.original_id, round(best.containment, 3), _reason(best), earlier)


def _is_earlier(candidate: CopyCandidate, published: datetime | None) -> bool:
    """Tell whether the new document is what the others derive from: by the source that one names, else by date."""
    if candidate.names_original != candidate.named_by_original:
        return candidate.named_by_original
    known = candidate.published_at
    return published is not None and known is not None and published < known
