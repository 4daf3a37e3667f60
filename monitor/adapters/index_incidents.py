"""The incidents in memory, as columns with a slot for each, and the ways back to them from words and from meaning."""

from collections.abc import Sequence
from math import inf

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_cells import Cells
from monitor.adapters.index_numbers import Rarity
from monitor.adapters.index_postings import Postings
from monitor.adapters.index_probe import TERMS, Names, Probe, names_of, unit
from monitor.adapters.index_reports import Report, Reports
from monitor.adapters.index_rows import Array, Column
from monitor.adapters.index_vectors import Quantised

REPORTS = 24  # of an incident that are compared: the first ones and the latest
EVERY = np.arange(REPORTS)  # the places of all of them
FOUNDING = 8  # reports that stay for good
PROBED = 32  # weightiest words by which earlier reports are looked up
CANDIDATES = 24  # incidents that are compared: half of them found by words, half by meaning, or all by words
OUTDATED = 4  # one report in so many is in no incident any more: they are forgotten together
STEPS = np.float32(
    1 << 15
)  # of a dimension from 0 to 1, in sums: whole numbers add up to the same in any order
NOWHERE = 0  # the identity, and the slot, of no incident: where reports are that no longer belong to one


class Incidents:
    """The incidents and their reports, found again by rare words, names, meaning and links."""

    def __init__(self) -> None:
        self.rarity = Rarity()
        self.reports = Reports()
        self.postings = Postings()
        self.ids = Column(1, np.int64)
        self.became = Column(1, np.uint32)  # the slot under which it goes on after merges, else its own
        self.members = Column(REPORTS, np.uint32)  # rows of the reports that are compared
        self.held = Column(1, np.uint8)  # how many of them there are
        self.counts = Column(1, np.uint32)  # how many reports there were
        self.spans = Column(2, np.float64)  # days of the first and the last report
        self.sizes = Column(1, np.float64)  # length of the sum of the reports
        self.places = Column(2, np.uint64)
        self.centres = Quantised(DIMENSIONS)
        self.cells = Cells(self.centres)
        self.slot_of: dict[int, int] = {}
        self.sums: dict[
            int, Array
        ] = {}  # see `summed`: of those with more reports than are compared, once asked for
        self.found(NOWHERE)
        self.rarity.incidents = 0

    def learn(self, told: Sequence[Report]) -> None:
        """Remember reports of incidents."""
        asked = [one.probe for one in told]
        # the words of all, then the names of all
        named: list[Probe | Names] = [*asked, *(one.names for one in asked)]
        lengths = np.array([len(one.numbers) for one in named])
        numbers = self.rarity.numbered(
            np.concatenate([one.hashes for one in named]), np.concatenate([one.numbers for one in named])
        )
        slots, words = [self._slot(one.incident_id) for one in told], lengths[: len(told)].sum()
        rows = self.reports.extend(told, numbers[:words], numbers[words:], slots)
        every = np.arange(len(told))
        of = np.concatenate((every, every)).repeat(lengths)
        self.postings.learn(rows.take(of), numbers)
        begin = self._begin(slots, rows)
        self.rarity.learn(numbers[begin.take(of)])
        for at in np.flatnonzero(~begin).tolist():
            self._grow(slots[at], int(rows[at]), numbers[of == at])

    def _begin(self, slots: Sequence[int], rows: Array) -> Array:
        """Let incidents begin with their first reports; tell which of some reports these are."""
        first = {slot: at for at, slot in reversed([*enumerate(slots)])}
        begin = np.array([first[slot] == at for at, slot in enumerate(slots)])
        begin &= self.held.rows.take(slots) == 0
        if begin.any():
            self._open(np.array(slots)[begin], rows[begin])
        return begin

    def _open(self, slots: Array, rows: Array) -> None:
        facts = self.reports.facts.rows.take(rows)
        self.counts.rows[slots] = self.held.rows[slots] = 1
        self.members.rows[slots, 0] = rows
        self.spans.rows[slots] = facts["day"][:, None]
        self.places.rows[slots] = self.reports.places.rows[facts["places"]]
        weights = self.reports.weighed(rows).reshape(-1, TERMS)
        sizes = np.sqrt((weights * weights).sum(axis=1, dtype=np.float64))
        self.sizes.rows[slots] = np.where(sizes, sizes, 1.0)
        middles = self.reports.vectors.of(rows)
        lengths = np.sqrt((middles * middles).sum(axis=1))[:, None]
        self.centres.put(slots, middles / np.where(lengths, lengths, np.float32(1.0)))
        self.cells.place(slots)

    def _grow(self, slot: int, row: int, numbers: Array) -> None:
        """Let an incident go on with one more report."""
        self.rarity.learn(self.reports.missing(self.rows(slot), numbers))
        facts = self.reports.facts.rows[row]
        self.counts.rows[slot] += np.uint32(1)
        self._covers(slot, facts["day"], facts["day"])
        self.places.rows[slot] |= self.reports.places.rows[facts["places"]]
        self.hold(slot, [*self.rows(slot).tolist(), row])
        if slot in self.sums:
            self.sums[slot] += self._in_steps(np.array([row]))

    def _slot(self, incident_id: int) -> int:
        known = self.slot_of.get(incident_id)
        return self.found(incident_id) if known is None else int(self.became.rows[known])

    def found(self, incident_id: int) -> int:
        """Give an incident a slot."""
        self.rarity.incidents += 1
        slot = self.slot_of[incident_id] = self.ids.append(incident_id)
        self.became.append(slot)
        self.members.append(())
        self.held.append(0)
        self.counts.append(0)
        self.spans.append((inf, -inf))
        self.sizes.append(1.0)
        self.places.append((0, 0))
        self.centres.append(None)
        return slot

    def rows(self, slot: int) -> Array:
        """Return the reports of an incident that are compared."""
        return self.members.rows[slot, : self.held.rows[slot]].astype(np.intp)

    def summed(self, slot: int) -> Array:
        """Return the sum of the vectors of all reports of an incident, in `STEPS`, not of those alone that are compared."""
        if (known := self.sums.get(slot)) is not None:
            return known
        if self.counts.rows[slot] == self.held.rows[slot]:
            return self._in_steps(self.rows(slot))
        of = self.became.rows.take(self.reports.facts.rows["slot"])
        self.sums[slot] = self._in_steps(np.flatnonzero(of == slot))
        return self.sums[slot]

    def _in_steps(self, rows: Array) -> Array:
        return np.asarray(np.rint(self.reports.vectors.of(rows) * STEPS).astype(np.int64).sum(axis=0))

    def _covers(self, slot: int, first: float, last: float) -> None:
        span = self.spans.rows[slot]
        span[:] = min(span[0], first), max(span[1], last)

    def hold(self, slot: int, rows: list[int]) -> None:
        """Set the reports that are compared, and what follows from them: the mean vector, the length of the sum."""
        kept = rows if len(rows) <= REPORTS else rows[:FOUNDING] + rows[FOUNDING - REPORTS :]
        self.held.rows[slot] = len(kept)
        self.members.rows[slot, : len(kept)] = kept
        self.settle(slot)

    def settle(self, slot: int) -> None:
        """Work out the mean vector of an incident and the length of the sum of its reports."""
        rows = self.rows(slot)
        _, places = np.unique(self.reports.terms.of(rows), return_inverse=True)
        weights = np.bincount(places.ravel(), weights=self.reports.weighed(rows))
        middle = self.reports.vectors.of(rows).sum(axis=0)
        self.sizes.rows[slot] = float(np.sqrt(weights @ weights)) or 1.0
        self.centres.write(slot, unit(middle))
        self.cells.place(np.array([slot]))

    def merge(self, kept: int, gone: int) -> None:
        """Give the reports of one incident to another; what is not known is left alone."""
        if kept not in self.slot_of or gone not in self.slot_of:
            return
        into, taken = self._slot(kept), self._slot(gone)
        if into == taken:
            return
        if into in self.sums or taken in self.sums:
            self.sums[into] = self.summed(into) + self.summed(taken)
            self.sums.pop(taken, None)
        self.became.rows[self.became.rows == taken] = into
        self.cells.drop(taken)
        self.counts.rows[into] += self.counts.rows[taken]
        self.places.rows[into] |= self.places.rows[taken]
        self._covers(into, *self.spans.rows[taken])
        self.hold(into, sorted([*self.rows(into).tolist(), *self.rows(taken).tolist()]))

    # ---------------------------------------------------------------- in step with the database

    def stand(self, articles: Array, incidents: Array) -> Array:
        """Put every remembered report into the incident in which its article is now; return the articles not remembered."""
        self._flatten()
        facts = self.reports.facts.rows
        order = np.argsort(facts["article"], kind="stable")
        known = facts["article"][order]
        places = np.minimum(known.searchsorted(articles), max(0, len(known) - 1))
        there = known[places] == articles if len(known) else np.zeros(len(articles), dtype=np.bool_)
        wanted = np.zeros(len(facts), dtype=np.uint32)
        named, at = np.unique(incidents[there], return_inverse=True)
        slots = np.array([self._named_slot(one) for one in named.tolist()], dtype=np.uint32)
        wanted[order[places[there]]] = slots[at]
        moved = np.flatnonzero(wanted != facts["slot"])
        touched = {*facts["slot"][moved].tolist(), *wanted[moved].tolist()} - {NOWHERE}
        facts["slot"] = wanted
        if touched:
            self._regroup(np.array(sorted(touched), dtype=np.uint32))
        nowhere = np.count_nonzero(facts["slot"] == NOWHERE)
        if nowhere * OUTDATED > len(facts):
            self.tidy()
        return np.asarray(articles[~there])

    def tidy(self) -> None:
        """Forget the reports that are in no incident any more."""
        rows = np.flatnonzero(self.reports.facts.rows["slot"] != NOWHERE)
        count = len(self.reports)
        places = np.full(count, -1)
        places[rows] = np.arange(len(rows))
        self.members.rows[:] = np.maximum(0, places[np.minimum(self.members.rows, count - 1)])
        self.reports.keep(rows)
        self.postings.renumber(places)

    def _flatten(self) -> None:
        """Let every report name the slot of the incident that it is in after merges."""
        facts = self.reports.facts.rows
        facts["slot"] = self.became.rows[facts["slot"]]
        self.became.rows[:] = np.arange(len(self.became))

    def _named_slot(self, incident_id: int) -> int:
        found = self.slot_of.get(incident_id)
        return self.found(incident_id) if found is None else found

    def _regroup(self, slots: Array) -> None:
        """Work out anew what follows from the reports of some incidents."""
        facts = self.reports.facts.rows
        rows = np.flatnonzero(np.isin(facts["slot"], slots))
        rows = rows[np.argsort(facts["slot"][rows], kind="stable")]
        ends = np.searchsorted(facts["slot"][rows], slots, "right")
        for slot, own in zip(slots.tolist(), np.split(rows, ends[:-1]), strict=True):
            self.sums.pop(slot, None)
            self.counts.rows[slot] = len(own)
            days = facts["day"][own]
            self.spans.rows[slot] = days.min(initial=inf), days.max(initial=-inf)
            self.places.rows[slot] = self.reports.named_places(own)
            self.held.rows[slot] = 0
            if len(own):
                self.hold(slot, own.tolist())
            else:
                self.cells.drop(slot)

    def rewrite(self, article_id: int, vector: Array) -> None:
        """Give a report the vector that it came without."""
        facts = self.reports.facts.rows
        for row in np.flatnonzero(facts["article"] == article_id).tolist():
            self.reports.vectors.write(row, vector)
            slot = int(self.became.rows[facts["slot"][row]])
            self.sums.pop(slot, None)
            if slot != NOWHERE and row in self.rows(slot):
                self.settle(slot)

    # ---------------------------------------------------------------- looking up

    def current(self, incident_id: int) -> int:
        """Return the name under which an incident goes on after merges."""
        slot = self.slot_of.get(incident_id)
        return incident_id if slot is None else int(self.ids.rows[self.became.rows[slot]])

    def slots(self, incident_ids: Sequence[int]) -> list[int]:
        """Return the slots of those incidents that are known."""
        known = [self.slot_of[one] for one in incident_ids if one in self.slot_of]
        return [int(one) for one in self.became.rows[known] if self.held.rows[one]] if known else []

    def named(self, slots: Array) -> Array:
        """Return the identities of incidents."""
        return np.asarray(self.ids.rows[slots])

    def summaries(self, slots: Sequence[int]) -> list[Probe]:
        """Return incidents as if each were one document: what its reports have in common weighs most."""
        rows = [self.rows(slot) for slot in slots]
        named = [np.unique(self.reports.names.of(own)[0]) for own in rows]
        parts = zip(slots, rows, names_of(named, self.rarity) if named else (), strict=True)
        return [self._summary(*part) for part in parts]

    def _summary(self, slot: int, rows: Array, names: Names) -> Probe:
        numbers, places = np.unique(self.reports.terms.of(rows).ravel(), return_inverse=True)
        facts = self.reports.facts.rows.take(rows)
        summed = np.bincount(places, weights=self.reports.weighed(rows))
        titles = self.reports.weighed_in_titles(rows)
        best = np.argsort(-summed * (numbers > 0), kind="stable")[:TERMS]
        middle = self.centres.of(np.array([slot]))[0]
        return Probe(
            self.rarity.hashes.rows[numbers[best]],
            numbers[best],
            unit(summed[best].astype(np.float32)),
            unit(np.bincount(places, weights=titles)[best].astype(np.float32)),
            names,
            _as_one(self.places.rows[slot]),
            middle if middle.any() else None,  # none of its reports has a vector
            float(facts["day"].mean()),
            0,
            0,
            bool(facts["brief"].all()),
        )


def _as_one(places: Array) -> int:
    """Return countries as one number, a bit for each."""
    low, high = places.tolist()
    return int(low) | int(high) << 64
