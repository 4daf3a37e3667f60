"""Reads a page by its site's template where it is trusted, and thoroughly where it is learned or checked."""

from monitor.adapters.extract import Reads, body_of, check, document_of, survey
from monitor.adapters.extract_body import Body
from monitor.domain.blocks import agreement
from monitor.domain.errors import Permanent
from monitor.domain.model import Document, Hints, Page
from monitor.domain.tails import without_tails
from monitor.domain.templates import Experience, TemplateState, Way, after, lesson_of, text_by
from monitor.domain.text import paragraphs

READER = "template"
NOT_TEACHING = frozenset({"selectors", "prose"})  # an operator's word needs no template, a guess makes none


def read_by_template(page: Page, hints: Hints, state: TemplateState) -> tuple[Document, TemplateState]:
    """Return the document of a page and what its site's template has become; raises as `read_page` does."""
    document, experience = read_with(page, hints, state)
    return document, after(state, experience)


def read_with(page: Page, hints: Hints, state: TemplateState) -> tuple[Document, Experience]:
    """Return the document of a page, and what its reading says about its site's template.

    The document's `reader` says which way it was read.
    """
    reads = survey(page, hints)
    if state.trusted and not state.due and not hints.select.get("text"):
        body = template_body(reads, state)
        if body and is_article(reads, body):
            return document_of(reads, body), Experience(Way.USED, drops=state.drops)
    body = body_of(reads)
    check(reads, body)
    return document_of(reads, body), experience_of(state, reads, body)


def is_article(reads: Reads, body: Body) -> bool:
    """Tell whether the text makes an article; the thorough reader has the last word where it does not."""
    try:
        check(reads, body)
    except Permanent:
        return False
    return True


def template_body(reads: Reads, state: TemplateState) -> Body | None:
    """Return the text that the template finds, None where it does not fit."""
    kept = tuple(number for number in text_by(state, reads.blocks) or () if number not in reads.titled)
    lines = without_tails(paragraphs("\n".join(reads.blocks.rows[number].text for number in kept)))
    return Body(tuple(lines), READER, kept) if kept else None


def experience_of(state: TemplateState, reads: Reads, body: Body) -> Experience:
    """Return what a thorough reading says about the template: a check of it, or a lesson."""
    if body.reader in NOT_TEACHING:
        return Experience(Way.APART)
    lesson = lesson_of(reads.blocks, body.kept)
    if not state.trusted:
        return Experience(Way.TAUGHT, lesson, drops=state.drops)
    quick = template_body(reads, state)
    if quick is None:
        return Experience(Way.MISSED, drops=state.drops)
    return Experience(Way.CHECKED, lesson, agreement_of(reads, quick.kept, body.kept), state.drops)


def agreement_of(reads: Reads, left: tuple[int, ...], right: tuple[int, ...]) -> float:
    """Return how much two readings of a page agree (0 - 1)."""
    one, other = frozenset(left), frozenset(right)
    numbers = range(len(reads.blocks.rows))
    return agreement(
        reads.blocks, [number in one for number in numbers], [number in other for number in numbers]
    )
