"""Whether an article that was read again has changed, and in what; a changed timestamp or counter is no change."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, product

from monitor.domain.folding import bare
from monitor.domain.text import paragraphs, without_control

MOST_LINES = 2000  # of a text that are compared line by line
REWORDED = 0.5  # likeness from which a line that came is a line that went, reworded
MUCH = 0.15  # share of a text
MOST_PAIRS = 400
LONGEST = 4000  # characters of what differs in which like passages are looked for
SHORTEST_RUN = 8  # characters of a like passage

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


@dataclass(frozen=True)
class Likeness:
    """Two texts beside each other: "=" lines of both, "-" of the first, "+" of the second; `share` of the second."""

    rows: tuple[tuple[str, str], ...]
    share: float

    def count(self, sign: str) -> int:
        """Return how many lines have this sign."""
        return sum(one == sign for one, _ in self.rows)


def likeness(original: Sequence[str], copy: Sequence[str]) -> Likeness:
    """Return what two texts share, in whatever script, punctuation and spacing they say it."""
    rows = aligned(original, copy, bare)
    said = {wanted: "\n".join(bare(line) for sign, line in rows if sign == wanted) for wanted in "=-+"}
    total = len(said["="]) + len(said["+"])
    shared = len(said["="]) + _runs_shared(said["-"][:LONGEST], said["+"][:LONGEST])
    return Likeness(tuple(rows), shared / total if total else 0.0)


def _runs_shared(one: str, other: str) -> int:
    """Return how many characters of two texts stand in runs that both have."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks() if block.size >= SHORTEST_RUN)


def change(old_title: str, old_text: str, new_title: str, new_text: str) -> Change:
    """Return what a new reading changed in an article; a false Change is no new version."""
    rows = aligned(paragraphs(old_text), paragraphs(new_text), quiet)
    removed = tuple(line for sign, line in rows if sign == "-" and quiet(line))
    added = tuple(line for sign, line in rows if sign == "+" and quiet(line))
    return Change(removed, added, quiet(old_title) != quiet(new_title))


def is_version(found: Change, old_text: str, *, same_reader: bool) -> bool:
    """Tell whether a change is the article's own.

    Two readers may differ on a caption or a tail of the very same page: between them only a reworded line, another
    headline or much of the text counts.
    """
    if same_reader or found.title or not found:
        return bool(found)
    moved = sum(map(len, found.removed)) + sum(map(len, found.added))
    return moved >= MUCH * max(1, len(old_text)) or _reworded(found)


def _reworded(found: Change) -> bool:
    pairs = islice(product(found.removed, found.added), MOST_PAIRS)
    return any(SequenceMatcher(None, quiet(old), quiet(new)).quick_ratio() >= REWORDED for old, new in pairs)


def aligned(before: Sequence[str], after: Sequence[str], key: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return the lines of two texts in one row: "=" in both by what `key` makes of them, "-" only in the first, "+"."""
    before, after = before[:MOST_LINES], after[:MOST_LINES]
    matcher = SequenceMatcher(None, list(map(key, before)), list(map(key, after)), autojunk=False)
    rows: list[tuple[str, str]] = []
    for kind, left, right, start, end in matcher.get_opcodes():
        if kind == "equal":
            rows += [("=", line) for line in after[start:end]]
        else:
            rows += [("-", line) for line in before[left:right]] + [("+", line) for line in after[start:end]]
    return rows


def quiet(line: str) -> str:
    """Return what a line says apart from stamps, counters, spacing and punctuation."""
    plain = _COUNTER.sub(" ", _STAMP.sub(" ", without_control(line)))
    return _QUIET.sub(" ", plain).strip().casefold()
