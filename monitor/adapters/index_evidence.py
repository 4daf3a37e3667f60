"""What speaks for each of some incidents, worked out for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.adapters.index_features import FIGURE, NAME, QUOTE, SOUND
from monitor.adapters.index_probe import Probe
from monitor.adapters.index_rows import Array
from monitor.domain.model import Evidence

NEAREST = 3  # reports of an incident that are its few nearest
KEPT = 6  # incidents that are judged, the most promising ones
HALF = 2.0  # shared rarity that counts half


@dataclass(frozen=True)
class Compared:
    """A document against rows: one number a row for every measure."""

    words: Array
    title: Array
    meaning: Array | None
    keys: Array  # of the rows, those that the document has, else zero
    back: Array  # of the names in the rows, the share that the document has
    days: Array
    same_language: Array
    same_publisher: Array


@dataclass(frozen=True)
class Whole:
    """One number an incident, of incidents as wholes."""

    ids: Sequence[int]
    starts: Array  # where the rows of each begin
    sizes: Array  # length of the sum of its reports
    reports: Array
    places: Sequence[int]
    meaning: Array | None  # cosine to the mean of its reports
    linked: Array


@dataclass(frozen=True)
class _Shared:
    """The keys that a document shares with incidents: pairs of incident and key, each once."""

    at: Array
    keys: Array
    weights: Array
    titled: Array  # whether the key is a name in the document's title


def _shared(one: Probe, compared: Compared, of_row: Array) -> _Shared:
    rows, columns = np.nonzero(compared.keys)
    codes = np.unique((of_row[rows] << 32) | compared.keys[rows, columns].astype(np.int64))
    at, keys = codes >> 32, codes & 0xFFFFFFFF
    rarities = one.keys | one.sounds
    told = keys.tolist()
    weights = np.array([rarities.get(key, 0.0) for key in told])
    return _Shared(at, keys, weights, np.array([key in one.title_names for key in told], dtype=bool))


def _saturated(total: Array | float) -> Array:
    return np.asarray(total / (total + HALF))


def _few(values: Array, of_row: Array, starts: Array, lengths: Array) -> Array:
    """Return for every incident the mean of its three highest values."""
    order = np.lexsort((-values, of_row))
    high = np.arange(len(values)) - starts[of_row] < NEAREST
    sums = np.bincount(of_row[high], weights=values[order][high], minlength=len(starts))
    return np.asarray(sums / np.minimum(lengths, NEAREST))


def _own(one: Probe, kind: int) -> float:
    return sum(rare for key, rare in one.keys.items() if key & 3 == kind)


def _titled(one: Probe) -> float:
    return sum(rare for key, rare in one.keys.items() if key in one.title_names)


def _same_places(one: int, other: int) -> float:
    """Return how far the countries of a document are those of an incident: from -1 to 1, 0 where either has none."""
    return 2.0 * (one & other).bit_count() / one.bit_count() - 1.0 if one and other else 0.0


def evidence(one: Probe, compared: Compared, whole: Whole) -> tuple[Evidence, ...]:
    """Return what speaks for the most promising of some incidents, in the order in which they were named."""
    columns = _columns(one, compared, whole)
    hope = columns["words"] + columns["names"] + 10.0 * whole.linked
    hope = hope if whole.meaning is None else hope + columns["meaning"]
    kept = np.sort(np.argsort(-hope, kind="stable")[:KEPT]).tolist()
    told = {name: column.tolist() for name, column in columns.items()}
    written = _written(one, compared, whole, kept)
    return tuple(
        Evidence(
            whole.ids[at],
            places=_same_places(one.places, whole.places[at]),
            brief=one.brief,
            shared=written[at],
            **{name: column[at] for name, column in told.items()},
        )
        for at in kept
    )


def _columns(one: Probe, compared: Compared, whole: Whole) -> dict[str, Array]:
    starts = whole.starts
    lengths = np.diff(starts, append=len(compared.words))
    of_row = np.repeat(np.arange(len(starts)), lengths)
    joint = compared.words + compared.title + compared.back
    joint = joint if compared.meaning is None else joint + compared.meaning
    columns = {
        "joint": np.maximum.reduceat(joint, starts),
        "joint_few": _few(joint, of_row, starts, lengths),
        "back_few": _few(compared.back, of_row, starts, lengths),
        "words": np.maximum.reduceat(compared.words, starts),
        "title": np.maximum.reduceat(compared.title, starts),
        "centre": np.add.reduceat(compared.words, starts) / whole.sizes,
        "words_few": _few(compared.words, of_row, starts, lengths),
        "names_back": np.maximum.reduceat(compared.back, starts),
        "days": np.minimum.reduceat(compared.days, starts),
        "same_language": np.logical_or.reduceat(compared.same_language, starts),
        "same_publisher": np.logical_or.reduceat(compared.same_publisher, starts),
        "links": whole.linked,
        "reports": whole.reports,
    }
    if compared.meaning is not None and whole.meaning is not None:
        columns["meaning"] = np.maximum(0.0, np.maximum.reduceat(compared.meaning, starts))
        columns["meaning_centre"] = np.maximum(0.0, whole.meaning)
        columns["meaning_few"] = _few(compared.meaning, of_row, starts, lengths)
    return columns | _named(one, _shared(one, compared, of_row), len(starts))


def _named(one: Probe, shared: _Shared, count: int) -> dict[str, Array]:
    def of(which: Array) -> Array:
        return np.bincount(shared.at[which], weights=shared.weights[which], minlength=count)

    kinds = shared.keys & 3
    names, titled, own = of(kinds == NAME), of(shared.titled), _own(one, NAME)
    full = np.ones(count)
    return {
        "names": _saturated(names + of(kinds == SOUND)),
        "names_share": names / own if own else 0.0 * full,
        "names_title": titled / total if (total := _titled(one)) else 0.0 * full,
        "named": _saturated(own) * full,
        "numbers": _saturated(of(kinds == FIGURE)),
        "figured": _saturated(_own(one, FIGURE)) * full,
        "quotes": _saturated(of(kinds == QUOTE)),
    }


def _written(one: Probe, compared: Compared, whole: Whole, kept: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the shared names and figures of the incidents as they are written, the rarest first."""
    rarities = one.keys | one.sounds
    ends = [*whole.starts[1:].tolist(), len(compared.words)]
    found = {}
    for at in kept:
        cells = compared.keys[whole.starts[at] : ends[at]]
        keys = sorted(set(cells[cells > 0].tolist()), key=lambda key: (-rarities[key], key))
        found[at] = tuple(dict.fromkeys(one.written[key] for key in keys if key in one.written))
    return found
