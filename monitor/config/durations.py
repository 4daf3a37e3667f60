"""Durations as people write them: `90s`, `15m`, `6h`, `2d`, `1h30m`; a bare number is seconds."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = 100 * 366 * 86400
_FORM = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def parse_duration(value: Any) -> timedelta:
    """Return the duration; raise ValueError that shows a good one."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    text = f"{text}s" if re.fullmatch(r"\d+(\.\d+)?", text) else text
    if not _FORM.fullmatch(text):
        raise ValueError("is no duration; write 90s, 15m, 6h, 2d or 1h30m")
    seconds = sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(text))
    if seconds > _LONGEST:
        raise ValueError("is longer than a hundred years")
    return timedelta(seconds=seconds)


def show_duration(value: timedelta) -> str:
    """Write a duration as people do: 15m, 1h30m."""
    seconds, parts = int(value.total_seconds()), []
    for unit in ("d", "h", "m", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
