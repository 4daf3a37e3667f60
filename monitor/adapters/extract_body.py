"""The article's text in a page: trafilatura's opinion, a second one where it looks wrong, repaired block by block."""

from copy import deepcopy
from dataclasses import dataclass

import trafilatura
from lxml import etree, html
from readability import Document as Readable
from resiliparse.extract.html2text import extract_plain_text

from monitor.adapters.extract_page import Tree
from monitor.domain.blocks import Blocks, agreement, located, prose, running_text, settle
from monitor.domain.tails import without_tails
from monitor.domain.text import paragraphs

CJK_LANGUAGES = frozenset({"zh-Hans", "zh-Hant", "ja", "ko"})
SHORTEST_TEXT = 120  # characters; below it a second opinion is asked
ENOUGH_WORDS = 80  # of an article that two readers who cost little agree on
FEWEST_WORDS = 20  # the same, in words
AGREED = 0.8  # agreement of two opinions from which on nobody else is asked
SAME = 0.97  # agreement of two opinions that cost next to nothing: then they are right
UNLIKE = 0.7  # agreement of two opinions: below it they differ on what the article is
LONGER = 1.4  # times the first opinion: then the second has found what the first one lost
NARROWER = (0.65, 1.3)  # times trafilatura's length: readability's text of a Chinese page is believed


@dataclass(frozen=True)
class Body:
    """The paragraphs of an article, who read them, and the blocks of the page that they came from."""

    lines: tuple[str, ...] = ()
    reader: str = ""
    kept: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The length of the text."""
        return sum(map(len, self.lines))

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Opinion:
    """Which blocks a reader holds to be the article."""

    found: list[bool]
    reader: str

    def words(self, blocks: Blocks) -> int:
        """Return how many words they have."""
        return sum(block.words for block, known in zip(blocks.rows, self.found, strict=True) if known)


def read_body(tree: Tree, blocks: Blocks, titled: frozenset[int], language: str) -> Body:
    """Return the paragraphs of the article and who read them; `titled` are the blocks that say its title.

    Resiliparse, which costs next to nothing, is the check: where it holds what reads like running text, nobody else
    is asked. In Chinese, Japanese and Korean pages readability cuts closest: where it agrees with the check, that is
    it. Elsewhere trafilatura's fast way is asked, and only where that differs from the check its thorough way is
    worth its time.
    """
    if tree.heavy:
        return settled(blocks, Opinion(prose(blocks), "prose"), titled)
    check = Opinion(located(blocks, by_resiliparse(tree)), "resiliparse")
    if plain := by_both(blocks, check, titled):
        return plain
    close = by_closest(tree, blocks) if language in CJK_LANGUAGES else None
    if (
        close
        and close.words(blocks) >= ENOUGH_WORDS
        and agreement(blocks, close.found, check.found) >= AGREED
    ):
        return settled(blocks, close, titled)
    body = settled(blocks, by_most(tree, blocks, check), titled)
    if close or body.size < SHORTEST_TEXT:
        body = narrower(body, settled(blocks, close or by_closest(tree, blocks), titled))
    return body if body.size else settled(blocks, Opinion(prose(blocks), "prose"), titled)


def by_both(blocks: Blocks, check: Opinion, titled: frozenset[int]) -> Body | None:
    """Return what the check and the running text both hold, where they hardly differ and that is enough."""
    running = running_text(blocks)
    if agreement(blocks, settle(blocks, check.found, titled), settle(blocks, running, titled)) < SAME:
        return None
    both = Opinion([left and right for left, right in zip(check.found, running, strict=True)], check.reader)
    return settled(blocks, both, titled) if both.words(blocks) >= ENOUGH_WORDS else None


def by_closest(tree: Tree, blocks: Blocks) -> Opinion:
    """Return readability's opinion."""
    return Opinion(located(blocks, by_readability(tree)), "readability")


def by_most(tree: Tree, blocks: Blocks, check: Opinion) -> Opinion:
    """Return trafilatura's opinion, or the check where that has found what trafilatura lost."""
    best = Opinion(located(blocks, by_trafilatura(tree, fast=True)), "trafilatura")
    if best.words(blocks) < FEWEST_WORDS or agreement(blocks, best.found, check.found) < AGREED:
        best = Opinion(located(blocks, by_trafilatura(tree, fast=False)), "trafilatura")
    longer = check.words(blocks) > LONGER * best.words(blocks)
    return check if longer and agreement(blocks, best.found, check.found) < UNLIKE else best


def settled(blocks: Blocks, opinion: Opinion, titled: frozenset[int]) -> Body:
    """Return what an opinion comes to as paragraphs, repaired by where its blocks stand."""
    kept = [number for number, keep in enumerate(settle(blocks, opinion.found, titled)) if keep]
    lines = paragraphs("\n".join(blocks.rows[number].text for number in kept))
    return Body(tuple(without_tails(lines)), opinion.reader, tuple(kept))


def narrower(first: Body, second: Body) -> Body:
    """Return the second opinion where it is about the same text without what stands around it."""
    least, most = NARROWER
    return second if least * first.size < second.size < most * first.size or not first.size else first


def by_trafilatura(tree: Tree, *, fast: bool) -> str:
    """Return the text that trafilatura finds."""
    found = trafilatura.bare_extraction(
        tree.root, url=tree.url, include_comments=False, include_tables=True, fast=fast
    )
    return (found.text or "") if found and not isinstance(found, dict) else ""


def by_readability(tree: Tree) -> str:
    """Return the text that readability finds."""
    try:
        summary = Readable(deepcopy(tree.root)).summary(html_partial=True)
        return "\n".join(map(str, html.fromstring(summary).itertext()))
    except Exception:  # noqa: BLE001 - it raises whatever goes wrong inside, its own error hides the cause
        return ""


def by_resiliparse(tree: Tree) -> str:
    """Return the text that resiliparse finds; a few milliseconds."""
    markup = etree.tostring(tree.root, encoding="unicode", method="html")
    return str(extract_plain_text(markup, main_content=True, alt_texts=False, links=False, form_fields=False))
