"""Figures in running text, read alike in every language: "1.9 million", "190万" and "1,900,000" are one figure."""

import re
from collections.abc import Iterator

from monitor.domain.folding import UNSPACED

SMALLEST = 13  # smaller counts stand in every text
YEARS = range(1900, 2100)  # a bare year says when, not what

_UNITS = {
    "万": 1e4, "千万": 1e7, "百万": 1e6, "亿": 1e8, "億": 1e8, "万亿": 1e12, "兆": 1e12, "千": 1e3,
    "k": 1e3, "thousand": 1e3, "mil": 1e3, "tausend": 1e3, "mille": 1e3, "тыс": 1e3, "тысяч": 1e3, "тысячи": 1e3,
    "الف": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "millions": 1e6, "millones": 1e6, "millon": 1e6,
    "milhoes": 1e6, "milhao": 1e6, "milioni": 1e6, "millionen": 1e6, "mio": 1e6, "млн": 1e6, "миллион": 1e6,
    "миллионов": 1e6, "миллиона": 1e6, "مليون": 1e6, "ملايين": 1e6, "bn": 1e9, "billion": 1e9, "billions": 1e9,
    "milliarden": 1e9, "milliarde": 1e9, "mrd": 1e9, "milliard": 1e9, "milliards": 1e9, "млрд": 1e9,
    "миллиард": 1e9, "миллиардов": 1e9, "миллиарда": 1e9, "مليار": 1e9, "bilhoes": 1e9,
}  # fmt: skip
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_LETTER = rf"[^\W\d_{UNSPACED}]"
_NUMBER = re.compile(
    rf"(?<![\d.,:/-])(?<!{_LETTER})"  # not the middle of a number, a time, a date or a product's name
    r"(\d{1,3}(?:[ ,.'’]\d{3})+|\d{1,15})(?:[.,](\d{1,2})(?!\d))?(?![\d:/])"
    rf"(?:[ -]?({_UNIT})(?!{_LETTER}))?\s?(%|[年月日号時时点點](?!间)|{_LETTER})?"
)
_NOT_DIGITS = re.compile(r"\D")


def _value(whole: str, part: str | None, unit: str | None) -> float:
    value = float(_NOT_DIGITS.sub("", whole) + (f".{part}" if part else ""))
    return value * _UNITS[unit] if unit else value


def _told(match: re.Match[str]) -> str:
    """Return one figure as it is compared, or nothing for dates, years and counts that stand in every text."""
    whole, part, unit, after = match.groups()
    value = _value(whole, part, unit)
    if after == "%":
        return f"{value:.6g}%"
    dated = after is not None and after in "年月日号時时点點"
    bare = unit is None and part is None
    if dated or (bare and (value < SMALLEST or (value in YEARS and whole.isdigit()))):
        return ""
    return f"{value:.6g}"


def figures(folded: str) -> Iterator[str]:
    """Return the figures of a folded text in their order: amounts, counts and percentages."""
    return filter(None, map(_told, _NUMBER.finditer(folded)))
