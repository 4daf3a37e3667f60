"""What a site's article pages have in common, learned from pages that were read thoroughly.

Pages of one site share their frame and differ in their text. The template of a site is the container that its
articles stand in and, for each kind of place in it, whether it holds text. It is trusted while it agrees with the
thorough reader, checked at a falling rate, and dropped at once when it does not agree any more.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from monitor.domain.blocks import Block, Blocks, belongs, home_of
from monitor.domain.hosts import canonical_host

HOME_SHARE = 0.9  # of the article's words that its container holds
LEVELS = 3  # of elements that name the container: itself and those around it
ENOUGH_PAGES = 5  # thorough readings that agree, before a template is trusted
MORE_PAGES = 2  # for each time that it drifted before: trust is harder to win back
MOST_DROPS = 5
SAME_HOME = 0.8  # of the readings whose article stood in the same container
AGREED = 0.9  # agreement with the thorough reader below which a template has drifted
UNKNOWN_SHARE = 0.1  # of a page's words in places never seen: above it the template does not fit
FIRST_ROUND = 8  # pages until the first check
LONGEST_ROUND = 64  # pages between two checks of a template that always agreed
MOST_MISSES = 3  # pages in a row that it did not fit, until it is learned anew
MOST_LESSONS = 25  # thorough readings without trust, until they are forgotten: what is new counts
MOST_PLACES = 400
MOST_FRAME = 300
FRAME_PAGES = 2  # pages that say the very same thing: it is the frame's
FEWEST_WORDS = 20  # of an article that a template reads

_NUMBERED = re.compile(r"\d")
_LONG = 24  # characters of a path segment that names one article


@dataclass(frozen=True)
class Place:
    """How often blocks at one place of the container were text, and how often not."""

    kept: int = 0
    dropped: int = 0

    @property
    def text(self) -> bool:
        """Whether this is a place for text."""
        return self.kept > self.dropped


@dataclass(frozen=True)
class TemplateState:
    """What is known of the article pages of a site (host and path pattern)."""

    site: str
    homes: dict[str, int] = field(default_factory=dict)  # container → readings that found it
    places: dict[str, Place] = field(default_factory=dict)  # of the leading container
    frame: dict[str, int] = field(default_factory=dict)  # checksum of a block's letters → pages that said it
    pages: int = 0  # thorough readings
    checks: int = 0  # checks in a row that agreed, once it is trusted
    uses: int = 0  # pages read by it since the last check
    misses: int = 0  # pages in a row that it did not fit
    drops: int = 0  # times it drifted and was learned anew

    @property
    def home(self) -> str:
        """The container that most readings found."""
        return leading_of(self.homes)

    @property
    def trusted(self) -> bool:
        """Whether enough readings agree on where the article stands."""
        same, enough = self.homes.get(self.home, 0), ENOUGH_PAGES + MORE_PAGES * min(self.drops, MOST_DROPS)
        return self.pages >= enough and same >= SAME_HOME * self.pages

    @property
    def round(self) -> int:
        """How many pages are read by it between two checks."""
        return min(LONGEST_ROUND, FIRST_ROUND << self.checks)

    @property
    def due(self) -> bool:
        """Whether the next page is to be read thoroughly too, to check the template."""
        return self.uses >= self.round


@dataclass(frozen=True)
class Lesson:
    """What one thorough reading showed: the container, and each block's place, checksum and whether it was text."""

    home: str
    rows: tuple[tuple[str, str, bool], ...]


class Way(StrEnum):
    """Which way a page was read, seen from its template."""

    USED = "used"  # by the template
    CHECKED = "checked"  # both ways
    MISSED = "missed"  # thoroughly, for the template did not fit
    TAUGHT = "taught"  # thoroughly, for there is no trusted template yet
    APART = "apart"  # by an operator's word, or by a guess: nothing to learn from


@dataclass(frozen=True)
class Experience:
    """What one reading says about a template; `drops` names the one that it was gained with."""

    way: Way
    lesson: Lesson | None = None
    agreement: float = 1.0
    drops: int = 0


def after(state: TemplateState, experience: Experience) -> TemplateState:
    """Return the state after one more reading.

    Readings that run side by side may each add theirs, in any order: what was gained with a template that was
    dropped meanwhile says nothing of the new one but what a thorough reading showed.
    """
    same = experience.drops == state.drops
    match experience.way:
        case Way.USED:
            return used(state) if same else state
        case Way.MISSED:
            return missed(state) if same else state
        case Way.CHECKED:
            return learn(judged(state, experience.agreement) if same else state, experience.lesson)
        case Way.TAUGHT:
            return learn(state, experience.lesson)
        case Way.APART:
            return state


def leading_of(homes: dict[str, int]) -> str:
    """Return the container that most readings found; of equals always the same one."""
    return max(homes, key=lambda home: (homes[home], home), default="")


def template_key(url: str) -> str:
    """Return the site that an address belongs to: its host and the pattern of its path."""
    parts = urlsplit(url)
    host = canonical_host(parts.hostname or "").removeprefix("www.")
    segments = [segment for segment in parts.path.split("/") if segment]
    kept = [
        "#" if _NUMBERED.search(segment) else segment.casefold()
        for segment in segments[:-1]
        if len(segment) < _LONG
    ]
    return f"{host}/{'/'.join(kept[:2])}".rstrip("/")


