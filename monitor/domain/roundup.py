"""Roundups: pages about several unrelated stories, and the segments they fall into."""

import re
from itertools import combinations, pairwise

from monitor.domain.folding import fold, is_unspaced, runs

MOST_SEGMENTS = 40
LEAST_SEGMENT = 12  # characters
HEADING = 60  # characters: a line this short without an end mark is a heading
LEAST_PARTS = 3
COHERENT = 0.035  # words that two segments share on average, from which on they tell one story
STEM = 7  # letters of a word that are compared
LONG_WORD = 5

# Names of series that are roundups by their nature; matched against the folded title.
_SERIES = re.compile(
    r"早参|早报[|:]|晚报[|:]|早知道|早餐[|:]|早读|夜读|晨报[|:]|周报|新闻联播|快讯汇总|资讯汇总|简报|早班车|晚点名|\d点1氪|"
    r"要闻速览|一周要闻|一周回顾|今日要闻|周末要闻|まとめ読み|ニュースまとめ|週刊まとめ|"
    r"\b(?:morning|evening|daily|weekly|weekend|tech|ai|policy|security) (?:briefing|roundup|round-up|digest|wrap|recap)\b|"
    r"\bweek in review\b|\bnews in brief\b|\bin brief:|\bnewsletter:|"
    r"\bwochenruckblick\b|\bmorgenlage\b|\bkurz notiert\b|\bresumen semanal\b|\brevue de presse\b|\bresumo da semana\b|"
    r"дайджест|итоги недели|главное за неделю|ملخص الاسبوع|حصاد الاسبوع"
)
# What roundups are often called, and other articles too: the text has to agree.
_PERHAPS = re.compile(
    r"一周|本周|今日|盘点|速览|速递|热点|合集|日报|早报|晚报|今週|まとめ|"
    r"\bweek(?:ly|end)?\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bround-?up\b|\bdigest\b|\bbrief(?:ing|s)?\b|"
    r"\bnewsletter\b|\bthings to know\b|\brecap\b|\bthis month\b|\bwoche\b|\buberblick\b|\bsemana\b|\bsemaine\b|\ben bref\b|"
    r"недел|الاسبوع|\blive\b|\blive ?ticker\b|\bnewsblog\b|\ben direct\b|\ben directo\b|\bao vivo\b|滚动|直播"
)
_HEADLINES = re.compile(r"[；;]")
_LISTED = re.compile(r"[,，、；;｜|…]+|\band\b|\bund\b|\by\b|\bet\b|\be\b")
_NUMBERED = re.compile(
    r"^\s*(?:\(?\d{1,2}[.)、:：]\s*\S|[一二三四五六七八九十]{1,2}、|[\u2460-\u2473]|[■●◆▶▪•*–-]\s*\S|【)"
)
_END = re.compile(r"[.。!！?？…”\"»]\s*$")


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _marked(paragraphs: list[str]) -> list[int]:
    """Return where segments visibly begin: at numbered or marked lines, else at headings."""
    numbered = [at for at, line in enumerate(paragraphs) if _NUMBERED.match(line)]
    if len(numbered) >= LEAST_PARTS:
        return numbered
    followed = enumerate(pairwise(paragraphs))
    return [
        at for at, (line, after) in followed if len(line) <= HEADING < len(after) and not _END.search(line)
    ]


def segments(text: str) -> tuple[str, ...]:
    """Return the parts of a roundup, each about one story: by its marks, by its headings, else its paragraphs."""
    parts = paragraphs = _paragraphs(text)
    starts = _marked(paragraphs)
    if len(starts) >= LEAST_PARTS:
        ends = [*starts[1:], len(paragraphs)]
        parts = ["\n".join(paragraphs[start:end]) for start, end in zip(starts, ends, strict=True)]
    return tuple(part for part in parts if len(part) >= LEAST_SEGMENT)[:MOST_SEGMENTS]


def _content(part: str) -> set[str]:
    """Return the words that carry meaning: long ones by their beginning, pairs of characters in unspaced scripts."""
    found: set[str] = set()
    for run in runs(fold(part)):
        if is_unspaced(run):
            found.update(first + second for first, second in pairwise(run))
        elif len(run) >= LONG_WORD:
            found.add(run[:STEM])
    return found


def _falls_apart(parts: tuple[str, ...], coherent: float = COHERENT) -> bool:
    """Tell whether segments share so few words that they tell several stories."""
    contents = [content for content in map(_content, parts) if len(content) >= LEAST_PARTS]
    if len(contents) < LEAST_PARTS:
        return False
    shared = [len(one & other) / min(len(one), len(other)) for one, other in combinations(contents, 2)]
    return sum(shared) / len(shared) <= coherent


def _lists(folded: str) -> bool:
    """Tell whether a title lists several subjects."""
    return len([part for part in _LISTED.split(folded) if part.strip()]) >= LEAST_PARTS


def is_roundup(title: str, text: str) -> bool:
    """Tell whether a page reports on several unrelated stories: a brief, a weekly review, a newsletter, a ticker."""
    folded, parts = fold(title), segments(text)
    if len(parts) < LEAST_PARTS:
        return not parts and _SERIES.search(folded) is not None
    if _SERIES.search(folded):
        return True
    headlines = [part for part in _HEADLINES.split(folded) if len(part.strip()) > LONG_WORD]
    if len(headlines) >= LEAST_PARTS:
        return _falls_apart(parts, 2 * COHERENT)  # three headlines in one title have half convinced us
    marked = len(_marked(_paragraphs(text))) > LEAST_PARTS
    called = _PERHAPS.search(folded) is not None
    return sum((marked, called, _lists(folded))) > 1 and len(parts) > LEAST_PARTS and _falls_apart(parts)
