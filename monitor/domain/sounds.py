"""How names sound, so that they are found again in another script: Zhenqiu as 振秋, Dorrance as 多朗斯."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from monitor.domain.names_known import KNOWN, ROMANISED
from monitor.domain.names_pinyin import READINGS, SYLLABLES

BONES = 4  # consonants that two names in different scripts must share at least
LONGEST_SYLLABLE = 6
LEAST_CONSONANTS = 3  # more than these identify a name, whatever its vowels and endings are

_SPELLED = (
    ("tsch", "c"), ("sch", "s"), ("tch", "c"), ("sh", "s"), ("ch", "c"), ("ph", "f"), ("th", "t"), ("kh", "k"),
    ("zh", "j"), ("gh", "g"), ("ck", "k"), ("qu", "k"), ("q", "k"), ("x", "ks"), ("ce", "se"), ("ci", "si"),
    ("dj", "j"), ("ts", "s"), ("z", "s"), ("w", "v"), ("y", "i"), ("h", ""),
)  # fmt: skip
_VOWELS = re.compile(r"(?<!^)[aeiou]")
_REPEATED = re.compile(r"(.)\1+")
_CLASSES = str.maketrans("pbtdkgqcszxjrlvwf", "bbddkkksssssllwww", "aeiouy' -h")
# Characters with which Chinese writes foreign names; a run of them is one.
_FOREIGN = (
    "阿埃艾爱安昂奥巴白班邦贝本比彼毕波伯勃博卜布查茨达戴丹道德得登迪蒂丁杜敦顿多厄恩尔法凡菲费芬弗佛福富盖甘冈戈格葛"
    "古哈海汉赫亨胡华怀惠霍基吉加贾杰金卡凯坎康考科克肯库夸昆拉莱兰朗劳勒雷里理利莉林卢鲁伦罗洛马玛麦曼芒梅门蒙米密莫默"
    "姆穆内纳南尼涅宁纽努诺欧帕派潘佩彭皮普奇齐乔切琴丘让瑞萨塞赛桑瑟森沙舍申圣施什史舒斯丝苏索塔泰坦汤陶特腾提廷图托瓦"
    "威维魏温沃乌武西希锡夏肖谢辛休逊雅亚扬耶伊因英尤约泽扎詹兹佐娃娜妮琳琪露黛蕾薇莎茜蓓"
)
_FOREIGN_RUN = re.compile(f"[{_FOREIGN}·]{{3,8}}")
_KATAKANA_RUN = re.compile(r"[ァ-ヺー]{3,}")


@lru_cache(maxsize=65536)
def sound(name: str) -> str:
    """Return how a folded name sounds, roughly: the same for Зеленский and Zelenskyy, Tokio and Tokyo."""
    if name in KNOWN:
        return KNOWN[name]
    spoken = name.translate(ROMANISED)
    for spelled, heard in _SPELLED:
        spoken = spoken.replace(spelled, heard)
    spoken = _REPEATED.sub(r"\1", spoken.replace("c", "k"))
    bones = _VOWELS.sub("", spoken)
    heard = bones if len(bones) > LEAST_CONSONANTS else spoken
    return _KNOWN_SOUNDS.get(heard, heard)


def _bones(romanised: str) -> str:
    """Return the classes of a name's consonants, or nothing where they are too few to tell names apart."""
    spoken = _REPEATED.sub(r"\1", romanised.translate(_CLASSES))
    return f"~{spoken}" if len(spoken) >= BONES else ""


@lru_cache(maxsize=65536)
def syllables(name: str) -> tuple[str, ...]:
    """Return the syllables of pinyin that a word consists of, the longest first; none for any other word."""
    if not name:
        return ()
    for size in range(min(LONGEST_SYLLABLE, len(name)), 0, -1):
        head, rest = name[:size], name[size:]
        if head in SYLLABLES and (not rest or syllables(rest)):
            return (head, *syllables(rest))
    return ()


def latin_sounds(words: list[str]) -> Iterator[str]:
    """Return the sounds under which names in Latin letters stand in Chinese and Japanese texts."""
    spoken = [part for word in words for part in (syllables(word) or (" ",))]
    yield from (first + second for first, second in pairwise(spoken) if " " not in (first, second))
    for word in words:
        if word.isascii() and (bones := _bones(_softened(word))):
            yield bones


@lru_cache(maxsize=65536)
def _softened(word: str) -> str:
    for spelled, heard in (
        ("ph", "f"),
        ("ce", "se"),
        ("ci", "si"),
        ("ck", "k"),
        ("wh", "w"),
        ("ng", "n"),
        ("tz", "s"),
    ):
        word = word.replace(spelled, heard)
    return word.removesuffix("e")


def unspaced_sounds(folded: str) -> Iterator[str]:
    """Return the sounds of pairs of Chinese characters, and of foreign names in Chinese and Japanese script."""
    for first, second in pairwise(folded):
        if first in READINGS and second in READINGS:
            yield READINGS[first] + READINGS[second]
    for name in foreign_names(folded):
        for part in (name, name[1:], name[:-1]):  # a neighbour may have slipped into the run
            yield from filter(None, [_bones(_read_foreign(part))])


def foreign_names(folded: str) -> list[str]:
    """Return the runs of characters that write foreign names."""
    return [*_FOREIGN_RUN.findall(folded), *_KATAKANA_RUN.findall(folded)]


@lru_cache(maxsize=65536)
def _read_foreign(name: str) -> str:
    if "ァ" <= name[0] <= "ヺ":
        return "".join(
            unicodedata.name(letter, "").split(" ")[-1].lower() for letter in name if letter != "ー"
        )
    return "".join(_foreign_syllable(letter) for letter in name)


def _foreign_syllable(letter: str) -> str:
    reading = READINGS.get(letter, "")
    return "l" if reading == "er" else reading.replace("zh", "z").replace("sh", "s").replace("ng", "n")


_KNOWN_SOUNDS: dict[str, str] = {}
_KNOWN_SOUNDS.update({sound(form): name for form, name in KNOWN.items() if form[0] < "\u3000"})
