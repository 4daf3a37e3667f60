"""How often a feed says that it changes."""

from datetime import timedelta

_LONGEST = timedelta(days=1)
# Also as people misspell them.
_PERIODS = {
    "hourly": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "houly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "dayly": timedelta(days=1),
    "day": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def period_of(ttl: str, period: str, frequency: str) -> timedelta | None:
    """Return the rest between polls that a feed asks for by `ttl` (minutes) or the syndication module, a day at most."""
    if minutes := _number(ttl):
        return min(timedelta(minutes=minutes), _LONGEST)
    if length := _PERIODS.get(period.strip().lower()):
        return min(length / (_number(frequency) or 1), _LONGEST)
    return None


def _number(text: str) -> int:
    digits = text.strip()
    return int(digits) if digits.isdecimal() and len(digits) < 7 else 0  # noqa: PLR2004 - years of minutes are no wish
