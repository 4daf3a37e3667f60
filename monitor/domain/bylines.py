"""What stands around a headline: when it was published and who wrote it, as the page shows it to people."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain

from monitor.domain.blocks import Block
from monitor.domain.date_words import MONTHS
from monitor.domain.text import HAN, one_line

BEFORE, AFTER = 8, 14  # blocks around the headline that its byline stands in
LONGEST = 40  # words of a block that is a byline
MOST_AUTHORS = 8
LABEL = 24  # characters before a date that may name it
LONGEST_STAMP = 60  # characters of a date in a block of its own
STAMP_LABEL = 16  # of them around the date
UPDATED = 2  # the rank of a date that is called updated
SHORTEST_SAID = 4  # words
LONGEST_NAME = 60  # characters

_MONTH = "|".join(sorted((re.escape(word) for word in MONTHS), key=len, reverse=True))
_CLOCK = r"(?:[\s,|·T-]{1,3}(?:at\s|um\s|à\s)?\d{1,2}[:：]\d\d(?:[:：]\d\d)?(?:\s?[ap]\.?m\.?)?)?"
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}\s*年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*[日号](?:[\s　]*\d{{1,2}}[:：]\d\d(?:[:：]\d\d)?)?"
    rf"|{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d){_CLOCK}"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_YEAR}(?!\d){_CLOCK}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[\s.\-]{{1,3}}(?:of\s|de\s)?(?:{_MONTH})[.,]?[\s\-]{{1,2}}(?:de\s)?{_YEAR}(?!\d){_CLOCK}"
    rf"|(?<![^\W\d_])(?:{_MONTH})\.?\s{{1,2}}\d{{1,2}}(?:st|nd|rd|th)?,?\s{{1,2}}{_YEAR}(?!\d){_CLOCK}"
    rf"|{_YEAR}\s*年\s*\d{{1,2}}\s*月|(?<![^\W\d_])(?:{_MONTH})\s{_YEAR}(?!\d))",
    re.IGNORECASE,
)
_PERIOD = re.compile(rf"\d{{1,2}}/\d{{1,2}}/{_YEAR}\s*[-–—~至到]\s*\d")
_SIGNED_OFF = re.compile(r"^\s*[—–(（《]{1,2}.{0,40}$")
_HAS_YEAR = re.compile(r"(?:19|20)\d\d")
_TIMED = re.compile(r"\d[:：]\d\d")
_AMERICAN = re.compile(r"^(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)")
_PUBLISHED = re.compile(
    r"publi|posted|first|released|erschienen|发布|發佈|发表|發表|刊登|时间|時間|日期", re.IGNORECASE
)
_UPDATED = re.compile(r"updat|modif|edited|revis|review|更新|修改|修訂", re.IGNORECASE)
_NOT_BYLINE = re.compile(r"©|copyright|\(c\)|all rights|版权|版權|icp", re.IGNORECASE)
_BY = re.compile(
    r"^\W*(?:(?:story|words|text|article|report(?:ed|ing)?|written|posted|published|edited|photos?|authored)\s+)?(?:by|von|par|por|di|door)[:\s]+"
    r"(?P<names>[^\W\d_][^|•·\n()\[\]]{1,80})",
    re.IGNORECASE,
)
_AUTHOR_LABEL = re.compile(
    r"^\W*(?:author|autor|auteur|autore)s?\s*[:：]\s*(?P<names>[^|•·\n()\[\]]{2,80})", re.IGNORECASE
)
_CHINESE_AUTHOR = re.compile(
    rf"(?:作者|撰文|撰稿|本报记者|本報記者|记者|記者|通讯员|文)\s*[/／|:：\s]\s*(?P<names>[{HAN}·A-Za-z]{{2,16}}(?:[\s、，,/]+[{HAN}·]{{2,4}}(?![{HAN}]))*)"
)
_NAME_END = re.compile(
    rf"\s+(?:on\s|in\s|updated?\b|published?\b|posted\b|last\b|am\s|für\s|\d|(?:{_MONTH})\.?\s+\d|{_YEAR}|(?:sun|mon|tues|wednes|thurs|fri|satur)day\b)|[,.;]?\s*\d|\s[-–—|/]\s|\.\s",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*(?:,\s*(?:and\s+)?|\s+and\s+|\s+und\s+|\s+et\s+|\s*&\s*|\s*;\s*|、|，)\s*", re.IGNORECASE
)
_SPACED_HAN = re.compile(rf"(?<=[{HAN}])[\s/]+(?=[{HAN}])")
_NO_NAME = re.compile(
    r"https?:|www\.|@|\b(?:the|our|this|that|with|using|for|more|all|your|you|staff writers?|admin|administrator|editor|click|read|share|follow)\b.*\b(?:of|to|is|are|be|you|our)\b|^(?:admin|administrator|staff|editor|editors|guest|unknown|undefined|written by|posted by|null|none|user|root|webmaster|default|author|by|佚名|未知|admin\d*)$|[<>{}=/\\]|^\w+\.\w+\.\w+",
    re.IGNORECASE,
)


def byline(rows: Sequence[Block], start: int) -> list[Block]:
    """Return the short blocks around the headline, those below it first."""
    near = chain(rows[start : start + AFTER], reversed(rows[max(0, start - BEFORE) : start]))
    return [block for block in near if block.words <= LONGEST and not _NOT_BYLINE.search(block.text)]


def shown_dates(blocks: Iterable[Block], *, labelled: bool = False) -> list[str]:
    """Return the dates that a byline shows: those called published, then plain ones, then those called updated.

    Of equals, one with a time of day goes first: it is a stamp and no date that the text speaks of. A period (two
    dates with a dash) is none. Only what is called published, or signs a text off, counts where it must be `labelled`.
    """
    ranked: list[tuple[int, bool, str]] = []
    for block in filter(has_year, blocks):
        text = unaccented(block.text)
        if _PERIOD.search(text):
            continue
        for found in _DATE.finditer(text):
            before = text[max(0, found.start() - LABEL) : found.start()]
            rank = 0 if labelled and _SIGNED_OFF.match(text) else rank_of(before)
            if rank == 0 or not labelled:
                ranked.append((rank, not _TIMED.search(found[0]), found[0].strip()))
    return [date for _, _, date in sorted(ranked, key=lambda row: row[:2])]


def stamps(blocks: Iterable[Block]) -> list[str]:
    """Return the dates that stand in blocks of their own and are not called updated."""
    found = []
    for block in filter(has_year, blocks):
        text = unaccented(block.text)
        date = _DATE.search(text) if len(text) <= LONGEST_STAMP else None
        if date and len(text) - len(date[0]) <= STAMP_LABEL and rank_of(text[: date.start()]) < UPDATED:
            found.append(date[0].strip())
    return found


def unaccented(text: str) -> str:
    """Return the text as the months are spelled here: März is Marz."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if unicodedata.category(char) != "Mn")


