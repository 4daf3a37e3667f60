"""Which publisher a reprint names as its original: a source line, an agency's dateline, "originally published by"."""

import re
from collections.abc import Iterable, Sequence

HEAD_LINES = 4
TAIL_LINES = 6
LONGEST_NAME = 40  # characters

_NAME = r"[《“\"']?(?P<name>[^\s,，。;；|丨()（）【】\[\]<>《》“”\"':：/]{2,40})"
_CHINESE = re.compile(
    rf"(?:文章来源|信息来源|新闻来源|本文来源|稿源|来源|來源|转载自|轉載自|转自|转载于|本文来自)\s*[:：于]?\s*{_NAME}"
)
_AGENCY = re.compile(
    r"^[(（【\[]?(?P<name>新华社|新華社|中新社|中新网|新华网|路透社|法新社|美联社|彭博社|央视|财联社|证券时报|每经|澎湃新闻|界面新闻|人民财讯|第一财经|智通财经|钛媒体|中央社|共同社|韩联社|塔斯社)"
    r"[^，,。]{0,30}?(?:日电|日電|日讯|日訊|电|電|讯|訊|消息)"
)
_DATELINE = re.compile(
    r"^.{0,60}?\((?P<name>Reuters|AP|AFP|Bloomberg|UPI|Xinhua|dpa|ANI|PTI|IANS|CNN|BBC|Kyodo|Yonhap)\)\s*[-–—:]"
)
_ORIGINALLY = re.compile(
    r"(?:[Oo]riginally|[Ff]irst) (?:published|appeared|posted|reported)(?: \w+ \d+)? (?:on|in|at|by)\s+(?:the )?(?P<name>[A-Z][\w.&' -]{1,39}?)(?=[.,;)]|\s+(?:on|and|under|in|as)\s|$)"
)
_VIA = re.compile(
    r"(?:^|[\s(\[])(?:via|source|h/t|hat tip|courtesy of|with permission from)[:\s]+(?P<name>[A-Z][\w.&' -]{1,39}?)(?=[.,;)\]|]|$)",
    re.IGNORECASE,
)
_SYNDICATED = re.compile(
    r"©\s*\d{4}\s+(?P<name>[A-Z][\w.& -]{1,39}?)\.?\s+(?:Visit|Distributed|All rights|via)"
)
_NOT_SOURCE = re.compile(
    r"^(?:本站|本网|原创|网络|互联网|未知|综合|整理|其他|作者|size|http)|^\W*$", re.IGNORECASE
)


def source_named(bylines: Iterable[str], lines: Sequence[str]) -> str:
    """Return the publisher that a text names as its original, as it spells it; "" where it names none."""
    head, tail = lines[:HEAD_LINES], lines[-TAIL_LINES:]
    for line in [*bylines, *tail, *head]:
        for pattern in (_CHINESE, _ORIGINALLY, _SYNDICATED):
            name = _named(pattern, line)
            if name:
                return name
    for line in head[:2]:
        name = _named(_AGENCY, line) or _named(_DATELINE, line)
        if name:
            return name
    return next((name for line in tail if len(line) < 3 * LONGEST_NAME and (name := _named(_VIA, line))), "")


def _named(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.search(line)
    name = found["name"].strip(" .-—") if found else ""
    return "" if _NOT_SOURCE.match(name) else name[:LONGEST_NAME]
