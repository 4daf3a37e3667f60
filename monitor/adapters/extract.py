"""A page or an entry becomes a document; plain functions for worker processes."""

from itertools import islice

from lxml import html

from monitor.adapters.extract_blocks import SILENT_TAGS, read_blocks
from monitor.adapters.extract_body import read_body
from monitor.adapters.extract_dates import first_date, published_of
from monitor.adapters.extract_metadata import Facts, marked_authors, read_facts
from monitor.adapters.extract_page import Tree, parse_markup, parse_page
from monitor.adapters.language import language_of
from monitor.domain.blocks import Block, headline_of, title_blocks
from monitor.domain.bylines import byline, person_names, shown_authors
from monitor.domain.errors import Permanent
from monitor.domain.model import Document, Entry, Hints, Page
from monitor.domain.text import one_line, paragraphs, script_language, summarize
from monitor.domain.titles import choose_title

MOST_HEADINGS = 8
SHORTEST_ARTICLE = 20  # characters


def read_page(page: Page, hints: Hints) -> Document:
    """Return the article of a page; raises Permanent for a page that holds none."""
    tree = parse_page(page, hints.encoding)
    facts = read_facts(tree.root)
    sites = (*facts.sites, hints.publisher)
    title = choose_title(headings_of(tree), stated_titles(tree, facts, hints), sites=sites, host=tree.host)
    visible = visible_text(tree)
    blocks = read_blocks(tree.root)
    start = headline_of(blocks.rows, title_blocks(blocks.rows, title))
    body = read_body(tree, blocks, title, script_language(visible) or "")
    text = body.text
    if len(text) < SHORTEST_ARTICLE:
        raise Permanent("no-article", detail="there is no text")
    return Document(
        title=title,
        text=text,
        language=language_of(text, title, hints.language or facts.language),
        authors=authors_of(tree, facts, blocks.rows, start) or hints.authors,
        publisher=hints.publisher or (facts.sites[0] if facts.sites else ""),
        country=hints.country,
        published_at=hints.published_at
        or published_of(tree, facts, blocks.rows, start, timezone=hints.timezone, now=page.fetched_at),
        modified_at=first_date(facts.modified, timezone=hints.timezone, now=page.fetched_at),
        canonical_url=tree.absolute(facts.canonical) if facts.canonical else "",
        summary=summarize(body.lines, title),
        image_url=tree.absolute(facts.image) if facts.image else "",
        reader=body.reader,
    )


def read_entry(entry: Entry, hints: Hints) -> Document:
    """Return the article that an entry carries itself; raises Permanent where it carries none."""
    tree = parse_markup(f"<html><body><div>{entry.content or entry.summary}</div></body></html>", entry.url)
    lines = paragraphs("\n".join(block.text for block in read_blocks(tree.root).rows))
    if not lines:
        raise Permanent("no-article", detail="the entry has no text")
    text = "\n".join(lines)
    publisher = entry.publisher or hints.publisher
    title = choose_title((), (entry.title, hints.title), sites=(publisher,), host=tree.host)
    return Document(
        title=title,
        text=text,
        language=language_of(text, title, entry.language or hints.language),
        authors=entry.authors or hints.authors,
        publisher=publisher,
        country=hints.country,
        published_at=entry.published_at or hints.published_at,
        summary=summarize(lines, title),
        reader="entry",
    )


def headings_of(tree: Tree) -> list[str]:
    """Return the first headings of the page."""
    return [
        one_line("".join(map(str, element.itertext())))
        for element in islice(tree.root.iter("h1"), MOST_HEADINGS)
    ]


def stated_titles(tree: Tree, facts: Facts, hints: Hints) -> list[str]:
    """Return what the page and its entry say that the title is, the most trusted first."""
    return [*facts.headlines, hints.title, *facts.titles, tree.root.findtext(".//title") or ""]


def authors_of(tree: Tree, facts: Facts, rows: list[Block], start: int) -> tuple[str, ...]:
    """Return who wrote the article: as the page states it, marks it or shows it below the headline."""
    for stated in (facts.authors, marked_authors(tree.root)):
        names = tuple(name for text in stated for name in person_names(text))
        if names:
            return names
    return shown_authors(byline(rows, start))


def visible_text(tree: Tree) -> str:
    """Return the text that a reader of the page sees."""
    body = tree.root.find(".//body")
    root = body if body is not None else tree.root
    return " ".join(text for text in visible_pieces(root) if text)


def visible_pieces(root: html.HtmlElement) -> list[str]:
    """Return the pieces of text of an element in their order, without scripts and styles."""
    pieces: list[str] = []
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag not in SILENT_TAGS and element.text:
            pieces.append(element.text.strip())
        if element.tail:
            pieces.append(element.tail.strip())
    return pieces
