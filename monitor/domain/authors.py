"""Who wrote an article, where the page shows it in no byline that says so: names by themselves, signatures."""

import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.domain.blocks import Block
from monitor.domain.bylines import MOST_AUTHORS, has_year, person_names
from monitor.domain.folding import bare
from monitor.domain.text import HAN

HEAD, TAIL, BELOW = 3, 8, 5  # blocks of the text's beginning, of its end, and under it that may be signed
LONGEST_SIGNATURE = 60  # characters
LONGEST_NAMED = 40
CLOSE = 3  # blocks below the headline
WORDS = range(2, 5)  # of a name that stands by itself
# The commonest family names, by far most people's; a word that begins otherwise is not taken for a name.
SURNAMES = frozenset(
    "王李张劉刘陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許韩韓邓鄧冯馮曹彭曾肖萧蕭田董潘袁蔡蒋蔣余于杜叶葉程魏苏蘇吕呂丁任卢盧姚沈钟鐘鍾姜崔谭譚陆陸范汪廖石金韦韋贾賈夏付傅方邹鄒熊白孟秦邱侯江尹薛闫阎閻段雷龙龍黎史陶贺賀毛郝顾顧龚龔邵万萬覃武钱錢戴严嚴莫孔向常汤湯康易乔喬赖賴文施洪季庄莊樊华華颜顏柳兰蘭倪童闵閔柯梅祝骆駱涂欧歐瞿桂宁寧耿祁葛舒柴岳单單牛纪紀聂聶翟凌霍裴柏卞"
)
_PERSON = rf"[{HAN}]{{2,4}}?(?=[^{HAN}]|$|报道|報道|摄|攝|整理|文$)"
_PEOPLE = rf"(?P<names>{_PERSON}(?:[\s、，,/／]+{_PERSON})*)"
_ROLE = r"(?:记者|記者|通讯员|通訊員|实习生|實習生|撰稿人?|执笔人?|執筆人?|撰文|特派员)"
_SIGNED = (
    re.compile(rf"{_ROLE}\s*[:：/／|]?\s*{_PEOPLE}"),
    re.compile(rf"(?<![{HAN}]){_PEOPLE}\s*[/／]\s*(?:文|撰文|报道|報道|整理)"),
    re.compile(rf"作者\s*[:：]\s*(?P<names>[{HAN}·]{{2,8}}(?:[\s、，,]+[{HAN}]{{2,4}}(?![{HAN}]))*|[A-Za-z][\w.-]{{1,24}})"),
)  # fmt: skip
_REPORTED = re.compile(rf"^{_PEOPLE}\s+[{HAN}]{{2,8}}(?:报道|報道|电|電)$")
_IN_BRACKETS = re.compile(r"[（(]\s*([^（()）]{2,40}?)\s*[)）]\s*$")
_DATELINE = re.compile(
    rf"^.{{0,40}}?(?:讯|訊|电|電)\s*[（(]\s*(?:[{HAN}]{{0,8}}{_ROLE})?\s*{_PEOPLE}\s*[)）]"
)
_ORGANISATION = re.compile(
    r"(?:网|網|社|报|報|集团|集團|频道|頻道|电视台|電視台|公司|编辑部|編輯部|中心|杂志|雜誌|出版社|在线|日报|新闻)$"
    r"|\b(?:team|staff|editors?|editorial|news|media|group|inc|llc|ltd|university|institute|cent(?:er|re)|magazine|network|foundation|society"
    r"|association|department|agency|press|blog|today|times|company|guest|office)\b",
    re.IGNORECASE,
)
_TEAM = re.compile(r"^(?:the\s)?[\w .&-]{2,30}\steam$|^team\s[\w .&-]{2,30}$", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:request|quote|login|log in|sign|schedule|pay|bill|subscribe|learn|view|read|all|buy|shop(?:ping)?|cart|bag|free|get|contact|call|click|more|info|home|page|menu"
    r"|search|share|about|our|your|the|this|what|how|why|when|top|best|last|next|is|in|for|to|with)\b",
    re.IGNORECASE,
)
_OUTLET = re.compile(rf"[{HAN}](?:网|網|网站|網站|出版社|在线|频道|頻道|客户端|公众号|集团|期刊)$")
_HAN_NAME = re.compile(rf"[{HAN}]{{2,4}}")
_FOREIGN_IN_HAN = re.compile(rf"[{HAN}]{{1,8}}(?:[·・][{HAN}A-Za-z.]{{1,10}})+")
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "di",
        "del",
        "della",
        "dos",
        "du",
        "la",
        "le",
        "van",
        "von",
        "der",
        "den",
        "ten",
        "ter",
        "bin",
        "al",
        "el",
        "y",
        "e",
    ]
)
_PERSON_PATH = re.compile(
    r"/(?:authors?|people|persons?|team|staff|profiles?|contributors?|writers?|by|bio|users?|members?|columnists?|journalists?|reporters?|experts?)/",
    re.IGNORECASE,
)
_JOB = re.compile(
    r"^(?P<name>[^|,•\n]{4,40}?)\s*[|,•]\s*(?:[\w-]+\s+){0,3}(?:writer|editor|reporter|correspondent|contributor|journalist|columnist)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_][^\d_!?*:;/@#&]*")