def has_year(block: Block) -> bool:
    """Tell whether a block may hold a date at all; most do not, and the full pattern is dear."""
    return bool(_HAS_YEAR.search(block.text))


def month_first(date: str) -> str:
    """Return 3/4/2025, as Americans write the 4th of March, so that nobody takes it for April."""
    return _AMERICAN.sub(r"\3-\1-\2", date)


def rank_of(label: str) -> int:
    """Return how much a date's label says that it is the publication's: 0 most, 2 least."""
    published = [match.end() for match in _PUBLISHED.finditer(label)]
    updated = [match.end() for match in _UPDATED.finditer(label)]
    if updated and (not published or updated[-1] > published[-1]):
        return 2
    return 0 if published else 1


def shown_authors(blocks: Iterable[Block]) -> tuple[str, ...]:
    """Return the names that a byline gives as the authors'."""
    for block in blocks:
        for pattern in (_BY, _AUTHOR_LABEL, _CHINESE_AUTHOR):
            found = pattern.search(block.text)
            names = person_names(found["names"]) if found else ()
            if names and not _is_said(names, block):
                return names
    return ()


def _is_said(names: Sequence[str], block: Block) -> bool:
    """Tell whether what follows "by" goes on as a sentence does: "By subscribing, you agree"."""
    small = [name for name in names if name[0].islower()]
    return bool(small) and (block.words > SHORTEST_SAID or any(" " in name for name in small))


def person_names(text: str) -> tuple[str, ...]:
    """Return the names in a byline or an author tag, without dates, labels and addresses."""
    clean = re.sub(
        r"^\W*(?:written\s+|posted\s+|published\s+)?by[:\s]+", "", one_line(text), flags=re.IGNORECASE
    )
    clean = _NAME_END.split(_SPACED_HAN.sub("、", clean), maxsplit=1)[0]
    names = [name.strip(" .:：-–—|/•·") for name in _AND.split(clean)]
    return tuple(dict.fromkeys(name for name in names if is_name(name)))[:MOST_AUTHORS]


def is_name(name: str) -> bool:
    """Tell whether this may be the name of a person or a team."""
    return (
        1 < len(name) <= LONGEST_NAME and any(char.isalpha() for char in name) and not _NO_NAME.search(name)
    )
