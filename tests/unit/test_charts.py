"""Timelines: every report stands in a column, whatever its date."""

import pytest

from monitor.web.charts import MOST_COLUMNS, spread


def test_days_without_a_report_are_filled() -> None:
    days = spread([("2026-03-01", {"queued": 2}), ("2026-03-03", {"copy": 1})])
    assert [day for day, counts in days if counts] == ["2026-03-01", "2026-03-03"]
    assert (days[0][0], days[-1][0], len(days)) == ("2026-02-27", "2026-03-20", 22)


@pytest.mark.parametrize(
    ("first", "last"),
    [("0001-01-01", "9999-12-31"), ("0001-01-01", "0001-01-02"), ("9999-12-31", "9999-12-31")],
)
def test_days_at_the_ends_of_time_have_a_column(first: str, last: str) -> None:
    days = spread([(first, {"queued": 1}), (last, {"queued": 1, "copy": 2})][first == last :])
    assert len(days) <= MOST_COLUMNS + 1
    assert sum(sum(counts.values()) for _, counts in days) == (3 if first == last else 4)


def test_a_long_silence_stays_short() -> None:
    days = spread([("2020-01-01", {"queued": 1}), ("2020-01-02", {"queued": 1}), ("2026-01-01", {"copy": 1})])
    assert len(days) <= MOST_COLUMNS + 1
    assert [counts for _, counts in days if counts] == [{"queued": 2}, {"copy": 1}]
