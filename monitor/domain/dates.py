"""When something was published, out of whatever a publisher wrote.

A zone that the text states is obeyed; only a time without one, or with a name that several countries use
("CST"), is read in the zone of the source. Publishers err: a date outside 1990 … now + 1 day is no date.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.domain.date_words import COUNTS, DAYS_BACK, JUST_NOW, MONTHS, UNITS
from monitor.domain.times import time_of_day, zone_named

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FUTURE = timedelta(days=1)  # clocks and zones of publishers are off by as much
_SKEW = timedelta(hours=1)  # a year-less date this far ahead is of this year
_LONGEST = 200  # characters; a date is short


def parse_date(raw: str, *, timezone: str, now: datetime, pattern: str = "auto") -> datetime | None:
    """Return the moment that a text names, aware UTC, or None where it names none that is plausible.

    `pattern` is auto, epoch (seconds), epoch_ms, or a strptime pattern; `timezone` is the IANA name of the source's.
    """
    text = _tidy(raw)
    zone = zone_named(timezone)
    try:
        moment = _read(text, zone, now, pattern) if text else None
        moment = moment and moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment and is_plausible(moment, now) else None


def is_plausible(moment: datetime, now: datetime, ahead: timedelta = FUTURE) -> bool:
    """Tell whether an article can have been published then: not before there was a web, and not so far ahead."""
    return EARLIEST <= moment <= now + ahead


def _tidy(raw: str) -> str:
    """Fold width, accents and space; full-width digits and colons become plain ones."""
    if raw.isascii():
        return " ".join(raw[:_LONGEST].split())
    spread = unicodedata.normalize("NFKD", raw[:_LONGEST])
    bare = "".join(char for char in spread if unicodedata.combining(char) not in {216, 220, 230})
    return " ".join(unicodedata.normalize("NFC", bare).split())


def _read(text: str, zone: tzinfo, now: datetime, pattern: str) -> datetime | None:
    if pattern == "epoch":
        return datetime.fromtimestamp(float(text), UTC)
    if pattern == "epoch_ms":
        return datetime.fromtimestamp(float(text) / 1000, UTC)
    if pattern != "auto":
        return _by_pattern(text, pattern, zone, now)
    if (plain := _iso(text, zone) or _rfc822(text)) is not None:
        return plain
    for reader in (_epoch, _calendar, _relative):
        if (moment := reader(text, zone, now)) is not None:
            return moment
    return None


def _by_pattern(text: str, pattern: str, zone: tzinfo, now: datetime) -> datetime:
    # A year of its own lets strptime read 29 February where the pattern has none.
    has_year = any(sign in pattern for sign in ("%Y", "%y", "%c", "%x", "%G"))
    read = datetime.strptime(text if has_year else f"2000 {text}", pattern if has_year else f"%Y {pattern}")  # noqa: DTZ007 - the zone follows
    zoned = read if read.tzinfo else read.replace(tzinfo=zone)
    return zoned if has_year else _newest_year(zoned.date(), zoned.timetz(), now)


def _iso(text: str, zone: tzinfo) -> datetime | None:
    """Read the plainest form fast; half of all feeds write it."""
    if len(text) < len("2026-09-24T12:00") or text[4] != "-" or text[10] not in "T ":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|([+-])(\d\d)(\d\d))"
)


def _rfc822(text: str) -> datetime | None:
    """Read what nearly all other feeds write, with its zone in numbers."""
    if not (found := _RFC822.fullmatch(text)) or found[2].lower() not in MONTHS:
        return None
    day, year, hour, minute, second = (int(found[place]) for place in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, MONTHS[found[2].lower()], day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    east = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    return moment + east if found[7] == "-" else moment - east


# ---------------------------------------------------------------- numbers

_EPOCH = re.compile(r"(?:/?Date\()?(\d{10}(?:\d{3}){0,3})(?:\.\d+)?(?:[+-]\d{4}\)|\))?/?")


def _epoch(text: str, _zone: tzinfo, _now: datetime) -> datetime | None:
    """Read seconds, milli-, micro- or nanoseconds since 1970; their length tells which."""
    if not (found := _EPOCH.fullmatch(text)):
        return None
    return datetime.fromtimestamp(int(found[1]) / 10 ** (len(found[1]) - 10), UTC)


# ---------------------------------------------------------------- calendar dates

_WORD = r"([^\W\d_]{3,12})\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|[.ºª])?"
_YMD = re.compile(r"(?<!\d)(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})(?!\d)\s*[日일号號]?")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?=$|[\sT]|\d{4}(?:\d\d)?(?!\d))")
_DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}}){_ORDINAL}[\s-]*(?:de |of )?{_WORD}[\s,-]*(?:de |del )?'?(\d{{4}}|\d\d)(?![\d:])"
)
_MONTH_DAY_YEAR = re.compile(rf"{_WORD}\s*(\d{{1,2}}){_ORDINAL},?\s+(\d{{4}})(?![\d:])")
_YEAR_MONTH = re.compile(r"(?<!\d)(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월](?!\s*\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)")
_MONTH_DAY_CJK = re.compile(r"(?<!\d)(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号號]?")
_MONTH_DAY_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[-/](\d{1,2})(?=$|\s+\d{1,2}:)")
_DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}}){_ORDINAL}[\s-]*(?:de |of )?{_WORD}")
_MONTH_DAY = re.compile(rf"{_WORD}\s*(\d{{1,2}}){_ORDINAL}(?![\d:])")
_ERA = re.compile(r"(令和|民国|民國)\s*(\d{1,3}|元)\s*年")
_ERA_START = {"令和": 2018, "民国": 1911, "民國": 1911}

Day = tuple[int, int, int]  # year (0 where none is written), month, day


def _calendar(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Read a written day with its time, or a mere time of today."""
    text = _ERA.sub(lambda era: f"{_ERA_START[era[1]] + int(era[2].replace('元', '1'))}年", text)
    for pattern, days in _SHAPES:
        for found in pattern.finditer(text):
            written = [day for day in days(found, zone) if 1 <= day[1] <= 12]  # noqa: PLR2004 - months
            around = text[found.end() :], text[: found.start()]
            for day in written:
                if moment := _moment(day, *around, zone, now):
                    return moment
            if any(day[0] for day in written):
                raise ValueError(text)  # a whole date of another century: its digits are no other date
    return None