_BRACKET = re.compile(r"\s*\([^()]{2,40}\)$")


def is_person(name: str) -> bool:
    """Tell whether a name has the form of a person's: family name and given name, and no organisation's word."""
    if _ORGANISATION.search(name) or _ASKS.search(name):
        return False
    if _HAN_NAME.fullmatch(name):
        return name[0] in SURNAMES
    if _FOREIGN_IN_HAN.fullmatch(name):
        return True
    words = name.replace(".", ". ").split()
    written = [word for word in words if word.casefold() not in _PARTICLES]
    return len(words) in range(2, 6) and len(written) > 1 and all(_begins_large(word) for word in written)


def is_credited(name: str) -> bool:
    """Tell whether a name is that of a person or of a team."""
    return is_person(name) or bool(_TEAM.search(name))


def _begins_large(word: str) -> bool:
    letters = [char for char in word if char.isalpha()]
    return bool(letters) and letters[0] == letters[0].upper() and not any(char.isdigit() for char in word)


def without_sites(names: Iterable[str], sites: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are not what the site calls itself, nor an outlet's."""
    own = {bare(site) for site in sites}
    return tuple(name for name in names if bare(name) not in own and not _OUTLET.search(name))


def named(near: Sequence[Block], below: Sequence[Block], sites: Sequence[str], title: str) -> tuple[str, ...]:
    """Return the person that a block around the headline names and nothing else.

    Menus hold words that look like names, so something has to confirm it: a link to a person's page, a job, or
    right below the headline a date beside it or the same name in a block of its own below the text.
    """
    for place, block in enumerate(near):
        if (job := _JOB.match(block.text[: 2 * LONGEST_SIGNATURE])) and is_person(job["name"].strip()):
            return (job["name"].strip(),)
        text = _alone(block.text, sites) if len(block.text) <= LONGEST_NAMED else ""
        if not _LETTERS.fullmatch(text) or not is_person(text):
            continue
        if len(text.split()) not in WORDS or bare(text) in bare(title):
            continue
        beside = (*near[max(0, place - 1) : place], *near[place + 1 : place + 2])
        linked = any(_PERSON_PATH.search(link) for link in block.links)
        if linked or (
            place <= CLOSE and (any(map(has_year, beside)) or any(one.text == block.text for one in below))
        ):
            return (text,)
    return ()


def _alone(text: str, sites: Sequence[str]) -> str:
    """Return a text without the site's name behind it and without what stands in brackets."""
    for site in sites:
        if site and text.endswith(site):
            text = text.removesuffix(site)
    return _BRACKET.sub("", text).strip(" ,|-–—")


def signed(rows: Sequence[Block], kept: Sequence[int]) -> tuple[str, ...]:
    """Return who signed the text, as Chinese papers do: 记者 …, （… 报道）, …/文, above, below or at its end."""
    for text in _signatures(rows, kept):
        for pattern in (*_SIGNED, _REPORTED):
            found = pattern.search(text)
            people = _people(found["names"]) if found else ()
            if people:
                return people
    return ()


def _signatures(rows: Sequence[Block], kept: Sequence[int]) -> Iterator[str]:
    """Yield what may be a signature: brackets behind a dateline, short blocks, brackets that end a text."""
    if not kept:
        return
    for number in kept[:HEAD]:
        if found := _DATELINE.match(rows[number].text[:LONGEST_SIGNATURE]):
            yield f"记者 {found['names']}"
    below = range(kept[-1] + 1, min(len(rows), kept[-1] + 1 + BELOW))
    for number in (*kept[:HEAD], *reversed(kept[HEAD:][-TAIL:]), *below):
        text = rows[number].text
        if len(text) <= LONGEST_SIGNATURE:
            yield text.strip(" 　()（）")
        elif number <= kept[-1] and (found := _IN_BRACKETS.search(text[-LONGEST_SIGNATURE:])):
            yield found[1]


def _people(names: str) -> tuple[str, ...]:
    found = person_names(names)
    han = tuple(name for name in found if not _HAN_NAME.fullmatch(name) or is_person(name))
    return han[:MOST_AUTHORS]
