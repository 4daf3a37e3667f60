"""Documents as they are compared: words weighed by their rarity, names, a vector; worked out for many at once."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from monitor.adapters.index_features import SOUND, Features
from monitor.adapters.index_numbers import Rarity
from monitor.adapters.index_rows import Array, parted

TERMS = 64  # words that are kept of a report, the weightiest
KEYS = 40  # names, figures and quotes
SOUNDS = 48
KINDS, TITLED = 5, 4  # columns of rarities by kind, see Names; the last one
EVERY_KIND = np.arange(KINDS)


class Names(NamedTuple):
    """Names, figures, quotes and sounds, the rarest first of the keys and then of the sounds."""

    hashes: Array
    numbers: Array  # zero for those that no report has
    rarities: Array
    kinds: Array  # what each is: a name, a figure, a quote or a sound
    by_kind: Array  # the rarities in columns: of sounds, names, figures, quotes, and of names in the title
    places: Array  # of each, among those that it was chosen from
    rarest: Array  # the places of all in these columns, the rarest first
    keys: int  # how many of them are no sounds
    whole: list[float]  # the sums of the columns by kind
    written: tuple[str, ...] = ()  # how each is written; none for incidents


PLACES = Names._fields.index("places")


class Probe(NamedTuple):
    """A document as it is compared: words with weights of unit length, names with rarities, vector, time in days."""

    hashes: Array
    numbers: Array  # of the words, zero for those that no report has
    weights: Array
    title_weights: Array  # of the same words
    names: Names
    places: int
    vector: Array | None
    day: float
    language: int
    publisher: int
    brief: bool = False


class About(NamedTuple):
    """What is compared of a document beside its features."""

    vector: Array | None
    day: float
    language: int
    publisher: int


def unit(weights: Array) -> Array:
    """Return the weights scaled to length 1; unchanged where all are zero."""
    size = float(np.sqrt(weights @ weights))
    return weights / np.float32(size) if size else weights


def probes(features: Sequence[Features], about: Sequence[About], rarity: Rarity) -> list[Probe]:
    """Return documents as they are compared, their words weighed by what was learned so far."""
    terms = np.concatenate([one.terms for one in features])
    named = np.concatenate([part for one in features for part in (one.keys, one.sounds)])
    numbers = rarity.numbers.of(np.concatenate((terms, named)))
    rare, words = rarity.of(numbers), len(terms)
    weighed = _weighed(features, terms, numbers[:words], rare[:words])
    named_as = _names(features, named, numbers[words:], rare[words:])
    return [
        Probe(hashes, own, weights, titles, names, one.places, *known, one.brief)
        for (hashes, own, weights, titles), names, one, known in zip(
            weighed, named_as, features, about, strict=True
        )
    ]


def _weighed(
    features: Sequence[Features], hashes: Array, numbers: Array, rare: Array
) -> Iterator[list[Array]]:
    """Return for each document the weightiest of its words: hashes, numbers, weights, weights in the title."""
    lengths = np.array([len(one.terms) for one in features])
    of = np.arange(len(features)).repeat(lengths)
    weights = np.concatenate([one.weights for one in features]) * rare
    titles = np.concatenate([one.titles for one in features]) * rare
    kept = _first((-weights, of), lengths, np.full(len(lengths), TERMS))
    of = of.take(kept)
    units = (_units(one.take(kept), of, len(features)) for one in (weights, titles))
    return parted((hashes.take(kept), numbers.take(kept), *units), np.minimum(lengths, TERMS))


def _first(keys: tuple[Array, ...], lengths: Array, most: Array) -> Array:
    """Return the places of the first few of each group, as some keys order them; the last key is the group."""
    order = np.lexsort(keys)
    ranks = np.arange(len(order)) - (lengths.cumsum() - lengths).repeat(lengths)
    return np.asarray(order[ranks < most.repeat(lengths)])


def _units(weights: Array, of: Array, count: int) -> Array:
    """Return weights scaled to length 1 for each of so many documents; unchanged where all are zero."""
    sizes = np.sqrt(np.bincount(of, weights * weights, count)).astype(np.float32)
    sizes[sizes == 0.0] = 1.0
    return np.asarray(weights / sizes.take(of))


def _names(features: Sequence[Features], hashes: Array, numbers: Array, rare: Array) -> Iterator[Names]:
    """Return for each document the rarest of its names, figures and quotes, and of the sounds."""
    lengths = np.array([(len(one.keys), len(one.sounds)) for one in features])
    titled = [part for one in features for part in (one.titled, np.zeros(len(one.sounds), dtype=np.bool_))]
    named = hashes, numbers, rare, np.concatenate(titled)
    return _rarest(named, lengths, np.array((KEYS, SOUNDS)), [one.written for one in features])


def names_of(numbers: Sequence[Array], rarity: Rarity) -> Iterator[Names]:
    """Return for each of some incidents the rarest of the names and sounds of its reports."""
    every, sizes = np.concatenate(numbers), [len(own) for own in numbers]
    heard = rarity.hashes.rows.take(every) & np.uint32(3) == SOUND
    of = np.arange(len(sizes)).repeat(sizes)
    every = every.take((2 * of + heard).argsort(kind="stable"))
    sounds = np.bincount(of, heard, len(sizes)).astype(np.intp)
    lengths, most = np.array((sizes - sounds, sounds)).T, np.array((2 * KEYS, 2 * SOUNDS))
    untitled = np.zeros(len(every), dtype=np.bool_)
    named = rarity.hashes.rows.take(every), every, rarity.of(every), untitled
    return _rarest(named, lengths, most, [()] * len(sizes))


def _rarest(
    named: tuple[Array, ...], lengths: Array, most: Array, written: Sequence[Sequence[str]]
) -> Iterator[Names]:
    """Return for each document the rarest of its keys and of its sounds, of which it has so many and keeps at most so many.

    Of all of them the hashes, numbers, rarities, which are names in the title, and how they are written, if at all.
    """
    hashes, numbers, rare, titled = named
    sizes, count = lengths.sum(axis=1), len(lengths)
    held = np.minimum(lengths, most)
    groups = np.arange(2 * count).repeat(lengths.ravel())
    kept = _first((hashes, -rare, groups), lengths.ravel(), held.ravel())
    of = groups.take(kept) >> 1
    starts = sizes.cumsum() - sizes
    hashes, numbers, rare = hashes.take(kept), numbers.take(kept), rare.take(kept).astype(np.float64)
    kinds, by_kind = hashes & np.uint32(3), np.zeros((len(kept), KINDS))
    by_kind[np.arange(len(kept)), kinds] = rare
    by_kind[:, TITLED] = titled.take(kept) * rare
    cells = KINDS * of[:, None] + EVERY_KIND
    whole = np.bincount(cells.ravel(), by_kind.ravel(), KINDS * count).reshape(count, KINDS).tolist()
    lengths = held.sum(axis=1)
    ranked = np.lexsort((hashes, -rare, of)) - (lengths.cumsum() - lengths).take(of)
    columns = hashes, numbers, rare, kinds, by_kind, kept - starts.take(of), ranked
    parts = zip(parted(columns, lengths), held[:, 0].tolist(), whole, written, strict=True)
    for own, keys, total, every in parts:
        told = tuple([every[at] for at in own[PLACES].tolist()]) if every else ()
        yield Names(*own, keys, total, told)  # type: ignore[call-arg, arg-type]
