"""Writes article pages: the text amid the navigation, offers and links that surround it in life."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from tests.site.answers import Answer, text
from tests.site.articles import Article
from tests.site.publishers import look_of
from tests.site.templating import iso, render

RELATED = 6
SENTENCE_ENDS = '。！？.!?”"…:：'


def page(article: Article, others: Sequence[Article]) -> Answer:
    """Write the page of an article in the look of its channel; `others` may be linked from it."""
    look = look_of(article)
    body = render(
        f"pages/{look.layout}.html",
        article=article,
        blocks=[(paragraph, is_heading(article, paragraph)) for paragraph in article.paragraphs],
        related=related(article, others),
        encoding=look.encoding,
        hant=article.language == "zh-Hant",
        linked_data=linked_data(article),
    )
    return text(body, encoding=look.encoding)


def is_heading(article: Article, paragraph: str) -> bool:
    """Tell whether a short line of a roundup heads its next part."""
    return (
        article.relevance == "roundup"
        and len(paragraph) < 60
        and not paragraph.endswith(tuple(SENTENCE_ENDS))
    )


def related(article: Article, others: Sequence[Article]) -> list[Article]:
    """Choose what the page recommends: near in time, its own channel first, then the same language."""
    titled = [other for other in others if other.headline and other.key != article.key]
    titled.sort(key=lambda other: (abs(other.published_at - article.published_at), other.key))
    own = (other for other in titled if other.channel == article.channel)
    same = (
        other for other in titled if other.channel != article.channel and other.language == article.language
    )
    return [*islice(own, RELATED - 2), *islice(same, 2)]


def linked_data(article: Article) -> dict[str, Any]:
    """Describe the article in schema.org's words."""
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.headline,
        "datePublished": iso(article.published_at),
        "dateModified": iso(article.published_at),
        "mainEntityOfPage": article.url,
        "author": [{"@type": "Person", "name": name} for name in article.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": article.publisher},
        "description": article.summary,
    }
