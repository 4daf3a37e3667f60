"""How much of the history of decisions a memory holds, so that it can go on from there instead of beginning anew."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Position:
    """The last verdict and the last correction that are remembered; `proof` tells this history from any other."""

    seq: int = 0
    change: int = 0
    proof: str = ""


START = Position()


def proof_of(article_id: int, found_at: datetime | None) -> str:
    """Return what only this database says of the article that has a certain number.

    A back-up that was restored, or another database, gives the same number to an article found at another moment.
    """
    return f"{article_id} {found_at.isoformat() if found_at else ''}"