def lesson_of(blocks: Blocks, kept: Sequence[int]) -> Lesson | None:
    """Return what a thorough reading shows, None where its text stands in no one container."""
    text = frozenset(kept)
    home = home_of(blocks.rows, [number in text for number in range(len(blocks.rows))], HOME_SHARE)
    if not home:
        return None
    inside = [(number, block) for number, block in enumerate(blocks.rows) if home in block.chain]
    rows = tuple((place_of(blocks, block, home), checksum(block), number in text) for number, block in inside)
    return Lesson(container(blocks, inside[0][1], home), rows)


def home_named(blocks: Blocks, name: str) -> int:
    """Return the number of the first element that goes by a container's name, 0 where none does."""
    outermost = name.partition(" < ")[0]
    for block in blocks.rows:
        for element in block.chain:
            if blocks.signs[element] == outermost and container(blocks, block, element) == name:
                return element
    return 0


def container(blocks: Blocks, block: Block, home: int) -> str:
    """Return the name of a container: its sign and those of the elements around it."""
    around = block.chain[block.chain.index(home) :][:LEVELS]
    return " < ".join(blocks.signs[element] for element in around)


def place_of(blocks: Blocks, block: Block, home: int) -> str:
    """Return the place of a block in its container: the signs on the way down to it."""
    way = block.chain[: block.chain.index(home)]
    return "/".join(blocks.signs[element] for element in reversed(way))


def checksum(block: Block) -> str:
    """Return a short checksum of what a block says."""
    return format(zlib.crc32(block.said.encode()), "x")


def learn(state: TemplateState, lesson: Lesson | None) -> TemplateState:
    """Return the state after one more thorough reading."""
    if not state.trusted and state.pages >= MOST_LESSONS:
        state = TemplateState(state.site, drops=state.drops)
    if lesson is None:
        return replace(state, pages=state.pages + 1)
    homes = state.homes | {lesson.home: state.homes.get(lesson.home, 0) + 1}
    leading = leading_of(homes)
    places = dict(state.places) if leading == state.home else {}
    frame = dict(state.frame)
    if lesson.home == leading:
        _count_places(places, lesson.rows)
        _count_frame(frame, lesson.rows)
    return replace(state, homes=homes, places=places, frame=frame, pages=state.pages + 1)


def _count_places(places: dict[str, Place], rows: Iterable[tuple[str, str, bool]]) -> None:
    for place, _, text in rows:
        seen = places.get(place, Place())
        if place in places or len(places) < MOST_PLACES:
            places[place] = Place(seen.kept + text, seen.dropped + (not text))


def _count_frame(frame: dict[str, int], rows: Iterable[tuple[str, str, bool]]) -> None:
    for said in {said for _, said, _ in rows}:
        if said in frame or len(frame) < MOST_FRAME:
            frame[said] = frame.get(said, 0) + 1
    if len(frame) >= MOST_FRAME:  # what only one page said so far makes room for what comes
        for said in [said for said, pages in frame.items() if pages < FRAME_PAGES]:
            del frame[said]


def text_by(state: TemplateState, blocks: Blocks) -> list[int] | None:
    """Return the numbers of the blocks that the template holds to be text, None where it does not fit the page."""
    home = home_named(blocks, state.home)
    kept: list[int] = []
    words = unknown = 0
    for number, block in enumerate(blocks.rows):
        if home not in block.chain or state.frame.get(checksum(block), 0) >= FRAME_PAGES:
            continue
        place = state.places.get(place_of(blocks, block, home))
        words += block.words
        unknown += block.words if place is None else 0
        if belongs(block) if place is None else place.text:
            kept.append(number)
    fits = words >= FEWEST_WORDS and unknown <= UNKNOWN_SHARE * words
    return kept if fits else None


def used(state: TemplateState) -> TemplateState:
    """Return the state after a page was read by the template."""
    return replace(state, uses=state.uses + 1, misses=0)


def judged(state: TemplateState, agreement: float) -> TemplateState:
    """Return the state after a check: checked more rarely where it agreed, learned anew where it drifted."""
    if agreement >= AGREED:
        return replace(state, checks=state.checks + 1, uses=0, misses=0)
    return anew(state)


def missed(state: TemplateState) -> TemplateState:
    """Return the state after a page that the template did not fit: one may be a gallery, several are a new design."""
    return anew(state) if state.misses + 1 >= MOST_MISSES else replace(state, misses=state.misses + 1)


def anew(state: TemplateState) -> TemplateState:
    """Return the empty state of the same site."""
    return TemplateState(state.site, drops=state.drops + 1)


def to_plain(state: TemplateState) -> dict[str, Any]:
    """Return the state as plain values, for keeping as JSON."""
    places = {name: [place.kept, place.dropped] for name, place in state.places.items()}
    return vars(state) | {"places": places}


def from_plain(plain: dict[str, Any]) -> TemplateState:
    """Return the state that `to_plain` wrote; raises ValueError, KeyError or TypeError for anything else."""
    places = {name: Place(*counts) for name, counts in plain["places"].items()}
    return TemplateState(**{**plain, "places": places})
