"""Every form in which a publisher was seen to write a date."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.dates import parse_date

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SHANGHAI, TOKYO, LONDON = "Asia/Shanghai", "Asia/Tokyo", "Europe/London"


def read(raw, timezone="UTC", pattern="auto", now=NOW):
    moment = parse_date(raw, timezone=timezone, now=now, pattern=pattern)
    assert moment is None or moment.tzinfo is UTC
    return moment and f"{moment:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("raw", "timezone", "expected"),
    [
        # the source's zone where none is stated
        ("2026-09-24 12:00:33", SHANGHAI, "2026-09-24 04:00:33"),
        ("Thu, 24 Sep 2026 12:00:33", SHANGHAI, "2026-09-24 04:00:33"),
        ("2026/9/4 8:05", SHANGHAI, "2026-09-04 00:05:00"),
        ("2026.09.24", SHANGHAI, "2026-09-23 16:00:00"),
        ("20260924", SHANGHAI, "2026-09-23 16:00:00"),
        ("20260924120033", SHANGHAI, "2026-09-24 04:00:33"),
        ("2026-07-01 12:00", "America/New_York", "2026-07-01 16:00:00"),
        ("2026-01-01 12:00", "America/New_York", "2026-01-01 17:00:00"),
        ("2026-09-24 12:00", "No/Such_Zone", "2026-09-24 12:00:00"),
        # a stated zone wins
        ("2026-09-24T12:00:33Z", SHANGHAI, "2026-09-24 12:00:33"),
        ("2026-09-24T12:00:33.123456789+0900", SHANGHAI, "2026-09-24 03:00:33"),
        ("20260924T120033Z", SHANGHAI, "2026-09-24 12:00:33"),
        ("2026-09-24T12:00:33+08", "UTC", "2026-09-24 04:00:33"),
        ("2026-09-24 12:00:33 -05:30", "UTC", "2026-09-24 17:30:33"),
        ("2026-09-24 12:00 GMT+8", "UTC", "2026-09-24 04:00:00"),
        ("2026-09-24 12:00 北京时间", "UTC", "2026-09-24 04:00:00"),
        ("Thu, 24 Sep 2026 12:00:33 +0000", SHANGHAI, "2026-09-24 12:00:33"),
        ("Thu, 24 Sep 26 12:00 EDT", "UTC", "2026-09-24 16:00:00"),
        ("Thu Sep 24 2026 12:00:33 GMT+0800 (CST)", "UTC", "2026-09-24 04:00:33"),
        ("September 24, 2026 at 3:05 p.m. ET", "UTC", "2026-09-24 19:05:00"),
        # names with several meanings
        ("Thu, 24 Sep 2026 12:00:33 CST", SHANGHAI, "2026-09-24 04:00:33"),
        ("Thu, 24 Sep 2026 12:00:33 CST", "Asia/Taipei", "2026-09-24 04:00:33"),
        ("Thu, 24 Sep 2026 12:00:33 CST", "Asia/Hong_Kong", "2026-09-24 04:00:33"),
        ("Thu, 24 Sep 2026 12:00:33 CST", "America/New_York", "2026-09-24 18:00:33"),
        ("Thu, 24 Sep 2026 12:00:33 CST", "UTC", "2026-09-24 18:00:33"),
        ("Thu, 24 Sep 2026 12:00:33 BST", LONDON, "2026-09-24 11:00:33"),
        ("Thu, 24 Sep 2026 12:00:33 IST", "Asia/Kolkata", "2026-09-24 06:30:33"),
        ("Thu, 24 Sep 2026 12:00:33 IST", "Asia/Jerusalem", "2026-09-24 10:00:33"),
        # numbers
        ("1790229633", SHANGHAI, "2026-09-24 06:00:33"),
        ("1790229633000", SHANGHAI, "2026-09-24 06:00:33"),
        ("1790229633000000", SHANGHAI, "2026-09-24 06:00:33"),
        ("/Date(1790229633000+0800)/", SHANGHAI, "2026-09-24 06:00:33"),
        # Chinese, Japanese, Korean
        ("2026年09月24日 12:00", SHANGHAI, "2026-09-24 04:00:00"),
        ("2026年9月24日下午3时05分", SHANGHAI, "2026-09-24 07:05:00"),
        ("２０２６年９月２４日　１２：００", SHANGHAI, "2026-09-24 04:00:00"),
        ("发布时间：2026-09-24 12:00 来源：新华网", SHANGHAI, "2026-09-24 04:00:00"),
        ("2026年9月24日 上午12:30", SHANGHAI, "2026-09-23 16:30:00"),
        ("令和8年9月24日 12:00", TOKYO, "2026-09-24 03:00:00"),
        ("民國115年9月24日", "Asia/Taipei", "2026-09-23 16:00:00"),
        ("2026. 9. 24. 오후 3:05", "Asia/Seoul", "2026-09-24 06:05:00"),
        # no year: the newest that is not in the future
        ("09月24日 12:00", SHANGHAI, "2026-09-24 04:00:00"),
        ("12月24日 12:00", SHANGHAI, "2025-12-24 04:00:00"),
        ("9月24日", SHANGHAI, "2026-09-23 16:00:00"),
        ("09-24 12:00", SHANGHAI, "2026-09-24 04:00:00"),
        ("02月29日 08:00", SHANGHAI, "2024-02-29 00:00:00"),
        ("Sep 24", "UTC", "2026-09-24 00:00:00"),
        ("24 Sep, 12:00", "UTC", "2026-09-24 12:00:00"),
        # Western
        ("24/09/2026 12:00", "Europe/Paris", "2026-09-24 10:00:00"),
        ("Sep 24, 2026 12:00 PM", "UTC", "2026-09-24 12:00:00"),
        ("Sep 24, 2026 12:00 AM", "UTC", "2026-09-24 00:00:00"),
        ("24th September 2026", "UTC", "2026-09-24 00:00:00"),
        ("24. September 2026, 12:30 Uhr", "Europe/Berlin", "2026-09-24 10:30:00"),
        ("24 de septiembre de 2026", "UTC", "2026-09-24 00:00:00"),
        ("24 août 2026 à 12h30", "Europe/Paris", "2026-08-24 10:30:00"),
        ("24 сентября 2026, 12:30", "Europe/Moscow", "2026-09-24 09:30:00"),
        ("12:00, 24/09/2026", "UTC", "2026-09-24 12:00:00"),
        ("24-Sep-95", "UTC", "1995-09-24 00:00:00"),
        # both orders are days: the source's part of the world decides; one order only: that
        ("09/10/2026", "Europe/Paris", "2026-10-08 22:00:00"),
        ("09/10/2026", "America/New_York", "2026-09-10 04:00:00"),
        ("09/24/2026 12:00:00", SHANGHAI, "2026-09-24 04:00:00"),
        ("12/11/2026", "America/New_York", "2026-11-12 05:00:00"),  # 11 December is not yet
        # relative
        ("1小时前", SHANGHAI, "2026-11-22 07:00:00"),
        ("半小时前", SHANGHAI, "2026-11-22 07:30:00"),
        ("5分鐘前", "Asia/Taipei", "2026-11-22 07:55:00"),
        ("两天前", SHANGHAI, "2026-11-20 08:00:00"),
        ("2个月前发布", SHANGHAI, "2026-09-23 08:00:00"),
        ("1時間前", TOKYO, "2026-11-22 07:00:00"),
        ("3시간 전", "Asia/Seoul", "2026-11-22 05:00:00"),
        ("3 hours ago", "UTC", "2026-11-22 05:00:00"),
        ("an hour ago", "UTC", "2026-11-22 07:00:00"),
        ("2h ago", "UTC", "2026-11-22 06:00:00"),
        ("vor 3 Stunden", "UTC", "2026-11-22 05:00:00"),
        ("hace 2 días", "UTC", "2026-11-20 08:00:00"),
        ("il y a 3 heures", "UTC", "2026-11-22 05:00:00"),
        ("3 часа назад", "UTC", "2026-11-22 05:00:00"),
        ("3 giờ trước", "UTC", "2026-11-22 05:00:00"),
        ("刚刚", SHANGHAI, "2026-11-22 08:00:00"),
        ("昨天 12:00", SHANGHAI, "2026-11-21 04:00:00"),
        ("今天 09:00", SHANGHAI, "2026-11-22 01:00:00"),
        ("Yesterday", "UTC", "2026-11-21 00:00:00"),
        ("15:30", SHANGHAI, "2026-11-22 07:30:00"),
        ("23:30", SHANGHAI, "2026-11-21 15:30:00"),  # not yet today: yesterday
        # a wrong time of day does not spoil the day
        ("Mon, 31 Aug 2026 24:00:00 GMT", "UTC", "2026-08-31 00:00:00"),
        ("2026-09-24 阅读 5 点赞", SHANGHAI, "2026-09-23 16:00:00"),
        ("2026-09-24 12:00 Art Basel", "UTC", "2026-09-24 12:00:00"),
    ],
)
def test_forms(raw, timezone, expected):
    assert read(raw, timezone) == expected


@pytest.mark.parametrize(
    "raw",
    ["", " ", "none", "1790-01-01", "2100-01-01", "Thu, 24 Sep 2100 12:00 GMT", "0", "2026-13-40", "99/99/2026", "2026-09",
     "4102444800", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "31 Foo 2026", "25:99", "9" * 300],
)  # fmt: skip
def test_no_plausible_date_is_none(raw):
    assert read(raw, SHANGHAI) is None


def test_the_window_ends_a_day_after_now():
    assert read("2026-11-23T07:59:00Z") == "2026-11-23 07:59:00"
    assert read("2026-11-23T08:01:00Z") is None


def test_a_yearless_date_at_new_year():
    now = datetime(2027, 1, 1, 1, 0, tzinfo=UTC)
    assert read("12月31日 23:00", SHANGHAI, now=now) == "2026-12-31 15:00:00"
    assert read("01月01日 08:30", SHANGHAI, now=now) == "2027-01-01 00:30:00"


@pytest.mark.parametrize(
    ("raw", "pattern", "expected"),
    [
        ("1790229633.5", "epoch", "2026-09-24 06:00:33"),
        ("1790229633500", "epoch_ms", "2026-09-24 06:00:33"),
        ("24.09.2026 12:00", "%d.%m.%Y %H:%M", "2026-09-24 04:00:00"),
        ("02/29 10:00", "%m/%d %H:%M", "2024-02-29 02:00:00"),
        ("2026-09-24 12:00 +0000", "%Y-%m-%d %H:%M %z", "2026-09-24 12:00:00"),
        ("24.09.2026", "%Y", None),
        ("nan", "epoch", None),
        ("inf", "epoch_ms", None),
    ],
)
def test_a_pattern_of_the_source(raw, pattern, expected):
    assert read(raw, SHANGHAI, pattern) == expected


def test_daylight_saving_follows_the_zone():
    summer = parse_date("2026-07-01 12:00 BST", timezone=LONDON, now=NOW)
    assert summer == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert parse_date("2026-01-05 12:00", timezone=LONDON, now=NOW) - summer == -timedelta(
        days=177
    ) + timedelta(hours=1)
