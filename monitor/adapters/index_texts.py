"""What is remembered of every text beside its fingerprint: one row of numbers each, so that a million stay small."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from monitor.adapters.index_bands import Bands
from monitor.adapters.publishers import load_publishers
from monitor.domain.copies import Imprint
from monitor.domain.errors import Permanent
from monitor.domain.folding import bare
from monitor.domain.model import State
from monitor.domain.urls import url_key

STATES = tuple(State)
NONE = -1
FIRST = 1024
GROWTH = 8  # an eighth more when the table is full

TEXT = np.dtype(
    [
        ("article", "i8"),
        ("original", "u4"),  # the row of the text that it copies, or its own
        ("head", "u4"),  # of an original: the row of the earliest publication among its copies
        ("published", "f8"),  # seconds, nan: unknown
        ("found", "f8"),
        ("incident", "i8"),
        ("content", "i8"),
        ("title", "u8"),
        ("publisher", "u8"),
        ("names", "u8"),  # the publisher that it names as its source
        ("place", "u8"),  # of its fingerprint
        ("size", "u4"),
        ("state", "u1"),
    ]
)


class Texts:
    """The rows, found again by the article's number and by its address."""

    def __init__(self) -> None:
        self.rows: NDArray[Any] = np.zeros(FIRST, TEXT)
        self._count = 0
        self._ids, self._addresses = Bands(), Bands()
        self._orphans: dict[int, int] = {}  # copies whose originals are not known yet: row → article

    def __len__(self) -> int:
        return self._count

    @property
    def known(self) -> NDArray[Any]:
        """Every row that is there."""
        return self.rows[: self._count]

    def of(self, article_id: int) -> int | None:
        """Return the row of an article."""
        return self._ids.first(article_id)

    def incident_at(self, url: str) -> int | None:
        """Return the incident that the article of an address was put into."""
        row = self._addresses.first(address(url))
        found = NONE if row is None else int(self.rows[row]["incident"])
        return None if found == NONE else found

    def append(self, imprint: Imprint, place: int, size: int) -> int:
        """Add a text and return its row; until it is told otherwise, it is its own original."""
        row = self._count
        if row == len(self.rows):
            self.rows = np.concatenate((self.rows, np.zeros(FIRST + row // GROWTH, TEXT)))
        self.rows[row] = (
            imprint.article_id,
            row,
            row,
            imprint.published_at.timestamp() if imprint.published_at else np.nan,
            imprint.found_at.timestamp() if imprint.found_at else np.inf,
            NONE if imprint.incident_id is None else imprint.incident_id,
            content(imprint.content_hash),
            word(imprint.title),
            name(imprint.publisher),
            name(imprint.source_named),
            place,
            size,
            STATES.index(imprint.state),
        )
        self._count += 1
        self._ids.learn(row, [imprint.article_id])
        if imprint.url:
            self._addresses.learn(row, [identity(imprint.url, imprint.url_key)])
        return row

    def stands(self, row: int, imprint: Imprint) -> None:
        """Write how a text stands now: its state, its incident, whose copy it is."""
        self.rows[row]["state"] = STATES.index(imprint.state)
        self.rows[row]["incident"] = NONE if imprint.incident_id is None else imprint.incident_id
        self.rows[row]["original"] = row
        self._orphans.pop(row, None)
        if imprint.copy_of is not None:
            self._orphans[row] = imprint.copy_of

    def merge(self, kept: int, gone: int) -> None:
        """Give the texts of one incident to another."""
        self.known["incident"][self.known["incident"] == gone] = kept

    def join(self) -> None:
        """Lead copies to their originals, in whatever order the two came; those of unknown ones stay their own."""
        for row, article in list(self._orphans.items()):
            if (original := self.of(article)) is not None:
                self.rows[row]["original"] = original
                del self._orphans[row]

    # ---------------------------------------------------------------- on the shelf

    def parts(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays for the shelf; the ways to a row are found again without it."""
        orphans = np.array(list(self._orphans.items()), np.int64).reshape(-1, 2)
        addresses = {f"address-{one}": array for one, array in self._addresses.parts().items()}
        return {"texts": self.known, "orphans": orphans} | addresses

    @property
    def shelved(self) -> set[str]:
        """The names of the arrays that are on the shelf as they are here."""
        return {f"address-{one}" for one in self._addresses.shelved}

    def settle(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on with the arrays that are on the shelf now."""
        prefix = "address-"
        self._addresses.settle(
            {one.removeprefix(prefix): array for one, array in arrays.items() if one.startswith(prefix)}
        )

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Begin with what the shelf holds."""
        self.rows = np.array(arrays["texts"])
        self._count = len(self.rows)
        self._orphans = dict(arrays["orphans"].tolist())
        self._number()
        self.settle(arrays)

    def renumber(self, places: NDArray[np.int64]) -> None:
        """Keep the rows that `places` gives a new number, in their order, and forget the others."""
        kept = self.known[places >= 0]
        for column in ("original", "head"):
            moved, own = places[kept[column]], np.arange(len(kept))
            kept[column] = np.where(moved >= 0, moved, own)
        self.rows, self._count = kept, len(kept)
        self._orphans = {
            int(places[row]): article for row, article in self._orphans.items() if places[row] >= 0
        }
        self._addresses.renumber(places)
        self._number()

    def _number(self) -> None:
        self._ids = Bands()
        self._ids.fill(self.known["article"].astype(np.int64), np.arange(self._count, dtype=np.uint32))


def content(content_hash: str) -> int:
    """Return a content hash as a signed number."""
    return int(xxhash.xxh64_intdigest(content_hash.encode())) - (1 << 63)


def identity(url: str, url_key: str) -> int:
    """Return the identity of an article's address, which may be known by its key."""
    return content(url_key) if url_key else address(url)


@lru_cache(maxsize=512)  # of the links of a document
def address(url: str) -> int:
    """Return the identity of an address as a signed number; what is none has itself."""
    try:
        return content(url_key(url))
    except Permanent:
        return content(url)


def word(text: str) -> int:
    """Return a number for a title or a name, by its letters alone; 0 for none."""
    said = bare(text)
    return xxhash.xxh64_intdigest(said.encode("utf-8", "replace")) if said else 0


@lru_cache(maxsize=4096)
def name(text: str) -> int:
    """Return a publisher's number, whatever name it goes by; there are few of them."""
    known = load_publishers().of_name(text) if text else None
    return word(known.name if known else text)


def moment(seconds: float) -> datetime | None:
    """Return a time as it was before it became a number."""
    return None if np.isnan(seconds) else datetime.fromtimestamp(float(seconds), UTC)
