"""What speaks for each of some incidents, worked out for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.adapters.index_probe import Names, Probe
from monitor.adapters.index_reports import Compared
from monitor.adapters.index_rows import Array
from monitor.domain.model import Evidence

NEAREST = 3  # reports of an incident that are its few nearest
KEPT = 6  # incidents that are judged, the most promising ones
HALF = 2.0  # shared rarity that counts half


@dataclass(frozen=True)
class Layout:
    """Where the rows of each incident are among all compared rows."""

    starts: Array
    lengths: Array

    def of_rows(self) -> Array:
        """Return for each row the place of its incident."""
        return np.repeat(np.arange(len(self.starts)), self.lengths)


@dataclass(frozen=True)
class Whole:
    """One number an incident, of those incidents as wholes that are judged."""

    at: Array  # their places among the compared ones
    ids: Sequence[int]
    linked: Array
    sizes: Array  # length of the sum of its reports
    reports: Sequence[int]
    places: Sequence[int]
    meaning: Array | None  # cosine to the mean of its reports


def _saturated(total: Array | float) -> Array:
    return np.asarray(total / (total + HALF))


def _same_places(one: int, other: int) -> float:
    """Return how far the countries of a document are those of an incident: from -1 to 1, 0 where either has none."""
    return 2.0 * (one & other).bit_count() / one.bit_count() - 1.0 if one and other else 0.0


@dataclass(frozen=True)
class Shared:
    """Which names of a document incidents share, and what they weigh together by kind."""

    has: Array  # incident × name
    names: Array
    sounds: Array
    titled: Array
    figures: Array
    quotes: Array

    @classmethod
    def of(cls, names: Names, compared: Compared, layout: Layout) -> "Shared":
        """Sum up the names that the rows of each incident share."""
        at, which = compared.shared
        has = np.zeros((len(layout.starts), len(names.hashes)))
        has[layout.of_rows()[at], which] = 1.0
        return cls(has, *(has @ names.by_kind).T)


def promising(compared: Compared, shared: Shared, layout: Layout, linked: Array) -> Array:
    """Return the places of the most promising of some incidents, in the order in which they were named."""
    hope = np.maximum.reduceat(compared.words, layout.starts)
    hope = hope + _saturated(shared.names + shared.sounds) + 10.0 * linked
    if compared.meaning is not None:
        hope += np.maximum(0.0, np.maximum.reduceat(compared.meaning, layout.starts))
    return np.sort(np.argsort(-hope, kind="stable")[:KEPT])


def evidence(
    one: Probe, compared: Compared, shared: Shared, layout: Layout, whole: Whole
) -> tuple[Evidence, ...]:
    """Return what speaks for those of the compared incidents that are judged."""
    columns = {**_columns(compared, layout, whole), **_named(one.names, shared, whole.at)}
    told = {name: column.tolist() for name, column in columns.items()}
    written = _written(one.names, shared.has[whole.at])
    return tuple(
        Evidence(
            incident_id,
            links=links,
            places=_same_places(one.places, whole.places[at]),
            reports=whole.reports[at],
            brief=one.brief,
            shared=written[at],
            **{name: column[at] for name, column in told.items()},
        )
        for at, (incident_id, links) in enumerate(zip(whole.ids, whole.linked.tolist(), strict=True))
    )


def _columns(compared: Compared, layout: Layout, whole: Whole) -> dict[str, Array]:
    lengths = layout.lengths[whole.at][:, None]
    places = np.arange(int(lengths.max()))
    there = places < lengths
    rows = np.where(there, layout.starts[whole.at][:, None] + places, 0)
    measured = [compared.words, compared.title, compared.back]
    joint = compared.words + compared.title + compared.back
    if compared.meaning is not None:
        measured.append(compared.meaning)
        joint = joint + compared.meaning
    cells = np.where(there, np.stack([*measured, joint])[:, rows], -np.inf)
    high, few = cells.max(axis=2), _few(cells, lengths)
    columns = {
        "words": high[0],
        "title": high[1],
        "names_back": high[2],
        "joint": high[-1],
        "words_few": few[0],
        "back_few": few[2],
        "joint_few": few[-1],
        "centre": np.where(there, cells[0], 0.0).sum(axis=1) / whole.sizes,
        "days": np.where(there, compared.days[rows], np.inf).min(axis=1),
        "same_language": (there & compared.same_language[rows]).any(axis=1),
        "same_publisher": (there & compared.same_publisher[rows]).any(axis=1),
    }
    if compared.meaning is not None and whole.meaning is not None:
        columns["meaning"] = np.maximum(0.0, high[3])
        columns["meaning_centre"] = np.maximum(0.0, whole.meaning)
        columns["meaning_few"] = few[3]
    return columns


def _few(cells: Array, lengths: Array) -> Array:
    """Return the means of the three highest values; missing ones are below all."""
    highest = np.sort(cells, axis=2)[:, :, ::-1][:, :, :NEAREST]
    return np.asarray(
        np.where(np.isinf(highest), 0.0, highest).sum(axis=2) / np.minimum(lengths[:, 0], NEAREST)
    )


def _named(names: Names, shared: Shared, kept: Array) -> dict[str, Array]:
    named, in_title, figured = names.by_kind.sum(axis=0)[[0, 2, 3]].tolist()
    of_names, full = shared.names[kept], np.ones(len(kept))
    return {
        "names": _saturated(of_names + shared.sounds[kept]),
        "names_share": of_names / named if named else 0.0 * full,
        "names_title": shared.titled[kept] / in_title if in_title else 0.0 * full,
        "named": _saturated(named) * full,
        "numbers": _saturated(shared.figures[kept]),
        "figured": _saturated(figured) * full,
        "quotes": _saturated(shared.quotes[kept]),
    }


def _written(names: Names, has: Array) -> list[tuple[str, ...]]:
    """Return the shared names and figures of incidents as they are written, the rarest first."""
    if not names.written:
        return [()] * len(has)
    order = np.lexsort((names.hashes, -names.rarities))
    written = [names.written[at] for at in order.tolist()]
    held = (has[:, order] > 0).tolist()
    return [
        tuple(dict.fromkeys([name for name, there in zip(written, row, strict=True) if there]))
        for row in held
    ]
