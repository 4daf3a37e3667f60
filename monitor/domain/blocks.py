"""Which blocks of a page are the article: a first opinion on its text, repaired by where the blocks stand.

A reader that cuts text out of a page loses headings, list entries and short paragraphs inside the article and
keeps teasers and comments outside of it. The container that holds most of what it found tells both apart.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from monitor.domain.text import words_of

ARTICLE, MAIN, NAVIGATION, FOOTER, ASIDE, HEADER, FORM, HIDDEN, GOOD, BAD, COMMENTS, TABLE, LIST, BUTTON = (
    1 << bit for bit in range(14)
)
OUTSIDE = NAVIGATION | FOOTER | ASIDE | FORM | HIDDEN | BAD | COMMENTS | BUTTON  # nothing is added from here
NEVER = COMMENTS | NAVIGATION | FOOTER  # nothing is kept from here
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

HOME_SHARE = 0.5  # of the found words: the deepest element that holds as much is the article's home
ANCHOR = 20  # characters; a shorter block is looked for only where its neighbours stand
LONG = 80  # characters; of a longer block its beginning is enough
LINK_SHARE = 0.35  # of a paragraph's characters
HEADING_LINK_SHARE = 0.8
FEWEST_WORDS = 3  # of a paragraph that is added
FEW_WORDS = 12  # in a shorter block a stock phrase tells what it is
AFTER_TITLE = 60  # words below the title that make everything above it no article
AFTER_TITLE_SHARE = 0.2
LEAST_TITLE = 8  # letters of a title that is recognised in the page
PROSE_WORDS = 12

_STOCK = re.compile(
    r"newsletter|subscribe|sign up|cookie|privacy policy|all rights reserved|©|copyright|follow us|share this|read more|click here|"
    r"advertis|affiliate|log ?in|terms of|disclaimer|comment|reply|tweet|facebook|instagram|twitter|linkedin|pinterest|whatsapp|"
    r"min(?:ute)?s? read|last updated|written by|posted (?:by|on|in)|photo(?: by)?|image credit|via getty|"
    r"责任编辑|编辑[:：]|来源[:：]|版权|转载|扫码|微信|关注|下载|客户端|举报|分享|打印|评论|登录|注册|上一篇|下一篇|返回|点击|声明|字号|ICP",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?。！？…][\"'”’」』)）]*$")
_OPENING = " \t\"'“‘「『《【(（["
_NOT_LETTERS = re.compile(r"[\W_]+")
_ASCII_LETTERS = {code: None for code in range(128) if not chr(code).isalnum()}


@dataclass
class Block:
    """One paragraph, heading, cell or line; `chain` are the numbers of the elements around it, the nearest first."""

    text: str
    tag: str
    chain: tuple[int, ...]
    linked: int = 0  # characters of links
    links: tuple[str, ...] = ()

    @cached_property
    def words(self) -> int:
        """How many words it has; a CJK character counts as one."""
        return len(words_of(self.text))

    @cached_property
    def said(self) -> str:
        """The text as it is compared: see `letters`."""
        return letters(self.text)

    @property
    def link_share(self) -> float:
        """How much of the text is links."""
        return self.linked / max(1, len(self.text))

    @property
    def heading(self) -> bool:
        """Whether it is a heading."""
        return self.tag in HEADINGS


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a page in the order of its markup; by its number, each element's own places and its sign."""

    rows: list[Block]
    places: list[int]
    signs: list[str]


def letters(text: str) -> str:
    """Return a text as it is compared: letters and digits only, case folded."""
    if text.isascii():
        return text.lower().translate(_ASCII_LETTERS)  # the same in a tenth of the time
    return _NOT_LETTERS.sub("", text.casefold())


def settle(blocks: Blocks, found: Sequence[bool], titled: frozenset[int]) -> list[bool]:
    """Return which blocks are the article's, given which ones a first opinion found and which ones say its title."""
    rows = blocks.rows
    home = home_of(rows, found)
    first, last = span(found)
    headline = headline_of(rows, titled)
    start = start_of(rows, found, headline) if headline >= 0 and rows[headline].heading else 0
    kept = []
    for number, (block, known) in enumerate(zip(rows, found, strict=True)):
        around, inside = places_below(blocks, block, home)
        keep = known or (inside and first < number < last and not around & OUTSIDE and belongs(block))
        out = around & NEVER or number < start or (number in titled and block.words > FEWEST_WORDS)
        kept.append(bool(keep and not out))
    return kept


def agreement(blocks: Blocks, left: Sequence[bool], right: Sequence[bool]) -> float:
    """Return the F1 (0 - 1) of the words that two opinions hold to be the article; 1 where both find nothing."""
    both = sum(
        block.words for block, one, other in zip(blocks.rows, left, right, strict=True) if one and other
    )
    total = sum(
        block.words * (one + other) for block, one, other in zip(blocks.rows, left, right, strict=True)
    )
    return 2 * both / total if total else 1.0


def home_of(rows: Sequence[Block], found: Sequence[bool], share: float = HOME_SHARE) -> int:
    """Return the number of the deepest element that holds most of the found words; 0 where none does."""
    held: Counter[int] = Counter()
    depth: dict[int, int] = {}
    for block, known in zip(rows, found, strict=True):
        if known:
            for level, element in enumerate(block.chain):
                held[element] += block.words
                depth[element] = len(block.chain) - level
    total = sum(block.words for block, known in zip(rows, found, strict=True) if known)
    homes = [element for element, words in held.items() if words >= share * total]
    return max(homes, key=depth.__getitem__, default=0)


