"""The article's text in a page: trafilatura's opinion, a second one where it looks wrong, repaired block by block."""

from copy import deepcopy
from dataclasses import dataclass

import trafilatura
from lxml import etree, html
from readability import Document as Readable
from resiliparse.extract.html2text import extract_plain_text

from monitor.adapters.extract_page import Tree
from monitor.domain.blocks import Blocks, located, prose, settle
from monitor.domain.tails import without_tails
from monitor.domain.text import paragraphs, token_f1

CJK_LANGUAGES = frozenset({"zh-Hans", "zh-Hant", "ja", "ko"})
SHORTEST_TEXT = 120  # characters; below it a second opinion is asked
UNLIKE = 0.7  # token F1 of two opinions: below it they differ on what the article is
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


def read_body(tree: Tree, blocks: Blocks, title: str, language: str) -> Body:
    """Return the paragraphs of the article and who read them."""
    if tree.heavy:
        return repaired(blocks, prose(blocks), title, "prose")
    first = opinion(blocks, by_trafilatura(tree), title, "trafilatura")
    if language in CJK_LANGUAGES or first.size < SHORTEST_TEXT:
        first = narrower(first, opinion(blocks, by_readability(tree), title, "readability"))
    best = longer(first, opinion(blocks, by_resiliparse(tree), title, "resiliparse"))
    return best if best.size else repaired(blocks, prose(blocks), title, "prose")


def opinion(blocks: Blocks, text: str, title: str, reader: str) -> Body:
    """Return what a reader's text comes to in the blocks of the page."""
    return repaired(blocks, located(blocks, text), title, reader)


def repaired(blocks: Blocks, found: list[bool], title: str, reader: str) -> Body:
    """Return the settled blocks as paragraphs."""
    kept = [number for number, keep in enumerate(settle(blocks, found, title)) if keep]
    lines = paragraphs("\n".join(blocks.rows[number].text for number in kept))
    return Body(tuple(without_tails(lines)), reader, tuple(kept))


def narrower(first: Body, second: Body) -> Body:
    """Return the second opinion where it is about the same text without what stands around it."""
    least, most = NARROWER
    return second if least * first.size < second.size < most * first.size or not first.size else first


def longer(first: Body, second: Body) -> Body:
    """Return the second opinion where it is another and much longer text."""
    if second.size > LONGER * first.size and token_f1(first.text, second.text) < UNLIKE:
        return second
    return first


def by_trafilatura(tree: Tree) -> str:
    """Return the text that trafilatura finds."""
    found = trafilatura.bare_extraction(tree.root, url=tree.url, include_comments=False, include_tables=True)
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
