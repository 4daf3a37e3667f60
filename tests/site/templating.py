"""Fills the templates of lists and pages; dates are written as sites write them."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

SHANGHAI = ZoneInfo("Asia/Shanghai")


def rfc822(moment: datetime) -> str:
    """`Wed, 27 Mar 2024 16:42:00 +0800`, in the zone that the moment came with."""
    return format_datetime(moment)


def iso(moment: datetime) -> str:
    """`2024-03-27T16:42:00+08:00`."""
    return moment.replace(microsecond=0).isoformat()


def naive(moment: datetime, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Local time in China without saying so, as many Chinese lists have it."""
    return moment.astimezone(SHANGHAI).strftime(pattern)


def epoch(moment: datetime) -> str:
    """Seconds since 1970 as text."""
    return str(int(moment.timestamp()))


def month_day(moment: datetime, now: datetime) -> str:
    """`3月27日 16:42`; the year stands there only when it is not this one."""
    local = moment.astimezone(SHANGHAI)
    year = "" if local.year == now.astimezone(SHANGHAI).year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"


def spoken(moment: datetime) -> str:
    """`March 28, 2022 9:05 AM`, in the zone that the moment came with."""
    return f"{moment:%B} {moment.day}, {moment.year} {moment:%I:%M %p}"


def chinese(moment: datetime) -> str:
    """`2024年03月27日 16:42`."""
    return naive(moment, "%Y年%m月%d日 %H:%M")


def as_utc(moment: datetime) -> str:
    """`2024-03-27T08:42:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def render(template: str, **values: Any) -> str:
    """Fill a template; a missing value is an error."""
    return _ENVIRONMENT.get_template(template).render(**values)


def _embedded(value: Any) -> str:
    """JSON for a script element: no `</script>` can end it early."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
_ENVIRONMENT.filters.update(
    rfc822=rfc822,
    iso=iso,
    naive=naive,
    month_day=month_day,
    spoken=spoken,
    chinese=chinese,
    utc=as_utc,
    embedded=_embedded,
)
