"""Parameters that several routes take."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC, without a zone read as such; one that is none there is the asker's mistake."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC it is before year 1 or after 9999") from error


BIGGEST = 2**62
Moment = Annotated[datetime, AfterValidator(in_utc)]
ArticleId = Annotated[int, Path(ge=1, le=BIGGEST)]
IncidentId = Annotated[int, Path(ge=1, le=BIGGEST)]
SourceName = Annotated[str, Path(max_length=200, pattern=r"^[^\x00]+$")]
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
