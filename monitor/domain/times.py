"""Times of day and the names of zones, as texts write them."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed_zone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.domain.date_words import AFTERNOON, MORNING, ZONE_NAMES, ZONE_PLACES

_HALVES = "|".join(re.escape(word) for word in (*AFTERNOON, *MORNING))
_CLOCK = re.compile(
    rf"(?P<early>{_HALVES})?\s*(?<!\d)(?P<hour>\d{{1,2}})\s*(?:[:时時點点시](?![评評击擊赞讚])|h(?=\d))\s*(?P<minute>\d{{1,2}})?\s*"
    rf"(?:[:分분]\s*(?P<second>\d{{1,2}})?)?(?:[.,]\d+)?\s*[秒초]?\s*(?P<late>{_HALVES})?",
    re.IGNORECASE,
)
_CLOCK_COMPACT = re.compile(r"T?(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?!\d)")
_CLOCK_HALF = re.compile(r"(?<![\d:])(?P<hour>\d{1,2})\s*(?P<late>[ap]\.?m\b)", re.IGNORECASE)
_OFFSET = re.compile(r"\s*\(?([A-Za-z]{1,5}|北京时间|北京時間)?\s*([+-]\d{1,2}(?::?\d\d)?)?(?![\d:])")
_FARTHEST = 14 * 60  # minutes: no place is farther from Greenwich


def time_of_day(rest: str, day: date, zone: tzinfo) -> time | None:
    """Return the first time of day in a text with the zone that it is meant in; `zone` where it states none."""
    found = _CLOCK_COMPACT.match(rest) or _CLOCK.search(rest) or _CLOCK_HALF.search(rest)
    if not found:
        return None
    parts = found.groupdict()
    half = (parts.get("early") or parts.get("late") or "").lower()
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if (hour := _hour(hour, half)) > 23 or minute > 59:  # noqa: PLR2004 - the clock's
        return None
    naive = time(hour, minute, min(second, 59))  # a leap second is no error
    return naive.replace(tzinfo=_stated_zone(rest[found.end() :], datetime.combine(day, naive), zone))


def _hour(hour: int, half: str) -> int:
    if half in AFTERNOON:
        return hour + 12 if hour < 12 else hour  # noqa: PLR2004 - the clock's
    return 0 if half and hour == 12 else hour  # noqa: PLR2004


def _stated_zone(rest: str, at: datetime, zone: tzinfo) -> tzinfo:
    found = _OFFSET.match(rest)
    name, offset = (found[1] or "", found[2] or "") if found else ("", "")
    if offset and (not name or name.upper() in {"GMT", "UTC", "Z"}):
        digits = offset[1:].replace(":", "")
        minutes = int(digits[:-2] or 0) * 60 + int(digits[-2:]) if len(digits) > 2 else int(digits) * 60  # noqa: PLR2004
        if minutes <= _FARTHEST:
            return fixed_zone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    return _zone_by_name(name, at, zone)


def _zone_by_name(name: str, at: datetime, zone: tzinfo) -> tzinfo:
    """Read a zone's name; one with several meanings means what lies nearest to the source's own zone."""
    if not name.isupper() and name.lower() not in {"gmt", "utc", "z", "北京时间", "北京時間"}:
        return zone  # a word, not a zone
    if place := ZONE_PLACES.get(name.upper()):
        return zone_named(place)
    meanings = ZONE_NAMES.get(name.upper(), ())
    if not meanings or zone.tzname(at) == name.upper() != "UTC":
        return zone
    own = zone.utcoffset(at) or timedelta()
    nearest = (
        meanings[0]
        if zone is UTC or str(zone) == "UTC"
        else min(meanings, key=lambda east: abs(timedelta(minutes=east) - own))
    )
    return fixed_zone(timedelta(minutes=nearest))


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """Return the zone of an IANA name; UTC for one that is not known (the configuration has refused it before)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
