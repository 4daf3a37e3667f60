"""Rules for plain text: which language a script betrays, what a token is, which sentences sum a text up."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

SCRIPT_SAMPLE = 4000  # characters that the script is counted on
CJK_SHARE = (
    0.25  # of CJK characters and Latin words together: above it the text is Chinese, Japanese or Korean
)
KANA_SHARE = 0.05  # of the CJK characters
OWN_SCRIPT_SHARE = 0.5  # of all letters, for scripts that one language alone uses

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ebef"
KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
CJK = HAN + KANA + HANGUL
OWN_SCRIPTS = {
    "th": "\u0e00-\u0e7f",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "hy": "\u0530-\u058f",
    "ka": "\u10a0-\u10ff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f",
    "gu": "\u0a80-\u0aff",
    "pa": "\u0a00-\u0a7f",
    "bn": "\u0980-\u09ff",
    "lo": "\u0e80-\u0eff",
    "km": "\u1780-\u17ff",
    "my": "\u1000-\u109f",
    "si": "\u0d80-\u0dff",
    "am": "\u1200-\u137f",
}

_NOT_LATIN = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2e80-\U0010ffff]")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")
_LETTER = re.compile(r"[^\W\d_]")
_COUNTED = {
    name: re.compile(f"[{ranges}]") for name, ranges in {"han": HAN, "kana": KANA, "hangul": HANGUL}.items()
}
_OWN = {language: re.compile(f"[{ranges}]") for language, ranges in OWN_SCRIPTS.items()}
_TOKEN = re.compile(f"[{CJK}]|[^\\W{CJK}]+")
_ASCII_WORDS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_ASCII_CONTROL = dict.fromkeys((*range(9), *range(11, 32), 127))
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufff0-\uffff]"
)
_SPACES = re.compile("[ \t\r\f\v\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_SENTENCE_END = re.compile(
    '(?<=[。！？!?])(?![」』”’"])|(?<=[。！？][」』”’])|(?<=[.!?])\\s+(?=["“‘\'(A-Z0-9\u00c0-\u00de\u0400-\u042f])'
)
_ABBREVIATION = re.compile(
    r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|Gen|Sen|Rep|Gov|Lt|Col|vs|No|Inc|Corp|Co|Ltd|U\.S|U\.K|e\.g|i\.e|a\.m|p\.m)\.$"
)
_LINE_END = re.compile("\r\n?|[\x85\u2028\u2029]")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
# NUL and lone halves as JSON escapes them; what stays is an even number of backslashes before, and whole pairs.
_UNWRITABLE_ESCAPE = re.compile(
    r"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_JOINERS = "\u200c\u200d"  # Persian and Hindi words are spelt with them


def writable(text: str) -> str:
    """Return a text without what no database can hold: NUL, and half characters, as a cut between them leaves."""
    return _UNWRITABLE.sub("", text)


def writable_json(text: str) -> str:
    """Return JSON without what no database can hold, written out or escaped."""
    text = writable(text)
    return _UNWRITABLE_ESCAPE.sub(r"\1\2", text) if "\\u" in text else text


def printable(text: str) -> str:
    """Return a text without control and direction characters, which could disguise what it says."""
    if text.isprintable():
        return text
    return "".join(sign for sign in _LINE_END.sub("\n", text) if _is_shown(sign))


def _is_shown(sign: str) -> bool:
    return sign.isprintable() or sign in "\n\t" or sign in _JOINERS or unicodedata.category(sign) == "Zs"


def script_language(text: str) -> str | None:
    """Return the language that the script alone settles (Chinese told apart in Hans and Hant), else None."""
    sample = text[:SCRIPT_SAMPLE]
    if not _NOT_LATIN.search(sample):
        return None
    counts = {name: len(pattern.findall(sample)) for name, pattern in _COUNTED.items()}
    cjk = sum(counts.values())
    if cjk and cjk >= CJK_SHARE * (cjk + len(_LATIN_WORD.findall(sample))):
        if counts["hangul"] > cjk / 2:
            return "ko"
        if counts["kana"] >= KANA_SHARE * cjk:
            return "ja"
        return chinese_script(sample)
    letters = len(_LETTER.findall(sample))
    for language, pattern in _OWN.items():
        if letters and len(pattern.findall(sample)) > OWN_SCRIPT_SHARE * letters:
            return language
    return None


_COMMON_LINES = """
en the of and to in is that for it with as was on are this be have from by at his not has they which will
de der die und das den von ist mit des ein eine nicht auf dem sich auch für im wird zu wurde sind als
fr les des est dans pour une qui que sur avec par pas plus sont au ce cette ont mais aux être du
es los las que del para una con por como más pero sus fue este son entre también ha está el muy
pt não para uma com que dos das mais foi pelo pela são como mas seu sua também está ao os
it che non per una con del della sono più gli dei nel alla questo anche come stato essere il
nl het van een dat voor niet zijn met aan ook maar door over wordt naar werd bij de
"""
_COMMON = {line.split()[0]: frozenset(line.split()[1:]) for line in _COMMON_LINES.strip().split("\n")}
_WORD = re.compile(r"[^\W\d_]+")
COMMON_SHARE = 0.2  # of a text's words that are its language's commonest
COMMON_LEAD = 2.0  # times those of any other language


def common_words_language(text: str) -> str | None:
    """Return the language whose commonest words make up the text, None where no language stands out."""
    words = _WORD.findall(text.casefold())
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    (best, most), (_, next_most) = sorted(counts.items(), key=lambda pair: -pair[1])[:2]
    return best if words and most >= COMMON_SHARE * len(words) and most >= COMMON_LEAD * next_most else None


def chinese_script(text: str) -> str:
    """Return zh-Hans or zh-Hant, by the characters that only one of the two national encodings has."""
    balance = sum(_leaning(char) * count for char, count in Counter(text).items())
    return "zh-Hant" if balance < 0 else "zh-Hans"


@lru_cache(maxsize=32768)
def _leaning(char: str) -> int:
    if char < "\u3400":
        return 0
    return _encodable(char, "gb2312") - _encodable(char, "big5")


def _encodable(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def tokens(text: str) -> Counter[str]:
    """Count the tokens of a text: words, case folded, and one token for each CJK character."""
    return Counter(words_of(text.casefold()))


def words_of(text: str) -> list[str]:
    """Return the words of a text, and each CJK character by itself."""
    return text.translate(_ASCII_WORDS).split() if text.isascii() else _TOKEN.findall(text)


def token_f1(found: str, expected: str) -> float:
    """Return the F1 (0 - 1) of the tokens of two texts as multisets; 1 where both are empty."""
    left, right = tokens(found), tokens(expected)
    if not left and not right:
        return 1.0
    return 2 * (left & right).total() / (left.total() + right.total())


def without_control(text: str) -> str:
    """Return the text in NFC without control, zero-width, direction and private non-characters."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    if unix.isascii():
        return unix.translate(_ASCII_CONTROL)
    return unicodedata.normalize("NFC", _CONTROL.sub("", unix))


