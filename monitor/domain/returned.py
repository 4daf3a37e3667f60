"""Labels that come back from another tool, and what bringing them in would change."""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.labels import Judgement


@dataclass(frozen=True)
class Returned:
    """One label from a file: of which article (by number, else by address), by whom, when."""

    judgement: Judgement
    labeller: str
    article_id: int | None = None
    url: str = ""
    at: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Parsed:
    """What a file held, and which parts of it could not be read."""

    labels: tuple[Returned, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """One label that would change something. `was` is the labeller's value before, None where there was none."""

    article_id: int
    labeller: str
    scheme: str
    question: str
    was: object
    becomes: object


@dataclass(frozen=True)
class Brought:
    """What an import did, or would do: new and changed labels, and how many were left alone, and why."""

    differences: tuple[Difference, ...] = ()
    same: int = 0
    older: int = 0  # the labeller has said something newer here
    problems: tuple[str, ...] = ()
    written: bool = False