def span(found: Sequence[bool]) -> tuple[int, int]:
    """Return the numbers of the first and the last found block."""
    known = [number for number, one in enumerate(found) if one]
    return (known[0], known[-1]) if known else (0, -1)


def places_below(blocks: Blocks, block: Block, home: int) -> tuple[int, bool]:
    """Return what the elements between a block and the home stand for, and whether it is in the home at all."""
    around = 0
    for element in block.chain:
        if element == home:
            return around, True
        around |= blocks.places[element]
    return around, False


def belongs(block: Block) -> bool:
    """Tell whether a block that the first opinion left out, in the midst of the article, is part of it."""
    if block.words < FEW_WORDS and _STOCK.search(block.text):
        return False
    if block.heading:
        return block.link_share < HEADING_LINK_SHARE
    return block.tag != "figcaption" and block.link_share < LINK_SHARE and block.words >= FEWEST_WORDS


def title_blocks(rows: Sequence[Block], title: str) -> frozenset[int]:
    """Return the numbers of the blocks that say the title."""
    wanted = letters(title)
    if len(wanted) <= LEAST_TITLE:
        return frozenset()
    longest = 3 * len(title)
    lower = title.casefold()
    titled = frozenset(
        number
        for number, block in enumerate(rows)
        if LEAST_TITLE < len(block.text) < longest
        and block.text.lstrip(_OPENING)[:4].casefold() in lower  # most blocks are told by their first letters
        and same_title(block.said, wanted)
    )
    headed = any(rows[number].heading for number in titled)
    return frozenset(number for number in titled if not (headed and is_flash(rows[number])))


def is_flash(block: Block) -> bool:
    """Tell whether a block is no title although it says one: a flash whose whole text became its headline."""
    return not block.heading and block.words >= PROSE_WORDS and bool(_SENTENCE.search(block.text))


def same_title(text: str, wanted: str) -> bool:
    """Tell whether a block's letters are those of the title, or one holds most of the other."""
    if text == wanted:
        return True
    return len(text) > LEAST_TITLE + 4 and (
        text in wanted or (wanted in text and len(text) < 1.5 * len(wanted))
    )


def headline_of(rows: Sequence[Block], titled: frozenset[int]) -> int:
    """Return the number of the block that is the headline, -1 where none is."""
    headings = [number for number in sorted(titled) if rows[number].heading]
    tops = [number for number in headings if rows[number].tag == "h1"]
    only = [number for number, block in enumerate(rows) if block.tag == "h1"]
    return (tops or headings or (only if len(only) == 1 else []) or sorted(titled) or [-1])[0]


def start_of(rows: Sequence[Block], found: Sequence[bool], start: int) -> int:
    """Return the number of the block that the article starts with: its headline, where enough text follows it."""
    words = list(accumulate(block.words if known else 0 for block, known in zip(rows, found, strict=True)))
    total = words[-1] if words else 0
    after = total - (words[start - 1] if start else 0)
    return start if after >= max(AFTER_TITLE, AFTER_TITLE_SHARE * total) else 0


def prose(blocks: Blocks) -> list[bool]:
    """Return which blocks read like running text: an opinion that costs nothing, for pages too large for others."""
    return [
        block.words >= PROSE_WORDS and block.link_share < LINK_SHARE and bool(_SENTENCE.search(block.text))
        for block in blocks.rows
    ]


def running_text(blocks: Blocks) -> list[bool]:
    """Return which blocks read like running text where most of it stands."""
    found = prose(blocks)
    home = home_of(blocks.rows, found)
    places = (places_below(blocks, block, home) for block in blocks.rows)
    return [
        known and inside and not around & OUTSIDE
        for known, (around, inside) in zip(found, places, strict=True)
    ]


def located(blocks: Blocks, text: str) -> list[bool]:
    """Return which blocks a reader's text holds.

    Long blocks that stand once in the page are found anywhere; all others only between their found neighbours,
    so that a menu entry is not taken for the heading that says the same.
    """
    said = [block.said for block in blocks.rows]
    whole = letters(text)
    anchors = anchored(said, whole)
    found = [anchor is not None for anchor in anchors]
    ends = following(anchors, len(whole))
    cursor = 0
    for number, own in enumerate(said):
        anchor = anchors[number]
        if anchor:
            cursor = anchor[1]
        elif own:
            end = ends[number] if ends[number] >= cursor else cursor + 300
            place = whole.find(own, cursor, end)
            if place >= 0 and (len(own) > 2 or place - cursor < ANCHOR):  # noqa: PLR2004 - a page number, an initial
                found[number], cursor = True, place + len(own)
    return found


def following(anchors: Sequence[tuple[int, int] | None], end: int) -> list[int]:
    """Return for each block where in the text the next anchor after it starts."""
    ends = []
    for anchor in reversed(anchors):
        ends.append(end)
        end = anchor[0] if anchor else end
    return ends[::-1]


def anchored(said: Sequence[str], whole: str) -> list[tuple[int, int] | None]:
    """Return where in the text the long blocks stand that the page says once."""
    count = Counter(said)
    anchors: list[tuple[int, int] | None] = []
    cursor = 0
    for own in said:
        anchor = place_of(own, whole, cursor) if len(own) >= ANCHOR and count[own] == 1 else None
        cursor = anchor[1] if anchor else cursor
        anchors.append(anchor)
    return anchors


def place_of(own: str, whole: str, cursor: int) -> tuple[int, int] | None:
    """Return where a block stands in a text, looked for from the cursor on and then from the top."""
    for start in (cursor, 0):
        place = whole.find(own, start)
        if place >= 0:
            return place, place + len(own)
    if len(own) >= LONG:
        place = whole.find(own[: LONG // 2])
        return (place, place + LONG // 2) if place >= 0 else None
    return None