def one_line(text: str) -> str:
    """Return the text on one line with single spaces."""
    return _single_spaced(without_control(text).replace("\n", " "))


def _single_spaced(line: str) -> str:
    """Return a line without control characters with single spaces."""
    return " ".join(line.split()) if line.isascii() else _SPACES.sub(" ", line).strip()


def paragraphs(text: str) -> list[str]:
    """Return the lines of a text, tidied, without empty ones and without one that repeats the line before."""
    kept: list[str] = []
    for line in without_control(text).split("\n"):
        tidy = _single_spaced(line)
        if tidy and (not kept or tidy != kept[-1]):
            kept.append(tidy)
    return kept


def sentences(text: str) -> list[str]:
    """Split a paragraph into sentences, Chinese or spaced; abbreviations do not end one."""
    found: list[str] = []
    for part in _SENTENCE_END.split(text):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part.strip()}"
        elif part.strip():
            found.append(part.strip())
    return found


SUMMARY_SENTENCES = 2
SUMMARY_WINDOW = 30  # sentences from the top that may enter: news tells the main thing first
SHORTEST_SENTENCE = 8  # tokens
LONGEST_SUMMARY = 600  # characters


def summarize(lines: Iterable[str], title: str) -> str:
    """Return two sentences of the text that say most of what it and its title are about, in their order."""
    candidates = islice((sentence for line in lines for sentence in sentences(line)), SUMMARY_WINDOW)
    counted = [(place, sentence, tokens(sentence)) for place, sentence in enumerate(candidates)]
    long_enough = [row for row in counted if row[2].total() >= SHORTEST_SENTENCE] or counted
    weights = _weights([row[2] for row in long_enough], tokens(title))
    scored = sorted(long_enough, key=lambda row: -_weight(row[2], weights, row[0]))
    best = sorted(row[:2] for row in scored[:SUMMARY_SENTENCES])
    joint = (
        ""
        if script_language("".join(sentence for _, sentence in best)) in {"zh-Hans", "zh-Hant", "ja"}
        else " "
    )
    return joint.join(sentence for _, sentence in best)[:LONGEST_SUMMARY]


def _weights(counted: list[Counter[str]], title: Counter[str]) -> dict[str, float]:
    everywhere: Counter[str] = Counter()
    for counts in counted:
        everywhere.update(counts.keys())
    common = max(2, len(counted) // 2)  # a word of every second sentence says nothing
    return {
        word: count + (3.0 if word in title else 0.0)
        for word, count in everywhere.items()
        if count <= common and (len(word) > 1 or word > "\u2e80")
    }


def _weight(counts: Counter[str], weights: dict[str, float], place: int) -> float:
    mass = sum(weights.get(word, 0.0) for word in counts)
    return float(mass / (8 + len(counts)) + 2.0 / (1 + place))
