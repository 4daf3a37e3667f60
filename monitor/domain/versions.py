"""Whether an article that was read again has changed, and in what; a changed timestamp or counter is no change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from monitor.domain.text import paragraphs, without_control

MOST_LINES = 2000  # of a text that are compared line by line

_STAMP = re.compile(
    r"(?:(?:last\s+)?(?:updated|modified|published|posted|更新|发布|發佈|发表|修改)\S{0,4}\s*[:：于於]?\s*)?"
    r"(?:(?:19|20)\d\d\s*(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\s*\d{1,2}\s*月\s*\d{1,2}\s*日)(?:[\sT]*\d{1,2}[:：]\d\d(?:[:：]\d\d)?(?:\s*[ap]\.?m\.?)?(?:Z|[+-]\d\d:?\d\d|\s*[A-Z]{2,4}\b)?)?"
    r"|\b\d{1,2}[:：]\d\d(?:[:：]\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{2,4}\b)?"
    r"|\b(?:just now|\d+\s*(?:second|minute|min|hour|hr|day|week)s?\s+ago)\b|\d+\s*(?:秒|分钟|分鐘|小时|小時|天)前)",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"\d[\d,.]*\s*(?:k\s*)?(?:views?|reads?|shares?|comments?|likes?|reactions?|min(?:ute)?s? read)\b|(?:阅读|浏览|点击|评论|播放)(?:量|数|次数)?\s*[:：]?\s*\d[\d,.]*\s*万?",
    re.IGNORECASE,
)
_QUIET = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Change:
    """What differs between two versions: the lines that went and those that came."""

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    title: bool = False

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.title)


def change(old_title: str, old_text: str, new_title: str, new_text: str) -> Change:
    """Return what a new reading changed in an article; a false Change is no new version."""
    before, after = paragraphs(old_text)[:MOST_LINES], paragraphs(new_text)[:MOST_LINES]
    matcher = SequenceMatcher(None, _quiet(before), _quiet(after), autojunk=False)
    removed: list[str] = []
    added: list[str] = []
    for kind, left, right, start, end in matcher.get_opcodes():
        if kind != "equal":
            removed += [line for line in before[left:right] if quiet(line)]
            added += [line for line in after[start:end] if quiet(line)]
    return Change(tuple(removed), tuple(added), quiet(old_title) != quiet(new_title))


def quiet(line: str) -> str:
    """Return what a line says apart from stamps, counters, spacing and punctuation."""
    plain = _COUNTER.sub(" ", _STAMP.sub(" ", without_control(line)))
    return _QUIET.sub(" ", plain).strip().casefold()


def _quiet(lines: Sequence[str]) -> list[str]:
    return [quiet(line) for line in lines]
