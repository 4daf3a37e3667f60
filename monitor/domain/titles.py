"""The headline alone: without the site's and channel's names, appended times and other pollution."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from monitor.domain.text import one_line, sentences, tokens

LONGEST_RAW = 800  # characters that are looked at: patterns take their time on what is no title
LONGEST_TITLE = 500  # characters; above it a "title" is the text itself
LONGEST_HEADLINE = 90  # characters of a Chinese headline; a longer one is the whole news flash
WHOLE_HEADLINE = 7  # tokens of a page's only heading that nothing needs to confirm
TOLD_OFTEN = 2  # statements of one headline that outweigh a heading
ALIKE = 0.4  # of the longer words of the shorter title
LONGEST_CHANNEL = 12  # characters
SHORTEST_NAME = 3  # characters of a name that a longer one may begin with
LONGEST_SUFFIX = 5  # tokens of a suffix in a script with spaces that nothing else vouches for

_SEPARATOR = re.compile(
    r"\s*(?:_{1,3}|[|｜‖¦»]|::)\s*|\s+[-–—·•―~:]{1,2}\s+|(?<=[\u2e80-\uffef！？!?)）”])\s*[-–—]{1,2}\s*"
)
_TIME = re.compile(
    r"[\s_|(（\[]*(?:19|20)\d\d\s*(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)"
    r"(?:[\sT]*\d{1,2}:\d\d(?::\d\d)?)?[)）\]\s]*$"
)
_BRACKETED_SITE = re.compile(r"\s*[(（\[【]([^()（）\[\]【】]{2,40})[)）\]】]$")
_REPORT = re.compile(r"\s*:\s*(?:report|reports|sources)$", re.IGNORECASE)
_LABEL = re.compile(r"^(?:title|标题|標題)\s*[:：]\s*(?=\S)", re.IGNORECASE)
_CHANNEL = re.compile(
    r"(?:频道|頻道|移动版|移動版|手机版|手機版|客户端|新闻网|新聞網|新闻|新聞|资讯|資訊|日报|日報|晚报|晚報|时报|時報|商报|晨报|早报|周刊|周报"
    r"|在线|在線|门户|網|网|報|网站|首页|首頁|专栏|财经|財經|股票|科技|滚动|中心|平台|论坛|社区|文章|正文|详情|图集)$"
    r"|^(?:AI ?人工智能|人工智能|互联网|科技|财经|新闻|国内|国际|社会|娱乐|体育|汽车|房产|正文|首页|资讯)$"
)
_GENERIC = re.compile(
    r"^(?:home|news|blog|articles?|press releases?|homepage|index|untitled|首页|正文|新闻)$", re.IGNORECASE
)
_DATELINE = re.compile(
    r"^[(（【]?[^,，。（）()【】]{0,24}(?:\d{1,2}月)?\d{1,2}日(?:电|電|讯|訊|消息)[)）】,，:：\s]*"
)
_HOST_NOISE = {
    "www",
    "com",
    "cn",
    "net",
    "org",
    "co",
    "uk",
    "gov",
    "edu",
    "news",
    "blog",
    "m",
    "wap",
    "io",
    "info",
    "the",
}


def clean_title(title: str, *, sites: Iterable[str] = (), host: str = "") -> str:
    """Return the headline of a page's or entry's title; `sites` are names that the site goes by."""
    clean = _LABEL.sub("", one_line(title[:LONGEST_RAW]))
    names = frozenset(filter(None, (squeeze(name) for name in sites)))
    while True:
        shorter = _shortened(clean, names, host)
        if shorter == clean:
            return headline(clean)[:LONGEST_TITLE].strip()
        clean = shorter


def _shortened(title: str, names: frozenset[str], host: str) -> str:
    for pattern in (_TIME, _REPORT):
        shorter = pattern.sub("", title).strip()
        if shorter:
            title = shorter
    bracketed = _BRACKETED_SITE.search(title)
    if bracketed and bracketed.start() and is_site(bracketed[1], names, host):
        return title[: bracketed.start()].strip()
    return _without_suffix(title, names, host)


def _without_suffix(title: str, names: frozenset[str], host: str) -> str:
    cuts = list(_SEPARATOR.finditer(title))
    for cut in cuts:  # the longest suffix first: "… - AI - cnBeta.COM" goes whole where its end is the site
        head, suffix = title[: cut.start()].strip(), title[cut.end() :].strip()
        if head and (not suffix or _is_suffix(suffix, names, host, bar=bool(re.search(r"[|｜_»]", cut[0])))):
            return head
    if cuts and names and is_site(title[: cuts[0].start()], names, ""):
        return title[cuts[0].end() :].strip() or title
    return title


def _is_suffix(suffix: str, names: frozenset[str], host: str, *, bar: bool) -> bool:
    parts = [part for part in _SEPARATOR.split(suffix) if part.strip()]
    if not parts or any(tokens(part).total() > 2 * LONGEST_SUFFIX for part in parts):
        return False
    site = [is_site(part, names, host) for part in parts]
    channel = [bool(_CHANNEL.search(part.strip())) and len(part.strip()) <= LONGEST_CHANNEL for part in parts]
    if all(one or other for one, other in zip(site, channel, strict=True)):
        return True
    return bar and site[-1] and all(tokens(part).total() <= LONGEST_SUFFIX for part in parts)


def is_site(part: str, names: frozenset[str], host: str) -> bool:
    """Tell whether a part of a title is a name of the site: one that it goes by, or its host spelled out."""
    name = squeeze(part)
    if not name:
        return False
    if any(
        name == known
        or (len(name) >= SHORTEST_NAME and known.startswith(name))
        or (len(known) >= SHORTEST_NAME and name.startswith(known))
        for known in names
    ):
        return True
    labels = [label for label in re.split(r"[.\-]", host.casefold()) if label not in _HOST_NOISE]
    joined = "".join(labels)
    return len(name) >= SHORTEST_NAME and (name in labels or name in joined or squeeze(host).endswith(name))


def squeeze(name: str) -> str:
    """Return a name as it is compared: letters and digits only, case folded."""
    return "".join(char for char in name.casefold() if char.isalnum()).removeprefix("the")


def headline(title: str) -> str:
    """Return the first sentence where the "title" is a whole Chinese news flash, without its dateline."""
    if len(title) <= LONGEST_HEADLINE or "。" not in title:
        return title
    first = sentences(_DATELINE.sub("", title))
    return first[0].rstrip("。") if first else title


def is_generic(title: str) -> bool:
    """Tell whether a title names no article: empty, or a word such as "Home"."""
    return not squeeze(title) or bool(_GENERIC.match(title.strip()))


def choose_title(
    headings: Sequence[str], stated: Sequence[str], *, sites: Iterable[str] = (), host: str = ""
) -> str:
    """Return the headline of a page: the heading that a stated title confirms, else the best stated title.

    What people see beats what is written for search engines, but the first heading of many pages is the site's name.
    """
    names = tuple(sites)
    shown = _cleaned(headings, names, host)
    told = _cleaned(stated, names, host)
    same = {squeeze(title) for title in told}
    exact = [title for title in shown if squeeze(title) in same]
    confirmed = exact or [title for title in shown if any(alike(title, other) for other in told)]
    whole = [title for title in shown if len(shown) == 1 and tokens(title).total() >= WHOLE_HEADLINE]
    best = exact or _fuller(confirmed, told) or confirmed or whole or told or shown
    return best[0] if best else ""


def _fuller(shown: Sequence[str], told: Sequence[str]) -> list[str]:
    """Return the one headline that a page states again and again, where its heading is only a shorter word for it."""
    if not shown or len(told) < TOLD_OFTEN or len({squeeze(title) for title in told}) > 1:
        return []
    longer = tokens(told[0]).total() > tokens(shown[0]).total()
    return [told[0]] if longer and not squeeze(told[0]).startswith(squeeze(shown[0])) else []


def _cleaned(titles: Sequence[str], names: tuple[str, ...], host: str) -> list[str]:
    squeezed = frozenset(filter(None, map(squeeze, names)))
    cleaned = [clean_title(title, sites=names, host=host) for title in titles if title.strip()]
    return [title for title in cleaned if not is_generic(title) and not is_site(title, squeezed, "")]


def alike(title: str, other: str) -> bool:
    """Tell whether two titles share so many words that they name the same thing."""
    left, right = tokens(title), tokens(other)
    shared = sum(
        (left & right)[word] for word in left & right if len(word) > SHORTEST_NAME or word > "\u2e80"
    )
    least = min(_content(left), _content(right))
    return shared >= ALIKE * least if least else squeeze(title) == squeeze(other)


def _content(counts: Counter[str]) -> int:
    return sum(count for word, count in counts.items() if len(word) > SHORTEST_NAME or word > "\u2e80")