def _moment(day: Day, rest: str, before: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Join a day with the time beside it; None where there is no such day, or where it is not yet."""
    year, month, number = day
    try:
        written = date(year or 2000, month, number)
        clock = time_of_day(rest, written, zone) or time_of_day(before, written, zone) or time(tzinfo=zone)
        moment = datetime.combine(written, clock) if year else _newest_year(written, clock, now)
    except (ValueError, OverflowError):
        return None
    return moment if moment <= now + FUTURE else None


def _newest_year(written: date, clock: time, now: datetime) -> datetime:
    """Give a year-less day the newest year in which it is not in the future."""
    for year in range((now + _SKEW).year, (now + _SKEW).year - 9, -1):
        try:
            moment = datetime.combine(written.replace(year=year), clock)
        except ValueError:  # 29 February
            continue
        if moment <= now + _SKEW:
            return moment
    raise ValueError(written)


def _year_first(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    return [(int(found[1]), int(found[2]), int(found[3]))]


def _first_of_month(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    return [(int(found[1]), int(found[2]), 1)]


def _day_word_year(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    year = int(found[3])
    century = {2: 1900 if year >= EARLIEST.year % 100 else 2000}.get(len(found[3]), 0)
    return [(century + year, _month(found[2]), int(found[1]))]


def _word_day_year(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    return [(int(found[3]), _month(found[1]), int(found[2]))]


def _numeric(found: re.Match[str], zone: tzinfo) -> list[Day]:
    """Read 09/10/2026 as the source's part of the world does, and the other way where that is no day yet."""
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    month_first, day_first = (year, first, second), (year, second, first)
    american = str(zone).startswith(("America/", "US/", "Asia/")) and found[2] != "."
    return [month_first, day_first] if american else [day_first, month_first]


def _month_and_day(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    return [(0, int(found[1]), int(found[2]))]


def _day_and_word(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    return [(0, _month(found[2]), int(found[1]))]


def _word_and_day(found: re.Match[str], _zone: tzinfo) -> list[Day]:
    return [(0, _month(found[1]), int(found[2]))]


def _month(word: str) -> int:
    return MONTHS.get(word.lower(), 0)  # 0 is no month: the day is refused


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], tzinfo], list[Day]]], ...] = (
    (_YMD, _year_first),
    (_DAY_MONTH_YEAR, _day_word_year),
    (_COMPACT, _year_first),
    (_MONTH_DAY_YEAR, _word_day_year),
    (_NUMERIC, _numeric),
    (_YEAR_MONTH, _first_of_month),
    (_MONTH_DAY_CJK, _month_and_day),
    (_MONTH_DAY_NUMERIC, _month_and_day),
    (_DAY_MONTH, _day_and_word),
    (_MONTH_DAY, _word_and_day),
)

# ---------------------------------------------------------------- relative times

_LEADS = r"(?:vor|hace|il y a|ha|cerca de|about|约|大约)"
_AGO = re.compile(
    r"(?<![\d:])(\d{1,4}|半|[一二两兩三四五六七八九十几]|an?\b|one\b|ein\w{0,2}\b|una?\b|une\b|uma?\b)\s*(?:[个個]半?)?\s*"
    r"([^\W\d_]{1,9}?)\.?\s*(?:ago\b|之?前|전|назад|fa\b|truoc)",
    re.IGNORECASE,
)
_SINCE = re.compile(rf"{_LEADS}\s+(\d{{1,4}}|[a-z]{{2,5}})\s+([^\W\d_]{{1,10}})", re.IGNORECASE)
_MERE_TIME = re.compile(r"\D{0,4}\d{1,2}\s*[:时時点點시]")
_DAY_WORD = re.compile("|".join(sorted(map(re.escape, DAYS_BACK), key=len, reverse=True)), re.IGNORECASE)


def _relative(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Read "3 hours ago", "1小时前", "昨天 12:00", "刚刚", or a mere time of day."""
    lower = text.lower()
    if lower in JUST_NOW:
        return now
    for pattern in (_AGO, _SINCE):
        if (found := pattern.search(lower)) and (unit := _unit(found[2])):
            count = COUNTS.get(found[1]) or (float(found[1]) if found[1].isdecimal() else 0)
            return now - count * unit if count else None
    return _named_day(lower, zone, now)


def _unit(word: str) -> timedelta | None:
    plurals = (word.removesuffix(ending) for ending in ("", "s", "n", "en", "es", "ов", "а", "ы", "у"))
    return next((UNITS[stem] for stem in plurals if stem in UNITS), None)


def _named_day(lower: str, zone: tzinfo, now: datetime) -> datetime | None:
    today = now.astimezone(zone).date()
    if found := _DAY_WORD.search(lower):
        day = today - timedelta(days=DAYS_BACK[found[0]])
        return datetime.combine(day, time_of_day(lower, day, zone) or time(tzinfo=zone))
    if not _MERE_TIME.match(lower) or not (clock := time_of_day(lower, today, zone)):
        return None
    moment = datetime.combine(today, clock)
    return moment if moment <= now + _SKEW else moment - timedelta(days=1)
