"""What must hold for every string that somebody calls a date."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.dates import EARLIEST, FUTURE, parse_date

ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
SCRAPS = st.sampled_from(
    ["2026", "-", "/", ".", "09", "24", " ", "T", ":", "12", "Z", "+08:00", "年", "月", "日", "时", "前", "ago", "3", "hours",
     "Sep", "CST", "下午", "pm", "昨天", "半", "个", "令和", "٣", "vor", "9" * 12, "Date(", "\ud800", "GMT+8", "元"],
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(SCRAPS, max_size=12).map("".join))
EPOCH = datetime(1991, 1, 1, tzinfo=UTC).replace(tzinfo=None)
MOMENTS = st.integers(0, 39 * 365 * 86400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
PATTERNS = st.sampled_from(["auto", "epoch", "epoch_ms", "%Y-%m-%d", "%d %b %H:%M", "%m-%d"])


@given(TEXTS, st.sampled_from(ZONES), MOMENTS, PATTERNS)
def test_any_text_gives_a_plausible_moment_or_none(raw, zone, now, pattern):
    now = now.replace(tzinfo=UTC)
    moment = parse_date(raw, timezone=zone, now=now, pattern=pattern)
    assert moment is None or (moment.tzinfo is UTC and EARLIEST <= moment <= now + FUTURE)


@given(MOMENTS, st.sampled_from(ZONES), st.integers(-12 * 4, 14 * 4))
def test_a_stated_offset_is_obeyed_in_every_form(naive, zone, quarters):
    offset = timedelta(minutes=15 * quarters)
    moment = naive.replace(tzinfo=UTC)
    local = (moment + offset).replace(tzinfo=None)
    sign, minutes = ("-" if quarters < 0 else "+"), abs(quarters) * 15
    stated = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    for raw in (
        f"{local:%Y-%m-%dT%H:%M:%S}{stated}",
        f"{local:%Y/%m/%d %H:%M:%S} {stated}",
        f"{local:%a, %d %b %Y %H:%M:%S} {stated}",
    ):
        assert parse_date(raw, timezone=zone, now=datetime(2031, 1, 1, tzinfo=UTC)) == moment


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_time_without_a_zone_is_the_sources_own(naive, zone):
    now = datetime(2031, 1, 1, tzinfo=UTC)
    expected = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for raw in (f"{naive:%Y-%m-%d %H:%M:%S}", f"{naive:%Y年%m月%d日 %H:%M:%S}", format_datetime(naive)[:-6]):
        assert parse_date(raw, timezone=zone, now=now) == expected


@given(MOMENTS, MOMENTS)
def test_a_yearless_date_is_within_the_last_year(written, now):
    now = now.replace(tzinfo=UTC)
    moment = parse_date(f"{written:%m月%d日 %H:%M}", timezone="UTC", now=now)
    oldest = now - timedelta(days=366 * (8 if (written.month, written.day) == (2, 29) else 1))
    assert moment is None or oldest <= moment <= now + timedelta(hours=1)
