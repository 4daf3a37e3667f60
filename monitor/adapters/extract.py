"""A page or an entry becomes a document; plain functions for worker processes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from monitor.adapters.extract_blocks import read_blocks
from monitor.adapters.extract_body import Body, read_body
from monitor.adapters.extract_dates import Around, first_date, published_of
from monitor.adapters.extract_metadata import Facts, classed_authors, marked_authors, read_facts
from monitor.adapters.extract_page import Tree, parse_markup, parse_page
from monitor.adapters.extract_select import drop, selected_lines, selected_text
from monitor.adapters.language import language_of
from monitor.adapters.publishers import load_publishers
from monitor.domain.authors import is_credited, is_person, named, signed, without_sites
from monitor.domain.blocks import Blocks, headline_of, title_blocks
from monitor.domain.bylines import byline, person_names, shown_authors
from monitor.domain.errors import Permanent
from monitor.domain.model import Document, Entry, Hints, Page
from monitor.domain.publishers import Publisher
from monitor.domain.refusals import Findings, refusal
from monitor.domain.reprints import source_named
from monitor.domain.tails import is_frame, is_tail, without_tails
from monitor.domain.text import one_line, paragraphs, script_language, summarize, tokens
from monitor.domain.titles import choose_title

MOST_HEADINGS = 8
COUNTED = 4000  # characters whose tokens tell a short text from a long one
MOST_LINKS = 100
BELOW = 8  # blocks below the text that may say why it ends there
_BRACKETED = re.compile(r"[(（]([^()（）]{2,40})[)）]\s*$")
SHORT_BYLINE = 6  # words below the text
LONGEST_BRACKET = 60  # characters
_SENTENCE = re.compile(r"[.!?。！？…][\"'”’」』)）]*(?:\s|$)")
SCRIPT_BLOCKS = 200  # that tell the script of a page


@dataclass(frozen=True)
class Reads:
    """One page with everything that was found on the way to its document."""

    tree: Tree
    facts: Facts
    hints: Hints
    blocks: Blocks
    title: str
    titled: frozenset[int]  # the blocks that say the title
    headline: int  # the one of them that is the headline, -1 where the page shows none
    now: datetime


def read_page(page: Page, hints: Hints) -> Document:
    """Return the article of a page; raises Permanent for a page that holds none or is none."""
    reads = survey(page, hints)
    body = body_of(reads)
    check(reads, body)
    return document_of(reads, body)


def survey(page: Page, hints: Hints) -> Reads:
    """Return what a page states and how it is built, before its text is read."""
    tree = parse_page(page, hints.encoding)
    drop(tree, hints.select)
    facts = read_facts(tree.root)
    blocks = read_blocks(tree.root)
    title = title_of(tree, facts, hints)
    titled = title_blocks(blocks.rows, title)
    return Reads(tree, facts, hints, blocks, title, titled, headline_of(blocks.rows, titled), page.fetched_at)


def body_of(reads: Reads) -> Body:
    """Return the text of a page: where the operator says, else where it is found."""
    selector = reads.hints.select.get("text", "")
    lines = without_tails(selected_lines(reads.tree, selector)) if selector else []
    if lines:
        return Body(tuple(lines), "selectors")
    sample = " ".join(block.text for block in reads.blocks.rows[:SCRIPT_BLOCKS])
    return read_body(reads.tree, reads.blocks, reads.titled, script_language(sample) or "")


def check(reads: Reads, body: Body) -> None:
    """Raise Permanent("no-article") where a page holds none."""
    rows = [reads.blocks.rows[number] for number in body.kept]
    last = body.kept[-1] + 1 if body.kept else 0
    reason = refusal(
        Findings(
            url=reads.tree.url,
            title=reads.title,
            text="\n".join(block.text for block in rows) or body.text,
            tokens=tokens(body.text[:COUNTED]).total(),
            after="\n".join(block.text for block in reads.blocks.rows[last : last + BELOW]),
            prose=any(_SENTENCE.search(line) for line in body.lines),
            frame=bool(body.lines) and all(is_tail(line) or is_frame(line) for line in body.lines),
            link_share=sum(block.linked for block in rows) / max(1, sum(len(block.text) for block in rows)),
            article=reads.facts.article or body.reader == "selectors",
            free=reads.facts.free,
        )
    )
    if reason:
        raise Permanent("no-article", detail=reason)


def document_of(reads: Reads, body: Body) -> Document:
    """Return the document of a page whose text was read."""
    facts, hints, tree = reads.facts, reads.hints, reads.tree
    near = byline(reads.blocks.rows, reads.headline) if reads.headline >= 0 else []
    publisher = publisher_of(tree.host, facts.sites, hints)
    return Document(
        title=reads.title,
        text=body.text,
        language=language_of(body.text, reads.title, facts.language or hints.language),
        authors=authors_of(reads, body),
        publisher=publisher.name,
        country=publisher.country,
        published_at=published(reads, body.kept[-1] if body.kept else -1),
        modified_at=first_date(facts.modified, timezone=hints.timezone, now=reads.now),
        canonical_url=tree.absolute(facts.canonical) if facts.canonical else "",
        summary=summarize(body.lines, reads.title),
        image_url=tree.absolute(facts.image) if facts.image else "",
        source_named=source_named((block.text for block in near), body.lines),
        links=links_of(reads, body),
        reader=body.reader,
    )


def read_entry(entry: Entry, hints: Hints) -> Document:
    """Return the article that an entry carries itself; raises Permanent where it carries none."""
    tree = parse_markup(f"<html><body><div>{entry.content or entry.summary}</div></body></html>", entry.url)
    blocks = read_blocks(tree.root)
    lines = without_tails(paragraphs("\n".join(block.text for block in blocks.rows)))
    if not lines:
        raise Permanent("no-article", detail="the entry has no text")
    text = "\n".join(lines)
    publisher = publisher_of(tree.host, (entry.publisher,), hints)
    sites = (publisher.name, entry.publisher, *bracketed([entry.title], hints))
    title = choose_title((), (entry.title, hints.title), sites=sites, host=tree.host)
    targets = (tree.absolute(link) for block in blocks.rows for link in block.links)
    return Document(
        title=title,
        text=text,
        language=language_of(text, title, entry.language or hints.language),
        authors=entry.authors or hints.authors,
        publisher=publisher.name,
        country=publisher.country,
        published_at=entry.published_at or hints.published_at,
        summary=summarize(lines, title),
        source_named=source_named((), lines),
        links=tuple(dict.fromkeys(filter(None, targets)))[:MOST_LINKS],
        reader="entry",
    )


# ---------------------------------------------------------------- the facts, by the best evidence there is


def title_of(tree: Tree, facts: Facts, hints: Hints) -> str:
    """Return the headline: where the operator says, the confirmed heading, a stated title."""
    selected = selected_text(tree, hints.select.get("title", ""))
    headings = [
        one_line("".join(map(str, element.itertext())))
        for element in islice(tree.root.iter("h1"), MOST_HEADINGS)
    ]
    stated = [*facts.headlines, hints.title, *facts.titles, tree.root.findtext(".//title") or ""]
    sites = (*facts.sites, hints.publisher)
    return choose_title(
        [] if selected else headings, [selected] if selected else stated, sites=sites, host=tree.host
    )


def bracketed(titles: list[str], hints: Hints) -> list[str]:
    """Return the publishers that titles name in brackets at their end, as those of an aggregator do."""
    names = [found[1] for title in titles if (found := _BRACKETED.search(title[-LONGEST_BRACKET:]))]
    return [name for name in names if load_publishers(hints.publishers).of_name(name)]


def published(reads: Reads, last: int = -1) -> datetime | None:
    """Return when it was published: where the operator says, what its entry says, what the page says.

    `last` is the number of the block that the text ends with.
    """
    hints = reads.hints
    selected = selected_text(reads.tree, hints.select.get("date", ""))
    return (
        first_date([selected], timezone=hints.timezone, now=reads.now)
        or hints.published_at
        or published_of(
            reads.tree,
            reads.facts,
            Around(reads.blocks.rows, reads.headline, last),
            timezone=hints.timezone,
            now=reads.now,
        )
    )


def authors_of(reads: Reads, body: Body) -> tuple[str, ...]:
    """Return who wrote it: where the operator says, as the page states, marks, shows or signs it, as its entry says.

    A person is believed before what may be an account or a department, wherever it stands; a site is no author.
    """
    selected = names_in((selected_text(reads.tree, reads.hints.select.get("author", "")),))
    if selected:
        return selected
    weak: tuple[str, ...] = ()
    for found in _authors(reads, body):
        names = without_sites(found, reads.facts.sites)
        if any(map(is_person, names)):
            return names
        weak = weak or names
    return weak


def _authors(reads: Reads, body: Body) -> Iterator[tuple[str, ...]]:
    rows, facts = reads.blocks.rows, reads.facts
    near = byline(rows, max(0, reads.headline))
    last = body.kept[-1] if body.kept else reads.headline
    yield names_in(facts.authors)
    yield names_in(marked_authors(reads.tree.root))
    yield shown_authors(near)
    yield tuple(filter(is_credited, names_in(classed_authors(reads.tree.root))))
    if reads.headline >= 0:
        yield named(near, rows[last + 1 :], facts.sites, reads.title)
    yield shown_authors(block for block in rows[last + 1 : last + 1 + BELOW] if block.words <= SHORT_BYLINE)
    yield signed(rows, body.kept)
    yield reads.hints.authors


def names_in(stated: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names in what is stated, each once."""
    return tuple(dict.fromkeys(name for text in stated if text for name in person_names(text)))


def publisher_of(host: str, stated: tuple[str, ...], hints: Hints) -> Publisher:
    """Return who published it, and in which country."""
    return load_publishers(hints.publishers).resolve(
        host=host, stated=stated, hint=hints.publisher, country=hints.country
    )


def links_of(reads: Reads, body: Body) -> tuple[str, ...]:
    """Return the addresses that the text itself links to."""
    targets = (reads.tree.absolute(link) for number in body.kept for link in reads.blocks.rows[number].links)
    return tuple(dict.fromkeys(filter(None, targets)))[:MOST_LINKS]
