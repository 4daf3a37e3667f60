"""Parameters that several routes take."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query

BIGGEST = 2**62
ArticleId = Annotated[int, Path(ge=1, le=BIGGEST)]
IncidentId = Annotated[int, Path(ge=1, le=BIGGEST)]
SourceName = Annotated[str, Path(max_length=200, pattern=r"^[^\x00]+$")]
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


def aware(moment: datetime | None) -> datetime | None:
    """Read a time without a zone as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
